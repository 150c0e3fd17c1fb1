"""What the media pump costs: microseconds of processor time for a channel and a second, over simulated wires.

Run ``python -m bench.pump`` from the checkout. All channels are bridged in pairs; the columns add what a call centre adds. Wires stand for
the driver, so the cost of system calls is not in these figures. Two more tables tell what a block of 160 samples costs in the codec, with and
without AVX2, and what conferences cost by their size.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from boards.dahdi._pump import ffi, lib

from boards.dahdi.media import Hearing, Pump, PumpLimits
from engine.telephony.conference import Conference
from engine.telephony.media import BLOCK_SAMPLES, Companding, Port
from hwsim.wires import Wires

FIRST_FD = 1000
SECONDS = 4
BLOCKS_PER_S = 50
CHANNELS = (8, 120, 480)
PARTIES = (2, 4, 8, 16, 32)
CODEC_SAMPLES = 160 * 65_536


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


def in_conference(pump: Pump, ports: list[Port]) -> None:
    """All in one conference."""
    conference = Conference(pump)
    for port in ports:
        conference.join(port)


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


def codec_ns(isa: int, law: Companding) -> tuple[float, float, float]:
    """Nanoseconds for a block: decode, encode, convert to the other law."""
    octets, samples = ffi.new("uint8_t[]", CODEC_SAMPLES), ffi.new("int16_t[]", CODEC_SAMPLES)
    for index in range(0, CODEC_SAMPLES, 37):
        octets[index] = index % 256
    before = lib.pump_isa()
    lib.pump_use_isa(isa)
    works: tuple[Callable[[], object], ...] = (
        lambda: lib.pump_law_decode(int(law), octets, samples, CODEC_SAMPLES),
        lambda: lib.pump_law_encode(int(law), samples, octets, CODEC_SAMPLES),
        lambda: lib.pump_law_convert(int(law), octets, octets, CODEC_SAMPLES),
    )
    spent = []
    for work in works:
        begin_s = time.thread_time()
        work()
        spent.append((time.thread_time() - begin_s) * 1e9 * BLOCK_SAMPLES / CODEC_SAMPLES)
    lib.pump_use_isa(before)
    return spent[0], spent[1], spent[2]


def main() -> None:
    """Print the tables."""
    loads = (bridged, with_keys, recorded, everything)
    print("us per channel-second  " + "".join(f"{load.__name__:>12}" for load in loads))
    for channels in CHANNELS:
        print(f"{channels:>4} channels          " + "".join(f"{cost_us(channels, load):>12.1f}" for load in loads))
    print("\nconference of          " + "".join(f"{parties:>12}" for parties in PARTIES))
    print("us per party-second    " + "".join(f"{cost_us(parties, in_conference):>12.1f}" for parties in PARTIES))
    print("\nns per block                 decode      encode     convert")
    for name, isa in (("portable", lib.PUMP_ISA_PORTABLE), ("AVX2", lib.PUMP_ISA_AVX2)):
        for law in Companding:
            print(f"{law.name:<8} {name:<14}" + "".join(f"{cost_ns:>12.1f}" for cost_ns in codec_ns(isa, law)))


if __name__ == "__main__":
    main()
