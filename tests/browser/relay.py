"""A wire between browser and appliance that can be cut."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Relay:
    """Passes octets on between a port of its own and the appliance's; ``cut`` breaks every connection and takes no new one until ``mend``."""

    def __init__(self, port: int) -> None:
        self._far = ("127.0.0.1", port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._whole = True
        self._wires: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._whole = False
        for wire in self._wires:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._whole = True

    def close(self) -> None:
        self.cut()
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                if not self._whole:
                    near.close()
                    continue
                far = socket.create_connection(self._far)
                self._wires += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    @staticmethod
    def _pass(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while octets := one.recv(65536):
                other.sendall(octets)
        for wire in (one, other):
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
