"""The agents at work: who is at which phone, what each one's machine says, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine import facts
from engine.acd import agent as a
from engine.kernel.clock import Clock
from engine.kernel.errors import OurFault, Refused
from engine.kernel.fsm import Machine
from engine.kernel.runner import Actor, Runner
from engine.kernel.text import text
from engine.settings.site import AgentSection

__all__ = ["Agent", "Crew", "Work"]

NS_A_S = 1_000_000_000


class Agent:
    """An agent at work: the section of the site, the queues of the site that the agent serves, those signed out of, and the machine."""

    def __init__(self, section: AgentSection, serves: frozenset[str]) -> None:
        self.section = section
        self.serves = serves
        self.signed_out: frozenset[str] = frozenset()
        self.leaving = False
        self.actor: Actor | None = None
        self.last_call = ""

    @property
    def number(self) -> str:
        """The agent number."""
        return self.section.number

    @property
    def queues(self) -> frozenset[str]:
        """The queues whose calls the agent takes now."""
        return self.serves - self.signed_out

    @property
    def state(self) -> object:
        """The state of the agent's machine."""
        assert self.actor is not None
        return self.actor.state

    @property
    def phone(self) -> str:
        """The phone where the agent is, or empty."""
        return getattr(self.state, "phone", "")

    def post(self, event: object) -> None:
        """Give the machine an event."""
        assert self.actor is not None
        self.actor.post(event)


class Work(Protocol):
    """What the agents' machines want done about calls."""

    def match(self) -> None:
        """An agent may be free: look for a waiting call."""

    def ring(self, agent: Agent, call: str) -> None:
        """Ring the agent's phone for this call."""

    def look(self, agent: Agent, call: str) -> None:
        """Look whether it rings."""

    def offer_over(self, agent: Agent, call: str, outcome: str) -> None:
        """The offer ended without an answer: the caller keeps the place."""


@dataclass(frozen=True)
class _Place:
    """Where the newest fact of an agent says that he is."""

    phone: str
    call: str


class Crew:
    """One per appliance. ``tell`` publishes a fact about the call named with it (empty: none)."""

    def __init__(self, runner: Runner, clock: Clock, work: Work, tell: Callable[[facts.Fact, str], object]) -> None:
        self._runner = runner
        self._clock = clock
        self._work = work
        self._tell = tell
        self.agents: dict[str, Agent] = {}
        self._at: dict[str, str] = {}
        self._in_call: dict[str, str] = {}
        self._places: dict[str, _Place] = {}

    # ---- asked -----------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Agent]:
        return iter(list(self.agents.values()))

    def at(self, phone: str) -> Agent | None:
        """The agent at a phone."""
        return self.agents.get(self._at.get(phone, ""))

    def in_call(self, call: str) -> Agent | None:
        """The agent whose state is about this call."""
        return self.agents.get(self._in_call.get(call, ""))

    @property
    def anybody(self) -> bool:
        """True when somebody is logged in."""
        return bool(self._at)

    # ---- hired and gone --------------------------------------------------------------------------------------------

    def apply(self, sections: Iterable[AgentSection], serves: Mapping[str, frozenset[str]]) -> None:
        """Take another version of the agents. Who was removed leaves when the present call is over, and at once without one."""
        wanted = {section.number: section for section in sections}
        for number in [number for number in self.agents if number not in wanted]:
            self.agents[number].leaving = True
            self.agents[number].post(a.Logout())
        known = dict(self.agents)
        self.agents = {number: known.get(number) or self._hire(section, serves) for number, section in wanted.items()} | {
            number: agent for number, agent in known.items() if number not in wanted
        }
        for number, section in wanted.items():
            self.agents[number].section = section
            self.agents[number].leaving = False
        for agent in self:
            agent.serves = serves.get(agent.number, frozenset())
            self._dismiss(agent)

    def _hire(self, section: AgentSection, serves: Mapping[str, frozenset[str]]) -> Agent:
        agent = Agent(section, serves.get(section.number, frozenset()))
        agent.actor = self._runner.adopt(f"agent {section.number}", Machine(a.TABLE), self._performer(agent))
        return agent

    def _dismiss(self, agent: Agent) -> None:
        if not agent.leaving:
            return
        if isinstance(agent.state, a.LoggedOut):
            self.agents.pop(agent.number, None)
        elif isinstance(agent.state, a.Ready | a.NotReady | a.WrapUp):
            # Whoever took the logging out back during a call leaves now all the same.
            agent.post(a.Logout())

    # ---- commands --------------------------------------------------------------------------------------------------

    def login(self, number: str, phone: str, *, ready: bool, moves: bool) -> None:
        """Put the agent to this phone. Refused when the phone is taken, or the agent elsewhere and not to be taken along (``moves``)."""
        agent, there = self.agents[number], self.at(phone)
        if agent.phone == phone:
            return
        if agent.phone and not (moves and isinstance(agent.state, a.Ready | a.NotReady)):
            raise Refused(text("Agent {agent} is logged in at another phone.", agent=number))
        if there is not None:
            raise Refused(text("Another agent is logged in at this phone."))
        if agent.phone:
            agent.post(a.Move(phone))
            return
        agent.signed_out = frozenset()
        agent.post(a.Login(phone, ready, self._clock.monotonic_ns()))

    def restore(self, number: str, fact: facts.AgentStateChanged, signed_out: Sequence[str]) -> None:
        """After a restart: where the journal says the agent is. Whoever was in a call is as before it, or ready again."""
        agent = self.agents.get(number)
        if agent is None:
            return
        # What the phone itself had against its agent is found again, when it still is so.
        reasons = [reason for reason in (*fact.reasons, *fact.pending) if reason not in {a.OFF_HOOK, a.LINE_FAULT, "logged_out"}]
        ready = not reasons and (fact.state != "not_ready" or bool(fact.reasons))
        agent.signed_out = frozenset(signed_out)
        agent.post(a.Login(fact.phone, ready, self._clock.monotonic_ns()))
        for reason in reasons if not ready else ():
            if reason != a.LOGIN:
                agent.post(a.BecomeNotReady(reason))

    def sign(self, number: str, queue: str, *, out: bool) -> bool:
        """Sign the agent out of a queue that he serves, or in to it again; False when that is so already."""
        agent = self.agents[number]
        if (queue in agent.signed_out) is out:
            return False
        fact = facts.AgentSignedOut if out else facts.AgentSignedIn
        agent.signed_out = agent.signed_out | {queue} if out else agent.signed_out - {queue}
        self._tell(fact(agent=number, queue=queue), "")
        return True

    # ---- what the machines want ------------------------------------------------------------------------------------

    def _performer(self, agent: Agent) -> Callable[[object], None]:
        def perform(effect: object) -> None:
            match effect:
                case a.Announce():
                    self._announce(agent)
                case a.Rematch():
                    self._work.match()
                case a.RingPhone(call):
                    self._work.ring(agent, call)
                case a.LookAtLine(call):
                    self._work.look(agent, call)
                case a.OfferOver(call, _queue, outcome):
                    self._work.offer_over(agent, call, outcome)
                case _:
                    raise OurFault(f"nobody performs {effect!r}")

        return perform

    def _announce(self, agent: Agent) -> None:
        state, number = agent.state, agent.number
        call = getattr(state, "call", "")
        self._note_place(number, agent.phone, call)
        if isinstance(state, a.Talking):
            agent.last_call = call
        if isinstance(state, a.LoggedOut):
            agent.signed_out, agent.last_call = frozenset(), ""
        resting = state.before if isinstance(state, a.OwnCall) else state
        pending = set(getattr(state, "pending", ())) | ({"logged_out"} if getattr(state, "logout", False) else set())
        self._tell(
            facts.AgentStateChanged(
                agent=number,
                phone=agent.phone,
                state=a.word_of(state),
                reasons=tuple(sorted(resting.reasons)) if isinstance(resting, a.NotReady) else (),
                call=call,
                pending=tuple(sorted(pending)),
                queue=getattr(state, "queue", ""),
                cooling=isinstance(state, a.Ready) and state.cooling,
                idle_since_ns=state.since_ns if isinstance(state, a.Ready) else 0,
            ),
            call,
        )
        self._dismiss(agent)

    def _note_place(self, number: str, phone: str, call: str) -> None:
        before = self._places.pop(number, None)
        if before is not None:
            for index, key in ((self._at, before.phone), (self._in_call, before.call)):
                if index.get(key) == number:
                    del index[key]
        if phone:
            self._places[number] = _Place(phone, call)
            self._at[phone] = number
        if call:
            self._in_call[call] = number
