"""What people do with calls beside lifting, hanging up and R: park and fetch them, pick them up, send them on, bring parties in and let them go, and calls
that the appliance makes for them.
"""

from __future__ import annotations

from collections.abc import Callable

from engine import facts
from engine.calls import call as c
from engine.calls import leg as l
from engine.calls.delivery import DialledNumber
from engine.calls.parties import Keeper, Leg
from engine.calls.register import Call, CallOwner, Phone
from engine.calls.switch import Switch
from engine.kernel.bus import Bus
from engine.kernel.errors import Refused
from engine.kernel.text import text
from engine.telephony.causes import Cause, Release
from engine.telephony.lines import RingKind

__all__ = ["SLOTS", "Operations"]

SLOTS = tuple("123456789")
"""Parking places: a digit each, as they are dialled."""
FORCED = Release(Cause.NORMAL_CALL_CLEARING, "forced")

MayPickUp = Callable[[str, str], bool]
"""Whether the user of one extension may take what rings at another."""


def _everybody(_taker: str, _ringing: str) -> bool:
    return True


class Operations:
    """One per appliance. What is refused is refused in words, and nothing in progress is harmed by it."""

    def __init__(self, switch: Switch, bus: Bus) -> None:
        self._switch = switch
        self._bus = bus
        self._slots: dict[str, Call] = {}
        self._next = 0
        """The place from which a free one is looked for, so that none is used twice in one moment."""
        self._may_pick_up: MayPickUp = _everybody

    def permit_pick_up(self, may: MayPickUp) -> None:
        """Who is asked whether a call may be picked up; until then everybody may."""
        self._may_pick_up = may

    # ---- parking -----------------------------------------------------------------------------------------------------

    def park(self, phone: Phone, recall_after_s: float) -> str:
        """Leave the phone's call, held or not, in a parking place; the place. Refused: no call with one other party, all places are taken."""
        call = phone.call or phone.held
        if call is None or _only_other(call, phone) is None:
            raise Refused(text("Phone {phone} has no call that can be parked.", phone=phone.name))
        free = [slot for slot in SLOTS[self._next :] + SLOTS[: self._next] if self.parked(slot) is None]
        if not free:
            raise Refused(text("All {count} parking places are taken.", count=len(SLOTS)))
        slot = free[0]
        self._slots[slot], self._next = call, SLOTS.index(slot) + 1
        self._bus.publish(facts.CallParked(call=call.id, slot=slot, phone=phone.name), call.interaction)
        call.post(c.Park(phone.name, recall_after_s))
        return slot

    def parked(self, slot: str) -> Call | None:
        """The call in a parking place; None: it is free."""
        call = self._slots.get(slot)
        return call if call is not None and call.parties.keeper is Keeper.PARK else None

    def fetch(self, phone: Phone, slot: str) -> Call:
        """The lifted phone takes the call out of a parking place. Refused: nobody is there, the phone is in a call."""
        call = self.parked(slot)
        if call is None:
            raise Refused(text("Nobody is parked at {slot}.", slot=slot or "-"))
        self._need_free_hand(phone)
        self._switch.give(phone, call, c.Come(phone.name))
        return call

    # ---- pick-up -----------------------------------------------------------------------------------------------------

    def pick_up(self, phone: Phone, extension: str) -> Call:
        """The lifted phone takes the call that rings at an extension. Refused: nothing rings there, it may not, the call is one of a queue."""
        ringing = self._switch.phone_of_extension(extension)
        call = None if ringing is None else ringing.rung_by or ringing.knocking
        if ringing is None or call is None or ringing is phone:
            raise Refused(text("Nothing rings at extension {extension}.", extension=extension))
        if not self._may_pick_up(phone.extension, extension):
            raise Refused(text("Calls of extension {extension} may not be picked up here.", extension=extension))
        return self._pick_up(phone, ringing, call)

    def pick_up_any(self, phone: Phone) -> Call:
        """The lifted phone takes the call that has rung longest where it may. Refused: there is none."""
        for call in self._switch.calls.values():
            for leg in call.parties.rung:
                ringing = self._switch.phones[leg.device]
                may = ringing is not phone and self._may_pick_up(phone.extension, ringing.extension)
                if may and not _offered_by_queue(call, leg):
                    return self._pick_up(phone, ringing, call)
        raise Refused(text("Nothing rings that could be picked up."))

    def _pick_up(self, phone: Phone, ringing: Phone, call: Call) -> Call:
        leg = call.parties.leg(ringing.name)
        if leg is None or not leg.rung or call.parties.leg(phone.name) is not None:
            raise Refused(text("Nothing rings at extension {extension}.", extension=ringing.extension))
        if _offered_by_queue(call, leg):
            raise Refused(text("A call that a queue offers to its agent is not picked up."))
        self._need_free_hand(phone)
        self._bus.publish(facts.CallPickedUp(call=call.id, phone=phone.name, ringing=ringing.name), call.interaction)
        self._switch.give(phone, call, c.PickUp(ringing.name, phone.name))
        return call

    # ---- parties -----------------------------------------------------------------------------------------------------

    def send_on(self, phone: Phone, extension: str, ring_timeout_s: float) -> Call:
        """The phone leaves its call to an extension, which rings; in vain, it is rung itself. Refused: no such call or extension, it is busy, itself."""
        call, to = phone.call or phone.held, self._switch.phone_of_extension(extension)
        other = None if call is None else _only_other(call, phone)
        if call is None or other is None:
            raise Refused(text("Phone {phone} has no call that can be transferred.", phone=phone.name))
        if to is None:
            raise Refused(text("There is no extension {extension}.", extension=extension))
        if to is phone or to.name == other.device:
            raise Refused(text("A call cannot be transferred to who is in it."))
        if not (to.free or to.can_be_told):
            raise Refused(text("Extension {extension} is busy.", extension=extension))
        told = facts.CallTransferred(call=call.id, other="", phone=phone.name, to=to.name, answered=False, agent="")
        self._bus.publish(told, call.interaction)
        call.post(c.SendOn(phone.name, (to.name,), ring_timeout_s))
        return call

    def send_outside(self, phone: Phone, number: DialledNumber, ring_timeout_s: float) -> Call:
        """The phone leaves its call to a number outside; in vain, it is rung itself. Refused: no such call, no line, the class of service forbids it."""
        call = phone.call or phone.held
        other = None if call is None else _only_other(call, phone)
        if call is None or other is None:
            raise Refused(text("Phone {phone} has no call that can be transferred.", phone=phone.name))
        self._switch.need_permission(phone, "outside_transfer" if other.is_line else "")
        line = self._switch.dial_for(call, number.number, number.route, number.presented, outside_alone=True)
        told = facts.CallTransferred(call=call.id, other="", phone=phone.name, to=line, answered=False, agent="")
        self._bus.publish(told, call.interaction)
        call.post(c.SendOn(phone.name, (), ring_timeout_s))
        return call

    def hand_back(self, phone: Phone, to: str, lead: Callable[[Call], None]) -> Call:
        """The phone leaves a caller from outside to a queue or a dialogue, to which ``lead`` brings him; ``to`` says where. Refused: no such call."""
        call = phone.call or phone.held
        other = None if call is None else _only_other(call, phone)
        if call is None or other is None or not other.is_line:
            raise Refused(text("Phone {phone} has no call from outside that can be transferred.", phone=phone.name))
        call.line = other.device
        self._bus.publish(
            facts.CallTransferred(call=call.id, other="", phone=phone.name, to=to, answered=False, agent=""), call.interaction
        )
        call.post(c.HandBack(phone.name))
        lead(call)
        return call

    def invite(self, call: Call, extension: str, ring_timeout_s: float) -> None:
        """Ring an extension for a conversation, into which it comes. Refused: no such extension, busy, in it, 32 are in it, nobody talks."""
        to = self._switch.phone_of_extension(extension)
        if to is None:
            raise Refused(text("There is no extension {extension}.", extension=extension))
        if not call.talking:
            raise Refused(text("There is no conversation that somebody could come into."))
        if call.parties.leg(to.name) is not None or not (to.free or to.can_be_told):
            raise Refused(text("Extension {extension} is busy.", extension=extension))
        self._need_room(call)
        call.post(c.Deliver((to.name,), ring_timeout_s))

    def drop(self, call: Call, device: str) -> None:
        """Let a party go. Refused when it is not in the call."""
        self._need_party(call, device)
        call.post(c.DropParty(device))

    def mute(self, call: Call, device: str, *, muted: bool) -> None:
        """Let a party be heard no more, or again. Refused when it is not in the call."""
        self._need_party(call, device)
        self._bus.publish(facts.PartyMuted(call=call.id, party=device, muted=muted), call.interaction)
        call.post(c.Mute(device, muted))

    def release(self, call: Call) -> None:
        """End a call, whoever is in it."""
        call.post(c.End(FORCED, "system"))

    # ---- calls that the appliance makes ------------------------------------------------------------------------------

    def originate(self, phone: Phone, owner: CallOwner, called: str, interaction: str = "") -> Call:
        """Ring a phone for a call that its user has not dialled; ``owner`` is told by ``call_reached`` when it is lifted, and goes on. Refused when the
        phone cannot be rung. The owner ends it (``c.End``) when nobody comes. ``interaction`` as in ``make_call``.
        """
        if not phone.free:
            raise Refused(text("Extension {extension} is busy.", extension=phone.extension))
        call = self._switch.make_call(phone, owner, called, interaction)
        call.post(c.Ring(phone.name, (), RingKind.CALL_BACK))
        return call

    # ---- small things ------------------------------------------------------------------------------------------------

    def _need_free_hand(self, phone: Phone) -> None:
        if phone.call is not None or not phone.station.off_hook:
            raise Refused(text("Phone {phone} is in a call already, or not lifted.", phone=phone.name))

    def _need_party(self, call: Call, device: str) -> None:
        if call.parties.leg(device) is None:
            raise Refused(text("{party} is not in call {call}.", party=device, call=call.id))

    def _need_room(self, call: Call) -> None:
        if len(call.parties.legs) >= c.PARTIES_MOST:
            raise Refused(text("A call has at most {most} parties.", most=c.PARTIES_MOST))


def _only_other(call: Call, phone: Phone) -> Leg | None:
    """The one party beside the phone, who is in conversation with it or waits for it; None: it is not so."""
    mine = call.parties.leg(phone.name)
    others = [leg for leg in call.parties.legs if leg.device != phone.name]
    there = mine is not None and isinstance(mine.state, l.Up | l.OnHold) and len(others) == 1 and others[0].up
    return others[0] if there and not call.attended else None


def _offered_by_queue(call: Call, leg: Leg) -> bool:
    return call.parties.keeper is Keeper.OWNER and leg.rung
