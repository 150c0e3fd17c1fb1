"""What the service manager is told."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from appliance.sd_notify import Notifier, notify_address, unix_sender, watchdog_timeout_s


class Systemd:
    """A service manager that keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[dict[str, str]] = []
        self.deaf = False

    def send(self, datagram: bytes) -> None:
        if self.deaf:
            raise ConnectionRefusedError
        self.heard.append(dict(line.split("=", 1) for line in datagram.decode().split("\n")))


def notifier(systemd: Systemd, watchdog_s: float | None = 30.0) -> Notifier:
    return Notifier(systemd.send, watchdog_s, lambda: 5_000_000)


@pytest.mark.parametrize(
    ("named", "address"), [("/run/systemd/notify", "/run/systemd/notify"), ("@abstract", "\0abstract"), ("", ""), ("vsock:2:1", "")]
)
def test_where_systemd_listens(named: str, address: str) -> None:
    """A path, or a name in the abstract namespace; anything else is nobody."""
    assert notify_address({"NOTIFY_SOCKET": named}) == address
    assert notify_address({}) == ""


@pytest.mark.parametrize(
    ("environment", "timeout_s"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "17"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "18"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "-3"}, None),
        ({"WATCHDOG_USEC": "9" * 40}, None),
        ({}, None),
    ],
)
def test_whether_this_process_is_watched(environment: dict[str, str], timeout_s: float | None) -> None:
    """The time counts when it is one, and meant for this process."""
    assert watchdog_timeout_s(environment, 17) == timeout_s


def test_ready_is_told_with_a_status_in_one_line() -> None:
    """The status cannot smuggle in another message, whatever is in it."""
    systemd = Systemd()
    notifier(systemd).ready("serving\nSTOPPING=1")
    assert systemd.heard == [{"READY": "1", "STATUS": "serving STOPPING=1", "WATCHDOG": "1", "WATCHDOG_USEC": "30000000"}]


def test_a_process_that_replaces_itself_is_not_stopping() -> None:
    """It waits longer, and goes back to its usual time when the new program is ready."""
    systemd = Systemd()
    telling = notifier(systemd)
    telling.replacing("restarting")
    telling.ready("serving")
    assert systemd.heard[0] == {
        "RELOADING": "1",
        "MONOTONIC_USEC": "5000",
        "STATUS": "restarting",
        "WATCHDOG": "1",
        "WATCHDOG_USEC": "300000000",
    }
    assert systemd.heard[1]["WATCHDOG_USEC"] == "30000000"
    telling.stopping("stopping")
    assert systemd.heard[2] == {"STOPPING": "1", "STATUS": "stopping"}


def test_a_long_start_asks_for_time() -> None:
    """While prompts are spoken for the first time systemd does not give up."""
    systemd = Systemd()
    notifier(systemd, None).starting("voice prompts: 50 of 114", 120)
    assert systemd.heard == [{"STATUS": "voice prompts: 50 of 114", "EXTEND_TIMEOUT_USEC": "120000000"}]


def test_only_a_watched_process_feeds() -> None:
    """Without a watchdog nothing is sent again and again."""
    systemd = Systemd()
    notifier(systemd, None).alive()
    assert systemd.heard == []
    notifier(systemd).alive()
    assert systemd.heard == [{"WATCHDOG": "1"}]


def test_a_systemd_that_does_not_listen_harms_nobody() -> None:
    """A datagram that is not taken is counted, and the next one is tried; without systemd there is nothing to count."""
    systemd = Systemd()
    systemd.deaf = True
    telling = notifier(systemd)
    telling.alive()
    assert telling.lost == 1
    systemd.deaf = False
    telling.alive()
    assert (telling.lost, len(systemd.heard)) == (1, 1)
    alone = Notifier(None, 30.0, lambda: 0)
    alone.ready("serving")
    assert (alone.lost, alone.watchdog_s) == (0, None)


def test_a_datagram_goes_through_a_real_socket(tmp_path: Path) -> None:
    """The socket that systemd names gets exactly what is sent; one that has gone is an OSError."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        systemd.settimeout(10)
        unix_sender(path)(b"READY=1")
        assert systemd.recv(100) == b"READY=1"
    with pytest.raises(OSError, match="refused"):
        unix_sender(path)(b"WATCHDOG=1")


def test_ready_is_told_again_until_it_is_taken() -> None:
    """Else a service that runs well would be ended, because its start seems never to have ended."""
    systemd = Systemd()
    told = notifier(systemd)
    systemd.deaf = True
    told.ready("serving callers")
    told.alive()
    systemd.deaf = False
    told.alive()
    told.alive()
    assert [message.get("READY") for message in systemd.heard] == ["1", None]
    assert all(message["WATCHDOG"] == "1" for message in systemd.heard)
    assert told.lost == 2
