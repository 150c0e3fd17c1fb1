"""The Python half: what boards hear, who owns what, how the thread is run."""

from __future__ import annotations

import errno
import os
import select
import socket
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from boards.dahdi.codec import alaw_encode
from boards.dahdi.media import (
    CallerIdHeard,
    ChannelFailed,
    Heard,
    HeardTone,
    Hearing,
    KeyDown,
    KeyUp,
    LineEvent,
    Pump,
    ToneGone,
    ToneHeard,
    Wake,
    kernel_io,
    render_caller_id,
)
from engine.kernel.errors import EnvironmentFault, OurFault
from engine.telephony.media import BLOCK_SAMPLES, PatchBay, Port, ToneStep
from tests.unit.boards.dahdi.pump_bench import FIRST_FD, Bench, Samples, cadence, decode, encode, key, level_dbm0, noise, silence, sine

ALL_KEYS = "1234567890*#ABCD"
CALLER_ID = bytes.fromhex("80 16 01 08 30 33 31 37 31 36 35 36 02 0A 32 31 35 36 34 33 30 31 34 34")


def hear(samples: Samples, hearing: Hearing) -> list[Heard]:
    """What a listening channel reports of this sound, followed by a second of quiet; sample 0 is its beginning."""
    bench = Bench(1)
    bench.pump.listen(bench.ports[0], hearing)
    bench.step()
    begin = bench.pump.sample_now()
    bench.run({0: encode(np.concatenate([samples, silence(1000)]))})
    return [replace(event, sample=event.sample - begin) for event in bench.heard[0]]


def keys_of(heard: Sequence[Heard]) -> str:
    return "".join(event.key for event in heard if isinstance(event, KeyDown))


def tones_of(heard: Sequence[Heard]) -> list[HeardTone]:
    return [event.tone for event in heard if isinstance(event, ToneHeard)]


# ---- keys


def press(digits: str, level: float, on_ms: float = 70, off_ms: float = 70) -> Samples:
    return np.concatenate([part for digit in digits for part in (key(digit, level, on_ms), silence(off_ms))])


@pytest.mark.parametrize(("on_ms", "off_ms"), [(70, 70), (40, 40)])
def test_every_key_is_heard_once(on_ms: float, off_ms: float) -> None:
    """A caller who dials fast gets every key through, down and up in turn."""
    heard = hear(np.concatenate([silence(100), press(ALL_KEYS * 2, -10, on_ms, off_ms)]), Hearing.KEYS)
    assert keys_of(heard) == ALL_KEYS * 2
    assert [type(event) for event in heard] == [KeyDown, KeyUp] * 32


@pytest.mark.parametrize("frequency_hz", [440, 450, 460])
def test_keys_are_heard_under_our_own_dial_tone(frequency_hz: float) -> None:
    """A key pressed while dial tone leaks back through the telephone is not lost."""
    keys = np.concatenate([silence(200), press(ALL_KEYS, -15)])
    assert keys_of(hear(keys + sine(frequency_hz, -10, len(keys) / 8), Hearing.KEYS)) == ALL_KEYS


def test_a_short_break_does_not_double_a_key() -> None:
    """A contact that bounces for 8 ms, anywhere in the key, is one key; a pause of 40 ms makes it two."""
    for shift_ms in range(13):
        for gap_ms, wanted in ((8, "5"), (40, "55")):
            pressed = np.concatenate([silence(100 + shift_ms), key("5", -10, 80), silence(gap_ms), key("5", -10, 80)])
            assert keys_of(hear(pressed, Hearing.KEYS)) == wanted, (shift_ms, gap_ms)


def test_high_over_low_by_6_db_is_still_a_key() -> None:
    """A long line that weakens the lower tone does not make a telephone unusable."""
    tones = np.concatenate([np.concatenate([sine(770, -16, 60) + sine(1336, -10, 60), silence(60)]) for _ in range(10)])
    assert keys_of(hear(np.concatenate([silence(100), tones]), Hearing.KEYS)) == "5" * 10


def test_key_times_are_near_the_truth() -> None:
    """What a key interrupts is interrupted within 60 ms of its beginning."""
    heard = hear(np.concatenate([silence(500), key("7", -10, 200)]), Hearing.KEYS)
    down, up = heard
    assert isinstance(down, KeyDown)
    assert isinstance(up, KeyUp)
    assert 4000 <= down.sample + BLOCK_SAMPLES <= 4000 + 480
    assert 5600 <= up.sample + BLOCK_SAMPLES <= 5600 + 800


def test_a_channel_that_does_not_listen_reports_nothing() -> None:
    """Keys in a conversation that nobody waits for cost nothing and cause nothing; listening again begins afresh."""
    bench = Bench(1)
    bench.run({0: encode(press("12", -10))})
    bench.pump.listen(bench.ports[0], Hearing.KEYS)
    bench.run({0: encode(press("34", -10))}, 20)
    bench.pump.listen(bench.ports[0], Hearing.NONE)
    bench.run({0: encode(press("56", -10))}, 20)
    assert keys_of(bench.heard[0]) == "34"


# ---- call progress

CADENCES = {
    HeardTone.DIAL: ([(3000.0, 300.0)], 1),
    HeardTone.RINGBACK: ([(1000.0, 4000.0)], 2),
    HeardTone.BUSY: ([(350.0, 350.0)], 5),
    HeardTone.CONGESTION: ([(700.0, 700.0)], 4),
    HeardTone.UNALLOCATED: ([(100.0, 100.0)] * 3 + [(400.0, 400.0)], 4),
    HeardTone.SPECIAL_DIAL: ([(400.0, 40.0)], 6),
}


@pytest.mark.parametrize("tone", CADENCES)
@pytest.mark.parametrize(("frequency_hz", "level", "stretch"), [(450, -10, 1.0), (425, -20, 0.9), (475, -25, 1.1)])
def test_each_tone_is_recognised_once_and_its_end_told(tone: HeardTone, frequency_hz: float, level: float, stretch: float) -> None:
    """The tones of the exchange are told apart at the limits of frequency, level and cadence, with noise in the gaps."""
    runs, times = CADENCES[tone]
    stretched = [(on * stretch, off * stretch) for on, off in runs]
    sound = np.concatenate([silence(400), cadence(stretched, times, frequency_hz, level), silence(5000)])
    heard = hear(sound + noise(level - 20, len(sound)), Hearing.PROGRESS)
    assert [(type(event), getattr(event, "tone", None)) for event in heard] == [(ToneHeard, tone), (ToneGone, tone)]


@pytest.mark.parametrize(("tone", "within_s"), [(HeardTone.DIAL, 1.4), (HeardTone.RINGBACK, 2.7), (HeardTone.BUSY, 2.2)])
def test_tones_are_recognised_in_time(tone: HeardTone, within_s: float) -> None:
    """Dialling starts soon after dial tone, and a line that only gives busy tone is released within three periods."""
    runs, times = CADENCES[tone]
    first = hear(cadence(runs, times), Hearing.PROGRESS)[0]
    assert isinstance(first, ToneHeard)
    assert first.sample <= within_s * 8000


def test_a_burst_of_ringback_is_not_dial_tone() -> None:
    """Joined anywhere in its burst, even a slow exchange's ringback never looks like dial tone."""
    for begin_ms in range(0, 1100, 150):
        sound = cadence([(1100, 4000)], 3)[begin_ms * 8 :]
        assert tones_of(hear(sound, Hearing.PROGRESS)) == [HeardTone.RINGBACK]


def test_answering_ends_ringback_at_the_first_word() -> None:
    """Speech in the pause is noticed in 100 ms, not after the whole pause."""
    sound = np.concatenate([cadence([(1000, 4000)], 1)[: 8 * 3000], speech(2.0, seed=5)])
    heard = hear(sound, Hearing.PROGRESS)
    assert tones_of(heard) == [HeardTone.RINGBACK]
    assert isinstance(heard[1], ToneGone)
    assert heard[1].sample < 8 * 3200


def speech(duration_s: float, seed: int) -> Samples:
    """Something like speech: syllables of a gliding buzz through two resonances, hisses, pauses."""
    chance = np.random.default_rng(seed)
    parts: list[Samples] = []
    while sum(map(len, parts)) < duration_s * 8000:
        count = int(chance.uniform(0.08, 0.35) * 8000)
        pitch_hz = chance.uniform(90, 260) * np.linspace(1, chance.uniform(0.8, 1.25), count)
        phase = np.cumsum(pitch_hz) / 8000
        formants = chance.uniform(300, 800), chance.uniform(900, 2400)
        voiced: Samples = np.zeros(count)
        for harmonic in range(1, 14):
            frequency = harmonic * pitch_hz
            weight = sum(1 / (1 + ((frequency - formant) / 90) ** 2) for formant in formants)
            voiced += weight * np.sin(2 * np.pi * harmonic * phase)
        envelope = np.hanning(count)
        parts.append(6000 * envelope * voiced / max(1.0, float(np.max(np.abs(voiced)))))
        if chance.random() < 0.4:
            parts.append(chance.normal(0, 900, int(chance.uniform(0.03, 0.12) * 8000)))
        if chance.random() < 0.5:
            parts.append(np.zeros(int(chance.uniform(0.05, 0.5) * 8000)))
    return np.concatenate(parts)[: int(duration_s * 8000)]


def music(duration_s: float, seed: int) -> Samples:
    """Chords with a beat of 350 ms, notes around 450 Hz among them: as near to busy tone as music gets."""
    chance = np.random.default_rng(seed)
    parts = []
    for _ in range(int(duration_s / 0.35)):
        notes = chance.choice([220.0, 262.0, 330.0, 440.0, 466.2, 523.0, 659.0, 880.0], 3, replace=False)
        fade = np.exp(-np.arange(2800) / 1500)
        parts.append(sum(sine(float(note), -14, 350) for note in notes) * fade)
    return np.concatenate(parts)


@pytest.mark.parametrize("seed", range(3))
def test_speech_and_music_are_not_taken_for_tones(seed: int) -> None:
    """No conversation and no music on hold is cut off as busy tone."""
    sound = np.concatenate([speech(60, seed), music(60, seed)])
    assert tones_of(hear(sound, Hearing.PROGRESS)) == []


def test_one_beep_after_the_other_is_not_busy() -> None:
    """Two beeps of 350 ms, or beeps with an uneven beat, do not release a line."""
    assert tones_of(hear(cadence([(350, 350)], 2), Hearing.PROGRESS)) == []
    assert tones_of(hear(cadence([(350, 350), (350, 600)], 5), Hearing.PROGRESS)) == []
    assert tones_of(hear(cadence([(350, 350)], 6, frequency_hz=600), Hearing.PROGRESS)) == []
    assert tones_of(hear(cadence([(350, 350)], 6, level_dbm0=-40), Hearing.PROGRESS)) == []


# ---- caller id


def test_a_caller_id_goes_round() -> None:
    """The number that our desk phones are shown is the number our exchange lines would read."""
    bench = Bench(1)
    bench.pump.listen(bench.ports[0], Hearing.CALLER_ID)
    bench.step()
    sound = render_caller_id(CALLER_ID)
    bench.run({0: b"\xd5" * 500 + sound}, 60)
    assert [event.message for event in bench.heard[0] if isinstance(event, CallerIdHeard)] == [CALLER_ID]
    preamble = decode(sound)[2000:3200]
    assert level_dbm0(preamble, 1200) == pytest.approx(-13.5, abs=0.2)
    assert len(sound) == int((300 + 180 + 25 * 10 + 10) * 8000 / 1200)


def test_a_caller_id_is_read_through_noise_and_loss() -> None:
    """A weak, noisy line still shows the number."""
    sound = decode(render_caller_id(CALLER_ID)) * 10 ** (-10 / 20)
    heard = hear(np.concatenate([silence(200), sound]) + noise(-45, len(sound) + 1600), Hearing.CALLER_ID)
    assert [event.message for event in heard if isinstance(event, CallerIdHeard)] == [CALLER_ID]


def test_a_damaged_caller_id_is_not_believed() -> None:
    """A click in the middle of the number shows no number rather than a wrong one."""
    sound = bytearray(render_caller_id(CALLER_ID))
    sound[4300:4340] = b"\xd5" * 40
    assert hear(decode(bytes(sound)), Hearing.CALLER_ID) == []


@pytest.mark.parametrize("length", [0, 258])
def test_an_impossible_caller_id_is_our_fault(length: int) -> None:
    """A message that cannot be sent is refused before the phone rings with nonsense."""
    with pytest.raises(OurFault):
        render_caller_id(bytes(length))


# ---- ports and owners


def test_the_pump_is_a_patch_bay() -> None:
    """The engine can be given the pump wherever it asks for a patch bay."""
    bay: PatchBay = Bench(0).pump
    assert bay.sample_now() == 160


def test_wrong_ports_are_our_fault() -> None:
    """Connecting what cannot be connected is found where it is done, and disconnecting is always allowed."""
    bench = Bench(2)
    tap = bench.pump.tap()
    playing = bench.pump.play(b"\x00", [])
    for source, sink, gain_db in (
        (tap.left, bench.ports[0], 0),
        (bench.ports[0], playing.source, 0),
        (Port(999), bench.ports[0], 0),
        (bench.ports[0], bench.ports[1], 12.1),
        (bench.ports[0], bench.ports[1], -61),
    ):
        with pytest.raises(OurFault):
            bench.pump.patch(source, sink, gain_db)
    bench.pump.unpatch(Port(999), bench.ports[0])
    with pytest.raises(OurFault, match="no open channel"):
        bench.pump.close_channel(playing.source)
    with pytest.raises(OurFault, match="no sink"):
        bench.pump.play(b"\x00", [playing.source])


@pytest.mark.parametrize(("count", "loop_from"), [(0, None), (257, None), (2, 2), (2, -1)])
def test_impossible_tones_are_our_fault(count: int, loop_from: int | None) -> None:
    """A tone table with a mistake is found when it is first used."""
    with pytest.raises(OurFault):
        Bench(0).pump.tone([ToneStep(100, 450)] * count, [], loop_from=loop_from)


def test_a_port_is_used_again_only_after_its_end_was_told() -> None:
    """A late report of one prompt is never taken for another's."""
    bench = Bench(1)
    ends: list[str] = []
    first = bench.pump.play(bytes(160), [], ended=lambda _played, _complete: ends.append("first"))
    bench.exchange({})
    bench.pump.tick()
    second = bench.pump.play(bytes(160), [], ended=lambda _played, _complete: ends.append("second"))
    assert first.source != second.source
    bench.run({}, 3)
    assert ends == ["first", "second"]


def test_a_closed_channel_is_heard_no_more_and_its_port_comes_back() -> None:
    """Hanging up ends the reports of a line at once; the line can be opened again for ever."""
    bench = Bench(1)
    for _ in range(1100):
        bench.wires.raise_event(FIRST_FD, 1)
        bench.exchange({})
        bench.pump.tick()
        bench.pump.close_channel(bench.ports[0])
        bench.step()
        bench.wires.open(FIRST_FD)
        bench.wires.configure(FIRST_FD, BLOCK_SAMPLES, 4, 0)
        bench.ports[0] = bench.pump.open_channel(FIRST_FD, bench.heard[0].append)
        bench.step()
    assert bench.heard[0] == []


def test_a_new_listener_takes_over() -> None:
    """When a call takes over a line, its events go to the call."""
    bench = Bench(1)
    taken: list[Heard] = []
    bench.pump.listen(bench.ports[0], Hearing.KEYS, taken.append)
    bench.wires.raise_event(FIRST_FD, 18)
    bench.run({}, 1)
    assert [type(event) for event in taken] == [LineEvent]
    assert bench.heard[0] == []


def test_flushing_begins_afresh() -> None:
    """After the driver reset a channel's buffers, no old sound comes out and the delay is as before."""
    bench = Bench(2)
    bench.pump.patch(bench.ports[0], bench.ports[1])
    bench.run({0: b"\x11" * 480})
    for port in bench.ports:
        bench.pump.flush_channel(port)
    bench.step()
    assert bench.run({0: b"\x22" * 960})[1] == b"\xd5" * 320 + b"\x22" * 640


def test_one_failing_owner_does_not_silence_the_others() -> None:
    """A bug in one call's code loses no event of another call, and is not hidden."""
    bench = Bench(1)
    ends: list[str] = []

    def broken(_played: int, _complete: bool) -> None:  # the patch bay's signature
        raise ValueError("a bug")

    bench.pump.play(b"", [], ended=broken)
    bench.pump.play(b"", [], ended=lambda _played, _complete: ends.append("other"))
    bench.exchange({})
    bench.pump.tick()
    with pytest.raises(ValueError, match="a bug"):
        bench.pump.poll()
    assert ends == ["other"]


def test_an_owner_may_command_the_pump_while_being_told() -> None:
    """The end of one prompt starts the next without a gap in the dialogue."""
    bench = Bench(1)
    ends: list[int] = []

    def next_one(played: int, _complete: bool) -> None:  # the patch bay's signature
        ends.append(played)
        assert bench.pump.poll() == 0
        bench.pump.play(bytes(320), bench.ports, ended=lambda played, _complete: ends.append(played))

    bench.pump.play(bytes(160), bench.ports, ended=next_one)
    bench.run({}, 5)
    assert ends == [160, 320]


def test_a_closed_pump_closes_its_channels_and_says_so() -> None:
    """Stopping the appliance releases every device; recordings can be read to their end."""
    bench = Bench(1)
    tap = bench.pump.tap()
    bench.run({}, 2)
    bench.pump.close()
    bench.pump.close()
    tap.close()
    assert not bench.wires.is_open(FIRST_FD)
    assert len(tap.reader.read()) == 640
    assert tap.reader.closed
    with pytest.raises(OurFault, match="closed"):
        bench.pump.sample_now()


# ---- the thread


def test_the_thread_ticks_when_woken_and_signals() -> None:
    """With the thread running, a wake-up moves audio and the reactor is told that something happened."""
    bench = Bench(1)
    wake_fd = os.eventfd(0)
    event_fd = bench.pump.start(wake_fd, Wake.COUNTER, 0)
    with pytest.raises(OurFault):
        bench.pump.tick()
    with pytest.raises(OurFault):
        bench.pump.start(wake_fd, Wake.COUNTER, 0)
    ends: list[int] = []
    bench.exchange({})
    bench.pump.play(bytes(160), bench.ports, ended=lambda played, _complete: ends.append(played))
    os.eventfd_write(wake_fd, 1)
    while not ends:
        assert select.select([event_fd], [], [], 10)[0] == [event_fd]
        bench.pump.poll()
    assert ends == [160]
    assert select.select([event_fd], [], [], 0)[0] == []
    bench.pump.stop()
    bench.pump.tick()
    os.close(wake_fd)


def test_a_thread_that_cannot_start_says_why() -> None:
    """A wrong priority or clock is a message, not a silent appliance."""
    bench = Bench(1)
    with pytest.raises(EnvironmentFault, match="cannot be started"):
        bench.pump.start(-1, Wake.COUNTER, 0)
    with pytest.raises(EnvironmentFault, match="cannot be started"):
        bench.pump.start(0, Wake.COUNTER, 1000)
    bench.pump.tick()


def test_a_pump_that_the_garbage_collector_freed_is_left_alone() -> None:
    """A dialogue forgotten together with its pump ends its sounds after the pump is gone: nothing is touched that is no longer ours."""
    bench = Bench(1)
    playing = bench.pump.play(bytes(16_000), [bench.ports[0]])
    tap = bench.pump.tap()
    bench.step()
    bench.pump._finalizer()  # as the collector does: the Pump itself does not hear of it
    playing.stop()
    tap.close()
    with pytest.raises(OurFault, match="closed"):
        bench.pump.sample_now()
    bench.pump.close()


def test_what_is_no_channel_fails_and_is_closed() -> None:
    """A device that is not a telephone channel is reported with the system's reason; its descriptor does not leak."""
    ours, theirs = socket.socketpair()
    heard: list[Heard] = []
    pump = Pump(kernel_io(), lambda _key, _sentence: None)
    port = pump.open_channel(ours.detach(), heard.append)
    pump.tick()
    pump.poll()
    assert heard == [ChannelFailed(errno.ENOTTY, 0)]
    pump.close_channel(port)
    pump.tick()
    assert theirs.recv(1) == b""  # the other end was closed
    theirs.close()
    pump.close()


def test_half_a_sample_is_our_fault() -> None:
    """Audio of an odd number of octets is refused, not shifted."""
    with pytest.raises(OurFault):
        alaw_encode(b"\x00\x01\x02")
