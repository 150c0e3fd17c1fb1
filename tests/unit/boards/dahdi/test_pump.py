"""The native pump: bridges, mixes, players, tones, taps, stalls, refusals."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
from boards.dahdi._pump import ffi, lib

from boards.dahdi.codec import alaw_decode, alaw_encode
from boards.dahdi.media import ChannelFailed, LineEvent, PumpLimits
from engine.kernel.errors import EnvironmentFault
from engine.telephony.media import BLOCK_SAMPLES, Port, ToneStep
from hwsim.wires import Wires
from tests.unit.boards.dahdi.pump_bench import DELAY_SAMPLES, FIRST_FD, SILENCE, Bench, decode, encode, level_dbm0, silence, sine


def random_octets(count: int, seed: int) -> bytes:
    return np.random.default_rng(seed).integers(0, 256, count, dtype=np.uint8).tobytes()


# ---- bridges and mixes


def test_a_bridge_passes_every_octet_untouched() -> None:
    """A fax through a bridged call arrives bit for bit, in both directions, 40 ms later."""
    bench = Bench()
    left, right = bench.ports
    bench.pump.patch(left, right)
    bench.pump.patch(right, left)
    bench.step()
    says = [random_octets(50 * BLOCK_SAMPLES, 1), random_octets(50 * BLOCK_SAMPLES, 2)]
    got = bench.run({0: says[0], 1: says[1]})
    assert got[1][DELAY_SAMPLES:] == says[0][:-DELAY_SAMPLES]
    assert got[0][DELAY_SAMPLES:] == says[1][:-DELAY_SAMPLES]
    assert bench.wires.counters(FIRST_FD).underrun == 0


def test_an_impulse_takes_at_most_40_ms() -> None:
    """Two people on a call do not notice the appliance between them."""
    bench = Bench()
    bench.pump.patch(bench.ports[0], bench.ports[1])
    bench.step()
    for position in (0, 1, 79, 159):
        says = bytearray(b"\xd5" * 4 * BLOCK_SAMPLES)
        says[position] = 0xAA
        assert bench.run({0: bytes(says)})[1].index(0xAA) - position <= 320


def test_a_channel_without_patches_sends_silence() -> None:
    """A line that is connected to nobody is quiet, and never runs dry."""
    bench = Bench(1)
    assert bench.run({0: random_octets(10 * BLOCK_SAMPLES, 3)})[0] == SILENCE * 10
    assert bench.wires.counters(FIRST_FD).underrun == 0


def test_two_talkers_are_added_and_limited() -> None:
    """When two shout into a conference the third hears full scale, not a wrapped-round crack."""
    bench = Bench(3)
    for talker in (0, 1):
        bench.pump.patch(bench.ports[talker], bench.ports[2])
    loud, soft = encode(np.full(160, 30000.0)), encode(np.full(160, 1000.0))
    assert min(decode(bench.run({0: loud * 4, 1: loud * 4})[2][-160:])) == 32256
    assert decode(bench.run({0: soft * 16, 1: soft * 16})[2][-160:]) == pytest.approx(2000, abs=64)
    assert bench.stats().clipped > 0


@pytest.mark.parametrize("gain_db", [-60, -20, -6, 6, 12])
def test_a_gain_is_what_it_says(gain_db: float) -> None:
    """A supervisor who listens 6 dB lower hears it 6 dB lower."""
    bench = Bench()
    bench.pump.patch(bench.ports[0], bench.ports[1], gain_db)
    start_dbm0 = -10 if gain_db > -60 else 3
    heard = decode(bench.run({0: encode(sine(1000, start_dbm0, 400))})[1][800:2400])
    assert level_dbm0(heard, 1000) == pytest.approx(start_dbm0 + gain_db, abs=0.25 if gain_db > -60 else 2)


def test_a_conference_is_everybody_but_oneself() -> None:
    """Nobody hears the own voice come back."""
    bench = Bench(3)
    for talker in range(3):
        for listener in range(3):
            if talker != listener:
                bench.pump.patch(bench.ports[talker], bench.ports[listener])
    tones = (500, 1000, 2000)
    got = bench.run({index: encode(sine(tone, -16, 400)) for index, tone in enumerate(tones)})
    for listener in range(3):
        for talker, tone in enumerate(tones):
            level = level_dbm0(decode(got[listener][800:2400]), tone)
            assert level == pytest.approx(-16, abs=0.3) if talker != listener else level < -50


def test_unpatching_and_closing_end_the_sound() -> None:
    """After a call neither party hears the other, and the next call on the line begins quiet."""
    bench = Bench()
    left, right = bench.ports
    bench.pump.patch(left, right)
    bench.pump.patch(right, left)
    bench.run({0: random_octets(800, 4)})
    bench.pump.unpatch(left, right)
    assert bench.run({0: random_octets(1600, 5)})[1][DELAY_SAMPLES:] == SILENCE * 8
    bench.pump.close_channel(right)
    bench.step()
    assert not bench.wires.is_open(FIRST_FD + 1)
    assert bench.stats().patches == 0


# ---- players and tones


def test_a_prompt_is_played_exactly_and_reported() -> None:
    """The caller hears the whole prompt, once, untouched; the dialogue goes on when it is over."""
    bench = Bench(1)
    bench.run({}, 2)
    audio = random_octets(1000, 6)
    ends: list[tuple[int, bool, int]] = []
    playing = bench.pump.play(
        audio, [bench.ports[0]], start_sample=100, ended=lambda played, complete: ends.append((played, complete, bench.pump.sample_now()))
    )
    begin = bench.pump.sample_now()
    heard = bench.run({}, 10)[0]
    assert heard[DELAY_SAMPLES:][:900] == audio[100:]
    assert heard[DELAY_SAMPLES + 900 :] == b"\xd5" * (1600 - DELAY_SAMPLES - 900)
    assert ends == [(900, True, begin + 960)]
    playing.stop()
    assert bench.stats().patches == 0


def test_an_interrupted_prompt_tells_how_far_it_came() -> None:
    """A key during the menu silences it at once; the place is known."""
    bench = Bench(1)
    ends: list[tuple[int, bool]] = []
    playing = bench.pump.play(bytes(8000), [bench.ports[0]], ended=lambda played, complete: ends.append((played, complete)))
    bench.run({}, 5)
    playing.stop()
    playing.stop()
    bench.step()
    assert ends == [(800, False)]


def test_music_goes_round_without_a_seam() -> None:
    """Music on hold of odd length repeats sample by sample, for several callers from one player."""
    bench = Bench()
    bench.run({}, 2)
    audio = random_octets(333, 7)
    bench.pump.play(audio, bench.ports, loop=True)
    for heard in bench.run({}, 20):
        assert heard[DELAY_SAMPLES:] == (audio * 20)[: 3200 - DELAY_SAMPLES]


@pytest.mark.parametrize("audio", [b"", b"\x00"])
def test_nothing_to_play_ends_at_once(audio: bytes) -> None:
    """An empty prompt does not hang a dialogue."""
    bench = Bench(1)
    ends: list[tuple[int, bool]] = []
    bench.pump.play(audio, [bench.ports[0]], start_sample=len(audio), ended=lambda played, complete: ends.append((played, complete)))
    bench.run({}, 1)
    assert ends == [(0, True)]


def test_a_tone_has_its_level_its_frequency_and_no_seams() -> None:
    """Dial tone is 450 Hz at −10 dBm0 and pure, however many blocks it lasts."""
    bench = Bench(1)
    bench.run({}, 2)
    bench.pump.tone([ToneStep(1000, 450, -10)], bench.ports)
    heard = decode(bench.run({}, 150)[0][DELAY_SAMPLES:])
    expected = sine(450, -10, len(heard) / 8)
    assert level_dbm0(heard[:16000], 450) == pytest.approx(-10, abs=0.05)
    assert np.max(np.abs(heard - expected)) <= np.max(np.abs(expected)) / 32  # half a step of A-law


def test_the_steps_of_a_tone_last_to_the_sample() -> None:
    """A busy tone's cadence does not drift against the block border, and each burst begins at zero."""
    bench = Bench(1)
    bench.run({}, 2)
    ends: list[tuple[int, bool]] = []
    steps = [ToneStep(33, 1000, -10), ToneStep(17), ToneStep(41, 697, -13, 1209, -11)]
    bench.pump.tone(steps, bench.ports, loop_from=None, ended=lambda played, complete: ends.append((played, complete)))
    heard = decode(bench.run({}, 10)[0][DELAY_SAMPLES:])[: 91 * 8]
    wanted = np.concatenate([sine(1000, -10, 33), silence(17), sine(697, -13, 41) + sine(1209, -11, 41)])
    assert heard == pytest.approx(decode(encode(wanted)), abs=600)
    assert np.mean((heard - wanted) ** 2) < np.mean(wanted**2) / 1000
    assert ends == [(91 * 8, True)]


def test_a_tone_loops_from_the_step_it_is_told() -> None:
    """A tone with an introduction repeats only its later part."""
    bench = Bench(1)
    bench.run({}, 2)
    bench.pump.tone([ToneStep(20, 1000, -10), ToneStep(20, 2000, -10), ToneStep(20)], bench.ports, loop_from=1)
    heard = decode(bench.run({}, 9)[0][DELAY_SAMPLES:]).reshape(7, 160)
    assert [level_dbm0(block, 1000) > -12 for block in heard] == [True, *[False] * 6]
    assert [level_dbm0(block, 2000) > -12 for block in heard] == [False, True, False, True, False, True, False]


# ---- taps


def test_a_tap_keeps_left_left_and_right_right() -> None:
    """In a recording the caller is on the left and the agent on the right, and nothing is missing."""
    bench = Bench()
    tap = bench.pump.tap()
    bench.pump.patch(bench.ports[0], tap.left)
    bench.pump.patch(bench.ports[1], tap.right)
    says = [random_octets(1600, 8), random_octets(1600, 9)]
    bench.run({0: says[0], 1: says[1]})
    frames = tap.reader.read()
    assert (frames[0::2], frames[1::2]) == (says[0], says[1])
    tap.close()
    assert not tap.reader.closed
    bench.step()
    assert tap.reader.closed
    assert tap.reader.lost_frames == 0


def test_an_unpatched_track_is_silence() -> None:
    """Before the agent answers, the agent's track is quiet and as long as the other."""
    bench = Bench(1)
    tap = bench.pump.tap()
    bench.run({0: bytes(480)}, 3)
    assert tap.reader.read() == b"\xd5" * 960


def test_a_tap_that_nobody_reads_loses_and_says_so() -> None:
    """When the disk stands still longer than the ring lasts, the loss is counted and an alarm raised."""
    bench = Bench(1)
    tap = bench.pump.tap()
    blocks = 131_072 // BLOCK_SAMPLES + 2
    bench.run({}, blocks)
    assert tap.reader.lost_frames == blocks * BLOCK_SAMPLES - 131_072
    assert [key for key, _ in bench.alarms] == ["tap-overrun"]
    assert len(tap.reader.read()) == 131_072 * 2


# ---- stalls


def test_after_a_stall_the_recording_is_whole_and_the_delay_as_before() -> None:
    """The machine hangs for 60 ms: the recording has every word, and the parties do not talk with growing delay."""
    bench = Bench()
    tap = bench.pump.tap()
    bench.pump.patch(bench.ports[0], bench.ports[1])
    bench.pump.patch(bench.ports[0], tap.left)
    bench.step()
    tap.reader.read()
    says = random_octets(20 * BLOCK_SAMPLES, 10)
    heard = []
    for number in range(20):
        heard.append(bench.exchange({0: says[number * 160 : number * 160 + 160]})[1])
        if number not in (8, 9, 10):
            bench.step()
    assert tap.reader.read()[0::2] == says
    assert b"".join(heard[13:]) == says[11 * 160 : 18 * 160]
    assert [key for key, _ in bench.alarms] == ["pump-stalled"]
    stats = bench.stats()
    assert (stats.stalls, stats.blocks_late, stats.writes_refused, stats.blocks_missing) == (1, 6, 0, 0)


def test_a_prompt_in_a_stall_keeps_time() -> None:
    """A stall does not stretch a prompt: it is over when its time is."""
    bench = Bench(1)
    bench.run({}, 2)
    ends: list[int] = []
    bench.pump.play(bytes(1600), bench.ports, ended=lambda played, _complete: ends.append(played))
    for _ in range(4):
        bench.exchange({})
    bench.step()
    bench.run({}, 6)
    assert ends == [1600]


def test_a_channel_of_another_clock_disturbs_nobody() -> None:
    """A card whose blocks come just after the sweep costs the callers on other cards no sound and no recording time."""
    bench = Bench(3)
    tap = bench.pump.tap()
    bench.pump.patch(bench.ports[0], bench.ports[1])
    bench.pump.patch(bench.ports[0], tap.left)
    bench.run({}, 2)
    tap.reader.read()
    says = random_octets(20 * BLOCK_SAMPLES, 11)
    heard = []
    for number in range(20):
        block = says[number * 160 : number * 160 + 160]
        bench.wires.exchange(FIRST_FD, block)
        heard.append(bench.wires.exchange(FIRST_FD + 1, SILENCE))
        for _ in range(2 if number % 2 else 0):
            bench.wires.exchange(FIRST_FD + 2, SILENCE)
        bench.step()
    assert tap.reader.read()[0::2] == says
    assert b"".join(heard)[DELAY_SAMPLES:] == says[:-DELAY_SAMPLES]
    stats = bench.stats()
    assert (stats.blocks_missing, stats.blocks_late, stats.stalls) == (10, 10, 0)


def test_time_goes_on_when_a_card_goes_silent() -> None:
    """When the only card stops giving audio, prompts still end and dialogues do not hang."""
    bench = Bench(1)
    bench.run({}, 2)
    ends: list[int] = []
    bench.pump.play(bytes(800), [], ended=lambda played, _complete: ends.append(played))
    for _ in range(20):
        bench.step()
    assert ends == [800]


# ---- the driver's events and failures


def test_line_events_come_before_the_audio_and_in_order() -> None:
    """Ringing is noticed although the driver gives no audio until it is taken."""
    bench = Bench(1)
    bench.run({}, 2)
    for event in (18, 2, 18):
        bench.wires.raise_event(FIRST_FD, event)
    begin = bench.pump.sample_now()
    bench.run({}, 1)
    assert bench.heard[0] == [LineEvent(18, begin), LineEvent(2, begin), LineEvent(18, begin)]
    assert bench.stats().blocks_missing == 0


def test_a_pulled_card_is_told_once_and_closed_cleanly() -> None:
    """A card pulled out in a call: its line fails, the others go on."""
    bench = Bench()
    bench.pump.patch(bench.ports[1], bench.ports[0])
    bench.run({}, 2)
    bench.wires.unplug(FIRST_FD)
    bench.run({}, 5)
    assert [heard for heard in bench.heard[0] if isinstance(heard, ChannelFailed)] == [ChannelFailed(errno.ENODEV, 480)]
    assert bench.heard[1] == []
    bench.pump.close_channel(bench.ports[0])
    bench.step()
    assert bench.stats().channels == 1


# ---- refusals and full rings


def test_commands_that_make_no_sense_are_refused_and_counted() -> None:
    """A slip in the control plane never stops the sound of other calls."""
    pump = lib.pump_new(ffi.new("struct pump_limits *", (8, 1, 64, 64)), Wires(1).io)
    tone = ffi.new("struct pump_tone_step[]", [(450, 20, 0, 0, 100)])
    audio = ffi.new("uint8_t[10]")
    wrong: Sequence[tuple[int, int, int, int, int, Any, int, int]] = [
        (0, 0, 0, 0, 0, ffi.NULL, 0, errno.EINVAL),  # no such command
        (99, 0, 0, 0, 0, ffi.NULL, 0, errno.EINVAL),
        (lib.PUMP_PLAY, 8, 0, 0, 0, audio, 10, errno.EINVAL),  # no such port
        (lib.PUMP_PLAY, -1, 0, 0, 0, audio, 10, errno.EINVAL),
        (lib.PUMP_PLAY, 0, 0, 0, 11, audio, 10, errno.EINVAL),  # start behind the end
        (lib.PUMP_PLAY, 0, 0, 1, 0, ffi.NULL, 0, errno.EINVAL),  # a loop of nothing
        (lib.PUMP_TONE, 0, 0, 0, 0, tone, ffi.sizeof(tone), errno.EINVAL),  # louder than full scale
        (lib.PUMP_TONE, 0, 0, 1, 0, tone, ffi.sizeof(tone), errno.EINVAL),  # goes on at no step
        (lib.PUMP_CHANNEL_OPEN, 0, 0, -1, 0, ffi.NULL, 0, errno.EBADF),
        (lib.PUMP_CHANNEL_CLOSE, 0, 0, 0, 0, ffi.NULL, 0, errno.EINVAL),
        (lib.PUMP_CHANNEL_LISTEN, 0, 0, 1, 0, ffi.NULL, 0, errno.EINVAL),
        (lib.PUMP_CHANNEL_FLUSH, 0, 0, 0, 0, ffi.NULL, 0, errno.EINVAL),
        (lib.PUMP_PATCH, 0, 1, 0, 0, ffi.NULL, 0, errno.ENOENT),  # nothing there
        (lib.PUMP_PATCH, 0, 8, 0, 0, ffi.NULL, 0, errno.EINVAL),
        (lib.PUMP_TAP_OPEN, 0, 0, 0, 0, ffi.NULL, 0, errno.EINVAL),
        (lib.PUMP_TAP_OPEN, 7, 0, 0, 0, ffi.NULL, 0, errno.EINVAL),  # no port for the right track
        (lib.PUMP_TAP_CLOSE, 0, 0, 0, 0, ffi.NULL, 0, errno.EINVAL),
        (lib.PUMP_STATS, 0, 0, 0, 0, ffi.NULL, 0, errno.EINVAL),
    ]
    for serial, (op, port, other, value, value2, data, length, _) in enumerate(wrong, 1):
        command = ffi.new("struct pump_command *", (op, serial, port, other, value, value2, data, length))
        assert lib.pump_submit(pump, command) == 0
    lib.pump_tick(pump)
    events = ffi.new("struct pump_event[64]")
    count = lib.pump_poll(pump, events, 64)
    assert [(events[i].serial, -events[i].value) for i in range(count)] == [(i, row[-1]) for i, row in enumerate(wrong, 1)]
    stats = ffi.new("struct pump_stats *")
    lib.pump_submit(pump, ffi.new("struct pump_command *", {"op": lib.PUMP_STATS, "serial": 1, "data": stats}))
    lib.pump_tick(pump)
    assert stats.commands_refused == len(wrong)
    lib.pump_free(pump)


def test_more_patches_than_there_are_is_an_alarm() -> None:
    """A conference beyond the limits is refused and a technician told; what is connected stays connected."""
    bench = Bench(3, PumpLimits(ports=8, taps=0, patches=1, commands=64, events=64))
    bench.pump.patch(bench.ports[0], bench.ports[1])
    bench.pump.patch(bench.ports[0], bench.ports[2])
    says = random_octets(800, 12)
    assert bench.run({0: says})[1][DELAY_SAMPLES:] == says[:-DELAY_SAMPLES]
    assert [key for key, _ in bench.alarms] == ["pump-refused"]


def test_a_full_command_ring_refuses_and_recovers() -> None:
    """When the pump stands still, a new call is refused with a reason instead of waiting for ever."""
    bench = Bench(2, PumpLimits(ports=64, taps=1, commands=8, events=64))
    for _ in range(8):
        bench.pump.patch(bench.ports[0], bench.ports[1])
    with pytest.raises(EnvironmentFault, match="ring is full"):
        bench.pump.patch(bench.ports[0], bench.ports[1])
    with pytest.raises(EnvironmentFault):
        bench.pump.tap()
    bench.step()
    bench.pump.tap()


def test_a_sound_that_could_not_be_patched_does_not_go_on() -> None:
    """A prompt refused for a full ring leaves nothing behind that sounds or takes a port."""
    bench = Bench(2, PumpLimits(ports=3, taps=0, commands=8, events=64))
    ends: list[int] = []
    for _ in range(7):
        bench.pump.patch(bench.ports[0], bench.ports[1])
    with pytest.raises(EnvironmentFault, match="ring is full"):
        bench.pump.play(bytes(80000), bench.ports, ended=lambda played, _complete: ends.append(played))
    for _ in range(3):
        bench.step()
    bench.pump.play(b"", [])  # the one port is free again
    assert ends == []


def test_events_nobody_takes_are_counted_but_completions_survive() -> None:
    """When the control plane hangs, line events are lost with an alarm; no prompt is forgotten."""
    bench = Bench(1, PumpLimits(ports=64, taps=0, commands=64, events=16))
    ends: list[int] = []

    def note(number: int, _played: int, _complete: bool) -> None:
        ends.append(number)

    for number in range(30):
        bench.pump.play(bytes(160), [], ended=partial(note, number))
    for _ in range(20):
        bench.wires.raise_event(FIRST_FD, 1)
        bench.wires.raise_event(FIRST_FD, 2)
        bench.exchange({})
        bench.pump.tick()
    for _ in range(5):
        bench.step()
    assert sorted(ends) == list(range(30))
    assert "pump-events-lost" in [key for key, _ in bench.alarms]
    assert bench.stats().events_lost == 40 - len(bench.heard[0])


def test_all_ports_taken_is_refused() -> None:
    """The box never promises more sounds than it was made for."""
    bench = Bench(1, PumpLimits(ports=2, taps=1, patches=8, commands=64, events=64))
    bench.pump.tone([ToneStep(20, 450)], [])
    with pytest.raises(EnvironmentFault, match="No port"):
        bench.pump.play(b"\x00", [])
    bench.pump.tap()
    with pytest.raises(EnvironmentFault, match="No recorder tap"):
        bench.pump.tap()
    assert bench.ports == [Port(0)]


@pytest.mark.parametrize("limits", [PumpLimits(ports=0, taps=0), PumpLimits(commands=100), PumpLimits(events=4)])
def test_limits_that_make_no_sense_are_refused(limits: PumpLimits) -> None:
    """A wrong limit is named at the start, not found in the night."""
    with pytest.raises(EnvironmentFault, match="cannot be made"):
        Bench(0, limits)


# ---- codec


def test_alaw_is_that_of_the_recommendation() -> None:
    """Known values of G.711, every octet's round trip, and the error bound over the whole range."""
    known = {0: 0xD5, -1: 0x55, 8: 0xD5, 16: 0xD4, 32767: 0xAA, -32768: 0x2A, 1000: 0xFA, -1000: 0x7A}
    assert alaw_encode(np.array(list(known), "<i2").tobytes()) == bytes(known.values())
    every = bytes(range(256))
    assert alaw_encode(alaw_decode(every)) == every
    samples = np.arange(-32256, 32257, dtype="<i2")
    error = np.abs(decode(alaw_encode(samples.tobytes())) - samples)
    assert np.all(error <= np.maximum(8, np.abs(samples) / 32 + 1))
