"""Calls of many parties as values: what people do to them in any order leaves nobody alone, and nobody behind."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.calls import leg as l
from engine.calls import parties as p
from engine.kernel.errors import OurFault, Refused, UnexpectedEvent
from engine.telephony.causes import Cause, Release
from engine.telephony.conference import patches_for
from engine.telephony.lines import RingKind
from engine.telephony.media import Port

BUSY = Release(Cause.USER_BUSY, "busy")
SHUTDOWN = Release(Cause.TEMPORARY_FAILURE, "shutdown")
PORTS = {name: Port(number) for number, name in enumerate(("line-1", "line-2", "phone-1", "phone-2", "phone-3"))}
MUSIC = Port(100)
UP = l.Up()


def leg_on(device: str, state: object = UP) -> p.Leg:
    return p.Leg(device, state, is_line=device.startswith("line"))


def call_of(*legs: p.Leg, moved: bool = False) -> p.CallParties:
    return p.CallParties(legs, first=legs[0].device, outside=any(leg.is_line for leg in legs), answered=True, moved=moved)


def talk(*devices: str) -> p.CallParties:
    return call_of(*(leg_on(device) for device in devices))


def hear(call: p.CallParties) -> set[tuple[Port, Port]]:
    return set(patches_for(p.scene_of(call, PORTS.__getitem__, MUSIC)))


def rung_back(call: p.CallParties) -> tuple[str, ...]:
    return p.ringback_for(call)


def released(outcome: p.Outcome) -> set[str]:
    return {done.device for done in outcome.effects if isinstance(done.effect, l.DoRelease)}


def gone(call: p.CallParties, device: str, release: Release = BUSY) -> p.Outcome:
    """It hangs up."""
    leg = call.leg(device)
    assert leg is not None
    return p.settled(p.put_down(call, device), release, p.who_left(call, leg))


def aside(call: p.CallParties, device: str) -> p.CallParties:
    """It presses R."""
    return p.at(call, device, l.Aside()).call


def test_who_is_left_alone_is_let_go() -> None:
    """One of two hangs up: the other is released, and the call is over with his reason."""
    outcome = gone(talk("line-1", "phone-1"), "line-1")
    assert (outcome.call.over, outcome.call.legs) == (True, ())
    assert (outcome.call.by, outcome.call.release) == ("caller", BUSY)
    assert released(outcome) == {"phone-1"}


def test_a_conference_goes_on_with_two() -> None:
    """One of three hangs up: the others hear each other still."""
    outcome = gone(talk("line-1", "phone-1", "phone-2"), "phone-1")
    assert not outcome.call.over
    assert hear(outcome.call) == {(Port(0), Port(3)), (Port(3), Port(0))}


def test_a_conference_of_which_one_has_stepped_aside_goes_on() -> None:
    """The others talk on, without music; he comes back among them."""
    call = aside(talk("line-1", "phone-1", "phone-2"), "phone-1")
    assert hear(call) == {(Port(0), Port(3)), (Port(3), Port(0))}
    assert len(hear(p.at(call, "phone-1", l.Back()).call)) == 6


def test_who_waits_hears_music_and_is_heard_by_nobody() -> None:
    """The R key: the other party hears music until the phone comes back."""
    held = aside(talk("line-1", "phone-1"), "phone-1")
    assert hear(held) == {(MUSIC, Port(0))}
    back = p.at(held, "phone-1", l.Back()).call
    assert hear(back) == {(Port(0), Port(2)), (Port(2), Port(0))}


def test_who_hangs_up_on_somebody_that_waits_is_rung() -> None:
    """The handset goes down while a caller is on hold: it rings for him, who hears the music on; when the caller gives up the bell stops."""
    recalled = gone(aside(talk("line-1", "phone-1"), "phone-1"), "phone-1")
    assert recalled.effects == (p.AtDevice("phone-1", l.RingBell(RingKind.RECALL)),)
    assert hear(recalled.call) == {(MUSIC, Port(0))}
    over = gone(recalled.call, "line-1")
    assert over.call.over
    assert over.effects == (p.AtDevice("phone-1", l.StopBell()),)


def test_who_calls_a_phone_hears_that_it_rings() -> None:
    """Ringback until it is lifted; a caller who was sent on to it hears music instead, as who waits for anything does."""
    rings = call_of(leg_on("phone-1"), leg_on("phone-2", l.Alerting()))
    assert (rung_back(rings), hear(rings)) == (("phone-1",), set())
    sent = call_of(leg_on("line-1"), leg_on("phone-2", l.Alerting()), moved=True)
    assert (rung_back(sent), hear(sent)) == ((), {(MUSIC, Port(0))})


def test_a_transfer_after_consultation() -> None:
    """The agent hangs up between the caller on hold and the colleague asked: those two talk, and no one is released."""
    held = aside(talk("line-1", "phone-1"), "phone-1")
    outcome = p.settled(p.merged(held, talk("phone-1", "phone-2"), "phone-1", stays=False))
    assert outcome.effects == ()
    assert hear(outcome.call) == {(Port(0), Port(3)), (Port(3), Port(0))}


def test_a_transfer_to_a_phone_that_rings() -> None:
    """The agent does not wait for the colleague: the caller hears music while that phone rings, and when it is in vain the agent is rung."""
    held = aside(talk("line-1", "phone-1"), "phone-1")
    asking = call_of(leg_on("phone-1"), leg_on("phone-2", l.Alerting()))
    outcome = p.settled(p.merged(held, asking, "phone-1", stays=False))
    assert (outcome.call.over, hear(outcome.call)) == (False, {(MUSIC, Port(0))})
    back = p.settled(p.at(outcome.call, "phone-2", l.Drop()))
    assert back.effects == (p.AtDevice("phone-2", l.StopBell()), p.AtDevice("phone-1", l.RingBell(RingKind.RECALL)))
    assert hear(back.call) == {(MUSIC, Port(0))}
    in_vain = p.settled(p.at(back.call, "phone-1", l.Drop()))
    assert released(in_vain) == {"line-1"}


def test_three_talk_when_the_phone_stays() -> None:
    """A conference of the caller, the agent and the colleague."""
    held = aside(talk("line-1", "phone-1"), "phone-1")
    call = p.settled(p.merged(held, talk("phone-1", "phone-2"), "phone-1", stays=True)).call
    assert {leg.device for leg in call.up} == {"line-1", "phone-1", "phone-2"}
    assert len(hear(call)) == 6


def test_somebody_cannot_be_in_one_call_twice() -> None:
    """Two phones that have two calls with each other cannot make one of them."""
    both = aside(talk("phone-1", "phone-2"), "phone-1")
    with pytest.raises(Refused):
        p.merged(both, talk("phone-1", "phone-2"), "phone-1", stays=True)
    with pytest.raises(OurFault):
        p.merged(both, talk("phone-1", "line-1"), "phone-2", stays=True)


def test_a_parked_caller_is_not_alone() -> None:
    """Who is parked waits with music as long as the parking place keeps him, and is released when it gives him up."""
    parked = gone(p.kept(talk("line-1", "phone-1"), p.Keeper.PARK, "line-1"), "phone-1").call
    assert (parked.over, hear(parked)) == (False, {(MUSIC, Port(0))})
    assert released(p.settled(p.Outcome(p.kept(parked, None)))) == {"line-1"}


def test_a_line_that_rings_unanswered_rings_on() -> None:
    """A line without a flow: nothing is done for the caller, and nothing against him, until he gives up."""
    ringing = p.kept(call_of(leg_on("line-1", l.Offered())), p.Keeper.OWNER, "line-1")
    assert not p.settled(p.Outcome(ringing)).call.over
    assert gone(ringing, "line-1").call.over


def test_a_caller_hears_his_announcement_first() -> None:
    """The agent hears the caller at once; the caller hears the agent when the announcement is over."""
    greeting = p.changed(talk("line-1", "phone-1"), "line-1", deaf=True)
    assert hear(greeting) == {(Port(0), Port(2))}
    assert hear(p.changed(greeting, "line-1", deaf=False)) == {(Port(0), Port(2)), (Port(2), Port(0))}


def test_thirty_two_are_enough() -> None:
    """The thirty-third is refused, and nobody in the conference notices."""
    full = talk(*(f"phone-{number}" for number in range(32)))
    with pytest.raises(Refused):
        p.added(full, leg_on("line-1"))
    with pytest.raises(Refused):
        p.merged(aside(full, "phone-1"), talk("phone-1", "line-1"), "phone-1", stays=True)
    with pytest.raises(OurFault):
        p.added(talk("phone-1", "phone-2"), leg_on("phone-1"))


EVENTS: tuple[object, ...] = (l.Accept(), l.Dialled(), l.FarAnswered(), l.Lift(), l.Aside(), l.Back(), l.Drop())
DEVICES = st.sampled_from(sorted(PORTS))
NUMBERS = st.integers(0, 1)


class Office(RuleBasedStateMachine):
    """Two calls, and people who do anything at any time. ``bells`` ring, as the phones know it by what they were told."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[p.CallParties] = [
            p.kept(call_of(leg_on("line-1", l.Offered())), p.Keeper.OWNER, "line-1"),
            talk("phone-2", "line-2"),
        ]
        self.ends = [0, 0]
        self.bells: list[set[str]] = [set(), set()]

    def take(self, number: int, outcome: p.Outcome) -> None:
        if outcome.call.over and not self.calls[number].over:
            self.ends[number] += 1
        self.calls[number] = outcome.call
        for done in outcome.effects:
            if isinstance(done.effect, l.RingBell):
                self.bells[number].add(done.device)
            elif isinstance(done.effect, l.StopBell):
                self.bells[number].remove(done.device)

    @rule(number=NUMBERS, device=DEVICES, event=st.sampled_from(EVENTS))
    def happen(self, number: int, device: str, event: object) -> None:
        try:
            outcome = p.settled(p.at(self.calls[number], device, event))
        except UnexpectedEvent:
            return
        if isinstance(event, l.Lift):
            self.bells[number].discard(device)
        self.take(number, outcome)

    @rule(number=NUMBERS, device=DEVICES)
    def hang_up(self, number: int, device: str) -> None:
        self.take(number, p.settled(p.put_down(self.calls[number], device), BUSY, "caller"))

    @rule(number=NUMBERS, device=DEVICES, state=st.sampled_from((UP, l.Seizing(), l.Alerting())))
    def come(self, number: int, device: str, state: object) -> None:
        if self.calls[number].over or self.calls[number].leg(device):
            return
        effects = (l.RingBell(RingKind.INTERNAL),) if isinstance(state, l.Alerting) else ()
        self.take(number, p.added(self.calls[number], leg_on(device, state), *effects))

    @rule(number=NUMBERS, keeper=st.sampled_from((*p.Keeper, None)), device=DEVICES)
    def keep(self, number: int, keeper: p.Keeper | None, device: str) -> None:
        call = self.calls[number]
        if (keeper is None and call.offered is None) or (keeper is not None and call.leg(device) is not None):
            self.take(number, p.settled(p.Outcome(p.kept(call, keeper, device))))

    @precondition(lambda self: not any(call.over for call in self.calls))
    @rule(device=DEVICES, stays=st.booleans())
    def merge(self, device: str, stays: bool) -> None:
        before = {leg.device for call in self.calls for leg in call.legs}
        mine, theirs = (call.leg(device) for call in self.calls)
        if mine is None or theirs is None or not (mine.present and theirs.present):
            return
        try:
            outcome = p.merged(self.calls[0], self.calls[1], device, stays=stays)
        except Refused:
            return
        assert {leg.device for leg in outcome.call.legs} == before - (set() if stays else {device}), "nobody is lost"
        self.bells = [self.bells[0] | self.bells[1], set()]
        self.take(0, p.settled(outcome))
        self.take(1, p.Outcome(p.CallParties((), over=True, release=BUSY)))

    @rule(number=NUMBERS)
    def end(self, number: int) -> None:
        self.take(number, p.ended(self.calls[number], SHUTDOWN, "system"))

    @invariant()
    def nobody_is_alone(self) -> None:
        for call in self.calls:
            present = [leg for leg in call.legs if leg.present]
            assert bool(present) != call.over
            assert not present or len(call.legs) > 1 or call.keeper is not None

    @invariant()
    def over_means_empty_and_once(self) -> None:
        for number, call in enumerate(self.calls):
            assert self.ends[number] == int(call.over)
            assert not call.over or (call.legs == () and call.release is not None and call.keeper is None)

    @invariant()
    def bells_ring_for_who_is_rung(self) -> None:
        for number, call in enumerate(self.calls):
            assert self.bells[number] == {leg.device for leg in call.legs if isinstance(leg.state, l.Alerting)}

    @invariant()
    def nobody_waits_in_silence(self) -> None:
        for call in self.calls:
            heard = hear(call)
            for leg in call.up:
                if call.keeper is p.Keeper.OWNER or any(isinstance(other.state, l.Seizing) for other in call.legs):
                    continue
                assert any(sink == PORTS[leg.device] for _, sink in heard) or leg.device in rung_back(call)


TestOffice = Office.TestCase
TestOffice.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
