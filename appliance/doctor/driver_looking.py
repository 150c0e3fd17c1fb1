"""Looking at the driver: sysfs, the control node, the timer. Nothing is changed by it, and no channel is opened."""

from __future__ import annotations

import errno
import os
import select
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from appliance.doctor.evidence import Channel, Driver, Node, Seen, Span, Timer, Unseen
from appliance.doctor.files import Files, entries, first_line, integer
from boards.dahdi.faults import text_of
from boards.dahdi.nodes.control import CONTROL_NODE, ControlNode
from boards.dahdi.nodes.errors import DahdiError, WrongDriver
from boards.dahdi.nodes.timer import TIMER_NODE, TimerNode
from boards.dahdi.sysfs import SPANS, DeviceTree, read_devices
from boards.dahdi.system import System
from boards.dahdi.timer import BLOCK_SAMPLES
from engine.kernel.text import text

__all__ = ["NODES", "driver_seen", "gains_of_cards", "idle_spans_seen", "nodes_seen", "spans_seen", "timer_seen"]

NODES = (CONTROL_NODE, "/dev/dahdi/channel", TIMER_NODE)
MODULE = "/sys/module/dahdi"
KERNELS = "/lib/modules"
UNCONFIGURED = frozenset({"", "Unconfigured", "Unused", "None"})
"""What the driver writes for a channel without signalling."""
NO_CANCELLER = frozenset({"", "[none]", "none"})
GAIN_PARAMETERS = ("fxotxgain", "fxorxgain", "fxstxgain", "fxsrxgain")
"""Parameters of analog cards' modules, in tenths of a dB."""
TIMER_BLOCKS = 25
TIMER_WITHIN_S = 1.0


def driver_seen(files: Files, system: System, running_kernel: str) -> Driver:
    """Whether the module is loaded, its version, and for which kernels one lies on the disk."""
    version = first_line(files, f"{MODULE}/version")
    if not entries(files, MODULE):
        return Driver(loaded=False, version="", running_kernel=running_kernel, built_for=_built_for(files))
    fault = None
    try:
        with ControlNode.open(system) as control:
            version = control.release().version or version
    except WrongDriver as error:
        fault = text_of(error.sentence)
    except DahdiError:
        pass  # what is wrong with its device files is another check
    return Driver(loaded=True, version=version, running_kernel=running_kernel, built_for=None, fault=fault)


def _built_for(files: Files) -> tuple[str, ...] | None:
    try:
        kernels = files.listdir(KERNELS)
    except OSError as error:
        return () if error.errno == errno.ENOENT else None
    found = []
    for kernel in kernels:
        with suppress(OSError):
            if "/dahdi.ko" in files.read(f"{KERNELS}/{kernel}/modules.dep"):
                found.append(kernel)
    return tuple(found)


def nodes_seen(system: System, look: Callable[[str], os.stat_result] = os.stat) -> tuple[Node, ...]:
    """The nodes that the appliance opens, each opened and closed once. An open control, channel or timer node does nothing by itself."""
    return tuple(_node(system, path, look) for path in NODES)


def _node(system: System, path: str, look: Callable[[str], os.stat_result]) -> Node:
    try:
        found = look(path)
    except OSError as error:
        return Node(path, exists=error.errno not in {errno.ENOENT, errno.ENOTDIR}, error=error.errno)
    try:
        system.close(system.open(path, os.O_RDWR | os.O_NONBLOCK))
        error_number = 0
    except OSError as error:
        error_number = error.errno or 0
    return Node(path, exists=True, mode=stat.S_IMODE(found.st_mode), uid=found.st_uid, gid=found.st_gid, error=error_number)


def spans_seen(tree: DeviceTree, system: System) -> Seen[tuple[Span, ...]]:
    """Every span that has a number, from sysfs; laws and missed interrupts from the control node when it may be opened."""
    try:
        names = tree.listdir(SPANS)
    except OSError as error:
        return Unseen(text("the driver's files below {path} cannot be read: {error}", path=SPANS, error=error.strerror or error))
    spans = []
    for name in sorted(names, key=lambda each: integer(each.rpartition("-")[2])):
        with suppress(OSError):  # it was pulled out while we looked
            spans.append(_span(tree, name))
    return _told_by_control(system, tuple(spans))


def _span(tree: DeviceTree, name: str) -> Span:
    folder = f"{SPANS}/{name}"
    kind = tree.read(f"{folder}/spantype").strip()
    channels = []
    for entry in tree.listdir(folder):
        if entry.startswith("dahdi!chan!"):
            with suppress(OSError):
                channels.append(_channel(tree, f"{folder}/{entry}"))
    return Span(
        integer(name.rpartition("-")[2]),
        tree.read(f"{folder}/name").strip(),
        kind,
        integer(tree.read(f"{folder}/alarms").strip(), 16),
        tree.read(f"{folder}/is_sync_master").strip() == "1",
        dynamic=kind == "DYNAMIC",
        channels=tuple(channels),
    )


def _channel(tree: DeviceTree, folder: str) -> Channel:
    signalling, canceller = tree.read(f"{folder}/sig").strip(), tree.read(f"{folder}/ec_factory").strip()
    return Channel(
        integer(tree.read(f"{folder}/channo").strip()),
        "" if signalling in UNCONFIGURED else signalling,
        alarmed=tree.read(f"{folder}/alarms").strip() not in {"", "0", "0x0"},
        canceller="" if canceller.lower() in NO_CANCELLER else canceller.lower(),
    )


def _told_by_control(system: System, spans: tuple[Span, ...]) -> tuple[Span, ...]:
    try:
        control = ControlNode.open(system)
    except DahdiError:
        return spans
    with control:
        return tuple(
            replace(
                span,
                missed=_missed(control, span.number),
                channels=tuple(replace(channel, law=_law(control, channel.number)) for channel in span.channels),
            )
            for span in spans
        )


def _missed(control: ControlNode, span: int) -> int:
    try:
        return max(control.span(span).irqmisses, 0)
    except DahdiError:
        return 0


def _law(control: ControlNode, channel: int) -> int:
    try:
        return control.params(channel).curlaw
    except DahdiError:
        return 0


def idle_spans_seen(tree: DeviceTree) -> tuple[str, ...]:
    """Ports of cards to which the driver has given no span number, as ``card/port``."""
    return tuple(
        f"{device.hardware_id or device.location or device.folder}/{span.local}"
        for device in read_devices(tree)
        for span in device.spans
        if not span.number
    )


def gains_of_cards(files: Files) -> Mapping[str, float]:
    """Gains in dB that cards' modules were loaded with, by ``module parameter``."""
    gains: dict[str, float] = {}
    for module in entries(files, "/sys/module"):
        if module.startswith("wc"):
            for parameter in GAIN_PARAMETERS:
                written = first_line(files, f"/sys/module/{module}/parameters/{parameter}")
                if written:
                    gains[f"{module} {parameter}"] = integer(written) / 10
    return gains


def timer_seen(system: System, now_s: Callable[[], float]) -> Seen[Timer]:
    """Half a second of the driver's timer, on a descriptor of our own."""
    try:
        with TimerNode.open(system) as timer:
            timer.set_period(BLOCK_SAMPLES)
            return _counted(timer, now_s)
    except DahdiError as error:
        return Unseen(text_of(error.sentence))


def _counted(timer: TimerNode, now_s: Callable[[], float]) -> Timer:
    waiting = select.poll()
    waiting.register(timer.fd, select.POLLPRI)
    opened = began = now_s()
    blocks = -1  # the first one only begins the measuring
    while blocks < TIMER_BLOCKS and (left_s := opened + TIMER_WITHIN_S - now_s()) > 0:
        if waiting.poll(left_s * 1000):
            timer.acknowledge()
            blocks += 1
            if blocks == 0:
                began = now_s()
    return Timer(max(blocks, 0), (now_s() - began) * 1000)
