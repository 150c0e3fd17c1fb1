"""What does not fit together of queues and agents is said in a sentence at its place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.settings.checks import check_site
from engine.settings.faults import path_shown
from engine.settings.site import InboundRouteSection, NotReadyReason, NumberListSection, Site, WrapUpCode
from tests.floor import a_site


def with_notes(*codes: str) -> Site:
    notes = tuple(WrapUpCode(code=code, name=f"note-{code}") for code in codes)
    return replace(a_site(), desk=replace(a_site().desk, wrap_up_codes=notes))


def with_numbers(*numbers: str) -> Site:
    return replace(a_site(), queues=tuple(replace(queue, number=number) for queue, number in zip(a_site().queues, numbers, strict=True)))


def with_skill(needed: str, had: str) -> Site:
    site = a_site()
    agents = (replace(site.agents[0], skills=(had,)), *site.agents[1:])
    return replace(site, agents=agents, queues=(replace(site.queues[0], skills=(needed,)), *site.queues[1:]))


def with_reason(name: str) -> Site:
    return replace(a_site(), desk=replace(a_site().desk, reasons=(NotReadyReason(digit="1", name=name),)))


SOUND = [
    with_notes("1", "21", "22"),
    with_numbers("1", "2"),
    with_numbers("", ""),
    with_skill("english:9", "english:2"),
    with_reason("tea"),
]
UNSOUND = [
    (
        replace(a_site(), queues=(replace(a_site().queues[0], overflow_to=("service",)), a_site().queues[1])),
        "queues[0].overflow_to[0]",
        "queue service cannot",
    ),
    (
        replace(a_site(), queues=(replace(a_site().queues[0], overflow_to=("gone",)), a_site().queues[1])),
        "queues[0].overflow_to[0]",
        "there is no queue gone",
    ),
    (with_notes("1", "12"), "desk.wrap_up_codes[0].code", "1 is also 12 or its beginning"),
    (with_notes("7", "7"), "desk.wrap_up_codes[1].code", "7 is also 7 or its beginning"),
    (with_numbers("1", "10"), "queues[0].number", "1 is also 10"),
    (with_skill("english:3", "sales:3"), "queues[0].skills[0]", "no agent has the skill english"),
    (with_reason("missed"), "desk.reasons[0].name", "missed is a reason of the appliance's own"),
    (replace(a_site(), number_lists=(NumberListSection(name="vips", agent="4711"),)), "number_lists[0].agent", "there is no agent 4711"),
    (
        replace(a_site(), inbound_routes=(InboundRouteSection(name="hot", target="queue:service", agent="4711"),)),
        "inbound_routes[0].agent",
        "there is no agent 4711",
    ),
]


@pytest.mark.parametrize("site", SOUND)
def test_what_fits_passes(site: Site) -> None:
    """Nothing is said about settings that work."""
    assert list(check_site(site)) == []


@pytest.mark.parametrize(("site", "path", "said"), UNSOUND)
def test_what_does_not_fit_is_told(site: Site, path: str, said: str) -> None:
    """The sentence names the setting, and what is wrong with it."""
    found = [(path_shown(where), what.in_english()) for where, what in check_site(site)]
    assert len(found) == 1
    assert found[0][0] == path
    assert found[0][1].startswith(said)
