"""What may be asked about supplementary services: what is set for each extension, and setting it. Whose extension it may be is judged by the extension's user."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.control.service_control import ServiceControl
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import text
from engine.people.actors import Act, Actor
from engine.settings.service_checks import called_target
from engine.settings.site import StationSection
from engine.settings.targets import Target, parse_target

__all__ = ["SERVICES", "service_answers", "services_of"]

NUMBER_MOST = 24
SERVICES = (
    "forward_always",
    "forward_busy",
    "forward_no_answer",
    "forward_unreachable",
    "do_not_disturb",
    "call_waiting",
    "secretary",
    "hot_line",
    "wake_up",
    "speed_dial",
)
"""What can be set, by the names that its codes have in the settings."""

Request = Mapping[str, Any]
Done = Callable[[Any], None]
Failed = Callable[[Exception], None]
Answer = Callable[[Actor, Request, Done, Failed], None]


def service_answers(services: ServiceControl, log: Callable[[str], None]) -> Mapping[str, tuple[Act, Answer]]:
    """The commands, each with the right it needs, for the table in ``asking.py``."""

    def see(actor: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        done({"extensions": [services_of(services, actor, one) for one in services.site.stations], "groups": _groups(services)})

    def change(actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        extension, service = _word(request, "extension"), _word(request, "service")
        station = next((one for one in services.site.stations if one.extension == extension), None)
        if station is None:
            raise Refused(text("There is no extension {extension}.", extension=extension))
        if service not in SERVICES:
            raise BadInput(text("There is no service {service}; there are {known}.", service=repr(service), known=", ".join(SERVICES)))
        on = request.get("on")
        if not isinstance(on, bool):
            raise BadInput(text("{name} is missing: true or false is wanted.", name="on"))
        _change(services, actor, extension, service, request, on=on)
        log(f"control: {actor.role} {actor.about} {'sets' if on else 'ends'} {service} of extension {extension}")
        done(services_of(services, actor, station))

    return {"services": (Act.SEE_STATUS, see), "service_set": (Act.SET_SERVICES, change)}


def services_of(services: ServiceControl, actor: Actor, station: StationSection) -> dict[str, Any]:
    """What is set for the extension of a desk phone, and whether the actor may change it."""
    extension = station.extension
    is_set = services.set_for(extension)
    hot_line = services.hot_line(station.name, extension)
    fixed = any(one.phone == station.name for one in services.site.hot_lines)
    filtered = services.is_filtered(extension) if services.secretaries_of(extension) else None
    return {
        "extension": extension,
        "phone": station.name,
        "forwards": [{"when": when, "target": one.target, "after_s": one.after_s} for when, one in sorted(is_set.forwards.items())],
        "do_not_disturb": is_set.do_not_disturb,
        "call_waiting": is_set.call_waiting is not False if station.call_waiting else None,
        "secretary": filtered,
        "hot_line": {"target": str(hot_line[0]), "after_s": hot_line[1], "fixed": fixed} if hot_line else None,
        "wake_up": is_set.wake_up,
        "call_back": is_set.call_back,
        "speed_dials": [{"slot": slot, "target": target} for slot, target in sorted(is_set.speed_dials.items())],
        "may_set": services.may_set(actor, extension),
    }


def _groups(services: ServiceControl) -> list[dict[str, Any]]:
    return [
        {"group": one.name, "title": one.title, "number": one.number, "members": list(one.members)} for one in services.site.ring_groups
    ]


def _change(services: ServiceControl, actor: Actor, extension: str, service: str, request: Request, *, on: bool) -> None:
    if service.startswith("forward_"):
        target = _target(services, request) if on else None
        services.forward(actor, extension, service.removeprefix("forward_"), target, _seconds(request) if on else 0)
    elif service == "hot_line":
        services.hot_line_set(actor, extension, _target(services, request) if on else None)
    elif service == "wake_up":
        services.wake_up(actor, extension, _word(request, "time") if on else None)
    elif service == "speed_dial":
        services.short_number_set(actor, extension, _word(request, "slot"), _target(services, request) if on else None)
    elif service == "do_not_disturb":
        services.do_not_disturb(actor, extension, on=on)
    elif service == "call_waiting":
        services.call_waiting(actor, extension, on=on)
    else:
        services.secretary_filter(actor, extension, on=on)


def _target(services: ServiceControl, request: Request) -> Target:
    """A number as it is dialled at a desk phone, or a ring group as ``group:name``."""
    number = _word(request, "number")
    if number.startswith("group:"):
        return parse_target(number)
    target = called_target(services.site, number)
    if target is None:
        prefix = services.site.desk.outside_prefix
        raise Refused(text("{number} is no extension, no ring group, and no number outside after {prefix}", number=number, prefix=prefix))
    return target


def _seconds(request: Request) -> int:
    seconds = request.get("after_s", 0)
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds < 0:
        raise BadInput(text("{name} is {number}; seconds are wanted.", name="after_s", number=repr(seconds)))
    return seconds


def _word(request: Request, name: str) -> str:
    value = request.get(name, "")
    if not isinstance(value, str) or not 1 <= len(value) <= NUMBER_MOST + len("group:") or not value.isprintable():
        raise BadInput(text("{name} is missing or wrong: a text of 1 to {most} characters is wanted.", name=name, most=NUMBER_MOST))
    return value
