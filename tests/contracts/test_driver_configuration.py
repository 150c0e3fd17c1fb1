"""Configuring dynamic spans from a site's settings: the kernel's driver and the simulated one become the same, and stay so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

import pytest

from boards.dahdi.abi import DynamicSpan, Sig
from boards.dahdi.configurator import SpanConfigurator
from boards.dahdi.nodes.control import ControlNode
from boards.dahdi.nodes.errors import DahdiError
from boards.dahdi.sysfs import read_devices
from boards.dahdi.zones import ZONE_NUMBERS
from engine.settings.site import BoxSection, ChannelGroup, Site, SpanSection
from tests.contracts.drivers import Driver, new_driver

PLACES = ("9:0", "9:1")
E1 = SpanSection(name="e1", kind="dynamic", dynamic_driver="loc", dynamic_address="9:0", channel_count=31)
BANK = SpanSection(
    name="bank",
    kind="dynamic",
    dynamic_driver="loc",
    dynamic_address="9:1",
    channel_count=24,
    groups=(
        ChannelGroup(channels="1-11", signalling="fxsks"),
        ChannelGroup(channels="12-22", signalling="fxoks", echo_canceller="oslec", law="alaw"),
        ChannelGroup(channels="23-24", signalling="clear"),
    ),
)
SITE = Site(spans=(E1, BANK))


class _Forgetful:
    """Nothing is remembered: what is right must be seen at the driver."""

    def recall(self) -> Mapping[str, int]:
        return {}

    def keep(self, timings: Mapping[str, int]) -> None:
        """Forgotten."""


class Shop:
    """A driver and whoever configures it."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.control = ControlNode.open(driver.system)

    def configurator(self) -> SpanConfigurator:
        """One that knows nothing of what was done before."""
        return SpanConfigurator(self.driver.system, self.driver.tree, _Forgetful(), lambda _line: None)

    def configure(self, site: Site) -> dict[str, list[str]]:
        """What failed, by span."""
        outcomes = self.configurator().configure(site, ("", *(span.name for span in site.spans)))
        return {one.span: [said.in_english() for said in one.failed] for one in outcomes if one.failed}

    def first(self, place: str) -> int:
        """The first channel of a span, 0: it has no number."""
        return next(device.spans[0].first_channel for device in read_devices(self.driver.tree) if device.hardware_id == f"DYN/loc/{place}")

    def signalling(self, place: str, *positions: int) -> list[int]:
        return [self.control.params(self.first(place) + position - 1).sigtype for position in positions]

    def close(self) -> None:
        for place in PLACES:
            with suppress(DahdiError):
                self.control.destroy_dynamic_span(DynamicSpan("loc", place))
        with suppress(DahdiError):
            for zone in ZONE_NUMBERS.values():
                self.control.free_zone(zone)
        self.control.close()
        self.driver.close()


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop(new_driver())
    yield made
    made.close()


def test_a_site_is_reached_from_nothing(shop: Shop) -> None:
    """Spans made, every channel as the site says: ISDN with A-law, a channel bank, a bundle; echo cancellers attached."""
    assert shop.configure(SITE) == {}
    assert shop.signalling("9:0", 1, 16, 31) == [Sig.CLEAR, Sig.HDLCFCS, Sig.CLEAR]
    assert shop.signalling("9:1", 1, 12, 23, 24) == [Sig.FXSKS, Sig.FXOKS, Sig.CLEAR, Sig.CLEAR]
    first = shop.first("9:1")
    assert shop.control.params_and_master(first + 23)[1] == first + 22
    cancellers = {device.hardware_id: dict(device.spans[0].cancellers) for device in read_devices(shop.driver.tree)}["DYN/loc/9:1"]
    assert [cancellers[first + place] for place in (0, 11, 23)] == ["mg2", "oslec", ""]


def test_the_second_time_there_is_nothing_to_do(shop: Shop) -> None:
    """What is right is seen at the driver itself, law and bundle and zone included: no step is left for one who remembers nothing."""
    shop.configure(SITE)
    assert shop.configurator().look(SITE).steps == ()


def test_one_changed_setting_is_one_step(shop: Shop) -> None:
    """A group with another signalling: its channels, and no other."""
    shop.configure(SITE)
    groups = (replace(BANK.groups[0], signalling="fxsls"), *BANK.groups[1:])
    changed = replace(SITE, spans=(E1, replace(BANK, groups=groups)))
    first = shop.first("9:1")
    assert [getattr(step, "number", 0) for step in shop.configurator().look(changed).steps] == [first + place for place in range(11)]
    assert shop.configure(changed) == {}
    assert shop.signalling("9:1", 1, 12) == [Sig.FXSLS, Sig.FXOKS]


def test_a_span_is_moved_to_the_numbers_that_the_site_names(shop: Shop) -> None:
    """Another first channel: the span is taken, numbered again, and configured again."""
    shop.configure(SITE)
    assert shop.configure(replace(SITE, spans=(E1, replace(BANK, number=77, first_channel=501)))) == {}
    assert shop.first("9:1") == 501
    assert shop.control.span(77).desc == "Dynamic 'loc' span at '9:1'"
    assert shop.signalling("9:1", 1, 23) == [Sig.FXSKS, Sig.CLEAR]


def test_what_a_channel_cannot_be_is_refused_by_name_and_the_rest_goes_on(shop: Shop) -> None:
    """No dynamic span can do MTP2 signalling by hardware framing: one sentence, the other channels are well."""
    groups = (ChannelGroup(channels="1", signalling="hardhdlc"), ChannelGroup(channels="2-31", signalling="bchan"))
    (said,) = shop.configure(Site(spans=(replace(E1, groups=groups),)))["e1"]
    assert said.startswith(f"channel {shop.first('9:0')} cannot be HARDHDLC; it can be: CLEAR, HDLCFCS, CAS, EM")
    assert shop.signalling("9:0", 2, 31) == [Sig.CLEAR, Sig.CLEAR]


@pytest.mark.parametrize("zone", sorted(ZONE_NUMBERS))
def test_the_driver_takes_every_tone_zone_of_ours(shop: Shop, zone: str) -> None:
    """Each is loaded, becomes the default, and is known again."""
    site = Site(box=BoxSection(tones=zone), spans=(E1,))
    assert shop.configure(site) == {}
    assert shop.configurator().look(site).zones == ()
