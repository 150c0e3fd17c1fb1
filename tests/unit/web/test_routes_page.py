"""The page of routing: the dry run, the emergency switch, and numbers that an agent asks to have on a list."""

from __future__ import annotations

import html
from dataclasses import replace

from engine.settings.site import InboundRouteSection, NumberListSection, ServiceClassSection, TimeConditionSection
from tests.office import Office
from tests.pages import Pages, Reply


def with_rules(office: Office) -> None:
    """The site has rules of each kind."""
    site = office.site
    if site.inbound_routes:
        return
    office.change(
        replace(
            site,
            time_conditions=(TimeConditionSection(name="office", title="上班时间"),),
            number_lists=(NumberListSection(name="nuisance", title="骚扰电话", kind="black"),),
            inbound_routes=(
                InboundRouteSection(name="day", condition="office", target="flow:main"),
                InboundRouteSection(name="night", target="announcement:goodbye"),
            ),
            service_classes=(ServiceClassSection(name="staff"),),
        )
    )


def plain(reply: Reply) -> str:
    return html.unescape(reply.text)


def test_the_page_says_where_a_call_would_go(office: Office) -> None:
    """A number, a time, a click: the decision in a sentence and the way to it rule by rule."""
    with_rules(office)
    shown = plain(office.admin.get("/routes?from=13800138000&to=02155501002&at=2026-10-02+10:00"))
    assert "It goes to announcement goodbye, by route night." in shown
    assert "Call by line-2 to 02155501002." in shown
    assert "Route day: no, it holds while open; now closed: public holiday (国庆节)." in shown


def test_a_refused_call_outside_is_shown_as_such(office: Office) -> None:
    """The extension that would call abroad: why not, and by which class."""
    with_rules(office)
    shown = plain(office.admin.get("/routes?from=801&to=000441632960001"))
    assert "Refused by staff: the class of service does not permit it." in shown


def test_a_wrong_time_is_said_at_the_form(office: Office) -> None:
    """What was typed stays, and the sentence shows how it is written."""
    reply = office.admin.get("/routes?to=1&at=soon")
    assert reply.status == 400
    assert "write it as 2027-02-17 09:00" in plain(reply)
    assert 'value="soon"' in reply.text


def test_the_emergency_switch_on_the_page(office: Office) -> None:
    """Closed with a click, and open again with another."""
    with_rules(office)
    office.admin.submit("/routes", "/routes/switch", {"condition": "office", "position": "closed"})
    assert "closed by the emergency switch" in plain(office.admin.get("/routes"))
    office.admin.submit("/routes", "/routes/switch", {"condition": "office", "position": "auto"})
    assert "closed by the emergency switch" not in plain(office.admin.get("/routes"))


def test_a_number_is_asked_for_and_refused_to_be_decided_by_the_same_person(office: Office) -> None:
    """Asked for on the page, it waits; who asked sees no button to decide, and is told so when he sends it all the same."""
    with_rules(office)
    office.admin.submit("/routes", "/routes/listing", {"number": "13911111111", "list": "nuisance", "reason": "骂人"})
    shown = plain(office.admin.get("/routes"))
    assert "13911111111" in shown
    assert "骂人" in shown
    assert 'value="approve"' not in shown
    (wanted,) = office.pages.day.rig.appliance.router.memory.requests
    refused = office.admin.submit("/routes", "/routes/decide", {"request": wanted, "act": "approve"})
    assert (refused.status, "Nobody decides what he asked for himself." in plain(refused)) == (409, True)


def test_who_may_do_what(pages: Pages) -> None:
    """Everybody who sees the state sees the page; a supervisor switches, an agent asks, an onlooker only looks."""
    assert pages.person("guest").get("/routes").status == 200
    assert pages.person("zhijian").get("/routes").status == 403
    guest = pages.person("guest")
    assert guest.submit("/routes", "/routes/switch", {"condition": "x", "position": "closed"}).status == 403


def test_hours_are_changed_by_their_rows(office: Office) -> None:
    """The office opens on Saturdays too: one row is added to its form, one changed, and the difference names both before anything is saved."""
    with_rules(office)
    form = "/settings/time_conditions/entry/office"
    rows = {"weekly.0.end": "17:00", "weekly.1.name": "saturday", "weekly.1.days": "6", "weekly.1.begin": "09:00", "weekly.1.end": "12:00"}
    reply = office.send(form, **rows)
    difference = plain(office.admin.get(reply.header("location")))
    assert "saturday" in difference
    assert "17:00" in difference
    office.save(reply)
    (condition,) = office.site.time_conditions
    assert [(row.name, row.days, row.end) for row in condition.weekly] == [("day", "1-5", "17:00"), ("saturday", "6", "12:00")]


def test_a_route_to_nowhere_is_marked_at_its_field(office: Office) -> None:
    """The form says at the target what there is; nothing is saved."""
    with_rules(office)
    reply = office.send("/settings/inbound_routes/entry/day", target="queue:sales")
    assert (reply.status, "there is no queue sales; expected one of service" in plain(reply)) == (400, True)
