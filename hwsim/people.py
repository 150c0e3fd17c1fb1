"""People: callers somewhere in the telephone network, and those who sit at the desk phones. Each has a mouth and an ear.

Whatever they do they do at a millisecond of world time; what they say begins at a known sample.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import text
from hwsim.caller_id import CallerIdReceiver, CallerIdShown
from hwsim.ears import KEPT_S, Ear
from hwsim.exchange import CallerIdStyle, Circuit, Disconnect, Exchange
from hwsim.line import NO_IMPAIRMENTS, Impairments, through_line
from hwsim.line_side import PhonePortSide
from hwsim.live_voice import LiveVoice
from hwsim.signals import BLOCK, IDLE_BLOCK, KEYS, RATE_HZ, Samples, alaw_from_linear, keys, linear_from_alaw
from hwsim.world import Act, World

__all__ = ["DeskPhone", "Mouth", "Person", "Subscriber", "Utterance"]

UTTERANCES_MOST = 10_000
MOMENTS_MOST = 1_000
FLASH_MS = 100
PULSE_BREAK_MS = 60
PULSE_MAKE_MS = 40
PULSE_PAUSE_MS = 700
RINGING_OVER_MS = 6_000


@dataclass(frozen=True)
class Utterance:
    """Something said: a label, its A-law octets, and the sample of world time at which it begins."""

    label: str
    octets: bytes
    start_sample: int

    @property
    def end_sample(self) -> int:
        """The first sample after it."""
        return self.start_sample + len(self.octets)

    @property
    def samples(self) -> Samples:
        """The sound as int16."""
        return linear_from_alaw(self.octets)


class Mouth:
    """Says one thing after the other. ``said`` remembers the last 10 000 things.

    ``live`` is a voice that comes while it is spoken; whatever is said or pressed sounds instead of it.
    """

    def __init__(self) -> None:
        self.live: LiveVoice | None = None
        self.said: deque[Utterance] = deque(maxlen=UTTERANCES_MOST)
        self._saying: deque[Utterance] = deque()

    def say(self, label: str, octets: bytes, now_sample: int) -> Utterance:
        """Begin now, or when what is being said has ended."""
        start = max(now_sample, self._saying[-1].end_sample if self._saying else 0)
        utterance = Utterance(label, octets, start)
        if len(self._saying) >= UTTERANCES_MOST:
            raise BadInput(text("more than {most} things wait to be said", most=UTTERANCES_MOST))
        self._saying.append(utterance)
        self.said.append(utterance)
        return utterance

    def shut(self, now_sample: int) -> None:
        """Break off; what was not said is taken out of ``said``, what was begun is cut."""
        self._saying.clear()
        while self.said and self.said[-1].start_sample >= now_sample:
            self.said.pop()
        if self.said and self.said[-1].end_sample > now_sample:
            last = self.said.pop()
            self.said.append(Utterance(last.label, last.octets[: now_sample - last.start_sample], last.start_sample))

    def busy(self, now_sample: int) -> bool:
        """True while there is something left to say."""
        return any(utterance.end_sample > now_sample for utterance in self._saying)

    def waiting_ms(self, now_sample: int) -> int:
        """How long it takes until everything is said."""
        return max(0, self._saying[-1].end_sample - now_sample) * 1000 // RATE_HZ if self._saying else 0

    def block(self, start_sample: int) -> bytes:
        """The 160 octets from this sample on."""
        ground = IDLE_BLOCK if self.live is None else self.live.block(start_sample)
        while self._saying and self._saying[0].end_sample <= start_sample:
            self._saying.popleft()
        if not self._saying or self._saying[0].start_sample >= start_sample + BLOCK:
            return ground
        block = bytearray(ground)
        for utterance in self._saying:
            begin = max(utterance.start_sample, start_sample)
            end = min(utterance.end_sample, start_sample + BLOCK)
            if begin >= end:
                break
            block[begin - start_sample : end - start_sample] = utterance.octets[
                begin - utterance.start_sample : end - utterance.start_sample
            ]
        return bytes(block)


class Person:
    """Somebody with a mouth and an ear."""

    def __init__(self, world: World, name: str, kept_s: int = KEPT_S) -> None:
        self.world = world
        self.mouth = Mouth()
        self.ear = Ear(name, kept_s)
        self._name = name

    @property
    def name(self) -> str:
        """What the scenario calls this person."""
        return self._name

    def say(self, audio: bytes | Samples, label: str = "") -> Utterance:
        """Say A-law octets or int16 samples, now or after what is being said."""
        octets = audio if isinstance(audio, bytes) else alaw_from_linear(audio)
        self.world.note(self.name, f"says {label}" if label else "speaks")
        return self.mouth.say(label, octets, self.world.now_sample)

    def press(self, digits: str, on_ms: int = 100, off_ms: int = 100) -> tuple[Utterance, ...]:
        """Press keys as DTMF. Raises BadInput for a key that does not exist; then nothing is pressed."""
        if not digits or any(digit not in "".join(KEYS) for digit in digits):
            raise BadInput(text("{who} cannot press {keys}: expected keys of 0-9, *, #, A-D", who=self.name, keys=repr(digits)))
        self.world.note(self.name, f"presses {digits}")
        now = self.world.now_sample
        sounds = zip(digits, keys(digits, on_ms, off_ms), strict=True)
        return tuple(self.mouth.say(f"key {digit}", alaw_from_linear(sound), now) for digit, sound in sounds)

    def speak(self, start_sample: int) -> bytes:
        """The next block of what is said."""
        return self.mouth.block(start_sample)


class Subscriber(Person):
    """A telephone with a number somewhere in the network.

    ``answers_after_s``: lifts so long after the first ring; None: only by ``answer()``. ``shown_name`` goes out as the caller's
    name, ``absence`` (``private``, ``unavailable``) instead of the number.
    """

    def __init__(
        self,
        world: World,
        exchange: Exchange,
        name: str,
        number: str,
        *,
        answers_after_s: float | None = None,
        caller_id: CallerIdStyle = CallerIdStyle.FSK,
        shown_name: str = "",
        absence: str = "",
        kept_s: int = KEPT_S,
    ) -> None:
        super().__init__(world, name, kept_s)
        self.answers_after_s = answers_after_s
        self.caller_id = caller_id
        self.shown_name = shown_name
        self.absence = absence
        self.circuit: Circuit | None = None
        self.rung_at_ms: deque[int] = deque(maxlen=MOMENTS_MOST)
        self._number = number
        self._exchange = exchange
        self._answering: Act | None = None
        exchange.subscribe(self)

    @property
    def number(self) -> str:
        """The telephone number."""
        return self._number

    @property
    def ringing(self) -> bool:
        """The telephone rings and is not answered yet."""
        return self.circuit is not None and not self.circuit.answered

    @property
    def talking(self) -> bool:
        """Through to the appliance."""
        return self.circuit is not None and self.circuit.bridged

    def call(self, to: str, disconnect: Disconnect | None = None) -> None:
        """Dial a line's name or a number. Refused while in a call."""
        self.circuit = self._exchange.place_call(
            self, to, self.caller_id, shown_name=self.shown_name, absence=self.absence, disconnect=disconnect
        )

    def answer(self) -> None:
        """Lift the handset of the ringing telephone. Refused when it does not ring."""
        if self.circuit is None:
            raise Refused(text("{who} cannot answer: nobody is calling", who=self.name))
        self._forget_answering()
        self.circuit.answer()

    def hang_up(self) -> None:
        """Put the handset down, whatever the call is at. Refused when there is none."""
        if self.circuit is None:
            raise Refused(text("{who} cannot hang up: not in a call", who=self.name))
        self.world.note(self.name, "hangs up")
        self._forget_answering()
        self.mouth.shut(self.world.now_sample)
        circuit, self.circuit = self.circuit, None
        circuit.hang_up()

    def rung(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self.rung_at_ms.append(self.world.now_ms)
        self.world.note(self.name, "is rung")
        if self.answers_after_s is not None:
            self._answering = self.world.after(round(self.answers_after_s * 1000), self.answer)

    def call_over(self) -> None:
        self._forget_answering()
        self.circuit = None

    def hear(self, octets: bytes, at_sample: int) -> None:
        self.ear.hear(octets, at_sample)

    def _forget_answering(self) -> None:
        if self._answering is not None:
            self._answering.cancel()
            self._answering = None


class DeskPhone(Person):
    """A telephone on one of the appliance's ports, and who uses it.

    ``caller_id_shown`` is what it displays for the present or last ringing; ``ring_bursts_ms``, ``battery_drops_ms`` and
    ``reversals_ms`` are the moments at which those began (the newest 1000).
    """

    def __init__(
        self, world: World, name: str, port: PhonePortSide, impairments: Impairments = NO_IMPAIRMENTS, kept_s: int = KEPT_S
    ) -> None:
        super().__init__(world, name, kept_s)
        self.lifted = False
        self.caller_id_shown: CallerIdShown | None = None
        self.ring_bursts_ms: deque[int] = deque(maxlen=MOMENTS_MOST)
        self.battery_drops_ms: deque[int] = deque(maxlen=MOMENTS_MOST)
        self.reversals_ms: deque[int] = deque(maxlen=MOMENTS_MOST)
        self._port = port
        self._receiver = CallerIdReceiver()
        self._loop_closed = False
        self._loop_acts: list[Act] = []
        self._loop_free_ms = 0
        self._ringing_over = True
        port.ringing_changed = self._ringing_changed
        port.battery_changed = self._battery_changed
        port.polarity_changed = self._polarity_changed
        port.far_end = through_line(self, impairments, world.seed_for())

    @property
    def ringing(self) -> bool:
        """It rings: a burst sounds, or the last one is less than a pause ago and nobody lifted."""
        bursts = self.ring_bursts_ms
        return not self._ringing_over and bool(bursts) and self.world.now_ms - bursts[-1] < RINGING_OVER_MS

    @property
    def dialled_at_ms(self) -> int:
        """When the last loop break asked for is over; a moment that is past when there is none."""
        return self._loop_free_ms

    def lift(self) -> None:
        """Lift the handset. Refused when it is up."""
        if self.lifted:
            raise Refused(text("{who} cannot lift: the handset is up already", who=self.name))
        self.world.note(self.name, "lifts")
        self.lifted = True
        self._ringing_over = True
        self._receiver.forget()
        self._loop(closed=True)

    def hang_up(self) -> None:
        """Put the handset down. Refused when it is down."""
        if not self.lifted:
            raise Refused(text("{who} cannot hang up: the handset is down already", who=self.name))
        self.world.note(self.name, "hangs up")
        self.lifted = False
        for act in self._loop_acts:
            act.cancel()
        self._loop_acts.clear()
        self._loop_free_ms = 0
        self.mouth.shut(self.world.now_sample)
        self._loop(closed=False)

    def flash(self, ms: int = FLASH_MS) -> None:
        """Press the R key: the loop opens for so long, after what is being dialled. Refused when the handset is down."""
        self._must_be_up("flash")
        self.world.note(self.name, "flashes")
        self._breaks(1, ms, 0)

    def pulse(self, digit: str) -> None:
        """Dial digits by opening the loop (10 a second, 60/40 ms, 0 is ten). Refused when the handset is down."""
        self._must_be_up("dial")
        if not digit or any(key not in "0123456789" for key in digit):
            raise BadInput(text("{who} cannot dial {keys} by pulses: expected digits", who=self.name, keys=repr(digit)))
        self.world.note(self.name, f"dials {digit} by pulses")
        for key in digit:
            self._breaks(int(key) or 10, PULSE_BREAK_MS, PULSE_MAKE_MS)
            self._loop_free_ms += PULSE_PAUSE_MS

    def exchange(self, heard: bytes) -> bytes:
        """One block each way, asked by the port."""
        if not self.lifted:
            self._listen_on_hook(heard)
            return IDLE_BLOCK
        if not self._loop_closed or not self._port.battery:
            return IDLE_BLOCK
        start = self.world.block_start_sample
        self.ear.hear(heard, start)
        return self.speak(start)

    def _listen_on_hook(self, heard: bytes) -> None:
        if self._port.ringing or (heard == IDLE_BLOCK and not self._receiver.listening):
            return
        shown = self._receiver.hear(linear_from_alaw(heard))
        if shown is not None:
            self.caller_id_shown = shown
            self.world.note(self.name, f"shows {shown.number or shown.absence} {shown.name}".rstrip())

    def _must_be_up(self, what: str) -> None:
        if not self.lifted:
            raise Refused(text("{who} cannot {what}: the handset is down", who=self.name, what=what))

    def _breaks(self, count: int, break_ms: int, make_ms: int) -> None:
        at = max(self.world.now_ms, self._loop_free_ms)
        self._loop_acts = [act for act in self._loop_acts if not act.over]
        for _ in range(count):
            self._loop_acts.append(self.world.at(at, lambda: self._loop(closed=False)))
            self._loop_acts.append(self.world.at(at + break_ms, lambda: self._loop(closed=True)))
            at += break_ms + make_ms
        self._loop_free_ms = at

    def _loop(self, *, closed: bool) -> None:
        self._loop_closed = closed
        self._port.set_loop(closed)

    def _ringing_changed(self, on: bool) -> None:
        if not on or self.lifted:
            return
        now = self.world.now_ms
        if self._ringing_over or not self.ring_bursts_ms or now - self.ring_bursts_ms[-1] >= RINGING_OVER_MS:
            self.caller_id_shown = None
        self._ringing_over = False
        self._receiver.forget()
        self.ring_bursts_ms.append(now)
        self.world.note(self.name, "rings")

    def _battery_changed(self, on: bool) -> None:
        if not on:
            self.battery_drops_ms.append(self.world.now_ms)
            self.world.note(self.name, "loses its battery")

    def _polarity_changed(self, reversed_: bool) -> None:
        self.reversals_ms.append(self.world.now_ms)
        self.world.note(self.name, "sees reversed polarity" if reversed_ else "sees normal polarity")
