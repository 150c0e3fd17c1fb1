"""``/etc/dahdi/system.conf``: read, written, compared, and turned into settings and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from boards.dahdi.system_conf import (
    CHANNELS_MOST,
    KEYWORDS,
    ConfChannel,
    ConfDynamic,
    ConfSpan,
    SystemConf,
    conf_differences,
    conf_written,
    parse_conf,
)
from boards.dahdi.system_conf_site import conf_of, settings_of
from engine.settings.checks import check_site
from engine.settings.faults import SiteFaults
from engine.settings.site import BoxSection, ChannelGroup, Site, SpanSection, StationSection, TrunkSection

CHINA_PRI = """\
# the exchange of the district
span=1,1,0,ccs,hdb3,crc4   # primary
bchan=1-15,17-31
dchan = 16
loadzone\t=cn
defaultzone=cn
echocanceller=mg2,1-15,17-31
"""


def faults(written: str) -> dict[int, str]:
    """Sentences by line."""
    try:
        parse_conf(written, "system.conf")
    except SiteFaults as wrong:
        return {fault.line: fault.said.in_english() for fault in wrong.faults}
    return {}


# ---- reading --------------------------------------------------------------------------------------------------------


def test_a_file_of_a_card_is_read_with_blanks_and_comments() -> None:
    """What technicians write by hand: comments, blanks, tabs."""
    conf = parse_conf(CHINA_PRI, "system.conf")
    assert conf.spans == (ConfSpan(1, 1, 0, "ccs", "hdb3", crc4=True),)
    assert conf.channels[1] == ConfChannel("bchan", canceller="mg2")
    assert conf.channels[16] == ConfChannel("dchan")
    assert (conf.zones, conf.default_zone) == (("cn",), "cn")


def test_every_keyword_of_channels_is_known_in_any_case() -> None:
    """The driver's program does not care for case, and has several words for some signallings."""
    conf = parse_conf("BCHAN=1\nindclear=2\nuser=3:1101\nE&M=4\ne&mE1=5\nfcshdlc=6\nhardhdlc=7\nmtp2=8\nunused=9\nrawhdlc=10-11\n", "f")
    said = [channel.signalling for channel in conf.channels.values()]
    assert said == ["bchan", "bchan", "cas", "em", "em-e1", "dchan", "hardhdlc", "mtp2", "unused", "rawhdlc", "rawhdlc"]
    assert [conf.channels[number].master for number in (9, 10, 11)] == [0, 10, 10]
    assert conf.channels[3].idle_bits == "1101"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("span=1,1,0,ccs", "expected span=number,timing,build-out,framing,coding[,crc4][,yellow], found 4 values"),
        ("span=0,1,0,ccs,hdb3", "the number of the span is 1 to 128, not 0"),
        ("span=1,x,0,ccs,hdb3", "the timing priority is 0 to 128, not x"),
        ("span=1,1,8,ccs,hdb3", "the line build-out is 0 to 7, not 8"),
        ("span=1,1,0,sf,ami", "the framing: one of ccs, cas, esf, d4 is expected, not sf"),
        ("span=1,1,0,ccs,b8zs", "framing ccs and coding b8zs do not go together"),
        ("span=1,1,0,ccs,hdb3,crc5", "the last values: one of crc4, yellow, nt, te, term is expected, not crc5"),
        ("dynamic=loc,1:0,31", "expected dynamic=driver,address,channels,timing, found 3 values"),
        ("dynamic=loc,1:0,0,0", "the number of channels is 1 to 255, not 0"),
        ("bchan=", "expected keyword=value, found bchan="),
        ("bchan", "expected keyword=value, found bchan"),
        ("bchan=1-", "1- is no channel and no range of channels"),
        ("bchan=0-3", "channels are 1 to 1023, not 0-3"),
        ("bchan=5-3", "the range 5-3 ends before it begins"),
        ("cas=1-15", "cas= needs the bits of an idle channel behind its channels, such as :1101"),
        ("cas=1-15:11", "cas= needs the bits of an idle channel behind its channels, such as :1101"),
        ("bchan=1:1101", "only cas= has bits of an idle channel; bchan= has none"),
        ("echocanceller=mg2", "expected echocanceller=name,channels"),
        ("bchan=1-15,\\", "a line is not continued by \\: write the keyword again on the next line"),
        ("fxskss=1", "there is no keyword fxskss"),
        ("bchan=" + ",".join(["1"] * 130), "the line is longer than 254 characters, of which dahdi_cfg would make two: write two"),
    ],
)
def test_a_wrong_line_is_told_with_its_number_and_what_was_expected(line: str, said: str) -> None:
    """Every fault of a file at once, each with its line."""
    assert faults(f"# a comment\n\n{line}\n") == {3: said}


def test_what_is_said_twice_is_told_with_the_line_that_said_it_first() -> None:
    """A channel or a span that two lines configure: both lines are named."""
    assert faults("bchan=1-3\nfxsks=3-5\nspan=1,1,0,ccs,hdb3\nspan=1,1,0,ccs,hdb3\n") == {
        2: "channel 3 is bchan by line 1 already",
        4: "span 1 is configured in line 3 already",
    }


def test_what_is_nothing_to_us_is_kept_with_its_line() -> None:
    """Cross connections, radio, BRI words and unknown tone zones are said to be left out, and the rest is read."""
    written = "dacs=1-2:5\ntx=1000\nchannel=7\nspan=1,1,0,ccs,ami,te,term\nbchan=1,2\nhardhdlc=3\nloadzone=fr\ndefaultzone=fr\nechocanceller=xyz,1\n"
    part = settings_of(parse_conf(written, "f"))
    assert [(note.line, note.said.in_english().partition(":")[0]) for note in part.notes] == [
        (0, "there are no tones of fr; there are cn, uk, us, hk and itu"),
        (1, "cross connections are no setting"),
        (2, "radio interfaces are no setting"),
        (3, "radio interfaces are no setting"),
        (4, "te is for BRI ports, which are no setting"),
        (4, "term is for BRI ports, which are no setting"),
        (5, "there is no setting for the echo canceller xyz"),
    ]
    assert part.tones == ""


def test_a_priority_that_a_file_gives_twice_becomes_two() -> None:
    """The driver's program takes two spans as first source of the clock; a site does not: the second gets the next, and it is said."""
    part = settings_of(
        parse_conf("span=1,1,0,ccs,hdb3\nspan=2,1,0,ccs,hdb3\nbchan=1-15,17-31\ndchan=16\nbchan=32-46,48-62\ndchan=47\n", "f")
    )
    assert [span.timing for span in part.spans] == [1, 2]
    assert [(note.line, note.said.in_english()) for note in part.notes] == [(2, "another span has the timing priority 1: this one gets 2")]


# ---- settings ---------------------------------------------------------------------------------------------------------


def test_a_file_of_one_isdn_card_becomes_a_short_setting() -> None:
    """What the file says in six lines is one entry without groups, which the form shows in a few fields."""
    (span,) = settings_of(parse_conf(CHINA_PRI, "f")).spans
    assert span == SpanSection(
        name="span-1", number=1, first_channel=1, framing="ccs", coding="hdb3", crc4="on", timing=1, law="driver", echo_canceller="mg2"
    )


def test_one_isdn_card_is_written_as_technicians_write_it() -> None:
    """The file that every handbook has."""
    assert conf_written(conf_of(Site(spans=(SpanSection(name="isdn"),)))) == (
        "span=1,1,0,ccs,hdb3,crc4\nbchan=1-15,17-31\ndchan=16\nalaw=1-31\nechocanceller=mg2,1-15,17-31\nloadzone=cn\ndefaultzone=cn\n"
    )


def test_lines_without_spans_are_written_too() -> None:
    """A site of analog lines alone: each as what it is; Hong Kong's tones, which the driver's program lacks, as the nearest."""
    site = Site(
        box=BoxSection(tones="hk"),
        trunks=(TrunkSection(name="line-1", channel=1), TrunkSection(name="line-2", channel=2)),
        stations=(StationSection(name="phone-1", channel=3, extension="801"),),
    )
    assert conf_written(conf_of(site)) == "fxsks=1-2\nfxoks=3\nechocanceller=mg2,1-3\nloadzone=us\ndefaultzone=us\n"


def test_numbers_are_the_drivers_own_where_it_can_be_asked() -> None:
    """A span that the driver numbers 3, from channel 25 on, is written so."""
    conf = conf_of(Site(spans=(SpanSection(name="isdn"),)), lambda _name: (3, 25))
    assert conf.spans[0].number == 3
    assert sorted(conf.channels) == list(range(25, 56))


def test_differences_are_told_channel_by_channel_but_alike_ones_together() -> None:
    """A technician reads what the file has otherwise, not that it differs."""
    ours = conf_of(Site(spans=(SpanSection(name="isdn"),)))
    theirs = parse_conf(CHINA_PRI.replace("crc4", "yellow").replace("dchan = 16", "mtp2=16").replace("=cn", "=us"), "f")
    assert [said.in_english() for said in conf_differences(ours, theirs)] == [
        "span 1: 1,0,ccs,hdb3,crc4 by the site, 1,0,ccs,hdb3,yellow by the file",
        "channels 1-15,17-31: bchan alaw mg2 by the site, bchan mg2 by the file",
        "channels 16: dchan alaw by the site, mtp2 by the file",
        "tone zones: cn by the site, us by the file",
        "default tone zone: cn by the site, us by the file",
    ]


# ---- any file, any site -------------------------------------------------------------------------------------------------

CHANNELS = st.dictionaries(
    st.integers(1, CHANNELS_MOST),
    st.builds(
        lambda signalling, law, canceller: ConfChannel(signalling, "0101" if signalling == "cas" else "", 0, law, canceller),
        st.sampled_from(sorted(KEYWORDS)),
        st.sampled_from(["driver", "alaw", "mulaw"]),
        st.sampled_from(["", "mg2", "oslec"]),
    ),
    max_size=60,
)
CONFS = st.builds(
    lambda spans, dynamics, channels, zones: SystemConf(
        tuple(ConfSpan(number, *span) for number, span in enumerate(spans, 1)),
        tuple(ConfDynamic("loc", f"{place}:0", count, 0) for place, count in enumerate(dynamics)),
        dict(sorted(channels.items())),
        tuple(sorted(zones)),
        min(zones, default=""),
    ),
    st.lists(
        st.tuples(
            st.integers(0, 9),
            st.integers(0, 7),
            st.sampled_from(["ccs", "cas"]),
            st.sampled_from(["hdb3", "ami"]),
            st.booleans(),
            st.booleans(),
        ),
        max_size=4,
    ),
    st.lists(st.integers(1, 31), max_size=3),
    CHANNELS,
    st.sets(st.sampled_from(["cn", "us", "de"])),
)


@settings(max_examples=60, deadline=None)
@given(CONFS)
def test_any_file_is_written_and_read_back_the_same(conf: SystemConf) -> None:
    """Nothing that a file can say is lost or changed by writing it."""
    written = conf_written(conf, notes=["a note"])
    assert parse_conf(written, "f") == conf
    assert conf_differences(conf, parse_conf(written, "f")) == ()
    assert max(map(len, written.splitlines())) < 255


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("span=bchc,1-3:0#\\ \t\nfxks"), max_size=120))
def test_any_text_is_read_or_refused_with_sentences(written: str) -> None:
    """Whatever is in the file, the program ends with a result or with lines and sentences."""
    for line, said in faults(written).items():
        assert 1 <= line <= written.count("\n") + 1
        assert said


SPANS: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.one_of(
        st.builds(
            dict,
            kind=st.just("e1"),
            signalling=st.sampled_from(["auto", "r2", "ss7"]),
            crc4=st.sampled_from(["auto", "on", "off"]),
            law=st.sampled_from(["auto", "mulaw", "driver"]),
            echo_canceller=st.sampled_from(["mg2", "none", "oslec"]),
            line_build_out=st.integers(0, 7),
            yellow_when_unused=st.booleans(),
        ),
        st.builds(
            dict,
            kind=st.just("e1"),
            groups=st.just(
                (
                    ChannelGroup(channels="1-4", signalling="clear"),
                    ChannelGroup(channels="5", signalling="clear", law="mulaw"),
                    ChannelGroup(channels="6-31", signalling="bchan", echo_canceller="oslec"),
                )
            ),
        ),
        st.builds(
            dict,
            kind=st.just("t1"),
            groups=st.just((ChannelGroup(channels="1-12", signalling="fxoks"), ChannelGroup(channels="13-24", signalling="em"))),
        ),
        st.builds(
            dict,
            kind=st.just("dynamic"),
            dynamic_driver=st.just("loc"),
            dynamic_address=st.sampled_from(["1:0", "1:1"]),
            channel_count=st.just(31),
        ),
    ),
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(SPANS)
def test_any_site_survives_the_way_through_a_file(spans: list[dict[str, Any]]) -> None:
    """Settings written as a file, read as settings, and written again: the same file, and a site that is sound."""
    site = Site(spans=tuple(SpanSection(name=f"s{place}", **span) for place, span in enumerate(spans)))
    assume(not check_site(site))
    conf = conf_of(site)
    part = settings_of(parse_conf(conf_written(conf), "f"))
    again = Site(spans=part.spans)
    assert check_site(again) == ()
    assert conf_differences(conf, conf_of(again)) == ()
    assert part.notes == ()
