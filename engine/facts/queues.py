"""What happened in queues. One stay of one call in one queue is a *stint*; it ends with exactly one outcome."""

from __future__ import annotations

from engine.facts.base import Fact, Record, fact, lift

__all__ = ["CallOffered", "CallQueued", "OfferEnded", "PlaceAnnounced", "StintEnded"]


@fact(version=2)
class CallQueued(Fact):
    """A call began to wait in a queue at this place (1 = next).

    ``credit_s``: it is served as if it had waited so much longer; ``strict``: its class goes first. ``wanted``: the agent it is for, for ``wanted_s``,
    and for nobody else meanwhile when ``wanted_alone``. ``because``: the lists (``list:…``) and the route (``route:…``) that gave it that, or ``last_agent``.
    """

    call: str
    queue: str
    place: int
    credit_s: int = 0
    strict: bool = False
    wanted: str = ""
    wanted_s: int = 0
    wanted_alone: bool = True
    because: tuple[str, ...] = ()


@lift("CallQueued", 1)
def _call_queued_2(record: Record) -> Record:
    usual = {"credit_s": 0, "strict": False, "wanted": "", "wanted_s": 0, "wanted_alone": True, "because": []}
    return {**record, **usual}


@fact(version=1)
class PlaceAnnounced(Fact):
    """The caller was told the place in the queue."""

    call: str
    queue: str
    place: int


@fact(version=2)
class CallOffered(Fact):
    """The call rings at an agent's phone. ``why`` is the strategy that chose this agent and its measure, ``passed_over`` the others with reasons.

    ``passed_over`` holds ``agent:reason`` strings, at most twelve, in the queue's order; ``candidates`` up to five who would have been next, as
    ``agent:measure``; ``excluded`` how many agents each reason kept away, as ``reason:count``. ``rule_version`` of the settings, ``input_seq`` the newest fact
    that the choice knew, ``decided_ns`` its moment on the monotonic clock: with these the choice can be made again from the journal. ``helping``: the agent serves this other queue, which helps.
    """

    call: str
    queue: str
    agent: str
    phone: str
    why: str
    passed_over: tuple[str, ...]
    candidates: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    rule_version: int = 0
    input_seq: int = 0
    decided_ns: int = 0
    helping: str = ""


@lift("CallOffered", 1)
def _call_offered_2(record: Record) -> Record:
    return {**record, "candidates": [], "excluded": [], "rule_version": 0, "input_seq": 0, "decided_ns": 0, "helping": ""}


@fact(version=1)
class OfferEnded(Fact):
    """The ringing at an agent's phone ended without an answer: ``no_answer``, ``rejected``,
    ``caller_gone``, ``phone_fault``, ``forced``.
    """

    call: str
    queue: str
    agent: str
    outcome: str


@fact(version=1)
class StintEnded(Fact):
    """The stay in the queue is over.

    ``outcome``: ``answered``, ``abandoned``, ``short``, ``no_agent``, ``timeout``, ``keyout``, ``failed``; ``wait_ms`` from entering to here.
    """

    call: str
    queue: str
    outcome: str
    agent: str
    wait_ms: int
