"""What happened to interactions: all that one contact causes, from its first ring or dialling to the end of its last call.

The id is also the envelope's ``interaction`` of every fact that belongs to it.
"""

from __future__ import annotations

from engine.facts.base import Fact, fact

__all__ = ["InteractionBegan", "InteractionEnded"]


@fact(version=1)
class InteractionBegan(Fact):
    """A contact begins, with this call."""

    interaction: str
    call: str


@fact(version=1)
class InteractionEnded(Fact):
    """The last of its ``calls`` is over, once for each interaction: ``cause``, ``reason`` and ``released_by`` are those of that call. 0 ``calls``: a
    restart ended it. A call that the appliance makes for somebody is counted also when it was not answered, and nothing else is told of it.
    """

    interaction: str
    cause: int
    reason: str
    released_by: str
    calls: int
