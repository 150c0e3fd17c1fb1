"""The settings of supplementary services: groups that ring together, short numbers of the site, secretaries, hot lines, and the codes by which users set
what their own extensions do.

The usual codes are those by which Chinese public exchanges are told the same (``*57*number#`` sets, ``#57#`` ends, ``*#57#`` asks).
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.settings.field import NAME, NAME_SAYS, setting
from engine.settings.routes import NO_TARGET, TARGET_SAYS

__all__ = [
    "HotLineSection",
    "PickUpGroupSection",
    "RingGroupSection",
    "SecretarySection",
    "ServiceCodesSection",
    "SpeedDialSection",
]

EXTENSION = r"[1-9][0-9]{2,5}"
EXTENSION_SAYS = "3 to 6 digits, not beginning with 0"
AS_DIALLED = r"[0-9]{2,24}"
AS_DIALLED_SAYS = "2 to 24 digits, as at a desk phone: an extension, or a number outside with the outside prefix"
SERVICE_CODE = r"([0-9]{2,3})?"
SERVICE_CODE_SAYS = "2 or 3 digits, or empty"


@dataclass(frozen=True, kw_only=True)
class RingGroupSection:
    """Extensions that ring for one call."""

    name: str = setting(label="Ring group", help="Name of the ring group.", pattern=NAME, pattern_says=NAME_SAYS)
    title: str = setting("", label="Title", help="Its name for people.", most=60)
    number: str = setting(
        "",
        label="Group number",
        help="Dialled by extensions, it calls the group; empty: only routes and forwards lead to it.",
        pattern=rf"({EXTENSION})?",
        pattern_says="3 to 6 digits, not beginning with 0, or empty",
    )
    members: tuple[str, ...] = setting(
        (),
        label="Members",
        help="Extensions of the group, in the order in which they ring.",
        pattern=EXTENSION,
        pattern_says=EXTENSION_SAYS,
    )
    order: str = setting(
        "all",
        label="They ring",
        help="all: at once; in_turn: one after the other; progressive: one after the other, and who has begun to ring goes on.",
        choices=("all", "in_turn", "progressive"),
    )
    ring_s: float = setting(
        20.0,
        label="Ringing time",
        help="With all: how long they ring; else how long until it is the next one's turn.",
        unit="s",
        least=5,
        most=120,
    )
    rounds: int = setting(1, label="Rounds", help="With in_turn: how often it goes round.", least=1, most=5)
    on_no_answer: str = setting(
        "",
        label="When not answered",
        help="Where the call goes when nobody of the group takes it, or nobody can be rung; empty: it ends.",
        pattern=NO_TARGET,
        pattern_says=TARGET_SAYS,
    )


@dataclass(frozen=True, kw_only=True)
class PickUpGroupSection:
    """Extensions whose users may take each other's calls while they ring."""

    name: str = setting(label="Pick-up group", help="Name of the pick-up group.", pattern=NAME, pattern_says=NAME_SAYS)
    title: str = setting("", label="Title", help="Its name for people.", most=60)
    members: tuple[str, ...] = setting(
        (), label="Members", help="Extensions of the group; one may be in several.", pattern=EXTENSION, pattern_says=EXTENSION_SAYS
    )


@dataclass(frozen=True, kw_only=True)
class SpeedDialSection:
    """A short number that every extension has."""

    slot: str = setting(label="Short number", help="Dialled after ** at any desk phone.", pattern=r"[0-9]{2}", pattern_says="two digits")
    title: str = setting("", label="Title", help="Whose number it is.", most=60)
    number: str = setting(
        label="Calls",
        help="What it stands for, as it is dialled at a desk phone: an extension, or a number outside with the outside prefix.",
        pattern=AS_DIALLED,
        pattern_says=AS_DIALLED_SAYS,
    )


@dataclass(frozen=True, kw_only=True)
class SecretarySection:
    """An extension whose calls go to its secretaries first."""

    boss: str = setting(label="Extension", help="Extension whose calls are filtered.", pattern=EXTENSION, pattern_says=EXTENSION_SAYS)
    secretaries: tuple[str, ...] = setting(
        (),
        label="Secretaries",
        help="Extensions that ring instead, all at once; their own calls get through.",
        pattern=EXTENSION,
        pattern_says=EXTENSION_SAYS,
    )
    passes: tuple[str, ...] = setting(
        (),
        label="Who gets through",
        help="Extensions, and numbers outside with area code, whose calls ring the extension itself.",
        pattern=r"[0-9]{3,20}",
        pattern_says="3 to 20 digits",
    )
    filtering: bool = setting(
        True, label="Filtered at first", help="Calls are filtered until the extension's user ends it by code, or only once it was begun so."
    )


@dataclass(frozen=True, kw_only=True)
class HotLineSection:
    """A phone that calls by itself when it is lifted. What users set by code waits for them to dial first; this may be at once."""

    phone: str = setting(label="Phone", help="Desk phone that calls by itself.", pattern=NAME, pattern_says=NAME_SAYS)
    number: str = setting(
        label="Calls",
        help="Whom it calls, as it is dialled at a desk phone: an extension, or a number outside with the outside prefix.",
        pattern=AS_DIALLED,
        pattern_says=AS_DIALLED_SAYS,
    )
    after_s: float = setting(
        0.0,
        label="After",
        help="So long dial tone sounds, and another number can be dialled; 0: it calls at once.",
        unit="s",
        least=0,
        most=30,
    )


@dataclass(frozen=True, kw_only=True)
class ServiceCodesSection:
    """What users dial to set their own extensions. With 57: *57*number# sets, #57# ends, *#57# asks whether it is set; an empty code takes the service away."""

    forward_always: str = setting(
        "57",
        label="Code: forward every call",
        help="*57*number# forwards every call; the number as it is dialled at the phone.",
        pattern=SERVICE_CODE,
        pattern_says=SERVICE_CODE_SAYS,
    )
    forward_busy: str = setting(
        "40",
        label="Code: forward when busy",
        help="*40*number# forwards calls while the phone is busy.",
        pattern=SERVICE_CODE,
        pattern_says=SERVICE_CODE_SAYS,
    )
    forward_no_answer: str = setting(
        "41",
        label="Code: forward when not answered",
        help="*41*number# forwards calls that are not answered, *41*number*15# after 15 seconds.",
        pattern=SERVICE_CODE,
        pattern_says=SERVICE_CODE_SAYS,
    )
    forward_unreachable: str = setting(
        "42",
        label="Code: forward when unreachable",
        help="*42*number# forwards calls while the phone is out of service.",
        pattern=SERVICE_CODE,
        pattern_says=SERVICE_CODE_SAYS,
    )
    do_not_disturb: str = setting(
        "56",
        label="Code: do not disturb",
        help="*56# refuses every call, #56# ends it.",
        pattern=SERVICE_CODE,
        pattern_says=SERVICE_CODE_SAYS,
    )
    speed_dial: str = setting(
        "51",
        label="Code: short numbers",
        help="*51*5*number# keeps a number under **5, #51*5# forgets it, #51# forgets all of the phone.",
        pattern=SERVICE_CODE,
        pattern_says=SERVICE_CODE_SAYS,
    )
    hot_line: str = setting(
        "52",
        label="Code: hot line",
        help="*52*number#: the phone calls it by itself when nothing is dialled after lifting.",
        pattern=SERVICE_CODE,
        pattern_says=SERVICE_CODE_SAYS,
    )
    wake_up: str = setting(
        "55",
        label="Code: wake-up call",
        help="*55*0730# rings the phone at 07:30, once, and tells the time; #55# ends it.",
        pattern=SERVICE_CODE,
        pattern_says=SERVICE_CODE_SAYS,
    )
    call_back: str = setting(
        "59",
        label="Code: call back when free",
        help="*59# after an extension was busy: when both are free the phone rings, and lifted it calls that extension; #59# ends it.",
        pattern=SERVICE_CODE,
        pattern_says=SERVICE_CODE_SAYS,
    )
    call_waiting: str = setting(
        "58",
        label="Code: call waiting",
        help="*58# lets a second call be announced during a conversation, where the phone's settings permit it; #58# ends it.",
        pattern=SERVICE_CODE,
        pattern_says=SERVICE_CODE_SAYS,
    )
    secretary: str = setting(
        "65",
        label="Code: filter by the secretary",
        help="*65# lets the secretaries take the calls of this extension, #65# takes them oneself.",
        pattern=SERVICE_CODE,
        pattern_says=SERVICE_CODE_SAYS,
    )
    redial: str = setting(
        "66",
        label="Code: dial again",
        help="*66 calls the number again that the phone called last.",
        pattern=SERVICE_CODE,
        pattern_says=SERVICE_CODE_SAYS,
    )
    no_answer_s: float = setting(
        20.0,
        label="Not answered after",
        help="A phone whose unanswered calls are forwarded rings so long, unless the user has given another time.",
        unit="s",
        least=5,
        most=120,
    )
    hot_line_s: float = setting(
        5.0, label="Hot line after", help="A hot line set by code calls after so long without a key.", unit="s", least=2, most=30
    )
    wake_up_ring_s: float = setting(
        45.0, label="Wake-up calls ring for", help="A wake-up call rings so long at most.", unit="s", least=10, most=300
    )
    wake_up_tries: int = setting(3, label="Wake-up calls", help="So often a wake-up call rings when it is not answered.", least=1, most=5)
    wake_up_pause_s: float = setting(
        180.0, label="Pause between wake-up calls", help="After so long the next one rings.", unit="s", least=10, most=1800
    )
    call_back_min: int = setting(
        45,
        label="Call-backs wait for",
        help="An extension that is not free within this time is not waited for any longer.",
        unit="min",
        least=1,
        most=1440,
    )
    outside_ring_s: float = setting(
        45.0,
        label="Numbers outside ring for",
        help="A number outside to which a call is forwarded counts as not answering after this time.",
        unit="s",
        least=10,
        most=120,
    )
