"""Which site a start runs: the newest version, unless a file says something else that it did not say before.

The data folder's ``site.yaml`` is the first import. Afterwards the archive holds the versions, and the file counts again when
somebody has edited it since it was last read: then it becomes a version like any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from appliance.building import SiteBegin
from appliance.data_folder import fault_of
from appliance.site_file import demo_site_written, read_site
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import Text, text
from engine.settings.site import Site
from engine.settings.versions import VersionArchive

__all__ = ["SITE_NAME", "site_at_start"]

SITE_NAME = "site.yaml"
HISTORY_LOOKED_AT = 1000
"""Versions among which the last import is looked for."""


def site_at_start(asked: Site | None, folder: Path, archive: VersionArchive, say: Callable[[Text], None]) -> SiteBegin:
    """``asked`` (by --site) wins; then an edited ``site.yaml``; then the newest version; then the demo site. Raises StrowgerError."""
    if asked is not None:
        return SiteBegin(asked, "started with --site")
    kept = folder / SITE_NAME
    newest = archive.newest()
    if not kept.exists():
        if newest is not None:
            return SiteBegin(newest.site)
        _copy_demo(kept, folder)
        say(text("new data folder {folder} with the demo site {file}", folder=str(folder), file=str(kept)))
    origin = _fingerprint(kept)
    if newest is None:
        return SiteBegin(read_site(kept), "first import", origin)
    imported = next((note.origin for note in archive.history(HISTORY_LOOKED_AT) if note.origin), "")
    if imported == origin:
        return SiteBegin(newest.site)
    say(text("{file} was edited: its settings become a new version", file=str(kept)))
    return SiteBegin(read_site(kept), "site.yaml was edited", origin)


def _fingerprint(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise EnvironmentFault(text("{file} cannot be read: {error}.", file=str(file), error=str(error))) from error


def _copy_demo(kept: Path, folder: Path) -> None:
    fresh = kept.with_suffix(".new")
    try:
        fresh.write_text(demo_site_written(), encoding="utf-8")
        fresh.replace(kept)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise fault_of(error, folder) from error
