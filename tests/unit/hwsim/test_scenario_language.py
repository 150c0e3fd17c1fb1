"""Scenario files: what they say, and what is said about wrong ones."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from engine.kernel.errors import BadInput, EnvironmentFault
from hwsim.scenario_language import ScenarioError, parse_scenario, read_scenario
from hwsim.scenario_steps import (
    AgentIs,
    CallerSpec,
    CallIs,
    CallTo,
    CutLine,
    FactHappens,
    Flash,
    HangUp,
    HearsPrompt,
    HearsSilence,
    HearsSpeech,
    HearsTone,
    Lift,
    LineIs,
    MendLine,
    PhoneSpec,
    PlugIn,
    Press,
    PullCard,
    Pulse,
    PushCard,
    RecordingIs,
    Rings,
    Say,
    Sees,
    StaysQuiet,
    Step,
    Together,
    TrackSays,
    Unplug,
    Wait,
)

HEAD = """title: Some
people:
  wang: {number: "13800138000", name: Wang, answers_after: 1.5s, language: en}
  li: {phone: "802"}
script:
"""
FIRST = 6
"""The line of the first step."""


def steps(tmp_path: Path, *lines: str) -> tuple[Step, ...]:
    return parse_scenario(HEAD + "\n".join(f"  - {line}" for line in lines), "some.yaml", tmp_path).script


def faults(tmp_path: Path, content: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(content, "some.yaml", tmp_path)
    return str(caught.value).split("\n")


def fault(tmp_path: Path, line: str) -> str:
    """The one fault of a script of one good and this step."""
    found = faults(tmp_path, HEAD + "  - {wait: 1s}\n  - " + line)
    assert len(found) == 1
    place, _, message = found[0].partition(": ")
    assert place == "some.yaml:7"
    return message


def test_people(tmp_path: Path) -> None:
    """Callers and desk phones are told apart by what they have."""
    made = parse_scenario(HEAD + "  - {wait: 1s}", "some.yaml", tmp_path)
    assert made.callers == (
        CallerSpec(
            line=3, name="wang", number="13800138000", shown_name="Wang", caller_id="fsk", absence="", answers_after_s=1.5, language="en"
        ),
    )
    assert made.phones == (PhoneSpec(line=4, name="li", extension="802", language=""),)
    assert (made.title, made.site, made.overrides, made.seed, made.folder) == ("Some", "", None, 1, tmp_path)


def test_every_act(tmp_path: Path) -> None:
    """Each verb becomes its step with its values and usual values, and knows its line."""
    (tmp_path / "hm.wav").write_bytes(b"RIFF")
    n = FIRST
    assert steps(
        tmp_path,
        "{who: wang, does: call, to: line-1, disconnect: reversal}",
        '{who: wang, does: call, to: "62001234"}',
        "{who: phone-801, does: lift}",
        "{who: li, does: hang_up}",
        '{who: wang, does: press, keys: "12#", on: 70ms}',
        '{who: li, does: pulse, keys: "90"}',
        "{who: li, does: flash, for: 150ms}",
        "{who: wang, does: say, text: hello}",
        "{who: li, does: say, wav: hm.wav}",
    ) == (
        CallTo(line=n, who="wang", to="line-1", disconnect="reversal"),
        CallTo(line=n + 1, who="wang", to="62001234", disconnect=""),
        Lift(line=n + 2, who="phone-801"),
        HangUp(line=n + 3, who="li"),
        Press(line=n + 4, who="wang", keys="12#", on_s=0.07, off_s=0.1),
        Pulse(line=n + 5, who="li", keys="90"),
        Flash(line=n + 6, who="li", for_s=0.15),
        Say(line=n + 7, who="wang", text="hello", wav="", language="en"),
        Say(line=n + 8, who="li", text="", wav="hm.wav", language="zh"),
    )


def test_people_and_their_telephones(tmp_path: Path) -> None:
    """A desk phone has a hand, a cable, a lamp and a display; a caller's exchange has its way of telling the number."""
    content = (
        'title: a\npeople:\n  li: {phone: "801", hand: human, cable: 6km, lamp: reversal, shows_waiting: no}\n'
        '  wang: {number: "138", caller_id: dtmf}\nscript: [{wait: 1s}]'
    )
    made = parse_scenario(content, "some.yaml", tmp_path)
    assert made.phones == (
        PhoneSpec(line=3, name="li", extension="801", language="", hand="human", cable="6km", lamp="reversal", shows_waiting=False),
    )
    assert made.callers[0].caller_id == "dtmf"


def test_lines_and_telephones_as_they_are_in_the_field(tmp_path: Path) -> None:
    """Cords, handsets lifted for a moment, distinctive rings, collisions, displays, and everything a line can be like."""
    n = FIRST
    assert steps(
        tmp_path,
        "{who: li, does: lift, for: 300ms}",
        "{who: li, does: unplug}",
        "{who: li, does: plug_in}",
        "{who: li, does: flash}",
        "{who: wang, does: call, to: line-1, ring: [400ms, 200ms, 400ms, 4s], collides: yes}",
        '{who: li, sees: {waiting: "139"}, within: 2s}',
        "{who: li, sees: {lamp: on}}",
        "{line: line-1, is: {cable: 3km, noise: -50, hum: none, clicks: 12, flash: [80ms, 200ms], dial_tone_after: 3s, endless_caller_id: yes}}",
    ) == (
        Lift(line=n, who="li", for_s=0.3),
        Unplug(line=n + 1, who="li"),
        PlugIn(line=n + 2, who="li"),
        Flash(line=n + 3, who="li", for_s=None),
        CallTo(line=n + 4, who="wang", to="line-1", disconnect="", ring_ms=(400, 200, 400, 4000), collides=True),
        Sees(line=n + 5, who="li", what="waiting", value="139", within_s=2),
        Sees(line=n + 6, who="li", what="lamp", value="on", within_s=10),
        LineIs(
            line=n + 7,
            name="line-1",
            settings=(
                ("cable", "3km"),
                ("noise", -50.0),
                ("hum", "none"),
                ("clicks", 12.0),
                ("flash", (0.08, 0.2)),
                ("dial_tone_after", 3.0),
                ("endless_caller_id", True),
            ),
        ),
    )


def test_everything_that_is_noticed(tmp_path: Path) -> None:
    """Hearing and ringing, each with its time limit."""
    n = FIRST
    assert steps(
        tmp_path,
        "{who: wang, hears: {prompt: welcome}, within: 20s, language: zh}",
        "{who: wang, hears: {tone: busy}}",
        "{who: wang, hears: {speech_of: li}, within: 500ms, delay: 40ms}",
        "{who: li, hears: {silence: 2s}}",
        '{who: li, rings: {within: 0.5min}, shows: "138", shows_name: Wang}',
        "{who: phone-803, rings: yes}",
        "{who: li, rings: no, for: 10s}",
    ) == (
        HearsPrompt(line=n, who="wang", prompt="welcome", language="zh", within_s=20),
        HearsTone(line=n + 1, who="wang", tone="busy", within_s=10),
        HearsSpeech(line=n + 2, who="wang", of="li", within_s=0.5, delay_s=0.04),
        HearsSilence(line=n + 3, who="li", for_s=2, within_s=10),
        Rings(line=n + 4, who="li", within_s=30, shows="138", shows_name="Wang"),
        Rings(line=n + 5, who="phone-803", within_s=10, shows=None, shows_name=None),
        StaysQuiet(line=n + 6, who="li", for_s=10),
    )


def test_the_world_and_what_must_be_true(tmp_path: Path) -> None:
    """Waiting, cards, wires, parallel scripts and all four kinds of expectation."""
    n = FIRST
    assert steps(
        tmp_path,
        "{wait: 3s}",
        "{pull_card: 0}",
        "{push_card: 1}",
        "{cut_line: line-1}",
        "{mend_line: line-1}",
        "{together: [[{wait: 1s}], [{wait: 2s}, {wait: 3s}]]}",
        "{expect: {fact: CallEnded, where: {reason: hung_up, cause: 16}, times: 2}, within: 5s}",
        '{expect: {agent: "1001", state: ready}}',
        "{expect: {recording: last, length: 12s ± 1s, left: {says_of: wang, correlation: 0.9}, right: {says_of: phone-801}}}",
        "{expect: {recording: first, length: 3s +- 200ms}, within: 2s}",
        '{expect: {call: last, caller: "138", recorded: yes}}',
    ) == (
        Wait(line=n, seconds=3),
        PullCard(line=n + 1, card=0),
        PushCard(line=n + 2, card=1),
        CutLine(line=n + 3, name="line-1"),
        MendLine(line=n + 4, name="line-1"),
        Together(
            line=n + 5,
            branches=((Wait(line=n + 5, seconds=1),), (Wait(line=n + 5, seconds=2), Wait(line=n + 5, seconds=3))),
        ),
        FactHappens(line=n + 6, fact="CallEnded", where=(("reason", "hung_up"), ("cause", "16")), times=2, within_s=5),
        AgentIs(line=n + 7, agent="1001", state="ready", within_s=1),
        RecordingIs(
            line=n + 8,
            which="last",
            length_s=12,
            tolerance_s=1,
            left=TrackSays(who="wang", correlation=0.9),
            right=TrackSays(who="phone-801", correlation=0.8),
            within_s=1,
        ),
        RecordingIs(line=n + 9, which="first", length_s=3, tolerance_s=0.2, left=None, right=None, within_s=2),
        CallIs(line=n + 10, which="last", where=(("caller", "138"), ("recorded", "yes")), within_s=1),
    )


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("{who: zhao, does: lift}", "'zhao' is not among the people; expected wang, li, phone-<extension>"),
        ("{who: wang}", "what happens to wang is missing; expected does, hears, rings or sees"),
        ("{who: wang, does: sing}", "'sing' is not possible; expected one of call, lift, hang_up, press, pulse, flash, say"),
        ("{who: li, does: call, to: line-1}", "only a person with a number can call; a desk phone lifts and presses keys"),
        ("{who: wang, does: flash}", "only a desk phone can flash; wang is in the network"),
        ("{who: wang, does: call}", "to is missing"),
        ("{who: wang, does: lift, keys: 1}", "keys is not known here; expected who, does"),
        ("{who: wang, does: press, keys: 12x}", "these keys are not possible; expected 1 to 64 keys of 0-9, *, #, A-D"),
        ("{who: wang, does: say}", "expected either text or wav, to say something"),
        ("{who: wang, does: say, wav: none.wav}", "the file none.wav is not there; expected a WAV file beside the scenario"),
        ("{who: wang, does: say, text: a, language: fr}", "'fr' is not possible; expected one of zh, en"),
        ("{who: wang, hears: {}}", "expected one thing that is heard: prompt, tone, speech_of or silence"),
        ("{who: wang, hears: busy}", "expected what is heard: 'name: value' pairs, found a plain value"),
        ("{who: wang, hears: {music: loud}}", "music is not known here; expected prompt, tone, speech_of, silence"),
        ("{who: wang, hears: {tone: busy}, within: 10}", "'10' is no time; expected a number with ms, s or min, such as 10s"),
        ("{who: wang, rings: yes, shows: '1'}", "only a desk phone can show a number; wang is in the network"),
        ("{who: li, rings: no}", "for is missing"),
        ("{wait: 2000min}", "'2000min' is too long; expected at most a day"),
        ("{wait: soon}", "'soon' is no time; expected a number with ms, s or min, such as 10s"),
        ("{wait: 1s, pull_card: 0}", "pull_card is not known here; expected wait"),
        ("{alarm: green}", "'green' is not possible; expected one of none, red, yellow, blue, los, lfa, lmfa"),
        ("{pull_card: 99}", "'99' is not possible; expected 0 to 31"),
        (
            "{dance: yes}",
            "this is no step; expected who, expect, line, trunk, wait, together, pull_card, push_card, alarm, cut_line or mend_line",
        ),
        ("{line: line-1}", "is is missing"),
        ("{line: line-1, is: {}}", "expected at least one of cable, noise, "),
        ("{line: line-1, is: {colour: red}}", "colour is not known here; expected cable, noise, "),
        ("{line: line-1, is: {cable: 5km}}", "'5km' is not possible; expected one of short, 3km, 6km, none"),
        ("{line: line-1, is: {noise: 3}}", "'3' is not possible; expected -90 to 0"),
        ("{line: line-1, is: {echo: loud}}", "'loud' is not possible; expected 0 to 60"),
        ("{line: line-1, is: {ring: [1s]}}", "expected 2 to 8 times of ringing and silence, such as [1s, 4s]"),
        ("{line: line-1, is: {flash: [200ms, 80ms]}}", "expected the shortest and the longest flash, such as [80ms, 200ms]"),
        ("{line: line-1, is: {rings_for: 61min}}", "expected a time between 1s and 60min"),
        ("{line: line-1, is: {caller_id_keys: DC}}", "'DC' is not possible; expected start and stop key, such as 'D,C'"),
        ("{line: line-1, is: {endless_caller_id: maybe}}", "'maybe' is not possible; expected one of yes, no, true, false"),
        ("{who: wang, does: lift, for: 1s}", "only a desk phone can lift for a while; wang is in the network"),
        ("{who: wang, does: unplug}", "only a desk phone can unplug; wang is in the network"),
        ("{who: wang, sees: {lamp: on}}", "only a desk phone can show something; wang is in the network"),
        ("{who: li, sees: {lamp: on, caller: '1'}}", "expected one thing that is seen: caller, waiting or lamp"),
        ("hello", "expected a step: 'name: value' pairs, found a plain value"),
        ("{wait: 1s, wait: 2s}", "wait is given twice"),
        ("{expect: {agent: '1001'}}", "state is missing"),
        ("{expect: {agent: '1001', state: asleep}}", "'asleep' is not possible; expected one of logged_out, not_ready"),
        ("{expect: {fact: CallExploded}}", "no fact is called CallExploded; expected one of AgentLocked"),
        ("{expect: {fact: CallEnded, where: {colour: red}}}", "colour is not known here; expected call, cause, reason, released_by"),
        ("{expect: {recording: last, length: long}}", "'long' is no time"),
        ("{expect: {recording: last, left: {says_of: zhao}}}", "'zhao' is not among the people"),
        ("{expect: {call: last, colour: red}}", "colour is not known here; expected call, caller, "),
        ("{expect: {weather: fine}}", "expected one of call, recording, fact, agent"),
        ("{together: [{wait: 1s}]}", "expected a list of steps, found 'name: value' pairs"),
    ],
)
def test_a_wrong_step_is_named_with_its_line(tmp_path: Path, step: str, message: str) -> None:
    """Each mistake has its place, and says what was expected there."""
    assert fault(tmp_path, step).startswith(message)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Who writes a scenario mends it in one go: people, steps and nested steps."""
    content = 'title: x\npeople:\n  Wang: {number: "138"}\n  li: {number: "1"}\nscript:\n  - {wait: x}\n  - together:\n    - - {wait: 1s}\n      - {wait: y}\n'
    assert [re.match(r"some.yaml:(\d+): ", each)[1] for each in faults(tmp_path, content)] == ["3", "4", "6", "9"]  # type: ignore[index]


def test_the_number_of_faults_told_is_bounded(tmp_path: Path) -> None:
    """A file of another kind does not flood the terminal."""
    told = faults(tmp_path, HEAD + "  - {dance: 1}\n" * 500)
    assert len(told) == 21
    assert told[-1] == "some.yaml: and 480 more faults"


def test_a_wrong_head_or_person_hides_no_other_fault_and_makes_none(tmp_path: Path) -> None:
    """Everything wrong with a file is told at once, in its order, and nobody is said to be missing who is only badly described."""
    content = (
        'title: a\nplot:\n  of: b\nseed: x\npeople:\n  wang: {number: "13800138000", colour: red}\nscript:\n'
        "  - {who: wang, does: call, to: line-1}\n  - {wait: soon}\n"
    )
    assert [told.partition(" ")[0] for told in faults(tmp_path, content)] == [
        "some.yaml:2:",
        "some.yaml:4:",
        "some.yaml:6:",
        "some.yaml:9:",
    ]


@pytest.mark.parametrize(
    "content",
    [
        "title: a\nscript: &s\n  - together: [*s]\n",
        "title: a\nscript: " + "[" * 5000 + "]" * 5000,
        "title: a\nscript: " + "[" * 50 + "]" * 50,
        "".join(
            f"{name}: &{name} [{', '.join(['x' if of == 'x' else f'*{of}'] * 8)}]\n"
            for of, name in itertools.pairwise(["x", "title", "site", "seed", "people", "script", "more", "most"])
        ),
    ],
)
def test_a_file_that_contains_itself_or_is_too_deep_is_refused(tmp_path: Path, content: str) -> None:
    """A fault with its place, not a traceback, and at once."""
    (told,) = faults(tmp_path, content)
    assert told.startswith("some.yaml:")
    assert "nested deeper than 20 levels" in told or "aliases make this file larger" in told


def test_wrong_keys_are_not_repeated(tmp_path: Path) -> None:
    """A PIN among keys with a slip in them does not come out in the message."""
    (told,) = faults(tmp_path, HEAD + '  - {who: li, does: press, keys: "*111001#2580x"}\n')
    assert "2580" not in told


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "some.yaml:1: the file is empty; expected title, people and script"),
        ("title: [", "some.yaml:1: this is not YAML: "),
        ("title: a\nscript: {a\n: b", "some.yaml:3: this is not YAML: "),
        ("title: a\x07", "some.yaml:1: this is not YAML: "),
        ("- a", "some.yaml:1: expected a scenario: 'name: value' pairs, found a list"),
        ("title: a", "some.yaml:1: script is missing"),
        ("title: a\nscript: []", "some.yaml:2: the script is empty; expected at least one step"),
        ("title: a\nscript: go", "some.yaml:2: expected a list of steps, found a plain value"),
        ("title: a\nplot: b\nscript: []", "some.yaml:2: plot is not known here; expected title, site, seed, people, script"),
        ("title: a\nsite: none.yaml\nscript: [{wait: 1s}]", "some.yaml:2: the site file none.yaml is not there"),
        ("title: a\nsite: [1]\nscript: [{wait: 1s}]", "some.yaml:2: expected the name of a site file, or settings"),
        ("title: a\npeople: [wang]\nscript: [{wait: 1s}]", "some.yaml:2: expected people: 'name: value' pairs, found a list"),
        ('title: a\npeople: {phone-801: {number: "138"}}\nscript: [{wait: 1s}]', "some.yaml:2: phone-801 is the phone with that extension"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(tmp_path: Path, content: str, message: str) -> None:
    """Broken YAML, missing parts and wrong parts have their place, too."""
    assert faults(tmp_path, content)[0].startswith(message)


def test_a_site_can_be_a_file_or_changes(tmp_path: Path) -> None:
    """The site stands beside the scenario, or the demo site is changed in place."""
    (tmp_path / "site.yaml").write_text("box: {}")
    script = "\nscript: [{wait: 1s}]"
    assert parse_scenario("title: a\nsite: site.yaml" + script, "a", tmp_path).site == "site.yaml"
    made = parse_scenario("title: a\nseed: 42\nsite: {desk: {pin_tries: 2}}" + script, "a", tmp_path)
    assert (made.site, made.seed) == ("", 42)
    assert made.overrides is not None
    assert [(key.value, key.start_mark.line) for key, _ in made.overrides.value] == [("desk", 2)]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, not text, or far too large: named before anything is tried."""
    with pytest.raises(EnvironmentFault, match=r"none.yaml cannot be read"):
        read_scenario(tmp_path / "none.yaml")
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="not UTF-8 text"):
        read_scenario(tmp_path / "b.yaml")
    (tmp_path / "c.yaml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(BadInput, match="larger than"):
        read_scenario(tmp_path / "c.yaml")


def test_the_handbooks_examples_are_good_scenarios(tmp_path: Path) -> None:
    """What the handbook shows can be copied and is accepted."""
    handbook = Path(__file__).parents[3] / "docs" / "scenarios.md"
    examples = re.findall(r"```yaml\n(.*?)```", handbook.read_text("utf-8"), re.DOTALL)
    assert len(examples) == 3
    for number, example in enumerate(examples):
        path = tmp_path / f"{number}.yaml"
        path.write_text(example, "utf-8")
        assert read_scenario(path).script
