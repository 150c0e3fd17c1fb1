"""The page of the boards: spans with what their alarms mean, channels, history, loops and bit-error tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from boards.dahdi.abi import Alarm
from engine import facts
from tests.pages import Day, Pages, Person
from tests.unit.web.conftest import USERS

SPAN = "/hardware/spans/1"


@pytest.fixture(scope="module")
def rack(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Pages]:
    """A page on a box of its own, whose card is put in alarm and tested."""
    pages = Pages(Day(tmp_path_factory.mktemp("rack"), prompts_folder), tmp_path_factory.mktemp("accounts"), USERS)
    yield pages
    pages.close()


@pytest.fixture(scope="module")
def technician(rack: Pages) -> Person:
    """An administrator who reads English."""
    return rack.person("admin", accept_language="en")


def alarm(pages: Pages, alarms: Alarm) -> None:
    """The card shows these alarms, for long enough to count."""
    pages.day.rig.driver.spans[0].set_alarms(alarms)
    pages.wait(7000)


def test_the_spans_are_shown_with_their_state(rack: Pages, technician: Person) -> None:
    """At a glance: which cards there are, how many channels, and that no alarm is on."""
    text = technician.get("/hardware").text
    for shown in ("Boards", "Simulated analog card 1", "no alarm", f'href="{SPAN}"'):
        assert shown in text, shown
    assert "Count bit errors" not in text, "an analog card passes no bits"
    chinese = rack.person("guest", accept_language="zh").get("/hardware").text
    assert "板卡" in chinese


def test_one_span_with_its_channels(technician: Person) -> None:
    """Each channel says which line or phone of the site it is, and whether it serves."""
    text = technician.get(SPAN).text
    for shown in ("line-1", "phone-801", "fxsks", "fxoks", "free", "Put the loop on", "Nothing was told of it yet."):
        assert shown in text, shown


@pytest.mark.parametrize("path", ["/hardware/spans/9", "/hardware/spans/x", "/hardware/spans/99999"])
def test_a_span_that_there_is_not(technician: Person, path: str) -> None:
    """A wrong address says so."""
    assert technician.get(path).status == 404


def test_an_alarm_says_what_it_means_and_what_to_check(rack: Pages, technician: Person) -> None:
    """Whoever stands before the rack reads what the alarm means and what to look at; afterwards the history has it."""
    alarm(rack, Alarm.RED)
    text = technician.get("/hardware").text
    for shown in ("red alarm", "No usable signal comes from the far end", "Is the cable plugged in at both ends"):
        assert shown in text, shown
    assert "the span is in alarm" in technician.get(SPAN).text
    live = technician.get("/live").text
    assert 'id="span-1"' in live
    assert "red alarm" in live
    assert "红色告警" in rack.person("guest", accept_language="zh").get("/live").text
    alarm(rack, Alarm.NONE)
    assert 'id="span-1"' not in technician.get("/live").text
    text = technician.get(SPAN).text
    assert "ALARM: span 1: red alarm" in text
    assert "Span 1: red alarm is over after" in text
    assert "the span is in alarm" not in text
    assert len(rack.day.told(facts.SpanAlarmRaised)) == 1


def test_a_card_that_was_pulled_out_is_shown_as_gone(rack: Pages, technician: Person) -> None:
    """Its line in the table does not just vanish; when it is back all is as before."""
    rack.day.rig.driver.pull_card(0)
    rack.wait(3000)
    text = technician.get("/hardware").text
    for shown in ("Span 1 · ", "is gone.", "Was its card removed?", '<span class="badge finding-bad">gone</span>', "since "):
        assert shown in text, shown
    assert 'id="span-1-gone"' in technician.get("/live").text
    rack.day.rig.driver.push_card(0)
    rack.wait(5000)
    assert "is gone." not in technician.get("/hardware").text
    assert 'id="span-1-gone"' not in technician.get("/live").text


def test_a_loop_is_put_on_and_ended(rack: Pages, technician: Person) -> None:
    """A refused loop is a sentence on the page, and the page still works."""
    page = technician.get(SPAN)
    reply = technician.post(f"{SPAN}/loop", {"csrf": page.csrf, "channel": "1", "minutes": "0"})
    assert reply.status == 409
    assert "Minutes until the loop ends: 0 was given; a number from 1 to 1440 is wanted." in reply.text
    reply = technician.post(f"{SPAN}/loop", {"csrf": page.csrf, "channel": "99", "minutes": "5"})
    assert reply.status == 409
    assert "has no channel 99" in reply.text
    assert 'value="99"' in reply.text, "what was typed is kept"
    assert 'name="minutes" inputmode="numeric" maxlength="20" value="5"' in reply.text
    reply = technician.post(f"{SPAN}/loop", {"csrf": page.csrf, "channel": "abc", "minutes": "5"})
    assert "Channel: abc was given; a number from 0 to 1024 is wanted." in reply.text
    assert technician.post(f"{SPAN}/loop", {"csrf": page.csrf, "act": "end", "channel": "1"}).status == 409
    started = technician.post(f"{SPAN}/loop", {"csrf": page.csrf, "channel": "1", "minutes": "5"})
    assert (started.status, started.header("location")) == (303, SPAN)
    assert "The loop is on. It ends by itself after 5 minutes." in technician.get(SPAN).text
    rack.wait(1000)
    assert "it is being tested" in technician.get(SPAN).text
    assert technician.post(f"{SPAN}/loop", {"csrf": page.csrf, "act": "end", "channel": "1"}).status == 303
    rack.wait(2500)
    assert "it is being tested" not in technician.get(SPAN).text
    assert [(fact.channel, fact.by) for fact in rack.day.told(facts.LoopStarted)] == [(1, "user admin")]
    assert len(rack.day.told(facts.LoopEnded)) == 1


def test_a_bit_test_of_an_analog_port_is_refused(technician: Person) -> None:
    """Analog ports carry no bits: the form comes back with the sentence."""
    page = technician.get("/hardware")
    reply = technician.post(
        "/hardware/tests", {"csrf": page.csrf, "what": "channels", "first": "1", "second": "2", "length_s": "5", "pattern": "15"}
    )
    assert reply.status == 409
    assert "is an analog port" in reply.text
    reply = technician.post("/hardware/tests/stop", {"csrf": page.csrf, "test": "b1-t9"})
    assert reply.status == 409
    assert "There is no test b1-t9" in reply.text


@pytest.mark.parametrize(
    ("path", "page"),
    [("/hardware/tests", "/hardware"), ("/hardware/tests/stop", "/hardware"), (f"{SPAN}/loop", SPAN), ("/logout", "/")],
)
def test_the_address_of_a_form_leads_to_its_page(technician: Person, path: str, page: str) -> None:
    """After a refusal the browser shows the form's own address: entering it again, or another language, shows the form."""
    reply = technician.get(path)
    assert (reply.status, reply.header("location")) == (303, page)


def test_every_form_has_a_page_to_return_to(rack: Pages) -> None:
    """No address of a form, asked for by hand, ends at a page that is not there."""
    rules = rack.site.house.rules
    looked_at = {rule.rule for rule in rules if "GET" in rule.methods}
    forms = [rule.rule for rule in rules if "POST" in rule.methods and rule.rule not in looked_at]
    assert len(forms) > 10
    for rule in forms:
        above = rules.page_above(re.sub("<[^>]*>", "1", rule))
        assert rules.find(above, "GET") is not None, rule


def test_who_only_looks_is_shown_no_tests(rack: Pages) -> None:
    """A supervisor sees the spans, not the buttons; and cannot test by other means."""
    supervisor = rack.person("banzhang", accept_language="en")
    page = supervisor.get(SPAN)
    assert page.status == 200
    assert "Put the loop on" not in page.text
    assert supervisor.post(f"{SPAN}/loop", {"csrf": page.csrf, "channel": "1", "minutes": "5"}).status == 403
    assert rack.person("zhijian").get("/hardware").status == 403
