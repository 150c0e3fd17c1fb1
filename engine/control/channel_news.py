"""News of thirty channels as one sentence: what the channels of an E1 trunk do together is told together, what one does is told of that one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine import facts
from engine.kernel.text import Text, text

__all__ = ["TOGETHER_S", "ChannelNews"]

TOGETHER_S = 0.3
"""News of the same kind within this time is told as one."""
Kind = tuple[str, str]
"""The trunk, and why its channels are out of service; empty: they are in service."""


class ChannelNews:
    """Holds news back for ``TOGETHER_S``. ``trunks`` gives the E1 trunk of each channel's line; ``later`` calls an act after so many seconds; ``tell``
    gets the facts of one kind, as they came, and their common sentence (None for a single fact, which has one of its own). ``reasons``: words of
    ``LineOutOfService`` for people.
    """

    def __init__(
        self,
        trunks: Callable[[], Mapping[str, str]],
        later: Callable[[float, Callable[[], None]], object],
        tell: Callable[[facts.Fact, Text | None], None],
        reasons: Mapping[str, Text],
    ) -> None:
        self._trunks = trunks
        self._later = later
        self._tell = tell
        self._reasons = reasons
        self._held: dict[Kind, dict[str, facts.Fact]] = {}
        """By kind and line: never more than there are lines."""

    def takes(self, fact: facts.Fact) -> bool:
        """True when it is held back, and told in a moment."""
        match fact:
            case facts.LineInService(line=line):
                reason = ""
            case facts.LineOutOfService(line=line, reason=reason):
                pass
            case _:
                return False
        trunk = self._trunks().get(line)
        if trunk is None:
            return False
        if any(line in of_lines for of_lines in self._held.values()):
            self._flush()  # twice in so short a time: told in the order in which it happened
        if not self._held:
            self._later(TOGETHER_S, self._flush)
        self._held.setdefault((trunk, reason), {})[line] = fact
        return True

    def _flush(self) -> None:
        held, self._held = self._held, {}
        for (trunk, reason), of_lines in held.items():
            first, *others = of_lines.values()
            self._tell(first, self._together(trunk, reason, len(of_lines)) if others else None)

    def _together(self, trunk: str, reason: str, count: int) -> Text:
        if reason:
            why = self._reasons.get(reason, reason)
            return text("{trunk}: {count} channels are out of service: {reason}.", trunk=trunk, count=count, reason=why)
        return text("{trunk}: {count} channels are in service.", trunk=trunk, count=count)
