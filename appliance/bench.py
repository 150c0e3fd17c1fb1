"""The bench of telephones over the simulated world: what a browser does at a handset, the people of the world do.

Nothing here tells the appliance anything that does not come in over its lines.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import count

from appliance.simulation import Surrounded
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import text
from engine.settings.e1_lines import e1_trunks
from engine.settings.e1_trunk import E1TrunkSection
from engine.settings.site import Site
from hwsim.ears import SILENCE_DBM0
from hwsim.exchange import CallerIdStyle
from hwsim.live_voice import LiveVoice
from hwsim.people import DeskPhone, Person, Subscriber
from hwsim.signals import RATE_HZ
from web.bench import BenchLine, Handset, HandsetKind, Hear, OutsideWish

__all__ = ["OUTSIDE_MOST", "SimulatedBench"]

OUTSIDE_MOST = 32
"""Telephones outside that the bench has at one time."""
KEPT_S = 20
"""What a telephone outside remembers of what it heard: enough to know a tone."""
USUAL_NUMBER = 13800138000
PREFIX = "outside-"
KEYS_WAITING_MOST_MS = 10_000
TONE_EVERY_MS = 300
HEARD_WITHIN_MS = 200
MENU_KEYS = {"bilingual_menu": {"zh": ("1", "1"), "en": ("2", "1")}}
"""What leads through a shipped menu to the agents, by the caller's language."""
MENU_AFTER_MS = 2_500
THROUGH_WITHIN_MS = 60_000
DIAL_TONE_AFTER_MS = 800
LOGGED_IN_AFTER_MS = 2_500
A_KEY_MS = 200
LOOK_EVERY_MS = 100


class SimulatedBench:
    """All telephones of a simulated world. ``site`` gives the settings of this moment."""

    def __init__(self, around: Surrounded, site: Callable[[], Site]) -> None:
        self._world = around.world
        self._exchange = around.exchange
        self._phones = around.phones
        self._site = site
        self._outside: dict[str, Subscriber] = {}
        self._to_line: dict[str, str] = {}
        self._yielded: frozenset[str] = frozenset()
        self._tones: dict[str, tuple[int, str]] = {}
        self.demo_plays = False

    def yield_to_demo(self, phones: Collection[str]) -> None:
        """The demo begins: hands off its phones and off the lines."""
        self.demo_plays = True
        self._yielded = frozenset(phones)

    def demo_over(self) -> None:
        """Everything is free again."""
        self.demo_plays = False
        self._yielded = frozenset()

    # ---- looking ---------------------------------------------------------------------------------------------------

    def handsets(self) -> tuple[Handset, ...]:
        extensions = {station.name: station.extension for station in self._site().stations}
        desks = [self._desk(name, phone, extensions.get(name, "")) for name, phone in self._phones.items()]
        return (*desks, *(self._far(name, person) for name, person in self._outside.items()))

    def lines(self) -> tuple[BenchLine, ...]:
        known, site = self._exchange.lines, self._site()
        analog = [
            BenchLine(trunk.name, trunk.number, known[trunk.name].phase.value, trunk.flow) for trunk in site.trunks if trunk.name in known
        ]
        digital = [self._e1_line(trunk) for trunk in site.e1_trunks if trunk.name in self._exchange.trunks]
        return (*analog, *digital)

    def _e1_line(self, trunk: E1TrunkSection) -> BenchLine:
        far_end = self._exchange.trunks[trunk.name]
        phase = "idle" if far_end.free else "full" if far_end.works else "down"
        return BenchLine(trunk.name, trunk.number, phase, trunk.flow, far_end.channels, far_end.busy)

    def spare_number(self) -> str:
        for number in map(str, count(USUAL_NUMBER)):
            person = self._outside.get(PREFIX + number)
            if person.circuit is None if person is not None else not self._exchange.knows(number):
                return number
        raise AssertionError  # the numbers do not end

    def _desk(self, name: str, phone: DeskPhone, extension: str) -> Handset:
        shown = phone.caller_id_shown if phone.ringing or phone.lifted else None
        return Handset(
            name,
            HandsetKind.DESK,
            extension,
            lifted=phone.lifted,
            ringing=phone.ringing and not phone.lifted,
            tone=self._tone(name, phone, hears=phone.lifted),
            shown=shown.number if shown else "",
            shown_name=shown.name if shown else "",
            absence=shown.absence if shown else "",
            yielded=name in self._yielded,
        )

    def _far(self, name: str, person: Subscriber) -> Handset:
        circuit = person.circuit
        if circuit is None:
            return Handset(name, HandsetKind.OUTSIDE, person.number, person.shown_name)
        line = circuit.line.name if circuit.line is not None else ""
        return Handset(
            name,
            HandsetKind.OUTSIDE,
            person.number,
            person.shown_name,
            lifted=not person.ringing,
            ringing=person.ringing,
            talking=person.talking,
            line=line,
            tone=circuit.tone_name if circuit.answered and circuit.tone_name else self._tone(name, person, hears=person.talking),
        )

    def _tone(self, name: str, person: Person, *, hears: bool) -> str:
        """Looked at three times a second: to know a tone is work."""
        now_ms = self._world.now_ms
        if not hears:
            self._tones.pop(name, None)
            return ""
        at_ms, known = self._tones.get(name, (-TONE_EVERY_MS, ""))
        if now_ms - at_ms < TONE_EVERY_MS:
            return known
        ear = person.ear
        tone = ear.tone_now() if ear.next_sample >= self._world.now_sample - HEARD_WITHIN_MS * RATE_HZ // 1000 else None
        sounds = ear.level_dbm0(max(0, ear.next_sample - RATE_HZ // 4)) > SILENCE_DBM0
        found = tone.kind if tone is not None else "sound" if sounds else ""
        self._tones[name] = (now_ms, found)
        return found

    # ---- handsets --------------------------------------------------------------------------------------------------

    def lift(self, name: str) -> None:
        person = self._mine(name)
        if isinstance(person, Subscriber):
            person.answer()
        else:
            person.lift()

    def hang_up(self, name: str) -> None:
        person = self._mine(name)
        person.hang_up()
        self.be_silent(name)

    def press(self, name: str, keys: str, *, pulse: bool) -> None:
        person = self._mine(name)
        if isinstance(person, DeskPhone):
            waiting_ms = max(person.mouth.waiting_ms(self._world.now_sample), person.dialled_at_ms - self._world.now_ms)
            up = person.lifted
        else:
            waiting_ms, up = person.mouth.waiting_ms(self._world.now_sample), person.circuit is not None and not person.ringing
        if not up:
            raise Refused(text("Lift the handset first."))
        if waiting_ms > KEYS_WAITING_MOST_MS:
            raise Refused(text("Not so fast: the keys pressed so far are still being dialled."))
        if not pulse:
            person.press(keys)
        elif isinstance(person, DeskPhone):
            person.pulse(keys)
        else:
            raise Refused(text("A telephone outside has no pulse dialling here: only its keys are heard."))

    def flash(self, name: str) -> None:
        person = self._mine(name)
        if not isinstance(person, DeskPhone):
            raise Refused(text("A telephone outside has no R key."))
        person.flash()

    def listen(self, name: str, hear: Hear | None) -> None:
        self._person(name).ear.tap = hear

    def speak(self, name: str, octets: bytes) -> None:
        mouth = self._person(name).mouth
        if mouth.live is None:
            mouth.live = LiveVoice()
        mouth.live.put(octets)

    def be_silent(self, name: str) -> None:
        self._person(name).mouth.live = None

    # ---- telephones outside ------------------------------------------------------------------------------------------

    def place(self, wish: OutsideWish) -> str:
        name = PREFIX + wish.number
        style, absence = CallerIdStyle(wish.caller_id.value), "private" if wish.withheld else ""
        person = self._outside.get(name)
        if person is not None:
            person.caller_id, person.shown_name, person.absence = style, wish.title, absence
            return name
        if len(self._outside) >= OUTSIDE_MOST:
            raise Refused(text("There are {most} telephones outside already: remove one first.", most=OUTSIDE_MOST))
        self._outside[name] = Subscriber(
            self._world,
            self._exchange,
            name,
            wish.number,
            caller_id=style,
            shown_name=wish.title,
            absence=absence,
            kept_s=KEPT_S,
        )
        return name

    def remove(self, name: str) -> None:
        person = self._far_person(name)
        self._exchange.unsubscribe(person)
        self.be_silent(name)
        person.ear.tap = None
        del self._outside[name]

    def call(self, name: str, line: str, called: str = "") -> str:
        person = self._far_person(name)
        if self.demo_plays:
            raise Refused(text("The demo call is still under way. The lines are free when it is over, in half a minute at most."))
        if person.circuit is not None:
            raise Refused(text("{number} is in a call: hang up first.", number=person.number))
        to = line or next((one.name for one in self.lines() if one.flow and one.phase == "idle" and self._free(one.name)), "")
        if not to:
            raise Refused(text("No exchange line is free."))
        if to not in self._exchange.lines and to not in self._exchange.trunks:
            raise BadInput(text("There is no exchange line {line}.", line=repr(to)))
        person.call(to, called=called)
        circuit = person.circuit
        return circuit.line.name if circuit is not None and circuit.line is not None else to

    def _free(self, line: str) -> bool:
        return (self._exchange.lines.get(line) or self._exchange.trunks[line]).free

    def choose_in_menu(self, name: str, language: str) -> None:
        person = self._far_person(name)
        circuit = person.circuit
        if circuit is None or circuit.line is None:
            return
        line = circuit.line.name
        site = self._site()
        flows = {trunk.name: trunk.flow for trunk in site.trunks}
        flows |= {channel.name: trunk.section.flow for trunk in e1_trunks(site) for channel in trunk.lines}
        flow = next((flow for flow in site.flows if flow.name == flows.get(line)), None)
        keys = MENU_KEYS.get(flow.script, {}).get(language, ()) if flow is not None else ()

        def press(left: tuple[str, ...]) -> None:
            if left and person.circuit is circuit and circuit.bridged:
                person.press(left[0])
                self._world.after(MENU_AFTER_MS, lambda: press(left[1:]))

        def through(until_ms: int) -> None:
            if person.circuit is not circuit or self._world.now_ms > until_ms:
                return
            if circuit.bridged:
                self._world.after(MENU_AFTER_MS, lambda: press(keys))
            else:
                self._world.after(LOOK_EVERY_MS, lambda: through(until_ms))

        through(self._world.now_ms + THROUGH_WITHIN_MS)

    # ---- an agent ----------------------------------------------------------------------------------------------------

    def log_in(self, name: str, agent: str) -> None:
        phone = self._mine(name)
        if not isinstance(phone, DeskPhone):
            raise BadInput(text("An agent logs in at a desk phone."))
        site = self._site()
        pin = next((known.pin for known in site.agents if known.number == agent), None)
        if pin is None:
            raise BadInput(text("There is no agent {agent}.", agent=repr(agent)))
        phone.lift()
        keys = f"{site.desk.login_code}{agent}#{pin}#"

        def press() -> None:
            if phone.lifted:
                phone.press(keys)
                self._world.after(A_KEY_MS * len(keys) + LOGGED_IN_AFTER_MS, put_down)

        def put_down() -> None:
            if phone.lifted and not phone.mouth.busy(self._world.now_sample):
                phone.hang_up()

        self._world.after(DIAL_TONE_AFTER_MS, press)

    # ---- small things ------------------------------------------------------------------------------------------------

    def _person(self, name: str) -> DeskPhone | Subscriber:
        person = self._phones.get(name) or self._outside.get(name)
        if person is None:
            raise BadInput(text("There is no telephone {name} on the bench.", name=repr(name)))
        return person

    def _mine(self, name: str) -> DeskPhone | Subscriber:
        """Somebody's handset that the demo does not hold."""
        person = self._person(name)
        if name in self._yielded:
            raise Refused(text("This telephone plays in the demo call. It is free when the demo is over, in half a minute at most."))
        return person

    def _far_person(self, name: str) -> Subscriber:
        person = self._outside.get(name)
        if person is None:
            raise BadInput(text("There is no telephone {name} on the bench.", name=repr(name)))
        return person
