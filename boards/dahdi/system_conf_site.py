"""Between the settings of a site and ``/etc/dahdi/system.conf``: what a site comes to as such a file, and what a file comes to as settings.

The file knows spans by number and channels by number. Where the driver can be asked (``Placed``) the numbers are its own; without it they are
those that it gives when it finds the cards in the order of the site.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from boards.dahdi.system_conf import ConfChannel, ConfDynamic, ConfSpan, SystemConf
from engine.kernel.text import Text, text
from engine.settings.faults import Fault
from engine.settings.site import ECHO_CANCELLERS, ChannelGroup, Site, SpanSection
from engine.settings.spans import BUNDLED, ResolvedSpan, places_shown, resolved_spans

__all__ = ["Placed", "SitePart", "conf_of", "settings_of"]

Placed = Callable[[str], tuple[int, int]]
"""Number and first channel that the driver has given a span of the site, by its name; 0 and 0 when it has given none."""
ZONES: Mapping[str, str] = {"cn": "cn", "uk": "uk", "us": "us", "hk": "us", "itu": "de"}
"""Our tone zones among those of libtonezone. It has none for Hong Kong, nor the plain one of the ITU: the nearest is taken."""
LINES_OWN_CANCELLER = "mg2"
DRIVERS = ("eth", "ethmf", "loc")


# ---- from the site to the file ------------------------------------------------------------------------------------------


def conf_of(site: Site, placed: Placed = lambda _name: (0, 0)) -> SystemConf:
    """The file that makes the driver what a sound site wants of it."""
    spans = resolved_spans(site)
    numbers = dict(_numbered(spans, placed))
    channels: dict[int, ConfChannel] = {}
    for span in spans:
        _, first = numbers[span.section.name]
        channels.update(_channels(span, first, site, _end_of(first, numbers)))
    taken = [range(first, first + span.count) for span in spans if span.count for _, first in [numbers[span.section.name]]]
    for number, signalling in _lines(site).items():
        if number not in channels and not any(number in those for those in taken):
            channels[number] = ConfChannel(signalling, canceller=LINES_OWN_CANCELLER)
    wanted = [site.box.tones, *(span.section.tone_zone for span in spans if span.section.tone_zone != "site")]
    return SystemConf(
        tuple(_conf_span(span, numbers[span.section.name][0]) for span in spans if span.digital),
        tuple(_conf_dynamic(span) for span in spans if span.section.kind == "dynamic"),
        dict(sorted(channels.items())),
        tuple(dict.fromkeys(ZONES[zone] for zone in wanted)),
        ZONES[site.box.tones],
    )


def _numbered(spans: Sequence[ResolvedSpan], placed: Placed) -> Iterator[tuple[str, tuple[int, int]]]:
    """Number and first channel of every span. Dynamic spans come last: the driver's program makes them after all others."""
    number = channel = 1
    for span in sorted(spans, key=lambda one: one.section.kind == "dynamic"):
        section = span.section
        known_number, known_first = placed(section.name)
        number = section.number or known_number or number
        first = known_first or section.first_channel or channel
        yield section.name, (number, first)
        channel = first + span.count
        # Channels of an analog card that is known by a channel need no span of their own.
        number += not (section.kind == "analog" and section.first_channel and not section.hardware_id)


def _end_of(first: int, numbers: Mapping[str, tuple[int, int]]) -> int:
    """The channel before the next span."""
    return min((other - 1 for _, other in numbers.values() if other > first), default=1023)


def _lines(site: Site) -> dict[int, str]:
    return {trunk.channel: "fxsks" for trunk in site.trunks} | {phone.channel: "fxoks" for phone in site.stations}


def _channels(span: ResolvedSpan, first: int, site: Site, end: int) -> Iterator[tuple[int, ConfChannel]]:
    if span.section.kind == "analog" and not span.groups:
        # What each port is made for is not known here; the lines of the site say it of those that matter.
        last = first + span.count - 1 if span.count else end
        canceller = "" if span.section.echo_canceller == "none" else span.section.echo_canceller
        law = span.section.law if span.section.law != "auto" else "driver"
        for number, signalling in _lines(site).items():
            if first <= number <= last:
                yield number, ConfChannel(signalling, law=law, canceller=canceller)
    for group in span.groups:
        bundled = group.signalling in BUNDLED and len(group.places) > 1
        for place in group.places:
            master = first + min(group.places) - 1 if bundled else 0
            yield first + place - 1, ConfChannel(group.signalling, group.idle_bits, master, group.law, group.echo_canceller)


def _conf_span(span: ResolvedSpan, number: int) -> ConfSpan:
    section = span.section
    return ConfSpan(number, span.timing, section.line_build_out, span.framing, span.coding, span.crc4, section.yellow_when_unused)


def _conf_dynamic(span: ResolvedSpan) -> ConfDynamic:
    return ConfDynamic(span.section.dynamic_driver, span.section.dynamic_address, span.count, span.timing)


# ---- from the file to the site ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SitePart:
    """What of a site a file says. ``tones`` empty: nothing. ``notes``: what has no setting, or another than written, each with its line."""

    spans: tuple[SpanSection, ...]
    tones: str
    notes: tuple[Fault, ...]


def settings_of(conf: SystemConf) -> SitePart:
    """The settings that come to the same as the file."""
    notes = list(conf.left_out)
    timings = _timings(conf, notes)
    left = dict(conf.channels)
    spans: list[SpanSection] = []
    at = 1
    for span in conf.spans:
        kind = "e1" if span.framing in ("ccs", "cas") else "t1"
        count = 31 if kind == "e1" else 24
        at = _begin(left, at, count, analog_too=kind == "t1")
        spans.append(_digital(span, kind, timings[span.number], at, _taken(left, at, count), notes))
        at += count
    dynamic_at = at
    dynamics: list[SpanSection] = []
    for number, one in enumerate(conf.dynamics, 1):
        if one.driver not in DRIVERS:
            said = text("there is no setting for the transport {name}: this span is left out", name=one.driver)
            notes.append(Fault((), one.line, 1, said))
            continue
        dynamic_at = _begin(left, dynamic_at, one.channels, analog_too=True)
        taken = _taken(left, dynamic_at, one.channels)
        dynamics.append(_dynamic(one, number, dynamic_at, timings.get(-number, one.timing), taken, notes))
        dynamic_at += one.channels
    analog = [_analog(run, left) for run in _runs(number for number, channel in left.items() if channel.signalling)]
    return SitePart((*analog, *spans, *dynamics), _tones(conf, notes), tuple(sorted(notes, key=lambda note: note.line)))


def _begin(left: Mapping[int, ConfChannel], at: int, count: int, *, analog_too: bool) -> int:
    """Where a span of so many channels begins: at ``at``, or behind the analog channels that stand there."""
    for number in sorted(number for number in left if number >= at and left[number].signalling):
        analog = left[number].signalling.startswith(("fxs", "fxo"))
        if analog and not analog_too:
            at = number + 1
        else:
            return at if number < at + count else number
    return at


def _taken(left: dict[int, ConfChannel], first: int, count: int) -> dict[int, ConfChannel]:
    """The channels of a span by their places on it; they are not left any more."""
    return {number - first + 1: left.pop(number) for number in range(first, first + count) if number in left}


def _timings(conf: SystemConf, notes: list[Fault]) -> dict[int, int]:
    """Priorities by span number (dynamic spans by their negative place): a file may give one twice, a site may not."""
    given = [(span.number, span.timing, span.line) for span in conf.spans]
    given += [(-number, one.timing, one.line) for number, one in enumerate(conf.dynamics, 1)]
    taken: dict[int, int] = {}
    free = iter(number for number in range(1, len(given) * 2 + 130) if number not in {timing for _, timing, _ in given})
    found: dict[int, int] = {}
    for key, timing, line in given:
        found[key] = timing
        if timing and timing in taken:
            found[key] = next(free)
            said = text("another span has the timing priority {timing}: this one gets {other}", timing=timing, other=found[key])
            notes.append(Fault((), line, 1, said))
        taken[found[key]] = key
    return found


def _digital(span: ConfSpan, kind: str, timing: int, first: int, channels: dict[int, ConfChannel], notes: list[Fault]) -> SpanSection:
    left_out = (text("{word} is for BRI ports, which are no setting: it is left out", word=extra) for extra in span.extras)
    notes.extend(Fault((), span.line, 1, said) for said in left_out)
    made = SpanSection(
        name=f"span-{span.number}",
        kind=kind,
        number=span.number,
        first_channel=first,
        framing=span.framing,
        coding=span.coding,
        crc4="on" if span.crc4 else "off",
        yellow_when_unused=span.yellow,
        line_build_out=span.build_out,
        timing=timing,
    )
    return _with_usual(_with_channels(made, channels, notes))


def _dynamic(one: ConfDynamic, number: int, first: int, timing: int, channels: dict[int, ConfChannel], notes: list[Fault]) -> SpanSection:
    made = SpanSection(
        name=f"dynamic-{number}",
        kind="dynamic",
        first_channel=first,
        channel_count=one.channels,
        timing=timing,
        dynamic_driver=one.driver,
        dynamic_address=one.address,
    )
    return _with_channels(made, channels, notes)


def _analog(run: range, left: dict[int, ConfChannel]) -> SpanSection:
    made = SpanSection(name=f"analog-{run.start}", kind="analog", first_channel=run.start, channel_count=len(run), timing=0)
    return _with_channels(made, _taken(left, run.start, len(run)), [])


def _runs(numbers: Iterable[int]) -> Iterator[range]:
    first = last = 0
    for number in sorted(numbers):
        if first and number > last + 1:
            yield range(first, last + 1)
        first = number if not first or number > last + 1 else first
        last = number
    if first:
        yield range(first, last + 1)


def _with_channels(span: SpanSection, channels: Mapping[int, ConfChannel], notes: list[Fault]) -> SpanSection:
    """The span with groups for its channels, and as law and canceller what most of them have."""
    known = {place: _known(channel, notes) for place, channel in channels.items() if channel.signalling}
    if not known:
        return replace(
            span, law="driver", echo_canceller="none", groups=(ChannelGroup(channels=f"1-{span.channel_count or 24}", signalling="unused"),)
        )
    law = Counter(channel.law for channel in known.values()).most_common(1)[0][0]
    canceller = Counter(channel.canceller or "none" for channel in known.values()).most_common(1)[0][0]
    groups: dict[ConfChannel, list[int]] = {}
    for place, channel in sorted(known.items()):
        alone = place if channel.signalling in BUNDLED and not channel.master else channel.master
        groups.setdefault(replace(channel, master=alone, line=0), []).append(place)
    return replace(
        span,
        law=law,
        echo_canceller=canceller,
        groups=tuple(_group(channel, places, law, canceller) for channel, places in groups.items()),
    )


def _known(channel: ConfChannel, notes: list[Fault]) -> ConfChannel:
    if channel.canceller and channel.canceller not in ECHO_CANCELLERS:
        said = text("there is no setting for the echo canceller {name}: it is left out", name=channel.canceller)
        if all(note.said != said for note in notes):
            notes.append(Fault((), channel.line, 1, said))
        return replace(channel, canceller="")
    return channel


def _group(channel: ConfChannel, places: Sequence[int], law: str, canceller: str) -> ChannelGroup:
    own = channel.canceller or "none"
    return ChannelGroup(
        channels=places_shown(places),
        signalling=channel.signalling,
        idle_bits=channel.idle_bits,
        law="span" if channel.law == law else channel.law,
        echo_canceller="span" if own == canceller else own,
    )


def _with_usual(span: SpanSection) -> SpanSection:
    """Without groups, when they are those of ISDN or R2; without what is usual anyway."""
    canceller = next((one for one in (span.echo_canceller, "mg2") if one != "none"), "none")
    for use in ("pri", "r2", "ss7"):
        shorter = replace(span, signalling=use, groups=(), echo_canceller=canceller if span.echo_canceller != "none" else "none")
        if _meaning(shorter) == _meaning(span):
            return replace(shorter, signalling="auto" if use == "pri" else use)
    return span


def _meaning(span: SpanSection) -> object:
    """What a span comes to, channel by channel."""
    resolved = next(iter(resolved_spans(Site(spans=(span,)))))
    channels = {
        place: (group.signalling, group.idle_bits, group.law, group.echo_canceller) for group in resolved.groups for place in group.places
    }
    return resolved.framing, resolved.coding, resolved.crc4, channels


def _tones(conf: SystemConf, notes: list[Fault]) -> str:
    ours = {theirs: name for name, theirs in reversed(list(ZONES.items()))}
    for zone in (*conf.zones, conf.default_zone):
        if zone and zone not in ours:
            said: Text = text("there are no tones of {zone}; there are cn, uk, us, hk and itu: it is left out", zone=zone)
            if all(note.said != said for note in notes):
                notes.append(Fault((), 0, 1, said))
    return ours.get(conf.default_zone, "")
