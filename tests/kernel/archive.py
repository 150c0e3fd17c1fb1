"""An initramfs as a file: what the guest finds in its memory when it begins."""

from __future__ import annotations

import stat
from pathlib import Path

__all__ = ["Archive"]

ARCHIVE_ALIGNED = 512
"""Archives that follow each other begin at such a place."""


class Archive:
    """An initramfs: cpio in the "newc" form (Documentation/driver-api/early-userspace/buffer-format)."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._number = 0

    def folder(self, name: str) -> None:
        """An empty folder."""
        self._add(name, stat.S_IFDIR | 0o755, b"")

    def file(self, name: str, content: bytes, *, executable: bool = False) -> None:
        """A file."""
        self._add(name, stat.S_IFREG | (0o755 if executable else 0o644), content)

    def copy(self, name: str, path: Path) -> None:
        """A file as it is, with its mode and its time: Python compares that with what it has compiled."""
        known = path.stat()
        self._add(name, stat.S_IFREG | stat.S_IMODE(known.st_mode), path.read_bytes(), int(known.st_mtime))

    def finish(self) -> bytes:
        """The whole archive."""
        self._add("TRAILER!!!", 0, b"")
        made = b"".join(self._pieces)
        return made + bytes(-len(made) % ARCHIVE_ALIGNED)

    def _add(self, name: str, mode: int, content: bytes, modified: int = 0) -> None:
        self._number += 1
        octets = name.encode() + b"\0"
        values = (self._number, mode, 0, 0, 1, modified, len(content), 0, 0, 0, 0, len(octets), 0)
        head = b"070701" + b"".join(b"%08X" % value for value in values) + octets
        self._pieces += [head, bytes(-len(head) % 4), content, bytes(-len(content) % 4)]
