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
    RedirectingNumber,
    RedirectionReason,
    Role,
    SetupRequest,
    SwitchType,
    TypeOfNumber,
)
from engine.settings.e1_trunk import E1TrunkSection
from engine.telephony.numbers import CallerId, Redirection

__all__ = ["AMERICAN", "caller_of", "dialled", "settings_of", "setup_of", "shown", "typed"]

TYPES: Mapping[str, TypeOfNumber] = MappingProxyType({kind.name.lower(): kind for kind in TypeOfNumber})
BY_PREFIX = "by-prefix"
AMERICAN = frozenset({"ni2", "dms100", "5ess", "4ess"})
"""Dialects that have service messages."""
PLANS: Mapping[str, NumberingPlan] = MappingProxyType({plan.name.lower(): plan for plan in NumberingPlan})


def settings_of(section: E1TrunkSection) -> PriSettings:
    """How the trunk's D channel is run."""
    return PriSettings(
        role=Role.NETWORK if section.signalling == "isdn-network" else Role.USER,
        switch_type=SwitchType(section.switch_type),
        overlap_receiving=section.digits > 0,
        service_messages=section.switch_type in AMERICAN,
        timers_s=MappingProxyType({"T309": section.calls_survive_s}),
    )


def setup_of(
    section: E1TrunkSection, place: int, number: str, presented: str = "", redirection: Redirection | None = None
) -> tuple[SetupRequest, str]:
    """An outgoing call to ``number`` on this timeslot, and the digits that follow when the exchange asks for them. ``presented``: the caller number
    shown instead of the trunk's; ``redirection``: from where the call was led on. Raises BadInput for a number that cannot be sent.
    """
    kind, digits = typed(section, section.called_type, number)
    first, rest = (digits[:1], digits[1:]) if section.sending == "overlap" else (digits, "")
    request = SetupRequest(
        channel=place,
        called=PartyNumber(first, kind, PLANS[section.called_plan]),
        calling=_calling(section, presented),
        redirecting=_redirecting(section, redirection),
        exclusive=section.channel_choice == "exclusive",
        complete=section.sending != "overlap",
    )
    return request, rest


def typed(section: E1TrunkSection, wanted: str, number: str) -> tuple[TypeOfNumber, str]:
    """The type with which a number is sent, and its digits then: a number whose type says what its prefix said goes without that."""
    if wanted != BY_PREFIX:
        return TYPES[wanted], number
    for prefix, kind in ((section.international_prefix, TypeOfNumber.INTERNATIONAL), (section.national_prefix, TypeOfNumber.NATIONAL)):
        if prefix and number.startswith(prefix) and len(number) > len(prefix):
            return kind, number.removeprefix(prefix)
    return TypeOfNumber.UNKNOWN, number


def _calling(section: E1TrunkSection, presented: str) -> CallingNumber | None:
    number = presented or section.presented
    if not number and not section.caller_hidden:
        return None
    shown = Presentation.RESTRICTED if section.caller_hidden else Presentation.ALLOWED
    kind, digits = typed(section, section.caller_type, number)
    return CallingNumber(digits, kind, PLANS[section.caller_plan], shown)


def _redirecting(section: E1TrunkSection, redirection: Redirection | None) -> RedirectingNumber | None:
    """Our number that was called first, as our own numbers are sent; a caller who is not to be shown is not told of by it either."""
    if redirection is None or not redirection.number or not section.redirection_told:
        return None
    hidden = Presentation.RESTRICTED if section.caller_hidden else Presentation.ALLOWED
    kind, digits = typed(section, section.caller_type, redirection.number)
    return RedirectingNumber(digits, kind, PLANS[section.caller_plan], RedirectionReason[redirection.why.upper()], hidden)


def caller_of(section: E1TrunkSection, event: Offered) -> CallerId:
    """Who calls, as the engine knows callers."""
    calling, redirection = event.calling, _redirection(section, event.redirecting)
    if calling is None:
        return CallerId(name=event.name, redirection=redirection)
    if calling.presentation is Presentation.RESTRICTED:
        return CallerId(absence="private", redirection=redirection)
    if calling.presentation is Presentation.NOT_AVAILABLE or not calling.digits:
        return CallerId(name=event.name, absence="unavailable", redirection=redirection)
    return CallerId(dialled(section, calling), event.name, screening=calling.screening.name.lower(), redirection=redirection)


def _redirection(section: E1TrunkSection, number: RedirectingNumber | None) -> Redirection | None:
    if number is None:
        return None
    hidden = number.presentation is not Presentation.ALLOWED
    return Redirection("" if hidden else dialled(section, number), number.reason.name.lower())


def shown(section: E1TrunkSection, number: CallingNumber | None) -> str:
    """A number that may be shown, as it is dialled from here; empty: none, or one that is withheld."""
    return dialled(section, number) if number is not None and number.presentation is Presentation.ALLOWED else ""


def dialled(section: E1TrunkSection, number: PartyNumber) -> str:
    """Digits as they are dialled from here: a national number has its prefix again (0), an international one its own (00).

    Exchanges that leave a prefix there though the type says it too are known: it is not put twice.
    """
    prefix = {TypeOfNumber.NATIONAL: section.national_prefix, TypeOfNumber.INTERNATIONAL: section.international_prefix}
    before = prefix.get(number.type_of_number, "")
    return number.digits if before and number.digits.startswith(before) else before + number.digits
