"""What the media pump costs: microseconds of processor time for a channel and a second, over simulated wires.

Run ``python -m bench.pump`` from the checkout. All channels are bridged in pairs; the columns add what a call centre adds. Wires stand for
the driver, so the cost of system calls is not in these figures.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from boards.dahdi.media import Hearing, Pump, PumpLimits
from engine.telephony.media import BLOCK_SAMPLES, Port
from hwsim.wires import Wires

FIRST_FD = 1000
SECONDS = 4
BLOCKS_PER_S = 50
CHANNELS = (8, 120, 480)


def bridged(pump: Pump, ports: list[Port]) -> None:
    """Calls and nothing else."""
    for one, other in zip(ports[::2], ports[1::2], strict=True):
        pump.patch(one, other)
        pump.patch(other, one)


def with_keys(pump: Pump, ports: list[Port]) -> None:
    """Every channel listens for keys."""
    bridged(pump, ports)
    for port in ports:
        pump.listen(port, Hearing.KEYS)


def recorded(pump: Pump, ports: list[Port]) -> None:
    """Every channel listens for keys and every call is recorded."""
    with_keys(pump, ports)
    for one, other in zip(ports[::2], ports[1::2], strict=True):
        tap = pump.tap()
        pump.patch(one, tap.left)
        pump.patch(other, tap.right)


def everything(pump: Pump, ports: list[Port]) -> None:
    """Recorded, with music mixed in at −20 dB, and all detectors."""
    recorded(pump, ports)
    music = pump.play(bytes(range(256)) * 100, [], loop=True)
    for port in ports:
        pump.patch(music.source, port, -20)
        pump.listen(port, Hearing.KEYS | Hearing.PROGRESS | Hearing.CALLER_ID)


def cost_us(channels: int, connect: Callable[[Pump, list[Port]], None]) -> float:
    """Processor time of the ticks alone."""
    wires = Wires(channels, FIRST_FD)
    pump = Pump(wires.io, lambda _key, _sentence: None, PumpLimits(commands=8192))
    ports = []
    for fd in wires.descriptors:
        wires.open(fd)
        wires.configure(fd, BLOCK_SAMPLES, 4, 0)
        ports.append(pump.open_channel(fd, lambda _heard: None))
    connect(pump, ports)
    pump.tick()
    spent_s = 0.0
    said = bytes((sample * 37) % 256 for sample in range(BLOCK_SAMPLES))
    for _ in range(SECONDS * BLOCKS_PER_S):
        for fd in wires.descriptors:
            wires.exchange(fd, said)
        begin_s = time.thread_time()
        pump.tick()
        spent_s += time.thread_time() - begin_s
        pump.poll()
    pump.close()
    return spent_s * 1e6 / (channels * SECONDS)


def main() -> None:
    """Print the table."""
    loads = (bridged, with_keys, recorded, everything)
    print("us per channel-second  " + "".join(f"{load.__name__:>12}" for load in loads))
    for channels in CHANNELS:
        print(f"{channels:>4} channels          " + "".join(f"{cost_us(channels, load):>12.1f}" for load in loads))


if __name__ == "__main__":
    main()
