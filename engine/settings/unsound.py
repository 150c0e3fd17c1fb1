"""What edits change when the whole is not sound yet: the difference of plain values, which need not make a site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from engine.settings.edit import key_field
from engine.settings.field import spec_of
from engine.settings.show import MASK, Difference
from engine.settings.site import Site

__all__ = ["plain_difference"]

Plain = Mapping[str, Any]


def plain_difference(old: Plain, new: Plain) -> tuple[Difference, ...]:
    """As ``difference`` of two sites, for what ``show_site`` gives and edits have made of it. A setting that is missing is None; secrets
    are masked.
    """
    return tuple(_section(Site, old, new, ""))


def _section(section: type, old: Plain, new: Plain, path: str) -> Iterator[Difference]:
    for field in fields(section):
        before, after = old.get(field.name), new.get(field.name)
        if before == after:
            continue
        place = f"{path}.{field.name}" if path else field.name
        inner, is_list = _inner(section, field.name)
        if spec_of(field).secret:
            yield Difference(place, None if before is None else MASK, None if after is None else MASK)
        elif not is_dataclass(inner):
            yield Difference(place, before, after)
        elif is_list:
            yield from _entries(inner, before or (), after or (), place)
        else:
            yield from _section(inner, before or {}, after or {}, place)


def _entries(inner: type, before: Sequence[Plain], after: Sequence[Plain], path: str) -> Iterator[Difference]:
    key = key_field(inner)
    old, new = ({str(entry.get(key)): entry for entry in entries} for entries in (before, after))
    for name in dict.fromkeys([*old, *new]):
        place = f"{path}[{name}]"
        if name in old and name in new:
            yield from _section(inner, old[name], new[name], place)
        else:
            yield Difference(place, *(_masked(inner, side[name]) if name in side else None for side in (old, new)))
    if list(old) != list(new) and old.keys() == new.keys():
        yield Difference(path, list(old), list(new))


def _masked(section: type, plain: Plain) -> dict[str, object]:
    """An entry that is there on one side only; what it still lacks is left out."""
    shown: dict[str, object] = {}
    for field in fields(section):
        value, (inner, is_list) = plain.get(field.name), _inner(section, field.name)
        if value is None:
            continue
        if spec_of(field).secret:
            shown[field.name] = MASK
        elif not is_dataclass(inner):
            shown[field.name] = value
        else:
            shown[field.name] = [_masked(inner, part) for part in value] if is_list else _masked(inner, value)
    return shown


@cache
def _inner(section: type, name: str) -> tuple[type, bool]:
    """The type of a field, or of the entries of a list; and whether it is a list."""
    hint = get_type_hints(section)[name]
    return (get_args(hint)[0], True) if get_origin(hint) is tuple else (hint, False)
