"""Whether the appliance lives: reactor and pump."""

from __future__ import annotations

from appliance.watchdog import Pulse, Watchdog, looked
from tests.fakes import FakeClock


def test_a_pump_that_moves_lives_and_one_that_stands_does_not() -> None:
    """Looks at a standing pump are counted; as soon as it moves it lives again, also when its counter began anew."""
    assert looked(Pulse(100), 260) == Pulse(260, 0)
    assert looked(Pulse(100), 100) == Pulse(100, 1)
    assert looked(Pulse(100, 1), 100) == Pulse(100, 2)
    assert looked(Pulse(100, 2), 160) == Pulse(160, 0)
    assert looked(Pulse(100), 0).moves


class Box:
    """An appliance with a pump, on a clock moved by hand."""

    def __init__(self, timeout_s: float | None) -> None:
        self.clock = FakeClock()
        self.samples = 0
        self.told: list[str] = []
        self.dog = Watchdog(
            self.clock,
            lambda: self.samples,
            lambda: self.told.append("alive"),
            timeout_s,
            lambda: self.told.append("still"),
            lambda: self.told.append("again"),
        )
        self.dog.start()

    def live(self, seconds: int, samples_a_s: int = 8000) -> list[str]:
        """So many seconds; what was told in them."""
        self.told.clear()
        for _ in range(seconds):
            self.samples += samples_a_s
            self.clock.advance(1)
        return list(self.told)


def test_a_living_appliance_feeds_four_times_within_the_time_of_systemd() -> None:
    """One late look does no harm."""
    box = Box(20.0)
    assert box.live(20) == ["alive"] * 4


def test_a_reactor_that_turns_does_not_cover_up_a_pump_that_stands() -> None:
    """Nothing is fed while the pump stands, somebody is told once, and when it moves again that is told too."""
    box = Box(20.0)
    box.live(20)
    assert box.live(60, samples_a_s=0) == ["still"]
    assert box.live(10) == ["alive", "again", "alive"]
    assert box.live(60, samples_a_s=0) == ["still"]


def test_one_look_at_a_standing_pump_is_no_alarm() -> None:
    """A pump that missed one look, and then goes on, is fed on without a word."""
    box = Box(20.0)
    assert box.live(5, samples_a_s=0) == []
    assert box.live(5) == ["alive"]


def test_a_pump_that_stands_from_the_start_is_seen() -> None:
    """A board that never ticks is noticed at the second look."""
    assert Box(20.0).live(20, samples_a_s=0) == ["still"]


def test_without_systemd_a_standing_pump_is_noticed_too() -> None:
    """Started by hand, the appliance raises the alarm after 15 s."""
    assert Box(None).live(15, samples_a_s=0) == ["still"]


def test_a_stopped_watchdog_looks_no_more() -> None:
    """After the end nothing is fed."""
    box = Box(20.0)
    box.dog.stop()
    assert box.live(60) == []
