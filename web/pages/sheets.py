"""Agents and extensions as spreadsheets: to take away, and to bring back.

A file that comes is read by a process of its own (``Convert``), judged in the thread for chores, and shown row by row before anything is
saved. What was read is kept here until it is saved or given up, so the file need not be sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from klein import Klein

from engine.control.site_control import Changed
from engine.kernel.errors import BadInput, EnvironmentFault, Refused
from engine.kernel.text import Text, text
from engine.people.actors import Act
from engine.people.pins import made_pin
from engine.settings.edit import fields_of
from engine.settings.sheet import Column, Sheet, Table, exported_rows, heading_of
from engine.settings.sheet_verdicts import Judged, RowVerdict, Verdict, judge
from engine.settings.site import Site
from engine.settings.versions import REASON_MOST
from web.forms import form_rows
from web.house import House, asked
from web.kept import KeptForUsers
from web.saving import saved_said
from web.spreadsheets import ROWS_MOST, Workbook, asked_to_write, sheet_of
from web.visit import PageFault, Visit

__all__ = ["ROWS_A_PAGE", "Convert", "IssuedPins", "Place", "add"]

ROWS_A_PAGE = 100
UPLOADS_MOST = 4
"""Sheets that are kept at one time: each takes some ten megabytes at most."""
SHOWN_MOST = 12
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GONE = text(
    "This sheet is not known any more: it was saved, or given up, or it is too old. Nothing was changed by this. Send the file again."
)

Convert = Callable[[str, bytes, Callable[[bytes], None], Callable[[Exception], None]], None]
"""``convert(verb, octets, done, failed)``: what ``web.spreadsheets.work`` does, elsewhere and later. May refuse at once."""
IssuedPins = KeptForUsers[Mapping[str, str]]
"""PINs that were made, by agent number, until their user has seen them."""

_OTHER_WORDS: Mapping[str, Mapping[str, str]] = {
    "language": {"中文": "zh", "汉语": "zh", "普通话": "zh", "chinese": "zh", "英文": "en", "英语": "en", "english": "en"}
}
"""What people write for values, in small letters."""
VERDICTS: Mapping[Verdict, Text] = {
    Verdict.NEW: text("new"),
    Verdict.CHANGED: text("changed"),
    Verdict.UNCHANGED: text("unchanged"),
    Verdict.FAULTY: text("faulty"),
}
BADGES: Mapping[Verdict, str] = {
    Verdict.NEW: "badge agent-ready",
    Verdict.CHANGED: "badge call-talking",
    Verdict.UNCHANGED: "badge",
    Verdict.FAULTY: "badge line-out_of_service",
}


@dataclass(frozen=True)
class Place:
    """Where a table's pages are, and its words: what the list is called, and what stays out of the sheet."""

    table: Table
    root: str
    label: Text
    remove: Text
    hint: Text


@dataclass
class _Upload:
    """A sheet that was read. ``judged`` against the version of this number; PINs made for it stay the same."""

    file: str
    sheet: Sheet
    remove: bool
    pins: dict[str, str] = field(default_factory=dict)
    judged: Judged | None = None
    number: int = 0


class _Sheets:
    def __init__(self, house: House, convert: Convert, place: Place, issued: IssuedPins) -> None:
        self._house = house
        self._convert = convert
        self._place = place
        self._issued = issued
        self._uploads: KeptForUsers[_Upload] = KeptForUsers(UPLOADS_MOST, house.sessions.new_visit, house.clock.monotonic_ns)

    # ---- out -------------------------------------------------------------------------------------------------------

    async def export(self, visit: Visit) -> bytes:
        """The list as a workbook, without what is secret."""
        site, table = self._house.sites.site, self._place.table
        columns = [column for column in table.columns if not column.secret]
        return await self._workbook(visit, columns, exported_rows(table, site), table.name)

    async def template(self, visit: Visit) -> bytes:
        """An empty workbook with every column."""
        return await self._workbook(visit, list(self._place.table.columns), [], f"{self._place.table.name}-template")

    async def _workbook(self, visit: Visit, columns: list[Column], rows: list[list[str]], name: str) -> bytes:
        reader = visit.reader
        book = Workbook(
            reader.say(self._place.label),
            tuple(heading_of(column, reader.translate) for column in columns),
            tuple(tuple(row) for row in rows),
            reader.say(text("Notes")),
            tuple(self._notes(visit, columns)),
        )
        octets: bytes = await asked(lambda done, failed: self._convert("write", asked_to_write(book), done, failed))
        visit.request.setHeader("content-type", XLSX)
        box = self._house.sites.site.box.id
        visit.request.setHeader("content-disposition", f'attachment; filename="{box}-{name}.xlsx"')
        return octets

    def _notes(self, visit: Visit, columns: list[Column]) -> list[tuple[str, ...]]:
        """What may stand in each column, as the forms say it."""
        say = visit.reader.say
        ranges = {row.name: row.range for row in form_rows(fields_of(self._place.table.section), {})}
        head = (say(text("Column")), say(text("Meaning")), say(text("May be")))
        lines = [(heading_of(column, visit.reader.translate), say(column.help), say(ranges.get(column.key, ""))) for column in columns]
        return [head, *lines, ("", say(self._place.hint), "")]

    # ---- in --------------------------------------------------------------------------------------------------------

    def ask_for_file(self, visit: Visit) -> bytes:
        """The form for the file."""
        return self._file_form(visit, (), 200)

    def _file_form(self, visit: Visit, faults: tuple[Text, ...], status: int) -> bytes:
        values = {
            "place": self._place,
            "faults": faults,
            "columns": [(heading_of(column, visit.reader.translate), column) for column in self._place.table.columns],
            "rows_most": ROWS_MOST,
            "remove": visit.value("remove") == "true",
        }
        return visit.page("sheets/import.html", values, status)

    async def take_file(self, visit: Visit) -> bytes:
        """The file: read it, judge it, and go on to what it would do."""
        sent = visit.file("file")
        if sent is None:
            return self._file_form(visit, (text("Choose a file first."),), 400)
        name, octets = sent
        chores = self._house.chores
        try:
            answer: bytes = await asked(lambda done, failed: self._convert("read", octets, done, failed))
            sheet: Sheet = await asked(lambda done, failed: chores.submit(lambda: sheet_of(answer), done, failed))
            upload = _Upload(name, sheet, visit.value("remove") == "true")
            await self._judge(upload)
        except (BadInput, Refused) as refusal:
            self._house.log(f"web: {visit.actor.about} sent {name!a} ({len(octets)} B): refused: {refusal}")
            return self._file_form(visit, (refusal.text,), 409 if isinstance(refusal, Refused) else 400)
        return visit.go(f"{self._place.root}/import/{self._uploads.keep(visit.actor.about, upload)}")

    async def _judge(self, upload: _Upload) -> Judged:
        """What the sheet would do to the site in force; judged anew when that has changed. Raises BadInput."""
        sites = self._house.sites
        number, site = sites.note.number, sites.site
        known = upload.judged
        if known is not None and upload.number == number:
            return known
        chores = self._house.chores
        judged: Judged = await asked(lambda done, failed: chores.submit(lambda: self._judged(upload, site), done, failed))
        upload.judged, upload.number = judged, number
        return judged

    def _judged(self, upload: _Upload, site: Site) -> Judged:
        """In the thread for chores."""
        return judge(
            self._place.table,
            site,
            upload.sheet,
            translates=[reader.translate for reader in self._house.renderer.readers.values()],
            words=_OTHER_WORDS,
            make_pin=lambda number: upload.pins.setdefault(number, made_pin(self._house.sessions.new_visit())),
            remove=upload.remove,
        )

    # ---- preview ---------------------------------------------------------------------------------------------------

    async def preview(self, visit: Visit, name: str) -> bytes:
        """Every row's verdict."""
        upload = self._find(visit, name)
        return self._shown(visit, name, upload, await self._judge(upload), (), 200)

    async def save(self, visit: Visit, name: str) -> bytes:
        """The reason was given, or the sheet was given up."""
        upload = self._find(visit, name)
        if visit.value("act") == "give up":
            self._uploads.drop(name)
            return visit.go(self._place.root)
        judged = await self._judge(upload)
        why, seen = visit.value("why", REASON_MOST + 1), visit.value("base", 12)
        base = min(upload.number, int(seen) if seen.isascii() and seen.isdigit() else 0)
        sites, new = self._house.sites, judged.site
        if new is None:
            return self._shown(visit, name, upload, judged, (text("Nothing was saved: rows are faulty."),), 400)
        try:
            changed: Changed = await asked(lambda done, failed: sites.change(visit.actor, new, why, done, failed, base=base))
        except (Refused, BadInput) as refusal:
            return self._shown(visit, name, upload, await self._judge(upload), (refusal.text,), 409)
        except EnvironmentFault as fault:
            self._house.log(f"web: the settings could not be kept: {fault}")
            return self._shown(visit, name, upload, judged, (fault.text,), 503)
        self._uploads.drop(name)
        assert visit.session is not None
        visit.session.news = saved_said(changed)
        if not judged.pins:
            return visit.go(self._place.root)
        return visit.go(f"/agents/pins/{self._issued.keep(visit.actor.about, dict(judged.pins))}")

    def _find(self, visit: Visit, name: str) -> _Upload:
        found = self._uploads.find(name, visit.actor.about)
        if found is None:
            raise PageFault(404, GONE)
        return found

    def _shown(self, visit: Visit, name: str, upload: _Upload, judged: Judged, refused: tuple[Text, ...], status: int) -> bytes:
        counts = {verdict: judged.count(verdict) for verdict in Verdict}
        usual = Verdict.FAULTY.value if counts[Verdict.FAULTY] else "all"
        show = visit.value("show", 12)
        show = show if show in {"all", *(verdict.value for verdict in Verdict)} else usual
        rows = [row for row in judged.rows if show in {"all", row.verdict.value}]
        typed = visit.value("page", 4)
        page = min(int(typed) if typed.isascii() and typed.isdigit() else 0, max(0, len(rows) - 1) // ROWS_A_PAGE)
        labels = {column.key: column.label for column in self._place.table.columns}
        values = {
            "place": self._place,
            "upload": upload,
            "address": f"{self._place.root}/import/{quote(name)}",
            "judged": judged,
            "columns": [(key, labels[key]) for key in judged.columns],
            "rows": [_row(row) for row in rows[page * ROWS_A_PAGE : (page + 1) * ROWS_A_PAGE]],
            "tabs": [("all", text("all rows"), len(judged.rows)), *((one.value, VERDICTS[one], counts[one]) for one in Verdict)],
            "show": show,
            "page": page,
            "pages": 1 + max(0, len(rows) - 1) // ROWS_A_PAGE,
            "counts": {verdict.value: count for verdict, count in counts.items()},
            "differs": judged.site is not None and judged.site != self._house.sites.site,
            "removed": judged.removed[:SHOWN_MOST],
            "base": upload.number,
            "refused": refused,
            "why": visit.value("why", REASON_MOST + 1),
            "reason_most": REASON_MOST,
        }
        return visit.page("sheets/preview.html", values, status)


def _row(row: RowVerdict) -> dict[str, object]:
    """A row for the template."""
    return {
        "row": row,
        "verdict": VERDICTS[row.verdict],
        "badge": BADGES[row.verdict],
        "changes": {change.column: change for change in row.changes},
        "faults": {fault.column: fault.said for fault in row.faults},
    }


def add(app: Klein, house: House, convert: Convert, place: Place, issued: IssuedPins) -> None:
    """Put these pages below the table's own address."""
    sheets = _Sheets(house, convert, place, issued)
    house.add(app, f"{place.root}/export.xlsx", Act.SEE_SITE, sheets.export)
    house.add(app, f"{place.root}/template.xlsx", Act.SEE_SITE, sheets.template)
    house.add(app, f"{place.root}/import", Act.CHANGE_SITE, sheets.ask_for_file)
    house.add(app, f"{place.root}/import", Act.CHANGE_SITE, sheets.take_file, ("POST",), upload=True)
    house.add(app, f"{place.root}/import/<name>", Act.CHANGE_SITE, sheets.preview)
    house.add(app, f"{place.root}/import/<name>", Act.CHANGE_SITE, sheets.save, ("POST",))
