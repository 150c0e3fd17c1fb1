"""Endpoints: the facts of the journal, page by page, and as they happen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.control.asking import FACTS_MOST
from engine.facts import known_facts
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text
from engine.people.actors import Act
from engine.people.users import User
from web.api.derived import ANY_TEXT, fact_shape
from web.api.endpoint import TAKEN, Ask, Endpoint, Inside, Media, Parameter, actor_for, command
from web.api.faults import ApiFault
from web.api.news import row_told
from web.api.shapes import Entry, Group, Items, Maybe, Schema, Shape, Whole, Words
from web.api.status import SNAPSHOT
from web.api.streams import STREAMS_MOST, STREAMS_OF_A_USER_MOST, EventStream, Row, Source

__all__ = ["ENDPOINTS", "EVENTS", "FACT"]

FACT = fact_shape()
_BEGIN = (
    Entry("seq", Whole(0), "The newest fact in the snapshot."),
    Entry("snapshot", Maybe(SNAPSHOT), "Null for who may not see the status."),
)
EVENTS: dict[str, Shape] = {
    "fact": FACT,
    "snapshot": Group("SnapshotEvent", _BEGIN, "The state that a new stream begins with."),
    "gap": Group(
        "GapEvent",
        (Entry("last", ANY_TEXT, "The id that the client came back with."), *_BEGIN),
        "What was missed cannot be told: begin anew from this state.",
    ),
}
"""The data of each kind of event."""


def _event_schema(kind: str, data: Shape) -> Schema:
    """One event as the fields of its lines."""
    content = {"type": "string", "contentMediaType": "application/json", "contentSchema": data.schema()}
    properties = {"id": {"type": "string", "pattern": r"^[0-9]+-[0-9]+$"}, "event": {"type": "string", "const": kind}, "data": content}
    return {"type": "object", "properties": properties, "required": ["id", "event", "data"]}


_EVENT = {"oneOf": [_event_schema(kind, data) for kind, data in EVENTS.items()]}
NAMES = Items(Words(choices=tuple(sorted(known_facts()))), 1, 100)
SEQ_MOST = 2**53 - 1

_PAGE = Group(
    "FactPage",
    (
        Entry("facts", Items(FACT), "The oldest first."),
        Entry(
            "next", Whole(0), "Give this as `after` to get the facts that come after these. When it is what you gave, there are none yet."
        ),
        Entry("unreadable", Whole(), "Lines of the journal that could not be read and were passed over."),
    ),
    "A stretch of the journal.",
)


async def _facts(inside: Inside, ask: Ask) -> dict[str, Any]:
    values = {name: value for name, value in ask.values.items() if value}
    found = await command(inside, ask, "facts", **{**values, "after": ask.values["after"]})
    facts = [row_told(row, ask.reader) for row in found["facts"]]
    return {"facts": facts, "next": found["through"], "unreadable": found["unreadable"]}


async def _events(inside: Inside, ask: Ask) -> object:
    streams, request = inside.streams, ask.request
    assert ask.user is not None
    if len(streams.open) >= STREAMS_MOST or streams.of(ask.user.name) >= STREAMS_OF_A_USER_MOST:
        streams.refused += 1
        raise ApiFault(503, text("Too many event streams are open. Close some, or try again later."), headers={"Retry-After": "15"})
    request.setHeader("content-type", "text/event-stream; charset=utf-8")
    if request.method == b"HEAD":
        request.finish()
        return TAKEN
    stream = EventStream(request, _source(inside, ask), streams, ask.reader, ask.user.name, ask.values.get("names", ()))
    stream.begin(ask.values.get("Last-Event-ID", ""))
    return TAKEN


def _source(inside: Inside, ask: Ask) -> Source:
    house = inside.house

    def read(after: int, limit: int, names: Sequence[str], done: Callable[[Row], None], failed: Callable[[Exception], None]) -> None:
        house.ask(ask.actor, {"command": "facts", "after": after, "limit": limit, "names": list(names)}, done, failed)

    def snapshot() -> Row | None:
        return house.window.live() if house.window.may(ask.actor, Act.SEE_STATUS) else None

    def alive(go_on: Callable[[bool], None]) -> None:
        def known(user: User) -> None:
            go_on(house.window.may(actor_for(user), Act.SEE_FACTS))

        # a disk that fails for a moment is no reason to end a stream
        house.accounts.by_token(ask.token, known, lambda fault: go_on(isinstance(fault, EnvironmentFault)))

    return Source(inside.news, house.clock, read, snapshot, alive)


_NAMES = Parameter("names", "query", NAMES, "Only these facts, separated by commas.")

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "facts",
        "GET",
        "/facts",
        Act.SEE_FACTS,
        "Facts after a number, the oldest first",
        _PAGE,
        _facts,
        (
            Parameter("after", "query", Whole(0, SEQ_MOST), "Facts with a number above this one.", 0),
            Parameter("call", "query", Words(0, 40), "Only facts of this call."),
            _NAMES,
            Parameter("limit", "query", Whole(1, FACTS_MOST), "At most so many.", 100),
        ),
        says="At most some megabytes of the journal are looked at for one answer: a page may be empty and yet not the last.",
        tag="facts",
    ),
    Endpoint(
        "events",
        "GET",
        "/events",
        Act.SEE_FACTS,
        "Facts as they happen, as server-sent events",
        Media("text/event-stream", "Events `snapshot`, `fact` and `gap`; see SnapshotEvent, Fact, GapEvent for their data.", {}, _EVENT),
        _events,
        (
            _NAMES,
            Parameter("Last-Event-ID", "header", Words(0, 60), "The id of the last event you have: you are told every fact since."),
        ),
        says="A new stream begins with a `snapshot`. One that goes on after Last-Event-ID is told every fact since, each once; when that is"
        " not possible it begins with a `gap`. A comment comes every 15 s. Who does not read for 10 s is cut off.",
        tag="facts",
    ),
)
