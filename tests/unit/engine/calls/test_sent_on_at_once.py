"""A customer who is sent on before the agent has been announced to him."""

from __future__ import annotations

from engine.people.actors import Actor, Role
from engine.telephony.numbers import CallerId
from tests.floor import Floor

LEADER = Actor(Role.ADMINISTRATOR, "leader")


def test_who_is_sent_on_while_the_agent_is_announced_hears_the_next_one(floor: Floor) -> None:
    """The announcement ends while the colleague's phone rings; who lifts it and the customer hear each other."""
    floor.login("1001")
    floor.line(1).offer(CallerId("13800138000"))
    floor.turn()
    floor.line(1).press("11")
    floor.clock.advance(30)
    floor.phone(1).lift()
    floor.turn()
    line, colleague = floor.line(1).port, floor.phone(2).port
    assert floor.bay.hears(floor.phone(1).port, line)
    assert not floor.bay.hears(line, floor.phone(1).port)
    floor.control.calls.transfer(LEADER, "phone-1", "802")
    floor.clock.advance(10)
    floor.phone(2).lift()
    assert floor.bay.hears(line, colleague)
    assert floor.bay.hears(colleague, line)
