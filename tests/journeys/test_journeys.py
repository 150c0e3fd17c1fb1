"""The journeys: each scenario file of this folder, played on a whole appliance in virtual time."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.options import ScenarioOptions
from appliance.prompts import load
from appliance.scenarios import Follower, Result, Studio, productions_of
from engine.kernel.text import Text

JOURNEYS = sorted(Path(__file__).parent.glob("*.yaml"))
Play = Callable[..., Result]


@pytest.fixture(scope="session")
def studio(prompts_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(load(prompts_folder), tmp_path_factory.mktemp("voices"))


@pytest.fixture
def play(studio: Studio) -> Play:
    """Play a file and print its course, which pytest shows when the test fails."""

    def play_it(file: Path, *, keep: Path | None = None, seed: int | None = None) -> Result:
        def say(said: Text) -> None:
            print(said.in_english())  # noqa: T201

        (production,) = productions_of(ScenarioOptions(files=(file,), keep=keep, seed=seed))
        return production.play(studio, Follower(production, say, str))

    return play_it


@pytest.mark.parametrize("file", JOURNEYS, ids=lambda file: file.stem)
def test_journey(file: Path, play: Play) -> None:
    """Callers and agents experience what the scenario's title says; see the file."""
    result = play(file)
    assert result.passed, "\n".join(
        f"{file.name}:{failure.line}: expected {failure.expected.in_english()}; {failure.happened.in_english()}"
        for failure in result.failures
    )


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_handbooks_examples_come_out(number: int, play: Play, tmp_path: Path) -> None:
    """Whoever copies an example from the handbook sees it pass."""
    handbook = Path(__file__).parents[2] / "docs" / "scenarios.md"
    examples = re.findall(r"```yaml\n(.*?)```", handbook.read_text("utf-8"), re.DOTALL)
    file = tmp_path / "example.yaml"
    file.write_text(examples[number], "utf-8")
    result = play(file)
    assert result.passed, [failure.happened.in_english() for failure in result.failures]


def journal(folder: Path) -> bytes:
    return b"".join(part.read_bytes() for part in sorted((folder / "journal").iterdir()))


def test_the_same_seed_writes_the_same_journal(play: Play, tmp_path: Path) -> None:
    """Whoever gets a failing run's seed sees the same run: the journal is the same to the last byte, and so are the recordings."""
    file = Path(__file__).parent / "whole_journey.yaml"
    for _ in range(2):
        assert play(file, keep=tmp_path, seed=7).passed
    first, second = tmp_path / "whole_journey", tmp_path / "whole_journey-2"
    assert journal(first) == journal(second)
    assert len(journal(first)) > 1000
    recordings = [sorted(folder.rglob("*.wav")) for folder in (first / "recordings", second / "recordings")]
    assert [path.read_bytes() for path in recordings[0]] == [path.read_bytes() for path in recordings[1]]
    assert len(recordings[0]) == 1
