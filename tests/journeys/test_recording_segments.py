"""Recordings of contacts in which somebody is put on hold, sent on and joined: their files are their talk, to 20 ms."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import pytest

from appliance.options import ScenarioOptions
from appliance.prompts import load
from appliance.scenarios import Follower, Studio, productions_of
from engine import facts
from engine.kernel.bus import Envelope
from engine.store.journal import Reading
from engine.store.recovery import JOURNAL_FOLDER
from recorder.wav import FRAME_BYTES, HEADER_BYTES
from tests.interaction_audit import TOLERANCE_SAMPLES, interaction_faults, recorded_samples, talk_samples

HERE = Path(__file__).parent
Kept = tuple[Path, list[Envelope]]
F = TypeVar("F", bound=facts.Fact)


@pytest.fixture(scope="module", params=["recording_transfer", "recording_returned", "phone_hold_and_second_call"])
def kept(request: pytest.FixtureRequest, prompts_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The data folder of a scenario that was played, and its journal."""
    folder = tmp_path_factory.mktemp("kept")
    file = HERE / f"{request.param}.yaml"
    (production,) = productions_of(ScenarioOptions(files=(file,), keep=folder))
    result = production.play(Studio(load(prompts_folder), tmp_path_factory.mktemp("voices")), Follower(production, lambda _said: None, str))
    assert result.passed, [failure.happened.in_english() for failure in result.failures]
    data = folder / request.param
    return data, list(Reading(data / JOURNAL_FOLDER))


def test_segments_are_the_bridged_time(kept: Kept) -> None:
    """What was talked in each call is in its files, neither less nor more than a block, and every contact has one end and one cause."""
    _, told = kept
    assert interaction_faults(told) == []
    talked, recorded = talk_samples(told), recorded_samples(told)
    assert talked.keys() == recorded.keys() != set()
    for call, samples in talked.items():
        assert abs(recorded[call] - samples) <= TOLERANCE_SAMPLES, call


def test_each_segment_is_a_file_of_its_length(kept: Kept) -> None:
    """Whoever plays a segment hears all of it; no two segments are in one file."""
    folder, told = kept
    paths = {fact.recording: fact.path for fact in _told(told, facts.RecordingStarted)}
    segments = _told(told, facts.RecordingSegment)
    assert len(set(paths.values())) == len(paths) == len(segments)
    for segment in segments:
        octets = (folder / "recordings" / paths[segment.recording]).stat().st_size
        assert octets == HEADER_BYTES + FRAME_BYTES * segment.samples


def _told(told: list[Envelope], kind: type[F]) -> list[F]:
    return [envelope.fact for envelope in told if isinstance(envelope.fact, kind)]
