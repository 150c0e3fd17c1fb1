"""What happened in queues. One stay of one call in one queue is a *stint*; it ends with exactly one outcome."""

from __future__ import annotations

from engine.facts.base import Fact, fact

__all__ = ["CallOffered", "CallQueued", "OfferEnded", "PlaceAnnounced", "StintEnded"]


@fact(version=1)
class CallQueued(Fact):
    """A call began to wait in a queue at this place (1 = next)."""

    call: str
    queue: str
    place: int


@fact(version=1)
class PlaceAnnounced(Fact):
    """The caller was told the place in the queue."""

    call: str
    queue: str
    place: int


@fact(version=1)
class CallOffered(Fact):
    """The call rings at an agent's phone. ``why`` is the rule that chose this agent, ``passed_over`` the others with reasons.

    ``passed_over`` holds ``agent:reason`` strings, one for each agent of the queue that was not chosen.
    """

    call: str
    queue: str
    agent: str
    phone: str
    why: str
    passed_over: tuple[str, ...]


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
