"""Codes of supplementary services carried out: what is asked of ``engine.control``, and which prompts answer."""

from __future__ import annotations

from collections.abc import Callable

from engine.control.service_control import ServiceControl, ServiceRefused
from engine.desk.dialling import CallExtension, CallOutside, Plan, interpret
from engine.desk.service_dialling import AskService, EndService, SetService
from engine.kernel.errors import OurFault
from engine.kernel.text import text
from engine.people.actors import Actor
from engine.settings.service_checks import called_target
from engine.settings.targets import Target

__all__ = ["carry_service", "target_dialled"]

FORWARDS = {
    "forward_always": "always",
    "forward_busy": "busy",
    "forward_no_answer": "no_answer",
    "forward_unreachable": "unreachable",
}


def target_dialled(services: ServiceControl, number: str, plan: Plan) -> Target:
    """What a number calls that is typed at a phone as it would be dialled there. Raises ServiceRefused."""
    act = interpret(f"{number}#", plan).act
    target = None
    if isinstance(act, CallExtension):
        target = called_target(services.site, act.extension)
    elif isinstance(act, CallOutside):
        target = Target("outside", act.number)
    if target is None:
        raise ServiceRefused(text("{number} cannot be dialled at this phone.", number=number), "number_unknown")
    return target


def carry_service(
    services: ServiceControl, person: Actor, extension: str, act: SetService | EndService | AskService, plan: Plan
) -> tuple[str, ...]:
    """The prompts that answer. Raises ServiceRefused."""
    match act:
        case SetService():
            _set(services, person, extension, act, plan)
            return ("service_set",)
        case EndService():
            _end(services, person, extension, act)
            return ("service_ended",)
        case AskService(service):
            return _answer(services, extension, service)
    raise OurFault(f"nobody carries out {act!r}")


def _set(services: ServiceControl, person: Actor, extension: str, act: SetService, plan: Plan) -> None:
    match act.service, act.values:
        case service, (number, *after) if service in FORWARDS:
            target = target_dialled(services, number, plan)
            services.forward(person, extension, FORWARDS[service], target, int(after[0]) if after else 0)
        case "speed_dial", (slot, number):
            services.short_number_set(person, extension, slot, target_dialled(services, number, plan))
        case "wake_up", (time,):
            services.wake_up(person, extension, time)
        case "hot_line", (number,):
            services.hot_line_set(person, extension, target_dialled(services, number, plan))
        case service, _:
            _switch(services, service)(person, extension, on=True)


def _end(services: ServiceControl, person: Actor, extension: str, act: EndService) -> None:
    match act.service, act.values:
        case service, _ if service in FORWARDS:
            services.forward(person, extension, FORWARDS[service], None)
        case "speed_dial", (slot,):
            services.short_number_set(person, extension, slot, None)
        case "speed_dial", ():
            for slot in sorted(services.set_for(extension).speed_dials):
                services.short_number_set(person, extension, slot, None)
        case "wake_up", _:
            services.wake_up(person, extension, None)
        case "hot_line", _:
            services.hot_line_set(person, extension, None)
        case service, _:
            _switch(services, service)(person, extension, on=False)


def _switch(services: ServiceControl, service: str) -> Callable[..., None]:
    """What turns on and off."""
    switches: dict[str, Callable[..., None]] = {
        "do_not_disturb": services.do_not_disturb,
        "call_waiting": services.call_waiting,
        "call_back": services.call_back,
        "secretary": services.secretary_filter,
    }
    return switches[service]


def _answer(services: ServiceControl, extension: str, service: str) -> tuple[str, ...]:
    """Whether it is set; of a forward or hot line also where to, digit by digit."""
    is_set = services.set_for(extension)
    number = ""
    match service:
        case "do_not_disturb":
            on = is_set.do_not_disturb
        case "call_waiting":
            station = next((one for one in services.site.stations if one.extension == extension), None)
            on = station is not None and station.call_waiting and is_set.call_waiting is not False
        case "secretary":
            on = services.is_filtered(extension)
        case "speed_dial":
            on = bool(is_set.speed_dials)
        case "wake_up":
            on, number = bool(is_set.wake_up), is_set.wake_up.replace(":", "")
        case "call_back":
            on, number = bool(is_set.call_back), is_set.call_back
        case "hot_line":
            on, number = bool(is_set.hot_line), is_set.hot_line
        case _:
            forward = is_set.forwards.get(FORWARDS[service])
            on, number = forward is not None, forward.target if forward else ""
    digits = tuple(f"digit_{digit}" for digit in number.rpartition(":")[2] if digit in "0123456789")
    return ("service_is_set", *digits) if on else ("service_not_set",)
