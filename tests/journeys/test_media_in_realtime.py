"""The pump's thread on channels that cost system calls, beside a Python that has no time for it."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from contextlib import closing

import numpy as np
import pytest

from boards.dahdi.media import Pump, PumpLimits, Wake
from hwsim.babble import babble
from hwsim.pipes import BLOCKS_A_S, PipeCard

pytestmark = pytest.mark.alone

CHANNELS = 4
TICKS_MOST = 120 * BLOCKS_A_S
HELD_TICKS = 3 * BLOCKS_A_S
WINDOWS_MOST = 8
BUSY = 30_000_000
"""Numbers that are added up in one go, some tenths of a second, with the interpreter's lock held all the while."""
PRIORITY = 80


def blocks_stolen(control_us: np.ndarray[tuple[int], np.dtype[np.uint32]]) -> int:
    """Blocks of a channel that may be lost because even a thread with nothing to do was not let run: none on a machine of one's own."""
    return sum(math.ceil(late_us / 20_000) + 1 for late_us in control_us if late_us > 2000)


def test_audio_does_not_notice_that_python_is_stuck() -> None:
    """While something holds the interpreter for three seconds and no other line of Python runs, two bridged calls have no gap.

    What the machine takes from everybody, even from a thread with nothing to do, is taken off; where that is most of the time, which says
    nothing of the pump, the next three seconds are looked at as well.
    """
    card = PipeCard(CHANNELS, TICKS_MOST, babble(1, 2.0), PRIORITY + 5)
    with closing(card), closing(Pump(card.io, lambda _key, _sentence: None, PumpLimits(ports=16, taps=1))) as pump:
        pump.start(card.tick_fd, Wake.COUNTER, PRIORITY)
        ports = [pump.open_channel(fd, lambda _heard: None) for fd in card.descriptors]
        for one, other in zip(ports[::2], ports[1::2], strict=True):
            pump.patch(one, other)
            pump.patch(other, one)
        card.start()
        while card.memory.counters().taken < CHANNELS * 10:
            assert card.alive
            pump.poll()
        for _ in range(WINDOWS_MOST):
            stolen = held_and_judged(card)
            if stolen < HELD_TICKS / 2:
                break
            pump.poll()


def held_and_judged(card: PipeCard) -> int:
    """Hold the interpreter and look for gaps; how many blocks of each channel may have been lost by the machine's fault."""
    before = card.memory.counters()
    while card.memory.counters().ticks < before.ticks + HELD_TICKS:
        assert card.alive
        sum(range(BUSY))
    after = card.memory.counters()
    stolen = blocks_stolen(card.control_us(before.ticks, after.ticks))
    if not card.realtime:  # then others may take the processor from the pump as well
        stolen += HELD_TICKS // 4
    lost = after.missed - before.missed + after.refused - before.refused
    assert lost <= CHANNELS * stolen
    assert after.taken - before.taken >= CHANNELS * (HELD_TICKS - stolen - 2)  # two at the borders
    assert after.taken > before.taken
    return stolen


def test_the_measurement_measures() -> None:
    """``strowger bench media`` carries, hears and records calls, and prints one object with every figure that the handbook names."""
    command = [sys.executable, "-m", "appliance.cli", "bench", "media", "--channels", "4", "--seconds", "1", "--events", "500", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, "LC_ALL": "C"})
    assert done.returncode in {0, 3}, done.stderr
    figures = json.loads(done.stdout)
    assert done.returncode == (3 if figures["void"] else 0)
    assert (figures["channels"], figures["calls"], figures["load"]) == (4, 2, "none")
    assert figures["recordings"] == {"started": 2, "failed": 0, "overruns": 0}
    assert figures["cpu_ms_per_call_second"] > figures["cpu"]["recorder_ms"] > 0
    calls = figures["system_calls_per_call_second"]
    assert calls["floor"] == {"reads": 100, "writes": 100}
    assert min(calls["pump"]["reads"], calls["pump"]["writes"]) > 50
    assert 0.5 < calls["recorder"]["writes"] < 10
    assert 0 < figures["lateness_ms"]["p50"] <= figures["lateness_ms"]["p99"] <= figures["lateness_ms"]["max"]
    assert figures["control_lateness_ms"]["p99"] <= figures["control_lateness_ms"]["max"]
    assert figures["void"] == (figures["control_lateness_ms"]["max"] > 2)
    assert figures["events"]["count"] > 100
    assert figures["events"]["p50_ms"] <= figures["events"]["p99_ms"]
    for name in ("seconds", "late_blocks", "lost_blocks", "realtime", "locked", "machine"):
        assert name in figures
