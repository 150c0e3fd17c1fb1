"""Facts after a number, found without reading what lies before them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import facts
from engine.kernel.bus import Envelope
from engine.store import stretches
from engine.store.journal import START, Journal, encode
from engine.store.stretches import Stretch, facts_after


def write(folder: Path, count: int, segment_bytes: int = 2000) -> list[Envelope]:
    """A journal of so many facts in several segments; every third is about call b1-c1 and ends it, the others are keys of b1-c10."""
    kept = []
    for seq in range(1, count + 1):
        key: facts.Fact = facts.KeyPressed(call="b1-c10", key="5")
        ended: facts.Fact = facts.CallEnded(call="b1-c1", cause=16, reason="hung_up", released_by="caller")
        kept.append(Envelope(seq, "b1", seq, seq, 480, 0, "", key if seq % 3 else ended))
    journal = Journal(folder, START, segment_bytes=segment_bytes)
    journal.append([(envelope.seq, encode(envelope)) for envelope in kept])
    journal.sync()
    journal.close()
    return kept


@pytest.mark.parametrize("near", [1, 300, 100_000])
def test_every_number_leads_to_the_facts_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, near: int) -> None:
    """A page begins right after the number that was asked for, over the edges of segments, none missing and none twice."""
    monkeypatch.setattr(stretches, "NEAR_BYTES", near)
    kept = write(tmp_path, 70)
    for after in range(72):
        assert facts_after(tmp_path, after, 5) == Stretch(tuple(kept[after : after + 5]), max(after, min(after + 5, 70)), 0)


def test_pages_put_together_are_the_journal(tmp_path: Path) -> None:
    """Whoever follows from page to page has read everything once, also with a filter."""
    kept = write(tmp_path, 70)
    for names, call in (((), ""), (("CallEnded",), ""), ((), "b1-c1"), (("KeyPressed", "CallEnded"), "b1-c10")):
        read: list[Envelope] = []
        after = 0
        while (stretch := facts_after(tmp_path, after, 4, call, names)).through > after:
            read += stretch.facts
            after = stretch.through
        assert after == 70
        wanted = [
            one for one in kept if (not names or type(one.fact).__name__ in names) and (not call or getattr(one.fact, "call", "") == call)
        ]
        assert read == wanted


def test_one_question_looks_at_so_much_only(tmp_path: Path) -> None:
    """A filter that fits nothing does not keep the disk busy for ever: the answer says how far it came."""
    write(tmp_path, 70)
    stretch = facts_after(tmp_path, 0, 10, "b1-c9", (), most_bytes=1000)
    assert stretch.facts == ()
    assert 5 < stretch.through < 20


def test_damage_and_a_line_under_way_are_passed_over(tmp_path: Path) -> None:
    """A flipped bit hides that fact and no other, and is counted; a torn end is not yet there."""
    kept = write(tmp_path, 10, 1_000_000)
    (path,) = tmp_path.glob("*.seg")
    lines = path.read_bytes().splitlines(keepends=True)
    lines[4] = lines[4].replace(b'"key":"5"', b'"key":"6"')
    path.write_bytes(b"".join(lines) + b'0000abcd [11,"b1')
    stretch = facts_after(tmp_path, 0, 100)
    assert [one.seq for one in stretch.facts] == [one.seq for one in kept if one.seq != 4]
    assert (stretch.through, stretch.unreadable) == (10, 1)


def test_an_empty_journal_has_nothing(tmp_path: Path) -> None:
    """A box that has just been installed answers with nothing, not with a fault."""
    assert facts_after(tmp_path, 0, 10) == Stretch((), 0, 0)
