"""The exchange line's machine, row by row, and on walks at random."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boards.dahdi import fxo
from boards.dahdi.fxo import (
    AnswerCall,
    BatteryBack,
    BatteryDropped,
    BatteryLost,
    CallerIdCame,
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
    ReleaseCall,
    RingBegan,
    RingEnded,
    RingHeard,
    RingingOn,
    Seized,
    TakenOut,
)
from engine.kernel.errors import UnexpectedEvent
from engine.kernel.fsm import Expired, Machine, Start, Timer
from engine.telephony.causes import Cause, Release
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId

CALLER = CallerId("13901234567")
BUSY = Release(Cause.USER_BUSY, "busy_tone")
FAR_HUNG_UP = Release(Cause.NORMAL_CALL_CLEARING, "busy_tone")
RING = RingBegan(2, 6.0)
GONE_TIMER = Start(fxo.RING_GONE, 6.0)
END = (fxo.OpenLoop(), Listen(Listening.NOTHING), Start(fxo.GUARD))
HEAR_CALLER = Listen(Listening.KEYS_AND_PROGRESS)
DEAF = Listen(Listening.NOTHING)

ROWS: Sequence[tuple[object, object, object, tuple[object, ...]]] = [
    (Idle(), RING, RingHeard(1), (fxo.RangFirst(), Listen(Listening.CALLER_ID), GONE_TIMER)),
    (Idle(), RingEnded(2, 6.0), RingHeard(1), (fxo.RangFirst(), Listen(Listening.CALLER_ID), GONE_TIMER)),
    (
        Idle(),
        RingBegan(1, 6.0),
        Offered(UNKNOWN_CALLER),
        (fxo.RangFirst(), Listen(Listening.CALLER_ID), GONE_TIMER, fxo.CallOffered(UNKNOWN_CALLER)),
    ),
    (Idle(), DialNumber("10086", 3.0), Seized("10086"), (fxo.CloseLoop(), Listen(Listening.PROGRESS), Start(fxo.DIAL_TONE_WAIT, 3.0))),
    (Idle(), BatteryLost(), OutOfService("no_battery"), (DEAF, fxo.Gone("no_battery"))),
    (Idle(), PortFailed("card_removed"), OutOfService("card_removed"), (fxo.Gone("card_removed"),)),
    (Idle(), ReleaseCall(), Idle(), ()),
    (Idle(), PolarityReversed(), Idle(), ()),
    (RingHeard(1), RingBegan(3, 6.0), RingHeard(2), (GONE_TIMER,)),
    (RingHeard(1), RING, Offered(UNKNOWN_CALLER), (GONE_TIMER, fxo.CallOffered(UNKNOWN_CALLER))),
    (RingHeard(1), CallerIdCame(CALLER), Offered(CALLER), (fxo.CallOffered(CALLER),)),
    (RingHeard(1), RingEnded(2, 6.0), RingHeard(1), ()),
    (RingHeard(1), Expired(fxo.RING_GONE), Idle(), (DEAF,)),
    (RingHeard(1), BatteryLost(), OutOfService("no_battery"), (DEAF, fxo.Gone("no_battery"))),
    (Offered(CALLER), RING, Offered(CALLER), (GONE_TIMER,)),
    (Offered(CALLER), CallerIdCame(UNKNOWN_CALLER), Offered(CALLER), ()),
    (Offered(CALLER), Expired(fxo.RING_GONE), Idle(), (DEAF, fxo.CallReleased(fxo.CALLER_GONE))),
    (Offered(CALLER), AnswerCall(), Connected(), (fxo.CloseLoop(), HEAR_CALLER)),
    (Offered(CALLER), ReleaseCall(), RingingOn(), (DEAF,)),
    (
        Offered(CALLER),
        PortFailed("card_removed"),
        OutOfService("card_removed"),
        (fxo.CallReleased(fxo.LINE_FAILED), fxo.Gone("card_removed")),
    ),
    (RingingOn(), RING, RingingOn(), (GONE_TIMER,)),
    (RingingOn(), CallerIdCame(CALLER), RingingOn(), ()),
    (RingingOn(), Expired(fxo.RING_GONE), Idle(), ()),
    (RingingOn(), PortFailed("card_removed"), OutOfService("card_removed"), (fxo.Gone("card_removed"),)),
    (Seized("1"), fxo.DialToneCame(), Dialling(), (fxo.SendDigits("1"),)),
    (Seized("1"), Expired(fxo.DIAL_TONE_WAIT), Dialling(), (fxo.SendDigits("1"),)),
    (Seized("1"), RING, Seized("1"), ()),
    (Seized("1"), EndToneCame(BUSY), Guard(), (*END, fxo.CallReleased(BUSY))),
    (Seized("1"), ReleaseCall(), Guard(), END),
    (Dialling(), fxo.DigitsSent(assumed=True), Connected(), (HEAR_CALLER, fxo.DialledOut(), fxo.Answered("assumed"))),
    (Dialling(), fxo.DigitsSent(assumed=False), Proceeding(), (HEAR_CALLER, fxo.DialledOut())),
    (Dialling(), fxo.DialFailed(), Guard(), (*END, fxo.CallReleased(fxo.NOT_DIALLED))),
    (Dialling(), PolarityReversed(), Dialling(), ()),
    (Dialling(), ReleaseCall(), Guard(), END),
    (Proceeding(), PolarityReversed(), Connected(), (fxo.Answered("polarity"),)),
    (Proceeding(), EndToneCame(BUSY), Guard(), (*END, fxo.CallReleased(BUSY))),
    (Proceeding(), fxo.DialToneCame(), Proceeding(), ()),
    (Connected(), PolarityReversed(), Guard(), (*END, fxo.CallReleased(fxo.POLARITY_END))),
    (Connected(), BatteryDropped(), Guard(), (*END, fxo.CallReleased(fxo.BATTERY_DROP))),
    (Connected(), EndToneCame(BUSY), Guard(), (*END, fxo.CallReleased(FAR_HUNG_UP))),
    (Connected(), RING, Connected(), ()),
    (Connected(), ReleaseCall(), Guard(), END),
    (
        Connected(),
        BatteryLost(),
        OutOfService("no_battery"),
        (fxo.OpenLoop(), DEAF, fxo.CallReleased(fxo.LINE_FAILED), fxo.Gone("no_battery")),
    ),
    (
        Connected(),
        PortFailed("driver_error"),
        OutOfService("driver_error"),
        (fxo.CallReleased(fxo.LINE_FAILED), fxo.Gone("driver_error")),
    ),
    (Guard(), RING, Guard(), ()),
    (Guard(), BatteryDropped(), Guard(), ()),
    (Guard(), Expired(fxo.GUARD), Idle(), ()),
    (Guard(), BatteryLost(), OutOfService("no_battery"), (DEAF, fxo.Gone("no_battery"))),
    (OutOfService("no_battery"), BatteryBack(), Idle(), (fxo.Usable(),)),
    (OutOfService("driver_error"), BatteryBack(), OutOfService("driver_error"), ()),
    (OutOfService("card_removed"), BatteryBack(), OutOfService("card_removed"), ()),
    (OutOfService("no_battery"), PortFailed("card_removed"), OutOfService("card_removed"), (fxo.Gone("card_removed"),)),
    (OutOfService("card_removed"), PortFailed("card_removed"), OutOfService("card_removed"), ()),
    (Idle(), TakenOut("alarm"), OutOfService("alarm"), (DEAF, fxo.Gone("alarm"))),
    (RingHeard(1), TakenOut("alarm"), OutOfService("alarm"), (DEAF, fxo.Gone("alarm"))),
    (
        Connected(),
        TakenOut("alarm"),
        OutOfService("alarm"),
        (fxo.OpenLoop(), DEAF, fxo.CallReleased(fxo.LINE_FAILED), fxo.Gone("alarm")),
    ),
    (OutOfService("no_battery"), TakenOut("alarm"), OutOfService("alarm"), (fxo.Gone("alarm"),)),
    (OutOfService("alarm"), BatteryBack(), OutOfService("alarm"), ()),
    (OutOfService("alarm"), PutBack(), Idle(), (fxo.Usable(),)),
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


@pytest.mark.parametrize("state", [Seized("1"), Dialling(), Proceeding(), Connected()], ids=lambda state: type(state).__name__)
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
    RingHeard: RingHeard(1),
    Offered: Offered(CALLER),
    RingingOn: RingingOn(),
    Seized: Seized("1"),
    Dialling: Dialling(),
    Proceeding: Proceeding(),
    Connected: Connected(),
    Guard: Guard(),
}
EVENTS: tuple[object, ...] = (
    RING,
    RingBegan(1, 6.0),
    RingEnded(2, 6.0),
    CallerIdCame(CALLER),
    BatteryDropped(),
    PolarityReversed(),
    EndToneCame(BUSY),
    fxo.DialToneCame(),
    BatteryLost(),
    BatteryBack(),
    PortFailed("card_removed"),
    PortFailed("driver_error"),
    TakenOut("alarm"),
    TakenOut("maintenance"),
    PutBack(),
    PutBack(battery=False),
    AnswerCall(),
    DialNumber("1", 4.0),
    fxo.DigitsSent(assumed=True),
    fxo.DigitsSent(assumed=False),
    fxo.DialFailed(),
    ReleaseCall(),
    Expired(fxo.RING_GONE),
    Expired(fxo.DIAL_TONE_WAIT),
    Expired(fxo.GUARD),
)


def test_every_pair_has_been_thought_of() -> None:
    """Nothing that a line can do meets a state without a rule; only commands and dead timers are refused, by their nature."""
    table = fxo.TABLE
    assert set(table.states()) == set(STATES)
    keys = table.keys()
    assert {event.timer if isinstance(event, Expired) else type(event) for event in EVENTS} == set(keys)
    refused = {(state, key) for state in table.states() for key in keys if (state, key) not in {*table.rows, *table.ignored}}
    wanted: set[tuple[type, type | Timer]] = {(state, AnswerCall) for state in STATES if state is not Offered}
    wanted |= {(state, DialNumber) for state in STATES if state is not Idle}
    for timer in (fxo.RING_GONE, fxo.DIAL_TONE_WAIT, fxo.GUARD):
        wanted |= {(state, timer) for state in STATES if timer not in table.timers.get(state, ())}
    assert refused == wanted


IN_CALL = (Seized, Dialling, Proceeding, Connected)


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
        if isinstance(event, PutBack) and isinstance(before, OutOfService):
            loop_closed = False  # a port that failed was closed meanwhile, and opened afresh
        if isinstance(event, DialNumber):
            call = True
        elif isinstance(event, ReleaseCall):
            call = False
        assert call == isinstance(machine.state, (Offered, *IN_CALL))
        # What ends by itself has something that ends it.
        assert bool(running) == isinstance(machine.state, (RingHeard, Offered, RingingOn, Seized, Guard))
        assert bool(gone) == isinstance(machine.state, OutOfService)
        # A port that the driver has given up cannot be told anything: its hook is put right when it comes back.
        assert loop_closed == isinstance(machine.state, IN_CALL) or isinstance(machine.state, OutOfService)
