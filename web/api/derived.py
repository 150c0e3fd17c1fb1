"""Shapes that are made from what the engine says already: rows, facts and settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from inspect import cleandoc
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from engine import facts
from engine.kernel.text import text
from engine.settings.field import Spec, spec_of
from engine.settings.show import MASK
from engine.settings.site import Site
from web.api.shapes import (
    WHOLE_MOST,
    Constant,
    Entry,
    FieldFault,
    Group,
    Items,
    Maybe,
    Number,
    OneOf,
    Plain,
    Schema,
    Shape,
    Whole,
    Words,
    YesNo,
    described,
)

__all__ = ["ANY_TEXT", "SiteShape", "fact_shape", "group_of"]

ANY_TEXT = Words(bounded=False)
"""A text of an answer."""
SECRET_SAYS = f"Secret: shown as {MASK}. When it is given as {MASK} it stays as it is."


def group_of(cls: type, name: str, *, without: tuple[str, ...] = (), more: tuple[Entry, ...] = ()) -> Group:
    """The values of a dataclass as they stand in an answer, but ``without`` these and with ``more``."""
    hints = get_type_hints(cls)
    entries = tuple(Entry(field.name, _answer(hints[field.name])) for field in fields(cls) if field.name not in without)
    return Group(name, (*entries, *more), _said(cls))


def _said(cls: type) -> str:
    return cleandoc(cls.__doc__ or "").replace("``", "`").replace("\n", " ")


def _answer(hint: Any) -> Shape:  # noqa: ANN401  # an annotation
    if isinstance(hint, UnionType):
        return Maybe(_answer(next(part for part in get_args(hint) if part is not NoneType)))
    if get_origin(hint) is tuple:
        return Items(_answer(get_args(hint)[0]))
    if hint is object:
        return Plain()
    shapes: Mapping[object, Shape] = {str: ANY_TEXT, int: Whole(), float: Number(), bool: YesNo()}
    return shapes[hint]


# ---- facts ------------------------------------------------------------------------------------------------------------


def fact_shape() -> OneOf:
    """Any fact, with its place in the journal and the sentence that tells it."""
    groups = tuple(_fact_group(name, cls) for name, cls in sorted(facts.known_facts().items()))
    return OneOf("Fact", "fact", groups, "Something that happened. The names of facts never change their meaning; there may come new ones.")


def _fact_group(name: str, cls: type[facts.Fact]) -> Group:
    values = group_of(cls, "")
    entries = (
        Entry("seq", Whole(1), "Its number in the journal. Numbers go up by one."),
        Entry("utc_ms", Whole(), "When it happened."),
        Entry("utc_offset_min", Whole(), "Minutes that the site's local time was ahead of UTC."),
        Entry("interaction", ANY_TEXT, "What ties together all that one contact with a customer caused; may be empty."),
        Entry("fact", Constant(name)),
        Entry("version", Whole(1), "Of the fact's form."),
        Entry("values", Group("", values.entries)),
        Entry("sentence", Maybe(ANY_TEXT), "For people, in the language of Accept-Language; null for what only programs want to know."),
    )
    return Group(f"Fact{name}", entries, values.says)


# ---- settings ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SiteShape:
    """The whole of the settings. ``incoming``: as it may be given, where what has a usual value may stay away.

    What comes in is judged where every site is judged, by ``build_site``, which names each fault.
    """

    incoming: bool = False

    @property
    def name(self) -> str:
        """The name in the document."""
        return "SiteGiven" if self.incoming else "Site"

    def schema(self) -> Schema:
        return {"$ref": f"#/components/schemas/{self.name}"}

    def written_out(self) -> Schema:
        """The schema itself."""
        says = "Every setting of the box." + (" What has a usual value may stay away." if self.incoming else "")
        return {**self._section(Site), "description": says}

    def read(self, value: Any, place: str, faults: list[FieldFault]) -> Any:  # noqa: ANN401  # as Given
        if isinstance(value, Mapping):
            return value
        faults.append(FieldFault(place, text("The whole site is wanted here, as an object of sections.")))
        return {}

    def _section(self, section: type) -> Schema:
        hints = get_type_hints(section)
        properties = {field.name: self._field(hints[field.name], field) for field in fields(section)}
        schema: Schema = {"type": "object", "properties": properties}
        must = [field.name for field in fields(section) if not self.incoming or _must_be_given(field)]
        if must:
            schema["required"] = must
        return {**schema, "additionalProperties": False} if self.incoming else schema

    def _field(self, hint: Any, field: Field[Any]) -> Schema:  # noqa: ANN401  # an annotation
        spec = spec_of(field)
        schema = self._value(hint, spec)
        says = SECRET_SAYS if spec.secret else ""
        said = " ".join(part for part in (f"{spec.label}: {spec.help}", says) if part)
        return {**schema, "description": said} | ({"x-unit": spec.unit} if spec.unit else {})

    def _value(self, hint: Any, spec: Spec) -> Schema:  # noqa: ANN401  # an annotation
        if get_origin(hint) is tuple:
            of = get_args(hint)[0]
            return {
                "type": "array",
                "items": self._section(of) if isinstance(of, type) and is_dataclass(of) else self._value(of, Spec("", "")),
            }
        if is_dataclass(hint) and isinstance(hint, type):
            return self._section(hint)
        if hint is str:
            return self._text(spec)
        return described(YesNo() if hint is bool else _limited(hint, spec), "")

    def _text(self, spec: Spec) -> Schema:
        # a number stands for its digits, as in a file: agent 1001 is agent "1001"
        schema: Schema = {"type": ["string", "integer"], "minimum": 0, "maximum": WHOLE_MOST} if self.incoming else {"type": "string"}
        if spec.choices:
            return {**schema, "enum": list(spec.choices)}
        if spec.secret and not self.incoming:
            return schema
        if spec.pattern:
            return {**schema, "pattern": f"^({spec.pattern}|{MASK.replace('*', '[*]')})$" if spec.secret else f"^{spec.pattern}$"}
        limits = {"minLength": spec.least, "maxLength": spec.most}
        return schema | {name: int(limit) for name, limit in limits.items() if limit is not None}


def _must_be_given(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _limited(hint: type, spec: Spec) -> Shape:
    if hint is int:
        return Whole(None if spec.least is None else int(spec.least), None if spec.most is None else int(spec.most))
    return Number(spec.least, spec.most)
