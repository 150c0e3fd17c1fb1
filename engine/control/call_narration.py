"""What people do with calls, as sentences."""

from __future__ import annotations

from engine import facts
from engine.kernel.text import Text, text

__all__ = ["act_sentence"]


def act_sentence(fact: facts.Fact) -> Text | None:
    """The sentence of a fact of holding, transferring, parking and the like; None for any other."""
    match fact:
        case facts.CallHeld(call=call, phone=phone):
            return text("{call} is on hold; {phone} comes back to it with R.", call=call, phone=phone)
        case facts.CallRetrieved(call=call, phone=phone):
            return text("{call} is not on hold any more ({phone}).", call=call, phone=phone)
        case facts.CallTransferred(call=call, other="", phone=phone, to=to):
            return text("{phone} sends {call} on to {to}.", phone=phone, call=call, to=to)
        case facts.CallParked(call=call, slot=slot, phone=phone):
            return text("{phone} parks {call} at {slot}.", phone=phone, call=call, slot=slot)
        case facts.CallPickedUp(call=call, phone=phone, ringing=ringing):
            return text("{phone} picks up {call}, which rings at {ringing}.", phone=phone, call=call, ringing=ringing)
        case facts.PartyMuted(call=call, party=party, muted=muted):
            said = text("{party} is muted in {call}.", party=party, call=call)
            return said if muted else text("{party} is heard again in {call}.", **said.values)
        case facts.CallTransferred(call=call, other=other, phone=phone, to=to, answered=answered):
            said = text("{phone} leaves {call} to {to} ({other}).", call=call, phone=phone, to=to, other=other)
            return said if answered else text("{phone} leaves {call} to {to}, which is still rung ({other}).", **said.values)
        case facts.CallsJoined(call=call, other=other, phone=phone):
            return text("{phone} makes one conversation of {call} and {other}.", phone=phone, call=call, other=other)
        case facts.CallWaits(call=call, phone=phone):
            return text("{call} is announced to {phone}, which is in conversation.", call=call, phone=phone)
    return None
