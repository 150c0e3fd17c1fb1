"""Endpoints: calls of the past and their recordings."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from twisted.web.static import File

from engine.control.window import CallStory, RecordingFile
from engine.facts import fact_to_record
from engine.people.actors import Act
from engine.store.queries import DIRECTIONS, CallFilter, CallRow, Moment, RecordedRow
from web.api.derived import ANY_TEXT, group_of
from web.api.endpoint import BASE, TAKEN, Ask, Endpoint, Inside, Media, Parameter, call_id
from web.api.faults import ApiFault
from web.api.news import said_of
from web.api.shapes import WHOLE_MOST, Entry, Group, Items, Maybe, Plain, Table, Whole, Words, YesNo
from web.house import asked
from web.pages.calls import NO_CALL, NO_RECORDING, ONE_RANGE
from web.render import Reader

__all__ = ["CALLS_A_PAGE_MOST", "ENDPOINTS"]

CALLS_A_PAGE_MOST = 500
UTC_MS_MOST = 2**47
"""The year 6429."""
NOT_TOLD = ("recording", "seq")

_CALL = group_of(CallRow, "Call", without=NOT_TOLD, more=(Entry("recorded", YesNo(), "There is a recording, whole or not."),))
_RECORDING = group_of(
    RecordedRow,
    "Recording",
    without=("path",),
    more=(Entry("audio", Maybe(ANY_TEXT), "Where the sound is, when it can be listened to: both tracks as one WAV file in A-law."),),
)
_MOMENT = Group(
    "Moment",
    (
        Entry("seq", Whole(1)),
        Entry("utc_ms", Whole()),
        Entry("fact", ANY_TEXT, "Name of the fact; its values are those of the fact of this name."),
        Entry("version", Whole(1)),
        Entry("values", Table(Plain())),
        Entry("sentence", Maybe(ANY_TEXT), "For people."),
    ),
    "One thing that happened to a call.",
)
_STORY = Group(
    "CallStory",
    (
        Entry("call", _CALL),
        Entry("recordings", Items(_RECORDING), "The oldest first."),
        Entry("moments", Items(_MOMENT), "The time line, the oldest first."),
        Entry("calls", Items(_CALL), "All calls of the interaction that the call belongs to, the oldest first, at most 100."),
        Entry("segments", Items(_RECORDING), "All recordings of that interaction in their order, at most 100: who talked with whom."),
    ),
    "All that is known of one call.",
)
_PAGE = Group(
    "CallPage",
    (
        Entry("utc_offset_min", Whole(), "Minutes that the site's local time is ahead of UTC."),
        Entry("calls", Items(_CALL), "The newest first."),
        Entry("next", Maybe(Whole(1)), "Give this as `before` to get the calls that come after these; null: there are no more."),
    ),
    "Calls that fit.",
)


async def _calls(inside: Inside, ask: Ask) -> dict[str, Any]:
    values, window, limit = ask.values, inside.house.window, ask.values["limit"]
    wanted = CallFilter(
        words=values.get("words", "").strip(),
        agent=values.get("agent", ""),
        queue=values.get("queue", ""),
        direction=values.get("direction", ""),
        interaction=values.get("interaction", ""),
        since_utc_ms=values.get("since_utc_ms"),
        until_utc_ms=values.get("until_utc_ms"),
        before_seq=values.get("before"),
    )
    rows: list[CallRow] = await asked(lambda done, failed: window.calls(ask.actor, wanted, limit + 1, 0, done, failed))
    following = rows[limit - 1].seq if len(rows) > limit else None
    shown = [_row(row) for row in rows[:limit]]
    return {"utc_offset_min": inside.house.clock.utc_offset_min(), "calls": shown, "next": following}


def _row(row: CallRow) -> dict[str, Any]:
    plain = {name: value for name, value in asdict(row).items() if name not in NOT_TOLD}
    return {**plain, "recorded": bool(row.recording)}


async def _call(inside: Inside, ask: Ask) -> dict[str, Any]:
    window = inside.house.window
    story: CallStory | None = await asked(lambda done, failed: window.call(ask.actor, ask.values["call"], done, failed))
    if story is None:
        raise ApiFault(404, NO_CALL)
    return {
        "call": _row(story.row),
        "recordings": [_recorded(row) for row in story.recordings],
        "moments": [_moment(moment, ask.reader) for moment in story.moments],
        "calls": [_row(row) for row in story.calls],
        "segments": [_recorded(row) for row in story.segments],
    }


def _recorded(row: RecordedRow) -> dict[str, Any]:
    plain = {name: value for name, value in asdict(row).items() if name != "path"}
    complete = row.state in {"whole", "mended"} and row.samples
    return {**plain, "audio": f"{BASE}/recordings/{row.recording}" if complete else None}


def _moment(moment: Moment, reader: Reader) -> dict[str, Any]:
    fact = moment.fact
    told = {"seq": moment.seq, "utc_ms": moment.utc_ms, "fact": type(fact).__name__, "version": fact.VERSION}
    return {**told, "values": fact_to_record(fact), "sentence": said_of(fact, reader)}


async def _recording(inside: Inside, ask: Ask) -> object:
    """The file; parts of it by ranges (RFC 9110, clause 14). Who opens it is noted as a fact, as on the page."""
    window, request, name = inside.house.window, ask.request, ask.values["recording"]
    file: RecordingFile | None = await asked(lambda done, failed: window.recording(ask.actor, name, done, failed))
    if file is None or not file.path.is_file():
        raise ApiFault(404, NO_RECORDING)
    assert ask.user is not None
    if request.method != b"HEAD" and inside.heard(ask.user.name, name):
        window.heard(ask.user.name, file.row)
    if not ONE_RANGE.fullmatch(request.getHeader("range") or ""):
        request.requestHeaders.removeHeader(b"range")  # what makes no sense may be passed over (clause 14.2)
    request.setHeader("content-disposition", f'attachment; filename="{file.path.name}"')
    served = File(str(file.path))
    served.type, served.encoding = "audio/wav", None
    served.isLeaf = True
    request.render(served)
    return TAKEN


def _query(name: str, shape: Words | Whole, says: str, usual: int | None = None) -> Parameter:
    return Parameter(name, "query", shape, says, usual)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "calls",
        "GET",
        "/calls",
        Act.SEE_CALLS,
        "Calls, the newest first",
        _PAGE,
        _calls,
        (
            _query(
                "words", Words(0, 60), "A part of either number or of the caller's name, or the whole id of a call or of an interaction."
            ),
            _query("interaction", Words(0, 40), "Only calls of this interaction."),
            _query("agent", Words(0, 20), "Only calls that this agent took."),
            _query("queue", Words(0, 40), "Only calls of this queue."),
            _query("direction", Words(choices=DIRECTIONS), "Only calls of this direction."),
            _query("since_utc_ms", Whole(0, UTC_MS_MOST), "Only calls that arrived at this moment or later."),
            _query("until_utc_ms", Whole(0, UTC_MS_MOST), "Only calls that arrived before this moment."),
            _query(
                "before",
                Whole(1, WHOLE_MOST),
                "The `next` of the page before: so no call is missed or comes twice, whatever calls come meanwhile.",
            ),
            _query("limit", Whole(1, CALLS_A_PAGE_MOST), "How many calls.", 50),
        ),
        tag="calls",
    ),
    Endpoint(
        "call",
        "GET",
        "/calls/{call}",
        Act.SEE_CALLS,
        "One call with its recordings and its time line",
        _STORY,
        _call,
        (call_id(),),
        refused=404,
        tag="calls",
    ),
    Endpoint(
        "recording",
        "GET",
        "/recordings/{recording}",
        Act.LISTEN,
        "The sound of a recording",
        Media(
            "audio/wav",
            "A-law, 8000 samples a second, two tracks: left and right as the recording's row says.",
            {206: "The part that the header Range asked for.", 304: "Not changed since.", 416: "The recording has no such part."},
        ),
        _recording,
        (Parameter("recording", "path", Words(1, 40, "[a-z][a-z0-9]{0,7}-r[0-9]{1,18}"), "Id of the recording.", example="b1-r1"),),
        says="Who opens a recording is written down as the fact `RecordingHeard`.",
        refused=404,
        tag="calls",
    ),
)
