"""Settings of the people who take calls: who they are, why they may be not ready, and what they note after a call."""

from __future__ import annotations

from dataclasses import dataclass

from engine.settings.field import NAME, NAME_SAYS, setting

SKILL = r"[a-z][a-z0-9-]{0,30}(:([0-9]|10))?"
SKILL_SAYS = "a skill's name (a lower-case letter, then letters, digits and hyphens), perhaps : and a level from 0 to 10"

__all__ = ["SKILL", "SKILL_SAYS", "SYSTEM_REASONS", "AgentSection", "NotReadyReason", "WrapUpCode", "usual_reasons"]

SYSTEM_REASONS = frozenset({"login", "missed", "phone_fault", "off_hook", "handset_down", "line_fault"})
"""Reasons for not being ready that the appliance gives and nobody chooses."""


@dataclass(frozen=True, kw_only=True)
class AgentSection:
    """One agent: a person who takes calls."""

    number: str = setting(
        label="Agent number", help="Agent number (工号), spoken to the caller.", pattern=r"[0-9]{1,8}", pattern_says="1 to 8 digits"
    )
    name: str = setting("", label="Name", help="The person's name.", most=60)
    pin: str = setting(label="PIN", help="PIN for logging in at a phone.", pattern=r"[0-9]{4,8}", pattern_says="4 to 8 digits", secret=True)
    language: str = setting("", label="Language", help="Language of spoken confirmations; empty: the site's.", choices=("", "zh", "en"))
    answers: str = setting(
        "ringing",
        label="Takes calls",
        help="ringing: the phone rings for each call; off_hook: the handset stays up after logging in, a short tone tells that a call is there, and the"
        " caller is heard at once.",
        choices=("ringing", "off_hook"),
    )
    skills: tuple[str, ...] = setting(
        (),
        label="Skills",
        help="What the agent knows and how well, from 1 to 10, such as english:8; without a level it is 1.",
        pattern=SKILL,
        pattern_says=SKILL_SAYS,
    )
    weight: int = setting(
        1, label="Share of calls", help="Where a queue chooses by chance: the agent's share in proportion to the others'.", least=1, most=10
    )
    wrap_up_mode: str = setting(
        "",
        label="Wrap-up",
        help="How this agent's wrap-up ends; empty: as the queue has it. fixed: after the agent's own time and not before; max: then, or by key; until_key:"
        " by key alone.",
        choices=("", "fixed", "max", "until_key"),
    )
    wrap_up_s: float = setting(
        30.0,
        label="Own wrap-up time",
        help="Time for paperwork where the agent has wrap-up of the own; 0: none.",
        unit="s",
        least=0,
        most=3600,
    )
    caller_number: str = setting(
        "",
        label="Caller number shown",
        help="What is shown of this agent's calls outside, where the trunk can tell it (ISDN, R2); it must be in the range that the carrier has assigned. Empty: that of the desk phone, or the trunk's.",
        pattern=r"[0-9]{0,20}",
        pattern_says="up to 20 digits",
    )


@dataclass(frozen=True, kw_only=True)
class NotReadyReason:
    """One reason that an agent can give for not being ready."""

    digit: str = setting(label="Key", help="Key that is pressed after the code.", pattern=r"[0-9]", pattern_says="one digit")
    name: str = setting(label="Reason", help="Short name of the reason.", pattern=NAME, pattern_says=NAME_SAYS)
    most_min: float = setting(
        0.0, label="At a time", help="Longer than this in a row is reported as an overrun; 0: no limit.", unit="min", least=0, most=1440
    )
    a_day_min: float = setting(
        0.0,
        label="A day",
        help="So much a day in all; who has used it up cannot choose the reason any more, and who goes on is reported; 0: no limit.",
        unit="min",
        least=0,
        most=1440,
    )


@dataclass(frozen=True, kw_only=True)
class WrapUpCode:
    """What an agent may note of a call."""

    code: str = setting(label="Digits", help="Digits pressed after the code.", pattern=r"[0-9]{1,3}", pattern_says="1 to 3 digits")
    name: str = setting(label="Meaning", help="Short name of what it means.", pattern=NAME, pattern_says=NAME_SAYS)


def usual_reasons() -> tuple[NotReadyReason, ...]:
    """What a new site begins with."""
    return (
        NotReadyReason(digit="1", name="break"),
        NotReadyReason(digit="2", name="meal"),
        NotReadyReason(digit="3", name="meeting"),
        NotReadyReason(digit="4", name="training"),
    )
