"""A site's settings as numbered versions: what was in force, since when, who changed it and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from engine.settings.build import Node, build_site
from engine.settings.show import show_site
from engine.settings.site import Site

__all__ = ["REASON_MOST", "SiteVersion", "VersionArchive", "VersionNote", "document_of", "node_of", "site_of"]

REASON_MOST = 200
"""Characters of a reason: one sentence."""


@dataclass(frozen=True)
class VersionNote:
    """What a history shows of a version. ``origin`` is the fingerprint of the file it was read from, empty for other ways."""

    number: int
    utc_ms: int
    utc_offset_min: int
    who: str
    why: str
    origin: str = ""


@dataclass(frozen=True)
class SiteVersion:
    """One version: the note, and the whole site."""

    note: VersionNote
    site: Site


class VersionArchive(Protocol):
    """Where versions are kept, for ever and in order. Called in the store's thread, or before there are threads."""

    def newest(self) -> SiteVersion | None:
        """The version with the highest number; None in a new archive."""

    def version(self, number: int) -> SiteVersion | None:
        """The version with this number."""

    def history(self, most: int) -> list[VersionNote]:
        """The newest notes, newest first."""

    def add(self, version: SiteVersion) -> None:
        """Keep a version; its number is one more than the newest's. Returns when it is on the medium. Raises EnvironmentFault."""


def document_of(site: Site) -> str:
    """The site as canonical JSON with everything in it, secrets too: only for the archive."""
    return json.dumps(show_site(site, secrets=True), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def site_of(document: str, origin: str) -> Site:
    """The site of an archived document. Raises SiteFaults when this program does not take it any more."""
    return build_site(node_of(json.loads(document)), origin)


def node_of(value: Any) -> Node:  # noqa: ANN401  # whatever JSON holds
    """Plain values as a tree to build from."""
    if isinstance(value, Mapping):
        return Node({str(name): node_of(part) for name, part in value.items()})
    if isinstance(value, list | tuple):
        return Node(tuple(node_of(part) for part in value))
    return Node(value)
