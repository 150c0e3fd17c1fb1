"""What calls cost: by hand for the usual ones, and against a naive meter that counts second by second for all others."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calls.charging.charge import Charge, ChargedCall, affordable_s, charge, estimate, tariff_of
from engine.calls.charging.words import yuan
from engine.calls.routing.area import Area, AreaBook
from engine.calls.routing.plan import SiteRouting, compile_routing
from engine.settings.build import build_site
from engine.settings.site import TariffSection
from engine.settings.versions import node_of

MONDAY = datetime(2026, 11, 23)  # noqa: DTZ001  # local time of a site
BOOK = AreaBook([("1380013", Area("北京", "北京", "Beijing", "Beijing")), ("0755", Area("广东", "深圳", "Guangdong", "Shenzhen"))])
HOURS = [
    {"name": "days", "weekly": [{"name": "day", "days": "1-7", "begin": "08:00", "end": "22:00"}], "holidays": "ignored"},
    {"name": "office", "weekly": [{"name": "day"}]},
]
DAY = {"name": "day", "condition": "days", "first_s": 60, "first_price_li": 300, "next_s": 6, "next_price_li": 30}
NIGHT = {"name": "night", "first_s": 60, "first_price_li": 100, "next_s": 60, "next_price_li": 100}
TARIFFS: list[dict[str, Any]] = [
    {"name": "local", "bands": [{"name": "all", "first_s": 180, "first_price_li": 220, "next_s": 60, "next_price_li": 110}]},
    {"name": "mobile", "numbers": ["1[3-9]."], "bands": [DAY, NIGHT]},
    {"name": "beijing", "numbers": ["1[3-9]."], "areas": ["北京"], "setup_li": 50, "bands": [{"name": "all", "first_price_li": 600}]},
    {"name": "free", "numbers": ["95555"], "bands": [{"name": "all"}]},
    {
        "name": "cheap",
        "trunks": ["town"],
        "rounding_li": 10,
        "minimum_li": 100,
        "bands": [{"name": "all", "first_s": 1, "first_price_li": 3}],
    },
    {"name": "metered", "numbers": ["0086."], "pulse_li": 110, "bands": [{"name": "all", "first_price_li": 999}]},
    {"name": "toll-free", "direction": "incoming", "numbers": ["4008200XXX"], "bands": [{"name": "all", "first_price_li": 150}]},
]


@cache
def routing() -> SiteRouting:
    return routed(TARIFFS)


def routed(tariffs: list[dict[str, Any]]) -> SiteRouting:
    plain = {
        "trunks": [{"name": "line-1", "channel": 1}],
        "trunk_groups": [{"name": "town", "trunks": ["line-1"]}],
        "time_conditions": HOURS,
        "tariffs": tariffs,
    }
    return compile_routing(build_site(node_of(plain), "site.yaml"), BOOK)


def a_call(called: str, seconds: float, begin: str = "10:00", **more: Any) -> ChargedCall:
    at = datetime.combine(MONDAY, datetime.strptime(begin, "%H:%M:%S" if begin.count(":") > 1 else "%H:%M").time())  # noqa: DTZ007  # as above
    return ChargedCall(outgoing=True, **{"called": called, "other": called, "answered": at, "duration_ms": round(seconds * 1000), **more})


@pytest.mark.parametrize(
    ("call", "tariff", "price_li"),
    [
        (a_call("55501001", 0.2), "local", 220),
        (a_call("55501001", 180), "local", 220),
        (a_call("55501001", 180.001), "local", 330),
        (a_call("13900139000", 61), "mobile", 330),
        (a_call("13900139000", 120, "23:30"), "mobile", 200),
        (a_call("13800138000", 30), "beijing", 650),
        (a_call("95555", 4000), "free", 0),
        (a_call("955551", 1), "local", 220),
        (a_call("55501001", 30, trunks=frozenset({"town", "line-1"})), "cheap", 100),
        (a_call("008613", 30, pulses=4), "metered", 440),
        (a_call("008613", 30), "metered", 999),
        (ChargedCall(outgoing=False, called="4008200820", other="13800138000", answered=MONDAY, duration_ms=100), "toll-free", 150),
        (ChargedCall(outgoing=False, called="55501001", other="13800138000", answered=MONDAY, duration_ms=100), "", 0),
    ],
)
def test_a_call_costs_what_the_price_list_says(call: ChargedCall, tariff: str, price_li: int) -> None:
    """The longest beginning decides, then area or trunk; a period that began is paid whole."""
    found = charge(call, routing())
    assert (found.tariff, found.price_li) == (tariff, price_li), english(found)


def english(found: Charge) -> list[str]:
    return [step.in_english() for step in found.steps]


def test_a_call_over_the_beginning_of_a_band_pays_by_both() -> None:
    """From 21:58:30 on a call of four minutes pays a minute and 15 periods of 6 s by day, and two minutes by night; the way to the price says so."""
    found = charge(a_call("13900139000", 240, "21:58:30"), routing())
    assert [(one.band, one.periods, one.paid_s, one.price_li) for one in found.bands] == [("day", 6, 90, 450), ("night", 3, 180, 300)]
    assert english(found) == [
        "Tariff mobile, for calls to 13900139000.",
        "Band day: 90 s paid (¥0.30 for 60 s, then ¥0.03 for 6 s): ¥0.45.",
        "Band night: 180 s paid (¥0.10 for 60 s, then ¥0.10 for 60 s): ¥0.30.",
        "Together: ¥0.75.",
    ]


def test_minimum_rounding_and_pulses_are_told() -> None:
    """Whoever asks why reads each of them."""
    assert english(charge(a_call("1", 1, trunks=frozenset({"town"})), routing()))[2:] == [
        "That is less than the minimum of ¥0.10.",
        "Together: ¥0.10.",
    ]
    assert english(charge(a_call("008613", 30, pulses=4), routing()))[1] == "4 metering pulses at ¥0.11: ¥0.44."
    odd = routed([{"name": "odd", "rounding_li": 10, "bands": [{"name": "all", "first_price_li": 3}]}])
    assert english(charge(a_call("1", 1), odd))[2:] == ["Rounded up to a multiple of ¥0.01.", "Together: ¥0.01."]


def test_money_is_written_as_people_write_it() -> None:
    """Two decimals, a third where there are thousandths, and a sign before what is owed."""
    assert [yuan(li) for li in (0, 5, 450, 1234, -20, -1_000_001)] == ["0.00", "0.005", "0.45", "1.234", "-0.02", "-1000.001"]


def test_before_the_call_the_price_is_told() -> None:
    """The estimate names the tariff and the band that holds now; a site without tariffs says nothing of money."""
    said = estimate(a_call("13800138000", 0), routing())
    assert said is not None
    assert said.in_english() == "Cost by tariff beijing, band all: ¥0.05 for the answer, ¥0.60 for 60 s, then ¥0.00 for 60 s."
    assert estimate(a_call("1", 0), routed([])) is None
    unknown = estimate(a_call("1", 0), routed([{"name": "abroad", "numbers": ["00."]}]))
    assert unknown is not None
    assert unknown.in_english() == "Cost: no tariff fits, it costs nothing."


# ---- any tariff, any call ---------------------------------------------------------------------------------------------------

PRICES = st.integers(0, 500)
PERIODS = st.sampled_from([1, 6, 7, 60, 61, 180, 3600])
BANDS = st.tuples(
    *[st.fixed_dictionaries({"first_s": PERIODS, "first_price_li": PRICES, "next_s": PERIODS, "next_price_li": PRICES}) for _ in range(2)]
)
SECTIONS = st.tuples(
    st.sampled_from(["days", "office"]),
    BANDS,
    st.fixed_dictionaries({"setup_li": PRICES, "minimum_li": PRICES, "rounding_li": st.sampled_from([1, 10, 7])}),
).map(lambda one: {"name": "t", **one[2], "bands": [{"name": "a", "condition": one[0], **one[1][0]}, {"name": "b", **one[1][1]}]})
BEGINS = st.integers(0, 7 * 86_400 - 1).map(lambda second: MONDAY + timedelta(seconds=second))
LASTING = st.integers(0, 40_000)


def opened(condition: str, at: datetime) -> bool:
    """By hand, without any settings."""
    return 8 <= at.hour < 22 if condition == "days" else 9 <= at.hour < 18 and at.isoweekday() <= 5


def naive(section: TariffSection, begin: datetime, seconds: int) -> int:
    """A meter with a clock: at each second it looks whether the period is used up, and by which band the next one is paid."""
    condition = section.bands[0].condition
    used, paid_until = 0, 0
    for second in range(max(seconds, 1)):
        if second >= paid_until:
            band = section.bands[0 if opened(condition, begin + timedelta(seconds=second)) else 1]
            used += band.next_price_li if second else band.first_price_li
            paid_until = second + (band.next_s if second else band.first_s)
    whole = max(section.setup_li + used, section.minimum_li)
    rest = whole % section.rounding_li
    return whole + (section.rounding_li - rest if rest else 0)


def lasting(begin: datetime, seconds: int) -> ChargedCall:
    return ChargedCall(outgoing=True, called="1", other="1", answered=begin, duration_ms=seconds * 1000)


@given(SECTIONS, BEGINS, LASTING)
def test_every_call_costs_what_a_meter_counts(section: dict[str, Any], begin: datetime, seconds: int) -> None:
    """Whatever the tariff, the hour and the length: the price is that of a meter which looks at the clock all the time; its bands add up to it."""
    sound = routed([section])
    tariff = sound.site.tariffs[0]
    found = charge(lasting(begin, seconds), sound)
    assert found.price_li == naive(tariff, begin, seconds)
    whole = max(tariff.setup_li + sum(one.price_li for one in found.bands), tariff.minimum_li)
    assert 0 <= found.price_li - whole < tariff.rounding_li
    assert found.price_li % tariff.rounding_li == 0
    assert found.paid_s >= seconds


@given(SECTIONS, BEGINS, LASTING, st.integers(0, 5000))
def test_a_longer_call_never_costs_less(section: dict[str, Any], begin: datetime, seconds: int, more: int) -> None:
    """And none costs less than nothing."""
    sound = routed([section])
    shorter, longer = (charge(lasting(begin, one), sound).price_li for one in (seconds, seconds + more))
    assert 0 <= shorter <= longer


@given(SECTIONS, BEGINS, st.integers(0, 20_000), st.integers(1, 20_000))
def test_money_lasts_exactly_so_long(section: dict[str, Any], begin: datetime, money_li: int, most_s: int) -> None:
    """A call that is ended when the money is used up never costs more than the money; a second later it would, unless it was ended for another reason."""
    sound = routed([section])
    seconds = affordable_s(lasting(begin, 0), sound, money_li, most_s)
    assert 0 <= seconds <= most_s
    if seconds:
        assert charge(lasting(begin, seconds), sound).price_li <= money_li
    if seconds < most_s:
        assert charge(lasting(begin, seconds + 1), sound).price_li > money_li


def test_a_line_that_was_left_open_for_months_is_no_endless_sum() -> None:
    """After a week the price stands still."""
    week, year = (charge(lasting(MONDAY, days * 86_400), routing()).price_li for days in (7, 365))
    assert week == year > 0


def test_the_first_of_equal_tariffs_counts() -> None:
    """A number of a city whose province has a tariff too: both name an area, and the one that stands first counts."""
    areas = [{"name": name, "areas": [name_of]} for name, name_of in (("city", "深圳"), ("province", "广东"))]
    found = tariff_of(a_call("075512345678", 1), routed(areas))
    assert found is not None
    assert found.name == "city"
