"""How supplementary services look to a person on the console and the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from console.tables import Translate, table
from engine.calls.services.decision import place_said
from engine.kernel.text import Text, text
from engine.settings.targets import parse_target

__all__ = ["WORDS", "services_shown"]

Row = Mapping[str, Any]
WORDS: Mapping[str, Text] = {
    "forward_always": text("forwards every call"),
    "forward_busy": text("forwards when busy"),
    "forward_no_answer": text("forwards when not answered"),
    "forward_unreachable": text("forwards when out of service"),
    "do_not_disturb": text("not to be disturbed"),
    "call_waiting": text("call waiting"),
    "secretary": text("filtered by the secretary"),
    "hot_line": text("hot line"),
    "wake_up": text("wake-up call"),
    "speed_dial": text("short number"),
}
"""Every service by its name."""


def services_shown(answer: Row, _: Translate, width: int = 0) -> str:
    """The answer of ``services``: each extension, one line for each thing that is set."""
    rows = []
    for row in answer["extensions"]:
        lines = list(_set(row, _)) or [("-", "")]
        rows += [[row["extension"] if not number else "", row["phone"] if not number else "", *line] for number, line in enumerate(lines)]
    if not rows:
        return _("There are no extensions yet")
    return table([_("extension"), _("phone"), _("service"), _("to")], rows, width)


def _set(row: Row, _: Translate) -> Iterator[tuple[str, str]]:
    """What is set, and where it leads."""
    for one in row["forwards"]:
        after = f" ({one['after_s']} s)" if one["after_s"] else ""
        yield WORDS[f"forward_{one['when']}"].render(_), _place(one["target"], _) + after
    for name in ("do_not_disturb", "call_waiting", "secretary"):
        if row[name]:
            yield WORDS[name].render(_), ""
    if row["hot_line"]:
        yield WORDS["hot_line"].render(_), _place(row["hot_line"]["target"], _)
    if row["wake_up"]:
        yield WORDS["wake_up"].render(_), row["wake_up"]
    if row["call_back"]:
        yield _("call back when free"), row["call_back"]
    for one in row["speed_dials"]:
        yield f"**{one['slot']}", _place(one["target"], _)


def _place(target: str, _: Translate) -> str:
    return place_said(parse_target(target)).render(_)
