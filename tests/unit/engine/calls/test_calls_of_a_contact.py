"""Which calls belong to one contact: consultations, transfers, call-backs."""

from __future__ import annotations

from engine import facts
from engine.calls.register import Call, CallOwner
from engine.telephony.causes import Cause, Release
from tests.floor import Floor
from tests.interaction_audit import interaction_faults

DONE = Release(Cause.NORMAL_CALL_CLEARING, "called_back")


class Nobody(CallOwner):
    """Looks after a call and does nothing."""

    def call_key(self, call: Call, key: str) -> None:
        """Not heard."""

    def call_lifted(self, call: Call, phone: object) -> None:
        """Not heard."""

    def call_not_rung(self, call: Call, phone: object) -> None:
        """Not heard."""

    def call_reached(self, call: Call, device: str) -> None:
        """Not heard."""

    def call_ended(self, call: Call) -> None:
        """Not heard."""


def dials(floor: Floor, phone: int, keys: str) -> Call:
    """The handset is up and these keys are pressed; the newest call."""
    floor.phone(phone).press(keys)
    return list(floor.switch.calls.values())[-1]


def test_a_consultation_is_of_the_contact_and_ends_with_it(floor: Floor) -> None:
    """Two colleagues are asked in turn and one takes the call: one contact, one beginning, one end with the last call's cause."""
    floor.phone(1).lift()
    first = dials(floor, 1, "802")
    floor.phone(2).lift()
    floor.phone(2).flash()
    second = dials(floor, 2, "803")
    assert second.interaction == first.interaction
    floor.phone(3).lift()
    floor.phone(2).hang_up()
    assert [fact.calls for fact in floor.told(facts.InteractionEnded)] == []
    floor.phone(1).hang_up()
    (end,) = floor.told(facts.InteractionEnded)
    assert (end.calls, end.reason, end.interaction) == (2, "hung_up", first.interaction)
    assert interaction_faults(floor.heard) == []


def test_two_calls_at_one_phone_that_come_by_themselves_are_two_contacts(floor: Floor) -> None:
    """Who knocks has nothing to do with the one already talking."""
    floor.phone(1).announces_waiting = True
    floor.phone(1).lift()
    first = dials(floor, 1, "802")
    floor.phone(2).lift()
    floor.phone(3).lift()
    assert dials(floor, 3, "801").interaction != first.interaction


def test_a_call_back_is_of_the_contact_that_it_was_promised_in(floor: Floor) -> None:
    """From the busy tone to the call that comes back when the colleague is free, it is one contact."""
    floor.phone(1).lift()
    first = dials(floor, 1, "802")
    floor.switch.interactions.wait_for(first.interaction)
    floor.phone(1).hang_up()
    assert floor.told(facts.InteractionEnded) == []
    back = floor.control.calls.operations.originate(floor.switch.phones["phone-1"], Nobody(), "802", first.interaction)
    floor.switch.interactions.waited(first.interaction, DONE)
    assert back.interaction == first.interaction
    floor.switch.end_all("shutdown")
    assert [(fact.interaction, fact.calls) for fact in floor.told(facts.InteractionEnded)] == [(first.interaction, 2)]
