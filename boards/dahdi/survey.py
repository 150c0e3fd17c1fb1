"""What the driver has now: devices, spans, channels, tone zones; read through the control node and sysfs.

What the driver does not tell again is remembered by whoever configured: which place among the clock sources a span was given, and that it
was started. ``SpanMemory`` keeps that over a restart of the appliance, and forgets it when the machine or the card was started anew.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from boards.dahdi.abi import Law, SpanInfo
from boards.dahdi.nodes.control import ControlNode
from boards.dahdi.nodes.errors import DahdiError, NoToneZone
from boards.dahdi.nodes.pseudo import PseudoNode
from boards.dahdi.sysfs import Device, DeviceTree, read_devices
from boards.dahdi.system import System

__all__ = ["Found", "FoundChannel", "FoundSpan", "SpanMemory", "found_channels", "survey"]

CHANNELS_MOST = 1024


@dataclass(frozen=True)
class FoundChannel:
    """One channel. ``canceller`` is what is attached to it, empty: nothing, None: not known (a driver without sysfs)."""

    number: int
    sig: int
    capabilities: int
    law: Law
    idle_bits: int
    master: int
    canceller: str | None


@dataclass(frozen=True)
class FoundSpan:
    """One span. ``number`` 0: the driver has not numbered it, and it has no channels. ``device`` empty: the driver has no sysfs.

    ``kind``: ``E1``, ``T1``, ``J1``, ``DYNAMIC``, ``FXS``, …; ``timing`` None: it is not known how it was configured, nor (``started``) whether it was started.
    """

    number: int
    device: str
    local: int
    kind: str
    hardware_id: str = ""
    location: str = ""
    registered: str = ""
    description: str = ""
    line: int = 0
    possible: int = 0
    build_out: int = 0
    timing: int | None = None
    started: bool = False
    channels: tuple[FoundChannel, ...] = ()

    @property
    def first_channel(self) -> int:
        """Number of its first channel; 0: it has none."""
        return min((channel.number for channel in self.channels), default=0)

    @property
    def key(self) -> str:
        """What it is remembered by: another one after its card was taken out and put back."""
        return f"{self.registered} {self.hardware_id} {self.location} {self.local}" if self.device else f"span {self.number}"


@dataclass(frozen=True)
class Found:
    """Everything. ``zones`` None: not known which tone zones there are; ``default_zone`` None: there is none."""

    spans: tuple[FoundSpan, ...]
    zones: frozenset[int] | None = None
    default_zone: int | None = None


class SpanMemory(Protocol):
    """Keeps what the driver does not tell, for as long as the machine runs."""

    def recall(self) -> Mapping[str, int]:
        """Timing priority by ``FoundSpan.key``, of every span that was configured and started."""

    def keep(self, timings: Mapping[str, int]) -> None:
        """Keep it. What cannot be kept is only asked of the driver once more."""


def survey(system: System, tree: DeviceTree, memory: SpanMemory, zones: Iterable[int]) -> Found:
    """Look at everything; ``zones`` are the numbers of the tone zones to look for. Raises DahdiError when there is no driver."""
    with ControlNode.open(system) as control:
        infos = {info.spanno: info for info in control.spans()}
        channels = found_channels(control, infos)
    remembered = memory.recall()
    spans = [
        replace(span, timing=remembered.get(span.key), started=span.key in remembered)
        for span in _spans(read_devices(tree), infos, channels)
    ]
    loaded, default = _zones(system, zones)
    return Found(tuple(sorted(spans, key=lambda span: (span.number == 0, span.number))), loaded, default)


def found_channels(control: ControlNode, infos: Mapping[int, SpanInfo]) -> dict[int, list[FoundChannel]]:
    """The channels of each span, by its number. Channel numbers may have gaps."""
    found: dict[int, list[FoundChannel]] = {number: [] for number in infos}
    left = sum(info.totalchans for info in infos.values())
    for number in range(1, CHANNELS_MOST + 1):
        if left <= 0:
            break
        try:
            params, master = control.params_and_master(number)
        except DahdiError as error:
            if error.errno not in (errno.EINVAL, errno.ENXIO, errno.ENODEV):
                raise
            continue
        left -= 1
        law = Law(params.curlaw) if params.curlaw in (Law.MULAW, Law.ALAW) else Law.DEFAULT
        channel = FoundChannel(number, params.sigtype, params.sigcap, law, params.idlebits, master or number, None)
        found.setdefault(params.spanno, []).append(channel)
    return found


def _spans(devices: tuple[Device, ...], infos: Mapping[int, SpanInfo], channels: Mapping[int, list[FoundChannel]]) -> Iterator[FoundSpan]:
    told: set[int] = set()
    for device in devices:
        for span in device.spans:
            known = FoundSpan(
                span.number, device.folder, span.local, span.kind.upper(), device.hardware_id, device.location, device.registered
            )
            if span.number in infos:
                told.add(span.number)
                cancellers = dict(span.cancellers)
                here = tuple(replace(one, canceller=cancellers.get(one.number)) for one in channels[span.number])
                known = _informed(known, infos[span.number], here)
            yield known
    for number, info in infos.items():
        if number not in told:
            yield _informed(FoundSpan(number, "", 1, info.spantype.upper()), info, tuple(channels[number]))


def _informed(span: FoundSpan, info: SpanInfo, channels: tuple[FoundChannel, ...]) -> FoundSpan:
    return replace(span, description=info.desc, line=info.lineconfig, possible=info.linecompat, build_out=info.lbo, channels=channels)


def _zones(system: System, zones: Iterable[int]) -> tuple[frozenset[int] | None, int | None]:
    """Which of these zones are loaded, and which is the default: a channel without a line is asked, as a new one would be."""
    loaded: set[int] = set()
    default: int | None = None
    try:
        with PseudoNode.open(system) as pseudo:
            default = pseudo.tone_zone()
            for number in zones:
                with suppress(NoToneZone):
                    pseudo.set_tone_zone(number)
                    loaded.add(number)
    except DahdiError:
        return None, default
    return frozenset(loaded), default
