"""What happens to an agent, and what the agent's machine wants done about it: the events and effects of ``agent.py``."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "Announce",
    "AnswerOffer",
    "BecomeNotReady",
    "BecomeReady",
    "CallMoved",
    "CallOver",
    "Confirm",
    "EndWrapUp",
    "ExtendWrapUp",
    "LeaseLost",
    "Login",
    "Logout",
    "LookAtLine",
    "ModeChanged",
    "Move",
    "OfferLimits",
    "OfferOver",
    "OfferWithdrawn",
    "OwnCallBegan",
    "OwnCallOver",
    "ReasonOver",
    "RejectOffer",
    "Rematch",
    "Reserve",
    "RingBegan",
    "RingPhone",
    "WrapUpRule",
]

# ---- what a queue says of an offer -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class WrapUpRule:
    """How wrap-up ends. ``mode``: ``fixed`` lasts ``time_s`` and no key ends it; ``max`` lasts at most so long; ``until_key`` has no end of its own
    (``time_s`` counts for nothing). ``time_s`` 0 in the other modes: none. ``extensions``: how often it can be made ``extend_s`` longer.
    ``skipped_by_pause``: who has asked for a break during the call gets it at once.
    """

    time_s: float
    mode: str = "max"
    extensions: int = 0
    extend_s: float = 60.0
    skipped_by_pause: bool = False

    @property
    def none(self) -> bool:
        """True when there is no wrap-up."""
        return self.mode != "until_key" and self.time_s <= 0


@dataclass(frozen=True)
class OfferLimits:
    """A queue's settings that govern an offer, and the wrap-up after it."""

    ring_timeout_s: float
    wrap_up: WrapUpRule
    miss_pause_s: float
    misses_most: int


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Login:
    """At this phone; ready at once or not."""

    phone: str
    ready: bool
    now_ns: int


@dataclass(frozen=True)
class Move:
    """To another phone: the agent has logged in there."""

    phone: str


@dataclass(frozen=True)
class Logout:
    """Leave the phone."""


@dataclass(frozen=True)
class BecomeReady:
    """All reasons are over."""

    now_ns: int


@dataclass(frozen=True)
class BecomeNotReady:
    """One more reason."""

    reason: str


@dataclass(frozen=True)
class ReasonOver:
    """One reason has ended by itself."""

    reason: str
    now_ns: int


@dataclass(frozen=True)
class Reserve:
    """A queued call was matched to the agent."""

    call: str
    queue: str
    limits: OfferLimits


@dataclass(frozen=True)
class Confirm:
    """The bell was asked to ring: look whether it does."""


@dataclass(frozen=True)
class RingBegan:
    """The line says that it rings for the call."""


@dataclass(frozen=True)
class AnswerOffer:
    """The phone was lifted for the offered call."""


@dataclass(frozen=True)
class RejectOffer:
    """The agent does not want the call."""

    now_ns: int


@dataclass(frozen=True)
class OfferWithdrawn:
    """The caller gave up, or the phone could not be rung."""


@dataclass(frozen=True)
class ModeChanged:
    """What the conversation has become: ``talking``, ``hold``, ``consult``, ``conference``."""

    mode: str


@dataclass(frozen=True)
class CallOver:
    """The conversation ended."""

    now_ns: int


@dataclass(frozen=True)
class EndWrapUp:
    """The agent ends wrap-up before its time."""

    now_ns: int


@dataclass(frozen=True)
class ExtendWrapUp:
    """The agent needs more time."""

    now_ns: int


@dataclass(frozen=True)
class OwnCallBegan:
    """The phone is in a call that no queue offered."""

    call: str


@dataclass(frozen=True)
class CallMoved:
    """The agent's call goes on as another: its parties have come into that one."""

    call: str


@dataclass(frozen=True)
class OwnCallOver:
    """That call ended."""

    now_ns: int


@dataclass(frozen=True)
class LeaseLost:
    """The line does not confirm what the agent is said to do."""

    now_ns: int


# ---- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Announce:
    """Publish the present state as a fact."""


@dataclass(frozen=True)
class Rematch:
    """The agent may be free: look for a waiting call."""


@dataclass(frozen=True)
class RingPhone:
    """Ring the agent's phone for this call; ``Confirm`` follows."""

    call: str


@dataclass(frozen=True)
class LookAtLine:
    """``RingBegan`` when the phone rings for this call."""

    call: str


@dataclass(frozen=True)
class OfferOver:
    """The offer ends without an answer: stop the bell, the caller keeps the place. ``outcome``: ``no_answer``, ``rejected``, ``forced``, ``phone_fault``."""

    call: str
    queue: str
    outcome: str
