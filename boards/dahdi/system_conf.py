"""``/etc/dahdi/system.conf``: what it says as a value, reading it, writing it, comparing two. Pure.

The rules are those of the driver's own program, ``dahdi_cfg``: one ``keyword=value`` a line, ``#`` begins a comment, keywords in any case, lists
of channels as ``1-15,17``. Of a line it reads 255 characters, and a line is never continued by the next. Every fault is told with its
line; what is right but nothing to us (radio interfaces, cross connections) is kept in ``left_out``, so that nothing is lost unseen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.kernel.text import Text, text
from engine.settings.faults import Fault, SiteFaults
from engine.settings.spans import BUNDLED, places_shown

__all__ = ["ConfChannel", "ConfDynamic", "ConfSpan", "SystemConf", "conf_differences", "conf_written", "parse_conf"]

CHANNELS_MOST = 1023
"""``dahdi_cfg`` counts to here."""
SPANS_MOST = 128
BUILD_OUTS = 7
LINE_MOST = 254
LISTS_MOST = 180
"""Characters of a list of channels that we write on one line."""
OCTETS_MOST = 1 << 20

SIGNALLINGS: Mapping[str, str] = {
    "bchan": "bchan",
    "indclear": "bchan",
    "dchan": "dchan",
    "fcshdlc": "dchan",
    "hardhdlc": "hardhdlc",
    "mtp2": "mtp2",
    "cas": "cas",
    "user": "cas",
    "fxsks": "fxsks",
    "fxsls": "fxsls",
    "fxsgs": "fxsgs",
    "fxoks": "fxoks",
    "fxols": "fxols",
    "fxogs": "fxogs",
    "e&m": "em",
    "e&me1": "em-e1",
    "clear": "clear",
    "rawhdlc": "rawhdlc",
    "unused": "unused",
}
"""Our word for a channel's signalling by the file's."""
KEYWORDS: Mapping[str, str] = {ours: theirs for theirs, ours in reversed(list(SIGNALLINGS.items()))}
LAWS: Mapping[str, str] = {"alaw": "alaw", "mulaw": "mulaw", "deflaw": "driver"}
FRAMINGS = ("ccs", "cas", "esf", "d4")
CODINGS = ("hdb3", "b8zs", "ami")
LEFT_OUT: Mapping[str, Text] = {
    **dict.fromkeys(("dacs", "dacsrbs"), text("cross connections are no setting: this line is left out")),
    "nethdlc": text("network interfaces on channels are no setting: this line is left out"),
    "56k": text("channels of 56 kbit/s are no setting: this line is left out"),
    **dict.fromkeys(
        (
            "ctcss",
            "dcsrx",
            "rxdcs",
            "tx",
            "debouncetime",
            "bursttime",
            "exttone",
            "invertcor",
            "corthresh",
            "rxgain",
            "txgain",
            "deemp",
            "preemp",
        ),
        text("radio interfaces are no setting: this line is left out"),
    ),
    **dict.fromkeys(("channel", "channels"), text("radio interfaces are no setting: this line is left out")),
}


@dataclass(frozen=True)
class ConfSpan:
    """``span=``: a digital span. ``extras``: what BRI ports have (``nt``, ``te``, ``term``)."""

    number: int
    timing: int
    build_out: int
    framing: str
    coding: str
    crc4: bool = False
    yellow: bool = False
    extras: tuple[str, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class ConfDynamic:
    """``dynamic=``."""

    driver: str
    address: str
    channels: int
    timing: int
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class ConfChannel:
    """All that is said of one channel. ``master``: the first channel of its bundle, 0: it is in none. ``law`` ``driver``: nothing is said."""

    signalling: str = ""
    idle_bits: str = ""
    master: int = 0
    law: str = "driver"
    canceller: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class SystemConf:
    """The whole file. ``channels`` by number; ``left_out`` are its lines that say nothing to us, with the reason."""

    spans: tuple[ConfSpan, ...] = ()
    dynamics: tuple[ConfDynamic, ...] = ()
    channels: Mapping[int, ConfChannel] = field(default_factory=dict)
    zones: tuple[str, ...] = ()
    default_zone: str = ""
    left_out: tuple[Fault, ...] = field(default=(), compare=False)


class _Wrong(Exception):  # a fault of one line; never leaves this module
    def __init__(self, said: Text) -> None:
        super().__init__(said)
        self.said = said


# ---- reading ------------------------------------------------------------------------------------------------------------


def parse_conf(written: str, file: str) -> SystemConf:
    """What a file says; ``file`` names it in messages. Raises SiteFaults with every fault and its line."""
    if len(written) > OCTETS_MOST:
        raise SiteFaults(file, [Fault((), 1, 1, text("the file is larger than {most} octets; it is no system.conf", most=OCTETS_MOST))])
    reading = _Reading()
    for number, line in enumerate(written.splitlines(), 1):
        try:
            reading.take(number, line)
        except _Wrong as wrong:
            reading.faults.append(Fault((), number, 1, wrong.said))
    if reading.faults:
        raise SiteFaults(file, reading.faults)
    return reading.conf()


class _Reading:
    """One file being read, line by line."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._spans: dict[int, ConfSpan] = {}
        self._dynamics: list[ConfDynamic] = []
        self._channels: dict[int, ConfChannel] = {}
        self._zones: list[str] = []
        self._default = ""
        self._left_out: list[Fault] = []
        self._acts: Mapping[str, Callable[[int, str], None]] = {
            "span": self._span,
            "dynamic": self._dynamic,
            "loadzone": lambda _number, value: self._zones.append(value),
            "defaultzone": self._default_zone,
            "echocanceller": self._canceller,
        }

    def conf(self) -> SystemConf:
        """What was read."""
        zones = tuple(dict.fromkeys(self._zones))
        spans = tuple(span for _, span in sorted(self._spans.items()))
        channels = dict(sorted(self._channels.items()))
        return SystemConf(spans, tuple(self._dynamics), channels, zones, self._default, tuple(self._left_out))

    def take(self, number: int, line: str) -> None:
        """The next line. Raises _Wrong."""
        if len(line.encode(errors="replace")) > LINE_MOST:
            raise _Wrong(text("the line is longer than {most} characters, of which dahdi_cfg would make two: write two", most=LINE_MOST))
        said = line.partition("#")[0].strip()
        if not said:
            return
        if said.endswith("\\"):
            raise _Wrong(text("a line is not continued by \\: write the keyword again on the next line"))
        keyword, equals, value = (part.strip() for part in said.partition("="))
        if not equals or not keyword or not value:
            raise _Wrong(text("expected keyword=value, found {found}", found=said[:60]))
        self._act(keyword.lower(), number, value)

    def _act(self, keyword: str, number: int, value: str) -> None:
        if keyword in self._acts:
            self._acts[keyword](number, value)
        elif keyword in SIGNALLINGS:
            self._signalling(keyword, number, value)
        elif keyword in LAWS:
            for channel in _channels(value):
                self._channels[channel] = replace(self._channels.get(channel, ConfChannel()), law=LAWS[keyword])
        elif keyword in LEFT_OUT:
            self._left_out.append(Fault((), number, 1, LEFT_OUT[keyword]))
        else:
            raise _Wrong(text("there is no keyword {keyword}", keyword=keyword[:40]))

    def _span(self, line: int, value: str) -> None:
        parts = _parts(value)
        if not 5 <= len(parts) <= 9:  # number, timing, build-out, framing, coding, and up to four words
            raise _Wrong(
                text("expected span=number,timing,build-out,framing,coding[,crc4][,yellow], found {count} values", count=len(parts))
            )
        number = _whole(parts[0], 1, SPANS_MOST, text("the number of the span"))
        timing = _whole(parts[1], 0, SPANS_MOST, text("the timing priority"))
        build_out = _whole(parts[2], 0, BUILD_OUTS, text("the line build-out"))
        framing, coding = _word(parts[3], FRAMINGS, text("the framing")), _word(parts[4], CODINGS, text("the coding"))
        if (coding == "hdb3") != (framing in ("ccs", "cas")) and coding != "ami":
            raise _Wrong(text("framing {framing} and coding {coding} do not go together", framing=framing, coding=coding))
        words = [_word(part, ("crc4", "yellow", "nt", "te", "term"), text("the last values")) for part in parts[5:]]
        if number in self._spans:
            raise _Wrong(text("span {number} is configured in line {line} already", number=number, line=self._spans[number].line))
        extras = tuple(word for word in words if word in ("nt", "te", "term"))
        self._spans[number] = ConfSpan(number, timing, build_out, framing, coding, "crc4" in words, "yellow" in words, extras, line)

    def _dynamic(self, line: int, value: str) -> None:
        parts = _parts(value)
        if len(parts) != 4:
            raise _Wrong(text("expected dynamic=driver,address,channels,timing, found {count} values", count=len(parts)))
        channels = _whole(parts[2], 1, 255, text("the number of channels"))
        timing = _whole(parts[3], 0, SPANS_MOST, text("the timing priority"))
        self._dynamics.append(ConfDynamic(parts[0], parts[1], channels, timing, line))

    def _default_zone(self, _line: int, value: str) -> None:
        self._default = value

    def _canceller(self, _line: int, value: str) -> None:
        name, comma, listed = value.partition(",")
        if not comma or not name.strip():
            raise _Wrong(text("expected echocanceller=name,channels"))
        for channel in _channels(listed):
            self._channels[channel] = replace(self._channels.get(channel, ConfChannel()), canceller=name.strip().lower())

    def _signalling(self, keyword: str, line: int, value: str) -> None:
        ours = SIGNALLINGS[keyword]
        listed, colon, idle = (part.strip() for part in value.partition(":"))
        if ours == "cas" and not re.fullmatch("[01]{4}", idle):
            raise _Wrong(text("{keyword}= needs the bits of an idle channel behind its channels, such as :1101", keyword=keyword))
        if ours != "cas" and colon:
            raise _Wrong(text("only cas= has bits of an idle channel; {keyword}= has none", keyword=keyword))
        channels = list(_channels(listed))
        if keyword == "fcshdlc" and len(channels) > 1:
            said = text("a bundle of channels with HDLC is no setting: this line is left out")
            self._left_out.append(Fault((), line, 1, said))
            return
        bundled = ours in BUNDLED and len(channels) > 1
        for channel in channels:
            known = self._channels.get(channel, ConfChannel())
            if known.signalling:
                raise _Wrong(
                    text("channel {channel} is {what} by line {line} already", channel=channel, what=known.signalling, line=known.line)
                )
            master = min(channels) if bundled else 0
            self._channels[channel] = replace(known, signalling=ours, idle_bits=idle, master=master, line=line)


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.rstrip(", \t").split(",")]


def _whole(written: str, least: int, most: int, what: Text) -> int:
    if not re.fullmatch("[0-9]{1,9}", written) or not least <= int(written) <= most:
        raise _Wrong(text("{what} is {least} to {most}, not {found}", what=what, least=least, most=most, found=written[:40] or "-"))
    return int(written)


def _word(written: str, known: Sequence[str], what: Text) -> str:
    if written.lower() not in known:
        raise _Wrong(text("{what}: one of {known} is expected, not {found}", what=what, known=", ".join(known), found=written[:40] or "-"))
    return written.lower()


def _channels(listed: str) -> Iterator[int]:
    """Each channel of a list once, in the order of their numbers. Raises _Wrong."""
    found: set[int] = set()
    for part in _parts(listed):
        ends = [end.strip() for end in part.split("-")]
        if len(ends) > 2 or not all(re.fullmatch("[0-9]{1,9}", end) for end in ends):
            raise _Wrong(text("{found} is no channel and no range of channels", found=part[:40] or "-"))
        first, last = int(ends[0]), int(ends[-1])
        if not 1 <= first <= CHANNELS_MOST or not 1 <= last <= CHANNELS_MOST:
            raise _Wrong(text("channels are 1 to {most}, not {found}", most=CHANNELS_MOST, found=part[:40]))
        if first > last:
            raise _Wrong(text("the range {found} ends before it begins", found=part[:40]))
        found.update(range(first, last + 1))
    return iter(sorted(found))


# ---- writing ------------------------------------------------------------------------------------------------------------


def conf_written(conf: SystemConf, notes: Iterable[str] = ()) -> str:
    """The file, which ``parse_conf`` and ``dahdi_cfg`` read back to the same. ``notes`` stand at its head as comments."""
    lines = [f"# {note}" for note in notes]
    for span in conf.spans:
        words = [*(["crc4"] if span.crc4 else []), *(["yellow"] if span.yellow else []), *span.extras]
        values = [str(span.number), str(span.timing), str(span.build_out), span.framing, span.coding, *words]
        lines.append(f"span={','.join(values)}")
    lines.extend(f"dynamic={one.driver},{one.address},{one.channels},{one.timing}" for one in conf.dynamics)
    groups: dict[tuple[str, str, int], list[int]] = {}
    for number, channel in sorted(conf.channels.items()):
        if channel.signalling:
            alone = number if channel.signalling in BUNDLED and not channel.master else channel.master
            groups.setdefault((channel.signalling, channel.idle_bits, alone), []).append(number)
    for (signalling, idle_bits, _), numbers in groups.items():
        end = f":{idle_bits}" if idle_bits else ""
        lines.extend(f"{KEYWORDS[signalling]}={listed}{end}" for listed in _lists(numbers))
    for law in ("alaw", "mulaw"):
        lines.extend(f"{law}={listed}" for listed in _lists(number for number, one in sorted(conf.channels.items()) if one.law == law))
    for name in sorted({one.canceller for one in conf.channels.values() if one.canceller}):
        numbers = [number for number, one in sorted(conf.channels.items()) if one.canceller == name]
        lines.extend(f"echocanceller={name},{listed}" for listed in _lists(numbers))
    lines.extend(f"loadzone={zone}" for zone in conf.zones)
    lines.extend([f"defaultzone={conf.default_zone}"] if conf.default_zone else [])
    return "\n".join(lines) + "\n"


def _lists(numbers: Iterable[int]) -> Iterator[str]:
    """Lists of channels that are short enough for a line."""
    line = ""
    for part in places_shown(numbers).split(","):
        if line and len(line) + len(part) > LISTS_MOST:
            yield line
            line = ""
        line += f",{part}" if line else part
    if line:
        yield line


# ---- comparing ----------------------------------------------------------------------------------------------------------


def conf_differences(ours: SystemConf, theirs: SystemConf) -> tuple[Text, ...]:
    """Where two files mean something else, ours first; channels that differ alike in one sentence."""
    found: list[Text] = []
    spans, other_spans = {one.number: one for one in ours.spans}, {one.number: one for one in theirs.spans}
    for number in sorted(spans.keys() | other_spans.keys()):
        found.extend(
            _difference(text("span {number}", number=number), _span_shown(spans.get(number)), _span_shown(other_spans.get(number)))
        )
    dynamics = {(one.driver, one.address): one for one in ours.dynamics}
    other_dynamics = {(one.driver, one.address): one for one in theirs.dynamics}
    for driver, address in sorted(dynamics.keys() | other_dynamics.keys()):
        sides = (_dynamic_shown(side.get((driver, address))) for side in (dynamics, other_dynamics))
        found.extend(_difference(text("dynamic span {driver} {address}", driver=driver, address=address), *sides))
    found.extend(_channel_differences(ours, theirs))
    found.extend(_difference(text("tone zones"), ", ".join(sorted(ours.zones)), ", ".join(sorted(theirs.zones))))
    found.extend(_difference(text("default tone zone"), ours.default_zone, theirs.default_zone))
    return tuple(found)


def _difference(what: Text, ours: str, theirs: str) -> list[Text]:
    if ours == theirs:
        return []
    return [text("{what}: {ours} by the site, {theirs} by the file", what=what, ours=ours or "-", theirs=theirs or "-")]


def _span_shown(span: ConfSpan | None) -> str:
    if span is None:
        return ""
    words = [*(["crc4"] if span.crc4 else []), *(["yellow"] if span.yellow else []), *span.extras]
    return ",".join([str(span.timing), str(span.build_out), span.framing, span.coding, *words])


def _dynamic_shown(span: ConfDynamic | None) -> str:
    return f"{span.channels},{span.timing}" if span is not None else ""


def _channel_differences(ours: SystemConf, theirs: SystemConf) -> Iterator[Text]:
    groups: dict[tuple[str, str], list[int]] = {}
    for number in sorted(ours.channels.keys() | theirs.channels.keys()):
        sides = _channel_shown(ours.channels.get(number)), _channel_shown(theirs.channels.get(number))
        if sides[0] != sides[1]:
            groups.setdefault(sides, []).append(number)
    for (one, other), numbers in groups.items():
        yield from _difference(text("channels {channels}", channels=places_shown(numbers)), one, other)


def _channel_shown(channel: ConfChannel | None) -> str:
    if channel is None or channel == ConfChannel():
        return ""
    master = f"+{channel.master}" if channel.master else ""
    words = [f"{channel.signalling or '-'}{master}", channel.idle_bits, channel.law if channel.law != "driver" else "", channel.canceller]
    return " ".join(word for word in words if word)
