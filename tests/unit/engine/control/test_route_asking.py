"""What may be asked of routing: the dry run, switches, requests for number lists, and who may do what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from engine import facts
from engine.control.route_asking import route_answers
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import text_from_json
from engine.people.actors import Act, Actor, Role, allowed
from engine.settings.site import InboundRouteSection, NumberListSection, ServiceClassSection, TimeConditionSection, WeeklyHours
from tests.floor import Floor, a_site

LEADER = Actor(Role.SUPERVISOR, "wang")
AGENT = Actor(Role.AGENT_USER, "lina", agent="1001")
LOOKER = Actor(Role.READ_ONLY, "guest")
DAY = (WeeklyHours(name="day", days="1-7", begin="00:00", end="12:00"),)


@pytest.fixture
def box() -> Iterator[Floor]:
    """A floor with rules of every kind."""
    made = Floor(
        replace(
            a_site(),
            time_conditions=(TimeConditionSection(name="office", title="上班", weekly=DAY, holidays="ignored"),),
            number_lists=(NumberListSection(name="nuisance", kind="black"),),
            inbound_routes=(
                InboundRouteSection(name="day", condition="office", target="queue:service", on_out_of_service="extension:802"),
            ),
            service_classes=(ServiceClassSection(name="staff", daily_calls_most=1),),
        )
    )
    yield made
    assert made.bugs == []


def ask(box: Floor, actor: Actor, command: str, **request: Any) -> Any:
    """The answer, as the door gives it: the right is checked first."""
    numbers = iter(range(1, 10))
    act, answer = route_answers(box.router, box.bus, lambda: f"b1-q{next(numbers)}")[command]
    if not allowed(actor, act, ""):
        raise Refused(text_from_json({"msgid": f"{actor.about} may not do this", "values": {}}))
    told: list[Any] = []
    answer(actor, request, told.append, told.append)
    return told[0]


def steps(answer: dict[str, Any]) -> list[str]:
    return [text_from_json(step).in_english() for step in answer["steps"]]


def test_the_dry_run_now_and_at_another_time(box: Floor) -> None:
    """Now nobody is logged in, so the call goes on; at another moment nobody knows, and only the hours count."""
    now = ask(box, LOOKER, "route", to="88801", **{"from": "13800138000"})
    assert now["outcome"] in {"target", "usual"}
    morning = ask(box, LOOKER, "route", to="88801", at="2027-02-17 09:00")
    assert (morning["at"], morning["rule"], morning["target"]) == ("2027-02-17 09:00", "day", "queue:service")
    assert steps(morning)[-2:] == ["Route day: yes; open: hours from 00:00 until 12:00.", "It leads to queue service."]
    evening = ask(box, LOOKER, "route", to="88801", at="2027-02-17 19:00")
    assert (evening["outcome"], text_from_json(evening["said"]).in_english()) == ("usual", "The flow of the line answers.")


def test_the_dry_run_places_no_call_and_tells_nothing(box: Floor) -> None:
    """Asking leaves no trace: no fact, no line, no count of the day."""
    before = len(box.heard)
    for _ in range(3):
        assert ask(box, LOOKER, "route", to="010086", **{"from": "801"})["outcome"] == "out"
    assert len(box.heard) == before


def test_the_switch_from_the_page(box: Floor) -> None:
    """A leader closes the office and opens it again; twice the same is one change; who only looks may not."""
    assert ask(box, LEADER, "time_condition_switch", condition="office", position="closed")["conditions"][0]["position"] == "closed"
    ask(box, LEADER, "time_condition_switch", condition="office", position="closed")
    (row,) = ask(box, LOOKER, "time_conditions")["conditions"]
    assert (row["open"], text_from_json(row["why"]).in_english()) == (False, "closed by the emergency switch")
    ask(box, LEADER, "time_condition_switch", condition="office", position="auto")
    assert [(fact.position, fact.by) for fact in box.told(facts.TimeConditionSwitched)] == [("closed", "wang"), ("auto", "wang")]
    with pytest.raises(Refused):
        ask(box, LOOKER, "time_condition_switch", condition="office", position="closed")
    with pytest.raises(Refused, match="There is no time condition shop; there are office"):
        ask(box, LEADER, "time_condition_switch", condition="shop", position="closed")
    with pytest.raises(BadInput, match="auto or closed is wanted"):
        ask(box, LEADER, "time_condition_switch", condition="office", position="open")


def test_an_agent_asks_and_a_leader_decides(box: Floor) -> None:
    """The nuisance caller is refused from the leader's approval on, and not before; the facts name both."""
    ask(box, AGENT, "number_listing_request", number="13911111111", list="nuisance", reason="骂人")
    (wanted,) = ask(box, LOOKER, "number_listings")["requests"]
    assert (wanted["number"], wanted["by"], wanted["reason"]) == ("13911111111", "lina", "骂人")
    assert ask(box, LOOKER, "route", to="88801", **{"from": "13911111111"})["outcome"] != "refused"
    with pytest.raises(Refused, match="13911111111 is asked for already"):
        ask(box, AGENT, "number_listing_request", number="13911111111", list="nuisance", reason="again")
    with pytest.raises(Refused):
        ask(box, AGENT, "number_listing_decide", request=wanted["request"], approved=True)
    ask(box, LEADER, "number_listing_decide", request=wanted["request"], approved=True)
    assert ask(box, LOOKER, "route", to="88801", **{"from": "13911111111"})["rule"] == "nuisance"
    assert [(fact.number, fact.by, fact.approved) for fact in box.told(facts.NumberListingDecided)] == [("13911111111", "wang", True)]
    with pytest.raises(Refused, match="There is no such request any more"):
        ask(box, LEADER, "number_listing_decide", request=wanted["request"], approved=False)


def test_nobody_decides_his_own_request(box: Floor) -> None:
    """Two pairs of eyes: a leader may ask too, and another one decides."""
    ask(box, LEADER, "number_listing_request", number="13911111111", list="nuisance", reason="rude")
    with pytest.raises(Refused, match="Nobody decides what he asked for himself"):
        ask(box, LEADER, "number_listing_decide", request="b1-q1", approved=True)
    ask(box, Actor(Role.SUPERVISOR, "zhang"), "number_listing_decide", request="b1-q1", approved=False)
    assert box.router.memory.listed == {}


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"number": "12a", "list": "nuisance", "reason": "x"}, "digits are wanted"),
        ({"number": "123", "list": "gone", "reason": "x"}, "There is no number list gone; there are nuisance"),
        ({"number": "123", "list": "nuisance", "reason": ""}, "reason is missing or wrong"),
        ({"number": "1" * 41, "list": "nuisance", "reason": "x"}, "number is missing or wrong"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(box: Floor, request_: dict[str, str], said: str) -> None:
    """The sentence says what is wanted; who only looks asks for nothing."""
    with pytest.raises((BadInput, Refused), match=said):
        ask(box, AGENT, "number_listing_request", **request_)
    with pytest.raises(Refused, match="guest may not do this"):
        ask(box, LOOKER, "number_listing_request", number="123", list="nuisance", reason="x")
    assert box.told(facts.NumberListingRequested) == []


def test_the_rights_of_each_command(box: Floor) -> None:
    """Looking is for all who see the state; switching and deciding for those who lead."""
    rights = {name: act for name, (act, _) in route_answers(box.router, box.bus, str).items()}
    assert rights == {
        "route": Act.SEE_STATUS,
        "time_conditions": Act.SEE_STATUS,
        "time_condition_switch": Act.AGENT_STATE,
        "number_listings": Act.SEE_STATUS,
        "number_listing_request": Act.ASK_LISTING,
        "number_listing_decide": Act.AGENT_STATE,
    }
