"""Who talks with whom in a call, as a recording shows it: one party on the left track, the other or all others on the right one. Pure.

On the left is a line, where one takes part, else who came first. Of two the right one is the other; of more it is all others together, as the left one
hears them. Who has stepped aside stays in his pair, silent, as long as the other one waits for him; where the others go on talking he has no part in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.calls import leg as l
from engine.calls.parties import CallParties, Leg

__all__ = ["Talk", "talk_of"]

CONFERENCE = 3


@dataclass(frozen=True)
class Talk:
    """``left`` and ``right`` are devices; more than one at the right: a conference. ``silent`` and ``silence`` as in ``Parties``."""

    left: str
    right: tuple[str, ...]
    silent: str = ""
    silence: str = "hold"


def talk_of(call: CallParties) -> Talk | None:
    """Who talks now; None: fewer than two have anything to do with each other."""
    up = call.up
    aside = tuple(leg for leg in call.legs if isinstance(leg.state, l.OnHold) or leg.recalled)
    if len(up) >= CONFERENCE:
        left, *others = _line_first(up)
        return Talk(left.device, tuple(leg.device for leg in others), *_silence([(left, "left")], ()))
    pair = up if len(up) > 1 else (*up, *aside)[:2]
    if len(pair) < 2:
        return None
    left, right = _line_first([leg for leg in call.legs if leg in pair])
    return Talk(left.device, (right.device,), *_silence([(left, "left"), (right, "right")], aside))


def _line_first(legs: Sequence[Leg]) -> list[Leg]:
    return sorted(legs, key=lambda leg: not leg.is_line)


def _silence(tracks: Sequence[tuple[Leg, str]], aside: Sequence[Leg]) -> tuple[str, str]:
    """Which track is silent, and why; hold before mute."""
    held = [track for leg, track in tracks if leg in aside]
    silent = held or [track for leg, track in tracks if leg.muted]
    return ("both" if len(silent) > 1 else "".join(silent)), ("hold" if held or not silent else "mute")
