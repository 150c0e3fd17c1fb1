"""What routing decides of a call, and the steps that led there in words of both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from engine.kernel.text import Text, text
from engine.settings.targets import TARGET_KINDS, Target

__all__ = [
    "HOPS_MOST",
    "DayUse",
    "Decision",
    "IncomingCall",
    "Outcome",
    "OutgoingCall",
    "RoutingState",
    "Step",
    "outcome_said",
    "step_said",
    "target_said",
]

HOPS_MOST = 8
"""Targets that one call may go on to; then it ends. Settings that lead in a circle are refused; this is for what comes about while it runs."""


@dataclass(frozen=True)
class IncomingCall:
    """A call from outside. ``line`` it comes by, ``trunk`` that the line belongs to (of an analog line itself). ``doubtful``: the caller's number
    may be wrong, and nothing is decided by it.
    """

    line: str
    trunk: str
    caller: str = ""
    called: str = ""
    doubtful: bool = False


@dataclass(frozen=True)
class OutgoingCall:
    """A call that a desk phone wants to make, without the outside prefix. ``pin`` is a secret. Of a call on a charge account ``service_class`` is that of
    the account; empty: as always.
    """

    phone: str
    number: str
    agent: str = ""
    pin: str = ""
    account: str = ""
    charge_account: str = ""
    service_class: str = ""

    def __repr__(self) -> str:
        return f"OutgoingCall({self.phone!r}, {self.number!r}, {self.agent!r}, account={self.account!r})"


@dataclass(frozen=True)
class DayUse:
    """What a phone has called today."""

    calls: int = 0
    talk_s: float = 0.0


@dataclass(frozen=True)
class RoutingState:
    """What else there is to know at the moment of the decision.

    ``switched``: positions of time conditions' switches; ``busy`` and ``out_of_service``: targets as they are written; ``today``: use by phone;
    ``listed``: numbers that were put on lists since the settings were made, by list; ``spent``: thousandths of a yuan that calls outside have cost
    this month, by ``extension:801``, ``agent:1001``, ``account:4711``.
    """

    switched: Mapping[str, str] = field(default_factory=dict)
    busy: frozenset[str] = frozenset()
    out_of_service: frozenset[str] = frozenset()
    today: Mapping[str, DayUse] = field(default_factory=dict)
    listed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    spent: Mapping[str, int] = field(default_factory=dict)


class Outcome(StrEnum):
    """How a decision ends."""

    TARGET = "target"
    """A call from outside goes to the target."""
    USUAL = "usual"
    """No route fits: the flow of the line answers."""
    OUT = "out"
    """A call goes out, with these digits by these ways."""
    EMERGENCY = "emergency"
    """The same, and nothing stops it."""
    REFUSED = "refused"


class Step(NamedTuple):
    """One rule that was looked at. ``about``: its name; ``what``: the key of the sentence in ``STEPS``; ``found``: what was compared."""

    what: str
    about: str = ""
    found: Text | str | int = ""


@dataclass(frozen=True)
class Decision:
    """Where the call goes. ``rule``: the route, class or list that decided; ``reason``: of a refusal, the key of its sentence.

    Of calls out: ``number`` as it is dialled by ``ways`` (names of trunk groups, or of trunks alone; none: all outgoing lines), ``service_class`` by which it is permitted,
    ``longest_s`` until it is ended (0: never). ``hops``: targets that the call has been to before.
    """

    outcome: Outcome
    rule: str = ""
    reason: str = ""
    target: Target | None = None
    number: str = ""
    ways: tuple[str, ...] = ()
    service_class: str = ""
    account: str = ""
    charge_account: str = ""
    longest_s: float = 0.0
    hops: int = 0
    steps: tuple[Step, ...] = ()


STEPS: Mapping[str, Text] = {
    # calls from outside
    "call_in": text("Call by {about} to {found}."),
    "caller": text("Caller: {about}{found}."),
    "caller_doubtful": text("The caller's number is doubtful: nothing is decided by it."),
    "caller_black": text("The caller is on the black list {about}."),
    "caller_white": text("The caller is on the white list {about}: black lists do not count."),
    "not_trunk": text("Route {about}: no, it is for calls by {found}."),
    "not_called": text("Route {about}: no, it is for other called numbers."),
    "not_caller": text("Route {about}: no, it is for other callers."),
    "not_area": text("Route {about}: no, it is for callers from {found}."),
    "not_list": text("Route {about}: no, the caller is not on {found}."),
    "not_vip": text("Route {about}: no, it is for VIPs."),
    "vip": text("Route {about}: no, it is for callers who are no VIPs."),
    "not_open": text("Route {about}: no, it holds while open; now closed: {found}."),
    "not_closed": text("Route {about}: no, it holds while closed; now open: {found}."),
    "fits": text("Route {about}: yes, all its conditions fit."),
    "fits_open": text("Route {about}: yes; open: {found}."),
    "fits_closed": text("Route {about}: yes; closed: {found}."),
    "goes_to": text("It leads to {found}."),
    "goes_on": text("Route {about} leads on from {found}."),
    "busy": text("{about} is busy: it goes on to {found}."),
    "busy_stays": text("{about} is busy, and the route says nothing of that: it stays."),
    "out_of_service": text("{about} is out of service: it goes on to {found}."),
    "out_of_service_stays": text("{about} is out of service, and the route says nothing of that: it stays."),
    "no_answer": text("{about} does not answer: it goes on to {found}."),
    "no_route_in": text("No inbound route fits: the flow of the line answers."),
    "too_many_hops": text("It has been to {found} targets: it ends."),
    # calls outside
    "call_out": text("Phone {about} calls {found}."),
    "emergency": text("{found} is an emergency number: nothing stops it."),
    "called_black": text("The number is on the black list {about}."),
    "called_white": text("The number is on the white list {about}: black lists do not count."),
    "no_outbound": text("The site has no outbound routes: all outgoing lines are tried in their usual order."),
    "no_outbound_group": text("The site has no outbound routes: the trunk group for outside calls is tried."),
    "not_prefix": text("Route {about}: no, it is for numbers that begin otherwise."),
    "not_length": text("Route {about}: no, it is for numbers of {found} digits."),
    "shorter": text("Route {about}: fits, but {found} has the longer beginning."),
    "way_out": text("Route {about}: yes; it dials {found}."),
    "by_ways": text("It is tried by {found}."),
    "no_route_out": text("No outbound route fits."),
    "level": text("For this number the level {found} is needed."),
    "no_classes": text("The site has no classes of service: every phone may call all numbers."),
    "class_of_phone": text("Class of service {about}, that of the phone."),
    "class_of_agent": text("Class of service {about}, that of the agent."),
    "class_of_charge_account": text("Class of service {about}, that of the charge account {found}."),
    "class_first": text("Class of service {about}, the first one: phone and agent are in none."),
    "class_by_pin": text("Class of service {about}, by PIN."),
    "pin_wrong": text("The PIN is that of no class of service."),
    "in_hours": text("Within its hours: {found}."),
    "after_hours": text("After its hours: {found}."),
    "barred": text("Class {about} bars this number."),
    "permitted": text("Class {about} permits this number by name."),
    "level_enough": text("Class {about} permits the level {found} now."),
    "level_too_low": text("Class {about} permits no more than the level {found} now."),
    "account_missing": text("Class {about} needs an account code."),
    "account_unknown": text("There is no account {found}."),
    "account": text("On account {found}."),
    "calls_limit": text("Today the phone has made {found} calls: that is the limit of class {about}."),
    "talk_limit": text("Today the phone has talked for {found} min: that is the limit of class {about}."),
    "limits_left": text("Within the daily limits of class {about}."),
    "call_limit": text("After {found} min the call is ended."),
    "budget_left": text("Budget {about}: {found} are left this month."),
    "budget_used": text("Budget {about} is used up: {found} were spent this month."),
}
"""The sentence of each step."""

REFUSALS: Mapping[str, Text] = {
    "black_list": text("the number is on a black list"),
    "too_many_hops": text("the call was led on too often"),
    "no_route": text("no outbound route fits the number"),
    "barred": text("the class of service bars the number"),
    "level": text("the class of service does not permit it"),
    "after_hours": text("the class of service does not permit it after hours"),
    "pin_wrong": text("the PIN is wrong"),
    "pin_locked": text("too many wrong PINs"),
    "account_missing": text("an account code is needed"),
    "account_unknown": text("there is no such account"),
    "calls_limit": text("the daily limit of calls is reached"),
    "talk_limit": text("the daily limit of minutes is reached"),
    "budget_used": text("the budget of the month is used up"),
    "charge_pin_wrong": text("there is no such charge account, or its PIN is wrong"),
    "charge_locked": text("the charge account is locked after too many wrong PINs"),
    "charge_closed": text("the charge account is closed"),
    "charge_used": text("the money of the charge account is used up"),
    "charge_in_use": text("there is a call on the charge account already"),
}
"""Why a call is refused."""
LEVEL_WORDS: Mapping[str, Text] = {
    "internal": text("internal"),
    "local": text("local"),
    "national": text("national"),
    "international": text("international"),
}


def step_said(step: Step) -> Text:
    """The sentence of a step."""
    return Text(STEPS[step.what].msgid, {"about": step.about, "found": step.found})


def target_said(target: Target) -> Text:
    """A target for a person: ``queue service``."""
    kind = TARGET_KINDS.get(target.kind)
    return Text("{kind} {name}", {"kind": kind.words if kind else target.kind, "name": target.name})


def outcome_said(decision: Decision) -> Text:
    """The decision in one sentence."""
    if decision.outcome is Outcome.REFUSED:
        why = REFUSALS.get(decision.reason, Text(decision.reason))
        return text("Refused by {rule}: {why}.", rule=decision.rule or "-", why=why)
    if decision.outcome is Outcome.USUAL:
        return text("The flow of the line answers.")
    if decision.target is not None:
        return text("It goes to {target}, by route {rule}.", target=target_said(decision.target), rule=decision.rule)
    ways = ", ".join(decision.ways)
    if not ways:
        return text("It goes out as {number} by any outgoing line.", number=decision.number)
    return text("It goes out as {number} by {ways}.", number=decision.number, ways=ways)
