"""How the doctor's findings look to a person: a line for each, and below a red one what to do.

A marked word stands first on each line, so that the lines can be read without colour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from console.tables import Translate, columns, wrap
from engine.kernel.text import Text, text, text_from_json

__all__ = ["Paint", "doctor_shown", "no_paint"]

Paint = Callable[[str, str], str]
"""Colours a text as befits a state."""

MARKS: Mapping[str, Text] = {
    "good": text("ok"),
    "bad": text("FAULT"),
    "not_applicable": text("n/a"),
    "unseen": text("unknown"),
}
GAP = "  "


def no_paint(_state: str, written: str) -> str:
    """Without colour."""
    return written


def doctor_shown(answer: Mapping[str, Any], _: Translate, width: int = 0, paint: Paint = no_paint) -> str:
    """The answer of ``doctor``; the last line counts."""
    findings = answer["findings"]
    titles = [text_from_json(finding["title"]).render(_) for finding in findings]
    marks = {state: mark.render(_) for state, mark in MARKS.items()}
    mark_width = max(columns(mark) for mark in marks.values())
    title_width = max((columns(title) for title in titles), default=0)
    lines: list[str] = []
    for finding, title in zip(findings, titles, strict=True):
        state = str(finding["state"])
        mark = marks.get(state, state)
        head = paint(state, mark) + " " * (mark_width - columns(mark)) + GAP + title + " " * (title_width - columns(title)) + GAP
        indent = mark_width + title_width + 2 * len(GAP)
        lines += _hung(head, indent, text_from_json(finding["found"]).render(_), width)
        if finding["mend"] is not None:
            lines += _hung(" " * indent, indent, "→ " + text_from_json(finding["mend"]).render(_), width)
    return "\n".join([*lines, "", _counted(findings, _)])


def _hung(head: str, indent: int, said: str, width: int) -> list[str]:
    """A text beside its head, its further lines below its first one."""
    pieces = wrap(said, width - indent) if width > 2 * indent else [said]
    return [head + pieces[0], *(" " * indent + piece for piece in pieces[1:])]


def _counted(findings: Any, _: Translate) -> str:  # noqa: ANN401  # a list out of JSON
    count = {state: sum(finding["state"] == state for finding in findings) for state in MARKS}
    if count["bad"]:
        return text("{bad} to mend, {good} in order.", bad=count["bad"], good=count["good"]).render(_)
    if count["unseen"]:
        return text("Nothing found to mend; {unseen} could not be looked at.", unseen=count["unseen"]).render(_)
    return text("All {good} in order.", good=count["good"]).render(_)
