"""What the key receiver accepts and refuses: a slice of ``strowger bench dtmf``, and that the bench tells the truth."""

from __future__ import annotations

import json

import numpy as np
import pytest

from appliance.bench_dtmf import Score, conditions, is_met, own_prompts, score, try_condition
from appliance.cli import main
from boards.dahdi.receivers import KeyFound
from hwsim.key_vectors import Condition, Press, Pressing
from hwsim.signals import Samples, silence

SEED = 7
REPEATS = 3
NAMES = [name.in_english() for name, _condition in conditions(silence(1000))]


@pytest.fixture(scope="module")
def prompt() -> Samples:
    """Our own voice, in both languages."""
    return own_prompts()


@pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)
def test_keys_are_accepted_and_refused_as_the_table_says(number: int, prompt: Samples) -> None:
    """Every key of every telephone within the standards gets through on every line within them, and what is no key presses none."""
    name, condition = conditions(prompt)[number]
    result = try_condition(condition, (SEED, number), REPEATS)
    assert is_met(condition, result), f"{name.in_english()}: {result}"
    assert result.presses == 16 * REPEATS


@pytest.mark.parametrize(
    ("name", "most_ms"), [("50 ms on, 50 ms off", 46), ("row -36 dBm0, column -36 dBm0", 46), ("white noise at 12 dB S/N", 50)]
)
def test_a_key_is_told_while_it_is_still_down(name: str, most_ms: float, prompt: Samples) -> None:
    """A caller who presses a key hears the prompt stop before the finger is up."""
    number = NAMES.index(name)
    result = try_condition(conditions(prompt)[number][1], (SEED, number), 10)
    assert max(result.told_after_ms) <= most_ms


def found(key: str, begin: int, told: int) -> KeyFound:
    return KeyFound(key, begin, told, told, -10)


PRESSES = (Press("1", 800, 1200), Press("2", 1600, 2000))


@pytest.mark.parametrize(
    ("keys", "accepted", "extra"),
    [
        ([found("1", 800, 1120), found("2", 1600, 1920)], 2, 0),
        ([found("1", 800, 1120)], 1, 0),
        ([found("1", 800, 1120), found("1", 1130, 1440), found("2", 1600, 1920)], 1, 2),
        ([found("4", 800, 1120), found("2", 1600, 1920)], 1, 1),
        ([found("9", 0, 320), found("1", 800, 1120), found("2", 1600, 1920)], 2, 1),
        ([], 0, 0),
    ],
)
def test_the_bench_counts_what_is_right_and_what_is_not(keys: list[KeyFound], accepted: int, extra: int) -> None:
    """A digit heard twice, another one instead, or one where none was pressed is not counted as heard."""
    result = score(PRESSES, keys)
    assert (result.presses, result.accepted, result.extra) == (2, accepted, extra)


def test_a_condition_is_met_only_by_all_or_nothing() -> None:
    """One miss in a thousand, or one false digit, is shown as missed."""
    wanted, unwanted = Condition(wanted=True, pressing=Pressing()), Condition(wanted=False, pressing=Pressing())
    assert is_met(wanted, Score(16, 16, 0))
    assert not is_met(wanted, Score(16, 15, 0))
    assert not is_met(wanted, Score(16, 16, 1))
    most = Condition(wanted=True, pressing=Pressing(), least=0.9)
    assert is_met(most, Score(16, 15, 0))
    assert not is_met(most, Score(16, 14, 0))
    assert not is_met(most, Score(16, 15, 1))
    assert is_met(unwanted, Score(16, 0, 0))
    assert not is_met(unwanted, Score(16, 1, 0))
    assert not is_met(unwanted, Score(16, 0, 1))


def test_the_bench_can_be_read_by_programs_and_people(capsys: pytest.CaptureFixture[str]) -> None:
    """An installer sees a table in his language, a program the same figures as one JSON object."""
    assert main(["bench", "dtmf", "--repeats", "1", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["met"]
    assert [row["condition"] for row in figures["rows"]] == NAMES
    assert set(figures["rows"][0]["own"]) == set(figures["rows"][0]["spandsp"]) == {"presses", "accepted", "extra", "told_after_ms"}
    for by_receiver in figures["cost_us_per_channel_second"].values():
        assert by_receiver["own_portable"] > 0
        assert by_receiver["spandsp"] > 0
    assert main(["--language", "en", "bench", "dtmf", "--repeats", "1", "--seed", "1"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].split()[:2] == ["condition", "wanted"]
    assert len([line for line in shown if "16/16" in line or "0/16" in line]) == len(NAMES)
    assert shown[-1] == "Every condition is met."


def test_the_vectors_follow_their_seed(prompt: Samples) -> None:
    """Who repeats a bench gets the same sounds, and with another seed others."""
    condition = conditions(prompt)[0][1]
    assert try_condition(condition, (1, 2), 2) == try_condition(condition, (1, 2), 2)
    assert try_condition(condition, (1, 2), 2).told_after_ms != try_condition(condition, (1, 3), 2).told_after_ms


def test_our_own_voice_is_at_the_level_at_which_callers_hear_it(prompt: Samples) -> None:
    """The prompt condition is as hard as a real line: at about -16 dBm0."""
    spoken = prompt[np.abs(prompt) > 200].astype(np.float64)
    assert -20 < 10 * np.log10(np.mean(spoken**2) * 2 / 32768**2) + 3.14 < -10
