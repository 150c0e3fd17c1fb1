"""Voices and music press no keys: a slice of ``make prove-talk-off``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from appliance.wav import read_wav
from hwsim.key_vectors import ALL_KEYS, Condition, Pressing, press_all
from hwsim.signals import linear_from_alaw
from tests.proofs.speech import LANGUAGES, speak
from tests.proofs.talk_off import MUSIC, SOUNDS, VOICES, listen, recordings

PIECES = (19, 67, 4)
"""Voices that are hard: their harmonics fall on the tones of keys."""
LEAST_S = 900


@pytest.mark.parametrize("folder", [*VOICES, "music"])
def test_people_and_music_press_no_keys(folder: str) -> None:
    """A caller who only talks, or waits with music on the other line, is never sent to another menu."""
    folders: list[Path] = [MUSIC] if folder == "music" else sorted(SOUNDS.glob(f"{folder}_*"))
    files = [file for found in folders for file in recordings(found)]
    heard = {file: listen(np.frombuffer(read_wav(file).audio, "<i2")) for file in files}
    assert {file.name: what.keys for file, what in heard.items() if what.keys} == {}
    assert sum(what.seconds for what in heard.values()) > LEAST_S


@pytest.mark.parametrize("language", LANGUAGES)
def test_voices_that_are_nearly_keys_press_none(language: str) -> None:
    """A machine's voice with even harmonics is a voice all the same."""
    heard = [listen(speak(language, number)) for number in PIECES]
    assert [what.keys for what in heard] == [()] * len(PIECES)
    assert all(what.seconds > 100 for what in heard)


def test_the_proof_would_see_a_key() -> None:
    """A proof that finds nothing has listened: keys in a recording are found."""
    vector = press_all(Condition(wanted=True, pressing=Pressing()), np.random.default_rng(3))
    assert sorted(key for key, _at_s in listen(linear_from_alaw(vector.octets)).keys) == sorted(ALL_KEYS)
