"""The language of scenario files: YAML in, frozen steps out.

``read_scenario`` judges the whole file and reports the first fault of every step and person with file, line and what was expected;
a scenario it returns can be played without further checks of form. Nothing is played here. The language is described in ``docs/scenarios.md``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

from engine.facts import known_facts
from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.text import Text, text
from hwsim import scenario_nodes as nodes
from hwsim.cable import CABLES
from hwsim.caller_id_display import Lamp
from hwsim.line_service import CallerIdStyle
from hwsim.scenario_lines import DISCONNECTS, read_line_is, ring_cadence_ms
from hwsim.scenario_steps import (
    AgentIs,
    AlarmSpan,
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
    Scenario,
    Sees,
    StaysQuiet,
    Step,
    Together,
    TrackSays,
    Unplug,
    Wait,
)
from hwsim.scenario_trunks import read_trunk_is

__all__ = ["ScenarioError", "parse_scenario", "read_scenario"]

FILE_MOST_BYTES = 1_000_000
FAULTS_MOST = 20
STEPS_MOST = 10_000
WITHIN_S = 10.0
EXPECT_WITHIN_S = 1.0
"""An expectation right after an act: the appliance needs some blocks to see the act at all."""
SEED_MOST = 999_999_999
CAUSE_MOST = 127
PHONE = re.compile(r"phone-[1-9][0-9]{2,5}")
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
LENGTH = re.compile(r"(.+?)\s*(?:±|\+-|\+/-)\s*(.+)")
TONES = ("dial", "special_dial", "ringback", "busy", "congestion", "unallocated", "howler")
AGENT_STATES = ("logged_out", "not_ready", "ready", "offered", "talking", "hold", "consult", "conference", "wrap_up", "own_call")
CALL_FIELDS = (
    *("caller", "caller_name", "called", "direction", "agent", "phone", "extension", "line", "cause", "reason", "released_by"),
    *("language", "queue", "recorded"),
)
LANGUAGES = ("zh", "en")
ACTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "call": ("to", "disconnect", "ring", "collides", "called", "by_digits", "diverted_from"),
        "lift": ("for",),
        "hang_up": (),
        "press": ("keys", "on", "off"),
        "pulse": ("keys",),
        "flash": ("for",),
        "say": ("text", "wav", "language"),
        "unplug": (),
        "plug_in": (),
    }
)
"""What people do, and what can be said of it."""
CALLER_ID_STYLES = tuple(style.value for style in CallerIdStyle)
_T = TypeVar("_T")


class ScenarioError(BadInput):
    """The scenario file is wrong. ``faults`` are its faults in the order of the file: at most 20, and one that says that there are more."""

    def __init__(self, faults: tuple[Text, ...]) -> None:
        whole = faults[0]
        for fault in faults[1:]:
            whole = text("{first}\n{following}", first=whole, following=fault)
        super().__init__(whole)
        self.faults = faults


def _alarm(given: nodes.Given, line: int) -> AlarmSpan:
    nodes.only(given, ("alarm", "card", "port"))
    alarm = nodes.choice(given["alarm"], ("none", "red", "yellow", "blue", "los", "lfa", "lmfa"))
    card = nodes.number(given["card"], 0, 31) if "card" in given else 0
    return AlarmSpan(line=line, alarm=alarm, card=card, port=nodes.number(given["port"], 1, 16) if "port" in given else 1)


def _digits(given: nodes.Given, key: str) -> str:
    return nodes.matching(given[key], r"[0-9]{1,20}", text("a number of 1 to 20 digits")) if key in given else ""


def _cut_line(given: nodes.Given, line: int) -> CutLine:
    nodes.only(given, ("cut_line", "for"))
    for_s = nodes.seconds(given["for"]) if "for" in given else None
    return CutLine(line=line, name=nodes.matching(given["cut_line"], NAME.pattern, text("the name of an exchange line")), for_s=for_s)


class _Reader:
    """Reads one file's nodes. Knows who the people are while it reads the script."""

    def __init__(self, file: str, folder: Path) -> None:
        self._file = file
        self._folder = folder
        self._callers: dict[str, CallerSpec] = {}
        self._phones: dict[str, PhoneSpec] = {}
        self._unclear: set[str] = set()
        self._found: list[tuple[int, Text]] = []
        self._steps = 0

    def faults(self) -> tuple[Text, ...]:
        """What is wrong, in the order of the file."""
        told = sorted(self._found, key=lambda fault: fault[0])
        shown = [text("{file}:{line}: {found}", file=self._file, line=line, found=found) for line, found in told[:FAULTS_MOST]]
        if len(told) > FAULTS_MOST:
            shown.append(text("{file}: and {count} more faults", file=self._file, count=len(told) - FAULTS_MOST))
        return tuple(shown)

    def fault(self, line: int, found: Text) -> None:
        self._found.append((line, found))

    def _noting(self, read: Callable[[], _T], otherwise: _T) -> _T:
        """What was read; when it is wrong, the fault is noted and ``otherwise`` serves until the whole file has been judged."""
        try:
            return read()
        except nodes.Wrong as wrong:
            self.fault(nodes.line_of(wrong.node), wrong.found)
            return otherwise

    def scenario(self, root: Node) -> Scenario | None:
        try:
            nodes.bounded(root)
            given = nodes.fields_of(root, text("a scenario"))
        except nodes.Wrong as wrong:
            self.fault(nodes.line_of(wrong.node), wrong.found)
            return None
        self._noting(lambda: nodes.only(given, ("title", "site", "seed", "people", "script")), None)
        title = self._noting(lambda: nodes.scalar(nodes.need(root, given, "title"), text("a title")), "")
        no_site: tuple[str, MappingNode | None] = ("", None)
        site, overrides = self._noting(lambda: self._site(given.get("site")), no_site)
        seed = self._noting(lambda: nodes.number(given["seed"], 0, SEED_MOST) if "seed" in given else 1, 1)
        if "people" in given:
            self._people(given["people"])
        no_steps: tuple[Step, ...] = ()
        script = self._noting(lambda: self._script(nodes.need(root, given, "script")), no_steps)
        return Scenario(
            file=self._file,
            folder=self._folder,
            title=title,
            site=site,
            overrides=overrides,
            seed=seed,
            callers=tuple(self._callers.values()),
            phones=tuple(self._phones.values()),
            script=script,
        )

    def _site(self, node: Node | None) -> tuple[str, MappingNode | None]:
        if node is None:
            return "", None
        if isinstance(node, ScalarNode):
            name = str(node.value)
            if not (self._folder / name).is_file():
                raise nodes.Wrong(node, text("the site file {name} is not there; expected a file beside the scenario", name=name))
            return name, None
        if not isinstance(node, MappingNode):
            raise nodes.Wrong(node, text("expected the name of a site file, or settings as 'name: value' pairs"))
        return "", node

    def _people(self, node: Node) -> None:
        given = self._noting(lambda: nodes.fields_of(node, text("people")), nodes.Given())
        for name, about in given.items():
            try:
                self._person(name, about)
            except nodes.Wrong as wrong:
                self.fault(nodes.line_of(wrong.node), wrong.found)
                self._unclear.add(name)  # what the script says of this person is not wrong because of that

    def _person(self, name: str, node: Node) -> None:
        if not NAME.fullmatch(name):
            raise nodes.Wrong(
                node, text("{name} is no name; expected a lower-case letter, then letters, digits and hyphens", name=repr(name))
            )
        given = nodes.fields_of(node, text("a person"))
        if "phone" in given:
            self._phones[name] = self._at_phone(name, node, given)
            return
        nodes.only(given, ("number", "name", "caller_id", "absence", "answers_after", "language", "cause", "announces"))
        if PHONE.fullmatch(name):
            raise nodes.Wrong(node, text("{name} is the phone with that extension; give the caller another name", name=name))
        self._callers[name] = CallerSpec(
            line=nodes.line_of(node),
            name=name,
            number=nodes.matching(nodes.need(node, given, "number"), r"[0-9]{3,20}", text("a number of 3 to 20 digits")),
            shown_name=nodes.scalar(given["name"], text("a name")) if "name" in given else "",
            caller_id=nodes.choice(given["caller_id"], CALLER_ID_STYLES) if "caller_id" in given else "fsk",
            absence=nodes.choice(given["absence"], ("private", "unavailable")) if "absence" in given else "",
            answers_after_s=nodes.seconds(given["answers_after"]) if "answers_after" in given else None,
            language=self._language(given),
            cause=nodes.number(given["cause"], 1, CAUSE_MOST) if "cause" in given else None,
            announces=nodes.scalar(given["announces"], text("what is said before the bell rings")) if "announces" in given else "",
        )

    def _at_phone(self, name: str, node: Node, given: nodes.Given) -> PhoneSpec:
        nodes.only(given, ("phone", "language", "hand", "cable", "lamp", "shows_waiting"))
        return PhoneSpec(
            line=nodes.line_of(node),
            name=name,
            extension=nodes.matching(given["phone"], r"[1-9][0-9]{2,5}", text("an extension of 3 to 6 digits")),
            language=self._language(given),
            hand=nodes.choice(given["hand"], ("steady", "human")) if "hand" in given else "steady",
            cable=nodes.choice(given["cable"], tuple(CABLES)) if "cable" in given else "",
            lamp=nodes.choice(given["lamp"], tuple(lamp.value for lamp in Lamp)) if "lamp" in given else "fsk",
            shows_waiting=nodes.truth(given["shows_waiting"]) if "shows_waiting" in given else True,
        )

    def _language(self, given: Mapping[str, Node]) -> str:
        return nodes.choice(given["language"], LANGUAGES) if "language" in given else ""

    def _script(self, node: Node) -> tuple[Step, ...]:
        items = nodes.items_of(node, text("steps"))
        if not items:
            self.fault(nodes.line_of(node), text("the script is empty; expected at least one step"))
        self._steps += len(items)
        if self._steps > STEPS_MOST:
            self.fault(nodes.line_of(node), text("more than {most} steps", most=STEPS_MOST))
            return ()
        steps = []
        for item in items:
            try:
                steps.append(self._step(item))
            except nodes.Wrong as wrong:
                self.fault(nodes.line_of(wrong.node), wrong.found)
        return tuple(steps)

    def _step(self, node: Node) -> Step:
        given = nodes.fields_of(node, text("a step"))
        if "who" in given:
            who = self._who(given["who"])
            for key, read in (("does", self._does), ("hears", self._hears), ("rings", self._rings), ("sees", self._sees)):
                if key in given:
                    return read(node, given, who)
            raise nodes.Wrong(node, text("what happens to {who} is missing; expected does, hears, rings or sees", who=who))
        if "expect" in given:
            return self._expect(node, given)
        if "line" in given:
            nodes.only(given, ("line", "is"))
            name = nodes.matching(given["line"], NAME.pattern, text("the name of an exchange line"))
            return read_line_is(nodes.need(node, given, "is"), name, nodes.line_of(node))
        if "trunk" in given:
            nodes.only(given, ("trunk", "is"))
            name = nodes.matching(given["trunk"], NAME.pattern, text("the name of an E1 trunk"))
            return read_trunk_is(nodes.need(node, given, "is"), name, nodes.line_of(node))
        if "alarm" in given:
            return _alarm(given, nodes.line_of(node))
        if "cut_line" in given:
            return _cut_line(given, nodes.line_of(node))
        for key in ("wait", "pull_card", "push_card", "mend_line", "together"):
            if key in given:
                nodes.only(given, (key,))
                return self._alone(key, given[key], nodes.line_of(node))
        raise nodes.Wrong(
            node,
            text("this is no step; expected who, expect, line, trunk, wait, together, pull_card, push_card, alarm, cut_line or mend_line"),
        )

    def _alone(self, key: str, value: Node, line: int) -> Step:
        if key == "wait":
            return Wait(line=line, seconds=nodes.seconds(value))
        if key == "pull_card":
            return PullCard(line=line, card=nodes.number(value, 0, 31))
        if key == "push_card":
            return PushCard(line=line, card=nodes.number(value, 0, 31))
        if key == "mend_line":
            return MendLine(line=line, name=nodes.matching(value, NAME.pattern, text("the name of an exchange line")))
        return Together(line=line, branches=tuple(self._script(branch) for branch in nodes.items_of(value, text("scripts"))))

    def _who(self, node: Node) -> str:
        who = nodes.scalar(node, text("a person"))
        if who in self._callers or who in self._phones or who in self._unclear or PHONE.fullmatch(who):
            return who
        known = ", ".join([*self._callers, *self._phones, "phone-<extension>"])
        raise nodes.Wrong(node, text("{who} is not among the people; expected {known}", who=repr(who), known=known))

    def _caller(self, node: Node, who: str, does: str) -> None:
        if who not in self._callers and who not in self._unclear:
            raise nodes.Wrong(node, text("only a person with a number can {does}; a desk phone lifts and presses keys", does=does))

    def _phone(self, node: Node, who: str, does: str) -> None:
        if who in self._callers:
            raise nodes.Wrong(node, text("only a desk phone can {does}; {who} is in the network", does=does, who=who))

    def _does(self, node: Node, given: nodes.Given, who: str) -> Step:
        line = nodes.line_of(node)
        does = nodes.choice(given["does"], tuple(ACTS))
        nodes.only(given, ("who", "does", *ACTS[does]))
        if does in ("pulse", "flash", "unplug", "plug_in"):
            self._phone(given["does"], who, does)
        if does == "call":
            return self._call_to(node, given, who)
        if does == "press":
            keys = nodes.keys_of(nodes.need(node, given, "keys"), r"[0-9*#A-D]{1,64}", text("1 to 64 keys of 0-9, *, #, A-D"))
            on_s = nodes.seconds(given["on"]) if "on" in given else 0.1
            return Press(line=line, who=who, keys=keys, on_s=on_s, off_s=nodes.seconds(given["off"]) if "off" in given else 0.1)
        if does == "pulse":
            return Pulse(line=line, who=who, keys=nodes.keys_of(nodes.need(node, given, "keys"), r"[0-9]{1,32}", text("1 to 32 digits")))
        if does == "say":
            return self._say(node, given, who)
        for_s = nodes.seconds(given["for"]) if "for" in given else None
        if does == "lift" and for_s is not None:
            self._phone(given["for"], who, "lift for a while")
        acts: dict[str, Step] = {
            "flash": Flash(line=line, who=who, for_s=for_s),
            "lift": Lift(line=line, who=who, for_s=for_s),
            "hang_up": HangUp(line=line, who=who),
            "unplug": Unplug(line=line, who=who),
            "plug_in": PlugIn(line=line, who=who),
        }
        return acts[does]

    def _call_to(self, node: Node, given: nodes.Given, who: str) -> CallTo:
        self._caller(given["does"], who, "call")
        return CallTo(
            line=nodes.line_of(node),
            who=who,
            to=nodes.matching(nodes.need(node, given, "to"), rf"{NAME.pattern}|[0-9]{{3,20}}", text("the name of a line, or a number")),
            disconnect=nodes.choice(given["disconnect"], DISCONNECTS) if "disconnect" in given else "",
            ring_ms=ring_cadence_ms(given["ring"]) if "ring" in given else (),
            collides=nodes.truth(given["collides"]) if "collides" in given else False,
            called=_digits(given, "called"),
            by_digits=nodes.truth(given["by_digits"]) if "by_digits" in given else False,
            diverted_from=_digits(given, "diverted_from"),
        )

    def _say(self, node: Node, given: Mapping[str, Node], who: str) -> Say:
        if ("text" in given) == ("wav" in given):
            raise nodes.Wrong(node, text("expected either text or wav, to say something"))
        wav = ""
        if "wav" in given:
            wav = nodes.scalar(given["wav"], text("the name of a WAV file"))
            if not (self._folder / wav).is_file():
                raise nodes.Wrong(given["wav"], text("the file {name} is not there; expected a WAV file beside the scenario", name=wav))
        spoken = nodes.scalar(given["text"], text("a text")) if "text" in given else ""
        language = self._language(given) or self._people_language(who) or "zh"
        return Say(line=nodes.line_of(node), who=who, text=spoken, wav=wav, language=language)

    def _people_language(self, who: str) -> str:
        person = self._callers.get(who) or self._phones.get(who)
        return person.language if person is not None else ""

    def _within(self, given: Mapping[str, Node]) -> float:
        return nodes.seconds(given["within"]) if "within" in given else WITHIN_S

    def _hears(self, node: Node, given: nodes.Given, who: str) -> Step:
        line, within_s = nodes.line_of(node), self._within(given)
        hears = nodes.fields_of(given["hears"], text("what is heard"))
        if len(hears) != 1:
            raise nodes.Wrong(given["hears"], text("expected one thing that is heard: prompt, tone, speech_of or silence"))
        kind, value = next(iter(hears.items()))
        nodes.only(hears, ("prompt", "tone", "speech_of", "silence"))
        nodes.only(given, ("who", "hears", "within", *{"prompt": ("language",), "speech_of": ("delay",)}.get(kind, ())))
        if kind == "prompt":
            prompt = nodes.matching(value, r"[a-z0-9][a-z0-9_/-]{0,63}", text("the name of a prompt"))
            return HearsPrompt(line=line, who=who, prompt=prompt, language=self._language(given), within_s=within_s)
        if kind == "tone":
            return HearsTone(line=line, who=who, tone=nodes.choice(value, TONES), within_s=within_s)
        if kind == "silence":
            return HearsSilence(line=line, who=who, for_s=nodes.seconds(value), within_s=within_s)
        delay_s = nodes.seconds(given["delay"]) if "delay" in given else None
        return HearsSpeech(line=line, who=who, of=self._who(value), within_s=within_s, delay_s=delay_s)

    def _rings(self, node: Node, given: nodes.Given, who: str) -> Step:
        line = nodes.line_of(node)
        rings = given["rings"]
        if isinstance(rings, ScalarNode) and rings.value in ("no", "false", "False", "never"):
            nodes.only(given, ("who", "rings", "for"))
            return StaysQuiet(line=line, who=who, for_s=nodes.seconds(nodes.need(node, given, "for")))
        nodes.only(given, ("who", "rings", "within", "shows", "shows_name"))
        if isinstance(rings, ScalarNode) and rings.value in ("yes", "true", "True"):
            within_s = self._within(given)
        else:
            within_s = nodes.seconds(
                nodes.need(rings, nodes.fields_of(rings, text("how it rings, such as {{within: 5s}}, yes or no")), "within")
            )
        shows = (
            nodes.matching(given["shows"], r"[0-9]{0,20}|private|unavailable", text("a number, private or unavailable"))
            if "shows" in given
            else None
        )
        shows_name = nodes.scalar(given["shows_name"], text("a name")) if "shows_name" in given else None
        if shows is not None or shows_name is not None:
            self._phone(node, who, "show a number")
        return Rings(line=line, who=who, within_s=within_s, shows=shows, shows_name=shows_name)

    def _sees(self, node: Node, given: nodes.Given, who: str) -> Step:
        nodes.only(given, ("who", "sees", "within"))
        self._phone(node, who, "show something")
        sees = nodes.fields_of(given["sees"], text("what is seen"))
        nodes.only(sees, ("caller", "waiting", "lamp"))
        if len(sees) != 1:
            raise nodes.Wrong(given["sees"], text("expected one thing that is seen: caller, waiting or lamp"))
        what, value = next(iter(sees.items()))
        shown = (
            nodes.choice(value, ("on", "off"))
            if what == "lamp"
            else nodes.matching(value, r"[0-9]{1,20}|private|unavailable", text("a number, private or unavailable"))
        )
        return Sees(line=nodes.line_of(node), who=who, what=what, value=shown, within_s=self._within(given))

    def _expect(self, node: Node, given: nodes.Given) -> Step:
        nodes.only(given, ("expect", "within"))
        about = nodes.fields_of(given["expect"], text("what is expected"))
        kinds = {"call": self._call, "recording": self._recording, "fact": self._fact, "agent": self._agent}
        # A call has an agent among its fields: the first kind that is there decides.
        kind = next((kind for kind in kinds if kind in about), None)
        if kind is None:
            raise nodes.Wrong(given["expect"], text("expected one of {kinds}", kinds=", ".join(kinds)))
        within_s = self._within(given) if "within" in given else EXPECT_WITHIN_S
        return kinds[kind](given["expect"], about, nodes.line_of(node), within_s)

    def _fact(self, node: Node, about: nodes.Given, line: int, within_s: float) -> Step:
        nodes.only(about, ("fact", "where", "times"))
        facts = known_facts()
        name = nodes.scalar(about["fact"], text("the name of a fact"))
        if name not in facts:
            raise nodes.Wrong(
                about["fact"], text("no fact is called {name}; expected one of {facts}", name=name, facts=", ".join(sorted(facts)))
            )
        names = tuple(field.name for field in fields(facts[name]))  # type: ignore[arg-type]  # every fact is a dataclass
        where = self._where(about.get("where"), names)
        times = nodes.number(about["times"], 0, 10_000) if "times" in about else None
        return FactHappens(line=line, fact=name, where=where, times=times, within_s=within_s)

    def _where(self, node: Node | None, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        if node is None:
            return ()
        where = nodes.fields_of(node, text("fields and their values"))
        nodes.only(where, names)
        return tuple((name, nodes.scalar(value, text("a value"))) for name, value in where.items())

    def _agent(self, node: Node, about: nodes.Given, line: int, within_s: float) -> Step:
        nodes.only(about, ("agent", "state"))
        agent = nodes.matching(about["agent"], r"[0-9]{1,8}", text("an agent's number"))
        return AgentIs(line=line, agent=agent, state=nodes.choice(nodes.need(node, about, "state"), AGENT_STATES), within_s=within_s)

    def _call(self, node: Node, about: nodes.Given, line: int, within_s: float) -> Step:
        which = nodes.choice(about["call"], ("last", "first"))
        nodes.only(about, ("call", *CALL_FIELDS))
        values = tuple((name, nodes.scalar(value, text("a value"))) for name, value in about.items() if name != "call")
        return CallIs(line=line, which=which, where=values, within_s=within_s)

    def _recording(self, node: Node, about: nodes.Given, line: int, within_s: float) -> Step:
        nodes.only(about, ("recording", "length", "left", "right"))
        length_s: float | None = None
        tolerance_s = 0.5
        if "length" in about:
            value = nodes.scalar(about["length"], text("a length such as 12s ± 1s"))
            match = LENGTH.fullmatch(value)
            length_s = nodes.seconds_of(about["length"], match[1] if match else value)
            tolerance_s = nodes.seconds_of(about["length"], match[2]) if match else tolerance_s
        return RecordingIs(
            line=line,
            which=nodes.choice(about["recording"], ("last", "first")),
            length_s=length_s,
            tolerance_s=tolerance_s,
            left=self._track(about.get("left")),
            right=self._track(about.get("right")),
            within_s=within_s,
        )

    def _track(self, node: Node | None) -> TrackSays | None:
        if node is None:
            return None
        given = nodes.fields_of(node, text("what is on the track, such as {{says_of: wang}}"))
        nodes.only(given, ("says_of", "correlation"))
        correlation = 0.8
        if "correlation" in given:
            value = nodes.matching(given["correlation"], r"0\.\d{1,4}|1(\.0)?", text("a correlation between 0 and 1"))
            correlation = float(value)
        return TrackSays(who=self._who(nodes.need(node, given, "says_of")), correlation=correlation)


def parse_scenario(content: str, file: str, folder: Path) -> Scenario:
    """The scenario in this text; ``file`` is its name for messages, ``folder`` where the files beside it are. Raises ScenarioError."""
    try:
        root = yaml.compose(content, yaml.BaseLoader)
    except RecursionError as error:
        raise ScenarioError((text("{file}:1: nested deeper than {most} levels", file=file, most=nodes.DEPTH_MOST),)) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        why = text("{file}:{line}: this is not YAML: {why}", file=file, line=line, why=error.problem or error.context or "")
        raise ScenarioError((why,)) from error
    except yaml.YAMLError as error:
        raise ScenarioError((text("{file}:1: this is not YAML: {why}", file=file, why=error),)) from error
    if root is None:
        raise ScenarioError((text("{file}:1: the file is empty; expected title, people and script", file=file),))
    reader = _Reader(file, folder)
    scenario = reader.scenario(root)
    faults = reader.faults()
    if faults or scenario is None:
        raise ScenarioError(faults)
    return scenario


def read_scenario(path: Path) -> Scenario:
    """The scenario in this file. Raises ScenarioError (its faults), BadInput (no text), EnvironmentFault (not readable)."""
    try:
        if path.stat().st_size > FILE_MOST_BYTES:
            raise BadInput(text("{file}: larger than {most} bytes; expected a scenario", file=path, most=FILE_MOST_BYTES))
        content = path.read_text("utf-8")
    except OSError as error:
        raise EnvironmentFault(text("{file} cannot be read: {why}", file=path, why=error.strerror)) from error
    except UnicodeDecodeError as error:
        raise BadInput(text("{file}: not UTF-8 text; expected a scenario in YAML", file=path)) from error
    return parse_scenario(content, str(path), path.parent)
