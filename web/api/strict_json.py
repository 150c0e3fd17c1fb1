"""JSON as it comes from outside, read strictly: what different programs would understand differently is refused.

Source: RFC 8259 (names within an object should be unique, clause 4; numbers, clause 6; UTF-8 and no byte order mark, clause 8.1).
"""

from __future__ import annotations

import json
import math
from typing import Any

from engine.kernel.text import Text, text

__all__ = ["DEPTH_MOST", "DIGITS_MOST", "JsonFault", "read_json"]

DEPTH_MOST = 16
"""Objects and lists within each other; the settings have five."""
DIGITS_MOST = 18
"""Of a number: more would be another number in a program that counts with 64 bits."""


class JsonFault(ValueError):
    """It is not the JSON that is wanted; ``said`` tells a person why."""

    def __init__(self, said: Text) -> None:
        super().__init__(said.in_english())
        self.said = said


def read_json(octets: bytes) -> Any:  # noqa: ANN401  # whatever JSON holds
    """The value that these octets hold. Raises JsonFault: no UTF-8, no JSON, twice the same name in an object, NaN or Infinity, a number
    of more than 18 digits, more than 16 levels, half a character.
    """
    try:
        written = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonFault(text("The body is not UTF-8 (at octet {offset}).", offset=error.start)) from error
    try:
        value = json.loads(
            written, object_pairs_hook=_object, parse_constant=_constant, parse_int=lambda digits: int(_number(digits)), parse_float=_float
        )
    except json.JSONDecodeError as error:
        raise JsonFault(text("The body is not JSON (at line {line}, column {column}).", line=error.lineno, column=error.colno)) from error
    except RecursionError as error:
        raise _too_deep() from error
    if _is_deeper(value, DEPTH_MOST):
        raise _too_deep()
    if not _is_text_throughout(value, written):
        raise JsonFault(text("The body has half a character (a lone surrogate)."))
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise JsonFault(text("The name {name} stands twice in one object.", name=ascii(twice[:40])))
    return made


def _constant(name: str) -> float:
    raise JsonFault(text("{name} is no number.", name=name))


def _number(digits: str) -> str:
    if len(digits.lstrip("-")) > DIGITS_MOST:
        raise JsonFault(text("A number has more than {most} digits.", most=DIGITS_MOST))
    return digits


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise JsonFault(text("A number is too large."))
    return value


def _too_deep() -> JsonFault:
    return JsonFault(text("The body has more than {most} levels.", most=DEPTH_MOST))


def _is_deeper(value: Any, most: int) -> bool:  # noqa: ANN401  # as read_json
    level = [value]
    for _ in range(most):
        level = [part for one in level if isinstance(one, dict | list) for part in (one.values() if isinstance(one, dict) else one)]
    return any(isinstance(one, dict | list) for one in level)


def _is_text_throughout(value: Any, written: str) -> bool:  # noqa: ANN401  # as read_json
    """Only what is written as an escape can be half a character."""
    if "\\ud" not in written and "\\uD" not in written:
        return True
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
