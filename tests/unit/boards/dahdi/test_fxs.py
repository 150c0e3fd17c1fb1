"""The desk phone's machine, row by row, and on walks at random."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boards.dahdi import fxs
from boards.dahdi.fxs import (
    AnnounceWaiting,
    Announcing,
    Bell,
    BurstEnded,
    CallNow,
    FlashSeen,
    HangUpSeen,
    LiftSeen,
    OffHook,
    OnHook,
    OutOfService,
    PortBusy,
    PortFailed,
    PulseSeen,
    PutBack,
    Ringing,
    RingPhone,
    Shown,
    StopRinging,
    StopWaiting,
    TakenOut,
)
from engine.kernel.errors import UnexpectedEvent
from engine.kernel.fsm import Expired, Machine, Start, Stop, Timer
from engine.telephony.lines import CallStage
from engine.telephony.numbers import CallerId

CALLER = CallerId("13901234567", "张三")
CADENCE = (400, 200, 400, 4000)
BELL = Bell(CALLER, CADENCE, data_ms=1500)
SILENT = Bell(CALLER, CADENCE)
TOLD = Bell(CALLER, CADENCE, announced=True)
SERVED = (fxs.ServePhone(), fxs.HearKeys(on=True), fxs.Lifted())
DOWN = (fxs.RestPort(), fxs.HearKeys(on=False), fxs.HungUp())
AGAIN = Start(fxs.PORT_BUSY)
MOST = fxs.REFUSALS_MOST
STOP, BACK, RINGS = fxs.StopShowing(), fxs.TurnPolarity(reverse=False), fxs.StartBell(CADENCE)
TALKING, ANSWERED, NONE = CallStage.TALKING, CallStage.ANSWERED, CallStage.NONE
WAITED_FOR = OffHook(stage=TALKING, waiting=CALLER)
REVERSED = OffHook(stage=ANSWERED, reversed=True)

ROWS: Sequence[tuple[object, object, object, tuple[object, ...]]] = [
    (OnHook(), LiftSeen(), OffHook(), (STOP, *SERVED)),
    (OnHook(), RingPhone(BELL), Ringing(BELL), (STOP, RINGS)),
    (OnHook(), RingPhone(TOLD), Announcing(TOLD), (STOP, fxs.ShowBeforeRinging(CALLER))),
    (OnHook(), HangUpSeen(), OnHook(), ()),
    (OnHook(), StopRinging(), OnHook(), ()),
    (OnHook(), CallNow(NONE), OnHook(), ()),
    (OnHook(), PortFailed("card_removed"), OutOfService("card_removed"), (fxs.Gone("card_removed"),)),
    (Announcing(TOLD), Shown(), Ringing(TOLD), (RINGS,)),
    (Announcing(TOLD), LiftSeen(), OffHook(), (STOP, *SERVED)),
    (Announcing(TOLD), StopRinging(), OnHook(), (STOP,)),
    (Announcing(TOLD), PortFailed("card_removed"), OutOfService("card_removed"), (fxs.Gone("card_removed"),)),
    (Announcing(TOLD), TakenOut("alarm"), OutOfService("alarm"), (STOP, fxs.Gone("alarm"))),
    (Ringing(BELL), LiftSeen(), OffHook(), (fxs.StopBell(), *SERVED)),
    (Ringing(BELL), BurstEnded(200), Ringing(BELL), ()),
    (Ringing(BELL), BurstEnded(1699), Ringing(BELL), ()),
    (Ringing(BELL), BurstEnded(1700), Ringing(BELL, shown=True), (fxs.ShowAfterBurst(CALLER, 1700),)),
    (Ringing(BELL, shown=True), BurstEnded(4000), Ringing(BELL, shown=True), ()),
    (Ringing(SILENT), BurstEnded(4000), Ringing(SILENT), ()),
    (Ringing(BELL), Shown(), Ringing(BELL), ()),
    (Ringing(BELL), StopRinging(), OnHook(), (fxs.StopBell(),)),
    (Ringing(BELL), PortBusy(), Ringing(BELL, refusals=1), (AGAIN,)),
    (Ringing(BELL, refusals=1), Expired(fxs.PORT_BUSY), Ringing(BELL, refusals=1), (RINGS,)),
    (Ringing(BELL, refusals=MOST), PortBusy(), OutOfService("driver_error"), (fxs.Gone("driver_error"),)),
    (Ringing(BELL), PortFailed("card_removed"), OutOfService("card_removed"), (fxs.Gone("card_removed"),)),
    (OffHook(), HangUpSeen(), OnHook(), DOWN),
    (REVERSED, HangUpSeen(), OnHook(), (BACK, *DOWN)),
    (WAITED_FOR, HangUpSeen(), OnHook(), (STOP, *DOWN)),
    (OffHook(), FlashSeen(), OffHook(), (fxs.Flashed(),)),
    (OffHook(), LiftSeen(), OffHook(), ()),
    (OffHook(), StopRinging(), OffHook(), ()),
    (OffHook(), BurstEnded(4000), OffHook(), ()),
    (OffHook(), PortBusy(), OffHook(1), (AGAIN,)),
    (OffHook(1), Expired(fxs.PORT_BUSY), OffHook(1), (fxs.ServePhone(),)),
    (OffHook(MOST), PortBusy(), OutOfService("driver_error"), (fxs.HungUp(), fxs.Gone("driver_error"))),
    (OffHook(), PortFailed("card_removed"), OutOfService("card_removed"), (fxs.HungUp(), fxs.Gone("card_removed"))),
    # dial pulses, and the R key of Chinese telephones
    (OffHook(), PulseSeen("1", True), OffHook(dialling=True), (fxs.KeyTyped("1"), Start(fxs.PULSE_DIALLING))),
    (OffHook(stage=TALKING), PulseSeen("1", True), OffHook(stage=TALKING), (fxs.Flashed(),)),
    (
        OffHook(stage=TALKING),
        PulseSeen("1", False),
        OffHook(stage=TALKING, dialling=True),
        (fxs.KeyTyped("1"), Start(fxs.PULSE_DIALLING)),
    ),
    (
        OffHook(stage=TALKING),
        PulseSeen("2", True),
        OffHook(stage=TALKING, dialling=True),
        (fxs.KeyTyped("2"), Start(fxs.PULSE_DIALLING)),
    ),
    (
        OffHook(stage=TALKING, dialling=True),
        PulseSeen("1", True),
        OffHook(stage=TALKING, dialling=True),
        (fxs.KeyTyped("1"), Start(fxs.PULSE_DIALLING)),
    ),
    (OffHook(dialling=True), Expired(fxs.PULSE_DIALLING), OffHook(), ()),
    # what is plugged in is told
    (OffHook(), CallNow(TALKING, True, True), OffHook(stage=TALKING), ()),
    (OffHook(stage=TALKING), CallNow(TALKING), OffHook(stage=TALKING), ()),
    (OffHook(), CallNow(ANSWERED), OffHook(stage=ANSWERED), ()),
    (OffHook(), CallNow(ANSWERED, True), REVERSED, (fxs.TurnPolarity(reverse=True),)),
    (REVERSED, CallNow(NONE, True), OffHook(), (BACK,)),
    (REVERSED, CallNow(NONE, True, True), OffHook(), (BACK, fxs.RemoveBattery(), Start(fxs.BATTERY_OFF))),
    (OffHook(), Expired(fxs.BATTERY_OFF), OffHook(), (fxs.ServePhone(),)),
    # a second caller
    (OffHook(stage=TALKING), AnnounceWaiting(CALLER), WAITED_FOR, (fxs.ShowWaiting(CALLER, data=True), Start(fxs.WAITING_TONE))),
    (WAITED_FOR, Expired(fxs.WAITING_TONE), WAITED_FOR, (fxs.ShowWaiting(CALLER, data=False), Start(fxs.WAITING_TONE))),
    (OffHook(stage=TALKING), Expired(fxs.WAITING_TONE), OffHook(stage=TALKING), ()),
    (WAITED_FOR, StopWaiting(), OffHook(stage=TALKING), (STOP, Stop(fxs.WAITING_TONE))),
    (OffHook(), StopWaiting(), OffHook(), ()),
    (WAITED_FOR, CallNow(NONE), OffHook(), (STOP, Stop(fxs.WAITING_TONE))),
    (OutOfService("card_removed"), LiftSeen(), OutOfService("card_removed"), ()),
    (OutOfService("card_removed"), PortBusy(), OutOfService("card_removed"), ()),
    (OnHook(), TakenOut("alarm"), OutOfService("alarm"), (fxs.Gone("alarm"),)),
    (Ringing(BELL), TakenOut("alarm"), OutOfService("alarm"), (fxs.StopBell(), fxs.Gone("alarm"))),
    (OffHook(), TakenOut("alarm"), OutOfService("alarm"), (*DOWN, fxs.Gone("alarm"))),
    (REVERSED, TakenOut("alarm"), OutOfService("alarm"), (BACK, *DOWN, fxs.Gone("alarm"))),
    (OutOfService("alarm"), PortFailed("card_removed"), OutOfService("card_removed"), (fxs.Gone("card_removed"),)),
    (OutOfService("alarm"), TakenOut("alarm"), OutOfService("alarm"), ()),
    (OutOfService("card_removed"), PutBack(), OnHook(), (fxs.Usable(),)),
    (OffHook(), PutBack(), OffHook(), ()),
]


def test_no_row_is_untried() -> None:
    """Each row of the phone's table is tried above."""
    tried = {(type(state), event.timer if isinstance(event, Expired) else type(event)) for state, event, _, _ in ROWS}
    assert set(fxs.TABLE.rows) - tried == set()


@pytest.mark.parametrize(("state", "event", "then", "effects"), ROWS, ids=lambda value: type(value).__name__)
def test_row(state: object, event: object, then: object, effects: tuple[object, ...]) -> None:
    """In each situation the phone does exactly what its user expects."""
    machine = Machine(fxs.TABLE, state)
    assert (machine.handle(event), machine.state) == (effects, then)


def test_a_busy_port_is_given_longer_than_a_battery_removal_takes() -> None:
    """Who lifts again right after hanging up is served: 0.8 s of battery removal do not use up our patience."""
    assert fxs.REFUSALS_MOST * fxs.PORT_BUSY.default_s > 0.8 + 0.2


STATES: dict[type, object] = {
    OnHook: OnHook(),
    Announcing: Announcing(TOLD),
    Ringing: Ringing(BELL),
    OffHook: OffHook(),
    OutOfService: OutOfService("card_removed"),
}
EVENTS: tuple[object, ...] = (
    LiftSeen(),
    HangUpSeen(),
    FlashSeen(),
    PulseSeen("1", may_flash=True),
    PulseSeen("2", may_flash=True),
    BurstEnded(4000),
    Shown(),
    PortBusy(),
    PortFailed("card_removed"),
    PortFailed("driver_error"),
    TakenOut("alarm"),
    PutBack(),
    RingPhone(BELL),
    RingPhone(SILENT),
    RingPhone(TOLD),
    StopRinging(),
    CallNow(TALKING, reverses=True, removes=True),
    CallNow(ANSWERED, reverses=True, removes=True),
    CallNow(NONE, reverses=True, removes=True),
    AnnounceWaiting(CALLER),
    StopWaiting(),
    *(Expired(timer) for timer in (fxs.PORT_BUSY, fxs.BATTERY_OFF, fxs.WAITING_TONE, fxs.PULSE_DIALLING)),
)


def test_every_pair_has_been_thought_of() -> None:
    """Nothing that a phone can do meets a state without a rule; only the command to ring and dead timers are refused."""
    table = fxs.TABLE
    assert set(table.states()) == set(STATES)
    keys = table.keys()
    timers = (fxs.PORT_BUSY, fxs.BATTERY_OFF, fxs.WAITING_TONE, fxs.PULSE_DIALLING)
    assert {event.timer if isinstance(event, Expired) else type(event) for event in EVENTS} == set(keys)
    refused = {(state, key) for state in table.states() for key in keys if (state, key) not in {*table.rows, *table.ignored}}
    wanted: set[tuple[type, type | Timer]] = {(state, RingPhone) for state in STATES if state is not OnHook}
    for timer in timers:
        wanted |= {(state, timer) for state in STATES if timer not in table.timers.get(state, ())}
    assert refused == wanted


@given(st.lists(st.sampled_from(EVENTS), max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_walk_leaves_a_bell_ringing_or_a_handset_in_the_air(events: list[object]) -> None:
    """Whatever happens in whatever order: lifts and hang-ups alternate, a phone that is not rung does not ring, and the pair is turned back."""
    machine = Machine(fxs.TABLE)
    up = bell = turned = False
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
                case fxs.ShowAfterBurst():
                    assert bell
                case fxs.ShowBeforeRinging():
                    assert not bell
                case fxs.ShowWaiting() | fxs.RemoveBattery():
                    assert up
                case fxs.TurnPolarity(reverse):
                    assert reverse is not turned
                    turned = reverse
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
        if isinstance(event, PortFailed):
            turned = False  # its channel is closed
        assert turned == (isinstance(machine.state, OffHook) and machine.state.reversed)
        if isinstance(event, PutBack):
            bell = bell and isinstance(machine.state, Ringing)  # a port that failed was closed meanwhile, and opened afresh
        assert bell == isinstance(machine.state, Ringing) or gone
        assert bool(gone) == isinstance(machine.state, OutOfService)
