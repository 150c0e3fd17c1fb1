"""How the configuration of spans looks to a person on the console."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.tables import Translate, table
from engine.kernel.text import Text, text, text_from_json
from engine.settings.spans import places_shown
from engine.telephony.line_tests import PortKind

__all__ = ["found_cards_shown", "span_configuration_shown", "system_conf_shown"]

STATES: Mapping[str, Text] = {
    "right": text("as it should be"),
    "waits": text("waits"),
    "refused": text("refused"),
}


def span_configuration_shown(answer: Mapping[str, Any], _: Translate, width: int = 0) -> str:
    """The answer of ``span_configuration``: each span, whether it is what the settings say, and why not."""
    if not answer["spans"]:
        return _("The settings name no spans.")
    headings = [_("span"), _("span number"), _("state"), _("why"), _("to be done")]
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


def found_cards_shown(answer: Mapping[str, Any], _: Translate, width: int = 0) -> str:
    """The answer of ``found_cards``: each card with its ports, and which span of the settings it is."""
    if not answer["cards"]:
        return _("The driver has no spans: is its module loaded, and is a card plugged in?")
    headings = [_("span number"), _("in the settings"), _("card"), _("port"), _("kind"), _("channels"), _("exchange lines"), _("phones")]
    return table(headings, [_card(card) for card in answer["cards"]], width)


def _card(card: Mapping[str, Any]) -> list[str]:
    first, count = card["first_channel"], card["channel_count"]
    ports = {kind: places_shown(port["channel"] for port in card["ports"] if port["kind"] == kind) for kind in PortKind}
    return [
        str(card["number"] or "-"),
        card["span"] or "-",
        " ".join(part for part in (card["hardware_id"], card["location"]) if part) or card["description"] or "-",
        str(card["port"]),
        card["kind"],
        f"{first}-{first + count - 1}" if count else "-",
        ports[PortKind.LINE] or "-",
        ports[PortKind.PHONE] or "-",
    ]


def system_conf_shown(answer: Mapping[str, Any], _: Translate, _width: int = 0) -> str:
    """The answer of ``system_conf``: the file as it is."""
    return str(answer["text"]).rstrip("\n")
