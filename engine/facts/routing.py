"""What routing decided, and what was changed about it at a phone or by a leader. ``route``, ``rule`` and ``list`` are names of the settings."""

from __future__ import annotations

from engine.facts.base import Fact, Record, fact, lift

__all__ = [
    "CallLedOutside",
    "CallRefused",
    "CallRouted",
    "NumberListingDecided",
    "NumberListingRequested",
    "OutsideCallPermitted",
    "OutsideCallRefused",
    "TimeConditionSwitched",
]


@fact(version=1)
class CallRouted(Fact):
    """A call from outside goes to a target (``kind:name``) by an inbound route. ``event``: empty at first; ``busy``, ``no_answer``,
    ``out_of_service``: it goes on from the target before.
    """

    call: str
    route: str
    target: str
    event: str


@fact(version=1)
class CallRefused(Fact):
    """A call from outside is not carried: ``rule`` (a black list, a route) refused it, for ``reason``."""

    call: str
    rule: str
    reason: str


@fact(version=1)
class CallLedOutside(Fact):
    """A call from outside is led on to a number outside: it is dialled by ``line`` of the trunk group. ``by`` is the line by which the caller came;
    ``dialled`` the number that was wanted; ``route`` and ``service_class`` permit it; ``charge_account`` pays for it (empty: the site).
    """

    call: str
    by: str
    line: str
    group: str
    dialled: str
    route: str
    service_class: str
    charge_account: str


@fact(version=2)
class OutsideCallPermitted(Fact):
    """A desk phone's call outside was permitted by this outbound route and class of service (empty: the site has none). ``dialled``: the number as
    it was typed; ``account`` that it is booked to; ``charge_account`` that pays for it.
    """

    call: str
    dialled: str
    route: str
    service_class: str
    account: str
    charge_account: str = ""


@lift("OutsideCallPermitted", 1)
def _nobody_paid(record: Record) -> Record:
    """There were no charge accounts before version 2."""
    return {**record, "charge_account": ""}


@fact(version=1)
class OutsideCallRefused(Fact):
    """A desk phone may not call this number: ``rule`` (a class of service, a black list) refused it, for ``reason``. ``agent`` empty: none.

    No trunk was asked for it; that none could take a call which is permitted is an ``OutgoingCallRefused``.
    """

    phone: str
    agent: str
    called: str
    rule: str
    reason: str


@fact(version=1)
class TimeConditionSwitched(Fact):
    """The emergency switch of a time condition: ``closed``, or ``auto``: as the hours say again. ``by``: a phone or a person."""

    condition: str
    position: str
    by: str


@fact(version=1)
class NumberListingRequested(Fact):
    """Somebody asks that a number be put on a list; a leader decides."""

    request: str
    number: str
    list: str
    reason: str
    by: str


@fact(version=1)
class NumberListingDecided(Fact):
    """A leader has decided it: from now on the number is on the list, or it is not put there."""

    request: str
    number: str
    list: str
    approved: bool
    by: str
