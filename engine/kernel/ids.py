"""Ids that carry the box they were made on and never repeat on it.

An id is ``<box>-<kind><number>``, e.g. ``b1-c42`` for the 42nd call. Numbers go up for the life of the data folder;
after a restart the store says where to go on, so no random source is needed and a replay gives the same ids.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["Ids"]


class Ids:
    """Makes ids. ``last`` holds, per kind letter, the highest number already used (from the journal)."""

    def __init__(self, box: str, last: Mapping[str, int] | None = None) -> None:
        self.box = box
        self._last: dict[str, int] = dict(last or {})

    def new(self, kind: str) -> str:
        """The next id of this kind; ``kind`` is one lower-case letter."""
        number = self._last.get(kind, 0) + 1
        self._last[kind] = number
        return f"{self.box}-{kind}{number}"

    def seen(self, made: str) -> None:
        """Note an id read from the journal, so that it is never given again. Foreign boxes' ids are ignored."""
        box, _, tail = made.rpartition("-")
        if box == self.box and tail[1:].isdigit():
            self._last[tail[0]] = max(self._last.get(tail[0], 0), int(tail[1:]))
