"""The tone zones that the driver gets from us: what it would sound and ring with."""

from __future__ import annotations

import math

import numpy as np
import pytest

from boards.dahdi.abi import Tone, ToneDefinition
from boards.dahdi.zones import TONES_MOST, ZONE_NUMBERS, zone_header, zone_tones
from engine.telephony.tones import TONE_SETS

RATE_HZ = 8000


def sounded(piece: ToneDefinition, samples: int) -> np.ndarray:
    """What the driver's two resonators give: ``v3 = (fac · v2 >> 15) − v1``, the sum of both."""
    total = np.zeros(samples)
    for fac, first, second in ((piece.fac1, piece.init_v2_1, piece.init_v3_1), (piece.fac2, piece.init_v2_2, piece.init_v3_2)):
        v2, v3 = first, second
        for place in range(samples):
            v1, v2 = v2, v3
            v3 = (fac * v2 >> 15) - v1
            total[place] += v3
    return total


def level_dbm0(sound: np.ndarray) -> float:
    """Of a full-scale sine it is 3.14."""
    return 20 * math.log10(math.sqrt(float(np.mean(sound**2))) * math.sqrt(2) / 32768) + 3.14


def strongest_hz(sound: np.ndarray, count: int) -> list[int]:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    found: list[int] = []
    while len(found) < count:
        place = int(np.argmax(spectrum))
        found.append(round(place * RATE_HZ / len(sound)))
        spectrum[max(0, place - 30) : place + 30] = 0
    return sorted(found)


def tone_of(zone: str, number: int) -> list[ToneDefinition]:
    """The pieces of a tone, from its first, once round."""
    pieces = zone_tones(zone)
    at = next(place for place, piece in enumerate(pieces) if piece.tone == number)
    seen: list[int] = []
    while at not in seen:
        seen.append(at)
        at = pieces[at].next
    return [pieces[place] for place in seen]


def cadence_ms(zone: str, number: int) -> list[int]:
    """Sounding and silent times, silence negative."""
    return [piece.samples // 8 * (1 if piece.fac1 else -1) for piece in tone_of(zone, number)]


@pytest.mark.parametrize(
    ("tone", "cadence"),
    [
        (Tone.DIALTONE, [1000]),
        (Tone.BUSY, [350, -350]),
        (Tone.RINGTONE, [1000, -4000]),
        (Tone.CONGESTION, [700, -700]),
        (Tone.STUTTER, [400, -40]),
        (Tone.CUSTOM1, [100, -100, 100, -100, 100, -100, 400, -400]),
    ],
)
def test_chinas_tones_have_the_cadence_of_the_standard(tone: Tone, cadence: list[int]) -> None:
    """Busy, congestion, special dial tone … of GB/T 3378, where the driver's own zone has another special dial tone."""
    assert cadence_ms("cn", tone) == cadence


def test_chinas_dial_tone_is_450_hz_at_the_level_of_the_standard() -> None:
    """450 Hz at −10 dBm0, a second of it without a step at the seam."""
    (piece,) = tone_of("cn", Tone.DIALTONE)
    sound = sounded(piece, 8000)
    assert strongest_hz(sound, 1) == [450]
    assert abs(level_dbm0(sound) + 10) < 0.1
    assert piece.samples * 450 % RATE_HZ == 0


@pytest.mark.parametrize(("key", "low_hz", "high_hz"), [("1", 697, 1209), ("0", 941, 1336), ("#", 941, 1477), ("D", 941, 1633)])
def test_dtmf_has_its_high_group_louder(key: str, low_hz: int, high_hz: int) -> None:
    """China wants the high group 2 dB above the low one; the driver's own zone has it below."""
    piece = next(piece for piece in zone_tones("cn") if piece.tone == Tone.DTMF_BASE + "0123456789*#ABCD".index(key))
    assert strongest_hz(sounded(piece, 8000), 2) == [low_hz, high_hz]
    low = ToneDefinition(fac1=piece.fac1, init_v2_1=piece.init_v2_1, init_v3_1=piece.init_v3_1)
    high = ToneDefinition(fac1=piece.fac2, init_v2_1=piece.init_v2_2, init_v3_1=piece.init_v3_2)
    assert abs(level_dbm0(sounded(high, 8000)) - level_dbm0(sounded(low, 8000)) - 2) < 0.1


def test_register_signals_are_those_of_q441() -> None:
    """Signal 1 forward is 1380 + 1500 Hz, signal 15 backward 660 + 540 Hz."""
    pieces = {piece.tone: piece for piece in zone_tones("cn")}
    assert strongest_hz(sounded(pieces[96], 4000), 2) == [1380, 1500]
    assert strongest_hz(sounded(pieces[112 + 14], 4000), 2) == [540, 660]


@pytest.mark.parametrize("zone", sorted(TONE_SETS))
def test_every_zone_is_one_that_the_driver_takes(zone: str) -> None:
    """At most 128 pieces, each followed by one of its own tone, for every tone set that a site can choose; a number beyond libtonezone's."""
    pieces = zone_tones(zone)
    assert len(pieces) <= TONES_MOST
    for piece in pieces:
        if piece.tone < Tone.MOST:
            assert pieces[piece.next].tone == piece.tone
    assert {piece.tone for piece in pieces} >= {
        *range(Tone.DIALTONE, Tone.STUTTER + 1),
        *range(64, 80),
        *range(80, 95),
        *range(96, 111),
        *range(112, 127),
    }
    head = zone_header(zone)
    assert (head.zone, head.ringcadence[0] > 0, head.ringcadence[-1]) == (ZONE_NUMBERS[zone], True, 0)
    assert 46 < head.zone < 128


def test_telephones_ring_as_the_country_does() -> None:
    """1 s on, 4 s off in China; twice 0.4 s in the United Kingdom."""
    assert zone_header("cn").ringcadence[:3] == (1000, 4000, 0)
    assert zone_header("uk").ringcadence[:5] == (400, 200, 400, 2000, 0)


def test_a_tone_that_sounds_once_ends_in_silence() -> None:
    """Busy verification of North America: two seconds, then half a second every ten, for ever."""
    assert cadence_ms("us", Tone.CUSTOM2) == [2000, -9500, 500]
