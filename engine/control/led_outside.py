"""Calls from outside that are led on to numbers outside: permitted by a class of service, told as facts, counted and charged like other calls out."""

from __future__ import annotations

from collections.abc import Callable

from engine import facts
from engine.calls.delivery import Delivery, DeliveryStage, DialledNumber
from engine.calls.routing.decision import Decision, OutgoingCall
from engine.calls.switch import Call, Switch
from engine.calls.trunk_groups import TrunkGroups
from engine.control.outside_calls import OutsideCalls
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock
from engine.telephony.causes import Release

__all__ = ["LedOutside"]


class LedOutside:
    """One per appliance."""

    def __init__(self, bus: Bus, clock: Clock, switch: Switch, groups: TrunkGroups, outside: OutsideCalls) -> None:
        self._bus = bus
        self._clock = clock
        self._switch = switch
        self._groups = groups
        self._outside = outside

    def lead(self, call: Call, asked: OutgoingCall, ring_s: float, in_vain: Callable[[Call, Release], None]) -> None:
        """Dial what is ``asked`` for a caller, who hears ringback until somebody answers; ``in_vain`` is told when nobody does within ``ring_s``, or no
        line is free. Raises OutsideRefused when the rules do not permit it.
        """
        decision = self._outside.permit(asked)
        route = self._groups.route(decision.number, decision.ways)
        stage = DeliveryStage((), ring_s, (DialledNumber(decision.number, route),))
        own = self._switch.dialled_for(call)
        Delivery(self._switch, self._bus, self._clock, (stage,), in_vain).begin(call)
        line = self._switch.dialled_for(call)
        if line in {"", own}:
            return  # no line could take it: ``in_vain`` knows
        self.went_out(call, asked, decision, route.group, line)

    def went_out(self, call: Call, asked: OutgoingCall, decision: Decision, group: str, line: str) -> None:
        """The call goes out by a line of a group on behalf of a phone: its limits count, and it is told."""
        self._outside.limit(call, decision.longest_s)
        told = facts.CallLedOutside(
            call=call.id,
            by=asked.phone,
            line=line,
            group=group,
            dialled=asked.number,
            route=decision.rule,
            service_class=decision.service_class,
            charge_account=decision.charge_account,
        )
        self._bus.publish(told, call.interaction)
