"""What a new line or phone begins with when its port was found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.kernel.errors import BadInput
from engine.settings.site import Site, StationSection
from engine.settings.suggestions import free_name, suggested_stations, suggested_trunks, with_stations, with_trunks
from tests.floor import a_site


def test_a_name_that_nobody_has() -> None:
    """The number in the name is that of the port, unless another has it."""
    assert free_name("line", 7, ["line-1"]) == "line-7"
    assert free_name("line", 7, ["line-7", "line-8"]) == "line-9"


def test_lines_are_answered_where_it_is_clear_by_what() -> None:
    """With one flow the line is answered by it; with several somebody has to choose."""
    site = a_site()
    assert [(one.name, one.channel, one.flow) for one in suggested_trunks(site, [9, 10])] == [
        ("line-9", 9, "main"),
        ("line-10", 10, "main"),
    ]
    assert suggested_trunks(replace(site, flows=()), [9])[0].flow == ""


def test_phones_get_the_extensions_behind_the_last() -> None:
    """Twelve phones of a new card are numbered on, with as many digits as before."""
    phones = suggested_stations(a_site(), [9, 10])
    assert [(one.name, one.channel, one.extension) for one in phones] == [("phone-805", 9, "805"), ("phone-806", 10, "806")]
    assert [one.extension for one in suggested_stations(Site(), [1, 2])] == ["801", "802"]


def test_an_extension_collides_with_nothing_that_is_dialled() -> None:
    """Neither with the digit for outside nor with a longer or shorter extension."""
    site = a_site()
    outside = replace(site, desk=replace(site.desk, outside_prefix="9"), stations=(StationSection(name="p", channel=1, extension="899"),))
    with pytest.raises(BadInput, match="No extension behind 899 is free"):
        suggested_stations(outside, [2])
    longer = replace(
        site, stations=(StationSection(name="p", channel=1, extension="1000"), StationSection(name="q", channel=2, extension="101"))
    )
    assert [one.extension for one in suggested_stations(longer, [3])] == ["1001"]
    beyond = replace(longer, stations=(*longer.stations, StationSection(name="r", channel=4, extension="1009")))
    assert [one.extension for one in suggested_stations(beyond, [5])] == ["1020"]


def test_all_of_them_make_a_sound_site() -> None:
    """What was added at once is judged like anything that is typed."""
    site = with_stations(with_trunks(a_site(), [9, 10]), [11, 12])
    assert [one.channel for one in site.trunks[-2:]] == [9, 10]
    assert [one.extension for one in site.stations[-2:]] == ["805", "806"]
