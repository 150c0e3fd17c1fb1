"""The settings of numbering and routing: where calls from outside go, by which trunks calls go out, and lists of numbers."""

from __future__ import annotations

from dataclasses import dataclass

from engine.settings.field import NAME, NAME_SAYS, setting
from engine.settings.number_patterns import PATTERN, PREFIX, PREFIX_SAYS

__all__ = ["InboundRouteSection", "NumberListSection", "NumberingSection", "OutboundRouteSection"]

TARGET = r"[a-z][a-z-]{0,20}(:[A-Za-z0-9*#_-]{1,40})?"
TARGET_SAYS = "kind and name with a colon between, such as queue:service, flow:main, extension:801, announcement:queue_full, route:night"
PATTERNS_SAYS = "numbers such as 4008200XXX, or beginnings such as 0755. with a full stop"
NO_TARGET = rf"({TARGET})?"
NAMED = r"([a-z][a-z0-9-]{0,30})?"


@dataclass(frozen=True, kw_only=True)
class NumberingSection:
    """What is said of numbers as a whole."""

    area_code: str = setting(
        "",
        label="Own area code",
        help="Area code of the place where the site is, with its 0, such as 021. It makes local numbers of callers whole, and local calls known as such.",
        pattern=r"(0[0-9]{2,3})?",
        pattern_says="0 and 2 or 3 digits, or empty",
    )
    area_file: str = setting(
        "",
        label="Area data",
        help="CSV file with the province and city of numbers by their beginning: prefix, province, city, and both in English when they are known. It counts"
        " more than the data that is shipped. Empty: none.",
        most=255,
    )
    outside_class: str = setting(
        "",
        label="Class of calls led outside",
        help="Class of service by which routes lead calls from outside on to numbers outside (outside:13800138000), at the site's cost; its limits of a"
        " day count for each line. Empty: no route may.",
        pattern=NAMED,
        pattern_says=NAME_SAYS,
    )
    ring_timeout_s: float = setting(
        25.0,
        label="Targets ring for",
        help="An extension that a route leads to counts as not answering after this time.",
        unit="s",
        least=5,
        most=120,
    )


@dataclass(frozen=True, kw_only=True)
class NumberListSection:
    """Numbers that something is known of."""

    name: str = setting(label="Number list", help="Name of the list.", pattern=NAME, pattern_says=NAME_SAYS)
    title: str = setting("", label="Title", help="Its name for people.", most=60)
    kind: str = setting(
        "plain",
        label="Kind",
        help="black: calls with these numbers are refused; white: they pass although they are on a black list too; vip: these callers are VIPs; plain: for"
        " routes to refer to.",
        choices=("plain", "black", "white", "vip"),
    )
    direction: str = setting(
        "both",
        label="Direction",
        help="Calls for which a black or white list counts; both, incoming or outgoing.",
        choices=("both", "incoming", "outgoing"),
    )
    credit_s: float = setting(
        0.0,
        label="Ahead by",
        help="Callers of the list are served in queues as if they had waited so much longer; 0: in turn.",
        unit="s",
        least=0,
        most=3600,
    )
    strict: bool = setting(
        False,
        label="Before all others",
        help="Callers of the list are served before all others; so many in a row, and others so long, as call distribution says.",
    )
    agent: str = setting(
        "",
        label="Agent",
        help="Number of the agent whom callers of the list wait for first in queues; empty: nobody's.",
        pattern=r"([0-9]{1,8})?",
        pattern_says="1 to 8 digits",
    )
    numbers: tuple[str, ...] = setting(
        (),
        label="Numbers",
        help="Numbers of the list, with area code; X stands for any digit, a full stop at the end for anything that follows, such as 95XXX or 0755.",
        pattern=PATTERN,
        pattern_says=PATTERNS_SAYS,
    )


@dataclass(frozen=True, kw_only=True)
class InboundRouteSection:
    """One rule for calls from outside. The first rule that a call fits decides."""

    name: str = setting(label="Inbound route", help="Name of the route.", pattern=NAME, pattern_says=NAME_SAYS)
    trunks: tuple[str, ...] = setting((), label="Trunks", help="Exchange lines and E1 trunks by which the call comes; none: any.")
    called: tuple[str, ...] = setting(
        (),
        label="Called numbers",
        help="Numbers that were called (of an exchange line without called numbers, the line's own); X stands for any digit, a full stop at the end for"
        " anything that follows. None: any.",
        pattern=PATTERN,
        pattern_says=PATTERNS_SAYS,
    )
    callers: tuple[str, ...] = setting(
        (),
        label="Callers",
        help="Numbers of callers, with area code; X and full stop as before. None: any.",
        pattern=PATTERN,
        pattern_says=PATTERNS_SAYS,
    )
    areas: tuple[str, ...] = setting(
        (), label="Areas of callers", help="Provinces or cities that callers belong to, such as 广东 or Shanghai. None: any."
    )
    lists: tuple[str, ...] = setting((), label="Lists of callers", help="Number lists that the caller is on one of; none: any caller.")
    vip: str = setting(
        "any",
        label="VIP",
        help="any: all callers; yes: only VIPs (callers on a list of the kind vip); no: all but VIPs.",
        choices=("any", "yes", "no"),
    )
    condition: str = setting(
        "",
        label="Time condition",
        help="Time condition that the route looks at; empty: at any time.",
        pattern=NAMED,
        pattern_says=NAME_SAYS,
    )
    when: str = setting(
        "open",
        label="Holds when",
        help="The route holds while the time condition is open, or while it is closed.",
        choices=("open", "closed"),
    )
    target: str = setting(label="Target", help="Where the call goes.", pattern=TARGET, pattern_says=TARGET_SAYS)
    credit_s: float = setting(
        0.0,
        label="Ahead by",
        help="Callers of the route are served in queues as if they had waited so much longer; 0: in turn.",
        unit="s",
        least=0,
        most=3600,
    )
    agent: str = setting(
        "",
        label="Agent",
        help="Number of the agent whom callers of the route wait for first in queues; empty: nobody's.",
        pattern=r"([0-9]{1,8})?",
        pattern_says="1 to 8 digits",
    )
    on_busy: str = setting(
        "",
        label="When busy",
        help="Where it goes when the target is busy or full; empty: it stays.",
        pattern=NO_TARGET,
        pattern_says=TARGET_SAYS,
    )
    on_no_answer: str = setting(
        "",
        label="When not answered",
        help="Where it goes when nobody answers; empty: it stays.",
        pattern=NO_TARGET,
        pattern_says=TARGET_SAYS,
    )
    on_out_of_service: str = setting(
        "",
        label="When out of service",
        help="Where it goes when the target does not work, or nobody is logged in for it; empty: it stays.",
        pattern=NO_TARGET,
        pattern_says=TARGET_SAYS,
    )


@dataclass(frozen=True, kw_only=True)
class OutboundRouteSection:
    """One way out. Of the routes that a number fits, the one with the longest beginning decides."""

    name: str = setting(label="Outbound route", help="Name of the route.", pattern=NAME, pattern_says=NAME_SAYS)
    prefix: str = setting(
        "",
        label="Numbers begin with",
        help="Beginning of the dialled numbers, without the prefix for outside lines; empty: any number.",
        pattern=PREFIX,
        pattern_says=PREFIX_SAYS,
    )
    least_digits: int = setting(1, label="Least digits", help="Numbers with fewer digits do not fit.", least=1, most=32)
    most_digits: int = setting(32, label="Most digits", help="Numbers with more digits do not fit.", least=1, most=32)
    strip_digits: int = setting(0, label="Digits taken off", help="So many digits at the beginning are not dialled.", least=0, most=20)
    prepend: str = setting(
        "",
        label="Digits put before",
        help="Digits that are dialled before the rest.",
        pattern=r"[0-9*#]{0,16}",
        pattern_says="up to 16 of 0-9 * #",
    )
    ways: tuple[str, ...] = setting(
        (),
        label="Trunks",
        help="Trunk groups, and exchange lines and E1 trunks alone, that are tried in this order. What a group keeps for incoming calls, its limits and where it"
        " overflows to hold as always. None: the trunk group for outside calls, or all outgoing lines where there is no group.",
    )
    level: str = setting(
        "auto",
        label="Level of service",
        help="Level that a phone's class of service must have; auto: as the number says (local, national or international).",
        choices=("auto", "internal", "local", "national", "international"),
    )
