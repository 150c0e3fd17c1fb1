"""One party's part in a call, row by row."""

from __future__ import annotations

import pytest

from engine.calls import leg as l
from engine.kernel.fsm import Machine
from engine.telephony.causes import Cause, Release
from engine.telephony.lines import RingKind

UNKNOWN = Release(Cause.UNALLOCATED_NUMBER, "unallocated")
OFFERED, SEIZING, PROCEEDING, UP, ON_HOLD, GONE = l.Offered(), l.Seizing(), l.Proceeding(), l.Up(), l.OnHold(), l.Gone()
RINGS, RECALLED = l.Alerting(RingKind.QUEUE), l.Alerting(RingKind.RECALL)
SILENT, SOUNDING = l.Proceeding(ringback=True), l.Proceeding(in_band=True)
DROP = l.Drop(Cause.USER_BUSY, failed=True)
RELEASED = (l.DoRelease(Cause.USER_BUSY, failed=True),)

ROWS: list[tuple[object, object, object, tuple[object, ...]]] = [
    (OFFERED, l.TellAlerting(), OFFERED, (l.DoAlert(),)),
    (OFFERED, l.GiveRingback(), l.Offered(ringback=True), ()),
    (l.Offered(ringback=True), l.TellAnnounced(), OFFERED, (l.DoAnnounce(),)),
    (OFFERED, l.Accept(), UP, (l.DoAccept(),)),
    (OFFERED, l.Leave(), GONE, ()),
    (OFFERED, DROP, GONE, RELEASED),
    (SEIZING, l.Dialled(), PROCEEDING, ()),
    (SEIZING, l.FarAnswered(), UP, ()),
    (SEIZING, l.Leave(), GONE, ()),
    (SEIZING, DROP, GONE, RELEASED),
    (PROCEEDING, l.Progressed(alerting=True, in_band=False), SILENT, ()),
    (PROCEEDING, l.Progressed(alerting=True, in_band=True), SOUNDING, ()),
    (PROCEEDING, l.Progressed(alerting=False, in_band=True), SOUNDING, ()),
    (SOUNDING, l.Progressed(alerting=True, in_band=False), SOUNDING, ()),
    (SILENT, l.Progressed(alerting=True, in_band=False), SILENT, ()),
    (SILENT, l.Progressed(alerting=False, in_band=True), SOUNDING, ()),
    (SILENT, l.Fails(UNKNOWN), l.Proceeding(in_band=True, failing=UNKNOWN), ()),
    (SILENT, l.FarAnswered(), UP, ()),
    (PROCEEDING, l.Leave(), GONE, ()),
    (PROCEEDING, DROP, GONE, RELEASED),
    (RINGS, l.Lift(), UP, ()),
    (RINGS, l.Leave(), GONE, (l.StopBell(),)),
    (RINGS, DROP, GONE, (l.StopBell(),)),
    (UP, l.Aside(), ON_HOLD, ()),
    (UP, l.Leave(), GONE, ()),
    (UP, DROP, GONE, RELEASED),
    (ON_HOLD, l.Back(), UP, ()),
    (ON_HOLD, l.Leave(recall=True), RECALLED, (l.RingBell(RingKind.RECALL),)),
    (ON_HOLD, l.Leave(), GONE, ()),
    (ON_HOLD, DROP, GONE, RELEASED),
]


@pytest.mark.parametrize(
    ("state", "event", "then", "effects"), ROWS, ids=[f"{type(s).__name__}-{type(e).__name__}-{n}" for n, (s, e, _, _) in enumerate(ROWS)]
)
def test_a_row_does_what_it_should(state: object, event: object, then: object, effects: tuple[object, ...]) -> None:
    """A line or a phone in a call is told exactly this, and is in the call exactly so afterwards."""
    machine = Machine(l.TABLE, state)
    assert machine.handle(event) == effects
    assert machine.state == then


def test_no_row_is_untried() -> None:
    """Each row of the leg's table is tried above."""
    assert {(type(state), type(event)) for state, event, _, _ in ROWS} == set(l.TABLE.rows)


def test_what_is_ignored_changes_nothing() -> None:
    """What is said twice, or after its user has hung up, is no news."""
    begun: dict[type, object] = {type(state): state for state, _, _, _ in ROWS}
    said: dict[type, object] = {type(event): event for _, event, _, _ in ROWS}
    for state, event in l.TABLE.ignored:
        assert isinstance(event, type)
        machine = Machine(l.TABLE, begun[state])
        assert machine.handle(said[event]) == ()
        assert machine.state == begun[state]
