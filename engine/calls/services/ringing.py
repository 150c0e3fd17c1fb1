"""Who rings for a call to an extension or a ring group, in which order, for how long, and then what: one function. Pure.

An extension is looked at in the order of ETSI's and the Chinese exchanges' services: its secretary's filter, the forward of every call, do-not-disturb, out of
service, busy (a call that can be announced is announced first), and at last its bell, with the forward at no answer behind it. A forward that cannot be
followed counts as if it were not set: the call is not lost by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from engine.calls.routing.decision import HOPS_MOST, Outcome, OutgoingCall, RoutingState, Step
from engine.calls.routing.numbers import whole_number
from engine.calls.routing.plan import SiteRouting
from engine.calls.routing.route import route
from engine.calls.services.decision import Caller, Device, Forwarded, Ringing, RingState, Stage, place_said
from engine.calls.services.memory import NOTHING_SET, ExtensionServices
from engine.kernel.text import text
from engine.settings.service_class import ServiceClassSection
from engine.settings.site import RingGroupSection, SecretarySection
from engine.settings.targets import Target, parse_target

__all__ = ["class_of_phone", "filtered", "phone_of", "ringing", "seen_by_routes"]


def ringing(target: Target, caller: Caller, routing: SiteRouting, now: datetime, state: RingState) -> Ringing:
    """The decision for a call to an ``extension`` or a ring ``group``. ``now`` is the site's local time. The same arguments give the same decision."""
    way = _Way(caller, routing, now, state)
    if target.kind == "group":
        _group(way, target.name)
    else:
        _extension(way, target.name)
    reason = "no_answer" if way.stages else way.reason
    return Ringing(tuple(way.stages), reason, way.onward, tuple(way.forwarded), tuple(way.steps))


def phone_of(routing: SiteRouting, extension: str) -> str:
    """The name of an extension's phone; empty: there is none."""
    return next((one.name for one in routing.site.stations if one.extension == extension), "")


def class_of_phone(routing: SiteRouting, phone: str) -> ServiceClassSection | None:
    """The class of service of a phone, whoever is logged in there; None where the site has none."""
    classes = routing.site.service_classes
    return routing.classes[routing.class_by_phone.get(phone, classes[0].name)] if classes else None


def filtered(section: SecretarySection | None, services: ExtensionServices) -> bool:
    """True while the calls of an extension go to its secretaries."""
    return section is not None and (section.filtering if services.secretary is None else services.secretary)


def seen_by_routes(routing: SiteRouting, state: RingState) -> RoutingState:
    """What is busy or out of service for inbound routes: not an extension whose calls ring elsewhere just then, or are announced to it."""
    secretaries = {one.boss: one for one in routing.site.secretaries}

    def takes(written: str, when: str) -> bool:
        kind, _, extension = written.partition(":")
        services = state.services.get(extension, NOTHING_SET)
        waits = when == "busy" and extension in state.can_wait and services.call_waiting is not False
        elsewhere = {"always", when} & services.forwards.keys() or filtered(secretaries.get(extension), services)
        return kind == "extension" and bool(elsewhere or waits)

    busy = frozenset(one for one in state.routing.busy if not takes(one, "busy"))
    dead = frozenset(one for one in state.routing.out_of_service if not takes(one, "unreachable"))
    return replace(state.routing, busy=busy, out_of_service=dead)


@dataclass
class _Way:
    """What was found out so far."""

    caller: Caller
    routing: SiteRouting
    now: datetime
    state: RingState
    steps: list[Step] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    forwarded: list[Forwarded] = field(default_factory=list)
    """Forwards since the last stage."""
    been: set[str] = field(default_factory=set)
    hops: int = 0
    reason: str = "no_answer"
    onward: Target | None = None

    @property
    def ring_s(self) -> float:
        site = self.routing.site
        return site.desk.ring_timeout_s if self.caller.inside else site.numbering.ring_timeout_s

    def step(self, what: str, about: str, found: object = "") -> None:
        self.steps.append(Step(what, about, found))  # type: ignore[arg-type]  # texts, words and numbers only

    def ring(self, devices: tuple[Device, ...], ring_s: float) -> None:
        self.step("rings", ", ".join(device.number for device in devices), f"{ring_s:g}")
        self.stages.append(Stage(devices, ring_s, tuple(self.forwarded)))
        self.forwarded = []

    def busy(self, extension: str) -> bool:
        return f"extension:{extension}" in self.state.routing.busy

    def dead(self, extension: str) -> bool:
        return f"extension:{extension}" in self.state.routing.out_of_service

    def services(self, extension: str) -> ExtensionServices:
        return self.state.services.get(extension, NOTHING_SET)


def _extension(way: _Way, extension: str) -> None:
    """One extension, and what is set there."""
    way.been.add(f"extension:{extension}")
    way.step("extension", extension)
    if not phone_of(way.routing, extension):
        way.reason = "unallocated"
        return
    section = next((one for one in way.routing.site.secretaries if one.boss == extension), None)
    if section is not None and filtered(section, way.services(extension)):
        if not _gets_through(way, section):
            _secretaries(way, section)
            return
        way.step("passes", extension, way.caller.number)
    if _forwarded(way, extension, "always"):
        return
    if way.services(extension).do_not_disturb:
        way.step("do_not_disturb", extension)
        way.reason = "do_not_disturb"
    elif way.dead(extension):
        way.step("out_of_service", extension)
        if not _forwarded(way, extension, "unreachable"):
            way.reason = "out_of_order"
    elif way.busy(extension) and not _can_wait(way, extension):
        way.step("busy", extension)
        if not _forwarded(way, extension, "busy"):
            way.reason = "busy"
    else:
        if way.busy(extension):
            way.step("waits", extension)
        _bell(way, extension)


def _can_wait(way: _Way, extension: str) -> bool:
    return extension in way.state.can_wait and way.services(extension).call_waiting is not False


def _bell(way: _Way, extension: str) -> None:
    """The phone rings; not answered, it may be forwarded."""
    forward = way.services(extension).forwards.get("no_answer")
    usual_s = way.routing.site.service_codes.no_answer_s
    way.ring((Device("extension", extension, extension),), (forward.after_s or usual_s) if forward else way.ring_s)
    _forwarded(way, extension, "no_answer")


def _gets_through(way: _Way, section: SecretarySection) -> bool:
    number = way.caller.number
    if way.caller.inside:
        return number in section.secretaries or number in section.passes
    whole = whole_number(number, way.routing.site.numbering.area_code) if number else ""
    return bool(number) and (number in section.passes or whole in section.passes)


def _secretaries(way: _Way, section: SecretarySection) -> None:
    """They ring instead of the extension, whose forward at no answer counts for them."""
    names = ", ".join(section.secretaries)
    way.step("secretary", section.boss, names)
    able = [one for one in section.secretaries if not (way.busy(one) or way.dead(one) or way.services(one).told_at_lifting)]
    if not able:
        way.step("secretary_busy", section.boss)
        if not _forwarded(way, section.boss, "busy"):
            way.reason = "busy"
        return
    way.forwarded += [Forwarded(section.boss, "secretary", f"extension:{one}") for one in able]
    forward = way.services(section.boss).forwards.get("no_answer")
    ring_s = (forward.after_s or way.routing.site.service_codes.no_answer_s) if forward else way.ring_s
    way.ring(tuple(Device("extension", one, section.boss) for one in able), ring_s)
    _forwarded(way, section.boss, "no_answer")


def _forwarded(way: _Way, extension: str, when: str) -> bool:
    """Follow what is set for this event; False when nothing is, or it cannot be followed."""
    forward = way.services(extension).forwards.get(when)
    if forward is None:
        return False
    return _follow(way, extension, when, parse_target(forward.target))


def _follow(way: _Way, about: str, when: str, target: Target) -> bool:
    """On to a target, unless the call has been there, was forwarded too often, or may not go there."""
    shown = place_said(target)
    if str(target) in way.been:
        way.step("not_again", about, shown)
        return False
    if way.hops >= HOPS_MOST:
        way.step("too_many", about, HOPS_MOST)
        return False
    site = way.routing.site
    # what a group's settings lead outside is no user's forward: the reception permits it as it does for routes
    by_user = target.kind == "outside" and when != "group"
    out = _way_out(way, about, target) if by_user else None
    if by_user and out is None:
        way.step("not_permitted", about, shown)
        return False
    known = target.kind != "extension" or phone_of(way.routing, target.name)
    if not known or (target.kind == "group" and all(one.name != target.name for one in site.ring_groups)):
        way.step("not_there", about, shown)
        return False
    way.hops += 1
    way.step(f"forward_{when}", about, shown)
    if when != "group":
        way.forwarded.append(Forwarded(about, when, str(target)))
    if target.kind == "extension":
        _extension(way, target.name)
    elif target.kind == "group":
        _group(way, target.name)
    elif out is not None:
        way.been.add(str(target))
        way.ring((out,), site.service_codes.outside_ring_s)
    else:
        way.onward = target
    return True


def _way_out(way: _Way, extension: str, target: Target) -> Device | None:
    """How the number outside is dialled on the extension's behalf; None: it may not be."""
    phone = phone_of(way.routing, extension)
    service_class = class_of_phone(way.routing, phone)
    if not phone or service_class is None or not service_class.outside_forward:
        return None
    out = route(OutgoingCall(phone, target.name), way.routing, way.now, way.state.routing)
    return Device("outside", target.name, extension, out) if out.outcome is Outcome.OUT else None


def _group(way: _Way, name: str) -> None:
    """The members of a ring group, as its order says; what they have forwarded does not count, who is not to be disturbed does not ring."""
    way.been.add(f"group:{name}")
    group = next((one for one in way.routing.site.ring_groups if one.name == name), None)
    if group is None:
        way.reason = "unallocated"
        return
    way.step("group", name, ", ".join(group.members))
    able = [one for one in group.members if _member_rings(way, one)]
    if not able:
        way.step("nobody", name)
        way.reason = "busy"
    _ring_group(way, group, tuple(Device("extension", one, one) for one in able))
    if group.on_no_answer:
        _follow(way, name, "group", parse_target(group.on_no_answer))


def _member_rings(way: _Way, member: str) -> bool:
    if way.services(member).told_at_lifting:
        way.step("member_not", member, text("it forwards its calls or is not to be disturbed"))
    elif way.dead(member) or not phone_of(way.routing, member):
        way.step("member_not", member, text("it is out of service"))
    elif way.busy(member):
        way.step("member_not", member, text("it is busy"))
    else:
        return True
    return False


def _ring_group(way: _Way, group: RingGroupSection, able: tuple[Device, ...]) -> None:
    match group.order:
        case "all" if able:
            way.ring(able, group.ring_s)
        case "in_turn":
            for _round in range(group.rounds):
                for device in able:
                    way.ring((device,), group.ring_s)
        case "progressive":
            for count in range(1, len(able) + 1):
                way.ring(able[:count], group.ring_s)
