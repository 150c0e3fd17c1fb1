"""From a tree of plain values to a ``Site``, or to the list of everything that is wrong with it.

The tree may come from a file, a page or a command; it knows where each value was written. What may be written is said
only once, by the sections of ``site.py``: their annotations give the kind of each value, their ``Spec`` the rest.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from engine.kernel.errors import OurFault
from engine.kernel.text import Text, text
from engine.settings.checks import check_site
from engine.settings.faults import Fault, Path, SiteFaults
from engine.settings.field import Spec, spec_of
from engine.settings.site import Site

__all__ = ["Node", "build_site", "value_fault"]

FOUND_SHOWN_MAX = 40
"""Characters of a wrong value that are repeated in the message."""


@dataclass(frozen=True)
class Node:
    """A value and where it was written.

    ``value``: None, bool, int, float, str, a tuple of Nodes, or a mapping of names to Nodes. ``line`` and ``column``
    count from 1; ``name_line`` is the line of the name before it when that is another line, else 0.
    """

    value: bool | int | float | str | tuple[Node, ...] | Mapping[str, Node] | None
    line: int = 0
    column: int = 0
    name_line: int = 0


class _Broken:
    """Stands for a value that could not be built; its faults are noted."""


_BROKEN = _Broken()
_S = TypeVar("_S")


def build_site(node: Node, file: str) -> Site:
    """Build the whole site from ``node``. Raises SiteFaults with every fault; ``file`` names the origin in messages.

    A rule across sections is judged only when the sections that it reads are sound: nothing is reported that is merely
    the consequence of another fault.
    """
    faults: list[Fault] = []
    values = _values(Site, node, (), faults)
    sound = Site(**{name: value for name, value in values.items() if not isinstance(value, _Broken)})
    broken = {str(fault.path[0]) if fault.path else "" for fault in faults}
    if "" not in broken:
        for path, said in check_site(sound, frozenset(broken)):
            where = _place_of(node, path)
            faults.append(Fault(path, where.line, where.column, said))
    if faults:
        raise SiteFaults(file, faults)
    return sound


def value_fault(section: type, name: str, node: Node) -> Text | None:
    """What is wrong with one value of a section by itself, whatever else there is; None when it may stand there."""
    field = next(one for one in fields(section) if one.name == name)
    faults: list[Fault] = []
    _value(get_type_hints(section)[name], spec_of(field), node, (name,), faults)
    return faults[0].said if faults else None


def build_entry(section: type[_S], node: Node) -> tuple[_S | None, tuple[Fault, ...]]:
    """One entry of a list by itself, or None and everything that is wrong with it; paths begin at the entry's fields.

    What goes together with other entries is judged when the whole site is built.
    """
    faults: list[Fault] = []
    made = _section(section, node, (), faults)
    return None if isinstance(made, _Broken) else made, tuple(faults)


def _place_of(node: Node, path: Path) -> Node:
    """The deepest node on the way along ``path`` that was written; a default lies with its section."""
    for step in path:
        part: Node | None = None
        if isinstance(step, int):
            part = node.value[step] if isinstance(node.value, tuple) else None
        elif isinstance(node.value, Mapping):
            part = node.value.get(step)
        if part is None:
            return node
        node = part
    return node


def _values(section: type, node: Node, path: Path, faults: list[Fault]) -> dict[str, Any]:
    """The values written for a section, by field name; ``_BROKEN`` where one is wrong or missing."""
    if not isinstance(node.value, Mapping):
        faults.append(_wrong(node, path, text("a group of settings ({names})", names=", ".join(_names(section))), secret=False))
        return {"": _BROKEN}
    hints = _hints(section)
    values: dict[str, Any] = {}
    for field in fields(section):
        part = node.value.get(field.name)
        if part is not None:
            values[field.name] = _value(hints[field.name], spec_of(field), part, (*path, field.name), faults)
        elif _must_be_given(field):
            expected = _expected(hints[field.name], spec_of(field))
            said = text("missing; expected {expected}. {help}", expected=expected, help=Text(spec_of(field).help))
            faults.append(Fault((*path, field.name), node.line, node.column, said))
            values[field.name] = _BROKEN
    for name, part in node.value.items():
        if name not in hints:
            faults.append(Fault((*path, name), part.name_line or part.line, part.column, _unknown(name, section)))
            values[""] = _BROKEN
    return values


@cache
def _hints(section: type) -> dict[str, Any]:
    """The annotations of a section; there are a dozen, and a spreadsheet asks thousands of times."""
    return get_type_hints(section)


def _must_be_given(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _names(section: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(section))


def _unknown(name: str, section: type) -> Text:
    near = get_close_matches(name, _names(section), n=1, cutoff=0.5)
    if near:
        return text("there is no setting of this name; did you mean {near}?", near=near[0])
    return text("there is no setting of this name here; there are {names}", names=", ".join(_names(section)))


def _section(section: type[_S], node: Node, path: Path, faults: list[Fault]) -> _S | _Broken:
    values = _values(section, node, path, faults)
    if any(isinstance(value, _Broken) for value in values.values()):
        return _BROKEN
    return section(**values)


def _value(hint: Any, spec: Spec, node: Node, path: Path, faults: list[Fault]) -> Any:  # noqa: ANN401  # a setting's type is its annotation's
    """One field's value; on a fault notes it and returns ``_BROKEN``."""
    if get_origin(hint) is tuple:
        return _list(get_args(hint)[0], spec, node, path, faults)
    if is_dataclass(hint) and isinstance(hint, type):
        return _section(hint, node, path, faults)
    value = _scalar(hint, spec, node.value)
    if isinstance(value, _Broken):
        faults.append(_wrong(node, path, _expected(hint, spec), secret=spec.secret))
    return value


def _list(kind: Any, spec: Spec, node: Node, path: Path, faults: list[Fault]) -> Any:  # noqa: ANN401  # as _value
    if not isinstance(node.value, tuple):
        faults.append(_wrong(node, path, text("a list"), secret=spec.secret))
        return _BROKEN
    values = tuple(_value(kind, spec, part, (*path, number), faults) for number, part in enumerate(node.value))
    return _BROKEN if any(isinstance(value, _Broken) for value in values) else values


def _scalar(kind: type, spec: Spec, value: object) -> object:
    """The value as ``kind`` when it keeps the Spec; else ``_BROKEN``."""
    if kind is bool:
        return value if isinstance(value, bool) else _BROKEN
    if isinstance(value, bool):
        return _BROKEN
    if kind is str:
        # a number written without quotes is the same digits: 1001 and "1001" are both agent 1001
        return _kept_text(str(value), spec) if isinstance(value, str | int) else _BROKEN
    if kind is int and isinstance(value, int):
        return value if _within(value, spec) else _BROKEN
    if kind is float and isinstance(value, int | float):
        return float(value) if _within(value, spec) else _BROKEN
    if kind not in (int, float):
        raise OurFault(f"settings of the kind {kind!r} are not known")
    return _BROKEN


def _within(number: float, spec: Spec) -> bool:
    if not math.isfinite(number):
        return False
    return (spec.least is None or number >= spec.least) and (spec.most is None or number <= spec.most)


def _kept_text(written: str, spec: Spec) -> object:
    if not written.isprintable():
        return _BROKEN  # control characters would end up in a log or on a terminal
    if spec.choices and written not in spec.choices:
        return _BROKEN
    if spec.pattern and not re.fullmatch(spec.pattern, written):
        return _BROKEN
    return written if _within(len(written), spec) else _BROKEN


def _wrong(node: Node, path: Path, expected: Text, *, secret: bool) -> Fault:
    return Fault(
        path, node.line, node.column, text("found {found}; expected {expected}", found=_found(node, secret=secret), expected=expected)
    )


def _found(node: Node, *, secret: bool) -> Text:
    """What was written, for a person; of a secret only its length."""
    value = node.value
    if value is None:
        return text("nothing")
    if isinstance(value, tuple):
        return text("a list")
    if isinstance(value, Mapping):
        return text("a group of settings")
    if secret:
        return text("a secret of {count} characters", count=len(str(value)))
    return Text("{value}", {"value": _quoted(value) if isinstance(value, str) else str(value).lower()})


def _quoted(value: str) -> str:
    clipped = value if len(value) <= FOUND_SHOWN_MAX else value[:FOUND_SHOWN_MAX] + "…"
    return f'"{clipped}"' if clipped.isprintable() else ascii(clipped)


def _expected(hint: Any, spec: Spec) -> Text:  # noqa: ANN401  # an annotation
    """What may be written into a field, for a person."""
    if hint is str:
        return _expected_text(spec)
    if get_origin(hint) is tuple:
        return text("a list")
    if is_dataclass(hint):
        return text("a group of settings")
    if hint is bool:
        return text("true or false")
    allowed = f"{_bound(spec.least)}…{_bound(spec.most)} {spec.unit}".strip()
    return text("a whole number, {range}", range=allowed) if hint is int else text("a number, {range}", range=allowed)


def _expected_text(spec: Spec) -> Text:
    if spec.choices:
        choices = ", ".join(choice for choice in spec.choices if choice)
        return text("one of {choices}, or empty", choices=choices) if "" in spec.choices else text("one of {choices}", choices=choices)
    if spec.pattern:
        return Text(spec.pattern_says)
    if spec.least is not None or spec.most is not None:
        return text("a text on one line, {least} to {most} characters", least=_bound(spec.least or 0), most=_bound(spec.most))
    return text("a text on one line")


def _bound(number: float | None) -> str:
    return "∞" if number is None else f"{number:.12g}"
