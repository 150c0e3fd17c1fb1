"""The time line of a recording's segment: where it begins and ends, and its gaps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.telephony.gaps import TRACKS, Gap, gap_written, gaps_read
from engine.telephony.media import Parties, Port
from recorder.time_line import GAPS_MOST, TimeLine, silences

PAIR = Parties(Port(1), Port(2), "13800138000", "1001", outside=True)
SILENCES: tuple[dict[str, str], ...] = ({}, {"left": "hold"}, {"right": "hold"}, {"left": "mute", "right": "mute"})


def test_a_gap_comes_back_as_it_was_written() -> None:
    """The page shows the gaps that the recorder told; what it cannot read it leaves out."""
    gaps = (Gap("right", "hold", 16_000, 8000), Gap("left", "mute", 0, 160))
    assert gaps_read(map(gap_written, gaps)) == gaps
    assert gaps_read(["", "middle hold 1 2", "left hold 1", "left hold -1 2", "left hold x 2"]) == ()


def test_who_is_silent_and_why() -> None:
    """Hold and mute are told apart, on either track or on both."""
    assert silences(PAIR) == {}
    assert silences(Parties(Port(1), Port(2), "", "", outside=True, silent="left")) == {"left": "hold"}
    assert silences(Parties(Port(1), Port(2), "", "", outside=True, silent="both", silence="mute")) == {"left": "mute", "right": "mute"}


def test_a_gap_is_cut_by_the_ends_of_its_segment() -> None:
    """Who is on hold when a segment begins or ends is silent to its very end, and never beyond it."""
    line = TimeLine(900)
    line.begins(1000, {"right": "hold"})
    line.changes(1160, {})
    line.changes(1480, {"right": "hold", "left": "mute"})
    line.ends(1800)
    assert gaps_read(line.written(800)) == (Gap("right", "hold", 0, 160), Gap("left", "mute", 480, 320), Gap("right", "hold", 480, 320))


def test_without_a_word_of_its_end_the_file_tells_it() -> None:
    """A recording that broke off has its gaps up to where it broke off."""
    line = TimeLine(1000)
    line.changes(1160, {"right": "hold"})
    assert gaps_read(line.written(480)) == (Gap("right", "hold", 160, 320),)


def test_gaps_are_bounded() -> None:
    """A key that is pressed all day does not make an endless fact."""
    line = TimeLine(0)
    for number in range(GAPS_MOST + 5):
        line.changes(320 * number, {"right": "mute"})
        line.changes(320 * number + 160, {})
    assert len(line.written(10**6)) == GAPS_MOST


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(SILENCES)), max_size=30), st.integers(0, 5))
def test_every_sample_is_either_in_a_gap_or_not(changes: list[tuple[int, dict[str, str]]], rest: int) -> None:
    """The gaps of a track lie in order, do not touch, and hold exactly the blocks in which it was silent."""
    line, now, silent = TimeLine(5), 5, list[dict[str, str]]()
    line.begins(5, {})
    state: dict[str, str] = {}
    for blocks, change in changes:
        silent += [state] * blocks
        now += blocks
        line.changes(now, change)
        state = change
    silent += [state] * rest
    line.ends(now + rest)
    gaps = gaps_read(line.written(len(silent)))
    for track in TRACKS:
        held = [""] * len(silent)
        for gap in gaps:
            if gap.track == track:
                assert held[gap.from_sample : gap.from_sample + gap.samples] == [""] * gap.samples
                held[gap.from_sample : gap.from_sample + gap.samples] = [gap.why] * gap.samples
        assert held == [blocks.get(track, "") for blocks in silent]
