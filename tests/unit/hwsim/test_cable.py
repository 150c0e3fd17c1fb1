"""A cable's loss, tilt and echo, as an installer's instrument would show them."""

from __future__ import annotations

import numpy as np
import pytest

from hwsim.cable import CHINA_NETWORK, KM_3, KM_6, RESISTOR_600, SHORT, Cable, Network, echo_filter, loss_filter
from hwsim.signals import RATE_HZ, Floats

VOICE_HZ = np.array([300.0, 800.0, 1200.0, 2200.0, 3400.0])


def loss_of(taps: Floats, frequency_hz: Floats) -> Floats:
    """The loss of a filter by frequency, by its definition."""
    turning = np.exp(-2j * np.pi * np.outer(frequency_hz / RATE_HZ, np.arange(taps.size)))
    found: Floats = -20 * np.log10(np.abs(turning @ taps))
    return found


def test_a_longer_cable_is_weaker_and_duller() -> None:
    """Six kilometres lose 7 dB at 800 Hz, which is what a subscriber line may lose, and much more at the top of the band."""
    assert KM_6.loss_db(np.array([800.0]))[0] == pytest.approx(7, abs=0.5)
    for cable in (SHORT, KM_3, KM_6):
        assert np.all(np.diff(cable.loss_db(VOICE_HZ)) > 0)
    assert np.all(SHORT.loss_db(VOICE_HZ) < KM_3.loss_db(VOICE_HZ))
    assert np.all(KM_3.loss_db(VOICE_HZ) < KM_6.loss_db(VOICE_HZ))


def test_the_published_loss_of_a_long_cable_is_met() -> None:
    """Far from its ends a cable of 0.4 mm loses some 1.6 dB a km at 800 Hz, the square root of its frequency's worth."""
    more = Cable(12).loss_db(np.array([800.0, 3200.0])) - Cable(11).loss_db(np.array([800.0, 3200.0]))
    assert more[0] == pytest.approx(20 / np.log(10) * np.sqrt(np.pi * 800 * 280 * 50e-9), abs=0.05)
    assert more[1] == pytest.approx(2 * more[0], rel=0.05)


@pytest.mark.parametrize("cable", [SHORT, KM_3, KM_6])
def test_the_filters_are_the_cable(cable: Cable) -> None:
    """What is heard through a line has its loss at every frequency of voice, within half a dB, and so has its echo."""
    assert loss_of(loss_filter(cable), VOICE_HZ) == pytest.approx(cable.loss_db(VOICE_HZ), abs=0.5)
    for balance in (CHINA_NETWORK, RESISTOR_600):
        assert loss_of(echo_filter(cable, balance), VOICE_HZ) == pytest.approx(cable.echo_loss_db(VOICE_HZ, balance), abs=0.7)


def test_a_filter_adds_no_delay() -> None:
    """A cable of six kilometres delays nothing that could be heard: its energy is in the first millisecond."""
    taps = loss_filter(KM_6)
    assert np.square(taps[:8]).sum() > 0.99 * np.square(taps).sum()


def test_the_right_balance_takes_the_echo_away() -> None:
    """A short line echoes little with the network of its telephones, and loudly with a resistor; a cut one sends everything back."""
    right, wrong = SHORT.echo_loss_db(VOICE_HZ, CHINA_NETWORK), SHORT.echo_loss_db(VOICE_HZ, RESISTOR_600)
    assert right.min() > 25
    assert wrong.max() < 14
    nobody = Cable(0.001).echo_loss_db(VOICE_HZ, CHINA_NETWORK, far_end=Network(1e9))
    assert nobody == pytest.approx(0, abs=0.2)
