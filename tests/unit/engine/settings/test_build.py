"""A site is built from a tree of values, or everything that is wrong with it is told at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.text import Text
from engine.settings.build import Node, build_site
from engine.settings.faults import FAULTS_SHOWN_MAX, Fault, SiteFaults, path_shown
from engine.settings.site import QueueSection, Site


def node(value: Any) -> Node:
    """A tree whose every node claims to stand in line 7."""
    if isinstance(value, dict):
        return Node({name: node(part) for name, part in value.items()}, 7, 3)
    if isinstance(value, list):
        return Node(tuple(node(part) for part in value), 7, 3)
    return Node(value, 7, 3)


def faults(value: Any) -> dict[str, str]:
    """Path → message of every fault."""
    with pytest.raises(SiteFaults) as raised:
        build_site(node(value), "site.yaml")
    return {path_shown(fault.path): fault.said.in_english() for fault in raised.value.faults}


def queue(**values: Any) -> dict[str, Any]:
    return {"queues": [{"name": "service", **values}]}


def test_an_empty_site_has_every_usual_value() -> None:
    """A file that sets nothing gives the documented defaults."""
    assert build_site(node({}), "site.yaml") == Site()


def test_values_arrive_in_their_own_type() -> None:
    """A whole number given for seconds counts as seconds, and digits without quotes are still a number to dial."""
    site = build_site(node({"agents": [{"number": 1001, "pin": "0123"}], **queue(agents=[1001], ring_timeout_s=15)}), "site.yaml")
    assert site.agents[0].number == "1001"
    assert site.queues == (QueueSection(name="service", agents=("1001",), ring_timeout_s=15.0),)
    assert isinstance(site.queues[0].ring_timeout_s, float)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (3, "found 3; expected a number, 5…120 s"),
        (121, "found 121; expected a number, 5…120 s"),
        ("20", 'found "20"; expected a number, 5…120 s'),
        (True, "found true; expected a number, 5…120 s"),
        (float("nan"), "found nan; expected a number, 5…120 s"),
        (None, "found nothing; expected a number, 5…120 s"),
        ([20], "found a list; expected a number, 5…120 s"),
        ({"s": 20}, "found a group of settings; expected a number, 5…120 s"),
    ],
)
def test_a_number_out_of_range_or_of_another_kind_is_named_with_its_range(value: Any, said: str) -> None:
    """The installer reads what was found and which range, in which unit, is allowed."""
    assert faults(queue(ring_timeout_s=value)) == {"queues[0].ring_timeout_s": said}


@pytest.mark.parametrize("value", [5, 120, 5.0])
def test_the_ends_of_a_range_are_allowed(value: float) -> None:
    """The limits that the message names are themselves valid."""
    assert build_site(node(queue(ring_timeout_s=value)), "f").queues[0].ring_timeout_s == value


def test_a_whole_number_is_not_taken_from_a_fraction() -> None:
    """2.5 tries cannot be set."""
    assert faults({"desk": {"pin_tries": 2.5}}) == {"desk.pin_tries": "found 2.5; expected a whole number, 1…10"}


def test_texts_are_told_what_they_should_look_like() -> None:
    """A wrong name, choice or length is answered with the rule in words."""
    found = faults({"box": {"id": "B1", "hardware": "real", "name": ""}})
    assert found == {
        "box.id": 'found "B1"; expected a lower-case letter, then up to 7 letters and digits',
        "box.hardware": 'found "real"; expected one of simulated, dahdi',
        "box.name": 'found ""; expected a text on one line, 1 to 60 characters',
    }


def test_control_characters_stay_out_of_names() -> None:
    """A name cannot smuggle an escape sequence to a technician's terminal, not even by way of the message."""
    (said,) = faults({"box": {"name": "a\x1b[2J"}}).values()
    assert "\x1b" not in said


def test_an_unknown_setting_is_answered_with_the_nearest_name() -> None:
    """A misspelt setting is not silently ignored."""
    assert faults(queue(ring_timout_s=9)) == {"queues[0].ring_timout_s": "there is no setting of this name; did you mean ring_timeout_s?"}
    (said,) = faults({"zzzz": 1}).values()
    assert "there are box, spans, trunks" in said


def test_a_missing_setting_is_explained() -> None:
    """What must be given is asked for with its meaning."""
    found = faults({"stations": [{"name": "phone-801", "channel": 5}]})
    assert found == {"stations[0].extension": "missing; expected 3 to 6 digits, not beginning with 0. Its extension."}


def test_yes_is_not_true() -> None:
    """A switch takes true or false only."""
    assert faults(queue(announce_agent="yes")) == {"queues[0].announce_agent": 'found "yes"; expected true or false'}


def test_every_fault_is_told_at_once() -> None:
    """The installer mends the file in one go, not fault by fault."""
    found = faults({"box": {"id": "!"}, "trunks": [{"name": "a"}, 5], "agents": {}, "nothing_such": 1})
    assert set(found) == {"box.id", "trunks[0].channel", "trunks[1]", "agents", "nothing_such"}


def test_a_wrong_pin_is_not_repeated() -> None:
    """A mistyped PIN does not end up in a log."""
    (said,) = faults({"agents": [{"number": "1001", "pin": "hunter"}]}).values()
    assert "hunter" not in said
    assert said == "found a secret of 6 characters; expected 4 to 8 digits"


def test_faults_across_sections_carry_the_line_of_the_reference() -> None:
    """A queue with an unknown agent is shown at the line where that agent is written."""
    tree = node(queue(agents=["1001"]))
    with pytest.raises(SiteFaults) as raised:
        build_site(tree, "site.yaml")
    assert str(raised.value) == "site.yaml:7: queues[0].agents[0]: there is no agent 1001; expected one of -"


def test_no_fault_follows_from_another() -> None:
    """A mistake in the list of agents is told once, not again for every queue that names them."""
    found = faults({"agents": [{"number": "1001", "pin": "x"}], **queue(agents=["1001"])})
    assert set(found) == {"agents[0].pin"}


def test_faults_come_in_the_order_of_the_file() -> None:
    """The list reads from the top of the file to its end."""
    raised = SiteFaults("f", [Fault(("b",), 9, 1, Text("late")), Fault(("a",), 2, 1, Text("early"))])
    assert str(raised) == "f:2: a: early\nf:9: b: late"


def test_a_flood_of_faults_is_counted() -> None:
    """A file of another kind does not fill the screen for ever."""
    raised = SiteFaults("f", [Fault((), number, 1, Text("x")) for number in range(1, FAULTS_SHOWN_MAX + 6)])
    assert str(raised).splitlines()[-1] == "f: and 5 more faults"


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["box", "queues", "name", "desk", "agents", "?"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(plain)
def test_whatever_is_written_gives_a_site_or_faults(value: Any) -> None:
    """No file content makes the check itself fail."""
    try:
        site: object = build_site(node(value), "f")
    except SiteFaults as error:
        site = error
    assert isinstance(site, Site) or (isinstance(site, SiteFaults) and site.faults)
