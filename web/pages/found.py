"""What the driver has found and the settings do not name yet: cards for the spans, ports for lines and desk phones, each with a form begun for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from klein import Klein

from engine.kernel.errors import BadInput, Refused, StrowgerError
from engine.kernel.text import Text, text
from engine.people.actors import Act
from engine.settings.edit import typed_of
from engine.settings.faults import SiteFaults
from engine.settings.site import Site
from engine.settings.suggestions import free_name, suggested_stations, suggested_trunks, with_stations, with_trunks
from engine.telephony.line_tests import PortKind
from web.forms import Offered, fault_said
from web.house import House, asked
from web.saving import Saving
from web.visit import PageFault, Visit

__all__ = ["SECTIONS", "SPANS", "add", "begun", "found_cards", "found_to_show", "offered_ports", "wrong_port"]

SECTIONS: Mapping[str, PortKind] = {"trunks": PortKind.LINE, "stations": PortKind.PHONE}
"""Which ports the entries of a section are plugged into."""
FORMS: Mapping[PortKind, str] = {PortKind.LINE: "/settings/trunks/new", PortKind.PHONE: "/extensions/new"}
LISTS: Mapping[PortKind, str] = {PortKind.LINE: "/settings/trunks", PortKind.PHONE: "/extensions"}
ADDED_MOST = 256
"""Ports added at once; the spreadsheet takes more."""
SPANS = "spans"
Card = Mapping[str, Any]
Row = dict[str, Any]


async def found_cards(house: House, visit: Visit) -> Sequence[Card]:
    """The cards that the driver has; none when nobody can say."""
    try:
        answer: Mapping[str, Any] = await asked(lambda done, failed: house.ask(visit.actor, {"command": "found_cards"}, done, failed))
    except StrowgerError:
        return ()
    cards: Sequence[Card] = answer["cards"]
    return cards


def found_to_show(site: Site, section: str, cards: Sequence[Card]) -> list[Row]:
    """The rows of a list page's table of what was found and is not in use: for spans the cards, for lines and phones the ports of each card."""
    if section == SPANS:
        return [_card_row(site, card) for card in cards if not card["span"] and card["kind"] != "dynamic"]
    kind = SECTIONS[section]
    rows = [_ports_row(card, _unused(site, [card], kind), kind) for card in cards]
    return [row for row in rows if row["ports"]]


def offered_ports(site: Site, section: str, cards: Sequence[Card], own: str = "") -> Offered:
    """The channels that an entry of a section may have: those that are free, and its ``own``."""
    if section not in SECTIONS:
        return {}
    taken = _taken(site)
    ports = [
        (str(port["channel"]), _port_title(card, port))
        for card in cards
        for port in card["ports"]
        if port["kind"] == SECTIONS[section] and (port["channel"] not in taken or str(port["channel"]) == own)
    ]
    return {"channel": ports} if ports else {}


def wrong_port(section: str, cards: Sequence[Card], channel: str) -> Text | None:
    """A sentence when the driver has this channel, and it is no port for an entry of the section; or has ports, and not this one."""
    kinds = {str(port["channel"]): port["kind"] for card in cards for port in card["ports"]}
    wanted = SECTIONS.get(section)
    if wanted is None or not kinds or not channel:
        return None
    if channel not in kinds:
        return text("The driver has no analog port with the channel {channel} now.", channel=channel)
    if kinds[channel] == wanted:
        return None
    if wanted is PortKind.LINE:
        return text("Channel {channel} is an FXS port: a telephone belongs there, no exchange line.", channel=channel)
    return text("Channel {channel} is an FXO port: an exchange line belongs there, no telephone.", channel=channel)


def _taken(site: Site) -> set[int]:
    return {trunk.channel for trunk in site.trunks} | {phone.channel for phone in site.stations}


def _unused(site: Site, cards: Sequence[Card], kind: PortKind) -> list[Mapping[str, Any]]:
    taken = _taken(site)
    return [port for card in cards for port in card["ports"] if port["kind"] == kind and port["channel"] not in taken]


def _card_title(card: Card) -> str:
    return str(card["span"] or card["description"] or card["hardware_id"] or card["kind"])


def _port_title(card: Card, port: Mapping[str, Any]) -> str:
    return f"{_card_title(card)} / {port['place']}"


def _card_row(site: Site, card: Card) -> Row:
    stem = "card" if card["kind"] == "analog" else card["kind"]
    typed = {"name": free_name(stem, 1, (span.name for span in site.spans)), "kind": card["kind"]}
    if card["hardware_id"] or card["location"]:
        typed |= {"hardware_id": card["hardware_id"], "location": card["location"], "port": str(card["port"])}
    elif card["number"]:
        typed |= {"number": str(card["number"])}
    return {
        "title": _card_title(card),
        "kind": card["kind"],
        "number": card["number"],
        "place": " · ".join(part for part in (card["hardware_id"], card["location"]) if part),
        "port": card["port"],
        "channels": card["channel_count"],
        "link": f"/settings/spans/new?{urlencode(typed)}",
    }


def _ports_row(card: Card, ports: Sequence[Mapping[str, Any]], kind: PortKind) -> Row:
    return {
        "title": _card_title(card),
        "ports": [
            {"place": port["place"], "channel": port["channel"], "link": f"{FORMS[kind]}?channel={port['channel']}"} for port in ports
        ],
    }


def begun(site: Site, section: str, channel: str) -> dict[str, str]:
    """What the form of a new line or phone begins with when it was called for a port that was found; empty for no channel."""
    if not (channel.isascii() and channel.isdigit() and len(channel) <= 4):
        return {}
    suggested = suggested_trunks if SECTIONS[section] is PortKind.LINE else suggested_stations
    try:
        return typed_of(suggested(site, [int(channel)])[0])
    except BadInput:
        return {"channel": channel}


class _FoundPages:
    def __init__(self, house: House, saving: Saving) -> None:
        self._house = house
        self._saving = saving

    async def add_all(self, visit: Visit, section: str) -> bytes:
        """Every free port of the kind becomes a line or a phone, after a look at the change."""
        kind = SECTIONS.get(section)
        if kind is None:
            raise PageFault(404, text("There is no such page."))
        cards = await found_cards(self._house, visit)
        channels = [int(port["channel"]) for port in _unused(self._house.sites.site, cards, kind)][:ADDED_MOST]
        heading = text("Exchange lines that were found") if kind is PortKind.LINE else text("Desk phones that were found")

        def wanted(site: Site) -> Site:
            free = [channel for channel in channels if channel not in _taken(site)]
            return with_trunks(site, free) if kind is PortKind.LINE else with_stations(site, free)

        try:
            return self._saving.propose(visit, wanted, heading=heading, back=LISTS[kind], then=LISTS[kind])
        except SiteFaults as wrong:
            raise PageFault(409, fault_said(wrong.faults[0])) from wrong
        except (BadInput, Refused) as wrong:
            raise PageFault(409, wrong.text) from wrong


def add(app: Klein, house: House, saving: Saving) -> None:
    """Put these pages to their addresses."""
    pages = _FoundPages(house, saving)
    house.add(app, "/settings/<section>/found", Act.CHANGE_SITE, pages.add_all, ("POST",))
