"""Facts about trunks as sentences."""

from __future__ import annotations

from collections.abc import Mapping

from engine import facts
from engine.kernel.text import Text, text

__all__ = ["CAPTURE_ENDS", "trunk_sentence"]

CAPTURE_ENDS: Mapping[str, Text] = {
    "ended": text("ended"),
    "limit": text("its time was over"),
    "stopping": text("the appliance is stopping"),
}
LINES_NAMED_MOST = 4


def _named(lines: tuple[str, ...]) -> Text | str:
    """The lines, or the first and last of many."""
    if len(lines) <= LINES_NAMED_MOST:
        return ", ".join(lines)
    return text("{first} to {last} ({count} lines)", first=lines[0], last=lines[-1], count=len(lines))


def trunk_sentence(fact: facts.Fact) -> Text | None:
    """What a person reads when this happens; None for what is not about trunks."""
    match fact:
        case facts.LinesBlocked(lines=lines, mode="now", by=by, why=why):
            return text("{by} has blocked {lines}, calls on them end: {why}.", by=by, lines=_named(lines), why=why)
        case facts.LinesBlocked(lines=lines, by=by, why=why):
            return text("{by} has blocked {lines}, each when its call is over: {why}.", by=by, lines=_named(lines), why=why)
        case facts.LinesUnblocked(lines=lines, by=by, why=why):
            return text("{by} has unblocked {lines}: {why}.", by=by, lines=_named(lines), why=why)
        case facts.DChannelDown(trunk=trunk):
            return text("The D channel of {trunk} is down.", trunk=trunk)
        case facts.DChannelUp(trunk=trunk, down_ms=0):
            return text("The D channel of {trunk} is up.", trunk=trunk)
        case facts.DChannelUp(trunk=trunk, down_ms=down_ms):
            return text("The D channel of {trunk} is up again after {seconds} s.", trunk=trunk, seconds=f"{down_ms / 1000:.1f}")
        case facts.TraceStarted(trunk=trunk, limit_s=limit_s, by=by):
            return text("{by} captures the signalling of {trunk} for {seconds} s.", by=by, trunk=trunk, seconds=limit_s)
        case facts.TraceEnded(trunk=trunk, reason=reason, messages=messages, lost=lost):
            return text(
                "The capture of {trunk} is over ({reason}): {messages} messages, {lost} lost.",
                trunk=trunk,
                reason=CAPTURE_ENDS.get(reason, reason),
                messages=messages,
                lost=lost,
            )
    return None
