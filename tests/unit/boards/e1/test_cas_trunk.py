"""Circuits without registers on a simulated card, with real tones and bits: what engine and exchange see of calls."""

from __future__ import annotations

import pytest

from engine.telephony.causes import Cause, Release
from engine.telephony.numbers import UNKNOWN_CALLER
from hwsim.people import Subscriber
from tests.unit.boards.e1.e1_bench import CHEN, E1Bench

NUMBER = "8666"
LONG_MS = 40_000
"""Eleven digits by pulses take a quarter of a minute."""


def bench(by: str) -> E1Bench:
    """Two circuits."""
    return E1Bench(signalling="cas", cas_address=by, channels="1-2", digits=len(NUMBER), number=NUMBER)


@pytest.mark.parametrize("by", ["dtmf", "pulses", "none"])
def test_a_call_comes_in_and_goes(by: str) -> None:
    """The called number arrives, or is the trunk's own; who calls is not told. The caller is connected by the answer, and hangs up."""
    made = bench(by)
    made.chen.call(NUMBER)
    assert made.until("offered", timeout_ms=LONG_MS) == ("t-1", UNKNOWN_CALLER, NUMBER)
    made.line(1).answer()
    assert made.world.run_until(lambda: made.chen.talking, 2000)
    made.chen.hang_up()
    assert made.until("released") == ("t-1", Release(Cause.NORMAL_CALL_CLEARING, "hung_up"))
    assert made.world.run_until(lambda: made.line(1).free, 3000)
    made.close()


@pytest.mark.parametrize("by", ["dtmf", "pulses", "none"])
def test_a_call_goes_out_and_we_hang_up(by: str) -> None:
    """The exchange hears or counts our digits and rings who has the number; a tie line rings whoever is first there."""
    made = bench(by)
    made.line(2).dial(CHEN)
    made.until("dialled", timeout_ms=LONG_MS)
    assert made.far_r2.exchange.calls[-1].digits == ("" if by == "none" else CHEN)
    made.chen_answers()
    made.until("answered")
    made.line(2).release()
    assert made.world.run_until(lambda: made.line(2).free, 3000)
    assert not made.told.of("released")
    assert made.far_r2.exchange.calls[-1].release is not None
    made.close()


@pytest.mark.parametrize(
    ("busy", "reason", "cause"), [(True, "busy_tone", Cause.USER_BUSY), (False, "unallocated_tone", Cause.UNALLOCATED_NUMBER)]
)
def test_the_exchanges_tones_end_a_call_that_cannot_be(busy: bool, reason: str, cause: Cause) -> None:
    """The bits do not say that a number is busy or nobody's: it is heard, and the line is free for the next call."""
    made = bench("dtmf")
    if busy:
        other = Subscriber(made.world, made.exchange, "zhou", "13600136000")
        other.call(NUMBER)
        made.until("offered")
    made.line(2).dial("13600136000")
    assert made.until("released", timeout_ms=LONG_MS) == ("t-2", Release(cause, reason))
    assert made.world.run_until(lambda: made.line(2).free, 3000)
    made.close()


def test_a_blocked_circuit_is_not_used() -> None:
    """The PBX blocks: the lines say so, and serve again when it unblocks."""
    made = bench("none")
    made.far_r2.cut_signalling(cut=True)
    assert made.until("out_of_service", 2)[1] == "far_blocked"
    made.far_r2.cut_signalling(cut=False)
    assert made.world.run_until(lambda: made.line(1).free, 3000)
    made.close()
