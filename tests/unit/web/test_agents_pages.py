"""Agents and extensions on the page: finding, adding, changing, removing, and PINs that are shown once."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from engine.settings.site import AgentSection, StationSection
from tests.office import Office, form_values

# ---- the list -------------------------------------------------------------------------------------------------------------


def test_the_list_shows_people_their_queues_and_what_they_do(office: Office) -> None:
    """Number, name, queues by title and the state now, in the reader's words."""
    text = office.admin.get("/agents").text
    for shown in ("1001", "李娜", "客户服务", "logged out", "4 agents"):
        assert shown in text, shown
    assert "未登录" not in text
    assert "2580" not in text


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("q=1002", ["1002"]),
        ("q=%E6%9D%8E", ["1001"]),
        ("q=nobody", []),
        ("queue=service", ["1001", "1002", "1003", "1004"]),
        ("queue=sales", []),
        ("page=99", ["1001", "1002", "1003", "1004"]),
        ("page=-1", ["1001", "1002", "1003", "1004"]),
    ],
)
def test_finding_agents(office: Office, query: str, numbers: list[str]) -> None:
    """Words of the name or number and a queue narrow the list; nonsense in an address does no harm."""
    text = office.admin.get(f"/agents?{query}").text
    assert re.findall(r'href="/agents/([0-9]+)"', text) == numbers
    assert ("No agent fits" in text) is (numbers == [])


def test_many_agents_come_in_pages(office: Office) -> None:
    """A hundred rows a page, and the way on keeps the filter."""
    people = tuple(AgentSection(number=f"2{number:03d}", name="Test", pin="2222") for number in range(250))
    office.change(replace(office.site, agents=(*office.site.agents, *people)))
    text = office.admin.get("/agents?q=Test").text
    assert len(re.findall(r'href="/agents/2', text)) == 100
    assert 'href="/agents?q=Test&amp;page=1"' in text
    last = office.admin.get("/agents?q=Test&page=2").text
    assert len(re.findall(r'href="/agents/2', last)) == 50
    assert "page 3 of 3" in last


@pytest.mark.parametrize("path", ["/agents", "/extensions", "/agents/import", "/agents/export.xlsx"])
def test_only_who_may_sees_the_pages(office: Office, path: str) -> None:
    """Supervisors and guests are not led there, and are refused when they go there."""
    for name in ("banzhang", "guest"):
        person = office.pages.person(name)
        assert person.get(path).status == 403
        assert 'href="/agents"' not in person.get("/live").text


# ---- adding ---------------------------------------------------------------------------------------------------------------


def test_a_new_agent_gets_a_pin_that_is_shown_once(office: Office) -> None:
    """Without a typed PIN one is made, told on the page after saving, and never again."""
    there = office.save(office.send("/agents/new", number="1005", name="陈静", queues="service"))
    agent = office.agent("1005")
    assert re.fullmatch(r"[0-9]{6}", agent.pin)
    assert f'<strong class="pin">{agent.pin}</strong>' in there.text
    assert office.serves("1005") == ["service"]
    assert agent.pin not in office.admin.get("/agents").text
    assert agent.pin not in "".join(office.pages.log)


def test_a_made_pin_is_not_shown_before_it_is_saved_and_not_twice(office: Office) -> None:
    """The page of made PINs shows nothing while the change waits, and nothing when it was seen."""
    reply = office.send("/agents/new", number="1005", name="", queues="")
    draft = reply.header("location")
    saved = office.admin.submit(draft, draft, {"why": "new", "base": str(office.sites.note.number), "act": "save"})
    there = saved.header("location")
    stranger = office.pages.person("banzhang")
    assert stranger.get(there).status == 403
    assert office.admin.get(there).status == 200
    again = office.admin.get(there)
    assert again.status == 404
    assert "shown already" in again.text


def test_a_typed_pin_is_taken(office: Office) -> None:
    """Whoever types a PIN is not shown another one."""
    there = office.save(office.send("/agents/new", number="1005", pin="4711", queues=""))
    assert office.agent("1005").pin == "4711"
    assert "4711" not in there.text


@pytest.mark.parametrize(
    ("form", "field", "sentence"),
    [
        ({"number": ""}, "f-number", "missing"),
        ({"number": "12a"}, "f-number", "expected 1 to 8 digits"),
        ({"number": "1001"}, "f-number", "is given twice"),
        ({"number": "1005", "pin": "12"}, "f-pin", "a secret of 2 characters"),
        ({"number": "1005", "name": "x" * 70}, "f-name", "0 to 60 characters"),
    ],
)
def test_what_is_wrong_stands_at_its_field(office: Office, form: dict[str, str], field: str, sentence: str) -> None:
    """Faults are shown where they are; what was typed stays, but for PINs."""
    reply = office.send("/agents/new", **{"name": "Chen", "queues": "service", **form})
    assert reply.status == 400
    assert f'href="#{field}"' in reply.text
    assert sentence in reply.text
    assert f'value="{form.get("name", "Chen")}"' in reply.text
    assert 'value="service" checked' in reply.text


# ---- changing -------------------------------------------------------------------------------------------------------------


def test_name_number_and_queues_are_one_change(office: Office) -> None:
    """A new number follows into the queues; all of it is one version with one reason."""
    before = office.sites.note.number
    there = office.save(office.send("/agents/1002", number="1012", name="王小伟", language="en"), "married")
    assert "Saved as version" in there.text
    assert office.sites.note.number == before + 1
    assert office.agent("1012") == AgentSection(number="1012", name="王小伟", pin="3691", language="en")
    assert office.serves("1012") == ["service"]


def test_a_new_pin_replaces_the_old_one(office: Office) -> None:
    """Ticking the box has a PIN made; the page shows it after saving."""
    there = office.save(office.send("/agents/1003", make_pin="true"))
    assert office.agent("1003").pin != "1470"
    assert office.agent("1003").pin in there.text


def test_nothing_changed_says_so(office: Office) -> None:
    """Sending a form as it came saves nothing."""
    reply = office.send("/agents/1003")
    assert reply.status == 400
    assert "Nothing differs" in reply.text


def test_both_ways_to_a_pin_at_once_are_refused(office: Office) -> None:
    """Nobody has to guess which PIN holds."""
    reply = office.send("/agents/1003", make_pin="true", pin="1234")
    assert reply.status == 400
    assert "Either type a PIN or have one made." in reply.text


def test_somebody_else_s_change_is_kept(office: Office) -> None:
    """While a form was open another person gave the agent another language: both changes hold, and the person is told."""
    shown = form_values(office.admin.get("/agents/1004").text)
    agents = tuple(replace(one, language="en") if one.number == "1004" else one for one in office.site.agents)
    office.change(replace(office.site, agents=agents))
    reply = office.admin.post("/agents/1004", {**shown, "name": "刘阳", "act": "save"})
    assert "Meanwhile admin made version" in office.admin.get(reply.header("location")).text
    office.save(reply)
    assert (office.agent("1004").name, office.agent("1004").language) == ("刘阳", "en")


def test_removing_takes_an_agent_out_of_the_queues_too(office: Office) -> None:
    """The difference names the agent and the queues before anything is saved."""
    reply = office.send("/agents/1004", act="remove")
    assert "removed" in office.admin.get(reply.header("location")).text
    office.save(reply, "left us")
    assert [one.number for one in office.site.agents] == ["1001", "1002", "1003"]
    assert office.serves("1004") == []


@pytest.mark.parametrize("path", ["/agents/9999", "/agents/nobody", "/extensions/entry/phone-999"])
def test_a_page_of_somebody_who_is_gone_leads_back(office: Office, path: str) -> None:
    """An old link to a removed agent or phone is a sentence with a way back, in reading and in sending."""
    root = "/" + path.split("/")[1]
    token = office.admin.get(root + "/new").csrf
    for reply in (office.admin.get(path), office.admin.post(path, {"csrf": token, "number": "1", "act": "save"})):
        assert reply.status == 404
        assert "any more." in reply.text
        assert f'href="{root}"' in reply.text


def test_an_agent_s_form_that_was_removed_meanwhile(office: Office) -> None:
    """The form was open when the agent was removed: a sentence, and nobody comes to life again."""
    shown = form_values(office.admin.get("/agents/1004").text)
    office.save(office.send("/agents/1004", act="remove"))
    assert office.admin.post("/agents/1004", {**shown, "name": "x", "act": "save"}).status == 404
    assert len(office.site.agents) == 3


# ---- extensions -------------------------------------------------------------------------------------------------------------


def test_phones_are_listed_with_what_they_do(office: Office) -> None:
    """Extension, port, state: at a glance."""
    text = office.admin.get("/extensions").text
    for shown in ("801", "phone-801", "on hook", "FXS, simulated"):
        assert shown in text, shown
    assert "next start" not in text


def test_another_extension_is_good_at_once(office: Office) -> None:
    """The number changes without a restart: the switch knows it, and nothing waits."""
    switch = office.pages.day.rig.appliance.switch
    there = office.save(office.send("/extensions/entry/phone-803", extension="833"))
    assert "It is in force." in there.text
    assert switch.phones["phone-803"].extension == "833"
    assert switch.phone_of_extension("803") is None


def test_a_new_phone_waits_for_the_next_start(office: Office) -> None:
    """What waits is said before saving, after it, and in the list."""
    reply = office.send("/extensions/new", name="phone-805", channel="9", extension="805")
    assert "at the next start" in office.admin.get(reply.header("location")).text
    there = office.save(reply)
    assert "waits for the next start" in there.text
    assert "works from the next start" in there.text
    assert "phone-805" not in office.pages.day.rig.appliance.switch.phones
    assert office.site.stations[-1] == StationSection(name="phone-805", channel=9, extension="805")


def test_a_removed_phone_is_listed_until_the_next_start(office: Office) -> None:
    """It still rings, so it is still shown, and cannot be changed any more."""
    there = office.save(office.send("/extensions/entry/phone-804", act="remove"))
    assert "removed at the next start" in there.text
    assert 'href="/extensions/entry/phone-804"' not in there.text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"extension": "801"}, "is given twice"),
        ({"extension": "8011"}, "beginning of"),
        ({"extension": "012"}, "not beginning with 0"),
        ({"channel": "x"}, "expected a whole number"),
        ({"channel": "1"}, "is given twice"),
        ({"name": ""}, "missing"),
    ],
)
def test_a_phone_that_cannot_be_is_told_at_the_field(office: Office, form: dict[str, str], sentence: str) -> None:
    """Clashes and nonsense are told; nothing is saved."""
    reply = office.send("/extensions/entry/phone-802", **form)
    assert reply.status == 400
    assert sentence in reply.text


def test_empty_lists_say_what_to_do(office: Office) -> None:
    """On a new box the pages lead to the first agent and the first phone."""
    queues = tuple(replace(queue, agents=()) for queue in office.site.queues)
    office.change(replace(office.site, agents=(), stations=(), queues=queues))
    assert "There are no agents yet" in office.admin.get("/agents").text
    assert "removed at the next start" in office.admin.get("/extensions").text
