"""The call machine, row by row, and under any order of events."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calls import call as c
from engine.kernel.errors import UnexpectedEvent
from engine.kernel.fsm import Expired, Machine, Start
from engine.telephony.causes import Cause, Release

BUSY = Release(Cause.NORMAL_CALL_CLEARING, "busy_tone")
SHUT = Release(Cause.TEMPORARY_FAILURE, "shutdown")
HUNG_UP = Release(Cause.NORMAL_CALL_CLEARING, "hung_up")
GAVE_UP = Release(Cause.NORMAL_CALL_CLEARING, "gave_up")
NO_ANSWER = Release(Cause.NO_ANSWER, "no_answer")
GONE, END = c.FarReleased(BUSY), c.End(SHUT, "system")

ARRIVED = c.Arrived("L")
WAITING = c.Answered("L")
ALERTING = c.Answered("L", "P")
GREETING = c.Greeting("L", "P")
SEIZING = c.Seizing("P", "L")
PROCEEDING = c.Proceeding("P", "L")
RUNG = c.Proceeding("P", "L", ringback=True)
SOUNDING = c.Proceeding("P", "L", in_band=True)
UNKNOWN = Release(Cause.UNALLOCATED_NUMBER, "unallocated")
FAILING = c.Proceeding("P", "L", in_band=True, failing=UNKNOWN)
CALLING = c.Calling("P", "Q")
TALKING = c.Connected("L", "P", outer_is_line=True)
INSIDE = c.Connected("P", "Q", outer_is_line=False)
OVER = c.Ended()
ON_HOLD = c.Held("L", "P", outer_is_line=True, holder="P")
INSIDE_HELD = c.Held("P", "Q", outer_is_line=False, holder="Q")
RECALLING = c.Recalling("L", "P", outer_is_line=True, holder="P")
INSIDE_RECALLING = c.Recalling("P", "Q", outer_is_line=False, holder="Q")
MUSIC_ENDS = c.StopMusic()

ROWS: list[tuple[object, object, object, tuple[object, ...]]] = [
    (ARRIVED, c.Alert(), ARRIVED, (c.AlertLine("L"),)),
    (ARRIVED, c.Announce(), ARRIVED, (c.AnnounceOnLine("L"),)),
    (ARRIVED, c.Answer(), WAITING, (c.AnswerLine("L"), c.TellAnswered("local"))),
    (ARRIVED, GONE, OVER, (c.TellEnded(BUSY, "caller"),)),
    (ARRIVED, END, OVER, (c.ReleaseLine("L", SHUT.cause), c.TellEnded(SHUT, "system"))),
    (WAITING, c.Ring("P"), ALERTING, (c.RingBell("P"),)),
    (ALERTING, c.Ring("Q"), c.Answered("L", "Q"), (c.StopBell("P"), c.RingBell("Q"))),
    (WAITING, c.StopRing(), WAITING, ()),
    (ALERTING, c.StopRing(), WAITING, (c.StopBell("P"),)),
    (ALERTING, c.Lift("P"), GREETING, (c.HearOuter("L", "P"), c.TellPhoneBusy("P"), c.TellConnected("P"), c.TellLifted("P"))),
    (ALERTING, c.Lift("Q"), ALERTING, ()),
    (WAITING, GONE, OVER, (c.TellEnded(BUSY, "caller"),)),
    (ALERTING, GONE, OVER, (c.StopBell("P"), c.TellEnded(BUSY, "caller"))),
    (ALERTING, c.PhoneDown("P"), WAITING, (c.StopBell("P"),)),
    (ALERTING, c.PhoneDown("Q"), ALERTING, ()),
    (WAITING, END, OVER, (c.ReleaseLine("L", SHUT.cause), c.TellEnded(SHUT, "system"))),
    (ALERTING, END, OVER, (c.StopBell("P"), c.ReleaseLine("L", SHUT.cause), c.TellEnded(SHUT, "system"))),
    (GREETING, c.Join(), TALKING, (c.Bridge("L", "P"),)),
    (GREETING, GONE, OVER, (c.Unbridge("L", "P"), c.BusyTone("P"), c.TellEnded(BUSY, "caller"))),
    (GREETING, c.PhoneDown("P"), OVER, (c.Unbridge("L", "P"), c.ReleaseLine("L"), c.TellEnded(HUNG_UP, "agent"))),
    (GREETING, c.PhoneDown("Q"), GREETING, ()),
    (GREETING, END, OVER, (c.Unbridge("L", "P"), c.ReleaseLine("L", SHUT.cause), c.BusyTone("P"), c.TellEnded(SHUT, "system"))),
    (SEIZING, c.DialledOut(), PROCEEDING, (c.Bridge("L", "P"),)),
    (SEIZING, c.FarAnswered("polarity"), TALKING, (c.Bridge("L", "P"), c.TellAnswered("polarity"), c.TellConnected("P"))),
    (SEIZING, c.LineMoved("N"), c.Seizing("P", "N"), ()),
    (SEIZING, GONE, OVER, (c.Unbridge("L", "P"), c.CauseTone("P", BUSY.cause), c.TellEnded(BUSY, "caller"))),
    (SEIZING, c.PhoneDown("P"), OVER, (c.Unbridge("L", "P"), c.ReleaseLine("L"), c.TellEnded(GAVE_UP, "agent"))),
    (SEIZING, c.PhoneDown("Q"), SEIZING, ()),
    (SEIZING, c.LineGaveBack(BUSY), OVER, (c.Unbridge("L", "P"), c.CauseTone("P", BUSY.cause), c.TellEnded(BUSY, "caller"))),
    (
        SEIZING,
        c.LineGaveBack(BUSY, "M"),
        c.Seizing("P", "M"),
        (c.TellRerouted("L", BUSY, "M"), c.SeizeLine("M")),
    ),
    (
        PROCEEDING,
        c.LineGaveBack(BUSY, "M"),
        c.Seizing("P", "M"),
        (c.Unbridge("L", "P"), c.TellRerouted("L", BUSY, "M"), c.SeizeLine("M")),
    ),
    (
        RUNG,
        c.LineGaveBack(BUSY, "M"),
        c.Seizing("P", "M"),
        (c.StopTone("P"), c.Unbridge("L", "P"), c.TellRerouted("L", BUSY, "M"), c.SeizeLine("M")),
    ),
    (SEIZING, END, OVER, (c.Unbridge("L", "P"), c.ReleaseLine("L", SHUT.cause), c.BusyTone("P"), c.TellEnded(SHUT, "system"))),
    (PROCEEDING, c.FarAnswered("assumed"), TALKING, (c.TellAnswered("assumed"), c.TellConnected("P"))),
    (PROCEEDING, c.FarProgressed(True, False), RUNG, (c.TellAlerting(), c.RingbackTone("P"))),
    (PROCEEDING, c.FarProgressed(True, True), SOUNDING, (c.TellAlerting(),)),
    (PROCEEDING, c.FarProgressed(False, True), SOUNDING, ()),
    (SOUNDING, c.FarProgressed(True, False), SOUNDING, (c.TellAlerting(),)),
    (RUNG, c.FarProgressed(True, False), RUNG, (c.TellAlerting(),)),
    (RUNG, c.FarProgressed(False, True), SOUNDING, (c.StopTone("P"),)),
    (PROCEEDING, c.FarFails(UNKNOWN), FAILING, (c.TellFails(UNKNOWN),)),
    (RUNG, c.FarFails(UNKNOWN), FAILING, (c.StopTone("P"), c.TellFails(UNKNOWN))),
    (RUNG, c.FarAnswered("signalled"), TALKING, (c.StopTone("P"), c.TellAnswered("signalled"), c.TellConnected("P"))),
    (FAILING, c.PhoneDown("P"), OVER, (c.Unbridge("L", "P"), c.ReleaseLine("L"), c.TellEnded(UNKNOWN, "caller"))),
    (PROCEEDING, GONE, OVER, (c.Unbridge("L", "P"), c.CauseTone("P", BUSY.cause), c.TellEnded(BUSY, "caller"))),
    (PROCEEDING, c.PhoneDown("P"), OVER, (c.Unbridge("L", "P"), c.ReleaseLine("L"), c.TellEnded(GAVE_UP, "agent"))),
    (PROCEEDING, END, OVER, (c.Unbridge("L", "P"), c.ReleaseLine("L", SHUT.cause), c.BusyTone("P"), c.TellEnded(SHUT, "system"))),
    (CALLING, c.CallPhone(25.0), CALLING, (c.RingbackTone("P"), c.RingBell("Q"), Start(c.RING_TIME, 25.0))),
    (
        CALLING,
        c.Lift("Q"),
        INSIDE,
        (c.StopTone("P"), c.Bridge("P", "Q"), c.TellAnswered("phone"), c.TellPhoneBusy("Q"), c.TellConnected("Q")),
    ),
    (CALLING, c.Lift("R"), CALLING, ()),
    (CALLING, c.PhoneDown("P"), OVER, (c.StopTone("P"), c.StopBell("Q"), c.TellEnded(GAVE_UP, "caller"))),
    (CALLING, c.PhoneDown("Q"), CALLING, ()),
    (CALLING, END, OVER, (c.StopTone("P"), c.StopBell("Q"), c.BusyTone("P"), c.TellEnded(SHUT, "system"))),
    (CALLING, Expired(c.RING_TIME), OVER, (c.StopTone("P"), c.StopBell("Q"), c.BusyTone("P"), c.TellEnded(NO_ANSWER, "system"))),
    (TALKING, GONE, OVER, (c.Unbridge("L", "P"), c.BusyTone("P"), c.TellEnded(BUSY, "caller"))),
    (TALKING, c.PhoneDown("P"), OVER, (c.Unbridge("L", "P"), c.ReleaseLine("L"), c.TellEnded(HUNG_UP, "agent"))),
    (INSIDE, c.PhoneDown("P"), OVER, (c.Unbridge("P", "Q"), c.BusyTone("Q"), c.TellEnded(HUNG_UP, "caller"))),
    (INSIDE, c.PhoneDown("Q"), OVER, (c.Unbridge("P", "Q"), c.BusyTone("P"), c.TellEnded(HUNG_UP, "called"))),
    (TALKING, c.PhoneDown("Q"), TALKING, ()),
    (TALKING, END, OVER, (c.Unbridge("L", "P"), c.ReleaseLine("L", SHUT.cause), c.BusyTone("P"), c.TellEnded(SHUT, "system"))),
    (INSIDE, END, OVER, (c.Unbridge("P", "Q"), c.BusyTone("P"), c.BusyTone("Q"), c.TellEnded(SHUT, "system"))),
    (TALKING, c.Hold("P"), ON_HOLD, (c.Unbridge("L", "P"), c.HoldMusic("L"), c.TellHeld("P"))),
    (TALKING, c.Hold("Q"), TALKING, ()),
    (INSIDE, c.Hold("Q"), INSIDE_HELD, (c.Unbridge("P", "Q"), c.HoldMusic("P"), c.TellHeld("Q"))),
    (ON_HOLD, c.Retrieve(), TALKING, (MUSIC_ENDS, c.Bridge("L", "P"), c.TellRetrieved("P"))),
    (INSIDE_HELD, c.Retrieve(), INSIDE, (MUSIC_ENDS, c.Bridge("P", "Q"), c.TellRetrieved("Q"))),
    (ON_HOLD, GONE, OVER, (MUSIC_ENDS, c.BusyTone("P"), c.TellEnded(BUSY, "caller"))),
    (ON_HOLD, c.PhoneDown("P"), RECALLING, (c.RingBell("P"), Start(c.RECALL_TIME))),
    (ON_HOLD, c.PhoneDown("Q"), ON_HOLD, ()),
    (INSIDE_HELD, c.PhoneDown("P"), OVER, (MUSIC_ENDS, c.BusyTone("Q"), c.TellEnded(HUNG_UP, "caller"))),
    (ON_HOLD, END, OVER, (MUSIC_ENDS, c.ReleaseLine("L"), c.BusyTone("P"), c.TellEnded(SHUT, "system"))),
    (INSIDE_HELD, END, OVER, (MUSIC_ENDS, c.BusyTone("P"), c.BusyTone("Q"), c.TellEnded(SHUT, "system"))),
    (RECALLING, c.Lift("P"), TALKING, (MUSIC_ENDS, c.Bridge("L", "P"), c.TellPhoneBusy("P"), c.TellRetrieved("P"))),
    (RECALLING, c.Lift("Q"), RECALLING, ()),
    (RECALLING, GONE, OVER, (MUSIC_ENDS, c.StopBell("P"), c.TellEnded(BUSY, "caller"))),
    (RECALLING, c.PhoneDown("P"), RECALLING, ()),
    (INSIDE_RECALLING, c.PhoneDown("P"), OVER, (MUSIC_ENDS, c.StopBell("Q"), c.TellEnded(HUNG_UP, "caller"))),
    (RECALLING, END, OVER, (MUSIC_ENDS, c.ReleaseLine("L"), c.StopBell("P"), c.TellEnded(SHUT, "system"))),
    (RECALLING, Expired(c.RECALL_TIME), OVER, (MUSIC_ENDS, c.StopBell("P"), c.ReleaseLine("L"), c.TellEnded(NO_ANSWER, "system"))),
]
SAMPLES: dict[object, object] = {type(event): event for _, event, _, _ in ROWS}


@pytest.mark.parametrize(("state", "event", "then", "effects"), ROWS, ids=[f"{type(s).__name__}-{e!r}"[:50] for s, e, _, _ in ROWS])
def test_a_row_does_what_it_should(state: object, event: object, then: object, effects: tuple[object, ...]) -> None:
    """What callers, agents and lines do to a call has exactly these consequences, in this order."""
    machine = Machine(c.TABLE, state)
    assert machine.handle(event) == effects
    assert machine.state == then


def test_no_row_is_untried() -> None:
    """Each row of the call's table is tried above."""
    tried = {(type(state), event.timer if isinstance(event, Expired) else type(event)) for state, event, _, _ in ROWS}
    assert tried == set(c.TABLE.rows)


@pytest.mark.parametrize(("state", "event"), c.TABLE.ignored, ids=lambda part: part.__name__)
def test_what_is_ignored_changes_nothing(state: type, event: type) -> None:
    """Messages that cross the end of a call, or each other, do no harm."""
    begun = {type(s): s for s, _, _, _ in ROWS}.get(state, OVER)
    machine = Machine(c.TABLE, begun)
    assert machine.handle(SAMPLES[event]) == ()
    assert machine.state == begun


phones = st.sampled_from(["P", "Q", "R"])
events = st.one_of(
    st.sampled_from([c.Answer(), c.StopRing(), c.Join(), c.DialledOut(), GONE, END, c.CallPhone(20.0), Expired(c.RING_TIME)]),
    st.builds(c.Ring, phones),
    st.builds(c.Lift, phones),
    st.builds(c.PhoneDown, phones),
    st.builds(c.Hold, phones),
    st.sampled_from([c.Retrieve(), Expired(c.RECALL_TIME)]),
    st.sampled_from([c.Alert(), c.Announce(), c.FarFails(UNKNOWN), c.LineMoved("M")]),
    st.builds(c.FarProgressed, st.booleans(), st.booleans()),
    st.builds(c.FarAnswered, st.sampled_from(["polarity", "assumed"])),
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([ARRIVED, SEIZING, CALLING]), st.lists(events, max_size=30))
def test_whatever_happens_a_call_ends_once(begun: object, happened: list[object]) -> None:
    """No order of events breaks a call, ends it twice, or leaves a bell, a tone or a bridge behind."""
    machine = Machine(c.TABLE, begun)
    effects: list[object] = []
    for event in happened:
        with contextlib.suppress(UnexpectedEvent):
            effects += machine.handle(event)
    ended = [effect for effect in effects if isinstance(effect, c.TellEnded)]
    assert len(ended) == (1 if machine.state == OVER else 0)
    if ended:
        assert effects[-1] == ended[0], "nothing is done after the end is told"
        assert_all_taken_back(effects)


def assert_all_taken_back(effects: list[object]) -> None:
    """At the end no bell rings that the call rang, and nobody hears anybody through it."""
    ringing: set[str] = set()
    hearing: set[tuple[str, str]] = set()
    for effect in effects:
        match effect:
            case c.RingBell(phone):
                ringing.add(phone)
            case c.StopBell(phone) | c.TellLifted(phone) | c.TellPhoneBusy(phone):
                ringing.discard(phone)
            case c.Bridge(outer, phone) | c.HearOuter(outer, phone):
                hearing.add((outer, phone))
            case c.Unbridge(outer, phone):
                hearing.discard((outer, phone))
            case _:
                pass
    assert not ringing
    assert not hearing
