"""The driver's own sounds on a channel: SENDTONE, DIAL with its digits and pulses, and the silence that is received meanwhile."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from boards.dahdi.abi import Dial, DialOperation, Event, Tone
from hwsim.driver_memory import refusal
from hwsim.hook_machine import HookPort
from hwsim.signals import Samples
from hwsim.tone_zones import DEFAULT_ZONE, DTMF, MFR1, MFR2_BACKWARD, MFR2_FORWARD, DigitKind, LoadedZone, ToneZones
from hwsim.zone import Piece, RunningSound, Sound

__all__ = ["ChannelTones"]

DIAL_STRING_MOST = 255
PAUSE = Piece(4000)
"""W in a DIAL string: half a second."""
PULSE = "pulse"
PULSES = "1234567890"
"""Each digit's pulses are its place."""
MODES: Mapping[str, DigitKind | str] = MappingProxyType({"T": DTMF, "M": MFR1, "O": MFR2_FORWARD, "R": MFR2_BACKWARD, "P": PULSE})
DEAF_AFTER_SAMPLES = 400
"""Received audio is silence while digits are dialled and 50 ms longer."""
CONTINUOUS_SAMPLES = 8000
"""Frequencies of digits are whole Hz: a second of them repeats without a step."""


class ChannelTones:
    """What sounds on one open channel. ``port`` None: a pseudo channel, which neither dials pulses nor becomes deaf."""

    def __init__(self, zones: ToneZones, port: HookPort | None, raise_event: Callable[[int], None]) -> None:
        self._zones = zones
        self._port = port
        self._raise_event = raise_event
        self.zone: LoadedZone | None = zones.find(DEFAULT_ZONE)
        self.dialing = False
        self._mode: DigitKind | str = DTMF
        self._text = ""
        self._sound: RunningSound | None = None
        self._pulsing = False
        self._deaf_samples = 0
        self._taken = 0
        """Samples of the present block that were sent already."""

    @property
    def sounding(self) -> bool:
        """A tone is being sent."""
        return self._sound is not None

    @property
    def disturbs(self) -> bool:
        """True while a write would end something, or what is received is replaced."""
        return self._sound is not None or self.dialing or self._deaf_samples > 0

    def cancel(self) -> None:
        """Whatever sounds or is dialled ends at once: HOOK, SENDTONE, a write."""
        self._sound = None
        self._text = ""
        self.dialing = False
        if self._pulsing and self._port is not None:
            self._port.stop_pulses()

    def hung_up(self) -> None:
        """The same, and received audio is heard at once."""
        self.cancel()
        self._deaf_samples = 0

    def set_zone(self, number: int) -> None:
        """SETTONEZONE. ENODATA for one that is not loaded."""
        found = self._zones.find(number)
        if found is None:
            raise refusal(errno.ENODATA)
        self.cancel()
        self.zone = found

    def send(self, number: int) -> None:
        """SENDTONE. ENODATA without a zone, ENOSYS for a tone that it has not, EINVAL for what is no tone."""
        self.cancel()
        if number == Tone.STOP:
            return
        if self.zone is None:
            raise refusal(errno.ENODATA)
        if 0 <= number <= Tone.MOST:
            sound = self.zone.zone.tones.get(number)
            if sound is None:
                raise refusal(errno.ENOSYS)
            self._sound = RunningSound(sound)
        else:
            self._send_digit(self.zone, number)

    def _send_digit(self, zone: LoadedZone, number: int) -> None:
        kind = self._mode
        if not isinstance(kind, DigitKind) or kind is MFR1:
            raise refusal(errno.EINVAL)
        # As in the driver, a wrong number leaves the channel deaf when it is in DTMF mode.
        self.dialing = kind is DTMF
        if number not in kind.numbers:
            raise refusal(errno.EINVAL)
        piece = zone.zone.digits.get(number)
        if piece is None:
            raise refusal(errno.ENOSYS)
        lasting = Piece(CONTINUOUS_SAMPLES, piece.low_hz, piece.low_peak, piece.high_hz, piece.high_peak, piece.modulated)
        self._sound = RunningSound(Sound((lasting,)))

    # ---- DIAL ----

    def dial(self, asked: DialOperation) -> None:
        """DIAL. ENODATA without a zone, EBUSY for more than fits, EINVAL for an unknown operation."""
        if self.zone is None:
            raise refusal(errno.ENODATA)
        text = asked.dialstr.upper()
        if asked.op == Dial.CANCEL:
            self.cancel()
        elif asked.op == Dial.REPLACE:
            self._text = text
            self.dialing = True
            self._next()
        elif asked.op == Dial.APPEND:
            if len(text) + len(self._text) >= DIAL_STRING_MOST:
                raise refusal(errno.EBUSY)
            self._text += text
            if not self.dialing:
                self.dialing = True
                self._next()
        else:
            raise refusal(errno.EINVAL)

    def _next(self) -> None:
        """Begin the next digit; DIALCOMPLETE when there is none."""
        self._pulsing = False
        while self._text:
            key, self._text = self._text[0], self._text[1:]
            if key in MODES:
                self._mode = MODES[key]
            elif self._begin(key):
                return
        self._sound = None
        self.dialing = False
        self._deaf_samples = self._taken + DEAF_AFTER_SAMPLES
        self._raise_event(Event.DIALCOMPLETE)

    def _begin(self, key: str) -> bool:
        if key == "W":
            self._sound = RunningSound(Sound((PAUSE,), None))
            return True
        kind = self._mode
        if not isinstance(kind, DigitKind):
            count = PULSES.find(key) + 1
            self._pulsing = bool(count) and self._port is not None and self._port.dial_pulses(count, self._next)
            self._sound = None if self._pulsing else self._sound
            return self._pulsing
        piece = self.zone.digit(kind, key) if self.zone is not None else None
        if piece is None:
            return False
        self._sound = RunningSound(Sound((piece, Piece(self._zones.silence_samples(kind))), None))
        return True

    # ---- audio ----

    def take(self, count: int) -> Samples:
        """The next samples of what sounds: fewer than ``count`` when it ends meanwhile."""
        taken: list[Samples] = []
        while self._taken < count and self._sound is not None:
            piece = self._sound.take(count - self._taken)
            taken.append(piece)
            self._taken += piece.size
            if self._sound.over:
                self._next_sound()
        self._taken = 0
        return np.concatenate(taken) if taken else np.zeros(0, dtype=np.int16)

    def _next_sound(self) -> None:
        self._sound = None
        if self.dialing:
            self._next()

    def deaf(self, count: int) -> int:
        """How many of the next ``count`` received samples are replaced by silence."""
        if self._port is None:
            return 0
        if self.dialing:
            self._deaf_samples = DEAF_AFTER_SAMPLES
            return count
        silent = min(self._deaf_samples, count)
        self._deaf_samples -= silent
        return silent
