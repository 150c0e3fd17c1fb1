"""Lines that somebody has blocked: who, since when, why; folded from the facts, so that it survives a restart. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from engine import facts
from engine.kernel.bus import Envelope

__all__ = ["Block", "BlockMode", "BlockableLine", "Blocks"]


class BlockMode(StrEnum):
    """What becomes of a call on a line that is blocked."""

    NOW = "now"
    """It ends at once."""
    AFTER_CALLS = "after_calls"
    """It goes on to its end."""


class BlockableLine(Protocol):
    """A line or phone of a board, as far as it can be blocked."""

    @property
    def name(self) -> str:
        """From the site."""

    def block(self) -> None:
        """Carry no new call, either way, from now on, also over a restart of the board. A call goes on; when there is none the line is out of
        service with the reason ``blocked``. The far end is told where the signalling can.
        """

    def unblock(self) -> None:
        """Serve again."""


@dataclass(frozen=True)
class Block:
    """One blocked line."""

    line: str
    mode: str
    by: str
    why: str
    since_utc_ms: int


@dataclass
class Blocks:
    """Every blocked line, by its name; as many as the site has lines, and those that it had."""

    by_line: dict[str, Block] = field(default_factory=dict)

    @classmethod
    def of(cls, kept: Iterable[Block]) -> Blocks:
        """Those that were kept."""
        return cls({block.line: block for block in kept})

    def hear(self, envelope: Envelope) -> None:
        """Take in the next fact."""
        match envelope.fact:
            case facts.LinesBlocked(lines=lines, mode=mode, by=by, why=why):
                self.by_line |= {line: Block(line, mode, by, why, envelope.utc_ms) for line in lines}
            case facts.LinesUnblocked(lines=lines):
                for line in lines:
                    self.by_line.pop(line, None)
