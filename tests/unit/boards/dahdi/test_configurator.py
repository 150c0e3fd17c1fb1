"""Configuring a driver with two-port E1 cards, from the site's settings to the ioctls and back: what an installer's first start does."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from boards.dahdi.abi import Ioctl, Law, LineConfigBit, Sig
from boards.dahdi.configurator import USUAL_TAPS, SpanConfigurator
from boards.dahdi.span_board import DahdiSpans
from boards.dahdi.sysfs import NoTree
from boards.dahdi.zones import ZONE_NUMBERS
from engine.kernel.errors import EnvironmentFault
from engine.settings.site import ChannelGroup, Site, SpanSection
from engine.telephony.spans import OUTSIDE, SpanOutcome
from tests.paper_driver import PaperDriver, PaperTree

SITE = Site(spans=(SpanSection(name="isdn"), SpanSection(name="r2", signalling="r2", echo_canceller="none")))
BOTH = (OUTSIDE, "isdn", "r2")


class Memory:
    """What is remembered, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, int] = {}

    def recall(self) -> Mapping[str, int]:
        return self.kept

    def keep(self, timings: Mapping[str, int]) -> None:
        self.kept = dict(timings)


class Shop:
    """A driver, its memory, and whoever configures it; the log."""

    def __init__(self, **driver: Any) -> None:
        self.driver = PaperDriver(**driver)
        self.memory = Memory()
        self.log: list[str] = []
        self.configurator = self.started_again()

    def started_again(self) -> SpanConfigurator:
        """The appliance after a restart."""
        return SpanConfigurator(self.driver, PaperTree(self.driver), self.memory, self.log.append)

    def configure(self, site: Site, *spans: str) -> dict[str, list[str]]:
        """What failed, by span."""
        outcomes = self.configurator.configure(site, spans or (OUTSIDE, *(span.name for span in site.spans)))
        return {one.span: [said.in_english() for said in one.failed] for one in outcomes if one.failed}


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_the_first_start_configures_everything(shop: Shop) -> None:
    """Two ports: ISDN on the first, R2 on the second, each as its exchange expects it; our tone zone; both running."""
    assert shop.configure(SITE) == {}
    isdn, r2 = shop.driver.ports()
    assert (isdn.line, isdn.sync, isdn.running) == (LineConfigBit.CCS | LineConfigBit.HDB3 | LineConfigBit.CRC4, 1, True)
    assert (r2.line, r2.sync, r2.running) == (LineConfigBit.HDB3, 2, True)
    assert [isdn.channels[number].sig for number in (1, 16, 31)] == [Sig.CLEAR, Sig.HDLCFCS, Sig.CLEAR]
    assert (r2.channels[32].sig, r2.channels[32].idle_bits, r2.channels[47].sig) == (Sig.CAS, 0b1011, 0)
    assert {one.law for one in isdn.channels.values()} == {Law.ALAW}
    assert [isdn.channels[number].canceller for number in (1, 16)] == ["mg2", ""]
    assert shop.driver.default_zone == ZONE_NUMBERS["cn"]
    assert shop.log == []


def test_the_second_start_touches_nothing(shop: Shop) -> None:
    """A restart of the appliance hangs no channel up: not one configuring call reaches the driver."""
    shop.configure(SITE)
    shop.driver.calls.clear()
    shop.configurator = shop.started_again()
    assert shop.configure(SITE) == {}
    assert shop.driver.calls == []


def test_a_card_that_was_put_back_is_configured_anew(shop: Shop) -> None:
    """Its channels are as the driver made them, and what was remembered of it does not count any more."""
    shop.configure(SITE)
    shop.driver.cards = {"pci:9": PaperDriver().ports()}
    assert shop.configure(SITE) == {}
    assert all(port.running for port in shop.driver.ports())


def test_a_driver_that_was_loaded_anew_runs_its_spans_again(shop: Shop) -> None:
    """The appliance remembers that it started the span, and the driver does not: the E1 works after the next start all the same."""
    shop.configure(SITE)
    shop.driver.cards = {card: PaperDriver().ports() for card in shop.driver.cards}
    shop.configurator = shop.started_again()
    assert shop.configure(SITE) == {}
    assert [port.running for port in shop.driver.ports()] == [True, True]


def test_ports_without_numbers_are_numbered_first() -> None:
    """auto_assign_spans=0: numbers by the site's order, although the cards were found in another."""
    shop = Shop(cards=2, numbered=False)
    spans = tuple(
        SpanSection(name=name, hardware_id=f"TE220-pci:{card}", port=port) for name, card, port in (("a", 2, 1), ("b", 1, 2), ("c", 2, 2))
    )
    assert shop.configure(Site(spans=spans)) == {}
    assert {(card, port.local): (port.number, port.first) for card, ports in shop.driver.cards.items() for port in ports} == {
        ("pci:1", 1): (0, 0),
        ("pci:1", 2): (2, 32),
        ("pci:2", 1): (1, 1),
        ("pci:2", 2): (3, 63),
    }


@pytest.mark.parametrize(
    ("call", "failed", "untouched"),
    [
        (
            Ioctl.SPANCONFIG,
            "span 1: ccs, hdb3, crc4, build-out 0, timing priority 1: the card cannot do this framing, coding or line build-out: compare it with the card's kind of line",
            "CHANCONFIG",
        ),
        (
            Ioctl.ATTACH_ECHOCAN,
            "channels 1: echo canceller mg2: there is no such channel or no such echo canceller: load its module (modprobe dahdi_echocan_mg2, dahdi_echocan_oslec)",
            "",
        ),
    ],
)
def test_each_failure_is_told_by_itself(shop: Shop, call: Ioctl, failed: str, untouched: str) -> None:
    """What failed, on what, why, and what to do; after refused framing the channels are left alone, after a refused canceller they go on."""
    shop.driver.refuse = {call: errno.EINVAL}
    site = Site(spans=SITE.spans[:1])
    assert shop.configure(site)["isdn"][0] == failed
    assert shop.log[0] == f"spans: {failed}"
    assert untouched not in shop.driver.calls
    if not untouched:
        assert shop.driver.ports()[0].running


def test_one_refused_span_does_not_hinder_another(shop: Shop) -> None:
    """A card that is not there, and one that is."""
    site = Site(spans=(SpanSection(name="gone", hardware_id="X"), SpanSection(name="isdn")))
    assert list(shop.configure(site)) == ["gone"]
    assert shop.driver.ports()[0].running


def test_a_changed_priority_is_remembered_for_the_next_start(shop: Shop) -> None:
    """The driver does not tell the place among the clock sources: the appliance keeps what it gave."""
    shop.configure(SITE)
    other = replace(SITE, spans=(replace(SITE.spans[0], timing=5), SITE.spans[1]))
    shop.configure(other)
    assert shop.driver.ports()[0].sync == 5
    shop.driver.calls.clear()
    shop.configurator = shop.started_again()
    assert shop.configure(other) == {}
    assert "SPANCONFIG" not in shop.driver.calls


def test_without_a_driver_it_says_so(shop: Shop) -> None:
    """No module: the sentence of the driver's binding, with what to do."""
    shop.driver.absent = True
    with pytest.raises(EnvironmentFault, match="load the driver"):
        shop.configurator.look(SITE)


def test_an_old_driver_without_sysfs_is_configured_by_number(shop: Shop) -> None:
    """Spans and channels by the driver's own numbers; cancellers are attached once, though they cannot be looked at."""
    shop.configurator = SpanConfigurator(shop.driver, NoTree(), shop.memory, shop.log.append)
    assert shop.configure(SITE) == {}
    assert shop.driver.channel(1).canceller == "mg2"
    shop.driver.calls.clear()
    assert shop.configure(SITE) == {}
    assert shop.driver.calls == []


def test_a_channels_canceller_has_the_length_of_its_span(shop: Shop) -> None:
    """32 ms are 256 samples; none where there is no canceller; the usual on a channel that no span of the site has."""
    groups = (ChannelGroup(channels="1", signalling="bchan"), ChannelGroup(channels="2", signalling="bchan", echo_canceller="none"))
    shop.configure(Site(spans=(SpanSection(name="isdn", echo_tail_ms="64", groups=groups),)))
    assert [shop.configurator.echo_taps(number) for number in (1, 2, 40)] == [512, 0, USUAL_TAPS]


def test_a_channel_has_the_tones_of_its_span(shop: Shop) -> None:
    """A span with another country's tones: its channels, and no other; both zones are loaded."""
    shop.configure(Site(spans=(SpanSection(name="isdn", tone_zone="uk"), SpanSection(name="r2"))))
    assert [shop.configurator.tone_zone(number) for number in (1, 32)] == [ZONE_NUMBERS["uk"], None]
    assert sorted(shop.driver.zones) == sorted([ZONE_NUMBERS["cn"], ZONE_NUMBERS["uk"]])


class Lines:
    """Two lines, on channels 1 and 32; ``open`` are those not closed just now."""

    def __init__(self) -> None:
        self.channels = {"line-1": 1, "line-2": 32}
        self.open = {"line-1", "line-2"}
        self.closed: list[str] = []

    def lines_on(self, channels: Any) -> tuple[str, ...]:
        return tuple(name for name, number in self.channels.items() if number in channels)

    def busy_lines(self) -> frozenset[str]:
        return frozenset({"line-2"})

    def without(self, names: Any, act: Callable[[], None]) -> None:
        self.closed += names
        self.open -= set(names)
        act()
        self.open |= set(names)


def test_lines_are_closed_only_on_the_span_that_is_configured(shop: Shop) -> None:
    """A line on the other span is not touched; each span's lines are named to whoever decides when."""
    lines = Lines()
    spans = DahdiSpans(shop.configurator, lines)
    changes = {change.span: change for change in spans.span_changes(SITE)}
    assert {name: change.lines for name, change in changes.items()} == {"": (), "isdn": ("line-1",), "r2": ("line-2",)}
    assert [said.in_english() for said in changes[""].steps] == ["load the tones of cn", "ring with the cadence of cn"]
    outcomes: list[SpanOutcome] = []
    spans.configure_span(SITE, "isdn", outcomes.append)
    assert (lines.closed, lines.open) == (["line-1"], {"line-1", "line-2"})
    assert [said.in_english() for said in outcomes[0].done] == [
        "span 1: ccs, hdb3, crc4, build-out 0, timing priority 1",
        "start span 1",
        "channels 1-15,17-31: bchan, alaw",
        "channels 16: dchan, alaw",
        "channels 1-15,17-31: echo canceller mg2",
    ]
    assert spans.busy_lines() == {"line-2"}


def test_the_file_for_the_drivers_program_has_the_drivers_numbers(shop: Shop) -> None:
    """Without a driver it has those of the list."""
    shop.configure(SITE)
    spans = DahdiSpans(shop.configurator, Lines())
    site = Site(spans=(SpanSection(name="second", number=2),))
    assert "bchan=32-46,48-62\n" in spans.driver_file(site)
    shop.driver.absent = True
    assert "span=2,1,0,ccs,hdb3,crc4\nbchan=1-15,17-31\n" in spans.driver_file(site)
