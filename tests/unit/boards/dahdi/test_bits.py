"""Bit errors between channels: a pattern played into one, and what is counted on another."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from boards.dahdi.bits import BitPattern, BitStats, pattern_octets
from boards.dahdi.heard import LineEvent, LineEventsFull
from engine.kernel.errors import OurFault
from engine.telephony.media import BLOCK_SAMPLES, Companding, Port
from tests.unit.boards.dahdi.pump_bench import FIRST_FD, SILENCE, Bench

SECOND_BLOCKS = 50
Line = Callable[[int, bytes], bytes]


def stats_of(bench: Bench, index: int) -> BitStats:
    """What the pump has counted on a channel."""
    told: list[BitStats] = []
    bench.pump.bit_stats(bench.ports[index], told.append)
    bench.step()
    (stats,) = told
    return stats


def looped(bench: Bench, blocks: int, line: Line = lambda _block, octets: octets) -> None:
    """Cable the two channels to each other for so many blocks; ``line`` is what the cable does to what the first one sends."""
    says = {0: SILENCE, 1: SILENCE}
    for block in range(blocks):
        got = bench.exchange(says)
        says = {0: got[1], 1: line(block, got[0])}
        bench.step()


@pytest.fixture
def bench() -> Bench:
    """Two channels; the first sends the long pattern, and both look for it."""
    bench = Bench(2)
    bench.pump.play(pattern_octets(BitPattern.LONG), [bench.ports[0]], loop=True)
    for port in bench.ports:
        bench.pump.check_bits(port, BitPattern.LONG)
    return bench


def test_a_cable_without_errors(bench: Bench) -> None:
    """Ten seconds over a perfect cable: ten seconds without an error, and nothing found in the silence of the other direction."""
    looped(bench, 10 * SECOND_BLOCKS + 10)
    good, silent = stats_of(bench, 1), stats_of(bench, 0)
    assert (good.in_step, good.seconds, good.bit_errors, good.slips, good.losses) == (True, 10, 0, 0, 0)
    assert (silent.in_step, silent.seconds, silent.octets) == (False, 0, 0)
    assert silent.waited_octets > 9 * 8000


def test_a_wrong_bit_is_one_error_in_one_second(bench: Bench) -> None:
    """A click on the line is one bit error, and the second in which it came is the only bad one."""
    looped(bench, 400, lambda block, octets: bytes([octets[0] ^ (block == 200)]) + octets[1:])
    stats = stats_of(bench, 1)
    assert (stats.bit_errors, stats.errored_seconds, stats.severely_errored_seconds) == (1, 1, 0)
    assert (stats.in_step, stats.slips, stats.losses) == (True, 0, 0)


def test_an_octet_that_is_lost_is_a_slip(bench: Bench) -> None:
    """One octet fewer than was sent: a slip of one octet, in one second."""
    kept = bytearray()

    def swallow(block: int, octets: bytes) -> bytes:
        kept.extend(octets)
        if block == 150:
            del kept[0]
        piece = bytes(kept[:BLOCK_SAMPLES])
        del kept[:BLOCK_SAMPLES]
        return piece

    # A cable that has a block in hand can give one octet too few only once it has some in store.
    kept.extend(SILENCE)
    looped(bench, 400, swallow)
    stats = stats_of(bench, 1)
    assert (stats.slips, stats.slipped_octets, stats.lost_seconds) == (1, 1, 1)
    assert stats.in_step


def test_mu_law_channels_pass_every_octet() -> None:
    """The pattern goes over a channel of either law without a bit being changed."""
    bench = Bench(1)
    fd = FIRST_FD
    bench.pump.close_channel(bench.ports[0])
    bench.step()
    bench.wires.open(fd, 0xFF)
    bench.wires.configure(fd, BLOCK_SAMPLES, 4, 0)
    port = bench.ports[0] = bench.pump.open_channel(fd, bench.heard[0].append, Companding.MU_LAW)
    bench.pump.play(pattern_octets(BitPattern.SHORT), [port], loop=True, law=Companding.MU_LAW)
    bench.pump.check_bits(port, BitPattern.SHORT)
    says = SILENCE
    for _ in range(3 * SECOND_BLOCKS):
        (says,) = bench.exchange({0: says})
        bench.step()
    stats = stats_of(bench, 0)
    assert stats.in_step
    assert (stats.seconds, stats.bit_errors) == (2, 0)


def test_a_check_is_ended(bench: Bench) -> None:
    """After the test nothing is counted, and a new one begins at nought."""
    looped(bench, 100)
    bench.pump.check_bits(bench.ports[1], None)
    told: list[BitStats] = []
    bench.pump.bit_stats(bench.ports[1], told.append)
    bench.step()
    assert told == []
    bench.pump.check_bits(bench.ports[1], BitPattern.LONG)
    assert stats_of(bench, 1).octets == 0
    with pytest.raises(OurFault):
        bench.pump.check_bits(Port(7), BitPattern.LONG)


def test_a_full_queue_of_events_is_told_after_them() -> None:
    """When the driver's queue was full, the line hears that there may have been more; with fewer it does not."""
    bench = Bench(1)
    for number in range(62):
        bench.wires.raise_event(FIRST_FD, 1 + number % 2)
    bench.exchange({})
    bench.step()
    assert len(bench.heard[0]) == 62
    bench.heard[0].clear()
    for _ in range(70):
        bench.wires.raise_event(FIRST_FD, 1)
    bench.exchange({})
    bench.step()
    assert [type(heard) for heard in bench.heard[0]] == [LineEvent] * 63 + [LineEventsFull]
