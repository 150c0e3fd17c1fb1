"""What happened to outgoing trunk groups. ``group`` is a group's name from the site (or that of a trunk which a route names alone), empty for the one
of all trunks.
"""

from __future__ import annotations

from engine.facts.base import Fact, fact

__all__ = ["AttemptsExhausted", "GroupLimitReached", "OutgoingCallRefused"]


@fact(version=1)
class OutgoingCallRefused(Fact):
    """No trunk could take a call that a desk phone wanted to place and was allowed to place, and no call came of it. What the site's rules do not allow is
    an ``OutsideCallRefused``.

    ``group`` is the one that was asked first, ``reason`` what was in its way: ``all_busy``, ``reserved`` (what is free is kept for incoming calls),
    ``out_of_service``, ``concurrent_calls``, ``daily_calls``, ``daily_minutes`` (a limit is reached), ``not_diallable``.
    """

    phone: str
    extension: str
    agent: str
    called: str
    group: str
    reason: str


@fact(version=1)
class GroupLimitReached(Fact):
    """A call met a limit of a trunk group (``concurrent_calls``, ``daily_calls``, ``daily_minutes``), which is ``most``; told once a day for each."""

    group: str
    limit: str
    most: int


@fact(version=1)
class AttemptsExhausted(Fact):
    """A call was given up after so many attempts, though there was another trunk on which it might have been tried."""

    call: str
    group: str
    attempts: int
