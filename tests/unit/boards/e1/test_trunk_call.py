"""The call machine of an E1 channel, row by row."""

from __future__ import annotations

import pytest

from boards.e1 import trunk_call as c
from engine.kernel.fsm import Expired, Machine, Start
from engine.telephony.causes import Cause, Release
from engine.telephony.numbers import CallerId

HUNG_UP = Release(Cause.NORMAL_CALL_CLEARING, "hung_up")
UNKNOWN = Release(Cause.UNALLOCATED_NUMBER, "unallocated")
OUT, IDLE, DIALLING, PROCEEDING = c.OutOfService("alarm"), c.Idle(), c.Dialling(), c.Proceeding()
OFFERED, CONNECTED, CLEARING, ANNOUNCING = c.Offered(), c.Connected(), c.Clearing(), c.Announcing("", UNKNOWN)
ANSWER_RUNS, ANNOUNCEMENT_RUNS, SETUP_RUNS = Start(c.ANSWER_WAIT), Start(c.ANNOUNCEMENT_WAIT), Start(c.PROCEEDING_WAIT)
CLEARED = (c.SendClear(HUNG_UP.cause), c.CallReleased(HUNG_UP))
CALLER = CallerId("13800138000")
Row = tuple[object, object, object, tuple[object, ...]]


def held(state: object) -> object:
    """The same state of a channel that goes out of service when its call is over."""
    return type(state)("blocked", *([state.release] if isinstance(state, c.Announcing) else []))  # type: ignore[call-arg]  # as all of them


ROWS: list[Row] = [
    (IDLE, c.Hold("alarm"), OUT, (c.Gone("alarm"),)),
    (IDLE, c.Fail("alarm"), OUT, (c.Gone("alarm"),)),
    (OUT, c.Hold("alarm"), OUT, ()),
    (OUT, c.Hold("blocked"), c.OutOfService("blocked"), (c.Gone("blocked"),)),
    (OUT, c.Fail("blocked"), c.OutOfService("blocked"), (c.Gone("blocked"),)),
    (OUT, c.Unhold(), IDLE, (c.Usable(),)),
    # In.
    (IDLE, c.Arrives(CALLER, "8888"), OFFERED, (c.CallOffered(CALLER, "8888"),)),
    (OFFERED, c.AlertCall(in_band=True), OFFERED, (c.SendAlerting(in_band=True),)),
    (OFFERED, c.AnnounceCall(), OFFERED, (c.SendProgress(),)),
    (OFFERED, c.AnswerCall(), CONNECTED, (c.SendAnswer(),)),
    (OFFERED, c.FarFails(HUNG_UP), CLEARING, CLEARED),
    # Out.
    (IDLE, c.DialNumber("10086", "88886666"), DIALLING, (c.SendSetup("10086", "88886666"), SETUP_RUNS)),
    (DIALLING, c.MovedAway(), IDLE, ()),
    (held(DIALLING), c.MovedAway(), c.OutOfService("blocked"), (c.Gone("blocked"),)),
    (IDLE, c.TakenOver(31), DIALLING, (c.CallMoved(31), SETUP_RUNS)),
    (DIALLING, c.Through(), PROCEEDING, (c.DialledOut(), ANSWER_RUNS)),
    (DIALLING, c.Through(alerting=True), PROCEEDING, (c.DialledOut(), c.Progressed(alerting=True, in_band=False), ANSWER_RUNS)),
    (DIALLING, c.FarAnswered("8888"), CONNECTED, (c.DialledOut(), c.Answered("8888"))),
    (
        DIALLING,
        Expired(c.PROCEEDING_WAIT),
        CLEARING,
        (c.SendClear(Cause.RECOVERY_ON_TIMER_EXPIRY), c.CallReleased(Release(Cause.RECOVERY_ON_TIMER_EXPIRY, "not_dialled"))),
    ),
    (PROCEEDING, c.Through(), PROCEEDING, ()),
    (PROCEEDING, c.Through(in_band=True), PROCEEDING, (c.Progressed(alerting=False, in_band=True),)),
    (PROCEEDING, c.FarAnswered(), CONNECTED, (c.Answered(),)),
    (
        PROCEEDING,
        Expired(c.ANSWER_WAIT),
        CLEARING,
        (c.SendClear(Cause.NO_ANSWER), c.CallReleased(Release(Cause.NO_ANSWER, "no_answer"))),
    ),
    # A failure that is announced.
    (DIALLING, c.FarFails(UNKNOWN), ANNOUNCING, (c.DialledOut(), c.CallFails(UNKNOWN), ANNOUNCEMENT_RUNS)),
    (PROCEEDING, c.FarFails(UNKNOWN), ANNOUNCING, (c.CallFails(UNKNOWN), ANNOUNCEMENT_RUNS)),
    (ANNOUNCING, c.FarAnswered(), CONNECTED, (c.Answered(),)),
    (ANNOUNCING, c.FarEnded(HUNG_UP), CLEARING, (c.SendClear(UNKNOWN.cause), c.CallReleased(UNKNOWN))),
    (ANNOUNCING, c.Over(HUNG_UP), IDLE, (c.CallReleased(UNKNOWN),)),
    (ANNOUNCING, Expired(c.ANNOUNCEMENT_WAIT), CLEARING, (c.SendClear(UNKNOWN.cause), c.CallReleased(UNKNOWN))),
    (CONNECTED, c.FarFails(HUNG_UP), CLEARING, CLEARED),
    # The end.
    (CLEARING, c.Over(HUNG_UP), IDLE, ()),
    (held(CLEARING), c.Over(HUNG_UP), c.OutOfService("blocked"), (c.Gone("blocked"),)),
    (CLEARING, c.Fail("blocked"), held(CLEARING), ()),
    (CLEARING, c.Hold("blocked"), held(CLEARING), ()),
    (held(CLEARING), c.Unhold(), CLEARING, ()),
]
for call in (OFFERED, DIALLING, PROCEEDING, ANNOUNCING, CONNECTED):
    ROWS += [
        (call, c.Hold("blocked"), held(call), ()),
        (held(call), c.Unhold(), call, ()),
        (call, c.Fail("blocked"), held(CLEARING), (c.SendClear(c.LINE_FAILED.cause), c.CallReleased(c.LINE_FAILED))),
        (
            call,
            c.ReleaseCall(Cause.USER_BUSY),
            CLEARING,
            (c.SendRefusal(Cause.USER_BUSY) if call is OFFERED else c.SendClear(Cause.USER_BUSY),),
        ),
    ]
for call in (OFFERED, DIALLING, PROCEEDING, CONNECTED):
    ROWS += [
        (call, c.FarEnded(HUNG_UP), CLEARING, CLEARED),
        (call, c.Over(HUNG_UP), IDLE, (c.CallReleased(HUNG_UP),)),
        (held(call), c.Over(HUNG_UP), c.OutOfService("blocked"), (c.CallReleased(HUNG_UP), c.Gone("blocked"))),
    ]


@pytest.mark.parametrize(("state", "event", "then", "effects"), ROWS, ids=[f"{type(s).__name__}-{e!r}"[:60] for s, e, _, _ in ROWS])
def test_a_row_does_what_it_should(state: object, event: object, then: object, effects: tuple[object, ...]) -> None:
    """What exchange, callers and faults do to a channel has exactly these consequences, in this order."""
    machine = Machine(c.TABLE, state)
    assert machine.handle(event) == effects
    assert machine.state == then


def test_no_row_is_untried() -> None:
    """Each row of the channel's table is tried above."""
    tried = {(type(state), event.timer if isinstance(event, Expired) else type(event)) for state, event, _, _ in ROWS}
    assert tried == set(c.TABLE.rows)


@pytest.mark.parametrize(("state", "event"), c.TABLE.ignored, ids=lambda part: part.__name__)
def test_what_comes_too_late_changes_nothing(state: type, event: type) -> None:
    """Messages that cross the end of a call, or each other, do no harm."""
    begun = next(one for one, _, _, _ in ROWS if type(one) is state)
    sample = next(one for _, one, _, _ in ROWS if type(one) is event)
    machine = Machine(c.TABLE, begun)
    assert machine.handle(sample) == ()
    assert machine.state == begun
