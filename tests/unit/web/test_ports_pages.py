"""The pages of lines and phones: their state, the line tests of each, and what they found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import facts
from tests.pages import Day, Pages, Person
from tests.unit.web.conftest import USERS

LINE = "/hardware/ports/line-1"
PHONE = "/hardware/ports/phone-801"


@pytest.fixture(scope="module")
def rack(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Pages]:
    """A page on a box of its own, whose ports are tested."""
    pages = Pages(Day(tmp_path_factory.mktemp("rack"), prompts_folder), tmp_path_factory.mktemp("accounts"), USERS)
    yield pages
    pages.close()


@pytest.fixture(scope="module")
def technician(rack: Pages) -> Person:
    """An administrator who reads English."""
    return rack.person("admin", accept_language="en")


def test_every_port_is_listed(technician: Person) -> None:
    """An installer finds each line and phone with its channel, and a way to its tests."""
    page = technician.get("/hardware/ports").text
    for shown in ("line-1", "phone-801", "exchange line", "desk phone", f'href="{LINE}"', "free"):
        assert shown in page, shown
    assert f'href="{LINE}"' in technician.get("/hardware/spans/1").text


@pytest.mark.parametrize("path", ["/hardware/ports/line-99", "/hardware/ports/" + "x" * 50])
def test_a_port_that_there_is_not(technician: Person, path: str) -> None:
    """A wrong address says so."""
    assert technician.get(path).status == 404


def test_a_line_is_tested_from_its_page(rack: Pages, technician: Person) -> None:
    """A press on Begin: the line is out of service, the page shows that the test runs, then the sentence; the journal has the figures."""
    page = technician.get(LINE)
    assert "No test of this port was made yet." in page.text
    begun = technician.post(f"{LINE}/test", {"csrf": page.csrf, "test": "dial_tone"})
    assert (begun.status, begun.header("location")) == (303, LINE)
    rack.wait(500)
    running = technician.get(LINE).text
    for shown in ("data-runs", "is being tested", "Stop the test", "Dial tone"):
        assert shown in running, shown
    twice = technician.post(f"{LINE}/test", {"csrf": page.csrf, "test": "noise"})
    assert twice.status == 409
    assert "is being tested already" in twice.text
    rack.wait(6000)
    over = technician.get(LINE).text
    assert "Dial tone of 450.0 Hz (+0.0 Hz off 450 Hz) at −10.0 dBm0." in over
    assert "data-runs" not in over
    (told,) = rack.day.told(facts.LineTested)
    assert (told.port, told.test, told.verdict, told.by) == ("line-1", "dial_tone", "good", "user admin")
    reasons = [fact.reason for fact in rack.day.told(facts.LineOutOfService) if fact.line == "line-1"]
    assert reasons == ["under_test"]
    assert [fact.line for fact in rack.day.told(facts.LineInService)][-1:] == ["line-1"]


def test_a_test_is_stopped_from_its_page(rack: Pages, technician: Person) -> None:
    """Whoever began the wrong one stops it, and the line serves again."""
    page = technician.get(LINE)
    technician.post(f"{LINE}/test", {"csrf": page.csrf, "test": "all"})
    rack.wait(1500)
    assert technician.post(f"{LINE}/stop", {"csrf": page.csrf}).status == 303
    rack.wait(1500)
    assert "The test was stopped." in technician.get(LINE).text
    assert "No test runs on line-1." in technician.post(f"{LINE}/stop", {"csrf": page.csrf}).text
    assert [fact.verdict for fact in rack.day.told(facts.LineTested)][-1] == "not_done"


def test_a_phone_test_tells_who_must_do_what(rack: Pages, technician: Person) -> None:
    """The phone rings until somebody lifts; the page says what to do before and meanwhile, and afterwards what was found."""
    page = technician.get(PHONE)
    assert "Go to the phone. Lift the handset when it rings." in page.text
    assert "Everything that needs nobody" not in page.text
    technician.post(f"{PHONE}/test", {"csrf": page.csrf, "test": "ring"})
    phone = rack.day.rig.phones["phone-801"]
    rack.wait(3000)
    assert phone.ringing
    phone.lift()
    rack.wait(2000)
    phone.hang_up()
    rack.wait(3000)
    assert "The phone rang, and lifting was noticed after" in technician.get(PHONE).text


def test_a_wrong_wish_is_a_sentence(technician: Person) -> None:
    """A test that the port has not, a loop between two lines, nothing to dial: refused in words, and the page still works."""
    page = technician.get(LINE)
    wishes = ({"test": "ring"}, {"test": "loop", "far": "line-2"}, {"test": "loop", "far": ""}, {"test": "learn_busy", "number": "12x"})
    for wish in wishes:
        reply = technician.post(f"{LINE}/test", {"csrf": page.csrf, **wish})
        assert reply.status == 409, wish
        assert 'role="alert"' in reply.text, wish
    assert technician.get(LINE).status == 200


def test_who_only_looks_begins_no_test(rack: Pages) -> None:
    """A supervisor sees results, not the buttons; and cannot test by other means. Chinese readers read Chinese names."""
    supervisor = rack.person("banzhang", accept_language="en")
    page = supervisor.get(LINE)
    assert page.status == 200
    assert "Begin" not in page.text
    assert supervisor.post(f"{LINE}/test", {"csrf": page.csrf, "test": "noise"}).status == 403
    assert rack.person("zhijian").get(LINE).status == 403


def test_a_phone_is_blocked_from_its_page(rack: Pages, technician: Person) -> None:
    """It rings for nobody until it is unblocked; its page says who wanted it and why."""
    page = technician.get("/hardware/ports/phone-804")
    form = {"csrf": page.csrf, "act": "block", "mode": "after_calls", "why": "broken cord"}
    assert technician.post("/hardware/ports/phone-804/block", form).status == 303
    rack.wait(1000)
    blocked = technician.get("/hardware/ports/phone-804").text
    for shown in ("it is blocked here", "Blocked by user admin on", "broken cord"):
        assert shown in blocked, shown
    assert technician.post("/hardware/ports/phone-804/block", form).status == 409
    assert technician.post("/hardware/ports/phone-804/block", {**form, "act": "unblock"}).status == 303
    rack.wait(1000)
    assert "it is blocked here" not in technician.get("/hardware/ports/phone-804").text
