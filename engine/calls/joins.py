"""Two calls that become one: transfers and conferences, by the phone that has both.

The parties of the one come into the other, which goes on with its id; the one ends as *transferred* or *joined* and releases nobody. What happens to its parties in
the same moment is passed on to where they are (``call.Joined``), so nothing that crosses is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine import facts
from engine.calls import call as c
from engine.calls.attempts import Attempts
from engine.calls.parties import LEGS_MOST, CallParties, outside_act
from engine.calls.register import Call, Floors, Phone
from engine.kernel.errors import Refused
from engine.kernel.text import Text, text

__all__ = ["Joins"]

OUTSIDE_REFUSED: Mapping[str, Text] = {
    "outside_transfer": text("The class of service does not permit that parties outside are connected with each other."),
    "outside_invitation": text("The class of service does not permit a conference with more than one party outside."),
}


@dataclass(frozen=True)
class _Under:
    """A join under way: the call that goes on, the phone that has both, whether it stays, and whether parties outside may be left alone."""

    keeps: Call
    phone: str
    stays: bool
    outside_alone: bool


class Joins:
    """One per appliance."""

    def __init__(
        self, phones: Mapping[str, Phone], floors: Floors, attempts: Attempts, publish: Callable[[Call, facts.Fact], None]
    ) -> None:
        self._phones = phones
        self._floors = floors
        self._attempts = attempts
        self._publish = publish
        self._under: dict[str, _Under] = {}

    def by_hanging_up(self, phone: str, calls: Sequence[Call]) -> bool:
        """A handset goes down between two calls of which one was made about the other: the other parties are connected. False: that is not so, or
        not permitted.
        """
        if len(calls) != 2 or not calls[0].consults(calls[1]):
            return False
        try:
            self.begin(phone, calls[0], calls[1], stays=False)
        except Refused:
            return False
        return True

    def begin(self, phone: str, one: Call, other: Call, *, stays: bool) -> None:
        """Make one call of two that the phone has. Refused when they are too many, somebody is in both, or the class of service forbids it."""
        mine, theirs = one.parties, other.parties
        under_way = one.id in self._under or other.id in self._under
        if mine.leg(phone) is None or theirs.leg(phone) is None or mine.over or theirs.over or under_way:
            raise Refused(text("Phone {phone} does not have two calls.", phone=phone))
        devices = [leg.device for leg in (*mine.legs, *theirs.legs) if leg.device != phone]
        if len(set(devices)) < len(devices):
            raise Refused(text("Somebody is in both calls already."))
        if len(devices) + int(stays) > LEGS_MOST:
            raise Refused(text("A call has at most {most} parties.", most=LEGS_MOST))
        act = outside_act(mine, theirs, phone, stays=stays)
        self.need_permission(phone, act)
        keeps, ends = (other, one) if _goes_on(other, one) else (one, other)
        self._under[ends.id] = _Under(keeps, phone, stays, act == "outside_transfer")
        ends.post(c.GiveUp(phone, stays))

    def need_permission(self, phone: str, act: str) -> None:
        """Refused when the user of a phone may not do this ``outside_act``; empty: nothing is asked."""
        if act and not self._floors.may_join_outside(phone, act):
            raise Refused(OUTSIDE_REFUSED[act])

    def hand_over(self, ends: Call, parties: CallParties | None) -> None:
        """The one call has given its parties up: the other one has them. None: it was over before, and the phone has simply left."""
        under = self._under.pop(ends.id)
        if parties is None:
            if not under.stays:
                under.keeps.post(c.PhoneDown(under.phone))
            return
        keeps = under.keeps
        ends.joined = keeps
        self._attempts.hand_over(ends, keeps)
        keeps.line = keeps.line or ends.line
        moved = [phone for phone in self._phones.values() if phone.name != under.phone and _moves(phone, ends, keeps)]
        shared = self._phones[under.phone]
        if under.stays:
            shared.call, shared.held = keeps, None
        self._tell(under, ends, parties)
        keeps.post(
            c.Absorb(parties, under.phone, under.stays, ends.ring_timeout_s or keeps.ring_timeout_s or DEFAULT_RING_S, under.outside_alone)
        )
        for phone in moved:
            if self._floors.desk is not None:
                self._floors.desk.phone_call_moved(phone, ends, keeps)

    def _tell(self, under: _Under, ends: Call, parties: CallParties) -> None:
        keeps, phone = under.keeps, under.phone
        others = [leg for leg in parties.legs if leg.device != phone]
        to = next((leg.device for leg in others), "")
        if under.stays:
            self._publish(keeps, facts.CallsJoined(call=keeps.id, other=ends.id, phone=phone, to=to))
            return
        here = [leg.device for leg in (*others, *keeps.parties.up) if not leg.is_line and leg.device != phone and leg.present]
        if here:
            keeps.phone, keeps.agent = here[0], self._floors.agent_at(here[0])
        answered = any(leg.present for leg in others)
        told = facts.CallTransferred(call=keeps.id, other=ends.id, phone=phone, to=to, answered=answered, agent=keeps.agent)
        self._publish(keeps, told)


DEFAULT_RING_S = c.RING_TIME.default_s


def _goes_on(one: Call, other: Call) -> bool:
    """The call that a queue or a dialogue has led to goes on, else the older one."""
    if (one.owner is None) != (other.owner is None):
        return one.owner is not None
    return other.about is one


def _moves(phone: Phone, ends: Call, keeps: Call) -> bool:
    """What the phone had of the one call it has of the other; True when it takes part."""
    takes_part = ends in (phone.call, phone.held)
    phone.call = keeps if phone.call is ends else phone.call
    phone.held = keeps if phone.held is ends else phone.held
    phone.rung_by = keeps if phone.rung_by is ends else phone.rung_by
    phone.knocking = keeps if phone.knocking is ends else phone.knocking
    return takes_part
