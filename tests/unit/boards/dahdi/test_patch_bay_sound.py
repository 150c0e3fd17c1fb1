"""What lines hear of the patch bay: laws, gains, ears, players, and calls that nothing disturbs."""

from __future__ import annotations

import errno

import numpy as np
import pytest
from boards.dahdi._pump import ffi, lib

from boards.dahdi.codec import encode
from boards.dahdi.media import ChannelShape, Hearing, KeyDown, Pump, PumpLimits
from engine.kernel.errors import EnvironmentFault, OurFault
from engine.telephony.media import BLOCK_SAMPLES, EAR, Companding, Port, ear_of
from hwsim.wires import Wires
from tests.unit.boards.dahdi.pump_bench import DELAY_SAMPLES, FIRST_FD, Bench, Samples, decode, key, level_dbm0, sine
from tests.unit.boards.dahdi.pump_bench import encode as alaw

A, MU = Companding.A_LAW, Companding.MU_LAW
MU_SILENCE = b"\xff" * BLOCK_SAMPLES


def random_octets(count: int, seed: int) -> bytes:
    return np.random.default_rng(seed).integers(0, 256, count, dtype=np.uint8).tobytes()


def other_law(octets: bytes, law: Companding) -> bytes:
    """What these octets are in the other law, by the tables of G.711."""
    room = ffi.new("uint8_t[]", len(octets))
    lib.pump_law_convert(int(law), octets, room, len(octets))
    return bytes(ffi.buffer(room, len(octets)))


def modem(blocks: int, seed: int) -> bytes:
    """Something like a modem at full level: a carrier of 1800 Hz in random phases, 2400 a second."""
    chance = np.random.default_rng(seed)
    times = np.arange(blocks * BLOCK_SAMPLES)
    phases = np.repeat(chance.integers(0, 8, len(times) // 3 + 1) / 8, 10 // 3)[: len(times)]
    return alaw(22_000 * np.sin(2 * np.pi * (1800 / 8000 * times + phases)))


def shaped(laws: list[Companding]) -> Bench:
    """Lines of these laws."""
    bench = Bench(len(laws))
    for port, law in zip(bench.ports, laws, strict=True):
        bench.pump.shape_channel(port, ChannelShape(law))
    bench.step()
    return bench


# ---- bridges


@pytest.mark.parametrize("law", Companding)
@pytest.mark.parametrize("said", [bytes(range(256)) * 5, modem(8, 1), random_octets(1280, 2)], ids=["octets", "modem", "random"])
def test_a_bridge_within_a_law_touches_no_octet(law: Companding, said: bytes) -> None:
    """Fax and modem pass in both directions, in either law, also when one line's gain makes up for the other's."""
    bench = shaped([law, law])
    left, right = bench.ports
    bench.pump.shape_channel(left, ChannelShape(law, 3.5, -6))
    bench.pump.shape_channel(right, ChannelShape(law, 6, -3.5))
    bench.pump.patch(left, right)
    bench.pump.patch(right, left)
    bench.step()
    got = bench.run({0: said, 1: said[::-1]})
    assert got[1][DELAY_SAMPLES:] == said[:-DELAY_SAMPLES]
    assert got[0][DELAY_SAMPLES:] == said[::-1][:-DELAY_SAMPLES]


def test_a_thousand_lines_and_four_thousand_patches_stay_exact() -> None:
    """On the largest site every bridged call passes its octets untouched, while conferences go on beside it."""
    lines, blocks = 1024, 6
    wires = Wires(lines, FIRST_FD)
    pump = Pump(wires.io, lambda _key, _sentence: None, PumpLimits(patches=4096, commands=8192))
    ports = []
    for fd in wires.descriptors:
        wires.open(fd)
        wires.configure(fd, BLOCK_SAMPLES, 4, 0)
        ports.append(pump.open_channel(fd, lambda _heard: None))
    conferences = [ports[start : start + 32] for start in (0, 32, 64)]
    patches = 0
    for members in conferences:
        for source in members:
            for sink in members:
                if source != sink:
                    pump.patch(source, sink)
                    patches += 1
    for one, other in zip(ports[96::2], ports[97::2], strict=True):
        pump.patch(one, other)
        pump.patch(other, one)
        patches += 2
    pump.tick()
    pump.poll()
    taps = [pump.tap() for _ in range((4096 - patches) // 2)]
    for tap, one in zip(taps, ports[96:], strict=False):
        pump.patch(one, tap.left)
        pump.patch(ear_of(one), tap.right)
    with pytest.raises(AssertionError, match="too many"):
        fill_up(pump, ports)
    said = [[random_octets(BLOCK_SAMPLES, line * 100 + block) for block in range(blocks)] for line in range(lines)]
    heard: list[list[bytes]] = [[] for _ in range(lines)]
    for block in range(blocks):
        for line, fd in enumerate(wires.descriptors):
            heard[line].append(wires.exchange(fd, said[line][block]))
        pump.tick()
        pump.poll()
    for line in range(96, lines):
        assert heard[line][2:] == said[line ^ 1][: blocks - 2]
    for index, tap in enumerate(taps[:300]):
        frames = tap.reader.read()
        assert frames[0::2][-blocks * BLOCK_SAMPLES :] == b"".join(said[96 + index])
        assert frames[1::2][-blocks * BLOCK_SAMPLES :] == b"".join(said[(96 + index) ^ 1])
    pump.close()


def fill_up(pump: Pump, ports: list[Port]) -> None:
    """One patch more than there is room for; raises AssertionError when it was refused."""
    for sink in ports[200:]:
        pump.patch(ports[100], sink)
    pump.tick()
    complaints: list[str] = []
    pump._alarm = lambda key, sentence: complaints.append(f"{key}: {sentence}")
    pump.poll()
    for sink in ports[200:]:
        if sink != ports[101]:
            pump.unpatch(ports[100], sink)
    pump.tick()
    pump.poll()
    if any("pump-refused" in complaint and "No space left" in complaint for complaint in complaints):
        raise AssertionError("too many patches")


@pytest.mark.parametrize("law", Companding)
def test_a_bridge_between_the_laws_goes_by_the_tables(law: Companding) -> None:
    """A T1 line and an E1 line talk to each other: every octet becomes the one that G.711 names."""
    bench = shaped([law, Companding(1 - law)])
    bench.pump.patch(bench.ports[0], bench.ports[1])
    bench.step()
    said = bytes(range(256)) * 5
    assert bench.run({0: said})[1][DELAY_SAMPLES:] == other_law(said, law)[:-DELAY_SAMPLES]


def test_a_line_of_mu_law_is_silent_in_mu_law() -> None:
    """A line that is connected to nobody, or that has just been opened, hears no hum."""
    wires = Wires(1, FIRST_FD)
    pump = Pump(wires.io, lambda _key, _sentence: None)
    wires.open(FIRST_FD, idle=0xFF)
    wires.configure(FIRST_FD, BLOCK_SAMPLES, 4, 0)
    pump.open_channel(FIRST_FD, lambda _heard: None, MU)
    for _ in range(4):
        pump.tick()
        pump.poll()
        assert wires.exchange(FIRST_FD, MU_SILENCE) == MU_SILENCE
    pump.close()


def test_keys_are_heard_in_mu_law() -> None:
    """A detector hears what was said, not what A-law would make of it."""
    bench = shaped([MU])
    bench.pump.listen(bench.ports[0], Hearing.KEYS)
    tone = np.clip(np.rint(key("5", -10, 200)), -32768, 32767).astype("<i2")
    bench.run({0: encode(tone.tobytes(), MU)}, 20)
    assert [event.key for event in bench.heard[0] if isinstance(event, KeyDown)] == ["5"]


# ---- gains


@pytest.mark.parametrize("gain_db", [-24, -6, -0.5, 0.5, 3.5, 12])
def test_a_lines_gains_are_what_they_say(gain_db: float) -> None:
    """An installer who turns a line by half a dB turns it by half a dB, in either direction, for whoever is connected."""
    for receive, transmit in ((gain_db, 0.0), (0.0, gain_db), (gain_db / 2, gain_db / 2)):
        bench = Bench(2)
        bench.pump.shape_channel(bench.ports[0], ChannelShape(A, receive, 0))
        bench.pump.shape_channel(bench.ports[1], ChannelShape(A, 0, transmit))
        bench.pump.patch(bench.ports[0], bench.ports[1])
        heard = decode(bench.run({0: alaw(sine(1015, -12, 400))})[1][800:2400])
        assert level_dbm0(heard, 1015) == pytest.approx(-12 + gain_db, abs=0.1)


def test_a_gain_holds_in_mixes_and_recordings_and_not_in_detectors() -> None:
    """A recording is as loud as what was heard; a line turned down by 24 dB still hears its keys."""
    bench = Bench(2)
    tap = bench.pump.tap()
    bench.pump.shape_channel(bench.ports[0], ChannelShape(A, -24, 0))
    bench.pump.listen(bench.ports[0], Hearing.KEYS)
    bench.pump.patch(bench.ports[0], tap.left)
    bench.pump.patch(bench.ports[0], bench.ports[1])
    bench.pump.patch(bench.ports[1], bench.ports[1])
    got = bench.run({0: alaw(key("7", -20, 400))})
    assert [event.key for event in bench.heard[0] if isinstance(event, KeyDown)] == ["7"]
    for octets in (tap.reader.read()[0::2], got[1]):
        assert level_dbm0(decode(octets[-1600:]), 852) == pytest.approx(-44, abs=1)


def largest_step(samples: Samples) -> float:
    return float(np.max(np.abs(np.diff(samples))))


def test_a_changed_gain_makes_no_click() -> None:
    """Turning music down under an announcement is heard as softer, not as a knock."""
    bench = Bench(2)
    bench.pump.patch(bench.ports[0], bench.ports[1], -0.5)
    steady = alaw(np.full(160, 400.0))
    bench.run({0: steady * 5})
    bench.pump.patch(bench.ports[0], bench.ports[1], -20)
    softer = decode(bench.run({0: steady * 5})[1])
    bench.pump.patch(bench.ports[0], bench.ports[1], 0)
    louder = decode(bench.run({0: steady * 5})[1])
    assert softer[0] > 350
    assert softer[-1] < 60
    assert louder[-1] > 380
    assert max(largest_step(softer), largest_step(louder)) <= 32


@pytest.mark.parametrize("gain_db", [-24.5, 12.5, float("nan")])
def test_an_impossible_gain_is_refused(gain_db: float) -> None:
    """A mistyped gain does not reach a line."""
    with pytest.raises(OurFault):
        ChannelShape(A, gain_db)
    with pytest.raises(OurFault):
        ChannelShape(A, 0, gain_db)
    bench = Bench(1)
    with pytest.raises(OurFault):
        bench.pump.play(b"\xd5", bench.ports, gain_db=gain_db - 36 if gain_db < 0 else gain_db)


def test_the_pump_itself_refuses_what_python_let_through() -> None:
    """Nonsense in the command ring is refused with its reason, and the calls beside it go on untouched."""
    bench = Bench(3)
    bench.pump.patch(bench.ports[0], bench.ports[1])
    bench.step()
    before = bench.stats().commands_refused
    nonsense = [
        (lib.PUMP_CHANNEL_SHAPE, 0, 2, 0, 0, errno.EINVAL),
        (lib.PUMP_CHANNEL_SHAPE, 0, 0, 1201, 0, errno.ERANGE),
        (lib.PUMP_CHANNEL_SHAPE, 0, 0, 0, -2401, errno.ERANGE),
        (lib.PUMP_CHANNEL_SHAPE, 5, 0, 0, 0, errno.EINVAL),
        (lib.PUMP_PATCH, 0, 1, 1201, 0, errno.ERANGE),
        (lib.PUMP_PATCH, EAR + 0, 2, 0, 0, errno.EINVAL),
        (lib.PUMP_PATCH, EAR + 7, 2, 0, 0, errno.ENOENT),
        (lib.PUMP_PATCH, EAR * 2, 2, 0, 0, errno.EINVAL),
        (lib.PUMP_PATCH, -1, 2, 0, 0, errno.EINVAL),
        (lib.PUMP_PATCH, 0, 99_999, 0, 0, errno.EINVAL),
        (lib.PUMP_PLAY, 9, 3, 0, 0, errno.EINVAL),
        (lib.PUMP_CHANNEL_OPEN, 9, 3, 1000, 0, errno.EINVAL),
    ]
    for op, port, other, value, value2, _ in nonsense:
        bench.pump._submit(op, Port(port), other=other, value=value, value2=value2)
    said = random_octets(5 * BLOCK_SAMPLES, 4)
    got = bench.run({0: said})
    reasons = [sentence for name, sentence in bench.alarms if name == "pump-refused"]
    wanted = [reason for *_, reason in nonsense]
    assert len(reasons) == sum(reason != errno.ENOENT for reason in wanted)
    assert bench.stats().commands_refused - before == len(nonsense)
    assert got[1][DELAY_SAMPLES:] == said[:-DELAY_SAMPLES]


# ---- ears


def test_what_somebody_heard_can_be_recorded() -> None:
    """The recording of an ear holds what that person was given: the other party, the music, with the line's gain."""
    bench = Bench(2)
    tap = bench.pump.tap()
    bench.pump.shape_channel(bench.ports[1], ChannelShape(A, 0, -6))
    bench.pump.patch(ear_of(bench.ports[1]), tap.left)
    bench.pump.patch(bench.ports[0], bench.ports[1])
    bench.pump.play(alaw(sine(500, -20, 1000)), [bench.ports[1]], loop=True)
    heard = bench.run({0: alaw(sine(1500, -20, 400)), 1: alaw(sine(2500, -20, 400))})[1]
    frames = tap.reader.read()
    assert frames[0::2][: -2 * BLOCK_SAMPLES] == heard[2 * BLOCK_SAMPLES :]
    assert frames[1::2] == b"\xd5" * len(heard)
    recorded = decode(frames[0::2][320:2880])
    assert level_dbm0(recorded, 500) == pytest.approx(-26, abs=0.2)
    assert level_dbm0(recorded, 1500) == pytest.approx(-26, abs=0.2)
    assert level_dbm0(recorded, 2500) < -60


def test_a_recorded_ear_is_whole_after_a_stall() -> None:
    """The machine hangs for 60 ms: the recording of an ear still has every word that was said to it."""
    bench = Bench(2)
    tap = bench.pump.tap()
    bench.pump.patch(bench.ports[0], bench.ports[1])
    bench.pump.patch(ear_of(bench.ports[1]), tap.left)
    bench.step()
    for block in range(1, 5):
        bench.exchange({0: bytes([block]) * BLOCK_SAMPLES})
    bench.step()
    bench.run({}, 1)
    assert tap.reader.read()[0::2].strip(b"\xd5") == b"".join(bytes([block]) * BLOCK_SAMPLES for block in range(1, 5))


def test_an_ear_of_mu_law_is_recorded_in_a_law() -> None:
    """Recordings are A-law whatever the line is."""
    bench = shaped([A, MU])
    tap = bench.pump.tap()
    bench.pump.patch(bench.ports[0], bench.ports[1])
    bench.pump.patch(ear_of(bench.ports[1]), tap.left)
    bench.pump.patch(bench.ports[1], tap.right)
    said = [random_octets(5 * BLOCK_SAMPLES, 5), random_octets(5 * BLOCK_SAMPLES, 6)]
    bench.run({0: said[0], 1: said[1]})
    frames = tap.reader.read()
    assert frames[0::2] == other_law(other_law(said[0], A), MU)
    assert frames[1::2] == other_law(said[1], MU)


def test_an_ear_goes_nowhere_but_into_a_recording() -> None:
    """What somebody hears cannot be sent back into what somebody hears: that would be a circle."""
    bench = Bench(2)
    tap = bench.pump.tap()
    assert lib.PUMP_EAR == EAR
    with pytest.raises(OurFault, match="can be recorded only"):
        bench.pump.patch(ear_of(bench.ports[0]), bench.ports[1])
    with pytest.raises(OurFault, match="no source"):
        bench.pump.patch(ear_of(Port(77)), tap.left)
    bench.pump.patch(ear_of(bench.ports[0]), tap.left)
    bench.pump.unpatch(ear_of(bench.ports[0]), tap.left)
    bench.pump.patch(ear_of(bench.ports[1]), tap.left)
    bench.pump.close_channel(bench.ports[1])
    bench.step()
    assert bench.stats().patches == 0
    assert bench.alarms == []


# ---- players


@pytest.mark.parametrize("law", Companding)
def test_a_prompt_sounds_right_on_lines_of_both_laws(law: Companding) -> None:
    """A prompt that was recorded in one law is heard as it was on every line, at its gain, from its start."""
    bench = shaped([A, MU])
    bench.run({}, 2)
    audio = random_octets(1000, 7)
    ends: list[tuple[int, bool]] = []
    bench.pump.play(audio, bench.ports, law=law, start_sample=120, ended=lambda played, complete: ends.append((played, complete)))
    got = [octets[DELAY_SAMPLES:][:880] for octets in bench.run({}, 9)]
    assert got[law] == audio[120:]
    assert got[1 - law] == other_law(audio[120:], law)
    assert ends == [(880, True)]


def test_a_prompt_has_the_gain_it_is_played_with() -> None:
    """Background music is played 20 dB down."""
    bench = Bench(1)
    bench.pump.play(alaw(sine(1000, -10, 1000)), bench.ports, loop=True, gain_db=-20)
    heard = decode(bench.run({}, 20)[0][800:2400])
    assert level_dbm0(heard, 1000) == pytest.approx(-30, abs=0.1)


def test_a_prompt_ends_with_silence_of_its_law() -> None:
    """The last block of a mu-law prompt does not end in a crack."""
    bench = shaped([MU])
    bench.run({}, 2)
    bench.pump.play(b"\x80" * 200, bench.ports, law=MU)
    assert bench.run({}, 6)[0][DELAY_SAMPLES:][:320] == b"\x80" * 200 + b"\xff" * 120


# ---- loudness


def test_what_is_too_loud_is_turned_down_not_clipped() -> None:
    """Two who shout together are heard at full scale and undistorted: harmonics stay 25 dB below, where clipping would make 12."""
    bench = Bench(2)
    bench.pump.patch(bench.ports[0], bench.ports[1], 12)
    heard = decode(bench.run({0: alaw(sine(500, 0, 800))})[1][-3200:])
    assert level_dbm0(heard, 500) == pytest.approx(3, abs=0.3)
    assert max(level_dbm0(heard, harmonic) for harmonic in (1500, 2500)) < 3 - 25
    assert bench.stats().clipped > 0


def test_after_something_loud_the_level_comes_back() -> None:
    """A slammed handset does not leave the conversation soft: within a quarter of a second it is as before."""
    bench = Bench(3)
    for talker in (0, 1):
        bench.pump.patch(bench.ports[talker], bench.ports[2])
    loud, tone = alaw(np.full(160, 30_000.0)), alaw(sine(1000, -20, 600))
    heard = decode(bench.run({0: loud * 4, 1: loud * 4 + tone}, 36)[2])
    assert level_dbm0(heard[1000 + 2000 :][:1600], 1000) == pytest.approx(-20, abs=0.5)


@pytest.mark.parametrize("isa", [lib.PUMP_ISA_PORTABLE, lib.PUMP_ISA_AVX2])
def test_mixes_are_to_the_bit_the_same_on_every_processor(isa: int) -> None:
    """A bug that a customer hears can be reproduced on our machine."""
    before = lib.pump_isa()
    mixes = []
    for body in (lib.PUMP_ISA_PORTABLE, isa):
        lib.pump_use_isa(body)
        bench = Bench(9)
        for talker in range(8):
            bench.pump.patch(bench.ports[talker], bench.ports[8], (-7.3, 0, 2.1, 12, -60, 0, 0.7, -0.1)[talker])
        said = {talker: random_octets(20 * BLOCK_SAMPLES, talker) for talker in range(8)}
        mixes.append((bench.run(said)[8], bench.stats().clipped))
    lib.pump_use_isa(before)
    assert mixes[0] == mixes[1]
    assert mixes[0][1] > 0


def test_sound_of_others_goes_on_when_commands_are_refused() -> None:
    """Whoever overloads the pump with commands is told so; the calls that are going on do not notice."""
    bench = Bench(4, PumpLimits(commands=64))
    bench.pump.patch(bench.ports[0], bench.ports[1])
    bench.step()
    said = random_octets(10 * BLOCK_SAMPLES, 8)
    heard = []

    def overload() -> None:
        for _ in range(65):
            bench.pump.patch(bench.ports[2], bench.ports[3])

    for start in range(0, len(said), BLOCK_SAMPLES):
        with pytest.raises(EnvironmentFault, match="ring is full"):
            overload()
        heard.append(bench.exchange({0: said[start : start + BLOCK_SAMPLES]})[1])
        bench.step()
    assert b"".join(heard)[DELAY_SAMPLES:] == said[:-DELAY_SAMPLES]
