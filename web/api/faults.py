"""What an API answers when it cannot answer: one shape for every fault, with a sentence for the person who reads the program's log."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from engine.control.accounts import LoginRefusal
from engine.control.control import ActRefused
from engine.kernel.errors import BadInput, EnvironmentFault, Refused
from engine.kernel.text import Text, text
from engine.settings.faults import SiteFaults, path_shown
from web.api.shapes import Entry, FieldFault, Group, Items, Words
from web.render import Reader

__all__ = ["CODES", "ERROR", "ApiFault", "fault_body", "judged", "refused", "token_fault", "too_fast"]

FIELDS_MOST = 100
REALM = "strowger"
CODES: Mapping[int, str] = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "unprocessable",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}
"""The word for programs, by status."""
PROMPTS_NOT_FOUND = {"unknown_agent"}
PROMPTS_WRONG_WORD = {"reason_unknown"}
"""Which refusals of a command are about what does not exist, and about a word that is none of the site's."""

_FIELD = Group(
    "ErrorField",
    (Entry("field", Words(bounded=False), "Where: `query.limit`, `body.changes[0].path`."), Entry("message", Words(bounded=False))),
    "What is wrong with one value.",
)
ERROR = Group(
    "Error",
    (
        Entry(
            "error",
            Group(
                "",
                (
                    Entry("code", Words(choices=tuple(CODES.values())), "For programs."),
                    Entry("message", Words(bounded=False), "For people, in the language of Accept-Language."),
                    Entry("fields", Items(_FIELD), "One for each value that is wrong; empty when the fault is not in a value."),
                ),
            ),
        ),
    ),
    "Why there is no answer. Nothing was changed.",
)


class ApiFault(Exception):
    """There is no answer: the status, a sentence, what is wrong with single values, and headers that belong to it."""

    def __init__(
        self, status: int, said: Text, fields: tuple[FieldFault, ...] = (), headers: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        super().__init__(said.in_english())
        self.status = status
        self.said = said
        self.fields = fields
        self.headers = headers


def token_fault(said: Text, *, wrong: bool) -> ApiFault:
    """No token was given, or it is ``wrong``. The header tells a program how to do better (RFC 6750, clause 3)."""
    challenge = f'Bearer realm="{REALM}"' + (', error="invalid_token"' if wrong else "")
    return ApiFault(401, said, headers={"WWW-Authenticate": challenge})


def too_fast(wait_s: float) -> ApiFault:
    """More questions than may be asked in a second."""
    seconds = max(1, math.ceil(wait_s))
    said = text("Too many requests. Ask again in {seconds} s.", seconds=seconds)
    return ApiFault(429, said, headers={"Retry-After": str(seconds)})


def refused(refusal: Refused, usual: int = 409) -> ApiFault:
    """The fault that a refusal stands for; ``usual``: the status of a plain one."""
    match refusal:
        case LoginRefusal():
            return token_fault(refusal.text, wrong=True)
        case ActRefused(prompt=prompt):
            return ApiFault(404 if prompt in PROMPTS_NOT_FOUND else 422 if prompt in PROMPTS_WRONG_WORD else 409, refusal.text)
    return ApiFault(usual, refusal.text)


def judged(error: Exception) -> ApiFault | None:
    """The fault that an exception stands for; None for a fault of our own."""
    match error:
        case ApiFault():
            return error
        case Refused():
            return refused(error)
        case SiteFaults():
            fields = tuple(FieldFault(path_shown(fault.path), fault.said) for fault in error.faults[:FIELDS_MOST])
            said = text("The settings would not be right; “fields” says where. Nothing was changed.")
            return ApiFault(422, said, fields)
        case BadInput():
            return ApiFault(422, error.text)
        case EnvironmentFault():
            return ApiFault(503, error.text, headers={"Retry-After": "5"})
    return None


def fault_body(fault: ApiFault, reader: Reader) -> dict[str, Any]:
    """What stands in the answer."""
    fields = [{"field": one.place, "message": reader.say(one.said)} for one in fault.fields[:FIELDS_MOST]]
    return {"error": {"code": CODES[fault.status], "message": reader.say(fault.said), "fields": fields}}
