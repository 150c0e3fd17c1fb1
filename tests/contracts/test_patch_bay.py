"""The patch bay's half of seam B: what every bay promises the engine, the media pump as well as the one without sound."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.kernel.errors import EnvironmentFault, OurFault
from engine.telephony.media import SILENCE_ALAW, Companding, Playing, Port, ToneStep, ear_of
from tests.board_benches import Bench, obey, station, trunk


class Ends:
    """Who is told that a sound has ended."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.told: list[tuple[int, bool]] = []
        self.inside = 0

    def __call__(self, played_samples: int, complete: bool) -> None:
        self.inside += self._bench.heard.commanding
        self.told.append((played_samples, complete))


def test_a_prompt_plays_to_its_end_and_says_so_once(bench: Bench) -> None:
    """What was played ends when it has been heard, not earlier, with its length; its place in the bay is then void."""
    ends = Ends(bench)
    port = station(bench).port
    playing = obey(bench, lambda: bench.bay.play(b"\xd5" * 8000, [port], ended=ends))
    bench.wait(0.9)
    assert ends.told == []
    bench.wait(0.2)
    assert ends.told == [(8000, True)]
    playing.stop()
    bench.wait(0.5)
    assert ends.told == [(8000, True)]
    with pytest.raises(OurFault):
        bench.bay.patch(playing.source, port)


def test_a_prompt_that_is_stopped_ends_once_and_incomplete(bench: Bench) -> None:
    """Stopping is told once, after the call has returned, with what was heard so far."""
    ends = Ends(bench)
    playing = obey(bench, lambda: bench.bay.play(b"\xd5" * 8000, [station(bench).port], ended=ends))
    bench.wait(0.4)
    obey(bench, playing.stop)
    obey(bench, playing.stop)
    assert ends.told == []
    bench.wait(0.1)
    ((played, complete),) = ends.told
    assert not complete
    assert 0.3 * 8000 <= played <= 0.5 * 8000
    assert ends.inside == 0


def test_a_prompt_may_begin_in_its_middle_or_be_empty(bench: Bench) -> None:
    """Music goes on where it was; an empty prompt ends at once."""
    ends = Ends(bench)
    port = station(bench).port
    bench.bay.play(b"\xd5" * 8000, [port], start_sample=6400, ended=ends)
    bench.bay.play(b"", [port], ended=ends)
    bench.wait(0.1)
    assert ends.told == [(0, True)]
    bench.wait(0.2)
    assert ends.told == [(0, True), (1600, True)]


def test_music_goes_round_until_it_is_stopped(bench: Bench) -> None:
    """A loop does not end by itself."""
    ends = Ends(bench)
    playing = bench.bay.play(b"\xd5" * 800, [station(bench).port], loop=True, ended=ends)
    bench.wait(3)
    assert ends.told == []
    playing.stop()
    bench.wait(0.1)
    assert [complete for _, complete in ends.told] == [False]


def test_a_tone_ends_after_its_last_step_or_goes_round(bench: Bench) -> None:
    """Digits end when they are out; a busy tone goes on until it is stopped."""
    once, endless = Ends(bench), Ends(bench)
    port = trunk(bench).port
    bench.bay.tone([ToneStep(100, 697, -9, 1209, -7), ToneStep(100)], [port], loop_from=None, ended=once)
    busy = bench.bay.tone([ToneStep(350, 450), ToneStep(350)], [port], ended=endless)
    bench.wait(2)
    assert once.told == [(1600, True)]
    assert endless.told == []
    busy.stop()
    bench.wait(0.1)
    assert len(endless.told) == 1


def test_what_makes_no_sense_in_the_bay_is_our_fault(bench: Bench) -> None:
    """A mistake of ours is told where it is made, not heard by a caller."""
    bay, port, other = bench.bay, station(bench).port, trunk(bench).port
    tap = bay.tap()
    wrong: list[Callable[[], object]] = [
        lambda: bay.patch(port, other, 12.5),
        lambda: bay.patch(port, other, -60.5),
        lambda: bay.patch(Port(-5), port),
        lambda: bay.patch(port, Port(999_999)),
        lambda: bay.patch(tap.left, port),
        lambda: bay.play(b"\xd5" * 8, [Port(999_999)]),
        lambda: bay.play(b"\xd5" * 8, [port], start_sample=9),
        lambda: bay.play(b"", [port], loop=True),
        lambda: bay.tone([], [port]),
        lambda: bay.tone([ToneStep(10)] * 257, [port]),
        lambda: bay.tone([ToneStep(10)], [port], loop_from=1),
        lambda: bay.tone([ToneStep(0)], [port]),
    ]
    for act in wrong:
        with pytest.raises(OurFault):
            act()
    playing = bay.play(b"\xd5" * 800, [port], loop=True)
    with pytest.raises(OurFault):
        bay.patch(port, playing.source)


def test_patches_come_and_go(bench: Bench) -> None:
    """Connecting twice changes the gain, disconnecting what is not connected does nothing, a conference of three can be made."""
    ports = [station(bench).port, station(bench, 1).port, trunk(bench).port]
    for source in ports:
        for sink in ports:
            if source != sink:
                obey(bench, lambda source=source, sink=sink: bench.bay.patch(source, sink, -3.0))  # type: ignore[misc]
                bench.bay.patch(source, sink)
    bench.wait(0.1)
    for source in ports:
        for sink in ports:
            obey(bench, lambda source=source, sink=sink: bench.bay.unpatch(source, sink))  # type: ignore[misc]
    bench.bay.unpatch(ports[0], ports[1])
    bench.wait(0.1)
    assert bench.heard.told == []


def test_a_tap_gives_stereo_frames_in_step_with_time(bench: Bench) -> None:
    """A recording is as long as the conversation was, also when nobody spoke; after closing it can be read to its end."""
    tap = bench.bay.tap()
    assert tap.left != tap.right
    bench.bay.patch(station(bench).port, tap.left)
    bench.bay.patch(trunk(bench).port, tap.right)
    bench.wait(2)
    first = tap.reader.read()
    assert len(first) % 2 == 0
    assert abs(len(first) // 2 - 16_000) <= 480
    assert not tap.reader.closed
    bench.wait(1)
    tap.close()
    tap.close()
    bench.wait(0.1)
    rest = tap.reader.read()
    assert abs(len(rest) // 2 - 8_000) <= 480
    assert tap.reader.closed
    assert tap.reader.read() == b""
    assert tap.reader.lost_frames == 0
    with pytest.raises(OurFault):
        bench.bay.patch(station(bench).port, tap.left)


def test_a_tap_goes_straight_into_a_file(bench: Bench, tmp_path: Path) -> None:
    """A recording on disk is as long as the conversation; a disk that is full is told to who writes, and does not end anything else."""
    tap = bench.bay.tap()
    bench.wait(1)
    with (tmp_path / "recording").open("wb") as file:
        file.write(b"head")
        file.flush()
        (first,) = bench.bay.write_taps([(tap.reader, file.fileno())])
        assert isinstance(first, int)
        bench.wait(0.5)
        (second,) = bench.bay.write_taps([(tap.reader, file.fileno())])
        assert isinstance(second, int)
        both = first + second
        assert file.seek(0, os.SEEK_END) == 4 + 2 * both
    assert abs(first - 8_000) <= 480
    assert abs(both - 12_000) <= 480
    assert (tmp_path / "recording").read_bytes()[4:] == bytes([SILENCE_ALAW]) * 2 * both
    bench.wait(0.1)
    other = bench.bay.tap()
    bench.wait(0.1)
    with Path("/dev/full").open("wb", buffering=0) as full, (tmp_path / "other").open("wb") as well:
        refusal, frames = bench.bay.write_taps([(tap.reader, full.fileno()), (other.reader, well.fileno())])
        assert isinstance(refusal, OSError)
        assert isinstance(frames, int)
        assert refusal.errno == errno.ENOSPC
        assert well.seek(0, os.SEEK_END) == 2 * frames > 0
    assert bench.bay.write_taps([]) == []


def test_a_tap_that_nobody_reads_counts_what_it_lost(bench: Bench) -> None:
    """A disk that is too slow costs frames, and the recording says how many."""
    tap = bench.bay.tap()
    bench.wait(20)
    kept = len(tap.reader.read()) // 2
    assert kept >= 10 * 8000
    assert abs(kept + tap.reader.lost_frames - 160_000) <= 480


def test_one_tap_goes_on_where_another_ends(bench: Bench) -> None:
    """When the parties of a recording change, the one file ends at the sample at which the next begins: nothing is lost, and nothing is in both."""
    bay, cuts = bench.bay, list[int]()
    first = bay.tap()
    with bay.together(cuts.append):
        bay.patch(station(bench).port, first.left)
    bench.wait(1)
    with bay.together(cuts.append):
        first.close()
        second = bay.tap()
        bay.patch(trunk(bench).port, second.left)
    assert len(cuts) == 1
    bench.wait(0.7)
    with bay.together(cuts.append):
        second.close()
    bench.wait(0.1)
    begun, cut, ended = cuts
    assert len(second.reader.read()) // 2 == ended - cut > 0
    assert len(first.reader.read()) // 2 == pytest.approx(cut - begun, abs=160)  # it was opened a moment before the mark
    assert first.reader.closed
    assert second.reader.closed


def test_commands_are_not_gathered_twice(bench: Bench) -> None:
    """What belongs to one block is said once; inside, another such group is a mistake."""
    with pytest.raises(OurFault), bench.bay.together(), bench.bay.together():
        pytest.fail("it was allowed")
    with bench.bay.together():
        bench.bay.patch(station(bench).port, trunk(bench).port)


def test_what_somebody_hears_goes_into_recordings_only(bench: Bench) -> None:
    """An ear can be recorded and nothing else; a line that does not exist has none."""
    port, other = station(bench).port, trunk(bench).port
    tap = bench.bay.tap()
    bench.bay.patch(ear_of(port), tap.left)
    bench.bay.patch(ear_of(other), tap.right, -6.0)
    for source, sink in ((ear_of(port), other), (ear_of(port), port), (ear_of(Port(999_999)), tap.left)):
        with pytest.raises(OurFault):
            bench.bay.patch(source, sink)
    bench.wait(0.1)
    bench.bay.unpatch(ear_of(port), tap.left)
    tap.close()
    bench.wait(0.1)
    assert len(tap.reader.read()) > 0


def test_a_prompt_of_either_law_has_a_gain(bench: Bench) -> None:
    """Prompts are played in their law at a gain between −60 and +12 dB; any other is a mistake."""
    ends = Ends(bench)
    port = station(bench).port
    for law in Companding:
        bench.bay.play(b"\xd5" * 800, [port], law=law, gain_db=-6.5, ended=ends)
    for gain_db in (-60.5, 12.5):
        with pytest.raises(OurFault):
            bench.bay.play(b"\xd5" * 800, [port], gain_db=gain_db)
    bench.wait(0.5)
    assert ends.told == [(800, True)] * 2


def test_too_many_sounds_at_once_are_refused_in_words(bench: Bench) -> None:
    """An overload is told, and what has ended makes room again."""
    port = station(bench).port
    playing: list[Playing] = []

    def overload() -> None:
        while len(playing) < 2000:
            playing.append(bench.bay.play(b"\xd5" * 8000, [port], loop=True))
            if len(playing) % 100 == 0:
                bench.wait(0.02)

    with pytest.raises(EnvironmentFault):
        overload()
    for each in playing:
        each.stop()
    bench.wait(0.1)
    bench.bay.play(b"\xd5" * 8, [port]).stop()


def test_a_full_command_ring_is_told(bench: Bench) -> None:
    """Commands without end within one block are refused, not lost in silence."""
    one, other = station(bench).port, trunk(bench).port

    def overload() -> None:
        for _ in range(10_000):
            bench.bay.patch(one, other)

    with pytest.raises(EnvironmentFault):
        overload()
    bench.wait(0.1)
    bench.bay.patch(one, other)


def test_the_sample_count_is_the_time(bench: Bench) -> None:
    """Facts can be found in a recording: the bay counts 8000 samples a second."""
    before = bench.bay.sample_now()
    bench.wait(1)
    assert bench.bay.sample_now() - before == 8000
