"""Calls on an ISDN trunk as exchanges and callers really behave: early audio, announcements, overlap, moves, restarts, diversions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from boards.e1.pri_values import (
    CallingNumber,
    PartyNumber,
    Presentation,
    PriSettings,
    RedirectingNumber,
    RedirectionReason,
    Role,
    Screening,
    ServiceStatus,
    TypeOfNumber,
)
from engine.telephony.causes import Cause, Release
from engine.telephony.numbers import CallerId, Redirection
from hwsim.pri_exchange import CalledPlan, CallingPlan, CallPhase, PriExchange
from hwsim.pri_manners import PriManners
from tests.unit.boards.e1.e1_bench import CHEN, E1Bench

Make = Callable[..., E1Bench]
NUMBER = "88886666"
NOBODY = "13500135000"
ANNOUNCES = PriManners(announcement=bytes(8000))


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[E1Bench] = []

    def bench(**settings: Any) -> E1Bench:
        made.append(E1Bench(**settings))
        return made[-1]

    yield bench
    for one in made:
        one.close()


def reacts(bench: E1Bench, plan: CalledPlan) -> None:
    """Every subscriber's line reacts so."""
    bench.far.exchange._plan_of = lambda _digits: plan


def believed(bench: E1Bench, channel: int) -> None:
    """The exchange believes that a call is on this channel, where we have none."""
    call = bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER), channel=9))
    assert call is not None
    bench.until("offered")
    bench.world.run_for(200)
    call.channel = channel


# ---- early audio and announcements -----------------------------------------------------------------------------------


def test_the_exchange_is_heard_from_its_first_word_on(make: Make) -> None:
    """Ringback, ring-back songs and announcements are not cut off at their beginning."""
    bench = make()
    reacts(bench, CalledPlan(early_audio=True, ring_after_ms=2000, answer_after_ms=None))
    bench.line(3).dial(CHEN)
    assert bench.until("dialled", timeout_ms=400) == ("t-3",)
    assert bench.until("progressed") == ("t-3", False, True)
    assert bench.until("progressed", 2) == ("t-3", True, True)


@pytest.mark.parametrize(("ringback", "in_band"), [("auto", False), ("exchange", True)])
def test_an_exchange_that_sounds_nothing_says_so(make: Make, ringback: str, in_band: bool) -> None:
    """The user hears ringback in either case: ours, unless the exchange's is known to come unannounced."""
    bench = make(ringback=ringback)
    reacts(bench, CalledPlan(ring_in_band=False, answer_after_ms=None))
    bench.line(3).dial(CHEN)
    assert bench.until("progressed") == ("t-3", True, in_band)


def test_an_announcement_is_heard_until_the_exchange_releases(make: Make) -> None:
    """The call fails for cause 1, and the line stays open until the voice is through."""
    bench = make()
    bench.far.behave(ANNOUNCES)
    bench.line(3).dial(NOBODY)
    unknown = Release(Cause.UNALLOCATED_NUMBER, "unallocated")
    assert bench.until("fails") == ("t-3", unknown)
    bench.world.run_for(20_000)
    assert not bench.told.of("released")
    assert bench.until("released", timeout_ms=15_000) == ("t-3", unknown)
    bench.world.run_for(500)
    assert bench.line(3).free
    assert not bench.far.exchange.calls


def test_who_has_heard_enough_of_an_announcement_hangs_up(make: Make) -> None:
    """The channel is free at once."""
    bench = make()
    bench.far.behave(ANNOUNCES)
    bench.line(3).dial(NOBODY)
    bench.until("fails")
    bench.line(3).release()
    bench.world.run_for(500)
    assert bench.line(3).free
    assert not bench.far.exchange.calls


def test_a_conversation_ends_whatever_the_exchange_sounds_then(make: Make) -> None:
    """An exchange that clears with busy tone in band does not keep agent and recorder waiting for its release."""
    bench = make()
    bench.line(3).dial(CHEN)
    bench.chen_answers()
    bench.until("answered")
    (call,) = bench.far.exchange.calls.values()
    bench.far.behave(ANNOUNCES)
    bench.far.exchange.hang_up(call, 27)
    assert bench.until("released", timeout_ms=500) == ("t-3", Release(Cause.DESTINATION_OUT_OF_ORDER, "out_of_order"))


# ---- calls that are led on -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, RedirectingNumber("02188886601", reason=RedirectionReason.NO_REPLY)),
        (
            {"caller_type": "by-prefix"},
            RedirectingNumber("2188886601", TypeOfNumber.NATIONAL, reason=RedirectionReason.NO_REPLY),
        ),
        ({"redirection_told": False}, None),
    ],
)
def test_a_call_that_is_led_on_tells_from_where(make: Make, settings: dict[str, Any], told: RedirectingNumber | None) -> None:
    """The called party sees who calls, and that the call came by our number; an exchange that does not like that is not told."""
    bench = make(number=NUMBER, **settings)
    bench.line(7).dial(CHEN, "13800138000", Redirection("02188886601", "no_reply"))
    bench.world.run_for(200)
    (call,) = bench.far.exchange.calls.values()
    assert call.calling == "13800138000"
    assert call.redirecting == told


def test_an_ordinary_call_tells_of_no_redirection(make: Make) -> None:
    """Nor one whose first number is not known."""
    bench = make(number=NUMBER)
    for line, redirection in ((7, None), (8, Redirection("", "busy"))):
        bench.line(line).dial(CHEN, "", redirection)
        bench.world.run_for(200)
    assert [call.redirecting for call in bench.far.exchange.calls.values()] == [None, None]


# ---- causes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "number", "reason"),
    [
        (CalledPlan(cause=21, ring_after_ms=100), NUMBER, "caller_refused"),
        (CalledPlan(cause=21, ring_after_ms=100), "", "rejected"),
        (CalledPlan(cause=28), NUMBER, "number_invalid"),
        (CalledPlan(cause=27), NUMBER, "out_of_order"),
    ],
)
def test_a_refusal_is_told_for_what_it_is(make: Make, plan: CalledPlan, number: str, reason: str) -> None:
    """A caller number that the exchange does not take is suspected when one was sent, and nobody was rung."""
    bench = make(number=number)
    reacts(bench, plan)
    bench.line(3).dial(CHEN)
    assert bench.until("released") == ("t-3", Release(Cause(plan.cause or 0), reason))


def test_a_called_party_who_rejects_a_call_is_no_fault_of_the_caller_number(make: Make) -> None:
    """Once it rang, cause 21 is the called party's own will."""
    bench = make(number=NUMBER)
    bench.line(3).dial(CHEN)
    assert bench.world.run_until(lambda: bench.chen.ringing, 3000)
    (call,) = bench.far.exchange.calls.values()
    bench.far.exchange.hang_up(call, 21)
    assert bench.until("released")[1].reason == "rejected"


def test_a_cause_that_nobody_knows_keeps_its_number(make: Make) -> None:
    """The report says 13, as the exchange did, and treats it as its class says."""
    bench = make()
    reacts(bench, CalledPlan(cause=13))
    bench.line(3).dial(CHEN)
    release = bench.until("released")[1]
    assert (release.value, release.cause) == (13, Cause.NORMAL_UNSPECIFIED)


# ---- incoming --------------------------------------------------------------------------------------------------------


def test_a_call_rings_only_when_somebody_is_rung(make: Make) -> None:
    """The caller hears ringback from the moment at which a telephone rings here, not before."""
    bench = make()
    call = bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER)))
    assert call is not None
    bench.until("offered")
    bench.world.run_for(200)
    assert call.phase is CallPhase.PROCEEDING
    assert not bench.line(1).alert()
    bench.world.run_for(200)
    assert (call.phase, call.heard_in_band) == (CallPhase.RINGING, False)
    bench.line(1).answer()
    bench.world.run_for(200)
    assert call.answered


def test_a_caller_hears_us_before_the_answer(make: Make) -> None:
    """PROGRESS with indicator 8: the exchange opens the way back, and charges nothing yet."""
    bench = make()
    call = bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER)))
    assert call is not None
    bench.until("offered")
    assert bench.line(1).announces
    bench.line(1).announce()
    bench.world.run_for(200)
    assert (call.heard_in_band, call.answered) == (True, False)


def test_a_pbx_behind_us_hears_our_ringing_tone(make: Make) -> None:
    """On the network side the tone is ours to give, and the PBX is told that it sounds."""
    bench = make(signalling="isdn-network")
    call = bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER)))
    assert call is not None
    bench.until("offered")
    assert bench.line(call.channel).alert()
    bench.world.run_for(200)
    assert (call.phase, call.heard_in_band) == (CallPhase.RINGING, True)


@pytest.mark.parametrize(
    ("plan", "caller"),
    [
        (
            CallingPlan(
                PartyNumber(NUMBER),
                CallingNumber("13800138000", screening=Screening.NETWORK),
                RedirectingNumber("88880000", reason=RedirectionReason.BUSY),
            ),
            CallerId("13800138000", screening="network", redirection=Redirection("88880000", "busy")),
        ),
        (CallingPlan(PartyNumber(NUMBER), CallingNumber("13800138000", presentation=Presentation.RESTRICTED)), CallerId(absence="private")),
    ],
)
def test_what_the_exchange_tells_of_a_caller_arrives(make: Make, plan: CallingPlan, caller: CallerId) -> None:
    """Who vouches for the number, and from where the call was diverted; a withheld number stays unknown."""
    bench = make()
    bench.far.exchange.call(plan)
    assert bench.until("offered")[1] == caller


def test_digits_that_stop_coming_are_waited_for_as_long_as_is_set(make: Make) -> None:
    """Five seconds after the last digit instead of fifteen."""
    bench = make(digits=12, digit_wait_s=5)
    bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER), overlap=True))
    assert bench.until("offered", timeout_ms=8000)[2] == NUMBER


# ---- outgoing --------------------------------------------------------------------------------------------------------


def test_an_exchange_that_wants_digits_one_by_one_gets_them_so(make: Make) -> None:
    """The first goes with the SETUP, the others when the exchange asks: it sees the number whole."""
    bench = make(sending="overlap")
    reacts(bench, CalledPlan(digits=len(CHEN), answer_after_ms=None))
    bench.line(3).dial(CHEN)
    bench.until("dialled")
    (call,) = bench.far.exchange.calls.values()
    assert (call.called, call.phase) == (CHEN, CallPhase.PROCEEDING)


def test_the_number_of_who_calls_is_shown_instead_of_the_trunks(make: Make) -> None:
    """The exchange sees the agent's own number."""
    bench = make(number=NUMBER)
    bench.line(3).dial(CHEN, "88886601")
    bench.until("dialled")
    (call,) = bench.far.exchange.calls.values()
    assert call.calling == "88886601"


def test_the_exchanges_choice_of_a_channel_is_followed(make: Make) -> None:
    """Channel 1 is taken there: our call goes on on the one that the exchange names, and is answered there."""
    bench = make(channel_choice="preferred")
    believed(bench, 1)
    bench.line(1).dial(CHEN)
    assert bench.until("moved", timeout_ms=1000)[0] == "t-1"
    call = next(call for call in bench.far.exchange.calls.values() if not call.outgoing)
    name = f"t-{call.channel}"
    assert call.channel != 1
    assert bench.until("dialled") == (name,)
    bench.chen_answers()
    assert bench.until("answered")[0] == name
    bench.line(call.channel).release()
    bench.world.run_for(500)
    assert bench.line(call.channel).free


def test_a_channel_that_the_exchange_refuses_is_restarted(make: Make) -> None:
    """The exchange believes that a call is on channel 5; after a restart both ends agree again."""
    bench = make(restarts="doubt")
    believed(bench, 5)
    bench.line(5).dial(CHEN)
    assert bench.until("released")[1].reason == "channel_refused"
    bench.world.run_for(2500)
    (pri,) = bench.board.pri_spans
    assert (pri.restarts.sent, pri.restarts.unacknowledged) == (1, 0)
    bench.line(5).dial(CHEN)
    assert bench.until("dialled") == ("t-5",)


@pytest.mark.parametrize(("restarts", "at_start", "after_outage"), [("start", 30, 30), ("up", 30, 60), ("doubt", 0, 0), ("never", 0, 0)])
def test_channels_are_brought_to_rest_when_the_settings_say_so(make: Make, restarts: str, at_start: int, after_outage: int) -> None:
    """What the exchange still held from our former life ends; no line is said to be out of service for it."""
    bench = make(restarts=restarts)
    (pri,) = bench.board.pri_spans
    assert (pri.restarts.sent, pri.restarts.unacknowledged) == (at_start, 0)
    assert all(trunk.free for trunk in pri.trunks)
    counted = {one.name.in_english(): one.count for one in bench.board.signalling[0].state().counters}
    assert counted["calls under way"] == 0, "a restart is no call"
    bench.far.cut_signalling(cut=True)
    bench.until("out_of_service", 30, 60_000)
    bench.far.cut_signalling(cut=False)
    bench.until("in_service", 60, 30_000)
    bench.world.run_for(3000)
    assert pri.restarts.sent == after_outage
    assert all(trunk.free for trunk in pri.trunks)


def test_a_channel_taken_out_by_message_is_not_used(make: Make) -> None:
    """In North America exchanges say that a channel is out of service; it comes back when they say so."""
    bench = make(switch_type="ni2")
    far = bench.far
    far.exchange.channel.send_service(5, ServiceStatus.OUT_OF_SERVICE)
    assert bench.until("out_of_service") == ("t-5", "far_blocked")
    assert not bench.line(5).free
    far.exchange.channel.send_service(5, ServiceStatus.IN_SERVICE)
    bench.world.run_for(1000)
    assert bench.line(5).free


# ---- two of the same side --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signalling", "role", "reason"), [("isdn-user", Role.USER, "both_user"), ("isdn-network", Role.NETWORK, "both_network")]
)
def test_two_ends_of_the_same_side_are_told_once_and_until_it_is_changed(make: Make, signalling: str, role: Role, reason: str) -> None:
    """Every line says what is wrong; when the other end was changed they serve, without a restart of ours."""
    bench = make(signalling=signalling)
    far, right = bench.far, bench.far.exchange
    before = len(bench.told.of("in_service"))
    far.exchange = PriExchange(lambda: bench.world.now_ms * 1000, 7, far._plan_of, PriSettings(role=role))
    bench.world.run_for(30_000)
    assert {told[1] for told in bench.told.of("out_of_service")[-30:]} == {reason}
    assert len([error for error in bench.errors if "also claims to be" in error]) == 1
    far.exchange.close()
    far.exchange = right
    bench.until("in_service", before + 30, 60_000)
    assert bench.line(1).free
