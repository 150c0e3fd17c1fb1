"""What must fit together across the sections of a site."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.settings.checks import check_site
from engine.settings.faults import path_shown
from engine.settings.site import AgentSection, DeskSection, FlowSection, NotReadyReason, QueueSection, Site, StationSection, TrunkSection

SOUND = Site(
    trunks=(TrunkSection(name="line-1", channel=1, flow="main"), TrunkSection(name="line-2", channel=2)),
    stations=(StationSection(name="phone-1", channel=5, extension="801"), StationSection(name="phone-2", channel=6, extension="802")),
    agents=(AgentSection(number="1001", pin="1234"), AgentSection(number="1002", pin="1234")),
    queues=(QueueSection(name="service", agents=("1001", "1002")),),
    flows=(FlowSection(name="main", queue="service"),),
)


def faults(site: Site, broken: frozenset[str] = frozenset()) -> dict[str, str]:
    return {path_shown(path): said.in_english() for path, said in check_site(site, broken)}


def test_a_sound_site_has_no_faults() -> None:
    """A site whose parts fit starts."""
    assert faults(SOUND) == {}


TRUNK, STATION, AGENT, QUEUE, FLOW = SOUND.trunks[1], SOUND.stations[1], SOUND.agents[1], SOUND.queues[0], SOUND.flows[0]
TWICE: list[tuple[dict[str, Any], str]] = [
    ({"trunks": (SOUND.trunks[0], replace(TRUNK, name="line-1"))}, "trunks[1].name"),
    ({"trunks": (SOUND.trunks[0], replace(TRUNK, channel=1))}, "trunks[1].channel"),
    ({"stations": (SOUND.stations[0], replace(STATION, name="line-1"))}, "stations[1].name"),
    ({"stations": (SOUND.stations[0], replace(STATION, channel=2))}, "stations[1].channel"),
    ({"stations": (SOUND.stations[0], replace(STATION, extension="801"))}, "stations[1].extension"),
    ({"agents": (*SOUND.agents, AGENT)}, "agents[2].number"),
    ({"queues": (QUEUE, QUEUE)}, "queues[1].name"),
    ({"flows": (FLOW, FLOW)}, "flows[1].name"),
    ({"queues": (replace(QUEUE, agents=("1001", "1001")),)}, "queues[0].agents[1]"),
    ({"desk": DeskSection(ready_code="*11")}, "desk.ready_code"),
    ({"desk": DeskSection(reasons=(NotReadyReason(digit="1", name="a"), NotReadyReason(digit="1", name="b")))}, "desk.reasons[1].digit"),
    ({"desk": DeskSection(reasons=(NotReadyReason(digit="1", name="a"), NotReadyReason(digit="2", name="a")))}, "desk.reasons[1].name"),
]


@pytest.mark.parametrize(("change", "path"), TWICE, ids=[path for _, path in TWICE])
def test_what_must_be_unique_is_refused_the_second_time(change: dict[str, Any], path: str) -> None:
    """Two things of one name, number or channel are told, at the second of them."""
    found = faults(replace(SOUND, **change))
    assert set(found) == {path}
    assert "is given twice; the first is" in found[path]


def test_lines_of_one_hunt_group_may_share_their_number() -> None:
    """Several exchange lines behind one pilot number are normal."""
    assert faults(replace(SOUND, trunks=tuple(replace(trunk, number="02155501001") for trunk in SOUND.trunks))) == {}


def test_references_lead_somewhere() -> None:
    """A misspelt agent, queue or flow is found before a caller finds it."""
    wrong = replace(
        SOUND,
        trunks=(replace(TRUNK, flow="mian"),),
        queues=(replace(QUEUE, agents=("1009",)),),
        flows=(replace(FLOW, queue="sales"),),
    )
    assert faults(wrong) == {
        "queues[0].agents[0]": "there is no agent 1009; expected one of 1001, 1002",
        "flows[0].queue": "there is no queue sales; expected one of service",
        "trunks[0].flow": "there is no flow mian; expected one of main",
    }


def test_codes_can_be_told_apart_while_they_are_dialled() -> None:
    """A code that begins another would hide it."""
    found = faults(replace(SOUND, desk=DeskSection(login_code="*2", logout_code="*21")))
    assert found == {"desk.login_code": "*2 is the beginning of *21 (desk.logout_code)"}


def test_extensions_can_be_told_apart_while_they_are_dialled() -> None:
    """An extension that begins another would hide it."""
    found = faults(replace(SOUND, stations=(SOUND.stations[0], replace(STATION, extension="8011"))))
    assert found == {"stations[0].extension": "801 is the beginning of 8011 (stations[1].extension)"}


def test_the_outside_prefix_begins_no_extension() -> None:
    """Dialling an extension never seizes an exchange line."""
    found = faults(replace(SOUND, desk=DeskSection(outside_prefix="8")))
    assert set(found) == {"stations[0].extension", "stations[1].extension"}


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"hang_up_ms": 249}, "stations[1].hang_up_ms"),
        ({"hang_up_ms": 250}, ""),
        ({"lamp": "reversal", "answer_supervision": "polarity"}, "stations[1].lamp"),
        ({"lamp": "reversal", "caller_id_alert": "reversal"}, "stations[1].lamp"),
        ({"lamp": "voltage", "answer_supervision": "polarity"}, ""),
    ],
)
def test_what_a_phones_pair_cannot_do_is_refused(settings: dict[str, Any], path: str) -> None:
    """A hang-up time that would swallow dial pulses, and a polarity with two meanings, are told at the phone."""
    found = faults(replace(SOUND, stations=(SOUND.stations[0], replace(STATION, **settings))))
    assert list(found) == ([path] if path else [])


def test_rules_over_broken_sections_are_left_out() -> None:
    """Nothing is reported that only follows from another fault."""
    wrong = replace(SOUND, queues=(replace(QUEUE, agents=("1009",)),))
    assert faults(wrong, frozenset({"agents"})) == {}
