"""The spans of a site in the driver's words: signalling types, line configuration, laws. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from boards.dahdi.abi import Law, LineConfigBit, Sig
from engine.settings.site import Site
from engine.settings.spans import BUNDLED, ResolvedGroup, ResolvedSpan, resolved_spans

__all__ = ["PORT_SIGS", "SIGS", "Wanted", "WantedChannel", "WantedSpan", "wanted_of"]

SIGS: Mapping[str, Sig] = MappingProxyType(
    {
        "bchan": Sig.CLEAR,
        "dchan": Sig.HDLCFCS,
        "hardhdlc": Sig.HARDHDLC,
        "mtp2": Sig.MTP2,
        "cas": Sig.CAS,
        "fxsks": Sig.FXSKS,
        "fxsls": Sig.FXSLS,
        "fxsgs": Sig.FXSGS,
        "fxoks": Sig.FXOKS,
        "fxols": Sig.FXOLS,
        "fxogs": Sig.FXOGS,
        "em": Sig.EM,
        "em-e1": Sig.EM_E1,
        "clear": Sig.CLEAR,
        "rawhdlc": Sig.HDLCRAW,
        "unused": Sig.NONE,
    }
)
"""The driver's signalling type by the value of the setting."""
PORT_SIGS = (Sig.FXSKS, Sig.FXOKS)
"""What an analog port is when nothing is said: an exchange line or a telephone, whichever it can be."""
LAWS: Mapping[str, Law] = MappingProxyType({"alaw": Law.ALAW, "mulaw": Law.MULAW, "driver": Law.DEFAULT})
LINE_BITS: Mapping[str, LineConfigBit] = MappingProxyType(
    {
        "ccs": LineConfigBit.CCS,
        "cas": LineConfigBit(0),
        "esf": LineConfigBit.ESF,
        "d4": LineConfigBit.D4,
        "hdb3": LineConfigBit.HDB3,
        "b8zs": LineConfigBit.B8ZS,
        "ami": LineConfigBit.AMI,
    }
)


@dataclass(frozen=True)
class WantedChannel:
    """One channel. ``place`` and ``master`` count from 1 on its span; of ``sigs`` it gets the first that its port can be."""

    place: int
    sigs: tuple[Sig, ...]
    law: Law = Law.DEFAULT
    canceller: str = ""
    idle_bits: int = 0
    master: int = 0


@dataclass(frozen=True)
class WantedSpan:
    """One entry of the site's spans. ``channels`` None: every port as what it is made for, with ``law`` and ``canceller``.

    ``device_kind`` is ``E1``, ``T1`` or ``J1`` for a port of a digital card, else empty. ``line`` counts for these only. ``zone`` empty: the
    site's tones.
    """

    name: str
    device_kind: str
    hardware_id: str
    location: str
    port: int
    number: int
    first_channel: int
    count: int
    line: LineConfigBit
    build_out: int
    timing: int
    dynamic: tuple[str, str] | None
    channels: tuple[WantedChannel, ...] | None
    law: Law = Law.DEFAULT
    canceller: str = ""
    echo_taps: int = 0
    zone: str = ""

    @property
    def pinned(self) -> bool:
        """Known by its card."""
        return bool(self.hardware_id or self.location)


@dataclass(frozen=True)
class Wanted:
    """Everything that the driver is to be. ``loose``: analog channels that are lines of the site and in none of its spans, by number."""

    spans: tuple[WantedSpan, ...]
    loose: tuple[WantedChannel, ...]
    zones: tuple[str, ...]
    default_zone: str


def wanted_of(site: Site) -> Wanted:
    """What a sound site wants of the driver."""
    spans = resolved_spans(site)
    zones = [site.box.tones, *(span.section.tone_zone for span in spans if span.section.tone_zone != "site")]
    return Wanted(tuple(_span(span) for span in spans), _loose(site), tuple(dict.fromkeys(zones)), site.box.tones)


def _loose(site: Site) -> tuple[WantedChannel, ...]:
    lines = [WantedChannel(trunk.channel, (Sig.FXSKS,), canceller="mg2", master=trunk.channel) for trunk in site.trunks]
    phones = [WantedChannel(phone.channel, (Sig.FXOKS,), canceller="mg2", master=phone.channel) for phone in site.stations]
    return tuple(sorted([*lines, *phones], key=lambda channel: channel.place))


def _span(span: ResolvedSpan) -> WantedSpan:
    section = span.section
    every_port = section.kind == "analog" and not section.groups
    return WantedSpan(
        section.name,
        section.kind.upper() if span.digital else "",
        section.hardware_id,
        section.location,
        section.port,
        section.number,
        section.first_channel,
        span.count,
        _line(span),
        section.line_build_out,
        span.timing,
        (section.dynamic_driver, section.dynamic_address) if section.kind == "dynamic" else None,
        None if every_port else tuple(channel for group in span.groups for channel in _channels(group)),
        LAWS.get(section.law, Law.DEFAULT),
        "" if section.echo_canceller == "none" else section.echo_canceller,
        span.echo_taps,
        "" if section.tone_zone == "site" else section.tone_zone,
    )


def _line(span: ResolvedSpan) -> LineConfigBit:
    line = LineConfigBit(0)
    if span.digital:
        line = LINE_BITS[span.framing] | LINE_BITS[span.coding]
    if span.crc4:
        line |= LineConfigBit.CRC4
    return line | LineConfigBit.NOTOPEN if span.section.yellow_when_unused else line


def _channels(group: ResolvedGroup) -> list[WantedChannel]:
    bundled = group.signalling in BUNDLED
    idle_bits = int(group.idle_bits, 2) if group.idle_bits else 0
    return [
        WantedChannel(
            place,
            (SIGS[group.signalling],),
            LAWS[group.law],
            group.echo_canceller,
            idle_bits,
            group.places[0] if bundled else place,
        )
        for place in group.places
    ]
