"""Sounds: A-law, levels, keys."""

from __future__ import annotations

import numpy as np
import pytest

from hwsim.key_ear import KeyEar, keys_in
from hwsim.signals import (
    BLOCK,
    CADENCES,
    IDLE_BLOCK,
    Samples,
    ToneLoop,
    alaw_from_linear,
    cadence,
    keys,
    level_dbm0,
    linear_from_alaw,
    peak,
    silence,
    tone,
)

ALL_KEYS = "1234567890*#ABCD"


def noisy(audio: Samples, noise_dbm0: float, seed: int = 1) -> Samples:
    noise = np.random.default_rng(seed).normal(0, peak(noise_dbm0) / np.sqrt(2), audio.size)
    return np.clip(audio + noise, -32768, 32767).astype(np.int16)


def test_every_alaw_octet_survives_decoding_and_encoding() -> None:
    """A bridge through the simulated exchange changes no octet."""
    octets = bytes(range(256))
    assert alaw_from_linear(linear_from_alaw(octets)) == octets


def test_alaw_follows_g711() -> None:
    """Silence is 0xD5, the extremes are ±32256, the smallest steps ±8, and code 0xFF is the known +848."""
    assert alaw_from_linear(np.zeros(1, np.int16)) == b"\xd5"
    assert list(linear_from_alaw(b"\xaa\x2a\xd5\x55\xff")) == [32256, -32256, 8, -8, 848]
    assert alaw_from_linear(np.array([1e6, -1e6])) == b"\xaa\x2a"


def test_alaw_error_stays_within_half_a_step() -> None:
    """No sample is heard further off than half of its segment's step."""
    samples = np.arange(-32768, 32768, dtype=np.int16)
    error = np.abs(linear_from_alaw(alaw_from_linear(samples)).astype(np.int64) - samples)
    assert np.all(error <= np.maximum(8, np.abs(samples.astype(np.int64)) / 32 + 1))


def test_a_tone_has_the_level_that_was_asked_for() -> None:
    """A tone of −10 dBm0 measures −10 dBm0."""
    assert level_dbm0(tone(450, -10, 1000)) == pytest.approx(-10, abs=0.05)
    assert level_dbm0(silence(100)) == -99.0


def test_a_tone_loop_is_seamless_and_begins_on_its_sample() -> None:
    """Dial tone begins in the middle of a block and goes on without a click."""
    loop = ToneLoop(cadence(CADENCES["dial"]), 1000)
    heard = b"".join(loop.block(at) for at in range(880, 880 + 200 * BLOCK, BLOCK))
    assert heard[:120] == IDLE_BLOCK[:120]
    assert heard[120:] == alaw_from_linear(tone(450, -10, 4000))[: len(heard) - 120]


@pytest.mark.parametrize("noise_dbm0", [-60.0, -30.0, -22.0])
def test_all_sixteen_keys_are_heard_under_noise(noise_dbm0: float) -> None:
    """Every key is understood in its order, 50 ms on and 50 ms off, down to about 13 dB over the noise."""
    audio = noisy(np.concatenate([silence(33), *keys(ALL_KEYS, 50, 50)]), noise_dbm0)
    heard = keys_in(audio)
    assert "".join(key.key for key in heard) == ALL_KEYS
    starts = [264 + 800 * n for n in range(16)]
    assert all(abs(key.start_sample - start) <= 160 for key, start in zip(heard, starts, strict=True))


def test_keys_are_heard_under_dial_tone() -> None:
    """The first digit is understood while the exchange's dial tone still sounds as loud as the key."""
    audio = np.concatenate(keys("159D", 80, 80)).astype(np.int32)
    mixed = (audio + tone(450, -8, audio.size / 8)[: audio.size]).astype(np.int16)
    assert "".join(key.key for key in keys_in(mixed)) == "159D"


def test_a_key_held_across_blocks_is_one_key_and_two_presses_are_two() -> None:
    """A long key counts once; the same key twice with 40 ms between counts twice."""
    ear = KeyEar()
    audio = np.concatenate([*keys("7", 800, 100), *keys("33", 50, 40), silence(100)])
    begun = "".join(ear.hear(audio[at : at + BLOCK]) for at in range(0, audio.size, BLOCK))
    assert begun == "733"
    assert [round(key.length_samples / 80) for key in ear.take()] == [
        pytest.approx(80, abs=2),
        pytest.approx(5, abs=2),
        pytest.approx(5, abs=2),
    ]


def test_speech_like_noise_and_single_tones_are_no_keys() -> None:
    """Nobody is surprised by digits that were not pressed."""
    noise = noisy(silence(20_000), -15, seed=5)
    assert keys_in(noise) == ()
    assert keys_in(np.concatenate([tone(697, -8, 500), tone(1209, -8, 500), tone(450, -8, 500)])) == ()
    assert keys_in(np.concatenate(keys("5", 10, 200))) == ()


def test_a_key_that_does_not_exist_is_refused() -> None:
    """A wrong key names itself and the right ones."""
    with pytest.raises(ValueError, match=r"'x' is no key"):
        keys("1x")
