"""The counters by which a technician finds the line, the card or the machine that makes gaps."""

from __future__ import annotations

import errno

from boards.dahdi.media import ChannelStats, LockedMemory
from engine.telephony.media import BLOCK_SAMPLES
from tests.unit.boards.dahdi.pump_bench import FIRST_FD, SILENCE, Bench

DRIVER_BUFFERS = 4


def stats_of(bench: Bench, index: int) -> ChannelStats:
    """The counters of a channel, as they are now."""
    answers: list[ChannelStats] = []
    bench.pump.channel_stats(bench.ports[index], answers.append)
    bench.step()
    return answers[0]


def test_a_quiet_line_counts_its_blocks_and_nothing_else() -> None:
    """A line in good order has as many blocks read as written, and no other number is above zero."""
    bench = Bench(1)
    bench.run({0: SILENCE * 10})
    stats = stats_of(bench, 0)
    assert stats.blocks_read == 10
    assert stats == ChannelStats(blocks_read=stats.blocks_read, blocks_written=stats.blocks_written)
    assert 10 <= stats.blocks_written <= 12


def test_a_stall_is_counted_as_the_line_felt_it() -> None:
    """When the machine stood still for four blocks, the gaps counted are those that the line was sent, for that line and in all."""
    bench = Bench(2)
    bench.run({0: SILENCE * 5, 1: SILENCE * 5})
    before = bench.wires.counters(FIRST_FD).underrun
    for _ in range(4):
        bench.exchange({})
    bench.step()
    stats = stats_of(bench, 0)
    assert stats.blocks_late == 3
    assert stats.overflows == 1
    assert stats.underflows == (bench.wires.counters(FIRST_FD).underrun - before) // BLOCK_SAMPLES == 2
    whole = bench.stats()
    assert (whole.stalls, whole.blocks_late, whole.overflows, whole.underflows) == (1, 6, 2, 4)


def test_a_line_that_is_silent_when_others_speak_is_counted() -> None:
    """A card whose clock stands still is found by its missing blocks; its neighbour has none."""
    bench = Bench(2)
    bench.run({0: SILENCE * 5, 1: SILENCE * 5})
    bench.wires.exchange(FIRST_FD, SILENCE)
    bench.step()
    assert (stats_of(bench, 0).blocks_missing, stats_of(bench, 1).blocks_missing) == (0, 1)


def test_a_card_that_was_pulled_out_says_why() -> None:
    """The counters of a dead line name the error; the pump counts one failure, however long the line stays dead."""
    bench = Bench(2)
    bench.run({0: SILENCE * 2, 1: SILENCE * 2})
    bench.wires.unplug(FIRST_FD)
    bench.run({1: SILENCE * 5})
    assert stats_of(bench, 0).failure == errno.ENODEV
    assert stats_of(bench, 1).failure == 0
    assert bench.stats().failures == 1


def test_line_events_are_counted() -> None:
    """A chattering line is told from a quiet one by its number of events."""
    bench = Bench(1)
    for number in (18, 2, 18):
        bench.wires.raise_event(FIRST_FD, number)
    bench.run({0: SILENCE * 2})
    assert stats_of(bench, 0).line_events == 3


def test_a_channel_opened_anew_counts_from_nothing() -> None:
    """After a card was put back, what is counted is what happened since."""
    bench = Bench(1)
    bench.run({0: SILENCE * 5})
    bench.pump.close_channel(bench.ports[0])
    bench.step()
    bench.wires.open(FIRST_FD)
    bench.wires.configure(FIRST_FD, BLOCK_SAMPLES, DRIVER_BUFFERS, 0)
    bench.ports[0] = bench.pump.open_channel(FIRST_FD, lambda _heard: None)
    bench.step()
    assert stats_of(bench, 0).blocks_read == 0


def test_a_channel_that_is_closed_meanwhile_gives_no_answer() -> None:
    """Nobody is told the counters of a line that is gone."""
    bench = Bench(1)
    answers: list[ChannelStats] = []
    bench.pump.channel_stats(bench.ports[0], answers.append)
    bench.pump.close_channel(bench.ports[0])
    bench.step()
    assert len(answers) == 1
    assert bench.stats().locked is LockedMemory.NOTHING


MANY = 20
"""So many that most channels are asked for one block only."""


def test_a_stall_of_many_lines_is_caught_up_in_one_tick() -> None:
    """However many lines there are, after a stall all that they said is taken at once: delay does not stay."""
    bench = Bench(MANY)
    bench.run(dict.fromkeys(range(MANY), SILENCE * 9))
    for _ in range(4):
        bench.exchange({})
    assert bench.pump.tick() == 4 * MANY
    bench.exchange({})
    assert bench.pump.tick() == MANY


def test_a_line_that_is_a_block_ahead_of_many_is_caught_up_soon() -> None:
    """A card with a faster clock than the others' is heard without delay again within a fifth of a second."""
    bench = Bench(MANY)
    bench.run(dict.fromkeys(range(MANY), SILENCE * 9))
    bench.wires.exchange(FIRST_FD + 3, SILENCE)
    taken = 0
    for _ in range(8):
        bench.exchange({})
        taken += bench.pump.tick()
    assert taken == 8 * MANY + 1
