"""What everybody in the simulated world has: a mouth and an ear.

Whatever people do they do at a millisecond of world time; what they say begins at a known sample.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from engine.kernel.errors import BadInput
from engine.kernel.text import text
from hwsim.ears import KEPT_S, Ear
from hwsim.live_voice import LiveVoice
from hwsim.signals import BLOCK, IDLE_BLOCK, KEYS, RATE_HZ, Samples, alaw_from_linear, keys, linear_from_alaw
from hwsim.world import World

__all__ = ["Mouth", "Person", "Utterance"]

UTTERANCES_MOST = 10_000


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
        self.ear = Ear(name, kept_s, world.apart)
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
