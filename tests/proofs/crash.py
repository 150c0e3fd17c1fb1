"""Proof that a kill loses nothing: busy days on simulated boards, killed at many moments, restarted and judged.

    make prove-crash N=500 SEED=0        or:  python -m tests.proofs.crash --number 500 --seed 0

Every seed is one kill. Ten seeds share a day, so that its undisturbed course is played once. How a day is killed follows from
the seed: at a millisecond of the world, at a moment of the wall clock, inside a write or sync of journal and recordings (perhaps
after some of its octets), inside the database's work, or twice, the second time inside the restart. What passed is kept in
a state file for as long as no source changes, so a broken-off proof goes on where it was.
With KEEP=folder in the environment the data folders of failing seeds are kept there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import mmap
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peewee

from appliance.building import Sounds
from appliance.prompts import generate, load
from appliance.rig import START_UTC_MS, Rig
from appliance.site_file import demo_site_file, read_site
from engine.control.snapshot import snapshot
from engine.store import journal as journal_module
from engine.store import recovery as recovery_module
from engine.store import writer as writer_module
from engine.store.migrations import open_database
from hwsim.people import Subscriber
from tests.proofs import crash_judge as judge
from tests.proofs.busy_day import DAY_MS, BusyDay, busy_site

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[2]
KILLS_A_DAY = 10
DOWN_MS = 600_000
"""From one start to the next, by the wall clock."""
INSTRUCTIONS_A_LOOK = 100
RESTART_WRITES = 14
"""About as many writes and syncs as a restart makes."""
WALL_LIMIT_S = 120.0
KINDS = ("virtual", "wall", "write", "write", "table", "twice")


@dataclass(frozen=True)
class Kill:
    """When to die. ``at``: a millisecond, a thousandth of the day's wall time, or the number of a write or of a look at the
    database; ``part``: the share of that write's octets that is still written; ``again_at``: the write of the restart that kills again, 0 for none.
    """

    kind: str
    at: int
    part: float
    again_at: int = 0


@dataclass(frozen=True)
class Day:
    """A day played without a crash, and how much work it was."""

    reference: judge.Reference
    writes: int
    looks: int
    wall_s: float


class Box:
    """What every run shares: site, sounds, and a place where the dying tell how far the world had come."""

    def __init__(self, prompts: Path) -> None:
        generate(prompts)
        self.site = busy_site(read_site(demo_site_file()))
        self.sounds = Sounds(load(prompts))
        self.progress = mmap.mmap(-1, 8)

    def rig(self, folder: Path, seed: int, start_utc_ms: int, log: Callable[[str], None]) -> Rig:
        """An appliance on this folder."""
        return Rig(self.site, folder, self.sounds, seed, log=log, start_utc_ms=start_utc_ms)


# ---- dying -----------------------------------------------------------------------------------------------------------------


def die() -> None:
    """No goodbye: nothing that is buffered is written, no lock released."""
    os.kill(os.getpid(), signal.SIGKILL)


class Hooks:
    """Counts writes, syncs and looks of the database in a child, and dies at the wanted one."""

    def __init__(self, kill: Kill | None) -> None:
        self.writes = 0
        self.looks = 0
        self._kill = kill
        self._pwrite, self._write, self._fdatasync, self._fsync = os.pwrite, os.write, os.fdatasync, os.fsync

    def install(self) -> None:
        """From now on the appliance's calls go through here."""
        disk = journal_module.Disk(write=self._journal_write, sync=self._sync)
        journal_module.Disk = lambda: disk  # type: ignore[misc, assignment]  # the child's own world
        os.write = self._recorder_write
        os.fdatasync = self._sync  # type: ignore[assignment]  # given descriptors only
        os.fsync = self._full_sync  # type: ignore[assignment]  # the same
        writer_module.open_database = recovery_module.open_database = self._open_database  # type: ignore[attr-defined]  # the child's own world

    def _due(self) -> bool:
        self.writes += 1
        return self._kill is not None and self._kill.kind == "write" and self.writes == self._kill.at

    def _part(self, octets: bytes) -> bytes:
        assert self._kill is not None
        return octets[: round(len(octets) * self._kill.part)]

    def _journal_write(self, fd: int, octets: bytes, offset: int) -> int:
        if self._due():
            self._pwrite(fd, self._part(octets), offset)
            die()
        return self._pwrite(fd, octets, offset)

    def _recorder_write(self, fd: int, octets: Any) -> int:
        if self._due():
            self._write(fd, self._part(bytes(octets)))
            die()
        return self._write(fd, octets)

    def _sync(self, fd: int) -> None:
        if self._due():
            die()
        self._fdatasync(fd)

    def _full_sync(self, fd: int) -> None:
        if self._due():
            die()
        self._fsync(fd)

    def _open_database(self, folder: Path) -> peewee.SqliteDatabase:
        database = open_database(folder)
        database.connection().set_progress_handler(self._look, INSTRUCTIONS_A_LOOK)  # type: ignore[no-untyped-call]  # the stub has no types
        return database

    def _look(self) -> int:
        self.looks += 1
        if self._kill is not None and self._kill.kind == "table" and self.looks >= self._kill.at:
            die()
        return 0


# ---- children --------------------------------------------------------------------------------------------------------------


def in_child(act: Callable[[], None], kill_after_s: float | None = None) -> str:
    """Run in a child process; how it ended: ``done``, ``killed``, or what went wrong."""
    read_fd, write_fd = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(read_fd)
            act()
            status = 0
        except BaseException:  # noqa: BLE001  # told by the status; the parent must never run on in two processes
            os.write(write_fd, traceback.format_exc().encode()[-4000:])
        finally:
            os._exit(status)
    os.close(write_fd)
    told = b""
    if not select.select([read_fd], [], [], WALL_LIMIT_S if kill_after_s is None else kill_after_s)[0]:
        os.kill(pid, signal.SIGKILL)
        told = b"" if kill_after_s is not None else b"it took too long"
    else:
        told = os.read(read_fd, 4096)
    os.close(read_fd)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL and not told:
        return "killed"
    return "done" if status == 0 else told.decode(errors="replace") or f"status {status}"


def live_day(box: Box, folder: Path, seed: int, kill: Kill | None) -> None:
    """The day in a child. With a kill it never returns; without, it stops cleanly and leaves what it counted."""
    hooks = Hooks(kill)
    hooks.install()
    log: list[str] = []
    rig = box.rig(folder, seed, START_UTC_MS, log.append)
    BusyDay(rig, box.site, box.sounds.prompts, seed)
    if kill is not None and kill.kind == "virtual":
        rig.world.at(kill.at, die)
    rig.appliance.start()
    while rig.world.now_ms < DAY_MS:
        rig.world.step()
        box.progress[:8] = rig.world.now_ms.to_bytes(8, "little")
    if kill is not None:
        die()
    counted = {"writes": hooks.writes, "looks": hooks.looks, "log": log}
    rig.stop()
    (folder / "counted.json").write_text(json.dumps(counted))


def live_on(box: Box, folder: Path, starts: int, kill: Kill | None) -> None:
    """A restart in a child: it starts, somebody telephones, it stops. ``status.json`` says how the agents were."""
    Hooks(kill).install()
    log: list[str] = []
    rig = box.rig(folder, starts, START_UTC_MS + starts * DOWN_MS, log.append)
    rig.start()
    status: dict[str, Any] = snapshot(rig.appliance.switch, rig.appliance.acd, rig.clock)
    caller = Subscriber(rig.world, rig.exchange, "caller", "13900000000")
    if starts == 1:
        caller.call(box.site.trunks[0].name)
        status["answered"] = rig.world.run_until(lambda: caller.talking, 15_000)
        caller.hang_up()
        rig.world.run_for(1_000)
    rig.stop()
    (folder / "status.json").write_text(json.dumps({**status, "log": log}))


# ---- one kill --------------------------------------------------------------------------------------------------------------


def choose_kill(seed: int, day: Day) -> Kill:
    """How this seed's day is killed."""
    chance = random.Random(seed * 7919 + 1)
    kind = KINDS[seed % len(KINDS)]
    part = chance.choice([0.0, 0.01, 0.5, 0.99, 1.0, chance.random()])
    most = {"wall": 1000, "write": day.writes, "table": day.looks}.get(kind, DAY_MS)
    at = chance.randint(1, most)
    return Kill("virtual" if kind == "twice" else kind, at, part, chance.randint(1, RESTART_WRITES) if kind == "twice" else 0)


def play_day(box: Box, seed: int, folder: Path) -> Day:
    """The day without a crash. Raises AssertionError when it is too quiet to prove anything."""
    began = os.times().elapsed
    ended = in_child(lambda: live_day(box, folder, seed, None))
    assert ended == "done", ended
    counted = json.loads((folder / "counted.json").read_text())
    assert not counted["log"], counted["log"]
    reference = judge.Reference.of(folder, START_UTC_MS)
    lengths = sorted(len(sound) for sound in reference.sounds.values())
    assert len(lengths) >= 3, f"day {seed}: only {len(lengths)} conversations"
    assert lengths[-1] > 16 * 60_000, f"day {seed}: nobody talks for long: {lengths}"
    return Day(reference, counted["writes"], counted["looks"], os.times().elapsed - began)


def kill_and_judge(box: Box, seed: int, day: Day, folder: Path, seen: Counter[str]) -> list[str]:
    """One kill, one or two restarts, and everything that is wrong afterwards."""
    kill = choose_kill(seed, day)
    box.progress[:8] = bytes(8)
    after_s = day.wall_s * kill.at / 1000 if kill.kind == "wall" else None
    ended = in_child(lambda: live_day(box, folder, seed // KILLS_A_DAY, kill), after_s)
    if ended != "killed":
        return [f"{kill}: {ended}"]
    killed_ms = int.from_bytes(box.progress[:8], "little")
    octets = judge.journal_bytes(folder)
    whole, faults = judge.check_survivors(folder, day.reference, START_UTC_MS, killed_ms)
    if kill.again_at:
        again = Kill("write", kill.again_at, kill.part)
        seen["killed in the restart too"] += in_child(lambda: live_on(box, folder, 1, again)) == "killed"
    _note(seen, kill, octets, whole)
    ended = in_child(lambda: live_on(box, folder, 1, None))
    if ended != "done":
        return [*faults, f"{kill} at {killed_ms} ms, the restart: {ended}"]
    status = json.loads((folder / "status.json").read_text())
    faults += judge.check_restart(folder, whole, day.reference, killed_ms, status)
    before = judge.journal_bytes(folder)
    sounds = {str(path.relative_to(folder)): path.read_bytes() for path in sorted((folder / "recordings").rglob("*.wav"))}
    ended = in_child(lambda: live_on(box, folder, 2, None))
    faults += judge.check_again(before, folder, sounds) if ended == "done" else [f"the second restart: {ended}"]
    return [f"{kill} at {killed_ms} ms: {fault}" for fault in faults]


def _note(seen: Counter[str], kill: Kill, octets: bytes, whole: bytes) -> None:
    past = judge.Past.of(judge.lines_of(whole))
    seen[f"kills: {kill.kind}"] += 1
    seen["torn tails"] += len(octets) > len(whole)
    seen["calls cut off"] += len(past.calls)
    seen["recordings cut off"] += len(past.recordings)
    seen["stays cut off"] += len(past.stints)


# ---- the proof --------------------------------------------------------------------------------------------------------------


def sources_digest() -> str:
    """Changes with every source that takes part."""
    digest = hashlib.sha256()
    for package in ("appliance", "boards", "engine", "hwsim", "ivr_scripts", "recorder", "tests/proofs"):
        for path in sorted((ROOT / package).rglob("*.[pch]*")):
            if path.suffix in {".py", ".c", ".h"}:
                digest.update(path.read_bytes())
    return digest.hexdigest()


class Passed:
    """The seeds that have passed with these sources, kept in a file."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._digest = sources_digest()
        self.seeds: set[int] = set()
        if file is not None and file.exists():
            kept = json.loads(file.read_text())
            if kept["sources"] == self._digest:
                self.seeds = set(kept["seeds"])

    def add(self, seed: int) -> None:
        """Remember it at once: a proof may be broken off."""
        self.seeds.add(seed)
        if self._file is not None:
            self._file.parent.mkdir(exist_ok=True)
            fresh = self._file.with_suffix(".new")
            fresh.write_text(json.dumps({"sources": self._digest, "seeds": sorted(self.seeds)}))
            fresh.replace(self._file)


def prove(box: Box, seeds: range, passed: Passed, seconds_most: float) -> tuple[Mapping[int, list[str]], Counter[str]]:
    """Kill by every seed that has not passed yet; faults by seed, and what was met. Ends early when the time is up."""
    faults: dict[int, list[str]] = {}
    seen: Counter[str] = Counter()
    until_s = os.times().elapsed + seconds_most
    day: tuple[int, Day] | None = None
    for seed in seeds:
        if seed in passed.seeds:
            seen["passed before"] += 1
            continue
        if os.times().elapsed > until_s:
            seen["left for another time"] += 1
            continue
        with tempfile.TemporaryDirectory(prefix="strowger-crash-") as scratch:
            if day is None or day[0] != seed // KILLS_A_DAY:
                try:
                    day = (seed // KILLS_A_DAY, play_day(box, seed // KILLS_A_DAY, Path(scratch) / "day"))
                except AssertionError as error:
                    faults[seed] = [f"the undisturbed day: {error}"]
                    sys.stdout.write(f"seed {seed}: {faults[seed][0]}\n")
                    continue
            found = kill_and_judge(box, seed, day[1], Path(scratch) / "killed", seen)
            if found and os.environ.get("KEEP"):
                shutil.copytree(scratch, Path(os.environ["KEEP"]) / str(seed), dirs_exist_ok=True)
        if found:
            faults[seed] = found
            sys.stdout.write("".join(f"seed {seed}: {fault}\n" for fault in found))
        else:
            passed.add(seed)
            seen["passed"] += 1
    return faults, seen


def main() -> int:
    """The command line; status 1 when a seed failed."""
    options = argparse.ArgumentParser(description="Kill busy days and judge what is left.")
    options.add_argument("--number", type=int, default=200)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--seconds", type=float, default=1e9, help="begin no kill after so long")
    options.add_argument("--prompts", type=Path, default=ROOT / "build" / "prompts")
    options.add_argument("--state", type=Path, help="file that keeps what has passed")
    given = options.parse_args()
    box = Box(given.prompts)
    faults, seen = prove(box, range(given.seed, given.seed + given.number), Passed(given.state), given.seconds)
    sys.stdout.write(json.dumps({"failed": sorted(faults), **dict(sorted(seen.items()))}, indent=1) + "\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
