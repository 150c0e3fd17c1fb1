"""The line of a contact on a call's page: who talked with whom, in order, with gaps."""

from __future__ import annotations

import re

import pytest

from engine import facts
from engine.store.queries import RecordedRow
from engine.telephony.causes import Cause
from tests.office import Office
from tests.pages import Pages
from web.contact_line import WIDTH, contact_line, holes_of

FIRST, SECOND, WAY = "b1-c900", "b1-c901", "b1-i900"


def row(segment: int, from_sample: int, samples: int | None, right: str = "1001", gaps: str = "", call: str = FIRST) -> RecordedRow:
    """A recording of the contact."""
    state = "whole" if samples else "open"
    return RecordedRow(f"r{segment}", call, "p", "138", right, 0, 480, samples, state, "", WAY, segment, from_sample, gaps)


def test_bars_lie_where_the_talk_was() -> None:
    """The second agent's bar begins where the first one's ends; who waited in between is in no bar."""
    first, second, third = contact_line([row(3, 12_000, 4000), row(1, 0, 4000), row(2, 4000, 4000, "1002, 803")])
    assert [(bar.x, bar.width) for bar in (first, second, third)] == [(0, 250), (250, 250), (750, 250)]
    assert second.right == ("1002", "803")
    assert (first.length_ms, first.recording) == (500, "r1")


def test_gaps_lie_in_their_bar() -> None:
    """A hold of the second half is the right half of the bar, on the track of who held; it never sticks out."""
    (bar,) = contact_line([row(1, 8000, 8000, gaps="right hold 4000 4000,left mute 7999 1")])
    drawn = [(hole.track, hole.why, hole.x, hole.width) for hole in bar.holes]
    assert drawn == [("right", "hold", 500, 500), ("left", "mute", WIDTH - 1, 1)]
    assert bar.holes[0].seconds == 0.5
    assert holes_of(row(1, 0, 8000), 960) == ()


def test_what_has_no_length_is_still_seen() -> None:
    """A recording that still runs, or failed, has a narrow bar; no recordings, no line."""
    whole, running = contact_line([row(1, 0, 8000), row(2, 8000, None)])
    assert (whole.width, running.state) == (WIDTH, "open")
    assert running.width > 0
    assert running.x + running.width <= WIDTH
    assert contact_line([]) == ()


@pytest.fixture(scope="module")
def contact(office_page: Office) -> Pages:
    """A day on which a customer talked with one agent, was put on hold for a consultation, and went on to the other."""
    day = office_page.pages.day
    publish = day.rig.appliance.bus.publish

    def recorded(name: str, call: str, segment: int, begin: int, samples: int, left: str, right: str, *gaps: str) -> None:
        path = f"2027-03-01/{name}.wav"
        told = {"recording": name, "call": call}
        publish(facts.RecordingStarted(**told, path=path, left=left, right=right, segment=segment, from_sample=begin), WAY)
        whole = facts.RecordingSegment(
            **told, segment=segment, from_sample=begin, samples=samples, lost=0, left=left, right=right, gaps=gaps
        )
        publish(whole, WAY)
        publish(facts.RecordingEnded(**told, samples=samples, repaired=False), WAY)

    publish(facts.InteractionBegan(interaction=WAY, call=FIRST), WAY)
    publish(facts.CallArrived(call=FIRST, line="line-1", calling="13911112222", calling_name="", called="02155501001"), WAY)
    placed = facts.CallPlaced(call=SECOND, phone="phone-801", extension="801", agent="1001", called="802", line="")
    publish(placed, WAY)
    recorded("b1-r900", FIRST, 1, 80_000, 480_000, "13911112222", "1001", "right hold 160000 240000")
    recorded("b1-r901", SECOND, 2, 320_000, 120_000, "1001", "1002")
    recorded("b1-r902", FIRST, 3, 560_000, 320_000, "13911112222", "1002")
    for call in (SECOND, FIRST):
        publish(facts.CallEnded(call=call, cause=int(Cause.NORMAL_CALL_CLEARING), reason="hung_up", released_by="caller"), WAY)
    publish(facts.InteractionEnded(interaction=WAY, cause=16, reason="hung_up", released_by="caller", calls=2), WAY)
    day.rig.world.run_for(2000)
    return office_page.pages


def test_the_page_shows_the_whole_contact(contact: Pages) -> None:
    """From either call of a contact the other is one click away, and each who talked has a bar with its gaps grey."""
    text = contact.person("admin", accept_language="en").get(f"/calls/{FIRST}").text
    assert re.findall(r'<a class="time" href="/calls/([^"]+)"', text) == [SECOND]
    assert text.count('class="lane left"') == text.count('class="lane right"') == 3
    assert text.count('class="hole"') == 1
    assert f'href="/calls/{SECOND}#head-b1-r901"' in text
    assert "This contact" in text
    other = contact.person("admin", accept_language="en").get(f"/calls/{SECOND}").text
    assert re.findall(r'<a class="time" href="/calls/([^"]+)"', other) == [FIRST]


def test_a_contact_is_found_by_its_id(contact: Pages) -> None:
    """The id on the page, typed into the list's form, finds all calls of the contact."""
    text = contact.person("admin", accept_language="en").get(f"/calls?q={WAY}").text
    assert re.findall(r'href="/calls/([^"?]+)"', text) == [SECOND, FIRST]
