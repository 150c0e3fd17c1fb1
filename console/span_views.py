"""How the configuration of spans looks to a person on the console."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.tables import Translate, table
from engine.kernel.text import Text, text, text_from_json

__all__ = ["span_configuration_shown", "system_conf_shown"]

STATES: Mapping[str, Text] = {
    "right": text("as it should be"),
    "waits": text("waits"),
    "refused": text("refused"),
}


def span_configuration_shown(answer: Mapping[str, Any], _: Translate, width: int = 0) -> str:
    """The answer of ``span_configuration``: each span, whether it is what the settings say, and why not."""
    if not answer["spans"]:
        return _("The settings name no spans.")
    headings = [_("span"), _("number"), _("state"), _("why"), _("to be done")]
    rows = [
        [
            row["span"] or "-",
            str(row["number"] or "-"),
            STATES[row["state"]].render(_),
            "; ".join(text_from_json(said).render(_) for said in row["reasons"]),
            "; ".join(text_from_json(said).render(_) for said in row["steps"]),
        ]
        for row in answer["spans"]
    ]
    return table(headings, rows, width)


def system_conf_shown(answer: Mapping[str, Any], _: Translate, _width: int = 0) -> str:
    """The answer of ``system_conf``: the file as it is."""
    return str(answer["text"]).rstrip("\n")
