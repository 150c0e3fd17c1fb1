"""The exchange at the far end of an ISDN interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest

from boards.e1 import pri_events as e
from boards.e1.pri import DChannel
from boards.e1.pri_values import CallingNumber, PartyNumber, PriSettings, ProgressIndicator, Role, SetupRequest
from hwsim.lapd_peer import LapdPeer
from hwsim.pri_exchange import CalledPlan, CallingPlan, CallPhase, PriExchange, every_timeslot
from hwsim.pri_rudeness import RudeLine, Rudeness

PLANS = {
    "1": CalledPlan(early_audio=True, answer_after_ms=1000, hang_up_after_ms=5000),
    "2": CalledPlan(cause=17),
    "3": CalledPlan(answer_after_ms=None),
    "0212": CalledPlan(),
}


def plan_of(digits: str) -> CalledPlan:
    return CalledPlan(digits=4) if digits.startswith("0") else PLANS[digits]


class Trunk:
    """Our side of the interface, which answers what it is told to."""

    def __init__(self) -> None:
        self.now_us = 1_000_000
        self.us = DChannel(PriSettings(overlap_receiving=True), lambda: self.now_us, 1)
        self.exchange = PriExchange(lambda: self.now_us, 2, plan_of)
        self.happened: list[e.Event] = []
        self.answer: Callable[[e.Event], None] = lambda _event: None
        self.run(0)

    def run(self, milliseconds: int) -> None:
        for _ in range(milliseconds // 10 + 1):
            self._settle()
            self.now_us += 10_000 if milliseconds else 0

    def _settle(self) -> None:
        moved = True
        while moved:
            sent, came = list(self.us.frames_to_send()), list(self.exchange.frames_to_send())
            for frame in sent:
                self.exchange.receive(frame)
            for frame in came:
                self.us.receive(frame)
            self.exchange.run()
            moved = bool(sent or came)
            while event := self.us.advance():
                self.happened.append(event)
                self.answer(event)
                moved = True

    def call(self, digits: str, channel: int = 1, *, complete: bool = True, exclusive: bool = False) -> e.CallRef:
        return self.us.set_up(SetupRequest(channel, PartyNumber(digits), complete=complete, exclusive=exclusive))

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.happened]


@pytest.fixture
def trunk() -> Iterator[Trunk]:
    made = Trunk()
    made.happened.clear()
    yield made
    made.us.close()
    made.exchange.close()


def test_a_subscriber_is_rung_answers_and_hangs_up(trunk: Trunk) -> None:
    """A call from the appliance hears early audio, ringing and the answer, and ends when the subscriber hangs up."""
    trunk.answer = lambda event: trunk.us.hang_up(event.call, 16) if isinstance(event, e.Disconnecting) else None
    trunk.call("1")
    trunk.run(7000)
    assert trunk.kinds() == ["Proceeding", "Progress", "Alerting", "Answered", "Disconnecting", "Released"]
    alerting = trunk.happened[2]
    assert isinstance(alerting, e.Alerting)
    assert ProgressIndicator.IN_BAND in alerting.progress
    (call,) = trunk.exchange.finished
    assert (call.phase, call.answered, call.cause) == (CallPhase.OVER, True, 16)
    assert not trunk.exchange.calls


def test_a_busy_subscriber_refuses_with_cause_17(trunk: Trunk) -> None:
    """A busy number is told as busy."""
    call = trunk.call("2")
    trunk.run(1000)
    assert trunk.happened[-1] == e.Disconnecting(call, 1, 17)


def test_the_exchange_asks_for_the_rest_of_a_number(trunk: Trunk) -> None:
    """A number that is dialled digit by digit gets through when it is whole; a whole one that is too short is refused with cause 28."""
    call = trunk.call("0", complete=False)
    trunk.run(100)
    assert trunk.kinds() == ["SetupAcknowledged"]
    trunk.us.more_digits(call, "212")
    trunk.run(1000)
    assert trunk.kinds() == ["SetupAcknowledged", "Proceeding", "Alerting"]
    refused = trunk.call("02", channel=5)
    trunk.run(100)
    assert e.Disconnecting(refused, 5, 28) in trunk.happened


def test_a_caller_reaches_the_appliance_and_talks_as_long_as_planned(trunk: Trunk) -> None:
    """Somebody outside calls, is answered, and hangs up after his time."""
    trunk.answer = lambda event: trunk.us.answer(event.call) if isinstance(event, e.Offered) else None
    placed = trunk.exchange.call(CallingPlan(PartyNumber("87654321"), CallingNumber("13800138000"), talks_ms=2000))
    assert placed is not None
    trunk.run(1500)
    assert placed.phase is CallPhase.TALKING
    trunk.run(1000)
    assert trunk.kinds()[-1] == "Disconnecting"
    offered = trunk.happened[0]
    assert isinstance(offered, e.Offered)
    assert offered.calling is not None
    assert (offered.called.digits, offered.calling.digits) == ("87654321", "13800138000")


def test_a_caller_who_dials_digit_by_digit_is_heard_out(trunk: Trunk) -> None:
    """The digits of an overlap call arrive one by one in the time that a person needs."""
    trunk.answer = lambda event: trunk.us.acknowledge_setup(event.call) if isinstance(event, e.Offered) else None
    trunk.exchange.call(CallingPlan(PartyNumber("8765"), overlap=True, digit_every_ms=200))
    trunk.run(1000)
    assert [event.digits for event in trunk.happened if isinstance(event, e.MoreDigits)] == ["7", "6", "5"]


def test_a_caller_who_is_not_answered_gives_up(trunk: Trunk) -> None:
    """A caller's patience ends the call."""
    trunk.answer = lambda event: trunk.us.alert(event.call) if isinstance(event, e.Offered) else None
    trunk.exchange.call(CallingPlan(PartyNumber("87654321"), gives_up_after_ms=500))
    trunk.run(1000)
    assert trunk.kinds() == ["Offered", "Disconnecting"]


def test_the_exchange_uses_every_channel_once_and_then_none(trunk: Trunk) -> None:
    """Thirty callers fill the interface, the D channel's timeslot is never given, and the thirty-first gets no channel."""
    trunk.answer = lambda event: trunk.us.answer(event.call) if isinstance(event, e.Offered) else None
    placed = [trunk.exchange.call(CallingPlan(PartyNumber("1"))) for _ in range(31)]
    trunk.run(100)
    assert [call.channel for call in placed if call] == list(every_timeslot())
    assert placed[30] is None
    assert all(call.phase is CallPhase.TALKING for call in trunk.exchange.calls.values())


def test_a_call_on_a_taken_channel_is_moved_or_refused(trunk: Trunk) -> None:
    """Glare costs a call its channel, or with an exclusive channel cause 44."""
    trunk.call("3", channel=1)
    trunk.run(500)
    moved = trunk.call("3", channel=1)
    trunk.run(500)
    assert e.Proceeding(moved, 2) in trunk.happened
    refused = trunk.call("3", channel=1, exclusive=True)
    trunk.run(500)
    assert e.Released(refused, 1, 44, e.EndedBy.FAR_END) in trunk.happened


def test_a_restart_ends_the_call_on_its_channel(trunk: Trunk) -> None:
    """A channel that was restarted is free at the exchange too."""
    trunk.call("3", channel=7)
    trunk.run(500)
    trunk.us.restart(7)
    trunk.run(100)
    assert e.RestartAcknowledged(7) in trunk.happened
    assert [event.cause for event in trunk.happened if isinstance(event, e.Disconnecting)] == [41]


def test_a_rude_line_does_what_it_counts_and_equal_seeds_the_same() -> None:
    """A run with a rude exchange can be repeated, and what was done to the frames is known."""
    rudeness = Rudeness(lost=0.1, repeated=0.1, late=0.1, garbled=0.2, stray=0.1)
    frames = [bytes([2, 1, number % 64 * 2, 0]) + bytes(range(20)) for number in range(2000)]
    lines = [RudeLine(rudeness, Random(9)) for _ in range(2)]
    carried = [[arriving for frame in frames for arriving in line.carry(frame)] for line in lines]
    assert carried[0] == carried[1]
    did = lines[0].did
    assert all(100 < count < 500 for count in did.values()), did
    assert abs(len(carried[0]) - (len(frames) - did["lost"] + did["repeated"])) <= rudeness.late_frames_most


def test_a_polite_line_carries_every_frame_as_it_is() -> None:
    """Without rudeness nothing is done to a frame."""
    line = RudeLine(Rudeness(), Random(1))
    assert line.carry(b"\x02\x01\x00\x00abc") == [b"\x02\x01\x00\x00abc"]


@pytest.mark.parametrize("asks", ["peer", "us"])
def test_a_peer_without_an_exchange_keeps_the_link(asks: str) -> None:
    """A far end that says only what it is told still keeps the D channel up, whoever asked for it."""
    now = [1_000_000]
    us = DChannel(PriSettings(role=Role.NETWORK), lambda: now[0], 1)
    peer = LapdPeer(Role.USER)
    if asks == "peer":
        list(us.frames_to_send())
        peer.establish()
    happened: list[e.Event] = []
    for _ in range(400):
        for frame in us.frames_to_send():
            peer.receive(frame)
        for frame in peer.frames_to_send():
            us.receive(frame)
        while event := us.advance():
            happened.append(event)
        now[0] += 100_000
    assert happened == [e.DChannelUp()]
    assert peer.up
    peer.send(bytes.fromhex("080200017504"))
    for frame in peer.frames_to_send():
        us.receive(frame)
    us.advance()
    for frame in us.frames_to_send():
        peer.receive(frame)
    assert [message[:5] for message in peer.received] == [bytes.fromhex("080280015a")]
    us.close()
