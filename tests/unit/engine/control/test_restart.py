"""Restarting: at once, when no call is left, and not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine import facts
from engine.control.restart import RestartControl, restart_answers
from engine.kernel.bus import Bus
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import Text, text
from engine.people.actors import Act, Actor, Role
from tests.fakes import FakeClock

TECHNICIAN = Actor(Role.TECHNICIAN, "uid 0")


class Machine:
    """Notes what is asked of it; ``fault`` is why there is no reboot."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fault: Text | None = None

    def restart(self) -> None:
        self.asked.append("restart")

    def reboot(self, done: Callable[[], None], failed: Callable[[Text], None]) -> None:
        self.asked.append("reboot")
        if self.fault is not None:
            failed(self.fault)
        else:
            done()


class House:
    """A restart control with calls that the test counts."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.machine = Machine()
        self.calls = 0
        self.allowed = False
        self.told: list[Any] = []
        bus = Bus(self.clock, "b1", 1, lambda: 0, lambda _name, _envelope, error: self.told.append(error))
        bus.subscribe("test", lambda envelope: self.told.append(envelope.fact))
        control = RestartControl(bus, self.clock, lambda: self.calls, self.machine, lambda: self.allowed, lambda _line: None)
        self.answers = restart_answers(control)

    def ask(self, command: str, **arguments: object) -> Any:
        answers: list[Any] = []
        self.answers[command][1](TECHNICIAN, arguments, answers.append, answers.append)
        return answers[0]


@pytest.fixture
def house() -> House:
    return House()


def test_a_restart_happens_after_the_answer(house: House) -> None:
    """Who asked reads that it is going on; then the process is asked, once, and a second asking is refused."""
    house.calls = 2
    answer = house.ask("restart", when="now")
    assert (answer["going"], answer["calls"], house.machine.asked) == (True, 2, [])
    assert house.told == [facts.RestartRequested(what="restart", when="now", by="uid 0")]
    for command in ("restart", "restart_cancel", "reboot"):
        with pytest.raises(Refused, match="restarting already"):
            house.ask(command)
    house.clock.advance(5)
    assert house.machine.asked == ["restart"]


def test_when_idle_waits_for_the_last_call(house: House) -> None:
    """No call is lost: it happens only when none is left, and until then everybody can see that it waits."""
    house.calls = 1
    assert house.ask("restart", when="idle")["pending"] is True
    house.clock.advance(3600)
    assert house.machine.asked == []
    assert house.ask("restart_state")["by"] == "uid 0"
    with pytest.raises(Refused, match="waits already, wanted by uid 0"):
        house.ask("restart", when="idle")
    house.calls = 0
    house.clock.advance(3)
    assert house.machine.asked == ["restart"]


def test_when_idle_without_calls_is_now(house: House) -> None:
    """Nobody waits for nothing."""
    assert house.ask("restart", when="idle")["going"] is True


def test_a_waiting_restart_can_be_cancelled(house: House) -> None:
    """Whoever changes his mind is heard, and it is told."""
    house.calls = 1
    house.ask("restart", when="idle")
    assert house.ask("restart_cancel")["pending"] is False
    house.calls = 0
    house.clock.advance(60)
    assert house.machine.asked == []
    assert house.told[-1] == facts.RestartCancelled(by="uid 0")
    with pytest.raises(Refused, match="No restart is waiting"):
        house.ask("restart_cancel")


def test_now_overtakes_when_idle(house: House) -> None:
    """A waiting restart that is wanted at once after all happens once."""
    house.calls = 1
    house.ask("restart", when="idle")
    house.ask("restart", when="now")
    house.calls = 0
    house.clock.advance(60)
    assert house.machine.asked == ["restart"]


def test_a_reboot_needs_the_sites_word_and_the_systems(house: House) -> None:
    """A site that does not allow it is told so; a system that refuses is quoted; nothing pretends to happen."""
    with pytest.raises(Refused, match=r"console\.reboot_allowed"):
        house.ask("reboot")
    house.allowed = True
    house.machine.fault = text("Interactive authentication required.")
    assert str(house.ask("reboot")) == "Interactive authentication required."
    house.machine.fault = None
    assert house.ask("reboot")["reboot_allowed"] is True
    assert house.machine.asked == ["reboot", "reboot"]


def test_only_who_may_restart(house: House) -> None:
    """Every one of the commands needs the right for it; anything but now and idle is a sentence."""
    assert {act for act, _answer in house.answers.values()} == {Act.RESTART}
    with pytest.raises(BadInput, match="expected now or idle"):
        house.ask("restart", when="soon")
