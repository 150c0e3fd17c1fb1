"""Calls brought to extensions and ring groups: what was decided of who rings is carried out, stage after stage, and each forward is told when it is followed."""

from __future__ import annotations

from collections.abc import Callable

from engine.calls.delivery import Delivery, DeliveryStage, DialledNumber
from engine.calls.extensions import Extensions
from engine.calls.register import Call
from engine.calls.routing.decision import Decision, OutgoingCall
from engine.calls.services.decision import Device, Ringing
from engine.calls.services.ringing import phone_of
from engine.calls.switch import Switch
from engine.calls.trunk_groups import TrunkGroups
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock
from engine.telephony.causes import Cause, Release

__all__ = ["InVain", "Placing"]

WentOut = Callable[[Call, OutgoingCall, Decision, str, str], None]
"""Told of a call that goes out: on behalf of which phone to which number, as it was decided, by which trunk group and line."""
InVain = Callable[[Call, Ringing, Release], None]
"""Told that nobody of those who were to ring has taken the call, which waits until something is done with it."""
ENDS = {
    "no_answer": Release(Cause.NO_ANSWER, "no_answer"),
    "busy": Release(Cause.USER_BUSY, "busy"),
    "do_not_disturb": Release(Cause.USER_BUSY, "do_not_disturb"),
    "out_of_order": Release(Cause.DESTINATION_OUT_OF_ORDER, "out_of_order"),
    "unallocated": Release(Cause.UNALLOCATED_NUMBER, "unallocated"),
}


def _nobody_is_told(_call: Call, _asked: OutgoingCall, _decision: Decision, _group: str, _line: str) -> None:
    """Until somebody wants to know."""


class Placing:
    """One per appliance."""

    def __init__(self, switch: Switch, bus: Bus, clock: Clock, extensions: Extensions, groups: TrunkGroups) -> None:
        self._switch = switch
        self._bus = bus
        self._clock = clock
        self._groups = groups
        self.extensions = extensions
        self._went_out: WentOut = _nobody_is_told

    def wire(self, went_out: WentOut) -> None:
        """Who is told that a call goes out to a number on somebody's behalf."""
        self._went_out = went_out

    def bring(self, call: Call, ringing: Ringing, in_vain: InVain) -> None:
        """Ring for the call as it was decided; ``in_vain`` when all of it was."""
        self._stage(call, ringing, 0, ENDS.get(ringing.reason, ENDS["no_answer"]), in_vain)

    def _stage(self, call: Call, ringing: Ringing, number: int, release: Release, in_vain: InVain) -> None:
        if call.ended:
            return
        if number >= len(ringing.stages):
            self.extensions.tell(call, ringing.forwarded)
            in_vain(call, ringing, release)
            return
        stage = ringing.stages[number]
        self.extensions.tell(call, stage.forwarded)
        phones = tuple(phone.name for device in stage.devices if (phone := self._switch.phone_of_extension(_extension(device))) is not None)
        outside = [(device, device.out, self._dialled(device, device.out)) for device in stage.devices if device.out is not None]
        call.ring_timeout_s = stage.ring_s

        def next_stage(waiting: Call, why: Release) -> None:
            self._stage(waiting, ringing, number + 1, why, in_vain)

        made = DeliveryStage(phones, stage.ring_s, tuple(dialled for _device, _out, dialled in outside))
        own = self._switch.dialled_for(call)
        Delivery(self._switch, self._bus, self._clock, [made], next_stage).begin(call)
        line = self._switch.dialled_for(call)
        if line not in {"", own}:
            for device, out, dialled in outside:
                asked = OutgoingCall(phone_of(self.extensions.routing, device.on_behalf), device.number)
                self._went_out(call, asked, out, dialled.route.group, line)

    def _dialled(self, device: Device, out: Decision) -> DialledNumber:
        """On behalf of the extension that has forwarded: its caller number is shown."""
        stations = self.extensions.routing.site.stations
        shown = next((one.caller_number for one in stations if one.extension == device.on_behalf), "")
        return DialledNumber(out.number, self._groups.route(out.number, out.ways), shown)


def _extension(device: Device) -> str:
    return device.number if device.kind == "extension" else ""
