"""The reception: the right script for every caller, and what happens when one breaks."""

from __future__ import annotations

import pytest

from engine import facts
from engine.ivr.reception import Reception
from engine.ivr.session import Session
from engine.settings.site import FlowSection
from tests.floor import MUSIC, Floor


def receive_with(floor: Floor, script: object, queue_music: bytes = MUSIC) -> None:
    """Every caller on lines 1 to 4 is spoken to by this script."""
    reception = Reception(
        floor.bus,
        floor.clock,
        floor.switch,
        floor.acd,
        {trunk.name: trunk for trunk in floor.site.trunks},
        {flow.name: flow for flow in floor.site.flows},
        {"bilingual_menu": script},  # type: ignore[dict-item]  # a script is any coroutine function of these two arguments
        floor.prompts,
        {"service": queue_music},
    )
    floor.switch.wire(floor.desks, reception.incoming, floor.acd.agent_at)


def test_each_caller_has_a_dialogue_of_the_own(floor: Floor) -> None:
    """Two callers at one moment are spoken to side by side, each about the own call and with the flow's values."""
    seen: list[tuple[str, str]] = []

    async def script(session: Session, flow: FlowSection) -> None:
        seen.append((session.call.line, flow.queue))
        await session.answer()
        await session.say("welcome" if session.call.line == "line-1" else "menu")

    receive_with(floor, script)
    floor.calling(1)
    floor.calling(2)
    assert seen == [("line-1", "service"), ("line-2", "service")]
    assert [floor.bay.saying(floor.line(number).port) for number in (1, 2)] == [["zh/welcome"], ["zh/menu"]]


@pytest.mark.parametrize("after_s", [0.0, 1.1])
def test_a_broken_script_raises_an_alarm_and_ends_its_call_only(floor: Floor, after_s: float) -> None:
    """A fault in a service is told to a person by name; its caller is released, the others go on."""

    async def script(session: Session, _flow: FlowSection) -> None:
        await session.answer()
        if session.call.line == "line-1" and not after_s:
            raise ZeroDivisionError
        await session.say("welcome")
        if session.call.line == "line-1":
            raise ZeroDivisionError
        await session.say("menu")

    receive_with(floor, script)
    other = floor.calling(2)
    floor.line(1).offer()
    floor.clock.advance(after_s)
    (alarm,) = floor.told(facts.AlarmRaised)
    assert alarm.alarm == "ivr.script_failed"
    assert alarm.sentence == f"The script that spoke to the caller of {alarm.about} failed: ZeroDivisionError: "
    assert [(end.call, end.reason) for end in floor.told(facts.CallEnded)] == [(alarm.about, "script_failed")]
    assert list(floor.switch.calls) == [other.id]
    assert floor.line(1).does == "guard"
