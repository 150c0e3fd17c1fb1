"""A site's settings: one frozen dataclass per section, together one immutable ``Site``.

This file is the reference of every setting. What goes together across sections (an extension that exists, an agent
named twice) is judged in ``checks.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.settings.access import ConsoleSection, SshKey, WebSection
from engine.settings.agents import AgentSection, NotReadyReason, WrapUpCode, usual_reasons
from engine.settings.china_holidays import china_holidays
from engine.settings.disa import DisaSection
from engine.settings.e1_trunk import E1TrunkSection
from engine.settings.field import NAME, NAME_SAYS, setting
from engine.settings.queues import AcdSection, QueueSection
from engine.settings.routes import InboundRouteSection, NumberingSection, NumberListSection, OutboundRouteSection
from engine.settings.service_class import AccountCodeSection, ServiceClassSection
from engine.settings.services import (
    HotLineSection,
    PickUpGroupSection,
    RingGroupSection,
    SecretarySection,
    ServiceCodesSection,
    SpeedDialSection,
)
from engine.settings.tariff import BudgetSection, ChargeAccountSection, TariffBand, TariffSection
from engine.settings.time_condition import DatedException, HolidaySection, TimeConditionSection, WeeklyHours
from engine.settings.trunk import TrunkSection
from engine.settings.trunk_group import TrunkGroupSection

__all__ = [
    "AccountCodeSection",
    "AcdSection",
    "AgentSection",
    "BoxSection",
    "BudgetSection",
    "ChannelGroup",
    "ChargeAccountSection",
    "ConsoleSection",
    "DatedException",
    "DeskSection",
    "DisaSection",
    "E1TrunkSection",
    "FlowSection",
    "HolidaySection",
    "HotLineSection",
    "InboundRouteSection",
    "LineTimesSection",
    "NotReadyReason",
    "NumberListSection",
    "NumberingSection",
    "OutboundRouteSection",
    "PickUpGroupSection",
    "QueueSection",
    "RecordingSection",
    "RingGroupSection",
    "SecretarySection",
    "ServiceClassSection",
    "ServiceCodesSection",
    "Site",
    "SpanSection",
    "SpeedDialSection",
    "SshKey",
    "StationSection",
    "TariffBand",
    "TariffSection",
    "TimeConditionSection",
    "TrunkSection",
    "WebSection",
    "WeeklyHours",
    "WrapUpCode",
]

NUMBER = r"[0-9]{3,20}"
NUMBER_SAYS = "3 to 20 digits"


@dataclass(frozen=True, kw_only=True)
class BoxSection:
    """The machine as a whole."""

    id: str = setting(
        "b1",
        label="Box id",
        help="Short name of this box; part of every id it makes.",
        pattern=r"[a-z][a-z0-9]{0,7}",
        pattern_says="a lower-case letter, then up to 7 letters and digits",
    )
    name: str = setting("Strowger", label="Name of the site", help="Name of the site, for people.", least=1, most=60)
    hardware: str = setting(
        "simulated",
        label="Boards",
        help="simulated: no cards, every line is played by the simulator; dahdi: real boards.",
        choices=("simulated", "dahdi"),
    )
    utc_offset_min: int = setting(480, label="Time zone", help="Local time ahead of UTC.", unit="min", least=-720, most=840)
    language: str = setting(
        "zh", label="Spoken language", help="Language spoken to callers and agents until they choose.", choices=("zh", "en")
    )
    tones: str = setting(
        "cn",
        label="Tones",
        help="Whose tones desk phones hear and exchange lines are known by; cn: China, uk: United Kingdom, us: North America, hk: Hong Kong, itu: ITU-T E.180.",
        choices=("cn", "uk", "us", "hk", "itu"),
    )


POSITIONS = r"[0-9]{1,3}(-[0-9]{1,3})?(,[0-9]{1,3}(-[0-9]{1,3})?){0,39}"
POSITIONS_SAYS = "places such as 1-15,17-31"
SIGNALLINGS = (
    "bchan",
    "dchan",
    "hardhdlc",
    "mtp2",
    "cas",
    "fxsks",
    "fxsls",
    "fxsgs",
    "fxoks",
    "fxols",
    "fxogs",
    "em",
    "em-e1",
    "clear",
    "rawhdlc",
    "unused",
)
"""What a channel can be, by the names that the driver's own configuration file has for them."""
LAWS = ("alaw", "mulaw", "driver")
ECHO_CANCELLERS = ("none", "mg2", "oslec", "kb1", "sec", "sec2", "jpah", "hpec", "hwec")


@dataclass(frozen=True, kw_only=True)
class ChannelGroup:
    """Channels of a span that are alike."""

    channels: str = setting(
        label="Places",
        help="Places of the channels on the span, from 1, such as 1-15,17-31; on an E1 the place is the timeslot.",
        pattern=POSITIONS,
        pattern_says=POSITIONS_SAYS,
    )
    signalling: str = setting(
        label="Signalling",
        help="bchan: speech with ISDN; dchan: its signalling (hardhdlc: framed by the card); mtp2: signalling of SS7; cas: speech"
        " with signalling bits; fxsks, fxsls, fxsgs: an exchange line; fxoks, fxols, fxogs: a telephone; em, em-e1: E&M; clear, rawhdlc:"
        " data, all the places bundled into the first.",
        choices=SIGNALLINGS,
    )
    idle_bits: str = setting(
        "",
        label="Idle bits",
        help="With cas: the bits A, B, C, D that an idle channel sends; empty: those of the country of the trunk on the span; without one 1011, as in China.",
        pattern=r"([01]{4})?",
        pattern_says="four digits 0 or 1",
    )
    law: str = setting("span", label="Law", help="Coding of speech; span: as for the span.", choices=("span", *LAWS))
    echo_canceller: str = setting(
        "span", label="Echo canceller", help="Echo canceller of these channels; span: as for the span.", choices=("span", *ECHO_CANCELLERS)
    )


@dataclass(frozen=True, kw_only=True)
class SpanSection:
    """One port of a digital card, one analog card, or a span over a network, and how the driver is to run it."""

    name: str = setting(label="Span", help="Name of the span.", pattern=NAME, pattern_says=NAME_SAYS)
    kind: str = setting(
        "e1",
        label="Kind",
        help="e1, t1, j1: a port of a digital card; analog: a card with exchange lines and telephones; dynamic: a span without a card,"
        " over a network.",
        choices=("e1", "t1", "j1", "analog", "dynamic"),
    )
    signalling: str = setting(
        "auto",
        label="Use",
        help="pri: ISDN with 30 or 23 speech channels; r2: speech with signalling bits (China No.1); ss7: signalling link in timeslot 16;"
        " auto: as the E1 trunk on it needs it, pri where there is none; on an analog card what each port is for. Groups of channels, when there are"
        " any, say it all.",
        choices=("auto", "pri", "r2", "ss7"),
    )
    hardware_id: str = setting(
        "",
        label="Hardware id",
        help="Which card: the id that it has for the driver, often its serial number. Empty: any.",
        most=80,
    )
    location: str = setting(
        "", label="Location", help="Which card: the place where it is plugged in, as the driver names it. Empty: any.", most=80
    )
    port: int = setting(1, label="Port", help="Which port of the card, from 1.", least=1, most=128)
    number: int = setting(
        0,
        label="Span number",
        help="Number of the span for the driver. 0: as it is found; without hardware id and location, the first span of this kind that"
        " no other entry names.",
        least=0,
        most=128,
    )
    first_channel: int = setting(
        0, label="First channel", help="DAHDI channel number of its first channel; 0: as the driver numbers it.", least=0, most=1024
    )
    channel_count: int = setting(
        0, label="Channels", help="How many channels it has; 0: as usual for its kind (E1 31, T1 and J1 24).", least=0, most=512
    )
    framing: str = setting(
        "auto",
        label="Framing",
        help="E1: ccs or cas; T1 and J1: esf or d4. With auto an E1 has cas for r2 and otherwise ccs; a T1 or J1 has esf.",
        choices=("auto", "ccs", "cas", "esf", "d4"),
    )
    coding: str = setting(
        "auto",
        label="Line coding",
        help="E1: hdb3 or ami; T1 and J1: b8zs or ami; auto: the first of them.",
        choices=("auto", "hdb3", "b8zs", "ami"),
    )
    crc4: str = setting(
        "auto", label="CRC-4", help="Multiframe with CRC-4 on an E1; auto: with framing ccs, not with cas.", choices=("auto", "on", "off")
    )
    yellow_when_unused: bool = setting(
        False, label="Yellow alarm while unused", help="Send yellow alarm while no channel of the span is open."
    )
    line_build_out: int = setting(
        0,
        label="Line build-out",
        help="For the length of the cable to the exchange; 0: short, as within a building. On a T1, 1 to 4: up to 266, 399, 533, 655 feet;"
        " 5 to 7: -7.5, -15, -22.5 dB.",
        least=0,
        most=7,
    )
    timing: int = setting(
        -1,
        label="Timing priority",
        help="Whether the clock is taken from this span: 1 before 2 and so on; 0: never, we give it the clock. -1: by its place among"
        " the digital spans of the list, and never where a trunk is the network side (isdn-network).",
        least=-1,
        most=128,
    )
    law: str = setting(
        "auto",
        label="Law",
        help="Coding of speech; auto: mulaw on a T1 and J1, alaw on other digital spans, the card's own on an analog card.",
        choices=("auto", *LAWS),
    )
    echo_canceller: str = setting(
        "mg2",
        label="Echo canceller",
        help="Echo canceller of the speech channels. A card that has its own uses that instead.",
        choices=ECHO_CANCELLERS,
    )
    echo_tail_ms: str = setting(
        "32",
        label="Echo tail",
        help="How much later than the speech its echo may come.",
        unit="ms",
        choices=("4", "8", "16", "32", "64", "128"),
    )
    tone_zone: str = setting(
        "site",
        label="Tone zone",
        help="Tones and ringing that the driver has of its own on these channels, where a program does not bring others; site: those of the site.",
        choices=("site", "cn", "uk", "us", "hk", "itu"),
    )
    dynamic_driver: str = setting(
        "eth",
        label="Transport",
        help="What carries a dynamic span: eth, ethmf: Ethernet; loc: another dynamic span of this machine, for trials.",
        choices=("eth", "ethmf", "loc"),
    )
    dynamic_address: str = setting(
        "",
        label="Far end",
        help="Where a dynamic span leads: interface/hardware address[/sub-address] for eth, key:id for loc.",
        pattern=r"([A-Za-z0-9][A-Za-z0-9:./_-]{0,38})?",
        pattern_says="up to 39 letters, digits and : . / _ -",
    )
    groups: tuple[ChannelGroup, ...] = setting(
        (), label="Groups of channels", help="What the channels are for, when it is not as usual for the use of the span."
    )


@dataclass(frozen=True, kw_only=True)
class StationSection:
    """One desk phone (FXS port)."""

    name: str = setting(label="Phone", help="Name of the phone.", pattern=NAME, pattern_says=NAME_SAYS)
    channel: int = setting(label="Channel", help="DAHDI channel number.", least=1, most=1024)
    extension: str = setting(
        label="Extension", help="Its extension.", pattern=r"[1-9][0-9]{2,5}", pattern_says="3 to 6 digits, not beginning with 0"
    )
    caller_number: str = setting(
        "",
        label="Caller number shown",
        help="What is shown of calls from this phone outside, where the trunk can tell it (ISDN, R2); it must be in the range that the carrier has assigned. Empty: the trunk's, or that of the agent logged in.",
        pattern=r"[0-9]{0,20}",
        pattern_says="up to 20 digits",
    )
    caller_id: str = setting(
        "mdmf",
        label="Caller display",
        help="What its display understands; mdmf: number, name and date by FSK (Bell 202), usual in China; sdmf: number and date only, for old"
        " displays; etsi: FSK by V.23; dtmf: keys before the first ring; none: it has no display.",
        choices=("mdmf", "sdmf", "etsi", "dtmf", "none"),
    )
    caller_id_alert: str = setting(
        "none",
        label="Display woken by",
        help="none: FSK comes after the first ring; tone, reversal: by two tones or by reversed polarity, and FSK before the first ring. Keys always"
        " come before it, after a reversal when chosen.",
        choices=("none", "tone", "reversal"),
    )
    call_waiting: bool = setting(
        False,
        label="Call waiting",
        help="Another extension's call during a conversation is told by a soft tone and on the display. R takes it; the first party is on hold.",
    )
    flash: str = setting(
        "both",
        label="R key",
        help="Which break of the loop is the R key; short: about 100 ms, as on Chinese phones; long: 200 ms up to a hang-up; both; none.",
        choices=("both", "short", "long", "none"),
    )
    hang_up_ms: int = setting(
        0,
        label="Hang-up after",
        help="A loop open for longer is a hang-up, 250 or more; 0: as with the line timing.",
        unit="ms",
        least=0,
        most=1250,
    )
    lamp: str = setting(
        "none",
        label="Message lamp",
        help="What switches its message lamp; fsk: data, as the display takes it (a display by keys and a phone without one get those of mdmf);"
        " voltage: high voltage for a neon lamp; reversal: polarity.",
        choices=("none", "fsk", "voltage", "reversal"),
    )
    answer_supervision: str = setting(
        "none",
        label="Answer told by",
        help="polarity: the pair is reversed while the other end has answered; for another exchange or a pay phone that is plugged in.",
        choices=("none", "polarity"),
    )
    release_supervision: str = setting(
        "none",
        label="Release told by",
        help="battery: the pair is without voltage for half a second when the other end has gone; for another exchange that is plugged in.",
        choices=("none", "battery"),
    )
    receive_gain_db: float = setting(
        0.0,
        label="Receive gain",
        help="How much louder what comes from here is made for whoever hears it, in steps of 0.5 dB or finer; negative: softer.",
        unit="dB",
        least=-24,
        most=12,
    )
    transmit_gain_db: float = setting(
        0.0, label="Transmit gain", help="How much louder what is sent here is made; negative: softer.", unit="dB", least=-24, most=12
    )


@dataclass(frozen=True, kw_only=True)
class FlowSection:
    """One inbound flow: a shipped script and its values."""

    name: str = setting(label="Flow", help="Name of the flow.", pattern=NAME, pattern_says=NAME_SAYS)
    script: str = setting("bilingual_menu", label="Script", help="Script that speaks to the caller.", choices=("bilingual_menu",))
    queue: str = setting(label="Queue", help="Queue that the menu leads to.", pattern=NAME, pattern_says=NAME_SAYS)
    key_timeout_s: float = setting(
        5.0, label="Time for a key", help="Time for a key after the menu was spoken.", unit="s", least=1, most=60
    )
    menu_rounds: int = setting(
        3, label="Menu rounds", help="How often the menu is spoken before the call goes to the queue by itself.", least=1, most=10
    )
    welcome_free: bool = setting(
        False,
        label="Welcome before the answer",
        help="The welcome is spoken before the call is answered and charged, where the line can do that (ISDN, R2); not every exchange lets it through.",
    )


CODE = r"\*[0-9]{1,3}"
CODE_SAYS = "* and 1 to 3 digits"


@dataclass(frozen=True, kw_only=True)
class DeskSection:
    """What is dialled on a desk phone."""

    login_code: str = setting(
        "*11", label="Code: log in", help="Then agent number, #, PIN, #: log in.", pattern=CODE, pattern_says=CODE_SAYS
    )
    logout_code: str = setting("*12", label="Code: log out", help="Log out.", pattern=CODE, pattern_says=CODE_SAYS)
    not_ready_code: str = setting(
        "*13", label="Code: not ready", help="Then the digit of a reason: not ready.", pattern=CODE, pattern_says=CODE_SAYS
    )
    ready_code: str = setting("*14", label="Code: ready", help="Ready.", pattern=CODE, pattern_says=CODE_SAYS)
    end_wrap_up_code: str = setting("*15", label="Code: end wrap-up", help="End wrap-up time.", pattern=CODE, pattern_says=CODE_SAYS)
    exchange_flash_code: str = setting(
        "*16",
        label="Code: R to the exchange",
        help="With the caller on hold (after R): gives the exchange line the R key, for services of the exchange; the caller is back then.",
        pattern=CODE,
        pattern_says=CODE_SAYS,
    )
    wrap_up_code: str = setting(
        "*83",
        label="Code: note of the call",
        help="Then the digits of a meaning: what the present or last call was about.",
        pattern=CODE,
        pattern_says=CODE_SAYS,
    )
    extend_wrap_up_code: str = setting(
        "*84", label="Code: longer wrap-up", help="Makes wrap-up longer, where the queue allows it.", pattern=CODE, pattern_says=CODE_SAYS
    )
    figures_code: str = setting(
        "*85", label="Code: own figures", help="Tells the agent's own figures of today.", pattern=CODE, pattern_says=CODE_SAYS
    )
    sign_in_code: str = setting(
        "*81", label="Code: sign in", help="Then a queue's number: take its calls again.", pattern=CODE, pattern_says=CODE_SAYS
    )
    sign_out_code: str = setting(
        "*82",
        label="Code: sign out",
        help="Then a queue's number: take its calls no more, until signing or logging in again.",
        pattern=CODE,
        pattern_says=CODE_SAYS,
    )
    pick_up_group_code: str = setting(
        "*17",
        label="Code: pick up any call",
        help="Takes the call that has rung longest at a colleague's phone.",
        pattern=CODE,
        pattern_says=CODE_SAYS,
    )
    pick_up_code: str = setting(
        "*18",
        label="Code: pick up a call",
        help="Then an extension: takes the call that rings there.",
        pattern=CODE,
        pattern_says=CODE_SAYS,
    )
    park_code: str = setting(
        "*19",
        label="Code: park",
        help="With the caller on hold (after R): leaves him in a parking place, whose digit is spoken.",
        pattern=CODE,
        pattern_says=CODE_SAYS,
    )
    fetch_code: str = setting(
        "*10",
        label="Code: fetch a parked call",
        help="Then the digit of the parking place, at any phone.",
        pattern=CODE,
        pattern_says=CODE_SAYS,
    )
    park_recall_s: float = setting(
        120.0,
        label="Parked calls come back after",
        help="Whom nobody fetches from a parking place so long, the phone is rung for that parked him.",
        unit="s",
        least=10,
        most=3600,
    )
    outside_prefix: str = setting("0", label="Outside prefix", help="Before an outside number.", pattern=r"[0-9]", pattern_says="one digit")
    outside_group: str = setting(
        "",
        label="Trunk group for outside calls",
        help="Trunk group by which desk phones call out; empty: the first one, or all outgoing lines where there is no group.",
        pattern=r"([a-z][a-z0-9-]{0,30})?",
        pattern_says=NAME_SAYS,
    )
    emergency_numbers: tuple[str, ...] = setting(
        ("110", "119", "120", "122"),
        label="Emergency numbers",
        help="No rule of routing and no limit of a trunk group stops calls to these numbers, and they may use what is kept for incoming calls.",
        pattern=r"[0-9]{2,16}",
        pattern_says="2 to 16 digits",
    )
    pin_call_code: str = setting(
        "*61",
        label="Code: call with PIN",
        help="Then a PIN of a class of service, #, and the number with the outside prefix.",
        pattern=CODE,
        pattern_says=CODE_SAYS,
    )
    account_call_code: str = setting(
        "*62",
        label="Code: call on an account",
        help="Then an account code, #, and the number with the outside prefix.",
        pattern=CODE,
        pattern_says=CODE_SAYS,
    )
    charge_call_code: str = setting(
        "*63",
        label="Code: call on a charge account",
        help="Then the number of a charge account, #, its PIN, #, and the number with the outside prefix.",
        pattern=CODE,
        pattern_says=CODE_SAYS,
    )
    ready_after_login: bool = setting(True, label="Ready after login", help="An agent who logs in is ready at once.")
    reasons: tuple[NotReadyReason, ...] = setting(factory=usual_reasons, label="Reasons for not ready", help="Reasons for not being ready.")
    wrap_up_codes: tuple[WrapUpCode, ...] = setting(
        (), label="Notes of calls", help="What agents can note of a call by digits, such as a complaint or an order."
    )
    not_ready_skips_wrap_up: bool = setting(
        False, label="Break without wrap-up", help="Who asks for a break during a call has it right after the call, without wrap-up."
    )
    login_elsewhere: str = setting(
        "refuse",
        label="Login at a second phone",
        help="What happens when an agent who is logged in logs in at another phone. move: between calls the agent is taken along to it.",
        choices=("refuse", "move"),
    )
    first_digit_s: float = setting(
        20.0, label="Wait for the first key", help="Dial tone lasts this long without a key, then busy tone.", unit="s", least=3, most=120
    )
    next_digit_s: float = setting(
        4.0,
        label="Wait for the next key",
        help="Dialling is complete after this time without a key (or with #).",
        unit="s",
        least=1,
        most=30,
    )
    busy_tone_s: float = setting(
        40.0,
        label="Busy tone lasts",
        help="A handset that is not put down hears busy tone so long, then the howler; its agent is not ready until it is put down.",
        unit="s",
        least=5,
        most=600,
    )
    howler_s: float = setting(
        60.0, label="Howler lasts", help="The loud tone for a forgotten handset; 0: none.", unit="s", least=0, most=600
    )
    off_hook_hang_up: str = setting(
        "log_out",
        label="Off-hook agent hangs up",
        help="What it means when an agent who takes calls off hook puts the handset down; not_ready: not ready until it is lifted again.",
        choices=("log_out", "not_ready"),
    )
    ring_timeout_s: float = setting(
        60.0, label="Extension rings for", help="An extension called by another rings at most this long.", unit="s", least=5, most=300
    )
    pin_tries: int = setting(3, label="Wrong PINs until locked", help="Wrong PINs in a row that lock the agent.", least=1, most=10)
    lock_min: float = setting(
        10.0, label="Agent stays locked", help="How long a locked agent stays locked.", unit="min", least=1, most=1440
    )


CADENCE = r"[1-9][0-9]{2,3}(,[1-9][0-9]{2,3},[1-9][0-9]{2,3}){0,3},[1-9][0-9]{3}"
CADENCE_SAYS = "1 to 4 pairs of ringing and silence such as 1000,4000: times of 100 to 9999, the last silence at least 1000"


@dataclass(frozen=True, kw_only=True)
class LineTimesSection:
    """How the analog lines behave."""

    answer_after_rings: int = setting(
        2, label="Answer at ring", help="Answer at this ring if caller id has not come earlier.", least=1, most=10
    )
    ring_gone_s: float = setting(
        6.0, label="Ringing is over after", help="No ring burst for this long: the caller has gone.", unit="s", least=4.5, most=12
    )
    dial_tone_wait_s: float = setting(
        4.0,
        label="Wait for dial tone",
        help="Outgoing: a line on which no dial tone comes within this time is given back, and the next one is tried.",
        unit="s",
        least=0.7,
        most=20,
    )
    dtmf_on_ms: int = setting(100, label="DTMF tone", help="Length of a dialled tone.", unit="ms", least=50, most=500)
    dtmf_off_ms: int = setting(100, label="DTMF pause", help="Pause between dialled tones.", unit="ms", least=50, most=500)
    hang_up_ms: int = setting(
        800, label="Hang-up after", help="A phone's loop open for longer is a hang-up.", unit="ms", least=250, most=1250
    )
    ring_queue: str = setting(
        "1000,4000",
        label="Ringing for a queue",
        help="Ringing and silence in turn, in ms, while a queue's caller is offered to an agent.",
        pattern=CADENCE,
        pattern_says=CADENCE_SAYS,
    )
    ring_internal: str = setting(
        "400,200,400,4000",
        label="Ringing for an extension",
        help="Ringing and silence in turn, in ms, while another extension calls.",
        pattern=CADENCE,
        pattern_says=CADENCE_SAYS,
    )
    ring_recall: str = setting(
        "500,500,500,3500",
        label="Ringing for a recall",
        help="Ringing and silence in turn, in ms, when a call on hold comes back.",
        pattern=CADENCE,
        pattern_says=CADENCE_SAYS,
    )
    ring_call_back: str = setting(
        "2000,3000",
        label="Ringing for a call-back",
        help="Ringing and silence in turn, in ms, when a call that was ordered is ready.",
        pattern=CADENCE,
        pattern_says=CADENCE_SAYS,
    )


@dataclass(frozen=True, kw_only=True)
class RecordingSection:
    """The recorder."""

    conversations: str = setting(
        "all",
        label="Conversations recorded",
        help="all: every conversation; outside: those with an exchange line; none.",
        choices=("all", "outside", "none"),
    )
    reserve_mb: int = setting(
        500,
        label="Disk reserve",
        help="No new recording starts with less free disk than this; calls go on.",
        unit="MB",
        least=10,
        most=1_000_000,
    )


@dataclass(frozen=True, kw_only=True)
class Site:
    """Everything that can be set, as one immutable value."""

    box: BoxSection = setting(factory=BoxSection, label="Box", help="Name, boards, time zone and language of the machine as a whole.")
    spans: tuple[SpanSection, ...] = setting((), label="Spans", help="Ports of digital cards, analog cards, and how the driver runs them.")
    trunks: tuple[TrunkSection, ...] = setting(
        (), label="Exchange lines", help="Lines to the telephone exchange, and which flow answers their calls."
    )
    e1_trunks: tuple[E1TrunkSection, ...] = setting(
        (), label="E1 trunks", help="Trunks of 30 channels to the exchange or to a PBX, by ISDN PRI, R2 or bits alone, each on one span."
    )
    trunk_groups: tuple[TrunkGroupSection, ...] = setting(
        (), label="Trunk groups", help="Exchange lines and E1 trunks that carry outgoing calls together: choice, limits and overflow."
    )
    stations: tuple[StationSection, ...] = setting((), label="Desk phones", help="The agents' telephones and their extensions.")
    agents: tuple[AgentSection, ...] = setting((), label="Agents", help="The people who take calls.")
    queues: tuple[QueueSection, ...] = setting(
        (), label="Queues", help="Where callers wait, who serves them, and for how long a phone rings."
    )
    acd: AcdSection = setting(
        factory=AcdSection, label="Call distribution", help="How far callers who go first may go, for all queues together."
    )
    flows: tuple[FlowSection, ...] = setting((), label="Flows", help="What a caller hears first, and where that leads.")
    numbering: NumberingSection = setting(
        factory=NumberingSection, label="Numbering", help="Own area code, areas of callers, ringing time of targets."
    )
    holidays: tuple[HolidaySection, ...] = setting(
        factory=china_holidays, label="Holidays", help="Public holidays and the work days swapped for them, year by year."
    )
    time_conditions: tuple[TimeConditionSection, ...] = setting(
        (), label="Time conditions", help="When something is open: weekly hours, holidays, exceptions, and a switch for emergencies."
    )
    number_lists: tuple[NumberListSection, ...] = setting(
        (), label="Number lists", help="Numbers that are refused, always let through, VIPs, or referred to by routes."
    )
    inbound_routes: tuple[InboundRouteSection, ...] = setting(
        (), label="Inbound routes", help="Where calls from outside go. Where no route fits, the flow of the line answers."
    )
    outbound_routes: tuple[OutboundRouteSection, ...] = setting(
        (),
        label="Outbound routes",
        help="By which trunks calls go out, and which digits are dialled. Without any, it is the trunk group for outside calls.",
    )
    service_classes: tuple[ServiceClassSection, ...] = setting(
        (),
        label="Classes of service",
        help="Who may call which numbers outside, when and for how long. Without any, every phone may call all.",
    )
    account_codes: tuple[AccountCodeSection, ...] = setting((), label="Account codes", help="Accounts that calls outside are booked to.")
    tariffs: tuple[TariffSection, ...] = setting((), label="Tariffs", help="What calls cost. Without any, no cost is counted.")
    budgets: tuple[BudgetSection, ...] = setting(
        (), label="Budgets", help="What calls outside may cost in a month, by extension, agent or account code."
    )
    disa: tuple[DisaSection, ...] = setting(
        (),
        label="Dial tone for callers",
        help="Callers from outside who prove who they are call on at the site's or an account's cost (DISA).",
    )
    charge_accounts: tuple[ChargeAccountSection, ...] = setting(
        (), label="Charge accounts", help="Accounts with a number and a PIN, prepaid or paid later, that calls are made on."
    )
    ring_groups: tuple[RingGroupSection, ...] = setting(
        (), label="Ring groups", help="Extensions that ring for one call: at once, in turn, or more and more of them."
    )
    pick_up_groups: tuple[PickUpGroupSection, ...] = setting(
        (), label="Pick-up groups", help="Extensions whose users may take each other's calls. Without any, everybody may take everybody's."
    )
    speed_dials: tuple[SpeedDialSection, ...] = setting(
        (), label="Short numbers", help="Numbers that every extension calls by ** and two digits."
    )
    secretaries: tuple[SecretarySection, ...] = setting(
        (), label="Secretaries", help="Extensions whose calls go to their secretaries first, and who gets through."
    )
    hot_lines: tuple[HotLineSection, ...] = setting((), label="Hot lines", help="Phones that call by themselves when they are lifted.")
    service_codes: ServiceCodesSection = setting(
        factory=ServiceCodesSection,
        label="Service codes",
        help="What users dial to forward their calls, not to be disturbed, and the like.",
    )
    desk: DeskSection = setting(factory=DeskSection, label="Dialling codes", help="What is dialled on a desk phone.")
    line_times: LineTimesSection = setting(factory=LineTimesSection, label="Line timing", help="How the analog lines behave.")
    recording: RecordingSection = setting(factory=RecordingSection, label="Recording", help="Which conversations are recorded.")
    web: WebSection = setting(factory=WebSection, label="Web page", help="Where this page is reached, and how long a login lasts.")
    console: ConsoleSection = setting(factory=ConsoleSection, label="Console", help="The technician's console on a serial line and by SSH.")
