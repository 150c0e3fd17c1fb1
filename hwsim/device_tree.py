"""The simulated driver in sysfs: devices, their spans, the spans' channels, as a ``boards.dahdi.sysfs.DeviceTree``.

Files have the names that driver 2.11.1 has on kernels from 4.13 on, where two of a device's begin with ``dahdi_``. A folder holds what it
holds at the moment; nothing is kept.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from boards.dahdi.abi import Alarm, LineConfigBit, Sig
from boards.dahdi.sysfs import DEVICES, SPANS
from hwsim.driver_channel import DriverChannel
from hwsim.driver_memory import refusal
from hwsim.driver_span import DriverDevice, DriverSpan
from hwsim.span_card import CardSpan
from hwsim.span_register import SpanRegister

__all__ = ["MASTER_SPAN", "SimulatedTree"]

MASTER_SPAN = "/sys/bus/dahdi_spans/drivers/generic_lowlevel/master_span"
SIGNALLING_NAMES: Mapping[int, str] = MappingProxyType(
    {
        Sig.FXSLS: "FXSLS",
        Sig.FXSGS: "FXSGS",
        Sig.FXSKS: "FXSKS",
        Sig.FXOLS: "FXOLS",
        Sig.FXOGS: "FXOGS",
        Sig.FXOKS: "FXOKS",
        Sig.EM: "E&M",
        Sig.CLEAR: "Clear",
        Sig.HDLCRAW: "HDLCRAW",
        Sig.HDLCFCS: "HDLCFCS",
        Sig.SF: "SF (ToneOnly)",
        Sig.CAS: "CAS",
        Sig.EM_E1: "E&M-E1",
        Sig.DACS_RBS: "DACS+RBS",
        Sig.MTP2: "MTP2",
    }
)
LINE_BIT_NAMES: Mapping[LineConfigBit, str] = MappingProxyType(
    {bit: str(bit.name) for bit in LineConfigBit if LineConfigBit.D4 <= bit <= LineConfigBit.TERM}
)
CODINGS = (LineConfigBit.AMI, LineConfigBit.B8ZS, LineConfigBit.HDB3)
FRAMINGS = (LineConfigBit.D4, LineConfigBit.ESF, LineConfigBit.CCS)
ALARM_NAMES = (
    (Alarm.BLUE, "BLUE"),
    (Alarm.YELLOW, "YELLOW"),
    (Alarm.RED, "RED"),
    (Alarm.LOOPBACK, "LOOP"),
    (Alarm.RECOVER, "RECOVERING"),
    (Alarm.NOTOPEN, "NOTOPEN"),
)
Read = Callable[[], str]
Write = Callable[[str], None]


class Assigns(Protocol):
    """Who gives spans their numbers."""

    def __call__(self, span: DriverSpan, number: int = 0, first_channel: int = 0) -> None:
        """Numbers 0: the first that fit. OSError."""


@dataclass(frozen=True)
class File:
    """What reading it gives and writing it does; None: it cannot be."""

    read: Read | None = None
    write: Write | None = None


Folder = Mapping[str, File | Callable[[], "Folder"]]


class SimulatedTree:
    """The tree of one simulated driver."""

    def __init__(self, register: SpanRegister, assign: Assigns, unassign: Callable[[DriverSpan], None]) -> None:
        self._register = register
        self._assign = assign
        self._unassign = unassign

    # ---- DeviceTree ----

    def read(self, path: str) -> str:
        """The whole file. ENOENT, EISDIR, EACCES."""
        file = self._file(path)
        if file.read is None:
            raise refusal(errno.EACCES)
        return file.read()

    def write(self, path: str, text: str) -> None:
        """Write the file. ENOENT, EISDIR, EACCES, and EINVAL for what the driver does not take."""
        file = self._file(path)
        if file.write is None:
            raise refusal(errno.EACCES)
        if text:
            file.write(text)

    def listdir(self, path: str) -> list[str]:
        """The names in a folder. ENOENT, ENOTDIR."""
        found = self._found(path)
        if isinstance(found, File):
            raise refusal(errno.ENOTDIR)
        return sorted(found)

    def _file(self, path: str) -> File:
        found = self._found(path)
        if not isinstance(found, File):
            raise refusal(errno.EISDIR)
        return found

    def _found(self, path: str) -> File | Folder:
        if path == MASTER_SPAN:
            return File(self._master, self._set_master)
        for root, folder in ((DEVICES, self._devices), (SPANS, self._spans)):
            if path == root or path.startswith(root + "/"):
                return _inside(folder(), [name for name in path[len(root) :].split("/") if name])
        raise refusal(errno.ENOENT)

    # ---- folders ----

    def _devices(self) -> Folder:
        return {device.folder: self._device_folder(device) for device in self._register.devices}

    def _spans(self) -> Folder:
        return {f"span-{span.number}": self._span_folder(span) for span in self._register.spans}

    def _device_folder(self, device: DriverDevice) -> Callable[[], Folder]:
        def folder() -> Folder:
            files: dict[str, File | Callable[[], Folder]] = {
                "manufacturer": _text(device.manufacturer),
                "type": _text(device.model),
                "span_count": _text(len(device.spans)),
                "hardware_id": _text(device.hardware_id),
                "location": _text(device.location),
                "auto_assign": File(write=lambda _text: self._assign_all(device)),
                "assign_span": File(write=lambda text: self._assign_one(device, text)),
                "unassign_span": File(write=lambda text: self._unassign_one(device, text)),
                "dahdi_spantype": File(lambda: _kinds(device), lambda text: _set_kind(device, text)),
                "dahdi_registration_time": _text(f"{device.registered_ms // 1000:010d}.{device.registered_ms % 1000 * 1_000_000:09d}"),
            }
            files |= {f"span-{span.number}": self._span_folder(span) for span in device.spans if span.number}
            return files

        return folder

    def _span_folder(self, span: DriverSpan) -> Callable[[], Folder]:
        def folder() -> Folder:
            files: dict[str, File | Callable[[], Folder]] = {
                "name": _text(span.name),
                "desc": _text(span.description),
                "spantype": _text(span.kind),
                "local_spanno": _text(span.local),
                "alarms": _text(f"0x{span.alarms:x}"),
                "lbo": _text(span.build_out),
                "syncsrc": _text(span.sync_source),
                "is_digital": _text(int(span.digital)),
                "is_sync_master": _text(int(span is self._register.master)),
                "basechan": _text(span.first_channel),
                "channels": _text(len(span.channels)),
                "lineconfig": _text(_line_config(span.line_config)),
                "linecompat": _text(" ".join(name for bit, name in LINE_BIT_NAMES.items() if span.line_bits & bit)),
            }
            files |= {f"dahdi!chan!{span.number:03d}!{each.position:03d}": _channel_folder(each) for each in span.channels}
            return files

        return folder

    # ---- what can be written ----

    def _master(self) -> str:
        return str(self._register.master.number if self._register.master else 0)

    def _set_master(self, text: str) -> None:
        (number,) = _numbers(text, 1)
        self._register.master = self._register.find(number) or self._register.master

    def _assign_all(self, device: DriverDevice) -> None:
        for span in device.spans:
            if not span.number:
                self._assign(span)

    def _assign_one(self, device: DriverDevice, text: str) -> None:
        local, number, first_channel = _numbers(text, 3)
        self._assign(_local(device, local), number, first_channel)

    def _unassign_one(self, device: DriverDevice, text: str) -> None:
        (local,) = _numbers(text, 1)
        self._unassign(_local(device, local))


def _inside(folder: Folder, names: list[str]) -> File | Folder:
    found: File | Folder = folder
    for name in names:
        if isinstance(found, File):
            raise refusal(errno.ENOTDIR)
        entry = found.get(name)
        if entry is None:
            raise refusal(errno.ENOENT)
        found = entry if isinstance(entry, File) else entry()
    return found


def _text(value: object) -> File:
    return File(lambda: str(value))


def _channel_folder(channel: DriverChannel) -> Callable[[], Folder]:
    def folder() -> Folder:
        opened = channel.opened
        alarms = Alarm.NONE if channel.port is None else channel.port.alarms
        working = "ACTIVE" if opened is not None and opened.canceller_taps else "INACTIVE"
        return {
            "name": _text(channel.name),
            "channo": _text(channel.number),
            "chanpos": _text(channel.position),
            "sig": _text(SIGNALLING_NAMES.get(channel.sig, "Unconfigured")),
            "sigcap": _text(" ".join(name for sig, name in SIGNALLING_NAMES.items() if channel.capabilities & sig == sig)),
            "alarms": _text("".join(f"{name} " for bit, name in ALARM_NAMES if alarms & bit)),
            "ec_factory": _text(channel.canceller),
            "ec_state": _text(working if channel.canceller else ""),
            "blocksize": _text(0 if opened is None else opened.buffers.bufsize),
            "in_use": _text(int(opened is not None)),
        }

    return folder


def _line_config(bits: int) -> str:
    """The first coding, the first framing and CRC4, in the order of their bits."""
    coding = next((bit for bit in CODINGS if bits & bit), None)
    framing = next((bit for bit in FRAMINGS if bits & bit), None)
    shown = {bit for bit in (coding, framing) if bit is not None} | ({LineConfigBit.CRC4} if bits & LineConfigBit.CRC4 else set())
    return "/".join(LINE_BIT_NAMES[bit] for bit in sorted(shown))


def _numbers(text: str, count: int) -> list[int]:
    """So many numbers with colons between them, whatever follows. EINVAL."""
    found = re.match(r"\s*" + r":".join([r"(\d{1,9})"] * count), text)
    if found is None:
        raise refusal(errno.EINVAL)
    return [int(number) for number in found.groups()]


def _local(device: DriverDevice, local: int) -> DriverSpan:
    span = next((span for span in device.spans if span.local == local), None)
    if span is None:
        raise refusal(errno.EINVAL)
    return span


def _kinds(device: DriverDevice) -> str:
    return "\n".join(f"{span.local}:{span.kind}" for span in device.spans)


def _set_kind(device: DriverDevice, text: str) -> None:
    asked = re.match(r"\s*(\d{1,9}):(\S{1,70})", text)
    span = None if asked is None else _local(device, int(asked[1]))
    if asked is None or not isinstance(span, CardSpan):
        raise refusal(errno.EINVAL)
    span.set_kind(asked[2].upper())
