"""What the machine of an exchange line (``fxo.py``) can be in, is told, does, and waits for: its states, events, effects and timers."""

from __future__ import annotations

from dataclasses import dataclass

from engine.kernel.fsm import Timer
from engine.telephony.causes import Release
from engine.telephony.numbers import CallerId

__all__ = [
    "ANNOUNCED",
    "ANSWER_MOST",
    "CAUGHT_MOST",
    "DIALLING_MOST",
    "DIAL_TONE_WAIT",
    "GLARE",
    "GUARD",
    "QUIET",
    "QUIET_LAST",
    "RING_GONE",
    "RING_SURE",
    "SAMPLE",
    "SETTLE",
    "WARNING",
    "Announced",
    "AnswerCall",
    "AnswerHeard",
    "Answered",
    "AskSound",
    "Attempt",
    "BatteryBack",
    "BatteryDropped",
    "BatteryLost",
    "CallOffered",
    "CallReleased",
    "CallerIdCame",
    "Caught",
    "CloseLoop",
    "Connected",
    "DialFailed",
    "DialNumber",
    "DialToneCame",
    "DialledOut",
    "Dialling",
    "DigitsSent",
    "EndToneCame",
    "Gone",
    "Guard",
    "HushDigits",
    "Idle",
    "KeepSound",
    "Listen",
    "Listening",
    "Offered",
    "OpenLoop",
    "OutOfService",
    "PolarityReversed",
    "PortFailed",
    "Proceeding",
    "PutBack",
    "Quiet",
    "QuietBegan",
    "QuietEnded",
    "RangFirst",
    "ReleaseCall",
    "RingBegan",
    "RingEnded",
    "RingHeard",
    "RingSuspected",
    "RingTooShort",
    "RingingOn",
    "Sampling",
    "Seized",
    "SendDigits",
    "SoundStarted",
    "SoundStopped",
    "TakenOut",
    "Usable",
    "WarnOfSilence",
]

# ---- timers ----------------------------------------------------------------------------------------------------------

RING_SURE = Timer(
    "ring_sure",
    0.45,
    0.35,
    0.6,
    "driver: 64 ms of ringing are told as 306 ms",
    "a burst that is told as shorter is none: 0.2 s on the line",
)
RING_GONE = Timer("ring_gone", 6.0, 4.5, 12.0, "GB 3380: 1 s on, 4 s off", "no burst for this long: the caller gave up")
ANNOUNCED = Timer(
    "announced", 6.0, 4.0, 10.0, "EN 300 659-1: ringing follows the data", "a reversal or caller id that no ringing follows is forgotten"
)
DIAL_TONE_WAIT = Timer("dial_tone_wait", 4.0, 0.7, 20.0, "driver debounce 600 ms", "no dial tone so long after seizing: there is none")
GLARE = Timer("glare", 2.0, 1.5, 4.0, "three periods of busy tone; dial tone 1.2 s", "a sound that is no tone by then is a caller")
DIALLING_MOST = Timer("dialling_most", 60.0, 10.0, 180.0, "32 digits by pulses", "digits that are not out by then never will be")
SETTLE = Timer("settle", 0.6, 0.3, 2.0, "customary: 600 ms", "reversals so soon after an answer or the last digit are the exchange's own")
ANSWER_MOST = Timer("answer_most", 60.0, 5.0, 300.0, "site setting", "a call without any sign of an answer counts as answered after this")
CAUGHT_MOST = Timer("caught_most", 20.0, 5.0, 60.0, "ours", "a caller whom we have by accident is kept so long when nobody answers")
SAMPLE = Timer("sample", 12.0, 4.0, 30.0, "ours", "a test call keeps so much of what the exchange sounds")
QUIET = Timer("quiet", 180.0, 20.0, 3600.0, "site setting", "nothing from either side for so long: warn")
WARNING = Timer("warning", 2.0, 1.5, 3.0, "ours: the warning takes 1 s", "our own warning breaks no silence")
QUIET_LAST = Timer("quiet_last", 10.0, 5.0, 60.0, "ours", "silence so long after the warning ends the call")
GUARD = Timer("guard", 2.1, 2.0, 10.0, "driver ring debounce 2000 ms", "rest after a call before the line is used again")

# ---- what is tried ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attempt:
    """A call of ours. ``needs_dial_tone``: give the line back when none comes within ``wait_s``; else ``wait_s`` is the fixed wait before dialling.

    ``supervision``: how we shall know the answer: ``polarity``, ``progress`` (at the latest after ``answer_most_s``), ``none`` (when it is
    dialled). ``sample_s`` above 0: a test call, of which only the sound of the first seconds after dialling is kept.
    """

    number: str
    wait_s: float = DIAL_TONE_WAIT.default_s
    needs_dial_tone: bool = True
    supervision: str = "none"
    answer_most_s: float = ANSWER_MOST.default_s
    sample_s: float = 0.0


class Quiet:
    """How far a silence has come."""

    NO = "no"
    WATCHED = "watched"
    WARNING = "warning"
    WARNED = "warned"


# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OutOfService:
    """The port cannot be used."""

    reason: str


@dataclass(frozen=True)
class Idle:
    """On hook, no ringing."""


@dataclass(frozen=True)
class Announced:
    """Before the first ring: the line was reversed, or the caller's number came."""

    caller: CallerId | None = None


@dataclass(frozen=True)
class RingSuspected:
    """A first burst has begun. ``caller``: who was announced. The rest is for when it is a ring, as in ``RingBegan``."""

    caller: CallerId | None
    answer_after: int
    gone_s: float


@dataclass(frozen=True)
class RingHeard:
    """It rings; we still wait for the caller's number. ``bursts`` counts ring bursts begun."""

    bursts: int


@dataclass(frozen=True)
class Offered:
    """The engine was told of the call and has not answered."""

    caller: CallerId


@dataclass(frozen=True)
class RingingOn:
    """The engine does not want the call, and the caller still rings."""


@dataclass(frozen=True)
class Seized:
    """Off hook, waiting for dial tone. ``suspected``: a caller may be there, which time tells; ``sounding``: something is heard that is no tone
    yet, for which the wait is prolonged, once.
    """

    attempt: Attempt
    suspected: bool = False
    sounding: bool = False
    prolonged: bool = False


@dataclass(frozen=True)
class Caught:
    """Off hook with a caller who was there before our dial tone; the engine has not answered yet."""


@dataclass(frozen=True)
class Dialling:
    """The digits are being sent."""

    attempt: Attempt


@dataclass(frozen=True)
class Proceeding:
    """Dialled; the far end has not answered. ``settled``: a reversal from now on is the answer."""

    attempt: Attempt
    settled: bool = False


@dataclass(frozen=True)
class Sampling:
    """A test call: what the exchange sounds is kept."""


@dataclass(frozen=True)
class Connected:
    """Off hook in a call, incoming or answered by the far end. ``settled``: a reversal from now on is its end."""

    settled: bool = True
    quiet: str = Quiet.NO


@dataclass(frozen=True)
class Guard:
    """On hook after a call; the driver reports no ringing yet."""


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RingBegan:
    """A ring burst began. ``answer_after`` is the site's number of rings at which to answer without caller id; ``gone_s`` the
    time without a burst after which the caller has given up.
    """

    answer_after: int
    gone_s: float


@dataclass(frozen=True)
class RingEnded:
    """A ring burst ended. The values are those of ``RingBegan``, for a burst whose beginning was not reported."""

    answer_after: int
    gone_s: float


@dataclass(frozen=True)
class CallerIdCame:
    """A caller id message arrived whole."""

    caller: CallerId


@dataclass(frozen=True)
class BatteryDropped:
    """The exchange removed battery during a call (kewl disconnect)."""


@dataclass(frozen=True)
class PolarityReversed:
    """The exchange reversed the line."""


@dataclass(frozen=True)
class EndToneCame:
    """Busy, congestion or unallocated tone was recognised on the line."""

    release: Release


@dataclass(frozen=True)
class DialToneCame:
    """Dial tone was recognised on the line."""


@dataclass(frozen=True)
class SoundStarted:
    """There is a sound on the line."""


@dataclass(frozen=True)
class SoundStopped:
    """A sound on the line that was no click has ended, as speech does again and again and dial tone does not."""


@dataclass(frozen=True)
class AnswerHeard:
    """By what is heard, the far end has answered."""


@dataclass(frozen=True)
class QuietBegan:
    """Nothing is heard from either side now; ``after_s`` of it are too long."""

    after_s: float


@dataclass(frozen=True)
class QuietEnded:
    """Something is heard again. ``sent``: what we send."""

    sent: bool = False


@dataclass(frozen=True)
class BatteryLost:
    """No battery on the idle line for a second: cable out, or the exchange is dead."""


@dataclass(frozen=True)
class BatteryBack:
    """Battery is there again."""


@dataclass(frozen=True)
class PortFailed:
    """The driver reports the port gone or refuses it; ``reason`` is ``card_removed`` or ``driver_error``."""

    reason: str


@dataclass(frozen=True)
class TakenOut:
    """The port works, but must not be used: ``alarm`` of its span, ``maintenance``."""

    reason: str


@dataclass(frozen=True)
class PutBack:
    """The port can be used again; ``battery``: the exchange feeds it."""

    battery: bool = True


@dataclass(frozen=True)
class AnswerCall:
    """The engine answers the offered call."""


@dataclass(frozen=True)
class DialNumber:
    """The engine calls out."""

    attempt: Attempt


@dataclass(frozen=True)
class DigitsSent:
    """Our digits are out."""


@dataclass(frozen=True)
class DialFailed:
    """Our digits cannot be sent: the media pump has no room for them."""


@dataclass(frozen=True)
class ReleaseCall:
    """The engine ends whatever the line does."""


# ---- effects ---------------------------------------------------------------------------------------------------------


class Listening:
    """What the pump shall listen for on the line."""

    NOTHING = "nothing"
    IDLE = "idle"
    CALLER_ID = "caller_id"
    SEIZED = "seized"
    DIALLING = "dialling"
    PROCEEDING = "proceeding"
    TALKING = "talking"


@dataclass(frozen=True)
class Listen:
    """Switch the line's detectors to one of ``Listening``."""

    what: str


@dataclass(frozen=True)
class CloseLoop:
    """Go off hook."""


@dataclass(frozen=True)
class OpenLoop:
    """Go on hook."""


@dataclass(frozen=True)
class SendDigits:
    """Dial these digits; ``DigitsSent`` follows."""

    number: str


@dataclass(frozen=True)
class HushDigits:
    """Dial no more of them."""


@dataclass(frozen=True)
class KeepSound:
    """Keep what the line sounds, from now on or until now."""

    on: bool


@dataclass(frozen=True)
class AskSound:
    """Tell whether anything is heard from either side: ``QuietBegan`` or ``QuietEnded`` follows."""


@dataclass(frozen=True)
class WarnOfSilence:
    """Report: both sides are to be warned, since the call ends soon."""


@dataclass(frozen=True)
class RingTooShort:
    """Count a burst that was none."""


@dataclass(frozen=True)
class RangFirst:
    """Report: the first burst."""


@dataclass(frozen=True)
class CallOffered:
    """Report: a call can be answered."""

    caller: CallerId


@dataclass(frozen=True)
class DialledOut:
    """Report: the digits are out."""


@dataclass(frozen=True)
class Answered:
    """Report: the far end answered."""

    supervision: str


@dataclass(frozen=True)
class CallReleased:
    """Report: the far end ended the call, or the line gives ours back."""

    release: Release


@dataclass(frozen=True)
class Usable:
    """Report: the line is in service."""


@dataclass(frozen=True)
class Gone:
    """Report: the line is out of service."""

    reason: str
