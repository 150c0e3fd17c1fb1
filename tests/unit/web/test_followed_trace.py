"""Messages of calls on a page that moves: bounded, in order, each once."""

from __future__ import annotations

from collections.abc import Sequence

from engine.kernel.text import text
from engine.telephony.call_trace import Selection, TraceLine
from tests.fakes import FakeClock
from web.followed_trace import FOLLOWED_MOST, MESSAGES_MOST, FollowedTrace, FollowedTraces
from web.wallboard import Wallboard


def line(seq: int) -> TraceLine:
    return TraceLine(seq, 1_000 + seq, seq % 2 == 0, 1, "theirs-1", text("SETUP"))


class Line:
    """A trace to which messages come."""

    def __init__(self) -> None:
        self.came: list[TraceLine] = []

    def more(self) -> Sequence[TraceLine]:
        came, self.came = self.came, []
        return came


def test_the_newest_stay_and_the_oldest_go() -> None:
    """A page that stays open all night holds no more than it shows."""
    trace = Line()
    followed = FollowedTrace(trace.more, lambda: 480)
    trace.came = [line(seq) for seq in range(1, MESSAGES_MOST + 1)]
    assert len(followed.elements()) == MESSAGES_MOST
    trace.came = [line(MESSAGES_MOST + 1)]
    names = list(followed.elements())
    assert names[0] == "message-2"
    assert names[-1] == f"message-{MESSAGES_MOST + 1}"
    assert len(names) == MESSAGES_MOST


def test_a_call_that_is_recognised_late_stands_in_its_place() -> None:
    """Its beginning is put before what came meanwhile."""
    trace = Line()
    followed = FollowedTrace(trace.more, lambda: 480)
    trace.came = [line(5)]
    followed.elements()
    trace.came = [line(3), line(6)]
    assert list(followed.elements()) == ["message-3", "message-5", "message-6"]


def test_only_so_many_selections_are_followed_at_once() -> None:
    """Whoever asks for another one takes the place of one that nobody looks at; where all are looked at there is none."""
    made: list[str] = []

    def board(trunk: str, selection: Selection) -> Wallboard:
        made.append(f"{trunk} {selection.channel}")
        return Wallboard(dict, lambda: 1, FakeClock())

    traces = FollowedTraces(board)
    first = traces.of("pri-1", Selection(channel=0))
    assert traces.of("pri-1", Selection(channel=0)) is first
    for channel in range(1, FOLLOWED_MOST):
        assert traces.of("pri-1", Selection(channel=channel)) is not None
    assert first is not None
    leave = first.subscribe(lambda _change: None)
    assert traces.of("pri-2", Selection()) is not None
    assert traces.of("pri-1", Selection(channel=0)) is first
    assert len(made) == FOLLOWED_MOST + 1
    leave()
    boards = [traces.of("pri-3", Selection(channel=channel)) for channel in range(FOLLOWED_MOST)]
    for wallboard in boards:
        assert wallboard is not None
        wallboard.subscribe(lambda _change: None)
    assert traces.of("pri-4", Selection()) is None
