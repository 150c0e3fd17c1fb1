"""The tone zones that are loaded, the first being the default; LOADZONE's memory; how long digits are.

Lengths of digits are one set for all zones. Two quirks of the driver are kept: before the first SET_DIALPARAMS they are told in samples,
and a zone that is loaded after it takes its milliseconds for samples.
"""

from __future__ import annotations

import errno
import math
from collections.abc import Sequence
from dataclasses import dataclass

from boards.dahdi.abi import CADENCE_STEPS, DialParams, Tone, ToneDefinition, ToneZoneHeader
from hwsim.driver_memory import get_structure, refusal
from hwsim.signals import RATE_HZ
from hwsim.zone import (
    DTMF_BASE,
    MFR1_BASE,
    MFR2_BACKWARD_BASE,
    MFR2_FORWARD_BASE,
    Piece,
    Sound,
    ToneZone,
)

__all__ = ["DEFAULT_ZONE", "DigitKind", "LoadedZone", "ToneZones"]

DEFAULT_ZONE = -1
ZONES_MOST = 256
PIECES_MOST = 128
ANSWERED_BEFORE_SET = DialParams(544, 800, 800)
LENGTH_LEAST_MS, LENGTH_MOST_MS = 10, 4000
SAMPLES_PER_MS = 8
CONTROL_SIGNAL_SAMPLES = 800
MFR1_DIGITS = 10
RESONATOR_SCALE = 65536


@dataclass(frozen=True)
class DigitKind:
    """A kind of digits: the number of the first, how many there are, which letters of DIAL they have."""

    base: int
    keys: str
    length: str

    @property
    def numbers(self) -> range:
        """The numbers that SENDTONE and LOADZONE have for them."""
        return range(self.base, self.base + len(self.keys))


DTMF = DigitKind(DTMF_BASE, "0123456789*#ABCD", "dtmf_tonelen")
MFR1 = DigitKind(MFR1_BASE, "0123456789*#ABC", "mfv1_tonelen")
MFR2_FORWARD = DigitKind(MFR2_FORWARD_BASE, "123456789ABCDEF", "mfr2_tonelen")
MFR2_BACKWARD = DigitKind(MFR2_BACKWARD_BASE, "123456789ABCDEF", "mfr2_tonelen")
KINDS = (DTMF, MFR1, MFR2_FORWARD, MFR2_BACKWARD)


class LoadedZone:
    """A zone, and how long its digits sound. Channels that use it keep it when it is freed."""

    def __init__(self, zone: ToneZone, lengths: DialParams) -> None:
        self.zone = zone
        self._lengths_samples = {kind.length: int(getattr(lengths, kind.length)) for kind in KINDS}

    def set_lengths(self, lengths: DialParams) -> None:
        """SET_DIALPARAMS, ms."""
        for kind in KINDS:
            self._lengths_samples[kind.length] = getattr(lengths, kind.length) * SAMPLES_PER_MS

    def digit(self, kind: DigitKind, key: str) -> Piece | None:
        """A digit with its length; None for a key that the kind has not."""
        place = kind.keys.find(key)
        if place < 0:
            return None
        piece = self.zone.digits.get(kind.base + place, Piece(0))
        fixed = kind is MFR1 and place >= MFR1_DIGITS
        samples = CONTROL_SIGNAL_SAMPLES if fixed else self._lengths_samples[kind.length]
        return Piece(samples, piece.low_hz, piece.low_peak, piece.high_hz, piece.high_peak, piece.modulated)


class ToneZones:
    """All loaded zones of a driver."""

    def __init__(self, zone: ToneZone | None) -> None:
        self._lengths = ANSWERED_BEFORE_SET
        self._silences_samples = {kind.length: int(getattr(ANSWERED_BEFORE_SET, kind.length)) for kind in KINDS}
        self._zones: list[LoadedZone] = [] if zone is None else [LoadedZone(zone, self._lengths)]

    @property
    def lengths(self) -> DialParams:
        """GET_DIALPARAMS."""
        return self._lengths

    def silence_samples(self, kind: DigitKind) -> int:
        """The pause after a digit. After MF R2 digits the driver takes DTMF's."""
        return self._silences_samples[MFR1.length if kind is MFR1 else DTMF.length]

    def find(self, number: int) -> LoadedZone | None:
        """A zone by its number (of which 8 bits count), or the default one."""
        if number == DEFAULT_ZONE and self._zones:
            return self._zones[0]
        return next((loaded for loaded in self._zones if loaded.zone.number == number & 0xFF), None)

    def make_default(self, number: int) -> None:
        """DEFAULTZONE. EINVAL for one that is not loaded."""
        for loaded in self._zones:
            if loaded.zone.number == number:
                self._zones.remove(loaded)
                self._zones.insert(0, loaded)
                return
        raise refusal(errno.EINVAL)

    def free(self, number: int) -> None:
        """FREEZONE; one that is not loaded is free already."""
        self._zones = [loaded for loaded in self._zones if loaded.zone.number != number]

    def set_lengths(self, asked: DialParams) -> None:
        """SET_DIALPARAMS: each length that is in its range."""
        names = ("mfv1_tonelen", "dtmf_tonelen", "mfr2_tonelen")
        given = {name: getattr(asked, name) for name in names}
        kept = {name: given[name] if LENGTH_LEAST_MS <= given[name] <= LENGTH_MOST_MS else getattr(self._lengths, name) for name in names}
        self._lengths = DialParams(**kept)
        for loaded in self._zones:
            loaded.set_lengths(self._lengths)
        for name in names:
            self._silences_samples[name] = kept[name] * SAMPLES_PER_MS

    def load(self, memory: int | bytearray) -> None:
        """LOADZONE. EINVAL for a number out of range or taken, for too many pieces, or for one that leads nowhere; EFAULT for too little memory."""
        head = get_structure(ToneZoneHeader, memory)
        if not 0 <= head.zone < ZONES_MOST or not 0 <= head.count <= PIECES_MOST:
            raise refusal(errno.EINVAL)
        definitions = _definitions(head, memory)
        zone = ToneZone(head.zone, _cadence(head), _tones(definitions), _digits(definitions), head.name)
        if any(loaded.zone.number == zone.number for loaded in self._zones):
            raise refusal(errno.EINVAL)
        self._zones.append(LoadedZone(zone, self._lengths))


def _definitions(head: ToneZoneHeader, memory: int | bytearray) -> list[ToneDefinition]:
    if not isinstance(memory, bytearray):
        raise refusal(errno.EFAULT)
    read = []
    for place in range(head.count):
        start = ToneZoneHeader.size() + place * ToneDefinition.size()
        definition = get_structure(ToneDefinition, memory[start : start + ToneDefinition.size()])
        regular = 0 <= definition.tone < Tone.MOST
        if not regular and not any(definition.tone in kind.numbers for kind in KINDS):
            raise refusal(errno.EINVAL)
        if regular and not 0 <= definition.next < head.count:
            raise refusal(errno.EINVAL)
        read.append(definition)
    return read


def _cadence(head: ToneZoneHeader) -> tuple[int, ...]:
    return tuple(head.ringcadence[:CADENCE_STEPS])


def _piece(definition: ToneDefinition) -> Piece:
    low_hz, low_peak = _sine(definition.fac1, definition.init_v3_1)
    high_hz, high_peak = _sine(definition.fac2, definition.init_v3_2)
    return Piece(definition.samples, low_hz, low_peak, high_hz, high_peak, bool(definition.modulate))


def _sine(factor: int, second_value: int) -> tuple[float, float]:
    """Frequency and peak of a resonator: ``factor`` is 2·cos(w)·32768, ``second_value`` −sin(w)·peak."""
    if not second_value:
        return 0.0, 0.0
    angle = math.acos(max(-1.0, min(1.0, factor / RESONATOR_SCALE)))
    return round(angle * RATE_HZ / (2 * math.pi), 1), abs(second_value) / max(math.sin(angle), 1e-9)


def _tones(definitions: Sequence[ToneDefinition]) -> dict[int, Sound]:
    tones: dict[int, Sound] = {}
    for place, definition in enumerate(definitions):
        if definition.tone < Tone.MOST and definition.tone not in tones:
            tones[definition.tone] = _chain(definitions, place)
    return tones


def _chain(definitions: Sequence[ToneDefinition], first: int) -> Sound:
    """The pieces from one on, as each names the next, until one comes again."""
    order: list[int] = []
    place = first
    while place not in order:
        order.append(place)
        if definitions[place].tone >= Tone.MOST:
            # a digit follows no piece and is followed by none
            return Sound(tuple(_piece(definitions[each]) for each in order[:-1]), None)
        place = definitions[place].next
    return Sound(tuple(_piece(definitions[each]) for each in order), order.index(place))


def _digits(definitions: Sequence[ToneDefinition]) -> dict[int, Piece]:
    return {definition.tone: _piece(definition) for definition in definitions if definition.tone >= Tone.DTMF_BASE}
