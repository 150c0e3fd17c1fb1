"""R2 circuits on a simulated card, with real tones and bits: what engine and exchange see of calls, blocking and double seizure."""

from __future__ import annotations

import pytest

from engine.kernel.errors import Refused
from engine.telephony.causes import Cause, Release
from engine.telephony.numbers import CallerId
from tests.unit.boards.e1.e1_bench import CHEN, E1Bench

NUMBER = "8666"


@pytest.fixture
def bench() -> E1Bench:
    """Three circuits are enough."""
    return E1Bench(signalling="r2", channels="1-3", digits=len(NUMBER), number=NUMBER)


def test_a_call_comes_in_with_both_numbers_and_goes(bench: E1Bench) -> None:
    """Called and calling number cross as tones; the answer and the end cross as bits."""
    bench.chen.call(NUMBER)
    assert bench.until("offered") == ("t-1", CallerId(CHEN), NUMBER)
    bench.line(1).answer()
    assert bench.world.run_until(lambda: bench.chen.talking, 2000)
    bench.chen.hang_up()
    assert bench.until("released") == ("t-1", Release(Cause.NORMAL_CALL_CLEARING, "hung_up"))
    assert bench.world.run_until(lambda: bench.line(1).free, 3000)
    bench.close()


def test_a_call_goes_out_and_we_hang_up(bench: E1Bench) -> None:
    """The exchange sees our number when it asks for it; after the end both ends are idle."""
    bench.line(2).dial(CHEN)
    bench.until("dialled")
    assert bench.far_r2.exchange.calls[-1].caller == NUMBER
    bench.chen_answers()
    bench.until("answered")
    bench.line(2).release()
    assert bench.world.run_until(lambda: bench.line(2).free, 3000)
    assert not bench.told.of("released")
    bench.close()


def test_a_blocked_circuit_is_not_used(bench: E1Bench) -> None:
    """The exchange blocks: the lines say so, and serve again when it unblocks."""
    bench.far_r2.cut_signalling(cut=True)
    assert bench.until("out_of_service", 3)[1] == "far_blocked"
    with pytest.raises(Refused, match="in use or out of service"):
        bench.line(1).dial(CHEN)
    bench.far_r2.cut_signalling(cut=False)
    assert bench.world.run_until(lambda: bench.line(1).free, 3000)
    bench.close()


def test_both_ends_seize_at_once(bench: E1Bench) -> None:
    """Our call is given back, to be tried on another circuit; the circuit is free again."""
    bench.far_r2.exchange.call(0, NUMBER, CHEN)
    bench.line(1).dial(CHEN)
    assert bench.until("released")[1].reason == "glare"
    assert bench.world.run_until(lambda: bench.line(1).free, 5000)
    bench.close()
