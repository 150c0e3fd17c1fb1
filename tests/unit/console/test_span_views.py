"""The configuration of spans on the console."""

from __future__ import annotations

from console.span_views import found_cards_shown, span_configuration_shown, system_conf_shown
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
        "span  span number  state            why                                        to be done",
        "isdn  1            as it should be",
        "bank  2            waits            waits until no call is on line-1 any more  start span 2",
        "-     -            refused          a; b",
    ]


def test_a_site_without_spans_says_so() -> None:
    """No empty table."""
    assert span_configuration_shown({"spans": []}, english) == "The settings name no spans."


def test_the_file_is_shown_as_it_is() -> None:
    """To be copied from the terminal."""
    assert system_conf_shown({"text": "bchan=1\n"}, english) == "bchan=1"


def test_found_cards_show_the_channels_of_their_ports() -> None:
    """An installer at the serial cable reads which channels are for lines and which for telephones."""
    ports = [{"channel": channel, "place": channel, "kind": "line" if channel < 3 else "phone"} for channel in range(1, 5)]
    known = {"port": 1, "description": "Card 1"}
    analog = {**known, "span": "", "number": 1, "kind": "analog", "hardware_id": "A4", "location": "slot 1", "first_channel": 1}
    bare = {**known, "span": "isdn", "number": 0, "kind": "e1", "hardware_id": "", "location": "", "first_channel": 0}
    cards = [{**analog, "channel_count": 4, "ports": ports}, {**bare, "channel_count": 0, "ports": []}]
    assert found_cards_shown({"cards": cards}, english).splitlines() == [
        "span number  in the settings  card       port  kind    channels  exchange lines  phones",
        "1            -                A4 slot 1  1     analog  1-4       1-2             3-4",
        "-            isdn             Card 1     1     e1      -         -               -",
    ]
    assert "is its module loaded" in found_cards_shown({"cards": []}, english)
