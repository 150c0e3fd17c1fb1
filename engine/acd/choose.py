"""The policy: which waiting call goes to which agent now, and why. Pure.

All queues are matched at once. Calls are looked at in one order (``ordered``): by the time of entering less the credit of the caller's class, so that a
credit of 120 s means “as if he had waited two minutes longer”; a strict class goes before that, within its cap. The first call that anybody can take goes
to the agent whom its queue's strategy puts first. A call that wants a certain agent is matched with that agent first of all, and until its time for
that is over with nobody else, unless the queue would have it otherwise; it keeps its place meanwhile.

The same situation always gives the same choice, so whoever has the journal can make every choice again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from engine.acd.rules import AgentRule, QueueRule, Rules
from engine.acd.strategies import Candidate, Load, Turn, ranked, taken, told

__all__ = [
    "NEXT_TOLD",
    "AgentView",
    "Choice",
    "Situation",
    "Waiting",
    "choose",
    "free_by_queue",
    "ordered",
    "reason_against",
    "reason_against_for",
]

NEXT_TOLD = 5
"""Candidates that are told beside the chosen one."""
STATE_READY = "ready"
OUT = "logged_out"
COUNTING = frozenset({"even_count", "least_time"})
"""Strategies for which it counts what agents did today."""


@dataclass(frozen=True)
class Waiting:
    """A call that waits: its queue, since when, its number in the order of entering, and how far its caller's class goes ahead.

    ``wanted``: the agent it is for until ``wanted_until_ns``; ``alone``: until then nobody else is to take it.
    """

    call: str
    queue: str
    since_ns: int
    order: int
    credit_ns: int = 0
    strict: bool = False
    wanted: str = ""
    wanted_until_ns: int = 0
    alone: bool = True


@dataclass(frozen=True)
class AgentView:
    """What the policy may know of an agent at this moment.

    ``queues``: those that the agent takes calls of; ``state`` is the state's word; ``ready_since_ns`` counts in state ready; ``cooling``: left in peace after
    a miss; ``phone_free``: on hook, in service and silent.
    """

    number: str
    queues: frozenset[str]
    state: str
    ready_since_ns: int
    cooling: bool
    phone_free: bool

    @cached_property
    def reason(self) -> str | None:
        """The one reason why no call can be offered to this agent; None when there is none."""
        if self.state != STATE_READY:
            return self.state
        if self.cooling:
            return "missed_just_now"
        return None if self.phone_free else "phone_in_use"


NO_LOAD = Load()


def _no_load(_agent: str) -> Load:
    return NO_LOAD


@dataclass(frozen=True)
class Situation:
    """Everything that a choice looks at. ``offered_last``: by queue; ``draw``: how many offers there have been; ``strict_row``: offers to strict callers in a
    row while others waited; ``load``: what an agent did today; ``free``: what ``free_by_queue`` gives of these agents, if it is at hand.
    """

    rules: Rules
    waiting: Sequence[Waiting]
    agents: Mapping[str, AgentView]
    now_ns: int
    offered_last: Mapping[str, str] = field(default_factory=dict)
    draw: int = 0
    strict_row: int = 0
    load: Callable[[str], Load] = _no_load
    free: Mapping[str, Mapping[str, AgentView]] | None = None


@dataclass(frozen=True)
class Choice:
    """Offer this call to this agent (``all_agents``: to these at once). ``why``: the rule and its measure; ``next``: up to five who came after, with theirs;
    ``excluded``: how many agents of the queue each reason kept away; ``against``: each of them with the reason, in the queue's order;
    ``helping``: the other queue whose agent helps.
    """

    call: str
    queue: str
    agent: str
    why: str
    next: tuple[tuple[str, str], ...]
    excluded: tuple[tuple[str, int], ...]
    against: tuple[tuple[str, str], ...]
    all_agents: tuple[str, ...] = ()
    decided_ns: int = 0
    helping: str = ""


def ordered(waiting: Iterable[Waiting], rules: Rules, strict_row: int, now_ns: int) -> list[Waiting]:
    """The calls in the order in which they are to be served."""
    waits = list(waiting)
    caps = rules.priorities
    anybody_strict = any(call.strict for call in waits)
    if not anybody_strict:
        return sorted(waits, key=lambda call: (call.since_ns - call.credit_ns, call.order))
    capped = strict_row >= caps.strict_most

    def key(call: Waiting) -> tuple[int, int, int]:
        ahead = call.strict or now_ns - call.since_ns > caps.others_most_ns
        rank = int(call.strict) if capped else int(not ahead)
        return rank, call.since_ns - call.credit_ns, call.order

    return sorted(waits, key=key)


def choose(situation: Situation) -> Choice | None:
    """The next match, or None when nobody can take any waiting call."""
    if not situation.waiting:
        return None
    free = situation.free if situation.free is not None else free_by_queue(situation.agents.values())
    if not any(free.get(name) for call in situation.waiting for name in (call.queue, *_rule_of(call, situation.rules).helped_by)):
        return None
    order = ordered(situation.waiting, situation.rules, situation.strict_row, situation.now_ns)
    for call in order:
        wanted = free.get(call.queue, {}).get(call.wanted) if _wants(call, situation.now_ns) else None
        if wanted is not None and not _lacking(call, wanted, situation):
            return _chosen(call, [wanted], situation, f"wanted {call.wanted}")
    for call in order:
        if call.alone and _wants(call, situation.now_ns):
            continue
        able = _able(call, free.get(call.queue, {}).values(), situation)
        if able:
            return _chosen(call, able, situation, "")
        for helping in _helping(call, situation):
            able = _able(replace(call, queue=helping), free.get(helping, {}).values(), situation)
            if able:
                return _chosen(call, able, situation, "", helping)
    return None


def _helping(call: Waiting, situation: Situation) -> Sequence[str]:
    """The queues whose agents take this call by now, too."""
    rule = _rule_of(call, situation.rules)
    if not rule.helped_by:
        return ()
    if situation.now_ns - call.since_ns >= rule.help_after_ns:
        return rule.helped_by
    if not rule.help_unstaffed:
        return ()
    staffed = any(situation.agents[number].state != OUT for number in rule.members if number in situation.agents)
    return () if staffed else rule.helped_by


def free_by_queue(views: Iterable[AgentView]) -> dict[str, dict[str, AgentView]]:
    """The agents against whom nothing speaks, by queue and number."""
    free: dict[str, dict[str, AgentView]] = {}
    for view in views:
        if view.reason is None:
            for queue in view.queues:
                free.setdefault(queue, {})[view.number] = view
    return free


def _wants(call: Waiting, now_ns: int) -> bool:
    return bool(call.wanted) and now_ns < call.wanted_until_ns


def _rule_of(call: Waiting, rules: Rules) -> QueueRule:
    return rules.queues.get(call.queue) or QueueRule(call.queue)


def _agent_of(number: str, rules: Rules) -> AgentRule:
    return rules.agents.get(number) or AgentRule(number)


def _able(call: Waiting, views: Collection[AgentView], situation: Situation) -> Collection[AgentView]:
    """Those of the free agents who know enough for the call."""
    if not views or not _rule_of(call, situation.rules).needs:
        return views
    return [view for view in views if not _lacking(call, view, situation)]


def _lacking(call: Waiting, view: AgentView, situation: Situation) -> str:
    """The skill that the agent lacks for a call that has waited so long, or empty."""
    rule = _rule_of(call, situation.rules)
    if not rule.needs:
        return ""
    skills = _agent_of(view.number, situation.rules).skills
    needs = rule.needs_after(situation.now_ns - call.since_ns)
    return next((skill for skill, level in needs if skills.get(skill, 0) < level), "")


def _chosen(call: Waiting, able: Collection[AgentView], situation: Situation, because: str, helping: str = "") -> Choice:
    own = _rule_of(call, situation.rules)
    rule = situation.rules.queues.get(helping, own)
    last = situation.offered_last.get(rule.name, "")
    turn = Turn(last, situation.draw, situation.now_ns - call.since_ns, situation.now_ns)
    load = situation.load if rule.strategy in COUNTING else _no_load
    people = situation.rules.agents
    candidates = [
        Candidate(view.number, view.ready_since_ns, people.get(view.number) or AgentRule(view.number), load(view.number)) for view in able
    ]
    order = ranked(candidates, rule, turn, 1 + NEXT_TOLD)
    rung = taken(order, rule, turn)
    key, best = rung[0]
    following = [(one.number, told(rule.strategy, key, one, turn)) for key, one in order[len(rung) : len(rung) + NEXT_TOLD]]
    against = _against(call, own, situation, set() if because else {view.number for view in able}, best.number)
    counted = tuple(sorted(Counter(reason for _, reason in against).items()))
    why = because or (f"helping {helping}: " if helping else "") + told(rule.strategy, key, best, turn)
    rang = tuple(one.number for _, one in rung)
    return Choice(call.call, call.queue, best.number, why, tuple(following), counted, tuple(against), rang, situation.now_ns, helping)


def _against(call: Waiting, rule: QueueRule, situation: Situation, able: Collection[str], best: str) -> list[tuple[str, str]]:
    """Everybody of the queue who was kept away, and by what."""
    found = []
    for number in _members(call.queue, rule, situation):
        if number in able or number == best:
            continue
        view = situation.agents.get(number)
        reason = "gone" if view is None else view.reason or reason_against_for(call, view, situation) or "not_wanted"
        found.append((number, reason))
    return found


def _members(queue: str, rule: QueueRule, situation: Situation) -> Sequence[str]:
    return rule.members or [view.number for view in situation.agents.values() if queue in view.queues]


def reason_against(agent: AgentView) -> str | None:
    """The one reason why this agent cannot be offered any call now; None when there is none."""
    return agent.reason


def reason_against_for(call: Waiting, agent: AgentView, situation: Situation) -> str | None:
    """The same for this call: other queues, missing skills, and somebody else who is wanted count too."""
    general = reason_against(agent)
    if general is not None:
        return general
    if call.queue not in agent.queues:
        return "signed_out"
    if _lacking(call, agent, situation):
        return "skill_missing"
    if call.alone and _wants(call, situation.now_ns) and agent.number != call.wanted:
        return "not_wanted"
    return None
