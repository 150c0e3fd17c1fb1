"""Ears: references, tones, silence, keys in what was heard."""

from __future__ import annotations

import numpy as np
import pytest

from engine.kernel.errors import BadInput
from hwsim.caller_id import mdmf, modulate
from hwsim.ears import NOTHING, Ear, HeardTone, best_match, tone_in
from hwsim.signals import BLOCK, CADENCES, Samples, alaw_from_linear, cadence, keys, peak, silence, tone


def voice(seed: int, ms: int) -> Samples:
    """Something as unlike itself as speech: noise through a slow envelope."""
    random = np.random.default_rng(seed)
    count = ms * 8
    envelope = np.repeat(random.uniform(0.1, 1.0, count // 400 + 1), 400)[:count]
    return (random.normal(0, 2500, count) * envelope).astype(np.int16)


def ear_with(audio: Samples, at_sample: int = 0) -> Ear:
    ear = Ear("wang")
    octets = alaw_from_linear(audio)
    for at in range(0, len(octets), BLOCK):
        ear.hear(octets[at : at + BLOCK], at_sample + at)
    return ear


def test_a_reference_is_found_at_its_sample_and_its_loudness() -> None:
    """What was said is found at the sample at which it arrived, even 6 dB quieter and with noise."""
    said = voice(1, 1500)
    heard = np.concatenate([voice(2, 2000), (said * 0.5).astype(np.int16), voice(3, 500)])
    heard = (heard + np.random.default_rng(9).normal(0, 60, heard.size)).astype(np.int16)
    match = ear_with(heard, 800).find(said)
    assert match.offset_samples == 800 + 16000
    assert match.correlation > 0.98
    assert match.gain_db == pytest.approx(-6, abs=0.2)


def test_what_was_not_said_is_not_found() -> None:
    """Another voice, silence, or too little audio is no match."""
    assert ear_with(voice(2, 4000)).find(voice(1, 1500)).correlation < 0.2
    assert ear_with(silence(4000)).find(voice(1, 1500)).correlation == 0
    assert ear_with(voice(1, 1000)).find(voice(1, 1500)) == NOTHING
    assert best_match(silence(10), silence(10)) == NOTHING


def test_a_tap_hears_what_the_ear_hears() -> None:
    """Whoever listens in gets each block at once, untouched, with its place in time."""
    ear, told = Ear("wang"), list[tuple[bytes, int]]()
    ear.hear(bytes([1]) * 160, 0)
    ear.tap = lambda octets, at_sample: told.append((octets, at_sample))
    ear.hear(bytes([2]) * 160, 160)
    assert told == [(bytes([2]) * 160, 160)]


def test_a_search_that_is_asked_often_finds_what_one_question_finds() -> None:
    """Polling after every block ends in the same place as asking once, wherever pieces meet."""
    said = voice(4, 700)
    heard = np.concatenate([voice(5, 1010), said, voice(6, 900)])
    octets = alaw_from_linear(heard)
    ear = Ear("wang")
    search = ear.listen_for(said)
    for at in range(0, len(octets), BLOCK):
        ear.hear(octets[at : at + BLOCK], at)
        search.best(to_the_end=False)
    assert search.best() == ear.find(said)
    assert search.best().offset_samples == 8080


def test_a_reference_is_looked_for_only_from_the_given_moment() -> None:
    """A prompt heard before the question does not answer it."""
    ear = ear_with(np.concatenate([voice(1, 1000), voice(2, 2000)]))
    assert ear.find(voice(1, 1000)).correlation > 0.98
    assert ear.find(voice(1, 1000), 8000).correlation < 0.2


@pytest.mark.parametrize("kind", ["dial", "special_dial", "ringback", "busy", "congestion", "unallocated"])
@pytest.mark.parametrize("frequency_hz", [430.0, 450.0, 470.0])
def test_every_tone_of_the_exchange_is_known_at_any_moment(kind: str, frequency_hz: float) -> None:
    """Once a tone has sounded for a while it has the same name whenever one asks, over a noisy line."""
    shape = CADENCES[kind]
    period = np.concatenate([np.concatenate([tone(frequency_hz, -13, on), silence(off)]) for on, off in shape.on_off_ms])
    audio = np.tile(period, 1 + 96000 // period.size)
    audio = (audio + np.random.default_rng(3).normal(0, peak(-45), audio.size)).astype(np.int16)
    settled = 64000
    assert {tone_in(audio[: settled + ms * 8]) for ms in range(0, 2200, 130)} == {HeardTone(kind, 450.0)}


def test_speech_silence_and_keys_are_no_tone() -> None:
    """A voice is never taken for a tone, and a tone that ended some time ago is gone."""
    assert tone_in(voice(7, 8000)) is None
    assert tone_in(silence(8000)) is None
    assert tone_in(np.concatenate(keys("123", 400, 0))) is None
    assert tone_in(np.concatenate([np.tile(cadence(CADENCES["busy"]), 4), silence(800)])) is None
    assert tone_in(silence(0)) is None


def test_busy_tone_is_known_after_two_periods_of_it() -> None:
    """Busy tone after a talk is named within 1.5 s."""
    audio = np.concatenate([voice(8, 3000), np.tile(cadence(CADENCES["busy"]), 2)])
    assert tone_in(audio) == HeardTone("busy", 450.0)


def test_another_single_tone_is_told_with_its_frequency() -> None:
    """A 1400 Hz warning tone is a steady tone of 1400 Hz."""
    heard = tone_in(np.concatenate([silence(500), tone(1400, -15, 300)]))
    assert heard is not None
    assert heard.kind == "steady"
    assert heard.frequency_hz == pytest.approx(1400, abs=5)


def test_silence_is_measured_to_its_beginning() -> None:
    """Silent for 1 s means silent for 1 s."""
    ear = ear_with(np.concatenate([tone(450, -20, 1000), silence(1000)]))
    assert ear.silent_ms() == 1000
    assert ear.level_dbm0(0, 8000) == pytest.approx(-20, abs=0.2)
    assert ear_with(silence(400)).silent_ms() == 400


def test_time_without_audio_is_silence_and_offsets_stay_true() -> None:
    """After a gap (on hook) things are found where they were heard in world time."""
    ear = ear_with(voice(1, 1000))
    ear.hear(alaw_from_linear(voice(2, 1000)), 80_000)
    assert ear.find(voice(2, 1000)).offset_samples == 80_000
    assert ear.next_sample == 88_000
    assert ear.silent_ms(most_ms=500) == 0


def test_the_same_moment_is_not_heard_twice() -> None:
    """A block that overlaps what was heard adds only what is new."""
    ear = Ear("wang")
    ear.hear(b"\x01" * 160, 0)
    ear.hear(b"\x02" * 160, 80)
    assert ear.next_sample == 240


def test_an_ear_is_bounded_and_says_what_it_forgot() -> None:
    """A demo that runs for days fills no memory; asking for what is forgotten is a clear error."""
    ear = Ear("wang", kept_s=2)
    for at in range(0, 40_000, BLOCK):
        ear.hear(bytes([0xD5]) * BLOCK, at)
    assert ear.next_sample == 40_000
    assert ear.forgotten_samples >= 40_000 - 16_000
    assert ear.audio(39_000).size == 1000
    with pytest.raises(BadInput, match=r"wang no longer remembers what was heard before .* asked for 0.00 s"):
        ear.find(voice(1, 100))


def test_keys_and_caller_id_are_understood_from_memory() -> None:
    """An ear can be asked afterwards which keys and which caller ids it heard."""
    ear = ear_with(np.concatenate([silence(1000), *keys("42#"), silence(200), modulate(mdmf("10086")), silence(200)]))
    assert "".join(key.key for key in ear.keys(0)) == "42#"
    assert [key.key for key in ear.keys(9000)] == ["2", "#"]
    assert ear.caller_id_messages() == (mdmf("10086"),)
