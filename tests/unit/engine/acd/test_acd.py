"""The ACD at work on fake lines: places, misses, pauses, and a stay that ends exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import facts
from engine.acd import agent as a
from engine.acd.choose import reason_against
from engine.calls import call as c
from engine.calls.switch import Call
from engine.kernel.errors import OurFault, Refused
from tests.floor import Floor, Room, a_site


def queued(floor: Floor, line: int, queue: str = "service") -> tuple[Call, Room]:
    """A caller on this line, answered and put into the queue."""
    floor.answer_nobody()
    call = floor.calling(line, f"1380000000{line}")
    call.post(c.Answer())
    room = Room(call, lambda: call.post(c.Join()))
    floor.acd.enter(call, queue, room)
    return call, room


def outcomes(floor: Floor) -> list[tuple[str, str]]:
    """How each stay ended so far."""
    return [(stint.outcome, stint.agent) for stint in floor.told(facts.StintEnded)]


def offers(floor: Floor) -> list[str]:
    """Who was offered a call, in order."""
    return [offer.agent for offer in floor.told(facts.CallOffered)]


def state(floor: Floor, number: str) -> str:
    """The last told state of an agent."""
    return [fact.state for fact in floor.told(facts.AgentStateChanged) if fact.agent == number][-1]


def test_the_longest_idle_agents_phone_rings(floor: Floor) -> None:
    """The caller is put through to whoever has been free longest, and the journal says why."""
    floor.login("1001", "1002")
    call, room = queued(floor, 1)
    assert floor.told(facts.CallQueued) == [facts.CallQueued(call=call.id, queue="service", place=1)]
    assert floor.told(facts.CallOffered) == [
        facts.CallOffered(
            call=call.id,
            queue="service",
            agent="1001",
            phone="phone-1",
            why="longest_idle 2.0 s",
            passed_over=("1002:ranked_lower", "1003:logged_out", "1004:logged_out"),
            candidates=("1002:longest_idle 1.0 s",),
            excluded=("logged_out:2",),
            rule_version=0,
            input_seq=floor.told_before(facts.CallOffered),
            decided_ns=2_000_000_000,
        )
    ]
    floor.clock.advance(4)
    floor.phone(1).lift()
    assert room.told == ["answered 1001"]
    assert floor.told(facts.StintEnded) == [facts.StintEnded(call=call.id, queue="service", outcome="answered", agent="1001", wait_ms=4000)]
    assert state(floor, "1001") == "talking"
    assert floor.told(facts.CallConnected)[0].agent == "1001"


def test_after_the_call_comes_wrap_up_and_then_ready(floor: Floor) -> None:
    """The agent has thirty seconds for paperwork and is then ready again, whoever hung up."""
    floor.login("1001")
    _, room = queued(floor, 1)
    floor.phone(1).lift()
    floor.line(1).hang_up()
    floor.phone(1).hang_up()
    assert state(floor, "1001") == "wrap_up"
    assert room.told == ["answered 1001", "ended"]
    floor.clock.advance(29.9)
    assert state(floor, "1001") == "wrap_up"
    floor.clock.advance(0.2)
    assert state(floor, "1001") == "ready"


def test_a_missed_offer_goes_to_the_next_agent_and_the_caller_keeps_the_place(floor: Floor) -> None:
    """No answer within the ring time: the phone falls silent, the next one rings, and the caller is still first."""
    floor.login("1001", "1002")
    first, _ = queued(floor, 1)
    floor.clock.advance(1)
    floor.phone(2).off_hook = True
    second, _ = queued(floor, 2)
    floor.phone(2).off_hook = False
    floor.clock.advance(19.1)
    assert not floor.phone(1).ringing
    assert [(offer.call, offer.agent, offer.outcome) for offer in floor.told(facts.OfferEnded)] == [(first.id, "1001", "no_answer")]
    assert floor.phone(2).ringing
    assert [(offer.call, offer.agent) for offer in floor.told(facts.CallOffered)] == [(first.id, "1001"), (first.id, "1002")]
    assert (floor.acd.place(first.id), floor.acd.place(second.id)) == (1, 2)
    assert floor.told(facts.StintEnded) == []


def test_after_a_miss_the_agent_is_left_in_peace_for_a_while(floor: Floor) -> None:
    """The only agent is offered the call again only after the pause."""
    floor.login("1001")
    queued(floor, 1)
    floor.clock.advance(20)
    assert not floor.phone(1).ringing
    floor.clock.advance(4.9)
    assert floor.phone(1).rings == 1
    floor.clock.advance(0.2)
    assert floor.phone(1).rings == 2


def test_misses_in_a_row_make_an_agent_not_ready(floor: Floor) -> None:
    """Whoever went away without saying so is taken out after two unanswered offers, and the caller waits on."""
    floor.login("1001")
    call, _ = queued(floor, 1)
    floor.clock.advance(20 + 5 + 20)
    last = floor.told(facts.AgentStateChanged)[-1]
    assert (last.state, last.reasons) == ("not_ready", ("missed",))
    floor.clock.advance(600)
    assert floor.phone(1).rings == 2
    assert floor.acd.place(call.id) == 1


def test_without_a_pause_the_only_agent_is_offered_the_call_again_at_once() -> None:
    """A site without a pause after misses never leaves a caller waiting beside a ready agent."""
    floor = Floor(a_site(miss_pause_s=0.0))
    floor.login("1001")
    queued(floor, 1)
    floor.clock.advance(20.1)
    assert floor.phone(1).rings == 2
    assert floor.bugs == []


def test_a_caller_who_leaves_while_a_phone_rings_costs_the_agent_nothing(floor: Floor) -> None:
    """The bell stops, it is no miss, and the agent keeps the place in the idle order."""
    floor.login("1001", "1002")
    _, room = queued(floor, 1)
    floor.clock.advance(10)
    floor.line(1).hang_up()
    assert not floor.phone(1).ringing
    assert [offer.outcome for offer in floor.told(facts.OfferEnded)] == ["caller_gone"]
    assert outcomes(floor) == [("abandoned", "")]
    assert room.told == ["abandoned"]
    assert floor.agent("1001").state == a.Ready("phone-1", 0)
    floor.clock.advance(3)
    queued(floor, 2)
    assert offers(floor) == ["1001", "1001"]


def test_who_leaves_at_once_counts_as_short(floor: Floor) -> None:
    """A misdialled call does not spoil the figures: leaving within five seconds is short, not abandoned."""
    queued(floor, 1)
    floor.clock.advance(5)
    floor.line(1).hang_up()
    queued(floor, 2)
    floor.clock.advance(5.1)
    floor.line(2).hang_up()
    assert outcomes(floor) == [("short", ""), ("abandoned", "")]


def test_with_the_short_time_off_every_leaver_is_abandoned() -> None:
    """A site that counts every lost caller sees every lost caller."""
    floor = Floor(a_site(short_abandon_s=0.0))
    queued(floor, 1)
    floor.line(1).hang_up()
    assert outcomes(floor) == [("abandoned", "")]


def test_a_shutdown_is_not_the_callers_doing(floor: Floor) -> None:
    """Callers that the appliance itself put out are counted as failed."""
    _, room = queued(floor, 1)
    floor.switch.end_all("shutdown")
    assert outcomes(floor) == [("failed", "")]
    assert room.told == ["failed"]


def test_a_full_queue_refuses_the_next_caller() -> None:
    """One caller too many is told so in words and is not counted as having waited."""
    floor = Floor(a_site(waiting_most=2))
    queued(floor, 1)
    queued(floor, 2)
    with pytest.raises(Refused, match="Queue service is full: 2 callers wait"):
        queued(floor, 3)
    queued(floor, 4, "vip")
    assert [stint.queue for stint in floor.told(facts.CallQueued)] == ["service", "service", "vip"]
    floor.line(3).hang_up()
    assert outcomes(floor) == []


def test_an_unknown_queue_is_our_own_fault(floor: Floor) -> None:
    """A script that names no queue of the site is found out, not left waiting."""
    with pytest.raises(OurFault, match="no queue is called 'nowhere'"):
        queued(floor, 1, "nowhere")


def test_two_calls_and_two_agents_are_matched_in_one_turn(floor: Floor) -> None:
    """When two agents become free for two waiting callers, both phones ring at once, in the callers' order."""
    first, _ = queued(floor, 1)
    second, _ = queued(floor, 2)
    floor.login("1001", "1002")
    assert [(offer.call, offer.agent) for offer in floor.told(facts.CallOffered)] == [(first.id, "1001"), (second.id, "1002")]
    assert [floor.phone(number).ringing for number in (1, 2)] == [True, True]
    assert [floor.phone(number).shown.number for number in (1, 2)] == ["13800000001", "13800000002"]


def test_an_agent_is_not_offered_calls_of_other_queues(floor: Floor) -> None:
    """A caller of the special queue waits for its own agents, however many others are free."""
    floor.login("1001", "1002")
    call, _ = queued(floor, 1, "vip")
    assert offers(floor) == []
    floor.login("1003")
    assert [(offer.call, offer.agent) for offer in floor.told(facts.CallOffered)] == [(call.id, "1003")]


def test_places_are_counted_by_queue(floor: Floor) -> None:
    """Each caller hears the place in the own queue, and moves up when one before leaves."""
    first, _ = queued(floor, 1)
    queued(floor, 2, "vip")
    third, _ = queued(floor, 3)
    assert [floor.acd.place(call.id) for call in (first, third)] == [1, 2]
    assert [stay.call.id for stay in floor.acd.waiting("service")] == [first.id, third.id]
    floor.line(1).hang_up()
    assert floor.acd.place(third.id) == 1
    assert floor.acd.place(first.id) == 0


def test_a_phone_that_cannot_ring_is_not_tried_again_and_again(floor: Floor) -> None:
    """A broken phone is not a miss: the caller is offered to the next agent at once, and its agent is shown with the reason."""
    floor.login("1001", "1002")
    floor.phone(1).breaks_when_rung = True
    queued(floor, 1)
    assert [(offer.agent, offer.outcome) for offer in floor.told(facts.OfferEnded)] == [("1001", "phone_fault")]
    assert floor.phone(2).ringing
    assert floor.agent("1001").state == a.NotReady("phone-1", frozenset({"phone_fault"}))


def test_keys_pressed_in_conversation_are_nobodys_business(floor: Floor) -> None:
    """A card number that a caller types to an agent is in no journal; keys typed while waiting are."""
    floor.login("1001")
    call, _ = queued(floor, 1)
    floor.acd.call_key(call, "5")
    floor.phone(1).lift()
    floor.acd.call_key(call, "6")
    assert [fact.key for fact in floor.told(facts.KeyPressed)] == ["5"]


def test_a_phone_that_works_again_is_rung_for_who_waits(floor: Floor) -> None:
    """A card put back into service serves the waiting callers without anybody touching a key."""
    floor.login("1001")
    floor.phone(1).die("driver_error")
    queued(floor, 1)
    assert offers(floor) == []
    floor.phone(1).revive()
    assert offers(floor) == ["1001"]


def test_a_lifted_handset_keeps_calls_away_until_it_is_down(floor: Floor) -> None:
    """An agent about to dial is not rung; the waiting caller comes when the handset is down."""
    floor.login("1001")
    floor.phone(1).lift()
    queued(floor, 1)
    assert offers(floor) == []
    floor.phone(1).hang_up()
    assert floor.phone(1).ringing


def test_when_a_colleagues_call_stops_ringing_the_waiting_caller_comes(floor: Floor) -> None:
    """A ready agent whose phone rang in vain for an inside call is offered the waiting caller as soon as it falls silent."""
    floor.login("1001")
    floor.phone(2).lift()
    floor.phone(2).press("801")
    assert floor.phone(1).ringing
    queued(floor, 1)
    floor.clock.advance(59.9)
    assert offers(floor) == []
    floor.clock.advance(0.2)
    assert offers(floor) == ["1001"]
    assert floor.phone(1).shown.number == "13800000001"


def test_a_call_of_the_agents_own_keeps_offers_away(floor: Floor) -> None:
    """While an agent talks to a colleague no caller rings; afterwards the idle time begins anew."""
    floor.login("1001", "1002")
    floor.phone(1).lift()
    floor.phone(1).press("803")
    floor.phone(3).lift()
    assert state(floor, "1001") == "own_call"
    queued(floor, 1)
    assert offers(floor) == ["1002"]
    floor.clock.advance(5)
    floor.phone(3).hang_up()
    assert state(floor, "1001") == "ready"
    assert floor.agent("1001").state == a.Ready("phone-1", 7_000_000_000)


def test_all_busy_tells_whether_a_caller_would_wait(floor: Floor) -> None:
    """The caller hears that all are busy exactly when nobody could be rung now, or others wait already."""
    assert floor.acd.all_busy("service")
    floor.login("1001")
    assert not floor.acd.all_busy("service")
    assert floor.acd.all_busy("vip")
    queued(floor, 1)
    assert floor.acd.all_busy("service")


def test_one_agent_one_phone(floor: Floor) -> None:
    """An agent cannot sit at two phones, nor two at one; logging in again where one is changes nothing."""
    floor.login("1001")
    with pytest.raises(Refused, match="Agent 1001 is logged in at another phone"):
        floor.acd.login("1001", "phone-2", ready=True)
    with pytest.raises(Refused, match="Another agent is logged in at this phone"):
        floor.acd.login("1002", "phone-1", ready=True)
    before = len(floor.heard)
    floor.acd.login("1001", "phone-1", ready=True)
    assert len(floor.heard) == before
    assert (floor.acd.agent_at("phone-1"), floor.acd.agent_at("phone-2")) == ("1001", "")


@pytest.mark.parametrize(
    ("state_then", "reasons", "now"),
    [
        ("ready", (), a.Ready("phone-1", 0)),
        ("talking", (), a.Ready("phone-1", 0)),
        ("wrap_up", (), a.Ready("phone-1", 0)),
        ("offered", (), a.Ready("phone-1", 0)),
        ("not_ready", ("break", "meal"), a.NotReady("phone-1", frozenset({"break", "meal"}))),
        ("not_ready", ("login",), a.NotReady("phone-1", frozenset({"login"}))),
        ("not_ready", ("missed",), a.NotReady("phone-1", frozenset({"missed"}))),
        ("own_call", (), a.Ready("phone-1", 0)),
        ("own_call", ("break",), a.NotReady("phone-1", frozenset({"break"}))),
    ],
)
def test_after_a_restart_agents_are_where_the_journal_says(floor: Floor, state_then: str, reasons: tuple[str, ...], now: object) -> None:
    """After a power cut nobody has to log in again, and nobody on a break is offered calls."""
    floor.acd.restore("1001", facts.AgentStateChanged(agent="1001", phone="phone-1", state=state_then, reasons=reasons, call=""))
    assert floor.agent("1001").state == now


@pytest.mark.parametrize(("number", "phone"), [("1001", ""), ("1001", "phone-9"), ("9999", "phone-1")])
def test_who_or_what_is_gone_is_not_restored(floor: Floor, number: str, phone: str) -> None:
    """An agent who was logged out, or a phone or agent that the site has no more, stays away after a restart."""
    floor.acd.restore(number, facts.AgentStateChanged(agent=number, phone=phone, state="ready", reasons=(), call=""))
    assert floor.heard == []


def test_an_own_call_tells_what_the_agent_was_before(floor: Floor) -> None:
    """The journal knows that an agent on the phone is really on a break, so that a restart does not make him ready."""
    floor.login("1001")
    floor.acd.post("1001", a.BecomeNotReady("break"))
    floor.phone(1).lift()
    floor.phone(1).press("803")
    last = floor.told(facts.AgentStateChanged)[-1]
    assert (last.state, last.reasons) == ("own_call", ("break",))


def test_a_logout_during_the_call_happens_after_it(floor: Floor) -> None:
    """Whoever logs out while talking finishes the call first."""
    floor.login("1001")
    queued(floor, 1)
    floor.phone(1).lift()
    floor.acd.post("1001", a.Logout())
    assert state(floor, "1001") == "talking"
    floor.phone(1).hang_up()
    assert state(floor, "1001") == "logged_out"
    assert floor.acd.agent_at("phone-1") == ""


# ---- whatever happens ----------------------------------------------------------------------------------------------

Act = Callable[[Floor], None]


def lift_or_drop(number: int) -> Act:
    def act(floor: Floor) -> None:
        phone = floor.phone(number)
        if phone.in_service:
            (phone.hang_up if phone.off_hook else phone.lift)()

    return act


def call_or_leave(number: int, queue: str) -> Act:
    def act(floor: Floor) -> None:
        line = floor.line(number)
        if line.does == "idle":
            queued(floor, number, queue)
        elif line.does == "connected":
            line.hang_up()

    return act


def change(number: int, word: str) -> Act:
    def act(floor: Floor) -> None:
        agent, now = floor.agent(f"100{number}"), floor.acd.now_ns()
        match word, agent.state:
            case "in or out", a.LoggedOut():
                floor.acd.login(agent.number, f"phone-{number}", ready=True)
            case "in or out", a.NotReady() | a.Ready() | a.WrapUp() | a.Talking():
                agent.post(a.Logout())
            case "break", a.Ready() | a.Offered() | a.Talking() | a.WrapUp() | a.OwnCall():
                agent.post(a.BecomeNotReady("break"))
            case "ready", a.NotReady() | a.Talking() | a.WrapUp() | a.OwnCall():
                agent.post(a.BecomeReady(now))
            case _:
                pass

    return act


def dial(number: int, keys: str) -> Act:
    def act(floor: Floor) -> None:
        if floor.phone(number).off_hook:
            floor.phone(number).press(keys)

    return act


def wait(seconds: float) -> Act:
    return lambda floor: floor.clock.advance(seconds)


numbers = st.integers(1, 4)
acts = st.one_of(
    st.builds(call_or_leave, numbers, st.sampled_from(["service", "vip"])),
    st.builds(lift_or_drop, numbers),
    st.builds(change, numbers, st.sampled_from(["in or out", "in or out", "break", "ready"])),
    st.builds(dial, numbers, st.sampled_from(["801", "802", "803", "804"])),
    st.builds(wait, st.sampled_from([0.1, 3.0, 6.0, 21.0, 61.0])),
)
sites = st.sampled_from([a_site(), a_site(miss_pause_s=0.0, wrap_up_s=0.0, misses_until_not_ready=3), a_site(announce_agent=False)])


@settings(max_examples=150, deadline=None)
@given(sites, st.lists(acts, min_size=5, max_size=40))
def test_whatever_happens_every_stay_ends_once_and_nobody_waits_beside_a_free_agent(site: object, script: list[Act]) -> None:
    """Over any day: each caller who entered is counted out exactly once or still waits, and no waiting caller sees a free agent."""
    floor = Floor(site)  # type: ignore[arg-type]  # sampled from sites
    for act in script:
        act(floor)
        assert floor.bugs == []
        entered = Counter(fact.call for fact in floor.told(facts.CallQueued))
        ended = Counter(fact.call for fact in floor.told(facts.StintEnded))
        waiting = Counter(stay.call.id for queue in floor.acd.queues for stay in floor.acd.waiting(queue))
        assert entered == ended + waiting
        open_stays = [stay for queue in floor.acd.queues for stay in floor.acd.waiting(queue) if not stay.offered_to]
        for agent in floor.acd.crew:
            view = floor.acd.inputs.view(agent.number)
            phone = floor.switch.phones.get(agent.phone)
            if reason_against(view) is None and phone is not None and phone.free:
                assert not [stay for stay in open_stays if stay.queue.name in view.queues], f"{view.number} is free and somebody waits"
    offered, over = Counter(f.call for f in floor.told(facts.CallOffered)), Counter(f.call for f in floor.told(facts.OfferEnded))
    answered = Counter(f.call for f in floor.told(facts.StintEnded) if f.outcome == "answered")
    ringing = Counter(stay.call.id for queue in floor.acd.queues for stay in floor.acd.waiting(queue) if stay.offered_to)
    assert offered == over + answered + ringing
