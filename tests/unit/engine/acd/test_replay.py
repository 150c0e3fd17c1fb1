"""Every choice can be made again from the journal alone, and comes out the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import facts
from engine.acd import agent as a
from engine.acd.replay import ChosenAgain, Replay
from engine.acd.rules import Priorities, compile_rules
from engine.calls import call as c
from engine.settings.site import InboundRouteSection, NumberListSection, Site
from tests.floor import Floor, Room, a_site

STRATEGIES = ("longest_idle", "rotate", "hunt", "even_count", "least_time", "weighted_random", "best_skill")
CALLERS = ("13800138001", "13800138002", "02155501001", "13900000000")


def lively_site(strategy: str) -> Site:
    """Skills, first-class callers, callers with credit, callers who want an agent, and last agents."""
    site = a_site(strategy=strategy, wrap_up_s=2.0, miss_pause_s=1.0, last_agent_days=3, wanted_s=6.0)
    skills = {"1001": ("english:8",), "1002": ("english:3", "sales"), "1003": (), "1004": ("english:5",)}
    agents = tuple(replace(agent, skills=skills[agent.number], weight=1 + seat) for seat, agent in enumerate(site.agents))
    queues = (
        replace(site.queues[0], overflow_to=("vip",), overflow_after_s=3.0),
        replace(site.queues[1], skills=("english:6",), relax_after_s=4.0, agents=(), wanted_alone=False),
    )
    lists = (
        NumberListSection(name="gold", kind="vip", numbers=("13800138001",), strict=True, credit_s=30),
        NumberListSection(name="named", numbers=("13800138002",), agent="1003"),
        NumberListSection(name="silver", numbers=("02155501001",), credit_s=60),
    )
    return replace(site, agents=agents, queues=queues, number_lists=lists)


def act_on(floor: Floor, what: int, number: int) -> None:
    """One of the things that people do; what makes no sense at this moment is left out."""
    name, phone, line = f"100{number}", floor.phone(number), floor.line(number)
    agent = floor.agent(name)
    match what:
        case 0 if not agent.phone and not floor.acd.agent_at(f"phone-{number}"):
            floor.acd.login(name, f"phone-{number}", ready=True)
        case 1 | 2 if line.does == "idle":
            floor.answer_nobody()
            call = floor.calling(number, CALLERS[number - 1])
            call.post(c.Answer())
            floor.acd.enter(call, "service" if what == 1 else "vip", Room(call, lambda: call.post(c.Join())))
        case 3 if phone.in_service:
            (phone.hang_up if phone.off_hook else phone.lift)()
        case 4 if line.does == "connected":
            line.hang_up()
        case 5 if agent.phone:
            floor.acd.sign(name, "service", out="service" in agent.queues)
        case 6 if isinstance(agent.state, a.Ready | a.NotReady):
            agent.post(a.BecomeNotReady("break") if isinstance(agent.state, a.Ready) else a.BecomeReady(floor.acd.now_ns()))
        case 7 if type(agent.state) is a.Offered:
            agent.post(a.RejectOffer(floor.acd.now_ns()))
        case 8:
            phone.die("card_removed") if phone.in_service else phone.revive()
        case _:
            floor.clock.advance(0.7 * number)


def chosen_again(floor: Floor) -> list[ChosenAgain]:
    """Every offer of what was heard, chosen again."""
    found: list[ChosenAgain] = []
    caps = Priorities(floor.site.acd.strict_most, round(floor.site.acd.others_most_s * 1e9))
    replay = Replay(lambda version: compile_rules(floor.site.queues, floor.site.agents, version, caps), found.append)
    for envelope in floor.heard:
        replay.hear(envelope)
    return found


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(STRATEGIES), st.lists(st.tuples(st.integers(0, 10), st.integers(1, 4)), min_size=10, max_size=60))
def test_the_journal_chooses_as_the_appliance_did(strategy: str, day: list[tuple[int, int]]) -> None:
    """Whatever happened: with the settings, the facts and the moment that an offer tells, the same agent is chosen for the same reasons."""
    floor = Floor(lively_site(strategy))
    floor.login("1001", "1002")
    for what, number in day:
        act_on(floor, what, number)
        assert floor.bugs == []
    found = chosen_again(floor)
    assert len(found) == len(floor.told(facts.CallOffered))
    assert [(one.seq, one.differs) for one in found if one.differs] == []


def test_a_lost_fact_is_found_out() -> None:
    """A journal from which somebody has taken that an agent was on a break does not give the same choice."""
    floor = Floor(a_site())
    floor.login("1001", "1002")
    floor.acd.post("1001", a.BecomeNotReady("break"))
    floor.answer_nobody()
    call = floor.calling(1)
    call.post(c.Answer())
    floor.acd.enter(call, "service", Room(call, lambda: None))
    assert [one.differs for one in chosen_again(floor)] == [()]
    floor.heard = [one for one in floor.heard if not (isinstance(one.fact, facts.AgentStateChanged) and one.fact.state == "not_ready")]
    assert [one.differs for one in chosen_again(floor)] == [("agent", "why", "candidates", "excluded")]


def entered(floor: Floor, line: int, number: str, queue: str = "service") -> str:
    floor.answer_nobody()
    call = floor.calling(line, number)
    call.post(c.Answer())
    floor.acd.enter(call, queue, Room(call, lambda: call.post(c.Join())))
    return call.id


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("13800138001", (30, True, "", ("list:gold",))),
        ("13800138002", (0, False, "1003", ("list:named",))),
        ("02155501001", (60, False, "", ("list:silver",))),
        ("13912345678", (0, False, "", ())),
    ],
)
def test_who_calls_decides_how_far_ahead(number: str, told: tuple[object, ...]) -> None:
    """Lists of callers give credit, a first class, or an agent; and the journal says which list did."""
    floor = Floor(lively_site("longest_idle"))
    floor.login("1003")
    entered(floor, 1, number)
    queued = floor.told(facts.CallQueued)[0]
    assert (queued.credit_s, queued.strict, queued.wanted, queued.because) == told


def test_credit_puts_ahead_in_the_queue_and_nobody_loses_more_than_that() -> None:
    """A caller with a minute of credit stands before who came half a minute ago, and behind who came two minutes ago."""
    floor = Floor(lively_site("longest_idle"))
    early = entered(floor, 1, "13912345671")
    floor.clock.advance(90)
    late = entered(floor, 2, "13912345672")
    floor.clock.advance(30)
    silver = entered(floor, 3, "02155501001")
    assert [floor.acd.place(call) for call in (early, silver, late)] == [1, 2, 3]
    assert floor.told(facts.CallQueued)[-1].place == 2


def test_a_route_gives_priority_to_a_called_number() -> None:
    """Calls to one number go ahead of those to another, and may be for one agent (A4, A5)."""
    site = a_site()
    route = InboundRouteSection(name="hotline", called=("88801",), target="queue:service", credit_s=45, agent="1002")
    floor = Floor(replace(site, inbound_routes=(route,)))
    floor.login("1001", "1002")
    floor.calling(1)
    queued = floor.told(facts.CallQueued)[0]
    assert (queued.credit_s, queued.wanted, queued.because) == (45, "1002", ("route:hotline",))
    offer = floor.told(facts.CallOffered)[0]
    assert (offer.agent, offer.why, offer.passed_over[0]) == ("1002", "wanted 1002", "1001:not_wanted")


def test_the_wanted_agent_is_waited_for_and_then_the_group_helps() -> None:
    """Busy: twenty seconds for that agent alone, at the old place; then whoever is free. Not at work: nobody is waited for."""
    site = replace(a_site(last_agent_days=7), number_lists=(NumberListSection(name="named", numbers=("13800138002",), agent="1003"),))
    floor = Floor(site)
    floor.login("1001", "1003")
    floor.acd.post("1003", a.BecomeNotReady("break"))
    call = entered(floor, 1, "13800138002")
    assert floor.told(facts.CallOffered) == []
    floor.clock.advance(19.9)
    assert floor.told(facts.CallOffered) == []
    floor.clock.advance(0.2)
    assert [(offer.call, offer.agent) for offer in floor.told(facts.CallOffered)] == [(call, "1001")]
    floor.acd.post("1003", a.Logout())
    floor.login("1002")
    entered(floor, 2, "13800138002")
    assert floor.told(facts.CallOffered)[-1].agent == "1002"


def test_a_wanted_agent_who_does_not_answer_is_wanted_no_more() -> None:
    """The group takes the call at once."""
    site = replace(a_site(), number_lists=(NumberListSection(name="named", numbers=("13800138002",), agent="1003"),))
    floor = Floor(site)
    floor.login("1001", "1003")
    entered(floor, 1, "13800138002")
    assert floor.phone(3).ringing
    floor.clock.advance(20.1)
    assert floor.phone(1).ringing


def test_who_talked_last_with_the_caller_is_asked_first() -> None:
    """The caller of the morning reaches the same agent again, in the same queue."""
    floor = Floor(a_site(last_agent_days=7, wrap_up_s=0.0))
    floor.login("1001", "1002")
    entered(floor, 1, "13912345678")
    floor.phone(1).lift()
    floor.line(1).hang_up()
    floor.phone(1).hang_up()
    floor.clock.advance(100)
    entered(floor, 2, "13912345678")
    assert (floor.told(facts.CallOffered)[-1].agent, floor.told(facts.CallQueued)[-1].because) == ("1001", ("last_agent",))
    entered(floor, 3, "13912345679")
    assert floor.told(facts.CallOffered)[-1].agent == "1002"


def test_another_queue_helps_and_the_caller_keeps_the_place() -> None:
    """After half a minute agents of the helping queue are rung too; the first caller first, and the journal says who helps."""
    site = a_site(overflow_after_s=30.0)
    queues = (replace(site.queues[0], agents=("1001", "1002"), overflow_to=("vip",)), site.queues[1])
    floor = Floor(replace(site, queues=queues))
    floor.login("1001", "1003")
    floor.acd.post("1001", a.BecomeNotReady("break"))
    first, second = entered(floor, 1, "13912345671"), entered(floor, 2, "13912345672")
    floor.clock.advance(29.9)
    assert floor.told(facts.CallOffered) == []
    floor.clock.advance(0.2)
    offer = floor.told(facts.CallOffered)[0]
    assert (offer.call, offer.queue, offer.agent, offer.helping) == (first, "service", "1003", "vip")
    assert offer.why.startswith("helping vip: longest_idle")
    assert [floor.acd.place(call) for call in (first, second)] == [1, 2]


def test_where_nobody_is_at_work_others_help_at_once() -> None:
    """The last agent of the queue logs out: within a second the helping queue's agent is rung for who waits."""
    site = a_site(overflow_after_s=600.0)
    queues = (replace(site.queues[0], agents=("1001",), overflow_to=("vip",)), site.queues[1])
    floor = Floor(replace(site, queues=queues))
    floor.login("1001", "1003")
    floor.acd.post("1001", a.BecomeNotReady("break"))
    entered(floor, 1, "13912345671")
    floor.clock.advance(5)
    assert floor.told(facts.CallOffered) == []
    floor.acd.post("1001", a.Logout())
    floor.clock.advance(1.1)
    assert [offer.agent for offer in floor.told(facts.CallOffered)] == ["1003"]
