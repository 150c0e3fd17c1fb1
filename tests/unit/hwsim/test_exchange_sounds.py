"""Tones of other exchanges and PBXs, as a listener measures them."""

from __future__ import annotations

import numpy as np
import pytest

from hwsim.ears import HeardTone, tone_in
from hwsim.exchange_sounds import BUSY_TONES, announced, busy_tone, dial_tone, ring_back_music
from hwsim.signals import linear_from_alaw, silence, tone


def test_the_usual_busy_tone_is_one_and_the_others_are_not_it() -> None:
    """Only the Chinese cadence at 450 Hz, loud enough, is what the standard says; PBXs differ in one way each."""
    heard = {name: tone_in(np.tile(linear_from_alaw(busy_tone(name)), 10)) for name in (*BUSY_TONES, "uneven")}
    assert heard["china"] == HeardTone("busy", 450.0)
    assert heard["off"] == HeardTone("busy", 450.0)
    assert [name for name in ("quick", "mixed", "itu", "uneven") if heard[name] == heard["china"]] == []


def test_an_uneven_busy_tone_has_its_runs_in_the_fields_range() -> None:
    """Bursts of 167 to 213 ms and pauses of 175 to 225 ms, other ones with another seed."""
    sounds = np.abs(linear_from_alaw(busy_tone("uneven", 3))) > 100
    silent = np.flatnonzero(np.convolve(sounds, np.ones(80), "same") == 0)
    pauses = np.split(silent, np.flatnonzero(np.diff(silent) > 1) + 1)
    assert len(pauses) == 12
    assert all(175 - 11 <= pause.size / 8 <= 225 for pause in pauses)
    assert busy_tone("uneven", 3) != busy_tone("uneven", 4)


@pytest.mark.parametrize(("name", "frequency_hz"), [("china", 450), ("itu", 425), ("low", 400), ("high", 475)])
def test_dial_tones_go_round_without_a_seam(name: str, frequency_hz: int) -> None:
    """A dial tone off frequency is one steady tone for as long as one listens."""
    heard = linear_from_alaw(dial_tone(name) * 2).astype(float)
    spectrum = np.abs(np.fft.rfft(heard))
    assert int(np.argmax(spectrum)) // 2 == frequency_hz
    assert spectrum[2 * frequency_hz] ** 2 > 0.995 * np.square(spectrum).sum()


def test_music_is_no_tone_of_the_exchange() -> None:
    """Whoever calls a subscriber with ring-back music hears no cadence in it; the same seed plays the same piece."""
    assert tone_in(linear_from_alaw(ring_back_music(8, 1))) is None
    assert ring_back_music(2, 1) == ring_back_music(2, 1) != ring_back_music(2, 2)


def test_an_announcement_goes_round_with_a_pause() -> None:
    """What is announced is said again after two seconds; nothing cannot be announced."""
    assert len(announced(tone(700, -20, 500))) == 2500 * 8
    with pytest.raises(ValueError, match="nothing"):
        announced(silence(500))
