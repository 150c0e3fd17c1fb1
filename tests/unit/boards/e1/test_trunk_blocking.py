"""Channels blocked on our side, on a simulated card: what the exchange and the engine see of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from boards.e1.pri_services import ChannelServices
from boards.e1.pri_values import PartyNumber, ServiceStatus
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
    call = bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER), exclusive=True, channel=1))
    assert call is not None
    bench.world.run_for(500)
    assert call.cause == Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE
    assert not bench.told.of("offered")


def test_the_exchange_tries_another_channel_and_learns_when_the_first_one_serves_again(make: Make) -> None:
    """Its call comes on channel 2; channel 1 is restarted when it is unblocked, and carries the next call at once."""
    bench = make(channels="1-3", restarts="doubt")
    bench.line(1).block()
    bench.until("out_of_service")
    first = bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER)))
    assert first is not None
    assert bench.until("offered")[0] == "t-2"
    assert first.channel == 2
    bench.line(1).unblock()
    (span,) = bench.board.pri_spans
    assert bench.world.run_until(lambda: span.restarts.sent == 1 and bench.line(1).free, 3000)
    bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER)))
    assert bench.until("offered", 2)[0] == "t-1"


@pytest.mark.parametrize(("restarts", "refused"), [("never", True), ("doubt", False)])
def test_a_channel_is_not_restarted_without_need(make: Make, restarts: str, refused: bool) -> None:
    """Not where the settings forbid it, and not when the exchange never wanted it."""
    bench = make(channels="1-3", restarts=restarts)
    bench.line(1).block()
    bench.until("out_of_service")
    if refused:
        bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER)))
        bench.until("offered")
    bench.line(1).unblock()
    bench.world.run_for(3000)
    (span,) = bench.board.pri_spans
    assert span.restarts.sent == 0
    assert bench.line(1).free


# ---- maintenance messages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["ni2", "4ess", "5ess", "dms100"])
def test_an_american_exchange_is_told_that_a_channel_is_blocked(make: Make, dialect: str) -> None:
    """It uses the next one without being refused, and the blocked one again when it is told so."""
    bench = make(channels="1-3", switch_type=dialect)
    bench.line(1).block()
    bench.world.run_for(500)
    assert bench.far.exchange.blocked == {1}
    bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER)))
    assert bench.until("offered")[0] == "t-2"
    (span,) = bench.board.pri_spans
    assert span.counters.offers_refused == 0
    bench.line(1).unblock()
    bench.world.run_for(500)
    assert bench.far.exchange.blocked == set()


def test_the_exchange_is_told_after_the_call_and_again_after_an_outage(make: Make) -> None:
    """A channel that is blocked in a call is out of service from its end on, also for an exchange that forgot it with the D channel."""
    bench = make(channels="1-3", switch_type="ni2", calls_survive_s=0)
    call = bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER)))
    assert call is not None
    bench.until("offered")
    bench.line(1).block()
    bench.world.run_for(500)
    assert bench.far.exchange.blocked == set()
    bench.far.exchange.hang_up(call)
    bench.world.run_for(500)
    assert bench.far.exchange.blocked == {1}
    bench.far.cut_signalling(cut=True)
    bench.world.run_for(20_000)
    bench.far.exchange.blocked.clear()
    bench.far.cut_signalling(cut=False)
    bench.world.run_for(8000)
    assert bench.far.exchange.blocked == {1}


def test_a_channel_that_the_exchange_restarts_is_not_blocked_by_it_any_more(make: Make) -> None:
    """An exchange that took a channel out and then begins afresh with it wants to use it."""
    bench = make(channels="1-3", switch_type="ni2")
    bench.far.exchange.channel.send_service(2, ServiceStatus.OUT_OF_SERVICE)
    assert bench.until("out_of_service") == ("t-2", "far_blocked")
    bench.far.exchange.channel.restart(2)
    bench.world.run_for(1000)
    assert bench.line(2).free


def test_no_service_message_where_none_is_known() -> None:
    """EuroISDN has none: whatever is blocked, nothing is to be told, and each change is told once where they exist."""
    assert ChannelServices(told_far=False).due(3, blocked=True) is None
    services = ChannelServices(told_far=True)
    assert services.due(3, blocked=False) is None
    assert services.due(3, blocked=True) is ServiceStatus.OUT_OF_SERVICE
    assert services.due(3, blocked=True) is None
    assert services.due(3, blocked=False) is ServiceStatus.IN_SERVICE
    services.refused(3)
    assert (services.doubted(3), services.doubted(3)) == (True, False)


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
