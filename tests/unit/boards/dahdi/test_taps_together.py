"""Taps of the media pump that change hands: commands that are obeyed at one block, and where."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from boards.dahdi.media import TOGETHER_MOST, PumpLimits
from engine.kernel.errors import EnvironmentFault
from engine.telephony.media import BLOCK_SAMPLES, TapReader
from tests.unit.boards.dahdi.pump_bench import Bench

BLOCKS = bytes(octet for block in range(1, 21) for octet in [block] * BLOCK_SAMPLES)
"""Each block sounds of its number."""


def left_of(reader: TapReader) -> bytes:
    """One octet for each block of the left track."""
    return reader.read()[0 :: 2 * BLOCK_SAMPLES]


def test_a_cut_loses_and_repeats_nothing() -> None:
    """When a customer is transferred, every block of his voice is in exactly one of the two files, and their samples say where they belong."""
    bench = Bench()
    pump, caller = bench.pump, bench.ports[0]
    marks: list[int] = []
    with pump.together(marks.append):
        first = pump.tap()
        pump.patch(caller, first.left)
    bench.run({0: BLOCKS[: 7 * BLOCK_SAMPLES]})
    with pump.together(marks.append):
        first.close()
        second = pump.tap()
        pump.patch(caller, second.left)
    bench.run({0: BLOCKS[7 * BLOCK_SAMPLES :]})
    with pump.together(marks.append):
        second.close()
    bench.step()
    whole = left_of(first.reader) + left_of(second.reader)
    assert whole.strip(b"\xd5") == bytes(range(1, 21))
    assert marks[2] - marks[0] == len(whole) * BLOCK_SAMPLES
    assert first.reader.closed
    assert second.reader.closed


def test_a_thread_that_ticks_sees_all_or_nothing() -> None:
    """However the pump's thread falls between the recorder's commands, a segment ends where the next begins."""
    bench = Bench()
    pump, caller = bench.pump, bench.ports[0]
    marks: list[int] = []
    readers: list[TapReader] = []
    over = threading.Event()

    def tick() -> None:
        while not over.is_set():
            bench.exchange({})
            pump.tick()

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        tap = None
        for _ in range(60):
            with pump.together(marks.append):
                if tap is not None:
                    tap.close()
                tap = pump.tap()
                pump.patch(caller, tap.left)
            readers.append(tap.reader)
            pump.poll()
    finally:
        over.set()
        thread.join()
    bench.step()
    lengths = [len(reader.read()) // 2 for reader in readers[:-1]]
    assert lengths == [after - before for before, after in pairwise(marks)]


def test_without_room_nothing_of_it_is_done() -> None:
    """A command ring that is nearly full refuses the whole change, so no recording is left half connected."""
    bench = Bench(limits=PumpLimits(commands=128))
    pump = bench.pump
    for _ in range(128 - TOGETHER_MOST + 1):
        pump.hold_channel(bench.ports[0], held=False)
    with pytest.raises(EnvironmentFault, match="ring is full"), pump.together():
        pytest.fail("it was begun")
    bench.step()

    def too_many() -> None:
        with pump.together():
            for _ in range(TOGETHER_MOST + 1):
                pump.hold_channel(bench.ports[0], held=False)

    with pytest.raises(EnvironmentFault, match="ring is full"):
        too_many()
    bench.step()
    with pump.together():
        pump.hold_channel(bench.ports[0], held=False)
