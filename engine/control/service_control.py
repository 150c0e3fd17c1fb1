"""What users set for their extensions, and leaders for anybody's: commands with refusals that people can read or hear. The facts they publish are the state."""

from __future__ import annotations

from collections.abc import Callable

from engine import facts
from engine.calls.extensions import Extensions
from engine.calls.services.memory import SLOTS, WHENS, ExtensionServices
from engine.calls.services.ringing import filtered, phone_of
from engine.calls.services.setting import AFTER_LEAST_S, AFTER_MOST_S, NotSettable, forward_fault, target_fault_at
from engine.calls.services.wake_up import due_utc_ms, time_of
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock
from engine.kernel.errors import Refused
from engine.kernel.text import Text, text
from engine.people.actors import Act, Actor, allowed
from engine.settings.service_checks import called_target
from engine.settings.site import HotLineSection, SecretarySection, Site
from engine.settings.targets import Target, parse_target

__all__ = ["ServiceControl", "ServiceRefused"]


class ServiceRefused(Refused):
    """It is not set: ``text`` for readers, ``prompt`` for listeners."""

    def __init__(self, text_: Text, prompt: str) -> None:
        super().__init__(text_)
        self.prompt = prompt


class ServiceControl:
    """One per appliance. ``agent_at``: who is logged in at a phone; empty: nobody."""

    def __init__(self, bus: Bus, clock: Clock, extensions: Extensions, agent_at: Callable[[str], str]) -> None:
        self._bus = bus
        self._clock = clock
        self._extensions = extensions
        self._agent_at = agent_at
        self._found_busy: dict[str, str] = {}
        """The extension that each extension has found busy last."""

    # ---- looking ---------------------------------------------------------------------------------------------------

    @property
    def site(self) -> Site:
        """The settings."""
        return self._extensions.routing.site

    def set_for(self, extension: str) -> ExtensionServices:
        """What is set for an extension."""
        return self._extensions.set_for(extension)

    def secretaries_of(self, extension: str) -> SecretarySection | None:
        """The settings of an extension's secretaries; None: it has none."""
        return next((one for one in self.site.secretaries if one.boss == extension), None)

    def is_filtered(self, extension: str) -> bool:
        """True while the calls of an extension go to its secretaries."""
        return filtered(self.secretaries_of(extension), self.set_for(extension))

    def hot_line(self, phone: str, extension: str) -> tuple[Target, float] | None:
        """What a phone calls by itself, and after how many seconds; what the settings say goes before what its user has set."""
        section: HotLineSection | None = next((one for one in self.site.hot_lines if one.phone == phone), None)
        if section is not None:
            target = called_target(self.site, section.number)
            return None if target is None else (target, section.after_s)
        written = self.set_for(extension).hot_line
        return (parse_target(written), self.site.service_codes.hot_line_s) if written else None

    def short_number(self, extension: str, slot: str) -> Target | None:
        """What stands behind a short number: one digit of the extension's own, two of the site's; None: nothing."""
        if len(slot) == 1:
            written = self.set_for(extension).speed_dials.get(slot, "")
            return parse_target(written) if written else None
        number = next((one.number for one in self.site.speed_dials if one.slot == slot), "")
        return called_target(self.site, number)

    def last_called(self, phone: str) -> Target | None:
        """What a phone called last; None: nothing yet."""
        written = self._extensions.memory.last_target(phone)
        return parse_target(written) if written else None

    def may_set(self, actor: Actor, extension: str) -> bool:
        """True when the actor may set something for an extension: at its phone, as the agent logged in there, or as who leads agents."""
        phone = phone_of(self._extensions.routing, extension)
        if allowed(actor, Act.AGENT_STATE, "") or (phone and allowed(actor, Act.OWN_STATE, phone)):
            return True
        return bool(phone and actor.agent) and allowed(actor, Act.OWN_AGENT, actor.agent) and self._agent_at(phone) == actor.agent

    # ---- setting ---------------------------------------------------------------------------------------------------

    def forward(self, actor: Actor, extension: str, when: str, target: Target | None, after_s: int = 0) -> None:
        """Forward calls to an extension; None: not any more. ``after_s``: at no answer, 0 for the site's usual time. Raises ServiceRefused."""
        self._check(actor, extension)
        if when not in WHENS:
            raise ServiceRefused(
                text("Calls are forwarded {known}, not {when}.", known=", ".join(WHENS), when=repr(when)), "not_allowed_now"
            )
        if after_s and not AFTER_LEAST_S <= after_s <= AFTER_MOST_S:
            said = text("A phone rings {least} to {most} s before its call is forwarded.", least=AFTER_LEAST_S, most=AFTER_MOST_S)
            raise ServiceRefused(said, "forward_refused")
        if target is not None:
            state = self._extensions.state()
            now, routing = self._extensions.router.now(), self._extensions.routing
            _raise(forward_fault(extension, when, target, routing, now, state.routing, state.services))
        written, seconds = ("", 0) if target is None else (str(target), after_s if when == "no_answer" else 0)
        self._bus.publish(facts.ForwardingSet(extension=extension, when=when, target=written, after_s=seconds, by=actor.about))

    def do_not_disturb(self, actor: Actor, extension: str, *, on: bool) -> None:
        """Let no call ring an extension, or let calls ring again. Raises ServiceRefused."""
        self._check(actor, extension)
        self._bus.publish(facts.DoNotDisturbSet(extension=extension, on=on, by=actor.about))

    def call_waiting(self, actor: Actor, extension: str, *, on: bool) -> None:
        """Let a second call be announced in a conversation, or not. Raises ServiceRefused, also when the phone's settings do not permit it."""
        self._check(actor, extension)
        phone = next(one for one in self.site.stations if one.extension == extension)
        if on and not phone.call_waiting:
            raise ServiceRefused(text("The settings of phone {phone} do not permit call waiting.", phone=phone.name), "not_allowed_now")
        self._bus.publish(facts.CallWaitingSet(extension=extension, on=on, by=actor.about))

    def secretary_filter(self, actor: Actor, extension: str, *, on: bool) -> None:
        """Let the secretaries take the calls of an extension, or not. Raises ServiceRefused, also when it has none."""
        self._check(actor, extension)
        if self.secretaries_of(extension) is None:
            raise ServiceRefused(text("Extension {extension} has no secretaries in the settings.", extension=extension), "not_allowed_now")
        self._bus.publish(facts.SecretaryFilterSet(extension=extension, on=on, by=actor.about))

    def short_number_set(self, actor: Actor, extension: str, slot: str, target: Target | None) -> None:
        """Keep a target under a digit; None: not any more. Raises ServiceRefused."""
        self._check(actor, extension)
        if slot not in SLOTS:
            raise ServiceRefused(text("A short number of one's own is one digit, not {slot}.", slot=repr(slot[:10])), "number_unknown")
        if target is not None:
            _raise(target_fault_at(extension, target, self._extensions.routing))
        written = "" if target is None else str(target)
        self._bus.publish(facts.SpeedDialSet(extension=extension, slot=slot, target=written, by=actor.about))

    def hot_line_set(self, actor: Actor, extension: str, target: Target | None) -> None:
        """Let an extension's phone call a target by itself; None: not any more. Raises ServiceRefused."""
        self._check(actor, extension)
        if target is not None:
            _raise(target_fault_at(extension, target, self._extensions.routing))
        self._bus.publish(facts.HotLineSet(extension=extension, target="" if target is None else str(target), by=actor.about))

    def wake_up(self, actor: Actor, extension: str, time: str | None) -> None:
        """Let an extension's phone ring when the clocks show this time (``0730``, ``07:30``), once; None: not any more. Raises ServiceRefused."""
        self._check(actor, extension)
        shown = time_of(time or "")
        if time is not None and not shown:
            raise ServiceRefused(text("{time} is no time of day; write it as 0730.", time=repr(time[:10])), "time_wrong")
        due = due_utc_ms(shown, self._clock.utc_ms(), self._clock.utc_offset_min()) if shown else 0
        self._bus.publish(facts.WakeUpSet(extension=extension, time=shown, due_utc_ms=due, by=actor.about))

    def found_busy(self, extension: str, called: str) -> None:
        """The user of an extension has called another that is busy: a call-back means that one."""
        self._found_busy[extension] = called

    def call_back(self, actor: Actor, extension: str, *, on: bool) -> None:
        """Wait until the extension that was found busy is free, or not any more. Raises ServiceRefused, also when none was."""
        self._check(actor, extension)
        called = self._found_busy.get(extension, "") if on else ""
        if on and not called:
            raise ServiceRefused(text("Extension {extension} has found none busy.", extension=extension), "number_unknown")
        self._bus.publish(facts.CallBackSet(extension=extension, called=called, by=actor.about))

    def _check(self, actor: Actor, extension: str) -> None:
        if not phone_of(self._extensions.routing, extension):
            raise ServiceRefused(text("There is no extension {extension}.", extension=extension), "number_unknown")
        if not self.may_set(actor, extension):
            raise ServiceRefused(text("{actor} may not do this.", actor=actor.about), "not_allowed_now")


def _raise(fault: NotSettable | None) -> None:
    if fault is not None:
        raise ServiceRefused(fault.said, fault.prompt)
