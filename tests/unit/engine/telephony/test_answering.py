"""Whether somebody has answered, by ear: what exchanges and people sound after dialling, as events in time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from engine.kernel.fsm import Expired, Machine, Start, Stop, Timer
from engine.telephony import answering as a

Played = Sequence[tuple[float, object]]


def answered_at(played: Played, until_s: float = 60.0) -> float | None:
    """When the ear says that somebody has answered, in seconds; None when it never does. Timers run as in the runner."""
    machine = Machine(a.TABLE)
    running: dict[Timer, float] = {}
    waiting = sorted(played, key=lambda step: step[0])
    now_s = 0.0
    while waiting or running:
        due = min(running.items(), key=lambda item: item[1], default=None)
        if due is not None and (not waiting or due[1] <= waiting[0][0]):
            timer, now_s = due
            del running[timer]
            event: object = Expired(timer)
        else:
            now_s, event = waiting.pop(0)
        if now_s > until_s:
            return None
        before = type(machine.state)
        for effect in machine.handle(event):
            match effect:
                case a.FarEndAnswered():
                    return now_s
                case Start(timer, seconds):
                    running[timer] = now_s + (timer.default_s if seconds is None else seconds)
                case Stop(timer):
                    running.pop(timer, None)
        if type(machine.state) is not before:
            running = {timer: at_s for timer, at_s in running.items() if timer in machine.timers_now()}
    return None


def sound(begin_s: float, length_s: float) -> list[tuple[float, object]]:
    """A sound as the pump tells it: its beginning 40 ms late, its end 200 ms late."""
    end_s = begin_s + length_s
    return [(begin_s + 0.04, a.SoundBegan(begin_s * 1000)), (end_s + 0.2, a.SoundEnded(end_s * 1000))]


def ringing(bursts: int) -> list[tuple[float, object]]:
    """Ringback from second 0 on, a burst every five seconds, known 0.8 s after the first begins."""
    return [(0.8, a.RingbackHeard()), *(step for burst in range(bursts) for step in sound(5.0 * burst, 1.0))]


def gone(at_s: float) -> list[tuple[float, object]]:
    return [(at_s, a.RingbackGone(at_s * 1000))]


@pytest.mark.parametrize(
    ("what", "played", "at_s"),
    [
        ("nothing but ringback", ringing(8), None),
        ("speech in a pause", [*ringing(2), *gone(8.05), *sound(8.0, 2.4)], 9.55),
        ("one word in a pause", [*ringing(2), *gone(8.05), *sound(8.0, 0.4)], 11.6),
        ("a burst that turns into speech", [*ringing(1), (5.04, a.SoundBegan(5000)), *gone(5.5), (7.5, a.SoundEnded(7300))], 7.0),
        ("a silent answer, then a word", [*ringing(1), *gone(5.5), *sound(9.0, 0.5)], 12.7),
        ("a click, and ringback again", [*ringing(2), *gone(8.02), *sound(8.0, 0.05), (10.8, a.RingbackHeard()), *sound(10.0, 1.0)], None),
        ("ringback again while it was in doubt", [*ringing(2), *gone(8.1), *sound(8.0, 0.3), (9.5, a.RingbackHeard())], None),
        (
            "ringback, then busy tone",
            [*ringing(2), *gone(8.4), *(step for n in range(5) for step in sound(8.0 + 0.7 * n, 0.35)), (9.8, a.OtherToneHeard())],
            None,
        ),
        ("an announcement before any ringback", [step for n in range(8) for step in sound(1.0 + 2.5 * n, 2.0)], None),
        ("music that goes on", sound(1.0, 50.0), None),
        ("music with short rests", [step for n in range(6) for step in sound(1.0 + 8.4 * n, 8.0)], None),
        ("music that begins again", [*sound(1.0, 10.0), *sound(13.0, 10.0), *sound(25.0, 10.0)], None),
        ("music, a pause, a word, silence", [*sound(1.0, 10.0), *sound(12.5, 0.6)], 13.9),
        ("music, then ringback", [*sound(1.0, 10.0), (13.0, a.RingbackHeard()), *gone(15.0), *sound(15.0, 2.0)], 16.54),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_an_answer_and_what_is_not(what: str, played: Played, at_s: float | None) -> None:
    """The call counts as answered when a person would say so, and never by ringing, busy tone or music."""
    found = answered_at(played, 58.0)
    if at_s is None:
        assert found is None, what
    else:
        assert found == pytest.approx(at_s, abs=0.1), what


def test_it_is_decided_once() -> None:
    """After the answer nothing that is heard answers again."""
    machine = Machine(a.TABLE, a.Answered())
    for event in (a.RingbackHeard(), a.RingbackGone(1.0), a.OtherToneHeard(), a.SoundBegan(1.0), a.SoundEnded(2.0)):
        assert machine.handle(event) == ()


def test_every_pair_has_been_thought_of() -> None:
    """Nothing that can be heard meets a state without a rule; only timers that do not run there are refused."""
    table = a.TABLE
    keys = table.keys()
    refused = {(state, key) for state in table.states() for key in keys if (state, key) not in {*table.rows, *table.ignored}}
    timers = {timer for running in table.timers.values() for timer in running}
    assert refused == {(state, timer) for state in table.states() for timer in timers if timer not in table.timers.get(state, ())}
