"""What every open node has in common: asking the driver with a number or a structure, and closing."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Sequence
from types import TracebackType
from typing import NoReturn, Self, TypeVar

from boards.dahdi.abi import Ioctl, Params, Structure, unpack_int
from boards.dahdi.holders import Holder
from boards.dahdi.nodes.errors import OPENING, OutOfRange, refusal
from boards.dahdi.nodes.sentences import Message
from boards.dahdi.nodes.sentences import marked as _
from boards.dahdi.system import SeesHolders, System

__all__ = ["TIMES", "TIME_MOST_MS", "Node", "open_node", "who_has"]

TIME_MOST_MS = 60_000
"""No line's timing is longer than a minute; the driver would count samples beyond its numbers much later."""
TIMES = (
    "prewinktime",
    "preflashtime",
    "winktime",
    "flashtime",
    "starttime",
    "rxwinktime",
    "rxflashtime",
    "debouncetime",
    "pulsebreaktime",
    "pulsemaketime",
    "pulseaftertime",
)
"""The fields of ``Params`` that SET_PARAMS takes."""

S = TypeVar("S", bound=Structure)
_INT = struct.Struct("<i")


def who_has(system: System, number: int, nodes: Sequence[str]) -> Sequence[Holder] | None:
    """Who has one of the nodes open, when the errno says that somebody has and the system can tell."""
    return system.holders(nodes) if number == errno.EBUSY and isinstance(system, SeesHolders) else None


def open_node(system: System, path: str, nodes: Sequence[str] = (), *, blocking: bool = False) -> int:
    """A descriptor of a node; unless ``blocking``, reading and writing never wait on it. Raises DahdiError.

    ``nodes`` are looked at when somebody else has it: the one that serves every channel first.
    """
    try:
        return system.open(path, os.O_RDWR | (0 if blocking else os.O_NONBLOCK))
    except OSError as error:
        number = error.errno or 0
        nodes = nodes or [path]
        raise refusal(path, "open", OPENING, number, who_has(system, number, nodes), nodes) from error


class Node:
    """An open node of the driver. Every call raises DahdiError when the driver refuses it, OutOfRange when it would have to.

    ``fd`` is the descriptor, −1 when it is closed; ``device`` names the node in errors. As a context manager it closes itself.
    """

    def __init__(self, system: System, fd: int, device: str) -> None:
        self.fd = fd
        self.device = device
        self._system = system

    def close(self) -> None:
        """Close it. Twice does nothing."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            try:
                self._system.close(fd)
            except OSError as error:
                raise refusal(self.device, "close", 0, error.errno or 0) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # ---- for the nodes made of this ----

    def _call(self, code: Ioctl, argument: int | bytearray, call: str = "") -> None:
        """Ask the driver. Work that goes on by itself (EINPROGRESS) is success."""
        try:
            self._system.ioctl(self.fd, code, argument)
        except OSError as error:
            if error.errno != errno.EINPROGRESS:
                self._refused(code, call, error)

    def _refused(self, code: Ioctl, call: str, error: OSError) -> NoReturn:
        raise refusal(self.device, call or code.name, code, error.errno or 0) from error

    def _tell(self, code: Ioctl, value: int, call: str = "") -> None:
        """A call with an int, whose range was looked at."""
        self._call(code, bytearray(_INT.pack(value)), call)

    def _answer(self, code: Ioctl, value: int = 0) -> int:
        """A call that answers an int."""
        memory = bytearray(_INT.pack(value))
        self._call(code, memory)
        return unpack_int(memory)

    def _send(self, code: Ioctl, value: Structure, call: str = "", more: Sequence[Structure] = ()) -> bytearray:
        """A call with a structure, and others right behind it in memory. Returns what the driver left of it."""
        memory = self._packed(code, value)
        for part in more:
            memory += self._packed(code, part)
        self._call(code, memory, call)
        return memory

    def _ask(self, code: Ioctl, kind: type[S], number: int = 0) -> S:
        """A call that answers a structure; ``number`` is its first field, which says of what."""
        memory = bytearray(kind.size())
        _INT.pack_into(memory, 0, number)
        self._call(code, memory)
        return kind.unpack(memory)

    def _exchange(self, code: Ioctl, value: S) -> S:
        """A call with a structure that the driver answers in the same memory."""
        return type(value).unpack(self._send(code, value))

    def _packed(self, code: Ioctl, value: Structure) -> bytearray:
        try:
            return value.pack()
        except (ValueError, struct.error) as error:
            reason = Message(_("a value does not fit into the driver's memory: {problem}"), {"problem": f"{type(value).__name__}: {error}"})
            raise OutOfRange(self.device, code.name, reason) from error

    def _within(self, code: Ioctl, what: str, value: int, least: int, most: int) -> None:
        """Refuse a value that is out of range. ``what`` is a marked template that names it, with its unit."""
        if not least <= value <= most:
            values = {"what": Message(what), "least": least, "most": most, "value": value}
            self._wrong(code, Message(_("{what} is {least} to {most}, not {value}"), values))

    def _times_within(self, params: Params) -> None:
        for name in TIMES:
            time_ms = getattr(params, name)
            if not 0 <= time_ms <= TIME_MOST_MS:
                values = {"name": name, "most": TIME_MOST_MS, "value": time_ms}
                self._wrong(Ioctl.SET_PARAMS, Message(_("{name} is 0 to {most} ms, not {value}"), values))

    def _wrong(self, code: Ioctl, reason: Message) -> NoReturn:
        raise OutOfRange(self.device, code.name, reason)
