"""A cable between two ports of the appliance itself: what an installer plugs in to try an exchange line's port with a phone's port.

The phone's port feeds and rings the pair as an exchange does; the exchange line's port closes the loop as a telephone does. While it is plugged in,
neither the exchange nor the telephone has these ports.
"""

from __future__ import annotations

from hwsim.line import NO_IMPAIRMENTS, Impairments, through_line
from hwsim.line_side import ExchangePortSide, PhonePortSide
from hwsim.signals import IDLE_BLOCK

__all__ = ["PatchCord"]


class _Side:
    """One end of the cable, as a far end. What is said here is heard there a block later."""

    def __init__(self) -> None:
        self.other: _Side | None = None
        self.arrived = IDLE_BLOCK

    def exchange(self, heard: bytes) -> bytes:
        """One block each way."""
        if self.other is not None:
            self.other.arrived = heard
        arrived, self.arrived = self.arrived, IDLE_BLOCK
        return arrived


class PatchCord:
    """Plugged in when it is made; ``pull`` gives both ports back to who had them."""

    def __init__(self, line: ExchangePortSide, phone: PhonePortSide, impairments: Impairments = NO_IMPAIRMENTS, seed: int = 0) -> None:
        self._line, self._phone = line, phone
        self._of_line = (line.loop_changed, line.far_end)
        self._of_phone = (phone.ringing_changed, phone.battery_changed, phone.polarity_changed, phone.lamp_changed, phone.far_end)
        at_line, at_phone = _Side(), _Side()
        at_line.other, at_phone.other = at_phone, at_line
        line.far_end = through_line(at_line, impairments, seed)
        phone.far_end = at_phone
        phone.ringing_changed = line.set_ringing
        phone.battery_changed = line.set_battery
        phone.polarity_changed = line.set_reversed
        phone.lamp_changed = None
        line.loop_changed = phone.set_loop
        line.set_ringing(phone.ringing)
        line.set_battery(phone.battery)
        phone.set_loop(line.loop_closed)

    def pull(self) -> None:
        """Out of both ports; the exchange feeds its line again, the telephone's handset is down."""
        line, phone = self._line, self._phone
        line.loop_changed, line.far_end = self._of_line
        phone.ringing_changed, phone.battery_changed, phone.polarity_changed, phone.lamp_changed, phone.far_end = self._of_phone
        line.set_ringing(False)
        line.set_reversed(False)
        line.set_battery(True)
        phone.set_loop(False)
