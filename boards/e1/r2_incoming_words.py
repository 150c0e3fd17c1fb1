"""States, events, effects and timers of the incoming R2 register; what is made of them stands in ``r2_incoming.py``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from boards.e1.r2_code import Group
from boards.e1.r2_words import Outcome, Verdict
from engine.kernel.errors import OurFault
from engine.kernel.fsm import Timer
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId

# ---- timers ----------------------------------------------------------------------------------------------------------

FORWARD_WAIT = Timer("r2_forward_wait", 15.0, 8.0, 24.0, "Q.476: 15 ±3 s", "the far end sends its next signal within this time")
FORWARD_STAYS = Timer("r2_forward_stays", 15.0, 8.0, 24.0, "Q.476: 15 ±3 s", "the far end ends its signal after ours")
DIGIT_WAIT = Timer(
    "r2_digit_wait", 5.0, 1.0, 14.0, "below the far end's 24 s of Q.476", "with no further digit for so long, the number is complete"
)
PLAN_WAIT = Timer(
    "r2_plan_wait",
    5.0,
    0.1,
    10.0,
    "below the far end's 15 s of Q.476",
    "the dial plan says within this time whether the number is complete",
)
OFFER_WAIT = Timer("r2_offer_wait", 8.0, 0.1, 11.0, "below the far end's 15 s of Q.476", "the call is accepted or refused within this time")
SETTLE = Timer(
    "r2_settle",
    0.15,
    0.05,
    0.5,
    "above what audio takes to the far end",
    "our last signal is gone at the far end too: an answer may follow",
)
PULSE_ON = Timer("r2_register_pulse", 0.15, 0.12, 0.18, "Q.442: 150 ±30 ms", "a backward signal that nobody compels")
PULSE_PAUSE = Timer("r2_register_pulse_pause", 0.1, 0.1, 0.5, "Q.442: 100 ms at least", "rest between the last cycle and a pulse")

# ---- policy ----------------------------------------------------------------------------------------------------------


class AskCaller(Enum):
    """When the caller's number is asked for."""

    NEVER = "never"
    AFTER_DIGITS = "after_digits"
    """After ``caller_after`` digits of the called number."""
    COMPLETE = "complete"
    """When the called number is complete."""


@dataclass(frozen=True)
class IncomingPolicy:
    """How a trunk's incoming calls are taken: when the caller is asked for (``caller_after`` 1…32 digits), how many digits it has at most.

    ``digit_wait_s``: with no further digit for so long the number is complete. ``skip_category``: a complete number is accepted in group A, where
    the country can say so (ITU-T: A6), without category and group B. OurFault for what makes no sense.
    """

    ask_caller: AskCaller = AskCaller.COMPLETE
    caller_after: int = 1
    caller_most: int = 20
    digit_wait_s: float = DIGIT_WAIT.default_s
    skip_category: bool = False

    def __post_init__(self) -> None:
        if not (
            1 <= self.caller_after <= 32 and 1 <= self.caller_most <= 32 and DIGIT_WAIT.least_s <= self.digit_wait_s <= DIGIT_WAIT.most_s
        ):
            raise OurFault(f"no policy for incoming R2 calls: {self}")


# ---- states ----------------------------------------------------------------------------------------------------------


class Wanted(Enum):
    """What the next forward signal is."""

    CALLED = "called"
    CALLER_CLASS = "caller class"
    CALLER = "caller"
    CATEGORY = "category"


@dataclass(frozen=True)
class Sheet:
    """What has come so far. ``complete``: the dial plan needs no more digits; ``refused``: it refuses, and B says why.

    ``asked``: the caller's number has been asked for; ``withheld``: and is not told.
    """

    group: Group = Group.A
    called: str = ""
    caller: str = ""
    category: int = 0
    caller_class: int = 0
    complete: bool = False
    asked: bool = False
    withheld: bool = False
    refused: Outcome | None = None

    def caller_id(self) -> CallerId:
        """The caller as the engine knows callers."""
        if self.withheld:
            return CallerId(absence="private")
        if self.caller:
            return CallerId(self.caller)
        return CallerId(absence="unavailable") if self.asked else UNKNOWN_CALLER


@dataclass(frozen=True)
class Resting:
    """The register is not at work."""


@dataclass(frozen=True)
class Listening:
    """Nothing sounds; the far end's next signal is ``wanted``."""

    sheet: Sheet
    wanted: Wanted


@dataclass(frozen=True)
class Asking:
    """The dial plan is asked. ``silent``: no signal of the far end stands that could be answered: a pulse has to do."""

    sheet: Sheet
    silent: bool = False


@dataclass(frozen=True)
class Replying:
    """Our signal answers the far end's, which still stands; then ``wanted``."""

    sheet: Sheet
    wanted: Wanted


@dataclass(frozen=True)
class PausingBeforePulse:
    """The far end is silent; a pulse of ``signal`` follows. ``outcome``: it ends the call."""

    sheet: Sheet
    signal: int
    outcome: Outcome | None = None


@dataclass(frozen=True)
class Pulsing:
    """A pulse sounds that nobody compelled."""

    sheet: Sheet
    outcome: Outcome | None = None


@dataclass(frozen=True)
class Offering:
    """The number is complete, the category stands; somebody has to accept or refuse."""

    sheet: Sheet


@dataclass(frozen=True)
class Closing:
    """Our last signal stands, and says ``outcome``."""

    outcome: Outcome


@dataclass(frozen=True)
class Settling:
    """The last cycle is over; its end is on its way to the far end."""

    outcome: Outcome


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StartReceiving:
    """The far end has seized, and its seizure is acknowledged."""


@dataclass(frozen=True)
class Say:
    """Accept or refuse the call by this outcome."""

    outcome: Outcome


# ---- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AskPlan:
    """Ask the dial plan about the digits so far; ``ended``: no more will come."""

    called: str
    ended: bool


@dataclass(frozen=True)
class CallReady:
    """Everything is known: accept or refuse."""

    sheet: Sheet


REFUSED = {Verdict.UNALLOCATED: Outcome.UNALLOCATED, Verdict.CONGESTED: Outcome.CONGESTED}
"""What a refusal of the dial plan is to the far end."""
