"""What is said to an R2 circuit and what it says: commands in, outputs to the line, facts up.

``boards/e1/r2_circuit.py`` takes *commands* and what the line brings, and returns *outputs* (bits, register signals, timers) and
*facts* in the order in which they belong. Register signals are numbered 1…15 as the media pump's receivers number them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from engine.kernel.fsm import Timer
from engine.telephony.causes import Release
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId

__all__ = [
    "Accept",
    "Accepted",
    "Acknowledged",
    "AlarmBegan",
    "AlarmEnded",
    "Answer",
    "Answered",
    "BackwardGone",
    "BackwardHeard",
    "BitsSeen",
    "Block",
    "Clear",
    "Cleared",
    "ClearedBack",
    "Command",
    "DigitArrived",
    "Fact",
    "ForwardGone",
    "ForwardHeard",
    "Heard",
    "KeyHeard",
    "KeysSent",
    "MeterPulse",
    "Metered",
    "NumberComplete",
    "Outcome",
    "Output",
    "PlanSays",
    "Reanswered",
    "Refuse",
    "ReleaseControl",
    "Seize",
    "Seized",
    "SendBackward",
    "SendForward",
    "SendKeys",
    "SetBits",
    "StartTimer",
    "Status",
    "StatusChanged",
    "StopTimer",
    "Suspend",
    "Unblock",
    "Verdict",
    "Violated",
]


class ReleaseControl(Enum):
    """Whose hanging up takes an answered call down (Q.118; in China told by the B signal)."""

    FIRST_PARTY = "first"
    """Whoever hangs up first: neither side controls."""
    CALLING_PARTY = "calling"
    """The caller; a called party that hangs up may lift again for a time."""
    CALLED_PARTY = "called"
    """The called party: a caller that hangs up leaves the circuit held."""
    LAST_PARTY = "last"
    """Whoever hangs up last."""


class Outcome(Enum):
    """What the called exchange says of the call at the end of register signalling."""

    FREE = "free"
    FREE_NO_CHARGE = "free_no_charge"
    FREE_CALLER_CONTROLS = "free_caller_controls"
    FREE_CALLED_CONTROLS = "free_called_controls"
    BUSY = "busy"
    BUSY_TOLL = "busy_toll"
    """Busy with a long-distance call, into which an operator may break."""
    BUSY_OR_CONGESTED = "busy_or_congested"
    CONGESTED = "congested"
    UNALLOCATED = "unallocated"
    NUMBER_CHANGED = "number_changed"
    OUT_OF_ORDER = "out_of_order"
    SPECIAL_TONE = "special_tone"
    """The caller shall hear the special information tone."""
    COLLECT_REFUSED = "collect_refused"

    @property
    def free(self) -> bool:
        """The called party is free: it rings."""
        return self in FREE

    @property
    def control(self) -> ReleaseControl:
        """Who controls the release of a call that began so."""
        return CONTROLS.get(self, ReleaseControl.FIRST_PARTY)


FREE = frozenset({Outcome.FREE, Outcome.FREE_NO_CHARGE, Outcome.FREE_CALLER_CONTROLS, Outcome.FREE_CALLED_CONTROLS})
CONTROLS = {
    Outcome.FREE_CALLER_CONTROLS: ReleaseControl.CALLING_PARTY,
    Outcome.FREE_CALLED_CONTROLS: ReleaseControl.CALLED_PARTY,
}


class Verdict(Enum):
    """What the dial plan says of the digits so far."""

    MORE = "more"
    COMPLETE = "complete"
    UNALLOCATED = "unallocated"
    CONGESTED = "congested"


class Status(Enum):
    """What can be done with a circuit."""

    UNSETTLED = "unsettled"
    """What the far end sends fits no idle circuit: it is waited for."""
    IDLE = "idle"
    BUSY = "busy"
    FAR_BLOCKED = "far_blocked"
    LOCAL_BLOCKED = "local_blocked"
    ALARM = "alarm"


# ---- commands --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seize:
    """Call out. ``called``: digits; ``caller``: digits, empty when withheld or unknown; the two classes are register signals 1…15.

    ``category`` is sent after A3 (group II, in China KD), ``caller_class`` when the caller's number is asked (in China KA).
    """

    called: str
    caller: str = ""
    category: int | None = None
    caller_class: int | None = None


@dataclass(frozen=True)
class PlanSays:
    """The dial plan's answer to ``DigitArrived``, where no plan was given to the circuit."""

    verdict: Verdict


@dataclass(frozen=True)
class Accept:
    """The called party of an incoming call is free, and this is how."""

    outcome: Outcome = Outcome.FREE


@dataclass(frozen=True)
class Refuse:
    """The incoming call is not taken; ``release`` says why."""

    release: Release


@dataclass(frozen=True)
class Answer:
    """The called party answered; after ``Suspend``: lifted again."""


@dataclass(frozen=True)
class Suspend:
    """The called party hung up and may lift again: the caller controls the release."""


@dataclass(frozen=True)
class MeterPulse:
    """Send one metering pulse to the caller's exchange."""


@dataclass(frozen=True)
class Clear:
    """Our side ends the call."""

    release: Release


@dataclass(frozen=True)
class Block:
    """Take the circuit out of service once no call is on it."""


@dataclass(frozen=True)
class Unblock:
    """Put it back."""


@dataclass(frozen=True)
class AlarmBegan:
    """The span is in alarm: its bits mean nothing."""


@dataclass(frozen=True)
class AlarmEnded:
    """The span works again."""


Command = Seize | PlanSays | Accept | Refuse | Answer | Suspend | MeterPulse | Clear | Block | Unblock | AlarmBegan | AlarmEnded


# ---- what the line brings --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BitsSeen:
    """The far end sends these four bits, A the highest: 0…15."""

    bits: int


@dataclass(frozen=True)
class ForwardHeard:
    """A register signal of the calling side began."""

    signal: int


@dataclass(frozen=True)
class ForwardGone:
    """It ended."""


@dataclass(frozen=True)
class BackwardHeard:
    """A register signal of the called side began."""

    signal: int


@dataclass(frozen=True)
class BackwardGone:
    """It ended."""


@dataclass(frozen=True)
class KeyHeard:
    """A DTMF key began; for circuits without registers."""

    key: str


@dataclass(frozen=True)
class KeysSent:
    """The keys of ``SendKeys`` are out."""


Heard = BitsSeen | ForwardHeard | ForwardGone | BackwardHeard | BackwardGone | KeyHeard | KeysSent


# ---- outputs ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SetBits:
    """Send these four bits from now on."""

    bits: int


@dataclass(frozen=True)
class SendForward:
    """Send this register signal of the calling side until the next of these; None: silence."""

    signal: int | None


@dataclass(frozen=True)
class SendBackward:
    """Send this register signal of the called side until the next of these; None: silence."""

    signal: int | None


@dataclass(frozen=True)
class SendKeys:
    """Sound these keys once, and give back ``KeysSent``; None: stop. Only circuits without registers say so."""

    keys: str | None


@dataclass(frozen=True)
class StartTimer:
    """Give back ``Expired(timer)`` in so many seconds, whatever was set before."""

    timer: Timer
    seconds: float


@dataclass(frozen=True)
class StopTimer:
    """Forget the timer."""

    timer: Timer


# ---- facts -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seized:
    """The far end calls."""


@dataclass(frozen=True)
class Acknowledged:
    """The far end listens to our register signals."""


@dataclass(frozen=True)
class DigitArrived:
    """An incoming call's called number so far; ``ended``: no more will come. Ask the dial plan, unless the circuit does."""

    called: str
    ended: bool = False


@dataclass(frozen=True)
class NumberComplete:
    """An incoming call wants an answer: ``Accept`` or ``Refuse``. The two classes are register signals, 0: not told."""

    called: str
    caller: CallerId = UNKNOWN_CALLER
    category: int = 0
    caller_class: int = 0


@dataclass(frozen=True)
class Accepted:
    """Register signalling is over, the called party is free, and speech is through."""

    outcome: Outcome


@dataclass(frozen=True)
class Answered:
    """The called party of our call answered."""


@dataclass(frozen=True)
class ClearedBack:
    """It hung up, but the call is not over yet: it may lift again."""


@dataclass(frozen=True)
class Reanswered:
    """It lifted again."""


@dataclass(frozen=True)
class Metered:
    """A metering pulse came."""


@dataclass(frozen=True)
class Cleared:
    """The call is over, for whatever reason; comes once for every ``Seize`` and every ``Seized``."""

    release: Release


@dataclass(frozen=True)
class StatusChanged:
    """What can be done with the circuit now; ``reason`` is a word when something is wrong."""

    status: Status
    reason: str = ""


@dataclass(frozen=True)
class Violated:
    """The far end did what it must not; counted, and otherwise as if it had not been."""

    what: str


Fact = (
    Seized
    | Acknowledged
    | DigitArrived
    | NumberComplete
    | Accepted
    | Answered
    | ClearedBack
    | Reanswered
    | Metered
    | Cleared
    | StatusChanged
    | Violated
)
Output = SetBits | SendForward | SendBackward | SendKeys | StartTimer | StopTimer | Fact
