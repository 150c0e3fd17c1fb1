"""Numbers and settings of an ISDN trunk in the D channel's words, both ways. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from boards.e1.pri_events import Offered
from boards.e1.pri_values import (
    CallingNumber,
    NumberingPlan,
    PartyNumber,
    Presentation,
    PriSettings,
    Role,
    SetupRequest,
    SwitchType,
    TypeOfNumber,
)
from engine.settings.e1_trunk import E1TrunkSection
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId

__all__ = ["caller_of", "settings_of", "setup_of"]

TYPES: Mapping[str, TypeOfNumber] = MappingProxyType({kind.name.lower(): kind for kind in TypeOfNumber})
PLANS: Mapping[str, NumberingPlan] = MappingProxyType({plan.name.lower(): plan for plan in NumberingPlan})


def settings_of(section: E1TrunkSection) -> PriSettings:
    """How the trunk's D channel is run."""
    return PriSettings(
        role=Role.NETWORK if section.signalling == "isdn-network" else Role.USER,
        switch_type=SwitchType(section.switch_type),
        overlap_receiving=section.digits > 0,
        timers_s=MappingProxyType({"T309": section.calls_survive_s}),
    )


def setup_of(section: E1TrunkSection, place: int, number: str, presented: str = "") -> SetupRequest:
    """An outgoing call to ``number`` on this timeslot and no other. ``presented``: the caller number that is shown instead of the trunk's. Raises BadInput
    for a number that cannot be sent.
    """
    return SetupRequest(
        channel=place,
        called=PartyNumber(number, TYPES[section.called_type], PLANS[section.called_plan]),
        calling=_calling(section, presented or section.presented),
        exclusive=True,
    )


def _calling(section: E1TrunkSection, presented: str) -> CallingNumber | None:
    if not presented and not section.caller_hidden:
        return None
    shown = Presentation.RESTRICTED if section.caller_hidden else Presentation.ALLOWED
    return CallingNumber(presented, TYPES[section.caller_type], PLANS[section.caller_plan], shown)


def caller_of(event: Offered) -> CallerId:
    """Who calls, as the engine knows callers."""
    calling = event.calling
    if calling is None:
        return CallerId(name=event.name) if event.name else UNKNOWN_CALLER
    if calling.presentation is Presentation.RESTRICTED:
        return CallerId(absence="private")
    if calling.presentation is Presentation.NOT_AVAILABLE or not calling.digits:
        return CallerId(name=event.name, absence="unavailable")
    return CallerId(_national(calling), event.name)


def _national(number: CallingNumber) -> str:
    """Digits as they are dialled from here: a national number has its 0 again, an international one its 00."""
    prefix = {TypeOfNumber.NATIONAL: "0", TypeOfNumber.INTERNATIONAL: "00"}.get(number.type_of_number, "")
    return prefix + number.digits if not number.digits.startswith("0") else number.digits
