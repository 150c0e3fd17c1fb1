"""The settings on the page: every form, the difference before saving, history, and what waits for the next start."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.control.restart import RestartControl, restart_answers
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text
from engine.people.actors import Actor, Role
from engine.settings.site import Site, WebSection
from tests.pages import Day, Pages, Person, Reply, logged
from web.pages.restart import moved_to
from web.saving import DRAFTS_MOST, DRAFTS_OF_ONE_MOST, Draft, Drafts

ADMINISTRATOR = Actor(Role.ADMINISTRATOR, "user other")
USERS = {"admin": frozenset({Role.ADMINISTRATOR}), "second": frozenset({Role.ADMINISTRATOR}), "guest": frozenset({Role.READ_ONLY})}


@pytest.fixture(scope="module")
def quiet_day(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Day:
    """An appliance without a call, whose settings these tests change."""
    return Day(tmp_path_factory.mktemp("quiet"), prompts_folder)


class Settings:
    """The page of the quiet day, and one person on it."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.person = self.pages.person("admin", accept_language="en")
        self.sites = pages.day.rig.appliance.sites

    @property
    def site(self) -> Site:
        return self.sites.site

    def look(self, path: str) -> str:
        reply = self.person.get(path)
        assert reply.status == 200, reply.text
        return html.unescape(reply.text)

    def send(self, path: str, form: dict[str, str], person: Person | None = None) -> Reply:
        """Open a form and send it with these values; the version that it was made from comes with it."""
        return send(person or self.person, path, form)

    def save(self, path: str, form: dict[str, str], why: str = "a test") -> Reply:
        """Send a form, and then the reason."""
        change = self.send(path, form).header("location")
        assert change.startswith("/settings/changes/")
        return self.send(change, {"why": why})

    def by_other(self, new: Site, why: str = "meanwhile") -> None:
        """Somebody else saves something."""
        done: list[Any] = []
        self.sites.change(ADMINISTRATOR, new, why, done.append, done.append)
        self.pages.wait(100)
        assert not isinstance(done[0], Exception)


def send(person: Person, path: str, form: dict[str, str]) -> Reply:
    page = person.get(path)
    return person.post(path, {"csrf": page.csrf, "base": hidden(page, "base"), **form})


def hidden(page: Reply, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    return found[1] if found else ""


def field(text_: str, name: str) -> str:
    """What stands in a field of a form."""
    found = re.search(rf'<input id="f-{re.escape(name)}" name="[^"]*" value="([^"]*)"', text_)
    assert found is not None, name
    return html.unescape(found[1])


@pytest.fixture(scope="module")
def seen(quiet_day: Day, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A page on the quiet day."""
    made = Settings(Pages(quiet_day, tmp_path_factory.mktemp("accounts"), USERS))
    yield made
    made.pages.close()


@pytest.fixture
def desk(seen: Settings) -> Iterator[Settings]:
    """The page; its settings are afterwards as they were."""
    before = seen.site
    yield seen
    if seen.site != before:
        seen.by_other(before, "back")
    seen.look("/settings")  # the news of this test are read


# ---- looking -------------------------------------------------------------------------------------------------------------------


def test_every_section_is_there(desk: Settings) -> None:
    """The overview leads to every part of the settings, and each of its pages opens; agents and phones have their own."""
    links = set(re.findall(r'class="card section-card" href="([^"]+)"', desk.look("/settings")))
    assert links == {
        "/agents",
        "/extensions",
        *(f"/settings/{name}" for name in Site.__dataclass_fields__ if name not in {"agents", "stations"}),
    }
    for link in links:
        if link.startswith("/settings/"):
            desk.look(link)
    assert desk.person.get("/settings/agents").header("location") == "/agents"


def test_no_page_of_the_settings_shows_a_secret(desk: Settings) -> None:
    """PINs are in no page, no history and no export."""
    pin = desk.site.agents[0].pin
    for path in (
        "/settings",
        "/settings/queues",
        "/settings/queues/entry/service",
        "/settings/history",
        "/settings/history/1",
        "/settings/export.yaml",
    ):
        assert f'"{pin}"' not in desk.look(path)
        assert f"'{pin}'" not in desk.look(path)


def test_a_form_shows_unit_range_usual_and_help(desk: Settings) -> None:
    """Everything about a setting stands beside it."""
    shown = desk.look("/settings/queues/entry/service")
    for part in ("Ringing time", "How long an agent's phone rings", "5–120 s", "usual: 20 s", "1001 · 李娜", "客户服务"):
        assert part in shown


@pytest.mark.parametrize(
    "path",
    [
        "/settings/nothing",
        "/settings/queues/entry/nothing",
        "/settings/agents/new",
        "/settings/desk/new",
        "/settings/changes/x",
        "/settings/history/999",
        "/settings/history/x",
    ],
)
def test_what_is_not_there_is_a_sentence(desk: Settings, path: str) -> None:
    """A page for an entry that was removed says so."""
    assert desk.person.get(path).status == 404


@pytest.mark.parametrize(
    "path", ["/settings", "/settings/desk", "/settings/history", "/settings/export.yaml", "/settings/certificate", "/settings/restart"]
)
def test_settings_are_not_for_everybody(desk: Settings, path: str) -> None:
    """Somebody who only looks at calls sees no settings."""
    assert desk.pages.person("guest").get(path).status == 403


# ---- changing ------------------------------------------------------------------------------------------------------------------


def test_a_change_is_looked_at_and_then_saved(desk: Settings) -> None:
    """Form, difference in words, reason, and a sentence with the number of the new version."""
    reply = desk.send("/settings/queues/entry/service", {"ring_timeout_s": "25"})
    change = reply.header("location")
    shown = desk.look(change)
    assert "Ringing time" in shown
    assert re.search(r"20 s</del>.*25 s</ins>", shown, re.DOTALL)
    assert desk.site.queues[0].ring_timeout_s == 20
    saved = desk.send(change, {"why": "they ring too short"})
    assert saved.header("location") == "/settings/queues"
    assert desk.site.queues[0].ring_timeout_s == 25
    assert f"Saved as version {desk.sites.note.number}. It is in force." in desk.look("/settings/queues")
    assert (desk.sites.note.who, desk.sites.note.why) == ("user admin", "they ring too short")
    assert desk.person.get(change).status == 404


def test_every_fault_is_at_its_field_and_nothing_is_lost(desk: Settings) -> None:
    """A form full of garbage comes back with all that was typed, and a sentence at each wrong field."""
    typed = {"ring_timeout_s": "never", "wrap_up_s": "<b>", "title": "\"quoted\" & 'more'", "name": "Not good"}
    reply = desk.send("/settings/queues/entry/service", typed)
    assert reply.status == 400
    for name, value in typed.items():
        assert field(reply.text, name) == value
    shown = html.unescape(reply.text)
    for name in ("ring_timeout_s", "wrap_up_s", "name"):
        assert f'id="f-{name}-fault"' in shown
        assert f'<a href="#f-{name}">' in shown
    assert 'id="f-title-fault"' not in shown
    assert 'found "never"; expected a number, 5…120 s' in shown
    assert desk.site.queues[0].ring_timeout_s == 20


def test_the_version_that_a_faulty_form_was_made_from_stays(desk: Settings) -> None:
    """A form that came back once more still knows what it was compared with."""
    old = str(desk.sites.note.number)
    desk.by_other(replace(desk.site, box=replace(desk.site.box, name="Meanwhile")))
    page = desk.person.get("/settings/desk")
    reply = desk.person.post("/settings/desk", {"csrf": page.csrf, "base": old, "pin_tries": "x"})
    assert hidden(reply, "base") == old


def test_a_reason_is_wanted(desk: Settings) -> None:
    """Without a reason nothing is saved, and the difference is still there."""
    change = desk.send("/settings/desk", {"pin_tries": "5"}).header("location")
    reply = desk.send(change, {"why": "  "})
    assert reply.status == 409
    assert "Say why" in reply.text
    assert "Wrong PINs until locked" in reply.text
    assert desk.site.desk.pin_tries == 3


def test_nothing_changed_is_said(desk: Settings) -> None:
    """Sending a form as it is makes no version."""
    reply = desk.send("/settings/desk", {"pin_tries": "3"})
    assert reply.status == 400
    assert "Nothing differs" in reply.text


def test_a_change_can_be_given_up(desk: Settings) -> None:
    """Back to the form, and the change is not known any more."""
    change = desk.send("/settings/desk", {"pin_tries": "5"}).header("location")
    assert desk.send(change, {"act": "give up"}).header("location") == "/settings/desk"
    assert desk.person.get(change).status == 404
    assert desk.site.desk.pin_tries == 3


def test_reasons_are_rows_that_need_no_script(desk: Settings) -> None:
    """A button adds a row, another takes one out, and the rest of what was typed stays."""
    page = desk.person.get("/settings/desk")
    form = {
        "csrf": page.csrf,
        "base": hidden(page, "base"),
        "reasons": "",
        "reasons.0.digit": "1",
        "reasons.0.name": "break",
        "pin_tries": "7",
    }
    added = desk.person.post("/settings/desk", {**form, "act": "add:reasons"})
    assert added.status == 200
    assert field(added.text, "reasons-1-digit") == ""
    assert field(added.text, "pin_tries") == "7"
    fewer = desk.person.post("/settings/desk", {**form, "reasons.1.digit": "2", "reasons.1.name": "tea", "act": "remove:reasons:0"})
    assert "f-reasons-0-digit" not in fewer.text
    assert field(fewer.text, "reasons-1-name") == "tea"
    wrong = desk.person.post("/settings/desk", {**form, "reasons.5.digit": "1", "reasons.5.name": "tea"})
    assert wrong.status == 400
    assert 'id="f-reasons-1-digit-fault"' in wrong.text
    desk.save("/settings/desk", {"reasons": "", "reasons.0.digit": "9", "reasons.0.name": "tea"})
    assert [(reason.digit, reason.name) for reason in desk.site.desk.reasons] == [("9", "tea")]


def test_entries_are_added_and_removed(desk: Settings) -> None:
    """A new queue with the usual values; one that nothing needs goes away again; the difference names both."""
    desk.save("/settings/queues/new", {"name": "sales", "title": "Sales", "agents": "1001"})
    assert (desk.site.queues[-1].name, desk.site.queues[-1].agents, desk.site.queues[-1].ring_timeout_s) == ("sales", ("1001",), 20)
    assert "sales" in desk.look("/settings/queues")
    change = desk.send("/settings/queues/entry/sales", {"act": "remove"}).header("location")
    assert "removed" in desk.look(change)
    desk.send(change, {"why": "not needed"})
    assert [queue.name for queue in desk.site.queues] == ["service"]


def test_what_is_needed_is_not_removed(desk: Settings) -> None:
    """A queue that a flow leads to: the sentence names the flow."""
    reply = desk.send("/settings/queues/entry/service", {"act": "remove"})
    assert reply.status == 409
    assert "service is still needed here; choose another there first: Flows: main" in html.unescape(reply.text)


def test_a_new_entry_without_a_name_is_told(desk: Settings) -> None:
    """An empty form names what must be given."""
    reply = desk.send("/settings/flows/new", {"name": "", "queue": ""})
    assert reply.status == 400
    assert 'id="f-name-fault"' in reply.text
    assert 'id="f-queue-fault"' in reply.text


def test_boxes_to_tick_do_not_change_the_order(desk: Settings) -> None:
    """The agents of a queue stand in the order in which they came; ticking all of them again is no change."""
    queue = desk.site.queues[0]
    desk.by_other(replace(desk.site, queues=(replace(queue, agents=("1003", "1001")),)))
    assert desk.send("/settings/queues/entry/service", {"agents": "1001, 1003"}).status == 400
    desk.save("/settings/queues/entry/service", {"agents": "1001, 1002, 1003"})
    assert desk.site.queues[0].agents == ("1003", "1001", "1002")


# ---- two at once ---------------------------------------------------------------------------------------------------------------


def test_a_change_meanwhile_is_told_and_kept(desk: Settings) -> None:
    """Two people change the same queue: the second is told who was first and why, sees the difference again, and undoes nothing."""
    page = desk.person.get("/settings/queues/entry/service")
    form = {name: field(page.text, name) for name in ("ring_timeout_s", "wrap_up_s")}
    queue = desk.site.queues[0]
    desk.by_other(replace(desk.site, queues=(replace(queue, wrap_up_s=77.0),)), "longer paperwork")
    change = desk.person.post(
        "/settings/queues/entry/service", {"csrf": page.csrf, "base": hidden(page, "base"), **form, "ring_timeout_s": "25"}
    ).header("location")
    shown = desk.look(change)
    assert f"Meanwhile user other made version {desk.sites.note.number} (longer paperwork)." in shown
    assert "Wrap-up time" not in shown
    desk.send(change, {"why": "both"})
    assert (desk.site.queues[0].ring_timeout_s, desk.site.queues[0].wrap_up_s) == (25, 77)


def test_a_change_after_the_difference_was_seen_is_told_too(desk: Settings) -> None:
    """What was looked at is not what would be saved any more: it is shown again, with who and why, and saved on the second try."""
    change = desk.send("/settings/desk", {"pin_tries": "5"}).header("location")
    page = desk.person.get(change)
    desk.by_other(replace(desk.site, desk=replace(desk.site.desk, lock_min=99.0)), "safer")
    reply = desk.person.post(change, {"csrf": page.csrf, "base": hidden(page, "base"), "why": "typed already"})
    assert reply.status == 409
    assert f"Meanwhile user other made version {desk.sites.note.number} (safer)." in html.unescape(reply.text)
    assert 'value="typed already"' in reply.text
    again = desk.person.post(change, {"csrf": reply.csrf, "base": hidden(reply, "base"), "why": "typed already"})
    assert again.status == 303
    assert (desk.site.desk.pin_tries, desk.site.desk.lock_min) == (5, 99.0)


def test_what_became_impossible_meanwhile_is_told(desk: Settings) -> None:
    """The entry was removed by somebody else between form and reason: a sentence, and only giving up is offered."""
    desk.save("/settings/queues/new", {"name": "sales"})
    change = desk.send("/settings/queues/entry/sales", {"title": "Sales"}).header("location")
    desk.by_other(replace(desk.site, queues=desk.site.queues[:1]))
    shown = desk.look(change)
    assert "There is no queue sales any more." in shown
    assert 'value="save"' not in shown


def test_the_same_change_by_somebody_else_is_told(desk: Settings) -> None:
    """Both wanted the same: nothing is left to be saved."""
    change = desk.send("/settings/desk", {"pin_tries": "5"}).header("location")
    desk.by_other(replace(desk.site, desk=replace(desk.site.desk, pin_tries=5)))
    assert "Nothing differs" in desk.look(change)


def test_a_change_belongs_to_who_made_it(desk: Settings) -> None:
    """Another administrator with the address cannot save it."""
    change = desk.send("/settings/desk", {"pin_tries": "5"}).header("location")
    assert desk.pages.person("second").get(change).status == 404


def test_a_change_outlives_a_login(desk: Settings) -> None:
    """The login ended between form and reason: after logging in again the change is still there."""
    change = desk.send("/settings/desk", {"pin_tries": "5"}).header("location")
    again = desk.pages.person("admin", accept_language="en")
    assert send(again, change, {"why": "later"}).status == 303
    assert desk.site.desk.pin_tries == 5


def test_a_disk_that_is_full_loses_nothing(desk: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version cannot be kept: it is said, the reason stays, and the next try works."""
    change = desk.send("/settings/desk", {"pin_tries": "5"}).header("location")

    def full(*_: object) -> None:
        raise EnvironmentFault(text("the disk is full"))

    with monkeypatch.context() as broken:
        broken.setattr(desk.sites._archive, "add", full)
        reply = desk.send(change, {"why": "a reason"})
    assert reply.status == 503
    assert "the disk is full" in reply.text
    assert 'value="a reason"' in reply.text
    assert logged(desk.pages, "could not be kept")
    assert desk.send(change, {"why": "a reason"}).status == 303


def test_changes_that_are_not_saved_are_bounded() -> None:
    """Nobody fills the memory with changes that are never saved; the oldest of one's own make room first, and all end some day."""
    now_ns = 0
    names = iter(range(1000))
    drafts = Drafts(lambda: str(next(names)), lambda: now_ns)
    draft = Draft("a", lambda site: site, text("x"), 1, "/", "/", 0)
    kept = [drafts.keep(draft) for _ in range(DRAFTS_OF_ONE_MOST + 1)]
    assert drafts.find(kept[0], "a") is None
    assert drafts.find(kept[1], "a") is draft
    assert drafts.find(kept[1], "b") is None
    for number in range(DRAFTS_MOST):
        drafts.keep(replace(draft, user=f"user {number}"))
    assert len(drafts) == DRAFTS_MOST
    assert drafts.crowded_out == 1 + DRAFTS_OF_ONE_MOST
    now_ns = 13 * 3600 * 1_000_000_000
    assert drafts.find(kept[-1], "a") is None
    assert len(drafts) == 0


# ---- history -------------------------------------------------------------------------------------------------------------------


def test_the_history_tells_who_when_why_and_what(desk: Settings) -> None:
    """Each version stands with what it changed; one can go back to any, by the same way as every change."""
    begin = desk.sites.note.number
    desk.save("/settings/desk", {"pin_tries": "5"}, "stricter")
    shown = desk.look("/settings/history")
    assert re.search(rf'href="/settings/history/{begin + 1}".*user admin.*stricter.*Wrong PINs until locked', shown, re.DOTALL)
    page = desk.look(f"/settings/history/{begin}")
    assert "What going back to it would change" in page
    change = desk.send(f"/settings/history/{begin}", {}).header("location")
    assert re.search(r"5</del>.*3</ins>", desk.look(change), re.DOTALL)
    assert desk.send(change, {"why": "too strict"}).header("location") == "/settings/history"
    assert desk.site.desk.pin_tries == 3
    assert desk.sites.note.number == begin + 2


def test_going_back_to_what_is_in_force_is_refused(desk: Settings) -> None:
    """There is nothing to go back to."""
    number = desk.sites.note.number
    page = desk.person.get("/settings/desk")
    assert desk.person.post(f"/settings/history/{number}", {"csrf": page.csrf}).status == 409


def test_an_old_version_that_cannot_be_read_any_more(desk: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of another release is listed with a sentence, and cannot be gone back to."""
    archive = desk.sites._archive
    document = '{"nonsense":1}'
    monkeypatch.setattr(archive, "version", lambda number: _unreadable(document, number))
    assert "kept by another release" in desk.look("/settings/history")
    assert desk.person.get("/settings/history/1").status == 409


def _unreadable(document: str, number: int) -> None:
    from engine.settings.versions import site_of  # noqa: PLC0415

    site_of(document, f"version {number}")


def test_the_settings_can_be_taken_along_as_a_file(desk: Settings) -> None:
    """The export is a site file with a name that says what it is; its PINs are masked."""
    reply = desk.person.get("/settings/export.yaml")
    assert reply.header("content-type").startswith("application/yaml")
    assert f"-version-{desk.sites.note.number}-" in reply.header("content-disposition")
    assert "pin: '****'" in reply.text
    assert "name: service" in reply.text


# ---- the next start ------------------------------------------------------------------------------------------------------------


def test_what_waits_for_the_next_start_is_said_everywhere(desk: Settings) -> None:
    """A changed line is marked in the difference and in the answer, and the settings pages say that it waits."""
    assert "waits for the next start" not in desk.look("/settings")
    change = desk.send("/settings/trunks/entry/line-1", {"number": "02012345"}).header("location")
    assert "at the next start" in desk.look(change)
    desk.send(change, {"why": "ported"})
    assert "What differs in Exchange lines waits for the next start." in desk.look("/settings/trunks")
    assert "What differs in Exchange lines is saved and waits for the next start." in desk.look("/settings")
    assert 'href="/settings/restart"' in desk.look("/settings/desk")


class Machine:
    """A process that notes what is asked of it."""

    def __init__(self) -> None:
        self.restarted = 0

    def restart(self) -> None:
        self.restarted += 1

    def reboot(self, done: object, failed: object) -> None:
        raise AssertionError(f"nobody asked for it: {done} {failed}")


def test_a_restart_is_asked_for_and_confirmed(desk: Settings) -> None:
    """The page says how many calls would end; it can wait until none is left, and be cancelled."""
    appliance, calls, machine = desk.pages.day.rig.appliance, [2], Machine()
    control = RestartControl(appliance.bus, desk.pages.clock, lambda: calls[0], machine, lambda: False, desk.pages.log.append)
    appliance.asking.add(restart_answers(control))
    assert "Calls at this moment: 2. A restart now ends them." in desk.look("/settings/restart")
    assert desk.send("/settings/restart", {"act": "idle"}).header("location") == "/settings/restart"
    assert "wanted by user admin" in desk.look("/settings/restart")
    assert desk.send("/settings/restart", {"act": "idle"}).status == 409
    desk.send("/settings/restart", {"act": "cancel"})
    assert "The restart is cancelled." in desk.look("/settings/restart")
    calls[0] = 0
    reply = desk.send("/settings/restart", {"act": "now"})
    assert "In some seconds the page is there again." in reply.text
    assert 'href="/login"' in reply.text
    desk.pages.wait(1000)
    assert machine.restarted == 1


def test_who_moves_the_page_is_told_where_it_goes(desk: Settings) -> None:
    """After a change of the port the address and the button lead to the new one; without a port there is none to go to."""
    appliance = desk.pages.day.rig.appliance
    before = desk.site
    for port, expected in ((8445, 'href="https://box.example:8445/login"'), (0, "The settings switch the page off")):
        control = RestartControl(appliance.bus, desk.pages.clock, lambda: 0, Machine(), lambda: False, desk.pages.log.append)
        appliance.asking.add(restart_answers(control))
        desk.by_other(replace(desk.site, web=replace(before.web, address="0.0.0.0", port=port)))
        reply = desk.send("/settings/restart", {"act": "now"})
        assert expected in reply.text
        assert 'href="/login"' not in reply.text
        desk.pages.wait(1000)
    desk.by_other(before)


@pytest.mark.parametrize(
    ("host", "address", "secure", "there"),
    [
        ("box.example:8443", "::", True, "https://box.example:8445"),
        ("[fd00::1]:8443", "0.0.0.0", True, "https://[fd00::1]:8445"),
        ("box.example", "192.0.2.7", True, "https://192.0.2.7:8445"),
        ("localhost:8443", "192.0.2.7", False, "http://localhost:8445"),
        ("[nonsense", "0.0.0.0", True, ""),
        ('a b"><i>', "0.0.0.0", True, ""),
        ("", "0.0.0.0", True, ""),
    ],
)
def test_where_a_moved_page_is(host: str, address: str, secure: bool, there: str) -> None:
    """The name that the browser knows stays, unless the page listens elsewhere; a name that is none is not repeated."""
    assert moved_to(host, WebSection(address=address, port=8445), secure=secure) == there


# ---- hostile -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/settings/desk",
        "/settings/queues/new",
        "/settings/queues/entry/service",
        "/settings/history/1",
        "/settings/certificate",
        "/settings/restart",
    ],
)
def test_a_form_from_elsewhere_changes_nothing(desk: Settings, path: str) -> None:
    """Without the page's token nothing is even looked at."""
    number = desk.sites.note.number
    assert desk.person.post(path, {"csrf": "x", "pin_tries": "9", "act": "now"}).status == 403
    assert desk.person.post(path, {"pin_tries": "9"}).status == 403
    assert desk.sites.note.number == number


def test_names_of_fields_that_do_not_exist_are_passed_over(desk: Settings) -> None:
    """A form with additional fields changes what the page offers and nothing else."""
    reply = desk.send("/settings/desk", {"pin_tries": "4", "evil": "1", "reasons.9999.digit": "1", "agents": "1", "__class__": "x"})
    assert reply.status == 303
    desk.send(reply.header("location"), {"act": "give up"})
