"""The key receiver itself: what it says of a key beside which one it was, and that it says the same on every processor.

What it accepts and refuses is tried in ``tests/unit/appliance/test_bench_dtmf.py``, condition by condition.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from boards.dahdi.codec import decode as law_decode
from boards.dahdi.codec import encode as law_encode
from boards.dahdi.media import Hearing, KeyDown, KeyUp
from boards.dahdi.receivers import AVX2, PORTABLE, KeyFound, Receiver, find_keys, instructions, use_instructions
from engine.kernel.errors import OurFault
from engine.telephony.media import BLOCK_SAMPLES, Companding
from hwsim.key_vectors import ALL_KEYS, Condition, Pressing, beside, press_all, white_noise
from hwsim.signals import alaw_from_linear, tone
from tests.unit.boards.dahdi.pump_bench import Bench, Samples, encode, key, noise, silence, sine

CHANCE = 20_240_607


@pytest.fixture
def any_instructions() -> Iterator[None]:
    """Leaves the choice of instructions as it was."""
    before = instructions()
    yield
    use_instructions(before)


def heard_in(*parts: Samples) -> list[KeyFound]:
    sound = np.concatenate([*parts, silence(100)])
    return find_keys(encode(sound[: sound.size // BLOCK_SAMPLES * BLOCK_SAMPLES]))


@pytest.mark.parametrize("begin", [800, 837, 881, 933, 959])
@pytest.mark.parametrize("digit", "16#D")
def test_a_key_has_its_time_and_level(digit: str, begin: int) -> None:
    """A technician who lists the keys of a recording finds each where it is, as long as it is, as loud as it is."""
    (found,) = heard_in(np.zeros(begin), key(digit, -12, 80))
    assert found.key == digit
    assert found.begin == pytest.approx(begin, abs=8)
    assert found.end == pytest.approx(begin + 640, abs=8)
    assert found.level_dbm0 == pytest.approx(-12, abs=0.1)
    assert found.told - begin <= 46 * 8


def test_the_pump_tells_begin_end_duration_and_level() -> None:
    """What a caller's key interrupts can be interrupted as of the moment of pressing, not of recognising."""
    bench = Bench(1)
    bench.pump.listen(bench.ports[0], Hearing.KEYS)
    bench.step()
    before = bench.pump.sample_now()
    bench.run({0: encode(np.concatenate([silence(100), key("7", -10, 200), silence(100)]))})
    down, up = bench.heard[0]
    assert isinstance(down, KeyDown)
    assert isinstance(up, KeyUp)
    assert down.sample - before == pytest.approx(800, abs=8)
    assert up.sample - before == pytest.approx(2400, abs=8)
    assert up.duration_samples == pytest.approx(1600, abs=12)
    assert down.level_dbm0 == up.level_dbm0 == pytest.approx(-10, abs=0.1)


def test_the_level_is_the_mean_of_both_tones() -> None:
    """A level between those of two unequal tones tells more than either of them."""
    (found,) = heard_in(silence(100), sine(770, -8, 80) + sine(1336, -14, 80))
    mean = 10 * np.log10((10**-0.8 + 10**-1.4) / 2)
    assert found.level_dbm0 == pytest.approx(mean, abs=0.1)


def test_a_key_that_is_held_is_one_key() -> None:
    """Whoever leans on a key for ten seconds has pressed it once."""
    (found,) = heard_in(silence(100), key("0", -10, 10_000))
    assert found.end - found.begin == pytest.approx(80_000, abs=16)


def test_a_key_right_after_another_is_heard() -> None:
    """A dialler that leaves no pause between different keys loses none."""
    found = heard_in(silence(100), *(key(digit, -10, 60) for digit in "159D*"))
    assert "".join(key.key for key in found) == "159D*"


def test_a_key_is_heard_while_somebody_breathes_into_the_telephone() -> None:
    """Noise that begins with the key and ends with it does not hide it."""
    sound = np.concatenate([silence(100), key("4", -10, 100) + noise(-17, 800), silence(100)])
    assert [key.key for key in find_keys(encode(sound[: sound.size // 160 * 160]))] == ["4"]


def test_an_echo_does_not_press_the_key_again() -> None:
    """Of a key and an echo 16 dB below it that comes when the key is over, one is pressed; a caller who presses again is heard again."""
    pressed = [silence(100), key("3", -6, 60), silence(35), key("3", -22, 60)]
    assert len(heard_in(*pressed)) == 1
    assert len(heard_in(*pressed, silence(40), key("3", -8, 60))) == 2


def test_steady_tones_that_are_no_pair_are_no_key() -> None:
    """Two tones of one group, one tone alone, three tones: exchanges and machines make them, telephones do not."""
    for sounds in (
        [(697, -10), (770, -10)],
        [(1209, -10), (1477, -10)],
        [(852, -10)],
        [(1336, -10)],
        [(697, -10), (1209, -10), (1800, -10)],
    ):
        sound = sum((sine(frequency, level, 200) for frequency, level in sounds), silence(200))
        assert heard_in(silence(100), sound) == [], sounds


def test_both_laws_are_heard_alike() -> None:
    """A line of µ-law hears the same keys."""
    vector = press_all(Condition(wanted=True, pressing=Pressing()), np.random.default_rng(CHANCE))
    as_mulaw = law_encode(law_decode(vector.octets, Companding.A_LAW), Companding.MU_LAW)
    keys = "".join(press.key for press in vector.presses)
    assert "".join(key.key for key in find_keys(as_mulaw, law=Companding.MU_LAW)) == keys


@pytest.mark.usefixtures("any_instructions")
def test_every_processor_decides_alike() -> None:
    """A recording that is judged on another machine gives the same keys at the same samples, and refuses the same ones."""
    if not use_instructions(AVX2):
        assert instructions() == PORTABLE
        return
    chance = np.random.default_rng(CHANCE)
    conditions = [
        Condition(wanted=True, pressing=Pressing(30, 45, -10, -18, 0.025, -0.027), line=white_noise(-16)),
        Condition(wanted=True, pressing=Pressing(26, 45, -12, -12, -0.026, 0.026), line=beside(tone(450, -6, 8000))),
        Condition(wanted=True, pressing=Pressing(24.9, 60, -39, -41)),
        Condition(wanted=True, pressing=Pressing(60, 45, 0, -9, break_ms=12)),
    ]
    sounds = [press_all(condition, chance).octets for condition in conditions for _turn in range(10)]
    sounds.append(chance.integers(0, 256, 160_000, np.uint8).tobytes())
    found = {}
    for name in (AVX2, PORTABLE):
        assert use_instructions(name)
        found[name] = [find_keys(sound) for sound in sounds]
    assert found[AVX2] == found[PORTABLE]
    presses = 16 * (len(sounds) - 1)
    assert presses * 0.1 < sum(map(len, found[AVX2])) < presses * 0.9  # the sounds are at the edge of what is a key


def test_nonsense_presses_nothing_that_is_not_let_go() -> None:
    """Whatever a broken line brings (full noise, clicks, stuck octets), keys come down and up in turn and nothing fails."""
    chance = np.random.default_rng(CHANCE)
    clicks = np.where(chance.random(80_000) < 0.001, 32_000.0, 0.0)
    for octets in (chance.integers(0, 256, 80_000, np.uint8).tobytes(), alaw_from_linear(clicks), b"\x2a" * 80_000, b"\x2a\xaa" * 40_000):
        bench = Bench(1)
        bench.pump.listen(bench.ports[0], Hearing.KEYS)
        bench.run({0: octets}, len(octets) // BLOCK_SAMPLES + 10)
        kinds = [type(heard) for heard in bench.heard[0]]
        assert kinds == [KeyDown, KeyUp] * (len(kinds) // 2)


def test_a_sound_that_is_no_whole_block_is_heard_up_to_the_last_one() -> None:
    """A file that was cut anywhere can be searched."""
    assert find_keys(b"") == []
    assert find_keys(b"\xd5" * 100) == []
    found = find_keys(encode(np.concatenate([silence(50), key("5", -10, 60), silence(60)]))[:-7])
    assert [key.key for key in found] == ["5"]


def test_all_keys_are_known_to_the_vectors() -> None:
    """The sixteen keys of the tests are those of the standard, each once."""
    assert sorted(ALL_KEYS) == sorted("0123456789*#ABCD")


def test_the_other_receiver_can_be_asked_too() -> None:
    """The bench compares: what is easy is heard by both."""
    vector = press_all(Condition(wanted=True, pressing=Pressing(80, 80)), np.random.default_rng(CHANCE))
    keys = "".join(press.key for press in vector.presses)
    assert "".join(key.key for key in find_keys(vector.octets, Receiver.SPANDSP)) == keys


def test_an_unknown_law_is_our_fault() -> None:
    """A caller in the code that asks for what does not exist learns it at once."""
    with pytest.raises(OurFault, match="cannot be searched"):
        find_keys(b"\xd5" * 160, law=7)  # type: ignore[arg-type]  # what is tested
