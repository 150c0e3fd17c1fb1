"""The configuration of spans on the console."""

from __future__ import annotations

from console.span_views import span_configuration_shown, system_conf_shown
from engine.kernel.text import text, text_as_json


def english(msgid: str) -> str:
    """As written."""
    return msgid


def test_each_span_is_a_line_with_what_it_waits_for() -> None:
    """Right, waiting and refused spans at a glance, each with its reason and what is still to be done."""
    rows = [
        {"span": "isdn", "number": 1, "state": "right", "reasons": [], "steps": []},
        {
            "span": "bank",
            "number": 2,
            "state": "waits",
            "reasons": [text_as_json(text("waits until no call is on {lines} any more", lines="line-1"))],
            "steps": [text_as_json(text("start span {number}", number=2))],
        },
        {"span": "", "number": 0, "state": "refused", "reasons": [text_as_json(text("a")), text_as_json(text("b"))], "steps": []},
    ]
    assert span_configuration_shown({"spans": rows}, english).splitlines() == [
        "span  number  state            why                                        to be done",
        "isdn  1       as it should be",
        "bank  2       waits            waits until no call is on line-1 any more  start span 2",
        "-     -       refused          a; b",
    ]


def test_a_site_without_spans_says_so() -> None:
    """No empty table."""
    assert span_configuration_shown({"spans": []}, english) == "The settings name no spans."


def test_the_file_is_shown_as_it_is() -> None:
    """To be copied from the terminal."""
    assert system_conf_shown({"text": "bchan=1\n"}, english) == "bchan=1"
