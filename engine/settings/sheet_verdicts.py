"""What a sheet would do to a site: a verdict on every row, a sentence for every faulty cell, and the site that comes of it.

Pure. Nothing is half done: there is a new site only when no row is faulty. A row is known by its first column (an agent's number, a
phone's name); a column that is not there leaves what it would say as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from engine.kernel.errors import BadInput
from engine.kernel.text import Text, text
from engine.settings.build import build_entry
from engine.settings.checks import check_site
from engine.settings.edit import ENTRIES_MOST, Kind
from engine.settings.faults import path_shown
from engine.settings.membership import serving
from engine.settings.sheet import (
    AGENTS,
    QUEUES,
    TEXT_SHOWN_MOST,
    Cell,
    CellKind,
    Heading,
    Row,
    Sheet,
    Table,
    Translate,
    columns_named,
    headings,
    plain_text,
)
from engine.settings.show import MASK
from engine.settings.site import QueueSection, Site, StationSection
from engine.settings.versions import node_of

__all__ = ["CellChange", "CellFault", "Judged", "RowVerdict", "Verdict", "judge"]

HEADINGS_WITHIN = 10
"""A title may stand above the headings; below this row nobody looks for them."""

_NEVER_EMPTY = {Kind.WHOLE, Kind.NUMBER, Kind.YES_NO}
"""An empty cell of such a column leaves the setting as it is."""


class Verdict(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAULTY = "faulty"


@dataclass(frozen=True)
class CellFault:
    """What is wrong with a cell; ``column`` is its key."""

    column: str
    said: Text


@dataclass(frozen=True)
class CellChange:
    """What a row changes. Secrets are masked."""

    column: str
    old: str
    new: str


@dataclass(frozen=True)
class RowVerdict:
    """A row: its number in the sheet, the entry it is about, its cells as they were read (secrets masked), and the verdict."""

    place: int
    key: str
    verdict: Verdict
    shown: Mapping[str, str]
    changes: tuple[CellChange, ...] = ()
    faults: tuple[CellFault, ...] = ()


@dataclass(frozen=True)
class Judged:
    """The whole sheet. ``site`` is None when a row or the whole is faulty; ``pins`` are those that were made for new agents, by number;
    ``faults`` belong to no single row; ``unknown`` headings were passed over.
    """

    columns: tuple[str, ...]
    rows: tuple[RowVerdict, ...]
    removed: tuple[str, ...]
    unknown: tuple[str, ...]
    faults: tuple[Text, ...]
    pins: Mapping[str, str]
    site: Site | None

    def count(self, verdict: Verdict) -> int:
        """How many rows have this verdict."""
        return sum(row.verdict is verdict for row in self.rows)


@dataclass
class _Draft:
    """A row while it is judged. ``entry`` is None as long as a field is faulty; ``old`` is the entry of the site, if any."""

    place: int
    key: str
    shown: dict[str, str]
    typed: dict[str, str] = field(default_factory=dict)
    faults: list[CellFault] = field(default_factory=list)
    old: Any = None
    entry: Any = None
    queues: frozenset[str] | None = None
    old_queues: frozenset[str] = frozenset()

    def fault(self, column: str, said: Text) -> None:
        """Note what is wrong, one sentence a cell."""
        if all(known.column != column for known in self.faults):
            self.faults.append(CellFault(column, said))

    @property
    def differs(self) -> bool:
        """True when the entry is new or becomes another."""
        return self.entry != self.old or (self.queues is not None and self.queues != self.old_queues)


def judge(
    table: Table,
    site: Site,
    sheet: Sheet,
    *,
    translates: Sequence[Translate],
    words: Mapping[str, Mapping[str, str]],
    make_pin: Callable[[str], str],
    remove: bool = False,
) -> Judged:
    """Judge every row. ``translates`` are the languages in which headings may be written; ``words`` other writings of values, by column;
    ``make_pin`` makes one for the agent of a number; ``remove``: entries that are not in the sheet go. Raises BadInput when the first row does not name the columns or nothing follows it.
    """
    head, rows = _parted(table, sheet, translates)
    drafts = [_read(table, row, head.keys, words) for row in rows]
    _know(table, site, drafts)
    pins = _build(table, drafts, make_pin)
    kept = {draft.key for draft in drafts}
    removed = tuple(key for key in _keys(table, site) if key not in kept) if remove else ()
    _tell_doubles(table, drafts)
    if table is AGENTS:
        _find_queues(site, drafts)
    else:
        _tell_clashes(site, drafts, frozenset(removed))
    verdicts = tuple(_verdict(table, draft) for draft in drafts)
    new, faults = _whole(table, site, drafts, frozenset(removed))
    if any(row.verdict is Verdict.FAULTY for row in verdicts):
        new = None
    return Judged(tuple(head.keys.values()), verdicts, removed, head.unknown, faults, pins, new)


# ---- reading rows -----------------------------------------------------------------------------------------------------


def _parted(table: Table, sheet: Sheet, translates: Sequence[Translate]) -> tuple[Heading, list[Row]]:
    """The headings and the rows below them. A title may stand above: of the first rows the one that names most columns counts."""
    if not sheet.rows:
        raise BadInput(text("The sheet {sheet} is empty.", sheet=sheet.name))
    first = sheet.rows[:HEADINGS_WITHIN]
    number = max(range(len(first)), key=lambda at: (columns_named(table, first[at], translates), -at))
    head = headings(table, first[number], translates)
    rows = [row for row in sheet.rows[number + 1 :] if any(_at(row, place).text.strip() for place in head.keys)]
    if not rows:
        raise BadInput(text("The sheet {sheet} has headings, and nothing below them.", sheet=sheet.name))
    return head, rows


def _at(row: Row, place: int) -> Cell:
    return row.cells[place] if place < len(row.cells) else Cell()


def _read(table: Table, row: Row, keys: Mapping[int, str], words: Mapping[str, Mapping[str, str]]) -> _Draft:
    secrets = {column.key for column in table.columns if column.secret}
    kinds = _kinds(table)
    draft = _Draft(row.place, "", {})
    for place, column in keys.items():
        cell = _at(row, place)
        said = cell.text.strip() if column == "name" and table is AGENTS else plain_text(cell.text)
        said = words.get(column, {}).get(said.casefold(), said)
        draft.shown[column] = MASK if said and column in secrets else said
        wrong = _wrong_kind(cell, draft.shown[column], kinds[column])
        if wrong is not None:
            draft.fault(column, wrong)
        draft.typed[column] = said
    draft.key = draft.typed[table.key]
    if not draft.key:
        draft.fault(table.key, text("This cell is empty; it says which one the row is about."))
    return draft


def _kinds(table: Table) -> Mapping[str, str]:
    return {column.key: column.kind for column in table.columns}


def _wrong_kind(cell: Cell, shown: str, kind: str) -> Text | None:
    shown = shown[:TEXT_SHOWN_MOST]
    match cell.kind:
        case CellKind.DATE:
            return text("The spreadsheet program made a date of this: {shown}. Format the column as text and type it anew.", shown=shown)
        case CellKind.FORMULA:
            return text("This is a formula. Replace it by its value (copy, paste values only).")
        case CellKind.ERROR:
            return text("The spreadsheet program shows the fault {shown} here.", shown=shown)
        case CellKind.NUMBER if kind != Kind.NUMBER and not re.fullmatch(r"[0-9]+", cell.text):
            return text("{shown} is no whole number. Format the column as text and type it anew.", shown=shown)
        case CellKind.NUMBER:
            return None
        case CellKind.TRUTH if kind != Kind.YES_NO:
            return text("{shown} is a truth value. Format the column as text and type it anew.", shown=shown)
    return None


def _know(table: Table, site: Site, drafts: list[_Draft]) -> None:
    """Find the site's entry of each row; say when only leading zeros are between them."""
    entries = {str(getattr(entry, table.key)): entry for entry in getattr(site, table.name)}
    zeros = {key.lstrip("0"): key for key in [*entries, *(draft.key for draft in drafts)] if key.startswith("0")}
    for draft in drafts:
        draft.old = entries.get(draft.key)
        whole = zeros.get(draft.key.lstrip("0")) if draft.old is None and table is AGENTS else None
        if whole is not None and len(whole) > len(draft.key) > 0:
            said = text("Are leading zeros lost? There is {whole} too. Format the column as text and type it anew.", whole=whole)
            draft.fault(table.key, said)


def _build(table: Table, drafts: list[_Draft], make_pin: Callable[[str], str]) -> dict[str, str]:
    """Make each row's entry. New agents without a PIN get one, which is told."""
    pins: dict[str, str] = {}
    kinds = _kinds(table)
    secrets = {column.key for column in table.columns if column.secret}
    for draft in drafts:
        plain = {column.key: _as_plain(getattr(draft.old, column.key)) for column in table.columns if hasattr(draft.old, column.key)}
        for column, said in draft.typed.items():
            if column != QUEUES and (said or (column not in secrets and kinds[column] not in _NEVER_EMPTY)):
                plain[column] = _plain(kinds[column], said)
        if draft.key and draft.old is None and table is AGENTS and not plain.get("pin"):
            plain["pin"] = pins[draft.key] = make_pin(draft.key)
        draft.entry, faults = build_entry(table.section, node_of(plain))
        for found in faults:
            column = str(found.path[0])
            draft.fault(column if column in draft.typed else table.key, _spoken(found.said, column, draft))
    return pins


def _as_plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _plain(kind: str, said: str) -> object:
    """What a cell's text is as a value of its column; a text that is none goes on as it is, and the field says what it wants."""
    if kind in {Kind.WHOLE, Kind.NUMBER} and re.fullmatch(r"-?[0-9]{1,9}", said):
        return int(said)
    if kind == Kind.NUMBER and re.fullmatch(r"-?[0-9]{1,9}\.[0-9]{1,9}", said):
        return float(said)
    if kind == Kind.NAMES:
        return [part for part in re.split(r"[\s,;，；、]+", said) if part]
    if kind == Kind.YES_NO:
        return {"true": True, "false": False}.get(said.casefold(), said)
    return said


def _spoken(said: Text, column: str, draft: _Draft) -> Text:
    """A short PIN in a number's cell has most likely lost its zeros; and what is simply empty is not explained at length."""
    if column == "pin" and re.fullmatch(r"[0-9]{1,3}", draft.typed.get("pin", "")):
        return text("A PIN has 4 to 8 digits. If it began with zeros, format the column as text and type it anew.")
    if not draft.typed.get(column):
        return text("missing")
    return said


# ---- what rows have to do with each other and with the site --------------------------------------------------------------


def _keys(table: Table, site: Site) -> list[str]:
    return [str(getattr(entry, table.key)) for entry in getattr(site, table.name)]


def _tell_doubles(table: Table, drafts: list[_Draft]) -> None:
    first: dict[str, int] = {}
    for draft in drafts:
        if not draft.key:
            continue
        if draft.key in first:
            draft.fault(table.key, text("{key} stands in row {row} already.", key=draft.key, row=first[draft.key]))
        else:
            first[draft.key] = draft.place


def _find_queues(site: Site, drafts: list[_Draft]) -> None:
    """Which queues the rows name, by name or by title."""
    called = _queues_called(site)
    serves = serving(site)
    known = ", ".join(queue.name for queue in site.queues) or "-"
    for draft in drafts:
        draft.old_queues = frozenset(serves.get(draft.key, ()))
        if QUEUES not in draft.typed:
            continue
        asked = [part.strip() for part in re.split(r"[,;、\n]", draft.typed[QUEUES]) if part.strip()]
        lost = [part for part in asked if part.casefold() not in called]
        if lost:
            said = text("There is no queue {name}; there are {known}.", name=", ".join(lost)[:TEXT_SHOWN_MOST], known=known)
            draft.fault(QUEUES, said)
        draft.queues = frozenset(called[part.casefold()] for part in asked if part.casefold() in called)


def _queues_called(site: Site) -> dict[str, str]:
    """The queues by their names, and by those titles that only one of them has."""
    titles = [plain_text(queue.title).casefold() for queue in site.queues]
    by_title = {title: queue.name for title, queue in zip(titles, site.queues, strict=True) if titles.count(title) == 1}
    return by_title | {queue.name: queue.name for queue in site.queues}


def _tell_clashes(site: Site, drafts: list[_Draft], removed: frozenset[str]) -> None:
    """Names, channels and extensions are each given once. What stays as it is has them first; of two rows the earlier one."""
    moving = {draft.key for draft in drafts if draft.entry is not None and draft.differs}
    taken = _Taken(site)
    for station in site.stations:
        if station.name not in moving and station.name not in removed:
            taken.take(station, text("the phone {name}", name=station.name))
    for draft in drafts:
        if draft.entry is None or draft.key not in moving:
            continue
        for column, said in taken.against(draft.entry):
            draft.fault(column, said)
        if not draft.faults:
            taken.take(draft.entry, text("row {row}", row=draft.place))


class _Taken:
    """Names, channels and extensions that are given, and to whom."""

    def __init__(self, site: Site) -> None:
        self._prefix = site.desk.outside_prefix
        self._lines = {trunk.name for trunk in site.trunks}
        self._channels: dict[int, Text] = {trunk.channel: text("the line {name}", name=trunk.name) for trunk in site.trunks}
        self._extensions: dict[str, Text] = {}
        self._beginnings: dict[str, str] = {}
        """The beginnings of every extension, and one that begins so."""

    def take(self, station: StationSection, owner: Text) -> None:
        """From now on this is given."""
        self._channels.setdefault(station.channel, owner)
        self._extensions.setdefault(station.extension, owner)
        for length in range(1, len(station.extension)):
            self._beginnings.setdefault(station.extension[:length], station.extension)

    def against(self, station: StationSection) -> Iterator[tuple[str, Text]]:
        """What stands against it: column and sentence."""
        if station.name in self._lines:
            yield "name", text("An exchange line is called {name}.", name=station.name)
        if station.channel in self._channels:
            yield "channel", text("Channel {channel} belongs to {owner}.", channel=station.channel, owner=self._channels[station.channel])
        extension = station.extension
        if extension in self._extensions:
            yield "extension", text("Extension {extension} belongs to {owner}.", extension=extension, owner=self._extensions[extension])
        longer = self._beginnings.get(extension)
        if longer is not None:
            yield "extension", _begins(extension, longer)
        for length in range(1, len(extension)):
            if extension[:length] in self._extensions:
                yield "extension", _begins(extension[:length], extension)
        if extension.startswith(self._prefix):
            said = text(
                "{extension} begins with {prefix}, which is dialled before outside numbers.", extension=extension, prefix=self._prefix
            )
            yield "extension", said


def _begins(shorter: str, longer: str) -> Text:
    return text("{shorter} is the beginning of {longer}: dialling would stop at it.", shorter=shorter, longer=longer)


# ---- the outcome --------------------------------------------------------------------------------------------------------


def _verdict(table: Table, draft: _Draft) -> RowVerdict:
    if draft.faults or draft.entry is None:
        return RowVerdict(draft.place, draft.key, Verdict.FAULTY, draft.shown, faults=tuple(draft.faults))
    if draft.old is None:
        return RowVerdict(draft.place, draft.key, Verdict.NEW, draft.shown)
    changes = tuple(_changes(table, draft))
    return RowVerdict(draft.place, draft.key, Verdict.CHANGED if changes else Verdict.UNCHANGED, draft.shown, changes)


def _changes(table: Table, draft: _Draft) -> Iterator[CellChange]:
    for column in table.columns:
        if column.key == QUEUES:
            if draft.queues is not None and draft.queues != draft.old_queues:
                yield CellChange(QUEUES, ", ".join(sorted(draft.old_queues)), ", ".join(sorted(draft.queues)))
            continue
        old, new = getattr(draft.old, column.key), getattr(draft.entry, column.key)
        if old != new:
            yield CellChange(column.key, MASK, MASK) if column.secret else CellChange(column.key, str(old), str(new))


def _whole(table: Table, site: Site, drafts: list[_Draft], removed: frozenset[str]) -> tuple[Site | None, tuple[Text, ...]]:
    """The site that comes of it, and what is wrong with it as a whole."""
    sound = {draft.key: draft for draft in drafts if draft.entry is not None and not draft.faults}
    entries = [
        sound[key].entry if key in sound else entry
        for key, entry in zip(_keys(table, site), getattr(site, table.name), strict=True)
        if key not in removed
    ]
    entries += [draft.entry for draft in sound.values() if draft.old is None]
    if len(entries) > ENTRIES_MOST:
        return None, (text("There would be {count} entries; {most} are possible.", count=len(entries), most=ENTRIES_MOST),)
    if table is AGENTS:
        new = replace(site, agents=tuple(entries), queues=tuple(_served(queue, sound, removed) for queue in site.queues))
    else:
        new = replace(site, stations=tuple(entries))
    if len(sound) < len(drafts):
        return None, ()
    faults = tuple(Text("{setting}: {said}", {"setting": path_shown(path), "said": said}) for path, said in check_site(new))
    return (None if faults else new), faults


def _served(queue: QueueSection, sound: Mapping[str, _Draft], removed: frozenset[str]) -> QueueSection:
    """The queue with the agents whom the sheet gives it: who is there keeps the place, who comes stands at the end."""

    def stays(number: str) -> bool:
        draft = sound.get(number)
        return number not in removed and (draft is None or draft.queues is None or queue.name in draft.queues)

    agents = [number for number in queue.agents if stays(number)]
    agents += _joining(queue.name, sound.values(), frozenset(agents))
    return replace(queue, agents=tuple(agents)) if tuple(agents) != queue.agents else queue


def _joining(queue: str, drafts: Iterable[_Draft], there: frozenset[str]) -> list[str]:
    return [draft.key for draft in drafts if draft.queues is not None and queue in draft.queues and draft.key not in there]
