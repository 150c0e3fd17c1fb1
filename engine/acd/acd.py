"""The ACD at work: keeps the waiting list, matches it with the agents, and carries out what was chosen.

Matching is event-driven: whenever a call enters or an agent may have become free, ``choose`` is asked until it finds no more.
A call keeps its place in the waiting list while a phone rings for it, and gets an end of its stay exactly once. Every second all that lasts is compared
with the lines (``lease.py``): what no line confirms is ended, and the caller waits on at the old place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from engine import facts
from engine.acd import agent as a
from engine.acd.allowances import Overrun, overruns
from engine.acd.choose import Choice, Situation, Waiting, choose, ordered, reason_against, reason_against_for
from engine.acd.claims import Claim
from engine.acd.crew import Agent, Crew
from engine.acd.inputs import OWN_FACTS, AcdInputs
from engine.acd.lease import CHECK_S, judge, truth_of
from engine.acd.memory import AcdMemory, AgentDay
from engine.acd.rules import Priorities, Rules, compile_rules
from engine.acd.stays import Stay, WaitingRoom
from engine.calls import call as c
from engine.calls.switch import Call, Phone, Switch
from engine.kernel.bus import Bus, Envelope
from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import OurFault, Refused
from engine.kernel.runner import Runner
from engine.kernel.text import text
from engine.settings.site import AcdSection, AgentSection, DeskSection, QueueSection

__all__ = ["Acd", "Agent", "Stay", "WaitingRoom"]

NS_A_S = 1_000_000_000
PASSED_TOLD = 12
"""Agents of whom the offer tells why not they; of all the others it tells how many each reason kept away."""
GONE_QUEUES_MOST = 100
"""Removed queues that are remembered for calls that began before: more than a day of changes."""


class Acd:
    """One per appliance. It is the owner of a call while the call stays in a queue. ``memory``: what the journal knows of today; ``version``: that of the
    settings.
    """

    def __init__(
        self,
        runner: Runner,
        bus: Bus,
        clock: Clock,
        switch: Switch,
        queues: Iterable[QueueSection],
        agents: Iterable[AgentSection],
        desk: DeskSection | None = None,
        memory: AcdMemory | None = None,
        section: AcdSection | None = None,
        version: int = 0,
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._switch = switch
        self._desk = desk or DeskSection()
        self.memory = memory or AcdMemory()
        self.queues = {queue.name: queue for queue in queues}
        self._gone_queues: dict[str, QueueSection] = {}
        self._stays: dict[str, Stay] = {}
        self._offers: dict[str, str] = {}
        """Agent → call, from the choice on."""
        self._dead_lines: set[str] = set()
        self._answered: dict[str, tuple[Call, WaitingRoom]] = {}
        self._claim: Callable[[Call, QueueSection, Callable[[str], bool]], Claim] = lambda _call, _queue, _can_take: Claim()
        self._sections = tuple(agents)
        self._priorities = section or AcdSection()
        self._version = version
        self.inputs = AcdInputs(self._rules(), self.memory)
        self._matching = False
        self._again = False
        self._check: Timer | None = None
        self._overruns: set[tuple[str, Overrun]] = set()
        self.crew = Crew(runner, clock, self, self._tell)
        self.crew.apply(self._sections, self.inputs.rules.serves())
        bus.subscribe("acd", self._hear)

    @property
    def agents(self) -> Mapping[str, Agent]:
        """Every agent of the site, and removed ones who still talk, by number."""
        return self.crew.agents

    def wire(self, claim: Callable[[Call, QueueSection, Callable[[str], bool]], Claim]) -> None:
        """Who knows what a caller may claim: asked with who can be waited for."""
        self._claim = claim

    def _rules(self) -> Rules:
        caps = Priorities(self._priorities.strict_most, round(self._priorities.others_most_s * 1e9))
        return compile_rules([*self._gone_queues.values(), *self.queues.values()], self._sections, self._version, caps)

    # ---- asked from above ------------------------------------------------------------------------------------------

    def enter(self, call: Call, queue: str, room: WaitingRoom) -> None:
        """Let a call wait. Refused when the queue is full; OurFault for a queue that does not exist."""
        section = self.queue(queue)
        if len(self._in(queue)) >= section.waiting_most:
            raise Refused(text("Queue {queue} is full: {most} callers wait.", queue=queue, most=section.waiting_most))
        claim = self._claim(call, section, lambda agent: self._can_be_wanted(agent, queue))
        stay = self._stays[call.id] = Stay(call, section, room, self._clock.monotonic_ns())
        call.owner = self
        self._watch()
        credit_ns = claim.credit_s * NS_A_S
        place = 1 + sum(
            1 for one in self.inputs.waiting.values() if one.queue == queue and one.since_ns - one.credit_ns <= stay.since_ns - credit_ns
        )
        self._tell(
            facts.CallQueued(
                call=call.id,
                queue=queue,
                place=place,
                credit_s=claim.credit_s,
                strict=claim.strict,
                wanted=claim.wanted,
                wanted_s=claim.wanted_s,
                wanted_alone=claim.alone,
                because=claim.because,
            ),
            call.id,
        )
        stay.because = claim.because
        stay.since_ns = self.inputs.waiting[call.id].since_ns
        self._plan(stay)
        self.match()

    def _can_be_wanted(self, number: str, queue: str) -> bool:
        agent = self.agents.get(number)
        return agent is not None and bool(agent.phone) and queue in agent.queues

    def _plan(self, stay: Stay) -> None:
        """The choice may come out otherwise when less skill is enough, or when the wanted agent is waited for no more: look again at that moment."""
        waiting = self.inputs.waiting.get(stay.call.id)
        if waiting is None or self._stays.get(stay.call.id) is not stay:
            return
        now_ns = self._clock.monotonic_ns()
        rule = self.inputs.rules.queues.get(stay.queue.name)
        lowered_ns = rule.next_relaxation_ns(now_ns - stay.since_ns) if rule is not None else 0
        helped_ns = stay.since_ns + rule.help_after_ns if rule is not None and rule.helped_by else 0
        moments = [helped_ns, waiting.wanted_until_ns, stay.since_ns + lowered_ns if lowered_ns else 0]
        ahead = [moment for moment in moments if moment > now_ns]
        if ahead:

            def again() -> None:
                self.match()
                self._plan(stay)

            self._clock.call_later((min(ahead) - now_ns) / 1e9, again)

    def queue(self, name: str) -> QueueSection:
        """The settings of a queue; of one that was removed, as long as calls that began before may still ask. OurFault for any other."""
        section = self.queues.get(name) or self._gone_queues.get(name)
        if section is None:
            raise OurFault(f"no queue is called {name!r}")
        return section

    def queues_in_use(self) -> Sequence[QueueSection]:
        """The site's queues, and those removed ones in which somebody still waits."""
        return [*self.queues.values(), *(queue for queue in self._gone_queues.values() if self._in(queue.name))]

    def apply(
        self,
        queues: Iterable[QueueSection],
        agents: Iterable[AgentSection],
        desk: DeskSection | None = None,
        section: AcdSection | None = None,
        version: int = 0,
    ) -> None:
        """Take another version of queues and agents.

        Who waits keeps the place and the settings that held on entering. A removed queue serves whoever is in it or on the way to it.
        A removed agent leaves when the present call is over, and at once without one.
        """
        now = {queue.name: queue for queue in queues}
        gone = {**self._gone_queues, **self.queues}
        kept = [name for name in gone if name not in now][-GONE_QUEUES_MOST:]
        self._gone_queues = {name: gone[name] for name in kept}
        self.queues = now
        self._desk, self._priorities = desk or self._desk, section or self._priorities
        self._sections, self._version = tuple(agents), version or self._version + 1
        self.inputs.take(self._rules())
        self.crew.apply(self._sections, self.inputs.rules.serves())
        self.match()

    def place(self, call_id: str) -> int:
        """The call's place in its queue, 1 = next; 0 when it does not wait."""
        stay = self._stays.get(call_id)
        if stay is None:
            return 0
        return 1 + next(i for i, one in enumerate(self.waiting(stay.queue.name)) if one is stay)

    def waiting(self, queue: str) -> Sequence[Stay]:
        """The stays in a queue, the next first."""
        known = [self.inputs.waiting[stay.call.id] for stay in self._in(queue) if stay.call.id in self.inputs.waiting]
        order = ordered(known, self.inputs.rules, 0, self._clock.monotonic_ns())
        return [self._stays[waiting.call] for waiting in order]

    def stay(self, call_id: str) -> Stay | None:
        """The stay of a call that waits now; None when it does not wait."""
        return self._stays.get(call_id)

    def reasons_against(self, call: str) -> Sequence[tuple[str, str | None]]:
        """Each agent of the queue in which this call waits, and the one reason why it cannot be offered to this agent now; None when there is none."""
        waiting = self.inputs.waiting.get(call)
        return self._against(waiting) if waiting is not None else []

    def _against(self, waiting: Waiting) -> list[tuple[str, str | None]]:
        situation = self._situation()
        rule = self.inputs.rules.queues.get(waiting.queue)
        found: list[tuple[str, str | None]] = []
        for number in rule.members if rule is not None else ():
            view = self.inputs.view(number)
            phone = self._switch.phones.get(self.agents[number].phone) if number in self.agents else None
            if view.state == "ready" and (phone is None or not phone.free):
                view = replace(view, phone_free=False)
            found.append((number, reason_against_for(waiting, view, situation)))
        return found

    def counted(self, queue: str) -> Mapping[str, int]:
        """How many agents of a queue each reason keeps from any call now; under the empty name those who are free."""
        rule = self.inputs.rules.queues.get(queue)
        views = [self.inputs.view(number) for number in (rule.members if rule is not None else ())]
        return Counter("signed_out" if queue not in view.queues else reason_against(view) or "" for view in views)

    def because(self, call: str) -> Sequence[str]:
        """Which lists and route gave a waiting caller his credit and agent."""
        stay = self._stays.get(call)
        return stay.because if stay is not None else ()

    def all_busy(self, queue: str) -> bool:
        """True when a call entering the queue now would have to wait."""
        asked = Waiting("", queue, self._clock.monotonic_ns(), 0)
        return bool(self._in(queue)) or all(reason for _, reason in self._against(asked))

    def agent_at(self, phone: str) -> str:
        """The number of the agent at a phone, or empty."""
        agent = self.crew.at(phone)
        return agent.number if agent is not None else ""

    def interaction_of(self, call: str) -> str:
        """What a call belongs to, also for a while after its end."""
        return self._switch.interactions.of(call)

    def today(self, number: str) -> AgentDay:
        """An agent's figures of today."""
        clock = self._clock
        return self.memory.today(number, clock.utc_ms(), clock.utc_offset_min(), clock.monotonic_ns())

    def used_up(self, number: str, reason: str) -> bool:
        """True when the agent has had all of today's time for a reason that the site limits."""
        allowed_min = next((one.a_day_min for one in self._desk.reasons if one.name == reason), 0.0)
        return allowed_min > 0 and self.today(number).reasons_ms.get(reason, 0) >= allowed_min * 60_000

    def login(self, number: str, phone: str, *, ready: bool) -> None:
        """Put the agent to this phone. The PIN has been judged. Refused when the phone is taken or the agent elsewhere."""
        self.crew.login(number, phone, ready=ready, moves=self._desk.login_elsewhere == "move")
        self._watch()

    def restore(self, number: str, fact: facts.AgentStateChanged) -> None:
        """After a restart: where the journal says the agent is. Whoever was in a call is as before it, or ready again."""
        if fact.phone and fact.phone in self._switch.phones:
            # The agent's logging in anew forgets it.
            self.crew.restore(number, fact, tuple(self.memory.signed_out.get(number, ())))
            self._watch()

    def sign(self, number: str, queue: str, *, out: bool) -> None:
        """Sign an agent out of a queue, or in again. What rings goes on ringing. Refused when the agent does not serve it."""
        if queue not in self.agents[number].serves:
            raise Refused(text("Agent {agent} does not serve queue {queue}.", agent=number, queue=queue))
        if self.crew.sign(number, queue, out=out):
            self.match()

    def post(self, number: str, event: object) -> None:
        """Give an agent's machine a command event (logout, ready, …)."""
        self.agents[number].post(event)

    def now_ns(self) -> int:
        """The time that agents' events carry."""
        return self._clock.monotonic_ns()

    # ---- told by phones --------------------------------------------------------------------------------------------

    def phone_call_began(self, phone: Phone, call: Call) -> None:
        """A phone is in a call that no queue offered: its agent is busy with it."""
        agent = self.crew.at(phone.name)
        if agent is None or isinstance(agent.state, a.Reserved | a.OwnCall):
            return
        if not isinstance(agent.state, a.Talking):
            agent.post(a.OwnCallBegan(call.id))
        elif agent.state.call != call.id and phone.held is not None:
            agent.post(a.ModeChanged("consult"))

    def phone_call_ended(self, phone: Phone, call: Call) -> None:
        """That call is over, or goes on without the phone."""
        agent = self.crew.at(phone.name)
        if agent is None:
            return
        if isinstance(agent.state, a.OwnCall) and agent.state.call == call.id:
            other = phone.call or phone.held
            agent.post(a.OwnCallOver(self._clock.monotonic_ns()) if other is None else a.CallMoved(other.id))
        elif isinstance(agent.state, a.Talking) and agent.state.call == call.id and not call.ended and call.parties.leg(phone.name) is None:
            agent.post(a.CallOver(self._clock.monotonic_ns()))

    def phone_call_moved(self, phone: Phone, before: Call, call: Call) -> None:
        """The phone's call goes on as another."""
        agent = self.crew.at(phone.name)
        if agent is not None and isinstance(agent.state, a.OwnCall | a.Talking) and agent.state.call == before.id:
            agent.post(a.CallMoved(call.id))

    def phone_reason(self, phone: str, reason: str) -> None:
        """The phone keeps its agent from being ready, for a reason that ends by itself."""
        agent = self.crew.at(phone)
        if agent is not None:
            agent.post(a.BecomeNotReady(reason))

    def phone_reason_over(self, phone: str, reason: str) -> None:
        """It does not any more."""
        agent = self.crew.at(phone)
        if agent is not None:
            agent.post(a.ReasonOver(reason, self._clock.monotonic_ns()))

    def phone_free(self) -> None:
        """A phone was put down: its agent may be offered a call."""
        self.match()

    def _hear(self, envelope: Envelope) -> None:
        """What the lines tell of agents at work: their calls put on hold, their phones out of service."""
        if not isinstance(envelope.fact, OWN_FACTS):
            self.memory.apply(envelope)
        match envelope.fact:
            case facts.CallHeld(call=call, phone=phone):
                self._mode(call, phone, "hold")
            case facts.CallRetrieved(call=call, phone=phone):
                self._mode(call, phone, "talking")
            case facts.CallsJoined(call=call, phone=phone):
                self._mode(call, phone, "conference")
            case facts.LineOutOfService(line=line):
                self._dead_lines.add(line)
                self.phone_reason(line, a.LINE_FAULT)
            case facts.LineInService(line=line):
                self._dead_lines.discard(line)
                self.phone_reason_over(line, a.LINE_FAULT)

    def _mode(self, call: str, phone: str, mode: str) -> None:
        agent = self.crew.in_call(call)
        if agent is not None and isinstance(agent.state, a.Talking) and agent.phone == phone:
            agent.post(a.ModeChanged(mode))

    # ---- the call tells its owner ----------------------------------------------------------------------------------

    def call_key(self, call: Call, key: str) -> None:
        """Keys while waiting have no service yet; the fact is enough. In conversation they are the parties' own affair."""
        if call.id in self._stays:
            self._tell(facts.KeyPressed(call=call.id, key=key), call.id)

    def call_lifted(self, call: Call, phone: Phone) -> None:
        """The agent answered."""
        stay = self._stays.pop(call.id, None)
        if stay is None:
            return
        number = stay.offered_to
        self._offers.pop(number, None)
        call.agent = number
        self.agents[number].post(a.AnswerOffer())
        self._end_stint(stay, "answered", number)
        self._answered[call.id] = call, stay.room
        stay.room.stay_answered(number)

    def call_not_rung(self, call: Call, phone: Phone) -> None:
        """The phone could not be rung: the caller keeps the place, and the agent is not offered calls at a phone that is at fault."""
        stay = self._stays.get(call.id)
        agent = self.crew.at(phone.name)
        if stay is not None and agent is not None and stay.offered_to == agent.number:
            reason = a.LINE_FAULT if phone.name in self._dead_lines else a.PHONE_FAULT
            agent.post(a.BecomeNotReady(reason))

    def call_ended(self, call: Call) -> None:
        """The caller left the queue, or the conversation is over."""
        stay = self._stays.pop(call.id, None)
        if stay is not None:
            self._abandoned(stay)
        _, room = self._answered.pop(call.id, (None, None))
        if room is not None:
            room.stay_over("ended")
        agent = self.crew.in_call(call.id)
        if agent is not None and isinstance(agent.state, a.Talking):
            agent.post(a.CallOver(self._clock.monotonic_ns()))

    # ---- matching --------------------------------------------------------------------------------------------------

    def match(self) -> None:
        """Offer calls to agents as long as the policy finds a pair. Bounded by the number of agents."""
        if self._matching:
            self._again = True
            return
        self._matching = True
        try:
            self._look_at_unreachable()
            for _ in range(2 * len(self.agents) + 1):
                self._again = False
                found = choose(self._situation())
                if found is None:
                    if not self._again:
                        return
                    continue
                self._offer(self._stays[found.call], self.agents[found.agent], found)
        finally:
            self._matching = False

    def _situation(self) -> Situation:
        clock = self._clock
        return self.inputs.situation(clock.monotonic_ns(), clock.utc_ms(), clock.utc_offset_min())

    def _look_at_unreachable(self) -> None:
        for number in sorted(self.inputs.unreachable):
            phone = self._switch.phones.get(self.agents[number].phone) if number in self.agents else None
            if phone is not None and phone.free:
                self._tell(facts.AgentReachable(agent=number, reachable=True), "")

    def _offer(self, stay: Stay, agent: Agent, choice: Choice) -> None:
        phone = self._switch.phones.get(agent.phone)
        if phone is None or not phone.free or not isinstance(agent.state, a.Ready):
            # What the choice did not know: it is told, and the choice is made again.
            self._tell(facts.AgentReachable(agent=agent.number, reachable=False), "")
            return
        queue = stay.queue
        stay.offered_to = agent.number
        self._offers[agent.number] = stay.call.id
        shorter = [(number, "ranked_lower") for number, _ in choice.next]
        offer = facts.CallOffered(
            call=stay.call.id,
            queue=queue.name,
            agent=agent.number,
            phone=agent.phone,
            why=choice.why,
            passed_over=tuple(f"{number}:{reason}" for number, reason in [*shorter, *choice.against][:PASSED_TOLD]),
            candidates=tuple(f"{number}:{measure}" for number, measure in choice.next),
            excluded=tuple(f"{reason}:{count}" for reason, count in choice.excluded),
            rule_version=self.inputs.rules.version,
            input_seq=self._bus.last_seq,
            decided_ns=choice.decided_ns,
            helping=choice.helping,
        )
        self._tell(offer, stay.call.id)
        rule = wrap_up_rule(queue, agent.section, self._desk)
        limits = a.OfferLimits(queue.ring_timeout_s, rule, queue.miss_pause_s, queue.misses_until_not_ready)
        agent.post(a.Reserve(stay.call.id, queue.name, limits))

    # ---- what the agents' machines want ----------------------------------------------------------------------------

    def ring(self, agent: Agent, call: str) -> None:
        """Ring the agent's phone for a call that still waits for it."""
        stay = self._stays.get(call)
        if stay is None or stay.offered_to != agent.number:
            agent.post(a.OfferWithdrawn())
            return
        stay.call.post(c.Ring(agent.phone))
        agent.post(a.Confirm())

    def look(self, agent: Agent, call: str) -> None:
        """Tell the agent's machine when the phone rings for this call."""
        if truth_of(self._switch.phones.get(agent.phone)).rings_for == call:
            agent.post(a.RingBegan())

    def offer_over(self, agent: Agent, call: str, outcome: str) -> None:
        """The offer ended without an answer: the bell stops, and the caller keeps the place."""
        stay = self._stays.get(call)
        if stay is None or stay.offered_to != agent.number:
            return
        self._take_back(stay, outcome)

    def _take_back(self, stay: Stay, outcome: str) -> None:
        number, stay.offered_to = stay.offered_to, ""
        self._offers.pop(number, None)
        self._end_offer(stay, number, outcome)
        stay.call.post(c.StopRing())

    # ---- leases ----------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Look every second while somebody is logged in or a call waits."""
        if self._check is None:
            self._check = self._clock.call_later(CHECK_S, self._look_around)

    def _look_around(self) -> None:
        """Nothing happens at this moment: whatever a state says must be true."""
        self._check = None
        if self.crew.anybody or self._stays or self._answered:
            self._watch()
        now_ns = self._clock.monotonic_ns()
        for agent in self.crew:
            if agent.phone:
                self._look_at(agent, now_ns)
        for stay in list(self._stays.values()):
            self._look_at_stay(stay)
        if any(stay.queue.overflow_to for stay in self._stays.values()):
            self.match()  # whose own agents have all gone may be helped by others now
        for call, room in list(self._answered.values()):
            if call.id not in self._switch.calls:
                del self._answered[call.id]
                room.stay_over("ended")

    def _look_at(self, agent: Agent, now_ns: int) -> None:
        phone = self._switch.phones.get(agent.phone)
        mended = judge(agent.state, truth_of(phone), now_ns)
        stay = self._stays.get(self._offers.get(agent.number, ""))
        if isinstance(mended, a.AnswerOffer) and stay is not None and phone is not None:
            self.call_lifted(stay.call, phone)
        elif mended is not None:
            agent.post(mended)
        elif isinstance(agent.state, a.NotReady):
            self._look_at_reasons(agent, agent.state, now_ns)

    def _look_at_stay(self, stay: Stay) -> None:
        if stay.call.id not in self._switch.calls:
            self._stays.pop(stay.call.id, None)
            self._abandoned(stay)
        elif stay.offered_to:
            agent = self.agents.get(stay.offered_to)
            state = agent.state if agent is not None else None
            if not isinstance(state, a.Reserved) or state.call != stay.call.id:
                self._take_back(stay, a.PHONE_FAULT)
                self.match()

    def _look_at_reasons(self, agent: Agent, state: a.NotReady, now_ns: int) -> None:
        """Breaks that are longer than the site allows are told once each."""
        limited = [reason for reason in self._desk.reasons if reason.name in state.reasons and (reason.most_min or reason.a_day_min)]
        if not limited:
            return
        lasts = {reason.name: self.memory.reason_lasts_ms(agent.number, reason.name, now_ns) for reason in limited}
        over = set(overruns(limited, lasts, self.today(agent.number)))
        for overrun in over:
            if (agent.number, overrun) not in self._overruns:
                fact = facts.AllowanceExceeded(agent=agent.number, reason=overrun.reason, limit=overrun.limit, allowed_s=overrun.allowed_s)
                self._bus.publish(fact)
        known = {(number, overrun) for number, overrun in self._overruns if number != agent.number}
        self._overruns = known | {(agent.number, overrun) for overrun in over}

    # ---- stints ----------------------------------------------------------------------------------------------------

    def _abandoned(self, stay: Stay) -> None:
        rung = self.agents.get(stay.offered_to)
        if rung is not None:
            self._offers.pop(rung.number, None)
            self._end_offer(stay, rung.number, "caller_gone")
        waited_s = (self._clock.monotonic_ns() - stay.since_ns) / 1e9
        by_caller = stay.call.released_by == "caller"
        short = waited_s <= stay.queue.short_abandon_s and stay.queue.short_abandon_s > 0
        outcome = ("short" if short else "abandoned") if by_caller else "failed"
        self._end_stint(stay, outcome, "")
        if rung is not None:
            rung.post(a.OfferWithdrawn())
        stay.room.stay_over(outcome)

    def _end_offer(self, stay: Stay, agent: str, outcome: str) -> None:
        self._tell(facts.OfferEnded(call=stay.call.id, queue=stay.queue.name, agent=agent, outcome=outcome), stay.call.id)

    def _end_stint(self, stay: Stay, outcome: str, agent: str) -> None:
        wait_ms = (self._clock.monotonic_ns() - stay.since_ns) // 1_000_000
        stint = facts.StintEnded(call=stay.call.id, queue=stay.queue.name, outcome=outcome, agent=agent, wait_ms=wait_ms)
        self._tell(stint, stay.call.id)

    def _in(self, queue: str) -> list[Stay]:
        return [stay for stay in self._stays.values() if stay.queue.name == queue]

    def _tell(self, fact: facts.Fact, call: str) -> None:
        """Publish a fact about a call, and take it in at once: the next choice knows it."""
        envelope = self._bus.publish(fact, self._switch.interactions.of(call) if call else "")
        if isinstance(fact, OWN_FACTS):
            self.inputs.apply(envelope)
            self.memory.apply(envelope)


def wrap_up_rule(queue: QueueSection, agent: AgentSection, desk: DeskSection) -> a.WrapUpRule:
    """How wrap-up ends after a call of this queue: as the agent has it of the own, else as the queue has it."""
    time_s, mode = (agent.wrap_up_s, agent.wrap_up_mode) if agent.wrap_up_mode else (queue.wrap_up_s, queue.wrap_up_mode)
    return a.WrapUpRule(time_s, mode, queue.wrap_up_extensions, queue.wrap_up_extend_s, desk.not_ready_skips_wrap_up)
