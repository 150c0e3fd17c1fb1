"""The card for the first five minutes: what ticks a step off."""

from __future__ import annotations

from appliance.site_file import demo_site_file, read_site
from engine import facts
from engine.settings.site import Site
from web.bench import Handset, HandsetKind
from web.bench_guide import Guide, login_to_try


def arrived(line: str = "line-1", call: str = "c1") -> facts.CallArrived:
    return facts.CallArrived(call=call, line=line, calling="", calling_name="", called="")


def offered(phone: str = "phone-801") -> facts.CallOffered:
    return facts.CallOffered(call="c1", queue="service", agent="1001", phone=phone, why="longest_idle", passed_over=())


def connected() -> facts.CallConnected:
    return facts.CallConnected(call="c1", phone="phone-801", extension="801", agent="1001")


def ended() -> facts.CallEnded:
    return facts.CallEnded(call="c1", cause=16, reason="caller", released_by="caller")


def test_one_call_from_the_first_ring_to_the_recording() -> None:
    """Each fact of the own call moves the card on; the facts of others do not."""
    guide = Guide()
    guide.calling("outside-1", "line-1")
    told: list[tuple[object, str]] = [
        (arrived("line-2", "c0"), "dialling"),
        (arrived(), "arrived"),
        (arrived(call="c2"), "arrived"),
        (facts.CallQueued(call="c2", queue="service", place=1), "arrived"),
        (facts.CallQueued(call="c1", queue="service", place=1), "waiting"),
        (offered(), "offered"),
        (facts.OfferEnded(call="c1", queue="service", agent="1001", outcome="no_answer"), "waiting"),
        (offered("phone-802"), "offered"),
        (facts.OfferEnded(call="c1", queue="service", agent="1001", outcome="answered"), "waiting"),
        (connected(), "talking"),
        (ended(), "over"),
    ]
    for fact, state in told:
        guide.hear(fact)
        assert guide.state == state, fact
    assert guide.answered
    assert not guide.recorded
    assert guide.hear(facts.RecordingEnded(recording="r1", call="c1", samples=8000, repaired=False))
    assert not guide.hear(facts.RecordingHeard(user="admin", recording="r0", call="c0"))
    assert not guide.heard
    guide.hear(facts.RecordingHeard(user="admin", recording="r1", call="c1"))
    assert guide.heard


def test_a_call_that_was_given_up_before_it_arrived_is_none() -> None:
    """Whoever hangs up at once begins anew; hanging up later does not forget the call."""
    guide = Guide()
    guide.calling("outside-1", "line-1")
    guide.gave_up("outside-2")
    assert guide.state == "dialling"
    guide.gave_up("outside-1")
    assert guide.state == "none"
    guide.hear(arrived())
    assert guide.state == "none"
    guide.calling("outside-1", "line-1")
    guide.hear(arrived())
    guide.gave_up("outside-1")
    assert guide.call == "c1"


def phones(*states: dict[str, bool]) -> list[Handset]:
    return [Handset(f"phone-80{number}", HandsetKind.DESK, f"80{number}", **state) for number, state in enumerate(states, 1)]  # type: ignore[arg-type]


def agents(site: Site, **at: str) -> list[dict[str, str]]:
    """The agents of the snapshot; ``at``: phones of those who are logged in."""
    return [
        {"agent": agent.number, "state": "ready" if f"a{agent.number}" in at else "logged_out", "phone": at.get(f"a{agent.number}", "")}
        for agent in site.agents
    ]


def test_the_login_takes_a_phone_and_an_agent_that_are_free() -> None:
    """A telephone that is used, rings, plays in the demo or has an agent is passed over, and so is who is logged in."""
    site = read_site(demo_site_file())
    handsets = phones({"lifted": True}, {"yielded": True}, {"ringing": True}, {}, {})
    assert login_to_try(site, agents(site), handsets) == ("phone-804", "1001")
    assert login_to_try(site, agents(site, a1001="phone-804"), handsets) == ("phone-805", "1002")
    assert login_to_try(site, agents(site), handsets[:3]) is None
    everybody = agents(site, a1001="x", a1002="y", a1003="z", a1004="w")
    assert login_to_try(site, everybody, handsets) is None
