"""The line machine of an R2 circuit, row by row, and that every pair of state and event has been thought of."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from boards.e1 import r2_line_words as words
from boards.e1.r2_bits import PERSISTENCE, BitsSettled, Changing, Steady, Unknown, bits_table
from boards.e1.r2_line import ALARM, FAR_GONE, FORCED, GLARED, HUNG_UP, NOBODY, NOT_ACKNOWLEDGED, line_table
from boards.e1.r2_line_rules import Direction, Glare, LineCode, LineRules, Pair
from boards.e1.r2_line_words import (
    BothSeized,
    Complaint,
    Ended,
    FarBlocked,
    Guard,
    Idle,
    InAlarm,
    InAnswered,
    InClearing,
    InPulse,
    InSeized,
    InSuspended,
    LocalBlocked,
    LookAgain,
    OutAnswered,
    OutClearedBack,
    OutDoubtful,
    OutHeld,
    OutSeized,
    Releasing,
    SawAnswer,
    SawBlocked,
    SawIdle,
    SawSeizure,
    SeizeLine,
    Seizing,
    SendPair,
    Unsettled,
)
from boards.e1.r2_words import AlarmBegan, AlarmEnded, Answer, BitsSeen, Block, Clear, MeterPulse, ReleaseControl, Suspend, Unblock
from engine.kernel.errors import OurFault, UnexpectedEvent
from engine.kernel.fsm import Expired, Machine, Start
from engine.telephony.causes import Cause, Release

ITU = LineRules()
METERED = LineRules(LineCode(metering_s=0.4))
FORCING = LineRules(LineCode(forced_release=True))
OURS = Release(Cause.USER_BUSY, "busy")
IDLE, SEIZED, BLOCKED, ANSWERED = (SendPair(pair) for pair in (Pair.IDLE, Pair.SEIZED, Pair.BLOCKED, Pair.ANSWERED))
CALLING, CALLED, LAST = ReleaseControl.CALLING_PARTY, ReleaseControl.CALLED_PARTY, ReleaseControl.LAST_PARTY
REST = (IDLE, Start(words.GUARD))
GIVE_UP = (IDLE, Start(words.RELEASE_WAIT))


def over(release: Release) -> tuple[object, ...]:
    """Clear forward, and one end."""
    return (IDLE, Ended(release), Start(words.RELEASE_WAIT))


ROWS: Sequence[tuple[LineRules, object, object, object, tuple[object, ...]]] = [
    (ITU, Unsettled(), words.Begin(), Unsettled(), (IDLE, LookAgain())),
    (ITU, Unsettled(), SawIdle(), Idle(), (IDLE,)),
    (ITU, Unsettled(), SawBlocked(), FarBlocked(), (IDLE,)),
    (ITU, Unsettled(), SawSeizure(), Unsettled(), (BLOCKED,)),
    (ITU, Unsettled(), SawAnswer(), Unsettled(), (IDLE,)),
    (ITU, Idle(), SawSeizure(), InSeized(), (BLOCKED, words.FarSeized())),
    (LineRules(direction=Direction.OUTGOING), Idle(), SawSeizure(), Unsettled(), (Complaint("strange_bits"),)),
    (ITU, Idle(), SawAnswer(), Unsettled(), (Complaint("strange_bits"),)),
    (ITU, Idle(), SawBlocked(), FarBlocked(), (IDLE,)),
    (ITU, FarBlocked(), SawIdle(), Idle(), (IDLE,)),
    (ITU, Idle(), SeizeLine(), Seizing(), (SEIZED, Start(words.ACKNOWLEDGE, 2.0))),
    (ITU, Idle(), Block(), LocalBlocked(), (BLOCKED,)),
    (ITU, LocalBlocked(), Unblock(), Unsettled(), (IDLE, LookAgain())),
    (ITU, LocalBlocked(), SawSeizure(), LocalBlocked(), ()),
    (ITU, Seizing(), SawBlocked(), OutSeized(), (words.SeizureAcknowledged(), Start(words.ANSWER_WAIT))),
    (ITU, Seizing(), Clear(OURS), Seizing(given_up=True), (Ended(OURS),)),
    (ITU, Seizing(given_up=True), Clear(OURS), Seizing(given_up=True), ()),
    (ITU, Seizing(given_up=True), SawBlocked(), Releasing(), GIVE_UP),
    (ITU, Seizing(), Expired(words.ACKNOWLEDGE), Guard(), (IDLE, Ended(NOT_ACKNOWLEDGED), Start(words.GUARD, 2.0))),
    (ITU, Seizing(given_up=True), Expired(words.ACKNOWLEDGE), Guard(), (IDLE, Start(words.GUARD, 2.0))),
    (ITU, Seizing(), SawSeizure(), BothSeized(), (Ended(GLARED), Start(words.GLARE_HOLD))),
    (LineRules(glare=Glare.KEEP), Seizing(), SawSeizure(), Seizing(), ()),
    (LineRules(glare=Glare.YIELD), Seizing(), SawSeizure(), InSeized(), (Ended(GLARED), BLOCKED, words.FarSeized())),
    (ITU, BothSeized(), Expired(words.GLARE_HOLD), Releasing(), GIVE_UP),
    (ITU, BothSeized(), SawIdle(), Guard(), REST),
    (ITU, OutSeized(), words.Controlled(CALLING), OutSeized(CALLING), (Start(words.ANSWER_WAIT),)),
    (ITU, OutAnswered(), words.Controlled(CALLING), OutAnswered(CALLING), ()),
    (ITU, OutSeized(CALLING), SawAnswer(), OutAnswered(CALLING), (words.FarAnswered(),)),
    (ITU, OutSeized(), Expired(words.ANSWER_WAIT), Releasing(), over(NOBODY)),
    (ITU, OutSeized(), Clear(OURS), Releasing(), over(OURS)),
    (ITU, OutSeized(), SawIdle(), Guard(), (IDLE, Ended(FAR_GONE), Start(words.GUARD))),
    (ITU, OutSeized(), SawSeizure(), Releasing(), over(FAR_GONE)),
    (FORCING, OutAnswered(), SawSeizure(), Releasing(), over(FORCED)),
    (ITU, OutAnswered(), SawBlocked(), Releasing(), over(HUNG_UP)),
    (ITU, OutAnswered(CALLED), SawBlocked(), Releasing(), over(HUNG_UP)),
    (ITU, OutAnswered(CALLING), SawBlocked(), OutClearedBack(CALLING), (words.FarClearedBack(), Start(words.REANSWER, 60.0))),
    (ITU, OutAnswered(LAST), SawBlocked(), OutClearedBack(LAST), (words.FarClearedBack(), Start(words.REANSWER, 60.0))),
    (ITU, OutAnswered(CALLED), Clear(OURS), OutHeld(), (Ended(OURS), Start(words.HELD))),
    (ITU, OutAnswered(CALLING), Clear(OURS), Releasing(), over(OURS)),
    (METERED, OutAnswered(), SawBlocked(), OutDoubtful(), (Start(words.METERING, 0.4),)),
    (METERED, OutDoubtful(), SawAnswer(), OutAnswered(), (words.PulseCame(),)),
    (METERED, OutDoubtful(), Expired(words.METERING), Releasing(), over(HUNG_UP)),
    (ITU, OutClearedBack(), SawAnswer(), OutAnswered(CALLING), (words.FarReanswered(),)),
    (ITU, OutClearedBack(), Expired(words.REANSWER), Releasing(), over(HUNG_UP)),
    (ITU, OutClearedBack(), Clear(OURS), Releasing(), over(OURS)),
    (ITU, OutHeld(), SawBlocked(), Releasing(), GIVE_UP),
    (ITU, OutHeld(), Expired(words.HELD), Releasing(), GIVE_UP),
    (ITU, OutHeld(), SawIdle(), Guard(), REST),
    (ITU, Releasing(), SawIdle(), Guard(), REST),
    (ITU, Releasing(), SawBlocked(), Releasing(), ()),
    (ITU, Releasing(), SawSeizure(), InSeized(), (BLOCKED, words.FarSeized())),
    (ITU, Releasing(), Expired(words.RELEASE_WAIT), Unsettled(), (Complaint("no_release_guard"),)),
    (ITU, Guard(), Expired(words.GUARD), Idle(), ()),
    (ITU, Guard(), SawSeizure(), InSeized(), (BLOCKED, words.FarSeized())),
    (ITU, InSeized(), Answer(), InAnswered(), (ANSWERED,)),
    (ITU, InSeized(), SawIdle(), Guard(), (Ended(HUNG_UP), *REST)),
    (ITU, InSeized(), Clear(OURS), InClearing(), (BLOCKED, Ended(OURS), Start(words.CLEAR_FORWARD_WAIT))),
    (ITU, InAnswered(), Clear(OURS), InClearing(), (BLOCKED, Ended(OURS), Start(words.CLEAR_FORWARD_WAIT))),
    (ITU, InAnswered(), SawIdle(), Guard(), (Ended(HUNG_UP), *REST)),
    (ITU, InAnswered(), MeterPulse(), InPulse(), (BLOCKED, Start(words.PULSE))),
    (ITU, InPulse(), Expired(words.PULSE), InAnswered(), (ANSWERED,)),
    (ITU, InAnswered(), Suspend(), InSuspended(), (BLOCKED, Start(words.CLEAR_FORWARD_WAIT))),
    (ITU, InSuspended(), Answer(), InAnswered(), (ANSWERED,)),
    (ITU, InSuspended(), Expired(words.CLEAR_FORWARD_WAIT), InClearing(), (BLOCKED, Ended(HUNG_UP), Start(words.CLEAR_FORWARD_WAIT))),
    (ITU, InClearing(), SawIdle(), Guard(), REST),
    (ITU, InClearing(), Expired(words.CLEAR_FORWARD_WAIT), Unsettled(), (BLOCKED, Complaint("no_clear_forward"), LookAgain())),
    (FORCING, InClearing(), Expired(words.CLEAR_FORWARD_WAIT), InClearing(forced=True), (SEIZED, Start(words.CLEAR_FORWARD_WAIT))),
    (
        FORCING,
        InClearing(forced=True),
        Expired(words.CLEAR_FORWARD_WAIT),
        Unsettled(),
        (BLOCKED, Complaint("no_clear_forward"), LookAgain()),
    ),
    (ITU, Idle(), AlarmBegan(), InAlarm(), (BLOCKED,)),
    (ITU, OutAnswered(), AlarmBegan(), InAlarm(), (IDLE, Ended(ALARM))),
    (ITU, Seizing(given_up=True), AlarmBegan(), InAlarm(), (IDLE,)),
    (ITU, InAnswered(), AlarmBegan(), InAlarm(), (BLOCKED, Ended(ALARM))),
    (ITU, InClearing(), AlarmBegan(), InAlarm(), (BLOCKED,)),
    (ITU, InAlarm(), SawSeizure(), InAlarm(), ()),
    (ITU, InAlarm(), AlarmEnded(), Unsettled(), (LookAgain(),)),
]


@pytest.mark.parametrize(("rules", "state", "event", "then", "effects"), ROWS, ids=lambda value: type(value).__name__)
def test_row(rules: LineRules, state: object, event: object, then: object, effects: tuple[object, ...]) -> None:
    """In each situation the far exchange sees the bits that it expects, and a call has the end that belongs to it."""
    machine = Machine(line_table(rules), state)
    assert (machine.handle(event), machine.state) == (effects, then)


COMMANDS = {Answer, Suspend, MeterPulse, Clear, Block, Unblock, AlarmBegan, AlarmEnded, words.Controlled}
FROM_FAR = {SawIdle, SawSeizure, SawBlocked, SawAnswer}


def test_every_pair_has_been_thought_of() -> None:
    """What our side says late meets no state without a rule; refused is only what makes no sense, or what the far end must not send."""
    table = line_table()
    keys = table.keys()
    refused = {
        (state, key)
        for state in table.states()
        for key in keys
        if isinstance(key, type) and (state, key) not in {*table.rows, *table.ignored}
    }
    assert not {pair for pair in refused if pair[1] in COMMANDS}
    far = {pair for pair in refused if pair[1] in FROM_FAR}
    assert far == {
        (Seizing, SawAnswer),
        (BothSeized, SawAnswer),
        (OutDoubtful, SawBlocked),
        (OutClearedBack, SawBlocked),
        *((state, seen) for state in (InSeized, InAnswered, InPulse, InSuspended, InClearing) for seen in (SawBlocked, SawAnswer)),
    }
    assert {pair for pair in refused if pair not in far} == {
        *((state, SeizeLine) for state in table.states() if state is not Idle),
        *((state, words.Begin) for state in table.states() if state is not Unsettled),
    }


# ---- bits ------------------------------------------------------------------------------------------------------------


def test_a_glitch_of_the_bits_is_no_signal() -> None:
    """A disturbance shorter than 20 ms neither seizes a circuit nor cuts a call."""
    machine = Machine(bits_table())
    wait = (Start(PERSISTENCE, 0.02),)
    assert (machine.handle(BitsSeen(0b1001)), machine.state) == (wait, Changing(None, 0b1001))
    assert (machine.handle(Expired(PERSISTENCE)), machine.state) == ((BitsSettled(0b1001),), Steady(0b1001))
    assert (machine.handle(BitsSeen(0b1001)), machine.state) == ((), Steady(0b1001))
    assert (machine.handle(BitsSeen(0b0001)), machine.state) == (wait, Changing(0b1001, 0b0001))
    assert (machine.handle(BitsSeen(0b0001)), machine.state) == ((), Changing(0b1001, 0b0001))
    assert (machine.handle(BitsSeen(0b1001)), machine.state) == ((), Steady(0b1001))
    assert machine.handle(BitsSeen(0b0001)) == wait
    assert machine.handle(BitsSeen(0b1101)) == wait
    assert (machine.handle(AlarmBegan()), machine.state) == ((), Unknown())


def test_without_persistence_bits_count_at_once() -> None:
    """A site that sets the check to 0 sees each change as it comes."""
    machine = Machine(bits_table(0))
    assert (machine.handle(BitsSeen(5)), machine.state) == ((BitsSettled(5),), Steady(5))


def test_a_country_has_its_own_constant_bits() -> None:
    """An exchange in China sees C and D at 1, one of ITU-T 0 and 1; what it sends itself there does not matter."""
    assert [LineCode(0b11).bits(pair) for pair in Pair] == [0b1011, 0b0011, 0b1111, 0b0111]
    assert [LineCode().bits(pair) for pair in Pair] == [0b1001, 0b0001, 0b1101, 0b0101]
    assert [LineCode().pair(bits) for bits in (0b1011, 0b0000, 0b1110, 0b0111)] == list(Pair)
    with pytest.raises(OurFault):
        LineCode(4)


@pytest.mark.parametrize("rules", [{"persistence_s": 0.2}, {"acknowledge_s": 0.01}, {"reanswer_s": 600.0}])
def test_times_of_a_line_have_limits(rules: dict[str, float]) -> None:
    """A trunk whose times make no sense is named when it is set up, not when calls fail."""
    with pytest.raises(OurFault):
        LineRules(**rules)  # type: ignore[arg-type]  # times by name


def test_a_refused_event_changes_nothing() -> None:
    """An answer before the acknowledgement does not disturb the seizure."""
    machine = Machine(line_table(), Seizing())
    with pytest.raises(UnexpectedEvent):
        machine.handle(SawAnswer())
    assert machine.state == Seizing()
