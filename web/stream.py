"""Server-sent events: one open answer for each browser that looks at the live page.

A browser that does not read is written to no more until it does; then it gets what it missed in one event. One that does not
read for ten seconds is cut off and counted; it comes back by itself with the mark that it had.
Source: WHATWG HTML, "Server-sent events".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from engine.kernel.clock import Clock, Timer
from web.render import Renderer
from web.request import PageRequest
from web.wallboard import Change, Mark, Wallboard

__all__ = ["BEAT_S", "CUT_OFF_S", "ELEMENTS", "RETRY_MS", "Counters", "Stream", "encoded"]

BEAT_S = 15.0
"""Without news a comment is sent this often: so a broken connection is noticed at both ends, and the login is looked at."""
CUT_OFF_S = 10.0
RETRY_MS = 2000
"""A browser that lost the connection comes back after this time."""

ELEMENTS = "live/elements.html"


class Counters:
    """What the live page has done since the start."""

    def __init__(self) -> None:
        self.opened = 0
        self.resumed = 0
        """Browsers that came back and could be told just what they had missed."""
        self.cut_off = 0
        """Browsers that did not read."""
        self.refused = 0
        """Browsers too many."""


def encoded(change: Change, language: str, renderer: Renderer, drawn_by: str = ELEMENTS) -> bytes:
    """The change as an event. What is long in it is made once for each language, whoever gets it."""
    made = change.sent.get(language)
    if made is None:
        drawn: dict[str, Mapping[str, str]] = {
            name: {"kind": str(view["kind"]), "html": str(renderer.part(drawn_by, str(view["kind"]), language, name, view))}
            for name, view in change.changed.items()
        }
        data = {"set": drawn, "gone": list(change.gone)}
        # a line of its own: no line feed in it
        made = change.sent[language] = json.dumps(data, ensure_ascii=False, separators=(",", ":"))[1:].encode()
    event = "whole" if change.whole else "change"
    head = f'id: {change.mark}\nevent: {event}\ndata: {{"now":{change.utc_ms},"seq":{change.mark.seq},'
    return head.encode() + made + b"\n\n"


@implementer(IPushProducer)
class Stream:
    """One browser. ``alive`` is asked with every beat whether the login still lasts; ``ended`` is told once."""

    def __init__(
        self,
        request: PageRequest,
        wallboard: Wallboard,
        renderer: Renderer,
        language: str,
        clock: Clock,
        counters: Counters,
        alive: Callable[[], bool],
        ended: Callable[[Stream], None],
        drawn_by: str = ELEMENTS,
    ) -> None:
        self._request = request
        self._wallboard = wallboard
        self._renderer = renderer
        self._language = language
        self._clock = clock
        self._counters = counters
        self._alive = alive
        self._ended = ended
        self._drawn_by = drawn_by
        self._open = True
        self._paused = False
        self._missed = False
        self._mark: Mark | None = None
        self._leave: Callable[[], None] = lambda: None
        self._beat_timer: Timer | None = None
        self._cut_timer: Timer | None = None

    def begin(self, mark: Mark | None) -> None:
        """Send what the browser at ``mark`` has missed, then everything that comes."""
        request = self._request
        request.notifyFinish().addBoth(lambda _: self._over())
        request.setHeader("content-type", "text/event-stream; charset=utf-8")
        request.write(b"retry: %d\n\n" % RETRY_MS)
        request.registerProducer(self, True)
        self._counters.opened += 1
        first = self._wallboard.since(mark)
        if mark is not None and not first.whole:
            self._counters.resumed += 1
        self._leave = self._wallboard.subscribe(self._hear)
        if first.whole or first.changed or first.gone:
            self._send(first)
        else:
            self._mark = first.mark
        self._beat_timer = self._clock.call_later(BEAT_S, self._beat)

    def close(self) -> None:
        """End the answer; the browser comes back by itself if it may."""
        if self._open:
            self._over()
            self._request.unregisterProducer()
            self._request.finish()

    # ---- the browser reads, or not -------------------------------------------------------------------------------

    def pauseProducing(self) -> None:  # noqa: N802  # Twisted's name
        """The browser does not keep up."""
        self._paused = True
        if self._open and self._cut_timer is None:
            self._cut_timer = self._clock.call_later(CUT_OFF_S, self._cut_off)

    def resumeProducing(self) -> None:  # noqa: N802  # Twisted's name
        """It has read."""
        self._paused = False
        if self._cut_timer is not None:
            self._cut_timer.cancel()
            self._cut_timer = None
        if self._open and self._missed:
            self._missed = False
            self._send(self._wallboard.since(self._mark))

    def stopProducing(self) -> None:  # noqa: N802  # Twisted's name
        """It has gone."""
        self._over()

    def _cut_off(self) -> None:
        self._cut_timer = None
        self._counters.cut_off += 1
        self._over()
        self._request.loseConnection()

    # ---- news ------------------------------------------------------------------------------------------------------

    def _hear(self, change: Change) -> None:
        if self._paused:
            self._missed = True
        else:
            self._send(change)

    def _send(self, change: Change) -> None:
        self._mark = change.mark
        self._request.write(encoded(change, self._language, self._renderer, self._drawn_by))

    def _beat(self) -> None:
        if not self._alive():
            self.close()
            return
        if not self._paused:
            self._request.write(b": \n\n")
        self._beat_timer = self._clock.call_later(BEAT_S, self._beat)

    def _over(self) -> None:
        if not self._open:
            return
        self._open = False
        self._leave()
        for timer in (self._beat_timer, self._cut_timer):
            if timer is not None:
                timer.cancel()
        self._ended(self)
