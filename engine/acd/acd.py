"""The ACD at work: keeps the waiting list and the agents, matches them, and carries out what was chosen.

Matching is event-driven: whenever a call enters or an agent may have become free, ``choose`` is asked until it finds no more.
A call keeps its place in the waiting list while a phone rings for it, and gets an end of its stay exactly once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine import facts
from engine.acd import agent as a
from engine.acd.choose import AgentView, Waiting, choose, reason_against
from engine.calls import call as c
from engine.calls.switch import Call, Phone, Switch
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock
from engine.kernel.errors import OurFault, Refused
from engine.kernel.fsm import Machine
from engine.kernel.runner import Actor, Runner
from engine.kernel.text import text
from engine.settings.site import AgentSection, QueueSection

__all__ = ["Acd", "Agent", "Stay", "WaitingRoom"]


class WaitingRoom(Protocol):
    """Who entertains the caller during the stay: told what comes of it."""

    def stay_answered(self, agent: str) -> None:
        """An agent lifted and hears the caller: announce the agent, then join."""

    def stay_over(self, outcome: str) -> None:
        """The stay ended otherwise, or the conversation that it led to is over (``ended``)."""


@dataclass
class Stay:
    """One call's stay in one queue (a stint). ``offered_to`` is the agent whose phone rings for it, or empty."""

    call: Call
    queue: QueueSection
    room: WaitingRoom
    since_ns: int
    order: int
    offered_to: str = ""


class Agent:
    """An agent at work: the section of the site, and the machine."""

    def __init__(self, section: AgentSection, queues: frozenset[str]) -> None:
        self.section = section
        self.queues = queues
        self.leaving = False
        self.actor: Actor | None = None

    @property
    def number(self) -> str:
        """The agent number."""
        return self.section.number

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


GONE_QUEUES_MOST = 100
"""Removed queues that are remembered for calls that began before: more than a day of changes."""

PHONE_FAULT = "phone_fault"
"""The not-ready reason of an agent whose phone could not be rung; the agent takes it back with the code for ready."""

WORDS: dict[type, str] = {
    a.LoggedOut: "logged_out",
    a.NotReady: "not_ready",
    a.Ready: "ready",
    a.Offered: "offered",
    a.Talking: "talking",
    a.WrapUp: "wrap_up",
    a.OwnCall: "own_call",
}


class Acd:
    """One per appliance. It is the owner of a call while the call stays in a queue."""

    def __init__(
        self,
        runner: Runner,
        bus: Bus,
        clock: Clock,
        switch: Switch,
        queues: Iterable[QueueSection],
        agents: Iterable[AgentSection],
    ) -> None:
        self._runner = runner
        self._bus = bus
        self._clock = clock
        self._switch = switch
        self.queues = {queue.name: queue for queue in queues}
        self._gone_queues: dict[str, QueueSection] = {}
        self.agents: dict[str, Agent] = {}
        self._stays: dict[str, Stay] = {}
        self._answered: dict[str, WaitingRoom] = {}
        self._entered = 0
        self._matching = False
        self._again = False
        serves = self._serves()
        for section in agents:
            self.agents[section.number] = self._hire(section, serves.get(section.number, frozenset()))

    # ---- asked from above ------------------------------------------------------------------------------------------

    def enter(self, call: Call, queue: str, room: WaitingRoom) -> None:
        """Let a call wait. Refused when the queue is full; OurFault for a queue that does not exist."""
        section = self.queue(queue)
        if len(self._in(queue)) >= section.waiting_most:
            raise Refused(text("Queue {queue} is full: {most} callers wait.", queue=queue, most=section.waiting_most))
        self._entered += 1
        self._stays[call.id] = Stay(call, section, room, self._clock.monotonic_ns(), self._entered)
        call.owner = self
        self._publish(call, facts.CallQueued(call=call.id, queue=queue, place=self.place(call.id)))
        self.match()

    def queue(self, name: str) -> QueueSection:
        """The settings of a queue; of one that was removed, as long as calls that began before may still ask. OurFault for any other."""
        section = self.queues.get(name) or self._gone_queues.get(name)
        if section is None:
            raise OurFault(f"no queue is called {name!r}")
        return section

    def queues_in_use(self) -> Sequence[QueueSection]:
        """The site's queues, and those removed ones in which somebody still waits."""
        return [*self.queues.values(), *(queue for queue in self._gone_queues.values() if self._in(queue.name))]

    def apply(self, queues: Iterable[QueueSection], agents: Iterable[AgentSection]) -> None:
        """Take another version of queues and agents.

        Who waits keeps the place and the settings that held on entering. A removed queue serves whoever is in it or on the way to it.
        A removed agent leaves when the present call is over, and at once without one.
        """
        now = {queue.name: queue for queue in queues}
        gone = {**self._gone_queues, **self.queues}
        kept = [name for name in gone if name not in now][-GONE_QUEUES_MOST:]
        self._gone_queues = {name: gone[name] for name in kept}
        self.queues = now
        wanted = {section.number: section for section in agents}
        for number in [number for number in self.agents if number not in wanted]:
            self.agents[number].leaving = True
            self.agents[number].post(a.Logout())
        known, serves = dict(self.agents), self._serves()
        self.agents = {
            number: known.get(number) or self._hire(section, serves.get(number, frozenset())) for number, section in wanted.items()
        } | {number: agent for number, agent in known.items() if number not in wanted}
        for number, section in wanted.items():
            self.agents[number].section = section
            self.agents[number].leaving = False
        for agent in list(self.agents.values()):
            agent.queues = serves.get(agent.number, frozenset())
            self._dismiss(agent)
        self.match()

    def place(self, call_id: str) -> int:
        """The call's place in its queue, 1 = next; 0 when it does not wait."""
        stay = self._stays.get(call_id)
        if stay is None:
            return 0
        return 1 + sum(1 for other in self._in(stay.queue.name) if (other.since_ns, other.order) < (stay.since_ns, stay.order))

    def waiting(self, queue: str) -> Sequence[Stay]:
        """The stays in a queue, the next first."""
        return sorted(self._in(queue), key=lambda stay: (stay.since_ns, stay.order))

    def stay(self, call_id: str) -> Stay | None:
        """The stay of a call that waits now; None when it does not wait."""
        return self._stays.get(call_id)

    def reasons_against(self, queue: str) -> Sequence[tuple[str, str | None]]:
        """Each agent of the queue, and the one reason why no call can be offered to this agent now; None when there is none."""
        return [(view.number, reason_against(view)) for view in self._views() if queue in view.queues]

    def all_busy(self, queue: str) -> bool:
        """True when a call entering the queue now would have to wait."""
        able = [view for view in self._views() if queue in view.queues]
        return bool(self._in(queue)) or all(reason_against(view) for view in able)

    def agent_at(self, phone: str) -> str:
        """The number of the agent at a phone, or empty."""
        return next((agent.number for agent in self.agents.values() if agent.phone == phone), "")

    def login(self, number: str, phone: str, *, ready: bool) -> None:
        """Put the agent to this phone. The PIN has been judged. Refused when the phone is taken or the agent elsewhere."""
        agent = self.agents[number]
        if agent.phone == phone:
            return
        if agent.phone:
            raise Refused(text("Agent {agent} is logged in at another phone.", agent=number))
        if self.agent_at(phone):
            raise Refused(text("Another agent is logged in at this phone."))
        agent.post(a.Login(phone, ready, self._clock.monotonic_ns()))

    def restore(self, number: str, fact: facts.AgentStateChanged) -> None:
        """After a restart: where the journal says the agent is. Whoever was in a call is as before it, or ready again."""
        agent = self.agents.get(number)
        if agent is None or not fact.phone or fact.phone not in self._switch.phones:
            return
        # A handset that lies beside its phone still is found again.
        reasons = [reason for reason in fact.reasons if reason != a.OFF_HOOK]
        ready = not reasons and (fact.state != "not_ready" or bool(fact.reasons))
        agent.post(a.Login(fact.phone, ready, self._clock.monotonic_ns()))
        for reason in reasons if not ready else ():
            if reason != a.LOGIN:
                agent.post(a.BecomeNotReady(reason))

    def post(self, number: str, event: object) -> None:
        """Give an agent's machine a command event (logout, ready, …)."""
        self.agents[number].post(event)

    def now_ns(self) -> int:
        """The time that agents' events carry."""
        return self._clock.monotonic_ns()

    # ---- told by phones --------------------------------------------------------------------------------------------

    def phone_call_began(self, phone: Phone, call: Call) -> None:
        """A phone is in a call that no queue offered: its agent is busy with it."""
        agent = self.agents.get(self.agent_at(phone.name))
        if agent is None or isinstance(agent.state, a.Offered | a.Talking):
            return
        agent.post(a.OwnCallBegan(call.id))

    def phone_call_ended(self, phone: Phone, call: Call) -> None:
        """That call is over, or goes on without the phone."""
        agent = self.agents.get(self.agent_at(phone.name))
        if agent is None:
            return
        if isinstance(agent.state, a.OwnCall) and agent.state.call == call.id:
            other = phone.call or phone.held
            agent.post(a.OwnCallOver(self._clock.monotonic_ns()) if other is None else a.OwnCallMoved(other.id))
        elif isinstance(agent.state, a.Talking) and agent.state.call == call.id and not call.ended and call.parties.leg(phone.name) is None:
            agent.post(a.CallOver(self._clock.monotonic_ns()))

    def phone_call_moved(self, phone: Phone, before: Call, call: Call) -> None:
        """The phone's call goes on as another."""
        agent = self.agents.get(self.agent_at(phone.name))
        if agent is not None and isinstance(agent.state, a.OwnCall) and agent.state.call == before.id:
            agent.post(a.OwnCallMoved(call.id))

    def phone_reason(self, phone: str, reason: str) -> None:
        """The phone keeps its agent from being ready, for a reason that ends by itself."""
        agent = self.agents.get(self.agent_at(phone))
        if agent is not None:
            agent.post(a.BecomeNotReady(reason))

    def phone_reason_over(self, phone: str, reason: str) -> None:
        """It does not any more."""
        agent = self.agents.get(self.agent_at(phone))
        if agent is not None:
            agent.post(a.ReasonOver(reason, self._clock.monotonic_ns()))

    def phone_free(self) -> None:
        """A phone was put down: its agent may be offered a call."""
        self.match()

    # ---- the call tells its owner ----------------------------------------------------------------------------------

    def call_key(self, call: Call, key: str) -> None:
        """Keys while waiting have no service yet; the fact is enough. In conversation they are the parties' own affair."""
        if call.id in self._stays:
            self._publish(call, facts.KeyPressed(call=call.id, key=key))

    def call_lifted(self, call: Call, phone: Phone) -> None:
        """The agent answered."""
        stay = self._stays.pop(call.id, None)
        if stay is None:
            return
        number = stay.offered_to
        call.agent = number
        self.agents[number].post(a.AnswerOffer())
        self._end_stint(stay, "answered", number)
        self._answered[call.id] = stay.room
        stay.room.stay_answered(number)

    def call_not_rung(self, call: Call, phone: Phone) -> None:
        """The phone could not be rung: the caller keeps the place, and the agent is not offered calls at a phone that is at fault."""
        stay = self._stays.get(call.id)
        if stay is None or not stay.offered_to:
            return
        number, stay.offered_to = stay.offered_to, ""
        self._end_offer(stay, number, "phone_fault")
        self.agents[number].post(a.BecomeNotReady(PHONE_FAULT))

    def call_ended(self, call: Call) -> None:
        """The caller left the queue, or the conversation is over."""
        stay = self._stays.pop(call.id, None)
        if stay is not None:
            self._abandoned(stay)
        room = self._answered.pop(call.id, None)
        if room is not None:
            room.stay_over("ended")
        for agent in self.agents.values():
            if isinstance(agent.state, a.Talking) and agent.state.call == call.id:
                agent.post(a.CallOver(self._clock.monotonic_ns()))

    # ---- matching --------------------------------------------------------------------------------------------------

    def match(self) -> None:
        """Offer calls to agents as long as the policy finds a pair. Bounded by the number of agents."""
        if self._matching:
            self._again = True
            return
        self._matching = True
        try:
            for _ in range(len(self.agents) + 1):
                self._again = False
                found = choose(self._waiting(), self._views(), self._clock.monotonic_ns())
                if found is None:
                    if not self._again:
                        return
                    continue
                self._offer(self._stays[found.call], self.agents[found.agent], found.why, found.passed_over)
        finally:
            self._matching = False

    def _offer(self, stay: Stay, agent: Agent, why: str, passed_over: tuple[tuple[str, str], ...]) -> None:
        queue = stay.queue
        stay.offered_to = agent.number
        self._publish(
            stay.call,
            facts.CallOffered(
                call=stay.call.id,
                queue=queue.name,
                agent=agent.number,
                phone=agent.phone,
                why=why,
                passed_over=tuple(f"{number}:{reason}" for number, reason in passed_over),
            ),
        )
        phone = agent.phone
        limits = a.OfferLimits(queue.ring_timeout_s, queue.wrap_up_s, queue.miss_pause_s, queue.misses_until_not_ready)
        agent.post(a.Offer(stay.call.id, queue.name, limits))
        stay.call.post(c.Ring(phone))

    def _hire(self, section: AgentSection, queues: frozenset[str]) -> Agent:
        agent = Agent(section, queues)
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

    def _serves(self) -> dict[str, frozenset[str]]:
        """The queues of each agent who serves any; asked once for all of them, since a spreadsheet may bring thousands."""
        found: dict[str, set[str]] = {}
        for queue in [*self.queues.values(), *self._gone_queues.values()]:
            for number in queue.agents:
                found.setdefault(number, set()).add(queue.name)
        return {number: frozenset(names) for number, names in found.items()}

    def _performer(self, agent: Agent) -> Callable[[object], None]:
        def perform(effect: object) -> None:
            match effect:
                case a.Announce():
                    self._announce(agent)
                case a.Rematch():
                    self.match()
                case a.OfferMissed(call, _queue):
                    self._missed(agent, call)
                case _:
                    raise OurFault(f"nobody performs {effect!r}")

        return perform

    def _missed(self, agent: Agent, call_id: str) -> None:
        stay = self._stays.get(call_id)
        if stay is None or stay.offered_to != agent.number:
            return
        stay.offered_to = ""
        self._end_offer(stay, agent.number, "no_answer")
        stay.call.post(c.StopRing())

    def _abandoned(self, stay: Stay) -> None:
        if stay.offered_to:
            self._end_offer(stay, stay.offered_to, "caller_gone")
            self.agents[stay.offered_to].post(a.OfferWithdrawn())
        waited_s = (self._clock.monotonic_ns() - stay.since_ns) / 1e9
        by_caller = stay.call.released_by == "caller"
        short = waited_s <= stay.queue.short_abandon_s and stay.queue.short_abandon_s > 0
        outcome = ("short" if short else "abandoned") if by_caller else "failed"
        self._end_stint(stay, outcome, "")
        stay.room.stay_over(outcome)

    def _end_offer(self, stay: Stay, agent: str, outcome: str) -> None:
        self._publish(stay.call, facts.OfferEnded(call=stay.call.id, queue=stay.queue.name, agent=agent, outcome=outcome))

    def _end_stint(self, stay: Stay, outcome: str, agent: str) -> None:
        wait_ms = (self._clock.monotonic_ns() - stay.since_ns) // 1_000_000
        self._publish(
            stay.call,
            facts.StintEnded(call=stay.call.id, queue=stay.queue.name, outcome=outcome, agent=agent, wait_ms=wait_ms),
        )

    def _announce(self, agent: Agent) -> None:
        state = agent.state
        resting = state.before if isinstance(state, a.OwnCall) else state
        reasons = tuple(sorted(resting.reasons)) if isinstance(resting, a.NotReady) else ()
        self._bus.publish(
            facts.AgentStateChanged(
                agent=agent.number,
                phone=agent.phone,
                state=WORDS[type(state)],
                reasons=reasons,
                call=getattr(state, "call", ""),
            ),
            self._switch.interactions.of(getattr(state, "call", "")),
        )
        self._dismiss(agent)

    def _waiting(self) -> list[Waiting]:
        return [Waiting(stay.call.id, stay.queue.name, stay.since_ns, stay.order) for stay in self._stays.values() if not stay.offered_to]

    def _views(self) -> list[AgentView]:
        return [self._view(agent) for agent in self.agents.values()]

    def _view(self, agent: Agent) -> AgentView:
        state = agent.state
        chosen = any(stay.offered_to == agent.number for stay in self._stays.values())
        ready = state if isinstance(state, a.Ready) and not chosen else None
        phone = self._switch.phones.get(agent.phone)
        return AgentView(
            agent.number,
            agent.queues,
            "offered" if chosen else WORDS[type(state)],
            ready.since_ns if ready else 0,
            ready.cooling if ready else False,
            phone is not None and phone.free,
        )

    def _in(self, queue: str) -> list[Stay]:
        return [stay for stay in self._stays.values() if stay.queue.name == queue]

    def _publish(self, call: Call, fact: facts.Fact) -> None:
        self._bus.publish(fact, call.interaction)
