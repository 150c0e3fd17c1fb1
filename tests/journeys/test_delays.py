"""How soon and how late people hear each other, measured by their ears in virtual time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from appliance.building import Sounds
from appliance.prompts import load
from appliance.rig import Rig
from appliance.site_file import demo_site_file, read_site
from hwsim.ears import Ear, best_match
from hwsim.people import DeskPhone, Subscriber, Utterance
from hwsim.signals import RATE_HZ, Samples

FIRST_HEARD_MS = 60
PATH_DELAY_MS = 40
SAMPLES_A_MS = RATE_HZ // 1000


def noise(seconds: float, seed: int) -> Samples:
    """Noise at speech level: no two stretches of it are alike."""
    return (np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ)) * 2000).astype(np.int16)


def delay_ms(ear: Ear, said: Utterance, at_sample: int) -> float:
    """How late the half second of what was said from this sample on arrives."""
    begin = at_sample - said.start_sample
    match = best_match(ear.audio(at_sample, at_sample + RATE_HZ), said.samples[begin : begin + RATE_HZ // 2], at_sample)
    assert match.correlation > 0.95
    return (match.offset_samples - at_sample) / SAMPLES_A_MS


class Conversation:
    """A caller on line-1 and the agent at extension 801, who lifts so many ms after a block's border while the caller speaks."""

    def __init__(self, prompts: Path, folder: Path, lifts_after_ms: int = 0, lasts_s: int = 12) -> None:
        site = read_site(demo_site_file())
        self.rig = Rig(site, folder, Sounds(load(prompts)), 1, log=self._fail)
        self.caller = Subscriber(self.rig.world, self.rig.exchange, "caller", "13800138000")
        self.agent: DeskPhone = self.rig.phones["phone-801"]
        self.rig.start()
        world = self.rig.world
        self.agent.lift()
        world.run_for(1000)
        self.agent.press("*111001#2580#")
        world.run_for(6000)
        self.agent.hang_up()
        world.run_for(1500)
        self.caller.call("line-1")
        assert world.run_until(lambda: self.caller.talking, 15_000)
        world.run_for(1000)
        self.caller.press("11")
        assert world.run_until(lambda: self.agent.ringing, 5_000)
        world.run_for(2000)
        self.by_caller = self.caller.say(noise(20, 1))
        world.run_for(1000)
        self.lifted_sample = world.now_sample + lifts_after_ms * SAMPLES_A_MS
        world.after(lifts_after_ms, self.agent.lift)
        world.run_for(20)
        self.by_agent = self.agent.say(noise(18, 2))
        world.run_for(lasts_s * 1000)

    @staticmethod
    def _fail(line: str) -> None:
        pytest.fail(line)


@pytest.fixture(scope="module")
def conversation(prompts_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Conversation:
    return Conversation(prompts_folder, tmp_path_factory.mktemp("conversation"))


@pytest.mark.parametrize("lifts_after_ms", [0, 1, 10, 19])
def test_the_agent_hears_the_caller_at_once(prompts_folder: Path, tmp_path: Path, lifts_after_ms: int) -> None:
    """Nobody says the first word into a dead line: whenever the agent lifts, 60 ms later at the latest the caller is heard."""
    conversation = Conversation(prompts_folder, tmp_path, lifts_after_ms, lasts_s=2)
    ear, said, since = conversation.agent.ear, conversation.by_caller, conversation.lifted_sample
    late = round(delay_ms(ear, said, since + 4000) * SAMPLES_A_MS)
    heard = ear.audio(since, since + 4000)
    same = heard == said.samples[since - late - said.start_sample :][: heard.size]
    first = next(at for at in range(heard.size - 80) if same[at : at + 80].all())
    assert first / SAMPLES_A_MS <= FIRST_HEARD_MS


def test_both_hear_each_other_with_little_delay(conversation: Conversation) -> None:
    """A conversation does not stumble: in either direction the appliance adds 40 ms at most, at the beginning and later alike."""
    for after_s in (1, 10):
        at = conversation.lifted_sample + after_s * RATE_HZ
        assert delay_ms(conversation.agent.ear, conversation.by_caller, at) <= PATH_DELAY_MS
    at = conversation.lifted_sample + 10 * RATE_HZ
    assert delay_ms(conversation.caller.ear, conversation.by_agent, at) <= PATH_DELAY_MS


def test_the_caller_hears_the_agent_only_after_the_announcement(conversation: Conversation) -> None:
    """The caller hears who is speaking before that person is heard: nothing of the agent comes through in the first second."""
    said = conversation.by_agent
    match = best_match(conversation.caller.ear.audio(said.start_sample, said.start_sample + RATE_HZ), said.samples[: RATE_HZ // 2])
    assert match.correlation < 0.3
