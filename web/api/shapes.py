"""What a value of the API looks like: one description that checks what comes in and becomes JSON Schema in the document.

Nothing is said twice: a limit that is written here is kept and told. Source of the schemas: JSON Schema 2020-12, as OpenAPI 3.1 has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from engine.kernel.text import Text, text

__all__ = [
    "LINE",
    "WHOLE_MOST",
    "Constant",
    "Entry",
    "FieldFault",
    "Given",
    "Group",
    "Items",
    "Maybe",
    "Number",
    "OneOf",
    "Plain",
    "Scalar",
    "Schema",
    "Shape",
    "Table",
    "Whole",
    "Words",
    "Written",
    "YesNo",
    "described",
    "given",
    "parts_of",
]

Schema = dict[str, Any]
LINE = r"[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*"
"""A line without control characters: what is kept and shown on terminals."""
FAULTS_MOST = 100
SCALAR_MOST = 1000
WHOLE_MOST = 2**53 - 1
"""Beyond this a number is another one in a program that knows floating-point numbers only (RFC 8259, clause 6)."""


@dataclass(frozen=True)
class FieldFault:
    """What is wrong with one value, and where: ``query.limit``, ``body.changes[0].path``."""

    place: str
    said: Text


class Shape(Protocol):
    """A kind of value."""

    def schema(self) -> Schema:
        """As JSON Schema."""


class Given(Shape, Protocol):
    """A kind of value that comes in by a body."""

    def read(self, value: Any, place: str, faults: list[FieldFault]) -> Any:  # noqa: ANN401  # whatever JSON holds
        """The value, checked; what is wrong with it is added to ``faults`` and the answer is then worth nothing."""


class Written(Given, Protocol):
    """A kind of value that can stand in an address."""

    def parse(self, written: str, place: str, faults: list[FieldFault]) -> Any:  # noqa: ANN401  # as Given
        """The value of what stands there, checked as by ``read``."""


def described(shape: Shape, says: str) -> Schema:
    """The schema with a sentence about this use of it."""
    schema = shape.schema()
    if not says:
        return schema
    # beside a reference a description would be overread by some programs
    return {"allOf": [schema], "description": says} if "$ref" in schema else {**schema, "description": says}


def _wrong(place: str, expected: Text) -> FieldFault:
    return FieldFault(place, text("{expected} is wanted here.", expected=expected))


@dataclass(frozen=True)
class Words:
    """A text. ``pattern`` is for the whole of it; ``choices``: only these."""

    least: int = 0
    most: int = 1000
    pattern: str = ""
    choices: tuple[str, ...] = ()
    bounded: bool = True
    """False for texts of answers, whose length nobody promises."""

    def schema(self) -> Schema:
        if self.choices:
            return {"type": "string", "enum": list(self.choices)}
        schema: Schema = {"type": "string"}
        if self.bounded:
            schema |= {"minLength": self.least, "maxLength": self.most}
        return {**schema, "pattern": f"^{self.pattern}$"} if self.pattern else schema

    def read(self, value: Any, place: str, faults: list[FieldFault]) -> Any:  # noqa: ANN401  # as Given
        if isinstance(value, str) and self.fits(value):
            return value
        faults.append(_wrong(place, self._expected()))
        return ""

    def fits(self, value: str) -> bool:
        """True for a text of this shape."""
        if self.choices:
            return value in self.choices
        return self.least <= len(value) <= self.most and (not self.pattern or re.fullmatch(self.pattern, value) is not None)

    def parse(self, written: str, place: str, faults: list[FieldFault]) -> Any:  # noqa: ANN401  # as Given
        return self.read(written, place, faults)

    def _expected(self) -> Text:
        if self.choices:
            return text("one of {choices}", choices=", ".join(self.choices))
        if self.pattern not in {"", LINE}:
            return text("a text like {pattern}, {least} to {most} characters", pattern=self.pattern, least=self.least, most=self.most)
        return text("a text on one line, {least} to {most} characters", least=self.least, most=self.most)


@dataclass(frozen=True)
class Whole:
    """A whole number."""

    least: int | None = None
    most: int | None = None

    def schema(self) -> Schema:
        schema: Schema = {"type": "integer"}
        if self.least is not None:
            schema["minimum"] = self.least
        if self.most is not None:
            schema["maximum"] = self.most
        return schema

    def read(self, value: Any, place: str, faults: list[FieldFault]) -> Any:  # noqa: ANN401  # as Given
        # 1.0 is a whole number in JSON Schema
        number = int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= WHOLE_MOST else value
        if isinstance(number, int) and not isinstance(number, bool) and self._low <= number <= self._high:
            return number
        faults.append(_wrong(place, text("a whole number, {range}", range=f"{self._low}…{self._high}")))
        return 0

    @property
    def _low(self) -> int:
        return -WHOLE_MOST if self.least is None else self.least

    @property
    def _high(self) -> int:
        return WHOLE_MOST if self.most is None else self.most

    def parse(self, written: str, place: str, faults: list[FieldFault]) -> Any:  # noqa: ANN401  # as Given
        number = int(written) if re.fullmatch(r"-?[0-9]{1,18}", written, re.ASCII) else None
        return self.read(number, place, faults)


@dataclass(frozen=True)
class Number:
    """A number with or without a fraction. For answers and settings."""

    least: float | None = None
    most: float | None = None
    or_else: tuple[str, ...] = ()
    """Types of JSON Schema that may be there instead of a number."""

    def schema(self) -> Schema:
        schema: Schema = {"type": ["number", *self.or_else] if self.or_else else "number"}
        if self.least is not None:
            schema["minimum"] = self.least
        if self.most is not None:
            schema["maximum"] = self.most
        return schema


@dataclass(frozen=True)
class YesNo:
    """true or false."""

    def schema(self) -> Schema:
        return {"type": "boolean"}

    def read(self, value: Any, place: str, faults: list[FieldFault]) -> Any:  # noqa: ANN401  # as Given
        if isinstance(value, bool):
            return value
        faults.append(_wrong(place, text("true or false")))
        return False

    def parse(self, written: str, place: str, faults: list[FieldFault]) -> Any:  # noqa: ANN401  # as Given
        return self.read({"true": True, "false": False}.get(written), place, faults)


@dataclass(frozen=True)
class Items:
    """A list; in an address its members are separated by commas."""

    of: Shape
    least: int = 0
    most: int | None = None

    def schema(self) -> Schema:
        schema: Schema = {"type": "array", "items": self.of.schema()}
        if self.least:
            schema["minItems"] = self.least
        return schema if self.most is None else {**schema, "maxItems": self.most}

    def read(self, value: Any, place: str, faults: list[FieldFault]) -> Any:  # noqa: ANN401  # as Given
        if not isinstance(value, list) or len(value) < self.least or (self.most is not None and len(value) > self.most):
            expected = text("a list") if self.most is None else text("a list of {least} to {most}", least=self.least, most=self.most)
            faults.append(_wrong(place, expected))
            return []
        of = given(self.of)
        return [of.read(one, f"{place}[{number}]", faults) for number, one in enumerate(value)]

    def parse(self, written: str, place: str, faults: list[FieldFault]) -> Any:  # noqa: ANN401  # as Given
        parts = written.split(",")
        if self.most is not None and len(parts) > self.most:
            return self.read(parts, place, faults)
        of = self.of
        assert isinstance(of, Words)  # what else would stand in an address is not needed yet
        return [of.parse(part, place, faults) for part in parts]


@dataclass(frozen=True)
class Maybe:
    """A value, or null. For answers."""

    of: Shape

    def schema(self) -> Schema:
        schema = self.of.schema()
        if isinstance(schema.get("type"), str) and "enum" not in schema:
            return {**schema, "type": [schema["type"], "null"]}
        return {"anyOf": [schema, {"type": "null"}]}


@dataclass(frozen=True)
class Constant:
    """Always this text. For answers."""

    value: str

    def schema(self) -> Schema:
        return {"type": "string", "const": self.value}


@dataclass(frozen=True)
class Plain:
    """Any plain value. For answers."""

    def schema(self) -> Schema:
        return {"type": ["string", "number", "boolean", "null", "array", "object"]}


@dataclass(frozen=True)
class Scalar:
    """A text on one line, a number or a truth."""

    def schema(self) -> Schema:
        limits = {"minimum": -WHOLE_MOST, "maximum": WHOLE_MOST}
        return {"type": ["string", "number", "boolean"], "maxLength": SCALAR_MOST, "pattern": f"^{LINE}$", **limits}

    def read(self, value: Any, place: str, faults: list[FieldFault]) -> Any:  # noqa: ANN401  # as Given
        if isinstance(value, str) and Words(0, SCALAR_MOST, LINE).fits(value):
            return value
        if isinstance(value, int | float) and abs(value) <= WHOLE_MOST:
            return value
        faults.append(_wrong(place, text("a text on one line, a number, true or false")))
        return ""


@dataclass(frozen=True)
class Entry:
    """One value of an object. What need not be given stays away when it is not."""

    name: str
    shape: Shape
    says: str = ""
    must: bool = True


@dataclass(frozen=True)
class Group:
    """An object. With a ``name`` it stands in the document once and is referred to. ``one_of``: exactly one of these is given."""

    name: str
    entries: tuple[Entry, ...]
    says: str = ""
    one_of: tuple[str, ...] = ()
    closed: bool = False
    """True for what comes in: other names are refused. Answers may get more some day."""

    def schema(self) -> Schema:
        return {"$ref": f"#/components/schemas/{self.name}"} if self.name else self.written_out()

    def written_out(self) -> Schema:
        """The schema itself."""
        schema: Schema = {"type": "object"}
        if self.says:
            schema["description"] = self.says
        schema["properties"] = {entry.name: described(entry.shape, entry.says) for entry in self.entries}
        must = [entry.name for entry in self.entries if entry.must]
        if must:
            schema["required"] = must
        if self.one_of:
            schema["oneOf"] = [{"required": [name]} for name in self.one_of]
        if self.closed:
            schema["additionalProperties"] = False
        return schema

    def read(self, value: Any, place: str, faults: list[FieldFault]) -> Any:  # noqa: ANN401  # as Given
        if not isinstance(value, Mapping):
            faults.append(_wrong(place, text("an object with {names}", names=", ".join(entry.name for entry in self.entries))))
            return {}
        known = {entry.name for entry in self.entries}
        for name in [name for name in value if name not in known][:FAULTS_MOST]:
            near = ", ".join(entry.name for entry in self.entries)
            faults.append(FieldFault(f"{place}.{name[:40]}", text("There is no such value here; there are {names}.", names=near)))
        missing = [entry.name for entry in self.entries if entry.must and entry.name not in value]
        faults.extend(FieldFault(f"{place}.{name}", text("It is missing.")) for name in missing)
        if self.one_of and sum(name in value for name in self.one_of) != 1:
            faults.append(FieldFault(place, text("Exactly one of these is wanted: {names}.", names=", ".join(self.one_of))))
        return {
            entry.name: given(entry.shape).read(value[entry.name], f"{place}.{entry.name}", faults)
            for entry in self.entries
            if entry.name in value
        }


@dataclass(frozen=True)
class Table:
    """An object whose names are not known before, with values of one kind. For answers."""

    of: Shape

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": self.of.schema()}


@dataclass(frozen=True)
class OneOf:
    """One of several groups, told apart by the constant value of ``by``. For answers."""

    name: str
    by: str
    groups: tuple[Group, ...]
    says: str = ""

    def schema(self) -> Schema:
        return {"$ref": f"#/components/schemas/{self.name}"}

    def written_out(self) -> Schema:
        """The schema itself."""
        mapping = {_constant(group, self.by): group.schema()["$ref"] for group in self.groups}
        discriminator = {"propertyName": self.by, "mapping": mapping}
        return {"description": self.says, "oneOf": [group.schema() for group in self.groups], "discriminator": discriminator}


def _constant(group: Group, by: str) -> str:
    shape = next(entry.shape for entry in group.entries if entry.name == by)
    assert isinstance(shape, Constant)
    return shape.value


def given(shape: Shape) -> Given:
    """A shape that is known to come in."""
    assert hasattr(shape, "read"), f"{shape} is for answers only"
    return cast(Given, shape)


def parts_of(shape: Shape) -> Sequence[Shape]:
    """The shapes within a shape."""
    match shape:
        case Items(of=of) | Maybe(of=of) | Table(of=of):
            return (of,)
        case Group(entries=entries):
            return tuple(entry.shape for entry in entries)
        case OneOf(groups=groups):
            return groups
    return ()
