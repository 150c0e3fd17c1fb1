"""The appliance as systemd starts it: what it tells from its start to its end."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.process import LINE_WITHIN_S, Running, ask, data_folder

READY = {"READY": "1", "STATUS": "serving callers"}
WATCHDOG_US = 2_000_000
ALIVE = {"WATCHDOG": "1"}


class Listener:
    """The socket of a service manager, which takes everything at once as one does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._told: queue.Queue[bytes] = queue.Queue(1000)
        self._taking = threading.Thread(target=self._take, daemon=True)
        self._taking.start()

    def _take(self) -> None:
        while datagram := self._socket.recv(4096):
            self._told.put(datagram)

    def next(self) -> dict[str, str]:
        """What is told next."""
        return dict(line.split("=", 1) for line in self._told.get(timeout=LINE_WITHIN_S).decode().split("\n"))

    def until(self, name: str) -> list[dict[str, str]]:
        """Everything up to a message with this name."""
        told = [self.next()]
        while name not in told[-1]:
            told.append(self.next())
        return told

    def close(self) -> None:
        """An empty datagram ends the taking."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", str(self.path))
        self._taking.join()
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """A service manager that listens and watches every process that is started."""
    listener = Listener(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(listener.path))
    monkeypatch.setenv("WATCHDOG_USEC", str(WATCHDOG_US))
    yield listener
    listener.close()


def test_a_service_tells_its_whole_life(systemd: Listener, tmp_path: Path, prompts_folder: Path) -> None:
    """Ready only when callers are served, alive as long as the pump moves, a restart that is not an end, and then the end."""
    data = data_folder(tmp_path / "data", prompts_folder)
    with Running(data, "--no-caller") as running:
        *before, ready = systemd.until("READY")
        assert not any("WATCHDOG" in told for told in before), "the watchdog sleeps until the start is over"
        assert READY.items() <= ready.items()
        assert [systemd.next() for _ in range(6)] == [ALIVE] * 6
        assert ask("console", "--data", str(data), "-c", "restart now").returncode == 0
        replacing = systemd.until("RELOADING")[-1]
        assert int(replacing["WATCHDOG_USEC"]) == 10 * WATCHDOG_US
        again = systemd.until("READY")
        assert not any("STOPPING" in told for told in again)
        assert int(again[-1]["WATCHDOG_USEC"]) == WATCHDOG_US
        assert systemd.next() == ALIVE
        assert running.stop() == 0
        assert systemd.until("STOPPING")[-1]["STATUS"] == "stopping …"
