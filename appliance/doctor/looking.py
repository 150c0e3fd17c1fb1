"""Looking at the machine: processes, rights, disk, time, ports. Nothing is changed by it but one small file, which is removed again."""

from __future__ import annotations

import ctypes
import os
import pwd
import re
import shutil
import struct
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from appliance.doctor.evidence import Folder, Governor, Medium, Person, Port, Process, Processes, Rights, Schema, Seen, SystemTime, Unseen
from appliance.doctor.files import Files, entries, first_line, integer
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import Text, text
from engine.store.migrations import MIGRATIONS, version_of

__all__ = [
    "folder_seen",
    "governor_seen",
    "medium_seen",
    "person_of",
    "ports_seen",
    "processes_seen",
    "rights_seen",
    "schema_seen",
    "time_seen",
]

CAP_IPC_LOCK = 14
CAP_SYS_NICE = 23
DEVICE_FOLDER = "/dev/dahdi/"
WRITES = 8
BLOCK = b"\0" * 4096
TIMEX_OCTETS = 208
TIMEX_MAXERROR = 24
TIMEX_STATUS = 40
STA_UNSYNC = 0x40
MAXERROR_UNKNOWN_US = 16_000_000
"""What the kernel says when nobody told it."""
TIMESYNCD_SAYS = Path("/run/systemd/timesync/synchronized")
LISTENING = "0A"
PROCESSES_MOST = 20_000


# ---- who ---------------------------------------------------------------------------------------------------------------


def person_of(uid: int) -> Person:
    """A user with all groups; one without a name is known by the number."""
    try:
        found = pwd.getpwuid(uid)
    except KeyError:
        return Person(uid, str(uid), frozenset())
    return Person(uid, found.pw_name, frozenset(os.getgrouplist(found.pw_name, found.pw_gid)))


def rights_seen(files: Files, pid: int) -> Seen[Rights]:
    """What a process may, from ``/proc``."""
    try:
        limits, status = files.read(f"/proc/{pid}/limits"), files.read(f"/proc/{pid}/status")
    except OSError as error:
        return Unseen(text("process {pid} cannot be looked at: {error}", pid=pid, error=error.strerror or error))
    locked = _limit(limits, "Max locked memory")
    capabilities = re.search(r"(?m)^CapEff:\s*([0-9a-f]+)", status)
    held = integer(capabilities[1], 16) if capabilities else 0
    return Rights(_limit(limits, "Max realtime priority") or 0, locked, bool(held >> CAP_SYS_NICE & 1), bool(held >> CAP_IPC_LOCK & 1))


def _limit(limits: str, name: str) -> int | None:
    """The soft limit; None: there is none."""
    found = re.search(rf"(?m)^{name}\s+(\S+)", limits)
    return 0 if found is None else None if found[1] == "unlimited" else integer(found[1])


# ---- other programs ----------------------------------------------------------------------------------------------------


def processes_seen(files: Files, ours: frozenset[int]) -> Seen[Processes]:
    """Every program but ``ours``, with the DAHDI files and sockets that it has open."""
    pids = [int(name) for name in entries(files, "/proc") if name.isdecimal()][:PROCESSES_MOST]
    if not first_line(files, "/proc/1/comm"):
        return Unseen(text("only its own programs are shown to this user"))
    others, hidden = [], 0
    for pid in pids:
        if pid in ours:
            continue
        name = first_line(files, f"/proc/{pid}/comm")
        links = open_files(files, pid)
        hidden += links is None
        if name:
            others.append(_process(pid, name, links or ()))
    return Processes(tuple(others), hidden)


def open_files(files: Files, pid: int) -> tuple[str, ...] | None:
    """Where the descriptors of a process lead; None when that may not be seen."""
    try:
        numbers = files.listdir(f"/proc/{pid}/fd")
    except PermissionError:
        return None
    except OSError:
        return ()  # it has ended
    links = []
    for number in numbers:
        with suppress(OSError):
            links.append(files.readlink(f"/proc/{pid}/fd/{number}"))
    return tuple(links)


def _process(pid: int, name: str, links: Sequence[str]) -> Process:
    return Process(pid, name, tuple(sorted({link for link in links if link.startswith(DEVICE_FOLDER)})), _sockets(links))


def _sockets(links: Sequence[str]) -> frozenset[int]:
    return frozenset(integer(link[len("socket:[") : -1]) for link in links if link.startswith("socket:["))


def ports_seen(files: Files, wanted: Sequence[tuple[Text, int]], pid: int | None, processes: Seen[Processes]) -> Seen[tuple[Port, ...]]:
    """Who listens at these ports (``purpose``, number). ``pid``: the running appliance; None: none runs."""
    listeners: dict[int, list[tuple[int, int]]] = {}
    seen = False
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for port, inode, uid in listening(files.read(f"/proc/self/net/{table}")):
                listeners.setdefault(port, []).append((inode, uid))
            seen = True
    if not seen:
        return Unseen(text("the list of open ports cannot be read"))
    return tuple(Port(purpose, number, *_held(files, listeners.get(number, []), pid, processes)) for purpose, number in wanted)


def listening(table: str) -> list[tuple[int, int, int]]:
    """Port, inode and user of every listening socket in a table of ``/proc/net/tcp``."""
    rows = [line.split() for line in table.splitlines()[1:]]
    return [
        (integer(row[1].rpartition(":")[2], 16), integer(row[9]), integer(row[7])) for row in rows if len(row) > 9 and row[3] == LISTENING
    ]


def _held(files: Files, sockets: Sequence[tuple[int, int]], pid: int | None, processes: Seen[Processes]) -> tuple[str, str]:
    """``state`` and ``holder`` of a port with these listening sockets."""
    if not sockets:
        return "free", ""
    if pid is not None:
        links = open_files(files, pid)
        if links is None:  # another user's: then the socket's user must do
            uids = re.search(r"(?m)^Uid:\s+(\d+)", _status(files, pid))
            if uids is not None and any(uid == int(uids[1]) for _, uid in sockets):
                return "ours", ""
        elif _sockets(links) & {inode for inode, _ in sockets}:
            return "ours", ""
    for process in () if isinstance(processes, Unseen) else processes.others:
        if process.sockets & {inode for inode, _ in sockets}:
            return "taken", f"{process.name} ({process.pid})"
    return "taken", ""


def _status(files: Files, pid: int) -> str:
    with suppress(OSError):
        return files.read(f"/proc/{pid}/status")
    return ""


# ---- disk --------------------------------------------------------------------------------------------------------------


def folder_seen(files: Files, path: Path) -> Seen[Folder]:
    """Room below the data folder; of the nearest folder above when there is none yet."""
    there = path.absolute()
    try:
        while not there.exists() and there != there.parent:
            there = there.parent
        usage = shutil.disk_usage(there)
    except OSError as error:
        return Unseen(text("{path} cannot be looked at: {error}", path=path, error=error.strerror or error))
    return Folder(str(there), there == path.absolute(), usage.free, usage.total, filesystem_of(_mounts(files), str(there.resolve())))


def _mounts(files: Files) -> str:
    with suppress(OSError):
        return files.read("/proc/self/mounts")
    return ""


def filesystem_of(mounts: str, path: str) -> str:
    """The kind of file system on which a path lies: of the longest mount point above it, the last one mounted there."""
    best, kind = "", ""
    for line in mounts.splitlines():
        parts = line.split()
        if len(parts) < 3:
            continue
        point = parts[1].replace("\\040", " ")
        if (path == point or path.startswith(point.rstrip("/") + "/")) and len(point) >= len(best):
            best, kind = point, parts[2]
    return kind


def medium_seen(folder: Seen[Folder], now_s: Callable[[], float]) -> Seen[Medium]:
    """Some blocks written into a file in the data folder and forced to the medium; the file is removed."""
    if isinstance(folder, Unseen):
        return folder
    if not folder.exists:
        return Unseen(text("there is no data folder yet"))
    worst_ms = 0.0
    try:
        with tempfile.TemporaryFile(dir=folder.path, prefix="doctor-", buffering=0) as file:
            for _ in range(WRITES):
                began = now_s()
                file.write(BLOCK)
                os.fdatasync(file.fileno())
                worst_ms = max(worst_ms, (now_s() - began) * 1000)
    except PermissionError:
        return Unseen(text("this user may not write into {path}", path=folder.path))
    except OSError as error:
        return Medium(worst_ms, error.strerror or str(error))
    return Medium(worst_ms)


def schema_seen(path: Path) -> Seen[Schema]:
    """The version of the database in the data folder."""
    try:
        return Schema(version_of(path), len(MIGRATIONS))
    except EnvironmentFault as fault:
        return Unseen(fault.text)


# ---- time and processor ------------------------------------------------------------------------------------------------


def time_seen() -> Seen[SystemTime]:
    """What the kernel says about its clock; where it may not be asked, what systemd's time service left."""
    told = bytearray(TIMEX_OCTETS)
    library = ctypes.CDLL(None, use_errno=True)
    result = library.adjtimex((ctypes.c_char * TIMEX_OCTETS).from_buffer(told))
    if result >= 0:
        (maxerror_us,) = struct.unpack_from("=q", told, TIMEX_MAXERROR)
        (status,) = struct.unpack_from("=i", told, TIMEX_STATUS)
        return SystemTime(not status & STA_UNSYNC, maxerror_us / 1000 if maxerror_us < MAXERROR_UNKNOWN_US else None)
    with suppress(OSError):
        if TIMESYNCD_SAYS.exists():
            return SystemTime(synchronised=True, error_ms=None)
    return Unseen(text("the kernel's clock may not be asked here: {error}", error=os.strerror(ctypes.get_errno())))


def governor_seen(files: Files) -> Governor:
    """How the processors' frequency is chosen."""
    folder = "/sys/devices/system/cpu"
    processors = [name for name in entries(files, folder) if re.fullmatch(r"cpu[0-9]+", name)]
    names = {first_line(files, f"{folder}/{name}/cpufreq/scaling_governor") for name in processors} - {""}
    return Governor(frozenset(names), first_line(files, f"{folder}/cpu0/cpufreq/scaling_driver"))
