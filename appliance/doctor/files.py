"""What the kernel tells in files and links, read one way here: bounded, and absent when it is not there."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Protocol

__all__ = ["Files", "KernelFiles", "entries", "first_line", "integer"]

OCTETS_MOST = 4 * 1024 * 1024
"""The longest of them, a kernel's list of modules, has less than one."""


class Files(Protocol):
    """Files by absolute path; every failure is an OSError."""

    def read(self, path: str) -> str:
        """The whole file, 4 MB at most."""

    def listdir(self, path: str) -> list[str]:
        """The names in a folder, sorted."""

    def readlink(self, path: str) -> str:
        """Where a symbolic link leads."""


class KernelFiles:
    """The machine's own files."""

    def read(self, path: str) -> str:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # unbuffered, as files of /proc want it
            pieces: list[bytes] = []
            taken = 0
            while taken < OCTETS_MOST and (piece := file.read(OCTETS_MOST - taken)):
                pieces.append(piece)
                taken += len(piece)
        return b"".join(pieces).decode(errors="replace")

    def listdir(self, path: str) -> list[str]:
        return sorted(os.listdir(path))  # noqa: PTH208  # names are wanted, not paths

    def readlink(self, path: str) -> str:
        return os.readlink(path)  # noqa: PTH115  # the text of the link is wanted: "socket:[12]" is no path


def first_line(files: Files, path: str) -> str:
    """The first line of a file, without blanks around it; empty when it cannot be read."""
    with suppress(OSError):
        return files.read(path).split("\n", 1)[0].strip()
    return ""


def entries(files: Files, path: str) -> list[str]:
    """The names in a folder; none when it cannot be read."""
    with suppress(OSError):
        return files.listdir(path)
    return []


def integer(written: str, base: int = 10) -> int:
    """The number that is written there; 0 when there is none."""
    try:
        return int(written, base)
    except ValueError:
        return 0
