"""A whole site that somebody read with masked secrets and gives back changed: every secret that is still masked stays what it is.

Pure. An entry of a list is found again by its name; a masked secret of an entry that is new, or renamed, cannot be known and is left
as it is, for the check of the site to refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from engine.settings.edit import key_field
from engine.settings.field import spec_of
from engine.settings.show import MASK
from engine.settings.site import Site

__all__ = ["with_secrets_kept"]


def with_secrets_kept(given: Mapping[str, Any], site: Site) -> dict[str, Any]:
    """The given plain values with the secrets of ``site`` in place of masks."""
    return {name: _kept(value, getattr(site, name, None)) for name, value in given.items()}


def _kept(value: Any, now: Any) -> Any:  # noqa: ANN401  # plain values of any kind, and what stands there now
    if isinstance(value, Mapping) and is_dataclass(now):
        return _group_kept(value, now)
    if isinstance(value, list) and isinstance(now, tuple) and now and is_dataclass(now[0]):
        key = key_field(type(now[0]))
        known = {str(getattr(entry, key)): entry for entry in now}
        return [_kept(one, known.get(str(one.get(key)))) if isinstance(one, Mapping) else one for one in value]
    return value


def _group_kept(value: Mapping[str, Any], now: Any) -> dict[str, Any]:  # noqa: ANN401  # a section of the site
    secret = {field.name for field in fields(now) if spec_of(field).secret}
    return {
        name: getattr(now, name) if name in secret and part == MASK else _kept(part, getattr(now, name, None))
        for name, part in value.items()
    }
