"""The price of a call and the way to it: which tariff, which bands, how many periods. Pure.

A call is paid by periods, each as soon as it begins: the first one by the band that holds at the answer, each further one by the band that holds when it
begins. So a call that goes on over the beginning of another band pays there by that band, and no second is paid twice. Whole thousandths of a yuan are
added; the sum is rounded up once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.calls.charging.words import money, times
from engine.calls.routing.opening import Opening, opening
from engine.calls.routing.plan import SiteRouting
from engine.kernel.text import Text, text
from engine.settings.site import TariffBand, TariffSection
from engine.settings.tariff_checks import rank

__all__ = ["CALL_MOST_MIN", "NO_PRICE", "BandCharge", "Charge", "ChargedCall", "affordable_s", "charge", "estimate", "tariff_of"]

CALL_MOST_MIN = 7 * 24 * 60
"""A call that lasts longer than a week pays for a week: it was no conversation, and somebody has to look at it anyway."""
MS_A_S = 1000
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class ChargedCall:
    """What the price depends on. ``called``: the number that was called, with area code; of a call that came in the site's own. ``other``: the other side's
    number, for its area. ``trunks``: the names that the way has (group, line, E1 trunk). ``answered`` in local time; ``pulses``: metering pulses.
    """

    outgoing: bool
    called: str
    other: str
    answered: datetime
    duration_ms: int
    trunks: frozenset[str] = frozenset()
    route: str = ""
    pulses: int = 0


@dataclass(frozen=True)
class BandCharge:
    """What a call has paid by one band: ``periods`` that began in it, ``paid_s`` their time together."""

    band: str
    periods: int
    paid_s: int
    price_li: int


@dataclass(frozen=True)
class Charge:
    """The price in thousandths of a yuan. ``tariff``: empty when none fits; ``basis``: ``time``, ``pulses`` or ``none``; ``steps``: why, in words."""

    tariff: str = ""
    basis: str = "none"
    price_li: int = 0
    bands: tuple[BandCharge, ...] = ()
    steps: tuple[Text, ...] = ()

    @property
    def paid_s(self) -> int:
        """The time that was paid for: that of all periods that began."""
        return sum(one.paid_s for one in self.bands)


NO_PRICE = Charge()


def tariff_of(call: ChargedCall, routing: SiteRouting) -> TariffSection | None:
    """The tariff of a call: the longest beginning, then the one that names more, then the first of the list. None: no tariff fits."""
    order = {one.name: -place for place, one in enumerate(routing.site.tariffs)}
    fitting = [
        (pattern.weight, rank(one), order[one.name], one) for pattern, one in routing.tariffs.find(call.called) if _fits(one, call, routing)
    ]
    return max(fitting, key=lambda found: found[:3])[3] if fitting else None


def _fits(section: TariffSection, call: ChargedCall, routing: SiteRouting) -> bool:
    if call.outgoing is not (section.direction == "outgoing"):
        return False
    if section.trunks and not call.trunks.intersection(section.trunks):
        return False
    if section.routes and call.route not in section.routes:
        return False
    if not section.areas:
        return True
    area = routing.areas.area_of(call.other)
    return area is not None and any(area.is_called(name) for name in section.areas)


def charge(call: ChargedCall, routing: SiteRouting) -> Charge:
    """What an answered call costs. ``duration_ms`` ≥ 0 from the answer to the end."""
    section = tariff_of(call, routing)
    if section is None:
        return Charge(steps=(text("No tariff fits: it costs nothing."),))
    begun = [_tariff_said(section, call)]
    if section.setup_li:
        begun.append(text("The answer costs {price}.", price=money(section.setup_li)))
    by_pulses = section.pulse_li > 0 and call.pulses > 0
    bands: tuple[BandCharge, ...] = () if by_pulses else _by_band(_walk(section, routing, call.answered, call.duration_ms))
    used = section.pulse_li * call.pulses if by_pulses else sum(one.price_li for one in bands)
    if by_pulses:
        price = money(section.pulse_li)
        begun.append(text("{pulses} metering pulses at {price}: {sum}.", pulses=call.pulses, price=price, sum=money(used)))
    begun.extend(_band_said(one, section) for one in bands)
    price_li, ended = _rounded(section, used)
    return Charge(section.name, "pulses" if by_pulses else "time", price_li, bands, (*begun, *ended))


def _tariff_said(section: TariffSection, call: ChargedCall) -> Text:
    if call.outgoing:
        return text("Tariff {tariff}, for calls to {number}.", tariff=section.title or section.name, number=call.called or "-")
    return text("Tariff {tariff}, for calls that come to {number}.", tariff=section.title or section.name, number=call.called or "-")


def _band_said(paid: BandCharge, section: TariffSection) -> Text:
    band = next(one for one in section.bands if one.name == paid.band)
    return text(
        "Band {band}: {seconds} s paid ({first}, then {following}): {sum}.",
        band=band.name,
        seconds=paid.paid_s,
        first=times(band.first_s, band.first_price_li),
        following=times(band.next_s, band.next_price_li),
        sum=money(paid.price_li),
    )


def _rounded(section: TariffSection, used_li: int) -> tuple[int, tuple[Text, ...]]:
    """The sum with the price of the answer, not below the minimum, rounded up once; and what to say of that."""
    said: list[Text] = []
    whole = section.setup_li + used_li
    if whole < section.minimum_li:
        said.append(text("That is less than the minimum of {price}.", price=money(section.minimum_li)))
        whole = section.minimum_li
    price = -(-whole // section.rounding_li) * section.rounding_li
    if price != whole:
        said.append(text("Rounded up to a multiple of {price}.", price=money(section.rounding_li)))
    return price, (*said, text("Together: {price}.", price=money(price)))


# ---- bands over time --------------------------------------------------------------------------------------------------


@dataclass
class _Run:
    """Periods of one band that begin within one minute. ``begin_ms`` since the answer."""

    band: TariffBand
    begin_ms: int
    period_s: int
    price_li: int
    periods: int = field(default=1)


def _walk(section: TariffSection, routing: SiteRouting, answered: datetime, duration_ms: int) -> Iterator[_Run]:
    """The periods of a call, a minute at a time: bands change with the minute. The first period is a run of its own."""
    band = _band_at(section, routing, answered)
    yield _Run(band, 0, band.first_s, band.first_price_li)
    at_ms = band.first_s * MS_A_S
    last_ms = min(duration_ms, CALL_MOST_MIN * 60 * MS_A_S)
    while at_ms < last_ms:
        now = answered + timedelta(milliseconds=at_ms)
        band = _band_at(section, routing, now)
        minute_over = now.replace(second=0, microsecond=0) + MINUTE
        until_ms = min(last_ms, at_ms - (now - minute_over) // timedelta(milliseconds=1))
        period_ms = band.next_s * MS_A_S
        periods = max(1, -(-(until_ms - at_ms) // period_ms))
        yield _Run(band, at_ms, band.next_s, band.next_price_li, periods)
        at_ms += periods * period_ms


def _band_at(section: TariffSection, routing: SiteRouting, moment: datetime) -> TariffBand:
    """The first band that holds; the last one at times that a dated exception or a switch has left without any."""
    return next((band for band in section.bands if _holds(band, routing, moment)), section.bands[-1])


def _holds(band: TariffBand, routing: SiteRouting, moment: datetime) -> bool:
    condition = routing.conditions.get(band.condition)
    if condition is None:
        return True
    at: Opening = opening(condition, routing.calendar, moment)
    return at.open is (band.when == "open")


def _by_band(runs: Iterable[_Run]) -> tuple[BandCharge, ...]:
    """What was paid by each band, in the order in which they first held."""
    paid: dict[str, BandCharge] = {}
    for run in runs:
        before = paid.get(run.band.name, BandCharge(run.band.name, 0, 0, 0))
        paid[run.band.name] = BandCharge(
            run.band.name,
            before.periods + run.periods,
            before.paid_s + run.periods * run.period_s,
            before.price_li + run.periods * run.price_li,
        )
    return tuple(paid.values())


# ---- before the call ------------------------------------------------------------------------------------------------------


def affordable_s(call: ChargedCall, routing: SiteRouting, money_li: int, most_s: int) -> int:
    """For how many seconds the call can be paid with this money: 0 … ``most_s``. Of a tariff by pulses it is the time of its bands."""
    section = tariff_of(call, routing)
    if section is None:
        return most_s
    used = 0
    for run in _walk(section, routing, call.answered, most_s * MS_A_S):
        payable = _payable(section, run, used, money_li)
        if payable < run.periods:
            return min(most_s, run.begin_ms // MS_A_S + payable * run.period_s)
        used += run.periods * run.price_li
    return most_s


def _payable(section: TariffSection, run: _Run, used_li: int, money_li: int) -> int:
    """How many of the run's periods the money is enough for, after what was used before them."""
    most = money_li // section.rounding_li * section.rounding_li
    left = most - section.setup_li - used_li
    if left < 0 or section.minimum_li > most:
        return 0
    return run.periods if run.price_li == 0 else min(run.periods, left // run.price_li)


def estimate(call: ChargedCall, routing: SiteRouting) -> Text | None:
    """What the call would cost from now on; None when the site has no tariff for this direction. ``duration_ms`` does not matter."""
    wanted = "outgoing" if call.outgoing else "incoming"
    if all(one.direction != wanted for one in routing.site.tariffs):
        return None
    section = tariff_of(call, routing)
    if section is None:
        return text("Cost: no tariff fits, it costs nothing.")
    band = _band_at(section, routing, call.answered)
    return text(
        "Cost by tariff {tariff}, band {band}: {setup}{first}, then {following}.",
        tariff=section.title or section.name,
        band=band.name,
        setup=text("{price} for the answer, ", price=money(section.setup_li)) if section.setup_li else "",
        first=times(band.first_s, band.first_price_li),
        following=times(band.next_s, band.next_price_li),
    )
