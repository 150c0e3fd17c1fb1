"""Telling the service manager how the appliance is: ready, what it does, stopping, alive.

The protocol (sd_notify(3)) is one datagram of ``NAME=value`` lines to the socket named in ``NOTIFY_SOCKET``. Started by hand there is no
such socket, and nothing is told. A datagram that is not taken is counted and forgotten: the appliance serves callers, not its manager. Only that it is
ready is told again until it is taken, for a manager that never hears it ends a start that went well.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from contextlib import suppress

__all__ = ["Notifier", "notify_address", "unix_sender", "watchdog_timeout_s"]

US_A_S = 1_000_000
RESTART_PATIENCE = 10
"""While the process replaces itself, its silence may last so many times the watchdog's time."""
TIMEOUT_S_MOST = 86_400

Send = Callable[[bytes], None]


def notify_address(environment: Mapping[str, str]) -> str:
    """The manager's socket as ``socket`` wants it, or empty. An address that begins with @ is in the abstract namespace."""
    named = environment.get("NOTIFY_SOCKET", "")
    if named.startswith("@"):
        return "\0" + named[1:]
    return named if named.startswith("/") else ""


def watchdog_timeout_s(environment: Mapping[str, str], pid: int) -> float | None:
    """After how much silence the manager ends this process; None: it does not watch it."""
    written = environment.get("WATCHDOG_USEC", "")
    if not (written.isascii() and written.isdecimal() and len(written) < 15 and int(written)):
        return None
    meant_for = environment.get("WATCHDOG_PID", "")
    if meant_for and meant_for != str(pid):
        return None  # it came down from a parent that is watched
    return min(int(written) / US_A_S, TIMEOUT_S_MOST)


def unix_sender(address: str) -> Send:
    """The act that sends one datagram to this address; it never waits. Raises OSError."""

    def send(datagram: bytes) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as sender:
            sender.sendto(datagram, address)

    return send


class Notifier:
    """What the manager is told. ``send`` None: nobody is. ``watchdog_s`` as ``watchdog_timeout_s``; ``lost`` counts datagrams not taken."""

    def __init__(self, send: Send | None, watchdog_s: float | None, monotonic_ns: Callable[[], int]) -> None:
        self._send = send
        self._monotonic_ns = monotonic_ns
        self.watchdog_s = watchdog_s if send is not None else None
        self.lost = 0
        self._untold: dict[str, object] = {}

    def ready(self, status: str) -> None:
        """Callers are served. After ``replacing`` it also means that the new program has come up."""
        back_to = {"WATCHDOG_USEC": round(self.watchdog_s * US_A_S)} if self.watchdog_s is not None else {}
        told = {"READY": 1, "STATUS": status, "WATCHDOG": 1, **back_to}
        self._untold = {} if self._tell(**told) else told

    def status(self, status: str) -> None:
        """One line for ``systemctl status``."""
        self._tell(STATUS=status)

    def starting(self, status: str, within_s: int) -> None:
        """Still starting, and for this long at most before something is heard again. The watchdog is not fed: that would wake it up."""
        self._tell(STATUS=status, EXTEND_TIMEOUT_USEC=within_s * US_A_S)

    def stopping(self, status: str) -> None:
        """The appliance ends."""
        self._untold = {}
        self._tell(STOPPING=1, STATUS=status)

    def replacing(self, status: str) -> None:
        """The process will replace itself by a new start and keep its number: not an end, and some seconds of silence."""
        patience = {"WATCHDOG_USEC": round(self.watchdog_s * RESTART_PATIENCE * US_A_S)} if self.watchdog_s is not None else {}
        self._tell(RELOADING=1, MONOTONIC_USEC=self._monotonic_ns() // 1000, STATUS=status, WATCHDOG=1, **patience)

    def alive(self) -> None:
        """Feed the watchdog; or be ready at last, which feeds it too."""
        if self._untold:
            self._untold = {} if self._tell(**self._untold) else self._untold
        elif self.watchdog_s is not None:
            self._tell(WATCHDOG=1)

    def _tell(self, **said: object) -> bool:
        """True unless the manager should have heard it and did not."""
        if self._send is None:
            return True
        datagram = "\n".join(f"{name}={' '.join(str(value).split())}" for name, value in said.items())
        self.lost += 1
        with suppress(OSError):
            self._send(datagram.encode("utf-8", "replace"))
            self.lost -= 1
            return True
        return False
