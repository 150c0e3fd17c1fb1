"""What a PBX behind us hears without an answer: our dial tone while its user dials, and why a call fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from boards.e1 import pri_events as e
from boards.e1.announced_disconnect import announced
from boards.e1.capture import CapturedFrame, written
from boards.e1.pri_values import PartyNumber, ProgressIndicator, Role
from boards.e1.q931 import Message, MessageType, parse_message
from engine.kernel.errors import BadInput
from engine.telephony.causes import Cause
from hwsim.pri_exchange import CallingPlan, CallPhase, ExchangeCall
from hwsim.signals import level_dbm0, linear_from_alaw
from tests.pri_bench import PriPair, a_call
from tests.unit.boards.e1.e1_bench import E1Bench
from tests.unit.boards.e1.test_capture import tshark

Make = Callable[..., E1Bench]
NUMBER = "6100"
TONE_LEAST_DBM0 = -20.0
SILENCE_MOST_DBM0 = -50.0
UTC_NS = 1_800_000_000_000_000_000


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[E1Bench] = []

    def bench(**settings: Any) -> E1Bench:
        made.append(E1Bench(**{"signalling": "isdn-network", "number": NUMBER, **settings}))
        return made[-1]

    yield bench
    for one in made:
        one.close()


def refused(for_s: float, cause: int = 17) -> tuple[PriPair, e.CallRef]:
    """A call from the user side that the network side has just refused with something to hear."""
    pair = PriPair().up()
    ref = pair.user.channel.set_up(a_call(3))
    pair.settle()
    pair.network.channel.proceed(pair.network.call())
    pair.settle()
    pair.network.channel.hang_up_announced(pair.network.call(), cause, for_s)
    pair.settle()
    return pair, ref


def messages(pair: PriPair, side: Role) -> list[Message]:
    found = [parse_message(carried.octets[4:]) for carried in pair.carried if carried.side is side and not carried.octets[2] & 1]
    return [message for message in found if isinstance(message, Message)]


# ---- the message -----------------------------------------------------------------------------------------------------


def test_the_far_end_is_told_that_there_is_something_to_hear() -> None:
    """A PBX with the same library takes the tone for progress of a call that fails for cause 17, and keeps its user on the line."""
    pair, call = refused(10.0)
    heard = pair.user.last(e.Progress)
    assert isinstance(heard, e.Progress)
    assert (heard.call, heard.cause, heard.progress) == (call, 17, frozenset({ProgressIndicator.IN_BAND}))
    pair.close()


@pytest.mark.parametrize("for_s", [2.0, 20.0])
def test_the_network_releases_when_it_was_heard_long_enough(for_s: float) -> None:
    """The channel is not held for longer than the settings say, whatever the timers of the interface are."""
    pair, call = refused(for_s)
    pair.wait(for_s - 0.5)
    assert pair.user.last(e.Released) is None
    pair.wait(1.0)
    over = pair.user.last(e.Released)
    assert isinstance(over, e.Released)
    assert over.call == call
    pair.close()


def test_the_next_call_is_cleared_as_usual() -> None:
    """A tone for one call changes neither the words nor the timers of another."""
    pair, _ = refused(2.0)
    pair.wait(3.0)
    assert pair.network.channel.timer_ms("T305") == 30_000
    pair.user.channel.set_up(a_call(4))
    pair.settle()
    pair.network.channel.proceed(pair.network.call())
    pair.network.channel.hang_up(pair.network.call(), 17)
    pair.settle()
    said = [message for message in messages(pair, Role.NETWORK) if message.type is MessageType.DISCONNECT]
    assert [message.element(0x1E) is not None for message in said] == [True, False]
    pair.close()


def test_wireshark_reads_the_indicator_that_was_put_in(tmp_path: Path) -> None:
    """The message is whole: cause 1 and progress indicator 8, without a complaint."""
    pair, _ = refused(2.0, cause=1)
    frames = [CapturedFrame(UTC_NS + carried.at_us * 1000, carried.side, carried.octets) for carried in pair.carried]
    pair.close()
    file = tmp_path / "refused.pcap"
    file.write_bytes(written(frames, Role.NETWORK))
    shown = tshark(file, "q931.message_type", "q931.cause_value", "q931.progress_indicator.description", "_ws.expert")
    cleared = [row for row in shown if row[0] and int(row[0], 16) == MessageType.DISCONNECT]
    assert [row[1:] for row in cleared] == [["1", "0x08", ""]]


def test_only_the_disconnect_of_that_call_is_changed() -> None:
    """No other message, no other call and no call of our own gets an element that it must not have."""
    header = bytes.fromhex("02010000")
    cause = bytes.fromhex("08028091")
    user_user = bytes.fromhex("7e0204aa")
    theirs = header + bytes.fromhex("0802800545") + cause + user_user
    changed = header + bytes.fromhex("0802800545") + cause + bytes.fromhex("1e028188") + user_user
    assert announced(theirs, [5]) == changed
    assert announced(changed, [5]) == changed
    ours = header + bytes.fromhex("0802000545") + cause
    release = header + bytes.fromhex("080280054d") + cause
    for frame, references in ((theirs, [6]), (ours, [5]), (release, [5]), (header, [5]), (bytes.fromhex("020101ff"), [5])):
        assert announced(frame, references) == frame


def test_a_time_that_no_exchange_waits_is_refused() -> None:
    """Between a second and a minute."""
    pair, _ = refused(2.0)
    for wrong_s in (0.5, 61.0):
        with pytest.raises(BadInput, match="T306"):
            pair.network.channel.hang_up_announced(pair.network.call(), 17, wrong_s)
    pair.close()


# ---- on the line -----------------------------------------------------------------------------------------------------


def level(bench: E1Bench, place: int, for_blocks: int = 25) -> float:
    """How loud the PBX hears this timeslot, over half a second."""
    taken: list[bytes] = []
    far = bench.far_span
    receive = far.receive_blocks

    def listening(blocks: Sequence[bytes]) -> None:
        taken.append(blocks[place - 1])
        receive(blocks)

    far.receive_blocks = listening  # type: ignore[method-assign]  # an ear on the cable
    bench.world.run_for(for_blocks * 20)
    far.receive_blocks = receive  # type: ignore[method-assign]  # off again
    return level_dbm0(linear_from_alaw(b"".join(taken)))


def over(call: ExchangeCall) -> bool:
    """The PBX has let the call go."""
    return call.phase is CallPhase.OVER


def test_a_user_of_the_pbx_hears_why_the_call_fails(make: Make) -> None:
    """A tone for fifteen seconds after our DISCONNECT, then the channel is free at both ends."""
    bench = make()
    call = bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER)))
    assert call is not None
    bench.until("offered")
    bench.line(call.channel).release(Cause.UNALLOCATED_NUMBER)
    bench.world.run_for(200)
    assert not over(call)
    assert level(bench, call.channel, 100) > TONE_LEAST_DBM0
    assert not bench.line(call.channel).free
    bench.world.run_for(13_500)
    assert over(call)
    assert call.cause == Cause.UNALLOCATED_NUMBER
    assert bench.line(call.channel).free
    assert level(bench, call.channel) < SILENCE_MOST_DBM0


def test_a_user_who_has_heard_enough_hangs_up(make: Make) -> None:
    """The channel is free at once, and silent."""
    bench = make()
    call = bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER)))
    assert call is not None
    bench.until("offered")
    bench.line(call.channel).release(Cause.USER_BUSY)
    bench.world.run_for(1000)
    bench.far.exchange.hang_up(call)
    bench.world.run_for(500)
    assert bench.line(call.channel).free
    assert level(bench, call.channel) < SILENCE_MOST_DBM0


@pytest.mark.parametrize("settings", [{"refusal_tone_s": 0.0}, {"signalling": "isdn-user"}])
def test_no_tone_where_none_is_wanted(make: Make, settings: dict[str, Any]) -> None:
    """A PBX that sounds its own tones is released at once, and so is the exchange."""
    bench = make(**settings)
    call = bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER)))
    assert call is not None
    bench.until("offered")
    bench.line(call.channel).release(Cause.USER_BUSY)
    bench.world.run_for(500)
    assert over(call)
    assert bench.line(call.channel).free


def test_a_card_that_is_pulled_out_during_the_tone_harms_nothing(make: Make) -> None:
    """The channel comes back with its card, free and silent."""
    bench = make()
    call = bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER)))
    assert call is not None
    bench.until("offered")
    line = bench.line(call.channel)
    line.release(Cause.USER_BUSY)
    bench.world.run_for(500)
    line.lend()
    bench.world.run_for(200)
    line.give_back()
    bench.world.run_for(20_000)
    assert line.free
    assert level(bench, call.channel) < SILENCE_MOST_DBM0


def test_a_pbx_that_dials_digit_by_digit_hears_our_dial_tone(make: Make) -> None:
    """From the lifting to the first digit, and the call is offered with its whole number."""
    bench = make(digits=4)
    plan = CallingPlan(PartyNumber(NUMBER), overlap=True, digits_at_once=0, dials_after_ms=2000)
    call = bench.far.exchange.call(plan)
    assert call is not None
    bench.world.run_for(400)
    assert call.heard_in_band
    assert level(bench, call.channel, 50) > TONE_LEAST_DBM0
    assert bench.until("offered")[2] == NUMBER
    assert level(bench, call.channel) < SILENCE_MOST_DBM0


@pytest.mark.parametrize(("settings", "at_once"), [({}, 1), ({"signalling": "isdn-user"}, 0)])
def test_dial_tone_is_for_users_who_have_dialled_nothing(make: Make, settings: dict[str, Any], at_once: int) -> None:
    """A number that has begun, and a public exchange, are asked for digits without a sound."""
    bench = make(digits=4, **settings)
    call = bench.far.exchange.call(replace(CallingPlan(PartyNumber(NUMBER), overlap=True), digits_at_once=at_once, dials_after_ms=2000))
    assert call is not None
    bench.world.run_for(400)
    assert not call.heard_in_band
    assert level(bench, call.channel) < SILENCE_MOST_DBM0
    assert bench.until("offered")[2] == NUMBER


def test_dial_tone_ends_with_a_user_who_puts_the_handset_down(make: Make) -> None:
    """Nothing is offered, and the channel is free and silent."""
    bench = make(digits=4)
    call = bench.far.exchange.call(CallingPlan(PartyNumber(NUMBER), overlap=True, digits_at_once=0, dials_after_ms=20_000))
    assert call is not None
    bench.world.run_for(400)
    bench.far.exchange.hang_up(call)
    bench.world.run_for(400)
    assert level(bench, call.channel) < SILENCE_MOST_DBM0
    assert bench.line(call.channel).free
    assert not bench.told.of("offered")
