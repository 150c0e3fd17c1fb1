"""The newest facts, as every event stream tells them: kept for those who come back, and written once for each language."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.control.narration import sentence
from engine.facts import Fact, RecordingEnded, fact_from_record, fact_to_record
from engine.kernel.bus import Envelope
from engine.kernel.text import Text
from web.render import Reader

__all__ = ["RING_MOST", "FactMark", "News", "Told", "event", "fact_told", "row_told"]

RING_MOST = 2000
"""Facts kept in memory: some minutes of the busiest site. Older ones are read from the journal."""
RECORDINGS = Path("/api/v1/recordings")

_MARK = re.compile(r"([0-9]{1,15})-([0-9]{1,15})", re.ASCII)


@dataclass(frozen=True)
class FactMark:
    """A place in the order of facts: the number of a fact and when it was. The time tells whether it is the same fact: after a power
    cut the last numbers may be given once more.
    """

    seq: int
    utc_ms: int

    def __str__(self) -> str:
        return f"{self.seq}-{self.utc_ms}"

    @classmethod
    def parse(cls, written: str) -> FactMark | None:
        """The mark that a client sends back; None for anything else."""
        found = _MARK.fullmatch(written)
        return cls(int(found[1]), int(found[2])) if found else None


def event(kind: str, mark: FactMark, data: Mapping[str, Any]) -> bytes:
    """A server-sent event. Source: WHATWG HTML, "Server-sent events"."""
    payload = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))  # a line of its own: no line feed in it
    return f"id: {mark}\nevent: {kind}\ndata: {payload}\n\n".encode()


def fact_told(envelope: Envelope, reader: Reader) -> dict[str, Any]:
    """A fact as the API tells it."""
    fact = envelope.fact
    assert isinstance(fact, Fact)
    return {
        "seq": envelope.seq,
        "utc_ms": envelope.utc_ms,
        "utc_offset_min": envelope.utc_offset_min,
        "interaction": envelope.interaction,
        "fact": type(fact).__name__,
        "version": fact.VERSION,
        "values": fact_to_record(fact),
        "sentence": said_of(fact, reader),
    }


def row_told(row: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    """The same for a fact as ``asking.py`` gives it."""
    return {**row, "sentence": said_of(fact_from_record(row["fact"], row["version"], row["values"]), reader)}


def said_of(fact: Fact, reader: Reader) -> str | None:
    """The sentence; a recording lies where the API gives it."""
    path = RECORDINGS / fact.recording if isinstance(fact, RecordingEnded) else RECORDINGS
    said: Text | None = sentence(fact, path)
    return None if said is None else reader.say(said)


@dataclass(frozen=True)
class Told:
    """A fact of late, and what streams write of it, by language."""

    envelope: Envelope
    written: dict[str, bytes] = field(default_factory=dict, compare=False)

    @property
    def mark(self) -> FactMark:
        """Its place."""
        return FactMark(self.envelope.seq, self.envelope.utc_ms)

    @property
    def name(self) -> str:
        """The name of the fact."""
        return type(self.envelope.fact).__name__

    def event(self, reader: Reader) -> bytes:
        """As an event in this language."""
        made = self.written.get(reader.language)
        if made is None:
            made = self.written[reader.language] = event("fact", self.mark, fact_told(self.envelope, reader))
        return made


class News:
    """Hears every fact. ``newest``: the number of the newest one at the moment."""

    def __init__(self, newest: int, ring_most: int = RING_MOST) -> None:
        self._ring: deque[Told] = deque(maxlen=ring_most)
        self._newest = newest
        self._hearers: list[Callable[[], None]] = []

    @property
    def newest(self) -> int:
        """The number of the newest fact heard."""
        return self._newest

    @property
    def watched(self) -> int:
        """How many streams listen."""
        return len(self._hearers)

    def hear(self, envelope: Envelope) -> None:
        """Subscribe this to the facts."""
        self._ring.append(Told(envelope))
        self._newest = envelope.seq
        for hear in list(self._hearers):
            hear()

    def subscribe(self, hear: Callable[[], None]) -> Callable[[], None]:
        """Be called after every fact. Gives the act that ends it."""
        self._hearers.append(hear)

        def leave() -> None:
            if hear in self._hearers:
                self._hearers.remove(hear)

        return leave

    def fact(self, seq: int) -> Told | None:
        """The fact with this number, when it is still kept."""
        place = seq - self._ring[0].envelope.seq if self._ring else -1
        return self._ring[place] if 0 <= place < len(self._ring) else None
