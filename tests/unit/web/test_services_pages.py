"""Services of extensions on the page and over the API: who has set what, leaders change it for anybody, others only look."""

from __future__ import annotations

import html

import pytest

from engine import facts
from tests.office import Office
from tests.pages import Pages, Reply


def plain(reply: Reply) -> str:
    return html.unescape(reply.text)


def press(office: Office, service: str, act: str = "set", **form: str) -> Reply:
    return office.admin.submit("/services/801", "/services/801", {"service": service, "act": act, **form})


def test_a_leader_forwards_somebodys_calls_and_ends_it(office: Office) -> None:
    """Set at the form, seen in the list and on the form with the number, ended with a button; who did it is kept."""
    assert press(office, "forward_no_answer", number="802", after_s="15").status == 303
    shown = plain(office.admin.get("/services"))
    assert "when not answered → extension 802 (15 s)" in shown
    assert "after 15 s" in plain(office.admin.get("/services/801"))
    appliance = office.pages.day.rig.appliance
    assert appliance.extensions.set_for("801").forwards["no_answer"].after_s == 15
    assert press(office, "forward_no_answer", "end").status == 303
    assert appliance.extensions.set_for("801").forwards == {}


def test_switches_and_short_numbers(office: Office) -> None:
    """Do-not-disturb is a button, a short number a digit and a number; both are undone as they were done."""
    press(office, "do_not_disturb")
    press(office, "speed_dial", slot="5", number="802")
    press(office, "hot_line", number="802")
    shown = plain(office.admin.get("/services"))
    assert "not to be disturbed" in shown
    assert "**5 extension 802" in shown
    press(office, "do_not_disturb", "end")
    press(office, "speed_dial", "end", slot="5")
    press(office, "hot_line", "end")
    assert office.pages.day.rig.appliance.extensions.memory.extensions == {}


@pytest.mark.parametrize(
    ("service", "form", "said"),
    [
        ("forward_always", {"number": "801"}, "Extension 801 cannot lead to itself."),
        ("forward_always", {"number": "899"}, "899 is no extension, no ring group, and no number outside after 0"),
        ("forward_always", {"number": "013900139000"}, "may not forward outside: its class of service"),
        ("forward_no_answer", {"number": "802", "after_s": "soon"}, "seconds are wanted"),
        ("forward_no_answer", {"number": "802", "after_s": "500"}, "rings 5 to 120 s"),
        ("forward_always", {}, "number is missing or wrong"),
        ("secretary", {}, "Extension 801 has no secretaries in the settings."),
        ("fly", {}, "There is no service 'fly'"),
    ],
)
def test_what_is_refused_is_said_at_the_form(office: Office, service: str, form: dict[str, str], said: str) -> None:
    """A sentence above the forms; what was typed stays; nothing is set."""
    reply = press(office, service, **form)
    assert (reply.status, said in plain(reply)) == (409, True), plain(reply)
    assert form.get("number", "") in reply.text
    assert office.pages.day.rig.appliance.extensions.memory.extensions == {}


def test_who_may_do_what(pages: Pages) -> None:
    """An onlooker and an agent who is not logged in there see no button, and are told so when they send the form all the same."""
    assert pages.person("zhijian").get("/services").status == 403
    for name, refused in {"guest": 403, "lina": 409}.items():
        person = pages.person(name)
        shown = person.get("/services/801")
        assert shown.status == 200
        assert 'value="set"' not in shown.text
        assert person.submit("/services", "/services/801", {"service": "do_not_disturb", "act": "set"}).status == refused
    banzhang = pages.person("banzhang")
    assert banzhang.get("/services/899").status == 404
    assert 'value="set"' in banzhang.get("/services/801").text


def test_the_facts_name_who_did_it(office: Office) -> None:
    """Whoever looks later reads that it was not the user at the phone."""
    heard: list[object] = []
    end = office.pages.day.rig.appliance.bus.subscribe("test", lambda envelope: heard.append(envelope.fact))
    press(office, "do_not_disturb")
    press(office, "do_not_disturb", "end")
    end()
    told = [fact for fact in heard if isinstance(fact, facts.DoNotDisturbSet)]
    assert [(fact.on, fact.by) for fact in told] == [(True, "user admin"), (False, "user admin")]
