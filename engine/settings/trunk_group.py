"""The settings of an outgoing trunk group: its trunks, how one is chosen, what is kept for incoming calls, limits, and where it overflows to."""

from __future__ import annotations

from dataclasses import dataclass

from engine.settings.field import NAME, NAME_SAYS, setting

__all__ = ["TrunkGroupSection"]


@dataclass(frozen=True, kw_only=True)
class TrunkGroupSection:
    """Trunks that carry outgoing calls together."""

    name: str = setting(label="Trunk group", help="Name of the group.", pattern=NAME, pattern_says=NAME_SAYS)
    trunks: tuple[str, ...] = setting(
        (), label="Trunks", help="Names of exchange lines and E1 trunks that the group is made of, in their order, with commas between."
    )
    choice: str = setting(
        "order",
        label="Choice of trunk",
        help="Which trunk an outgoing call gets; order: the first one with a free channel; round_robin: each in turn; least_used: the one with the"
        " smallest part of its channels in use, and of those the one with the fewest calls today.",
        choices=("order", "round_robin", "least_used"),
    )
    reserved: int = setting(
        0,
        label="Kept for incoming calls",
        help="Outgoing calls leave so many free channels of the group to incoming ones; 0: none.",
        least=0,
        most=1000,
    )
    caller_number: str = setting(
        "",
        label="Caller number shown",
        help="What called parties see of calls by this group, instead of the trunk's own caller number (digital trunks only); empty: the trunk's.",
        pattern=r"[0-9]{0,20}",
        pattern_says="up to 20 digits",
    )
    concurrent_most: int = setting(
        0,
        label="Most calls at once",
        help="Outgoing calls that the group carries at one time; 0: as many as it has channels.",
        least=0,
        most=1000,
    )
    daily_calls_most: int = setting(
        0,
        label="Most calls a day",
        help="Outgoing calls that the group carries on one day, answered or not; 0: any number.",
        least=0,
        most=1_000_000,
    )
    daily_talk_most_min: int = setting(
        0,
        label="Most minutes a day",
        help="When the outgoing calls of a day have lasted so long together, no further one begins; 0: no limit. Conversations are not cut off.",
        unit="min",
        least=0,
        most=1_000_000,
    )
    overflow: str = setting(
        "",
        label="Overflows to",
        help="Group that is asked when this one cannot carry a call; empty: none.",
        pattern=rf"({NAME})?",
        pattern_says=NAME_SAYS,
    )
    overflow_on: str = setting(
        "congestion",
        label="Tries another trunk",
        help="When a call is tried on another trunk, or in the group that this one overflows to; busy: only when a trunk has no free channel, does not work, or"
        " gives the call back; congestion: also when the exchange says that it has no circuit or is congested; any: for every cause for which another"
        " way may help, a service refused or a message not understood among them. A called party that is busy or does not answer and a number"
        " that nobody has are never tried again.",
        choices=("busy", "congestion", "any"),
    )
    attempts_most: int = setting(
        8, label="Most attempts", help="Trunks and channels on which one call is tried before it is given up.", least=1, most=30
    )
