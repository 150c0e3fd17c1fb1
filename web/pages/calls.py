"""The call list, one call with its time line, and its recordings for listening."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from klein import Klein
from twisted.web.static import File

from engine import facts
from engine.control.narration import sentence
from engine.control.window import CallStory, RecordingFile
from engine.kernel.text import Text, text
from engine.people.actors import Act
from engine.settings.e1_lines import e1_trunks
from engine.store.queries import DIRECTIONS, CallFilter, CallRow, Moment, RecordedRow
from engine.telephony.media import SAMPLE_RATE_HZ
from web.call_about import CallAbout
from web.contact_line import WIDTH, contact_line, holes_of
from web.house import House, asked
from web.sessions import HEARD_MOST
from web.visit import PageFault, Visit
from web.waveform import COLUMNS, Peaks, PeaksKept, read_peaks, svg_path

__all__ = ["ROWS_A_PAGE", "add"]

ROWS_A_PAGE = 50
PAGES_MOST = 1000
MS_A_MIN = 60_000
DATE_WRITTEN = 10
ONE_RANGE = re.compile(r"bytes=([0-9]{1,15}-[0-9]{0,15}|-[0-9]{1,15})", re.ASCII)
LEFT_COLOUR = "#1d9a95"
RIGHT_COLOUR = "#cf7626"
GAP_COLOUR = "#8a939c"
"""Of the two tracks: readable on light and dark ground; the legend in the style sheet has the same."""
NO_CALL = text("There is no such call. Perhaps it is older than this box remembers.")
NO_RECORDING = text("There is no such recording, it is not complete yet, or its file was taken away.")


@dataclass(frozen=True)
class _Asked:
    """What stands in the filter form, as it was typed, and the page of the list (from 0)."""

    words: str
    agent: str
    queue: str
    way: str
    since: str
    until: str
    page: int

    def query(self, page: int) -> str:
        """The same list at another page, as the query of an address."""
        values = {"q": self.words, "agent": self.agent, "queue": self.queue, "way": self.way, "since": self.since, "until": self.until}
        chosen = {name: value for name, value in values.items() if value}
        return urlencode({**chosen, "page": str(page)} if page else chosen)

    @property
    def is_empty(self) -> bool:
        """True when nothing is filtered."""
        return not self.query(0)


class _Calls:
    def __init__(self, house: House) -> None:
        self._house = house
        self._peaks = PeaksKept()

    # ---- the list --------------------------------------------------------------------------------------------------

    async def calls(self, visit: Visit) -> bytes:
        """The list, filtered."""
        wanted = _read_form(visit)
        offset_min = self._house.clock.utc_offset_min()
        filter_ = CallFilter(
            words=wanted.words,
            agent=wanted.agent,
            queue=wanted.queue,
            direction=wanted.way if wanted.way in DIRECTIONS else "",
            since_utc_ms=_midnight(wanted.since, 0, offset_min),
            until_utc_ms=_midnight(wanted.until, 1, offset_min),
        )
        ask = self._house.window.calls
        offset = wanted.page * ROWS_A_PAGE
        rows: list[CallRow] = await asked(lambda done, failed: ask(visit.actor, filter_, ROWS_A_PAGE + 1, offset, done, failed))
        return self._list(visit, wanted, rows)

    def _list(self, visit: Visit, wanted: _Asked, rows: list[CallRow]) -> bytes:
        site = self._house.window.site
        values = {
            "asked": wanted,
            "rows": rows[:ROWS_A_PAGE],
            "days": _days(rows[:ROWS_A_PAGE], visit),
            "newer": wanted.query(wanted.page - 1) if wanted.page else None,
            "older": wanted.query(wanted.page + 1) if len(rows) > ROWS_A_PAGE and wanted.page + 1 < PAGES_MOST else None,
            "agents": [(agent.number, agent.name) for agent in site.agents],
            "names": {agent.number: agent.name for agent in site.agents},
            "queues": [(queue.name, queue.title or queue.name) for queue in site.queues],
            "titles": {queue.name: queue.title or queue.name for queue in site.queues},
            "ways": DIRECTIONS,
            "simulated": site.box.hardware == "simulated",
        }
        return visit.page("calls/list.html", values)

    # ---- one call --------------------------------------------------------------------------------------------------

    async def call(self, visit: Visit, call: str) -> bytes:
        """One call's page."""
        ask = self._house.window.call
        story: CallStory | None = await asked(lambda done, failed: ask(visit.actor, call, done, failed))
        if story is None:
            raise PageFault(404, NO_CALL)
        return self._story(visit, story)

    def _story(self, visit: Visit, story: CallStory) -> bytes:
        site = self._house.window.site
        whole = [row for row in story.recordings if row.state in {"whole", "mended"} and row.samples]
        isdn = {line.name for trunk in e1_trunks(site) if trunk.section.isdn for line in trunk.lines}
        values = {
            "row": story.row,
            "recordings": story.recordings,
            "playable": {row.recording for row in whole},
            "length_s": {row.recording: f"{(row.samples or 0) / SAMPLE_RATE_HZ:.3f}" for row in whole},
            "moments": list(_told(story.moments, whole)),
            "about": CallAbout.of(story, isdn=story.row.line in isdn),
            "calls": story.calls,
            "line": contact_line(story.segments),
            "width": WIDTH,
            "names": {agent.number: agent.name for agent in site.agents},
            "titles": {queue.name: queue.title or queue.name for queue in site.queues},
            "numbers": {trunk.name: trunk.number for trunk in site.trunks}
            | {line.name: trunk.section.number for trunk in e1_trunks(site) for line in trunk.lines},
        }
        return visit.page("calls/call.html", values)

    # ---- recordings ------------------------------------------------------------------------------------------------

    async def recording(self, visit: Visit, recording: str) -> File:
        """The file. Browsers seek in it by asking for ranges (RFC 9110, clause 14), which ``File`` answers."""
        file = await self._find(visit, recording)
        session = visit.session
        assert session is not None
        if recording not in session.heard:
            if len(session.heard) < HEARD_MOST:
                session.heard.add(recording)
            self._house.window.heard(session.user.name, file.row)
        if not ONE_RANGE.fullmatch(visit.header("range")):
            visit.request.requestHeaders.removeHeader(b"range")  # what makes no sense may be passed over (clause 14.2)
        visit.request.setHeader("content-disposition", f'inline; filename="{file.path.name}"')
        served = File(str(file.path))
        served.type, served.encoding = "audio/wav", None
        served.isLeaf = True
        return served

    async def waveform(self, visit: Visit, recording: str) -> bytes:
        """Both tracks as a picture: the left one above, the right one below."""
        file = await self._find(visit, recording)
        peaks = self._peaks.get(recording)
        if peaks is None:
            chores = self._house.chores
            try:
                read: Peaks = await asked(lambda done, failed: chores.submit(lambda: read_peaks(file.path), done, failed))
            except OSError as error:
                raise PageFault(404, NO_RECORDING) from error
            self._peaks.put(recording, read)
            peaks = read
        visit.request.setHeader("content-type", "image/svg+xml")
        visit.request.setHeader("cache-control", "private, max-age=3600")
        return _drawn(peaks, file.row)

    async def _find(self, visit: Visit, recording: str) -> RecordingFile:
        ask = self._house.window.recording
        file: RecordingFile | None = await asked(lambda done, failed: ask(visit.actor, recording, done, failed))
        if file is None or not file.path.is_file():
            raise PageFault(404, NO_RECORDING)
        return file


# ---- parsing and telling ---------------------------------------------------------------------------------------------


def _read_form(visit: Visit) -> _Asked:
    page = visit.value("page", 6)
    number = int(page) if page.isascii() and page.isdigit() else 0
    return _Asked(
        words=visit.value("q", 60),
        agent=visit.value("agent", 20),
        queue=visit.value("queue", 40),
        way=visit.value("way", 20),
        since=_date(visit.value("since", DATE_WRITTEN)),
        until=_date(visit.value("until", DATE_WRITTEN)),
        page=min(number, PAGES_MOST - 1),
    )


def _date(written: str) -> str:
    """The date as the browser wrote it, or empty for anything else: a list without this filter is better than no list."""
    try:
        return date.fromisoformat(written).isoformat()
    except ValueError:
        return ""


def _midnight(written: str, days_later: int, offset_min: int) -> int | None:
    """UTC ms of the beginning of a day of the site."""
    if not written:
        return None
    begin = datetime.fromisoformat(written).replace(tzinfo=UTC)
    try:
        begin += timedelta(days=days_later)
    except OverflowError:
        return None
    return round(begin.timestamp() * 1000) - offset_min * MS_A_MIN


def _days(rows: list[CallRow], visit: Visit) -> dict[str, str]:
    """The day of each call that is the first of its day in the list."""
    days: dict[str, str] = {}
    before = ""
    for row in rows:
        day = visit.reader.date(row.arrived_utc_ms, row.utc_offset_min)
        if day != before:
            days[row.call] = day
        before = day
    return days


def _told(moments: tuple[Moment, ...], recordings: list[RecordedRow]) -> Iterator[dict[str, object]]:
    """The time line: when, what, and where in a recording."""
    for moment in moments:
        said = _sentence(moment.fact)
        if said is None:
            continue
        within = _within(moment.utc_ms, recordings)
        yield {
            "utc_ms": moment.utc_ms,
            "said": said,
            "recording": within.recording if within else "",
            "at_s": f"{(moment.utc_ms - within.started_utc_ms) / 1000:.2f}" if within else "",
            "kind": type(moment.fact).__name__,
        }


def _within(utc_ms: int, recordings: list[RecordedRow]) -> RecordedRow | None:
    for row in recordings:
        length_ms = (row.samples or 0) * 1000 // SAMPLE_RATE_HZ
        if 0 <= utc_ms - row.started_utc_ms <= length_ms:
            return row
    return None


def _sentence(fact: facts.Fact) -> Text | None:
    """As in the terminal, but for what only makes sense there: the path of a file."""
    match fact:
        case facts.RecordingStarted():
            return text("The recording begins.")
        case facts.RecordingEnded(samples=samples):
            return text("The recording is complete: {seconds} s.", seconds=f"{samples / SAMPLE_RATE_HZ:.1f}")
        case facts.RecordingHeard(user=user):
            return text("User {user} opens the recording.", user=user)
    return sentence(fact, Path())


def _drawn(peaks: Peaks, row: RecordedRow) -> bytes:
    """Where a party took no part its half is grey."""
    width = 2 * max(COLUMNS, len(peaks.left))
    holes = "".join(
        f'<rect x="{hole.x}" y="{0 if hole.track == "left" else 60}" width="{hole.width}" height="60" fill="{GAP_COLOUR}" fill-opacity="0.35"/>'
        for hole in holes_of(row, width)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 120" preserveAspectRatio="none">{holes}'
        f'<path d="{svg_path(peaks.left, 30, 28)}" stroke="{LEFT_COLOUR}" stroke-width="1.4" fill="none"/>'
        f'<path d="{svg_path(peaks.right, 90, 28)}" stroke="{RIGHT_COLOUR}" stroke-width="1.4" fill="none"/>'
        "</svg>"
    ).encode()


def add(app: Klein, house: House) -> None:
    """Put these pages to their addresses."""
    calls = _Calls(house)
    house.add(app, "/calls", Act.SEE_CALLS, calls.calls)
    house.add(app, "/calls/<call>", Act.SEE_CALLS, calls.call)
    house.add(app, "/recordings/<recording>", Act.LISTEN, calls.recording)
    house.add(app, "/recordings/<recording>/waveform.svg", Act.LISTEN, calls.waveform)
