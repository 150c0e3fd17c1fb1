"""The outgoing trunk groups as plain values, for page, console and programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.calls.trunk_groups import GroupState, TrunkGroups
from engine.people.actors import Act, Actor

__all__ = ["group_answers", "group_rows"]

MS_A_SECOND = 1000

Request = Mapping[str, Any]
Done = Callable[[Any], None]
Failed = Callable[[Exception], None]
Answer = Callable[[Actor, Request, Done, Failed], None]


def group_rows(groups: TrunkGroups) -> list[dict[str, Any]]:
    """Every group as it is now, in the order of the site; last the one of all outgoing lines, whose name is empty."""
    return [_row(state) for state in groups.states()]


def _row(state: GroupState) -> dict[str, Any]:
    section, day = state.section, state.day
    return {
        "group": section.name,
        "trunks": list(section.trunks),
        "choice": section.choice,
        "overflow": section.overflow,
        "channels": state.channels,
        "in_use": state.in_use,
        "free": state.free,
        "reserved": state.reserved,
        "blocked": state.blocked,
        "out_of_service": state.out_of_service,
        "calls": state.calls,
        "calls_most": section.concurrent_most,
        "calls_today": day.calls,
        "calls_today_most": section.daily_calls_most,
        "talked_today_s": state.talked_ms // MS_A_SECOND,
        "talk_today_most_min": section.daily_talk_most_min,
        "refused_today": day.refused,
        "overflowed_today": day.overflowed,
        "given_up_today": day.exhausted,
        "limit": state.limit,
    }


def group_answers(groups: TrunkGroups) -> Mapping[str, tuple[Act, Answer]]:
    """The command, with the right it needs, for the table in ``asking.py``."""

    def trunk_groups(_actor: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        done({"groups": group_rows(groups)})

    return {"trunk_groups": (Act.SEE_STATUS, trunk_groups)}
