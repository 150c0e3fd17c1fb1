"""How routing looks to a person on the console and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.tables import Translate, table, wrap
from engine.kernel.text import Text, text, text_from_json

__all__ = ["conditions_shown", "listings_shown", "route_shown"]

DIRECTIONS: Mapping[str, Text] = {
    "in": text("A call from outside at {at}:"),
    "out": text("A call outside at {at}:"),
    "inside": text("A call inside at {at}:"),
}


def route_shown(answer: Mapping[str, Any], _: Translate, width: int = 0) -> str:
    """The answer of ``route``: the steps one below the other, and last what came out."""
    heading = Text(DIRECTIONS[answer["direction"]].msgid, {"at": answer["at"]}).render(_)
    steps = [f"{number}. {text_from_json(step).render(_)}" for number, step in enumerate(answer["steps"], start=1)]
    said = "→ " + text_from_json(answer["said"]).render(_)
    cost = [text_from_json(answer["cost"]).render(_)] if answer.get("cost") else []
    lines = [heading, *steps, said, *cost]
    return "\n".join("\n".join(wrap(line, width)) if width else line for line in lines)


def conditions_shown(answer: Mapping[str, Any], _: Translate, width: int = 0) -> str:
    """The answer of ``time_conditions``: what is open now, and what says so."""
    if not answer["conditions"]:
        return _("The settings have no time conditions.")
    rows = [
        [
            row["condition"],
            row["title"],
            _("open") if row["open"] else _("closed"),
            text_from_json(row["why"]).render(_),
        ]
        for row in answer["conditions"]
    ]
    return table([_("time condition"), _("title"), _("now"), _("why")], rows, width)


def listings_shown(answer: Mapping[str, Any], _: Translate, width: int = 0) -> str:
    """The answer of ``number_listings``: requests that wait for a leader."""
    if not answer["requests"]:
        return _("No request for a number list waits.")
    rows = [[row["request"], row["number"], row["list"], row["by"], row["reason"]] for row in answer["requests"]]
    return table([_("request"), _("number"), _("list"), _("who"), _("why")], rows, width)
