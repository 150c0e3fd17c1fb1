"""What a technician reads about audio that did not go as it should."""

from __future__ import annotations

from typing import Any

from console.views import lines_shown, status_shown


def line(name: str, **counted: int) -> dict[str, Any]:
    """A line at rest, with these counts."""
    counts = {"rings": 0, "calls_in": 0, "calls_out": 0, "violations": 0, "driver_errors": 0, "faults": 0}
    audio = {"late_blocks": 0, "missing_blocks": 0, "gaps": 0, "overflows": 0, "refused_blocks": 0}
    return {"line": name, "state": "free", "call": "", "fault": "", "fault_since_utc_ms": 0, **counts, **audio, **counted}


def shown(*lines: dict[str, Any]) -> list[str]:
    """The table, a row an entry."""
    return lines_shown({"utc_offset_min": 480, "lines": list(lines)}, lambda msgid: msgid).splitlines()


def test_lines_in_order_have_no_columns_about_gaps() -> None:
    """The table is as narrow as the matter allows."""
    assert "gaps" not in shown(line("line-1"))[0]


def test_a_line_with_gaps_is_found_in_the_table() -> None:
    """One line that makes gaps brings the columns; its counts stand in its row, zeros in the others'."""
    heading, first, second = shown(line("line-1"), line("line-2", late_blocks=3, gaps=2))
    assert heading.split()[-5:] == ["late", "missing", "gaps", "overfl.", "refused"]
    assert first.split()[-5:] == ["0"] * 5
    assert second.split()[-5:] == ["3", "0", "2", "0", "0"]


def test_status_tells_what_the_media_pump_lacks() -> None:
    """``strowger status`` ends with a sentence for each thing that is missing, and with none when all is well or not known yet."""
    quiet = {"utc_ms": 0, "utc_offset_min": 0, "lines": [], "phones": [], "agents": [], "queues": [], "calls": []}
    assert "media pump" not in status_shown({**quiet, "media": {}}, lambda msgid: msgid)
    assert "media pump" not in status_shown({**quiet, "media": {"realtime": True, "locked": "own"}}, lambda msgid: msgid)
    told = status_shown({**quiet, "media": {"realtime": False, "locked": "nothing"}}, lambda msgid: msgid).splitlines()[-2:]
    assert "realtime priority" in told[0]
    assert "memory is not locked" in told[1]


def test_status_begins_with_a_pump_that_stands_still() -> None:
    """When nobody hears anybody, that stands above all tables."""
    quiet = {"utc_ms": 0, "utc_offset_min": 0, "lines": [], "phones": [], "agents": [], "queues": [], "calls": []}
    told = status_shown({**quiet, "media": {"still": True}}, lambda msgid: msgid).split("\n\n")
    assert told[1].startswith("FAULT: the media pump stands still")
