"""How a simulated node reads and writes the memory that an ioctl is given, and what kind of node there can be."""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from typing import TypeVar

from boards.dahdi.abi import Structure, pack_int, unpack_int

__all__ = ["Node", "get_int", "get_structure", "put", "put_int", "refusal"]

S = TypeVar("S", bound=Structure)


def refusal(number: int) -> OSError:
    """The error that a system call gives with this errno."""
    return OSError(number, os.strerror(number))


def _memory(argument: int | bytearray, size: int) -> bytearray:
    # A number is no address of ours, and memory that is too short ends before the structure does.
    if not isinstance(argument, bytearray) or len(argument) < size:
        raise refusal(errno.EFAULT)
    return argument


def get_int(argument: int | bytearray) -> int:
    """The int that the caller gives. EFAULT when there is no memory."""
    return unpack_int(_memory(argument, 4))


def get_structure(kind: type[S], argument: int | bytearray) -> S:
    """The structure that the caller gives. EFAULT when there is no memory or too little."""
    return kind.unpack(_memory(argument, kind.size()))


def put(argument: int | bytearray, octets: bytes | bytearray) -> None:
    """Answer into the caller's memory. EFAULT when there is no memory or too little."""
    _memory(argument, len(octets))[: len(octets)] = octets


def put_int(argument: int | bytearray, value: int) -> None:
    """Answer an int."""
    put(argument, pack_int(value))


class Node(ABC):
    """An open file of the simulated driver. What a node does not know is refused as the driver refuses it."""

    @abstractmethod
    def ioctl(self, code: int, argument: int | bytearray) -> int:
        """The driver's answer: 0, or OSError."""

    def read(self, size: int) -> bytes:
        """One buffer; ENOSYS on nodes that carry no audio."""
        raise refusal(errno.ENOSYS)

    def write(self, data: bytes) -> int:
        """One buffer; ENOSYS on nodes that carry no audio."""
        raise refusal(errno.ENOSYS)

    def poll(self) -> int:
        """What is ready now, as ``select.poll`` bits."""
        return 0

    @abstractmethod
    def close(self) -> None:
        """The file was closed."""
