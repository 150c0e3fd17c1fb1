"""Calls from outside on a site with inbound routes: each kind of target, and where a call goes on to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine import facts
from engine.settings.site import InboundRouteSection, NumberListSection
from engine.telephony.numbers import CallerId
from engine.telephony.tones import CHINA, ToneName
from tests.floor import Floor, a_site

RINGBACK = CHINA[ToneName.RINGBACK].steps


def a_floor(*routes: dict[str, Any], **more: Any) -> Floor:
    """The usual floor with these routes; each gets a name."""
    named = tuple(InboundRouteSection(**{"name": f"r{number}", **one}) for number, one in enumerate(routes))
    return Floor(replace(a_site(waiting_most=1), inbound_routes=named, **more))


def routed(floor: Floor) -> list[tuple[str, str, str]]:
    return [(fact.route, fact.target, fact.event) for fact in floor.told(facts.CallRouted)]


def test_a_call_rings_the_extension_and_hears_ringback() -> None:
    """A caller for a direct number hears that it rings, pays nothing for that, and talks as soon as the phone is lifted."""
    floor = a_floor({"target": "extension:802"})
    floor.line(1).gives_ringing_tone = True
    call = floor.calling(1)
    assert floor.phone(2).ringing
    assert floor.told(facts.CallAnswered) == []
    assert floor.bay.tone_at(floor.line(1).port) == RINGBACK
    floor.phone(2).lift()
    floor.turn()
    assert call.talking
    assert floor.bay.hears(floor.line(1).port, floor.phone(2).port)
    assert floor.bay.tone_at(floor.line(1).port) == ()
    assert routed(floor) == [("r0", "extension:802", "")]
    floor.phone(2).hang_up()
    floor.turn()
    assert floor.bugs == []


def test_nobody_lifts_and_the_call_goes_on_to_the_queue() -> None:
    """After the ringing time of the site the phone is quiet and the caller waits in the queue, without having been cut off."""
    floor = a_floor({"target": "extension:802", "on_no_answer": "queue:service"})
    call = floor.calling(1)
    floor.clock.advance(25.1)
    assert not floor.phone(2).ringing
    assert floor.acd.place(call.id) == 1
    assert routed(floor) == [("r0", "extension:802", ""), ("r0", "queue:service", "no_answer")]
    assert floor.bugs == []


def test_nobody_lifts_and_there_is_nowhere_else() -> None:
    """The call ends with the cause that says so."""
    floor = a_floor({"target": "extension:802"})
    floor.calling(1)
    floor.clock.advance(25.1)
    (end,) = floor.told(facts.CallEnded)
    assert (end.cause, end.reason) == (19, "no_answer")
    assert floor.bugs == []


def test_a_busy_extension_leads_on_at_once() -> None:
    """The handset is up already: the caller comes to the flow without the phone being tried."""
    floor = a_floor({"target": "extension:802", "on_busy": "flow:main"})
    floor.phone(2).lift()
    floor.turn()
    floor.calling(1)
    assert routed(floor) == [("r0", "flow:main", "")]
    assert floor.bay.saying(floor.line(1).port)[0] == "zh/welcome"
    assert floor.bugs == []


def test_a_phone_that_fails_while_it_rings_leads_on() -> None:
    """Its cable is pulled out: the call goes on as for a phone that does not work."""
    floor = a_floor({"target": "extension:802", "on_out_of_service": "announcement:goodbye"})
    floor.calling(1)
    floor.phone(2).die("card_removed")
    floor.turn()
    assert floor.bay.saying(floor.line(1).port) == ["zh/goodbye"]
    assert routed(floor)[-1] == ("r0", "announcement:goodbye", "out_of_service")
    assert floor.bugs == []


def test_a_caller_who_gives_up_stops_the_bell() -> None:
    """The phone does not ring on for nobody."""
    floor = a_floor({"target": "extension:802"})
    floor.calling(1)
    floor.line(1).hang_up()
    floor.turn()
    floor.clock.advance(30)
    assert not floor.phone(2).ringing
    assert floor.bay.tone_at(floor.line(1).port) == ()
    assert floor.bugs == []


def test_a_queue_without_anybody_leads_on() -> None:
    """Nobody is logged in for the queue: the announcement is spoken and the call ends; with an agent it waits."""
    floor = a_floor({"target": "queue:service", "on_out_of_service": "announcement:goodbye"})
    floor.calling(1)
    assert floor.bay.saying(floor.line(1).port) == ["zh/goodbye"]
    floor.clock.advance(2)
    assert floor.told(facts.CallEnded)[0].reason == "dialogue_over"
    floor.login("1001")
    second = floor.calling(2)
    assert floor.acd.place(second.id) == 1
    assert floor.bugs == []


def test_a_full_queue_leads_on() -> None:
    """One waits already, and no more may: the next caller goes where the route says."""
    floor = a_floor({"target": "queue:service", "on_busy": "queue:vip"})
    floor.login("1001", "1004", ready=False)
    floor.calling(1)
    second = floor.calling(2)
    stay = floor.acd.stay(second.id)
    assert stay is not None
    assert stay.queue.name == "vip"
    assert floor.bugs == []


def test_a_nuisance_caller_is_not_answered() -> None:
    """The call ends unanswered with cause 21, the fact names the list, and nothing is said to the caller."""
    black = NumberListSection(name="nuisance", kind="black", numbers=("13800138000",))
    floor = a_floor(number_lists=(black,))
    floor.line(1).offer(CallerId("13800138000"))
    floor.turn()
    assert [(fact.rule, fact.reason) for fact in floor.told(facts.CallRefused)] == [("nuisance", "black_list")]
    assert [end.cause for end in floor.told(facts.CallEnded)] == [21]
    assert floor.told(facts.CallAnswered) == []
    assert floor.bugs == []


@pytest.mark.parametrize("line", [1, 2])
def test_without_a_route_that_fits_the_lines_flow_answers(line: int) -> None:
    """A site with a route for one line goes on answering the others as before."""
    floor = a_floor({"target": "extension:802", "trunks": ("line-2",)})
    floor.calling(line)
    assert floor.phone(2).ringing is (line == 2)
    assert (floor.bay.saying(floor.line(1).port)[:1] == ["zh/welcome"]) is (line == 1)
    assert floor.bugs == []


@pytest.mark.parametrize("announces", [True, False])
def test_a_flow_that_a_route_leads_to_may_welcome_free_of_charge(announces: bool) -> None:
    """The welcome is heard before the answer where the line can do that, as on a site without routes; elsewhere the call is answered first."""
    free = replace(a_site().flows[0], welcome_free=True)
    floor = a_floor({"target": "flow:main"}, flows=(free,))
    floor.line(1).announces = announces
    floor.calling(1)
    assert floor.bay.saying(floor.line(1).port) == ["zh/welcome"]
    assert (len(floor.told(facts.CallAnswered)), floor.line(1).told_exchange) == ((0, ["announcing"]) if announces else (1, []))
    assert floor.bugs == []


def test_a_flow_after_an_extension_in_vain_welcomes_the_caller() -> None:
    """The call was not answered for the extension that nobody lifted: the free welcome is free still."""
    free = replace(a_site().flows[0], welcome_free=True)
    floor = a_floor({"target": "extension:802", "on_no_answer": "flow:main"}, flows=(free,))
    floor.line(1).announces = True
    floor.calling(1)
    floor.clock.advance(25.1)
    assert floor.bay.saying(floor.line(1).port) == ["zh/welcome"]
    assert (len(floor.told(facts.CallAnswered)), floor.line(1).told_exchange) == (0, ["alerting", "announcing"])
    assert floor.bugs == []


def test_where_neither_a_route_nor_a_flow_is_the_caller_hears_that_it_rings() -> None:
    """The exchange is told that the call rings, also on a site whose routes are for other lines."""
    lines = tuple(replace(line, flow="") if line.name == "line-1" else line for line in a_site().trunks)
    floor = a_floor({"target": "extension:802", "trunks": ("line-2",)}, trunks=lines)
    floor.line(1).offer()
    floor.turn()
    assert floor.line(1).told_exchange == ["alerting"]
    assert floor.told(facts.CallAnswered) == []
    assert floor.bugs == []
