"""Which programs have a device open, found where the kernel shows every process's files (``/proc/PID/fd``).

An unprivileged user is shown the files of the user's own processes only. This module imports nothing of the appliance.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["HOLDERS_MOST", "Holder", "holders_of"]

HOLDERS_MOST = 8
"""Programs that are named at most."""
FILES_MOST = 65536
"""Files that are looked at before giving up: a machine with more is not searched to its end while a caller waits."""


@dataclass(frozen=True)
class Holder:
    """A program with a node open."""

    process: int
    program: str
    node: str
    ourselves: bool
    """It is this very process."""


def holders_of(nodes: Sequence[str], proc: Path = Path("/proc")) -> tuple[Holder, ...]:
    """Who has one of these nodes open, by process number; whom the user may not look into is left out. Raises nothing."""
    # A process's file has the name of the node itself, also when it was opened by a link to it.
    named = {os.path.realpath(node): node for node in nodes}
    found: dict[tuple[int, str], Holder] = {}
    for looked, (process, path) in enumerate(_open_files(proc)):
        if looked == FILES_MOST or len(found) == HOLDERS_MOST:
            break
        node = named.get(path)
        if node is not None and (process, node) not in found:
            found[process, node] = Holder(process, _name_of(proc, process), node, process == os.getpid())
    return tuple(found.values())


def _open_files(proc: Path) -> Iterator[tuple[int, str]]:
    """Process number and what each of its files is, for every process that may be looked into."""
    for name in sorted((name for name in _names_in(proc) if name.isdecimal()), key=int):
        for number in _names_in(proc / name / "fd"):
            try:
                yield int(name), os.readlink(proc / name / "fd" / number)  # noqa: PTH115  # the same
            except OSError:
                # It was closed meanwhile.
                continue


def _names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208  # Path.iterdir makes an object for each of some thousand names
    except OSError:
        return []


def _name_of(proc: Path, process: int) -> str:
    try:
        return (proc / str(process) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "?"
