"""The switch: carries calls between exchange lines and desk phones.

It owns the call machines and performs their effects on lines, phones and the patch bay. What happens on the board comes
in as ``TrunkReceiver`` and ``StationReceiver``; what a call means is the business of others: an *owner* looks after a caller
(the dialogue, the queue), a *desk* after a phone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from engine import facts
from engine.calls import call as c
from engine.calls import call_effects as e
from engine.calls import leg as l
from engine.calls.arrival import call_arrived
from engine.calls.attempts import Attempts
from engine.calls.bells import Bells
from engine.calls.ears import Ears
from engine.calls.interactions import Interactions
from engine.calls.joins import Joins
from engine.calls.parties import AtDevice
from engine.calls.register import Call, CallOwner, DeliveringOwner, Desk, Floors, Phone
from engine.calls.route import Route
from engine.calls.talk import talk_of
from engine.kernel.bus import Bus
from engine.kernel.errors import OurFault, Refused
from engine.kernel.fsm import Machine
from engine.kernel.ids import Ids
from engine.kernel.runner import Runner
from engine.kernel.text import text
from engine.telephony.causes import Cause, Release
from engine.telephony.lines import CallStage, Station, Trunk
from engine.telephony.media import Parties, PatchBay, Port, ear_of
from engine.telephony.numbers import CallerId, Redirection
from engine.telephony.q850 import meaning_of
from engine.telephony.tones import CHINA, ToneName, ToneSet

__all__ = ["Call", "CallOwner", "Desk", "Phone", "Switch"]


class Switch:
    """One per appliance. ``incoming`` is asked to look after every call that arrives on an exchange line; ``tones`` are what phones hear,
    ``hold_music`` (A-law) what parties on hold hear.
    """

    def __init__(
        self, runner: Runner, bus: Bus, bay: PatchBay, ids: Ids, language: str, tones: ToneSet = CHINA, hold_music: bytes = b""
    ) -> None:
        self._runner = runner
        self._bus = bus
        self.bay = bay
        self._ids = ids
        self.interactions = Interactions(bus, ids)
        self._language = language
        self._tones = tones
        self.calls: dict[str, Call] = {}
        self.trunks: dict[str, Trunk] = {}
        self.phones: dict[str, Phone] = {}
        self._floors = Floors()
        self._talk_changed: Callable[[str, str], None] = lambda _call, _interaction: None
        self.ears = Ears(bay, tones, hold_music, self._port)
        self._attempts = Attempts(self.trunks, self._publish)
        self._joins = Joins(self.phones, self._floors, self._attempts, self._publish)
        self._bells = Bells(bay, tones, self._floors, self._publish, self._take)

    def wire(self, desk: Desk, incoming: Callable[[Call], None], agent_at: Callable[[str], str]) -> None:
        """Connect the upper floors: the desk, the reception, and who is logged in at a phone (empty: nobody)."""
        self._floors.desk, self._floors.incoming, self._floors.agent_at = desk, incoming, agent_at

    def watch_talk(self, changed: Callable[[str, str], None]) -> None:
        """Who is told of a call, by its id and that of its interaction, in the block in which somebody in it hears somebody else than before, or nobody: the recorder."""
        self._talk_changed = changed

    def permit_joins(self, may: Callable[[str, str], bool]) -> None:
        """Who is asked whether the user of a phone may do an ``outside_act`` of ``parties.py``."""
        self._floors.may_join_outside = may

    def join_calls(self, phone: Phone) -> None:
        """The phone and those of both its calls talk together. Refused: it has not two, they are too many, the class of service forbids it."""
        self._joins.begin(phone.name, *self._two_calls(phone), stays=True)

    def connect_calls(self, phone: Phone) -> None:
        """The phone leaves its two calls, whose parties talk, or wait for who has not answered yet. Refused as above."""
        self._joins.begin(phone.name, *self._two_calls(phone), stays=False)

    def give_up_held(self, phone: Phone) -> None:
        """The phone leaves the call that it has put aside. Refused: there is none."""
        held = phone.held
        if held is None:
            raise Refused(text("Phone {phone} has put no call aside.", phone=phone.name))
        phone.held = None
        held.post(c.PhoneDown(phone.name, for_good=True))
        self._desk_call_ended(phone, held)

    def _two_calls(self, phone: Phone) -> tuple[Call, Call]:
        if phone.call is None or phone.held is None:
            raise Refused(text("Phone {phone} does not have two calls.", phone=phone.name))
        return phone.held, phone.call

    def add_lines(self, trunks: Iterable[Trunk], stations: Iterable[tuple[Station, str]]) -> None:
        """Make lines and phones (with their extensions) known, before the board starts."""
        self.trunks.update((trunk.name, trunk) for trunk in trunks)
        self.phones.update((station.name, Phone(station, extension)) for station, extension in stations)

    def renumber(self, extensions: Mapping[str, str]) -> None:
        """Give phones these extensions, by the phones' names; who is not named keeps the one there is.

        Safe at any moment: calls know their phones by name. A number that is just being dialled means what it means when it is complete.
        """
        for phone in self.phones.values():
            phone.extension = extensions.get(phone.name, phone.extension)

    # ---- asked by the upper floors -------------------------------------------------------------------------------

    def phone_of_extension(self, extension: str) -> Phone | None:
        """The phone with this extension."""
        return next((phone for phone in self.phones.values() if phone.extension == extension), None)

    def call_inside(self, phone: Phone, extension: str, ring_timeout_s: float) -> Call:
        """A desk phone calls another, which rings at most so long. Refused when there is no such extension or it cannot be rung now."""
        called = self.phone_of_extension(extension)
        if called is None:
            raise Refused(text("There is no extension {extension}.", extension=extension))
        if not (called.free or called.can_be_told):
            raise Refused(text("Extension {extension} is busy.", extension=extension))
        _need_hand(phone)
        caller = CallerId(phone.extension)
        call = self._new_call("inside", "", caller, extension, c.placed(phone.name), _interaction_at(phone))
        call.ring_timeout_s = ring_timeout_s
        self._placed(call, phone)
        call.post(c.Deliver((called.name,), ring_timeout_s))
        return call

    def begin_inside(self, phone: Phone, called: str) -> Call:
        """A desk phone calls inside; who rings for it is said at once by who asked for this (``delivery.py``). Refused: it is not lifted, or in a call."""
        _need_hand(phone)
        call = self._new_call("inside", "", CallerId(phone.extension), called, c.placed(phone.name), _interaction_at(phone))
        self._placed(call, phone)
        return call

    def call_outside(self, phone: Phone, number: str, route: Route, presented: str = "") -> Call:
        """A desk phone calls out by the line that the route names; an attempt that fails is followed by the next that the route names.

        ``presented``: the caller number shown instead of the trunk group's or the line's own. Refused when there is no line, or none can dial the number.
        """
        _need_hand(phone)
        line = self._attempts.first_line(number, route, presented)
        call = self._new_call("out", line, CallerId(phone.extension), number, c.dialling(phone.name, line), _interaction_at(phone))
        call.route = route
        self._attempts.carry(line, call)
        self._placed(call, phone)
        return call

    def need_permission(self, phone: Phone, act: str) -> None:
        """Refused when the user of a phone may not do this ``outside_act``; empty: nothing is asked."""
        self._joins.need_permission(phone.name, act)

    def dial_for(self, call: Call, number: str, route: Route, presented: str = "", *, outside_alone: bool = False) -> str:
        """Dial a number for a call that is there, by the line that the route names; the line. A caller from outside may be left with it, others with
        ``outside_alone``. Refused when there is no line, none can dial it, or the call is over.
        """
        if call.ended:
            raise Refused(text("Call {call} is over.", call=call.id))
        led_on = Redirection(call.called) if call.direction == "in" and call.called else None
        line = self._attempts.first_line(number, route, presented, led_on)
        self._attempts.carry(line, call)
        call.line, call.route = call.line or line, call.route or route
        call.post(c.DialLine(line, outside_alone=outside_alone or call.direction == "in"))
        return line

    def make_call(self, phone: Phone, owner: CallOwner, called: str, interaction: str = "") -> Call:
        """A call that the appliance makes for a phone's user; who is rung or dialled first is the owner's to say. ``interaction``: what it belongs to, when
        it comes of an earlier call and ``interactions.wait_for`` was asked; empty: one of its own.
        """
        call = self._new_call("inside", "", CallerId(phone.extension), called, c.originated(), interaction)
        call.owner, call.phone, call.placed_by, call.told = owner, phone.name, phone.name, False
        call.agent = self._floors.agent_at(phone.name)
        return call

    def tell_placed(self, call: Call) -> None:
        """The call that the appliance has made is under way: what it is, is known now."""
        phone = self.phones[call.placed_by]
        call.direction, call.told = "out" if call.line else "inside", True
        self._tell_placed(call, phone)

    def give(self, phone: Phone, call: Call, event: object) -> None:
        """The lifted phone takes a call by this event."""
        phone.call = call
        call.phone, call.agent = phone.name, self._floors.agent_at(phone.name)
        phone.stop_tone()
        self._show_stage(phone)
        call.post(event)

    def dialled_for(self, call: Call) -> str:
        """The newest line that is dialled, or was, for a call; empty: none."""
        lines = self._attempts.lines_of(call)
        return lines[-1] if lines else ""

    def has_line(self, line: str) -> bool:
        """True for an exchange line that is there."""
        return line in self.trunks

    def is_free(self, line: str) -> bool:
        """True when an outgoing call can seize the line."""
        return self._attempts.is_free(line)

    def is_doubted(self, line: str) -> bool:
        """True when the line gave no dial tone the last time."""
        return self._attempts.is_doubted(line)

    def outgoing_calls(self, group: str) -> int:
        """How many calls go out by a trunk group now."""
        return self._attempts.outgoing(group)

    def call_placed(self, phone: Phone, call: Call) -> None:
        """The phone's user has placed this call: tell the phone's desk."""
        if self._floors.desk is not None and phone.call is call:
            self._floors.desk.phone_call_began(phone, call)

    def parties(self, call_id: str) -> Parties | None:
        """Who is heard on which recorder track; None unless two parties are connected."""
        call = self.calls.get(call_id)
        talk = talk_of(call.parties) if call is not None else None
        if call is None or talk is None:
            return None
        left = self._port(talk.left)
        right = self._port(talk.right[0]) if len(talk.right) == 1 else ear_of(left)
        names = [self._party_name(call, device) for device in (talk.left, *talk.right)]
        outside = any(device in self.trunks for device in (talk.left, *talk.right))
        return Parties(left, right, names[0], ", ".join(names[1:]), outside, talk.silent, talk.silence)

    def _party_name(self, call: Call, device: str) -> str:
        """The number of who is on a line, the agent at a phone, or its extension."""
        if device in self.trunks:
            number = call.caller.number if call.direction == "in" and device == call.line else ""
            return self._attempts.number_on(device) or number or device
        agent = call.agent if device == call.phone else self._floors.agent_at(device)
        return agent or self.phones[device].extension

    def stop_tone(self, phone: Phone) -> None:
        """End the tone that the phone hears."""
        phone.stop_tone()

    def tone(self, phone: Phone, name: ToneName) -> None:
        """Let the phone hear a tone until it is stopped or the phone is put down."""
        self.stop_tone(phone)
        tone = self._tones[name]
        phone.tone = self.bay.tone(tone.steps, [phone.station.port], loop_from=tone.loop_from)

    def attend(self, phone: Phone, *, on: bool) -> None:
        """The phone is off hook to be given calls without ringing, or not any more."""
        phone.attending = on and phone.station.off_hook
        if phone.attending and self._floors.desk is not None:
            self._floors.desk.phone_can_ring(phone)

    def leave_off_hook(self, phone: Phone) -> None:
        """Busy tone was in vain: the howler is next."""
        if not phone.left_off_hook:
            phone.left_off_hook = True
            self._bus.publish(facts.PhoneLeftOffHook(phone=phone.name))

    def set_messages(self, phone: Phone, count: int) -> None:
        """So many messages wait for the phone's user: lamp, and special dial tone from the next lifting on."""
        if count != phone.messages:
            phone.messages = count
            self._bus.publish(facts.MessagesWaiting(phone=phone.name, count=count))
        phone.station.set_messages_waiting(count)

    def restore_messages(self, messages: Mapping[str, int]) -> None:
        """After a restart: what waits for the users of these phones. Phones that the site has no more are passed over."""
        for name, count in messages.items():
            phone = self.phones.get(name)
            if phone is not None:
                phone.messages = count
                phone.station.set_messages_waiting(count)

    def end_all(self, reason: str) -> None:
        """End every call: the appliance goes down."""
        for call in list(self.calls.values()):
            call.post(c.End(Release(Cause.TEMPORARY_FAILURE, reason), "system"))

    # ---- the board tells -------------------------------------------------------------------------------------------

    def trunk_rang(self, trunk: Trunk) -> None:
        """First burst."""
        self._bus.publish(facts.LineRang(line=trunk.name))

    def trunk_offered(self, trunk: Trunk, caller: CallerId, called: str) -> None:
        """A call arrives."""
        self._attempts.check_free(trunk.name)
        call = self._new_call("in", trunk.name, caller, called, c.arrived(trunk.name))
        self._attempts.carry(trunk.name, call)
        self._attempts.doubt(trunk.name, doubted=False)
        self._publish(call, call_arrived(call.id, call.line, caller, called))
        if self._floors.incoming is not None:
            self._floors.incoming(call)

    def trunk_dialled(self, trunk: Trunk) -> None:
        """Digits are out."""
        self._attempts.doubt(trunk.name, doubted=False)
        self._attempts.post(trunk.name, c.DialledOut(trunk.name))

    def trunk_progressed(self, trunk: Trunk, *, alerting: bool, in_band: bool) -> None:
        """The called party is rung, or something can be heard."""
        self._attempts.post(trunk.name, c.FarProgressed(trunk.name, alerting, in_band))

    def trunk_fails(self, trunk: Trunk, release: Release) -> None:
        """The exchange announces why; where another way may help, that is not waited for."""
        if not self._attempts.failed(trunk.name, release):
            self._attempts.post(trunk.name, c.FarFails(trunk.name, release))

    def trunk_moved(self, trunk: Trunk, to: Trunk) -> None:
        """The exchange's choice of a channel."""
        self._attempts.moved(trunk.name, to)

    def trunk_answered(self, trunk: Trunk, supervision: str, connected: str = "") -> None:
        """Far end answered."""
        self._attempts.post(trunk.name, c.FarAnswered(trunk.name, supervision, connected))

    def trunk_released(self, trunk: Trunk, release: Release) -> None:
        """Far end gone."""
        self._attempts.released(trunk.name, release)

    def trunk_silent(self, trunk: Trunk) -> None:
        """Nobody speaks any more: warn both."""
        call = self._attempts.call_on(trunk.name)
        if call is None:
            return
        self._publish(call, facts.CallSilent(call=call.id, line=trunk.name))
        phones = [phone.station.port for phone in self.phones.values() if phone.call is call and phone.station.off_hook]
        tone = self._tones[ToneName.CONFIRMATION]
        self.bay.tone(tone.steps, [trunk.port, *phones], loop_from=None)

    def warn(self, call: Call) -> None:
        """A tone to all who talk: the call will end soon."""
        phones = [phone.station.port for phone in self.phones.values() if phone.call is call and phone.station.off_hook]
        lines = [self.trunks[call.line].port] if call.line in self.trunks else []
        self.bay.tone(self._tones[ToneName.CONFIRMATION].steps, [*lines, *phones], loop_from=None)

    def trunk_metered(self, trunk: Trunk) -> None:
        """One pulse more."""
        call = self._attempts.call_on(trunk.name)
        if call is not None:
            call.pulses += 1
            self._publish(call, facts.CallMetered(call=call.id, line=trunk.name, pulses=call.pulses))

    def trunk_key(self, trunk: Trunk, key: str) -> None:
        """The caller pressed a key: for who looks after the call."""
        call = self._attempts.call_on(trunk.name)
        if call is not None and call.owner is not None:
            call.owner.call_key(call, key)

    def station_lifted(self, station: Station) -> None:
        """A handset went up: an answer, or somebody wants to dial."""
        phone = self.phones[station.name]
        self._bus.publish(facts.PhoneLifted(phone=phone.name))
        ringing, phone.rung_by = phone.rung_by, None
        if ringing is not None:
            self._take(phone, ringing)
        elif self._floors.desk is not None:
            self._floors.desk.phone_lifted(phone)

    def station_hung_up(self, station: Station) -> None:
        """A handset went down."""
        phone = self.phones[station.name]
        self._bus.publish(facts.PhoneHungUp(phone=phone.name))
        phone.stop_tone()
        self._bells.hung_up(phone)
        phone.attending = phone.left_off_hook = False
        left = [call for call in (phone.call, phone.held) if call is not None]
        phone.call = phone.held = None
        if not self._joins.by_hanging_up(phone.name, left):
            for call in left:
                call.post(c.PhoneDown(phone.name))
        knocking, phone.knocking = phone.knocking, None
        if knocking is not None:
            self._bells.knock_no_more(knocking, phone)
        # That the handset is down comes before the ends of the calls: an agent who leaves by it must not be offered the next one.
        if self._floors.desk is not None:
            self._floors.desk.phone_hung_up(phone)
        for call in left:
            self._desk_call_ended(phone, call)

    def station_key(self, station: Station, key: str) -> None:
        """A key on a desk phone: for the desk."""
        if self._floors.desk is not None:
            self._floors.desk.phone_key(self.phones[station.name], key)

    def station_flashed(self, station: Station) -> None:
        """The R key: a call that waits is taken, the present one put on hold, the one on hold come back to; else the desk's."""
        phone = self.phones[station.name]
        self._bus.publish(facts.PhoneFlashed(phone=phone.name))
        if not self._toggle(phone) and self._floors.desk is not None:
            self._floors.desk.phone_flashed(phone)

    def station_set_apart(self, station: Station, *, apart: bool) -> None:
        """The display is being told something: the parties do not hear it, and cannot disturb it."""
        call = self.phones[station.name].call
        if call is not None:
            call.post(c.SetApart(station.name, apart))

    def line_in_service(self, line: Trunk | Station) -> None:
        """Usable."""
        self._attempts.doubt(line.name, doubted=False)
        self._bus.publish(facts.LineInService(line=line.name))
        phone = self.phones.get(line.name)
        if phone is not None and self._floors.desk is not None:
            self._floors.desk.phone_can_ring(phone)

    def line_out_of_service(self, line: Trunk | Station, reason: str) -> None:
        """Not usable; a phone that rang has failed its call."""
        self._bus.publish(facts.LineOutOfService(line=line.name, reason=reason))
        phone = self.phones.get(line.name)
        if phone is not None and phone.rung_by is not None:
            self._bells.fail(phone, phone.rung_by)

    def line_violated(self, line: Trunk | Station, state: str, event: str) -> None:
        """Counted by the journal."""
        self._bus.publish(facts.ProtocolViolated(line=line.name, state=state, event=event))

    # ---- effects of the call machines -----------------------------------------------------------------------------

    def _perform(self, call: Call, effect: object) -> None:
        match effect:
            case e.HearAnew():
                self.ears.hear(call.id, call.parties)
                self._talk_changed(call.id, call.interaction)
            case AtDevice(device, at_line) if device in self.trunks:
                self._at_line(call, self.trunks[device], at_line)
            case AtDevice(device, at_phone):
                self._at_phone(call, self.phones[device], at_phone)
            case e.HandOver(parties):
                self._joins.hand_over(call, parties)
            case e.PassOn(event):
                if call.joined is not None:
                    call.joined.post(event)
            case e.SeizeLine(line):
                self._attempts.seize(call, line)
            case _:
                self._tell(call, effect)

    def _at_line(self, call: Call, line: Trunk, effect: object) -> None:
        match effect:
            case l.DoAlert():
                if line.alert():
                    call.post(c.GiveRingback())
            case l.DoAnnounce():
                line.announce()
            case l.DoAccept():
                with suppress(Refused):  # the caller has gone in the same moment: that is queued
                    line.answer()
            case l.DoRelease(cause):
                if self._attempts.free(line.name, call):
                    line.release(cause)
            case _:
                raise OurFault(f"a line does not do {effect!r}")

    def _at_phone(self, call: Call, phone: Phone, effect: object) -> None:
        match effect:
            case l.RingBell(kind):
                self._bells.ring(call, phone, kind)
            case l.StopBell():
                self._bells.stop(call, phone)
            case l.DoRelease(cause, failed):
                if phone.call is call and phone.station.off_hook:
                    self.tone(phone, meaning_of(cause).tone if failed else ToneName.BUSY)
            case _:
                raise OurFault(f"a phone does not do {effect!r}")

    def _tell(self, call: Call, effect: object) -> None:
        match effect:
            case e.TellAnswered(supervision, connected):
                self._publish(call, facts.CallAnswered(call=call.id, supervision=supervision, connected=connected))
            case e.TellAlerting():
                self._publish(call, facts.CallAlerting(call=call.id))
            case e.TellFails(release):
                self._publish(call, facts.CallFails(call=call.id, cause=release.value, reason=release.reason))
            case e.TellRerouted(line, release, next_line):
                self._attempts.rerouted(call, line, release, next_line)
            case e.TellConnected(name):
                extension = self.phones[name].extension
                self._publish(call, facts.CallConnected(call=call.id, phone=name, extension=extension, agent=call.agent))
                self._show_stages(call)
            case e.TellEnded(release, by):
                self._ended(call, release, by)
            case _:
                self._tell_of_phone(call, effect)

    def _tell_of_phone(self, call: Call, effect: object) -> None:
        match effect:
            case e.TellLifted(name):
                if call.owner is not None:
                    call.owner.call_lifted(call, self.phones[name])
            case e.TellReached(name):
                owner: object = call.owner
                if isinstance(owner, DeliveringOwner):
                    owner.call_reached(call, name)
            case e.TellInVain(release):
                owner = call.owner
                if isinstance(owner, DeliveringOwner):
                    owner.call_in_vain(call, release)
            case e.TellNotRung(name):
                if call.owner is not None:
                    call.owner.call_not_rung(call, self.phones[name])
            case e.TellLeft(name):
                self._left(call, self.phones[name])
            case e.TellTooLate(name, lifted):
                self._too_late(call, self.phones[name], lifted=lifted)
            case e.TellHeld(name):
                self._held(call, self.phones[name])
            case e.TellRetrieved(name):
                self.stop_tone(self.phones[name])
                self._publish(call, facts.CallRetrieved(call=call.id, phone=name))
            case e.TellPhoneBusy(name):
                if self._floors.desk is not None and self.phones[name].call is call:  # not put down in the same moment
                    self._floors.desk.phone_call_began(self.phones[name], call)
            case _:
                raise OurFault(f"nobody performs {effect!r}")

    def _ended(self, call: Call, release: Release, by: str) -> None:
        call.release, call.released_by = release, by
        self.calls.pop(call.id, None)
        self._attempts.forget(call)
        if call.told:
            self._publish(call, facts.CallEnded(call=call.id, cause=release.value, reason=release.reason, released_by=by))
        if call.owner is not None:
            call.owner.call_ended(call)
        for phone in self.phones.values():
            if phone.held is call:
                phone.held = None
            elif phone.call is call:
                phone.call = None
            else:
                continue
            self._show_stage(phone)
            self._desk_call_ended(phone, call)
        self.interactions.end(call.interaction, release, by)

    def _desk_call_ended(self, phone: Phone, call: Call) -> None:
        if self._floors.desk is not None:
            self._floors.desk.phone_call_ended(phone, call)

    def _left(self, call: Call, phone: Phone) -> None:
        """The call goes on without this phone."""
        if phone.held is call:
            phone.held = None
        elif phone.call is call:
            phone.call = None
            if phone.station.off_hook and phone.tone is None:
                self.tone(phone, ToneName.BUSY)
        self._show_stage(phone)
        self._desk_call_ended(phone, call)

    def _too_late(self, call: Call, phone: Phone, *, lifted: bool) -> None:
        """It rang no more when it was lifted: its user hears dial tone, and who took it with R that it is over."""
        if phone.call is not call:
            return
        phone.call = None
        self._show_stage(phone)
        if self._floors.desk is None or phone.attending:
            return
        if lifted:
            self._floors.desk.phone_lifted(phone)
        else:
            self._floors.desk.phone_call_began(phone, call)
            self.tone(phone, ToneName.BUSY)
            self._floors.desk.phone_call_ended(phone, call)

    # ---- the R key, and two calls at one phone ---------------------------------------------------------------------

    def _take(self, phone: Phone, call: Call, *, lifted: bool = True) -> None:
        """The phone answers this call, by being ``lifted`` or in another way."""
        phone.call = call
        call.phone = phone.name
        call.agent = self._floors.agent_at(phone.name)
        self._show_stage(phone)
        call.post(c.Lift(phone.name, lifted))

    def _toggle(self, phone: Phone) -> bool:
        """False when the R key has no meaning in what the phone does."""
        call, held, knocking = phone.call, phone.held, phone.knocking
        if call is not None and not (call.talking or call.held_by or held):
            return False
        if knocking is not None:
            phone.knocking, phone.held = None, call
            phone.station.stop_waiting()
            self._put_aside(phone, call)
            self._take(phone, knocking, lifted=False)
        elif held is not None:
            self._come_back(phone, held, call)
        elif call is not None:
            phone.call, phone.held = None, call
            call.post(c.Hold(phone.name))
            self._show_stage(phone)
            if self._floors.desk is not None:
                self._floors.desk.phone_consults(phone)
        else:
            return False
        return True

    def flash_exchange(self, phone: Phone) -> None:
        """The line of the phone's call gets the R key, for a service of the exchange; a call on hold is come back to. Refused: no call on a line that
        can be flashed, or not now.
        """
        call = phone.call or phone.held
        if call is None or not call.line or not (call.talking or call.held_by):
            raise Refused(text("Phone {phone} has no call on an exchange line.", phone=phone.name))
        self.trunks[call.line].flash()
        self._publish(call, facts.ExchangeFlashed(call=call.id, line=call.line, phone=phone.name))
        if phone.held is call:
            self._come_back(phone, call, None)

    def _put_aside(self, phone: Phone, call: Call | None) -> None:
        self.stop_tone(phone)
        if call is not None:
            call.post(c.Hold(phone.name))

    def _come_back(self, phone: Phone, held: Call, call: Call | None) -> None:
        """To the call that was put aside; ``call`` is put aside now, or given up when nobody has answered it."""
        two = call is not None and (call.talking or bool(call.held_by))
        phone.call, phone.held = held, call if two else None
        self._show_stage(phone)
        if two:
            self._put_aside(phone, call)
        elif call is not None:
            self.stop_tone(phone)
            call.post(c.PhoneDown(phone.name, for_good=True))
        held.post(c.Retrieve(phone.name))
        if self._floors.desk is not None:
            if call is not None and not two:
                self._floors.desk.phone_call_ended(phone, call)
            self._floors.desk.phone_call_began(phone, held)
            if two:
                self._floors.desk.phone_swapped(phone)

    def _held(self, call: Call, phone: Phone) -> None:
        self._publish(call, facts.CallHeld(call=call.id, phone=phone.name))
        if phone.call is call:
            self.tone(phone, ToneName.CONFIRMATION)

    def _show_stages(self, call: Call) -> None:
        for phone in self.phones.values():
            if phone.call is call:
                self._show_stage(phone)

    def _show_stage(self, phone: Phone) -> None:
        """What is plugged in is told how far the call has come."""
        call = phone.call
        if call is None:
            phone.station.show_call(CallStage.NONE if phone.held is None else CallStage.TALKING)
        elif call.placed_by != phone.name:
            phone.station.show_call(CallStage.TALKING)
        else:
            answered = call.talking or bool(call.held_by)
            phone.station.show_call(CallStage.ANSWERED if answered else CallStage.SETTING_UP)

    # ---- small things ----------------------------------------------------------------------------------------------

    def _new_call(self, direction: str, line: str, caller: CallerId, called: str, state: c.State, interaction: str = "") -> Call:
        """``interaction``: that of the call from which this one comes; empty: it begins one."""
        call = Call(self._ids.new("c"), direction, line, caller, called, self._language)
        call.interaction = self.interactions.begin(call.id, interaction)
        call.actor = self._runner.adopt(call.id, Machine(c.TABLE, state), lambda effect: self._perform(call, effect))
        self.calls[call.id] = call
        return call

    def _placed(self, call: Call, phone: Phone) -> None:
        phone.call, call.about = call, phone.held
        call.phone = call.placed_by = phone.name
        call.agent = self._floors.agent_at(phone.name)
        self._show_stage(phone)
        self._tell_placed(call, phone)

    def _tell_placed(self, call: Call, phone: Phone) -> None:
        group, wanted = (call.route.group, call.route.wanted_group) if call.route is not None else ("", "")
        self._publish(
            call,
            facts.CallPlaced(
                call=call.id,
                phone=phone.name,
                extension=phone.extension,
                agent=call.agent,
                called=call.called,
                line=call.line,
                group=group,
                wanted_group=wanted if wanted != group else "",
            ),
        )

    def _port(self, name: str) -> Port:
        return self.trunks[name].port if name in self.trunks else self.phones[name].station.port

    def _publish(self, call: Call, fact: facts.Fact) -> None:
        self._bus.publish(fact, call.interaction)


def _need_hand(phone: Phone) -> None:
    """Refused when the phone was put down, or is in a call, by the time that what was dialled is carried out."""
    if phone.call is not None or not phone.station.off_hook:
        raise Refused(text("Phone {phone} is in a call already, or not lifted.", phone=phone.name))


def _interaction_at(phone: Phone) -> str:
    """That of the call that the phone has put aside: what it dials meanwhile is a consultation about it."""
    about = phone.held or phone.call
    return about.interaction if about is not None else ""
