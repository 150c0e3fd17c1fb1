"""A site's queues and agents as the choice looks at them: compiled once for each version of the settings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from engine.settings.site import AgentSection, QueueSection

__all__ = ["STRATEGIES", "AgentRule", "Priorities", "QueueRule", "Rules", "compile_rules"]

STRATEGIES = (
    "longest_idle",
    "rotate",
    "hunt",
    "even_count",
    "least_time",
    "ring_all",
    "progressive",
    "weighted_random",
    "best_skill",
)


@dataclass(frozen=True)
class Priorities:
    """How far classes of callers go ahead. Callers of a strict class go before all others, but at most ``strict_most`` of them in a row, and before nobody
    who has waited longer than ``others_most_ns``.
    """

    strict_most: int = 5
    others_most_ns: int = 120_000_000_000


@dataclass(frozen=True)
class QueueRule:
    """One queue. ``members``: agents in the order of the queue; ``needs``: the least level of each skill, lowered by one after each
    ``relax_after_ns`` of waiting, down to 1 (0: never). ``add_after_ns``: ``progressive`` rings one more after so long. ``helped_by``: queues whose
    agents take its calls after ``help_after_ns`` of waiting, or at once while nobody who serves it is logged in (``help_unstaffed``).
    """

    name: str
    strategy: str = "longest_idle"
    members: tuple[str, ...] = ()
    needs: tuple[tuple[str, int], ...] = ()
    relax_after_ns: int = 0
    add_after_ns: int = 10_000_000_000
    helped_by: tuple[str, ...] = ()
    help_after_ns: int = 0
    help_unstaffed: bool = False

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each member stands."""
        return {number: place for place, number in enumerate(self.members)}

    def needs_after(self, waited_ns: int) -> tuple[tuple[str, int], ...]:
        """The least levels for a call that has waited so long."""
        if not self.relax_after_ns:
            return self.needs
        lowered = waited_ns // self.relax_after_ns
        return tuple((skill, max(1, level - lowered)) for skill, level in self.needs)

    def next_relaxation_ns(self, waited_ns: int) -> int:
        """After how much waiting the needs are lowered next; 0: never more."""
        if not self.relax_after_ns or all(level == 1 for _, level in self.needs_after(waited_ns)):
            return 0
        return (waited_ns // self.relax_after_ns + 1) * self.relax_after_ns


@dataclass(frozen=True)
class AgentRule:
    """One agent: the levels of the skills (1…10; what is not named the agent has not), the share of random choices, and the place among all agents."""

    number: str
    skills: Mapping[str, int] = field(default_factory=dict)
    weight: int = 1
    seat: int = 0


@dataclass(frozen=True)
class Rules:
    """Everything of the settings that the choice looks at. ``version``: of the settings."""

    queues: Mapping[str, QueueRule]
    agents: Mapping[str, AgentRule]
    priorities: Priorities = field(default_factory=Priorities)
    version: int = 0

    def serves(self) -> dict[str, frozenset[str]]:
        """The queues of each agent who serves any."""
        found: dict[str, set[str]] = {}
        for queue in self.queues.values():
            for number in queue.members:
                found.setdefault(number, set()).add(queue.name)
        return {number: frozenset(names) for number, names in found.items()}


def skill_levels(written: Iterable[str]) -> dict[str, int]:
    """``english:8`` and so on as levels; a skill without a level is wanted, or had, at 1. Level 0 is not to have it."""
    found = {}
    for one in written:
        skill, _, level = one.partition(":")
        found[skill] = int(level or "1")
    return {skill: level for skill, level in found.items() if level}


def compile_rules(
    queues: Iterable[QueueSection], agents: Iterable[AgentSection], version: int = 0, priorities: Priorities | None = None
) -> Rules:
    """The rules of these queues and agents. A queue that names no agents and needs skills is served by everybody who has them at all."""
    people = {agent.number: AgentRule(agent.number, skill_levels(agent.skills), agent.weight, seat) for seat, agent in enumerate(agents)}
    compiled = {}
    for queue in queues:
        needs = tuple(sorted(skill_levels(queue.skills).items()))
        members = queue.agents
        if not members and needs:
            members = tuple(one.number for one in people.values() if all(skill in one.skills for skill, _ in needs))
        compiled[queue.name] = QueueRule(
            queue.name,
            queue.strategy,
            members,
            needs,
            round(queue.relax_after_s * 1e9),
            helped_by=queue.overflow_to,
            help_after_ns=round(queue.overflow_after_s * 1e9),
            help_unstaffed=queue.overflow_unstaffed,
        )
    return Rules(compiled, people, priorities or Priorities(), version)
