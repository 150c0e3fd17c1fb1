"""What comes out of the doctor: for scripts, through the door, on a terminal."""

from __future__ import annotations

import json

import pytest

from appliance.doctor.findings import Finding, State, exit_status, finding_from_json, findings_as_json, merged
from console.doctor_view import doctor_shown
from engine.kernel.text import text
from tests.unit.appliance.doctor.healthy import found

GOOD = Finding("disk", text("Disk space"), State.GOOD, text("50 GB free"))
BAD = Finding("time", text("Time"), State.BAD, text("follows nobody"), text("start chrony"))
NONE = Finding("driver", text("Driver"), State.NONE, text("the boards are simulated"))
UNSEEN = Finding("rival", text("Other programs"), State.UNSEEN, text("hidden"), text("ask again as root"))


@pytest.mark.parametrize(("findings", "status"), [([GOOD, NONE], 0), ([GOOD, BAD, UNSEEN], 1), ([GOOD, UNSEEN], 2), ([], 0)])
def test_a_script_knows_by_the_exit_status(findings: list[Finding], status: int) -> None:
    """0 in order, 1 something to mend, 2 something could not be looked at."""
    assert exit_status(findings) == status


def test_findings_go_through_the_door_unchanged() -> None:
    """What the appliance found is read by the command as it was, sentences within sentences included."""
    every = [GOOD, BAD, NONE, UNSEEN, found("spans", spans=())]
    assert [finding_from_json(written) for written in json.loads(json.dumps(findings_as_json(every)))] == every


def test_who_asks_sees_what_the_appliance_cannot() -> None:
    """What its sandbox hides from the appliance is looked at from outside; in everything else the appliance knows itself best."""
    outside = [
        Finding("rival", text("Other programs"), State.BAD, text("asterisk"), text("stop it")),
        Finding("disk", text("Disk space"), State.BAD, text("full"), text("clean up")),
        Finding("time", text("Time"), State.UNSEEN, text("?")),
    ]
    assert [(finding.check, finding.state) for finding in merged([GOOD, UNSEEN, BAD], outside)] == [
        ("disk", State.GOOD),
        ("rival", State.BAD),
        ("time", State.BAD),
    ]


def test_a_terminal_shows_a_line_for_each_and_the_mend_below() -> None:
    """Columns are aligned, the mend hangs below what it mends, and the last line counts."""
    shown = doctor_shown({"findings": findings_as_json([GOOD, BAD, NONE])}, str)
    assert shown.splitlines() == [
        "ok       Disk space  50 GB free",
        "FAULT    Time        follows nobody",
        "                     → start chrony",
        "n/a      Driver      the boards are simulated",
        "",
        "1 to mend, 1 in order.",
    ]


def test_columns_stay_aligned_in_chinese_and_on_a_narrow_terminal() -> None:
    """A Chinese character takes two columns; a sentence that is too long goes on below itself."""
    chinese = {"ok": "正常", "Disk space": "磁盘空间", "Time": "时间", "FAULT": "故障", "n/a": "不适用", "unknown": "未知"}
    lines = doctor_shown({"findings": findings_as_json([GOOD, BAD])}, lambda msgid: chinese.get(msgid, msgid), 40).splitlines()
    assert lines[0] == "正常    磁盘空间  50 GB free"
    assert lines[1] == "故障    时间      follows nobody"
    long = Finding("disk", text("Disk"), State.GOOD, text("one two three four five six seven eight"))
    assert doctor_shown({"findings": findings_as_json([long])}, str, 40).splitlines()[:2] == [
        "ok       Disk  one two three four five",
        "               six seven eight",
    ]


def test_nothing_red_is_said_in_words() -> None:
    """The last line tells apart all in order and something not looked at."""
    assert doctor_shown({"findings": findings_as_json([GOOD, NONE])}, str).endswith("\nAll 1 in order.")
    assert doctor_shown({"findings": findings_as_json([GOOD, UNSEEN])}, str).endswith("Nothing found to mend; 1 could not be looked at.")
