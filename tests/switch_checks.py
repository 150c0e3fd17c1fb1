"""What holds of the switch at every moment, whatever people, lines and phones have done."""

from __future__ import annotations

from collections import Counter

from engine import facts
from engine.calls.parties import scene_of
from engine.telephony.conference import patches_for
from tests.floor import Floor

__all__ = ["check_calls", "check_ends", "check_hearing"]


def check_calls(floor: Floor) -> None:
    """Every part in a call has its device, and every device that has one its part; nobody is left alone in a call."""
    switch = floor.switch
    for call in switch.calls.values():
        present = [leg for leg in call.parties.legs if leg.present]
        assert present or call.parties.awaited
        assert len(call.parties.legs) > 1 or call.parties.keeper is not None, f"{call.parties.legs} alone in {call.id}"
        for leg in call.parties.legs:
            if leg.device in switch.phones:
                phone = switch.phones[leg.device]
                assert call in ([phone.call, phone.held] if leg.present else [phone.rung_by, phone.knocking]), leg
            else:
                assert switch._attempts.call_on(leg.device) is call, leg
    for phone in switch.phones.values():
        for has in (phone.call, phone.held, phone.rung_by, phone.knocking):
            assert has is None or has.parties.leg(phone.name) is not None, f"{phone.name} has no part in {has.id}"
        assert phone.call is None or phone.station.off_hook
        assert phone.held is None or phone.station.off_hook
        assert phone.call is None or phone.call is not phone.held
    for line in switch.trunks:
        carried = switch._attempts.call_on(line)
        assert carried is None or carried.parties.leg(line) is not None, f"{line} is seized for nothing"


def check_hearing(floor: Floor) -> None:
    """Who hears whom is what the calls say: no patch too many, none too few."""
    wanted = {
        patch
        for call in floor.switch.calls.values()
        for patch in patches_for(scene_of(call.parties, floor.switch._port))
        if patch[0] in floor.bay._lines
    }
    assert floor.bay.bridges() == wanted


def check_ends(floor: Floor) -> None:
    """Each call that was told to begin has ended once, or still is."""
    begun = Counter(fact.call for fact in floor.told(facts.CallArrived)) + Counter(fact.call for fact in floor.told(facts.CallPlaced))
    ended = Counter(fact.call for fact in floor.told(facts.CallEnded))
    told = Counter(call.id for call in floor.switch.calls.values() if call.told)
    assert begun == ended + told
