"""A site as plain values, for export, and what changed between two sites, for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any

from engine.settings.field import Spec, spec_of
from engine.settings.site import Site

__all__ = ["MASK", "Difference", "difference", "show_site"]

MASK = "****"
"""Shown in place of a secret."""


@dataclass(frozen=True)
class Difference:
    """One changed setting. A list's entry is known by its name: ``queues[service].ring_timeout_s``.

    ``old`` and ``new`` are plain values; None where the entry is not there. Secrets are masked on both sides.
    """

    path: str
    old: object
    new: object


def show_site(site: Site, *, secrets: bool = False) -> dict[str, Any]:
    """The site as dicts, lists, texts and numbers in the order of declaration. Secrets masked unless ``secrets``."""
    shown = _shown(site, secrets=secrets)
    assert isinstance(shown, dict)
    return shown


def _shown(value: object, *, secrets: bool) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _field_shown(getattr(value, field.name), spec_of(field), secrets=secrets) for field in fields(value)}
    if isinstance(value, tuple):
        return [_shown(part, secrets=secrets) for part in value]
    return value


def _field_shown(value: object, spec: Spec, *, secrets: bool) -> object:
    return MASK if spec.secret and not secrets else _shown(value, secrets=secrets)


def difference(old: Site, new: Site) -> tuple[Difference, ...]:
    """Every setting that differs, in the order of declaration; empty for equal sites."""
    return tuple(_section_difference(old, new, ""))


def _section_difference(old: Any, new: Any, path: str) -> list[Difference]:  # noqa: ANN401  # two sections of one class
    found: list[Difference] = []
    for field in fields(old):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before == after:
            continue
        place = f"{path}.{field.name}" if path else field.name
        if spec_of(field).secret:
            found.append(Difference(place, MASK, MASK))
        elif is_dataclass(before):
            found.extend(_section_difference(before, after, place))
        elif isinstance(before, tuple) and any(is_dataclass(part) for part in (*before, *after)):
            found.extend(_list_difference(before, after, place))
        else:
            found.append(Difference(place, _shown(before, secrets=False), _shown(after, secrets=False)))
    return found


def _list_difference(before: tuple[object, ...], after: tuple[object, ...], path: str) -> list[Difference]:
    old, new = _by_name(before), _by_name(after)
    found: list[Difference] = []
    for name in dict.fromkeys([*old, *new]):
        place = f"{path}[{name}]"
        if name not in new:
            found.append(Difference(place, _shown(old[name], secrets=False), None))
        elif name not in old:
            found.append(Difference(place, None, _shown(new[name], secrets=False)))
        else:
            found.extend(_section_difference(old[name], new[name], place))
    if list(old) != list(new) and old.keys() == new.keys():
        found.append(Difference(path, list(old), list(new)))  # the order counts: lines are tried in it
    return found


def _by_name(sections: tuple[object, ...]) -> Mapping[str, object]:
    return {_name(section): section for section in sections}


def _name(section: Any) -> str:  # noqa: ANN401  # any section that stands in a list
    """What tells a section from the others in its list: its first field that must be given."""
    return next(str(getattr(section, field.name)) for field in fields(section) if field.default is MISSING)
