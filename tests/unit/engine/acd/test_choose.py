"""The policy: who is offered which call, and why not the others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.acd.choose import AgentView, Match, Waiting, choose, reason_against

S = 1_000_000_000
NOW = 100 * S
FIRST = Waiting("c1", "service", 10 * S, 1)
SECOND = Waiting("c2", "service", 20 * S, 2)
VIP = Waiting("c3", "vip", 5 * S, 3)


def view(
    number: str, since_s: int = 50, queues: str = "service", state: str = "ready", *, cooling: bool = False, free: bool = True
) -> AgentView:
    """An agent, ready since then unless said otherwise."""
    return AgentView(number, frozenset(queues.split()), state, since_s * S, cooling, free)


def test_the_longest_idle_agent_gets_the_longest_waiting_call() -> None:
    """Callers are served in order, and work goes round fairly; the fact says the rule and the idle time."""
    found = choose([SECOND, FIRST], [view("1", 60), view("2", 40), view("3", 50)], NOW)
    assert found == Match("c1", "2", "longest_idle 60.0 s", (("1", "idle_shorter"), ("3", "idle_shorter")))


def test_ties_go_by_order_of_entering_and_by_agent_number() -> None:
    """Two callers of one moment keep their order; two agents of one moment go by number: nothing is left to chance."""
    twin = replace(SECOND, since_ns=FIRST.since_ns)
    found = choose([twin, FIRST], [view("12"), view("11")], NOW)
    assert found is not None
    assert (found.call, found.agent) == ("c1", "11")


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        (view("9", state="talking"), "talking"),
        (view("9", state="not_ready", cooling=True, free=False), "not_ready"),
        (view("9", cooling=True, free=False), "missed_just_now"),
        (view("9", free=False), "phone_in_use"),
        (view("9", 1), None),
    ],
)
def test_one_reason_is_given_against_an_agent(agent: AgentView, reason: str | None) -> None:
    """Who was passed over learns the first reason: the state, then the pause after a miss, then the phone."""
    assert reason_against(agent) == reason
    found = choose([FIRST], [agent, view("1", 50)], NOW)
    assert found is not None
    if reason is None:
        assert (found.agent, found.passed_over) == ("9", (("1", "idle_shorter"),))
    else:
        assert (found.agent, found.passed_over) == ("1", (("9", reason),))


def test_agents_of_other_queues_are_not_mentioned() -> None:
    """The reasons speak of the queue's own agents only."""
    found = choose([FIRST], [view("1"), view("2", 1, "vip")], NOW)
    assert found == Match("c1", "1", "longest_idle 50.0 s", ())


def test_a_call_that_nobody_can_take_does_not_hold_up_the_next() -> None:
    """A caller to a queue without a free agent waits; callers of other queues are served meanwhile."""
    found = choose([VIP, FIRST], [view("1", 50, "service"), view("2", 50, "vip", "talking")], NOW)
    assert found is not None
    assert (found.call, found.agent) == ("c1", "1")


def test_an_agent_of_two_queues_takes_the_longest_waiting_of_both() -> None:
    """Whoever serves two queues serves the caller who has waited longest, whichever queue that is."""
    found = choose([FIRST, VIP], [view("1", 50, "service vip")], NOW)
    assert found is not None
    assert found.call == "c3"


@pytest.mark.parametrize(("waiting", "agents"), [([], [view("1")]), ([FIRST], []), ([FIRST], [view("1", state="wrap_up")])])
def test_without_a_caller_or_an_agent_there_is_no_match(waiting: list[Waiting], agents: list[AgentView]) -> None:
    """Nobody's phone rings for nobody."""
    assert choose(waiting, agents, NOW) is None


queues = st.sampled_from(["service", "vip", "night"])
views = st.builds(
    AgentView,
    st.integers(1000, 1030).map(str),
    st.frozensets(queues),
    st.sampled_from(["ready", "ready", "not_ready", "talking", "offered", "wrap_up"]),
    st.integers(0, 100).map(lambda s: s * S),
    st.booleans(),
    st.booleans(),
)
crews = st.lists(views, max_size=8, unique_by=lambda agent: agent.number)
lines = st.lists(st.tuples(queues, st.integers(0, 100)), max_size=8).map(
    lambda made: [Waiting(f"c{i}", queue, since * S, i) for i, (queue, since) in enumerate(made)]
)


@settings(max_examples=200, deadline=None)
@given(lines, crews)
def test_nobody_unfit_is_chosen_and_nobody_fit_is_left_idle(waiting: list[Waiting], agents: list[AgentView]) -> None:
    """An offer goes only to a ready, rested agent of the queue with a free phone; when there is no match, no such agent could help."""
    fit = [agent for agent in agents if agent.state == "ready" and not agent.cooling and agent.phone_free]
    servable = [call for call in waiting if any(call.queue in agent.queues for agent in fit)]
    found = choose(waiting, agents, NOW)
    if found is None:
        assert not servable
        return
    call = next(call for call in waiting if call.call == found.call)
    agent = next(agent for agent in agents if agent.number == found.agent)
    assert agent in fit
    assert call.queue in agent.queues
    assert (call.since_ns, call.order) == min((other.since_ns, other.order) for other in servable)
    assert agent.ready_since_ns == min(other.ready_since_ns for other in fit if call.queue in other.queues)
    others = {other.number for other in agents if call.queue in other.queues} - {agent.number}
    assert {number for number, _ in found.passed_over} == others
