"""The values of a scenario file, one by one: each is what was expected, or a fault at its line.

Whatever is wrong raises ``Wrong``, which never leaves the reading of the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from engine.kernel.text import Text, text

__all__ = [
    "DEPTH_MOST",
    "Given",
    "Wrong",
    "bounded",
    "choice",
    "decimal",
    "fields_of",
    "items_of",
    "keys_of",
    "kind_of",
    "line_of",
    "matching",
    "need",
    "number",
    "only",
    "scalar",
    "seconds",
    "seconds_of",
    "truth",
]

DEPTH_MOST = 20
VALUES_MOST = 200_000
"""Values after aliases were followed: a small file can repeat itself a million times, or contain itself."""
SECONDS_MOST = 86_400.0
DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|min)\s*")
UNITS_S = {"ms": 0.001, "s": 1.0, "min": 60.0}


class Wrong(Exception):
    """One fault, at a node of the file."""

    def __init__(self, node: Node, found: Text) -> None:
        super().__init__(found.in_english())
        self.node = node
        self.found = found


def line_of(node: Node) -> int:
    """The line of the file on which this stands, from 1 on."""
    return int(node.start_mark.line) + 1


def bounded(root: Node) -> None:
    """Refuse a file that is too deep, or too large once its aliases are followed, before anything walks it without a limit."""
    waiting, count = [(root, 1)], 0
    while waiting:
        node, depth = waiting.pop()
        count += 1
        if depth > DEPTH_MOST:
            raise Wrong(node, text("nested deeper than {most} levels", most=DEPTH_MOST))
        if count > VALUES_MOST:
            raise Wrong(node, text("aliases make this file larger than {most} values", most=VALUES_MOST))
        if isinstance(node, MappingNode):
            waiting.extend((part, depth + 1) for pair in node.value for part in pair)
        elif isinstance(node, SequenceNode):
            waiting.extend((part, depth + 1) for part in node.value)


def kind_of(node: Node) -> Text:
    """What this is, for somebody who wrote the wrong thing."""
    if isinstance(node, SequenceNode):
        return text("a list")
    return text("'name: value' pairs") if isinstance(node, MappingNode) else text("a plain value")


def scalar(node: Node, expected: Text) -> str:
    """A plain value."""
    if not isinstance(node, ScalarNode):
        raise Wrong(node, text("expected {expected}, found {kind}", expected=expected, kind=kind_of(node)))
    return str(node.value)


class Given(dict[str, Node]):
    """A mapping's values by key, and where each key stands."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[str, Node] = {}


def fields_of(node: Node, what: Text) -> Given:
    """A mapping's values by key. Keys must be plain words, each once."""
    if not isinstance(node, MappingNode):
        raise Wrong(node, text("expected {what}: 'name: value' pairs, found {kind}", what=what, kind=kind_of(node)))
    found = Given()
    for key_node, value in node.value:
        key = scalar(key_node, text("a word"))
        if key in found:
            raise Wrong(key_node, text("{key} is given twice", key=key))
        found[key] = value
        found.places[key] = key_node
    return found


def items_of(node: Node, what: Text) -> list[Node]:
    """A list's values."""
    if not isinstance(node, SequenceNode):
        raise Wrong(node, text("expected a list of {what}, found {kind}", what=what, kind=kind_of(node)))
    return list(node.value)


def only(given: Given, allowed: tuple[str, ...]) -> None:
    """Refuse keys that are not known here."""
    for key in given:
        if key not in allowed:
            raise Wrong(given.places[key], text("{key} is not known here; expected {allowed}", key=key, allowed=", ".join(allowed)))


def need(node: Node, given: Mapping[str, Node], key: str) -> Node:
    """The value of a key that must be there."""
    if key not in given:
        raise Wrong(node, text("{key} is missing", key=key))
    return given[key]


def choice(node: Node, choices: tuple[str, ...]) -> str:
    """One of these words."""
    value = scalar(node, text("one of {choices}", choices=", ".join(choices)))
    if value not in choices:
        raise Wrong(node, text("{value} is not possible; expected one of {choices}", value=repr(value), choices=", ".join(choices)))
    return value


def number(node: Node, least: int, most: int) -> int:
    """A whole number between these."""
    value = scalar(node, text("a number"))
    if not re.fullmatch(r"\d{1,9}", value) or not least <= int(value) <= most:
        raise Wrong(node, text("{value} is not possible; expected {least} to {most}", value=repr(value), least=least, most=most))
    return int(value)


def seconds_of(node: Node, value: str) -> float:
    """A time written with its unit, in seconds; at most a day."""
    match = DURATION.fullmatch(value)
    if match is None:
        raise Wrong(node, text("{value} is no time; expected a number with ms, s or min, such as 10s", value=repr(value)))
    seconds = round(float(match[1]) * UNITS_S[match[2]], 3)
    if seconds > SECONDS_MOST:
        raise Wrong(node, text("{value} is too long; expected at most a day", value=repr(value)))
    return seconds


def seconds(node: Node) -> float:
    """A plain value that is a time."""
    return seconds_of(node, scalar(node, text("a time such as 10s")))


def matching(node: Node, pattern: str, expected: Text) -> str:
    """A plain value of this shape."""
    value = scalar(node, expected)
    if not re.fullmatch(pattern, value):
        raise Wrong(node, text("{value} is not possible; expected {expected}", value=repr(value), expected=expected))
    return value


def keys_of(node: Node, pattern: str, expected: Text) -> str:
    """Keys to be pressed. What is wrong with them is not repeated: it may hold a PIN."""
    value = scalar(node, expected)
    if not re.fullmatch(pattern, value):
        raise Wrong(node, text("these keys are not possible; expected {expected}", expected=expected))
    return value


def decimal(node: Node, least: float, most: float) -> float:
    """A number between these, with or without a point."""
    value = scalar(node, text("a number"))
    if not re.fullmatch(r"[+-]?\d{1,6}(\.\d{1,3})?", value) or not least <= float(value) <= most:
        raise Wrong(
            node, text("{value} is not possible; expected {least} to {most}", value=repr(value), least=f"{least:g}", most=f"{most:g}")
        )
    return float(value)


def truth(node: Node) -> bool:
    """Yes or no."""
    return choice(node, ("yes", "no", "true", "false")) in ("yes", "true")
