"""One form for each number, how far it is, and the area that it belongs to."""

from __future__ import annotations

import pytest

from engine.calls.routing.area import NO_AREAS, Area, AreaBook, rows_of_csv
from engine.calls.routing.numbers import level_of, whole_number
from engine.kernel.errors import BadInput

SHENZHEN = Area("广东省", "深圳市", "Guangdong", "Shenzhen")
SHANGHAI = Area("上海市", "上海市", "Shanghai", "Shanghai")
BOOK = AreaBook([("0755", SHENZHEN), ("021", SHANGHAI), ("139", SHANGHAI), ("1390755", SHENZHEN)])


@pytest.mark.parametrize(
    ("sent", "whole"),
    [
        ("13800138000", "13800138000"),
        ("013800138000", "13800138000"),
        ("+8613800138000", "13800138000"),
        ("008613800138000", "13800138000"),
        ("+862155501001", "02155501001"),
        ("+8602155501001", "02155501001"),
        ("55501001", "02155501001"),
        ("01088886666", "01088886666"),
        ("+441632960001", "00441632960001"),
        ("95588", "95588"),
        ("4008200000", "4008200000"),
        ("10086", "10086"),
        ("", ""),
    ],
)
def test_every_way_of_writing_a_number_is_one_number(sent: str, whole: str) -> None:
    """A customer on a list is recognised, whatever the exchange puts before the number."""
    assert whole_number(sent, "021") == whole


@pytest.mark.parametrize(
    ("dialled", "level"),
    [
        ("55501001", "local"),
        ("02155501001", "local"),
        ("95588", "local"),
        ("4008200000", "local"),
        ("075588886666", "national"),
        ("13900000000", "local"),
        ("13907550000", "national"),
        ("18900000000", "national"),
        ("00441632960001", "international"),
        ("008613900000000", "local"),
    ],
)
def test_how_far_a_number_is(dialled: str, level: str) -> None:
    """A class of service for local calls reaches the own city and its mobile phones, and no further."""
    assert level_of(dialled, "021", BOOK) == level


def test_without_area_data_every_mobile_phone_is_national() -> None:
    """What is not known is not taken for cheap."""
    assert level_of("13900000000", "021", NO_AREAS) == "national"


def test_the_longest_beginning_tells_the_area() -> None:
    """A block of Shenzhen among numbers of Shanghai is Shenzhen; a number that begins like none is nowhere."""
    assert BOOK.area_of("13907551234") == SHENZHEN
    assert BOOK.area_of("13900001234") == SHANGHAI
    assert BOOK.area_of("0200000000") is None
    assert BOOK.area_of("1") is None
    assert BOOK.area_of("0755") == SHENZHEN
    assert BOOK.area_of("abc") is None


@pytest.mark.parametrize("name", ["广东", "广东省", "深圳", "深圳市", "Guangdong", "shenzhen", " 深圳 "])
def test_an_area_is_known_by_the_names_that_people_use(name: str) -> None:
    """A route for 深圳 finds callers whose data say 深圳市."""
    assert SHENZHEN.is_called(name)


@pytest.mark.parametrize(
    ("area", "chinese", "english"), [(SHENZHEN, "广东省深圳市", "Shenzhen, Guangdong"), (SHANGHAI, "上海市", "Shanghai")]
)
def test_an_area_is_shown_in_both_languages(area: Area, chinese: str, english: str) -> None:
    """A municipality is not said twice."""
    assert (area.shown("zh"), area.shown("en")) == (chinese, english)
    assert not area.is_called("北京")


def test_a_sites_own_data_count_more() -> None:
    """A later row for the same beginning replaces the shipped one; the rest stays."""
    own = rows_of_csv(["# our own", "139,广东,广州", "0663,广东,揭阳,Guangdong,Jieyang", ""], "areas.csv")
    book = AreaBook([*BOOK.rows(), *own])
    found = book.area_of("13900000000")
    assert found is not None
    assert found.shown("en") == "广东广州"
    assert book.area_of("13907550000") == SHENZHEN
    assert book.area_of("06638888888") == Area("广东", "揭阳", "Guangdong", "Jieyang")
    assert len(book) == 5


@pytest.mark.parametrize(
    "line", ["139", "139,广东", "13a,广东,广州", ",广东,广州", "139,,广州", "1" * 12 + ",广东,广州", "139,广东,广州,Guangdong"]
)
def test_a_wrong_line_is_named(line: str) -> None:
    """Whoever imports a file is told which line is wrong, and how one looks."""
    with pytest.raises(BadInput, match=r"areas\.csv:2: expected prefix, province, city"):
        list(rows_of_csv(["0755,广东,深圳", line], "areas.csv"))
