"""The live page: lines, phones, agents, queues and calls, moving."""

from __future__ import annotations

from collections.abc import Callable

from klein import Klein
from twisted.internet import defer

from engine.control.window import Window
from engine.kernel.bus import Envelope
from engine.kernel.text import text
from engine.people.actors import Act
from web.elements import Since, elements
from web.house import House
from web.stream import ELEMENTS, Counters, Stream
from web.visit import PageFault, Visit
from web.wallboard import Change, Mark, View, Wallboard

__all__ = ["STREAMS_MOST", "LivePage", "add"]

STREAMS_MOST = 300
STREAMS_OF_A_LOGIN_MOST = 12
KINDS = ("alarm", "span", "queue", "call", "agent", "line", "trunk_group", "phone")


class LivePage:
    """The page, and the stream that moves it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._since = Since()
        self._streams: set[Stream] = set()
        self.counters = Counters()
        window: Window = house.window
        self.wallboard = Wallboard(lambda: elements(window.live(), self._since), lambda: window.seq, house.clock)
        self._touched: list[Callable[[], None]] = []
        self._leave = window.hear("live page", self._hear)

    def close(self) -> None:
        """End every stream."""
        self._leave()
        for stream in list(self._streams):
            stream.close()

    def _hear(self, envelope: Envelope) -> None:
        self._since.hear(envelope)
        self.wallboard.touch()
        for touch in self._touched:
            touch()

    def also_touch(self, touch: Callable[[], None]) -> None:
        """Other wallboards move with the same facts."""
        self._touched.append(touch)

    def live(self, visit: Visit) -> bytes:
        """The whole page at one revision; the stream goes on from there."""
        whole = self.wallboard.whole()
        values = {
            "mark": str(whole.mark),
            "now_utc_ms": whole.utc_ms,
            "groups": _grouped(whole),
            "simulated": self._house.window.site.box.hardware == "simulated",
            "site": self._house.window.site,
        }
        return visit.page("live/page.html", values)

    def stream(self, visit: Visit) -> defer.Deferred[bytes]:
        """Server-sent events from the browser's mark on."""
        return self.open_stream(visit, self.wallboard, ELEMENTS)

    def open_stream(self, visit: Visit, wallboard: Wallboard, drawn_by: str, act: Act = Act.SEE_STATUS) -> defer.Deferred[bytes]:
        """The same of any wallboard whose elements are drawn by the macros of this template; all streams together are limited. ``act``: who may no
        more do this is shown no more.
        """
        session, request = visit.session, visit.request
        assert session is not None
        if len(self._streams) >= STREAMS_MOST or session.streams >= STREAMS_OF_A_LOGIN_MOST:
            self.counters.refused += 1
            raise PageFault(503, text("Too many live pages are open. Close some, or try again later."))
        mark = Mark.parse(visit.header("last-event-id") or visit.value("since"))
        sessions = self._house.sessions

        def ended(stream: Stream) -> None:
            self._streams.discard(stream)
            session.streams -= 1

        stream = Stream(
            request,
            wallboard,
            self._house.renderer,
            visit.language,
            self._house.clock,
            self.counters,
            lambda: sessions.keep_alive(session) and self._house.window.may(session.actor, act),
            ended,
            drawn_by,
        )
        self._streams.add(stream)
        session.streams += 1
        stream.begin(mark)
        return defer.Deferred()  # never called: the stream ends its answer itself


def _grouped(whole: Change) -> dict[str, list[tuple[str, View]]]:
    groups: dict[str, list[tuple[str, View]]] = {kind: [] for kind in ("summary", *KINDS)}
    for name, view in whole.changed.items():
        groups[str(view["kind"])].append((name, view))
    return groups


def add(app: Klein, house: House) -> LivePage:
    """Put these pages to their addresses."""
    page = LivePage(house)
    house.add(app, "/live", Act.SEE_STATUS, page.live)
    house.add(app, "/live/stream", Act.SEE_STATUS, page.stream)
    return page
