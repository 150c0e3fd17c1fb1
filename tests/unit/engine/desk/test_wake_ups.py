"""Wake-up calls and call-backs: phones that ring by themselves, at their time or when a colleague is free."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine import facts
from engine.desk.call_backs import CallBacks
from engine.desk.wake_ups import WakeUps, time_prompts
from engine.ivr.prompts import PROMPTS
from engine.settings.site import ServiceCodesSection
from tests.floor import Floor, a_site

CODES = ServiceCodesSection(wake_up_ring_s=20.0, wake_up_pause_s=60.0, wake_up_tries=2, call_back_min=10)
MS_A_MINUTE = 60_000


class Box(Floor):
    """A floor where wake-up calls and call-backs are looked after."""

    def __init__(self, **more: Any) -> None:
        super().__init__(replace(a_site(), service_codes=CODES, **more))
        operations, extensions = self.control.calls.operations, self.placing.extensions
        self.wake_ups = WakeUps(self.bus, self.clock, self.switch, operations, extensions, self.prompts, lambda _phone: "zh")
        self.call_backs = CallBacks(self.bus, self.clock, self.switch, operations, self.placing)

    def dials(self, keys: str, phone: int = 1) -> list[str]:
        """The handset is lifted if it is down, the keys are pressed; what is spoken then."""
        if not self.phone(phone).off_hook:
            self.phone(phone).lift()
        self.phone(phone).press(keys)
        self.turn()
        return self.bay.saying(self.phone(phone).port)

    def hangs_up(self, *phones: int) -> None:
        for phone in phones:
            self.phone(phone).hang_up()
        self.turn()

    def rings(self) -> list[int]:
        return [number for number in range(1, 5) if self.phone(number).ringing]

    def wants_waking(self, ahead_min: int = 2) -> str:
        """Extension 801 is to be woken so many minutes from now; the time that was typed."""
        local_min = self.clock.utc_ms() // MS_A_MINUTE + self.clock.utc_offset_min() + ahead_min
        typed = f"{local_min // 60 % 24:02}{local_min % 60:02}"
        assert self.dials(f"*55*{typed}#") == ["zh/service_set"]
        self.hangs_up(1)
        return f"{typed[:2]}:{typed[2:]}"

    def until_due(self, less_s: float = 0) -> None:
        """Time passes to the moment of the wake-up call that was set last."""
        due_ms = self.told(facts.WakeUpSet)[-1].due_utc_ms
        self.clock.advance((due_ms - self.clock.utc_ms()) / 1000 - less_s)


@pytest.fixture
def box() -> Box:
    return Box()


def test_the_phone_rings_at_its_time_and_tells_it(box: Box) -> None:
    """Lifted, it says what time it is, and then there is an end: the next day it does not ring."""
    time = box.wants_waking()
    box.until_due(1)
    assert box.rings() == []
    box.until_due()
    assert box.rings() == [1]
    box.phone(1).lift()
    box.turn()
    assert box.bay.saying(box.phone(1).port) == [f"zh/{name}" for name in time_prompts(time, "zh")]
    assert box.bay.tone_at(box.phone(1).port) == ()
    (ended,) = box.told(facts.WakeUpEnded)
    assert (ended.extension, ended.time, ended.answered, ended.tries) == ("801", time, True, 1)
    box.clock.advance(20)
    box.hangs_up(1)
    box.clock.advance(24 * 3600)
    assert box.rings() == []
    assert box.switch.calls == {}
    assert box.bugs == []


def test_who_does_not_answer_is_woken_again_and_given_up(box: Box) -> None:
    """Twenty seconds, a minute of peace, twenty seconds more; then it is told that nobody came."""
    box.wants_waking()
    box.until_due()
    assert box.rings() == [1]
    box.clock.advance(20.1)
    assert box.rings() == []
    box.clock.advance(60)
    assert box.rings() == [1]
    box.clock.advance(20.1)
    (ended,) = box.told(facts.WakeUpEnded)
    assert (ended.answered, ended.tries) == (False, 2)
    box.clock.advance(3600)
    assert box.rings() == []
    assert box.bugs == []


def test_a_busy_phone_is_tried_again(box: Box) -> None:
    """Its user talks at that moment: that is one try."""
    box.wants_waking()
    box.phone(1).lift()
    box.until_due()
    box.hangs_up(1)
    assert box.rings() == []
    box.clock.advance(60.1)
    assert box.rings() == [1]
    assert box.bugs == []


def test_a_wake_up_call_is_ended_or_set_anew(box: Box) -> None:
    """The last one counts; after #55# none does, and *#55# says the time while one is set. Nonsense is refused."""
    time = box.wants_waking(2)
    assert box.dials("*#55#") == ["zh/service_is_set", *(f"zh/digit_{digit}" for digit in time.replace(":", ""))]
    box.hangs_up(1)
    box.wants_waking(5)
    box.clock.advance(180)
    assert box.rings() == []
    assert box.dials("#55#") == ["zh/service_ended"]
    box.hangs_up(1)
    box.clock.advance(24 * 3600)
    assert box.rings() == []
    assert box.dials("*55*2460#") == ["zh/time_wrong"]
    assert box.bugs == []


def test_after_a_restart_it_rings_all_the_same(box: Box) -> None:
    """What is set waits; what was due a moment ago rings now; what was due long ago is told as missed."""
    due_ms = box.clock.utc_ms() + 60_000
    box.placing.extensions.memory.apply(_envelope(box, facts.WakeUpSet(extension="801", time="07:30", due_utc_ms=due_ms, by="")))
    box.placing.extensions.memory.apply(_envelope(box, facts.WakeUpSet(extension="802", time="07:20", due_utc_ms=due_ms - 300_000, by="")))
    box.placing.extensions.memory.apply(
        _envelope(box, facts.WakeUpSet(extension="803", time="05:20", due_utc_ms=due_ms - 7_500_000, by=""))
    )
    box.wake_ups.start()
    box.turn()
    assert box.rings() == [2]
    (ended,) = box.told(facts.WakeUpEnded)
    assert (ended.extension, ended.answered) == ("803", False)
    box.clock.advance(60)
    assert box.rings() == [1]
    assert box.bugs == []


def _envelope(box: Box, fact: facts.Fact) -> Any:
    return replace(box.heard[0], fact=fact) if box.heard else _first(box, fact)


def _first(box: Box, fact: facts.Fact) -> Any:
    box.bus.publish(facts.AlarmCleared(alarm="test", about=""))
    return replace(box.heard[0], fact=fact)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("time", ["00:00", "07:30", "19:05", "23:59"])
def test_every_time_can_be_told(time: str, language: str) -> None:
    """Each prompt is there in the language."""
    assert all(language in PROMPTS[name] for name in time_prompts(time, language))


def test_a_call_back_when_both_are_free(box: Box) -> None:
    """The colleague was busy; he hangs up, one's own phone rings, and lifted it rings at his."""
    box.phone(2).lift()
    box.turn()
    assert box.dials("802") == ["zh/not_allowed_now"]
    box.hangs_up(1)
    assert box.dials("*59#") == ["zh/service_set"]
    box.clock.advance(5)
    assert box.rings() == []
    box.hangs_up(1)
    box.clock.advance(5)
    assert box.rings() == []
    box.hangs_up(2)
    assert box.rings() == []
    box.clock.advance(2.1)
    assert box.rings() == [1]
    box.phone(1).lift()
    box.turn()
    assert box.rings() == [2]
    box.phone(2).lift()
    box.turn()
    assert box.bay.hears(box.phone(1).port, box.phone(2).port)
    assert box.bay.hears(box.phone(2).port, box.phone(1).port)
    box.hangs_up(1, 2)
    box.clock.advance(100)
    assert box.rings() == []
    (placed,) = box.told(facts.CallPlaced)
    assert (placed.phone, placed.called) == ("phone-1", "802")
    assert box.bugs == []


def test_a_call_back_that_nobody_wants_any_more(box: Box) -> None:
    """Ended by code, not lifted, or waited for in vain: nothing rings afterwards, and without a busy colleague before there is none."""
    assert box.dials("*59#") == ["zh/number_unknown"]
    box.hangs_up(1)
    box.phone(2).lift()
    box.turn()
    box.dials("802")
    box.hangs_up(1)
    box.dials("*59#")
    box.hangs_up(1)
    assert box.dials("#59#") == ["zh/service_ended"]
    box.hangs_up(1)
    box.hangs_up(2)
    box.clock.advance(10)
    assert box.rings() == []
    box.phone(2).lift()
    box.turn()
    box.dials("802")
    box.hangs_up(1)
    box.dials("*59#")
    box.hangs_up(1)
    box.hangs_up(2)
    box.clock.advance(3)
    assert box.rings() == [1]
    box.clock.advance(60.1)
    assert box.rings() == []
    box.phone(2).lift()
    box.turn()
    box.dials("802")
    box.hangs_up(1)
    box.dials("*59#")
    box.hangs_up(1)
    box.clock.advance(10 * 60 + 1)
    box.hangs_up(2)
    box.clock.advance(10)
    assert box.rings() == []
    assert box.bugs == []
