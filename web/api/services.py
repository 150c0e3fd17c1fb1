"""Endpoints: what is set for extensions (forwards, do-not-disturb and the like), and setting it."""

from __future__ import annotations

from typing import Any

from engine.calls.services.memory import WHENS
from engine.calls.services.setting import AFTER_MOST_S
from engine.control.service_asking import NUMBER_MOST, SERVICES
from engine.people.actors import Act
from web.api.derived import ANY_TEXT
from web.api.endpoint import Ask, Body, Endpoint, Inside, Parameter, command
from web.api.shapes import Entry, Group, Items, Maybe, Number, Whole, Words, YesNo

__all__ = ["ENDPOINTS"]

_TARGET = "`extension:802`, `group:sales` or `outside:13800138000`."
_EXTENSION = Group(
    "ExtensionServices",
    (
        Entry("extension", ANY_TEXT),
        Entry("phone", ANY_TEXT, "Name of the desk phone."),
        Entry(
            "forwards",
            Items(
                Group(
                    "Forward",
                    (
                        Entry("when", Words(choices=WHENS)),
                        Entry("target", ANY_TEXT, _TARGET),
                        Entry("after_s", Whole(), "At `no_answer`: how long it rings before; 0: the site's usual time."),
                    ),
                )
            ),
        ),
        Entry("do_not_disturb", YesNo()),
        Entry("call_waiting", Maybe(YesNo()), "Null: the phone's settings do not permit it."),
        Entry("secretary", Maybe(YesNo()), "Whether calls go to the secretaries; null: there are none."),
        Entry(
            "hot_line",
            Maybe(
                Group(
                    "HotLine",
                    (Entry("target", ANY_TEXT, _TARGET), Entry("after_s", Number()), Entry("fixed", YesNo(), "The settings make it one.")),
                )
            ),
        ),
        Entry("wake_up", ANY_TEXT, "Local time of the wake-up call; empty: none."),
        Entry("call_back", ANY_TEXT, "The busy extension that is called when both are free; empty: none."),
        Entry("speed_dials", Items(Group("SpeedDial", (Entry("slot", ANY_TEXT), Entry("target", ANY_TEXT, _TARGET))))),
        Entry("may_set", YesNo(), "Whether who asks may change it."),
    ),
    "What is set for an extension.",
)
_GROUP = Group(
    "RingGroup",
    (Entry("group", ANY_TEXT), Entry("title", ANY_TEXT), Entry("number", ANY_TEXT, "Empty: none."), Entry("members", Items(ANY_TEXT))),
    "Extensions that ring for one call.",
)


async def _services(inside: Inside, ask: Ask) -> Any:  # noqa: ANN401  # an answer of asking.py
    return await command(inside, ask, "services")


async def _set(inside: Inside, ask: Ask) -> Any:  # noqa: ANN401  # an answer of asking.py
    return await command(inside, ask, "service_set", **ask.values)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "services",
        "GET",
        "/services",
        Act.SEE_STATUS,
        "What is set for extensions",
        Group("", (Entry("extensions", Items(_EXTENSION)), Entry("groups", Items(_GROUP)))),
        _services,
        tag="services",
    ),
    Endpoint(
        "serviceSet",
        "POST",
        "/services/{extension}",
        Act.SEE_STATUS,
        "Set or end a service of an extension",
        _EXTENSION,
        _set,
        (Parameter("extension", "path", Words(3, 6, "[1-9][0-9]{2,5}"), "The extension.", example="801"),),
        body=Body(
            Group(
                "ServiceSet",
                (
                    Entry("service", Words(choices=SERVICES)),
                    Entry("on", YesNo(), "Set it, or end it."),
                    Entry(
                        "number",
                        Words(1, NUMBER_MOST, "[0-9]+"),
                        "Of a forward, a hot line or a short number: where to, as it is dialled at a desk phone (with the outside prefix).",
                        must=False,
                    ),
                    Entry("time", Words(4, 5, "[0-2][0-9]:?[0-5][0-9]"), "Of a wake-up call: local time.", must=False),
                    Entry("slot", Words(1, 1, "[0-9]"), "Of a short number: its digit.", must=False),
                    Entry("after_s", Whole(0, AFTER_MOST_S), "Of `forward_no_answer`; 0: the site's usual time.", must=False),
                ),
                closed=True,
            ),
            {"service": "forward_no_answer", "on": True, "number": "802", "after_s": 15},
        ),
        says="Whoever leads agents may for every extension; an agent for the one where the agent is logged in.",
        refuses=True,
        tag="services",
    ),
)
