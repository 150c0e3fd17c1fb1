"""What is decided of who rings for a call, and the steps that led there in words of both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.calls.routing.decision import Decision, RoutingState, Step, target_said
from engine.calls.services.memory import ExtensionServices
from engine.kernel.text import Text, text
from engine.settings.targets import Target

__all__ = [
    "VAIN",
    "Caller",
    "Device",
    "Forwarded",
    "RingState",
    "Ringing",
    "Stage",
    "forwarded_said",
    "place_said",
    "ring_step_said",
    "ringing_said",
    "vain_said",
]


@dataclass(frozen=True)
class Caller:
    """Who calls: an extension (``inside``), or a number outside with its area code; an empty number: not known."""

    number: str = ""
    inside: bool = False


@dataclass(frozen=True)
class RingState:
    """What there is to know at the moment of the decision, beside the settings. ``services``: what is set, by extension; ``can_wait``: extensions in
    conversation to which another call can be announced.
    """

    routing: RoutingState = field(default_factory=RoutingState)
    services: Mapping[str, ExtensionServices] = field(default_factory=dict)
    can_wait: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Device:
    """What rings: an ``extension`` by its number, or a number ``outside``, which ``out`` says how to dial. ``on_behalf``: the extension that has it so."""

    kind: str
    number: str
    on_behalf: str = ""
    out: Decision | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.number}"


@dataclass(frozen=True)
class Forwarded:
    """A call to ``extension`` was led on to ``target``; ``when`` as in the facts."""

    extension: str
    when: str
    target: str


@dataclass(frozen=True)
class Stage:
    """Devices that ring at once, for at most ``ring_s``; the first that is lifted takes the call. ``forwarded`` led to them."""

    devices: tuple[Device, ...]
    ring_s: float
    forwarded: tuple[Forwarded, ...] = ()


@dataclass(frozen=True)
class Ringing:
    """Who rings for a call, stage after stage. When the last was in vain, or there is none: on to ``onward``, else the call ends for ``reason`` (a key of
    ``VAIN``). ``forwarded`` led to ``onward``.
    """

    stages: tuple[Stage, ...]
    reason: str
    onward: Target | None = None
    forwarded: tuple[Forwarded, ...] = ()
    steps: tuple[Step, ...] = ()


STEPS: Mapping[str, Text] = {
    "extension": text("Extension {about} is called."),
    "group": text("Ring group {about} is called: {found}."),
    "passes": text("{found} gets through to {about}."),
    "secretary": text("The calls of {about} are filtered: {found} ring instead."),
    "secretary_busy": text("No secretary of {about} can be rung now."),
    "forward_always": text("{about} forwards every call to {found}."),
    "forward_busy": text("{about} is busy and forwards to {found}."),
    "forward_no_answer": text("{about} does not answer and forwards to {found}."),
    "forward_unreachable": text("{about} is out of service and forwards to {found}."),
    "forward_group": text("Nobody of {about} answers: it goes on to {found}."),
    "not_again": text("The forward of {about} to {found} is not followed: the call has been there."),
    "too_many": text("The forward of {about} is not followed: the call was forwarded {found} times."),
    "not_permitted": text("The forward of {about} to {found} is not followed: its class of service does not permit it."),
    "not_there": text("The forward of {about} to {found} is not followed: there is no such place."),
    "do_not_disturb": text("{about} is not to be disturbed."),
    "busy": text("{about} is busy."),
    "waits": text("{about} is in conversation: the call is announced there."),
    "out_of_service": text("{about} is out of service."),
    "rings": text("{about} rings for {found} s."),
    "member_not": text("{about} does not ring: {found}."),
    "nobody": text("Nobody of {about} can be rung now."),
}
"""The sentence of each step."""

VAIN: Mapping[str, Text] = {
    "no_answer": text("nobody answers"),
    "busy": text("it is busy"),
    "do_not_disturb": text("it is not to be disturbed"),
    "out_of_order": text("it is out of service"),
    "unallocated": text("there is no such extension"),
}
"""Why a call comes to nobody."""
FORWARDED: Mapping[str, Text] = {
    "always": text("{call}: extension {extension} forwards every call to {target}."),
    "busy": text("{call}: extension {extension} is busy; it goes on to {target}."),
    "no_answer": text("{call}: extension {extension} does not answer; it goes on to {target}."),
    "unreachable": text("{call}: extension {extension} is out of service; it goes on to {target}."),
    "secretary": text("{call}: calls to extension {extension} are filtered; it goes to {target}."),
}


def ring_step_said(step: Step) -> Text:
    """The sentence of a step."""
    return Text(STEPS[step.what].msgid, {"about": step.about, "found": step.found})


def place_said(target: Target) -> Text:
    """Where a forward leads to, for a person: ``extension 802``, ``13800138000``."""
    return Text("{number}", {"number": target.name}) if target.kind == "outside" else target_said(target)


def vain_said(reason: str) -> Text:
    """Why a call came to nobody, in a few words."""
    return VAIN.get(reason, VAIN["no_answer"])


def forwarded_said(call: str, one: Forwarded, target: Text) -> Text:
    """A forward as a sentence; ``target`` in words."""
    return Text(FORWARDED.get(one.when, FORWARDED["always"]).msgid, {"call": call, "extension": one.extension, "target": target})


def ringing_said(ringing: Ringing) -> Text:
    """The decision in one sentence."""
    if ringing.stages:
        first = ", ".join(device.number for device in ringing.stages[0].devices)
        return text("It rings at {places}.", places=first)
    if ringing.onward is not None:
        return text("It goes on to {target}.", target=place_said(ringing.onward))
    return text("It comes to nobody: {why}.", why=vain_said(ringing.reason))
