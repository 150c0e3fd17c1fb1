"""A system that notes what it is asked, answers what it was told to, and refuses what it was told to."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from boards.dahdi.abi import Ioctl, Structure
from boards.dahdi.system import Holder

__all__ = ["NotingSystem", "SeeingSystem"]

FD = 7


@dataclass
class NotingSystem:
    """``refuse`` says which calls (an Ioctl, or the name of another call) fail, with which errno."""

    refuse: dict[object, int] = field(default_factory=dict)
    answers: dict[Ioctl, Structure | bytes | bytearray] = field(default_factory=dict)
    calls: list[tuple[object, ...]] = field(default_factory=list)

    def _note(self, name: object, *details: object) -> None:
        self.calls.append((name, *details))
        if name in self.refuse:
            raise OSError(self.refuse[name], os.strerror(self.refuse[name]))

    def open(self, path: str, flags: int) -> int:
        self._note("open", path, flags)
        return FD

    def close(self, fd: int) -> None:
        self._note("close", fd)

    def ioctl(self, fd: int, code: int, argument: int | bytearray) -> int:
        if fd != FD:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        self._note(Ioctl(code), bytes(argument) if isinstance(argument, bytearray) else argument)
        answer = self.answers.get(Ioctl(code))
        if answer is not None and isinstance(argument, bytearray):
            octets = answer.pack() if isinstance(answer, Structure) else answer
            argument[: len(octets)] = octets
        return 0

    def read(self, fd: int, size: int) -> bytes:
        self._note("read", fd, size)
        return bytes(size)

    def write(self, fd: int, data: bytes) -> int:
        self._note("write", fd, data)
        return len(data)

    def poll(self, fd: int) -> int:
        self._note("poll", fd)
        return 0


@dataclass
class SeeingSystem(NotingSystem):
    """One that can also tell who has a node open."""

    seen: tuple[Holder, ...] = ()
    asked: list[Sequence[str]] = field(default_factory=list)

    def holders(self, nodes: Sequence[str]) -> tuple[Holder, ...]:
        self.asked.append(nodes)
        return self.seen
