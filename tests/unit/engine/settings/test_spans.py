"""What an installer writes about a span, what it comes to, and what is refused with a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from engine.settings.build import build_site
from engine.settings.faults import SiteFaults, path_shown
from engine.settings.site import ChannelGroup, Site, SpanSection
from engine.settings.spans import places_of, places_shown, resolved_spans
from engine.settings.versions import node_of


def resolved(**span: Any) -> Any:
    """One span of a site, resolved."""
    (found,) = resolved_spans(Site(spans=(SpanSection(name="a", **span),)))
    return found


def channels(found: Any) -> dict[str, str]:
    """Places by signalling."""
    return {group.signalling: places_shown(group.places) for group in found.groups}


def faults(*spans: dict[str, Any]) -> dict[str, str]:
    """The sentences that a site file with these spans is refused with, by setting."""
    try:
        build_site(node_of({"spans": [{"name": f"span-{place}", **span} for place, span in enumerate(spans)]}), "site.yaml")
    except SiteFaults as wrong:
        return {path_shown(fault.path): fault.said.in_english() for fault in wrong.faults}
    return {}


class TestUsual:
    """What need not be written."""

    def test_one_isdn_card_needs_only_a_name(self) -> None:
        """An installer of one PRI card in China types a name; framing, coding, CRC-4, law, timeslots, canceller and clock are as usual."""
        found = resolved()
        assert (found.framing, found.coding, found.crc4, found.timing) == ("ccs", "hdb3", True, 1)
        assert channels(found) == {"bchan": "1-15,17-31", "dchan": "16"}
        assert [(group.law, group.echo_canceller) for group in found.groups] == [("alaw", "mg2"), ("alaw", "")]

    def test_r2_takes_the_framing_with_signalling_bits(self) -> None:
        """China No.1 lines: timeslot 16 is no channel, CRC-4 is off, idle channels send 1011."""
        found = resolved(signalling="r2")
        assert (found.framing, found.crc4, channels(found)) == ("cas", False, {"cas": "1-15,17-31"})
        assert found.groups[0].idle_bits == "1011"

    def test_a_t1_is_north_american(self) -> None:
        """T1: ESF, B8ZS, mu-law, D channel in timeslot 24."""
        found = resolved(kind="t1")
        assert (found.framing, found.coding, found.crc4) == ("esf", "b8zs", False)
        assert channels(found) == {"bchan": "1-23", "dchan": "24"}
        assert {group.law for group in found.groups} == {"mulaw"}

    def test_signalling_system_7_has_its_link_in_timeslot_16(self) -> None:
        """One signalling link, thirty circuits."""
        assert channels(resolved(signalling="ss7")) == {"bchan": "1-15,17-31", "mtp2": "16"}

    def test_groups_say_it_all_and_may_differ_from_the_span(self) -> None:
        """A group with its own canceller and law has them; the others have the span's."""
        first = ChannelGroup(channels="1-4", signalling="bchan", echo_canceller="oslec", law="mulaw")
        found = resolved(groups=(first, ChannelGroup(channels="5", signalling="bchan")))
        assert [(group.law, group.echo_canceller) for group in found.groups] == [("mulaw", "oslec"), ("alaw", "mg2")]

    def test_a_group_of_signalling_bits_chooses_the_framing_too(self) -> None:
        """Who writes cas= groups need not write framing cas."""
        assert resolved(groups=(ChannelGroup(channels="1", signalling="cas"),)).framing == "cas"

    def test_the_clock_comes_from_the_first_span_of_the_list(self) -> None:
        """Priorities that are not given are those of the list; a given one is nobody else's; analog cards have none."""
        spans = (
            SpanSection(name="a", kind="analog"),
            SpanSection(name="b"),
            SpanSection(name="c", timing=1),
            SpanSection(name="d", timing=0),
            SpanSection(name="e"),
        )
        assert [found.timing for found in resolved_spans(Site(spans=spans))] == [0, 2, 1, 0, 3]

    @pytest.mark.parametrize("written", ["1", "1-15,17-31", "3,5-6,9"])
    def test_places_are_written_as_they_are_read(self, written: str) -> None:
        """1-15,17-31 is shown as 1-15,17-31."""
        assert places_shown(places_of(written)) == written


class TestRefused:
    """What is not possible."""

    @pytest.mark.parametrize(
        ("span", "setting", "said"),
        [
            ({"framing": "esf"}, "framing", "esf is not possible on e1: choose ccs, cas"),
            ({"kind": "t1", "framing": "ccs"}, "framing", "ccs is not possible on t1: choose esf, d4"),
            ({"kind": "t1", "coding": "hdb3"}, "coding", "hdb3 is not possible on t1: choose b8zs, ami"),
            ({"kind": "analog", "framing": "ccs"}, "framing", "only a span of the kind e1, t1 or j1 has a framing: choose auto"),
            ({"kind": "t1", "crc4": "on"}, "crc4", "only an E1 has CRC-4: choose auto or off"),
            ({"kind": "analog", "signalling": "pri"}, "signalling", "an analog card has exchange lines and telephones only: choose auto"),
            ({"framing": "ccs", "signalling": "r2"}, "framing", "r2 needs the signalling bits of framing cas: choose auto or cas"),
            (
                {"framing": "cas", "signalling": "pri"},
                "framing",
                "pri needs timeslot 16 for itself, which framing cas takes: choose auto or ccs",
            ),
            ({"kind": "analog", "timing": 1}, "timing", "an analog card takes its clock from nowhere: choose 0 or -1"),
            ({"dynamic_address": "1:0"}, "dynamic_address", "only a dynamic span has a far end: leave it empty"),
            ({"kind": "dynamic", "channel_count": 31}, "dynamic_address", "missing: where does the dynamic span lead?"),
            (
                {"kind": "dynamic", "dynamic_address": "1:0"},
                "channel_count",
                "a dynamic span needs the number of its channels, 1 to 255",
            ),
            (
                {"kind": "dynamic", "dynamic_driver": "loc", "dynamic_address": "1:0", "channel_count": 31, "timing": 1},
                "timing",
                "a span within the machine has no clock to give: choose 0 or -1",
            ),
        ],
    )
    def test_what_does_not_go_together_is_refused_with_what_to_do(self, span: dict[str, Any], setting: str, said: str) -> None:
        """Each impossible line names the setting and the choices that there are."""
        assert faults(span) == {f"spans[0].{setting}": said}

    @pytest.mark.parametrize(
        ("groups", "place", "said"),
        [
            ([{"channels": "1-32", "signalling": "bchan"}], "[0].channels", "there is no place 32; there are 1 to 31"),
            ([{"channels": "5-1", "signalling": "bchan"}], "[0].channels", "5-1 is no place: a range begins with its smaller number"),
            (
                [{"channels": "1-15", "signalling": "bchan"}, {"channels": "15-16", "signalling": "dchan"}],
                "[1].channels",
                "place 15 is in the group 1-15 already",
            ),
            ([{"channels": "16", "signalling": "bchan", "idle_bits": "1101"}], "[0].idle_bits", "only cas has idle bits: leave them empty"),
            (
                [{"channels": "1-16", "signalling": "cas"}],
                "[0].channels",
                "timeslot 16 carries the signalling bits with framing cas: leave it out",
            ),
        ],
    )
    def test_a_group_is_refused_at_its_place(self, groups: list[dict[str, str]], place: str, said: str) -> None:
        """The row of the form that is wrong is marked."""
        assert faults({"groups": groups}) == {f"spans[0].groups{place}": said}

    def test_signalling_bits_need_their_framing(self) -> None:
        """Signalling bits on an E1 with common channel signalling is refused before the card is asked."""
        found = faults({"framing": "ccs", "groups": [{"channels": "1", "signalling": "cas"}]})
        assert found == {"spans[0].groups[0].signalling": "cas needs framing cas on an E1: choose it, or another signalling"}

    def test_an_analog_port_is_no_b_channel(self) -> None:
        """An analog card's groups are exchange lines and telephones."""
        found = faults({"kind": "analog", "groups": [{"channels": "1", "signalling": "bchan"}]})
        said = "an analog port is an exchange line (fxsks, fxsls, fxsgs) or a telephone (fxoks, fxols, fxogs)"
        assert found == {"spans[0].groups[0].signalling": said}

    @pytest.mark.parametrize(
        ("first", "second", "setting", "said"),
        [
            ({}, {"name": "span-0"}, "name", "there is another span of this name"),
            (
                {"timing": 2},
                {"timing": 2},
                "timing",
                "span-0 has the timing priority 2 already: give every span that may give the clock one of its own",
            ),
            ({"hardware_id": "X", "port": 2}, {"hardware_id": "X", "port": 2}, "port", "span-0 is this port of this card already"),
            ({"number": 3}, {"number": 3}, "number", "span-0 has this span number already"),
            ({"first_channel": 1}, {"first_channel": 31}, "first_channel", "span-0 has the channels 1 to 31 already"),
            (
                {"first_channel": 1, "number": 2},
                {"first_channel": 32, "number": 1},
                "number",
                "channel numbers rise with span numbers, and span-0 comes before it",
            ),
        ],
    )
    def test_two_spans_in_each_others_way_are_refused(self, first: dict[str, Any], second: dict[str, Any], setting: str, said: str) -> None:
        """The later one is marked, and the earlier one named."""
        assert faults(first, second) == {f"spans[1].{setting}": said}

    def test_two_dynamic_spans_do_not_lead_to_one_place(self) -> None:
        """The driver has one span for an address."""
        span = {"kind": "dynamic", "dynamic_driver": "loc", "dynamic_address": "1:0", "channel_count": 31}
        assert faults(span, span) == {"spans[1].dynamic_address": "span-0 leads there already"}
