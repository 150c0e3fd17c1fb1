"""What may be asked of calls that go on: acts at a phone, and with a call. Who may is judged by ``call_control.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.control.call_control import CallControl
from engine.kernel.errors import BadInput
from engine.kernel.text import text
from engine.people.actors import Act, Actor

__all__ = ["CALL_ACTS", "PHONE_ACTS", "call_answers"]

WORD_MOST = 40
CALL_ACTS = ("release", "drop", "mute", "unmute", "invite")
"""With a call: end it; let a ``party`` go, mute it or not any more; bring an extension (``number``) in."""
PHONE_ACTS = ("dial", "dial_customer_first", "transfer", "connect", "join", "give_up", "flash", "park", "fetch", "pick_up", "pick_up_any")
"""At a phone: call a ``number``; leave the call to an extension (``number``) or to a target (``to``); connect or join its two calls; leave the one put aside; R; park, fetch
from the place ``number``, pick up what rings at an extension (``number``) or anywhere.
"""

Request = Mapping[str, Any]
Done = Callable[[Any], None]
Failed = Callable[[Exception], None]
Answer = Callable[[Actor, Request, Done, Failed], None]


def call_answers(calls: CallControl, log: Callable[[str], None]) -> Mapping[str, tuple[Act, Answer]]:
    """The commands, each with the right it needs at least, for the table in ``asking.py``."""

    def call_act(actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        call, act = _word(request, "call"), _one_of(request, CALL_ACTS)
        match act:
            case "release":
                calls.release(actor, call)
            case "invite":
                calls.invite(actor, call, _word(request, "number"))
            case "drop":
                calls.drop(actor, call, _word(request, "party"))
            case _:
                calls.mute(actor, call, _word(request, "party"), muted=act == "mute")
        log(f"control: {actor.role} {actor.about} does {act} with {call}")
        done({"call": call, "act": act})

    def phone_act(actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        phone, act = _word(request, "phone"), _one_of(request, PHONE_ACTS)
        given = _at_phone(calls, actor, phone, act, request)
        log(f"control: {actor.role} {actor.about} does {act} at {phone}")
        done({"phone": phone, "act": act, **given})

    return {"call_act": (Act.SEE_STATUS, call_act), "phone_act": (Act.SEE_STATUS, phone_act)}


def _at_phone(calls: CallControl, actor: Actor, phone: str, act: str, request: Request) -> dict[str, str]:
    match act:
        case "dial" | "dial_customer_first":
            return {"call": calls.click_to_dial(actor, phone, _word(request, "number"), customer_first=act != "dial")}
        case "park":
            return {"slot": calls.park(actor, phone)}
        case "transfer":
            calls.transfer(actor, phone, _word(request, "to" if "to" in request else "number"))
        case "fetch":
            calls.fetch(actor, phone, _word(request, "number"))
        case "pick_up":
            calls.pick_up(actor, phone, _word(request, "number"))
        case _:
            plain: Mapping[str, Callable[[Actor, str], None]] = {
                "connect": calls.connect_calls,
                "join": calls.join_calls,
                "give_up": calls.give_up_held,
                "flash": calls.flash,
                "pick_up_any": calls.pick_up_any,
            }
            plain[act](actor, phone)
    return {}


def _one_of(request: Request, acts: tuple[str, ...]) -> str:
    act = request.get("act")
    if act not in acts:
        raise BadInput(text("There is no act {act}; there are {known}.", act=repr(act), known=", ".join(acts)))
    return str(act)


def _word(request: Request, name: str) -> str:
    value = request.get(name, "")
    if not isinstance(value, str) or not 1 <= len(value) <= WORD_MOST or not value.isprintable():
        raise BadInput(text("{name} is missing or wrong: a text of 1 to {most} characters is wanted.", name=name, most=WORD_MOST))
    return value
