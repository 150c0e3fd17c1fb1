"""Endpoints: what is done with calls that go on, at a phone or with a call."""

from __future__ import annotations

from typing import Any

from engine.control.call_asking import CALL_ACTS, PHONE_ACTS
from engine.people.actors import Act
from web.api.derived import ANY_TEXT
from web.api.endpoint import Ask, Body, Endpoint, Inside, Parameter, call_id, command
from web.api.shapes import Entry, Group, Words

__all__ = ["ENDPOINTS"]

_CALL_DONE = Group("CallAct", (Entry("call", ANY_TEXT), Entry("act", Words(choices=CALL_ACTS))), "What was done with a call.")
_PHONE_DONE = Group(
    "PhoneAct",
    (
        Entry("phone", ANY_TEXT),
        Entry("act", Words(choices=PHONE_ACTS)),
        Entry("call", ANY_TEXT, "Of `dial` and `dial_customer_first`: the call that was made.", must=False),
        Entry("slot", ANY_TEXT, "Of `park`: the digit of the parking place.", must=False),
    ),
    "What was done at a phone.",
)


async def _call(inside: Inside, ask: Ask) -> Any:  # noqa: ANN401  # an answer of asking.py
    return await command(inside, ask, "call_act", **ask.values)


async def _phone(inside: Inside, ask: Ask) -> Any:  # noqa: ANN401  # an answer of asking.py
    return await command(inside, ask, "phone_act", **ask.values)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "callAct",
        "POST",
        "/calls/{call}",
        Act.SEE_STATUS,
        "Do something with a call that goes on",
        _CALL_DONE,
        _call,
        (call_id(),),
        body=Body(
            Group(
                "CallActAsked",
                (
                    Entry(
                        "act",
                        Words(choices=CALL_ACTS),
                        "`release` ends it; `drop` lets a party go, `mute` lets it be heard no more, `unmute` again; `invite` brings an extension in.",
                    ),
                    Entry("party", Words(1, 40), "Of `drop`, `mute` and `unmute`: the name of a line or a phone.", must=False),
                    Entry("number", Words(3, 6, "[0-9]+"), "Of `invite`: the extension.", must=False),
                ),
                closed=True,
            ),
            {"act": "drop", "party": "phone-803"},
        ),
        says="Whoever leads agents may with every call; an agent with those of the phone where the agent is logged in, except `release`.",
        refuses=True,
        tag="calls",
    ),
    Endpoint(
        "phoneAct",
        "POST",
        "/phones/{phone}",
        Act.SEE_STATUS,
        "Call from a phone, or do something with its calls",
        _PHONE_DONE,
        _phone,
        (Parameter("phone", "path", Words(1, 40, "[a-z][a-z0-9-]{0,39}"), "Name of the desk phone.", example="phone-801"),),
        body=Body(
            Group(
                "PhoneActAsked",
                (
                    Entry(
                        "act",
                        Words(choices=PHONE_ACTS),
                        "`dial` rings the phone and then calls the number, `dial_customer_first` the other way round; `transfer` leaves the call to an extension;"
                        " `connect` and `join` make one of its two calls, without the phone or with it; `give_up` leaves the one put aside; `flash` is the R key;"
                        " `park` leaves the call in a parking place, `fetch` takes it from there, `pick_up` what rings at an extension, `pick_up_any` anywhere.",
                    ),
                    Entry(
                        "number",
                        Words(1, 24, "[0-9]+"),
                        "Of `dial` and `dial_customer_first`: an extension or a number outside, without the outside prefix; of `transfer` and `pick_up`: an extension;"
                        " of `fetch`: the digit of the place.",
                        must=False,
                    ),
                    Entry(
                        "to",
                        Words(1, 40, "[a-z]+:[a-z0-9_-]+"),
                        "Of `transfer`, instead of `number`: `outside:13800138000`, and of a caller from outside `queue:service`, `flow:main` or"
                        " `announcement:goodbye`.",
                        must=False,
                    ),
                ),
                closed=True,
            ),
            {"act": "dial", "number": "13800138000"},
        ),
        says="Whoever leads agents may at every phone; an agent at the one where the agent is logged in. `fetch` and the pick-ups need a lifted handset.",
        refuses=True,
        tag="calls",
    ),
)
