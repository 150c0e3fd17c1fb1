"""What is set for extensions is remembered, also over a restart."""

from __future__ import annotations

import json

from engine import facts
from engine.calls.services.memory import NOTHING_SET, ExtensionServices, Forward, ServiceMemory
from engine.kernel.bus import Envelope
from tests.fakes import EPOCH_UTC_MS


def told(*happened: facts.Fact) -> ServiceMemory:
    memory = ServiceMemory()
    for fact in happened:
        memory.apply(Envelope(1, "b1", 0, EPOCH_UTC_MS, 480, 0, "", fact))
    return memory


def forward(when: str, target: str, after_s: int = 0) -> facts.ForwardingSet:
    return facts.ForwardingSet(extension="801", when=when, target=target, after_s=after_s, by="phone-801")


def placed(call: str, called: str, line: str = "") -> facts.CallPlaced:
    return facts.CallPlaced(call=call, phone="phone-801", extension="801", agent="", called=called, line=line)


def test_the_newest_of_each_counts() -> None:
    """A forward replaces the one before it at the same event; ended ones are gone, and who has nothing set takes no room."""
    memory = told(
        forward("always", "extension:802"), forward("busy", "extension:803"), forward("always", ""), forward("busy", "outside:139", 15)
    )
    assert memory.of("801") == ExtensionServices({"busy": Forward("outside:139", 15)})
    memory = told(facts.DoNotDisturbSet(extension="801", on=True, by="wang"), facts.DoNotDisturbSet(extension="801", on=False, by="wang"))
    assert memory.of("801") == NOTHING_SET
    assert memory.extensions == {}


def test_a_wake_up_call_that_has_rung_is_over() -> None:
    """It rings once, not every day; a call-back that was ended is gone."""
    wanted = facts.WakeUpSet(extension="801", time="07:30", due_utc_ms=5, by="")
    assert told(wanted).of("801").wake_up == "07:30"
    assert told(wanted, facts.WakeUpEnded(extension="801", time="07:30", answered=True, tries=1)).extensions == {}
    back = facts.CallBackSet(extension="801", called="802", by="")
    assert told(back).of("801").call_back == "802"
    assert told(back, facts.CallBackSet(extension="801", called="", by="")).extensions == {}


def test_special_dial_tone_is_for_what_keeps_calls_away() -> None:
    """Do-not-disturb and the forward of every call are told at lifting; a forward at busy is not."""
    assert told(facts.DoNotDisturbSet(extension="801", on=True, by="")).of("801").told_at_lifting
    assert told(forward("always", "extension:802")).of("801").told_at_lifting
    assert not told(forward("busy", "extension:802")).of("801").told_at_lifting


def test_the_last_number_is_that_which_was_dialled() -> None:
    """A route changes digits on their way out; who dials again means those that he dialled."""
    assert told().last_target("phone-801") == ""
    assert told(placed("c1", "802")).last_target("phone-801") == "extension:802"
    permitted = facts.OutsideCallPermitted(call="c2", dialled="075512345678", route="r", service_class="", account="")
    assert told(placed("c1", "802"), placed("c2", "17912345678", "line-1"), permitted).last_target("phone-801") == "outside:075512345678"


def test_a_checkpoint_loses_nothing() -> None:
    """All that can be set comes out of the checkpoint as it went in."""
    memory = told(
        forward("no_answer", "outside:13800138000", 15),
        facts.DoNotDisturbSet(extension="802", on=True, by=""),
        facts.CallWaitingSet(extension="802", on=False, by=""),
        facts.SecretaryFilterSet(extension="803", on=True, by=""),
        facts.SpeedDialSet(extension="803", slot="5", target="extension:801", by=""),
        facts.WakeUpSet(extension="803", time="07:30", due_utc_ms=5, by=""),
        facts.CallBackSet(extension="803", called="801", by=""),
        facts.HotLineSet(extension="804", target="extension:801", by=""),
        placed("c1", "802"),
    )
    assert ServiceMemory.from_json(json.loads(json.dumps(memory.to_json()))) == memory
    assert set(memory.extensions) == {"801", "802", "803", "804"}
