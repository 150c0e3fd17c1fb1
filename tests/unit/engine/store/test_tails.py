"""The newest facts and log lines, read backwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import facts
from engine.kernel.bus import Envelope
from engine.store import tails
from engine.store.journal import START, Journal, encode
from engine.store.tails import last_lines, newest_facts


def write(folder: Path, count: int, segment_bytes: int = 2000) -> list[Envelope]:
    """A journal of so many facts in several segments; every third is about call b1-c1, the others about b1-c10."""
    kept = [
        Envelope(
            seq,
            "b1",
            seq,
            seq,
            480,
            0,
            "b1-c1" if seq % 3 == 0 else "",
            facts.KeyPressed(call="b1-c1" if seq % 3 == 0 else "b1-c10", key="5"),
        )
        for seq in range(1, count + 1)
    ]
    journal = Journal(folder, START, segment_bytes=segment_bytes)
    journal.append([(envelope.seq, encode(envelope)) for envelope in kept])
    journal.sync()
    journal.close()
    return kept


@pytest.mark.parametrize("window", [120, 700, 1_000_000])
def test_the_last_facts_are_found_whatever_the_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, window: int) -> None:
    """The newest facts come in order, none missing and none twice, over the edges of windows and segments."""
    kept = write(tmp_path, 60)
    monkeypatch.setattr(tails, "WINDOW_BYTES", window)
    for limit in (1, 7, 59, 60, 100):
        found = newest_facts(tmp_path, limit)
        assert list(found.facts) == kept[-limit:]
        assert (found.all_read, found.unreadable) == (True, 0)


def test_only_one_calls_facts(tmp_path: Path) -> None:
    """A call's facts do not include those of a call whose id begins alike."""
    kept = write(tmp_path, 60)
    assert list(newest_facts(tmp_path, 5, "b1-c1").facts) == [envelope for envelope in kept if envelope.seq % 3 == 0][-5:]
    assert newest_facts(tmp_path, 5, "b1-c2").facts == ()


def test_a_line_under_way_and_a_damaged_one_are_passed_over(tmp_path: Path) -> None:
    """A torn tail or a flipped bit hides that fact and no other, and is counted."""
    kept = write(tmp_path, 10, 1_000_000)
    path = tmp_path / "000000001.seg"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[8] = lines[8].replace(b'"5"', b'"6"')
    path.write_bytes(b"".join(lines) + b"0000")
    found = newest_facts(tmp_path, 100)
    assert [envelope.seq for envelope in found.facts] == [envelope.seq for envelope in kept if envelope.seq != 8]
    assert found.unreadable == 2


def test_the_search_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a journal of years a search stops, and says that it did not see everything."""
    write(tmp_path, 60)
    monkeypatch.setattr(tails, "WINDOW_BYTES", 500)
    found = newest_facts(tmp_path, 5, "b1-c2", most_bytes=1000)
    assert not found.all_read


def test_no_journal_no_facts(tmp_path: Path) -> None:
    """A new box has none."""
    assert newest_facts(tmp_path, 5).facts == ()


@settings(max_examples=50)
@given(
    st.lists(st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=30),
    st.integers(1, 35),
)
def test_the_last_lines(tmp_path_factory: pytest.TempPathFactory, lines: list[str], limit: int) -> None:
    """Just the last lines come, whatever is in them."""
    file = tmp_path_factory.mktemp("log") / "strowger.log"
    file.write_bytes("".join(f"{line}\n" for line in lines).encode())
    assert last_lines(file, limit) == lines[-limit:]


def test_a_log_that_was_just_turned_over(tmp_path: Path) -> None:
    """After the change to a new file the end of the old one is still shown, and only so much is ever read."""
    (tmp_path / "strowger.log.1").write_text("".join(f"old {number}\n" for number in range(1000)), "utf-8")
    (tmp_path / "strowger.log").write_text("new\n", "utf-8")
    assert last_lines(tmp_path / "strowger.log", 3) == ["old 998", "old 999", "new"]
    assert len(last_lines(tmp_path / "strowger.log", 1000, most_bytes=100)) == 13
