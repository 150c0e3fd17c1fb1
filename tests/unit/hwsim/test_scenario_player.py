"""The player of scenarios, on a stage without appliance: the tests ring, sound and report what an appliance would."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boards.dahdi.abi import Alarm
from engine import facts
from engine.kernel.bus import Envelope
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text
from hwsim.cable import KM_6
from hwsim.caller_id import mdmf, modulate
from hwsim.exchange import Disconnect, Exchange, LineService
from hwsim.exchange_sounds import announced, busy_tone, dial_tone
from hwsim.hand import HUMAN
from hwsim.line import Impairments
from hwsim.line_service import CallerIdAlert, CallerIdSending
from hwsim.people import DeskPhone
from hwsim.scenario_language import ScenarioError, parse_scenario
from hwsim.scenario_player import AT_REST_MS, Played, Player
from hwsim.scenario_stage import Stage
from hwsim.signals import CADENCES, RATE_HZ, Samples, alaw_from_linear, cadence, linear_from_alaw, silence
from tests.unit.hwsim.simple_world import SimpleExchangePort, SimplePhonePort, simple_world


def noise(seconds: float, seed: int) -> Samples:
    return (np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ)) * 2000).astype(np.int16)


PROMPTS = {("zh", "welcome"): noise(0.7, 1), ("zh", "menu"): noise(0.5, 2), ("en", "menu"): noise(0.5, 3)}
VOICE = noise(1.0, 9)
Rows = Sequence[Mapping[str, Any]]


class Slots:
    """Two cards."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def pull_card(self, index: int) -> None:
        if f"pull {index}" in self.done:
            raise ValueError(f"card {index} is pulled already")
        self.done.append(f"pull {index}")

    def push_card(self, index: int) -> None:
        self.done.append(f"push {index}")

    def alarm_span(self, index: int, port: int, alarms: Alarm) -> None:
        self.done.append(f"alarm {index}/{port} {alarms.name}")


class Theatre:
    """One exchange line, one phone with extension 801, and a player."""

    def __init__(self, folder: Path) -> None:
        self.line_port, self.port = SimpleExchangePort(), SimplePhonePort()
        self.world = simple_world(self.line_port, self.port)
        self.exchange = Exchange(self.world, {"line-1": self.line_port}, {"line-1": "02155501001"})
        self.phone = DeskPhone(self.world, "phone-801", self.port)
        self.slots = Slots()
        self.rows: Rows | Exception = []
        self.folder = folder
        self.told: list[Played] = []
        self.player: Player | None = None

    def ask_calls(self, done: Callable[[Rows], None], failed: Callable[[Exception], None]) -> None:
        rows = self.rows
        self.world.after(2, (lambda: failed(rows)) if isinstance(rows, Exception) else (lambda: done(rows)))

    def make(self, script: str, people: str = 'wang: {number: "13800138000"}') -> Player:
        """The player of this script; YAML on the lines from 4 on."""
        written = f"title: t\npeople: {{{people}}}\nscript:\n{script}"
        stage = Stage(
            world=self.world,
            exchange=self.exchange,
            phones={"801": self.phone},
            cards=self.slots,
            card_count=2,
            prompts={name: alaw_from_linear(sound) for name, sound in PROMPTS.items()},
            language="zh",
            agents=["1001"],
            recordings=self.folder,
            speak=lambda _words, _language, _seed: VOICE,
            ask_calls=self.ask_calls,
        )
        self.player = Player(parse_scenario(written, "s.yaml", self.folder), stage, self.told.append)
        return self.player

    def play(self, script: str) -> list[str]:
        """Play to the end; gives the failures as ``line: happened``."""
        player = self.player or self.make(script)
        player.begin()
        assert self.world.run_until(lambda: player.over, 120_000)
        return [f"{failure.line}: {failure.happened.in_english()}" for failure in player.failures]

    def at(self, second: float, do: Callable[[], object]) -> None:
        """After the lines came to rest."""
        self.world.at(AT_REST_MS + round(second * 1000), do)

    def happens(self, fact: facts.Fact) -> None:
        """The appliance publishes a fact."""
        assert self.player is not None
        self.player.hear(Envelope(1, "b1", 0, 0, 480, 0, "", fact))


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    return Theatre(tmp_path)


def ended(call: str, cause: int = 16) -> facts.CallEnded:
    return facts.CallEnded(call=call, cause=cause, reason="hung_up", released_by="caller")


# ---- what people do ----------------------------------------------------------------------------------------------------


def test_people_do_what_the_script_says_and_keys_take_their_time(theatre: Theatre) -> None:
    """The phone lifts, presses two keys of 200 ms each, flashes and hangs up; each is told with its time."""
    script = """
  - {who: phone-801, does: lift}
  - {who: phone-801, does: press, keys: "12"}
  - {who: phone-801, does: flash}
  - {who: phone-801, does: hang_up}
"""
    assert theatre.play(script) == []
    assert [played.at_ms - AT_REST_MS for played in theatre.told] == [0, 400, 520, 520]
    assert [played.line for played in theatre.told] == [5, 6, 7, 8]
    assert [closed for _, closed in theatre.port.loops] == [True, False, True, False]


def test_what_cannot_be_done_ends_the_play(theatre: Theatre) -> None:
    """Hanging up a handset that is down is a failure at its line, and nobody acts afterwards."""
    script = "  - {who: phone-801, does: hang_up}\n  - {who: phone-801, does: lift}\n"
    assert theatre.play(script) == ["4: phone-801 cannot hang up: the handset is down already"]
    assert not theatre.phone.lifted


@pytest.mark.parametrize("act", ['{who: phone-801, does: press, keys: "1"}', "{who: wang, does: say, text: hello}"])
def test_nobody_speaks_into_a_phone_that_is_down(theatre: Theatre, act: str) -> None:
    """Speech and keys without a call are a mistake in the script, not silence."""
    (failure,) = theatre.play(f"  - {act}\n")
    assert "is not on the telephone" in failure


def test_cards_and_wires_are_moved(theatre: Theatre) -> None:
    """The plug is pulled and pushed, the wire cut and mended; a second pull of the same card fails."""
    script = "  - {pull_card: 1}\n  - {push_card: 1}\n  - {cut_line: line-1}\n  - {mend_line: line-1}\n  - {pull_card: 1}\n"
    assert theatre.play(script) == ["8: card 1 is pulled already"]
    assert theatre.slots.done == ["pull 1", "push 1"]
    assert theatre.line_port.moments[-2:] == [("battery", False), ("battery", True)]


def test_spans_are_put_in_alarm(theatre: Theatre) -> None:
    """A port of a card is in alarm and out of it; the first card's first port needs no naming."""
    script = "  - {alarm: red}\n  - {alarm: lfa, card: 1, port: 2}\n  - {alarm: none}\n"
    assert theatre.play(script) == []
    assert theatre.slots.done == ["alarm 0/0 RED", "alarm 1/1 LFA", "alarm 0/0 NONE"]


def test_a_line_is_made_as_the_script_says(theatre: Theatre) -> None:
    """Every word changes its own part of the line and leaves the others; noise and cable are heard at once."""
    script = """
  - {line: line-1, is: {noise: -40, busy_tone: low, caller_id: before_ring, alert: reversal, answer: reversal}}
  - {line: line-1, is: {cable: 6km, ringback: music, announces: 您拨打的号码是空号, dial_tone: itu, dial_tone_after: 2s, disconnect: none}}
  - {line: line-1, is: {flash: [80ms, 200ms], rings_for: 5min, ring: [500ms, 3s], caller_id_keys: "A,#", caller_id_level: -30, echo: 14}}
  - {line: line-1, is: {hum: -50, far_noise: -60, clicks: 6, flash: [], ringback: tone, endless_caller_id: yes}}
"""
    assert theatre.play(script) == []
    impairments, service = theatre.exchange.impairments_of("line-1"), theatre.exchange.service_of("line-1")
    assert impairments == Impairments(noise_dbm0=-40, cable=KM_6, mains_dbm0=-50, far_noise_dbm0=-60, impulses_a_min=6, echo_loss_db=14)
    assert service == LineService(
        disconnect=Disconnect.NONE,
        reversal_on_answer=True,
        sounds={
            "busy": busy_tone("low"),
            "dial": dial_tone("itu"),
            "second_dial": dial_tone("itu"),
            "unallocated": announced(VOICE),
        },
        dial_tone_after_ms=2000,
        ring_cadence_ms=(500, 3000),
        ringing_most_ms=300_000,
        caller_id=CallerIdSending(
            before_ring=True, alert=CallerIdAlert.REVERSAL, level_dbm0=-30, start_key="A", stop_key="#", endless=True
        ),
    )
    assert theatre.told[0].said.in_english().startswith("line-1 is now: noise=-40 busy_tone=low")


def test_cords_and_handsets_for_a_moment(theatre: Theatre) -> None:
    """A handset lifted for 300 ms is down again when the next step begins; a cord can be pulled and put back, once each."""
    script = """
  - {who: phone-801, does: lift, for: 300ms}
  - {who: phone-801, does: unplug}
  - {who: phone-801, does: plug_in}
  - {who: phone-801, does: plug_in}
"""
    assert theatre.play(script) == ["8: phone-801 cannot be plugged in: the cord is in already"]
    assert [closed for _, closed in theatre.port.loops[:2]] == [True, False]
    assert 300 <= theatre.told[0].at_ms - AT_REST_MS <= 320
    assert not theatre.phone.lifted


def test_a_display_and_a_lamp_are_looked_at(theatre: Theatre) -> None:
    """What the telephone shows is what counts; what it does not show in time is a failure that says what it shows."""
    script = """
  - {who: li, sees: {lamp: off}}
  - {who: li, sees: {caller: "13800138000"}, within: 5s}
  - {who: li, sees: {waiting: "139"}, within: 1s}
"""
    theatre.make(script, 'li: {phone: "801", hand: human, cable: 3km}')
    theatre.at(1, lambda: theatre.port.send(modulate(mdmf("13800138000"))))
    assert theatre.play(script) == ["7: li sees -"]
    assert theatre.phone.hand is HUMAN


def test_together_ends_with_the_last(theatre: Theatre) -> None:
    """Two scripts run at once; what follows waits for both."""
    script = "  - together: [[{wait: 1s}, {wait: 1s}], [{wait: 500ms}]]\n  - {who: phone-801, does: lift}\n"
    assert theatre.play(script) == []
    assert [played.at_ms - AT_REST_MS for played in theatre.told] == [500, 1000, 2000, 2000]


def test_a_failing_branch_ends_the_others(theatre: Theatre) -> None:
    """Nobody goes on in a play that has gone wrong."""
    script = "  - together: [[{wait: 1s}, {who: phone-801, does: lift}], [{who: phone-801, does: hang_up}]]\n"
    assert len(theatre.play(script)) == 1
    assert not theatre.phone.lifted


# ---- what they notice --------------------------------------------------------------------------------------------------


def test_prompts_are_heard_one_after_the_other(theatre: Theatre) -> None:
    """The second prompt follows at once on the first, and neither is missed between two steps."""
    theatre.at(1, lambda: theatre.port.send(np.concatenate([PROMPTS["zh", "welcome"], PROMPTS["zh", "menu"]])))
    script = """
  - {who: phone-801, does: lift}
  - {who: phone-801, hears: {prompt: welcome}, within: 2s}
  - {who: phone-801, hears: {prompt: menu}, within: 2s}
"""
    assert theatre.play(script) == []


def test_a_prompt_that_sounded_once_is_not_heard_twice(theatre: Theatre) -> None:
    """A script that wants a prompt again wants it to sound again."""
    theatre.at(1, lambda: theatre.port.send(PROMPTS["zh", "menu"]))
    hears = "  - {who: phone-801, hears: {prompt: menu}, within: 2s}\n"
    (failure,) = theatre.play("  - {who: phone-801, does: lift}\n" + hears * 2)
    assert failure.startswith("6: ")


def test_another_prompt_is_told_by_name(theatre: Theatre) -> None:
    """The failure says which prompt came instead: here the one in the other language."""
    theatre.at(1, lambda: theatre.port.send(PROMPTS["en", "menu"]))
    script = "  - {who: phone-801, does: lift}\n  - {who: phone-801, hears: {prompt: menu}, within: 2s}\n"
    assert theatre.play(script) == ["5: phone-801 heard the prompt en/menu"]


def test_a_prompt_may_not_begin_too_late(theatre: Theatre) -> None:
    """``within`` is the time until the prompt begins."""
    theatre.at(1.2, lambda: theatre.port.send(PROMPTS["zh", "welcome"]))
    script = "  - {who: phone-801, does: lift}\n  - {who: phone-801, hears: {prompt: welcome}, within: 1s}\n"
    (failure,) = theatre.play(script)
    assert failure in ("5: it began after 1.20 s", "5: it began after 1.18 s")


def test_tones_are_told_apart(theatre: Theatre) -> None:
    """Busy tone is busy tone and not dial tone; the failure says what sounds."""
    theatre.at(0.5, lambda: theatre.port.send(np.tile(cadence(CADENCES["busy"]), 20)))
    script = """
  - {who: phone-801, does: lift}
  - {who: phone-801, hears: {tone: busy}, within: 3s}
  - {who: phone-801, hears: {tone: dial}, within: 3s}
"""
    assert theatre.play(script) == ["7: phone-801 hears busy tone"]


def test_a_phone_that_is_down_hears_nothing(theatre: Theatre) -> None:
    """Silence in a handset that is down does not count as silence heard."""
    (failure,) = theatre.play("  - {who: phone-801, hears: {silence: 1s}, within: 2s}\n")
    assert "the handset is down" in failure
    theatre = Theatre(theatre.folder)
    assert theatre.play("  - {who: phone-801, does: lift}\n  - {who: phone-801, hears: {silence: 1s}, within: 2s}\n") == []


@pytest.mark.parametrize(("late_ms", "failures"), [(40, []), (80, ["7: it came 80.0 ms late"])])
def test_speech_comes_through_and_its_delay_is_measured(theatre: Theatre, late_ms: int, failures: list[str]) -> None:
    """The listener hears what was said; later than the script allows is a failure that says how late."""
    script = """
  - {who: phone-801, does: lift}
  - {who: phone-801, does: say, text: hello}
  - {who: phone-801, hears: {speech_of: phone-801}, delay: 60ms}
"""
    # An echo is enough of a listener; its own block is sent in the step after it is asked for.
    theatre.at(0, lambda: theatre.port.send(np.concatenate([silence(late_ms), VOICE])))
    assert theatre.play(script) == failures


def test_who_has_said_nothing_cannot_be_heard(theatre: Theatre) -> None:
    """A script that forgets to let somebody speak fails there."""
    script = "  - {who: phone-801, does: lift}\n  - {who: phone-801, hears: {speech_of: wang}}\n"
    assert theatre.play(script) == ["5: wang has said nothing yet"]


@pytest.mark.parametrize(("shows", "failures"), [("13800138000", []), ("110", ["4: phone-801 rang and showed 13800138000"])])
def test_a_phone_rings_and_shows(theatre: Theatre, shows: str, failures: list[str]) -> None:
    """The number on the display is the one of the script, or the failure says which it was."""
    theatre.at(1, lambda: theatre.port.ring(True))
    theatre.at(2, lambda: theatre.port.ring(False))
    theatre.at(2.6, lambda: theatre.port.send(modulate(mdmf("13800138000", "01010800", ""))))
    assert theatre.play(f'  - {{who: phone-801, rings: {{within: 2s}}, shows: "{shows}"}}\n') == failures


def test_ringing_and_quiet(theatre: Theatre) -> None:
    """A phone that does not ring fails ``rings``; one that does fails ``rings: no``."""
    rings, quiet = theatre, Theatre(theatre.folder)
    for each in (rings, quiet):
        each.at(3, lambda port=each.port: port.ring(True))  # type: ignore[misc]  # mypy cannot infer a lambda's default
    assert rings.play("  - {who: phone-801, rings: {within: 1s}}\n") == ["4: phone-801 did not ring"]
    assert quiet.play("  - {who: phone-801, rings: no, for: 5s}\n") == ["4: phone-801 rang"]


def test_a_caller_hears_the_exchange(theatre: Theatre) -> None:
    """A caller gets ringback; when the wire breaks, busy tone."""
    script = """
  - {who: wang, does: call, to: line-1}
  - {who: wang, hears: {tone: ringback}, within: 6s}
  - {cut_line: line-1}
  - {who: wang, hears: {tone: busy}, within: 4s}
  - {who: wang, does: hang_up}
"""
    assert theatre.play(script) == []


# ---- what is on record -------------------------------------------------------------------------------------------------


def test_facts_are_counted_by_their_values(theatre: Theatre) -> None:
    """At least once, exactly so often, or never; a miss says what there was, and the play goes on."""
    script = """
  - expect: {fact: CallEnded, where: {call: b1-c1, cause: "16"}}
    within: 3s
  - expect: {fact: CallEnded, times: 2}
  - expect: {fact: CallEnded, where: {cause: "17"}}
  - expect: {fact: CallQueued}
  - expect: {fact: CallEnded, times: 0}
  - {who: phone-801, does: lift}
"""
    theatre.make(script)
    theatre.at(2, lambda: theatre.happens(ended("b1-c1")))
    assert theatre.play("") == ["7: 1 times", "8: 1 CallEnded, the last: cause=16", "9: no CallQueued at all", "10: 1 times"]
    assert theatre.phone.lifted


def test_agents_are_where_their_newest_fact_says(theatre: Theatre) -> None:
    """Logged out before anything is known, then as told."""
    script = """
  - expect: {agent: "1001", state: logged_out}
  - expect: {agent: "1001", state: ready}
    within: 2s
  - expect: {agent: "1001", state: talking}
"""
    theatre.make(script)
    ready = facts.AgentStateChanged(agent="1001", phone="phone-801", state="ready", reasons=(), call="")
    theatre.at(1, lambda: theatre.happens(ready))
    assert theatre.play("") == ["8: agent 1001 is ready"]


def test_the_list_of_calls_is_asked_until_it_is_so(theatre: Theatre) -> None:
    """A call that gets into the list late is found; wrong values are named; an answer that cannot be had is a failure."""
    row = {"call": "b1-c1", "calling": "138", "agent": "1001", "cause": 16, "recording": "x.wav"}
    theatre.at(0.5, lambda: setattr(theatre, "rows", [{**row, "call": "b1-c2", "agent": "1002"}, row]))
    script = """
  - expect: {call: first, caller: "138", agent: "1001", cause: 16, recorded: yes, language: zh}
  - expect: {call: last, agent: "1001"}
"""
    assert theatre.play(script) == ["6: it has agent=1002"]
    theatre = Theatre(theatre.folder)
    theatre.rows = EnvironmentFault(text("no disk"))
    (failure,) = theatre.play('  - expect: {call: last, agent: "1001"}\n')
    assert "no disk" in failure


def stereo(left: Samples, right: Samples) -> bytes:
    data = np.frombuffer(alaw_from_linear(left), np.uint8), np.frombuffer(alaw_from_linear(right), np.uint8)
    octets = np.stack(data, axis=1).tobytes()
    form = b"fmt " + struct.pack("<IHHIIHHH", 18, 6, 2, 8000, 16000, 2, 8, 0)
    return b"RIFF" + struct.pack("<I", 4 + len(form) + 8 + len(octets)) + b"WAVE" + form + b"data" + struct.pack("<I", len(octets)) + octets


RECORDED = """
  - {who: phone-801, does: lift}
  - {wait: 1s}
  - {who: phone-801, does: say, text: hello}
  - {wait: 2s}
"""


@pytest.mark.parametrize(
    ("expected", "failures"),
    [
        ("{recording: last, length: 3s, left: {says_of: phone-801, correlation: 0.95}}", []),
        ("{recording: last, length: 4s ± 500ms}", ["9: it is 3.00 s long"]),
        ("{recording: last, right: {says_of: phone-801}}", ['9: the right track has "hello" of phone-801 with a correlation of 0.']),
        ("{recording: last, right: {says_of: wang}}", ["9: wang said nothing while it ran"]),
    ],
)
def test_recordings_are_listened_to(theatre: Theatre, expected: str, failures: list[str]) -> None:
    """Length and both tracks are judged by what was really said, wherever it lies in the recording."""
    theatre.make(f"{RECORDED}  - expect: {expected}\n")
    left = np.concatenate([silence(1000), VOICE, silence(1000)])
    (theatre.folder / "r.wav").write_bytes(stereo(left, noise(3, 5)))
    theatre.at(0.02, lambda: theatre.happens(facts.RecordingStarted(recording="r1", call="c", path="r.wav", left="a", right="b")))
    theatre.at(3, lambda: theatre.happens(facts.RecordingEnded(recording="r1", call="c", samples=24000, repaired=False)))
    found = theatre.play("")
    assert len(found) == len(failures)
    assert all(is_.startswith(wanted) for is_, wanted in zip(found, failures, strict=True))


def test_a_recording_that_is_not_there_is_a_failure(theatre: Theatre) -> None:
    """No recording, an open one, and one whose file is missing are not taken for a good one."""
    assert theatre.play("  - expect: {recording: last}\n") == ["4: there is no finished recording; 0 were begun"]
    theatre = Theatre(theatre.folder)
    theatre.make("  - expect: {recording: last}\n    within: 1s\n")
    theatre.happens(facts.RecordingStarted(recording="r1", call="c", path="none.wav", left="a", right="b"))
    theatre.happens(facts.RecordingEnded(recording="r1", call="c", samples=1, repaired=False))
    (failure,) = theatre.play("")
    assert "none.wav cannot be read" in failure


def test_a_fault_of_the_appliance_itself_fails_the_play(theatre: Theatre) -> None:
    """A bug that the appliance reports is not overlooked because everything else came out."""
    player = theatre.make("  - {wait: 1s}\n")
    theatre.at(0.5, lambda: theatre.happens(facts.AlarmRaised(alarm="bug", about="call", sentence="met an event")))
    assert theatre.play("") == ["4: met an event"]
    assert not player.passed


def test_a_play_that_is_broken_off_has_failed(theatre: Theatre) -> None:
    """Ctrl-C does not leave a passed scenario behind."""
    player = theatre.make("  - {wait: 60s}\n")
    player.begin()
    theatre.world.run_for(5000)
    player.finish()
    assert [failure.line for failure in player.failures] == [4]


def test_names_that_the_site_does_not_have_are_all_told(theatre: Theatre) -> None:
    """Whoever mistypes an extension, line, card, agent or prompt reads file and line before anything is played."""
    script = """
  - {who: phone-899, does: lift}
  - {who: wang, does: call, to: line-9}
  - {cut_line: line-8}
  - {pull_card: 2}
  - expect: {agent: "1009", state: ready}
  - {who: wang, hears: {prompt: nothing}}
  - expect: {recording: last, left: {says_of: phone-898}}
"""
    with pytest.raises(ScenarioError) as caught:
        theatre.make(script)
    told = [fault.in_english() for fault in caught.value.faults]
    assert [fault.split(":")[1] for fault in told] == ["5", "6", "7", "8", "9", "10", "11"]
    assert told[0] == "s.yaml:5: the site has no extension 899; it has 801"


def test_a_number_can_belong_to_one_caller_only(theatre: Theatre) -> None:
    """Two people with one number, or a person with the number of a line, are named with file and line."""
    with pytest.raises(ScenarioError, match=r"s.yaml:2: the number 138 of li is taken"):
        theatre.make("  - {wait: 1s}\n", 'wang: {number: "138"}, li: {number: "138"}')


def test_a_wav_file_of_another_kind_is_told_with_its_line(theatre: Theatre) -> None:
    """Whoever puts a file of another format beside the scenario reads where it is used and what is wanted."""
    (theatre.folder / "x.wav").write_bytes(b"MP3")
    with pytest.raises(ScenarioError, match=r"s\.yaml:5: .*x\.wav: not a WAV file"):
        theatre.make("  - {wait: 1s}\n  - {who: wang, does: say, wav: x.wav}\n")


def test_keys_of_a_caller_reach_the_line(theatre: Theatre) -> None:
    """A caller's keys and speech arrive at the appliance's port as sound, once it has answered."""
    theatre.at(3, lambda: theatre.line_port.loop(True))
    script = """
  - {who: wang, does: call, to: line-1}
  - {wait: 4s}
  - {who: wang, does: press, keys: "5"}
  - {who: wang, does: say, text: hello}
  - {wait: 2s}
"""
    assert theatre.play(script) == []
    heard = linear_from_alaw(bytes(theatre.line_port.heard))
    assert np.max(np.abs(heard[-RATE_HZ * 2 :])) > 1000


# ---- what is told ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("keys", "told"), [("*111001#2580#", "*11…"), ("*1110012580", "*11…"), ("*131", "*131"), ("0138#", "0138#")])
def test_a_pin_is_not_told(theatre: Theatre, keys: str, told: str) -> None:
    """Whoever follows a play, or reads its failures, sees that somebody logs in, and never with which PIN."""
    theatre.play(f'  - {{who: phone-801, does: lift}}\n  - {{who: phone-801, does: press, keys: "{keys}"}}\n')
    assert theatre.told[-1].said.in_english() == f"phone-801 presses {told}"


def test_a_pin_is_not_told_when_pressing_fails(theatre: Theatre) -> None:
    """The failure of a login on a handset that is down names the code only."""
    theatre.play('  - {who: phone-801, does: press, keys: "*111001#2580#"}\n')
    failure = theatre.told[-1].failure
    assert failure is not None
    assert failure.expected.in_english() == "phone-801 presses *11…"
