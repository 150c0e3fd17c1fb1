"""Caller id by FSK: what the exchange sends is what a telephone shows."""

from __future__ import annotations

import numpy as np
import pytest

from hwsim.caller_id import CallerIdReceiver, CallerIdShown, demodulate, mdmf, modulate, read_message, sdmf
from hwsim.signals import BLOCK, Samples, alaw_from_linear, level_dbm0, linear_from_alaw, peak, silence

KNOWN = bytes.fromhex("80 16 01 08 30 33 31 37 31 36 35 36 02 0A 32 31 35 36 34 33 30 31 34 34 BA")


def through_alaw(audio: Samples) -> Samples:
    return linear_from_alaw(alaw_from_linear(audio))


def test_the_known_message_is_built_octet_by_octet() -> None:
    """The published example of a caller id message comes out exactly, checksum included."""
    assert mdmf("2156430144", "03171656") == KNOWN
    assert sdmf("2156430144", "03171656")[-1] == 0x4F


def test_the_known_message_passes_the_line() -> None:
    """The published example is understood through A-law, as a telephone would show it."""
    heard = demodulate(through_alaw(np.concatenate([silence(60), modulate(KNOWN), silence(60)])))
    assert heard == (KNOWN,)
    assert read_message(heard[0]) == CallerIdShown("2156430144", date="03171656")


@pytest.mark.parametrize("lead_samples", range(7))
@pytest.mark.parametrize("message", [KNOWN, sdmf("13800138000", "12312359"), mdmf("01088886666", "01010000", "王小明")])
def test_any_message_passes_at_any_phase_and_under_noise(message: bytes, lead_samples: int) -> None:
    """Caller id works wherever the burst begins between two samples' blocks, at 15 dB over the noise."""
    audio = np.concatenate([np.zeros(400 + lead_samples, np.int16), modulate(message), silence(40)])
    noise = np.random.default_rng(lead_samples).normal(0, peak(-28.5) / np.sqrt(2), audio.size)
    assert demodulate((audio + noise).astype(np.int16)) == (message,)


def test_a_damaged_message_is_not_shown() -> None:
    """A click in the middle of the number shows nothing rather than a wrong number."""
    audio = modulate(KNOWN)
    audio[-1000:-900] = 0
    assert demodulate(np.concatenate([silence(60), audio, silence(60)])) == ()


def test_names_and_absence_are_shown() -> None:
    """A withheld number says why; a Chinese name arrives in Chinese."""
    assert read_message(mdmf("", "01010000", absence="private")) == CallerIdShown(date="01010000", absence="private")
    assert read_message(sdmf("", "01010000", "unavailable")) == CallerIdShown(date="01010000", absence="unavailable")
    assert read_message(mdmf("123", name="王小明")) == CallerIdShown("123", "王小明")
    assert read_message(bytes([0x82, 0x03, 0x0B, 0x01, 0xFF, 0x70])) is None


def test_the_burst_has_the_exchanges_level_and_length() -> None:
    """The burst measures −13.5 dBm0 and lasts its 740 bits."""
    burst = modulate(KNOWN)
    assert level_dbm0(burst) == pytest.approx(-13.5, abs=0.1)
    assert burst.size == round((300 + 180 + 10 * len(KNOWN) + 10) * 8000 / 1200)


def test_a_telephone_understands_block_by_block() -> None:
    """The display lights up once, after the burst, and a short noise before does no harm."""
    receiver = CallerIdReceiver()
    click = np.full(400, 4000, np.int16)
    audio = np.concatenate([click, silence(150), modulate(KNOWN), silence(111)])
    shown = [receiver.hear(audio[at : at + BLOCK]) for at in range(0, audio.size - BLOCK, BLOCK)]
    assert [each for each in shown if each is not None] == [CallerIdShown("2156430144", date="03171656")]


def test_an_endless_burst_is_given_up_and_counted() -> None:
    """Noise for ever on an idle line fills no memory."""
    receiver = CallerIdReceiver()
    loud = np.full(BLOCK, 4000, np.int16)
    for _ in range(600):
        receiver.hear(loud)
    assert receiver.bursts_too_long == 2


def test_a_message_that_is_too_long_is_refused() -> None:
    """Nothing is cut off silently."""
    with pytest.raises(ValueError, match="at most 255"):
        mdmf("1", name="长" * 130)
