"""How the outgoing trunk groups look on the console."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from console.tables import Translate, table
from engine.control.trunk_group_words import GROUP_OBSTACLES, group_named
from engine.kernel.text import Text, text

__all__ = ["trunk_groups_shown"]

Row = Mapping[str, Any]
Column = tuple[Text, Callable[[Row, Translate], str]]


def _count(name: str) -> Callable[[Row, Translate], str]:
    return lambda row, _: str(row[name])


def _of_most(name: str, most: str) -> Callable[[Row, Translate], str]:
    """A count, and its limit where there is one."""
    return lambda row, _: f"{row[name]}/{row[most]}" if row[most] else str(row[name])


def _name(row: Row, _: Translate) -> str:
    named = group_named(row["group"])
    return named.render(_) if isinstance(named, Text) else named


def _minutes(row: Row, _: Translate) -> str:
    most = row["talk_today_most_min"]
    return f"{row['talked_today_s'] // 60}/{most}" if most else str(row["talked_today_s"] // 60)


def _limit(row: Row, _: Translate) -> str:
    return GROUP_OBSTACLES[row["limit"]].render(_) if row["limit"] in GROUP_OBSTACLES else row["limit"] or "-"


COLUMNS: Sequence[Column] = (
    (text("group"), _name),
    (text("free"), _count("free")),
    (text("kept"), _count("reserved")),
    (text("in use"), _count("in_use")),
    (text("blocked"), _count("blocked")),
    (text("out of service"), _count("out_of_service")),
    (text("calls"), _of_most("calls", "calls_most")),
    (text("calls today"), _of_most("calls_today", "calls_today_most")),
    (text("minutes today"), _minutes),
    (text("overflowed"), _count("overflowed_today")),
    (text("refused"), _count("refused_today")),
    (text("limit"), _limit),
)


def trunk_groups_shown(result: Row, _: Translate, width: int = 0) -> str:
    """Each group with its channels now, and what it has carried today."""
    return table(
        [heading.render(_) for heading, _show in COLUMNS], [[show(row, _) for _heading, show in COLUMNS] for row in result["groups"]], width
    )
