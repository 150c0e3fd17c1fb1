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
from engine.calls.arrival import call_arrived, is_attempt, ring_kind
from engine.calls.interactions import Interactions
from engine.calls.parties import Call, CallOwner, Desk, Phone
from engine.calls.route import Route
from engine.kernel.bus import Bus
from engine.kernel.errors import EnvironmentFault, OurFault, Refused
from engine.kernel.fsm import Machine
from engine.kernel.ids import Ids
from engine.kernel.runner import Runner
from engine.kernel.text import text
from engine.telephony.causes import Cause, Release
from engine.telephony.lines import CallStage, Station, Trunk
from engine.telephony.media import SAMPLE_RATE_HZ, SILENCE_ALAW, Parties, PatchBay, Playing, Port
from engine.telephony.numbers import CallerId
from engine.telephony.q850 import meaning_of
from engine.telephony.tones import CHINA, ToneName, ToneSet

__all__ = ["Call", "CallOwner", "Desk", "Phone", "Switch"]

LINES_BUSY = Release(Cause.NO_CIRCUIT_AVAILABLE, "lines_busy")
NOT_DIALLABLE = Release(Cause.INVALID_NUMBER_FORMAT, "not_diallable")
SILENCE = bytes([SILENCE_ALAW]) * SAMPLE_RATE_HZ
"""For who waits where no music is installed."""


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
        self._hold_music = hold_music
        self._music: dict[str, Playing] = {}
        self._ringing_tones: dict[str, Playing] = {}
        """What callers hear whom we have not answered yet, by their lines."""
        self.calls: dict[str, Call] = {}
        self.trunks: dict[str, Trunk] = {}
        self.phones: dict[str, Phone] = {}
        self._by_line: dict[str, Call] = {}
        self._doubted: set[str] = set()
        """Lines without dial tone at the last attempt."""
        self._desk: Desk | None = None
        self._incoming: Callable[[Call], None] | None = None
        self._agent_at: Callable[[str], str] = lambda _phone: ""

    def wire(self, desk: Desk, incoming: Callable[[Call], None], agent_at: Callable[[str], str]) -> None:
        """Connect the upper floors: the desk, the reception, and who is logged in at a phone (empty: nobody)."""
        self._desk = desk
        self._incoming = incoming
        self._agent_at = agent_at

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
        caller = CallerId(phone.extension)
        call = self._new_call("inside", "", caller, extension, c.Calling(phone.name, called.name), _held_by(phone))
        self._placed(call, phone)
        call.post(c.CallPhone(ring_timeout_s))
        return call

    def call_outside(self, phone: Phone, number: str, route: Route, presented: str = "") -> Call:
        """A desk phone calls out by the line that the route names; an attempt that fails is followed by the next that the route names.

        ``presented``: the caller number shown instead of the trunk group's or the line's own. Refused when there is no line, or none can dial the number.
        """
        refusal: Refused | None = None
        line = route.first()
        while line:
            try:
                self.trunks[line].dial(number, presented or route.caller_number)
            except Refused as refused:
                refusal, line = refused, route.next(NOT_DIALLABLE)
                continue
            call = self._by_line[line] = self._new_call(
                "out", line, CallerId(phone.extension), number, c.Seizing(phone.name, line), _held_by(phone)
            )
            call.route, call.presented = route, presented
            self._placed(call, phone)
            return call
        raise refusal or Refused(route.refusal)

    def has_line(self, line: str) -> bool:
        """True for an exchange line that is there."""
        return line in self.trunks

    def is_free(self, line: str) -> bool:
        """True when an outgoing call can seize the line."""
        return line not in self._by_line and self.trunks[line].free

    def is_doubted(self, line: str) -> bool:
        """True when the line gave no dial tone the last time."""
        return line in self._doubted

    def outgoing_calls(self, group: str) -> int:
        """How many calls go out by a trunk group now."""
        return sum(1 for call in self.calls.values() if call.route is not None and call.route.group == group)

    def call_placed(self, phone: Phone, call: Call) -> None:
        """The phone's user has placed this call: tell the phone's desk."""
        if self._desk is not None and phone.call is call:
            self._desk.phone_call_began(phone, call)

    def parties(self, call_id: str) -> Parties | None:
        """Who is heard on which recorder track; None unless two parties are connected."""
        call = self.calls.get(call_id)
        state = call.state if call else None
        if isinstance(state, c.Greeting):
            outer, phone, outside = state.line, state.phone, True
        elif isinstance(state, c.Connected | c.Held):
            outer, phone, outside = state.outer, state.phone, state.outer_is_line
        else:
            return None
        assert call is not None
        left = (call.caller.number if call.direction != "out" else call.called) or outer
        right = call.agent or self.phones[phone].extension
        silent = "" if not isinstance(state, c.Held) else "right" if state.holder == phone else "left"
        return Parties(self._port(outer), self._port(phone), left, right, outside, silent)

    def stop_tone(self, phone: Phone) -> None:
        """End the tone that the phone hears."""
        if phone.tone is not None:
            phone.tone.stop()
            phone.tone = None

    def tone(self, phone: Phone, name: ToneName) -> None:
        """Let the phone hear a tone until it is stopped or the phone is put down."""
        self.stop_tone(phone)
        tone = self._tones[name]
        phone.tone = self.bay.tone(tone.steps, [phone.station.port], loop_from=tone.loop_from)

    def attend(self, phone: Phone, *, on: bool) -> None:
        """The phone is off hook to be given calls without ringing, or not any more."""
        phone.attending = on and phone.station.off_hook
        if phone.attending and self._desk is not None:
            self._desk.phone_can_ring(phone)

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
        if trunk.name in self._by_line:
            raise OurFault(f"{trunk.name} offers a call while it carries {self._by_line[trunk.name].id}")
        self._doubted.discard(trunk.name)
        call = self._new_call("in", trunk.name, caller, called, c.Arrived(trunk.name))
        self._by_line[trunk.name] = call
        self._publish(call, call_arrived(call.id, call.line, caller, called))
        if self._incoming is not None:
            self._incoming(call)

    def trunk_dialled(self, trunk: Trunk) -> None:
        """Digits are out."""
        self._doubted.discard(trunk.name)
        self._on_line(trunk, c.DialledOut())

    def trunk_progressed(self, trunk: Trunk, *, alerting: bool, in_band: bool) -> None:
        """The called party is rung, or something can be heard."""
        self._on_line(trunk, c.FarProgressed(alerting, in_band))

    def trunk_fails(self, trunk: Trunk, release: Release) -> None:
        """The exchange announces why; where another way may help, that is not waited for."""
        call = self._by_line.get(trunk.name)
        next_line = self._next_line(call, release) if call is not None and is_attempt(call.state) else ""
        if call is None or not next_line:
            self._on_line(trunk, c.FarFails(release))
            return
        del self._by_line[trunk.name]
        trunk.release()
        call.post(c.LineGaveBack(release, next_line))

    def trunk_moved(self, trunk: Trunk, to: Trunk) -> None:
        """The exchange's choice of a channel."""
        call = self._by_line.pop(trunk.name, None)
        if call is None:
            to.release()  # the call's end crossed this, and released a channel on which it was not any more
            return
        self._by_line[to.name], call.line = call, to.name
        call.post(c.LineMoved(to.name))
        group = ""
        if call.route is not None:
            group = call.route.group
            call.route.moved(to.name)
        moved = facts.CallRerouted(call=call.id, line=trunk.name, reason="moved", next_line=to.name, cause=0, group=group, next_group=group)
        self._publish(call, moved)

    def trunk_answered(self, trunk: Trunk, supervision: str, connected: str = "") -> None:
        """Far end answered."""
        self._on_line(trunk, c.FarAnswered(supervision, connected))

    def trunk_released(self, trunk: Trunk, release: Release) -> None:
        """Far end gone; or the line gives a call of ours back, and may carry another from this moment on."""
        call = self._by_line.get(trunk.name)
        if release.reason == "no_dial_tone":
            self._doubted.add(trunk.name)
        if call is None or not is_attempt(call.state):
            self._on_line(trunk, c.FarReleased(release))
            return
        next_line = self._next_line(call, release)
        if next_line or isinstance(call.state, c.Seizing):
            del self._by_line[trunk.name]  # it may carry a caller from this moment on
            call.post(c.LineGaveBack(release, next_line))
        else:
            call.post(c.FarReleased(release))

    def trunk_silent(self, trunk: Trunk) -> None:
        """Nobody speaks any more: warn both."""
        call = self._by_line.get(trunk.name)
        if call is None:
            return
        self._publish(call, facts.CallSilent(call=call.id, line=trunk.name))
        phones = [phone.station.port for phone in self.phones.values() if phone.call is call and phone.station.off_hook]
        tone = self._tones[ToneName.CONFIRMATION]
        self.bay.tone(tone.steps, [trunk.port, *phones], loop_from=None)

    def trunk_metered(self, trunk: Trunk) -> None:
        """One pulse more."""
        call = self._by_line.get(trunk.name)
        if call is not None:
            call.pulses += 1
            self._publish(call, facts.CallMetered(call=call.id, line=trunk.name, pulses=call.pulses))

    def trunk_key(self, trunk: Trunk, key: str) -> None:
        """The caller pressed a key: for who looks after the call."""
        call = self._by_line.get(trunk.name)
        if call is not None and call.owner is not None:
            call.owner.call_key(call, key)

    def station_lifted(self, station: Station) -> None:
        """A handset went up: an answer, or somebody wants to dial."""
        phone = self.phones[station.name]
        self._bus.publish(facts.PhoneLifted(phone=phone.name))
        ringing = phone.rung_by
        phone.rung_by = None
        if ringing is not None:
            self._take(phone, ringing)
        elif self._desk is not None:
            self._desk.phone_lifted(phone)

    def station_hung_up(self, station: Station) -> None:
        """A handset went down."""
        phone = self.phones[station.name]
        self._bus.publish(facts.PhoneHungUp(phone=phone.name))
        self.stop_tone(phone)
        self._stop_zip(phone)
        phone.attending = phone.left_off_hook = False
        left = [call for call in (phone.call, phone.held) if call is not None]
        phone.call = phone.held = None
        for call in left:
            call.post(c.PhoneDown(phone.name))
        knocking, phone.knocking = phone.knocking, None
        if knocking is not None:
            self._ring(knocking, phone.name)
        # That the handset is down comes before the ends of the calls: an agent who leaves by it must not be offered the next one.
        if self._desk is not None:
            self._desk.phone_hung_up(phone)
        for call in left:
            self._desk_call_ended(phone, call)

    def station_key(self, station: Station, key: str) -> None:
        """A key on a desk phone: for the desk."""
        if self._desk is not None:
            self._desk.phone_key(self.phones[station.name], key)

    def station_flashed(self, station: Station) -> None:
        """The R key: a call that waits is taken, the present one put on hold, the one on hold come back to; else the desk's."""
        phone = self.phones[station.name]
        self._bus.publish(facts.PhoneFlashed(phone=phone.name))
        if not self._toggle(phone) and self._desk is not None:
            self._desk.phone_flashed(phone)

    def station_set_apart(self, station: Station, *, apart: bool) -> None:
        """The display is being told something: the parties do not hear it, and cannot disturb it."""
        call = self.phones[station.name].call
        if call is not None and isinstance(call.state, c.Connected):
            outer, phone = self._port(call.state.outer), self._port(call.state.phone)
            for source, sink in ((outer, phone), (phone, outer)):
                if apart:
                    self.bay.unpatch(source, sink)
                else:
                    self.bay.patch(source, sink)

    def line_in_service(self, line: Trunk | Station) -> None:
        """Usable."""
        self._doubted.discard(line.name)
        self._bus.publish(facts.LineInService(line=line.name))
        phone = self.phones.get(line.name)
        if phone is not None and self._desk is not None:
            self._desk.phone_can_ring(phone)

    def line_out_of_service(self, line: Trunk | Station, reason: str) -> None:
        """Not usable; a phone that rang has failed its call."""
        self._bus.publish(facts.LineOutOfService(line=line.name, reason=reason))
        phone = self.phones.get(line.name)
        if phone is not None and phone.rung_by is not None:
            self._not_rung(phone.rung_by, phone)

    def line_violated(self, line: Trunk | Station, state: str, event: str) -> None:
        """Counted by the journal."""
        self._bus.publish(facts.ProtocolViolated(line=line.name, state=state, event=event))

    # ---- effects of the call machines -----------------------------------------------------------------------------

    def _perform(self, call: Call, effect: object) -> None:
        match effect:
            case c.AlertLine(line):
                self._alert(line)
            case c.AnnounceOnLine(line):
                self._stop_ringing_tone(line)
                self.trunks[line].announce()
            case c.AnswerLine(line):
                self._stop_ringing_tone(line)
                self.trunks[line].answer()
            case c.ReleaseLine(line, cause):
                if self._by_line.get(line) is call:
                    self.trunks[line].release(cause)
            case c.SeizeLine(line):
                self._seize(call, line)
            case c.RingBell(name):
                self._ring(call, name)
            case c.StopBell(name):
                self._stop_bell(call, name)
            case c.HearOuter(outer, phone):
                self.bay.patch(self._port(outer), self._port(phone))
            case c.Bridge(outer, phone):
                self.bay.patch(self._port(outer), self._port(phone))
                self.bay.patch(self._port(phone), self._port(outer))
            case c.Unbridge(outer, phone):
                self.bay.unpatch(self._port(outer), self._port(phone))
                self.bay.unpatch(self._port(phone), self._port(outer))
            case c.RingbackTone(name):
                self.tone(self.phones[name], ToneName.RINGBACK)
            case c.HoldMusic(party):
                self._music[call.id] = self.bay.play(self._hold_music or SILENCE, [self._port(party)], loop=True)
            case c.StopMusic():
                music = self._music.pop(call.id, None)
                if music is not None:
                    music.stop()
            case c.StopTone(name):
                self.stop_tone(self.phones[name])
            case c.BusyTone(name):
                self._busy(call, self.phones[name])
            case c.CauseTone(name, cause):
                self._busy(call, self.phones[name], meaning_of(cause).tone)
            case _:
                self._tell(call, effect)

    def _tell(self, call: Call, effect: object) -> None:
        match effect:
            case c.TellAnswered(supervision, connected):
                self._publish(call, facts.CallAnswered(call=call.id, supervision=supervision, connected=connected))
            case c.TellAlerting():
                self._publish(call, facts.CallAlerting(call=call.id))
            case c.TellFails(release):
                self._publish(call, facts.CallFails(call=call.id, cause=release.value, reason=release.reason))
            case c.TellRerouted(line, release, next_line):
                self._rerouted(call, line, release, next_line)
            case c.TellLifted(name):
                if call.owner is not None:
                    call.owner.call_lifted(call, self.phones[name])
            case c.TellConnected(name):
                extension = self.phones[name].extension
                self._publish(call, facts.CallConnected(call=call.id, phone=name, extension=extension, agent=call.agent))
                self._show_stages(call)
            case c.TellHeld(name):
                self._held(call, self.phones[name])
            case c.TellRetrieved(name):
                self.stop_tone(self.phones[name])
                self._publish(call, facts.CallRetrieved(call=call.id, phone=name))
            case c.TellPhoneBusy(name):
                if self._desk is not None:
                    self._desk.phone_call_began(self.phones[name], call)
            case c.TellEnded(release, by):
                self._ended(call, release, by)
            case _:
                raise OurFault(f"nobody performs {effect!r}")

    def _seize(self, call: Call, line: str) -> None:
        call.line = line
        presented = call.route.caller_number if call.route is not None else ""
        if line not in self._by_line:
            with suppress(Refused):
                self.trunks[line].dial(call.called, call.presented or presented)
                self._by_line[line] = call
                return
        call.post(c.LineGaveBack(LINES_BUSY, self._next_line(call, LINES_BUSY)))

    def _next_line(self, call: Call, release: Release) -> str:
        """Where the call is tried after an attempt that ended so; empty: nowhere."""
        route = call.route
        if route is None:
            return ""
        next_line = route.next(release)
        if route.exhausted:
            self._publish(call, facts.AttemptsExhausted(call=call.id, group=route.group, attempts=route.exhausted))
        return next_line

    def _rerouted(self, call: Call, line: str, release: Release, next_line: str) -> None:
        assert call.route is not None
        self._publish(
            call,
            facts.CallRerouted(
                call=call.id,
                line=line,
                reason=release.reason,
                next_line=next_line,
                cause=release.value,
                group=call.route.previous_group,
                next_group=call.route.group,
            ),
        )

    def _ended(self, call: Call, release: Release, by: str) -> None:
        released_by = "called" if by == "caller" and call.direction == "out" else by
        call.release, call.released_by = release, released_by
        self._forget(call)
        self._publish(call, facts.CallEnded(call=call.id, cause=release.value, reason=release.reason, released_by=released_by))
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
        self.interactions.end(call.interaction, release, released_by)

    def _desk_call_ended(self, phone: Phone, call: Call) -> None:
        if self._desk is not None:
            self._desk.phone_call_ended(phone, call)

    def _busy(self, call: Call, phone: Phone, name: ToneName = ToneName.BUSY) -> None:
        if phone.call is call and phone.station.off_hook:
            self.tone(phone, name)

    def _alert(self, line: str) -> None:
        trunk = self.trunks[line]
        if trunk.alert() and line not in self._ringing_tones:
            tone = self._tones[ToneName.RINGBACK]
            self._ringing_tones[line] = self.bay.tone(tone.steps, [trunk.port], loop_from=tone.loop_from)

    def _stop_ringing_tone(self, line: str) -> None:
        tone = self._ringing_tones.pop(line, None)
        if tone is not None:
            tone.stop()

    def _ring(self, call: Call, name: str) -> None:
        phone = self.phones[name]
        try:
            if phone.attending and phone.call is None:
                self._sound_zip(call, phone)
            elif phone.call is not None:
                phone.station.announce_waiting(call.caller)
                phone.knocking = call
                self._publish(call, facts.CallWaits(call=call.id, phone=name))
                return
            else:
                phone.station.ring(call.caller, ring_kind(call.state, call.direction))
        except (Refused, EnvironmentFault):
            self._not_rung(call, phone)
            return
        phone.rung_by = call

    def _sound_zip(self, call: Call, phone: Phone) -> None:
        """The agent is off hook: a short tone, then the caller."""

        def heard(_samples: int, _complete: bool) -> None:
            if phone.rung_by is call and phone.zip is zip_tone:
                phone.zip = phone.rung_by = None
                self._take(phone, call)

        self.stop_tone(phone)
        tone = self._tones[ToneName.ZIP]
        zip_tone = self.bay.tone(tone.steps, [phone.station.port], loop_from=tone.loop_from, ended=heard)
        phone.zip = zip_tone

    def _stop_zip(self, phone: Phone) -> None:
        """The handset went down, or the caller has gone: whose call it was keeps its place, or ends."""
        zip_tone, phone.zip = phone.zip, None
        if zip_tone is None:
            return
        zip_tone.stop()
        call, phone.rung_by = phone.rung_by, None
        if call is not None and isinstance(call.state, c.Calling):
            call.post(c.End(Release(Cause.NO_ANSWER, "no_answer"), "system"))

    def _not_rung(self, call: Call, phone: Phone) -> None:
        phone.rung_by = None
        if isinstance(call.state, c.Calling | c.Recalling):
            call.post(c.End(Release(Cause.DESTINATION_OUT_OF_ORDER, "phone_fault"), "system"))
            return
        call.post(c.StopRing())
        if call.owner is not None:
            call.owner.call_not_rung(call, phone)

    def _stop_bell(self, call: Call, name: str) -> None:
        phone = self.phones[name]
        if phone.rung_by is call:
            phone.rung_by = None
            self._stop_zip(phone)
            phone.station.stop_ringing()
            if self._desk is not None:
                self._desk.phone_can_ring(phone)
        elif phone.knocking is call:
            phone.knocking = None
            phone.station.stop_waiting()

    # ---- the R key, and two calls at one phone ---------------------------------------------------------------------

    def _take(self, phone: Phone, call: Call) -> None:
        """The phone answers this call."""
        phone.call = call
        call.phone = phone.name
        call.agent = self._agent_at(phone.name)
        self._show_stage(phone)
        call.post(c.Lift(phone.name))

    def _toggle(self, phone: Phone) -> bool:
        """False when the R key has no meaning in what the phone does."""
        call, held, knocking = phone.call, phone.held, phone.knocking
        talks = call is not None and isinstance(call.state, c.Connected)
        if call is not None and not talks and not isinstance(call.state, c.Held):
            return False
        if knocking is not None:
            phone.knocking, phone.held = None, call
            phone.station.stop_waiting()
            self._put_aside(phone, call)
            self._take(phone, knocking)
        elif held is not None:
            phone.call, phone.held = held, call
            self._put_aside(phone, call)
            self._come_back(phone, held)
        elif call is not None and talks:
            call.post(c.Hold(phone.name))
        elif call is not None:
            call.post(c.Retrieve())
        else:
            return False
        return True

    def flash_exchange(self, phone: Phone) -> None:
        """The line of the phone's call gets the R key, for a service of the exchange; a call on hold is come back to. Refused: no call on a line that
        can be flashed, or not now.
        """
        call = phone.call
        if call is None or not call.line or not isinstance(call.state, c.Connected | c.Held):
            raise Refused(text("Phone {phone} has no call on an exchange line.", phone=phone.name))
        self.trunks[call.line].flash()
        self._publish(call, facts.ExchangeFlashed(call=call.id, line=call.line, phone=phone.name))
        call.post(c.Retrieve())

    def _put_aside(self, phone: Phone, call: Call | None) -> None:
        self.stop_tone(phone)
        if call is not None:
            call.post(c.Hold(phone.name))

    def _come_back(self, phone: Phone, held: Call) -> None:
        held.post(c.Retrieve())
        if self._desk is not None:
            self._desk.phone_call_began(phone, held)

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
            answered = isinstance(call.state, c.Connected | c.Held)
            phone.station.show_call(CallStage.ANSWERED if answered else CallStage.SETTING_UP)

    # ---- small things ----------------------------------------------------------------------------------------------

    def _new_call(self, direction: str, line: str, caller: CallerId, called: str, state: object, parent: Call | None = None) -> Call:
        """``parent``: the call from which this one comes, and whose interaction it belongs to."""
        call = Call(self._ids.new("c"), direction, line, caller, called, self._language)
        call.interaction = self.interactions.begin(call.id, parent.interaction if parent is not None else "")
        call.actor = self._runner.adopt(call.id, Machine(c.TABLE, state), lambda effect: self._perform(call, effect))
        self.calls[call.id] = call
        return call

    def _placed(self, call: Call, phone: Phone) -> None:
        phone.call = call
        call.phone = call.placed_by = phone.name
        call.agent = self._agent_at(phone.name)
        self._show_stage(phone)
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

    def _forget(self, call: Call) -> None:
        self.calls.pop(call.id, None)
        self._stop_ringing_tone(call.line)
        if self._by_line.get(call.line) is call:
            del self._by_line[call.line]

    def _on_line(self, trunk: Trunk, event: object) -> None:
        call = self._by_line.get(trunk.name)
        if call is not None:
            call.post(event)

    def _port(self, name: str) -> Port:
        return self.trunks[name].port if name in self.trunks else self.phones[name].station.port

    def _publish(self, call: Call, fact: facts.Fact) -> None:
        self._bus.publish(fact, call.interaction)


def _held_by(phone: Phone) -> Call | None:
    """The call that the phone has put aside: what it dials meanwhile is a consultation about it."""
    return phone.held or phone.call
