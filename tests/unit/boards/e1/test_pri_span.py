"""An ISDN trunk on a simulated card: numbers, channels, causes and faults, as the exchange and the engine see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from boards.e1.pri_values import CallingNumber, PartyNumber, TypeOfNumber
from engine.kernel.errors import Refused
from engine.telephony.causes import Cause, Release
from engine.telephony.numbers import CallerId
from hwsim.pri_exchange import CallingPlan
from hwsim.signals import BLOCK
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


def test_a_number_that_comes_digit_by_digit_is_offered_when_it_is_whole(make: Make) -> None:
    """The engine sees one call with all eight digits, though the exchange sends them singly."""
    bench = make(digits=8)
    bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER), overlap=True))
    assert bench.until("offered")[2] == NUMBER
    assert [line for line, *_ in bench.told.of("offered")] == ["t-1"]


def test_a_caller_who_stops_dialling_is_offered_with_what_there_is(make: Make) -> None:
    """Fifteen seconds after the last digit the call comes as it is."""
    bench = make(digits=12)
    bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER), overlap=True))
    assert bench.until("offered", timeout_ms=20_000)[2] == NUMBER


@pytest.mark.parametrize(
    ("calling", "seen"),
    [
        (CallingNumber("13800138000"), CallerId("13800138000", screening="user_not_screened")),
        (CallingNumber("2161234567", TypeOfNumber.NATIONAL), CallerId("02161234567", screening="user_not_screened")),
        (CallingNumber("441632960961", TypeOfNumber.INTERNATIONAL), CallerId("00441632960961", screening="user_not_screened")),
    ],
)
def test_a_caller_is_shown_as_he_would_be_dialled(make: Make, calling: CallingNumber, seen: CallerId) -> None:
    """National and international numbers have their prefix again."""
    bench = make(number=NUMBER)
    bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER), calling))
    assert bench.until("offered")[1] == seen


def test_we_refuse_an_offered_call_with_our_cause(make: Make) -> None:
    """The exchange learns why: user busy."""
    bench = make()
    call = bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER)))
    assert call is not None
    bench.until("offered")
    bench.line(call.channel).release(Cause.USER_BUSY)
    bench.world.run_for(500)
    assert call.cause == Cause.USER_BUSY
    assert bench.line(call.channel).free


def test_the_exchange_sees_our_number_and_our_channel(make: Make) -> None:
    """The caller number is the trunk's, with the type that was set; the channel is the one that was asked for."""
    bench = make(number=NUMBER, caller_type="subscriber")
    bench.line(7).dial(CHEN)
    bench.until("dialled")
    (call,) = bench.far.exchange.calls.values()
    assert (call.calling, call.called, call.channel) == (NUMBER, CHEN, 7)
    bench.chen_answers()
    assert bench.until("answered") == ("t-7", "signalled", "")
    bench.chen.hang_up()
    assert bench.until("released") == ("t-7", Release(Cause.NORMAL_CALL_CLEARING, "hung_up"))
    bench.world.run_for(500)
    assert bench.line(7).free
    assert not bench.far.exchange.calls


def test_a_channel_that_the_exchange_has_taken_is_given_back(make: Make) -> None:
    """Both want channel 1 at once: the exchange's call gets it, ours may go elsewhere."""
    bench = make()
    bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER)))
    bench.line(1).dial(CHEN)
    bench.world.run_for(1500)
    assert [release.reason for _, release in bench.told.of("released")] == ["channel_refused"]
    assert len(bench.told.of("offered")) == 1


@pytest.mark.parametrize("signalling", ["isdn-user", "isdn-network"])
def test_both_ends_want_a_channel_in_the_same_moment(make: Make, signalling: str) -> None:
    """The network's call goes first (Q.931 5.7): as the user side we give ours back, to be tried on another channel; as the network side we refuse."""
    bench = make(signalling=signalling, number=NUMBER)
    bench.line(5).dial(CHEN)
    theirs = bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER), channel=5))
    assert theirs is not None
    bench.world.run_for(1000)
    given_back = ("t-5", Release(Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE, "channel_refused"))
    if signalling == "isdn-user":
        assert bench.told.of("released") == [given_back]
        assert bench.told.of("offered")[0][0] == "t-5"
        assert theirs.cause is None
    else:
        assert bench.told.of("offered") == []
        assert theirs.cause == Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE


def test_no_call_goes_out_while_the_d_channel_is_down(make: Make) -> None:
    """The line says that it is out of service, and why; it serves again by itself."""
    bench = make()
    bench.far.cut_signalling(cut=True)
    assert bench.until("out_of_service", 30, 60_000)[1] == "d_channel_down"
    with pytest.raises(Refused, match="in use or out of service"):
        bench.line(1).dial(CHEN)
    before = len(bench.told.of("in_service"))
    bench.far.cut_signalling(cut=False)
    bench.until("in_service", before + 30, 30_000)
    assert bench.line(1).free


def test_conversations_end_with_the_d_channel_where_none_is_to_survive(make: Make) -> None:
    """With 0 s the call is over in the moment in which the D channel is found to be down."""
    bench = make(calls_survive_s=0)
    bench.line(1).dial(CHEN)
    bench.until("dialled")
    bench.chen_answers()
    bench.until("answered")
    bench.far.cut_signalling(cut=True)
    bench.until("out_of_service", 29, 60_000)
    assert bench.until("released", timeout_ms=200) == ("t-1", Release(Cause.NETWORK_OUT_OF_ORDER, "d_channel_down"))


def test_a_call_that_was_lost_with_the_d_channel_blocks_no_channel(make: Make) -> None:
    """The exchange still holds the call that we ended while nothing passed: its channel is restarted, and both ends have it free again."""
    bench = make(calls_survive_s=0, restarts="doubt")
    bench.line(1).dial(CHEN)
    bench.until("dialled")
    bench.chen_answers()
    bench.until("answered")
    bench.far.cut_signalling(cut=True)
    bench.until("released", timeout_ms=60_000)
    bench.world.run_for(6000)
    assert bench.far.exchange.calls
    bench.far.cut_signalling(cut=False)
    bench.world.run_for(10_000)
    assert not bench.far.exchange.calls
    assert bench.board.pri_spans[0].restarts.sent == 1
    assert bench.line(1).free


def test_a_start_is_told_line_by_line_and_without_false_alarm(make: Make) -> None:
    """Thirty lines come into service, and none was said to be out of it meanwhile."""
    bench = make()
    assert len(bench.told.of("in_service")) == 30
    assert not bench.told.of("out_of_service")


def test_the_exchange_restarts_a_channel(make: Make) -> None:
    """The call on it is over, and the channel free."""
    bench = make()
    bench.line(5).dial(CHEN)
    bench.until("dialled")
    bench.chen_answers()
    bench.until("answered")
    bench.far.exchange.channel.restart(5)
    assert bench.until("released")[1].reason == "restarted"
    bench.world.run_for(2000)
    assert bench.line(5).free


def test_noise_on_the_d_channel_is_counted_and_harms_nothing(make: Make) -> None:
    """Garbage in timeslot 16 for a second: frames are refused by the driver, and the link stands afterwards."""
    bench = make()
    span = bench.far._span
    whole = span.timeslots[16]
    chance = bench.world.random
    span.timeslots[16] = lambda heard: bytes(a ^ (chance.random() < 0.05) for a in whole(heard)) if len(heard) == BLOCK else heard
    bench.line(1).dial(CHEN)
    bench.world.run_for(1000)
    span.timeslots[16] = whole
    bench.world.run_for(8000)
    (pri,) = bench.board.pri_spans
    assert pri.counters.frames_garbled > 0
    assert pri.d_channel.is_up
    assert bench.line(2).free
