"""An exchange that is slow, leaves messages out, or announces why a call fails, frame by frame."""

from __future__ import annotations

from random import Random

from boards.e1.q931 import MessageType
from hwsim.pri_manners import PriManners, PriMouth
from hwsim.pri_rudeness import Rudeness

HEADER = bytes.fromhex("02010406")
CONNECT = HEADER + bytes.fromhex("0802800107")
BUSY = HEADER + bytes.fromhex("080280014508028291")
OVER = HEADER + bytes.fromhex("080280014508028290")
READY = bytes.fromhex("02010107")


class Line:
    """A mouth and its clock."""

    def __init__(self, manners: PriManners) -> None:
        self.now_ms = 0
        self.mouth = PriMouth(lambda: self.now_ms, Random(1))
        self.mouth.manners = manners

    def say(self, *frames: bytes) -> list[bytes]:
        for frame in frames:
            self.mouth.say(frame)
        return list(self.mouth.due())


def test_a_usual_exchange_says_what_it_says() -> None:
    """Nothing is changed, and nothing waits."""
    assert Line(PriManners()).say(CONNECT, BUSY, READY) == [CONNECT, BUSY, READY]


def test_a_slow_exchange_is_heard_later() -> None:
    """Each frame comes so late, in order."""
    line = Line(PriManners(slow_ms=300))
    assert line.say(CONNECT) == []
    line.now_ms = 299
    assert line.say(BUSY) == []
    line.now_ms = 300
    assert list(line.mouth.due()) == [CONNECT]
    line.now_ms = 600
    assert list(line.mouth.due()) == [BUSY]


def test_what_is_never_said_leaves_an_empty_frame() -> None:
    """The link stays in order, the message is missing; other messages and frames without one come as they are."""
    line = Line(PriManners(never_says=frozenset({MessageType.CONNECT})))
    assert line.say(CONNECT, BUSY, READY) == [HEADER + bytes.fromhex("080062"), BUSY, READY]


def test_a_failing_call_is_announced_in_band() -> None:
    """DISCONNECT of a busy line has progress indicator 8 behind its cause; the end of a conversation has none, nor has a silent exchange's."""
    announcing = Line(PriManners(announcement=b"voice"))
    assert announcing.say(BUSY, OVER) == [BUSY + bytes.fromhex("1e028288"), OVER]
    assert announcing.say(HEADER + bytes.fromhex("08028001450802"), HEADER + b"\x08") == [
        HEADER + bytes.fromhex("08028001450802"),
        HEADER + b"\x08",
    ]


def test_a_line_that_is_cut_forgets_what_was_under_way() -> None:
    """What waited to be sent does not come out of a line that is mended."""
    line = Line(PriManners(slow_ms=100))
    line.say(CONNECT)
    line.mouth.forget()
    line.now_ms = 500
    assert list(line.mouth.due()) == []


def test_too_much_that_waits_is_dropped_and_counted() -> None:
    """A slow exchange that is flooded keeps a thousand frames."""
    line = Line(PriManners(slow_ms=1000))
    line.say(*[CONNECT] * 1005)
    assert line.mouth.dropped == 5


def test_a_rude_exchange_loses_what_it_says() -> None:
    """Rudeness holds for what is said from then on."""
    line = Line(PriManners(rudeness=Rudeness(lost=1.0)))
    assert line.say(CONNECT) == []
    line.mouth.manners = PriManners()
    assert line.say(CONNECT) == [CONNECT]
