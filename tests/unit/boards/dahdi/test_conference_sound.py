"""Who really hears whom: conferences, supervision and hold, listened to in the pump."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from engine.telephony.conference import Conference, Supervision
from engine.telephony.media import BLOCK_SAMPLES, Port, ToneStep
from hwsim.voices import speech
from tests.unit.boards.dahdi.pump_bench import DELAY_SAMPLES, Bench, Samples, decode, encode, level_dbm0, noise, silence, sine

TONES_HZ = (400, 700, 1000, 1300, 1600)
"""What line 0, 1, 2 … says: each a whole number of periods in the 1600 samples that are looked at."""
MUSIC_HZ, PROMPT_HZ = 2000, 2300
CALLER, AGENT, THIRD, CHIEF, OTHER_CHIEF = range(5)
NAMES = {MUSIC_HZ: "music", PROMPT_HZ: "prompt"}


class Talk:
    """Five lines that each say their tone, and a conference; nobody takes part yet."""

    def __init__(self) -> None:
        self.bench = Bench(5)
        self.ports = self.bench.ports
        self.conference = Conference(self.bench.pump)
        self.bench.step()

    def music(self) -> Port:
        """Music of the house, for whoever is on hold."""
        return self.bench.pump.play(encode(sine(MUSIC_HZ, -20, 1000)), [], loop=True).source

    def heard(self) -> list[set[int | str]]:
        """What each line hears, by who says it, as the change before has taken effect."""
        got = self.bench.run({line: encode(sine(tone, -20, 260)) for line, tone in enumerate(TONES_HZ)})
        return [self._voices(decode(octets[480 : 480 + 1600])) for octets in got]

    @staticmethod
    def _voices(samples: Samples) -> set[int | str]:
        lines: set[int | str] = {line for line, tone in enumerate(TONES_HZ) if level_dbm0(samples, tone) > -30}
        return lines | {name for tone, name in NAMES.items() if level_dbm0(samples, tone) > -30}


def bridge(talk: Talk) -> None:
    """Caller and agent are connected."""
    for line in (CALLER, AGENT):
        talk.conference.join(talk.ports[line])


def put_on_hold(talk: Talk) -> None:
    """The agent hears again, and puts the caller on hold."""
    talk.conference.deafen(talk.ports[AGENT], deaf=False)
    talk.conference.hold(talk.ports[CALLER], talk.music())


Step = Callable[[Talk], object]
TABLE: list[tuple[str, Step, list[set[int | str]]]] = [
    (
        "caller and agent",
        bridge,
        [{1}, {0}, set(), set(), set()],
    ),
    (
        "a supervisor listens",
        lambda talk: talk.conference.supervise(talk.ports[CHIEF], Supervision.LISTEN, talk.ports[AGENT]),
        [{1}, {0}, set(), {0, 1}, set()],
    ),
    (
        "whispers",
        lambda talk: talk.conference.supervise(talk.ports[CHIEF], Supervision.WHISPER, talk.ports[AGENT]),
        [{1}, {0, 3}, set(), {0, 1}, set()],
    ),
    (
        "barges in",
        lambda talk: talk.conference.supervise(talk.ports[CHIEF], Supervision.BARGE_IN, talk.ports[AGENT]),
        [{1, 3}, {0, 3}, set(), {0, 1}, set()],
    ),
    (
        "another listens",
        lambda talk: talk.conference.supervise(talk.ports[OTHER_CHIEF], Supervision.LISTEN, talk.ports[AGENT]),
        [{1, 3}, {0, 3}, set(), {0, 1}, {0, 1, 3}],
    ),
    ("the first leaves", lambda talk: talk.conference.leave(talk.ports[CHIEF]), [{1}, {0}, set(), set(), {0, 1}]),
    ("a third joins", lambda talk: talk.conference.join(talk.ports[THIRD]), [{1, 2}, {0, 2}, {0, 1}, set(), {0, 1, 2}]),
    ("who is muted", lambda talk: talk.conference.mute(talk.ports[THIRD]), [{1}, {0}, {0, 1}, set(), {0, 1}]),
    ("or deaf", lambda talk: talk.conference.deafen(talk.ports[AGENT]), [{1}, set(), {0, 1}, set(), {0, 1}]),
    (
        "the caller is put on hold",
        put_on_hold,
        [{"music"}, set(), {1}, set(), {1}],
    ),
    (
        "and told something",
        lambda talk: talk.conference.play(encode(sine(PROMPT_HZ, -20, 260)), [talk.ports[CALLER]]),
        [{"music", "prompt"}, set(), {1}, set(), {1}],
    ),
    ("is back", lambda talk: talk.conference.resume(talk.ports[CALLER]), [{1}, {0}, {0, 1}, set(), {0, 1}]),
    (
        "a tone in the agent's ear",
        lambda talk: talk.conference.tone([ToneStep(260, PROMPT_HZ, -20)], [talk.ports[AGENT]]),
        [{1}, {0, "prompt"}, {0, 1}, set(), {0, 1}],
    ),
    (
        "a warning for everybody",
        lambda talk: talk.conference.tone([ToneStep(260, PROMPT_HZ, -20)]),
        [{1, "prompt"}, {0, "prompt"}, {0, 1, "prompt"}, set(), {0, 1, "prompt"}],
    ),
    ("the end", lambda talk: talk.conference.end(), [set()] * 5),
]


def test_who_hears_whom_is_so_in_the_pump() -> None:
    """Through a whole call every party hears whom they should and nobody else: the caller never the whisper."""
    talk = Talk()
    for name, change, expected in TABLE:
        change(talk)
        assert talk.heard() == expected, name
    talk.bench.pump.poll()
    assert talk.bench.stats().patches == 0
    assert talk.bench.alarms == []


def test_a_bridge_is_exact_again_after_a_supervisor_left() -> None:
    """A fax that follows a supervised conversation passes octet by octet, without a new call."""
    talk = Talk()
    bridge(talk)
    talk.conference.supervise(talk.ports[CHIEF], Supervision.BARGE_IN, talk.ports[AGENT])
    talk.heard()
    talk.conference.leave(talk.ports[CHIEF])
    talk.bench.run({}, 3)
    said = np.random.default_rng(3).integers(0, 256, 8000, dtype=np.uint8).tobytes()
    assert talk.bench.run({0: said})[1][DELAY_SAMPLES:] == said[:-DELAY_SAMPLES]


# ---- many open microphones

PARTIES = 32


def conference(parties: int) -> tuple[Bench, Conference]:
    """So many lines in one conference."""
    bench = Bench(parties)
    made = Conference(bench.pump)
    for port in bench.ports:
        made.join(port)
    bench.step()
    return bench, made


def hears(bench: Bench, listener: int, says: Mapping[int, Samples]) -> Samples:
    """What one party hears, in time with what was said."""
    said = {line: encode(samples) for line, samples in says.items()}
    length = max(len(octets) for octets in said.values())
    return decode(bench.run(said, -(-length // BLOCK_SAMPLES) + 2)[listener][DELAY_SAMPLES:])[:length]


def signal_to_noise_db(wanted: Samples, heard: Samples) -> float:
    """By segments of 20 ms in which there is speech, each between −10 and 35 dB."""
    segments = range(0, len(wanted) - BLOCK_SAMPLES, BLOCK_SAMPLES)
    loud = [start for start in segments if np.mean(wanted[start : start + BLOCK_SAMPLES] ** 2) > 1e4]
    ratios = [
        10 * np.log10(np.sum(wanted[start : start + 160] ** 2) / max(np.sum((heard - wanted)[start : start + 160] ** 2), 1))
        for start in loud
    ]
    assert len(ratios) > 50
    return float(np.mean(np.clip(ratios, -10, 35)))


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> list[Samples]:
    """Two people who say something, by the synthesiser that the product speaks with."""
    folder: Path = tmp_path_factory.mktemp("voices")
    said = [
        ("Good afternoon, your order was sent on Monday and should be with you tomorrow morning.", "en", 3),
        ("您好, 您的订单已经在星期一发出, 预计明天上午送到。", "zh", 4),
    ]
    return [speech(text, language, seed, folder).astype(np.float64) for text, language, seed in said]


def test_one_talker_among_31_open_microphones_is_understood(words: list[Samples]) -> None:
    """With 32 noisy telephones in a conference the one who speaks is 20 dB clearer than if all noise were added."""
    bench, _ = conference(PARTIES)
    talk = np.concatenate([silence(1000), words[0]])
    levels = np.random.default_rng(1).uniform(-46, -34, PARTIES)
    rooms = {line: noise(levels[line], len(talk), seed=line) for line in range(1, PARTIES)}
    heard = hears(bench, PARTIES - 1, {0: talk, **rooms})
    everything = decode(encode(talk + sum(samples for line, samples in rooms.items() if line != PARTIES - 1)))
    measured, naive = signal_to_noise_db(talk, heard), signal_to_noise_db(talk, everything)
    assert naive < 6
    assert measured > naive + 20


def test_a_hum_does_not_keep_a_soft_talker_out(words: list[Samples]) -> None:
    """Five lines with a loud hum are in the conference; whoever speaks no louder than they hum is heard, and the hum is not."""
    bench, _ = conference(8)
    talk = words[1] * 10 ** (-8 / 20)
    hum = {line: np.concatenate([sine(100, -26, 3000), sine(100, -26, len(talk) / 8)]) for line in range(1, 6)}
    heard = hears(bench, 7, {0: np.concatenate([silence(3000), talk]), **hum})[-len(talk) :]
    assert level_dbm0(heard, 100) < -45
    assert np.corrcoef(talk, heard)[0, 1] > 0.98


def test_the_first_word_of_a_new_talker_is_whole(words: list[Samples]) -> None:
    """Whoever begins to speak is heard from the first sound on, and the one who pauses is not cut off."""
    bench, _ = conference(12)
    first, second = words
    talks = {0: np.concatenate([first, silence(200), silence(len(second) / 8)]), 1: np.concatenate([silence(len(first) / 8 + 200), second])}
    rooms = {line: noise(-48, len(talks[0]), seed=line) for line in range(2, 12)}
    heard = hears(bench, 11, {**talks, **rooms})
    both = talks[0] + talks[1]
    for start in range(0, len(both) - 160, 160):
        wanted, got = both[start : start + 160], heard[start : start + 160]
        if np.mean(wanted**2) > 4e5:
            # the 5 ms of the ramp are allowed to be missing
            assert np.dot(wanted, got) / np.dot(wanted, wanted) > 0.7, start
    assert signal_to_noise_db(both, heard) > 12


def test_changing_talkers_do_not_click() -> None:
    """When a party begins to speak the noise of the others fades within 5 ms instead of breaking off."""
    bench = Bench(6)
    for talker in range(5):
        bench.pump.patch(bench.ports[talker], bench.ports[5])
    steady = {talker: np.full(8000, 56.0) for talker in range(4)}
    rising = np.concatenate([np.zeros(3200), np.repeat([8.0, 24, 40, 56, 72, 88, 104], 400), np.full(2000, 104.0)])
    heard = hears(bench, 5, {**steady, 4: rising})
    assert heard[3000] == pytest.approx(4 * 56, abs=8)
    assert heard[-1] == pytest.approx(104, abs=8)
    assert np.max(np.abs(np.diff(heard[1000:]))) <= 32


def test_what_the_house_plays_is_heard_among_many_talkers() -> None:
    """An announcement into a conference is heard however many speak."""
    bench, made = conference(10)
    made.play(encode(sine(2000, -30, 2000)))
    heard = hears(bench, 9, {line: noise(-20, 8000, seed=line) for line in range(9)})
    assert level_dbm0(heard[1600:3200], 2000) == pytest.approx(-30, abs=1.5)


def test_four_at_once_are_all_heard_and_the_fifth_is_not() -> None:
    """As many as can be told apart are heard together; parties in a small conference are never chosen among."""
    levels = (-15, -18, -21, -24, -27, -30)
    for parties, audible in ((5, 4), (8, 4)):
        bench, _ = conference(parties)
        talkers = range(min(parties - 1, 6))
        says = {line: np.concatenate([silence(100), sine(400 + 300 * line, levels[line], 500)]) for line in talkers}
        heard = hears(bench, parties - 1, says)[2400:4000]
        loud = [line for line in talkers if level_dbm0(heard, 400 + 300 * line) > levels[line] - 2]
        assert loud == list(range(audible))
