"""Spreadsheets on the page: taken away, sent back, looked at row by row, saved or not."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from openpyxl import Workbook as Package
from openpyxl import load_workbook

from engine.kernel.errors import BadInput, EnvironmentFault, Refused
from engine.kernel.text import text
from engine.settings.site import AgentSection
from tests.office import Office
from tests.pages import Reply, logged
from web.pages.sheets import UPLOADS_MOST
from web.request import UPLOAD_BYTES_MOST

NAMED = ["number", "name", "queues"]


def workbook(*rows: list[Any]) -> bytes:
    package = Package()
    assert package.active is not None
    for row in rows:
        package.active.append(row)
    octets = io.BytesIO()
    package.save(octets)
    return octets.getvalue()


def sent(office: Office, octets: bytes, root: str = "/agents", **form: str) -> Reply:
    """Send a file; what the page shows of it, or why it was not taken."""
    reply = office.admin.upload(f"{root}/import", form, "名单.xlsx", octets)
    if reply.status != 303:
        return reply
    return preview(office, reply.header("location"))


def preview(office: Office, address: str) -> Reply:
    shown = office.admin.get(address)
    shown.headers.append(("address", address.partition("?")[0]))
    return shown


def verdicts(reply: Reply) -> list[str]:
    return re.findall(r'<td><span class="badge[^"]*">([^<]+)<', reply.text)


def save(office: Office, shown: Reply, why: str = "new list", base: str = "") -> Reply:
    found = re.search(r'name="base" value="([0-9]+)"', shown.text)
    assert found is not None
    form = {"csrf": shown.csrf, "base": base or found[1], "why": why, "act": "save"}
    return office.admin.post(shown.header("address"), form)


# ---- out ------------------------------------------------------------------------------------------------------------------


def test_the_export_is_a_workbook_in_the_reader_s_language(office: Office) -> None:
    """Headings are the reader's words with the keys that never change; PINs are not in it anywhere."""
    reply = office.admin.get("/agents/export.xlsx")
    assert reply.header("content-disposition") == 'attachment; filename="b1-agents.xlsx"'
    rows = list(load_workbook(io.BytesIO(reply.body)).worksheets[0].iter_rows(values_only=True))
    headings = ("Agent number", "number"), ("Name", "name"), ("Language", "language"), ("Takes calls", "answers")
    work = ("Skills", "skills"), ("Share of calls", "weight"), ("Wrap-up", "wrap_up_mode"), ("Own wrap-up time", "wrap_up_s")
    more = ("Caller number shown", "caller_number"), ("Queues", "queues")
    assert rows[0] == tuple(f"{label} [{key}]" for label, key in (*headings, *work, *more))
    assert [None if one is None else str(one) for one in rows[1]] == [
        "1001",
        "李娜",
        None,
        "ringing",
        None,
        "1",
        None,
        "30.0",
        None,
        "service",
    ]
    assert len(rows) == 5
    assert "2580" not in str([sheet.values for sheet in load_workbook(io.BytesIO(reply.body))])


@pytest.mark.parametrize("root", ["/agents", "/extensions"])
def test_what_was_exported_comes_back_unchanged(office: Office, root: str) -> None:
    """Export, send back: every row is unchanged, and there is nothing to save."""
    shown = sent(office, office.admin.get(f"{root}/export.xlsx").body, root)
    assert verdicts(shown) == ["unchanged"] * 4
    assert "Nothing differs from what is in force." in shown.text
    assert 'name="why"' not in shown.text


def test_the_empty_sheet_can_be_filled_in_and_sent(office: Office) -> None:
    """The template has every column, PINs too, and is understood as it is."""
    book = load_workbook(io.BytesIO(office.admin.get("/agents/template.xlsx").body))
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]][-1] == "PIN [pin]"
    sheet.append(["0007", "詹姆斯", "en", "off_hook", "english:8, sales", "3", "", "", "", "service", "0815"])
    octets = io.BytesIO()
    book.save(octets)
    assert save(office, sent(office, octets.getvalue())).status == 303
    assert office.agent("0007") == AgentSection(
        number="0007", name="詹姆斯", pin="0815", language="en", answers="off_hook", skills=("english:8", "sales"), weight=3
    )


# ---- in: from the file to the new version -----------------------------------------------------------------------------------


def test_rows_are_shown_before_and_saved_as_one_version(office: Office) -> None:
    """New, changed and unchanged rows with what changes; then one reason, one version, and the made PIN shown once."""
    before = office.sites.note.number
    rows = workbook(NAMED, [1001, "李娜娜", "service"], [1002, "王伟", "service"], [1005, "陈静", "service"])
    shown = sent(office, rows)
    assert verdicts(shown) == ["changed", "unchanged", "new"]
    assert "new: 1, changed: 1, unchanged: 1, faulty: 0" in shown.text
    assert office.sites.note.number == before
    there = save(office, shown)
    assert office.sites.note.number == before + 1
    assert office.sites.note.why == "new list"
    pins = office.admin.get(there.header("location"))
    assert "Saved as version" in pins.text
    assert f'<strong class="pin">{office.agent("1005").pin}</strong>' in pins.text
    assert office.agent("1001") == AgentSection(number="1001", name="李娜娜", pin="2580")
    assert office.serves("1005") == ["service"]


def test_one_faulty_row_and_nothing_can_be_saved(office: Office) -> None:
    """The sentence stands in its cell, there is no button to save, and a forged save changes nothing."""
    before = office.sites.note.number
    shown = sent(office, workbook(NAMED, ["1005", "x", "service"], ["1006", "y", "nowhere"]))
    assert "Faulty rows: 1" in shown.text
    assert "There is no queue nowhere; there are service." in shown.text
    assert verdicts(shown) == ["faulty"]  # the faulty ones come first; the others are a click away
    assert verdicts(preview(office, shown.header("address") + "?show=all")) == ["new", "faulty"]
    assert 'value="save"' not in shown.text
    assert save(office, shown).status == 400
    assert office.sites.note.number == before


def test_who_is_not_in_the_sheet_goes_only_when_ticked(office: Office) -> None:
    """The box on the form decides, and the preview names who goes."""
    rows = workbook(["number"], ["1001"], ["1002"], ["1003"])
    assert "removed:" not in sent(office, rows).text
    shown = sent(office, rows, remove="true")
    assert "removed: 1" in shown.text
    save(office, shown)
    assert [one.number for one in office.site.agents] == ["1001", "1002", "1003"]


def test_phones_by_spreadsheet(office: Office) -> None:
    """Extensions change at once, a new phone waits for the next start, and the page says so."""
    heads = ["name", "channel", "extension"]
    shown = sent(office, workbook(heads, ["phone-801", 5, 811.0], ["phone-806", 10, 806]), "/extensions")
    assert verdicts(shown) == ["changed", "new"]
    there = save(office, shown)
    assert "waits for the next start" in office.admin.get(there.header("location")).text
    assert office.pages.day.rig.appliance.switch.phones["phone-801"].extension == "811"


def test_a_change_in_between_is_told_and_the_rows_are_judged_anew(office: Office) -> None:
    """Somebody saved something while the preview was open: it is told, nothing is overwritten unseen, and the second try saves."""
    shown = sent(office, workbook(["number", "name"], ["1001", "Li Na"]))
    agents = tuple(replace(one, name="Li Na") if one.number == "1001" else one for one in office.site.agents)
    office.change(replace(office.site, agents=(*agents, AgentSection(number="1009", pin="2222"))))
    told = save(office, shown)
    assert told.status == 409
    assert "Meanwhile admin made version" in told.text
    assert verdicts(told) == ["unchanged"]


def test_without_a_reason_nothing_is_saved(office: Office) -> None:
    """The page comes back with the rows and a sentence."""
    told = save(office, sent(office, workbook(["number", "name"], ["1001", "x"])), why=" ")
    assert told.status == 409
    assert "Say why" in told.text
    assert verdicts(told) == ["changed"]


def test_a_sheet_can_be_given_up(office: Office) -> None:
    """Afterwards it is not known any more, and nothing was changed."""
    before = office.sites.note.number
    shown = sent(office, workbook(["number", "name"], ["1001", "x"]))
    given_up = office.admin.post(shown.header("address"), {"csrf": shown.csrf, "act": "give up"})
    assert given_up.header("location") == "/agents"
    gone = office.admin.get(shown.header("address"))
    assert gone.status == 404
    assert "Send the file again" in gone.text
    assert office.sites.note.number == before


def test_a_sheet_belongs_to_who_sent_it(office: Office) -> None:
    """Another administrator with the address sees nothing of it; and only so many sheets are kept."""
    shown = sent(office, workbook(["number", "name"], ["1001", "x"]))
    assert office.pages.person("banzhang").get(shown.header("address")).status == 403
    sent(office, workbook(["number", "name"], ["1001", "y"]))
    assert office.admin.get(shown.header("address")).status == 404  # one for each person
    assert UPLOADS_MOST > 1


def test_many_rows_come_in_pages(office: Office) -> None:
    """A long sheet is shown a hundred rows at a time, by verdict."""
    shown = sent(office, workbook(["number", "name"], ["1001", "x"], *([str(number), "n"] for number in range(2000, 2250))))
    assert verdicts(shown) == ["changed"] + ["new"] * 99
    last = preview(office, shown.header("address") + "?show=new&page=9")
    assert verdicts(last) == ["new"] * 50
    assert "page 3 of 3" in last.text


def test_what_the_sheet_said_cannot_become_markup(office: Office) -> None:
    """Cells, headings and the file's name are shown as texts."""
    shown = sent(office, workbook(["number", "name", "<b>x</b>"], ["1001", "<script>alert(1)</script>", "1"]))
    assert "&lt;script&gt;" in shown.text
    assert "<script>alert" not in shown.text
    assert "&lt;b&gt;x&lt;/b&gt;" in shown.text


# ---- in: what is no sheet -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "This is a picture (PNG), no spreadsheet"),
        (b"", "The file is empty."),
        (workbook(["Phone", "Street"], ["1", "2"]), "does not name the column Agent number [number]"),
        (workbook([]), "is empty."),
        (workbook(NAMED), "nothing below them"),
        (b"number\n" + b"1\n" * 6000, "There are more than 5000 rows"),
    ],
)
def test_what_cannot_be_read_is_told_on_the_form(office: Office, octets: bytes, sentence: str) -> None:
    """A picture, an empty file, wrong columns, too many rows: a sentence above the form, a line in the log, nothing kept."""
    reply = sent(office, octets)
    assert reply.status == 400
    assert sentence in reply.text
    assert "Nothing was changed." in reply.text
    assert 'type="file"' in reply.text
    assert logged(office.pages, f"admin sent '\\u540d\\u5355.xlsx' ({len(octets)} B): refused: ")


def test_no_file_chosen(office: Office) -> None:
    """The button without a file says what is missing."""
    reply = office.admin.submit("/agents/import", "/agents/import", {})
    assert reply.status == 400
    assert "Choose a file first." in reply.text


def test_a_file_that_is_too_large_is_told(office: Office) -> None:
    """More than four megabytes are not kept, and the person reads why."""
    reply = sent(office, bytes(UPLOAD_BYTES_MOST + 1))
    assert reply.status == 413
    assert "larger than 4 MB" in reply.text


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Refused(text("Other files are being read or written at this moment. Try again in a few seconds.")), 409),
        (BadInput(text("The file asks for too much time or memory, and was put away unread. Is it the right one?")), 400),
        (EnvironmentFault(text("No process could be made to read or write the file: {error}.", error="full")), 503),
    ],
)
def test_when_the_file_cannot_be_read_elsewhere(office: Office, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int) -> None:
    """A busy or broken reader is a sentence, whether it says so at once or later."""

    def submit(work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        del work, done
        failed(fault)

    token = office.admin.get("/agents/import").csrf
    monkeypatch.setattr(office.pages.chores, "submit", submit)
    reply = sent(office, workbook(NAMED, ["1001", "x", ""]), csrf=token)
    assert reply.status == status
    assert str(fault) in reply.text


def test_a_file_without_the_form_s_token_is_refused(office: Office) -> None:
    """Another site's page cannot send a list of agents."""
    assert sent(office, workbook(NAMED, ["1001", "x", ""]), csrf="foreign").status == 403
