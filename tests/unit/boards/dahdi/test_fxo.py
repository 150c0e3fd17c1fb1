"""The exchange line's machine, row by row, and on walks at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boards.dahdi import fxo
from boards.dahdi.fxo import (
    Announced,
    AnswerCall,
    Attempt,
    BatteryBack,
    BatteryDropped,
    BatteryLost,
    CallerIdCame,
    Caught,
    Connected,
    Dialling,
    DialNumber,
    EndToneCame,
    Guard,
    Idle,
    Listen,
    Listening,
    Offered,
    OutOfService,
    PolarityReversed,
    PortFailed,
    Proceeding,
    PutBack,
    Quiet,
    QuietBegan,
    QuietEnded,
    ReleaseCall,
    RingBegan,
    RingEnded,
    RingHeard,
    RingingOn,
    RingSuspected,
    Sampling,
    Seized,
    SoundStopped,
    TakenOut,
)
from engine.kernel.errors import UnexpectedEvent
from engine.kernel.fsm import Expired, Machine, Start, Stop, Timer
from engine.telephony.causes import Cause, Release
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId

CALLER = CallerId("13901234567")
BUSY = Release(Cause.USER_BUSY, "busy_tone")
FAR_HUNG_UP = Release(Cause.NORMAL_CALL_CLEARING, "busy_tone")
RING = RingBegan(2, 6.0)
RING_OVER = RingEnded(2, 6.0)
GONE_TIMER = Start(fxo.RING_GONE, 6.0)
REST = Listen(Listening.IDLE)
END = (fxo.OpenLoop(), REST, Start(fxo.GUARD))
HEAR_CALLER = Listen(Listening.TALKING)
HEAR_CALLER_ID = Listen(Listening.CALLER_ID)
DEAF = Listen(Listening.NOTHING)
SURE = Start(fxo.RING_SURE)
ANNOUNCED = Start(fxo.ANNOUNCED)

TRY = Attempt("1", 3.0)
BLIND = replace(TRY, needs_dial_tone=False)
BY_EAR = replace(TRY, supervision="progress", answer_most_s=50.0)
BY_REVERSAL = replace(TRY, supervision="polarity")
TEST_CALL = replace(TRY, sample_s=12.0)
SUSPECTED = RingSuspected(None, 2, 6.0)
DIALS = (Listen(Listening.DIALLING), Start(fxo.DIALLING_MOST), fxo.SendDigits("1"))
IS_CAUGHT = (fxo.CallReleased(fxo.COLLISION), HEAR_CALLER, Start(fxo.CAUGHT_MOST), fxo.RangFirst(), fxo.CallOffered(UNKNOWN_CALLER))
HEARS_ANSWER = (Listen(Listening.PROCEEDING), fxo.DialledOut(), Start(fxo.SETTLE))
FAILS = (fxo.KeepSound(on=False), fxo.CallReleased(fxo.LINE_FAILED))
DIES = (fxo.KeepSound(on=False), fxo.OpenLoop(), DEAF, fxo.CallReleased(fxo.LINE_FAILED))


def given_back(release: Release) -> tuple[object, ...]:
    return (*END, fxo.CallReleased(release))


def answered(supervision: str) -> tuple[object, ...]:
    return (HEAR_CALLER, fxo.Answered(supervision), fxo.AskSound())


ROWS: Sequence[tuple[object, object, object, tuple[object, ...]]] = [
    # ringing
    (Idle(), RING, SUSPECTED, (HEAR_CALLER_ID, SURE)),
    (SUSPECTED, RING_OVER, Idle(), (REST, fxo.RingTooShort())),
    (SUSPECTED, Expired(fxo.RING_SURE), RingHeard(1), (fxo.RangFirst(), GONE_TIMER)),
    (
        RingSuspected(None, 1, 6.0),
        Expired(fxo.RING_SURE),
        Offered(UNKNOWN_CALLER),
        (fxo.RangFirst(), GONE_TIMER, fxo.CallOffered(UNKNOWN_CALLER)),
    ),
    (RingSuspected(CALLER, 2, 6.0), Expired(fxo.RING_SURE), Offered(CALLER), (fxo.RangFirst(), GONE_TIMER, fxo.CallOffered(CALLER))),
    (SUSPECTED, CallerIdCame(CALLER), RingSuspected(CALLER, 2, 6.0), ()),
    (SUSPECTED, RING, SUSPECTED, ()),
    (Idle(), RING_OVER, RingHeard(1), (HEAR_CALLER_ID, fxo.RangFirst(), GONE_TIMER)),
    (Idle(), CallerIdCame(CALLER), Announced(CALLER), (ANNOUNCED,)),
    (Idle(), PolarityReversed(), Announced(), (HEAR_CALLER_ID, ANNOUNCED)),
    (Announced(), CallerIdCame(CALLER), Announced(CALLER), (ANNOUNCED,)),
    (Announced(), PolarityReversed(), Announced(), ()),
    (Announced(CALLER), RING, RingSuspected(CALLER, 2, 6.0), (HEAR_CALLER_ID, SURE)),
    (Announced(CALLER), RING_OVER, Offered(CALLER), (HEAR_CALLER_ID, fxo.RangFirst(), GONE_TIMER, fxo.CallOffered(CALLER))),
    (Announced(CALLER), Expired(fxo.ANNOUNCED), Idle(), (REST,)),
    (Announced(), BatteryLost(), OutOfService("no_battery"), (DEAF, fxo.Gone("no_battery"))),
    (RingHeard(1), RingBegan(3, 6.0), RingHeard(2), (GONE_TIMER,)),
    (RingHeard(1), RING, Offered(UNKNOWN_CALLER), (GONE_TIMER, fxo.CallOffered(UNKNOWN_CALLER))),
    (RingHeard(1), CallerIdCame(CALLER), Offered(CALLER), (fxo.CallOffered(CALLER),)),
    (RingHeard(1), RING_OVER, RingHeard(1), ()),
    (RingHeard(1), Expired(fxo.RING_GONE), Idle(), (REST,)),
    (RingHeard(1), BatteryLost(), OutOfService("no_battery"), (DEAF, fxo.Gone("no_battery"))),
    (Offered(CALLER), RING, Offered(CALLER), (GONE_TIMER,)),
    (Offered(CALLER), CallerIdCame(UNKNOWN_CALLER), Offered(CALLER), ()),
    (Offered(CALLER), Expired(fxo.RING_GONE), Idle(), (REST, fxo.CallReleased(fxo.CALLER_GONE))),
    (Offered(CALLER), AnswerCall(), Connected(settled=False), (fxo.CloseLoop(), HEAR_CALLER, Start(fxo.SETTLE), fxo.AskSound())),
    (Offered(CALLER), ReleaseCall(), RingingOn(), (DEAF,)),
    (Offered(CALLER), PortFailed("card_removed"), OutOfService("card_removed"), (*FAILS, fxo.Gone("card_removed"))),
    (RingingOn(), RING, RingingOn(), (GONE_TIMER,)),
    (RingingOn(), CallerIdCame(CALLER), RingingOn(), ()),
    (RingingOn(), Expired(fxo.RING_GONE), Idle(), (REST,)),
    (RingingOn(), PortFailed("card_removed"), OutOfService("card_removed"), (fxo.Gone("card_removed"),)),
    # seizing and dialling
    (Idle(), DialNumber(TRY), Seized(TRY), (fxo.CloseLoop(), Listen(Listening.SEIZED), Start(fxo.DIAL_TONE_WAIT, 3.0))),
    (Seized(TRY), fxo.DialToneCame(), Dialling(TRY), DIALS),
    (Seized(TRY), Expired(fxo.DIAL_TONE_WAIT), Guard(), given_back(fxo.NO_DIAL_TONE)),
    (Seized(BLIND), Expired(fxo.DIAL_TONE_WAIT), Dialling(BLIND), DIALS),
    (Seized(TRY), EndToneCame(BUSY), Guard(), given_back(fxo.NO_DIAL_TONE)),
    (Seized(TRY), SoundStopped(), Seized(TRY, suspected=True), (Start(fxo.GLARE),)),
    (Seized(TRY), RING, Seized(TRY, suspected=True), (Start(fxo.GLARE),)),
    (Seized(TRY), fxo.SoundStarted(), Seized(TRY, sounding=True), ()),
    (Seized(TRY, sounding=True), SoundStopped(), Seized(TRY, suspected=True), (Start(fxo.GLARE),)),
    (
        Seized(TRY, sounding=True),
        Expired(fxo.DIAL_TONE_WAIT),
        Seized(TRY, sounding=True, prolonged=True),
        (Start(fxo.DIAL_TONE_WAIT, 2.0),),
    ),
    (Seized(TRY, sounding=True, prolonged=True), Expired(fxo.DIAL_TONE_WAIT), Guard(), given_back(fxo.NO_DIAL_TONE)),
    (Seized(TRY, suspected=True), SoundStopped(), Seized(TRY, suspected=True), ()),
    (Seized(TRY, suspected=True), Expired(fxo.DIAL_TONE_WAIT), Seized(TRY, suspected=True), ()),
    (Seized(TRY, suspected=True), fxo.DialToneCame(), Dialling(TRY), DIALS),
    (Seized(TRY, suspected=True), Expired(fxo.GLARE), Caught(), IS_CAUGHT),
    (Seized(TRY), ReleaseCall(), Guard(), END),
    (Caught(), AnswerCall(), Connected(), (fxo.AskSound(),)),
    (Caught(), ReleaseCall(), Guard(), END),
    (Caught(), EndToneCame(BUSY), Guard(), given_back(fxo.CALLER_GONE)),
    (Caught(), BatteryDropped(), Guard(), given_back(fxo.BATTERY_DROP)),
    (Caught(), Expired(fxo.CAUGHT_MOST), Guard(), given_back(fxo.NOT_ANSWERED)),
    (Caught(), BatteryLost(), OutOfService("no_battery"), (*DIES, fxo.Gone("no_battery"))),
    (Dialling(TRY), fxo.DigitsSent(), Connected(), (HEAR_CALLER, fxo.DialledOut(), fxo.Answered("assumed"), fxo.AskSound())),
    (Dialling(BY_REVERSAL), fxo.DigitsSent(), Proceeding(BY_REVERSAL), HEARS_ANSWER),
    (Dialling(BY_EAR), fxo.DigitsSent(), Proceeding(BY_EAR), (*HEARS_ANSWER, Start(fxo.ANSWER_MOST, 50.0))),
    (Dialling(TRY), fxo.DialFailed(), Guard(), given_back(fxo.NOT_DIALLED)),
    (Dialling(TRY), Expired(fxo.DIALLING_MOST), Guard(), given_back(fxo.NOT_DIALLED)),
    (Dialling(TRY), PolarityReversed(), Dialling(TRY), ()),
    (Dialling(TRY), RING, Dialling(TRY), ()),
    (Dialling(BLIND), RING, Caught(), (fxo.HushDigits(), *IS_CAUGHT)),
    (Dialling(TRY), ReleaseCall(), Guard(), END),
    # whether somebody answers
    (Proceeding(BY_REVERSAL), PolarityReversed(), Proceeding(BY_REVERSAL), ()),
    (Proceeding(BY_REVERSAL), Expired(fxo.SETTLE), Proceeding(BY_REVERSAL, settled=True), ()),
    (Proceeding(BY_REVERSAL, settled=True), PolarityReversed(), Connected(), answered("polarity")),
    (Proceeding(BY_EAR), fxo.AnswerHeard(), Connected(), answered("progress")),
    (Proceeding(BY_EAR), Expired(fxo.ANSWER_MOST), Connected(), answered("assumed")),
    (Proceeding(BY_EAR), EndToneCame(BUSY), Guard(), given_back(BUSY)),
    (Proceeding(BY_EAR), fxo.DialToneCame(), Proceeding(BY_EAR), ()),
    # test calls
    (Dialling(TEST_CALL), fxo.DigitsSent(), Sampling(), (DEAF, fxo.KeepSound(on=True), Start(fxo.SAMPLE, 12.0))),
    (Sampling(), Expired(fxo.SAMPLE), Guard(), (fxo.KeepSound(on=False), *END)),
    (Sampling(), ReleaseCall(), Guard(), (fxo.KeepSound(on=False), *END)),
    (Sampling(), BatteryDropped(), Guard(), (fxo.KeepSound(on=False), *END)),
    (Sampling(), EndToneCame(BUSY), Sampling(), ()),
    # in a call
    (Connected(settled=False), PolarityReversed(), Connected(settled=False), ()),
    (Connected(settled=False), Expired(fxo.SETTLE), Connected(), ()),
    (Connected(), PolarityReversed(), Guard(), given_back(fxo.POLARITY_END)),
    (Connected(), BatteryDropped(), Guard(), given_back(fxo.BATTERY_DROP)),
    (Connected(), EndToneCame(BUSY), Guard(), given_back(FAR_HUNG_UP)),
    (Connected(), RING, Connected(), ()),
    (Connected(), ReleaseCall(), Guard(), END),
    (Connected(), BatteryLost(), OutOfService("no_battery"), (*DIES, fxo.Gone("no_battery"))),
    (Connected(), PortFailed("driver_error"), OutOfService("driver_error"), (*FAILS, fxo.Gone("driver_error"))),
    # silence
    (Connected(), QuietBegan(120.0), Connected(quiet=Quiet.WATCHED), (Start(fxo.QUIET, 120.0),)),
    (Connected(), QuietEnded(), Connected(), ()),
    (Connected(quiet=Quiet.WATCHED), QuietBegan(120.0), Connected(quiet=Quiet.WATCHED), ()),
    (Connected(quiet=Quiet.WATCHED), QuietEnded(sent=True), Connected(), (Stop(fxo.QUIET), Stop(fxo.WARNING), Stop(fxo.QUIET_LAST))),
    (
        Connected(quiet=Quiet.WATCHED),
        Expired(fxo.QUIET),
        Connected(quiet=Quiet.WARNING),
        (fxo.WarnOfSilence(), Start(fxo.WARNING), Start(fxo.QUIET_LAST)),
    ),
    (Connected(quiet=Quiet.WARNING), QuietEnded(sent=True), Connected(quiet=Quiet.WARNING), ()),
    (Connected(quiet=Quiet.WARNING), QuietEnded(), Connected(), (Stop(fxo.QUIET), Stop(fxo.WARNING), Stop(fxo.QUIET_LAST))),
    (Connected(quiet=Quiet.WARNING), Expired(fxo.WARNING), Connected(quiet=Quiet.WARNED), (fxo.AskSound(),)),
    (Connected(quiet=Quiet.WARNED), QuietBegan(120.0), Connected(quiet=Quiet.WARNED), ()),
    (Connected(quiet=Quiet.WARNED), QuietEnded(sent=True), Connected(), (Stop(fxo.QUIET), Stop(fxo.WARNING), Stop(fxo.QUIET_LAST))),
    (Connected(quiet=Quiet.WARNED), Expired(fxo.QUIET_LAST), Guard(), given_back(fxo.SILENCE)),
    # rest and faults
    (Guard(), RING, Guard(), ()),
    (Guard(), BatteryDropped(), Guard(), ()),
    (Guard(), Expired(fxo.GUARD), Idle(), ()),
    (Guard(), BatteryLost(), OutOfService("no_battery"), (DEAF, fxo.Gone("no_battery"))),
    (Idle(), BatteryLost(), OutOfService("no_battery"), (DEAF, fxo.Gone("no_battery"))),
    (Idle(), PortFailed("card_removed"), OutOfService("card_removed"), (fxo.Gone("card_removed"),)),
    (Idle(), ReleaseCall(), Idle(), ()),
    (OutOfService("no_battery"), BatteryBack(), Idle(), (REST, fxo.Usable())),
    (OutOfService("driver_error"), BatteryBack(), OutOfService("driver_error"), ()),
    (OutOfService("card_removed"), BatteryBack(), OutOfService("card_removed"), ()),
    (OutOfService("no_battery"), PortFailed("card_removed"), OutOfService("card_removed"), (fxo.Gone("card_removed"),)),
    (OutOfService("card_removed"), PortFailed("card_removed"), OutOfService("card_removed"), ()),
    (Idle(), TakenOut("alarm"), OutOfService("alarm"), (DEAF, fxo.Gone("alarm"))),
    (RingHeard(1), TakenOut("alarm"), OutOfService("alarm"), (DEAF, fxo.Gone("alarm"))),
    (Connected(), TakenOut("alarm"), OutOfService("alarm"), (*DIES, fxo.Gone("alarm"))),
    (OutOfService("no_battery"), TakenOut("alarm"), OutOfService("alarm"), (fxo.Gone("alarm"),)),
    (OutOfService("alarm"), BatteryBack(), OutOfService("alarm"), ()),
    (OutOfService("alarm"), PutBack(), Idle(), (REST, fxo.Usable())),
    (OutOfService("alarm"), PutBack(battery=False), OutOfService("no_battery"), (fxo.Gone("no_battery"),)),
    (Idle(), PutBack(), Idle(), ()),
    (OutOfService("no_battery"), BatteryLost(), OutOfService("no_battery"), ()),
    (OutOfService("no_battery"), ReleaseCall(), OutOfService("no_battery"), ()),
]


@pytest.mark.parametrize(("state", "event", "then", "effects"), ROWS, ids=lambda value: type(value).__name__)
def test_row(state: object, event: object, then: object, effects: tuple[object, ...]) -> None:
    """In each situation the line does exactly what the exchange and the caller expect."""
    machine = Machine(fxo.TABLE, state)
    assert (machine.handle(event), machine.state) == (effects, then)


@pytest.mark.parametrize(
    "state", [Seized(TRY), Caught(), Dialling(TRY), Proceeding(TRY), Connected()], ids=lambda state: type(state).__name__
)
def test_a_line_in_use_ends_alike_for_battery_and_card(state: object) -> None:
    """Whatever a call is at: a dropped battery, a dead line and a pulled card all end it once."""
    for event, then in (
        (BatteryDropped(), Guard()),
        (BatteryLost(), OutOfService("no_battery")),
        (PortFailed("card_removed"), OutOfService("card_removed")),
        (TakenOut("alarm"), OutOfService("alarm")),
    ):
        machine = Machine(fxo.TABLE, state)
        effects = machine.handle(event)
        assert machine.state == then
        assert sum(isinstance(effect, fxo.CallReleased) for effect in effects) == 1


STATES: dict[type, object] = {
    OutOfService: OutOfService("no_battery"),
    Idle: Idle(),
    Announced: Announced(),
    RingSuspected: SUSPECTED,
    RingHeard: RingHeard(1),
    Offered: Offered(CALLER),
    RingingOn: RingingOn(),
    Seized: Seized(TRY),
    Caught: Caught(),
    Dialling: Dialling(TRY),
    Proceeding: Proceeding(TRY),
    Sampling: Sampling(),
    Connected: Connected(),
    Guard: Guard(),
}
EVENTS: tuple[object, ...] = (
    RING,
    RingBegan(1, 6.0),
    RING_OVER,
    CallerIdCame(CALLER),
    BatteryDropped(),
    PolarityReversed(),
    EndToneCame(BUSY),
    fxo.DialToneCame(),
    fxo.SoundStarted(),
    SoundStopped(),
    fxo.AnswerHeard(),
    QuietBegan(60.0),
    QuietEnded(),
    QuietEnded(sent=True),
    BatteryLost(),
    BatteryBack(),
    PortFailed("card_removed"),
    PortFailed("driver_error"),
    TakenOut("alarm"),
    TakenOut("maintenance"),
    PutBack(),
    PutBack(battery=False),
    AnswerCall(),
    *(DialNumber(attempt) for attempt in (TRY, BLIND, BY_EAR, BY_REVERSAL)),
    fxo.DigitsSent(),
    fxo.DialFailed(),
    ReleaseCall(),
    *(Expired(timer) for timers in fxo.TABLE.timers.values() for timer in timers),
)
ALL_TIMERS = {timer for timers in fxo.TABLE.timers.values() for timer in timers}


def test_every_pair_has_been_thought_of() -> None:
    """Nothing that a line can do meets a state without a rule; only commands and dead timers are refused, by their nature."""
    table = fxo.TABLE
    assert set(table.states()) == set(STATES)
    keys = table.keys()
    assert {event.timer if isinstance(event, Expired) else type(event) for event in EVENTS} == set(keys)
    refused = {(state, key) for state in table.states() for key in keys if (state, key) not in {*table.rows, *table.ignored}}
    wanted: set[tuple[type, type | Timer]] = {(state, AnswerCall) for state in STATES if state not in (Offered, Caught)}
    wanted |= {(state, DialNumber) for state in STATES if state is not Idle}
    for timer in ALL_TIMERS:
        wanted |= {(state, timer) for state in STATES if timer not in table.timers.get(state, ())}
    assert refused == wanted


OFF_HOOK = (Seized, Caught, Dialling, Proceeding, Sampling, Connected)
WITH_AN_END = (Announced, RingSuspected, RingHeard, Offered, RingingOn, Seized, Caught, Dialling, Guard)
"""What ends by itself."""


@given(st.lists(st.sampled_from(EVENTS), max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_walk_leaves_the_line_seized_or_a_call_without_end(events: list[object]) -> None:
    """Whatever happens in whatever order: a call begins and ends alternately, and the loop is open when no call is on."""
    machine = Machine(fxo.TABLE)
    call = loop_closed = False
    gone = ""
    running: set[Timer] = set()
    for event in events:
        before = machine.state
        if isinstance(event, Expired):
            if event.timer not in running:
                continue
            running.remove(event.timer)
        try:
            effects = machine.handle(event)
        except UnexpectedEvent:
            assert machine.state is before
            continue
        running &= set(machine.timers_now())
        if isinstance(event, DialNumber):
            call = True
        for effect in effects:
            match effect:
                case fxo.CallOffered():
                    assert not call
                    call = True
                case fxo.CallReleased():
                    assert call
                    call = False
                case fxo.CloseLoop():
                    assert not loop_closed
                    loop_closed = True
                case fxo.OpenLoop():
                    loop_closed = False
                case fxo.Gone(reason):
                    assert reason != gone
                    gone = reason
                case fxo.Usable():
                    assert gone
                    gone = ""
                case Start(timer):
                    assert timer in machine.timers_now()
                    running.add(timer)
                case Stop(timer):
                    running.discard(timer)
        if isinstance(event, PutBack) and isinstance(before, OutOfService):
            loop_closed = False  # a port that failed was closed meanwhile, and opened afresh
        if isinstance(event, ReleaseCall):
            call = False
        assert call == isinstance(machine.state, (Offered, *OFF_HOOK))
        assert bool(running) or not isinstance(machine.state, WITH_AN_END)
        assert bool(gone) == isinstance(machine.state, OutOfService)
        # A port that the driver has given up cannot be told anything: its hook is put right when it comes back.
        assert loop_closed == isinstance(machine.state, OFF_HOOK) or isinstance(machine.state, OutOfService)
