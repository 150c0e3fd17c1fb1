"""What the driver's answer about a span says: its alarms, its counters, its settings, and where the driver's clock comes from. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from boards.dahdi.abi import Alarm, LineConfigBit, SpanInfo
from engine.telephony.hardware import ClockSource, ClockState, SpanAlarm, SpanCounters

__all__ = ["alarms_of", "clock_is_wrong", "clock_of", "counters_of", "is_digital", "is_dynamic", "settings_of", "sync_span"]

BITS: Mapping[Alarm, SpanAlarm] = MappingProxyType(
    {
        Alarm.RED: SpanAlarm.RED,
        Alarm.YELLOW: SpanAlarm.YELLOW,
        Alarm.BLUE: SpanAlarm.BLUE,
        Alarm.LOS: SpanAlarm.LOS,
        Alarm.LFA: SpanAlarm.LFA,
        Alarm.LMFA: SpanAlarm.LMFA,
        Alarm.LOOPBACK: SpanAlarm.LOOPBACK,
        Alarm.RECOVER: SpanAlarm.RECOVERING,
        Alarm.NOTOPEN: SpanAlarm.NOT_OPEN,
    }
)
DIGITAL = ("E1", "T1", "J1", "BRI", "NT", "TE", "DYNAM")
NO_CLOCK = Alarm.RED | Alarm.BLUE | Alarm.LOS | Alarm.NOTOPEN
"""Alarms with which a span gives no clock."""


def alarms_of(info: SpanInfo) -> frozenset[SpanAlarm]:
    """The alarms that the driver shows."""
    return frozenset(alarm for bit, alarm in BITS.items() if info.alarms & bit)


def counters_of(info: SpanInfo) -> SpanCounters:
    """The card's counters. A driver that does not count something says 0, or something negative."""
    counted = (
        info.bpvcount,
        info.crc4count,
        info.ebitcount,
        info.fascount,
        info.fecount,
        info.cvcount,
        info.becount,
        info.errsec,
        info.irqmisses,
    )
    return SpanCounters(*(max(0, count) for count in counted))


def is_dynamic(info: SpanInfo) -> bool:
    """True for a span without a card."""
    return info.spantype.startswith("DYNAM") or info.name.startswith("DYN/")


def is_digital(info: SpanInfo) -> bool:
    """True for a span of timeslots. Old drivers have no kind of span: those with framing are digital."""
    return info.spantype.startswith(DIGITAL) or is_dynamic(info) or (not info.spantype and info.linecompat != 0)


def settings_of(info: SpanInfo) -> str:
    """Framing and coding as they are set, such as ``CCS/HDB3/CRC4``; empty for an analog card."""
    kinds = (
        LineConfigBit.D4,
        LineConfigBit.ESF,
        LineConfigBit.CCS,
        LineConfigBit.AMI,
        LineConfigBit.B8ZS,
        LineConfigBit.HDB3,
        LineConfigBit.CRC4,
    )
    return "/".join(kind.name for kind in kinds if kind.name and info.lineconfig & kind)


def sync_span(infos: Mapping[int, SpanInfo], info: SpanInfo) -> int:
    """The span by whose signal this one's card is clocked; 0 for none.

    Drivers of cards count here by the ports of the card, from 1 on; a number beyond them is taken for a span's.
    """
    card = [number for number, other in sorted(infos.items()) if (other.devicetype, other.location) == (info.devicetype, info.location)]
    if 1 <= info.syncsrc <= len(card):
        return card[info.syncsrc - 1]
    return info.syncsrc


def clock_of(infos: Mapping[int, SpanInfo], master: int | None) -> ClockState:
    """Where the clock comes from. ``master``: the span whose card drives the driver, 0: none does, None: the driver does not say."""
    if master is None:
        return ClockState()
    info = infos.get(master)
    if info is None:
        return ClockState(ClockSource.TIMER)
    feeding = infos.get(sync_span(infos, info))
    if feeding is not None and not feeding.alarms & NO_CLOCK:
        return ClockState(ClockSource.LINE, feeding.spanno)
    return ClockState(ClockSource.CARD, master)


def clock_is_wrong(infos: Mapping[int, SpanInfo], now: ClockState, *, was_line: bool) -> bool:
    """True when the exchange's clock is lost, or no card gives one though there is a digital card."""
    if now.source in (ClockSource.LINE, ClockSource.UNKNOWN):
        return False
    digital = any(is_digital(info) and not is_dynamic(info) for info in infos.values())
    return was_line or (now.source is ClockSource.TIMER and digital)
