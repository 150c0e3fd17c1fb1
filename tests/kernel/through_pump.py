"""Thirty channels of a looped E1 pair through the media pump, every octet accounted for. For a machine with the real driver.

``python -m tests.kernel.through_pump SECONDS SEED``. The pump has the near channels, bridged in pairs: 1 with 2, 3 with 4 and so on, as
calls are. This program has the far ones: each sends a stream of its own and must get its partner's, octet for octet, for so many seconds
of the driver's time. Ends with a line of JSON and status 0 when nothing was lost, put in or changed.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from dataclasses import asdict

from boards.dahdi.media import ChannelStats, Pump, Wake, kernel_io
from boards.dahdi.timer import open_timer
from engine.telephony.media import Port
from tests.contracts.drivers import KernelDriver
from tests.contracts.looped import Loop
from tests.kernel.account import Account, Stream

__all__ = ["Thirty", "main"]

SLOTS = [slot for slot in range(1, 32) if slot != 16]
FAR_BLOCK, FAR_BUFFERS = 4096, 8
TURN_MS = 1000
SETTLE_MS = 1000
DRAIN_MS = FAR_BLOCK * FAR_BUFFERS // 8 + 1000
PRIORITY = 50
TOLD_EVERY_S = 60


class Thirty:
    """The thirty channels, near in the pump and far in our hands."""

    def __init__(self, loop: Loop, seed: int) -> None:
        self.alarms: list[str] = []
        self.events = 0
        self._loop = loop
        self._pump = Pump(kernel_io(), lambda key, _sentence: self.alarms.append(f"{self._loop.now_ms() / 1000:.2f} s: {key}"))
        self._ports = [self._near(loop.near.channel(slot)) for slot in SLOTS]
        for one, other in zip(self._ports[::2], self._ports[1::2], strict=True):
            self._pump.patch(one, other)
            self._pump.patch(other, one)
        self._timer = open_timer(loop.system)
        self._pump.start(self._timer, Wake.DAHDI, PRIORITY)
        self._far = [loop.open_audio(loop.far.channel(slot), block=FAR_BLOCK, buffers=FAR_BUFFERS) for slot in SLOTS]
        streams = [Stream(seed * 100 + slot) for slot in SLOTS]
        self._streams = streams
        self.sent = [0] * len(SLOTS)
        partners = [index ^ 1 for index in range(len(SLOTS))]
        self.accounts = [Account(streams[partner]) for partner in partners]
        self.counters: list[ChannelStats] = [ChannelStats()] * len(SLOTS)

    def _near(self, channel: int) -> Port:
        # the descriptor is the pump's from here on
        return self._pump.open_channel(self._loop.open_audio(channel), lambda _heard: self._count())

    def _count(self) -> None:
        self.events += 1

    def settle(self) -> None:
        """Let the pump bring its channels into step; nobody speaks yet."""
        self._loop.wait(SETTLE_MS)
        self._pump.poll()
        for fd in self._far:
            self._loop.forget(fd)

    def speak(self, seconds: float) -> None:
        """Both ways on every channel for this long."""
        until_ms = self._loop.now_ms() + 1000 * seconds
        while self._loop.now_ms() < until_ms:
            self._turn(speaking=True)

    def drain(self) -> None:
        """Say nothing more, and take all that is under way."""
        until_ms = self._loop.now_ms() + DRAIN_MS
        while self._loop.now_ms() < until_ms:
            self._turn(speaking=False)
        for index, port in enumerate(self._ports):
            self._pump.channel_stats(port, lambda counted, index=index: self.counters.__setitem__(index, counted))  # type: ignore[misc]
        self._loop.wait(TURN_MS)
        self._pump.poll()

    def close(self) -> None:
        """Stop the pump; it closes its channels."""
        self._pump.close()
        self._loop.system.close(self._timer)

    def _turn(self, *, speaking: bool) -> None:
        for index, fd in enumerate(self._far):
            if speaking:
                self._write(index, fd)
            self.accounts[index].take(self._loop.read_all(fd, FAR_BLOCK))
        self._pump.poll()
        self._loop.wait(TURN_MS)

    def _write(self, index: int, fd: int) -> None:
        with suppress(BlockingIOError):
            while True:
                self.sent[index] += self._loop.write(fd, self._streams[index].take(self.sent[index], FAR_BLOCK))

    def figures(self) -> dict[str, object]:
        """Everything that was counted, added up."""
        stats = asdict(self._pump.stats())
        received = [account.arrived for account in self.accounts]
        sent = [self.sent[index ^ 1] for index in range(len(SLOTS))]
        unread = {
            name: sum(getattr(counted, name) for counted in self.counters)
            for name in ("blocks_late", "blocks_missing", "overflows", "underflows", "writes_refused")
        }
        return {
            "channels": len(SLOTS),
            "sent": sum(sent),
            "received": sum(received),
            "lost": sum(one - other for one, other in zip(sent, received, strict=True)),
            "lost_inside": sum(account.lost for account in self.accounts),
            "silence_put_in": sum(account.idle for account in self.accounts),
            "breaks": [(SLOTS[index], one.at, one.lost) for index, account in enumerate(self.accounts) for one in account.breaks][:20],
            "pump": unread | {"ticks": stats["ticks"], "stalls": stats["stalls"], "failures": stats["failures"]},
            "line_events": self.events,
            "alarms": self.alarms[:20],
        }


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(words: list[str]) -> int:
    """The command line."""
    seconds, seed = float(words[0]), int(words[1])
    loop = Loop(KernelDriver())
    for address in ("2:0", "2:1"):
        loop.destroy(address)  # the channel bank is not needed, and time is cheaper without it
    thirty = Thirty(loop, seed)
    thirty.settle()
    began_s, spoken_s = time.monotonic(), 0.0
    while spoken_s < seconds:
        piece_s = min(TOLD_EVERY_S, seconds - spoken_s)
        thirty.speak(piece_s)
        spoken_s += piece_s
        received = sum(account.arrived for account in thirty.accounts)
        _say(f"{spoken_s:.0f} s: {sum(thirty.sent)} octets sent, {received} received")
    thirty.drain()
    figures = thirty.figures() | {"spoken_s": seconds, "took_s": round(time.monotonic() - began_s, 1), "seed": seed}
    thirty.close()
    _say(json.dumps(figures))
    clean = figures["lost"] == figures["silence_put_in"] == 0 and not figures["breaks"] and not figures["alarms"]
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
