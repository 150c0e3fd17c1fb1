"""The data folder: everything an appliance keeps, owned by one process at a time."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text

__all__ = ["DataFolder"]

LOCK_NAME = "lock"
OWNER_ONLY = 0o700
PID_BYTES_MAX = 32


class DataFolder:
    """Makes the folder with ``journal``, ``recordings`` and ``prompts``, and holds its lock until ``close``.

    A folder that it makes is nobody else's to enter: PINs, caller numbers and conversations lie in it. One that is there keeps the rights
    that an administrator gave it.

    The lock is the kernel's and ends with the process, however it ends; the pid in the file is for people. Raises
    EnvironmentFault: no permission, disk full, not a folder, or another appliance runs on it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.journal = path / "journal"
        self.recordings = path / "recordings"
        self.prompts = path / "prompts"
        self._lock_fd = -1
        try:
            for folder in (path, self.journal, self.recordings, self.prompts):
                folder.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
            self._lock()
        except OSError as error:
            self.close()
            raise fault_of(error, path) from error

    def close(self) -> None:
        """Let go of the folder. Twice does nothing."""
        if self._lock_fd >= 0:
            fd, self._lock_fd = self._lock_fd, -1
            os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _lock(self) -> None:
        self._lock_fd = os.open(self.path / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(self._lock_fd, PID_BYTES_MAX, 0).decode("ascii", "replace").strip()
            self.close()
            raise EnvironmentFault(
                text(
                    "another appliance (process {pid}) runs on data folder {path}: stop it, or choose another data folder.",
                    pid=pid or "?",
                    path=str(self.path),
                )
            ) from None
        os.ftruncate(self._lock_fd, 0)
        os.pwrite(self._lock_fd, f"{os.getpid()}\n".encode(), 0)


def fault_of(error: OSError, path: Path) -> EnvironmentFault:
    """What a person should do about an operating system's refusal."""
    where = str(error.filename or path)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return EnvironmentFault(
            text("no permission to write {where}: give it to the user of this process, or choose another data folder.", where=where)
        )
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return EnvironmentFault(text("the disk of data folder {path} is full: free some space, then start again.", path=str(path)))
    if error.errno in {errno.EEXIST, errno.ENOTDIR}:
        return EnvironmentFault(text("{where} is not a folder: move it away, or choose another data folder.", where=where))
    return EnvironmentFault(text("data folder {path} cannot be used: {error}.", path=str(path), error=str(error)))
