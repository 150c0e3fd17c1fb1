"""Spreadsheets as octets: reading a file that somebody sent as a ``Sheet``, and writing one. Meant to run in a process of its own.

    python -m web.spreadsheets read  < file  > sheet as JSON
    python -m web.spreadsheets write < workbook as JSON > .xlsx

What is sent may be anything: a picture, a zip that unpacks to gigabytes, a hundred thousand rows. So the process limits itself before it
reads its first octet, everything read has a limit, and a refusal is an answer like any other. Workbooks are those of ECMA-376
(openpyxl); text with commas, semicolons or tabs is taken too, in UTF-8, UTF-16 or GB 18030, as spreadsheet programs write it.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import IO, Any
from xml.etree import ElementTree as ET

from engine.kernel.errors import BadInput
from engine.kernel.text import Text, text, text_as_json, text_from_json
from engine.settings.sheet import Cell, CellKind, Row, Sheet

__all__ = ["LIMITS", "ROWS_MOST", "Workbook", "asked_to_write", "main", "read", "sheet_of", "work", "write"]

ROWS_MOST = 5000
"""Rows that are read; a site has at most as many entries."""
ROWS_LOOKED_AT_MOST = 4 * ROWS_MOST
"""Rows with something in them or without: some programs keep a format in a million empty rows."""
COLUMNS_MOST = 40
CELL_MOST = 300
"""Characters of a cell; what is longer fits no setting and is cut."""
SHEET_CHARACTERS_MOST = 4_000_000
PARTS_MOST = 2000
UNPACKED_BYTES_MOST = 32 << 20
SHEETS_NAMED_MOST = 20

LIMITS: Mapping[str, int] = {"RLIMIT_AS": 768 << 20, "RLIMIT_CPU": 10, "RLIMIT_FSIZE": 64 << 20, "RLIMIT_CORE": 0, "RLIMIT_NOFILE": 64}
"""Of the process: octets of memory, seconds of processor, octets of a file, …"""
NICENESS = 10

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How the older formats begin, and also a new one that is locked with a password (MS-CFB, 2.2; MS-OFFCRYPTO, 2.3.4.4)."""
LOCKED_STREAM = "EncryptedPackage".encode("utf-16-le")
BEGINNINGS: tuple[tuple[bytes, Text], ...] = (
    (b"\x89PNG", text("a picture (PNG)")),
    (b"\xff\xd8\xff", text("a picture (JPEG)")),
    (b"GIF8", text("a picture (GIF)")),
    (b"BM", text("a picture (BMP)")),
    (b"RIFF", text("a picture or a sound")),
    (b"%PDF", text("a PDF document")),
    (b"\x7fELF", text("a program")),
    (b"MZ", text("a program")),
    (b"\x1f\x8b", text("a packed file (gzip)")),
    (b"Rar!", text("a packed file (RAR)")),
    (b"7z\xbc\xaf", text("a packed file (7z)")),
)
DAMAGED = text("The file is damaged: it cannot be read as a workbook. Open it in the spreadsheet program and save it anew as .xlsx.")
TOO_MANY = text(
    "There are more than {most} rows. Divide the sheet, or delete rows that are not meant (empty ones with formats too).", most=ROWS_MOST
)
TOO_LARGE = text("The workbook is too large: unpacked it would take more than {most} MB.", most=UNPACKED_BYTES_MOST >> 20)
TOO_MUCH_TEXT = text("There is more text in the sheet than a list of people or telephones can have.")


# ---- reading ----------------------------------------------------------------------------------------------------------


def read(octets: bytes) -> Sheet:
    """The first sheet that can be seen. Raises BadInput with a sentence for whatever is no spreadsheet, or too much of one."""
    if not octets.strip():
        raise BadInput(text("The file is empty."))
    if octets.startswith(OLE):
        locked = LOCKED_STREAM in octets
        raise BadInput(
            text("The workbook is locked with a password. Save it without one.")
            if locked
            else text("This is a workbook of the old kind (.xls). Open it in the spreadsheet program and save it as .xlsx.")
        )
    if octets.startswith(b"PK"):
        return _read_workbook(octets)
    for beginning, said in BEGINNINGS:
        if octets.startswith(beginning):
            raise BadInput(text("This is {what}, no spreadsheet. Send a workbook (.xlsx) or a text file with commas (.csv).", what=said))
    return _read_text(octets)


def _read_workbook(octets: bytes) -> Sheet:
    _look_into(octets)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what openpyxl leaves out (pictures, formats) nothing is needed
        try:
            from openpyxl import load_workbook  # noqa: PLC0415  # only the process that reads needs it

            book = load_workbook(io.BytesIO(octets), read_only=True, keep_links=False)
            return _first_sheet(book)
        except (BadInput, MemoryError):
            raise
        except Exception as error:  # whatever a broken file makes of a library is the file's fault
            raise BadInput(DAMAGED) from error


def _look_into(octets: bytes) -> None:
    """Judge the package by its table of contents, before anything is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(octets)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise BadInput(DAMAGED) from error
    if any(part.flag_bits & 1 for part in parts):
        raise BadInput(text("The workbook is locked with a password. Save it without one."))
    if len(parts) > PARTS_MOST or sum(part.file_size for part in parts) > UNPACKED_BYTES_MOST:
        raise BadInput(TOO_LARGE)
    _judge_kind({part.filename for part in parts})
    if _rows_of_first(octets) > ROWS_LOOKED_AT_MOST:
        raise BadInput(TOO_MANY)


def _judge_kind(names: set[str]) -> None:
    if "xl/workbook.bin" in names:
        raise BadInput(text("This is a binary workbook (.xlsb). Save it as .xlsx."))
    if "xl/workbook.xml" not in names:
        document = "word/document.xml" in names or "ppt/presentation.xml" in names or "content.xml" in names
        what = text("a document of another kind") if document else text("a packed file (zip)")
        raise BadInput(text("This is {what}, no spreadsheet. Send a workbook (.xlsx) or a text file with commas (.csv).", what=what))


def _rows_of_first(octets: bytes) -> int:
    """About how many rows the first sheet has, counted without understanding them: the texts of a hundred thousand rows would have to be
    read before the first row. 0 when it cannot be found, or something else is wrong: then whoever reads it says so.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(octets)) as package:
            sheets = list(_parsed(package, "xl/workbook.xml").iter(f"{MAIN}sheet"))
            sheet = next((one for one in sheets if one.get("state", "visible") == "visible"), sheets[0])
            targets = {one.get("Id"): one.get("Target", "") for one in _parsed(package, "xl/_rels/workbook.xml.rels")}
            target = targets[sheet.get(f"{RELATIONS}id")]
            with package.open(target.lstrip("/") if target.startswith("/") else f"xl/{target}") as part:
                return _count(part)
    except (LookupError, ET.ParseError, zipfile.BadZipFile, zlib.error, NotImplementedError, OSError):
        return 0


def _parsed(package: zipfile.ZipFile, part: str) -> ET.Element:
    return ET.fromstring(package.read(part))  # noqa: S314  # this process has limits, and expat bounds what entities may grow to


def _count(part: IO[bytes]) -> int:
    """Beginnings of rows, until there are too many. One that lies across two blocks is missed: it is counted roughly."""
    rows = 0
    while rows <= ROWS_LOOKED_AT_MOST and (block := part.read(1 << 18)):
        rows += block.count(b"<row")
    return rows


def _first_sheet(book: Any) -> Sheet:  # noqa: ANN401  # openpyxl's workbook
    sheets = list(book.worksheets)
    if not sheets:
        raise BadInput(text("The workbook has no sheet with cells."))
    used = next((sheet for sheet in sheets if sheet.sheet_state == "visible"), sheets[0])
    used.reset_dimensions()  # what a file says of its own size is not believed
    rows = _bounded(_workbook_rows(used))
    unused = tuple(sheet.title[:CELL_MOST] for sheet in sheets if sheet is not used)[:SHEETS_NAMED_MOST]
    return Sheet(used.title[:CELL_MOST], unused, tuple(rows))


def _workbook_rows(sheet: Any) -> Iterator[Row]:  # noqa: ANN401  # openpyxl's sheet
    for place, cells in enumerate(sheet.iter_rows(max_col=COLUMNS_MOST), start=1):
        yield Row(place, _without_tail(tuple(_cell(cell) for cell in cells)))


def _cell(cell: Any) -> Cell:  # noqa: ANN401  # openpyxl's cell, of one of several classes
    value = cell.value
    if value is None:
        return Cell()
    if cell.data_type == "f":
        return Cell(str(value)[:CELL_MOST], CellKind.FORMULA)
    if cell.data_type == "e":
        return Cell(str(value)[:CELL_MOST], CellKind.ERROR)
    if isinstance(value, bool):
        return Cell("TRUE" if value else "FALSE", CellKind.TRUTH)
    if isinstance(value, datetime | date | time | timedelta):
        return Cell(str(value).removesuffix(" 00:00:00"), CellKind.DATE)
    if isinstance(value, int | float):
        return Cell(_number(value, str(cell.number_format)), CellKind.NUMBER)
    return Cell(str(value)[:CELL_MOST])


def _number(value: float, number_format: str) -> str:
    """``1001.0`` is 1001; a number that is shown with leading zeros is read with them."""
    if isinstance(value, float) and not value.is_integer():
        return repr(value)
    if abs(value) >= 10**15:  # beyond this a spreadsheet's numbers are not exact
        return repr(float(value))
    return str(int(value)).zfill(len(number_format) if re.fullmatch(r"0{2,20}", number_format) else 0)


def _bounded(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows in which something stands, as long as they are few enough."""
    found = characters = 0
    for row in rows:
        if row.place > ROWS_LOOKED_AT_MOST:
            raise BadInput(TOO_MANY)
        if not any(cell.text for cell in row.cells):
            continue
        found += 1
        characters += sum(len(cell.text) for cell in row.cells)
        if found > ROWS_MOST + 1:  # the headings are a row too
            raise BadInput(TOO_MANY)
        if characters > SHEET_CHARACTERS_MOST:
            raise BadInput(TOO_MUCH_TEXT)
        yield row


# ---- text with commas -------------------------------------------------------------------------------------------------


def _read_text(octets: bytes) -> Sheet:
    said = _decoded(octets)
    if re.match(r"\s*<(\?xml|!doctype|html|table)", said[:200], re.IGNORECASE):
        raise BadInput(
            text("This is a web page or XML under the name of a spreadsheet. Open it in the spreadsheet program and save it as .xlsx.")
        )
    separator = max(",;\t", key=said.partition("\n")[0].count)
    csv.field_size_limit(CELL_MOST * COLUMNS_MOST)
    try:
        return Sheet("csv", (), tuple(_bounded(_text_rows(csv.reader(io.StringIO(said, newline=""), delimiter=separator)))))
    except csv.Error as error:
        raise BadInput(text("The text cannot be read as a table: {fault}", fault=str(error))) from error


def _text_rows(rows: Iterable[list[str]]) -> Iterator[Row]:
    for place, cells in enumerate(rows, start=1):
        yield Row(place, _without_tail(tuple(_text_cell(cell) for cell in cells[:COLUMNS_MOST])))


def _text_cell(said: str) -> Cell:
    """``="0012"`` is how zeros are kept in such a file; any other formula is one."""
    kept = re.fullmatch(r'="([^"]*)"', said.strip())
    if kept:
        return Cell(kept[1][:CELL_MOST])
    return Cell(said[:CELL_MOST], CellKind.FORMULA if said.lstrip().startswith("=") else CellKind.TEXT)


def _decoded(octets: bytes) -> str:
    for encoding in ("utf-16",) if octets[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "gb18030"):
        try:
            said = octets.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", said):
            return said
    raise BadInput(text("This is no spreadsheet. Send a workbook (.xlsx) or a text file with commas (.csv)."))


# ---- writing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Workbook:
    """What is to be written: the sheet's name, headings, rows; and a second sheet with notes, a heading and rows too."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes_title: str
    notes: tuple[tuple[str, ...], ...]


def write(book: Workbook) -> bytes:
    """The workbook's octets. Every cell is a text and stays one, also when it begins like a formula."""
    from openpyxl import Workbook as Package  # noqa: PLC0415  # only the process that writes needs it

    package = Package()
    sheet = package.active
    assert sheet is not None
    sheet.title = _sheet_title(book.title)
    _fill(sheet, [book.headings, *book.rows])
    sheet.freeze_panes = "A2"
    notes = package.create_sheet(_sheet_title(book.notes_title))
    _fill(notes, book.notes)
    octets = io.BytesIO()
    package.save(octets)
    return octets.getvalue()


def _sheet_title(title: str) -> str:
    """ECMA-376 part 1, 18.2.19: at most 31 characters, and none of these."""
    return re.sub(r"[\[\]:*?/\\]", " ", title)[:31]


def _fill(sheet: Any, rows: Iterable[tuple[str, ...]]) -> None:  # noqa: ANN401  # openpyxl's sheet
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415
    from openpyxl.styles import Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    widths: dict[int, int] = {}
    for place, cells in enumerate(rows, start=1):
        for column, said in enumerate(cells, start=1):
            cell = sheet.cell(place, column, ILLEGAL_CHARACTERS_RE.sub(" ", said) or None)
            if said:
                cell.data_type = "s"  # not what the text looks like
                cell.quotePrefix = True  # nor does it become a formula when somebody edits the cell
            cell.number_format = "@"
            widths[column] = max(widths.get(column, 0), sum(2 if ord(letter) > 0x2E80 else 1 for letter in said))
    for column, width in widths.items():
        letter = get_column_letter(column)
        sheet.column_dimensions[letter].width = min(max(width + 3, 12), 70)
        sheet.column_dimensions[letter].number_format = "@"  # typed later, 0012 stays 0012
        sheet.cell(1, column).font = Font(bold=True)


# ---- as a process -----------------------------------------------------------------------------------------------------


def work(verb: str, octets: bytes) -> bytes:
    """What the process answers to what it is given: ``read`` a file, or ``write`` a workbook. A refusal is an answer too."""
    if verb == "write":
        given = json.loads(octets)
        rows = {name: tuple(tuple(row) for row in given[name]) for name in ("rows", "notes")}
        return write(Workbook(given["title"], tuple(given["headings"]), rows["rows"], given["notes_title"], rows["notes"]))
    try:
        answer = {"sheet": _as_json(read(octets))}
    except BadInput as refusal:
        answer = {"refused": text_as_json(refusal.text)}
    except MemoryError:
        answer = {"refused": text_as_json(TOO_LARGE)}
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def asked_to_write(book: Workbook) -> bytes:
    """What the process is given to ``write``."""
    return json.dumps(asdict(book), ensure_ascii=False).encode()


def sheet_of(answer: bytes) -> Sheet:
    """What the process answered to ``read``. Raises BadInput with its refusal."""
    given = json.loads(answer)
    if "refused" in given:
        raise BadInput(text_from_json(given["refused"]))
    sheet = given["sheet"]
    rows = tuple(Row(place, tuple(Cell(said, CellKind(kind)) for said, kind in cells)) for place, cells in sheet["rows"])
    return Sheet(sheet["name"], tuple(sheet["unused"]), rows)


def _as_json(sheet: Sheet) -> dict[str, Any]:
    rows = [[row.place, [[cell.text, cell.kind.value] for cell in row.cells]] for row in sheet.rows]
    return {"name": sheet.name, "unused": sheet.unused, "rows": rows}


def _without_tail(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Up to the last cell with something in it."""
    return cells[: max((number for number, cell in enumerate(cells, start=1) if cell.text), default=0)]


def _limit_this_process() -> None:
    import os  # noqa: PLC0415  # the page itself never asks for these
    import resource  # noqa: PLC0415

    os.nice(NICENESS)
    for name, most in LIMITS.items():
        which = getattr(resource, name)
        _soft, hard = resource.getrlimit(which)
        most_now = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (most_now, most_now))
    # openpyxl takes numpy and lxml when they are there: seconds and memory for nothing
    os.environ["OPENPYXL_LXML"] = "False"
    sys.modules["numpy"] = None  # type: ignore[assignment]  # Python's own way to say that a module is not to be found


def main() -> None:
    """One job: octets in, octets out."""
    _limit_this_process()
    sys.stdout.buffer.write(work(sys.argv[1], sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()
