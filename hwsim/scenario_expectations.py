"""What a scenario expects of the appliance's own records: the journal's facts, agents, the list of calls, recordings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.facts import LanguageChosen, RecordingEnded, RecordingStarted, fact_to_record
from engine.kernel.errors import OurFault, StrowgerError
from engine.kernel.text import Text, text
from hwsim.scenario_listening import KEY_LABEL
from hwsim.scenario_stage import Cast, FactLog, LoggedFact, Routine, Stage, Unmet, Until, value_shown
from hwsim.scenario_steps import AgentIs, CallIs, FactHappens, RecordingIs, TrackSays
from hwsim.scenario_words import fields_shown
from hwsim.signals import Samples
from hwsim.tracks import Tracks, find_utterance, read_tracks

__all__ = ["Expectations"]

ASK_AGAIN_MS = 100
ANSWER_MS = 5000
"""The list of calls comes within this, or the appliance does not answer at all."""
SHOWN_MOST = 3
COLUMNS: Mapping[str, str] = {"caller": "calling", "caller_name": "calling_name"}
"""Names of a scenario for columns of the list of calls that are called otherwise."""
YES_NO = {"true": "yes", "false": "no"}


class Expectations:
    """Steps that look at what the appliance wrote down. What is not so raises Unmet."""

    def __init__(self, stage: Stage, cast: Cast, log: FactLog) -> None:
        self._stage = stage
        self._cast = cast
        self._log = log

    # ---- facts and agents ----------------------------------------------------------------------------------------------

    def fact(self, step: FactHappens) -> Routine:
        """At least once, or exactly so often."""

        def count() -> int:
            return sum(1 for logged in self._log.of(step.fact) if logged.has(step.where))

        if step.times == 0:
            yield self._until(lambda: count() > 0, step.within_s)
        else:
            yield self._until(lambda: count() >= (step.times or 1), step.within_s)
        found = count()
        if found == 0 and step.times != 0:
            raise Unmet(self._others(step))
        if step.times is not None and found != step.times:
            raise Unmet(text("{times} times", times=found))

    def agent(self, step: AgentIs) -> Routine:
        """In this state."""
        if not (yield self._until(lambda: self._log.agent_state(step.agent) == step.state, step.within_s)):
            raise Unmet(text("agent {agent} is {state}", agent=step.agent, state=self._log.agent_state(step.agent)))

    def _others(self, step: FactHappens) -> Text:
        others = self._log.of(step.fact)
        if not others:
            return text("no {fact} at all", fact=step.fact)
        shown = "; ".join(self._shown(logged, step.where) for logged in others[-SHOWN_MOST:])
        return text("{count} {fact}, the last: {shown}", count=len(others), fact=step.fact, shown=shown)

    @staticmethod
    def _shown(logged: LoggedFact, where: tuple[tuple[str, str], ...]) -> str:
        record = fact_to_record(logged.fact)
        names = [name for name, _ in where] or list(record)
        return " ".join(f"{name}={value_shown(record[name]) or '-'}" for name in names)

    # ---- the list of calls ---------------------------------------------------------------------------------------------

    def call(self, step: CallIs) -> Routine:
        """Asked of the appliance as a technician asks it, again and again until it is so."""
        deadline_ms = self._stage.world.now_ms + step.within_s * 1000
        while True:
            answers: list[Sequence[Mapping[str, Any]] | Exception] = []
            self._stage.ask_calls(answers.append, answers.append)
            if not (yield self._until(lambda: bool(answers), ANSWER_MS / 1000)):  # noqa: B023  # asked before the next round
                raise Unmet(text("the list of calls did not come"))
            if isinstance(answers[0], Exception):
                raise Unmet(text("the list of calls cannot be read: {why}", why=answers[0]))
            wrong = self._compare(answers[0], step)
            if wrong is None:
                return
            if self._stage.world.now_ms >= deadline_ms:
                raise Unmet(wrong)
            yield self._until(lambda: False, ASK_AGAIN_MS / 1000)

    def _compare(self, rows: Sequence[Mapping[str, Any]], step: CallIs) -> Text | None:
        if not rows:
            return text("there is no call in the list")
        row = rows[0] if step.which == "last" else rows[-1]
        found = [(name, self._column(row, name)) for name, _ in step.where]
        wrong = [(name, is_) for (name, is_), (_, value) in zip(found, step.where, strict=True) if is_ != YES_NO.get(value, value)]
        return text("it has {fields}", fields=fields_shown(tuple(wrong))) if wrong else None

    def _column(self, row: Mapping[str, Any], name: str) -> str:
        if name == "recorded":
            return "yes" if row["recording"] else "no"
        if name == "language":
            chosen = [logged.fact for logged in self._log.of(LanguageChosen.__name__)]
            spoken = [fact.language for fact in chosen if isinstance(fact, LanguageChosen) and fact.call == row["call"]]
            return spoken[-1] if spoken else self._stage.language
        return value_shown(row[COLUMNS.get(name, name)])

    # ---- recordings ----------------------------------------------------------------------------------------------------

    def recording(self, step: RecordingIs) -> Routine:
        """Closed, of the right length, and on each track what should be there."""
        yield self._until(lambda: self._ended(step.which) is not None, step.within_s)
        ended = self._ended(step.which)
        if ended is None:
            running = len(self._log.of(RecordingStarted.__name__))
            raise Unmet(text("there is no finished recording; {count} were begun", count=running))
        started, _ = ended
        assert isinstance(started.fact, RecordingStarted)
        try:
            tracks = read_tracks(self._stage.recordings / started.fact.path)
        except StrowgerError as error:
            raise Unmet(error.text) from error
        self._length(step, tracks)
        for side, wanted, track in (("left", step.left, tracks.left), ("right", step.right, tracks.right)):
            if wanted is not None:
                self._track(side, wanted, track, started.sample)

    def _ended(self, which: str) -> tuple[LoggedFact, LoggedFact] | None:
        """The beginning and the end of the first or last recording that is closed."""
        ends = {logged.fact.recording: logged for logged in self._log.facts if isinstance(logged.fact, RecordingEnded)}
        begun = [logged for logged in self._log.facts if isinstance(logged.fact, RecordingStarted)]
        if not begun:
            return None
        started = begun[-1] if which == "last" else begun[0]
        assert isinstance(started.fact, RecordingStarted)
        end = ends.get(started.fact.recording)
        return None if end is None else (started, end)

    @staticmethod
    def _length(step: RecordingIs, tracks: Tracks) -> None:
        if step.length_s is not None and abs(tracks.seconds - step.length_s) > step.tolerance_s:
            raise Unmet(text("it is {seconds} s long", seconds=f"{tracks.seconds:.2f}"))

    def _track(self, side: str, wanted: TrackSays, track: Samples, began_sample: int) -> None:
        said = [each for each in self._cast.person(wanted.who).mouth.said if not each.label.startswith(KEY_LABEL)]
        found = [(each, match) for each in said if (match := find_utterance(track, began_sample, each)) is not None]
        if not found:
            raise Unmet(text("{who} said nothing while it ran", who=wanted.who))
        worst, match = min(found, key=lambda pair: pair[1].correlation)
        if match.correlation < wanted.correlation:
            raise Unmet(
                text(
                    "the {side} track has {label} of {who} with a correlation of {correlation}",
                    side=side,
                    label=worst.label,
                    who=wanted.who,
                    correlation=f"{match.correlation:.2f}",
                )
            )

    # ---- small things --------------------------------------------------------------------------------------------------

    def _until(self, condition: Callable[[], bool], within_s: float) -> Until:
        return Until(condition, self._stage.world.now_ms + within_s * 1000)

    def routine(self, step: object) -> Routine:
        """The routine of an expectation."""
        match step:
            case FactHappens():
                return self.fact(step)
            case AgentIs():
                return self.agent(step)
            case CallIs():
                return self.call(step)
            case RecordingIs():
                return self.recording(step)
        raise OurFault(f"nobody expects {step!r}")
