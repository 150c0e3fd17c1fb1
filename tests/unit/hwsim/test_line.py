"""What a line does to sound."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from hwsim.cable import CHINA_NETWORK, KM_3, KM_6, RESISTOR_600, SHORT, Cable, Network
from hwsim.line import NO_IMPAIRMENTS, Impairments, through_line
from hwsim.signals import BLOCK, IDLE_BLOCK, alaw_from_linear, level_dbm0, linear_from_alaw, tone


class Parrot:
    """Says one thing, remembers what it heard."""

    def __init__(self, says: bytes) -> None:
        self.says = says
        self.heard = b""

    def exchange(self, heard: bytes) -> bytes:
        self.heard += heard
        return self.says


TONE = alaw_from_linear(tone(450, -10, 20))


def test_a_perfect_line_is_no_line() -> None:
    """Without impairments every octet passes untouched."""
    parrot = Parrot(b"\x01" * BLOCK)
    assert through_line(parrot, NO_IMPAIRMENTS, 1) is parrot


def test_loss_is_applied_each_way() -> None:
    """6 dB of loss from the appliance and 3 dB towards it are heard as such."""
    parrot = Parrot(TONE)
    line = through_line(parrot, Impairments(to_appliance_gain_db=-3, from_appliance_gain_db=-6), 1)
    back = line.exchange(TONE)
    assert level_dbm0(linear_from_alaw(back)) == pytest.approx(-13, abs=0.2)
    assert level_dbm0(linear_from_alaw(parrot.heard)) == pytest.approx(-16, abs=0.2)


def test_the_hybrid_returns_part_of_what_is_sent() -> None:
    """With 14 dB of echo loss the appliance hears its own −10 dBm0 at −24 dBm0 while the far end is silent."""
    line = through_line(Parrot(IDLE_BLOCK), Impairments(echo_loss_db=14), 1)
    assert level_dbm0(linear_from_alaw(line.exchange(TONE))) == pytest.approx(-24, abs=0.3)


def test_noise_has_its_level_and_follows_the_seed() -> None:
    """Noise of −40 dBm0 measures so; the same seed gives the same noise, another one another."""

    def heard(seed: int) -> bytes:
        line = through_line(Parrot(IDLE_BLOCK), Impairments(noise_dbm0=-40), seed)
        return b"".join(line.exchange(IDLE_BLOCK) for _ in range(100))

    assert heard(1) == heard(1)
    assert heard(1) != heard(2)
    assert level_dbm0(linear_from_alaw(heard(1)).astype(np.float64)) == pytest.approx(-40, abs=0.5)


def silent_line(impairments: Impairments, seconds: float, seed: int = 1) -> npt.NDArray[np.float64]:
    """What the appliance hears while nobody speaks."""
    line = through_line(Parrot(IDLE_BLOCK), impairments, seed)
    heard = b"".join(line.exchange(IDLE_BLOCK) for _ in range(round(seconds * 50)))
    return linear_from_alaw(heard).astype(np.float64)


def strength_dbm0(samples: npt.NDArray[np.float64], frequency_hz: float) -> float:
    """The level of one frequency."""
    turning = np.exp(-2j * np.pi * frequency_hz * np.arange(samples.size) / 8000)
    return float(20 * np.log10(2 * abs(np.dot(samples, turning)) / samples.size / 32768) + 3.14)


@pytest.mark.parametrize(("cable", "low", "high"), [(SHORT, 0.5, 1.0), (KM_3, 4.6, 9.5), (KM_6, 7.2, 15.7)])
def test_a_long_cable_is_heard_both_ways(cable: Cable, low: float, high: float) -> None:
    """A tone of 800 Hz and one of 3200 Hz arrive as weak as the cable makes them, in either direction."""
    for frequency_hz, loss_db in ((800, low), (3200, high)):
        sound = [alaw_from_linear(tone(frequency_hz, -10, 400)[at : at + BLOCK]) for at in range(0, 3200, BLOCK)]
        parrot = Parrot(IDLE_BLOCK)
        line = through_line(parrot, Impairments(cable=cable), 1)
        for block in sound:
            line.exchange(block)
        there = linear_from_alaw(parrot.heard[-1600:]).astype(np.float64)
        back = through_line(Parrot(b""), Impairments(cable=cable), 1)
        pieces = []
        for block in sound:
            back._far_end.says = block  # type: ignore[attr-defined]  # the parrot speaks a sentence
            pieces.append(back.exchange(IDLE_BLOCK))
        here = linear_from_alaw(b"".join(pieces)[-1600:]).astype(np.float64)
        for arrived in (there, here):
            assert strength_dbm0(arrived, frequency_hz) == pytest.approx(-10 - loss_db, abs=0.7)


def test_a_cable_echoes_by_frequency() -> None:
    """Three kilometres behind a network for short lines: 450 Hz comes back at some −10 dB, 3200 Hz far weaker; a resistor is worse."""

    def echo_db(frequency_hz: float, balance: Network) -> float:
        line = through_line(Parrot(IDLE_BLOCK), Impairments(cable=KM_3, balance=balance), 1)
        sound = tone(frequency_hz, -10, 400)
        back = b"".join(line.exchange(alaw_from_linear(sound[at : at + BLOCK])) for at in range(0, 3200, BLOCK))
        return -10 - strength_dbm0(linear_from_alaw(back[-1600:]).astype(np.float64), frequency_hz)

    assert echo_db(450, CHINA_NETWORK) == pytest.approx(10.6, abs=1)
    assert echo_db(3200, CHINA_NETWORK) > 20
    assert echo_db(3200, RESISTOR_600) < 9


def test_the_mains_hum_with_their_harmonics() -> None:
    """A cable beside a power line hums at 50 Hz and, 6 dB below, at 150 Hz; between these there is nothing."""
    heard = silent_line(Impairments(mains_dbm0=-30), 1)
    assert strength_dbm0(heard, 50) == pytest.approx(-30, abs=0.5)
    assert strength_dbm0(heard, 150) == pytest.approx(-36, abs=0.5)
    assert strength_dbm0(heard, 77) < -60
    sixty = silent_line(Impairments(mains_dbm0=-30, mains_hz=60), 1)
    assert strength_dbm0(sixty, 60) == pytest.approx(-30, abs=0.5)


def test_clicks_come_as_often_as_they_should() -> None:
    """Sixty clicks a minute are some sixty short bursts with silence between; the same seed makes the same ones."""
    wish = Impairments(impulses_a_min=60, impulse_dbm0=-10)
    heard = silent_line(wish, 60)
    loud = np.flatnonzero(np.abs(heard) > 3000)
    clicks = 1 + int(np.count_nonzero(np.diff(loud) > 80))
    assert 40 <= clicks <= 80
    assert np.median(np.abs(heard)) <= 8
    assert np.array_equal(silent_line(wish, 2), silent_line(wish, 2))
    assert not np.array_equal(silent_line(wish, 2), silent_line(wish, 2, seed=2))


def test_noise_can_be_on_the_far_side() -> None:
    """A caller with a noisy telephone hears noise; the appliance does not."""
    parrot = Parrot(IDLE_BLOCK)
    line = through_line(parrot, Impairments(far_noise_dbm0=-35), 1)
    back = b"".join(line.exchange(IDLE_BLOCK) for _ in range(50))
    assert level_dbm0(linear_from_alaw(parrot.heard)) == pytest.approx(-35, abs=0.5)
    assert level_dbm0(linear_from_alaw(back)) < -60
