"""``strowger`` as a process of its own, as a person starts it in a terminal."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
LINE_WITHIN_S = 60.0
"""Only to end a test that would hang: a busy machine is no fault."""


def command(*words: str) -> list[str]:
    """The command line of ``strowger``."""
    return [sys.executable, "-m", "appliance.cli", *words, "--language", "en"]


def ask(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(command(*words), cwd=ROOT, capture_output=True, text=True, timeout=LINE_WITHIN_S, check=False)


def answer(*words: str) -> Any:
    """The JSON that a command gives."""
    done = ask(*words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def data_folder(folder: Path, prompts: Path) -> Path:
    """A data folder with prompts, so that a start need not make them."""
    shutil.copytree(prompts, folder / "prompts")
    return folder


def facts_in(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """Name and values of every fact in the journal's files."""
    lines = b"".join(path.read_bytes() for path in sorted((folder / "journal").glob("*.seg"))).splitlines()
    rows = [json.loads(line[9:]) for line in lines]
    return [(row[2], row[9]) for row in rows if isinstance(row, list)]


class Running:
    """A running appliance; killed at the end of the ``with`` block when it still runs."""

    def __init__(self, data: Path, *words: str, program: Sequence[str] = ()) -> None:
        self.data = data
        run = [*program] or command("run", "--data", str(data), *words)
        self.process = subprocess.Popen(run, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.said = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def until(self, words: str) -> None:
        """Read what it says until these words come."""
        while words not in self.said:
            assert self.read(LINE_WITHIN_S), f"{words!r} did not come:\n{self.said}"

    def read(self, within_s: float) -> bool:
        """Read what it says next; False when nothing came in this time or it has ended."""
        assert self.process.stdout is not None
        fd = self.process.stdout.fileno()
        if not select.select([fd], [], [], within_s)[0]:
            return False
        octets = os.read(fd, 65536)
        self.said += octets.decode(errors="replace")
        return bool(octets)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, read to the end, and give the exit status."""
        self.process.send_signal(number)
        while self.read(LINE_WITHIN_S):
            continue
        return self.process.wait(LINE_WITHIN_S)

    def log(self) -> str:
        """The log so far."""
        return (self.data / "log" / "strowger.log").read_text()
