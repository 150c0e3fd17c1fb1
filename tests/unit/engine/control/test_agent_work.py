"""What agents do for their own work, by keys and by commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine import facts
from engine.acd import agent as a
from engine.control.refusals import ActRefused
from engine.people.actors import Actor, Role
from engine.settings.site import NotReadyReason, Site, WrapUpCode
from tests.floor import Floor, a_site
from tests.unit.engine.acd.test_acd import offers, queued, state

AT_1 = Actor(Role.AGENT, "phone-1")
LEADER = Actor(Role.SUPERVISOR, "banzhang")
LINA = Actor(Role.AGENT_USER, "lina", agent="1001")
REASONS = (NotReadyReason(digit="1", name="break", most_min=10, a_day_min=15), NotReadyReason(digit="2", name="meal"))
NOTES = (WrapUpCode(code="1", name="order"), WrapUpCode(code="21", name="complaint"))


def working_site(**queue: object) -> Site:
    """Numbered queues, two notes, and a break of ten minutes at a time and fifteen a day."""
    site = a_site(**queue)
    numbered = tuple(replace(one, number=number) for one, number in zip(site.queues, ("1", "2"), strict=True))
    return replace(site, queues=numbered, desk=replace(site.desk, reasons=REASONS, wrap_up_codes=NOTES))


@pytest.fixture
def desk_floor() -> Floor:
    return Floor(working_site(wrap_up_extensions=1, wrap_up_extend_s=20.0))


def dial(floor: Floor, keys: str, phone: int = 1) -> list[str]:
    """Lift, dial, wait for what is spoken, put down; the prompts."""
    floor.phone(phone).lift()
    floor.phone(phone).press(keys)
    if not floor.bay.saying(floor.phone(phone).port):
        floor.clock.advance(4.1)
    said = floor.bay.saying(floor.phone(phone).port)
    floor.phone(phone).hang_up()
    return said


def talked(floor: Floor, seconds: float = 10) -> str:
    """Agent 1001 has a call and is in wrap-up; the call."""
    call, _ = queued(floor, 1)
    floor.phone(1).lift()
    floor.clock.advance(seconds)
    floor.line(1).hang_up()
    floor.phone(1).hang_up()
    return call.id


def test_a_call_is_noted_by_keys(desk_floor: Floor) -> None:
    """During wrap-up the agent notes what the call was about; the digits of a longer note are waited for."""
    desk_floor.login("1001")
    call = talked(desk_floor)
    assert dial(desk_floor, "*8321") == ["zh/call_noted"]
    assert dial(desk_floor, "*8329") == ["zh/note_unknown"]
    assert dial(desk_floor, "*837") == ["zh/note_unknown"]
    assert desk_floor.told(facts.WrapUpCodeGiven) == [facts.WrapUpCodeGiven(call=call, agent="1001", code="21", name="complaint")]


@pytest.mark.parametrize(
    ("codes", "said", "done"),
    [
        (("*829",), "queue_unknown", "nothing"),
        (("*822",), "queue_unknown", "nothing"),
        (("*821",), "signed_out", "out"),
        (("*821", "*811"), "signed_in", "in"),
        (("*82",), "number_unknown", "nothing"),
    ],
)
def test_signing_out_of_a_queue_by_keys(desk_floor: Floor, codes: tuple[str, ...], said: str, done: str) -> None:
    """Calls of that queue pass the agent by until signing in again; a number that no queue has changes nothing."""
    desk_floor.login("1001")
    assert [dial(desk_floor, code) for code in codes][-1] == [f"zh/{said}"]
    queued(desk_floor, 1)
    assert offers(desk_floor) == ([] if done == "out" else ["1001"])
    assert [fact.queue for fact in desk_floor.told(facts.AgentSignedOut)] == (["service"] if done in {"out", "in"} else [])


def test_who_rings_keeps_ringing_after_signing_out(desk_floor: Floor) -> None:
    """Signing out does not take the present call away; the next one goes elsewhere."""
    desk_floor.login("1001")
    queued(desk_floor, 1)
    desk_floor.control.work.sign_of(LINA, "1001", "service", out=True)
    assert desk_floor.phone(1).ringing
    desk_floor.phone(1).lift()
    assert state(desk_floor, "1001") == "talking"


def test_logging_in_again_signs_in_again(desk_floor: Floor) -> None:
    """Yesterday's signing out is not found the hard way."""
    desk_floor.login("1001")
    desk_floor.control.work.sign_of(LEADER, "1001", "service", out=True)
    desk_floor.control.log_agent_out(LEADER, "1001")
    desk_floor.login("1001")
    assert desk_floor.agent("1001").queues == {"service"}


def test_wrap_up_is_made_longer_as_often_as_the_queue_allows(desk_floor: Floor) -> None:
    """One extension of twenty seconds, and a sentence for the second."""
    desk_floor.login("1001")
    talked(desk_floor)
    desk_floor.clock.advance(20)
    desk_floor.control.work.extend_wrap_up(AT_1, "phone-1")
    with pytest.raises(ActRefused, match="cannot be made longer"):
        desk_floor.control.work.extend_wrap_up_of(LINA, "1001")
    desk_floor.clock.advance(29.8)
    assert state(desk_floor, "1001") == "wrap_up"
    desk_floor.clock.advance(0.3)
    assert state(desk_floor, "1001") == "ready"


def test_fixed_wrap_up_lasts_its_time() -> None:
    """Where the site wants the whole time, no key shortens it."""
    floor = Floor(working_site(wrap_up_mode="fixed"))
    floor.login("1001")
    talked(floor)
    with pytest.raises(ActRefused, match="lasts its time"):
        floor.control.end_wrap_up(AT_1, "phone-1")
    floor.control.go_ready(AT_1, "phone-1")
    assert state(floor, "1001") == "wrap_up"
    floor.clock.advance(30)
    assert state(floor, "1001") == "ready"


def test_wrap_up_of_the_agents_own() -> None:
    """An agent who needs as long as it takes ends wrap-up by key, whatever the queue has."""
    site = working_site()
    agents = (replace(site.agents[0], wrap_up_mode="until_key"), *site.agents[1:])
    floor = Floor(replace(site, agents=agents))
    floor.login("1001")
    talked(floor)
    floor.clock.advance(5000)
    assert state(floor, "1001") == "wrap_up"
    dial(floor, "*15")
    assert state(floor, "1001") == "ready"


def test_a_break_that_is_too_long_is_told_once(desk_floor: Floor) -> None:
    """After ten minutes at a time, and after fifteen a day, the supervisor reads it; the agent cannot take more, the supervisor can give more."""
    desk_floor.login("1001")
    desk_floor.control.go_not_ready(AT_1, "phone-1", "1")
    desk_floor.clock.advance(10 * 60 - 1)
    assert desk_floor.told(facts.AllowanceExceeded) == []
    desk_floor.clock.advance(60)
    assert [(fact.limit, fact.allowed_s) for fact in desk_floor.told(facts.AllowanceExceeded)] == [("at_a_time", 600)]
    desk_floor.clock.advance(5 * 60)
    assert [(fact.limit, fact.allowed_s) for fact in desk_floor.told(facts.AllowanceExceeded)] == [("at_a_time", 600), ("a_day", 900)]
    desk_floor.control.go_ready(AT_1, "phone-1")
    with pytest.raises(ActRefused, match="used up"):
        desk_floor.control.go_not_ready(AT_1, "phone-1", "1")
    with pytest.raises(ActRefused, match="used up"):
        desk_floor.control.make_agent_not_ready(LINA, "1001", "break")
    desk_floor.control.go_not_ready(AT_1, "phone-1", "2")
    desk_floor.control.make_agent_not_ready(LEADER, "1001", "break")
    assert desk_floor.agent("1001").state == a.NotReady("phone-1", frozenset({"meal", "break"}))


def test_the_own_day_is_told_on_the_phone(desk_floor: Floor) -> None:
    """Calls answered and missed and minutes talked, in words of the agent's language."""
    desk_floor.login("1001")
    talked(desk_floor, seconds=125)
    figures = desk_floor.control.work.today_at(AT_1, "phone-1")
    assert (figures.answered, figures.missed, figures.talked_s, figures.rung_s) == (1, 0, 125, 0)
    said = [
        "answered_before",
        "number_1",
        "answered_after",
        "missed_before",
        "number_0",
        "missed_after",
        "talked_before",
        "number_2",
        "talked_after",
    ]
    assert dial(desk_floor, "*85") == [f"zh/{name}" for name in said]


def test_a_rejected_call_goes_to_the_next_agent_and_is_no_miss(desk_floor: Floor) -> None:
    """Not now: the caller keeps the place, the agent has some seconds of peace and stays ready."""
    desk_floor.login("1001", "1002")
    call, _ = queued(desk_floor, 1)
    desk_floor.control.work.reject_offer_of(LINA, "1001")
    assert not desk_floor.phone(1).ringing
    assert desk_floor.phone(2).ringing
    assert [offer.outcome for offer in desk_floor.told(facts.OfferEnded)] == ["rejected"]
    assert desk_floor.acd.place(call.id) == 1
    assert state(desk_floor, "1001") == "ready"
    with pytest.raises(ActRefused):
        desk_floor.control.work.reject_offer_of(LINA, "1001")


def test_a_caller_on_hold_shows_at_the_agent(desk_floor: Floor) -> None:
    """With R the agent has the caller on hold, with R again talks; the time on hold is known by itself."""
    desk_floor.login("1001")
    queued(desk_floor, 1)
    desk_floor.phone(1).lift()
    desk_floor.clock.advance(5)
    desk_floor.phone(1).flash()
    assert state(desk_floor, "1001") == "hold"
    desk_floor.clock.advance(7)
    desk_floor.phone(1).flash()
    assert state(desk_floor, "1001") == "talking"
    assert desk_floor.control.work.today_of(LEADER, "1001").held_s == 7


def test_asking_a_colleague_and_talking_three_together_show_at_the_agent(desk_floor: Floor) -> None:
    """R and an extension: the agent asks somebody; R and 3: they are three; the other hangs up and the wrap-up follows the caller's going."""
    desk_floor.login("1001")
    queued(desk_floor, 1)
    desk_floor.phone(1).lift()
    desk_floor.clock.advance(2)
    desk_floor.phone(1).flash()
    assert state(desk_floor, "1001") == "hold"
    desk_floor.phone(1).press("802")
    assert state(desk_floor, "1001") == "consult"
    desk_floor.phone(2).lift()
    desk_floor.clock.advance(3)
    assert state(desk_floor, "1001") == "consult"
    desk_floor.phone(1).flash()
    desk_floor.phone(1).press("3")
    desk_floor.clock.advance(1.5)
    assert state(desk_floor, "1001") == "conference"
    desk_floor.line(1).hang_up()
    desk_floor.phone(1).hang_up()
    desk_floor.clock.advance(2)
    assert state(desk_floor, "1001") == "wrap_up"


def test_an_agent_who_sits_down_elsewhere_is_taken_along() -> None:
    """Hot desking: logging in at another phone moves the agent there, breaks included; not in the middle of a call."""
    site = working_site()
    floor = Floor(replace(site, desk=replace(site.desk, login_elsewhere="move")))
    floor.login("1001")
    floor.control.log_in(Actor(Role.AGENT, "phone-3"), "phone-3", "1001", "2222")
    assert (floor.acd.agent_at("phone-1"), floor.acd.agent_at("phone-3")) == ("", "1001")
    queued(floor, 1)
    assert (floor.phone(1).ringing, floor.phone(3).ringing) == (False, True)
    floor.phone(3).lift()
    with pytest.raises(ActRefused, match="logged in at another phone"):
        floor.control.log_in(AT_1, "phone-1", "1001", "2222")


COMMANDS: list[Callable[[Floor, Actor], object]] = [
    lambda floor, actor: floor.control.work.note_call_of(actor, "1001", "1"),
    lambda floor, actor: floor.control.work.extend_wrap_up_of(actor, "1001"),
    lambda floor, actor: floor.control.work.end_wrap_up_of(actor, "1001"),
    lambda floor, actor: floor.control.work.reject_offer_of(actor, "1001"),
    lambda floor, actor: floor.control.work.sign_of(actor, "1001", "service", out=True),
    lambda floor, actor: floor.control.work.today_of(actor, "1001"),
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("actor", [Actor(Role.AGENT_USER, "other", agent="1002"), Actor(Role.QUALITY, "judge")])
def test_nobody_commands_a_colleague(desk_floor: Floor, command: Callable[[Floor, Actor], object], actor: Actor) -> None:
    """Agents look after themselves; of others only the figures are seen by who sees the live page."""
    desk_floor.login("1001")
    before = len(desk_floor.heard)
    if command is COMMANDS[-1] and actor.agent:
        command(desk_floor, actor)
    else:
        with pytest.raises(ActRefused):
            command(desk_floor, actor)
    assert len(desk_floor.heard) == before


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (COMMANDS[0], "has had no call"),
        (COMMANDS[1], "not possible now"),
        (COMMANDS[2], "not possible now"),
        (COMMANDS[3], "not possible now"),
        (lambda floor, actor: floor.control.work.note_call_of(actor, "1001", "7"), "no note with the digits 7"),
        (lambda floor, actor: floor.control.work.sign_of(actor, "1001", "vip", out=True), "does not serve queue vip"),
        (lambda floor, actor: floor.control.work.sign_of(actor, "1002", "vip", out=True), "is not logged in"),
        (lambda floor, actor: floor.control.work.today_of(actor, "4711"), "no agent 4711"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(desk_floor: Floor, command: Callable[[Floor, Actor], object], said: str) -> None:
    """A sentence says why not, and nothing changes."""
    desk_floor.login("1001")
    with pytest.raises(ActRefused, match=said):
        command(desk_floor, LEADER)
