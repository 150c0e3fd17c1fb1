"""The stage of a scenario: what the player may touch and look at, and what it remembers of the play.

Nothing here knows how the appliance is built or whether time is virtual: the world's steps drive everything.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from boards.dahdi.abi import Alarm
from engine.facts import AgentStateChanged, Fact, fact_to_record
from engine.kernel.bus import Envelope
from engine.kernel.errors import BadInput
from engine.kernel.text import Text, text
from hwsim.cable import CABLES
from hwsim.caller_id_display import Lamp
from hwsim.e1_calls import Reaction
from hwsim.exchange import CallerIdStyle, Exchange
from hwsim.hand import HUMAN, STEADY
from hwsim.line import Impairments
from hwsim.people import DeskPhone, Subscriber
from hwsim.scenario_language import ScenarioError
from hwsim.scenario_steps import CallerSpec, PhoneSpec, Scenario
from hwsim.signals import BLOCK, Samples, alaw_from_linear
from hwsim.world import World

__all__ = ["FACTS_MOST", "AskCalls", "Cards", "Cast", "FactLog", "LoggedFact", "Routine", "Stage", "Unmet", "Until", "value_shown"]

FACTS_MOST = 200_000
"""Facts remembered for expectations: hours of a busy box. Beyond it the oldest are forgotten and counted."""

ANNOUNCER = 0
"""The exchange's own voice."""

AskCalls = Callable[[Callable[[Sequence[Mapping[str, Any]]], None], Callable[[Exception], None]], None]
"""Asks the appliance for its list of calls, newest first: told the rows, or why not."""


class Cards(Protocol):
    """The machine's slots."""

    def pull_card(self, index: int) -> None:
        """Pull a card out. IndexError for one that never was, ValueError for one that is out."""

    def push_card(self, index: int) -> None:
        """Put it back."""

    def alarm_span(self, index: int, port: int, alarms: Alarm) -> None:
        """Let a port (from 0 on) see these alarms. IndexError for one that there is not."""


@dataclass(frozen=True)
class Stage:
    """What surrounds the people of a scenario.

    ``phones`` by extension; ``prompts`` are the appliance's, A-law, by language and name; ``language`` the site's; ``agents`` the
    numbers it has; ``speak(words, language, seed)`` gives the voice of the person with this seed.
    """

    world: World
    exchange: Exchange
    phones: Mapping[str, DeskPhone]
    cards: Cards
    card_count: int
    prompts: Mapping[tuple[str, str], bytes]
    language: str
    agents: Collection[str]
    recordings: Path
    speak: Callable[[str, str, int], Samples]
    ask_calls: AskCalls


@dataclass(frozen=True)
class Until:
    """What a step waits for: looked at after every block of audio, until ``deadline_ms`` of world time."""

    condition: Callable[[], bool]
    deadline_ms: float


Routine = Generator[Until, bool, None]
"""A step at work: yields what it waits for, is sent True when it came and False when the time was over."""


class Unmet(Exception):  # the house's word for it
    """A step did not come out as the scenario wants; ``happened`` says what happened instead."""

    def __init__(self, happened: Text) -> None:
        super().__init__(happened.in_english())
        self.happened = happened


def value_shown(value: object) -> str:
    """A fact's value as a scenario file writes it: ``true``, ``17``, ``meal``, a list with commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(str(part) for part in value)
    return "" if value is None else str(value)


@dataclass(frozen=True)
class LoggedFact:
    """A fact, and the sample of world time at which it was heard."""

    fact: Fact
    sample: int

    @property
    def name(self) -> str:
        """What kind of fact."""
        return type(self.fact).__name__

    def has(self, where: tuple[tuple[str, str], ...]) -> bool:
        """True when the fact has these field values."""
        record = fact_to_record(self.fact)
        return all(value_shown(record[name]) == value for name, value in where)


class FactLog:
    """The facts of the play so far. Subscribe ``hear`` to the bus before the appliance starts."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.facts: deque[LoggedFact] = deque(maxlen=FACTS_MOST)
        self.forgotten = 0

    def hear(self, envelope: Envelope) -> None:
        """One more."""
        assert isinstance(envelope.fact, Fact)
        self.forgotten += len(self.facts) == FACTS_MOST
        self.facts.append(LoggedFact(envelope.fact, self._world.now_sample))

    def of(self, name: str) -> list[LoggedFact]:
        """Every fact of a kind, in order."""
        return [logged for logged in self.facts if logged.name == name]

    def agent_state(self, agent: str) -> str:
        """The word for an agent's state: that of its newest fact."""
        changes = (logged.fact for logged in reversed(self.facts) if isinstance(logged.fact, AgentStateChanged))
        return next((change.state for change in changes if change.agent == agent), "logged_out")


class Cast:
    """The people of a scenario, and from which sample on each of them listens for the next thing to hear."""

    def __init__(self, scenario: Scenario, stage: Stage) -> None:
        self._world = stage.world
        self._phones = stage.phones
        self._extensions = {phone.name: phone.extension for phone in scenario.phones}
        self._listens_since: dict[str, int] = {}
        self.callers: dict[str, Subscriber] = {}
        for spec in scenario.callers:
            self.callers[spec.name] = self._caller(spec, scenario.file, stage)
        for phone in scenario.phones:
            if phone.extension in stage.phones:
                _equip(stage.phones[phone.extension], phone)

    @staticmethod
    def _caller(spec: CallerSpec, file: str, stage: Stage) -> Subscriber:
        try:
            caller = Subscriber(
                stage.world,
                stage.exchange,
                spec.name,
                spec.number,
                answers_after_s=spec.answers_after_s,
                caller_id=CallerIdStyle(spec.caller_id),
                shown_name=spec.shown_name,
                absence=spec.absence,
            )
            if spec.cause is not None or spec.announces:
                said = stage.speak(spec.announces, spec.language or "zh", ANNOUNCER) if spec.announces else None
                announcement = b"" if said is None else alaw_from_linear(said)
                stage.exchange.react(spec.number, Reaction(spec.cause, announcement))
        except BadInput as error:
            raise ScenarioError((text("{file}:{line}: {found}", file=file, line=spec.line, found=error.text),)) from error
        return caller

    def person(self, who: str) -> Subscriber | DeskPhone:
        """Whoever has this name in the scenario."""
        return self.callers[who] if who in self.callers else self.phone(who)

    def phone(self, who: str) -> DeskPhone:
        """The desk phone of this person, or of this name."""
        return self._phones[self.extension(who)]

    def extension(self, who: str) -> str:
        """The extension that belongs to a name."""
        return self._extensions.get(who) or who.removeprefix("phone-")

    def on_the_line(self, who: str) -> bool:
        """True while the handset is up: the person hears something, and is heard."""
        person = self.person(who)
        return person.lifted if isinstance(person, DeskPhone) else person.circuit is not None

    def hears_now(self, who: str) -> bool:
        """True when audio reached the person's ear within the last two blocks."""
        return self.on_the_line(who) and self.person(who).ear.next_sample >= self._world.now_sample - 2 * BLOCK

    def listens_since(self, who: str) -> int:
        """The sample after the last thing that the person did or heard."""
        return self._listens_since.get(who, 0)

    def listens_from(self, who: str, sample: int) -> None:
        """What came before is done with."""
        self._listens_since[who] = sample


def _equip(phone: DeskPhone, spec: PhoneSpec) -> None:
    """Give the telephone the hand, cable and display that its person has."""
    phone.hand = HUMAN if spec.hand == "human" else STEADY
    phone.lamp_by = Lamp(spec.lamp)
    phone.displays_waiting = spec.shows_waiting
    if spec.cable:
        phone.hears_through(Impairments(cable=CABLES[spec.cable]))
