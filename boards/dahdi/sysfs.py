"""The driver's view in sysfs: which devices there are, which spans they have, which numbers these got, and giving them others.

A device is known by its hardware id and its location, which stay the same whatever else is plugged in; a span's number does not. Names
and forms of the files are those of driver releases 2.11 to 3.4 (``dahdi-sysfs.c``): newer kernels put ``dahdi_`` before two of them.

This module imports nothing of the appliance.
"""

from __future__ import annotations

import errno
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

__all__ = [
    "DEVICES",
    "SPANS",
    "Device",
    "DeviceSpan",
    "DeviceTree",
    "KernelTree",
    "NoTree",
    "assign_span",
    "read_devices",
    "set_span_type",
    "unassign_span",
]

DEVICES = "/sys/bus/dahdi_devices/devices"
"""One folder for each device (card); in it its files, and a folder ``span-N`` for each of its spans that has a number."""
SPANS = "/sys/bus/dahdi_spans/devices"
"""One folder ``span-N`` for each span that has a number, the same as below its device."""
FILE_OCTETS_MOST = 4096
"""A file of sysfs has at most a page."""


class DeviceTree(Protocol):
    """Files by absolute path. Every failure is an OSError: ENOENT for what is not there."""

    def read(self, path: str) -> str:
        """The whole file, without the line end that ends it."""

    def write(self, path: str, text: str) -> None:
        """Write a file that is there. EINVAL: the driver does not take it."""

    def listdir(self, path: str) -> list[str]:
        """The names in a folder, sorted."""


class KernelTree:
    """The kernel's own tree. ``root`` goes before every path."""

    def __init__(self, root: str = "") -> None:
        self._root = root

    def read(self, path: str) -> str:
        fd = os.open(self._root + path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.read(fd, FILE_OCTETS_MOST).decode(errors="replace").removesuffix("\n")
        finally:
            os.close(fd)

    def write(self, path: str, text: str) -> None:
        fd = os.open(self._root + path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(fd, text.encode())
        finally:
            os.close(fd)

    def listdir(self, path: str) -> list[str]:
        return sorted(entry.name for entry in Path(self._root + path).iterdir())


class NoTree:
    """A machine whose driver has no such tree."""

    def read(self, path: str) -> str:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)

    def write(self, path: str, text: str) -> None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)

    def listdir(self, path: str) -> list[str]:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)


@dataclass(frozen=True)
class DeviceSpan:
    """One span of a device. ``number`` 0: it has none yet, and no channels. ``kind``: ``E1``, ``T1``, ``J1``, ``DYNAMIC``, ``FXS`` …

    ``cancellers``: the echo canceller attached to each of its channels, by DAHDI channel number; empty text: none.
    """

    local: int
    kind: str
    number: int = 0
    first_channel: int = 0
    channels: int = 0
    cancellers: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Device:
    """One device: a card, or a dynamic span. ``folder`` is its name in ``DEVICES``; ``registered`` when the driver took it, as it says it."""

    folder: str
    hardware_id: str
    location: str
    model: str
    manufacturer: str
    registered: str
    spans: tuple[DeviceSpan, ...]


def read_devices(tree: DeviceTree) -> tuple[Device, ...]:
    """Every device, in the order in which the driver took them. Empty when the driver is not loaded, or too old to have such a tree."""
    try:
        names = tree.listdir(DEVICES)
    except OSError:
        return ()
    devices: list[Device] = []
    for name in names:
        with suppress(OSError):  # it was pulled out while we looked
            devices.append(_device(tree, name))
    return tuple(sorted(devices, key=lambda device: (device.registered, device.folder)))


def assign_span(tree: DeviceTree, device: str, local: int, number: int, first_channel: int) -> None:
    """Give a span its number and the number of its first channel. OSError (EINVAL) when either is taken or out of order."""
    tree.write(f"{DEVICES}/{device}/assign_span", f"{local}:{number}:{first_channel}")


def unassign_span(tree: DeviceTree, device: str, local: int) -> None:
    """Take a span's numbers away: its channels disappear. OSError when it has none."""
    tree.write(f"{DEVICES}/{device}/unassign_span", f"{local}")


def set_span_type(tree: DeviceTree, device: str, local: int, kind: str) -> None:
    """Make a port that can be several an ``E1``, ``T1`` or ``J1``, before it has a number. OSError (EINVAL) when it cannot be that."""
    last: OSError | None = None
    for name in ("spantype", "dahdi_spantype"):
        try:
            tree.write(f"{DEVICES}/{device}/{name}", f"{local}:{kind}")
        except FileNotFoundError as error:
            last = error
        else:
            return
    assert last is not None
    raise last


def _device(tree: DeviceTree, name: str) -> Device:
    folder = f"{DEVICES}/{name}"
    numbered: dict[int, DeviceSpan] = {}
    for entry in tree.listdir(folder):
        if re.fullmatch(r"span-[1-9][0-9]{0,4}", entry):
            span = _numbered_span(tree, f"{folder}/{entry}", int(entry.removeprefix("span-")))
            numbered[span.local] = span
    spans = {local: DeviceSpan(local, kind) for local, kind in _kinds(tree, folder).items()} | numbered
    return Device(
        name,
        tree.read(f"{folder}/hardware_id").strip(),
        tree.read(f"{folder}/location").strip(),
        tree.read(f"{folder}/type").strip(),
        tree.read(f"{folder}/manufacturer").strip(),
        _either(tree, folder, "registration_time"),
        tuple(span for _, span in sorted(spans.items())),
    )


def _kinds(tree: DeviceTree, folder: str) -> dict[int, str]:
    """``local:kind`` on a line for each span."""
    found = (line.strip().partition(":") for line in _either(tree, folder, "spantype").splitlines())
    return {int(local): kind for local, _, kind in found if local.isdecimal()}


def _either(tree: DeviceTree, folder: str, name: str) -> str:
    """A file that has another name in newer kernels; empty when there is neither."""
    for each in (name, f"dahdi_{name}"):
        with suppress(OSError):
            return tree.read(f"{folder}/{each}").strip()
    return ""


def _numbered_span(tree: DeviceTree, folder: str, number: int) -> DeviceSpan:
    kind = tree.read(f"{folder}/spantype").strip()
    local, channels = _whole(tree, f"{folder}/local_spanno"), _whole(tree, f"{folder}/channels")
    try:
        first = _whole(tree, f"{folder}/basechan")
    except OSError:
        first = 0  # ENODEV: a span without channels
    found = [_canceller(tree, f"{folder}/{entry}") for entry in tree.listdir(folder) if entry.startswith("dahdi!chan!")]
    return DeviceSpan(local, kind, number, first, channels, tuple(sorted(one for one in found if one is not None)))


def _canceller(tree: DeviceTree, folder: str) -> tuple[int, str] | None:
    try:
        return _whole(tree, f"{folder}/channo"), tree.read(f"{folder}/ec_factory").strip().lower()
    except OSError:
        return None


def _whole(tree: DeviceTree, path: str) -> int:
    written = tree.read(path).strip()
    return int(written) if re.fullmatch(r"[0-9]{1,9}", written) else 0
