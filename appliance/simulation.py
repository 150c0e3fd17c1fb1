"""Simulated surroundings for a site: the driver, the exchange, the telephones, and the world that moves them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from twisted.internet.task import Clock as TwistedClock

from boards.dahdi.media import Pump
from engine.settings.e1_lines import E1Trunk, e1_trunks
from engine.settings.site import Site
from hwsim.cas_far_end import CasFarEnd
from hwsim.dahdi import AnalogCard, SimulatedDahdi, SpanCard
from hwsim.e1_calls import E1FarEnd
from hwsim.exchange import Exchange
from hwsim.exchange_line import LineService
from hwsim.exchange_span import ExchangeSpan
from hwsim.people import DeskPhone
from hwsim.pri_far_end import PriFarEnd
from hwsim.r2_far_end import R2FarEnd
from hwsim.wires import Wires
from hwsim.world import World

__all__ = ["NUMBERS_BEYOND", "Simulation", "Surrounded", "cards_for", "span_cards_for"]

DIGITAL_KINDS = ("e1", "t1", "j1")
SPAN_CHANNELS_MOST = 31
FAR_ENDS: Mapping[str, Callable[[World, Exchange, ExchangeSpan, E1Trunk], E1FarEnd]] = {
    "isdn-user": PriFarEnd,
    "isdn-network": PriFarEnd,
    "r2": R2FarEnd,
    "cas": CasFarEnd,
}
NUMBERS_BEYOND = 64
"""Descriptors beside the channels': control, timer and pseudo nodes."""


def cards_for(site: Site) -> tuple[AnalogCard, ...]:
    """Cards whose ports fit the channel numbers of the site. A number that no line uses becomes an FXO port."""
    trunks = {trunk.channel for trunk in site.trunks}
    stations = {station.channel for station in site.stations}
    cards: list[AnalogCard] = []
    exchange_ports = phone_ports = 0
    for channel in range(1, max(trunks | stations, default=0) + 1):
        if channel in stations:
            phone_ports += 1
            continue
        if phone_ports:
            cards.append(AnalogCard(exchange_ports, phone_ports))
            exchange_ports = phone_ports = 0
        exchange_ports += 1
    if exchange_ports or phone_ports:
        cards.append(AnalogCard(exchange_ports, phone_ports))
    return tuple(cards)


def span_cards_for(site: Site) -> tuple[SpanCard, ...]:
    """Cards whose ports fit the digital spans of the site: one for each hardware id and location."""
    cards: dict[tuple[str, str, str], int] = {}
    for span in site.spans:
        if span.kind in DIGITAL_KINDS:
            place = (span.kind.upper(), span.hardware_id, span.location)
            unnamed = not (span.hardware_id or span.location)
            cards[place] = cards.get(place, 0) + 1 if unnamed else max(cards.get(place, 0), span.port)
    return tuple(SpanCard(ports, kind, hardware_id, location) for (kind, hardware_id, location), ports in cards.items())


def span_ports(site: Site) -> dict[str, tuple[int, int]]:
    """Where each digital span's port is: the place of its card among all cards, and the port's on it, from 0 on, by the span's name."""
    cards = [(card.kind, card.hardware_id, card.location) for card in span_cards_for(site)]
    ports: dict[str, tuple[int, int]] = {}
    unnamed: dict[int, int] = {}
    for span in site.spans:
        if span.kind in DIGITAL_KINDS:
            card = cards.index((span.kind.upper(), span.hardware_id, span.location))
            port = span.port - 1
            if not (span.hardware_id or span.location):
                port = unnamed[card] = unnamed.get(card, -1) + 1
            ports[span.name] = len(cards_for(site)) + card, port
    return ports


class Simulation:
    """Wires, driver and pump first; the world, exchange and telephones when ``begin`` is told how the appliance is moved."""

    def __init__(self, site: Site, alarm: Callable[[str, str], None]) -> None:
        self.site = site
        analog, digital = cards_for(site), span_cards_for(site)
        ports = sum(card.fxo + card.fxs for card in analog) + sum(card.ports * SPAN_CHANNELS_MOST for card in digital)
        self.wires = Wires(ports + NUMBERS_BEYOND)
        self.driver = SimulatedDahdi((*analog, *digital), self.wires)
        self._far_spans = self._plug_exchanges()
        self._cable_spans()
        self.pump = Pump(self.wires.io, alarm)

    def _plug_exchanges(self) -> dict[str, ExchangeSpan]:
        """Every span with an E1 trunk leads to the exchange; by the span's name."""
        wanted = {trunk.span for trunk in self.site.e1_trunks}
        return {name: self.driver.plug_exchange(*place) for name, place in span_ports(self.site).items() if name in wanted}

    def _cable_spans(self) -> None:
        """Of the other ports two beside each other are cabled, and the last of an odd number has a loop plug."""
        lines = [line for line in self.driver.span_lines.values() if line.far is None]
        for first, second in zip(lines[::2], [*lines[1::2], *lines[-1:]], strict=False):
            first.plug_into(second)

    def begin(
        self,
        seed: int,
        clock: TwistedClock | None,
        tick: Callable[[], object],
        poll: Callable[[], object],
        start_utc_ms: int,
        noted: Callable[[int, str, str], None] | None = None,
    ) -> Surrounded:
        """Let there be people. ``clock`` None: real time."""
        world = World(seed, self.driver, clock, tick, poll, start_utc_ms, noted)
        site = self.site
        exchange = Exchange(
            world,
            {trunk.name: self.driver.exchange_ports[trunk.channel] for trunk in site.trunks},
            {trunk.name: trunk.number for trunk in site.trunks if trunk.number},
            {trunk.name: LineService(reversal_on_answer=trunk.answer_supervision == "polarity") for trunk in site.trunks},
        )
        for trunk in e1_trunks(site):
            if trunk.section.span in self._far_spans:
                far_end = FAR_ENDS[trunk.section.signalling](world, exchange, self._far_spans[trunk.section.span], trunk)
                exchange.add_trunk(trunk.section.name, trunk.section.number, far_end)
        phones = {station.name: DeskPhone(world, station.name, self.driver.phone_ports[station.channel]) for station in site.stations}
        return Surrounded(world, exchange, phones)


@dataclass(frozen=True)
class Surrounded:
    """The world around an appliance: time, exchange, and the desk phones by their site names."""

    world: World
    exchange: Exchange
    phones: Mapping[str, DeskPhone]
