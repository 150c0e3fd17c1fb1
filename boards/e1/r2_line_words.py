"""States, events, effects and timers of an R2 circuit's line signalling; what is made of them stands in ``r2_line.py``."""

from __future__ import annotations

from dataclasses import dataclass

from boards.e1.r2_line_rules import Pair
from boards.e1.r2_words import ReleaseControl
from engine.kernel.fsm import Timer
from engine.telephony.causes import Release

# ---- timers ----------------------------------------------------------------------------------------------------------

ACKNOWLEDGE = Timer("r2_acknowledge", 2.0, 0.1, 8.0, "Q.422: 0.2 s on land, 2 s by satellite", "a seizure is acknowledged within this time")
ANSWER_WAIT = Timer("r2_answer_wait", 240.0, 30.0, 600.0, "Q.118: 2 to 4 min", "a call that nobody answers is given up")
GLARE_HOLD = Timer("r2_glare_hold", 0.15, 0.1, 0.5, "Q.422: 100 ms at least", "both seizures stand so long that both ends see them")
METERING = Timer("r2_metering", 0.4, 0.05, 1.0, "national: 150 to 400 ms", "a clear back that is shorter is a metering pulse")
PULSE = Timer("r2_pulse", 0.15, 0.1, 0.4, "national: 150 ms", "the metering pulse that we send")
REANSWER = Timer("r2_reanswer", 60.0, 1.0, 180.0, "Q.118: 60 to 120 s", "the called party may lift again, while the caller controls")
HELD = Timer("r2_held", 120.0, 1.0, 600.0, "Q.118", "the called party controls: how long it may keep the circuit after its caller hung up")
RELEASE_WAIT = Timer("r2_release_wait", 60.0, 1.0, 180.0, "Q.422: 1 to 3 min", "clear forward is followed by idle from the far end")
CLEAR_FORWARD_WAIT = Timer(
    "r2_clear_forward_wait", 180.0, 1.0, 600.0, "Q.118: above the caller's 120 s", "our hanging up is followed by clear forward"
)
GUARD = Timer("r2_guard", 0.1, 0.05, 2.0, "Q.422, release guard", "rest before the circuit is seized again")

# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unsettled:
    """What the far end sends fits no idle circuit, or is not known yet: nothing is done until it does."""


@dataclass(frozen=True)
class Idle:
    """Both ends send idle."""


@dataclass(frozen=True)
class FarBlocked:
    """The far end has blocked the circuit."""


@dataclass(frozen=True)
class LocalBlocked:
    """We have blocked the circuit."""


@dataclass(frozen=True)
class InAlarm:
    """The span is in alarm; what the bits say counts for nothing."""


@dataclass(frozen=True)
class Guard:
    """The call is over at both ends; a short rest."""


@dataclass(frozen=True)
class Seizing:
    """We have seized, and wait for the acknowledgement. ``given_up``: our side has ended the call meanwhile, and it was told."""

    given_up: bool = False


@dataclass(frozen=True)
class BothSeized:
    """Glare: both have seized, and both will let go."""


@dataclass(frozen=True)
class OutSeized:
    """Our call: acknowledged, register signals or ringing; ``control`` of its release as the far end told."""

    control: ReleaseControl = ReleaseControl.FIRST_PARTY


@dataclass(frozen=True)
class OutAnswered:
    """Our call: answered."""

    control: ReleaseControl = ReleaseControl.FIRST_PARTY


@dataclass(frozen=True)
class OutDoubtful:
    """Our call: a clear back began that may yet be a metering pulse."""

    control: ReleaseControl = ReleaseControl.FIRST_PARTY


@dataclass(frozen=True)
class OutClearedBack:
    """Our call: the called party hung up and may lift again."""

    control: ReleaseControl = ReleaseControl.CALLING_PARTY


@dataclass(frozen=True)
class OutHeld:
    """Our caller has gone, and the called party keeps the circuit."""


@dataclass(frozen=True)
class Releasing:
    """Clear forward is sent; the far end has not gone idle yet."""


@dataclass(frozen=True)
class InSeized:
    """A call of the far end: register signals or ringing."""


@dataclass(frozen=True)
class InAnswered:
    """A call of the far end: our side has answered."""


@dataclass(frozen=True)
class InPulse:
    """A call of the far end: a metering pulse is being sent."""


@dataclass(frozen=True)
class InSuspended:
    """A call of the far end: our side has hung up and may lift again."""


@dataclass(frozen=True)
class InClearing:
    """A call of the far end that is over for us; its clear forward has not come yet. ``forced``: forced release is being sent."""

    forced: bool = False


# ---- events beside the commands --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SawIdle:
    """The far end sends A B = 1 0."""


@dataclass(frozen=True)
class SawSeizure:
    """It sends 0 0."""


@dataclass(frozen=True)
class SawBlocked:
    """It sends 1 1."""


@dataclass(frozen=True)
class SawAnswer:
    """It sends 0 1."""


SAW = {Pair.IDLE: SawIdle, Pair.SEIZED: SawSeizure, Pair.BLOCKED: SawBlocked, Pair.ANSWERED: SawAnswer}
"""What a pair is as an event."""


@dataclass(frozen=True)
class Begin:
    """The circuit is put to work."""


@dataclass(frozen=True)
class SeizeLine:
    """Seize the circuit."""


@dataclass(frozen=True)
class Controlled:
    """The far end accepted our call, and told who controls its release."""

    control: ReleaseControl


# ---- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SendPair:
    """Send these bits."""

    pair: Pair


@dataclass(frozen=True)
class FarSeized:
    """The far end calls: acknowledged, and its register signals follow."""


@dataclass(frozen=True)
class SeizureAcknowledged:
    """Our register signals may follow."""


@dataclass(frozen=True)
class FarAnswered:
    """The called party answered."""


@dataclass(frozen=True)
class FarClearedBack:
    """It hung up, and may lift again."""


@dataclass(frozen=True)
class FarReanswered:
    """It lifted again."""


@dataclass(frozen=True)
class PulseCame:
    """A metering pulse."""


@dataclass(frozen=True)
class Ended:
    """The call is over for our side."""

    release: Release


@dataclass(frozen=True)
class LookAgain:
    """Take what the far end sends now as if it had just begun."""


@dataclass(frozen=True)
class Complaint:
    """The far end does not do its part, and the circuit waits: ``reason`` is ``strange_bits``, ``no_release_guard`` or ``no_clear_forward``."""

    reason: str
