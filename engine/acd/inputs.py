"""What the choice looks at, as a fold over the facts that the ACD itself tells: who waits, and what each agent is.

The ACD at work and whoever makes its choices again from the journal use this same fold, so both see the same situation. Rules come with the settings;
facts bear the number of their version.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine import facts
from engine.acd.choose import AgentView, Situation, Waiting
from engine.acd.memory import AcdMemory
from engine.acd.rules import Rules
from engine.acd.strategies import Load
from engine.kernel.bus import Envelope

__all__ = ["OWN_FACTS", "AcdInputs"]

NS_A_S = 1_000_000_000
OUT = "logged_out"
BUSY = ("talking", "hold", "consult", "conference", "wrap_up")
AVAILABLE = (*BUSY, "ready", "offered")
RESERVED = "reserved"

OWN_FACTS = (
    facts.AgentReachable,
    facts.AgentSignedIn,
    facts.AgentSignedOut,
    facts.AgentStateChanged,
    facts.CallOffered,
    facts.CallQueued,
    facts.OfferEnded,
    facts.StintEnded,
)
"""The facts that the ACD tells, and takes in at that very moment."""


@dataclass(frozen=True)
class _Told:
    """An agent as the newest facts have it."""

    state: str = OUT
    ready_since_ns: int = 0
    cooling: bool = False
    reachable: bool = True
    signed_out: frozenset[str] = frozenset()


class AcdInputs:
    """``memory`` is told the same facts by whoever keeps both."""

    def __init__(self, rules: Rules, memory: AcdMemory) -> None:
        self.memory = memory
        self.waiting: dict[str, Waiting] = {}
        self.offered: dict[str, str] = {}
        self.unreachable: set[str] = set()
        self._told: dict[str, _Told] = {}
        self._views: dict[str, AgentView] = {}
        self._serves: dict[str, frozenset[str]] = {}
        self._strict_row = 0
        self._unoffered: dict[str, Waiting] = {}
        self._free: dict[str, dict[str, AgentView]] = {}
        self._reserved: set[str] = set()
        self.rules = rules
        self.take(rules)

    def take(self, rules: Rules) -> None:
        """Another version of the settings."""
        self.rules = rules
        self._serves = rules.serves()
        for number in {*self._told, *rules.agents}:
            self._view(number)

    def apply(self, envelope: Envelope) -> None:
        """Take in the next fact."""
        match envelope.fact:
            case facts.CallQueued() as queued:
                until_ns = envelope.monotonic_ns + queued.wanted_s * NS_A_S
                self.waiting[queued.call] = self._unoffered[queued.call] = Waiting(
                    queued.call,
                    queued.queue,
                    envelope.monotonic_ns,
                    envelope.seq,
                    queued.credit_s * NS_A_S,
                    queued.strict,
                    queued.wanted,
                    until_ns if queued.wanted else 0,
                    queued.wanted_alone,
                )
            case facts.CallOffered(call=call, agent=agent):
                self._count_row(call)
                self.offered[call] = agent
                self._unoffered.pop(call, None)
                self._reserved.add(agent)
                self._view(agent)
            case facts.OfferEnded() as ended:
                self._offer_ended(ended)
            case facts.StintEnded(call=call):
                self.waiting.pop(call, None)
                self._unoffered.pop(call, None)
                self._let_go(call)
            case facts.AgentStateChanged() as changed:
                self._changed(changed, envelope.monotonic_ns)
            case facts.AgentReachable(agent=agent, reachable=reachable):
                (self.unreachable.discard if reachable else self.unreachable.add)(agent)
                self._set(agent, replace(self._told.get(agent, _Told()), reachable=reachable))
            case facts.AgentSignedOut(agent=agent, queue=queue):
                told = self._told.get(agent, _Told())
                self._set(agent, replace(told, signed_out=told.signed_out | {queue}))
            case facts.AgentSignedIn(agent=agent, queue=queue):
                told = self._told.get(agent, _Told())
                self._set(agent, replace(told, signed_out=told.signed_out - {queue}))
            case facts.ApplianceStarted():
                self.waiting, self.offered, self._told, self._views, self.unreachable = {}, {}, {}, {}, set()
                self._strict_row, self._unoffered, self._free, self._reserved = 0, {}, {}, set()
                self.take(self.rules)

    def view(self, number: str) -> AgentView:
        """An agent as the choice sees him."""
        return self._views.get(number) or AgentView(number, frozenset(), OUT, 0, cooling=False, phone_free=True)

    def unoffered(self) -> list[Waiting]:
        """Who waits and is rung nowhere."""
        return list(self._unoffered.values())

    def situation(self, now_ns: int, utc_ms: int, utc_offset_min: int) -> Situation:
        """Everything that a choice made at this moment looks at."""

        def load(agent: str) -> Load:
            day = self.memory.today(agent, utc_ms, utc_offset_min, now_ns)
            return Load(day.answered, day.of(BUSY), day.of(AVAILABLE))

        return Situation(
            self.rules,
            self.unoffered(),
            self._views,
            now_ns,
            self.memory.offered_last,
            self.memory.offers,
            self._strict_row,
            load,
            self._free,
        )

    # ---- how facts are taken in ------------------------------------------------------------------------------------

    def _changed(self, fact: facts.AgentStateChanged, now_ns: int) -> None:
        told = self._told.get(fact.agent, _Told())
        if fact.state == OUT:
            self.unreachable.discard(fact.agent)
            self._set(fact.agent, _Told())
            return
        if told.state == OUT:
            told = replace(told, reachable=True)
            self.unreachable.discard(fact.agent)
        since_ns = fact.idle_since_ns if fact.state == "ready" else now_ns
        self._set(fact.agent, replace(told, state=fact.state, ready_since_ns=since_ns, cooling=fact.cooling))

    def _offer_ended(self, fact: facts.OfferEnded) -> None:
        call = self.waiting.get(fact.call)
        if call is not None and call.wanted == fact.agent and fact.outcome in {"no_answer", "rejected", "phone_fault"}:
            # Who does not answer is wanted no more: the group takes the call at once.
            self.waiting[fact.call] = replace(call, wanted="", wanted_until_ns=0)
        self._let_go(fact.call)

    def _let_go(self, call: str) -> None:
        agent = self.offered.pop(call, "")
        if call in self.waiting:
            self._unoffered[call] = self.waiting[call]
        if agent:
            self._reserved.discard(agent)
            self._view(agent)

    def _count_row(self, call: str) -> None:
        offered = self.waiting.get(call)
        if offered is None or not offered.strict:
            self._strict_row = 0
        elif any(not other.strict for other in self.unoffered()):
            self._strict_row += 1

    def _set(self, number: str, told: _Told) -> None:
        self._told[number] = told
        self._view(number)

    def _view(self, number: str) -> None:
        told = self._told.get(number, _Told())
        before = self._views.get(number)
        if before is not None and before.reason is None:
            for queue in before.queues:
                self._free.get(queue, {}).pop(number, None)
        if number not in self.rules.agents and told.state == OUT:
            self._views.pop(number, None)
            return
        state = RESERVED if told.state == "ready" and number in self._reserved else told.state
        queues = self._serves.get(number, frozenset()) - told.signed_out
        view = self._views[number] = AgentView(number, queues, state, told.ready_since_ns, told.cooling, told.reachable)
        if view.reason is None:
            for queue in queues:
                self._free.setdefault(queue, {})[number] = view
