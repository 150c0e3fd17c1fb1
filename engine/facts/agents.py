"""What happened to agents. A change carries the whole new state, so the newest fact of an agent is its state."""

from __future__ import annotations

from engine.facts.base import Fact, Record, fact, lift

__all__ = [
    "AgentLocked",
    "AgentReachable",
    "AgentSignedIn",
    "AgentSignedOut",
    "AgentStateChanged",
    "AllowanceExceeded",
    "LoginRefused",
    "WrapUpCodeGiven",
]


@fact(version=2)
class AgentStateChanged(Fact):
    """An agent is now in ``state``.

    ``state``: ``logged_out``, ``not_ready``, ``ready``, ``offered``, ``talking``, ``hold``, ``consult``, ``conference``, ``wrap_up``, ``own_call``;
    ``phone`` empty when logged out; ``reasons`` the set of not-ready reasons, in an own call those of before it; ``call`` the
    call the state is about, ``queue`` the queue that it came from; ``pending`` what comes after it (``logged_out``, or reasons for not being ready);
    ``cooling``: ready, and left in peace for a moment after an offer; ``idle_since_ns``: ready, since when on the monotonic clock of this run.
    """

    agent: str
    phone: str
    state: str
    reasons: tuple[str, ...]
    call: str
    pending: tuple[str, ...] = ()
    queue: str = ""
    cooling: bool = False
    idle_since_ns: int = 0


@lift("AgentStateChanged", 1)
def _agent_state_2(record: Record) -> Record:
    return {**record, "pending": [], "queue": "", "cooling": False, "idle_since_ns": 0}


@fact(version=1)
class AgentReachable(Fact):
    """A ready agent's phone was found in use, or out of order, when a call was to be offered; or free again."""

    agent: str
    reachable: bool


@fact(version=1)
class AgentSignedIn(Fact):
    """The agent takes a queue's calls again."""

    agent: str
    queue: str


@fact(version=1)
class AgentSignedOut(Fact):
    """The agent takes a queue's calls no more, until signing in to it or logging in again."""

    agent: str
    queue: str


@fact(version=1)
class AllowanceExceeded(Fact):
    """An agent is not ready for a reason longer than the site allows: ``at_a_time`` or ``a_day``, ``allowed_s`` seconds."""

    agent: str
    reason: str
    limit: str
    allowed_s: int


@fact(version=1)
class WrapUpCodeGiven(Fact):
    """The agent has noted what the call was about: the digits, and what they mean."""

    call: str
    agent: str
    code: str
    name: str


@fact(version=1)
class LoginRefused(Fact):
    """Somebody tried to log in at a phone: ``wrong_pin``, ``unknown_agent``, ``locked``, ``elsewhere``, ``phone_taken``."""

    agent: str
    phone: str
    reason: str


@fact(version=1)
class AgentLocked(Fact):
    """Too many wrong PINs: the agent cannot log in before ``until_utc_ms``."""

    agent: str
    until_utc_ms: int
