"""The player of scenarios: lets the people of a script do what it says, and judges what they notice.

Every step is a routine that says what it waits for; the player looks after each block of audio, in virtual and in real time
alike. What a person cannot do or does not notice ends the play; an expectation of the records that fails is noted, and the
play goes on. A bug that the appliance reports of itself fails every scenario.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from boards.dahdi.abi import Alarm
from engine.facts import AlarmRaised
from engine.kernel.bus import Envelope
from engine.kernel.errors import BadInput, OurFault, Refused, StrowgerError
from engine.kernel.text import Text, text
from hwsim.exchange import Disconnect
from hwsim.exchange_sounds import announced
from hwsim.people import DeskPhone
from hwsim.scenario_expectations import Expectations
from hwsim.scenario_language import ScenarioError
from hwsim.scenario_lines import change_line
from hwsim.scenario_listening import Listening
from hwsim.scenario_stage import Cast, FactLog, Routine, Stage, Unmet, Until
from hwsim.scenario_steps import (
    AgentIs,
    AlarmSpan,
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
    TrunkIs,
    Unplug,
    Wait,
)
from hwsim.scenario_trunks import change_trunk
from hwsim.scenario_words import expected, words
from hwsim.signals import Samples
from hwsim.voices import load_wav

__all__ = ["Failure", "Played", "Player"]

HEARING = (HearsPrompt, HearsSpeech, HearsTone, HearsSilence, Rings, Sees, StaysQuiet)
EXPECTING = (FactHappens, AgentIs, CallIs, RecordingIs)
BUGS = frozenset({"bug", "ivr.script_failed"})
ROUNDS_A_BLOCK_MOST = 100_000
AT_REST_MS = 2_500
"""A line that was just opened reports no ringing for two seconds; nobody telephones while the machine is being switched on."""
NEVER_MS = float("inf")


@dataclass(frozen=True)
class Failure:
    """What did not come out: the line of the file, what was expected there, and what happened instead."""

    line: int
    expected: Text
    happened: Text


@dataclass(frozen=True)
class Played:
    """A step is over, at a millisecond of world time; ``failure`` None: it came out."""

    at_ms: int
    line: int
    said: Text
    failure: Failure | None


@dataclass
class _Branch:
    """A script that runs: its routine, and what it waits for."""

    routine: Routine
    waiting: Until | None = None
    over: bool = False


class Player:
    """Plays one scenario once. Subscribe ``hear`` to the bus, start the appliance, ``begin``, and let the world run until ``over``.

    ``told`` hears of each step, ``ended`` once of the end. Making it raises ScenarioError when the scenario names what the stage does
    not have or a WAV file is none, EnvironmentFault when a voice or a file cannot be had.
    """

    def __init__(self, scenario: Scenario, stage: Stage, told: Callable[[Played], None], ended: Callable[[], None] = lambda: None) -> None:
        _check(scenario, stage)
        self.failures: list[Failure] = []
        self.over = False
        self._scenario = scenario
        self._world = stage.world
        self._stage = stage
        self._told = told
        self._ended = ended
        self._cast = Cast(scenario, stage)
        self._log = FactLog(stage.world)
        self._listening = Listening(stage, self._cast)
        self._expectations = Expectations(stage, self._cast, self._log)
        self._sounds = {step: self._sound(step) for step in _every(scenario.script) if isinstance(step, Say)}
        self._announcements = {step: self._announcement(step) for step in _every(scenario.script) if isinstance(step, LineIs | TrunkIs)}
        self._branches: list[_Branch] = []
        self._line = scenario.script[0].line
        stage.world.after_each_block(self._look)

    @property
    def now_ms(self) -> int:
        """World time."""
        return self._world.now_ms

    @property
    def passed(self) -> bool:
        """Everything came out."""
        return self.over and not self.failures

    def hear(self, envelope: Envelope) -> None:
        """A fact; subscribe this to the bus."""
        self._log.hear(envelope)
        fact = envelope.fact
        if isinstance(fact, AlarmRaised) and fact.alarm in BUGS:
            self._note(self._line, text("no fault of the appliance itself"), text("{sentence}", sentence=fact.sentence))

    def begin(self) -> None:
        """Let the first step begin, as soon as the lines have come to rest."""
        self._branches.append(_Branch(self._whole()))
        self._look()

    def finish(self) -> None:
        """Break off: what was not played is a failure."""
        if not self.over:
            self._note(self._line, text("the scenario ends"), text("it was broken off"))
            self._end()

    # ---- branches ------------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Let every branch whose wait is over go on."""
        if self.over:
            return
        for _ in range(ROUNDS_A_BLOCK_MOST):
            moved = [self._moved(branch) for branch in list(self._branches)]
            if not any(moved):
                return
        raise OurFault(f"more than {ROUNDS_A_BLOCK_MOST} steps in one block at {self._world.now_ms} ms")

    def _moved(self, branch: _Branch) -> bool:
        """Resume the branch when what it waits for has come, or the time for it is over. Each condition is asked once a round."""
        waiting = branch.waiting
        if branch.over or self.over:
            return False
        came = waiting is None or waiting.condition()
        if waiting is not None and not came and self._world.now_ms < waiting.deadline_ms:
            return False
        try:
            branch.waiting = next(branch.routine) if waiting is None else branch.routine.send(came)
        except StopIteration:
            branch.over = True
            self._branches.remove(branch)
            if not self._branches:
                self._end()
        except _Broken:
            self._end()
        return True

    def _end(self) -> None:
        self.over = True
        for branch in self._branches:
            branch.routine.close()
        self._branches.clear()
        self._ended()

    # ---- steps ---------------------------------------------------------------------------------------------------------

    def _whole(self) -> Routine:
        yield Until(lambda: False, AT_REST_MS)
        yield from self._script(self._scenario.script)

    def _script(self, steps: Sequence[Step]) -> Routine:
        for step in steps:
            self._line = step.line
            try:
                yield from self._step(step)
            except Unmet as unmet:
                self._failed(step, unmet.happened)
            except (IndexError, ValueError) as error:
                self._failed(step, text("{why}", why=error))
            except StrowgerError as error:
                self._failed(step, error.text)
            else:
                if not isinstance(step, Together):
                    self._told(Played(self._world.now_ms, step.line, words(step), None))

    def _failed(self, step: Step, happened: Text) -> None:
        failure = self._note(step.line, expected(step), happened)
        self._told(Played(self._world.now_ms, step.line, words(step), failure))
        if not isinstance(step, EXPECTING):
            raise _Broken

    def _note(self, line: int, wanted: Text, happened: Text) -> Failure:
        failure = Failure(line, wanted, happened)
        self.failures.append(failure)
        return failure

    def _step(self, step: Step) -> Routine:
        if isinstance(step, HEARING):
            yield from self._listening.routine(step)
        elif isinstance(step, EXPECTING):
            yield from self._expectations.routine(step)
        elif isinstance(step, Together):
            yield from self._together(step)
        elif isinstance(step, Wait):
            yield self._pass(round(step.seconds * 1000))
        else:
            yield from self._act(step)

    def _together(self, step: Together) -> Routine:
        branches = [_Branch(self._script(branch)) for branch in step.branches]
        self._branches.extend(branches)
        yield Until(lambda: all(branch.over for branch in branches), NEVER_MS)

    def _pass(self, ms: float) -> Until:
        return Until(lambda: False, self._world.now_ms + ms)

    # ---- acts ----------------------------------------------------------------------------------------------------------

    def _act(self, step: Step) -> Routine:
        match step:
            case CallTo(who=who, to=to, disconnect=disconnect):
                how = Disconnect(disconnect) if disconnect else None
                self._cast.callers[who].call(
                    to,
                    how,
                    ring_cadence_ms=step.ring_ms,
                    collides=step.collides,
                    called=step.called,
                    by_digits=step.by_digits,
                    diverted_from=step.diverted_from,
                )
                self._cast.listens_from(who, self._world.now_sample)
            case Lift(who=who, for_s=for_s):
                self._lift(who)
                if for_s is not None:
                    self._world.after(round(for_s * 1000), self._cast.phone(who).hang_up)
                    yield self._pass(for_s * 1000 + 1)
            case Unplug(who=who):
                self._cast.phone(who).unplug()
            case PlugIn(who=who):
                self._cast.phone(who).plug_in()
            case HangUp(who=who):
                self._cast.person(who).hang_up()
            case Press():
                yield self._press(step)
            case Pulse(who=who, keys=keys):
                phone = self._cast.phone(who)
                phone.pulse(keys)
                self._cast.listens_from(who, self._world.now_sample)
                yield Until(lambda: False, phone.dialled_at_ms + 1)
            case Flash(who=who, for_s=for_s):
                phone = self._cast.phone(who)
                phone.flash(None if for_s is None else round(for_s * 1000))
                yield Until(lambda: False, phone.dialled_at_ms + 1)
            case Say(who=who):
                self._must_be_heard(who)
                self._cast.person(who).say(self._sounds[step], f'"{step.text or step.wav}"')
            case _:
                self._outside(step)

    def _lift(self, who: str) -> None:
        person = self._cast.person(who)
        if isinstance(person, DeskPhone):
            person.lift()
        else:
            person.answer()
        self._cast.listens_from(who, self._world.now_sample)

    def _press(self, step: Press) -> Until:
        self._must_be_heard(step.who)
        pressed = self._cast.person(step.who).press(step.keys, round(step.on_s * 1000), round(step.off_s * 1000))
        self._cast.listens_from(step.who, self._world.now_sample)
        last = pressed[-1].end_sample
        return Until(lambda: self._world.now_sample >= last, NEVER_MS)

    def _must_be_heard(self, who: str) -> None:
        if not self._cast.on_the_line(who):
            raise Refused(text("{who} is not on the telephone", who=who))

    def _outside(self, step: Step) -> None:
        match step:
            case PullCard(card=card):
                self._stage.cards.pull_card(card)
            case PushCard(card=card):
                self._stage.cards.push_card(card)
            case AlarmSpan(alarm=alarm, card=card, port=port):
                self._stage.cards.alarm_span(card, port - 1, Alarm[alarm.upper()])
            case CutLine(name=name, for_s=for_s):
                exchange = self._stage.exchange
                exchange.cut(name)
                if for_s is not None:
                    self._world.after(round(for_s * 1000), lambda: exchange.mend(name))
            case MendLine(name=name):
                self._stage.exchange.mend(name)
            case LineIs():
                change_line(self._stage.exchange, step, self._announcements[step])
            case TrunkIs():
                change_trunk(self._stage.exchange, step, self._announcements[step])
            case _:
                raise OurFault(f"nobody plays {step!r}")

    def _announcement(self, step: LineIs | TrunkIs) -> bytes:
        settings = dict(step.settings)
        if not settings.get("announces"):
            return b""
        try:
            return announced(self._stage.speak(str(settings["announces"]), str(settings.get("announces_in", "zh")), 0))
        except BadInput as error:
            fault = text("{file}:{line}: {found}", file=self._scenario.file, line=step.line, found=error.text)
            raise ScenarioError((fault,)) from error

    def _sound(self, step: Say) -> Samples:
        try:
            if step.wav:
                return load_wav(self._scenario.folder / step.wav)
            return self._stage.speak(step.text, step.language, zlib.crc32(step.who.encode()))
        except BadInput as error:
            fault = text("{file}:{line}: {found}", file=self._scenario.file, line=step.line, found=error.text)
            raise ScenarioError((fault,)) from error


class _Broken(Exception):  # never leaves this module
    """The play cannot go on."""


def _every(steps: Sequence[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        if isinstance(step, Together):
            for branch in step.branches:
                yield from _every(branch)


def _check(scenario: Scenario, stage: Stage) -> None:
    """Raise ScenarioError for names that the stage does not have."""
    phones = {phone.name: phone.extension for phone in scenario.phones}
    callers = {caller.name for caller in scenario.callers}
    faults = [(phone.line, _extension_fault(phone.extension, stage)) for phone in scenario.phones]
    for step in _every(scenario.script):
        names = [name for name in (getattr(step, "who", ""), getattr(step, "of", "")) if name and name not in callers | phones.keys()]
        tracks = (step.left, step.right) if isinstance(step, RecordingIs) else ()
        names += [track.who for track in tracks if track is not None and track.who not in callers | phones.keys()]
        faults += [(step.line, _extension_fault(name.removeprefix("phone-"), stage)) for name in names]
        faults.append((step.line, _step_fault(step, stage)))
    found = tuple(text("{file}:{line}: {found}", file=scenario.file, line=line, found=fault) for line, fault in faults if fault is not None)
    if found:
        raise ScenarioError(found[:20])


def _extension_fault(extension: str, stage: Stage) -> Text | None:
    if extension in stage.phones:
        return None
    return text("the site has no extension {extension}; it has {known}", extension=extension, known=", ".join(stage.phones))


def _step_fault(step: Step, stage: Stage) -> Text | None:
    match step:
        case CallTo(to=name) if not name.isdigit() and name not in {*stage.exchange.lines, *stage.exchange.trunks}:
            return _line_fault(name, stage)
        case CallTo(to=name) if (step.called or step.by_digits or step.diverted_from) and name in stage.exchange.lines:
            return text("{line} is no E1 trunk: called, by_digits and diverted_from are for those", line=name)
        case CutLine(name=name) | MendLine(name=name) if name not in {*stage.exchange.lines, *stage.exchange.trunks}:
            return _line_fault(name, stage)
        case LineIs(name=name) if name not in stage.exchange.lines:
            return _line_fault(name, stage)
        case TrunkIs(name=name) if name not in stage.exchange.trunks:
            return text("the site has no E1 trunk {trunk}; it has {known}", trunk=name, known=", ".join(stage.exchange.trunks) or "-")
        case PullCard(card=card) | PushCard(card=card) | AlarmSpan(card=card) if card >= stage.card_count:
            return text("the site has no card {card}; expected 0 to {most}", card=card, most=stage.card_count - 1)
        case AgentIs(agent=agent) if agent not in stage.agents:
            return text("the site has no agent {agent}; it has {known}", agent=agent, known=", ".join(stage.agents))
        case HearsPrompt(prompt=prompt, language=language) if (language or stage.language, prompt) not in stage.prompts:
            return text("there is no prompt {prompt} in the language {language}", prompt=prompt, language=language or stage.language)
    return None


def _line_fault(name: str, stage: Stage) -> Text:
    return text("the site has no line {line}; it has {known}", line=name, known=", ".join([*stage.exchange.lines, *stage.exchange.trunks]))
