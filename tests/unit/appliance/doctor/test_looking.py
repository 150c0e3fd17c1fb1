"""What the doctor sees in the kernel's files."""

from __future__ import annotations

import errno
import itertools
import os
import select
from pathlib import Path

import pytest

from appliance.doctor.driver_looking import driver_seen, gains_of_cards, idle_spans_seen, nodes_seen, spans_seen, timer_seen
from appliance.doctor.evidence import Folder, Process, Processes, Rights, Schema, Unseen
from appliance.doctor.looking import (
    filesystem_of,
    folder_seen,
    governor_seen,
    medium_seen,
    ports_seen,
    processes_seen,
    rights_seen,
    schema_seen,
    time_seen,
)
from boards.dahdi.abi import Ioctl
from engine.kernel.text import text
from engine.store.migrations import MIGRATIONS

KERNEL = "6.1.0-2-amd64"
LIMITS = """Limit                     Soft Limit           Hard Limit           Units
Max locked memory         8388608              8388608              bytes
Max realtime priority     80                   80
"""
TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:20FB 00000000:0000 0A 00000000:00000000 00:00000000 00000000   999        0 4711 1 0
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 815 1 0
   2: 0100007F:20FB 0100007F:9999 01 00000000:00000000 00:00000000 00000000   999        0 4712 1 0
"""


class Tree:
    """Files in memory: a text is a file, a link begins with an arrow, None may not be read."""

    def __init__(self, files: dict[str, str | None]) -> None:
        self.files = files

    def read(self, path: str) -> str:
        if path not in self.files:
            raise FileNotFoundError(errno.ENOENT, "No such file", path)
        content = self.files[path]
        if content is None:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return content

    def write(self, path: str, text: str) -> None:
        raise AssertionError(f"the doctor writes {text} into {path}")

    def readlink(self, path: str) -> str:
        return self.read(path).removeprefix("→")

    def listdir(self, path: str) -> list[str]:
        if path in self.files and self.files[path] is None:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        names = {name[len(path) + 1 :].split("/")[0] for name in self.files if name.startswith(path + "/")}
        if not names:
            raise FileNotFoundError(errno.ENOENT, "No such folder", path)
        return sorted(names)


class NoDriver:
    """A machine whose driver's nodes cannot be opened."""

    def __init__(self, number: int = errno.ENOENT) -> None:
        self.number = number

    def open(self, path: str, flags: int) -> int:
        raise OSError(self.number, os.strerror(self.number), path)

    def close(self, fd: int) -> None:
        raise AssertionError(fd)

    def ioctl(self, fd: int, code: int, argument: int | bytearray) -> int:
        raise AssertionError(code)

    def read(self, fd: int, size: int) -> bytes:
        raise AssertionError(size)

    def write(self, fd: int, data: bytes) -> int:
        raise AssertionError(data)

    def poll(self, fd: int) -> int:
        raise AssertionError(fd)


def test_the_driver_by_its_files() -> None:
    """Loaded with its version; not loaded, the kernels for which it was built."""
    loaded = driver_seen(Tree({"/sys/module/dahdi/version": "2.11.1\n"}), NoDriver(errno.EACCES), KERNEL)
    assert (loaded.loaded, loaded.version) == (True, "2.11.1")
    built = Tree(
        {
            "/lib/modules/6.1.0-1-amd64/modules.dep": "updates/dkms/dahdi.ko: kernel/x.ko\n",
            f"/lib/modules/{KERNEL}/modules.dep": "kernel/fs/ext4.ko:\n",
        }
    )
    assert driver_seen(built, NoDriver(), KERNEL).built_for == ("6.1.0-1-amd64",)
    assert driver_seen(Tree({}), NoDriver(), KERNEL).built_for == ()
    assert driver_seen(Tree({"/lib/modules": None}), NoDriver(), KERNEL).built_for is None


SPAN = "/sys/bus/dahdi_spans/devices/span-1"
DRIVER = {
    f"{SPAN}/name": "WCTDM/0",
    f"{SPAN}/spantype": "FXS",
    f"{SPAN}/alarms": "0x8",
    f"{SPAN}/is_sync_master": "1",
    f"{SPAN}/dahdi!chan!001!001/channo": "1",
    f"{SPAN}/dahdi!chan!001!001/sig": "FXSKS",
    f"{SPAN}/dahdi!chan!001!001/alarms": "8",
    f"{SPAN}/dahdi!chan!001!001/ec_factory": "MG2",
    f"{SPAN}/dahdi!chan!001!002/channo": "2",
    f"{SPAN}/dahdi!chan!001!002/sig": "Unconfigured",
    f"{SPAN}/dahdi!chan!001!002/alarms": "",
    f"{SPAN}/dahdi!chan!001!002/ec_factory": "",
}


def test_spans_by_their_files() -> None:
    """Alarms, clock and channels are read without opening anything; without the control node the law stays unknown."""
    seen = spans_seen(Tree(dict(DRIVER)), NoDriver(errno.EACCES))
    assert not isinstance(seen, Unseen)
    [span] = seen
    assert (span.number, span.name, span.alarms, span.master) == (1, "WCTDM/0", 8, True)
    first, second = span.channels
    assert (first.signalling, first.alarmed, first.canceller, first.law) == ("FXSKS", True, "mg2", 0)
    assert (second.signalling, second.alarmed, second.canceller) == ("", False, "")
    assert isinstance(spans_seen(Tree({}), NoDriver()), Unseen)


def test_ports_without_a_span_number() -> None:
    """A card that the driver has not numbered is known by its hardware id."""
    device = "/sys/bus/dahdi_devices/devices/pci:0000:04:00.0"
    tree = Tree({f"{device}/{name}": "" for name in ("location", "type", "manufacturer", "registration_time")})
    tree.files |= {f"{device}/hardware_id": "A-17", f"{device}/spantype": "1:E1\n2:E1\n"}
    assert idle_spans_seen(tree) == ("A-17/1", "A-17/2")


def test_gains_in_a_driver_s_parameters() -> None:
    """They are tenths of a dB."""
    tree = Tree({"/sys/module/wctdm24xxp/parameters/fxorxgain": "35\n", "/sys/module/ext4/parameters/fxorxgain": "1"})
    assert gains_of_cards(tree) == {"wctdm24xxp fxorxgain": 3.5}


class PipeTimer:
    """A timer node that is a pipe: ready by POLLIN, or never."""

    def __init__(self) -> None:
        self.codes: list[int] = []
        self.fd, self.other = os.pipe()

    def open(self, path: str, flags: int) -> int:
        return self.fd

    def close(self, fd: int) -> None:
        os.close(self.fd)
        os.close(self.other)

    def ioctl(self, fd: int, code: int, argument: int | bytearray) -> int:
        self.codes.append(code)
        return 0

    def read(self, fd: int, size: int) -> bytes:
        raise AssertionError(size)

    def write(self, fd: int, data: bytes) -> int:
        raise AssertionError(data)

    def poll(self, fd: int) -> int:
        raise AssertionError(fd)


def test_a_timer_that_ticks_is_measured_from_its_first_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """25 periods after the first tick are counted, each acknowledged, and the node is closed."""
    monkeypatch.setattr(select, "poll", lambda: Ready([1]))
    clock = itertools.count()
    timer = PipeTimer()
    seen = timer_seen(timer, lambda: next(clock) * 0.01)
    assert not isinstance(seen, Unseen)
    assert seen.blocks == 25
    assert timer.codes.count(Ioctl.TIMERACK) == 26
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(timer.fd)


class Ready:
    """What ``select.poll`` gives."""

    def __init__(self, ready: list[int]) -> None:
        self.ready = ready

    def register(self, fd: int, wanted: int) -> None:
        assert wanted == select.POLLPRI

    def poll(self, timeout_ms: float) -> list[int]:
        return self.ready


def test_a_timer_that_stands_still_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a second without a tick the doctor goes on."""
    monkeypatch.setattr(select, "poll", lambda: Ready([]))
    clock = itertools.count()
    seen = timer_seen(PipeTimer(), lambda: next(clock) * 0.1)
    assert not isinstance(seen, Unseen)
    assert seen.blocks == 0
    assert isinstance(timer_seen(NoDriver(), lambda: 0.0), Unseen)


def test_nodes_are_looked_at_and_tried(tmp_path: Path) -> None:
    """A node that is there is tried; one that is not is told as missing."""
    node = tmp_path / "ctl"
    node.touch(mode=0o640)

    def look(path: str) -> os.stat_result:
        if path.endswith("timer"):
            raise FileNotFoundError(errno.ENOENT, "No such file", path)
        return node.stat()

    control, channel, timer = nodes_seen(NoDriver(errno.EACCES), look)
    assert (control.exists, control.error, control.mode, control.uid) == (True, errno.EACCES, 0o640, os.getuid())
    assert (channel.exists, timer.exists) == (True, False)


def test_other_programs_and_what_they_have_open() -> None:
    """Our own processes are left out; files of another user's program are counted as hidden, its name is known all the same."""
    tree = Tree(
        {
            "/proc/1/comm": "systemd\n",
            "/proc/1/fd": None,
            "/proc/50/comm": "strowger\n",
            "/proc/50/fd/3": "→/dev/dahdi/channel",
            "/proc/812/comm": "dahdi_monitor\n",
            "/proc/812/fd/5": "→/dev/dahdi/pseudo",
            "/proc/812/fd/6": "→socket:[4711]",
            "/proc/812/fd/7": "→/etc/passwd",
        }
    )
    seen = processes_seen(tree, frozenset({50}))
    assert seen == Processes((Process(1, "systemd"), Process(812, "dahdi_monitor", ("/dev/dahdi/pseudo",), frozenset({4711}))), hidden=1)
    assert isinstance(processes_seen(Tree({"/proc/50/comm": "strowger"}), frozenset({50})), Unseen)


def test_who_listens_at_a_port() -> None:
    """A port is ours by its socket, or where that is hidden by its user; a stranger's is named."""
    page, ssh, other = (text("page"), 8443), (text("console by SSH"), 22), (text("x"), 9999)
    files: dict[str, str | None] = {"/proc/self/net/tcp": TCP, "/proc/50/fd/9": "→socket:[4711]"}
    processes = Processes((Process(3, "sshd", (), frozenset({815})),), hidden=0)
    seen = ports_seen(Tree(files), [page, ssh, other], 50, processes)
    assert not isinstance(seen, Unseen)
    assert [(port.number, port.state, port.holder) for port in seen] == [(8443, "ours", ""), (22, "taken", "sshd (3)"), (9999, "free", "")]
    hidden: dict[str, str | None] = {
        "/proc/self/net/tcp": TCP,
        "/proc/50/fd": None,
        "/proc/50/status": "Name:\tx\nUid:\t999\t999\t999\t999\n",
    }
    by_user = ports_seen(Tree(hidden), [page, ssh], 50, processes)
    assert not isinstance(by_user, Unseen)
    assert [port.state for port in by_user] == ["ours", "taken"]
    assert isinstance(ports_seen(Tree({}), [page], None, processes), Unseen)


def test_what_a_process_may() -> None:
    """Limits and capabilities are read from the process itself."""
    tree = Tree({"/proc/50/limits": LIMITS, "/proc/50/status": f"Name:\tx\nCapEff:\t{1 << 23:016x}\n"})
    assert rights_seen(tree, 50) == Rights(80, 8_388_608, nice_capability=True, lock_capability=False)
    unlimited = Tree({"/proc/50/limits": "Max locked memory  unlimited unlimited bytes\n", "/proc/50/status": "CapEff:\t0\n"})
    assert rights_seen(unlimited, 50) == Rights(0, None, nice_capability=False, lock_capability=False)
    assert isinstance(rights_seen(Tree({}), 50), Unseen)


def test_the_file_system_of_a_path() -> None:
    """The longest mount point counts, and of two at one place the later one."""
    mounts = "/dev/a / ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n/dev/b /srv/my\\040data xfs rw 0 0\n/dev/c /run btrfs rw 0 0\n"
    assert filesystem_of(mounts, "/running") == "ext4"
    assert filesystem_of(mounts, "/srv/my data/x") == "xfs"
    assert filesystem_of(mounts, "/run/x") == "btrfs"
    assert filesystem_of("", "/") == ""


def test_a_data_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    """The disk on which it would be made is looked at, and nothing is written."""
    seen = folder_seen(Tree({"/proc/self/mounts": "/dev/a / ext4 rw 0 0\n"}), tmp_path / "a" / "b")
    assert not isinstance(seen, Unseen)
    assert (seen.path, seen.exists, seen.filesystem) == (str(tmp_path), False, "ext4")
    assert isinstance(medium_seen(seen, lambda: 0.0), Unseen)
    assert list(tmp_path.iterdir()) == []


def test_forcing_to_the_medium_leaves_nothing_behind(tmp_path: Path) -> None:
    """The worst of some writes is told; the file is gone afterwards; an error is told in words."""
    times = iter([0.0, 0.001, 1.0, 1.250, *([2.0] * 20)])
    seen = medium_seen(Folder(str(tmp_path), exists=True, free_bytes=1, total_bytes=1, filesystem="ext4"), lambda: next(times))
    assert not isinstance(seen, Unseen)
    assert round(seen.worst_ms) == 250
    assert list(tmp_path.iterdir()) == []
    gone = medium_seen(Folder(str(tmp_path / "gone"), exists=True, free_bytes=1, total_bytes=1, filesystem="ext4"), lambda: 0.0)
    assert not isinstance(gone, Unseen)
    assert gone.error == "No such file or directory"


def test_a_data_folder_without_database(tmp_path: Path) -> None:
    """There is none yet, and looking makes none; a file that is none cannot be read."""
    assert schema_seen(tmp_path) == Schema(None, len(MIGRATIONS))
    (tmp_path / "strowger.db").write_bytes(b"no database at all, " * 100)
    assert isinstance(schema_seen(tmp_path), Unseen)


def test_the_kernel_s_clock_can_be_asked() -> None:
    """The answer is a yes or no about the time server, or the reason why there is none."""
    seen = time_seen()
    assert isinstance(seen, Unseen) or isinstance(seen.synchronised, bool)


def test_governors_of_all_processors() -> None:
    """Each processor has its own; none: the frequency is fixed."""
    folder = "/sys/devices/system/cpu"
    tree = Tree(
        {
            f"{folder}/cpu0/cpufreq/scaling_governor": "powersave\n",
            f"{folder}/cpu1/cpufreq/scaling_governor": "performance\n",
            f"{folder}/cpu0/cpufreq/scaling_driver": "acpi-cpufreq\n",
            f"{folder}/cpuidle/x": "",
        }
    )
    seen = governor_seen(tree)
    assert (seen.names, seen.driver) == (frozenset({"powersave", "performance"}), "acpi-cpufreq")
    assert governor_seen(Tree({})).names == frozenset()
