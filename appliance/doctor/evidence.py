"""What the doctor looks at, as values: gathered once, judged by pure functions.

Whatever could not be seen stands there as ``Unseen`` with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from engine.kernel.text import Text
from engine.settings.site import Site

__all__ = [
    "Channel",
    "Driver",
    "Evidence",
    "Folder",
    "Governor",
    "Medium",
    "Node",
    "Person",
    "Port",
    "Process",
    "Processes",
    "PumpSeen",
    "Rights",
    "Schema",
    "Seen",
    "Span",
    "SystemTime",
    "Timer",
    "Unseen",
]

T = TypeVar("T")


@dataclass(frozen=True)
class Unseen:
    """It could not be looked at, and why."""

    why: Text


Seen: TypeAlias = T | Unseen


@dataclass(frozen=True)
class Person:
    """For whom permissions are judged: the user as whom the appliance runs or would run."""

    uid: int
    name: str
    groups: frozenset[int]


@dataclass(frozen=True)
class Driver:
    """The kernel's driver. ``built_for``: kernels for which a module lies on the disk; None: that cannot be seen. ``fault``: why it cannot
    be talked to although it is loaded.
    """

    loaded: bool
    version: str
    running_kernel: str
    built_for: tuple[str, ...] | None
    fault: Text | None = None


@dataclass(frozen=True)
class Node:
    """One device node. ``error``: errno with which this process may not open it, 0: it may, None: not tried."""

    path: str
    exists: bool
    mode: int = 0
    uid: int = 0
    gid: int = 0
    error: int | None = None


@dataclass(frozen=True)
class Process:
    """A program that runs: the DAHDI files it has open, and the inodes of its sockets."""

    pid: int
    name: str
    devices: tuple[str, ...] = ()
    sockets: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Processes:
    """Programs other than the appliance. ``hidden``: how many there are whose files could not be seen."""

    others: tuple[Process, ...]
    hidden: int


@dataclass(frozen=True)
class Channel:
    """One DAHDI channel: ``signalling`` as the driver writes it, empty: not configured; ``law`` 1 mu, 2 A, 0: not known."""

    number: int
    signalling: str
    alarmed: bool
    canceller: str
    law: int = 0


@dataclass(frozen=True)
class Span:
    """One span. ``alarms`` are bits of the driver (``boards.dahdi.abi.Alarm``); ``missed`` interrupts since the driver knows the card."""

    number: int
    name: str
    kind: str
    alarms: int
    master: bool
    dynamic: bool
    missed: int = 0
    channels: tuple[Channel, ...] = ()


@dataclass(frozen=True)
class Timer:
    """What the driver's timer did: blocks of 20 ms counted in this time."""

    blocks: int
    took_ms: float


@dataclass(frozen=True)
class PumpSeen:
    """The media pump of the running appliance; ``locked``: all, own, nothing. ``still``: it does not move."""

    realtime: bool
    locked: str
    stalls: int
    blocks_missing: int
    running_s: int
    still: bool = False


@dataclass(frozen=True)
class Rights:
    """What the process may: highest realtime priority, octets of locked memory (None: without limit), and the two capabilities that permit either."""

    priority: int
    locked_bytes: int | None
    nice_capability: bool
    lock_capability: bool


@dataclass(frozen=True)
class Folder:
    """The data folder, or when it is not there yet (``exists``) the folder in which it would be made."""

    path: str
    exists: bool
    free_bytes: int
    total_bytes: int
    filesystem: str


@dataclass(frozen=True)
class Medium:
    """How long it took to force a block to the medium, at worst; ``error`` when it could not be done at all."""

    worst_ms: float
    error: str = ""


@dataclass(frozen=True)
class Schema:
    """Version of the database, None: there is none yet; and the newest this program knows."""

    found: int | None
    known: int


@dataclass(frozen=True)
class SystemTime:
    """Whether the kernel's clock follows a time server, and by how much it may be wrong, when the kernel tells."""

    synchronised: bool
    error_ms: float | None


@dataclass(frozen=True)
class Governor:
    """How the processors' frequency is chosen: the governors' names and their driver. Empty: it is fixed."""

    names: frozenset[str]
    driver: str


@dataclass(frozen=True)
class Port:
    """A TCP port of the settings. ``state``: free, ours, taken. ``holder``: who has it, when that can be seen."""

    purpose: Text
    number: int
    state: str
    holder: str = ""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything. ``boards`` false: simulated ones, so the driver is not judged. ``idle_spans``: ports of cards without a span number.

    ``card_gains``: gains in dB given to a card's driver when it was loaded, by module and parameter. ``rights`` None: nobody runs the
    appliance whose rights could be judged, and who asks is another user than it would run as.
    """

    site: Site
    boards: bool
    running: bool
    person: Person
    driver: Seen[Driver]
    nodes: tuple[Node, ...] = ()
    processes: Seen[Processes]
    spans: Seen[tuple[Span, ...]]
    idle_spans: tuple[str, ...] = ()
    card_gains: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    timer: Seen[Timer]
    pump: PumpSeen | None = None
    rights: Seen[Rights] | None
    folder: Seen[Folder]
    medium: Seen[Medium]
    schema: Seen[Schema]
    time: Seen[SystemTime]
    offset_min: int
    governor: Governor
    ports: Seen[tuple[Port, ...]]
