"""The nine ways of choosing among agents who could take a call: each a sort key, the smallest first. Pure.

    longest_idle      who became ready first
    rotate            who comes after the one who was offered the queue's newest call, in the queue's order
    hunt              the queue's order from the top
    even_count        calls answered today for each minute of being available
    least_time        the share of today's time for calls that conversations and wrap-up took
    ring_all          everybody with the smallest gap in skill, at once
    progressive       the longest idle, and one more after each interval
    weighted_random   by chance, in the proportion of the agents' weights
    best_skill        the highest level of the skills that the queue needs, then the longest idle

Ties go by the place among all agents, then by number. What is counted is counted since midnight and in proportion to the time of being available,
so that who comes at noon is not flooded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from heapq import nsmallest
from typing import NamedTuple

from engine.acd.rules import AgentRule, QueueRule

__all__ = ["Candidate", "Key", "Load", "Turn", "ranked", "taken", "told"]

Key = tuple[int | Fraction, ...]
MS_A_MINUTE = 60_000
NS_A_S = 1_000_000_000
MASK = 2**64 - 1


@dataclass(frozen=True)
class Load:
    """What an agent did today: calls answered, milliseconds for calls, and milliseconds of being available for them (those included)."""

    answered: int = 0
    busy_ms: int = 0
    available_ms: int = 0


class Candidate(NamedTuple):
    """An agent who could take the call."""

    number: str
    ready_since_ns: int
    rule: AgentRule
    load: Load


@dataclass(frozen=True)
class Turn:
    """What else the strategies look at: who was offered the queue's newest call, a number that changes with every offer, how long the call has waited,
    and now.
    """

    offered_last: str
    draw: int
    waited_ns: int
    now_ns: int


def _idle(one: Candidate, _queue: QueueRule, _turn: Turn) -> Key:
    return (one.ready_since_ns,)


def _place(number: str, queue: QueueRule) -> int:
    return queue.places.get(number, len(queue.members))


def _rotated(one: Candidate, queue: QueueRule, turn: Turn) -> Key:
    after = _place(turn.offered_last, queue) if turn.offered_last in queue.places else -1
    return ((_place(one.number, queue) - after - 1) % (len(queue.members) + 1),)


def _listed(one: Candidate, queue: QueueRule, _turn: Turn) -> Key:
    return (_place(one.number, queue),)


def _counted(one: Candidate, _queue: QueueRule, _turn: Turn) -> Key:
    """Calls for each minute; the first minute counts as a whole one."""
    return (Fraction(one.load.answered * MS_A_MINUTE, max(MS_A_MINUTE, one.load.available_ms)), one.ready_since_ns)


def _timed(one: Candidate, _queue: QueueRule, _turn: Turn) -> Key:
    return (Fraction(one.load.busy_ms, max(1, one.load.available_ms)), one.ready_since_ns)


def gap(one: AgentRule, queue: QueueRule) -> int:
    """How many levels the agent lacks in all, measured by what the queue needs before any waiting."""
    return sum(max(0, level - one.skills.get(skill, 0)) for skill, level in queue.needs)


def _nearest(one: Candidate, queue: QueueRule, _turn: Turn) -> Key:
    return (gap(one.rule, queue), one.ready_since_ns)


def _skilled(one: Candidate, queue: QueueRule, _turn: Turn) -> Key:
    return (-sum(one.rule.skills.get(skill, 0) for skill, _ in queue.needs), one.ready_since_ns)


def mixed(number: int) -> int:
    """64 bits that look like chance and are the same for the same number (the finaliser of SplitMix64, public domain)."""
    value = (number * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


KEYS: dict[str, Callable[[Candidate, QueueRule, Turn], Key]] = {
    "longest_idle": _idle,
    "rotate": _rotated,
    "hunt": _listed,
    "even_count": _counted,
    "least_time": _timed,
    "ring_all": _nearest,
    "progressive": _idle,
    "best_skill": _skilled,
}


def ranked(candidates: Sequence[Candidate], queue: QueueRule, turn: Turn, most: int = 0) -> list[tuple[Key, Candidate]]:
    """The candidates with their keys, the best first; with ``most`` only so many of them, where the strategy rings one."""
    if queue.strategy == "weighted_random":
        return _drawn(candidates, turn, most)
    key = KEYS[queue.strategy]

    def place(one: Candidate) -> tuple[Key, int, str]:
        return key(one, queue, turn), one.rule.seat, one.number

    several = queue.strategy in {"ring_all", "progressive"}
    order = nsmallest(most, candidates, key=place) if most and not several else sorted(candidates, key=place)
    return [(key(one, queue, turn), one) for one in order]


def _drawn(candidates: Sequence[Candidate], turn: Turn, most: int) -> list[tuple[Key, Candidate]]:
    """One after the other by lot, each in proportion to the weight among those who are left."""
    left = sorted(candidates, key=lambda one: (one.rule.seat, one.number))
    found: list[tuple[Key, Candidate]] = []
    while left and (not most or len(found) < most):
        lot = mixed(turn.draw * 1_000_003 + len(found)) % sum(one.rule.weight for one in left)
        for one in left:
            lot -= one.rule.weight
            if lot < 0:
                break
        left.remove(one)
        found.append(((len(found),), one))
    return found


def taken(order: Sequence[tuple[Key, Candidate]], queue: QueueRule, turn: Turn) -> Sequence[tuple[Key, Candidate]]:
    """Those of the ranked whose phones ring: one, unless the strategy rings several."""
    if queue.strategy == "ring_all":
        return [found for found in order if found[0][0] == order[0][0][0]]
    if queue.strategy == "progressive" and queue.add_after_ns:
        return order[: 1 + turn.waited_ns // queue.add_after_ns]
    return order[:1]


def told(strategy: str, key: Key, one: Candidate, turn: Turn) -> str:
    """The key for people and for the journal, such as ``longest_idle 14.4 s``."""
    idle = f"{(turn.now_ns - one.ready_since_ns) / NS_A_S:.1f} s"
    match strategy:
        case "even_count":
            return f"{strategy} {float(key[0]):.3f}"
        case "least_time":
            return f"{strategy} {float(key[0]) * 100:.1f} %"
        case "best_skill":
            return f"{strategy} {-int(key[0])}, {idle}"
        case "ring_all":
            return f"{strategy} {int(key[0])}, {idle}"
        case "longest_idle" | "progressive":
            return f"{strategy} {idle}"
        case _:
            return f"{strategy} {int(key[0])}"
