"""The call machine, row by row, and under any order of events."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.calls import call as c
from engine.calls import call_effects as e
from engine.calls import leg as l
from engine.calls.parties import AtDevice, CallParties, Keeper, Leg
from engine.calls.register import stage_of
from engine.kernel.errors import UnexpectedEvent
from engine.kernel.fsm import Expired, Machine, Start, Stop
from engine.telephony.causes import Cause, Release
from engine.telephony.lines import RingKind
from web.words import CALL_STATES

BUSY = Release(Cause.NORMAL_CALL_CLEARING, "busy_tone")
SHUT = Release(Cause.TEMPORARY_FAILURE, "shutdown")
HUNG_UP = Release(Cause.NORMAL_CALL_CLEARING, "hung_up")
GAVE_UP = Release(Cause.NORMAL_CALL_CLEARING, "gave_up")
NO_ANSWER = Release(Cause.NO_ANSWER, "no_answer")
FAULT = Release(Cause.DESTINATION_OUT_OF_ORDER, "phone_fault")
UNKNOWN = Release(Cause.UNALLOCATED_NUMBER, "unallocated")
END = c.End(SHUT, "system")
GONE = c.FarReleased("L", BUSY)

UP, ON_HOLD, SEIZING, DIALLED = l.Up(), l.OnHold(), l.Seizing(), l.Proceeding()
INTERNAL, QUEUE, RECALL = (l.Alerting(kind) for kind in (RingKind.INTERNAL, RingKind.QUEUE, RingKind.RECALL))


def state(first: str, *legs: Leg, kept: str = "", delivered: str = "", answered: bool = True, moved: bool = False) -> c.State:
    """A call of these legs; it begins with ``first``."""
    keeper = Keeper.OWNER if kept else Keeper.DELIVERY if delivered else None
    outside = any(leg.is_line for leg in legs)
    return c.state_of(CallParties(legs, keeper, kept or delivered, first, outside=outside, answered=answered, moved=moved))


def line(name: str, its: object = UP, *, deaf: bool = False) -> Leg:
    return Leg(name, its, is_line=True, deaf=deaf)


def phone(name: str, its: object = UP) -> Leg:
    return Leg(name, its)


ARRIVED = c.arrived("L")
WAITING = state("L", line("L"), kept="L")
ALERTING = state("L", line("L"), phone("P", QUEUE), kept="L")
GREETING = state("L", line("L", deaf=True), phone("P"))
TALKING = state("L", line("L"), phone("P"))
HELD = state("L", line("L"), phone("P", ON_HOLD))
RECALLING = state("L", line("L"), phone("P", RECALL))
SEIZED = c.dialling("P", "L")
PROCEEDING = state("P", phone("P"), line("L", DIALLED), answered=False)
RUNG = state("P", phone("P"), line("L", l.Proceeding(ringback=True)), answered=False)
SOUNDING = state("P", phone("P"), line("L", l.Proceeding(in_band=True)), answered=False)
FAILING = state("P", phone("P"), line("L", l.Proceeding(in_band=True, failing=UNKNOWN)), answered=False)
OUT = state("P", phone("P"), line("L"))
PLACED = c.placed("P")
CALLING = state("P", phone("P"), phone("Q", INTERNAL), answered=False)
INSIDE = state("P", phone("P"), phone("Q"))
INSIDE_HELD = state("P", phone("P"), phone("Q", ON_HOLD))
INSIDE_RECALLING = state("P", phone("P"), phone("Q", RECALL))

DELIVERED = state("P", phone("P"), delivered="P", answered=False)
RINGING = state("P", phone("P"), phone("Q", INTERNAL), phone("R", INTERNAL), delivered="P", answered=False)
ORIGINATED = c.originated()
CALLED_BACK = c.Attended(replace(ORIGINATED.parties, legs=(phone("P", l.Alerting(RingKind.CALL_BACK)),)))
PARKED = c.Waiting(CallParties((line("L"),), Keeper.PARK, "L", "L", outside=True, answered=True, back_to="P"))
THREE = state("L", line("L"), phone("P"), phone("Q"))
ENDED = c.Ended(CallParties((), over=True, release=BUSY))
JOINED = c.Joined(CallParties((), over=True, release=BUSY))
LEFT = (e.TellLeft("P"), e.TellLeft("Q"))
HEARD = e.HearAnew()


def at(device: str, effect: object) -> AtDevice:
    return AtDevice(device, effect)


def over(release: Release, by: str) -> tuple[Release, str]:
    return release, by


RELEASE, TONE = l.DoRelease(), l.DoRelease(BUSY.cause, failed=True)
SHUT_DOWN = l.DoRelease(SHUT.cause)
NO_BELL = l.StopBell()

Row = tuple[c.State, object, c.State | tuple[Release, str], tuple[object, ...]]
ROWS: list[Row] = [
    # a caller whom somebody looks after
    (ARRIVED, c.Alert(), ARRIVED, (at("L", l.DoAlert()),)),
    (ARRIVED, c.GiveRingback(), state("L", line("L", l.Offered(ringback=True)), kept="L", answered=False), (HEARD,)),
    (ARRIVED, c.Announce(), ARRIVED, (at("L", l.DoAnnounce()),)),
    (ARRIVED, c.Answer(), WAITING, (HEARD, at("L", l.DoAccept()), e.TellAnswered("local"))),
    (WAITING, c.Answer(), WAITING, ()),
    (WAITING, c.Alert(), WAITING, ()),
    (ARRIVED, GONE, over(BUSY, "caller"), ()),
    (ARRIVED, END, over(SHUT, "system"), (at("L", SHUT_DOWN),)),
    (WAITING, c.Ring("P"), ALERTING, (at("P", l.RingBell(RingKind.QUEUE)),)),
    (ALERTING, c.Ring("Q"), state("L", line("L"), phone("Q", QUEUE), kept="L"), (at("P", NO_BELL), at("Q", l.RingBell(RingKind.QUEUE)))),
    (WAITING, c.StopRing(), WAITING, ()),
    (ALERTING, c.StopRing(), WAITING, (at("P", NO_BELL),)),
    (ALERTING, c.NotRung("P", FAULT), WAITING, (at("P", NO_BELL), e.TellNotRung("P"))),
    (ALERTING, c.NotRung("Q", FAULT), ALERTING, ()),
    (ALERTING, c.Lift("P"), GREETING, (HEARD, e.TellPhoneBusy("P"), e.TellConnected("P"), e.TellLifted("P"))),
    (ALERTING, c.Lift("Q"), ALERTING, (e.TellTooLate("Q", lifted=True),)),
    (WAITING, GONE, over(BUSY, "caller"), (HEARD,)),
    (ALERTING, GONE, over(BUSY, "caller"), (HEARD, at("P", NO_BELL))),
    (ALERTING, c.PhoneDown("P"), WAITING, (at("P", NO_BELL),)),
    (ALERTING, c.PhoneDown("Q"), ALERTING, ()),
    (WAITING, END, over(SHUT, "system"), (HEARD, at("L", SHUT_DOWN))),
    (ALERTING, END, over(SHUT, "system"), (HEARD, at("L", SHUT_DOWN), at("P", NO_BELL))),
    (GREETING, c.Join(), TALKING, (HEARD,)),
    (GREETING, GONE, over(BUSY, "caller"), (HEARD, at("P", RELEASE))),
    (GREETING, c.PhoneDown("P"), over(HUNG_UP, "agent"), (HEARD, at("L", RELEASE))),
    (GREETING, c.PhoneDown("Q"), GREETING, ()),
    (GREETING, END, over(SHUT, "system"), (HEARD, at("L", SHUT_DOWN), at("P", SHUT_DOWN))),
    # a phone calls out
    (SEIZED, c.DialledOut("L"), PROCEEDING, (HEARD,)),
    (SEIZED, c.FarAnswered("L", "polarity"), OUT, (HEARD, e.TellAnswered("polarity"), e.TellConnected("P"))),
    (SEIZED, c.LineMoved("L", "N"), c.dialling("P", "N"), ()),
    (SEIZED, GONE, over(BUSY, "called"), (HEARD, at("P", TONE))),
    (SEIZED, c.PhoneDown("P"), over(GAVE_UP, "agent"), (HEARD, at("L", RELEASE))),
    (SEIZED, c.PhoneDown("Q"), SEIZED, ()),
    (SEIZED, c.LineGaveBack("L", BUSY), over(BUSY, "called"), (HEARD, at("P", TONE))),
    (SEIZED, c.LineGaveBack("L", BUSY, "M"), c.dialling("P", "M"), (e.TellRerouted("L", BUSY, "M"), e.SeizeLine("M"))),
    (PROCEEDING, c.LineGaveBack("L", BUSY, "M"), c.dialling("P", "M"), (HEARD, e.TellRerouted("L", BUSY, "M"), e.SeizeLine("M"))),
    (RUNG, c.LineGaveBack("L", BUSY, "M"), c.dialling("P", "M"), (HEARD, e.TellRerouted("L", BUSY, "M"), e.SeizeLine("M"))),
    (RUNG, c.LineGaveBack("X", BUSY, "M"), RUNG, ()),
    (SEIZED, END, over(SHUT, "system"), (HEARD, at("P", SHUT_DOWN), at("L", SHUT_DOWN))),
    (PROCEEDING, c.FarAnswered("L", "assumed"), OUT, (HEARD, e.TellAnswered("assumed"), e.TellConnected("P"))),
    (PROCEEDING, c.FarProgressed("L", True, False), RUNG, (HEARD, e.TellAlerting())),
    (PROCEEDING, c.FarProgressed("L", True, True), SOUNDING, (e.TellAlerting(),)),
    (PROCEEDING, c.FarProgressed("L", False, True), SOUNDING, ()),
    (SOUNDING, c.FarProgressed("L", True, False), SOUNDING, (e.TellAlerting(),)),
    (RUNG, c.FarProgressed("L", True, False), RUNG, (e.TellAlerting(),)),
    (RUNG, c.FarProgressed("L", False, True), SOUNDING, (HEARD,)),
    (PROCEEDING, c.FarFails("L", UNKNOWN), FAILING, (e.TellFails(UNKNOWN),)),
    (RUNG, c.FarFails("L", UNKNOWN), FAILING, (HEARD, e.TellFails(UNKNOWN))),
    (RUNG, c.FarAnswered("L", "signalled"), OUT, (HEARD, e.TellAnswered("signalled"), e.TellConnected("P"))),
    (FAILING, c.PhoneDown("P"), over(UNKNOWN, "called"), (HEARD, at("L", RELEASE))),
    (PROCEEDING, GONE, over(BUSY, "called"), (HEARD, at("P", TONE))),
    (PROCEEDING, c.PhoneDown("P"), over(GAVE_UP, "agent"), (HEARD, at("L", RELEASE))),
    (PROCEEDING, END, over(SHUT, "system"), (HEARD, at("P", SHUT_DOWN), at("L", SHUT_DOWN))),
    (OUT, GONE, over(BUSY, "called"), (HEARD, at("P", RELEASE))),
    (OUT, c.FarAnswered("L", "signalled"), OUT, ()),
    # a phone calls another
    (PLACED, c.Deliver(("Q",), 25.0), CALLING, (HEARD, at("Q", l.RingBell(RingKind.INTERNAL)), Start(c.RING_TIME, 25.0))),
    (
        CALLING,
        c.Lift("Q"),
        INSIDE,
        (HEARD, Stop(c.RING_TIME), e.TellAnswered("phone"), e.TellPhoneBusy("Q"), e.TellConnected("Q")),
    ),
    (CALLING, c.Lift("R"), CALLING, (e.TellTooLate("R", lifted=True),)),
    (CALLING, c.PhoneDown("P"), over(GAVE_UP, "caller"), (HEARD, at("Q", NO_BELL))),
    (CALLING, c.PhoneDown("R"), CALLING, ()),
    (CALLING, c.NotRung("Q", FAULT), over(FAULT, "system"), (HEARD, at("Q", NO_BELL), at("P", RELEASE))),
    (CALLING, END, over(SHUT, "system"), (HEARD, at("P", SHUT_DOWN), at("Q", NO_BELL))),
    (CALLING, Expired(c.RING_TIME), over(NO_ANSWER, "system"), (HEARD, at("Q", NO_BELL), at("P", RELEASE))),
    # conversations, and calls put aside
    (TALKING, GONE, over(BUSY, "caller"), (HEARD, at("P", RELEASE))),
    (TALKING, c.PhoneDown("P"), over(HUNG_UP, "agent"), (HEARD, at("L", RELEASE))),
    (INSIDE, c.PhoneDown("P"), over(HUNG_UP, "caller"), (HEARD, at("Q", RELEASE))),
    (INSIDE, c.PhoneDown("Q"), over(HUNG_UP, "called"), (HEARD, at("P", RELEASE))),
    (TALKING, c.PhoneDown("Q"), TALKING, ()),
    (TALKING, END, over(SHUT, "system"), (HEARD, at("L", SHUT_DOWN), at("P", SHUT_DOWN))),
    (INSIDE, END, over(SHUT, "system"), (HEARD, at("P", SHUT_DOWN), at("Q", SHUT_DOWN))),
    (
        INSIDE,
        c.SetApart("Q", apart=True),
        state("P", phone("P"), replace(phone("Q"), apart=True)),
        (HEARD,),
    ),
    (TALKING, c.Hold("P"), HELD, (HEARD, e.TellHeld("P"))),
    (TALKING, c.Hold("Q"), TALKING, ()),
    (INSIDE, c.Hold("Q"), INSIDE_HELD, (HEARD, e.TellHeld("Q"))),
    (HELD, c.Retrieve("P"), TALKING, (HEARD, e.TellRetrieved("P"))),
    (INSIDE_HELD, c.Retrieve("Q"), INSIDE, (HEARD, e.TellRetrieved("Q"))),
    (INSIDE_HELD, c.Retrieve("P"), INSIDE_HELD, ()),
    (HELD, GONE, over(BUSY, "caller"), (HEARD, at("P", RELEASE))),
    (HELD, c.PhoneDown("P"), RECALLING, (at("P", l.RingBell(RingKind.RECALL)), Start(c.RECALL_TIME))),
    (HELD, c.PhoneDown("Q"), HELD, ()),
    (INSIDE_HELD, c.PhoneDown("P"), over(HUNG_UP, "caller"), (HEARD, at("Q", RELEASE))),
    (HELD, END, over(SHUT, "system"), (HEARD, at("L", SHUT_DOWN), at("P", SHUT_DOWN))),
    (INSIDE_HELD, END, over(SHUT, "system"), (HEARD, at("P", SHUT_DOWN), at("Q", SHUT_DOWN))),
    (RECALLING, c.Lift("P"), TALKING, (HEARD, Stop(c.RECALL_TIME), e.TellPhoneBusy("P"), e.TellRetrieved("P"))),
    (RECALLING, c.Lift("Q"), RECALLING, (e.TellTooLate("Q", lifted=True),)),
    (RECALLING, c.NotRung("P", FAULT), over(FAULT, "system"), (HEARD, at("P", NO_BELL), at("L", RELEASE))),
    (RECALLING, GONE, over(BUSY, "caller"), (HEARD, at("P", NO_BELL))),
    (RECALLING, c.PhoneDown("P"), RECALLING, ()),
    (INSIDE_RECALLING, c.PhoneDown("P"), over(HUNG_UP, "caller"), (HEARD, at("Q", NO_BELL))),
    (RECALLING, END, over(SHUT, "system"), (HEARD, at("L", SHUT_DOWN), at("P", NO_BELL))),
    # somebody rings and dials for who is there
    (PLACED, c.BeginDelivery(), DELIVERED, (HEARD,)),
    (
        DELIVERED,
        c.Ring("Q", ("R",), RingKind.INTERNAL),
        RINGING,
        (at("Q", l.RingBell(RingKind.INTERNAL)), at("R", l.RingBell(RingKind.INTERNAL))),
    ),
    (
        RINGING,
        c.Lift("R"),
        state("P", phone("P"), phone("R")),
        (HEARD, at("Q", NO_BELL), e.TellAnswered("phone"), e.TellPhoneBusy("R"), e.TellConnected("R"), e.TellReached("R")),
    ),
    (RINGING, c.NotRung("R", FAULT), state("P", phone("P"), phone("Q", INTERNAL), delivered="P", answered=False), (at("R", NO_BELL),)),
    (RINGING, c.StopRing(), DELIVERED, (at("Q", NO_BELL), at("R", NO_BELL))),
    (DELIVERED, c.DialLine("L"), state("P", phone("P"), line("L", SEIZING), delivered="P", answered=False), ()),
    (state("P", phone("P"), line("L", SEIZING), delivered="P", answered=False), GONE, DELIVERED, (e.TellInVain(BUSY),)),
    (
        state("P", phone("P"), line("L", DIALLED), phone("Q", INTERNAL), delivered="P", answered=False),
        c.FarAnswered("L", "signalled"),
        OUT,
        (HEARD, at("Q", NO_BELL), e.TellAnswered("signalled"), e.TellConnected("P"), e.TellReached("L")),
    ),
    (DELIVERED, c.EndDelivery(), state("P", phone("P"), kept="P", answered=False), (HEARD,)),
    (ORIGINATED, c.Ring("P", (), RingKind.CALL_BACK), CALLED_BACK, (at("P", l.RingBell(RingKind.CALL_BACK)),)),
    (CALLED_BACK, c.Lift("P"), DELIVERED, (HEARD, e.TellPhoneBusy("P"), e.TellReached("P"))),
    (CALLED_BACK, c.NotRung("P", FAULT), over(FAULT, "system"), (at("P", NO_BELL),)),
    # parking, pick-up, parties sent on, brought in and let go
    (HELD, c.Park("P", 90.0), PARKED, (HEARD, Start(c.PARK_TIME, 90.0), e.TellLeft("P"))),
    (THREE, c.Park("P", 90.0), THREE, ()),
    (PARKED, Expired(c.PARK_TIME), RECALLING, (HEARD, at("P", l.RingBell(RingKind.RECALL)), Start(c.RECALL_TIME))),
    (PARKED, c.Come("Q"), state("L", line("L"), phone("Q")), (HEARD, Stop(c.PARK_TIME), e.TellPhoneBusy("Q"), e.TellConnected("Q"))),
    (ENDED, c.Come("Q"), ENDED, (e.TellTooLate("Q", lifted=False),)),
    (
        CALLING,
        c.PickUp("Q", "R"),
        state("P", phone("P"), phone("R")),
        (at("Q", NO_BELL), HEARD, Stop(c.RING_TIME), e.TellAnswered("phone"), e.TellPhoneBusy("R"), e.TellConnected("R")),
    ),
    (INSIDE, c.PickUp("Q", "R"), INSIDE, (e.TellTooLate("R", lifted=False),)),
    (
        TALKING,
        c.SendOn("P", ("Q",), 20.0),
        state("L", line("L"), phone("Q", INTERNAL), moved=True),
        (HEARD, at("P", RELEASE), at("Q", l.RingBell(RingKind.INTERNAL)), Start(c.RING_TIME, 20.0), e.TellLeft("P")),
    ),
    (THREE, c.SendOn("P", ("R",), 20.0), THREE, ()),
    (TALKING, c.HandBack("P"), WAITING, (HEARD, at("P", RELEASE), e.TellLeft("P"))),
    (THREE, c.HandBack("P"), THREE, ()),
    (THREE, c.DropParty("Q"), TALKING, (HEARD, at("Q", RELEASE), e.TellLeft("Q"))),
    (THREE, c.DropParty("R"), THREE, ()),
    (THREE, c.PhoneDown("Q"), TALKING, (HEARD, e.TellLeft("Q"))),
    (TALKING, c.DropParty("P"), over(c.LET_GO, "system"), (HEARD, at("P", RELEASE), at("L", RELEASE))),
    (TALKING, c.Mute("P", muted=True), state("L", line("L"), replace(phone("P"), muted=True)), (HEARD,)),
    # two calls become one
    (INSIDE, c.GiveUp("P", stays=True), over(c.JOINED, "caller"), (HEARD, e.HandOver(INSIDE.parties))),
    (OUT, c.GiveUp("P", stays=False), over(c.TRANSFERRED, "agent"), (HEARD, e.HandOver(OUT.parties))),
    (INSIDE, c.GiveUp("R", stays=True), INSIDE, (e.HandOver(None),)),
    (ENDED, c.GiveUp("P", stays=True), ENDED, (e.HandOver(None),)),
    (JOINED, c.GiveUp("P", stays=True), JOINED, (e.HandOver(None),)),
    (JOINED, GONE, JOINED, (e.PassOn(GONE),)),
    (HELD, c.Absorb(INSIDE.parties, "P", stays=True, ring_timeout_s=20.0), state("L", line("L"), phone("P"), phone("Q")), (HEARD,)),
    (
        HELD,
        c.Absorb(CALLING.parties, "P", stays=False, ring_timeout_s=20.0),
        state("L", line("L"), phone("Q", INTERNAL), moved=True),
        (HEARD, Start(c.RING_TIME, 20.0), e.TellLeft("P")),
    ),
    (HELD, c.Absorb(INSIDE.parties, "X", stays=True, ring_timeout_s=20.0), HELD, (at("P", RELEASE), at("Q", RELEASE), *LEFT)),
    (ENDED, c.Absorb(INSIDE.parties, "X", stays=True, ring_timeout_s=20.0), ENDED, (at("P", RELEASE), at("Q", RELEASE), *LEFT)),
    (RECALLING, Expired(c.RECALL_TIME), over(NO_ANSWER, "system"), (HEARD, at("P", NO_BELL), at("L", RELEASE))),
]
SAMPLES: dict[object, object] = {type(event): event for _, event, _, _ in ROWS}


@pytest.mark.parametrize(("begun", "event", "then", "effects"), ROWS, ids=[f"{n}-{e!r}"[:50] for n, (_, e, _, _) in enumerate(ROWS)])
def test_a_row_does_what_it_should(begun: c.State, event: object, then: c.State | tuple[Release, str], effects: tuple[object, ...]) -> None:
    """What callers, agents and lines do to a call has exactly these consequences, in this order."""
    machine = Machine(c.TABLE, begun)
    done = machine.handle(event)
    if isinstance(then, tuple):
        assert done == (*effects, e.TellEnded(*then))
        assert isinstance(machine.state, c.Ended | c.Joined)
        assert (machine.state.parties.release, machine.state.parties.by, machine.state.parties.legs) == (*then, ())
    else:
        assert done == effects
        assert type(machine.state) is type(then)
        assert (machine.state.parties.legs, machine.state.parties.kept) == (then.parties.legs, then.parties.kept)


def test_no_row_is_untried() -> None:
    """Each row of the call's table is tried above, in one state or another."""
    tried = {c.TABLE.rows.get((type(state), event.timer if isinstance(event, Expired) else type(event))) for state, event, _, _ in ROWS} - {
        None
    }
    assert tried == set(c.TABLE.rows.values())


@pytest.mark.parametrize(("state", "event"), c.TABLE.ignored, ids=lambda part: part.__name__)
def test_what_is_ignored_changes_nothing(state: type, event: type) -> None:
    """Messages that cross the end of a call, or each other, do no harm."""
    ended = c.Ended(CallParties((), over=True, release=BUSY))
    begun = {type(s): s for s, _, _, _ in ROWS}.get(state, ended)
    machine = Machine(c.TABLE, begun)
    assert machine.handle(SAMPLES[event]) == ()
    assert machine.state == begun


def test_every_moment_has_a_word() -> None:
    """No state of a call is shown as a program's name, on the page or elsewhere."""
    states = [
        ARRIVED,
        WAITING,
        ALERTING,
        GREETING,
        TALKING,
        HELD,
        RECALLING,
        SEIZED,
        PROCEEDING,
        CALLING,
        c.Ended(CallParties((), over=True)),
    ]
    words = [stage_of(state) for state in states]
    assert words == [
        *("ringing", "answered", "answered", "connecting", "talking", "held", "recalling", "dialling", "proceeding", "ringing", "ended")
    ]
    assert set(words) - {"ended"} <= set(CALL_STATES)


phones = st.sampled_from(["P", "Q", "R"])
lines = st.sampled_from(["L", "M"])
events = st.one_of(
    st.sampled_from([c.Answer(), c.StopRing(), c.Join(), END, Expired(c.RING_TIME), Expired(c.RECALL_TIME), c.Alert(), c.Announce()]),
    st.builds(c.Deliver, st.lists(phones, min_size=1, max_size=3).map(tuple), st.just(20.0)),
    st.builds(c.Ring, phones),
    st.builds(c.Lift, phones),
    st.builds(c.NotRung, phones, st.just(FAULT)),
    st.builds(c.PhoneDown, phones),
    st.builds(c.Hold, phones),
    st.builds(c.Retrieve, phones),
    st.builds(c.SetApart, phones, st.booleans()),
    st.builds(c.DialledOut, lines),
    st.builds(c.FarFails, lines, st.just(UNKNOWN)),
    st.builds(c.LineMoved, st.just("L"), st.just("M")),
    st.builds(c.LineGaveBack, lines, st.just(BUSY), st.sampled_from(["", "N"])),
    st.builds(c.FarReleased, lines, st.just(BUSY)),
    st.builds(c.FarProgressed, lines, st.booleans(), st.booleans()),
    st.builds(c.FarAnswered, lines, st.sampled_from(["polarity", "assumed"])),
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([ARRIVED, SEIZED, PLACED]), st.lists(events, max_size=30))
@example(SEIZED, [c.Deliver(("Q",), 20.0), c.FarReleased("L", BUSY), c.PhoneDown("Q")])
def test_whatever_happens_a_call_ends_once(begun: c.State, happened: list[object]) -> None:
    """No order of events breaks a call, ends it twice, leaves a bell or a line behind, or leaves anybody alone in it for good."""
    machine = Machine(c.TABLE, begun)
    effects: list[object] = []
    for event in happened:
        with contextlib.suppress(UnexpectedEvent):
            effects += machine.handle(event)
        call = machine.state.parties
        assert type(machine.state) is type(c.state_of(call))
        present = [leg for leg in call.legs if leg.present]
        assert call.over or present
        assert begun is PLACED or len(call.legs) != 1 or call.keeper is not None
    ended = [effect for effect in effects if isinstance(effect, e.TellEnded)]
    assert len(ended) == (1 if isinstance(machine.state, c.Ended) else 0)
    if ended:
        assert effects[-1] == ended[0], "nothing is done after the end is told"
    assert ringing(effects) == {leg.device for leg in machine.state.parties.legs if isinstance(leg.state, l.Alerting)}


def ringing(effects: list[object]) -> set[str]:
    """The phones whose bells were rung and not stopped or lifted."""
    rung: set[str] = set()
    for effect in effects:
        match effect:
            case AtDevice(device, l.RingBell()):
                rung.add(device)
            case AtDevice(device, l.StopBell()) | e.TellPhoneBusy(device):
                rung.discard(device)
            case _:
                pass
    return rung
