"""A D channel that fails in the middle of thirty calls: what becomes of them is what ``calls_survive_s`` promises.

For five seconds nobody notices: every conversation goes on, both sides agree upon the channels, and calls that were ended meanwhile are gone by the timers of Q.931. For
five minutes every conversation ends, as soon as the D channel is known to be down and the promised time has passed, on both sides; new calls are
refused, and when it is back thirty calls are made again.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine import facts
from tests.proofs.e1_box import CALLS, TRUNK, E1Box, Off, Talk, site_for

__all__ = ["OUTAGES", "SHORT", "Outage", "play_outage"]

NOTICED_WITHIN_S = 16.0
"""Q.921 with the usual timers: T203 of 10 s without a frame, then N200 + 1 times T200 of a second. A frame that waits for its answer is quicker."""
SPARE_S = 2.0
BACK_WITHIN_S = 20.0
AGREED_WITHIN_S = 75.0
"""What was sent while nothing passed is lost; a call that was being cleared is asked for again by T305 (30 s) and T308 (4 s), on each side."""


@dataclass(frozen=True)
class Outage:
    """``down_s`` without a D channel, on a trunk whose calls outlive it by ``survive_s``; ``hang_up``: so many calls are ended meanwhile."""

    down_s: float
    survive_s: float
    hang_up: int = 0

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.down_s:g} s down, calls survive {self.survive_s:g} s, {self.hang_up} hang up meanwhile"

    @property
    def ends(self) -> bool:
        """The conversations are to end."""
        return self.down_s > NOTICED_WITHIN_S + self.survive_s


SHORT = (Outage(5, 6), Outage(5, 6, hang_up=10), Outage(5, 0), Outage(30, 0), Outage(30, 6, hang_up=10), Outage(30, 90, hang_up=10))
OUTAGES = (*SHORT, Outage(300, 6), Outage(300, 6, hang_up=10), Outage(300, 0), Outage(300, 90))


def play_outage(outage: Outage, folder: Path, prompts: Mapping[tuple[str, str], bytes], seed: int) -> float:
    """Play it on an appliance of its own; how many seconds of the world it took. Raises Off."""
    box = E1Box(site_for(outage.survive_s), folder, prompts, seed)
    try:
        began_ms = box.world.now_ms
        chance = random.Random(f"outage {seed}")
        talks = box.set_up(chance).talks
        _down(box, outage, talks)
        box.hang_up(talks)
        box.rest()
        box.forget()
        box.cycle(0, seed)
        return (box.world.now_ms - began_ms) / 1000
    finally:
        box.close()


def _down(box: E1Box, outage: Outage, talks: list[Talk]) -> None:
    box.rig.exchange.cut(TRUNK)
    leaving = talks[: outage.hang_up]
    if leaving:
        box.hang_up(leaving)
        del talks[: outage.hang_up]
    else:
        box.wait(2.4)
    box.speak(talks)
    spent_s = 2.4 + 0.8
    if outage.ends:
        _ends(box, outage, spent_s)
    else:
        box.wait(max(0.0, outage.down_s - spent_s))
        if outage.down_s > NOTICED_WITHIN_S:
            box.speak(talks)  # known to be down, and still not over
    box.rig.exchange.mend(TRUNK)
    if not box.world.run_until(lambda: box.span.d_channel.is_up and box.far.exchange.channel.is_up, round(BACK_WITHIN_S * 1000)):
        raise Off("the D channel does not come back")
    left = [] if outage.ends or _ended_at_once(box, outage, talks) else talks
    box.wait_until(lambda: box.agrees(len(left)), AGREED_WITHIN_S, f"both sides have the same {len(left)} calls again")
    box.speak(left)


def _ended_at_once(box: E1Box, outage: Outage, talks: list[Talk]) -> bool:
    """A short outage is noticed when just then a frame waits for its answer; calls that are to end at once then do so, all of them."""
    reasons = _reasons(box.told(facts.CallEnded))
    return not outage.survive_s and reasons.get("d_channel_down", 0) == len(talks)


def _ends(box: E1Box, outage: Outage, spent_s: float) -> None:
    """Every conversation ends in its time, and with the reason."""
    latest_s = NOTICED_WITHIN_S + outage.survive_s + SPARE_S
    box.wait_until(
        lambda: not box.rig.appliance.switch.calls, latest_s - spent_s, f"all calls are over {latest_s:g} s after the D channel failed"
    )
    reasons = _reasons(box.told(facts.CallEnded))
    if reasons.get("d_channel_down", 0) != CALLS - outage.hang_up:
        raise Off(f"calls ended otherwise than by the D channel: {reasons}")
    box.wait(outage.down_s - latest_s)
    if any(trunk.free for trunk in box.span.trunks):
        raise Off("channels are offered for calls while the D channel is down")


def _reasons(ended: Sequence[facts.CallEnded]) -> dict[str, int]:
    found: dict[str, int] = {}
    for fact in ended:
        found[fact.reason] = found.get(fact.reason, 0) + 1
    return found
