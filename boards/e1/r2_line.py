"""One R2 circuit's line signalling, both ways: what bits are sent, and what the far end's mean.

Sources: ITU-T Q.421 (digital version of R2 line signalling), Q.422 (abnormal conditions), Q.118 (whose hanging up releases);
China No.1 differs in the constant bits and in who controls the release.

    Unsettled ──idle──▶ Idle ◀──────────────── Guard ◀──idle── Releasing ◀──────────┐ clear forward
       ▲  ▲              │ │ ▲                   ▲ ▲                                │
       │  └─ alarm over ─┤ │ └ far end unblocks  │ └ clear forward ┐                │
       │     InAlarm     │ └──seizure──▶ InSeized ──answer──▶ InAnswered            │
       │                 │                       └─ our end ─▶ InClearing           │
       └─ no idle ───────┴──seize──▶ Seizing ──ack──▶ OutSeized ──answer──▶ OutAnswered ──clear back──▶ OutClearedBack

A seizure is never taken back before it is acknowledged: the far end could take the two changes for a glitch, and stay seized (Q.422).

A call has one ``Ended``, when it is over for our side; the circuit may rest or wait longer. A called party's hanging up ends a
call at once unless the caller controls the release; then it may lift again for a time. What the far end must not send
in a state has no row: it is refused, and counted by the circuit as a violation.
"""

from __future__ import annotations

from dataclasses import dataclass

from boards.e1.r2_line_rules import Direction, Glare, LineRules, Pair
from boards.e1.r2_line_words import (
    ACKNOWLEDGE,
    ANSWER_WAIT,
    CLEAR_FORWARD_WAIT,
    GLARE_HOLD,
    GUARD,
    HELD,
    METERING,
    PULSE,
    REANSWER,
    RELEASE_WAIT,
    Begin,
    BothSeized,
    Complaint,
    Controlled,
    Ended,
    FarAnswered,
    FarBlocked,
    FarClearedBack,
    FarReanswered,
    FarSeized,
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
    PulseCame,
    Releasing,
    SawAnswer,
    SawBlocked,
    SawIdle,
    SawSeizure,
    SeizeLine,
    Seizing,
    SeizureAcknowledged,
    SendPair,
    Unsettled,
)
from boards.e1.r2_words import AlarmBegan, AlarmEnded, Answer, Block, Clear, MeterPulse, ReleaseControl, Suspend, Unblock
from engine.kernel.fsm import Expired, Key, Row, Start, Step, Table
from engine.telephony.causes import Cause, Release

__all__ = ["line_table"]

HUNG_UP = Release(Cause.NORMAL_CALL_CLEARING, "hung_up")
ALARM = Release(Cause.NETWORK_OUT_OF_ORDER, "alarm")
FAR_GONE = Release(Cause.TEMPORARY_FAILURE, "far_end_released")
NOT_ACKNOWLEDGED = Release(Cause.NETWORK_OUT_OF_ORDER, "not_acknowledged")
GLARED = Release(Cause.NO_CIRCUIT_AVAILABLE, "glare")
FORCED = Release(Cause.NORMAL_CALL_CLEARING, "forced_release")
NOBODY = Release(Cause.NO_ANSWER, "no_answer")
CALLER_RULES = frozenset({ReleaseControl.CALLING_PARTY, ReleaseControl.LAST_PARTY})
CALLED_RULES = frozenset({ReleaseControl.CALLED_PARTY, ReleaseControl.LAST_PARTY})


@dataclass(frozen=True)
class LineRows:
    """The rows of a circuit that is run by these rules."""

    rules: LineRules

    # ---- no call -----------------------------------------------------------------------------------------------------

    def begin(self, state: Unsettled, _event: Begin) -> Step[object]:
        """Send idle, and see what the far end sends."""
        return Step(state, (SendPair(Pair.IDLE), LookAgain()))

    def settle(self, _state: Unsettled | FarBlocked, _event: SawIdle) -> Step[object]:
        """The circuit can be used."""
        return Step(Idle(), (SendPair(Pair.IDLE),))

    def block_by_far(self, _state: Unsettled | Idle | Guard, _event: SawBlocked) -> Step[object]:
        """The far end takes the circuit out of service."""
        return Step(FarBlocked(), (SendPair(Pair.IDLE),))

    def hold_off(self, state: Unsettled, _event: SawSeizure) -> Step[object]:
        """It sticks in a call that we know nothing of: what we send is a clear back, or no answer to its register."""
        return Step(state, (SendPair(Pair.BLOCKED),))

    def let_go(self, state: Unsettled, _event: SawAnswer) -> Step[object]:
        """It sticks in a call of ours that we know nothing of: clear forward ends it."""
        return Step(state, (SendPair(Pair.IDLE),))

    def strange(self, _state: object, _event: SawAnswer) -> Step[object]:
        """An answer without a call."""
        return Step(Unsettled(), (Complaint("strange_bits"),))

    def take(self, _state: object, _event: SawSeizure) -> Step[object]:
        """The far end calls: acknowledge. A circuit that is for our calls only is not acknowledged."""
        if self.rules.direction is Direction.OUTGOING:
            return Step(Unsettled(), (Complaint("strange_bits"),))
        return Step(InSeized(), (SendPair(Pair.BLOCKED), FarSeized()))

    def seize(self, _state: Idle, _event: SeizeLine) -> Step[object]:
        """Our call begins."""
        return Step(Seizing(), (SendPair(Pair.SEIZED), Start(ACKNOWLEDGE, self.rules.acknowledge_s)))

    def block(self, _state: Idle | FarBlocked, _event: Block) -> Step[object]:
        """The far end sees that we take the circuit out of service."""
        return Step(LocalBlocked(), (SendPair(Pair.BLOCKED),))

    def unblock(self, _state: LocalBlocked, _event: Unblock) -> Step[object]:
        """Back to service, when the far end is idle."""
        return Step(Unsettled(), (SendPair(Pair.IDLE), LookAgain()))

    def rested(self, _state: Guard, _event: Expired) -> Step[object]:
        """It can be used again."""
        return Step(Idle())

    # ---- alarm -------------------------------------------------------------------------------------------------------

    def alarm(self, _state: object, _event: AlarmBegan) -> Step[object]:
        """No call was on it, or none any more."""
        return Step(InAlarm(), (SendPair(Pair.BLOCKED),))

    def alarm_in_ours(self, state: object, _event: AlarmBegan) -> Step[object]:
        """Our call ends; the far end finds clear forward when the span is back."""
        told = isinstance(state, Seizing) and state.given_up
        return Step(InAlarm(), (SendPair(Pair.IDLE), *(() if told else (Ended(ALARM),))))

    def alarm_in_theirs(self, _state: object, _event: AlarmBegan) -> Step[object]:
        """The far end's call ends; it finds clear back, or no answer."""
        return Step(InAlarm(), (SendPair(Pair.BLOCKED), Ended(ALARM)))

    def alarm_over(self, _state: InAlarm, _event: AlarmEnded) -> Step[object]:
        """What the far end sends decides."""
        return Step(Unsettled(), (LookAgain(),))

    # ---- our calls: seizing ------------------------------------------------------------------------------------------

    def acknowledged(self, state: Seizing, _event: SawBlocked) -> Step[object]:
        """The far end listens."""
        if state.given_up:
            return self._clear_forward()
        return Step(OutSeized(), (SeizureAcknowledged(), Start(ANSWER_WAIT)))

    def not_acknowledged(self, state: Seizing, _event: Expired) -> Step[object]:
        """The far end does not listen: give up. Should the acknowledgement come late, it looks like blocking, and passes."""
        told = () if state.given_up else (Ended(NOT_ACKNOWLEDGED),)
        return Step(Guard(), (SendPair(Pair.IDLE), *told, Start(GUARD, GUARD.most_s)))

    def give_up_seizing(self, state: Seizing, event: Clear) -> Step[object]:
        """Our side has changed its mind; the far end must see the seizure out."""
        return Step(state) if state.given_up else Step(Seizing(given_up=True), (Ended(event.release),))

    def glare(self, state: Seizing, _event: SawSeizure) -> Step[object]:
        """The far end has seized too."""
        told = () if state.given_up else (Ended(GLARED),)
        if self.rules.direction is Direction.OUTGOING or self.rules.glare is Glare.KEEP:
            return Step(state)
        if self.rules.glare is Glare.YIELD:
            return Step(InSeized(), (*told, SendPair(Pair.BLOCKED), FarSeized()))
        return Step(BothSeized(), (*told, Start(GLARE_HOLD)))

    def glare_over(self, _state: BothSeized, _event: Expired) -> Step[object]:
        """Both ends have seen it."""
        return self._clear_forward()

    def far_let_go(self, _state: BothSeized, _event: SawIdle) -> Step[object]:
        """The far end was the first to let go."""
        return Step(Guard(), (SendPair(Pair.IDLE), Start(GUARD)))

    # ---- our calls: ringing and speech -------------------------------------------------------------------------------

    def controlled(self, _state: OutSeized, event: Controlled) -> Step[object]:
        """The far end is free, and told whose hanging up counts."""
        return Step(OutSeized(event.control), (Start(ANSWER_WAIT),))

    def controlled_late(self, _state: OutAnswered, event: Controlled) -> Step[object]:
        """It was told just when the called party answered."""
        return Step(OutAnswered(event.control))

    def answered(self, state: OutSeized, _event: SawAnswer) -> Step[object]:
        """The called party lifts."""
        return Step(OutAnswered(state.control), (FarAnswered(),))

    def nobody_answers(self, _state: OutSeized, _event: Expired) -> Step[object]:
        """Nobody is there."""
        return self._clear_forward(NOBODY)

    def cleared_back(self, state: OutAnswered, _event: SawBlocked) -> Step[object]:
        """The called party hung up, unless it is a metering pulse."""
        if self.rules.code.metering_s:
            return Step(OutDoubtful(state.control), (Start(METERING, self.rules.code.metering_s),))
        return self._hung_up(state.control)

    def was_metering(self, state: OutDoubtful, _event: SawAnswer) -> Step[object]:
        """It was a pulse."""
        return Step(OutAnswered(state.control), (PulseCame(),))

    def was_clear_back(self, state: OutDoubtful, _event: Expired) -> Step[object]:
        """It was none."""
        return self._hung_up(state.control)

    def reanswered(self, state: OutClearedBack, _event: SawAnswer) -> Step[object]:
        """The called party lifted again."""
        return Step(OutAnswered(state.control), (FarReanswered(),))

    def reanswer_over(self, _state: OutClearedBack, _event: Expired) -> Step[object]:
        """It did not."""
        return self._clear_forward(HUNG_UP)

    def clear_out(self, _state: object, event: Clear) -> Step[object]:
        """Our side hangs up."""
        return self._clear_forward(event.release)

    def clear_answered(self, state: OutAnswered | OutDoubtful, event: Clear) -> Step[object]:
        """Our side hangs up; where the called party controls, the circuit stays."""
        if state.control in CALLED_RULES:
            return Step(OutHeld(), (Ended(event.release), Start(HELD)))
        return self._clear_forward(event.release)

    def forced(self, _state: object, _event: SawSeizure) -> Step[object]:
        """0 0 from the called side: forced release where that is known, else a fault; the call is over either way."""
        return self._clear_forward(FORCED if self.rules.code.forced_release else FAR_GONE)

    def vanished(self, _state: object, _event: SawIdle) -> Step[object]:
        """The far end has gone idle in the middle of our call."""
        return Step(Guard(), (SendPair(Pair.IDLE), Ended(FAR_GONE), Start(GUARD)))

    def let_loose(self, _state: OutHeld, _event: SawBlocked | SawSeizure | Expired) -> Step[object]:
        """The called party gives the circuit free, or has kept it long enough."""
        return self._clear_forward()

    def loose_and_idle(self, _state: OutHeld | Releasing, _event: SawIdle) -> Step[object]:
        """The far end is idle."""
        return Step(Guard(), (SendPair(Pair.IDLE), Start(GUARD)))

    def not_released(self, _state: Releasing, _event: Expired) -> Step[object]:
        """The far end does not go idle."""
        return Step(Unsettled(), (Complaint("no_release_guard"),))

    # ---- the far end's calls -----------------------------------------------------------------------------------------

    def answer(self, _state: InSeized | InSuspended, _event: Answer) -> Step[object]:
        """Our side lifts."""
        return Step(InAnswered(), (SendPair(Pair.ANSWERED),))

    def pulse(self, _state: InAnswered, _event: MeterPulse) -> Step[object]:
        """A pulse begins."""
        return Step(InPulse(), (SendPair(Pair.BLOCKED), Start(PULSE)))

    def pulse_over(self, _state: InPulse, _event: Expired) -> Step[object]:
        """It ends."""
        return Step(InAnswered(), (SendPair(Pair.ANSWERED),))

    def suspend(self, _state: InAnswered | InPulse, _event: Suspend) -> Step[object]:
        """Our side hangs up and may lift again."""
        return Step(InSuspended(), (SendPair(Pair.BLOCKED), Start(CLEAR_FORWARD_WAIT)))

    def suspended_enough(self, _state: InSuspended, _event: Expired) -> Step[object]:
        """Neither has it lifted, nor has the far end cleared."""
        return self._in_clearing(HUNG_UP)

    def clear_in(self, _state: object, event: Clear) -> Step[object]:
        """Our side ends the call: clear back, or no answer ever; the far end clears forward."""
        return self._in_clearing(event.release)

    def cleared_forward(self, _state: object, _event: SawIdle) -> Step[object]:
        """The caller hung up."""
        return Step(Guard(), (Ended(HUNG_UP), SendPair(Pair.IDLE), Start(GUARD)))

    def cleared_at_last(self, _state: InClearing, _event: SawIdle) -> Step[object]:
        """The far end's clear forward has come."""
        return Step(Guard(), (SendPair(Pair.IDLE), Start(GUARD)))

    def not_cleared(self, state: InClearing, _event: Expired) -> Step[object]:
        """It does not come: force the release where that is known, once."""
        if self.rules.code.forced_release and not state.forced:
            return Step(InClearing(forced=True), (SendPair(Pair.SEIZED), Start(CLEAR_FORWARD_WAIT)))
        # where both ends took each other's call, as two that yield do, each shows the other clear back: that looks like blocking, and passes
        return Step(Unsettled(), (SendPair(Pair.BLOCKED), Complaint("no_clear_forward"), LookAgain()))

    # ---- in common ---------------------------------------------------------------------------------------------------

    def _clear_forward(self, release: Release | None = None) -> Step[object]:
        ended = () if release is None else (Ended(release),)
        return Step(Releasing(), (SendPair(Pair.IDLE), *ended, Start(RELEASE_WAIT)))

    def _hung_up(self, control: ReleaseControl) -> Step[object]:
        if control in CALLER_RULES:
            return Step(OutClearedBack(control), (FarClearedBack(), Start(REANSWER, self.rules.reanswer_s)))
        return self._clear_forward(HUNG_UP)

    def _in_clearing(self, release: Release) -> Step[object]:
        return Step(InClearing(), (SendPair(Pair.BLOCKED), Ended(release), Start(CLEAR_FORWARD_WAIT)))


# ---- table -----------------------------------------------------------------------------------------------------------

NO_CALL = (Unsettled, Idle, FarBlocked, LocalBlocked, InAlarm, Guard)
OURS = (Seizing, OutSeized, OutAnswered, OutDoubtful, OutClearedBack)
OURS_OVER = (BothSeized, OutHeld, Releasing)
THEIRS = (InSeized, InAnswered, InPulse, InSuspended)
EVERY = (*NO_CALL, *OURS, *OURS_OVER, *THEIRS, InClearing)
LATE = "the call ended, or changed, at the same moment"
SAME = "it is so already"
MEANINGLESS = "bits mean nothing in an alarm"
WAITS = "the circuit blocks itself when the call is over"


def _no_call(rows: LineRows) -> dict[tuple[type, Key], Row]:
    return {
        (Unsettled, Begin): rows.begin,
        (Unsettled, SawIdle): rows.settle,
        (Unsettled, SawBlocked): rows.block_by_far,
        (Unsettled, SawSeizure): rows.hold_off,
        (Unsettled, SawAnswer): rows.let_go,
        (Idle, SawBlocked): rows.block_by_far,
        (Idle, SawSeizure): rows.take,
        (Idle, SawAnswer): rows.strange,
        (Idle, SeizeLine): rows.seize,
        (Idle, Block): rows.block,
        (FarBlocked, SawIdle): rows.settle,
        (FarBlocked, SawSeizure): rows.take,
        (FarBlocked, SawAnswer): rows.strange,
        (FarBlocked, Block): rows.block,
        (LocalBlocked, Unblock): rows.unblock,
        (Guard, SawBlocked): rows.block_by_far,
        (Guard, SawSeizure): rows.take,
        (Guard, SawAnswer): rows.strange,
        (Guard, GUARD): rows.rested,
        **{(state, AlarmBegan): rows.alarm for state in (*NO_CALL, *OURS_OVER, InClearing) if state is not InAlarm},
        **{(state, AlarmBegan): rows.alarm_in_ours for state in OURS},
        **{(state, AlarmBegan): rows.alarm_in_theirs for state in THEIRS},
        (InAlarm, AlarmEnded): rows.alarm_over,
    }


def _ours(rows: LineRows) -> dict[tuple[type, Key], Row]:
    in_call = (OutSeized, OutAnswered, OutDoubtful, OutClearedBack)
    return {
        (Seizing, SawBlocked): rows.acknowledged,
        (Seizing, SawSeizure): rows.glare,
        (Seizing, Clear): rows.give_up_seizing,
        (Seizing, ACKNOWLEDGE): rows.not_acknowledged,
        (BothSeized, GLARE_HOLD): rows.glare_over,
        (BothSeized, SawIdle): rows.far_let_go,
        (OutSeized, SawAnswer): rows.answered,
        (OutSeized, Controlled): rows.controlled,
        (OutSeized, ANSWER_WAIT): rows.nobody_answers,
        (OutAnswered, SawBlocked): rows.cleared_back,
        (OutAnswered, Controlled): rows.controlled_late,
        (OutDoubtful, SawAnswer): rows.was_metering,
        (OutDoubtful, METERING): rows.was_clear_back,
        (OutClearedBack, SawAnswer): rows.reanswered,
        (OutClearedBack, REANSWER): rows.reanswer_over,
        **{(state, SawSeizure): rows.forced for state in in_call},
        **{(state, SawIdle): rows.vanished for state in in_call},
        (OutSeized, Clear): rows.clear_out,
        (OutClearedBack, Clear): rows.clear_out,
        (OutAnswered, Clear): rows.clear_answered,
        (OutDoubtful, Clear): rows.clear_answered,
        (OutHeld, SawBlocked): rows.let_loose,
        (OutHeld, SawSeizure): rows.let_loose,
        (OutHeld, HELD): rows.let_loose,
        (OutHeld, SawIdle): rows.loose_and_idle,
        (Releasing, SawIdle): rows.loose_and_idle,
        (Releasing, SawSeizure): rows.take,
        (Releasing, RELEASE_WAIT): rows.not_released,
    }


def _theirs(rows: LineRows) -> dict[tuple[type, Key], Row]:
    return {
        (InSeized, Answer): rows.answer,
        (InSuspended, Answer): rows.answer,
        (InAnswered, MeterPulse): rows.pulse,
        (InPulse, PULSE): rows.pulse_over,
        (InAnswered, Suspend): rows.suspend,
        (InPulse, Suspend): rows.suspend,
        (InSuspended, CLEAR_FORWARD_WAIT): rows.suspended_enough,
        **{(state, Clear): rows.clear_in for state in THEIRS},
        **{(state, SawIdle): rows.cleared_forward for state in THEIRS},
        (InClearing, SawIdle): rows.cleared_at_last,
        (InClearing, CLEAR_FORWARD_WAIT): rows.not_cleared,
    }


IGNORED: dict[tuple[type, Key], str] = {
    **{(state, event): LATE for state in EVERY for event in (Answer, MeterPulse, Suspend, Controlled)},
    **{(state, Clear): LATE for state in (*NO_CALL, *OURS_OVER, InClearing)},
    **{(state, event): MEANINGLESS for state in (InAlarm,) for event in (SawIdle, SawSeizure, SawBlocked, SawAnswer)},
    **{(LocalBlocked, event): "we have blocked it" for event in (SawIdle, SawSeizure, SawBlocked, SawAnswer)},
    **{(state, Block): WAITS for state in EVERY},
    **{(state, Unblock): SAME for state in EVERY},
    **{(state, AlarmEnded): SAME for state in EVERY},
    **{(state, SawIdle): SAME for state in (Idle, Guard, Seizing)},
    (InAlarm, AlarmBegan): SAME,
    (FarBlocked, SawBlocked): SAME,
    (OutAnswered, SawAnswer): SAME,
    (OutSeized, SawBlocked): SAME,
    (BothSeized, SawSeizure): SAME,
    (BothSeized, SawBlocked): "the far end yields; both calls are given up all the same",
    (Releasing, SawBlocked): "the far end's idle is still to come",
    (Releasing, SawAnswer): LATE,
    (OutHeld, SawAnswer): "the called party lifted again, and nobody is there",
    **{(state, SawSeizure): SAME for state in (*THEIRS, InClearing)},
}


def line_table(rules: LineRules | None = None) -> Table:
    """The line machine of a circuit that is run by these rules; without them by those of ITU-T."""
    rows = LineRows(rules or LineRules())
    made = {**_no_call(rows), **_ours(rows), **_theirs(rows)}
    return Table(
        "R2 line signalling",
        Unsettled(),
        rows=made,
        ignored={pair: reason for pair, reason in IGNORED.items() if pair not in made},
        timers={
            Guard: (GUARD,),
            Seizing: (ACKNOWLEDGE,),
            BothSeized: (GLARE_HOLD,),
            OutSeized: (ANSWER_WAIT,),
            OutDoubtful: (METERING,),
            OutClearedBack: (REANSWER,),
            OutHeld: (HELD,),
            Releasing: (RELEASE_WAIT,),
            InPulse: (PULSE,),
            InSuspended: (CLEAR_FORWARD_WAIT,),
            InClearing: (CLEAR_FORWARD_WAIT,),
        },
    )
