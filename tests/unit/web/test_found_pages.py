"""Cards and ports that the driver has, offered where lines, phones and spans are set up."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from tests.office import Office, form_values


@pytest.fixture
def spare(office: Office) -> Office:
    """Two phones and a line are not in the settings; their ports are still in the card."""
    site = office.site
    office.change(replace(site, stations=site.stations[:-2], trunks=site.trunks[:-1]))
    return office


def shown(office: Office, path: str) -> str:
    return html.unescape(office.admin.get(path).text)


def test_a_free_port_leads_to_a_form_that_is_begun(spare: Office) -> None:
    """Nobody types channel numbers: the port is pressed, the form has its channel, a name and the next extension, and can be saved."""
    page = shown(spare, "/extensions")
    assert "Found, and not in the settings" in page
    assert 'href="/extensions/new?channel=7"' in page
    form = form_values(spare.admin.get("/extensions/new?channel=7").text)
    assert (form["name"], form["channel"], form["extension"]) == ("phone-803", "7", "803")
    spare.save(spare.admin.post("/extensions/new", {**form, "act": "save"}))
    assert [station.channel for station in spare.site.stations] == [5, 6, 7]
    assert "channel=7" not in shown(spare, "/extensions")


def test_the_form_offers_the_channels_that_are_free(spare: Office) -> None:
    """Who changes a phone's port is offered the free ones and its own, and none that belongs to exchange lines."""
    page = spare.admin.get("/extensions/entry/phone-801").text
    assert re.findall(r'<option value="(\d+)">', page) == ["5", "7", "8"]
    assert "Ports found for it: 5, 7, 8" in page
    lines = spare.admin.get("/settings/trunks/new").text
    assert "Ports found for it: 4<" in lines


def test_a_wrong_form_still_offers_them(spare: Office) -> None:
    """A mistake in another field does not take the offer away."""
    reply = spare.send("/extensions/new?channel=8", extension="1")
    assert reply.status == 400
    assert "Ports found for it: 7, 8" in reply.text
    reply = spare.send("/settings/trunks/new?channel=4", number="x")
    assert reply.status == 400
    assert "Ports found for it: 4<" in reply.text


def test_all_of_them_are_added_at_once(spare: Office) -> None:
    """A card with two dozen telephones is one press and one reason."""
    csrf = spare.admin.get("/extensions").csrf
    spare.save(spare.admin.post("/settings/stations/found", {"csrf": csrf}))
    assert [(one.channel, one.extension) for one in spare.site.stations[-2:]] == [(7, "803"), (8, "804")]
    spare.save(spare.admin.post("/settings/trunks/found", {"csrf": csrf}))
    assert (spare.site.trunks[-1].name, spare.site.trunks[-1].channel, spare.site.trunks[-1].flow) == ("line-4", 4, "main")
    again = spare.admin.post("/settings/trunks/found", {"csrf": csrf})
    assert (again.status, "Nothing differs" in again.text) == (409, True)
    assert spare.admin.post("/settings/queues/found", {"csrf": csrf}).status == 404


def test_a_card_without_an_entry_is_offered_as_a_span(office: Office) -> None:
    """The form knows which card it is by what the driver calls it."""
    page = shown(office, "/settings/spans")
    link = re.search(r'href="(/settings/spans/new\?[^"]+)"', page)
    assert link is not None
    form = form_values(office.admin.get(link[1]).text)
    assert (form["name"], form["kind"]) == ("card-1", "analog")
    assert form["hardware_id"] or form["location"] or form["number"] != "0"
    page = html.unescape(office.save(office.admin.post("/settings/spans/new", {**form, "act": "save"})).text)
    assert "Found, and not in the settings" not in page


@pytest.mark.parametrize("channel", ["", "x", "99999", "0", "-1"])
def test_a_wrong_address_shows_the_form_all_the_same(office: Office, channel: str) -> None:
    """A link that was cut off or made up shows a form, and what is wrong is said when it is sent."""
    for path in ("/extensions/new", "/settings/trunks/new"):
        assert office.admin.get(f"{path}?channel={channel}").status == 200


def test_who_may_not_look_at_settings_is_offered_nothing(office: Office) -> None:
    """A supervisor has no buttons for it."""
    supervisor = office.pages.person("banzhang", accept_language="en")
    assert "Add all of them" not in supervisor.get("/extensions").text
    assert supervisor.post("/settings/stations/found", {"csrf": supervisor.get("/live").csrf}).status == 403


def test_a_port_of_the_other_kind_is_told_before_anybody_waits(office: Office) -> None:
    """A phone on an exchange line's port would be out of service at the next start: the form says it already."""
    assert "Channel 1 is an FXO port: an exchange line belongs there, no telephone." in shown(office, "/extensions/new?channel=1")
    assert "Channel 5 is an FXS port: a telephone belongs there, no exchange line." in shown(office, "/settings/trunks/new?channel=5")
    assert "The driver has no analog port with the channel 900 now." in shown(office, "/settings/trunks/new?channel=900")
    assert "port:" not in shown(office, "/extensions/entry/phone-801")
