"""Endpoints: trunks with their channels and what they carry, blocking and unblocking, and the messages of their signalling in words."""

from __future__ import annotations

from typing import Any

from engine.control.trunk_asking import LINES_MOST, NUMBER_MOST
from engine.control.trunk_control import SCOPES, WHY_MOST
from engine.kernel.text import text_from_json
from engine.people.actors import Act
from engine.telephony.blocking import BlockMode
from web.api.derived import ANY_TEXT
from web.api.endpoint import Ask, Body, Endpoint, Inside, Parameter, command
from web.api.shapes import LINE, WHOLE_MOST, Entry, Group, Items, Maybe, Whole, Words, YesNo
from web.render import Reader

__all__ = ["ENDPOINTS"]

UTC_OFFSET = Entry("utc_offset_min", Whole(), "Minutes that the site's local time is ahead of UTC.")
NAME_MOST = 60
CHANNEL_MOST = 31

_CAUSE = Group(
    "CauseCount",
    (Entry("cause", Whole(), "ITU-T Q.850."), Entry("name", ANY_TEXT, "In the language that is asked for."), Entry("calls", Whole())),
    "How often calls ended with a cause.",
)
_LOAD = Group(
    "Load",
    (
        Entry("calls_in", Whole()),
        Entry("answered_in", Whole()),
        Entry("answer_ratio_in", Maybe(Whole()), "Answered by seizures, in percent; null without calls."),
        Entry("calls_out", Whole()),
        Entry("answered_out", Whole()),
        Entry("answer_ratio_out", Maybe(Whole())),
        Entry("seconds", Whole(), "Of answered calls that have ended."),
        Entry("causes", Items(_CAUSE), "The most frequent first, five at most."),
    ),
    "What was carried.",
)
_LOADS = (Entry("today", _LOAD, "The site's day, also what was before a restart."), Entry("since_start", _LOAD))
_SUMMARY = (
    Entry("trunk", ANY_TEXT, "Its name; `analog_lines`: all analog exchange lines together."),
    Entry("signalling", ANY_TEXT, "`isdn-user`, `isdn-network`, `r2`, `cas`, `analog`."),
    Entry("span", ANY_TEXT, "The span's name in the settings; empty: none."),
    Entry("channels", Whole()),
    Entry("in_call", Whole()),
    Entry("free", Whole()),
    Entry("out_of_service", Whole()),
    Entry("blocked", Whole()),
    Entry("up", Maybe(YesNo()), "Whether the D channel works; null where there is none."),
    *_LOADS,
)
_TRUNK = Group("Trunk", _SUMMARY, "Lines that belong together.")
_SPAN = Group("SpanLoad", (Entry("span", ANY_TEXT), Entry("lines", Whole()), *_LOADS), "What the trunks of a span carry together.")
_CHANNEL = Group(
    "Channel",
    (
        Entry("line", ANY_TEXT),
        Entry("place", Whole(), "Timeslot; 0 for an analog line."),
        Entry("state", ANY_TEXT, "`free`, `blocked`, `out_of_service`, `releasing`, or the state of its call."),
        Entry("fault", ANY_TEXT, "Why it is out of service; empty in service."),
        Entry("call", ANY_TEXT, "Id of the call; empty: none."),
        Entry("other", ANY_TEXT, "Number of the other party; empty: none, or withheld."),
        Entry("since_utc_ms", Whole(), "When it last changed; 0: not since the start."),
        Entry(
            "block",
            Maybe(
                Group(
                    "Block",
                    (
                        Entry("mode", Words(choices=tuple(BlockMode))),
                        Entry("by", ANY_TEXT),
                        Entry("why", ANY_TEXT),
                        Entry("since_utc_ms", Whole()),
                    ),
                )
            ),
            "Who has blocked it; null: nobody.",
        ),
        *_LOADS,
    ),
    "One line of a trunk.",
)
_COUNTED = Items(Group("Counted", (Entry("name", ANY_TEXT), Entry("count", Whole()))))
_WHOLE_TRUNK = Group(
    "TrunkWithChannels",
    (
        UTC_OFFSET,
        *_SUMMARY,
        Entry("lines", Items(_CHANNEL)),
        Entry(
            "signalled",
            Maybe(
                Group(
                    "Signalling",
                    (
                        Entry("up", Maybe(YesNo())),
                        Entry("since_utc_ms", Whole()),
                        Entry("counters", _COUNTED),
                        Entry("refused", _COUNTED, "What of the far end was not let in, by reason."),
                        Entry("kept", Whole(), "Messages that can be looked at."),
                        Entry("kept_most", Whole()),
                        Entry("kept_octets_most", Whole()),
                    ),
                )
            ),
            "Null for analog lines.",
        ),
    ),
    "A trunk with everything on it.",
)
_MESSAGE = Group(
    "SignallingMessage",
    (
        Entry("seq", Whole()),
        Entry("utc_ms", Whole()),
        Entry("ours", YesNo(), "Whether we sent it."),
        Entry("channel", Whole(), "Timeslot; 0: not of one."),
        Entry("call", ANY_TEXT, "Tells the calls of the trunk apart while they last; empty: of none."),
        Entry("heading", ANY_TEXT),
        Entry("details", Items(ANY_TEXT)),
    ),
    "A message of the D channel, or a signal of R2, in words.",
)
_TRUNK_NAME = Parameter("trunk", "path", Words(1, NAME_MOST, "[a-z][a-z0-9_-]*"), "Name of the trunk.", example="pri-1")
_WANTED = (
    Entry("scope", Words(choices=SCOPES), "What `name` is the name of."),
    Entry("name", Words(1, NAME_MOST, LINE), "Of a line or phone, of a trunk, or of a span in the settings."),
    Entry("why", Words(1, WHY_MOST, LINE), "Others will read it."),
)
_LINES = Group("", (Entry("lines", Items(ANY_TEXT), "Those for which it is new."),))
_EXAMPLE = {"scope": "line", "name": "pri-1-5", "why": "The carrier measures this timeslot."}


def _said(value: Any, reader: Reader) -> Any:  # noqa: ANN401  # an answer of asking.py
    """Texts in an answer become sentences in the asker's language."""
    if isinstance(value, dict):
        if value.keys() == {"msgid", "values"}:
            return reader.say(text_from_json(value))
        return {name: _said(one, reader) for name, one in value.items()}
    return [_said(one, reader) for one in value] if isinstance(value, list) else value


async def _trunks(inside: Inside, ask: Ask) -> Any:  # noqa: ANN401  # an answer of asking.py
    return _said(await command(inside, ask, "trunks"), ask.reader)


async def _trunk(inside: Inside, ask: Ask) -> Any:  # noqa: ANN401  # an answer of asking.py
    answer = dict(await command(inside, ask, "trunk", **ask.values))
    del answer["capture"]
    return _said(answer, ask.reader)


async def _block(inside: Inside, ask: Ask) -> Any:  # noqa: ANN401  # an answer of asking.py
    return await command(inside, ask, "block", **ask.values)


async def _unblock(inside: Inside, ask: Ask) -> Any:  # noqa: ANN401  # an answer of asking.py
    return await command(inside, ask, "unblock", **ask.values)


async def _trace(inside: Inside, ask: Ask) -> Any:  # noqa: ANN401  # an answer of asking.py
    answer = await command(inside, ask, "trunk_trace", **ask.values)
    return _said({"utc_offset_min": answer["utc_offset_min"], "messages": answer["lines"]}, ask.reader)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "trunks",
        "GET",
        "/trunks",
        Act.SEE_STATUS,
        "Trunks and spans, and what they carry",
        Group("", (UTC_OFFSET, Entry("trunks", Items(_TRUNK)), Entry("spans", Items(_SPAN)))),
        _trunks,
        tag="trunks",
    ),
    Endpoint(
        "trunk",
        "GET",
        "/trunks/{trunk}",
        Act.SEE_STATUS,
        "One trunk with its channels",
        _WHOLE_TRUNK,
        _trunk,
        (_TRUNK_NAME,),
        refused=404,
        tag="trunks",
    ),
    Endpoint(
        "trunkTrace",
        "GET",
        "/trunks/{trunk}/trace",
        Act.TEST_LINES,
        "The newest messages of a trunk's signalling, in words",
        Group("", (UTC_OFFSET, Entry("messages", Items(_MESSAGE), "The oldest first."))),
        _trace,
        (
            _TRUNK_NAME,
            Parameter("number", "query", Words(0, NUMBER_MOST, "[0-9*#A-E]*"), "Only calls with this number.", ""),
            Parameter("channel", "query", Whole(0, CHANNEL_MOST), "Only calls on this timeslot; 0: all.", 0),
            Parameter("after", "query", Whole(0, WHOLE_MOST), "Only messages behind this one.", 0),
            Parameter("limit", "query", Whole(1, LINES_MOST), "How many; the newest, with `after` the first.", 100),
        ),
        refused=404,
        tag="trunks",
    ),
    Endpoint(
        "linesBlock",
        "POST",
        "/lines/block",
        Act.TEST_LINES,
        "Keep lines from new calls",
        _LINES,
        _block,
        body=Body(
            Group(
                "LinesBlock",
                (*_WANTED, Entry("mode", Words(choices=tuple(BlockMode)), "`now`: calls end with cause 41.", must=False)),
                closed=True,
            ),
            {**_EXAMPLE, "mode": "after_calls"},
        ),
        says="Blocked lines stay so over a restart, until they are unblocked.",
        refuses=True,
        tag="trunks",
    ),
    Endpoint(
        "linesUnblock",
        "POST",
        "/lines/unblock",
        Act.TEST_LINES,
        "Let lines carry calls again",
        _LINES,
        _unblock,
        body=Body(Group("LinesUnblock", _WANTED, closed=True), _EXAMPLE),
        refuses=True,
        tag="trunks",
    ),
)
