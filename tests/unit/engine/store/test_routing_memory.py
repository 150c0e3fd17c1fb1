"""What routing knows after a restart: limits, switches and lists are those of before, from the journal or from its checkpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.executors import VirtualExecutor
from engine import facts
from engine.calls.routing.decision import DayUse
from engine.calls.routing.memory import local_moment
from engine.calls.services.memory import ExtensionServices, Forward
from engine.kernel.bus import Bus
from engine.store.recovery import recover
from engine.store.writer import Store
from tests.fakes import EPOCH_UTC_MS, FakeClock

TODAY = local_moment(EPOCH_UTC_MS, 480).date()


@pytest.mark.parametrize("checkpoint_facts", [3, 1000])
def test_a_restart_gives_nobody_a_fresh_limit(tmp_path: Path, checkpoint_facts: int) -> None:
    """Who has called his two minutes today has called them after a restart too; the office is still closed, the nuisance still listed."""
    clock, past = FakeClock(), recover(tmp_path)
    bus = Bus(clock, "b1", past.next_seq, lambda: 0, lambda _name, _envelope, error: pytest.fail(str(error)))
    store = Store(bus, clock, VirtualExecutor(clock, 0.001), tmp_path, past, alarm=lambda _alarm: None, checkpoint_facts=checkpoint_facts)
    bus.publish(facts.CallPlaced(call="b1-c1", phone="phone-801", extension="801", agent="", called="10086", line="line-1"), "b1-c1")
    bus.publish(facts.CallAnswered(call="b1-c1", supervision="polarity"), "b1-c1")
    bus.publish(facts.TimeConditionSwitched(condition="office", position="closed", by="phone-801"))
    clock.advance(120)
    bus.publish(facts.CallEnded(call="b1-c1", cause=16, reason="hung_up", released_by="agent"), "b1-c1")
    bus.publish(facts.NumberListingRequested(request="b1-q1", number="139", list="nuisance", reason="rude", by="lina"))
    bus.publish(facts.NumberListingDecided(request="b1-q1", number="139", list="nuisance", approved=True, by="wang"))
    bus.publish(facts.NumberListingRequested(request="b1-q2", number="138", list="nuisance", reason="rude", by="lina"))
    store.close()
    clock.advance(1)
    again = recover(tmp_path)
    assert again.routing.today(TODAY) == {"phone-801": DayUse(1, 120.0)}
    assert again.routing.switched == {"office": "closed"}
    assert again.routing.listed == {"nuisance": frozenset({"139"})}
    assert list(again.routing.requests) == ["b1-q2"]
    assert again.last_ids["q"] == 2


@pytest.mark.parametrize("checkpoint_facts", [2, 1000])
def test_a_restart_forgets_no_forward(tmp_path: Path, checkpoint_facts: int) -> None:
    """Who has forwarded his calls before the power failed has forwarded them afterwards, from the journal and from its checkpoint."""
    clock, past = FakeClock(), recover(tmp_path)
    bus = Bus(clock, "b1", past.next_seq, lambda: 0, lambda _name, _envelope, error: pytest.fail(str(error)))
    store = Store(bus, clock, VirtualExecutor(clock, 0.001), tmp_path, past, alarm=lambda _alarm: None, checkpoint_facts=checkpoint_facts)
    bus.publish(facts.ForwardingSet(extension="801", when="no_answer", target="extension:802", after_s=15, by="phone-801"))
    bus.publish(facts.DoNotDisturbSet(extension="802", on=True, by="user wang"))
    bus.publish(facts.SpeedDialSet(extension="802", slot="5", target="outside:10086", by="phone-802"))
    store.close()
    clock.advance(1)
    again = recover(tmp_path).services
    assert again.of("801").forwards == {"no_answer": Forward("extension:802", 15)}
    assert again.of("802") == ExtensionServices(do_not_disturb=True, speed_dials={"5": "outside:10086"})
