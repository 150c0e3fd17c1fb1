"""The journal: what survives is always a prefix, and damage is never silent."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.facts import AlarmRaised, CallArrived, CallEnded, CallOffered, LineRang
from engine.kernel.bus import Envelope
from engine.kernel.errors import BadInput, OurFault
from engine.store.journal import START, Disk, Journal, Position, Reading, cut, decode, encode, holds, segment_path

TEXTS = st.text(max_size=40)
FACTS = st.one_of(
    st.builds(LineRang, line=TEXTS),
    st.builds(CallArrived, call=TEXTS, line=TEXTS, calling=TEXTS, calling_name=TEXTS, called=TEXTS),
    st.builds(CallEnded, call=TEXTS, cause=st.integers(0, 127), reason=TEXTS, released_by=TEXTS),
    st.builds(
        CallOffered, call=TEXTS, queue=TEXTS, agent=TEXTS, phone=TEXTS, why=TEXTS, passed_over=st.lists(TEXTS, max_size=3).map(tuple)
    ),
)


def envelopes(facts: Iterable[object], first_seq: int = 1) -> list[Envelope]:
    return [Envelope(seq, "b1", seq * 7, 1000 + seq, 480, seq * 160, f"b1-i{seq}", fact) for seq, fact in enumerate(facts, first_seq)]


def write(folder: Path, kept: Iterable[Envelope], *, batch: int = 3, segment_bytes: int = 600, end: Position = START) -> Position:
    journal = Journal(folder, end, segment_bytes=segment_bytes)
    rows = [(one.seq, encode(one)) for one in kept]
    for start in range(0, len(rows), batch):
        journal.append(rows[start : start + batch])
        journal.sync()
    journal.close()
    return journal.end


def whole(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("*.seg")))


@given(FACTS)
def test_a_fact_comes_back_as_it_went_in(fact: object) -> None:
    """A report of last year shows what happened, whatever characters a caller's name had."""
    (envelope,) = envelopes([fact])
    assert decode(encode(envelope)) == envelope


def test_a_name_that_is_no_text_can_be_kept() -> None:
    """A caller whose name arrives as broken octets is journalled like any other."""
    (envelope,) = envelopes([CallArrived(call="b1-c1", line="l", calling="", calling_name="\udcff", called="")])
    assert decode(encode(envelope)) == envelope


def test_the_file_is_what_this_transcript_says(tmp_path: Path) -> None:
    """A technician can read the journal with any pager, next year as today."""
    write(tmp_path, envelopes([LineRang(line="line-1")]))
    assert segment_path(tmp_path, 1).read_text().splitlines() == [
        '333e8df8 {"crc":0,"first":1,"journal":1,"segment":1}',
        '2380595f [1,"b1","LineRang",1,7,1001,480,160,"b1-i1",{"line":"line-1"}]',
    ]


@given(st.lists(FACTS, max_size=12), st.integers(1, 5), st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_the_same_facts_give_the_same_bytes(facts: list[object], batch: int, other_batch: int) -> None:
    """The same seed gives the same journal byte for byte, however slow the disk was."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        write(Path(one), envelopes(facts), batch=batch)
        write(Path(other), envelopes(facts), batch=other_batch)
        assert [(path.name, path.read_bytes()) for path in sorted(Path(one).iterdir())] == [
            (path.name, path.read_bytes()) for path in sorted(Path(other).iterdir())
        ]


@given(st.lists(FACTS, min_size=1, max_size=10), st.data(), st.binary(max_size=30))
@settings(max_examples=60, deadline=None)
def test_any_cut_leaves_a_prefix_that_goes_on(facts: list[object], data: st.DataObject, garbage: bytes) -> None:
    """After a power cut at any moment the appliance starts, knows a prefix of what happened, and goes on from there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept = envelopes(facts)
        write(folder, kept)
        length = data.draw(st.integers(0, len(whole(folder))))
        for path in sorted(folder.glob("*.seg")):
            size = path.stat().st_size
            if length < size:
                with path.open("r+b") as file:
                    file.truncate(max(0, length))
                    file.seek(0, os.SEEK_END)
                    file.write(garbage if length > 0 else b"")
                if length <= 0:
                    path.unlink()
            length -= size
            if length < 0:
                length = min(length, -1)
        reading = Reading(folder)
        found = list(reading)
        assert found == kept[: len(found)]
        cut(folder, reading)
        again = Reading(folder)
        assert list(again) == found
        assert (again.end, again.torn_bytes) == (reading.end, 0)
        more = envelopes([LineRang(line="after")], first_seq=len(found) + 1)
        write(folder, more, end=reading.end)
        assert list(Reading(folder)) == found + more


def test_a_torn_tail_is_counted(tmp_path: Path) -> None:
    """The start says how many octets of an unfinished record it removed."""
    end = write(tmp_path, envelopes([LineRang(line="a"), LineRang(line="b")]), segment_bytes=10_000)
    path = segment_path(tmp_path, 1)
    with path.open("ab") as file:
        file.write(b"0123456789")
    reading = Reading(tmp_path)
    assert len(list(reading)) == 2
    assert (reading.torn_bytes, reading.end) == (10, end)
    cut(tmp_path, reading)
    assert path.stat().st_size == end.offset


def test_damage_in_the_middle_is_refused_with_its_place(tmp_path: Path) -> None:
    """A flipped bit in an old segment stops the start with file and offset, instead of losing all later calls."""
    write(tmp_path, envelopes([LineRang(line=f"line-{number}") for number in range(20)]), segment_bytes=300)
    path = segment_path(tmp_path, 2)
    octets = bytearray(path.read_bytes())
    second_line = octets.index(b"\n") + 1
    octets[second_line + 20] ^= 1
    path.write_bytes(octets)
    with pytest.raises(BadInput) as caught:
        list(Reading(tmp_path))
    assert str(path) in str(caught.value)
    assert f"offset {second_line}" in str(caught.value)


def test_a_missing_segment_is_refused(tmp_path: Path) -> None:
    """A segment that somebody deleted is named."""
    write(tmp_path, envelopes([LineRang(line=f"line-{number}") for number in range(20)]), segment_bytes=300)
    segment_path(tmp_path, 2).unlink()
    with pytest.raises(BadInput, match=r"000000002\.seg is missing"):
        list(Reading(tmp_path))


def test_swapped_segments_are_refused(tmp_path: Path) -> None:
    """A segment copied over another is noticed by the chain of checksums."""
    write(tmp_path, envelopes([LineRang(line=f"line-{number}") for number in range(30)]), segment_bytes=300)
    segment_path(tmp_path, 2).write_bytes(segment_path(tmp_path, 3).read_bytes())
    with pytest.raises(BadInput, match=r"000000002\.seg is damaged at offset 0"):
        list(Reading(tmp_path))


def test_a_fact_of_a_newer_program_is_refused_and_not_cut_off(tmp_path: Path) -> None:
    """Going back to an older version of the program never costs a record, even the last one."""
    (envelope,) = envelopes([LineRang(line="a")])
    journal = Journal(tmp_path, START)
    journal.append([(1, encode(envelope).replace(b"LineRang", b"LineSang"))])
    journal.close()
    with pytest.raises(BadInput, match="newer version"):
        list(Reading(tmp_path))


def test_reading_from_a_place_gives_the_rest(tmp_path: Path) -> None:
    """A start from a checkpoint sees exactly the facts after it."""
    kept = envelopes([LineRang(line=f"line-{number}") for number in range(20)])
    at = write(tmp_path, kept[:11], segment_bytes=300)
    write(tmp_path, kept[11:], segment_bytes=300, end=at)
    assert list(Reading(tmp_path, at)) == kept[11:]
    assert holds(tmp_path, at)
    assert not holds(tmp_path, Position(at.segment, at.offset, at.crc ^ 1, at.seq))
    assert not holds(tmp_path, Position(at.segment, at.offset + 1, at.crc, at.seq))
    assert not holds(tmp_path, Position(99, at.offset, at.crc, at.seq))


@pytest.mark.parametrize("partly", [0, 1, 50, 200])
def test_a_write_that_fails_half_way_leaves_no_trace_when_repeated(tmp_path: Path, partly: int) -> None:
    """A disk that was full for a while leaves the same journal as one that never was."""
    budget = [partly]

    def write_some(fd: int, octets: bytes, offset: int) -> int:
        if budget[0] <= 0:
            raise OSError(errno.ENOSPC, "full")
        count = os.pwrite(fd, octets[: budget[0]], offset)
        budget[0] -= count
        return count

    rows = [(one.seq, encode(one)) for one in envelopes([LineRang(line=f"line-{number}") for number in range(12)])]
    full, good = tmp_path / "full", tmp_path / "good"
    full.mkdir()
    good.mkdir()
    journal = Journal(full, START, segment_bytes=300, disk=Disk(write=write_some))
    with pytest.raises(OSError, match="full"):
        journal.append(rows)
    journal.rewind()
    budget[0] = 1_000_000
    journal.append(rows)
    journal.sync()
    reference = Journal(good, START, segment_bytes=300)
    reference.append(rows)
    assert whole(full) == whole(good)


def test_a_failed_sync_is_made_good_by_writing_again(tmp_path: Path) -> None:
    """When the disk reports an error at fdatasync, octets it may have dropped are written once more."""
    failing = [True]

    def sync(fd: int) -> None:
        if failing[0]:
            os.ftruncate(fd, 0)
            raise OSError(errno.EIO, "lost")
        os.fdatasync(fd)

    kept = envelopes([LineRang(line="a"), LineRang(line="b")])
    rows = [(one.seq, encode(one)) for one in kept]
    journal = Journal(tmp_path, START, disk=Disk(sync=sync))
    journal.append(rows)
    with pytest.raises(OSError, match="lost"):
        journal.sync()
    journal.rewind()
    failing[0] = False
    journal.append(rows)
    journal.sync()
    assert list(Reading(tmp_path)) == kept


def test_what_cannot_be_kept_is_our_fault(tmp_path: Path) -> None:
    """A programming error is reported at once, and never written."""
    with pytest.raises(OurFault, match="not a fact"):
        encode(envelopes(["words"])[0])
    with pytest.raises(OurFault, match="octets"):
        encode(envelopes([AlarmRaised(alarm="a", about="b", sentence="x" * 1_100_000)])[0])
    journal = Journal(tmp_path, START)
    row = encode(envelopes([LineRang(line="a")])[0])
    with pytest.raises(OurFault, match="comes after"):
        journal.append([(1, row), (1, row)])
