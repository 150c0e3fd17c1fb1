"""What a line does to sound."""

from __future__ import annotations

import numpy as np
import pytest

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
