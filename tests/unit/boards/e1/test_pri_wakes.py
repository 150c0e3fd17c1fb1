"""Where somebody tells of frames that came, the D channel does not wait for its next look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from boards.e1.pri_span import WATCHED_LOOK_S
from tests.unit.boards.e1.e1_bench import E1Bench


def test_frames_are_read_when_they_are_told_and_no_more_after_the_end() -> None:
    """The descriptor that is watched is the D channel's; the telling ends before it is closed."""
    bench = E1Bench()
    board = bench.board
    acts: dict[int, Callable[[], None]] = {}
    ended: list[int] = []

    def watched(fd: int, act: Callable[[], None]) -> Callable[[], None]:
        acts[fd] = act
        return partial(ended.append, fd)

    span = board.pri_spans[0]
    span.stop()
    span._around = replace(span._around, wakes=watched)
    span.start()
    bench.world.run_for(1000)
    assert len(acts) == 1
    assert not ended
    next(iter(acts.values()))()  # with nothing to be read it does nothing
    span.stop()
    assert ended == list(acts)
    assert WATCHED_LOOK_S < 1.0  # libpri's shortest timer, T200
