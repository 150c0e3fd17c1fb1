"""A simulated driver whose D channel is a socket: each packet a frame with its check octets, the exchange in another process.

For measuring how quick the appliance answers an exchange. Everything else of the driver is the simulated one's, and no audio moves.
"""

from __future__ import annotations

import socket

from boards.dahdi.abi import Ioctl
from boards.dahdi.system import System

__all__ = ["FrameLine"]

NUMBER_OCTETS = 4
NOT_OPEN = -1


class FrameLine:
    """A ``System`` over ``driver``: what is read from and written to channel ``d_number`` comes from and goes to ``line``, a socket of packets that
    does not wait.
    """

    def __init__(self, driver: System, d_number: int, line: socket.socket) -> None:
        self._driver = driver
        self._d_number = d_number
        self._line = line
        self._d_fd = NOT_OPEN

    def open(self, path: str, flags: int) -> int:
        return self._driver.open(path, flags)

    def close(self, fd: int) -> None:
        if fd == self._d_fd:
            self._d_fd = NOT_OPEN
        self._driver.close(fd)

    def ioctl(self, fd: int, code: int, argument: int | bytearray) -> int:
        done = self._driver.ioctl(fd, code, argument)
        if (
            code == Ioctl.SPECIFY
            and isinstance(argument, bytearray)
            and int.from_bytes(argument[:NUMBER_OCTETS], "little") == self._d_number
        ):
            self._d_fd = fd
        return done

    def read(self, fd: int, size: int) -> bytes:
        return self._line.recv(size) if fd == self._d_fd else self._driver.read(fd, size)

    def write(self, fd: int, data: bytes) -> int:
        return self._line.send(data) if fd == self._d_fd else self._driver.write(fd, data)

    def poll(self, fd: int) -> int:
        return self._driver.poll(fd)
