"""The detectors beside that of keys, on sounds made here and not by the pump: what they accept, refuse, and when they say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from boards.dahdi.heard import (
    BeepBegan,
    BeepEnded,
    CallerIdHeard,
    CallerIdModem,
    FaxGone,
    FaxHeard,
    FaxTone,
    Heard,
    HeardTone,
    Hearing,
    LevelMeasured,
    RegisterSignalGone,
    RegisterSignalHeard,
    ToneGone,
    ToneHeard,
    VoiceBegan,
    VoiceEnded,
)
from boards.dahdi.sounds import CallerIdStyle, render_caller_id
from engine.kernel.errors import OurFault
from engine.telephony.tone_learning import learn_tone
from engine.telephony.tones import CHINA, TONE_SETS, ToneElement, ToneName, ToneWindow
from tests.unit.boards.dahdi.pump_bench import Bench, Samples, cadence, decode, encode, key, noise, silence, sine
from tests.unit.boards.dahdi.test_media import music, speech

FORWARD_HZ = (1380, 1500, 1620, 1740, 1860, 1980)
BACKWARD_HZ = (1140, 1020, 900, 780, 660, 540)
# Q.441: which two of its side's six frequencies make each signal.
SIGNALS = {1: (0, 1), 2: (0, 2), 3: (1, 2), 4: (0, 3), 5: (1, 3), 6: (2, 3), 7: (0, 4), 8: (1, 4), 9: (2, 4), 10: (3, 4)}
SIGNALS |= {11: (0, 5), 12: (1, 5), 13: (2, 5), 14: (3, 5), 15: (4, 5)}


def hear(samples: Samples, hearing: Hearing, windows: Sequence[ToneWindow] | None = None) -> list[Heard]:
    """What a listening channel reports of this sound, followed by half a second of quiet; sample 0 is its beginning."""
    bench = Bench(1)
    if windows is not None:
        bench.pump.teach_tones(bench.ports[0], windows)
    bench.pump.listen(bench.ports[0], hearing)
    bench.step()
    begin = bench.pump.sample_now()
    bench.run({0: encode(np.concatenate([samples, silence(500)]))})
    return [replace(event, sample=event.sample - begin) for event in bench.heard[0]]


# ---- register signals


def register(
    signal: int, duration_ms: float, *, backward: bool, levels: tuple[float, float] = (-11.5, -11.5), off_hz: float = 0
) -> Samples:
    one, other = (frequencies[index] for frequencies in [BACKWARD_HZ if backward else FORWARD_HZ] for index in SIGNALS[signal])
    return sine(one + off_hz, levels[0], duration_ms) + sine(other - off_hz, levels[1], duration_ms)


def all_signals(*, backward: bool, on_ms: float = 80, levels: tuple[float, float] = (-11.5, -11.5), off_hz: float = 0) -> Samples:
    sounds = [register(signal, on_ms, backward=backward, levels=levels, off_hz=off_hz) for signal in SIGNALS]
    return np.concatenate([part for sound in sounds for part in (silence(83), sound)])


def signals_of(heard: Sequence[Heard]) -> list[int]:
    return [event.signal for event in heard if isinstance(event, RegisterSignalHeard)]


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize(
    ("levels", "off_hz"), [((-11.5, -11.5), 0), ((-5, -5), 10), ((-35, -35), -10), ((-28, -35), 10), ((-20, -13), -10)]
)
def test_every_register_signal_is_heard_within_its_limits(backward: bool, levels: tuple[float, float], off_hz: float) -> None:
    """No digit of an exchange is lost whose level, balance and frequencies are what Q.454 allows; each is told once, and its end."""
    bit = Hearing.R2_BACKWARD if backward else Hearing.R2_FORWARD
    heard = hear(all_signals(backward=backward, levels=levels, off_hz=off_hz), bit)
    assert signals_of(heard) == list(SIGNALS)
    assert [type(event) for event in heard] == [RegisterSignalHeard, RegisterSignalGone] * 15
    assert {event.backward for event in heard if isinstance(event, RegisterSignalHeard)} == {backward}


@pytest.mark.parametrize(
    "sound",
    [
        all_signals(backward=False, levels=(-43, -43)),
        all_signals(backward=False, levels=(-10, -30)),
        all_signals(backward=False, on_ms=7),
        all_signals(backward=True),
        np.concatenate([sine(frequency, -10, 100) for frequency in FORWARD_HZ]),
        np.concatenate([silence(50), *(key(digit, -10, 80) for digit in "1590*#AD")]),
    ],
    ids=["too soft", "20 dB apart", "7 ms", "the other side's", "one frequency", "keys"],
)
def test_what_is_no_register_signal_is_none(sound: Samples) -> None:
    """A digit is never read out of noise, of our own side's signals, or of a keypad."""
    assert signals_of(hear(sound, Hearing.R2_FORWARD)) == []


def test_register_signals_are_fast_and_bridge_a_break() -> None:
    """A compelled exchange loses little time to us, and an interruption of 7 ms is not a new signal."""
    whole = register(6, 120, backward=False)
    whole[400:456] = 0
    began, gone = hear(np.concatenate([silence(103), whole]), Hearing.R2_FORWARD)
    assert isinstance(began, RegisterSignalHeard)
    assert 103 * 8 < began.sample <= (103 + 25) * 8
    assert 223 * 8 < gone.sample <= (223 + 30) * 8
    assert began.level_dbm0 == pytest.approx(-11.5 + 3, abs=1)


# ---- fax and modem


def answer(interval_ms: float, times: int, level: float = -11, modulation: float = 0.0) -> Samples:
    """2100 Hz whose phase turns round at every interval."""
    count = round(interval_ms * 8)
    steps = np.arange(count * times)
    wave = 32768 * 10 ** ((level - 3.14) / 20) * np.sin(2 * np.pi * 2100 / 8000 * steps) * (-1.0) ** (steps // count)
    slow: Samples = wave * (1 + modulation * np.sin(2 * np.pi * 15 / 8000 * steps))
    return slow


def faxes_of(heard: Sequence[Heard]) -> list[tuple[FaxTone, float]]:
    return [(event.tone, event.sample / 8) for event in heard if isinstance(event, FaxHeard)]


@pytest.mark.parametrize(("frequency_hz", "level", "duration_ms"), [(1100, -11, 500), (1062, -30, 430), (1138, -5, 570), (1100, -38, 500)])
def test_a_calling_fax_is_known_by_its_first_burst(frequency_hz: float, level: float, duration_ms: float) -> None:
    """A fax that calls the voice line is recognised after half a second, at the limits of T.30."""
    sound = np.concatenate([silence(500), sine(frequency_hz, level, duration_ms)])
    heard = hear(sound + noise(level - 25, len(sound)), Hearing.FAX)
    assert faxes_of(heard) == [(FaxTone.CALLING, 500)]
    event = heard[0]
    assert isinstance(event, FaxHeard)
    assert event.level_dbm0 == pytest.approx(level, abs=0.3)


@pytest.mark.parametrize(
    "sound",
    [
        sine(1100, -11, 350),
        sine(1100, -11, 700),
        sine(1040, -11, 500),
        sine(1160, -11, 500),
        sine(1100, -45, 500),
        sine(1100, -11, 500) + sine(450, -8, 500),
    ],
    ids=["short", "long", "low", "high", "soft", "with dial tone"],
)
def test_what_is_no_calling_fax_is_none(sound: Samples) -> None:
    """No caller is sent to the fax machine for whistling a note."""
    assert faxes_of(hear(np.concatenate([silence(500), sound]), Hearing.FAX)) == []


@pytest.mark.parametrize("frequency_hz", [2085, 2100, 2115])
def test_an_answer_tone_is_told_and_its_end(frequency_hz: float) -> None:
    """A fax machine that we called is recognised by its 2100 Hz, within half a second and a little."""
    began, gone = hear(np.concatenate([silence(500), sine(frequency_hz, -15, 2600)]), Hearing.FAX)
    assert isinstance(began, FaxHeard)
    assert (began.tone, began.sample) == (FaxTone.ANSWER, 4000)
    assert began.level_dbm0 == pytest.approx(-15, abs=0.3)
    assert isinstance(gone, FaxGone)
    assert gone.sample == pytest.approx(3100 * 8, abs=160)


@pytest.mark.parametrize(("interval_ms", "modulation"), [(450, 0.0), (428, 0.0), (472, 0.0), (450, 0.2)])
def test_phase_reversals_are_told_apart(interval_ms: float, modulation: float) -> None:
    """A modem that wants echo cancellers switched off gets its wish within a second and a half; V.8's modulation does not hide it."""
    sound = np.concatenate([silence(304), answer(interval_ms, 7, -20, modulation)])
    heard = hear(sound + noise(-42, len(sound)), Hearing.FAX)
    assert [event.tone for event in heard if isinstance(event, FaxHeard)] == [FaxTone.ANSWER, FaxTone.REVERSALS]
    assert heard[1].sample < (304 + 2 * interval_ms + 40) * 8
    assert heard[-1] == FaxGone(FaxTone.REVERSALS, heard[-1].sample)


@pytest.mark.parametrize("interval_ms", [300, 390, 520, 600])
def test_phase_jumps_of_another_rhythm_are_no_reversals(interval_ms: float) -> None:
    """A fax on a line with phase hits keeps its echo canceller."""
    assert [tone for tone, _ms in faxes_of(hear(answer(interval_ms, 7), Hearing.FAX))] == [FaxTone.ANSWER]


# ---- voice


def murmur(duration_ms: float, level: float, seed: int = 3) -> Samples:
    """Noise that comes and goes with the rhythm of syllables."""
    count = round(duration_ms * 8)
    sound: Samples = noise(level, count, seed) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 / 8000 * np.arange(count)))
    return sound


@pytest.mark.parametrize("line_noise", [-70, -55, -45])
def test_words_are_marked_off_from_the_lines_noise(line_noise: float) -> None:
    """When a caller begins and ends to speak is known to 40 ms, on a quiet line and on a hissing one; a short pause ends nothing."""
    parts = [silence(2500), murmur(1000, -22), silence(1500), murmur(300, -25), silence(150), murmur(300, -25), silence(500)]
    sound = np.concatenate(parts)
    heard = hear(sound + noise(line_noise, len(sound)), Hearing.VOICE)
    assert [type(event) for event in heard] == [VoiceBegan, VoiceEnded] * 2
    assert [event.sample / 8 for event in heard] == pytest.approx([2500, 3500, 5000, 5750], abs=40)
    ended = heard[1]
    assert isinstance(ended, VoiceEnded)
    assert ended.level_dbm0 == pytest.approx(-25.4, abs=1)


def test_clicks_are_no_voice_and_hum_only_for_a_while() -> None:
    """A click on the line interrupts no prompt; a hiss that begins is taken for somebody for two seconds at most."""
    clicks = np.concatenate([part for _ in range(5) for part in (silence(300), noise(-10, 160))])
    assert hear(clicks, Hearing.VOICE) == []
    began, ended = hear(np.concatenate([silence(1000), noise(-38, 8 * 4000)]), Hearing.VOICE)
    assert isinstance(began, VoiceBegan)
    assert isinstance(ended, VoiceEnded)
    assert ended.sample < 3000 * 8


# ---- beep and level


@pytest.mark.parametrize("frequency_hz", [500, 600, 850, 1000, 1400, 2000])
@pytest.mark.parametrize("shift_ms", [0, 7])
def test_a_beep_is_told_with_its_frequency(frequency_hz: float, shift_ms: float) -> None:
    """The beep of an answering machine is recognised while it sounds, to the hertz, also through noise."""
    sound = np.concatenate([silence(300 + shift_ms), sine(frequency_hz, -15, 300)])
    began, ended = hear(sound + noise(-33, len(sound)), Hearing.BEEP)
    assert isinstance(began, BeepBegan)
    assert isinstance(ended, BeepEnded)
    assert abs(began.frequency_hz - frequency_hz) <= 2
    assert began.level_dbm0 == pytest.approx(-15, abs=0.3)
    assert 0 <= began.sample - (300 + shift_ms) * 8 <= 160
    assert abs(ended.duration_samples - 2400) <= 320
    assert abs(ended.sample - (600 + shift_ms) * 8) <= 160


@pytest.mark.parametrize("offset_ms", [0, 5, 10, 15])
def test_a_beep_has_to_last(offset_ms: float) -> None:
    """100 ms are a beep wherever they fall; 60 ms are none."""
    for duration_ms, count in ((100, 2), (60, 0)):
        sound = np.concatenate([silence(300 + offset_ms), sine(1000, -15, duration_ms)])
        assert len(hear(sound, Hearing.BEEP)) == count


@pytest.mark.parametrize(
    "sound",
    [
        sine(450, -10, 1000),
        key("5", -10, 300),
        sine(2100, -10, 500),
        sine(400, -10, 500),
        sine(1000, -40, 500),
        murmur(1000, -15),
        np.concatenate([sine(600 + 40 * step, -15, 40) for step in range(20)]),
    ],
    ids=["exchange", "key", "fax", "low", "soft", "noise", "siren"],
)
def test_what_is_no_beep_is_none(sound: Samples) -> None:
    """Busy tone, keys and fax tones are not taken for an answering machine."""
    assert hear(np.concatenate([silence(200), sound]), Hearing.BEEP) == []


@pytest.mark.parametrize("level", [0, -10, -30, -45])
@pytest.mark.parametrize("frequency_hz", [300, 1004, 3400])
def test_the_meter_shows_the_level(level: float, frequency_hz: float) -> None:
    """A technician's reading is right to 0.2 dB, five times a second."""
    heard = hear(sine(frequency_hz, level, 1000), Hearing.LEVEL)
    first = heard[:5]
    assert [event.sample for event in first] == [1600 * (index + 1) for index in range(5)]
    assert all(isinstance(event, LevelMeasured) and abs(event.level_dbm0 - level) <= 0.2 for event in first)
    assert all(isinstance(event, LevelMeasured) and event.level_dbm0 < -60 for event in heard[5:])


# ---- tones as data


def sounding(name: str, tone: str, seconds: float, off_hz: float = 0.0) -> Samples:
    """A tone of a set, made from its description sample by sample."""
    sounds = next(entry for key_, entry in TONE_SETS[name].tones.items() if key_.value == tone)
    parts: list[Samples] = []
    place, played = 0, 0
    while played < seconds * 8000:
        sound = sounds.sounds[place]
        count = sound.duration_ms * 8
        times_s = (np.arange(count) + played) / 8000
        peak = 32768 * 10 ** ((sound.level_dbm0 - 3.14) / 20)
        wave: Samples = np.zeros(count)
        for frequency in sound.frequencies_hz:
            wave += peak * np.sin(2 * np.pi * (frequency + off_hz) * times_s)
        parts.append(wave)
        played += count
        place += 1
        if place == len(sounds.sounds):
            if sounds.loop_from is None:
                break
            place = sounds.loop_from
    return np.concatenate(parts)[: int(seconds * 8000)]


RECOGNISED = [(name, tone, entry.heard) for name, tones in TONE_SETS.items() for tone, entry in tones.tones.items() if entry.heard]


@pytest.mark.parametrize(("name", "tone", "heard_as"), [pytest.param(*case, id=f"{case[0]}-{case[1].value}") for case in RECOGNISED])
def test_every_set_recognises_its_own_tones(name: str, tone: str, heard_as: HeardTone) -> None:
    """Wherever the appliance stands, the exchange's tones are told apart, with noise on the line and frequencies a little off."""
    tones = TONE_SETS[name]
    for off_hz in (0.0, tones.tolerance_hz * 0.8):
        sound = np.concatenate([silence(400), sounding(name, str(tone), 8, off_hz)])
        heard = hear(sound + noise(-45, len(sound)), Hearing.PROGRESS, tones.windows)
        told = [event.tone for event in heard if isinstance(event, ToneHeard)]
        assert told[0] == heard_as
        assert told[1:] == ([HeardTone.DIAL] if TONE_SETS[name].tones[ToneName(tone)].loop_from else [])


def test_a_tone_is_told_with_its_level_where_it_was_known() -> None:
    """A technician sees how loud the exchange's tones arrive; the time of the report is exact to 10 ms."""
    event = hear(sine(450, -17, 2000), Hearing.PROGRESS)[0]
    assert isinstance(event, ToneHeard)
    assert event.level_dbm0 == pytest.approx(-17, abs=0.1)
    assert 1200 * 8 <= event.sample <= 1260 * 8


@pytest.mark.parametrize("harmonics", [(1,), (1, 3), (1, 2, 3, 5)])
def test_a_faint_busy_tone_is_known_under_the_hum_of_the_mains(harmonics: Sequence[int]) -> None:
    """A long pair beside a power line: the hum fills the gaps of the exchange's busy tone, and the line is released all the same."""
    busy = cadence([(350, 350)], 6, level_dbm0=-28)
    loud_dbm0 = -40 - 10 * np.log10(len(harmonics))
    hum = sum(sine(50 * harmonic, loud_dbm0, len(busy) / 8) for harmonic in harmonics)
    (event, _) = hear(np.concatenate([silence(500), busy]) + np.concatenate([hum[: 500 * 8], hum]), Hearing.PROGRESS)
    assert isinstance(event, ToneHeard)
    assert event.tone == HeardTone.BUSY
    assert event.sample <= (500 + 3 * 700) * 8


@pytest.mark.parametrize("murmur_hz", [150, 200, 250])
def test_a_low_voice_between_tones_makes_no_cadence(murmur_hz: float) -> None:
    """Somebody hums as loudly as the note that he plays in between: no call is released for that."""
    note, voice = sine(450, -15, 350), sine(murmur_hz, -15, 350)
    assert hear(np.concatenate([note, voice] * 6), Hearing.PROGRESS) == []


def test_a_held_note_is_no_dial_tone() -> None:
    """Music with a long A of 440 Hz, as it swells, sinks and quavers, never looks like dial tone; a plain tone of 440 Hz does."""
    times_s = np.arange(3 * 8000) / 8000
    swelling = sine(440, -10, 3000) * (0.7 + 0.3 * np.sin(2 * np.pi * 2 * times_s))
    quavering = 9000 * np.sin(2 * np.pi * 440 * times_s + 1.6 * np.sin(2 * np.pi * 5.5 * times_s))
    for note in (swelling, quavering):
        assert hear(np.concatenate([silence(200), note]), Hearing.PROGRESS) == []
    assert [type(event) for event in hear(sine(440, -10, 3000), Hearing.PROGRESS)] == [ToneHeard, ToneGone]


def test_a_line_learns_its_own_busy_tone() -> None:
    """A PBX with a busy tone of its own is recognised after it was recorded once, and the tone of China no more."""
    strange = cadence([(210, 175)], 12, 418, -18)
    taught = [learn_tone([int(sample) for sample in strange], HeardTone.BUSY)]
    assert hear(strange, Hearing.PROGRESS) == []
    heard = hear(np.concatenate([silence(300), strange + noise(-40, len(strange))]), Hearing.PROGRESS, taught)
    assert [(type(event), getattr(event, "tone", None)) for event in heard] == [(ToneHeard, HeardTone.BUSY), (ToneGone, HeardTone.BUSY)]
    assert hear(cadence([(350, 350)], 5), Hearing.PROGRESS, taught) == []


@pytest.mark.parametrize(
    "windows",
    [
        [replace(CHINA.windows[0], elements=())],
        [replace(CHINA.windows[0], elements=CHINA.windows[0].elements * 9)],
        list(CHINA.windows) * 3,
    ],
)
def test_a_table_too_large_is_our_fault(windows: list[ToneWindow]) -> None:
    """More tones than the detector holds are refused where they are given."""
    bench = Bench(1)
    with pytest.raises(OurFault):
        bench.pump.teach_tones(bench.ports[0], windows)


@pytest.mark.parametrize(
    "window",
    [
        ToneWindow(HeardTone.BUSY, 0, (ToneElement(100, 200, ((400.0, 450.0),)),)),
        ToneWindow(HeardTone.BUSY, 17, (ToneElement(100, 200, ((400.0, 450.0),)),)),
        ToneWindow(HeardTone.BUSY, 1, (ToneElement(300, 200, ((400.0, 450.0),)),)),
        ToneWindow(HeardTone.BUSY, 1, (ToneElement(100, 200, ((400.0, 500.0),)),)),
        ToneWindow(HeardTone.BUSY, 1, (ToneElement(100, 200, ((4000.0, 4010.0),)),)),
        ToneWindow(HeardTone.BUSY, 1, (ToneElement(100, 200, ((float("nan"), 450.0),)),)),
        ToneWindow(HeardTone.BUSY, 1, (ToneElement(100, 200, ((400.0, 450.0), (440.0, 480.0))),)),
        ToneWindow(HeardTone.BUSY, 1, (ToneElement(100, 200),)),
    ],
)
def test_a_table_without_sense_is_refused_and_the_old_one_kept(window: ToneWindow) -> None:
    """A mistake in learned data does not make a line deaf."""
    bench = Bench(1)
    bench.pump.listen(bench.ports[0], Hearing.PROGRESS)
    bench.pump.teach_tones(bench.ports[0], [window])
    bench.exchange({})
    bench.pump.tick()
    with pytest.raises(OurFault, match="refused"):
        bench.pump.poll()
    bench.run({0: encode(sine(450, -10, 1500))})
    assert [type(event) for event in bench.heard[0]] == [ToneHeard]


# ---- conversation


@pytest.mark.parametrize("name", TONE_SETS)
def test_a_conversation_is_taken_for_no_signal(name: str) -> None:
    """Whatever people say or play, in whatever country, no call is cut off for a tone or sent to the fax."""
    heard = hear(np.concatenate([speech(40, seed=11), music(20, seed=11)]), Hearing.PROGRESS | Hearing.FAX, TONE_SETS[name].windows)
    assert heard == []


# ---- caller id


@pytest.mark.parametrize("modem", CallerIdModem)
@pytest.mark.parametrize("level", [-13.5, -24.0])
def test_caller_id_goes_round_by_both_modems(modem: CallerIdModem, level: float) -> None:
    """Lines of either kind show the caller's number; the one modem does not read the other's."""
    message = bytes.fromhex("80 16 01 08 30 33 31 37 31 36 35 36 02 0A 32 31 35 36 34 33 30 31 34 34")
    sound = np.concatenate([silence(100), decode(render_caller_id(message, CallerIdStyle(modem, 240, 150, level)))])
    both = hear(sound, Hearing.CALLER_ID | Hearing.CALLER_ID_V23)
    assert CallerIdHeard(message, both[0].sample, modem) in [replace(event, sample=both[0].sample) for event in both]


@pytest.mark.parametrize(("modem", "mark_hz", "space_hz"), [(CallerIdModem.BELL_202, 1200, 2200), (CallerIdModem.V23, 1300, 2100)])
def test_caller_id_is_sent_as_its_standard_says(modem: CallerIdModem, mark_hz: float, space_hz: float) -> None:
    """The preamble is as long as asked for, alternating and then mark, at the level asked for."""
    sound = decode(render_caller_id(b"\x80\x00", CallerIdStyle(modem, 300, 1200, -12.0)))
    marks = sound[2400:9600]
    spectrum = np.abs(np.fft.rfft(marks * np.hanning(len(marks)), 80_000))
    assert np.argmax(spectrum) / 10 == pytest.approx(mark_hz, abs=0.1)
    assert 10 * np.log10(np.mean(marks**2) / (32768**2 / 2)) + 3.14 == pytest.approx(-12, abs=0.1)
    # A seizure of 0101… repeats itself 600 times a second, and its carrier lies in the middle.
    seizure = np.abs(np.fft.rfft(sound[:2000] * np.hanning(2000), 8000))
    lines = {round(hertz) for hertz in np.flatnonzero(seizure > seizure.max() / 4)}
    middle = (mark_hz + space_hz) / 2
    assert all(min(abs(hertz - middle) % 300, 300 - abs(hertz - middle) % 300) <= 8 for hertz in lines)
    assert sound.size == pytest.approx((300 + 1200 + 30 + 10) * 8000 / 1200, abs=2)


def test_a_modems_answer_is_no_caller_id() -> None:
    """An answer tone with phase reversals, which looks like zeros with a right checksum, shows nobody's number."""
    assert hear(answer(450, 7), Hearing.CALLER_ID | Hearing.CALLER_ID_V23) == []


@pytest.mark.parametrize("style", [CallerIdStyle(seizure_bits=-1), CallerIdStyle(mark_bits=5000), CallerIdStyle(level_dbm0=9.0)])
def test_a_caller_id_style_out_of_range_is_our_fault(style: CallerIdStyle) -> None:
    """A mistake in a line's profile is found before a phone is rung with it."""
    with pytest.raises(OurFault):
        render_caller_id(b"\x80\x00", style)
