"""What differs between two sites, for people: labels instead of paths, words and units instead of plain values. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints

from engine.kernel.text import Text, text
from engine.settings.edit import FormField, Kind, entry_type, fields_of, key_field, shown_value
from engine.settings.field import spec_of
from engine.settings.show import Difference
from engine.settings.site import Site
from web.forms import shown_setting

__all__ = ["Told", "section_label", "section_label_of", "section_of", "told"]

_STEP = re.compile(r"([a-z_0-9]+)(?:\[([^\]]*)\])?")


@dataclass(frozen=True)
class Told:
    """One difference. ``kind``: ``changed``, ``added``, ``removed`` or ``order``; ``place``: where, from the section down.

    ``old`` and ``new`` are what stands there; of an entry that comes or goes ``details`` are its settings. ``waits``: it takes effect at
    the next start.
    """

    path: str
    kind: str
    place: tuple[Text | str, ...]
    old: Text | str = ""
    new: Text | str = ""
    details: tuple[tuple[Text, Text | str], ...] = ()
    waits: bool = False


def section_label(name: str) -> Text:
    """The label of a section: ``Queues``."""
    return Text(spec_of(Site.__dataclass_fields__[name]).label)


def section_of(path: str) -> str:
    """The section that a path begins with."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def section_label_of(path: str) -> Text | str:
    """The label of the section that a path begins with; the path itself when there is none."""
    name = section_of(path)
    return section_label(name) if name in Site.__dataclass_fields__ else path


def told(differences: Iterable[Difference], waiting: Collection[str] = ()) -> tuple[Told, ...]:
    """Every difference in words; ``waiting`` are the paths that wait for the next start."""
    return tuple(_told(found, found.path in waiting) for found in differences)


def _told(found: Difference, waits: bool) -> Told:  # passed on only
    place, group, field = _place(found.path)
    if field is None:
        return _entry_told(found, place, group, waits)
    if field.spec.secret:
        return Told(found.path, "changed", place, text("as it was"), text("another one"), (), waits)
    if field.kind == Kind.ENTRIES:
        return _order_told(found, place, waits)
    return Told(found.path, "changed", place, _shown(field, found.old), _shown(field, found.new), (), waits)


def _entry_told(found: Difference, place: tuple[Text | str, ...], group: type, waits: bool) -> Told:
    if found.old is not None and found.new is not None:
        return _order_told(found, place, waits)
    if found.new is None:
        return Told(found.path, "removed", place, text("removed"), "", _details(group, found.old), waits)
    return Told(found.path, "added", place, "", text("added"), _details(group, found.new), waits)


def _order_told(found: Difference, place: tuple[Text | str, ...], waits: bool) -> Told:
    return Told(found.path, "order", (*place, text("Order")), shown_value(found.old), shown_value(found.new), (), waits)


def _place(path: str) -> tuple[tuple[Text | str, ...], type, FormField | None]:
    """The labels along a path, the group it ends in, and the field when it ends at one that is no list's entry."""
    place: list[Text | str] = []
    group: type = Site
    steps = _STEP.findall(path)
    for number, (name, key) in enumerate(steps):
        field = next(one for one in fields_of(group) if one.name == name) if group is not Site else None
        place.append(section_label(name) if field is None else Text(field.spec.label))
        if key:
            place.append(key)
        within = _within(group, name)
        if within is None or (number == len(steps) - 1 and not key and field is not None):
            return tuple(place), group, field
        group = within
    return tuple(place), group, None


def _within(group: type, name: str) -> type | None:
    if group is Site:
        return entry_type(name)
    hint: Any = get_type_hints(group)[name]
    inner = get_args(hint)[0] if get_origin(hint) is tuple else hint
    return inner if hasattr(inner, "__dataclass_fields__") else None


def _details(group: type, value: object) -> tuple[tuple[Text, Text | str], ...]:
    """The settings of an entry that are not as usual, but for the one that names it."""
    if not isinstance(value, Mapping):
        return ()
    found: list[tuple[Text, Text | str]] = []
    for field in fields_of(group):
        plain = shown_value(value.get(field.name))
        if field.name != key_field(group) and not field.spec.secret and plain != field.usual:
            found.append((Text(field.spec.label), _shown(field, value.get(field.name))))
    return tuple(found)


def _shown(field: FormField, value: object) -> Text | str:
    if isinstance(value, Sequence) and not isinstance(value, str) and not value:
        return text("none")
    return shown_setting(field, shown_value(value))
