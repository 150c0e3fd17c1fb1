"""What the ACD knows of today: each agent's figures, the queues that agents have signed out of, and whose turn it is. A fold over the facts.

A day is a day of the site's local time. A state that lasts over midnight counts in each day with its part. What an agent did before a power cut counts as
far as the journal knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from engine import facts
from engine.kernel.bus import Envelope

__all__ = ["AcdMemory", "AgentDay", "LastAgent"]

NS_A_MS = 1_000_000
MS_A_MINUTE = 60_000
MS_A_DAY = 86_400_000
OUT = "logged_out"
LAST_AGENTS_MOST = 5000
"""Callers of whom it is remembered who talked with them last."""


@dataclass
class AgentDay:
    """One agent on one day. ``missed``: rang in vain; ``time_ms`` by the state's word, ``reasons_ms`` by the reason for not being ready (of several at
    once each counts).
    """

    answered: int = 0
    missed: int = 0
    rejected: int = 0
    time_ms: dict[str, int] = field(default_factory=dict)
    reasons_ms: dict[str, int] = field(default_factory=dict)

    @property
    def logged_in_ms(self) -> int:
        """All the time that the agent was at a phone: the sum of all states."""
        return sum(self.time_ms.values())

    def of(self, words: Iterable[str]) -> int:
        """Milliseconds in any of these states."""
        return sum(self.time_ms.get(word, 0) for word in words)


@dataclass
class LastAgent:
    """Who talked with a caller last, in which queue, and when."""

    agent: str
    queue: str
    utc_ms: int


@dataclass
class Present:
    """What an agent is now. ``since_ns``: from where on it is not counted yet; ``reason_since_ns``: when each reason began."""

    state: str
    reasons: list[str]
    since_ns: int
    reason_since_ns: dict[str, int]


@dataclass
class AcdMemory:
    """The fold. ``offered_last``: by queue, the agent who was offered its newest call; ``offers``: how many there were; ``signed_out``: by agent, queues.
    ``callers``: the numbers of calls that go on; ``last_agents``: by caller's number, the newest last.
    """

    day: int = 0
    days: dict[str, AgentDay] = field(default_factory=dict)
    present: dict[str, Present] = field(default_factory=dict)
    offered_last: dict[str, str] = field(default_factory=dict)
    offers: int = 0
    signed_out: dict[str, list[str]] = field(default_factory=dict)
    callers: dict[str, str] = field(default_factory=dict)
    last_agents: dict[str, LastAgent] = field(default_factory=dict)
    newest_ns: int = 0

    # ---- asked -----------------------------------------------------------------------------------------------------

    def today(self, agent: str, utc_ms: int, utc_offset_min: int, now_ns: int) -> AgentDay:
        """The agent's figures of this day up to now, the present state included."""
        self._roll(utc_ms, utc_offset_min, now_ns)
        counted = self.days.get(agent, AgentDay())
        day = AgentDay(counted.answered, counted.missed, counted.rejected, dict(counted.time_ms), dict(counted.reasons_ms))
        present = self.present.get(agent)
        if present is not None:
            _count(day, present, now_ns)
        return day

    def reason_lasts_ms(self, agent: str, reason: str, now_ns: int) -> int:
        """How long the agent has been not ready for this reason without a break; 0 when it is none."""
        present = self.present.get(agent)
        since_ns = present.reason_since_ns.get(reason, now_ns) if present else now_ns
        return (now_ns - since_ns) // NS_A_MS

    # ---- told ------------------------------------------------------------------------------------------------------

    def apply(self, envelope: Envelope) -> None:
        """Take in the next fact."""
        now_ns = envelope.monotonic_ns
        match envelope.fact:
            case facts.ApplianceStarted():  # the clock of the run before has ended
                for agent in list(self.present):
                    self._settle(agent, self.newest_ns)
                self.present, self.callers = {}, {}
                self._roll(envelope.utc_ms, envelope.utc_offset_min, now_ns)
            case facts.AgentStateChanged() as changed:
                self._roll(envelope.utc_ms, envelope.utc_offset_min, now_ns)
                self._changed(changed, now_ns)
            case facts.CallOffered(queue=queue, agent=agent, helping=helping):
                self.offered_last[helping or queue] = agent
                self.offers += 1
            case facts.CallArrived(call=call, calling=calling, doubtful=False) if calling:
                self.callers[call] = calling
            case facts.CallEnded(call=call):
                self.callers.pop(call, None)
            case facts.StintEnded(call=call, queue=queue, outcome="answered", agent=agent) if agent:
                self._note_last(call, LastAgent(agent, queue, envelope.utc_ms))
                self._roll(envelope.utc_ms, envelope.utc_offset_min, now_ns)
                self._of(agent).answered += 1
            case facts.OfferEnded(agent=agent, outcome="no_answer" | "rejected" as outcome):
                self._roll(envelope.utc_ms, envelope.utc_offset_min, now_ns)
                self._of(agent).missed += outcome == "no_answer"
                self._of(agent).rejected += outcome == "rejected"
            case facts.AgentSignedOut(agent=agent, queue=queue):
                out = self.signed_out.setdefault(agent, [])
                if queue not in out:
                    out.append(queue)
            case facts.AgentSignedIn(agent=agent, queue=queue):
                self.signed_out[agent] = [one for one in self.signed_out.get(agent, []) if one != queue]
        self.newest_ns = now_ns

    def _changed(self, fact: facts.AgentStateChanged, now_ns: int) -> None:
        before = self.present.get(fact.agent)
        self._settle(fact.agent, now_ns)
        if fact.state == OUT:
            self.present.pop(fact.agent, None)
            self.signed_out.pop(fact.agent, None)
            return
        reasons = list(fact.reasons) if fact.state == "not_ready" else []
        known = before.reason_since_ns if before is not None else {}
        since = {reason: known.get(reason, now_ns) for reason in reasons}
        self.present[fact.agent] = Present(fact.state, reasons, now_ns, since)

    def _note_last(self, call: str, last: LastAgent) -> None:
        caller = self.callers.get(call)
        if caller:
            self.last_agents.pop(caller, None)
            self.last_agents[caller] = last
            if len(self.last_agents) > LAST_AGENTS_MOST:
                del self.last_agents[next(iter(self.last_agents))]

    def _of(self, agent: str) -> AgentDay:
        return self.days.setdefault(agent, AgentDay())

    def _settle(self, agent: str, now_ns: int) -> None:
        present = self.present.get(agent)
        if present is not None:
            _count(self._of(agent), present, now_ns)
            present.since_ns = max(present.since_ns, now_ns)

    def _roll(self, utc_ms: int, utc_offset_min: int, now_ns: int) -> None:
        """A new day begins with nothing; what lasts counts from midnight on."""
        day, after_midnight_ms = divmod(utc_ms + utc_offset_min * MS_A_MINUTE, MS_A_DAY)
        if day == self.day:
            return
        self.day, self.days = day, {}
        midnight_ns = now_ns - after_midnight_ms * NS_A_MS
        for present in self.present.values():
            present.since_ns = max(present.since_ns, midnight_ns)

    # ---- for a checkpoint ------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> AcdMemory:
        """Back from ``to_json``. Raises ValueError, KeyError, TypeError or AttributeError for anything else."""
        return cls(
            day=int(row["day"]),
            days={str(agent): AgentDay(**day) for agent, day in row["days"].items()},
            present={str(agent): Present(**present) for agent, present in row["present"].items()},
            offered_last={str(queue): str(agent) for queue, agent in row["offered_last"].items()},
            offers=int(row["offers"]),
            signed_out={str(agent): [str(queue) for queue in queues] for agent, queues in row["signed_out"].items()},
            callers={str(call): str(calling) for call, calling in row["callers"].items()},
            last_agents={str(caller): LastAgent(**last) for caller, last in row["last_agents"].items()},
            newest_ns=int(row["newest_ns"]),
        )


def _count(day: AgentDay, present: Present, now_ns: int) -> None:
    lasted_ms = max(0, now_ns - present.since_ns) // NS_A_MS
    day.time_ms[present.state] = day.time_ms.get(present.state, 0) + lasted_ms
    for reason in present.reasons:
        day.reasons_ms[reason] = day.reasons_ms.get(reason, 0) + lasted_ms
