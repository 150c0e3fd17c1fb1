"""From what the site wants and what the driver has to the steps that lead from one to the other. Pure.

A driver is configured in stages, since each decides what the next can see: numbers first (only a span with a number has channels), then
framing (which decides what a channel can be), then channels, cancellers and the start. ``plan`` says the next stage of every span that
needs one; whoever performs the steps looks again and asks again, until nothing is left. What is right already is no step: asked a second
time, the answer is empty. What the driver or the card cannot be is a refusal with a sentence, and hinders no other span.

Order and rules are those of the driver's own configuration program: a channel is configured only where something differs, since that hangs
it up. Spans that the site does not name are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from boards.dahdi.abi import Law, LineConfigBit, Sig
from boards.dahdi.survey import Found, FoundChannel, FoundSpan
from boards.dahdi.wanted import PORT_SIGS, Wanted, WantedChannel, WantedSpan
from boards.dahdi.zones import ZONE_NUMBERS
from engine.kernel.text import Text, text

__all__ = [
    "LOOSE",
    "Assign",
    "AttachCanceller",
    "ConfigureChannel",
    "ConfigureSpan",
    "CreateDynamic",
    "DefaultZone",
    "LoadZone",
    "Plan",
    "SetKind",
    "SpanPlan",
    "StartSpan",
    "Step",
    "Unassign",
    "match",
    "plan",
]

LOOSE = ""
"""Name of the plan for analog lines that are in no span of the site."""
LINE_BITS = 0x1FF0
"""What of a line configuration a card must be able to do."""
CLEAR_MEANS = Sig.HDLCRAW | Sig.HDLCFCS | Sig.HDLCNET | Sig.DACS
"""A channel that can be clear can be these too: the driver does it."""
ANALOG_KINDS = frozenset({"FXS", "FXO", "ANALOG", "ANALOG_MIXED"})
DIGITAL_KINDS = frozenset({"E1", "T1", "J1"})
HARDWARE = "hwec"
"""The card's own canceller, which the driver attaches whatever was asked for."""
NUMBER_TAKEN = text("span number {number} is that of {name} already: choose another, or 0 for the next that is free")
CHANNELS_TAKEN = text(
    "the channels {wanted_first} to {wanted_last} are wanted, and {name} has {first} to {last}: choose others, or 0 for the next that are free"
)
OUT_OF_ORDER = text(
    "channel numbers rise with span numbers: {name} is span {other} with the channels {first} to {last}, so span {number} cannot begin at {wanted_first}"
)
CLASHES = frozenset({NUMBER_TAKEN.msgid, CHANNELS_TAKEN.msgid, OUT_OF_ORDER.msgid})
NAME_OCTETS = 19
"""Of a dynamic span's name the driver keeps so much."""


@dataclass(frozen=True)
class CreateDynamic:
    """Make a span without a card."""

    driver: str
    address: str
    channels: int
    timing: int


@dataclass(frozen=True)
class Unassign:
    """Take a span's number; its channels go with it."""

    device: str
    local: int


@dataclass(frozen=True)
class SetKind:
    """Make an unnumbered port an E1, T1 or J1."""

    device: str
    local: int
    kind: str


@dataclass(frozen=True)
class Assign:
    """Number a span and its channels."""

    device: str
    local: int
    number: int
    first_channel: int


@dataclass(frozen=True)
class ConfigureSpan:
    """Framing, coding, build-out and place among the clock sources of span ``number``; ``key`` is what it is remembered by."""

    number: int
    key: str
    name: str
    line: LineConfigBit
    build_out: int
    timing: int


@dataclass(frozen=True)
class ConfigureChannel:
    """Signalling, law, master and idle bits of a channel."""

    number: int
    sig: Sig
    law: Law
    master: int
    idle_bits: int


@dataclass(frozen=True)
class AttachCanceller:
    """Attach an echo canceller to a channel; an empty name detaches."""

    number: int
    name: str


@dataclass(frozen=True)
class StartSpan:
    """Let it run. ``key`` and ``timing`` are remembered from then on."""

    number: int
    key: str
    timing: int


@dataclass(frozen=True)
class LoadZone:
    """Load one of our tone zones."""

    zone: str


@dataclass(frozen=True)
class DefaultZone:
    """Make it the zone of every channel that is opened from now on."""

    zone: str


Step = CreateDynamic | Unassign | SetKind | Assign | ConfigureSpan | ConfigureChannel | AttachCanceller | StartSpan | LoadZone | DefaultZone


@dataclass(frozen=True)
class SpanPlan:
    """The next stage of one span of the site. ``number`` and ``channels`` (of the driver) are what it has now; 0 and none: nothing yet.

    ``more``: another stage follows. ``refusals``: what will not be, and why; ``clash``: because another span has the numbers.
    """

    name: str
    number: int = 0
    channels: frozenset[int] = frozenset()
    steps: tuple[Step, ...] = ()
    more: bool = False
    refusals: tuple[Text, ...] = ()
    clash: bool = False


@dataclass(frozen=True)
class Plan:
    """The next stage of everything. ``zones`` are the steps that belong to no span."""

    spans: tuple[SpanPlan, ...] = ()
    zones: tuple[Step, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All of them, in the order in which they are to be taken."""
        return (*self.zones, *(step for span in self.spans for step in span.steps))

    @property
    def refusals(self) -> Mapping[str, tuple[Text, ...]]:
        """What is refused, by the name of the span."""
        return {span.name: span.refusals for span in self.spans if span.refusals}


def plan(wanted: Wanted, found: Found) -> Plan:
    """The next stage from ``found`` to ``wanted``; without steps when all is done or refused."""
    matched = match(wanted, found)
    places = _Places(wanted, found, matched)
    spans = [_span_plan(span, matched[span.name], places) for span in wanted.spans]
    taken = frozenset(channel for span in spans for channel in span.channels)
    loose = _loose_plan([channel for channel in wanted.loose if channel.place not in taken], found)
    return Plan((*spans, *([loose] if loose.steps or loose.refusals else [])), tuple(_zone_steps(wanted, found)))


# ---- which span is which ----------------------------------------------------------------------------------------------


def match(wanted: Wanted, found: Found) -> Mapping[str, FoundSpan | Text | None]:
    """The driver's span of each entry of the site, or a sentence why there is none; None: a dynamic span that is still to be made.

    First those that name theirs get it, then the others.
    """
    matched: dict[str, FoundSpan | Text | None] = {}
    free = list(found.spans)
    for certain in (True, False):
        for span in wanted.spans:
            if _is_certain(span) is certain:
                one = _named(span, free, found) if certain else _first_of_kind(span, free)
                matched[span.name] = one
                if isinstance(one, FoundSpan):
                    free = [other for other in free if other is not one]
    return matched


def _is_certain(span: WantedSpan) -> bool:
    return span.pinned or bool(span.number) or span.dynamic is not None or (not span.device_kind and bool(span.first_channel))


def _named(span: WantedSpan, free: Sequence[FoundSpan], found: Found) -> FoundSpan | Text | None:
    if span.dynamic is not None:
        return next((one for one in free if _is_dynamic(one, *span.dynamic)), None)
    if span.pinned:
        return _pinned(span, free, found)
    if span.number:
        numbered = [one for one in free if one.number == span.number]
        return numbered[0] if numbered else text("the driver has no span {number}: is the card plugged in?", number=span.number)
    at = [one for one in free if span.first_channel in {channel.number for channel in one.channels}]
    return at[0] if at else text("the driver has no channel {number}: is the card plugged in?", number=span.first_channel)


def _is_dynamic(span: FoundSpan, driver: str, address: str) -> bool:
    if span.description:
        return span.description == f"Dynamic '{driver}' span at '{address}'"[: NAME_OCTETS + 20]
    return span.kind == "DYNAMIC" and span.hardware_id == f"DYN/{driver}/{address}"[:NAME_OCTETS]


def _pinned(span: WantedSpan, free: Sequence[FoundSpan], found: Found) -> FoundSpan | Text:
    def is_card(one: FoundSpan) -> bool:
        return span.hardware_id in ("", one.hardware_id) and span.location in ("", one.location)

    ports = [one for one in found.spans if one.device and is_card(one)]
    if not ports:
        known = {f"{one.hardware_id or '-'} @ {one.location or '-'}" for one in found.spans if one.device and one.kind != "DYNAMIC"}
        return text(
            "there is no card {hardware_id} at {location}; there are: {known}",
            hardware_id=span.hardware_id or "*",
            location=span.location or "*",
            known=", ".join(sorted(known)) or "-",
        )
    if len({one.device for one in ports}) > 1:
        return text("several cards are meant by hardware id and location: give both")
    port = next((one for one in free if one.device == ports[0].device and one.local == span.port), None)
    if port is None:
        return text("the card has no port {port}; there are: {known}", port=span.port, known=", ".join(str(one.local) for one in ports))
    return port


def _first_of_kind(span: WantedSpan, free: Sequence[FoundSpan]) -> FoundSpan | Text:
    kinds = frozenset({span.device_kind}) if span.device_kind else ANALOG_KINDS
    one = next((one for one in free if one.kind in kinds), None)
    if one is not None:
        return one
    if span.device_kind:
        return text("the driver has no {kind} port that no other span of the site takes: is the card plugged in?", kind=span.device_kind)
    return text("the driver has no analog card that no other span of the site takes: is it plugged in?")


# ---- one span ---------------------------------------------------------------------------------------------------------


@dataclass
class _Places:
    """Numbers that are still free, for spans that have none."""

    wanted: Wanted
    found: Found
    matched: Mapping[str, FoundSpan | Text | None]
    spans: int = field(init=False)
    channels: int = field(init=False)

    def __post_init__(self) -> None:
        numbers = [*(span.number for span in self.found.spans), *(span.number for span in self.wanted.spans)]
        self.spans = max(numbers, default=0)
        named = [span.first_channel + max(span.count, 1) - 1 for span in self.wanted.spans if span.first_channel]
        self.channels = max([*named, *(channel.number for span in self.found.spans for channel in span.channels)], default=0)

    def take(self, span: WantedSpan, one: FoundSpan) -> tuple[int, int] | Text:
        """Number and first channel of a span: those that it names, or the next behind all others; a sentence when they are another's."""
        number, first = span.number or self.spans + 1, span.first_channel or self.channels + 1
        count = max(span.count, len(one.channels), 1)
        clash = self._clash(one, number, first, first + count - 1)
        if clash is not None:
            return clash
        self.spans = max(self.spans, number)
        self.channels = max(self.channels, first + count - 1)
        return number, first

    def _clash(self, one: FoundSpan, number: int, first: int, last: int) -> Text | None:
        """Why the driver would not give these numbers to a span. Who is to move makes room, and is no obstacle."""
        for other, name in self._staying():
            if other is one:
                continue
            low, high = other.first_channel, max((channel.number for channel in other.channels), default=0)
            known = {"number": number, "name": name, "first": low, "last": high, "wanted_first": first, "wanted_last": last}
            if other.number == number:
                return Text(NUMBER_TAKEN.msgid, known)
            if other.channels and first <= high and low <= last:
                return Text(CHANNELS_TAKEN.msgid, known)
            if other.channels and (other.number < number) != (low < first):
                return Text(OUT_OF_ORDER.msgid, {**known, "other": other.number})
        return None

    def _staying(self) -> Iterator[tuple[FoundSpan, str]]:
        """Spans that keep their numbers, with what people call them."""
        sections = {span.name: span for span in self.wanted.spans}
        names = {id(one): name for name, one in self.matched.items() if isinstance(one, FoundSpan)}
        for one in self.found.spans:
            section = sections.get(names.get(id(one), ""))
            if one.number and (section is None or not _moves(section, one)):
                yield one, names.get(id(one)) or one.description or one.device or str(one.number)


def _span_plan(span: WantedSpan, one: FoundSpan | Text | None, places: _Places) -> SpanPlan:
    if one is None:
        assert span.dynamic is not None
        return SpanPlan(span.name, steps=(CreateDynamic(*span.dynamic, span.count, span.timing),), more=True)
    if isinstance(one, Text):
        return SpanPlan(span.name, refusals=(one,))
    here = SpanPlan(span.name, one.number, frozenset(channel.number for channel in one.channels))
    structure = _structure(span, one, places)
    if isinstance(structure, Text):
        return replace(here, refusals=(structure,), clash=structure.msgid in CLASHES)
    if structure:
        return replace(here, steps=structure, more=True)
    line = _line_steps(span, one)
    if isinstance(line, Text):
        return replace(here, refusals=(line,))
    if line:
        return replace(here, steps=line, more=True)
    return _channel_plan(span, one, here)


def _structure(span: WantedSpan, one: FoundSpan, places: _Places) -> tuple[Step, ...] | Text:
    """What leads to the right kind and numbers; a sentence when nothing does."""
    if span.device_kind and one.kind not in DIGITAL_KINDS:
        return text("this is a port of the kind {found}, and not {kind}", found=one.kind or "?", kind=span.device_kind)
    if not span.device_kind and span.dynamic is None and one.kind in DIGITAL_KINDS:
        return text("this is a port of the kind {found}, and no analog card", found=one.kind)
    other_kind = bool(span.device_kind) and one.kind != span.device_kind
    moved = _moves(span, one)
    if not (other_kind or moved or not one.number):
        return ()
    if not one.device:
        return text("the driver gives no way to number its spans (it has no /sys/bus/dahdi_devices): use a newer one, or take its numbers")
    taken = places.take(span, one) if moved or not one.number else (one.number, one.first_channel)
    if isinstance(taken, Text):
        return taken
    number, first = taken
    steps: list[Step] = [Unassign(one.device, one.local)] if one.number else []
    if other_kind:
        steps.append(SetKind(one.device, one.local, span.device_kind))
    return (*steps, Assign(one.device, one.local, number, first))


def _moves(span: WantedSpan, one: FoundSpan) -> bool:
    """True when a numbered span is to have other numbers."""
    other_first = _names_first(span) and span.first_channel != one.first_channel
    return bool(one.number) and (bool(span.number and span.number != one.number) or other_first)


def _names_first(span: WantedSpan) -> bool:
    """An analog span that is known by a channel may begin before it."""
    return bool(span.first_channel) and (span.pinned or bool(span.device_kind) or span.dynamic is not None)


def _line_steps(span: WantedSpan, one: FoundSpan) -> tuple[Step, ...] | Text:
    if not span.device_kind:
        return ()
    asked = span.line & LINE_BITS
    if asked & one.possible != asked:
        return text("its card cannot do this line: {missing}", missing=_bits_named(asked & ~one.possible))
    if (one.line & (LINE_BITS | LineConfigBit.NOTOPEN), one.build_out, one.timing) == (span.line, span.build_out, span.timing):
        return ()
    return (ConfigureSpan(one.number, one.key, span.name, span.line, span.build_out, span.timing),)


def _bits_named(bits: int) -> str:
    return ", ".join(bit.name or "?" for bit in LineConfigBit if bit & bits)


# ---- channels ---------------------------------------------------------------------------------------------------------


def _channel_plan(span: WantedSpan, one: FoundSpan, here: SpanPlan) -> SpanPlan:
    first = span.first_channel if not span.device_kind and span.dynamic is None and span.first_channel else one.first_channel
    known = {channel.number: channel for channel in one.channels}
    steps: list[Step] = []
    refusals: list[Text] = []
    for channel in span.channels if span.channels is not None else _every_port(span, one):
        found = known.get(first + channel.place - 1)
        if found is None:
            said = text(
                "there is no place {place}: the span has the channels {first} to {last}", place=channel.place, first=first, last=max(known)
            )
            refusals.append(said)
            continue
        master = first + (channel.master or channel.place) - 1
        made = _channel_steps(channel, found, master)
        if isinstance(made, Text):
            refusals.append(made)
        else:
            steps.extend(made)
    if span.device_kind and not one.started:
        steps.append(StartSpan(one.number, one.key, span.timing))
    return replace(here, steps=tuple(steps), refusals=tuple(refusals))


def _every_port(span: WantedSpan, one: FoundSpan) -> Iterator[WantedChannel]:
    for place in range(1, len(one.channels) + 1):
        yield WantedChannel(place, PORT_SIGS, span.law, span.canceller)


def _channel_steps(channel: WantedChannel, found: FoundChannel, master: int) -> tuple[Step, ...] | Text:
    able = found.capabilities | (CLEAR_MEANS if found.capabilities & Sig.CLEAR else 0)
    # What a port is already it stays when it may be that, so that nothing is hung up for nothing.
    order = sorted(channel.sigs, key=lambda sig: sig != found.sig)
    sig = next((sig for sig in order if able & sig == sig), None)
    if sig is None:
        return text(
            "channel {number} cannot be {wanted}; it can be: {able}",
            number=found.number,
            wanted="/".join(sig.name or "?" for sig in channel.sigs),
            able=", ".join(one.name or "?" for one in _SINGLE if able & one == one) or "-",
        )
    steps: list[Step] = []
    # A slave is never opened, and so keeps telling the law that it began with.
    law_differs = master == found.number and channel.law not in (Law.DEFAULT, found.law)
    # Slaves have their master's signalling.
    if (found.sig, found.master, found.idle_bits) != (sig, master, channel.idle_bits) or law_differs:
        steps.append(ConfigureChannel(found.number, Sig.SLAVE if master != found.number else sig, channel.law, master, channel.idle_bits))
    if found.canceller not in (channel.canceller, HARDWARE) and (found.canceller is not None or channel.canceller):
        steps.append(AttachCanceller(found.number, channel.canceller))
    return tuple(steps)


_SINGLE = (
    Sig.CLEAR,
    Sig.HDLCFCS,
    Sig.HARDHDLC,
    Sig.MTP2,
    Sig.CAS,
    Sig.EM,
    Sig.EM_E1,
    Sig.FXSKS,
    Sig.FXSLS,
    Sig.FXSGS,
    Sig.FXOKS,
    Sig.FXOLS,
    Sig.FXOGS,
)


def _loose_plan(wanted: Sequence[WantedChannel], found: Found) -> SpanPlan:
    """Lines without a span: only what nobody has configured yet is made what the line needs."""
    known = {channel.number: channel for span in found.spans for channel in span.channels}
    steps: list[Step] = []
    refusals: list[Text] = []
    for channel in wanted:
        one = known.get(channel.place)
        if one is None or one.sig != Sig.NONE:
            continue
        made = _channel_steps(channel, one, one.number)
        if isinstance(made, Text):
            refusals.append(made)
        else:
            steps.extend(made)
    return SpanPlan(LOOSE, 0, frozenset(channel.place for channel in wanted), tuple(steps), refusals=tuple(refusals))


# ---- tones ------------------------------------------------------------------------------------------------------------


def _zone_steps(wanted: Wanted, found: Found) -> Iterator[Step]:
    if found.zones is None or (found.default_zone and not wanted.spans):
        return  # none can be looked for; or who has no spans in the site has a zone of somebody else's
    for zone in wanted.zones:
        if ZONE_NUMBERS[zone] not in found.zones:
            yield LoadZone(zone)
    if found.default_zone != ZONE_NUMBERS[wanted.default_zone]:
        yield DefaultZone(wanted.default_zone)
