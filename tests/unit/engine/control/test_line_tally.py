"""The counters of lines and phones."""

from __future__ import annotations

from engine import facts
from engine.control.line_tally import LineCount, LineTally
from engine.kernel.bus import Envelope


def heard(*told: facts.Fact) -> LineTally:
    """A tally of line-1, line-2 and phone-1 that heard these facts at 1000, 2000, … ms."""
    tally = LineTally(["line-1", "line-2", "phone-1"])
    for seq, fact in enumerate(told, start=1):
        tally.hear(Envelope(seq, "b1", 0, seq * 1000, 480, 0, "", fact))
    return tally


def test_calls_are_counted_on_line_and_phone() -> None:
    """A call out counts for the phone and the line it took, an inside call for the phone only, a call in for its line."""
    tally = heard(
        facts.CallPlaced(call="c1", phone="phone-1", extension="801", agent="", called="10086", line="line-1"),
        facts.CallPlaced(call="c2", phone="phone-1", extension="801", agent="", called="802", line=""),
        facts.LineRang(line="line-2"),
        facts.CallArrived(call="c3", line="line-2", calling="", calling_name="", called=""),
    )
    assert tally.counts["phone-1"] == LineCount(calls_out=2)
    assert tally.counts["line-1"] == LineCount(calls_out=1)
    assert tally.counts["line-2"] == LineCount(rings=1, calls_in=1)


def test_a_ring_without_a_call_is_known() -> None:
    """A line that rings, and of which no call has been made yet, is told from one that is releasing."""
    assert heard(facts.LineRang(line="line-1")).counts["line-1"].rung
    assert not heard(facts.LineRang(line="line-1"), facts.LineOutOfService(line="line-1", reason="no_battery")).counts["line-1"].rung


def test_a_fault_has_a_beginning_and_an_end() -> None:
    """A faulty line says since when; mended, only the count of faults is left."""
    broken = facts.LineOutOfService(line="line-1", reason="no_battery")
    assert heard(broken).counts["line-1"] == LineCount(faults=1, fault="no_battery", fault_since_utc_ms=1000)
    assert heard(broken, facts.LineInService(line="line-1")).counts["line-1"] == LineCount(faults=1)


def test_only_lines_of_the_site_are_kept() -> None:
    """Facts about other names neither raise nor take memory."""
    tally = heard(facts.LineRang(line="line-9"), facts.AlarmRaised(alarm="driver", about="pump", sentence=""))
    assert set(tally.counts) == {"line-1", "line-2", "phone-1"}
    assert all(count == LineCount() for count in tally.counts.values())


def test_audio_that_went_wrong_is_added_up() -> None:
    """Each minute's count of late blocks and gaps is added to the line's; another line's stay as they are."""
    once = facts.LineAudioCounted(line="line-1", late_blocks=3, missing_blocks=2, gaps=1, overflows=1, refused_blocks=4)
    tally = heard(once, once)
    assert tally.counts["line-1"] == LineCount(late_blocks=6, missing_blocks=4, gaps=2, overflows=2, refused_blocks=8)
    assert tally.counts["line-2"] == LineCount()
