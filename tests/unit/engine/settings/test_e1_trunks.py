"""What an installer writes about an E1 trunk, which lines come of it, and what is refused with a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from engine.settings.build import build_site
from engine.settings.e1_lines import e1_trunks
from engine.settings.faults import SiteFaults, path_shown
from engine.settings.site import E1TrunkSection, Site, SpanSection, TrunkSection
from engine.settings.spans import resolved_spans
from engine.settings.versions import node_of

CAS_CHINA = {"channels": "1-15,17-31", "signalling": "cas", "idle_bits": "1011"}
SPAN = {"name": "a", "signalling": "pri"}
TRUNK = {"name": "t", "span": "a"}


def faults(*trunks: dict[str, Any], spans: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, str]:
    """The sentences that a site file with these is refused with, by setting."""
    try:
        build_site(node_of({"spans": [SPAN] if spans is None else spans, "e1_trunks": list(trunks), **more}), "site.yaml")
    except SiteFaults as wrong:
        return {path_shown(fault.path): fault.said.in_english() for fault in wrong.faults}
    return {}


def site(**trunk: Any) -> Site:
    """One E1 with one trunk, and an analog line."""
    use = "r2" if trunk.get("signalling") == "r2" else "pri"
    return Site(
        spans=(SpanSection(name="a", signalling=use),),
        e1_trunks=(E1TrunkSection(name="t", span="a", **trunk),),
        trunks=(TrunkSection(name="l", channel=40),),
    )


def test_one_name_and_a_span_make_thirty_lines() -> None:
    """An installer of a PRI types a name and a span: 30 lines by timeslot, D channel on 16."""
    (trunk,) = e1_trunks(site())
    assert [line.place for line in trunk.lines] == [*range(1, 16), *range(17, 32)]
    assert (trunk.lines[0].name, trunk.d_place) == ("t-1", 16)
    assert not faults(TRUNK)


def test_r2_has_no_d_channel() -> None:
    """Its 30 lines have signalling bits instead."""
    (trunk,) = e1_trunks(site(signalling="r2", channels="1-3,17"))
    assert ([line.place for line in trunk.lines], trunk.d_place) == ([1, 2, 3, 17], 0)


@pytest.mark.parametrize(
    ("trunk", "span", "place", "said"),
    [
        ({"span": "b"}, {}, "e1_trunks[0].span", "there is no span b"),
        ({}, {"signalling": "r2"}, "e1_trunks[0].signalling", "needs a span whose use is pri: set the use of the span a to auto first"),
        ({"signalling": "r2"}, {"signalling": "pri"}, "e1_trunks[0].signalling", "needs a span whose use is r2"),
        (
            {"signalling": "r2"},
            {"groups": [{"channels": "1-15", "signalling": "bchan"}]},
            "e1_trunks[0].signalling",
            "the groups of channels",
        ),
        ({}, {"kind": "t1"}, "e1_trunks[0].span", "is no E1"),
        ({"channels": "1-16"}, {}, "e1_trunks[0].channels", "timeslot 16 carries no speech"),
        ({"channels": "5-3"}, {}, "e1_trunks[0].channels", "5-3 is no place"),
        ({"signalling": "r2", "r2_variant": "itu"}, {"groups": [CAS_CHINA]}, "e1_trunks[0].r2_variant", "idle bits 1001"),
        ({"signalling": "r2"}, {"signalling": "auto", "framing": "ccs"}, "spans[0].framing", "choose auto or cas"),
        ({}, {"framing": "cas"}, "spans[0].framing", "choose auto or ccs"),
        ({"flow": "nowhere"}, {}, "e1_trunks[0].flow", "there is no flow nowhere"),
    ],
)
def test_what_does_not_fit_is_named(trunk: dict[str, Any], span: dict[str, Any], place: str, said: str) -> None:
    """The sentence stands at the setting that is to be changed."""
    found = faults({**TRUNK, **trunk}, spans=[{**SPAN, **span}])
    assert said in found[place], found


def test_a_d_channel_belongs_to_one_trunk() -> None:
    """Two ISDN trunks cannot share a span, two R2 trunks can when they share no timeslot."""
    assert "has the D channel of this span" in faults(TRUNK, {**TRUNK, "name": "u"})["e1_trunks[1].span"]
    r2 = {"signalling": "r2", "span": "a"}
    spans = [{"name": "a", "signalling": "r2"}]
    assert not faults({**r2, "name": "t", "channels": "1-15"}, {**r2, "name": "u", "channels": "17-31"}, spans=spans)
    shared = faults({**r2, "name": "t", "channels": "1-15"}, {**r2, "name": "u", "channels": "15-31"}, spans=spans)
    assert "timeslot 15 belongs to t already" in str(shared) or "timeslot 16" in str(shared)


def test_a_channel_must_not_be_called_as_an_exchange_line() -> None:
    """Two lines of one name could not be told apart in a report."""
    found = faults(TRUNK, trunks=[{"name": "t-7", "channel": 40}])
    assert "would be called t-7" in str(found)


def test_a_trunk_without_registers_has_bits_and_no_d_channel() -> None:
    """An installer of a tie line by bits alone gets lines of the timeslots, on a span made for bits."""
    bits = [{"name": "a", "signalling": "r2"}]
    assert not faults({**TRUNK, "signalling": "cas", "cas_address": "none"}, spans=bits)
    assert (
        "needs a span whose use is r2"
        in faults({**TRUNK, "signalling": "cas"}, spans=[{**SPAN, "signalling": "pri"}])["e1_trunks[0].signalling"]
    )
    assert "cas_address" in str(faults({**TRUNK, "signalling": "cas", "cas_address": "morse"}, spans=bits))
    (trunk,) = e1_trunks(
        Site(spans=(SpanSection(name="a", signalling="r2"),), e1_trunks=(E1TrunkSection(name="t", span="a", signalling="cas"),))
    )
    assert (len(trunk.lines), trunk.d_place, trunk.section.isdn) == (30, 0, False)


@pytest.mark.parametrize(("signalling", "use"), [("isdn-user", ("bchan", "dchan")), ("r2", ("cas",)), ("cas", ("cas",))])
def test_a_span_follows_its_trunk(signalling: str, use: tuple[str, ...]) -> None:
    """An installer changes one setting, the trunk's signalling: the span, which says nothing of its use, becomes what that needs."""
    assert not faults({**TRUNK, "signalling": signalling}, spans=[{"name": "a"}])
    (span,) = resolved_spans(Site(spans=(SpanSection(name="a"),), e1_trunks=(E1TrunkSection(name="t", span="a", signalling=signalling),)))
    assert tuple(group.signalling for group in span.groups) == use
    assert (span.framing, span.crc4) == (("cas", False) if use == ("cas",) else ("ccs", True))
    assert span.section.signalling == "auto"


def test_the_idle_bits_are_those_of_the_country() -> None:
    """R2 of another country needs no group of channels written by hand: its circuits idle as its exchange expects."""
    for variant, bits in (("china", "1011"), ("itu", "1001")):
        trunk = E1TrunkSection(name="t", span="a", signalling="r2", r2_variant=variant)
        (span,) = resolved_spans(Site(spans=(SpanSection(name="a"),), e1_trunks=(trunk,)))
        assert [group.idle_bits for group in span.groups] == [bits]


def test_trunks_of_both_kinds_do_not_share_a_span() -> None:
    """ISDN needs timeslot 16, and so do signalling bits: the sentence says that another trunk is in the way."""
    found = faults(TRUNK, {**TRUNK, "name": "u", "signalling": "cas"}, spans=[{"name": "a"}])
    assert "another trunk makes the span a something else" in found["e1_trunks[1].signalling"]


def test_towards_a_pbx_we_give_the_clock() -> None:
    """A span whose trunk is the network side is no source of the clock unless the installer says so: the PBX takes its clock from us."""
    spans = (SpanSection(name="a"), SpanSection(name="b"), SpanSection(name="c", timing=2))
    trunks = tuple(
        E1TrunkSection(name=f"t-{name}", span=name, signalling=side) for name, side in (("a", "isdn-network"), ("b", "isdn-user"))
    )
    written = (*trunks, E1TrunkSection(name="t-c", span="c", signalling="isdn-network"))
    assert [span.timing for span in resolved_spans(Site(spans=spans, e1_trunks=written))] == [0, 1, 2]
