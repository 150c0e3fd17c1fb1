"""Event streams: facts as they happen, one open answer for each client.

A client begins with a snapshot, or says the id of its last event and is told every fact since, from memory or from the journal, without
gap or double. When that cannot be promised it is told so by a ``gap`` event that has a snapshot to begin from. A client that does not
read is written to no more; what it missed comes when it reads again. One that does not read for ten seconds is cut off and counted.
Source: WHATWG HTML, "Server-sent events".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from engine.kernel.clock import Clock, Timer
from web.api.news import FactMark, News, event, row_told
from web.render import Reader
from web.request import PageRequest

__all__ = [
    "BEAT_S",
    "BEHIND_MOST",
    "CHUNK_FACTS",
    "CUT_OFF_S",
    "STREAMS_MOST",
    "STREAMS_OF_A_USER_MOST",
    "EventStream",
    "Source",
    "Streams",
]

BEAT_S = 15.0
"""So often a stream without news says that it lives, where it is, and whether its token is still good."""
CUT_OFF_S = 10.0
RETRY_MS = 2000
CHUNK_FACTS = 200
"""Facts read from the journal at one time."""
BEHIND_MOST = 100_000
"""Who has missed more facts begins with a snapshot instead."""
STREAMS_MOST = 100
STREAMS_OF_A_USER_MOST = 10

Row = Mapping[str, Any]
Failed = Callable[[Exception], None]


@dataclass
class Streams:
    """The open streams, and what has become of all there were."""

    open: set[EventStream] = field(default_factory=set)
    opened: int = 0
    resumed: int = 0
    """Clients that came back and were told just what they had missed."""
    gaps: int = 0
    """Clients that came back and had to begin anew."""
    cut_off: int = 0
    """Clients that did not read."""
    refused: int = 0
    """Streams too many."""

    def of(self, user: str) -> int:
        """How many streams a user has."""
        return sum(stream.user == user for stream in self.open)

    def close(self) -> None:
        """End every stream: the appliance stops."""
        for stream in list(self.open):
            stream.close()


@dataclass(frozen=True)
class Source:
    """Where a stream has its news from. ``read(after, limit, names, done, failed)``: facts after a number from the journal, and how far
    it was looked at; ``snapshot``: the state of this moment, None for who may not see it; ``alive(go_on)``: ``go_on`` is told whether
    the token is still good.
    """

    news: News
    clock: Clock
    read: Callable[[int, int, Sequence[str], Callable[[Row], None], Failed], None]
    snapshot: Callable[[], Mapping[str, Any] | None]
    alive: Callable[[Callable[[bool], None]], None]


@implementer(IPushProducer)
class EventStream:
    """One client. ``names``: only these facts; empty: all."""

    def __init__(self, request: PageRequest, source: Source, streams: Streams, reader: Reader, user: str, names: Sequence[str]) -> None:
        self.user = user
        self._request = request
        self._source = source
        self._streams = streams
        self._reader = reader
        self._names = frozenset(names)
        self._open = True
        self._begun = False
        self._paused = False
        self._reading = False
        self._at = FactMark(0, 0)
        """The newest fact that was sent or passed over."""
        self._leave: Callable[[], None] = lambda: None
        self._beat_timer: Timer | None = None
        self._cut_timer: Timer | None = None

    def begin(self, last: str) -> None:
        """Begin after the event with the id ``last``; without one, with a snapshot."""
        request = self._request
        self._streams.open.add(self)
        self._streams.opened += 1
        request.notifyFinish().addBoth(lambda _: self._over())
        request.write(b"retry: %d\n\n" % RETRY_MS)
        request.registerProducer(self, True)
        self._leave = self._source.news.subscribe(self._go_on)
        self._beat_timer = self._source.clock.call_later(BEAT_S, self._beat)
        if last:
            self._resume(last)
        else:
            self._begin_anew("snapshot", {})

    def close(self) -> None:
        """End the answer; the client comes back by itself if it may."""
        if self._open:
            self._over()
            self._request.unregisterProducer()
            self._request.finish()

    # ---- where it begins -------------------------------------------------------------------------------------------

    def _resume(self, last: str) -> None:
        """Find the fact that the client has last. It must be the same one: its number alone proves nothing after a power cut."""
        mark, newest = FactMark.parse(last), self._source.news.newest
        if mark is None or not 0 < mark.seq <= newest or newest - mark.seq > BEHIND_MOST:
            self._gap(last)
            return
        kept = self._source.news.fact(mark.seq)
        if kept is not None:
            self._go_on_from(mark, last, same=kept.mark == mark)
            return

        def read(found: Row) -> None:
            rows = found["facts"]
            self._reading = False
            same = bool(rows) and FactMark(rows[0]["seq"], rows[0]["utc_ms"]) == mark
            if self._open:
                self._go_on_from(mark, last, same=same)

        self._read(mark.seq - 1, 1, (), read)

    def _go_on_from(self, mark: FactMark, last: str, *, same: bool) -> None:
        if not same:
            self._gap(last)
            return
        self._streams.resumed += 1
        self._at, self._begun = mark, True
        self._go_on()

    def _gap(self, last: str) -> None:
        self._streams.gaps += 1
        self._begin_anew("gap", {"last": last})

    def _begin_anew(self, kind: str, more: Mapping[str, Any]) -> None:
        newest = self._source.news.newest
        kept = self._source.news.fact(newest)
        # before the first fact that was heard here there is none to compare with: such an id leads to a gap, never to a wrong place
        self._at, self._begun = kept.mark if kept is not None else FactMark(newest, 0), True
        self._request.write(event(kind, self._at, {**more, "seq": newest, "snapshot": self._source.snapshot()}))
        self._go_on()

    # ---- news ------------------------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Write what is new, from memory, or else from the journal, until nothing is or the client does not keep up."""
        news = self._source.news
        while self._begun and self._open and not self._paused and not self._reading and self._at.seq < news.newest:
            told = news.fact(self._at.seq + 1)
            if told is None:
                self._read(self._at.seq, CHUNK_FACTS, sorted(self._names), self._heard_from_journal)
                return
            self._at = told.mark
            if not self._names or told.name in self._names:
                self._request.write(told.event(self._reader))

    def _read(self, after: int, limit: int, names: Sequence[str], done: Callable[[Row], None]) -> None:
        self._reading = True
        try:
            self._source.read(after, limit, names, done, self._not_read)
        except Exception as error:  # noqa: BLE001  # the client comes back and asks again
            self._not_read(error)

    def _not_read(self, _error: Exception) -> None:
        self._reading = False
        self.close()

    def _heard_from_journal(self, found: Row) -> None:
        self._reading = False
        if not self._open:
            return
        if found["through"] <= self._at.seq:  # the journal has none of what memory has lost: it must have been taken away
            self._gap(str(self._at))
            return
        for row in found["facts"]:
            self._at = FactMark(row["seq"], row["utc_ms"])
            self._request.write(event("fact", self._at, row_told(row, self._reader)))
        if found["through"] > self._at.seq:
            self._at = FactMark(found["through"], 0)
        self._go_on()

    # ---- the client reads, or not ----------------------------------------------------------------------------------

    def pauseProducing(self) -> None:  # noqa: N802  # Twisted's name
        """The client does not keep up."""
        self._paused = True
        if self._open and self._cut_timer is None:
            self._cut_timer = self._source.clock.call_later(CUT_OFF_S, self._cut_off)

    def resumeProducing(self) -> None:  # noqa: N802  # Twisted's name
        """It has read."""
        self._paused = False
        if self._cut_timer is not None:
            self._cut_timer.cancel()
            self._cut_timer = None
        self._go_on()

    def stopProducing(self) -> None:  # noqa: N802  # Twisted's name
        """It has gone."""
        self._over()

    def _cut_off(self) -> None:
        self._cut_timer = None
        self._streams.cut_off += 1
        self._over()
        self._request.loseConnection()

    def _beat(self) -> None:
        self._beat_timer = None
        self._source.alive(self._beaten)

    def _beaten(self, alive: bool) -> None:  # the answer to one question
        if not self._open:
            return
        if not alive:
            self.close()
            return
        if not self._paused:
            # an id alone is no event, and yet the client knows where it is: facts that it does not want need not be looked at again
            self._request.write(f": \nid: {self._at}\n\n".encode() if self._at.utc_ms else b": \n\n")
        self._beat_timer = self._source.clock.call_later(BEAT_S, self._beat)

    def _over(self) -> None:
        if not self._open:
            return
        self._open = False
        self._leave()
        self._streams.open.discard(self)
        for timer in (self._beat_timer, self._cut_timer):
            if timer is not None:
                timer.cancel()
