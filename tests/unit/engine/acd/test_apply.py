"""Another version of queues and agents while calls wait and agents talk: nobody loses a call or a place."""

from __future__ import annotations

from dataclasses import replace

from engine import facts
from engine.acd import agent as a
from engine.settings.site import AgentSection, QueueSection
from tests.floor import Floor
from tests.unit.engine.acd.test_acd import offers, queued


def test_a_new_agent_can_log_in_and_serve(floor: Floor) -> None:
    """An agent who was added a moment ago gets the caller who has waited since before."""
    call, _ = queued(floor, 1)
    site = floor.site
    queues = tuple(replace(queue, agents=(*queue.agents, "1009")) for queue in site.queues)
    floor.acd.apply(queues, (*site.agents, AgentSection(number="1009", pin="2222")))
    floor.acd.login("1009", "phone-2", ready=True)
    assert offers(floor) == ["1009"]
    assert floor.acd.place(call.id) == 1


def test_a_removed_agent_leaves_after_the_conversation(floor: Floor) -> None:
    """Taking an agent off the list cuts nobody off: the agent is gone when the call is over."""
    floor.login("1001")
    queued(floor, 1)
    floor.phone(1).lift()
    floor.acd.apply(floor.site.queues, floor.site.agents[1:])
    assert isinstance(floor.agent("1001").state, a.Talking)
    floor.line(1).hang_up()
    assert "1001" not in floor.acd.agents


def test_a_removed_agent_who_rings_gives_the_caller_back(floor: Floor) -> None:
    """The bell stops, and the next agent is rung for the same caller at the same place."""
    floor.login("1001", "1002")
    call, _ = queued(floor, 1)
    assert offers(floor) == ["1001"]
    floor.acd.apply(floor.site.queues, floor.site.agents[1:])
    assert not floor.phone(1).ringing
    assert offers(floor) == ["1001", "1002"]
    assert floor.acd.place(call.id) == 1
    assert "1001" not in floor.acd.agents


def test_a_removed_agent_in_a_call_of_the_own_leaves_after_it(floor: Floor) -> None:
    """As in a conversation, and back on the list in time the agent stays."""
    floor.login("1001")
    floor.agent("1001").post(a.OwnCallBegan("b1-c9"))
    floor.acd.apply(floor.site.queues, floor.site.agents[1:])
    assert isinstance(floor.agent("1001").state, a.OwnCall)
    floor.agent("1001").post(a.OwnCallOver(5))
    assert "1001" not in floor.acd.agents


def test_a_removed_agent_cannot_stay_by_pressing_ready(floor: Floor) -> None:
    """Taking the logging out back during the call does not help who is not on the list any more."""
    floor.login("1001")
    queued(floor, 1)
    floor.phone(1).lift()
    floor.acd.apply(floor.site.queues, floor.site.agents[1:])
    floor.agent("1001").post(a.BecomeReady(5))
    floor.line(1).hang_up()
    assert "1001" not in floor.acd.agents


def test_who_waits_in_a_removed_queue_is_still_served(floor: Floor) -> None:
    """The queue is gone from the site; its callers keep their places until they are answered, then it is gone from the board."""
    call, _ = queued(floor, 1, "vip")
    floor.acd.apply(floor.site.queues[:1], floor.site.agents)
    assert [queue.name for queue in floor.acd.queues_in_use()] == ["service", "vip"]
    assert floor.acd.place(call.id) == 1
    floor.login("1004")
    assert offers(floor) == ["1004"]
    floor.phone(4).lift()
    assert [queue.name for queue in floor.acd.queues_in_use()] == ["service"]


def test_a_call_on_its_way_to_a_removed_queue_arrives(floor: Floor) -> None:
    """A caller who was in the menu when the queue was removed keeps what the call began with."""
    floor.acd.apply(floor.site.queues[:1], floor.site.agents)
    call, _ = queued(floor, 1, "vip")
    assert floor.acd.place(call.id) == 1


def test_new_ring_time_holds_from_the_next_offer_on(floor: Floor) -> None:
    """An offer under way ends as it began; the next caller's rings as the new settings say."""
    floor.login("1001")
    call, _ = queued(floor, 1)
    quicker = tuple(replace(queue, ring_timeout_s=5.0, miss_pause_s=0.0, misses_until_not_ready=9) for queue in floor.site.queues)
    floor.acd.apply(quicker, floor.site.agents)
    floor.clock.advance(19.9)
    assert floor.told(facts.OfferEnded) == []
    floor.clock.advance(0.2)
    assert [offer.outcome for offer in floor.told(facts.OfferEnded)] == ["no_answer"]
    floor.line(1).hang_up()
    assert floor.acd.place(call.id) == 0


def test_membership_changes_at_once(floor: Floor) -> None:
    """An agent put into a queue where somebody waits is rung at once."""
    floor.login("1001")
    queued(floor, 1, "vip")
    assert offers(floor) == []
    queues = (floor.site.queues[0], QueueSection(name="vip", agents=("1001",)))
    floor.acd.apply(queues, floor.site.agents)
    assert offers(floor) == ["1001"]
