"""Who has blocked which line: folded from the facts, kept over a start."""

from __future__ import annotations

from engine import facts
from engine.kernel.bus import Envelope
from engine.store.state import State
from engine.telephony.blocking import Block, Blocks


def envelope(seq: int, fact: facts.Fact) -> Envelope:
    return Envelope(seq, "b1", seq, seq * 1000, 480, 0, "", fact)


def test_the_newest_word_on_a_line_counts() -> None:
    """Blocked by one, at once by another, unblocked by a third: each sees what is so, and who it was."""
    blocks = Blocks()
    blocks.hear(envelope(1, facts.LinesBlocked(lines=("a", "b"), mode="after_calls", by="user li", why="cable")))
    blocks.hear(envelope(2, facts.LinesBlocked(lines=("b",), mode="now", by="user wang", why="noise")))
    assert blocks.by_line["a"] == Block("a", "after_calls", "user li", "cable", 1000)
    assert blocks.by_line["b"] == Block("b", "now", "user wang", "noise", 2000)
    blocks.hear(envelope(3, facts.LinesUnblocked(lines=("a", "c"), by="user li", why="done")))
    assert set(blocks.by_line) == {"b"}


def test_a_checkpoint_keeps_who_blocked_what() -> None:
    """After a restart the line is blocked still, and says who wanted it, why and since when."""
    state = State()
    state.apply(envelope(1, facts.LinesBlocked(lines=("a",), mode="now", by="user li", why="cable")))
    again = State.from_json(state.to_json())
    assert again.blocks.by_line == {"a": Block("a", "now", "user li", "cable", 1000)}
    again.apply(envelope(2, facts.LinesUnblocked(lines=("a",), by="user li", why="done")))
    assert not again.blocks.by_line
