"""The policy: whose phone rings, for whom, and why; against tables written by hand and against a second, naive reading of the rules."""

from __future__ import annotations

from random import Random

import pytest

from engine.acd.choose import AgentView, Situation, Waiting, choose, ordered, reason_against
from engine.acd.rules import STRATEGIES, AgentRule, Priorities, QueueRule, Rules, skill_levels
from engine.acd.strategies import Candidate, Load, Turn, mixed, ranked, taken

S = 1_000_000_000
NOW = 1000 * S
FIRST = Waiting("c1", "service", 10 * S, 1)


def view(
    number: str, since: int = 0, queues: str = "service", state: str = "ready", *, cooling: bool = False, free: bool = True
) -> AgentView:
    return AgentView(number, frozenset(queues.split()), state, since * S, cooling, free)


def rules(
    *numbers: str, strategy: str = "longest_idle", needs: tuple[tuple[str, int], ...] = (), relax_s: int = 0, **skills: dict[str, int]
) -> Rules:
    queue = QueueRule("service", strategy, numbers, needs, relax_s * S)
    people = {number: AgentRule(number, skills.get(f"a{number}", {}), 1, seat) for seat, number in enumerate(numbers)}
    return Rules({"service": queue}, people)


def at(rule: Rules, waiting: list[Waiting], agents: list[AgentView], **more: object) -> Situation:
    return Situation(rule, waiting, {one.number: one for one in agents}, NOW, **more)  # type: ignore[arg-type]


LOADS = {"1": Load(8, 4_000_000, 8_000_000), "2": Load(4, 1_000_000, 8_000_000), "3": Load(1, 900_000, 1_000_000), "4": Load(0, 0, 0)}
PEOPLE = [
    Candidate("1", 40 * S, AgentRule("1", {"english": 9}, 1, 0), LOADS["1"]),
    Candidate("2", 10 * S, AgentRule("2", {"english": 5}, 5, 1), LOADS["2"]),
    Candidate("3", 30 * S, AgentRule("3", {"english": 9}, 1, 2), LOADS["3"]),
    Candidate("4", 10 * S, AgentRule("4", {"english": 7}, 3, 3), LOADS["4"]),
]
TURN = Turn("3", 7, 25 * S, NOW)
ORDERS = {
    "longest_idle": "2431",  # 2 and 4 at the same moment: by seat
    "rotate": "4123",  # after 3
    "hunt": "1234",
    "even_count": "4231",  # calls for each minute: 0, 0.03, 0.06, 0.06
    "least_time": "4213",  # 0, 12.5 %, 50 %, 90 %
    "ring_all": "4312",  # the queue needs english:7; 2 lacks two levels
    "progressive": "2431",
    "best_skill": "3142",  # 9 9 7 5, equal ones by idle time
}


@pytest.mark.parametrize("strategy", ORDERS)
def test_each_strategy_has_its_order(strategy: str) -> None:
    """Four agents, ordered by hand for each strategy, ties by seat."""
    queue = QueueRule("service", strategy, ("1", "2", "3", "4"), (("english", 7),))
    assert "".join(one.number for _, one in ranked(PEOPLE, queue, TURN)) == ORDERS[strategy]
    assert "".join(one.number for _, one in ranked(PEOPLE[::-1], queue, TURN)) == ORDERS[strategy], "the order of asking does not matter"


def test_the_nine_strategies_are_all_there() -> None:
    """None of the nine is forgotten in the table above."""
    assert {*ORDERS, "weighted_random"} == set(STRATEGIES)


def test_chance_is_fair_to_the_weights() -> None:
    """Of ten thousand calls each agent gets a share like the weight's, the same calls every time."""
    queue = QueueRule("service", "weighted_random", ("1", "2", "3", "4"))

    def shares() -> dict[str, int]:
        found = dict.fromkeys("1234", 0)
        for draw in range(10_000):
            found[ranked(PEOPLE, queue, Turn("", draw, 0, NOW))[0][1].number] += 1
        return found

    first = shares()
    assert first == shares()
    assert all(abs(first[one.number] - 1000 * one.rule.weight) < 200 for one in PEOPLE)
    assert len({mixed(number) for number in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("strategy", "waited_s", "rung"), [("ring_all", 0, "431"), ("progressive", 0, "2"), ("progressive", 25, "243"), ("hunt", 99, "1")]
)
def test_who_rings_together(strategy: str, waited_s: int, rung: str) -> None:
    """All with the smallest gap in skill at once; or one more every ten seconds; or one."""
    queue = QueueRule("service", strategy, ("1", "2", "3", "4"), (("english", 7),))
    turn = Turn("", 0, waited_s * S, NOW)
    assert "".join(one.number for _, one in taken(ranked(PEOPLE, queue, turn), queue, turn)) == rung


@pytest.mark.parametrize("last", ["", "1", "2", "3", "9"])
def test_rotation_goes_round(last: str) -> None:
    """Each in turn, from the first again after the last; who left the queue does not stop it."""
    following = {"": "1", "1": "2", "2": "3", "3": "1", "9": "1"}
    found = choose(at(rules("1", "2", "3", strategy="rotate"), [FIRST], [view("1"), view("2"), view("3")], offered_last={"service": last}))
    assert found is not None
    assert found.agent == following[last]


def test_who_comes_at_noon_is_not_flooded() -> None:
    """Equal counts are equal for the time of being available: ten calls in five hours are as many as one in half an hour."""
    queue = QueueRule("service", "even_count", ("1", "2"))
    old = Candidate("1", 5 * S, AgentRule("1", seat=0), Load(10, 0, 5 * 3_600_000))
    new = Candidate("2", 9 * S, AgentRule("2", seat=1), Load(1, 0, 1_800_000))
    assert ranked([old, new], queue, TURN)[0][1] is old
    assert ranked([old, Candidate("2", 9 * S, new.rule, Load(0, 0, 60_000))], queue, TURN)[0][1].number == "2"


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        (view("2"), None),
        (view("2", state="talking"), "talking"),
        (view("2", cooling=True), "missed_just_now"),
        (view("2", free=False), "phone_in_use"),
        (view("2", state="reserved", cooling=True, free=False), "reserved"),
    ],
)
def test_each_agent_has_one_reason(agent: AgentView, reason: str | None) -> None:
    """Why not this agent: the first of the reasons, or none."""
    assert reason_against(agent) == reason
    found = choose(at(rules("1", "2"), [FIRST], [view("1", 50), agent]))
    assert found is not None
    assert (found.agent, found.against) == (("2", ()) if reason is None else ("1", (("2", reason),)))
    assert found.excluded == (() if reason is None else ((reason, 1),))


def test_a_choice_tells_five_who_came_after_and_counts_the_rest() -> None:
    """With many agents the journal holds a line and not a book."""
    numbers = tuple(str(number) for number in range(10, 40))
    agents = [
        view(number, int(number), state="ready" if number < "20" else "talking" if number < "30" else "wrap_up") for number in numbers
    ]
    found = choose(at(rules(*numbers), [FIRST], agents))
    assert found is not None
    assert (found.agent, found.why) == ("10", "longest_idle 990.0 s")
    assert found.next == tuple((str(number), f"longest_idle {1000 - number}.0 s") for number in range(11, 16))
    assert found.excluded == (("talking", 10), ("wrap_up", 10))


def test_the_longest_waiting_call_of_all_queues_goes_first() -> None:
    """An agent of two queues takes who has waited longer, whichever queue it is."""
    both = Rules({"service": QueueRule("service", members=("1",)), "vip": QueueRule("vip", members=("1",))}, {"1": AgentRule("1")})
    late, early = Waiting("c1", "service", 20 * S, 1), Waiting("c2", "vip", 10 * S, 2)
    found = choose(at(both, [late, early], [view("1", queues="service vip")]))
    assert found is not None
    assert found.call == "c2"


def test_credit_counts_like_waiting() -> None:
    """A caller with two minutes of credit passes who has waited a minute, and not who has waited three."""
    important = Waiting("vip", "service", 900 * S, 3, 120 * S)
    minute, three = Waiting("a", "service", 840 * S, 2), Waiting("b", "service", 720 * S, 1)
    assert [one.call for one in ordered([important, minute, three], rules("1"), 0, NOW)] == ["b", "vip", "a"]


@pytest.mark.parametrize(("waited_s", "row", "first"), [(10, 0, "strict"), (119, 4, "strict"), (10, 5, "usual"), (121, 0, "usual")])
def test_a_strict_class_has_a_cap(waited_s: int, row: int, first: str) -> None:
    """Five in a row at most, and nobody who has waited longer than two minutes is passed."""
    capped = Rules({}, {}, Priorities(5, 120 * S))
    strict, usual = Waiting("strict", "service", 995 * S, 2, strict=True), Waiting("usual", "service", NOW - waited_s * S, 1)
    assert ordered([strict, usual], capped, row, NOW)[0].call == first


@pytest.mark.parametrize(("relax_s", "waited_s", "chosen"), [(0, 900, None), (30, 29, None), (30, 30, None), (30, 60, "1"), (30, 900, "1")])
def test_waiting_lowers_what_an_agent_must_know(relax_s: int, waited_s: int, chosen: str | None) -> None:
    """English at 7 is wanted; after a minute, two steps, an agent with 5 will do; never one who knows none."""
    rule = rules("1", "2", needs=(("english", 7),), relax_s=relax_s, a1={"english": 5})
    found = choose(at(rule, [Waiting("c", "service", NOW - waited_s * S, 1)], [view("1"), view("2")]))
    assert (found.agent if found else None) == chosen
    if found:
        assert found.against == (("2", "skill_missing"),)


WANTED = Waiting("w", "service", 500 * S, 2, wanted="2", wanted_until_ns=NOW + 1)


@pytest.mark.parametrize(
    ("wanted", "agents", "pair"),
    [
        (WANTED, [view("1"), view("2")], "w2"),
        (WANTED, [view("1"), view("2", state="talking")], "c1"),  # it waits for 2; the other call goes on
        (Waiting("w", "service", 5 * S, 2, wanted="2", wanted_until_ns=NOW), [view("1"), view("2", state="talking")], "w1"),
        (
            Waiting("w", "service", 5 * S, 2, wanted="2", wanted_until_ns=NOW + 1, alone=False),
            [view("1"), view("2", state="talking")],
            "w1",
        ),
        (WANTED, [view("2")], "w2"),  # before a call that has waited longer
    ],
)
def test_the_wanted_agent(wanted: Waiting, agents: list[AgentView], pair: str) -> None:
    """He gets the call first of all; until the time is over nobody else does, unless the queue says so; the place is kept."""
    found = choose(at(rules("1", "2"), [FIRST, wanted], agents))
    assert found is not None
    assert {"w": "w", "c1": "c"}[found.call] + found.agent == pair


def test_levels_are_read() -> None:
    """A name alone is level 1, and level 0 is not to know it."""
    assert skill_levels(("english:8", "sales", "french:0")) == {"english": 8, "sales": 1}


# ---- a second reading of the rules -----------------------------------------------------------------------------------


def naive(situation: Situation) -> tuple[str, str] | None:
    """The rules read once more, slowly: try every pair, keep the permitted ones, take the best."""
    found = []
    now, rule = situation.now_ns, situation.rules
    anybody = any(call.strict for call in situation.waiting)
    for call in situation.waiting:
        queue = rule.queues[call.queue]
        wants = call.wanted and now < call.wanted_until_ns
        for agent in situation.agents.values():
            queue = rule.queues[call.queue]
            person = rule.agents[agent.number]
            idle = agent.state == "ready" and not agent.cooling and agent.phone_free
            staffed = any(situation.agents[number].state != "logged_out" for number in queue.members)
            helps = now - call.since_ns >= queue.help_after_ns or (queue.help_unstaffed and not staffed)
            tiers = [call.queue, *(queue.helped_by if helps else ())]
            fitting = [
                tier
                for tier, name in enumerate(tiers)
                if name in agent.queues
                and all(
                    person.skills.get(skill, 0)
                    >= max(
                        1, level - ((now - call.since_ns) // rule.queues[name].relax_after_ns if rule.queues[name].relax_after_ns else 0)
                    )
                    for skill, level in rule.queues[name].needs
                )
            ]
            if not idle or not fitting or (wants and call.alone and agent.number != call.wanted):
                continue
            if wants and call.alone and fitting[0] > 0:
                continue
            tier = fitting[0]
            queue = rule.queues[tiers[tier]]
            for_whom = 0 if wants and agent.number == call.wanted and tier == 0 else 1
            passed = not call.strict and now - call.since_ns <= rule.priorities.others_most_ns
            rank = 0 if not anybody else (call.strict if situation.strict_row >= rule.priorities.strict_most else passed)
            load, place = situation.load(agent.number), queue.members.index(agent.number)
            last = situation.offered_last.get(queue.name, "")
            after = queue.members.index(last) if last in queue.members else -1
            key: tuple[float, ...] = {
                "longest_idle": (agent.ready_since_ns,),
                "rotate": ((place - after - 1) % (len(queue.members) + 1),),
                "hunt": (place,),
                "even_count": (load.answered / max(60_000, load.available_ms), agent.ready_since_ns),
                "least_time": (load.busy_ms / max(1, load.available_ms), agent.ready_since_ns),
                "best_skill": (-sum(person.skills.get(skill, 0) for skill, _ in queue.needs), agent.ready_since_ns),
            }[queue.strategy]
            found.append((for_whom, rank, call.since_ns - call.credit_ns, call.order, tier, key, person.seat, call.call, agent.number))
    return min(found)[-2:] if found else None


PLAIN = ["longest_idle", "rotate", "hunt", "even_count", "least_time", "best_skill"]
SKILLS = ("english", "sales")


def random_situation(chance: Random) -> Situation:
    """Few calls and agents with few different values, so that ties and exceptions are frequent."""
    numbers = tuple(str(1000 + number) for number in range(chance.randint(1, 6)))
    people = {
        number: AgentRule(number, {skill: chance.randint(1, 10) for skill in SKILLS if chance.random() < 0.7}, chance.randint(1, 3), seat)
        for seat, number in enumerate(numbers)
    }
    queues = {}
    for name in ("service", "vip"):
        needs = tuple((skill, chance.randint(1, 9)) for skill in SKILLS if chance.random() < 0.3)
        members = tuple(chance.sample(numbers, len(numbers)))
        helped = chance.choice([(), ("vip",)]) if name == "service" else ()
        after = chance.choice([0, 60, 9999]) * S
        queues[name] = QueueRule(
            name,
            chance.choice(PLAIN),
            members,
            needs,
            chance.choice([0, 30]) * S,
            helped_by=helped,
            help_after_ns=after,
            help_unstaffed=chance.random() < 0.5,
        )
    agents = {}
    for number in numbers:
        state = chance.choice(["ready", "ready", "ready", "talking", "not_ready", "wrap_up", "logged_out", "logged_out"])
        serves = frozenset(name for name in queues if chance.random() < 0.8)
        agents[number] = AgentView(number, serves, state, chance.randint(0, 3) * S, chance.random() < 0.1, chance.random() < 0.9)
    waiting = [
        Waiting(
            f"c{order}",
            chance.choice(["service", "vip"]),
            NOW - chance.randint(0, 5) * 40 * S,
            order,
            chance.choice([0, 0, 40, 120]) * S,
            chance.random() < 0.15,
            chance.choice(["", "", *numbers]),
            NOW + chance.choice([-1, 0, 1]) * S,
            chance.random() < 0.5,
        )
        for order in range(chance.randint(0, 6))
    ]
    loads = {number: Load(chance.randint(0, 3), chance.randint(0, 3) * 60_000, chance.randint(3, 5) * 60_000) for number in numbers}
    last = {name: chance.choice(["", *numbers]) for name in queues}
    caps = Priorities(2, 100 * S)
    return Situation(
        Rules(queues, people, caps), waiting, agents, NOW, last, chance.randint(0, 99), chance.randint(0, 3), loads.__getitem__
    )


def disagreements(seed: int, count: int) -> list[Situation]:
    """Situations in which the two readings do not choose the same."""
    chance = Random(seed)
    wrong = []
    for _ in range(count):
        situation = random_situation(chance)
        found = choose(situation)
        if (None if found is None else (found.call, found.agent)) != naive(situation):
            wrong.append(situation)
    return wrong


def test_a_second_reading_of_the_rules_agrees() -> None:
    """Two programs written from the same sentences choose the same caller and the same agent, over and over."""
    assert disagreements(9, 2500) == []


def test_everybody_who_is_kept_away_is_counted_once() -> None:
    """The chosen one, those who came after, and those whom a reason keeps away are together the agents of the queue."""
    chance = Random(3)
    for _ in range(400):
        situation = random_situation(chance)
        found = choose(situation)
        if found is not None:
            members = set(situation.rules.queues[found.queue].members)
            assert sum(count for _, count in found.excluded) == len(found.against)
            if found.helping:
                continue
            assert members >= {number for number, _ in found.against} | {number for number, _ in found.next} | {found.agent}
            assert len(members) == len(found.against) + len(found.next) + 1


def test_nobody_starves_beyond_the_cap() -> None:
    """With first-class callers coming without end, one agent and a call a minute, a usual caller is served within the cap and a few calls."""
    rule = Rules({"service": QueueRule("service", members=("1",))}, {"1": AgentRule("1")}, Priorities(5, 600 * S))
    waiting = [Waiting("usual", "service", 0, 0)]
    row, now = 0, 0
    for order in range(1, 30):
        now += 60 * S
        waiting.append(Waiting(f"s{order}", "service", now, order, strict=True))
        found = choose(Situation(rule, waiting, {"1": view("1")}, now, strict_row=row))
        assert found is not None
        waiting = [call for call in waiting if call.call != found.call]
        row = row + 1 if found.call != "usual" else 0
        if found.call == "usual":
            assert order == 6, "after five in a row"
            return
    pytest.fail("the usual caller was never served")
