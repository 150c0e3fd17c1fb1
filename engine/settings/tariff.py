"""The settings of money: what calls cost, and how much may be spent in a month.

Prices are whole numbers of thousandths of a yuan (厘, here ``li``), so that nothing is lost when they are multiplied; a sum is rounded once, at its end.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.settings.field import NAME, NAME_SAYS, setting
from engine.settings.number_patterns import PATTERN
from engine.settings.routes import NAMED, PATTERNS_SAYS

__all__ = ["BUDGET_KINDS", "LI_A_YUAN", "BudgetSection", "ChargeAccountSection", "TariffBand", "TariffSection"]

LI_A_YUAN = 1000
PRICE_MOST_LI = 1_000_000
"""A thousand yuan for one period: more is a slip of the keys."""
PRICE_UNIT = "li"
"""厘."""
PERIOD_MOST_S = 3600
BUDGET_KINDS = ("extension", "agent", "account")
"""Whose money a budget counts."""


@dataclass(frozen=True, kw_only=True)
class TariffBand:
    """What the time of a call costs at some times of the day or week."""

    name: str = setting("all", label="Band", help="Name of the band.", pattern=NAME, pattern_says=NAME_SAYS)
    condition: str = setting(
        "",
        label="Time condition",
        help="Time condition that says when the band holds; empty: whenever none of the bands before it holds.",
        pattern=NAMED,
        pattern_says=NAME_SAYS,
    )
    when: str = setting(
        "open",
        label="Holds when",
        help="The band holds while the time condition is open, or while it is closed.",
        choices=("open", "closed"),
    )
    first_s: int = setting(
        60,
        label="First period",
        help="Length of the first period of a call, paid as soon as it begins.",
        unit="s",
        least=1,
        most=PERIOD_MOST_S,
    )
    first_price_li: int = setting(
        0,
        label="Price of the first period",
        help="What the first period costs; 1000 li are a yuan.",
        unit=PRICE_UNIT,
        least=0,
        most=PRICE_MOST_LI,
    )
    next_s: int = setting(
        60,
        label="Further periods",
        help="Length of each further period, paid as soon as it begins, by the band that holds then.",
        unit="s",
        least=1,
        most=PERIOD_MOST_S,
    )
    next_price_li: int = setting(
        0,
        label="Price of a further period",
        help="What each further period costs; 1000 li are a yuan.",
        unit=PRICE_UNIT,
        least=0,
        most=PRICE_MOST_LI,
    )


def _usual_bands() -> tuple[TariffBand, ...]:
    return (TariffBand(),)


@dataclass(frozen=True, kw_only=True)
class TariffSection:
    """One tariff. Of those that a call fits, the one with the longest beginning decides, then the one that names trunks, routes or areas."""

    name: str = setting(label="Tariff", help="Name of the tariff.", pattern=NAME, pattern_says=NAME_SAYS)
    title: str = setting("", label="Title", help="Its name for people.", most=60)
    direction: str = setting(
        "outgoing",
        label="Calls",
        help="Calls that the tariff is for. Calls that come in cost the site money where it has a 400 number.",
        choices=("outgoing", "incoming"),
    )
    numbers: tuple[str, ...] = setting(
        (),
        label="Called numbers",
        help="Numbers that are called, with area code, such as 13., 0755. or 00.; of calls that come in, the site's own number, such as 4008200XXX."
        " X stands for any digit, a full stop at the end for anything that follows. None: any.",
        pattern=PATTERN,
        pattern_says=PATTERNS_SAYS,
    )
    areas: tuple[str, ...] = setting(
        (), label="Areas", help="Provinces or cities that the other side's number belongs to, such as 广东 or Shanghai. None: any."
    )
    trunks: tuple[str, ...] = setting(
        (), label="Trunks", help="Trunk groups, exchange lines and E1 trunks by which the call goes or comes. None: any."
    )
    routes: tuple[str, ...] = setting((), label="Outbound routes", help="Outbound routes by which the call goes. None: any.")
    setup_li: int = setting(
        0,
        label="Price of an answer",
        help="What each answered call costs before its time counts; 1000 li are a yuan.",
        unit=PRICE_UNIT,
        least=0,
        most=PRICE_MOST_LI,
    )
    minimum_li: int = setting(
        0, label="Minimum", help="An answered call never costs less; 1000 li are a yuan.", unit=PRICE_UNIT, least=0, most=PRICE_MOST_LI
    )
    rounding_li: int = setting(
        1,
        label="Rounded up to",
        help="The sum is rounded up to a multiple of this, once at the end; 10 li: to the fen.",
        unit=PRICE_UNIT,
        least=1,
        most=LI_A_YUAN,
    )
    pulse_li: int = setting(
        0,
        label="Price of a metering pulse",
        help="Where the exchange sends metering pulses they are counted instead of the time; 0: pulses do not count.",
        unit=PRICE_UNIT,
        least=0,
        most=PRICE_MOST_LI,
    )
    bands: tuple[TariffBand, ...] = setting(
        factory=_usual_bands,
        label="Bands",
        help="What the time costs; the first band that holds counts. The last one holds at any other time.",
    )


@dataclass(frozen=True, kw_only=True)
class BudgetSection:
    """How much the calls of somebody may cost in a month."""

    name: str = setting(label="Budget", help="Name of the budget.", pattern=NAME, pattern_says=NAME_SAYS)
    kind: str = setting(
        "extension", label="Whose calls", help="Calls of an extension, of an agent, or on an account code.", choices=BUDGET_KINDS
    )
    names: tuple[str, ...] = setting(
        (), label="For", help="Extensions, agent numbers or account codes; each of them has the whole sum for itself. None: every one."
    )
    month_most_yuan: int = setting(
        label="Most in a month", help="What calls outside may cost in one month of the calendar.", unit="yuan", least=0, most=10_000_000
    )
    warn_percent: int = setting(
        80, label="Warning at", help="An alarm tells when so much of it is used; 0: only when all is used.", unit="%", least=0, most=99
    )
    refuse: bool = setting(
        True, label="Then no more calls", help="When all is used, no further call outside begins until the month ends; emergency calls do."
    )


@dataclass(frozen=True, kw_only=True)
class ChargeAccountSection:
    """An account of somebody who pays for calls: who knows its number and PIN calls on it."""

    number: str = setting(
        label="Charge account", help="Digits that are dialled for the account.", pattern=r"[0-9]{4,10}", pattern_says="4 to 10 digits"
    )
    title: str = setting("", label="Title", help="Whose account it is.", most=60)
    pin: str = setting(
        label="PIN", help="PIN without which nobody calls on the account.", pattern=r"[0-9]{4,8}", pattern_says="4 to 8 digits", secret=True
    )
    kind: str = setting(
        "prepaid",
        label="Paid",
        help="prepaid: calls end when the balance is used up, and only one call at a time is possible; postpaid: its calls are paid later.",
        choices=("prepaid", "postpaid"),
    )
    month_most_yuan: int = setting(
        0,
        label="Most in a month",
        help="Of a postpaid account: what its calls may cost in one month of the calendar; 0: any sum.",
        unit="yuan",
        least=0,
        most=10_000_000,
    )
    service_class: str = setting(
        "",
        label="Class of service",
        help="Class of service whose numbers, hours and limits hold for calls on the account; empty: that of the phone or agent who calls.",
        pattern=NAMED,
        pattern_says=NAME_SAYS,
    )
    open: bool = setting(True, label="Open", help="Calls on the account are possible; otherwise it is closed, and keeps its balance.")
