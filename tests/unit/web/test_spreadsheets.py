"""Files as people send them: workbooks, text with commas, and everything that is neither."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook as Package
from openpyxl import load_workbook

from engine.kernel.errors import BadInput
from engine.settings.sheet import Cell, CellKind, Row, Sheet
from web import spreadsheets
from web.spreadsheets import ROWS_MOST, Workbook, asked_to_write, read, sheet_of, work

AGENT_ROWS = [["number", "name"], ["1001", "李娜"]]


def workbook(fill: Callable[[Any], None], *sheets: str) -> bytes:
    """A workbook whose first sheet ``fill`` fills."""
    package = Package()
    assert package.active is not None
    package.active.title = "Agents"
    for name in sheets:
        package.create_sheet(name)
    fill(package.active)
    octets = io.BytesIO()
    package.save(octets)
    return octets.getvalue()


def rows(*values: list[Any]) -> Callable[[Any], None]:
    def fill(sheet: Any) -> None:
        for row in values:
            sheet.append(row)

    return fill


def packed(**parts: bytes) -> bytes:
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name.replace("__", "/"), content)
    return octets.getvalue()


def texts(sheet: Sheet) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in sheet.rows]


def refusal(octets: bytes) -> str:
    with pytest.raises(BadInput) as refused:
        read(octets)
    return refused.value.text.in_english()


# ---- workbooks ------------------------------------------------------------------------------------------------------------


def test_cells_keep_what_the_program_made_of_them() -> None:
    """Numbers come without a point, numbers shown with zeros come with them, dates and formulas are known as such."""

    def fill(sheet: Any) -> None:
        sheet.append(["number", 1001, 1001.0, 7.5, 12, date(2026, 3, 1), "=1+1", True, " x "])
        sheet["E1"].number_format = "0000"

    (row,) = read(workbook(fill)).rows
    assert row.cells == (
        Cell("number"),
        Cell("1001", CellKind.NUMBER),
        Cell("1001", CellKind.NUMBER),
        Cell("7.5", CellKind.NUMBER),
        Cell("0012", CellKind.NUMBER),
        Cell("2026-03-01", CellKind.DATE),
        Cell("=1+1", CellKind.FORMULA),
        Cell("TRUE", CellKind.TRUTH),
        Cell(" x "),
    )


def test_the_first_visible_sheet_is_read_and_the_others_are_named() -> None:
    """Of several sheets one is read, and the reader hears which were not."""

    def fill(sheet: Any) -> None:
        sheet.append(["hidden"])
        sheet.sheet_state = "hidden"
        sheet.parent["Second"].append(["number"])

    sheet = read(workbook(fill, "Second", "Third"))
    assert (sheet.name, sheet.unused) == ("Second", ("Agents", "Third"))
    assert texts(sheet) == [["number"]]


def test_merged_and_hidden_cells_and_empty_rows_are_harmless() -> None:
    """Layout does not matter: rows keep the numbers that the person sees."""

    def fill(sheet: Any) -> None:
        sheet.append(["呼叫中心"])
        sheet.merge_cells("A1:C1")
        sheet["A4"], sheet["B4"] = "number", "name"
        sheet["A6"] = "1001"
        sheet.row_dimensions[6].hidden = True
        sheet.column_dimensions["B"].hidden = True

    assert [(row.place, row.cells[0].text) for row in read(workbook(fill)).rows] == [(1, "呼叫中心"), (4, "number"), (6, "1001")]


def test_the_most_rows_are_taken_and_one_more_is_not() -> None:
    """The limit counts rows below the headings."""
    full = [["number"], *([str(number)] for number in range(ROWS_MOST))]
    assert len(read("\n".join(row[0] for row in full).encode()).rows) == ROWS_MOST + 1
    assert f"more than {ROWS_MOST} rows" in refusal("\n".join([*(row[0] for row in full), "x"]).encode())


def test_many_empty_rows_with_formats_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sheet with formats down to the last row is refused with the cure, before anything is read."""
    monkeypatch.setattr(spreadsheets, "ROWS_LOOKED_AT_MOST", 50)

    def fill(sheet: Any) -> None:
        sheet.append(["number"])
        for row in range(2, 90):
            sheet.cell(row, 1).number_format = "@"

    assert "empty ones with formats too" in refusal(workbook(fill))


# ---- text with commas -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_text_is_read_as_programs_write_it(encoding: str, separator: str) -> None:
    """Chinese Excel writes GBK with commas, others UTF-8 or UTF-16 with tabs: all are the same table."""
    said = "\r\n".join(separator.join(row) for row in AGENT_ROWS)
    assert texts(read(said.encode(encoding))) == AGENT_ROWS


def test_text_keeps_zeros_and_knows_formulas() -> None:
    """The trick with ="0012" is understood; any other formula is a formula."""
    (row,) = read(b'0012,"=""0012""",=1+1').rows
    assert row.cells == (Cell("0012"), Cell("0012"), Cell("=1+1", CellKind.FORMULA))


# ---- what is no spreadsheet ---------------------------------------------------------------------------------------------------

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000)


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [
        (b"", "The file is empty."),
        (b" \n\n ", "The file is empty."),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "This is a picture (PNG), no spreadsheet"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "This is a picture (JPEG)"),
        (b"%PDF-1.7 ...", "This is a PDF document"),
        (b"RIFF\x00\x00\x00\x00WAVE", "a picture or a sound"),
        (OLE, "workbook of the old kind (.xls)"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "locked with a password"),
        (b"<html><table><tr><td>1001", "web page or XML"),
        (b"\x00\x01\x02\x03" * 50, "This is no spreadsheet"),
        (bytes(range(128, 256)) * 3, "This is no spreadsheet"),
        (b"PK\x03\x04 cut off", "The file is damaged"),
        (packed(word__document_xml=b"<w/>"), "a packed file (zip)"),
        (packed(**{"word__document.xml": b"<w/>"}), "a document of another kind"),
        (packed(**{"xl__workbook.bin": b"x"}), "binary workbook (.xlsb)"),
        (packed(**{"xl__workbook.xml": b"<broken"}), "The file is damaged"),
        (packed(**{"xl__workbook.xml": b"<workbook/>", "[Content_Types].xml": b"<Types/>"}), "The file is damaged"),
    ],
)
def test_other_files_are_called_what_they_are(octets: bytes, sentence: str) -> None:
    """Whoever picks the wrong file reads which kind it is and what to send."""
    assert sentence in refusal(octets)


def test_a_workbook_cut_in_the_middle_is_damaged() -> None:
    """Half an upload is told, wherever it was cut."""
    whole = workbook(rows(*AGENT_ROWS))
    for length in range(4, len(whole), 701):
        assert "damaged" in refusal(whole[:length])


def test_a_workbook_with_a_broken_part_is_damaged() -> None:
    """Octets that fell over inside a part are found by its checksum."""
    whole = bytearray(workbook(rows(*([str(number)] for number in range(300)))))
    at = whole.index(b"xl/worksheets/sheet1.xml") + 60
    whole[at : at + 20] = bytes(20)
    assert "damaged" in refusal(bytes(whole))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would unpack to gigabytes is judged by its table of contents alone."""
    made = bytearray(packed(**{"xl__workbook.xml": b"<workbook/>"}))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_args, **_kwargs: pytest.fail("unpacked"))
    directory = made.index(b"PK\x01\x02")
    made[directory + 24 : directory + 28] = struct.pack("<I", 3 << 30)  # the size that the part claims to have
    assert "too large: unpacked it would take more than 32 MB" in refusal(bytes(made))


def test_a_locked_package_is_told() -> None:
    """A zip with a password is no damaged file."""
    made = bytearray(packed(**{"xl__workbook.xml": b"<workbook/>"}))
    directory = made.index(b"PK\x01\x02")
    made[directory + 8] |= 1
    assert "locked with a password" in refusal(bytes(made))


def test_endless_text_in_a_sheet_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A novel in the cells is no list of people."""
    monkeypatch.setattr(spreadsheets, "SHEET_CHARACTERS_MOST", 1000)
    assert "more text in the sheet" in refusal("\n".join(["x" * 200] * 10).encode())


# ---- writing ------------------------------------------------------------------------------------------------------------------

BOOK = Workbook(
    "座席/agents",
    ("工号 [number]", "姓名 [name]"),
    (("0012", "=HYPERLINK(1)"), ("1", "+1"), ("2", "-1"), ("3", "@x"), ("4", "a\x01b")),
    "说明",
    (("a",),),
)


def test_what_is_written_can_be_read_again() -> None:
    """Out and in through the process's own language: the same texts, zeros and all, and an impossible letter is a blank."""
    sheet = sheet_of(work("read", work("write", asked_to_write(BOOK))))
    assert sheet.name == "座席 agents"
    assert sheet.unused == ("说明",)
    assert texts(sheet) == [list(BOOK.headings), *(list(row) for row in BOOK.rows[:-1]), ["4", "a b"]]
    assert {cell.kind for row in sheet.rows for cell in row.cells} == {CellKind.TEXT}


def test_no_cell_of_ours_becomes_a_formula() -> None:
    """A name that begins like a formula opens as a text, and stays one when somebody edits it."""
    book = load_workbook(io.BytesIO(work("write", asked_to_write(BOOK))))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.value is None or (cell.data_type == "s" and cell.quotePrefix and cell.number_format == "@")


def test_a_refusal_crosses_the_border_between_processes() -> None:
    """The person reads the same sentence, in the reader's language, as if the file had been read on the spot."""
    with pytest.raises(BadInput) as refused:
        sheet_of(work("read", b"\x89PNG...."))
    assert refused.value.text.render(lambda said: "一张图片" if said == "a picture (PNG)" else said).startswith("This is 一张图片")


def test_a_sheet_crosses_the_border_between_processes() -> None:
    """Kinds, places and texts come through; empty cells at the end do not travel."""
    sheet = sheet_of(work("read", workbook(rows(["number", None, 7], [None, None], ["1001", "李娜", None]))))
    assert sheet.rows == (
        Row(1, (Cell("number"), Cell(), Cell("7", CellKind.NUMBER))),
        Row(3, (Cell("1001"), Cell("李娜"))),
    )
