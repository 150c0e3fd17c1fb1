"""How an agent's day looks on the console."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.tables import Translate, cell, listed, table
from engine.kernel.text import Text, text

__all__ = ["agent_reasons", "agent_today_shown"]

Row = Mapping[str, Any]
COUNTS: Sequence[tuple[str, Text]] = (
    ("answered", text("answered")),
    ("missed", text("missed")),
    ("rejected", text("rejected")),
)
TIMES: Sequence[tuple[str, Text]] = (
    ("logged_in_s", text("logged in")),
    ("talked_s", text("in conversation")),
    ("held_s", text("of that on hold")),
    ("wrap_up_s", text("in wrap-up")),
    ("rung_s", text("being rung")),
    ("ready_s", text("ready")),
    ("own_calls_s", text("in an own call")),
    ("not_ready_s", text("not ready")),
)
MINUTE_S = 60
HOUR_S = 3600


def agent_reasons(row: Row, utc_offset_min: int, _: Translate) -> str:
    """Why the agent is not ready; what comes after the call; the queues that the agent has signed out of."""
    parts = [cell("reasons", row["reasons"], utc_offset_min, _)] if row["reasons"] else []
    for said, names in ((text("then:"), row.get("pending")), (text("signed out of:"), row.get("signed_out"))):
        if names:
            parts.append(f"{said.render(_)} {listed(names, _)}")
    return "; ".join(parts) or cell("reasons", [], utc_offset_min, _)


def hours(seconds: int) -> str:
    """As ``7:05:09``."""
    return f"{seconds // HOUR_S}:{seconds % HOUR_S // MINUTE_S:02}:{seconds % MINUTE_S:02}"


def agent_today_shown(result: Row, _: Translate, width: int = 0) -> str:
    """Counts, times by state, times by reason, and the share of the time for calls that went into calls."""
    rows = [[said.render(_), str(result[name])] for name, said in COUNTS]
    rows += [[said.render(_), hours(result[name])] for name, said in TIMES]
    rows += [[text("not ready: {reason}", reason=reason).render(_), hours(seconds)] for reason, seconds in result["reasons_s"].items()]
    share = result["occupancy_per_mille"]
    rows.append([text("occupancy").render(_), "-" if share < 0 else f"{share / 10:.1f} %"])
    return table([text("agent {agent} today", agent=result["agent"]).render(_), ""], rows, width)
