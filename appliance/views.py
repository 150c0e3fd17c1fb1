"""What ``status`` and ``calls`` show a person: chosen columns with headings in the reader's language.

Programs ask with ``--json`` and get every field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from appliance.narration import REASONS, STATES, WHO
from appliance.tables import cell, local_time, table
from appliance.texts import Translate
from engine.kernel.text import Text, text

__all__ = ["calls_shown", "status_shown"]

Row = Mapping[str, Any]
Column = tuple[Text, Callable[[Row, int, Translate], str]]

CALL_STATES: Mapping[str, Text] = {
    "ringing": text("ringing"),
    "answered": text("in dialogue or queue"),
    "connecting": text("connecting"),
    "dialling": text("dialling"),
    "proceeding": text("ringing outside"),
    "talking": text("talking"),
    "ended": text("ended"),
}
DIRECTIONS: Mapping[str, Text] = {"incoming": text("in"), "outgoing": text("out"), "internal": text("inside")}


def _field(name: str) -> Callable[[Row, int, Translate], str]:
    return lambda row, offset, _: cell(name, row.get(name), offset, _)


def _word(name: str, words: Mapping[str, Text]) -> Callable[[Row, int, Translate], str]:
    def shown(row: Row, offset: int, _: Translate) -> str:
        value = str(row.get(name, ""))
        return words[value].render(_) if value in words else cell(name, value, offset, _)

    return shown


def _seconds(name: str) -> Callable[[Row, int, Translate], str]:
    return lambda row, _offset, _: "-" if row.get(name) is None else f"{row[name] / 1000:.0f}"


CALLS: Sequence[Column] = (
    (text("call"), _field("call")),
    (text("time"), _field("arrived_utc_ms")),
    (text("way"), _word("direction", DIRECTIONS)),
    (text("from"), lambda row, offset, _: cell("from", row["calling"] or row["extension"], offset, _)),
    (text("to"), _field("called")),
    (text("line"), _field("line")),
    (text("queue"), _field("queue")),
    (text("agent"), _field("agent")),
    (text("ext."), _field("extension")),
    (text("wait s"), _seconds("wait_ms")),
    (text("talk s"), _seconds("talk_ms")),
    (text("cause"), _field("cause")),
    (text("end"), _word("reason", REASONS)),
    (text("released by"), _word("released_by", WHO)),
    (text("recording"), _field("recording")),
)
LINES: Sequence[Column] = ((text("line"), _field("line")), (text("free"), _field("free")), (text("call"), _field("call")))
PHONES: Sequence[Column] = (
    (text("phone"), _field("phone")),
    (text("ext."), _field("extension")),
    (text("off hook"), _field("off_hook")),
    (text("ringing"), _field("ringing")),
    (text("in service"), _field("in_service")),
    (text("agent"), _field("agent")),
)
AGENTS: Sequence[Column] = (
    (text("agent"), _field("agent")),
    (text("name"), _field("name")),
    (text("state"), _word("state", STATES)),
    (text("phone"), _field("phone")),
    (text("reasons"), _field("reasons")),
    (text("call"), _field("call")),
)
QUEUES: Sequence[Column] = (
    (text("queue"), _field("queue")),
    (text("title"), _field("title")),
    (text("waiting"), lambda row, _offset, _: str(len(row["waiting"]))),
    (text("longest wait s"), lambda row, _offset, _: f"{max((stay['wait_ms'] for stay in row['waiting']), default=0) / 1000:.0f}"),
    (text("agents ready"), _field("ready")),
)
LIVE_CALLS: Sequence[Column] = (
    (text("call"), _field("call")),
    (text("state"), _word("state", CALL_STATES)),
    (text("line"), _field("line")),
    (text("from"), _field("calling")),
    (text("to"), _field("called")),
    (text("agent"), _field("agent")),
    (text("phone"), _field("phone")),
)


def status_shown(result: Row, _: Translate) -> str:
    """The state of the appliance as tables."""
    offset = int(result["utc_offset_min"])
    blocks = [local_time(int(result["utc_ms"]), offset)]
    parts: Sequence[tuple[Text, str, Sequence[Column]]] = (
        (text("Exchange lines"), "lines", LINES),
        (text("Desk phones"), "phones", PHONES),
        (text("Agents"), "agents", AGENTS),
        (text("Queues"), "queues", QUEUES),
        (text("Calls"), "calls", LIVE_CALLS),
    )
    blocks += [f"{heading.render(_)}\n{_shown(result[name], columns, offset, _)}" for heading, name, columns in parts]
    return "\n\n".join(blocks)


def calls_shown(result: Row, _: Translate) -> str:
    """The newest calls as a table."""
    return _shown(result["calls"], CALLS, int(result["utc_offset_min"]), _)


def _shown(rows: Sequence[Row], columns: Sequence[Column], offset: int, _: Translate) -> str:
    if not rows:
        return _("none")
    return table([heading.render(_) for heading, _show in columns], [[show(row, offset, _) for _heading, show in columns] for row in rows])
