"""No conversation is taken for its end: a slice of ``make prove-busy-tone``."""

from __future__ import annotations

import numpy as np
import pytest

from hwsim.signals import CADENCES, RATE_HZ, cadence
from tests.proofs import busy_tone
from tests.proofs.busy_tone import KINDS, play_round

SLICE_S = 20


def test_eight_conversations_last_and_their_hang_ups_are_known() -> None:
    """Speech, music, prompts and conferences on eight lines release nobody; busy tone at the end releases each of them."""
    played = play_round(0, SLICE_S)
    assert played.seconds >= SLICE_S - 1
    assert played.false == ()
    assert played.deaf == ()


def test_the_proof_would_see_a_false_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proof that finds nothing has listened: busy tone in the far end's speech is found."""
    quiet = np.zeros(4 * RATE_HZ, np.int16)
    busy = np.resize(cadence(CADENCES["busy"]), 4 * RATE_HZ)
    monkeypatch.setattr(busy_tone, "_sent", lambda *_piece: quiet)
    monkeypatch.setattr(busy_tone, "_said", lambda *_piece: busy)
    played = play_round(0, 4)
    assert {line for line, tone, _at_s in played.false if tone == "BUSY"} == set(range(len(KINDS)))
