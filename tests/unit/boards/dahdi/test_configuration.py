"""From the site's spans and what the driver has to the steps between them: what an installer would have typed for the driver's own program."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from boards.dahdi.abi import Law, LineConfigBit, Sig
from boards.dahdi.configuration import (
    LOOSE,
    Assign,
    AttachCanceller,
    ConfigureChannel,
    ConfigureSpan,
    CreateDynamic,
    DefaultZone,
    LoadZone,
    Plan,
    SetKind,
    StartSpan,
    Step,
    Unassign,
    plan,
)
from boards.dahdi.configurator import STAGES_MOST
from boards.dahdi.survey import Found, FoundChannel, FoundSpan
from boards.dahdi.wanted import wanted_of
from boards.dahdi.zones import ZONE_NUMBERS
from engine.settings.checks import check_site
from engine.settings.site import BoxSection, ChannelGroup, Site, SpanSection, StationSection, TrunkSection

E1_LINE = LineConfigBit.CCS | LineConfigBit.HDB3 | LineConfigBit.AMI | LineConfigBit.CRC4
T1_LINE = LineConfigBit.D4 | LineConfigBit.ESF | LineConfigBit.B8ZS | LineConfigBit.AMI
CCS_PORT = Sig.CLEAR | Sig.MTP2
CAS_PORT = Sig.CLEAR | Sig.CAS | Sig.EM_E1
BANK_PORT = CAS_PORT | Sig.FXSKS | Sig.FXSLS | Sig.FXOKS | Sig.EM
ZONES = Found((), frozenset({ZONE_NUMBERS["cn"]}), ZONE_NUMBERS["cn"])


def channels(first: int, count: int, able: Sig, **known: Any) -> tuple[FoundChannel, ...]:
    one = FoundChannel(0, Sig.NONE, able, Law.ALAW, 0, 0, "")
    return tuple(replace(one, number=number, master=number, **known) for number in range(first, first + count))


def e1_port(number: int, local: int = 1, card: str = "TE220-7", **known: Any) -> FoundSpan:
    """A numbered E1 port as its driver leaves it: channels without signalling."""
    own = channels(1 + 31 * (number - 1), 31, CCS_PORT) if number else ()
    span = FoundSpan(number, card, local, "E1", card, f"slot {card}", "1.0", possible=E1_LINE, channels=own)
    return replace(span, **known)


def found(*spans: FoundSpan) -> Found:
    return replace(ZONES, spans=spans)


def planned(site: Site, has: Found) -> Plan:
    return plan(wanted_of(site), has)


def refusals(site: Site, has: Found) -> dict[str, list[str]]:
    return {name: [said.in_english() for said in all_] for name, all_ in planned(site, has).refusals.items()}


# ---- a driver on paper: what each step leads to ---------------------------------------------------------------------


def after(has: Found, step: Step) -> Found:
    """What the driver has when it obeyed: by the rules of its source, as the contract suite finds them on the real one."""
    match step:
        case LoadZone(zone):
            return replace(has, zones=(has.zones or frozenset()) | {ZONE_NUMBERS[zone]})
        case DefaultZone(zone):
            return replace(has, default_zone=ZONE_NUMBERS[zone])
        case CreateDynamic(driver, address, _, _):
            made = FoundSpan(0, f"dynamic:{driver}:{address}", 1, "DYNAMIC", f"DYN/{driver}/{address}"[:19])
            return replace(has, spans=(*has.spans, made))
    return replace(has, spans=tuple(_span_after(span, step) for span in has.spans))


def _span_after(span: FoundSpan, step: Step) -> FoundSpan:
    match step:
        case Unassign(device, local) if (device, local) == (span.device, span.local):
            return replace(span, number=0, channels=(), timing=None, started=False)
        case SetKind(device, local, kind) if (device, local) == (span.device, span.local):
            return replace(span, kind=kind, possible=T1_LINE if kind != "E1" else E1_LINE)
        case Assign(device, local, number, first) if (device, local) == (span.device, span.local):
            able = {"DYNAMIC": BANK_PORT, "E1": CCS_PORT}.get(span.kind, BANK_PORT)
            count = {"E1": 31, "DYNAMIC": 40}.get(span.kind, 24)
            return replace(span, number=number, channels=channels(first, count, able))
        case ConfigureSpan(number, _, _, line, build_out, timing) if number == span.number:
            able = CCS_PORT if line & LineConfigBit.CCS else CAS_PORT
            own = tuple(replace(one, capabilities=able) if span.kind == "E1" else one for one in span.channels)
            return replace(span, line=int(line), build_out=build_out, timing=timing, channels=own)
        case StartSpan(number) if number == span.number:
            return replace(span, started=True)
        case ConfigureChannel() | AttachCanceller():
            return replace(span, channels=tuple(_channel_after(one, step, span) for one in span.channels))
    return span


def _channel_after(channel: FoundChannel, step: ConfigureChannel | AttachCanceller, span: FoundSpan) -> FoundChannel:
    if channel.number != step.number:
        return channel
    if isinstance(step, AttachCanceller):
        return replace(channel, canceller=step.name)
    sig = step.sig
    if sig == Sig.SLAVE:
        sig = Sig(next(one.sig for one in span.channels if one.number == step.master))
    law = step.law if step.law != Law.DEFAULT and step.sig != Sig.SLAVE else channel.law
    return replace(channel, sig=sig, law=law, master=step.master, idle_bits=step.idle_bits)


def configured(site: Site, has: Found) -> tuple[Found, list[Step]]:
    """Every step until nothing is left, and what the driver has then."""
    taken: list[Step] = []
    for _ in range(STAGES_MOST + 1):
        stage = planned(site, has)
        if not stage.steps:
            return has, taken
        for step in stage.steps:
            taken.append(step)
            has = after(has, step)
    raise AssertionError(f"no end after {STAGES_MOST} stages: {planned(site, has).steps}")


# ---- one card ---------------------------------------------------------------------------------------------------------


def test_one_isdn_card_is_configured_from_its_name() -> None:
    """An installer who named one span gets what the handbooks of cards say: framing first, then 30 B channels and a D channel, then the start."""
    has, steps = configured(Site(spans=(SpanSection(name="isdn"),)), found(e1_port(1)))
    line = LineConfigBit.CCS | LineConfigBit.HDB3 | LineConfigBit.CRC4
    assert steps[0] == ConfigureSpan(1, has.spans[0].key, "isdn", line, 0, 1)
    assert [step.number for step in steps if isinstance(step, ConfigureChannel) and step.sig == Sig.CLEAR] == [
        *range(1, 16),
        *range(17, 32),
    ]
    assert ConfigureChannel(16, Sig.HDLCFCS, Law.ALAW, 16, 0) in steps
    assert [step.number for step in steps if isinstance(step, AttachCanceller)] == [*range(1, 16), *range(17, 32)]
    assert steps[-1] == StartSpan(1, has.spans[0].key, 1)


def test_what_is_right_already_is_no_step() -> None:
    """A second start hangs nothing up: only the one channel that somebody changed is configured again."""
    site = Site(spans=(SpanSection(name="isdn"),))
    has, _ = configured(site, found(e1_port(1)))
    assert planned(site, has) == Plan(tuple(replace(one, steps=()) for one in planned(site, has).spans))
    own = has.spans[0]
    changed = replace(own, channels=(replace(own.channels[0], sig=int(Sig.NONE)), *own.channels[1:]))
    assert planned(site, replace(has, spans=(changed,))).steps == (ConfigureChannel(1, Sig.CLEAR, Law.ALAW, 1, 0),)


def test_a_card_with_its_own_canceller_keeps_it() -> None:
    """The driver attaches the card's canceller whatever is asked for: that is no difference for ever."""
    site = Site(spans=(SpanSection(name="isdn"),))
    has, _ = configured(site, found(e1_port(1)))
    own = tuple(replace(one, canceller="hwec") for one in has.spans[0].channels)
    assert not planned(site, replace(has, spans=(replace(has.spans[0], channels=own),))).steps


def test_another_clock_is_a_step_although_the_driver_does_not_tell_the_present_one() -> None:
    """A changed timing priority reaches the card."""
    site = Site(spans=(SpanSection(name="isdn", timing=2),))
    has, _ = configured(Site(spans=(SpanSection(name="isdn"),)), found(e1_port(1)))
    (step,) = planned(site, has).steps
    assert isinstance(step, ConfigureSpan)
    assert step.timing == 2


def test_r2_waits_for_the_framing_before_its_channels() -> None:
    """A port that ran ISDN cannot do signalling bits until its framing is another: that is no refusal but a stage."""
    has, steps = configured(Site(spans=(SpanSection(name="r2", signalling="r2"),)), found(e1_port(1)))
    assert {(one.sig, one.idle_bits) for one in has.spans[0].channels if one.number != 16} == {(int(Sig.CAS), 0b1011)}
    assert isinstance(steps[0], ConfigureSpan)
    assert has.spans[0].channels[15].sig == Sig.NONE


def test_a_bundle_has_a_master_and_slaves() -> None:
    """clear=1-3 is one channel of 192 kbit/s, as the driver's own file means it."""
    site = Site(spans=(SpanSection(name="data", groups=(ChannelGroup(channels="1-3", signalling="clear"),)),))
    has, steps = configured(site, found(e1_port(1)))
    assert [(one.number, one.master) for one in has.spans[0].channels[:4]] == [(1, 1), (2, 1), (3, 1), (4, 4)]
    assert [step.sig for step in steps if isinstance(step, ConfigureChannel)] == [Sig.CLEAR, Sig.SLAVE, Sig.SLAVE]


# ---- which card -------------------------------------------------------------------------------------------------------


def test_a_span_is_known_by_its_card_and_not_by_its_number() -> None:
    """The machine was opened, and the cards are found in another order: each span stays with its card."""
    site = Site(spans=(SpanSection(name="main", hardware_id="A"), SpanSection(name="reserve", hardware_id="B", location="slot B")))
    stage = planned(site, found(e1_port(1, card="B"), e1_port(2, card="A")))
    assert {span.name: span.number for span in stage.spans} == {"main": 2, "reserve": 1}


def test_spans_without_a_card_take_the_ports_that_no_other_names() -> None:
    """Two entries, one with its card: the other gets the card that is left."""
    site = Site(spans=(SpanSection(name="any"), SpanSection(name="main", hardware_id="A")))
    stage = planned(site, found(e1_port(1, card="A"), e1_port(2, card="B")))
    assert {span.name: span.number for span in stage.spans} == {"any": 2, "main": 1}


def test_ports_without_numbers_get_the_numbers_of_the_site() -> None:
    """With auto_assign_spans=0 the driver numbers nothing: spans get theirs in the site's order, or those it names."""
    site = Site(
        spans=(
            SpanSection(name="b", hardware_id="B"),
            SpanSection(name="a", hardware_id="A"),
            SpanSection(name="c", hardware_id="C", number=9, first_channel=200),
        )
    )
    stage = planned(site, found(e1_port(0, card="A"), e1_port(0, card="B"), e1_port(0, card="C")))
    assert stage.steps == (Assign("B", 1, 10, 231), Assign("A", 1, 11, 262), Assign("C", 1, 9, 200))


def test_a_span_with_other_numbers_is_moved() -> None:
    """A named first channel is what the lines of the site count on: a span that has another is taken and numbered again."""
    site = Site(spans=(SpanSection(name="a", hardware_id="A", first_channel=101),))
    assert planned(site, found(e1_port(1, card="A"))).steps == (Unassign("A", 1), Assign("A", 1, 2, 101))


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ({"number": 1}, "span number 1 is that of city-1 already: choose another, or 0 for the next that is free"),
        ({"first_channel": 10}, "the channels 10 to 40 are wanted, and city-1 has 1 to 31: choose others, or 0 for the next that are free"),
        (
            {"number": 9, "first_channel": 32},
            "channel numbers rise with span numbers: TE220-C is span 3 with the channels 63 to 93, so span 9 cannot begin at 32",
        ),
    ],
)
def test_numbers_that_another_span_keeps_are_refused_and_the_span_stays_in_service(numbers: dict[str, int], sentence: str) -> None:
    """The sentence says whose the number or the channels are; nothing is taken from the span, so it serves on as it was."""
    site = Site(spans=(SpanSection(name="city-1", hardware_id="A"), SpanSection(name="city-4", hardware_id="B", **numbers)))  # type: ignore[arg-type]  # a test names the fields
    has = found(e1_port(1, card="A"), e1_port(2, card="B"), e1_port(3, card="C", description="TE220-C"))
    (_, plan_of_it) = planned(site, has).spans
    assert [said.in_english() for said in plan_of_it.refusals] == [sentence]
    assert (plan_of_it.steps, plan_of_it.clash) == ((), True)


def test_a_span_that_is_to_move_makes_room() -> None:
    """Its number is no obstacle for another one: both are changed at once."""
    site = Site(
        spans=(
            SpanSection(name="city-1", hardware_id="A", number=5, first_channel=200),
            SpanSection(name="city-4", hardware_id="B", number=1, first_channel=1),
        )
    )
    has = found(e1_port(1, card="A"), e1_port(2, card="B"))
    assert refusals(site, has) == {}
    has, _ = configured(site, has)
    assert {span.hardware_id: (span.number, span.first_channel) for span in has.spans} == {"A": (5, 200), "B": (1, 1)}


def test_a_port_of_two_kinds_becomes_the_one_that_is_wanted() -> None:
    """A card that can be E1 and T1 is made what the site says, which only works while it has no number."""
    site = Site(spans=(SpanSection(name="a", kind="t1", hardware_id="A"),))
    assert planned(site, found(e1_port(1, card="A"))).steps == (Unassign("A", 1), SetKind("A", 1, "T1"), Assign("A", 1, 1, 1))
    has, _ = configured(site, found(e1_port(1, card="A")))
    assert has.spans[0].kind == "T1"
    assert [one.sig for one in has.spans[0].channels[22:]] == [Sig.CLEAR, Sig.HDLCFCS]


def test_a_driver_without_sysfs_keeps_its_numbers() -> None:
    """An old driver cannot number spans otherwise: that is said, and not tried."""
    site = Site(spans=(SpanSection(name="a", number=1, first_channel=101),))
    assert refusals(site, found(replace(e1_port(1), device=""))) == {
        "a": ["the driver gives no way to number its spans (it has no /sys/bus/dahdi_devices): use a newer one, or take its numbers"]
    }


# ---- refusals -----------------------------------------------------------------------------------------------------------


def test_each_refusal_names_what_there_is_instead() -> None:
    """Wrong card, wrong port, wrong kind: the sentence says what the machine has."""
    a, b = e1_port(1, card="A"), e1_port(2, local=2, card="A")
    cards = found(a, b, e1_port(3, card="B"))
    site = Site(
        spans=(
            SpanSection(name="gone", hardware_id="X"),
            SpanSection(name="port", hardware_id="A", port=3),
            SpanSection(name="number", number=7),
            SpanSection(name="t1", kind="t1"),
            SpanSection(name="analog", kind="analog"),
            SpanSection(name="channel", kind="analog", first_channel=500),
        )
    )
    assert refusals(site, cards) == {
        "gone": ["there is no card X at *; there are: A @ slot A, B @ slot B"],
        "port": ["the card has no port 3; there are: 1, 2"],
        "number": ["the driver has no span 7: is the card plugged in?"],
        "t1": ["the driver has no T1 port that no other span of the site takes: is the card plugged in?"],
        "analog": ["the driver has no analog card that no other span of the site takes: is it plugged in?"],
        "channel": ["the driver has no channel 500: is the card plugged in?"],
    }


def test_two_cards_that_fit_are_one_too_many() -> None:
    """A location that two cards have is not enough to know which is meant."""
    twins = found(e1_port(1, card="A", location="here"), e1_port(2, card="B", location="here"))
    site = Site(spans=(SpanSection(name="a", location="here"),))
    assert refusals(site, twins) == {"a": ["several cards are meant by hardware id and location: give both"]}


def test_a_line_that_the_card_cannot_do_is_refused_by_name() -> None:
    """CRC-4 on a card without it: nothing of the span is touched, the other span goes on."""
    site = Site(spans=(SpanSection(name="old"), SpanSection(name="new")))
    stage = planned(site, found(e1_port(1, possible=E1_LINE & ~LineConfigBit.CRC4), e1_port(2)))
    assert {name: said[0].in_english() for name, said in stage.refusals.items()} == {"old": "its card cannot do this line: CRC4"}
    assert [step.number for step in stage.steps if isinstance(step, ConfigureSpan)] == [2]


def test_a_signalling_that_the_channel_cannot_be_is_refused_and_the_rest_goes_on() -> None:
    """One wrong channel of a span costs that channel."""
    groups = (
        ChannelGroup(channels="1", signalling="em"),
        ChannelGroup(channels="2", signalling="bchan"),
        ChannelGroup(channels="31", signalling="mtp2"),
    )
    site = Site(spans=(SpanSection(name="a", groups=groups),))
    has, _ = configured(site, found(e1_port(1)))
    assert refusals(site, has) == {"a": ["channel 1 cannot be EM; it can be: CLEAR, HDLCFCS, MTP2"]}
    assert [has.spans[0].channels[place].sig for place in (1, 30)] == [Sig.CLEAR, Sig.MTP2]


# ---- analog lines and tones ---------------------------------------------------------------------------------------------


def analog_card(**known: Any) -> FoundSpan:
    """Two exchange lines and two telephones as channels 1 to 4."""
    own = (*channels(1, 2, Sig.FXSKS | Sig.FXSLS, **known), *channels(3, 2, Sig.FXOKS | Sig.FXOLS, **known))
    return FoundSpan(1, "card", 1, "ANALOG_MIXED", "A", "slot A", "1.0", channels=own)


def test_an_analog_card_becomes_what_its_ports_are_made_for() -> None:
    """An installer of an analog card says no signalling at all."""
    has, _ = configured(Site(spans=(SpanSection(name="card", kind="analog"),)), found(analog_card()))
    assert [one.sig for one in has.spans[0].channels] == [Sig.FXSKS, Sig.FXSKS, Sig.FXOKS, Sig.FXOKS]
    assert {one.canceller for one in has.spans[0].channels} == {"mg2"}


LINES = Site(trunks=(TrunkSection(name="line-1", channel=1),), stations=(StationSection(name="phone-1", channel=3, extension="801"),))


def test_lines_without_spans_are_left_as_somebody_configured_them() -> None:
    """A site that ran with the driver's own file runs on unchanged, with the tone zone of that file."""
    ready = analog_card()
    ready = replace(ready, channels=tuple(replace(one, sig=int(Sig.FXSLS if one.number < 3 else Sig.FXOLS)) for one in ready.channels))
    assert planned(LINES, Found((ready,), frozenset(), 33)) == Plan()


def test_lines_without_spans_that_nobody_configured_become_what_they_are() -> None:
    """No configuration file at all: the channels that lines of the site have are made exchange line and telephone, and there are tones."""
    stage = planned(LINES, Found((analog_card(),), frozenset(), None))
    assert [step for step in stage.steps if isinstance(step, ConfigureChannel)] == [
        ConfigureChannel(1, Sig.FXSKS, Law.DEFAULT, 1, 0),
        ConfigureChannel(3, Sig.FXOKS, Law.DEFAULT, 3, 0),
    ]
    assert stage.zones == (LoadZone("cn"), DefaultZone("cn"))
    assert [span.name for span in stage.spans] == [LOOSE]


def test_each_zone_that_a_span_wants_is_loaded_once() -> None:
    """The site's own zone is the default; another span may have another."""
    spans = (SpanSection(name="a", tone_zone="uk"), SpanSection(name="b", tone_zone="uk"))
    stage = planned(Site(box=BoxSection(tones="hk"), spans=spans), Found((), frozenset(), None))
    assert stage.zones == (LoadZone("hk"), LoadZone("uk"), DefaultZone("hk"))


# ---- any site -------------------------------------------------------------------------------------------------------------

SPANS: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.one_of(
        st.builds(
            dict,
            kind=st.just("e1"),
            hardware_id=st.sampled_from(["", "A", "B"]),
            port=st.integers(1, 2),
            signalling=st.sampled_from(["auto", "pri", "r2", "ss7"]),
            timing=st.sampled_from([-1, 0]),
            law=st.sampled_from(["auto", "mulaw", "driver"]),
            echo_canceller=st.sampled_from(["mg2", "none", "oslec"]),
            first_channel=st.sampled_from([0, 0, 300, 400]),
        ),
        st.builds(
            dict,
            kind=st.just("dynamic"),
            dynamic_driver=st.just("loc"),
            dynamic_address=st.sampled_from(["1:0", "1:1"]),
            channel_count=st.just(31),
        ),
        st.builds(dict, kind=st.just("t1"), hardware_id=st.just("T"), groups=st.just((ChannelGroup(channels="1-24", signalling="fxsks"),))),
    ),
    max_size=4,
)


@settings(max_examples=25, deadline=None)
@given(SPANS, st.sets(st.integers(0, 3), max_size=4))
def test_any_site_is_reached_in_some_stages_and_then_nothing_is_left(spans: list[dict[str, Any]], numbered: set[int]) -> None:
    """Whatever the site wants and whichever ports have numbers already: configuring ends, and asked again there is no step."""
    site = Site(spans=tuple(SpanSection(name=f"s{place}", **span) for place, span in enumerate(spans)))
    assume(not check_site(site))
    ports = [("A", 1), ("A", 2), ("B", 1), ("T", 1)]
    has = found(*(e1_port(place + 1 if place in numbered else 0, local, card) for place, (card, local) in enumerate(ports)))
    done, _ = configured(site, has)
    assert not planned(site, done).steps
