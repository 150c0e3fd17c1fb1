"""The life of a port, row by row, and on walks at random."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boards.dahdi.port_life import (
    ALARM,
    CARD_REMOVED,
    DRIVER_ERROR,
    MAINTENANCE,
    RETRY,
    SETTLED,
    TABLE,
    Begin,
    CloseChannel,
    Closed,
    End,
    Fail,
    GiveBack,
    Held,
    Hold,
    Lend,
    Lent,
    LookNow,
    OpenChannel,
    Opened,
    PutIn,
    Refused,
    Serving,
    Shut,
    TakeOut,
    Unhold,
)
from engine.kernel.errors import UnexpectedEvent
from engine.kernel.fsm import Expired, Machine, Start

IN_ALARM = frozenset({ALARM})
BOTH = frozenset({ALARM, MAINTENANCE})
IN_MAINTENANCE = frozenset({MAINTENANCE})

ROWS: list[tuple[object, object, object, tuple[object, ...]]] = [
    (Closed(), Begin(), Closed(), (OpenChannel(),)),
    (Closed(), Opened(), Serving(), (PutIn(),)),
    (Closed(), Opened(IN_ALARM), Held(IN_ALARM), (TakeOut(ALARM),)),
    (Closed(), Refused("taken"), Shut("taken"), (TakeOut("taken"), Start(RETRY))),
    (Serving(), Hold(ALARM), Held(IN_ALARM), (TakeOut(ALARM),)),
    (Held(IN_ALARM), Hold(MAINTENANCE), Held(BOTH), ()),
    (Held(IN_MAINTENANCE), Hold(ALARM), Held(BOTH), (TakeOut(ALARM),)),
    (Held(BOTH), Unhold(ALARM), Held(IN_MAINTENANCE), (TakeOut(MAINTENANCE),)),
    (Held(IN_ALARM), Unhold(MAINTENANCE), Held(IN_ALARM), ()),
    (Held(IN_ALARM), Unhold(ALARM), Serving(), (PutIn(),)),
    (Serving(), Fail(CARD_REMOVED), Shut(CARD_REMOVED), (TakeOut(CARD_REMOVED), CloseChannel(), Start(RETRY, 2.0))),
    (Held(IN_ALARM), Fail(DRIVER_ERROR), Shut(DRIVER_ERROR, 0, IN_ALARM), (TakeOut(DRIVER_ERROR), CloseChannel(), Start(RETRY, 2.0))),
    (Serving(3), Fail(DRIVER_ERROR), Shut(DRIVER_ERROR, 3), (TakeOut(DRIVER_ERROR), CloseChannel(), Start(RETRY, 16.0))),
    (Shut(DRIVER_ERROR), Fail(CARD_REMOVED), Shut(CARD_REMOVED), (TakeOut(CARD_REMOVED),)),
    (Shut(CARD_REMOVED), Fail(DRIVER_ERROR), Shut(CARD_REMOVED), ()),
    (Shut(CARD_REMOVED), Expired(RETRY), Shut(CARD_REMOVED), (OpenChannel(),)),
    (Shut(CARD_REMOVED, 6), LookNow(), Shut(CARD_REMOVED, 6), (OpenChannel(),)),
    (Shut(CARD_REMOVED), Refused("no_channel"), Shut(CARD_REMOVED, 1), (Start(RETRY, 4.0),)),
    (Shut("taken", 1), Refused("not_configured"), Shut("not_configured", 2), (TakeOut("not_configured"), Start(RETRY, 8.0))),
    (Shut("taken", 99), Refused("taken"), Shut("taken", 100), (Start(RETRY, 60.0),)),
    (Shut("taken", 1), Opened(), Serving(2), (PutIn(), Start(SETTLED))),
    (Shut("taken", 0, IN_ALARM), Opened(), Held(IN_ALARM, 1), (TakeOut(ALARM), Start(SETTLED))),
    (Shut("taken", 0, IN_MAINTENANCE), Opened(IN_ALARM), Held(BOTH, 1), (TakeOut(ALARM), Start(SETTLED))),
    (Shut("taken"), Hold(ALARM), Shut("taken", 0, IN_ALARM), ()),
    (Shut("taken", 0, BOTH), Unhold(ALARM), Shut("taken", 0, IN_MAINTENANCE), ()),
    (Serving(2), Expired(SETTLED), Serving(0), ()),
    (Held(IN_ALARM, 2), Expired(SETTLED), Held(IN_ALARM, 0), ()),
    (Serving(2), Hold(ALARM), Held(IN_ALARM, 2), (TakeOut(ALARM), Start(SETTLED))),
    (Serving(), Lend(), Lent(), (TakeOut(MAINTENANCE), CloseChannel())),
    (Held(IN_ALARM), Lend(), Lent(IN_ALARM), (TakeOut(MAINTENANCE), CloseChannel())),
    (Shut(CARD_REMOVED, 3), Lend(), Lent(), (TakeOut(MAINTENANCE), CloseChannel())),
    (Lent(), Hold(ALARM), Lent(IN_ALARM), ()),
    (Lent(IN_ALARM), Unhold(ALARM), Lent(), ()),
    (Lent(), Fail(CARD_REMOVED), Lent(), ()),
    (Lent(IN_ALARM), GiveBack(), Shut(MAINTENANCE, 0, IN_ALARM), (Start(RETRY, 1.0),)),
    (Lent(), End(), Closed(), ()),
    (Serving(), End(), Closed(), ()),
    (Shut("taken"), End(), Closed(), ()),
]


@pytest.mark.parametrize(("state", "event", "then", "effects"), ROWS, ids=lambda value: type(value).__name__)
def test_row(state: object, event: object, then: object, effects: tuple[object, ...]) -> None:
    """A port comes and goes as a technician who pulls cards and cables expects."""
    machine = Machine(TABLE, state)
    assert (machine.handle(event), machine.state) == (effects, then)


STATES: dict[type, object] = {Closed: Closed(), Serving: Serving(), Held: Held(IN_ALARM), Shut: Shut(CARD_REMOVED), Lent: Lent()}
EVENTS: tuple[object, ...] = (
    Begin(),
    End(),
    Hold(ALARM),
    Hold(MAINTENANCE),
    Unhold(ALARM),
    Unhold(MAINTENANCE),
    Fail(CARD_REMOVED),
    Fail(DRIVER_ERROR),
    Opened(),
    Refused("taken"),
    LookNow(),
    Lend(),
    GiveBack(),
    Expired(RETRY),
    Expired(SETTLED),
)


def test_every_pair_has_been_thought_of() -> None:
    """Nothing that can happen to a port meets a state without a rule; only a second beginning and dead timers are refused."""
    assert set(TABLE.states()) == set(STATES)
    keys = TABLE.keys()
    assert {event.timer if isinstance(event, Expired) else type(event) for event in EVENTS} == set(keys)
    refused = {(state, key) for state in TABLE.states() for key in keys if (state, key) not in {*TABLE.rows, *TABLE.ignored}}
    wanted: set[tuple[type, object]] = {(state, Begin) for state in STATES if state is not Closed}
    for timer in (RETRY, SETTLED):
        wanted |= {(state, timer) for state in STATES if timer not in TABLE.timers.get(state, ())}
    assert refused == wanted


@given(st.lists(st.sampled_from(EVENTS), max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_walk_leaves_a_port_that_nobody_tries_again(events: list[object]) -> None:
    """Whatever happens: a line is out exactly while its port does not serve, and a port that is shut has a try before it within a minute."""
    machine = Machine(TABLE)
    running: set[object] = set()
    out = opening = False
    for event in events:
        if isinstance(event, Expired) and event.timer not in running:
            continue
        if isinstance(event, Opened | Refused) and not opening:
            continue
        if isinstance(event, Expired):
            running.discard(event.timer)
        try:
            effects = machine.handle(event)
        except UnexpectedEvent:
            continue
        opening = opening and not isinstance(event, Opened | Refused | End)
        running &= set(machine.timers_now())
        for effect in effects:
            match effect:
                case TakeOut():
                    out = True
                case PutIn():
                    out = False
                case OpenChannel():
                    opening = True
                case Start(timer, seconds):
                    assert (seconds or timer.default_s) <= 60
                    running.add(timer)
        state = machine.state
        if isinstance(state, Closed):
            out = False
        else:
            assert out == (not isinstance(state, Serving))
        opening = opening and not isinstance(state, Lent)  # closed again before it could be told
        if isinstance(state, Shut):
            assert opening or RETRY in running
        if isinstance(state, Serving | Held):
            assert bool(state.failures) == (SETTLED in running)
