"""Channels blocked on our side, on a simulated card: what the exchange and the engine see of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from boards.e1.pri_values import PartyNumber
from engine.kernel.errors import Refused
from engine.telephony.causes import Cause
from hwsim.pri_exchange import CallingPlan
from tests.unit.boards.e1.e1_bench import CHEN, E1Bench

Make = Callable[..., E1Bench]
NUMBER = "88886666"


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[E1Bench] = []

    def bench(**settings: Any) -> E1Bench:
        made.append(E1Bench(**settings))
        return made[-1]

    yield bench
    for one in made:
        one.close()


def test_a_blocked_channel_is_not_used_either_way(make: Make) -> None:
    """Calls out are refused; a call that the exchange offers on it, leaving us the choice, comes on another channel."""
    bench = make(channels="1-3")
    bench.line(1).block()
    assert bench.until("out_of_service") == ("t-1", "blocked")
    with pytest.raises(Refused, match="in use or out of service"):
        bench.line(1).dial(CHEN)
    call = bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER), exclusive=False))
    assert call is not None
    assert bench.until("offered")[0] == "t-2"
    bench.line(1).unblock()
    assert bench.until("in_service", 4) == ("t-1",)
    assert bench.line(1).free


def test_a_call_that_insists_on_a_blocked_channel_is_refused(make: Make) -> None:
    """The exchange reads cause 44: this channel is not available."""
    bench = make(channels="1-3")
    bench.line(1).block()
    bench.until("out_of_service")
    call = bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER), exclusive=True))
    assert call is not None
    assert call.channel == 1
    bench.world.run_for(500)
    assert call.cause == Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE
    assert not bench.told.of("offered")


@pytest.mark.parametrize("settings", [{}, {"signalling": "r2"}])
def test_a_conversation_outlives_the_block(make: Make, settings: dict[str, Any]) -> None:
    """A channel that is blocked in a call is out of service when the call is over, and not before."""
    bench = make(channels="1-3", **settings)
    bench.line(1).dial(CHEN)
    bench.until("dialled")
    bench.chen_answers()
    bench.until("answered")
    bench.line(1).block()
    bench.world.run_for(3000)
    assert bench.chen.talking
    assert not bench.told.of("out_of_service")
    bench.chen.hang_up()
    bench.until("released")
    assert bench.until("out_of_service") == ("t-1", "blocked")


def test_the_exchange_sees_blocking_bits(make: Make) -> None:
    """An R2 circuit tells the far end: its calls take other circuits, and come back when it is unblocked."""
    bench = make(signalling="r2", channels="1-3", digits=4, number="8666")
    bench.line(1).block()
    assert bench.until("out_of_service") == ("t-1", "blocked")
    bench.world.run_for(200)
    assert 0 not in bench.far_r2.exchange.idle
    assert (bench.line(1).held_for, bench.line(2).held_for) == ("blocked", "")
    bench.line(1).unblock()
    assert bench.until("in_service", 4) == ("t-1",)
    bench.world.run_for(200)
    assert 0 in bench.far_r2.exchange.idle


@pytest.mark.parametrize("settings", [{}, {"signalling": "r2"}])
def test_a_block_outlives_the_channels_closing(make: Make, settings: dict[str, Any]) -> None:
    """A span that is configured anew, or an alarm, unblocks nothing."""
    bench = make(channels="1-3", **settings)
    bench.line(1).block()
    bench.until("out_of_service")
    bench.board.without(["t-1"], lambda: None)
    bench.world.run_for(4000)
    assert not bench.line(1).free
    assert bench.told.of("out_of_service")[-1] == ("t-1", "blocked")
    assert bench.line(2).free
