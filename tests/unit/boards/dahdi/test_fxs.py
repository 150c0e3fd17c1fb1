"""The desk phone's machine, row by row, and on walks at random."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boards.dahdi import fxs
from boards.dahdi.fxs import (
    BurstEnded,
    FlashSeen,
    HangUpSeen,
    LiftSeen,
    OffHook,
    OnHook,
    OutOfService,
    PortBusy,
    PortFailed,
    PutBack,
    Ringing,
    RingPhone,
    StopRinging,
    TakenOut,
)
from engine.kernel.errors import UnexpectedEvent
from engine.kernel.fsm import Expired, Machine, Start, Timer
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId

CALLER = CallerId("13901234567", "张三")
WITHHELD = CallerId(absence="private")
LIFT = (fxs.ServePhone(), fxs.HearKeys(on=True), fxs.Lifted())
AGAIN = Start(fxs.PORT_BUSY)
MOST = fxs.REFUSALS_MOST

ROWS: Sequence[tuple[object, object, object, tuple[object, ...]]] = [
    (OnHook(), LiftSeen(), OffHook(), LIFT),
    (OnHook(), RingPhone(CALLER), Ringing(CALLER), (fxs.StartBell(),)),
    (OnHook(), HangUpSeen(), OnHook(), ()),
    (OnHook(), StopRinging(), OnHook(), ()),
    (OnHook(), PortFailed("card_removed"), OutOfService("card_removed"), (fxs.Gone("card_removed"),)),
    (Ringing(CALLER), LiftSeen(), OffHook(), (fxs.StopBell(), *LIFT)),
    (Ringing(CALLER), BurstEnded(), Ringing(CALLER, shown=True), (Start(fxs.CALLER_ID_PAUSE),)),
    (Ringing(WITHHELD), BurstEnded(), Ringing(WITHHELD, shown=True), (Start(fxs.CALLER_ID_PAUSE),)),
    (Ringing(CALLER, shown=True), BurstEnded(), Ringing(CALLER, shown=True), ()),
    (Ringing(UNKNOWN_CALLER), BurstEnded(), Ringing(UNKNOWN_CALLER), ()),
    (Ringing(CALLER, shown=True), Expired(fxs.CALLER_ID_PAUSE), Ringing(CALLER, shown=True), (fxs.ShowCaller(CALLER),)),
    (Ringing(CALLER), StopRinging(), OnHook(), (fxs.StopBell(),)),
    (Ringing(CALLER), PortBusy(), Ringing(CALLER, refusals=1), (AGAIN,)),
    (Ringing(CALLER, refusals=1), Expired(fxs.PORT_BUSY), Ringing(CALLER, refusals=1), (fxs.StartBell(),)),
    (Ringing(CALLER, refusals=MOST), PortBusy(), OutOfService("driver_error"), (fxs.Gone("driver_error"),)),
    (Ringing(CALLER), PortFailed("card_removed"), OutOfService("card_removed"), (fxs.Gone("card_removed"),)),
    (OffHook(), HangUpSeen(), OnHook(), (fxs.RestPort(), fxs.HearKeys(on=False), fxs.HungUp())),
    (OffHook(), FlashSeen(), OffHook(), (fxs.Flashed(),)),
    (OffHook(), LiftSeen(), OffHook(), ()),
    (OffHook(), StopRinging(), OffHook(), ()),
    (OffHook(), BurstEnded(), OffHook(), ()),
    (OffHook(), PortBusy(), OffHook(1), (AGAIN,)),
    (OffHook(1), Expired(fxs.PORT_BUSY), OffHook(1), (fxs.ServePhone(),)),
    (OffHook(MOST), PortBusy(), OutOfService("driver_error"), (fxs.HungUp(), fxs.Gone("driver_error"))),
    (OffHook(), PortFailed("card_removed"), OutOfService("card_removed"), (fxs.HungUp(), fxs.Gone("card_removed"))),
    (OutOfService("card_removed"), LiftSeen(), OutOfService("card_removed"), ()),
    (OutOfService("card_removed"), PortBusy(), OutOfService("card_removed"), ()),
    (OnHook(), TakenOut("alarm"), OutOfService("alarm"), (fxs.Gone("alarm"),)),
    (Ringing(CALLER), TakenOut("alarm"), OutOfService("alarm"), (fxs.StopBell(), fxs.Gone("alarm"))),
    (
        OffHook(),
        TakenOut("alarm"),
        OutOfService("alarm"),
        (fxs.RestPort(), fxs.HearKeys(False), fxs.HungUp(), fxs.Gone("alarm")),
    ),
    (OutOfService("alarm"), PortFailed("card_removed"), OutOfService("card_removed"), (fxs.Gone("card_removed"),)),
    (OutOfService("card_removed"), PutBack(), OnHook(), (fxs.Usable(),)),
    (OffHook(), PutBack(), OffHook(), ()),
]


@pytest.mark.parametrize(("state", "event", "then", "effects"), ROWS, ids=lambda value: type(value).__name__)
def test_row(state: object, event: object, then: object, effects: tuple[object, ...]) -> None:
    """In each situation the phone does exactly what its user expects."""
    machine = Machine(fxs.TABLE, state)
    assert (machine.handle(event), machine.state) == (effects, then)


def test_a_busy_port_is_given_longer_than_a_battery_removal_takes() -> None:
    """Who lifts again right after hanging up is served: 0.8 s of battery removal do not use up our patience."""
    assert fxs.REFUSALS_MOST * fxs.PORT_BUSY.default_s > 0.8 + 0.2


STATES: dict[type, object] = {OnHook: OnHook(), Ringing: Ringing(CALLER), OffHook: OffHook(), OutOfService: OutOfService("card_removed")}
EVENTS: tuple[object, ...] = (
    LiftSeen(),
    HangUpSeen(),
    FlashSeen(),
    BurstEnded(),
    PortBusy(),
    PortFailed("card_removed"),
    PortFailed("driver_error"),
    TakenOut("alarm"),
    PutBack(),
    RingPhone(CALLER),
    RingPhone(UNKNOWN_CALLER),
    StopRinging(),
    Expired(fxs.CALLER_ID_PAUSE),
    Expired(fxs.PORT_BUSY),
)


def test_every_pair_has_been_thought_of() -> None:
    """Nothing that a phone can do meets a state without a rule; only the command to ring and dead timers are refused."""
    table = fxs.TABLE
    assert set(table.states()) == set(STATES)
    keys = table.keys()
    assert {event.timer if isinstance(event, Expired) else type(event) for event in EVENTS} == set(keys)
    refused = {(state, key) for state in table.states() for key in keys if (state, key) not in {*table.rows, *table.ignored}}
    wanted: set[tuple[type, type | Timer]] = {(state, RingPhone) for state in STATES if state is not OnHook}
    for timer in (fxs.CALLER_ID_PAUSE, fxs.PORT_BUSY):
        wanted |= {(state, timer) for state in STATES if timer not in table.timers.get(state, ())}
    assert refused == wanted


@given(st.lists(st.sampled_from(EVENTS), max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_walk_leaves_a_bell_ringing_or_a_handset_in_the_air(events: list[object]) -> None:
    """Whatever happens in whatever order: lifts and hang-ups alternate, and a phone that is not rung does not ring."""
    machine = Machine(fxs.TABLE)
    up = bell = False
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
                case fxs.Lifted():
                    assert not up
                    up = True
                case fxs.HungUp():
                    assert up
                    up = False
                case fxs.Flashed():
                    assert up
                case fxs.StartBell():
                    bell = True
                case fxs.StopBell():
                    bell = False
                case fxs.ShowCaller(caller):
                    assert bell
                    assert caller != UNKNOWN_CALLER
                case fxs.Gone(reason):
                    assert reason != gone
                    gone = reason
                case fxs.Usable():
                    assert gone
                    gone = ""
                case Start(timer):
                    assert timer in machine.timers_now()
                    running.add(timer)
        assert up == isinstance(machine.state, OffHook)
        if isinstance(event, PutBack):
            bell = bell and isinstance(machine.state, Ringing)  # a port that failed was closed meanwhile, and opened afresh
        assert bell == isinstance(machine.state, Ringing) or gone
        assert bool(gone) == isinstance(machine.state, OutOfService)
