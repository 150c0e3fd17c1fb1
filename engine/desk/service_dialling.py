"""What codes of supplementary services mean that are typed on a desk phone: ``*57*13800138000#`` sets, ``#57#`` ends, ``*#57#`` asks, ``**5`` calls a short
number. Pure.

The forms are those of the Chinese public exchanges and of ETSI ETS 300 738; which digits stand for which service is a setting.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from engine.settings.service_checks import service_codes
from engine.settings.services import ServiceCodesSection

__all__ = ["AskService", "EndService", "Redial", "ServiceAct", "ServiceRead", "SetService", "ShortNumber", "read_service"]


@dataclass(frozen=True)
class SetService:
    """Set a service (the name of its code in the settings) with what was typed after it."""

    service: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class EndService:
    """End a service."""

    service: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class AskService:
    """Hear whether a service is set."""

    service: str


@dataclass(frozen=True)
class ShortNumber:
    """Call what stands behind a short number: one digit of the user's own, two of the site's."""

    slot: str


@dataclass(frozen=True)
class Redial:
    """Call again what this phone called last."""


ServiceAct = SetService | EndService | AskService | ShortNumber | Redial


class ServiceRead(NamedTuple):
    """``act``: what is meant; ``now``: nothing more can follow. Without an act more keys are wanted, or (``hopeless``) none make sense of it."""

    act: ServiceAct | None = None
    now: bool = False
    hopeless: bool = False


MORE, HOPELESS = ServiceRead(), ServiceRead(hopeless=True)
VALUES: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "forward_always": ((1,), (0,)),
    "forward_busy": ((1,), (0,)),
    "forward_no_answer": ((1, 2), (0,)),
    "forward_unreachable": ((1,), (0,)),
    "do_not_disturb": ((0,), (0,)),
    "speed_dial": ((2,), (0, 1)),
    "hot_line": ((1,), (0,)),
    "wake_up": ((1,), (0,)),
    "call_back": ((0,), (0,)),
    "call_waiting": ((0,), (0,)),
    "secretary": ((0,), (0,)),
}
"""How many values may follow each code, when it is set and when it is ended. What is not here has a form of its own."""
_FORM = re.compile(r"(?P<kind>\*#|\*|#)(?P<digits>[0-9]*)(?P<values>(\*[0-9]*)*)(?P<end>#?)")


def read_service(typed: str, section: ServiceCodesSection, site_slots: Collection[str]) -> ServiceRead | None:
    """Read what was typed since dial tone; None: it is no service code, and cannot become one. ``site_slots``: the site's short numbers."""
    if typed.startswith("**"):
        return _short_number(typed.removeprefix("**"), site_slots)
    codes = {digits: name for name, digits in service_codes(section)}
    if typed == "*":
        return MORE if codes else None
    if section.redial and typed.removesuffix("#") == f"*{section.redial}":
        return ServiceRead(Redial(), now=True)
    found = _FORM.fullmatch(typed)
    if found is None:
        return HOPELESS if typed.startswith(("*#", "#")) else None
    service = codes.get(found["digits"])
    if service is None:
        begun = not found["values"] and not found["end"] and any(digits.startswith(found["digits"]) for digits in codes)
        return MORE if begun else HOPELESS if found["kind"] != "*" else None
    if not found["end"]:
        return MORE
    return _meant(found["kind"], service, tuple(found["values"].split("*")[1:]))


def _meant(kind: str, service: str, values: tuple[str, ...]) -> ServiceRead:
    setting, ending = VALUES.get(service, ((), ()))
    if kind == "*#":
        return ServiceRead(AskService(service), now=True) if ending and not values else HOPELESS
    if len(values) not in (setting if kind == "*" else ending) or not all(values):
        return HOPELESS
    return ServiceRead(SetService(service, values) if kind == "*" else EndService(service, values), now=True)


def _short_number(typed: str, site_slots: Collection[str]) -> ServiceRead:
    """One digit may be the first of two, while the site has short numbers that begin so."""
    slot = typed.removesuffix("#")
    if slot and not slot.isdigit():
        return HOPELESS
    if len(slot) == 1:
        longer = not typed.endswith("#") and any(one.startswith(slot) for one in site_slots)
        return ServiceRead(ShortNumber(slot), now=not longer)
    if len(slot) == 2:
        return ServiceRead(ShortNumber(slot), now=True)
    return HOPELESS if slot or typed.endswith("#") else MORE
