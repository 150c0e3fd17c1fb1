"""The settings of classes of service: which numbers outside a phone or an agent may call, when, how often and for how long.

The usual values are those of a site that wants no bill from a stranger: no international calls after hours, and limits for each day and call.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.settings.field import NAME, NAME_SAYS, setting
from engine.settings.number_patterns import PATTERN
from engine.settings.routes import PATTERNS_SAYS

__all__ = ["LEVELS", "AccountCodeSection", "ServiceClassSection"]

LEVELS = ("internal", "local", "national", "international")
"""From the least to the most; each includes those before it."""


@dataclass(frozen=True, kw_only=True)
class ServiceClassSection:
    """One class of service. Who is in none has the first of the list."""

    name: str = setting(label="Class of service", help="Name of the class.", pattern=NAME, pattern_says=NAME_SAYS)
    title: str = setting("", label="Title", help="Its name for people.", most=60)
    level: str = setting(
        "national",
        label="May call",
        help="internal: extensions and emergency numbers only; local: also numbers of the own area; national: also other areas and all mobile phones;"
        " international: also abroad.",
        choices=LEVELS,
    )
    after_hours_level: str = setting(
        "national",
        label="May call after hours",
        help="The same outside of the hours below. International calls at night are how bills grow.",
        choices=LEVELS,
    )
    hours: str = setting(
        "",
        label="Hours",
        help="Time condition that says what the hours are; empty: Monday to Friday from 08:00 to 20:00, and no holidays.",
        pattern=r"([a-z][a-z0-9-]{0,30})?",
        pattern_says=NAME_SAYS,
    )
    permitted: tuple[str, ...] = setting(
        (),
        label="Permitted numbers",
        help="Numbers that may be called beyond the level; X stands for any digit, a full stop at the end for anything that follows.",
        pattern=PATTERN,
        pattern_says=PATTERNS_SAYS,
    )
    barred: tuple[str, ...] = setting(
        (),
        label="Barred numbers",
        help="Numbers that may not be called, within the level or permitted.",
        pattern=PATTERN,
        pattern_says=PATTERNS_SAYS,
    )
    phones: tuple[str, ...] = setting((), label="Phones", help="Desk phones of this class.")
    agents: tuple[str, ...] = setting(
        (), label="Agents", help="Agents of this class: while one is logged in at a phone, the agent's class counts and not the phone's."
    )
    outside_transfer: bool = setting(
        False,
        label="May connect parties outside",
        help="Who leaves a call with a party outside to another party outside leaves both to talk with each other, at the site's cost.",
    )
    outside_invitation: bool = setting(False, label="May invite parties outside", help="A conference may have more than one party outside.")
    pin: str = setting(
        "",
        label="PIN",
        help="Dialled with the code for it, the PIN gives any phone this class for one call; empty: no PIN does.",
        pattern=r"([0-9]{4,8})?",
        pattern_says="4 to 8 digits, or empty",
        secret=True,
    )
    account_needed: bool = setting(
        False, label="Account code needed", help="Calls outside need an account code, dialled with the code for it; emergency calls do not."
    )
    direct_dialling: bool = setting(
        False,
        label="Direct outward dialling",
        help="Phones of this class dial numbers outside without the outside prefix. A number that is also an extension's calls the extension, after the"
        " wait for the next key or with #.",
    )
    outside_forward: bool = setting(
        False,
        label="Forwards outside",
        help="Users of the phones may forward their calls to numbers outside that the phone may call. Who calls pays nothing for that; the site does.",
    )
    daily_calls_most: int = setting(
        100, label="Most calls a day", help="Calls outside from one phone on one day; 0: any number.", least=0, most=100_000
    )
    daily_talk_most_min: int = setting(
        300,
        label="Most minutes a day",
        help="When the calls of a phone have lasted so long on one day, no further one begins; 0: no limit.",
        unit="min",
        least=0,
        most=100_000,
    )
    call_most_min: int = setting(
        120, label="Longest call", help="A call outside ends after this time; 0: no limit.", unit="min", least=0, most=1440
    )


@dataclass(frozen=True, kw_only=True)
class AccountCodeSection:
    """One account that calls are booked to."""

    code: str = setting(
        label="Account code", help="Digits that are dialled for the account.", pattern=r"[0-9]{3,8}", pattern_says="3 to 8 digits"
    )
    title: str = setting("", label="Title", help="Whose account it is.", most=60)
