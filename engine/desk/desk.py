"""All desk phones of the site: performs what their machines decide, by way of ``engine.control``."""

from __future__ import annotations

from collections.abc import Callable

from engine.calls.switch import Call, Phone, Switch
from engine.control.control import ActRefused, Control
from engine.control.service_control import ServiceRefused
from engine.desk import agent_codes
from engine.desk import dialling as d
from engine.desk import phone as p
from engine.desk.service_acts import carry_service
from engine.desk.service_dialling import AskService, EndService, Redial, SetService, ShortNumber
from engine.ivr.session import Prompts
from engine.ivr.speech import digits
from engine.kernel.errors import OurFault
from engine.kernel.fsm import Machine
from engine.kernel.runner import Actor, Runner
from engine.people.actors import Actor as Person
from engine.people.actors import Role
from engine.settings.site import DeskSection
from engine.telephony.media import Playing
from engine.telephony.tones import ToneName

__all__ = ["Desks"]


class Desks:
    """One per appliance. Implements ``engine.calls.switch.Desk``."""

    def __init__(self, runner: Runner, switch: Switch, control: Control, prompts: Prompts, desk: DeskSection, language: str) -> None:
        self._runner = runner
        self._switch = switch
        self._control = control
        self._prompts = prompts
        self._desk = desk
        self._language = language
        self._actors: dict[str, Actor] = {}
        self._speaking: dict[str, Playing] = {}

    def apply(self, desk: DeskSection) -> None:
        """Take another version of the site, from the next lifting of each handset on."""
        self._desk = desk

    def phone_lifted(self, phone: Phone) -> None:
        """Dial tone."""
        self._control.phone_lifted(phone)
        self._actor(phone).post(p.Lift(self._plan(phone)))

    def phone_hung_up(self, phone: Phone) -> None:
        """The phone can be rung again."""
        self._actor(phone).post(p.Hung())
        self._control.phone_hung_up(phone)

    def phone_can_ring(self, phone: Phone) -> None:
        """Its agent may be offered a call."""
        self._control.phone_can_ring(phone)

    def phone_key(self, phone: Phone, key: str) -> None:
        """A key."""
        self._actor(phone).post(p.Key(key))

    def phone_consults(self, phone: Phone) -> None:
        """Special dial tone, for a second call."""
        self._actor(phone).post(p.Consult(self._plan(phone)))

    def phone_swapped(self, phone: Phone) -> None:
        """The next key may say what becomes of the two calls."""
        self._actor(phone).post(p.Swapped())

    def phone_call_moved(self, phone: Phone, before: Call, call: Call) -> None:
        """Its call goes on as another."""
        self._control.phone_call_moved(phone, before, call)

    def phone_flashed(self, phone: Phone) -> None:
        """The R key, between calls."""
        self._actor(phone).post(p.Flash())

    def phone_call_began(self, phone: Phone, call: Call) -> None:
        """In a call."""
        self._actor(phone).post(p.CallBegan())
        self._control.phone_call_began(phone, call)

    def phone_call_ended(self, phone: Phone, call: Call) -> None:
        """Call over."""
        if phone.call is None:
            self._actor(phone).post(p.CallEnded(self._plan(phone)))
        self._control.phone_call_ended(phone, call)

    def _plan(self, phone: Phone) -> d.Plan:
        control = self._control
        hot_line = control.services.hot_line(phone.name, phone.extension)
        return d.Plan(
            self._desk,
            control.agent_numbers,
            control.extensions | control.group_numbers,
            waits=control.waits_off_hook(phone.name),
            holding=phone.held is not None,
            switches=control.switch_codes(phone.name),
            emergency=control.emergency_numbers,
            numbers=agent_codes.AgentNumbers(frozenset(control.work.notes), frozenset(control.work.queue_numbers)),
            services=control.services.site.service_codes,
            site_slots=control.site_slots,
            direct=control.dials_directly(phone.name),
            hot_line_s=hot_line[1] if hot_line else None,
        )

    def _actor(self, phone: Phone) -> Actor:
        actor = self._actors.get(phone.name)
        if actor is None:
            actor = self._runner.adopt(f"keys of {phone.name}", Machine(p.TABLE), self._performer(phone))
            self._actors[phone.name] = actor
        return actor

    def _performer(self, phone: Phone) -> Callable[[object], None]:
        def perform(effect: object) -> None:
            match effect:
                case p.SoundDial():
                    special = phone.messages or self._control.services.set_for(phone.extension).told_at_lifting
                    self._switch.tone(phone, ToneName.SPECIAL_DIAL if special else ToneName.DIAL)
                case p.SoundSpecialDial():
                    self._switch.tone(phone, ToneName.SPECIAL_DIAL)
                case p.SoundConfirmation():
                    self._switch.tone(phone, ToneName.CONFIRMATION)
                case p.SoundHowler():
                    self._switch.tone(phone, ToneName.HOWLER)
                case p.LeaveOffHook():
                    self._control.phone_left_off_hook(phone)
                case p.Attend(on):
                    self._switch.attend(phone, on=on)
                case p.SoundBusy():
                    self._switch.tone(phone, ToneName.BUSY)
                case p.Quiet():
                    self._quiet(phone)
                case p.Speak(prompts):
                    self._speak(phone, prompts)
                case p.Carry(act):
                    self._carry(phone, act)
                case _:
                    raise OurFault(f"nobody performs {effect!r}")

        return perform

    def _carry(self, phone: Phone, act: object) -> None:
        person = Person(Role.AGENT, phone.name)
        try:
            prompts = self._ask(person, phone, act)
        except (ActRefused, ServiceRefused) as refusal:
            self._actor(phone).post(p.Carried((refusal.prompt,), then_dial=not isinstance(act, d.CALLS)))
            return
        if prompts:
            self._actor(phone).post(p.Carried(prompts, then_dial=True))

    def _ask(self, person: Person, handset: Phone, act: object) -> tuple[str, ...]:
        control, phone = self._control, handset.name
        match act:
            case d.LogIn(agent, pin):
                control.log_in(person, phone, agent, pin)
                return ("logged_in",)
            case d.LogOut():
                control.log_out(person, phone)
                return ("logged_out",)
            case d.GoNotReady(digit):
                control.go_not_ready(person, phone, digit)
                return ("now_not_ready",)
            case d.GoReady():
                control.go_ready(person, phone)
                return ("now_ready",)
            case d.EndWrapUp():
                control.end_wrap_up(person, phone)
                return ("wrap_up_ended",)
            case d.CallExtension(extension):
                control.call_extension(person, phone, extension)
                return ()
            case d.CallOutside(number, pin, account, charge_account):
                control.call_outside(person, phone, number, pin, account, charge_account)
                return ()
            case d.FlashExchange():
                control.flash_exchange(person, phone)
                return ()
            case d.GiveUpHeld() | d.JoinCalls() | d.ParkCall() | d.FetchCall() | d.PickUpCall() | d.PickUpAnyCall():
                return self._in_calls(person, handset, act)
            case d.SwitchCondition(condition):
                return ("condition_closed" if control.switch_condition(person, phone, condition) else "condition_by_hours",)
            case SetService() | EndService() | AskService():
                return carry_service(control.services, person, handset.extension, act, self._plan(handset))
        if isinstance(act, agent_codes.AgentAct):
            return agent_codes.carry(control.work, person, phone, act, self._language_at(phone))
        self._call(person, handset, act)
        return ()

    def _in_calls(self, person: Person, handset: Phone, act: object) -> tuple[str, ...]:
        """What becomes of calls that are there."""
        calls, phone = self._control.calls, handset.name
        match act:
            case d.GiveUpHeld():
                calls.give_up_held(person, phone)
            case d.JoinCalls():
                calls.join_calls(person, phone)
            case d.ParkCall():
                slot = calls.park(person, phone)
                return ("parked_at", *digits(slot, self._control.language_at(phone) or self._language))
            case d.FetchCall(slot):
                calls.fetch(person, phone, slot)
            case d.PickUpCall(extension):
                calls.pick_up(person, phone, extension)
            case d.PickUpAnyCall():
                calls.pick_up_any(person, phone)
        return ()

    def _call(self, person: Person, handset: Phone, act: object) -> None:
        """Calls that stand behind something shorter than a number."""
        services = self._control.services
        match act:
            case ShortNumber(slot):
                target = services.short_number(handset.extension, slot)
            case Redial():
                target = services.last_called(handset.name)
            case d.CallHotLine():
                hot_line = services.hot_line(handset.name, handset.extension)
                target = hot_line[0] if hot_line else None
            case _:
                raise OurFault(f"nobody carries out {act!r}")
        self._control.call_target(person, handset.name, target)

    def _language_at(self, phone: str) -> str:
        return self._control.language_at(phone) or self._language

    def _speak(self, phone: Phone, prompts: tuple[str, ...]) -> None:
        self._quiet(phone)
        language = self._language_at(phone.name)
        audio = b"".join(self._prompts[language, name] for name in prompts)

        def ended(_samples: int, complete: bool) -> None:
            # One that was stopped may come to its end in the same block: that is not the end of what is spoken now.
            if complete and self._speaking.get(phone.name) is playing:
                del self._speaking[phone.name]
                self._actor(phone).post(p.Spoken(self._control.waits_off_hook(phone.name)))

        playing = self._switch.bay.play(audio, [phone.station.port], ended=ended)
        self._speaking[phone.name] = playing

    def _quiet(self, phone: Phone) -> None:
        self._switch.stop_tone(phone)
        playing = self._speaking.pop(phone.name, None)
        if playing is not None:
            playing.stop()
