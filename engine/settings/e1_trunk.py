"""The settings of a trunk on an E1: whose signalling runs on the span, which of its channels carry calls, and what is said of numbers.

One entry makes one line of each of its channels, named by the trunk and the timeslot: ``pri-1`` has the lines ``pri-1-1`` … ``pri-1-31``.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.settings.field import NAME, NAME_SAYS, setting

__all__ = ["E1TrunkSection"]

PLACES = r"([0-9]{1,2}(-[0-9]{1,2})?(,[0-9]{1,2}(-[0-9]{1,2})?){0,15})?"
PLACES_SAYS = "timeslots such as 1-15,17-31"
NUMBER_TYPES = ("unknown", "subscriber", "national", "international", "by-prefix")
PREFIX = r"[0-9]{0,5}"
PREFIX_SAYS = "up to 5 digits"
NUMBER_PLANS = ("isdn", "unknown", "private")
IDLE_BITS = {"china": "1011"}
"""What an idle circuit sends; all other variants 1001 (ITU-T Q.421)."""
ITU_IDLE_BITS = "1001"
R2_VARIANTS = ("china", "itu", "brazil", "argentina", "mexico", "venezuela")


@dataclass(frozen=True, kw_only=True)
class E1TrunkSection:
    """A trunk to the exchange, or to a PBX, on one E1."""

    name: str = setting(
        label="E1 trunk",
        help="Name of the trunk.",
        pattern=r"[a-z][a-z0-9-]{0,24}",
        pattern_says="a lower-case letter, then letters, digits and hyphens, 25 at most",
    )
    span: str = setting(label="Span", help="Name of the span that it is on.", pattern=NAME, pattern_says=NAME_SAYS)
    signalling: str = setting(
        "isdn-user",
        label="Signalling",
        help="isdn-user: ISDN PRI towards an exchange; isdn-network: ISDN PRI, we are the exchange for a PBX; r2: line signalling with bits, numbers"
        " by tones (China No.1 and others); cas: the same bits, without registers: numbers by keys, by pulses or not at all.",
        choices=("isdn-user", "isdn-network", "r2", "cas"),
    )
    channels: str = setting(
        "",
        label="Timeslots",
        help="Timeslots that carry its calls; empty: all speech channels of the span.",
        pattern=PLACES,
        pattern_says=PLACES_SAYS,
    )
    direction: str = setting(
        "both", label="Direction", help="Which calls it carries; both, incoming or outgoing.", choices=("both", "incoming", "outgoing")
    )
    order: str = setting(
        "descending",
        label="Choice of channel",
        help="Which free channel an outgoing call gets; descending: the highest first, away from an exchange that begins at the low end;"
        " ascending: the lowest first; round: the one after the last that was used.",
        choices=("descending", "ascending", "round"),
    )
    number: str = setting(
        "",
        label="Telephone number",
        help="The trunk's own telephone number, for reports and as the caller number of outgoing calls.",
        pattern=r"[0-9]{0,20}",
        pattern_says="up to 20 digits",
    )
    flow: str = setting(
        "",
        label="Flow",
        help="Flow that answers calls on this trunk; empty: calls are not answered.",
        pattern=r"([a-z][a-z0-9-]{0,30})?",
        pattern_says=NAME_SAYS,
    )
    ringing_tone: str = setting(
        "auto",
        label="Ringing tone to callers from outside",
        help="Who sounds it while their call rings here unanswered; auto: this box with r2 and isdn-network, else the exchange; box; exchange.",
        choices=("auto", "box", "exchange"),
    )
    digits: int = setting(
        0,
        label="Digits of called numbers",
        help="How many digits the called number of an incoming call has, where the exchange sends them one by one; 0: what the exchange sends is"
        " the whole number (with r2 and cas: until no more come).",
        least=0,
        most=20,
    )
    caller_number: str = setting(
        "",
        label="Caller number shown",
        help="What called parties see; it must be in the range that the carrier has assigned. Empty: the trunk's own telephone number. An agent or a"
        " desk phone may have another.",
        pattern=r"[0-9]{0,20}",
        pattern_says="up to 20 digits",
    )
    digit_wait_s: float = setting(
        15.0,
        label="Wait for the next digit",
        help="Where called numbers come digit by digit by ISDN, a number to which nothing was added for so long is taken as it is (T302).",
        unit="s",
        least=2,
        most=60,
    )
    sending: str = setting(
        "en-bloc",
        label="Sending of numbers",
        help="How ISDN calls out; en-bloc: the whole number at once; overlap: its first digit, and one by one the rest when the exchange asks for it.",
        choices=("en-bloc", "overlap"),
    )
    caller_hidden: bool = setting(False, label="Caller number withheld", help="The called party is not to be shown who calls (ISDN only).")
    redirection_told: bool = setting(
        True,
        label="Redirecting number sent",
        help="A call from outside that is led on to outside tells which of our numbers was called first, and why it is led on; some exchanges refuse"
        " calls with that (ISDN only).",
    )
    called_type: str = setting(
        "unknown",
        label="Type of called numbers",
        help="ISDN type of number that we send with the number dialled; by-prefix: a number with one of the prefixes below is sent without it, as"
        " international or national, any other as unknown.",
        choices=NUMBER_TYPES,
    )
    called_plan: str = setting(
        "isdn", label="Plan of called numbers", help="ISDN numbering plan that we send with the number dialled.", choices=NUMBER_PLANS
    )
    caller_type: str = setting(
        "unknown",
        label="Type of caller numbers",
        help="ISDN type of number that we send with our own number; by-prefix: as for called numbers.",
        choices=NUMBER_TYPES,
    )
    caller_plan: str = setting(
        "isdn", label="Plan of caller numbers", help="ISDN numbering plan that we send with our own number.", choices=NUMBER_PLANS
    )
    national_prefix: str = setting(
        "0",
        label="National prefix",
        help="What stands before a national number when it is dialled: put before callers of this ISDN type, for display and calling back.",
        pattern=PREFIX,
        pattern_says=PREFIX_SAYS,
    )
    international_prefix: str = setting(
        "00",
        label="International prefix",
        help="The same for international numbers.",
        pattern=PREFIX,
        pattern_says=PREFIX_SAYS,
    )
    channel_choice: str = setting(
        "exclusive",
        label="Channel asked for",
        help="Whether an outgoing ISDN call insists on its channel; exclusive: that one or none, then the next is tried; preferred: the exchange may"
        " put it on another one.",
        choices=("exclusive", "preferred"),
    )
    restarts: str = setting(
        "start",
        label="Channels restarted",
        help="When both ends bring ISDN channels to rest (RESTART); start: after our own start, and one about which the ends disagree; up: also whenever"
        " the D channel comes back, all without a call; doubt: only one about which the ends disagree; never: not by us.",
        choices=("start", "up", "doubt", "never"),
    )
    ringback: str = setting(
        "auto",
        label="Ringback to our callers",
        help="Who sounds it while an outgoing ISDN call rings; auto: the exchange, or this box when the exchange says that it sounds nothing; exchange:"
        " always the exchange, though it does not say so.",
        choices=("auto", "exchange"),
    )
    refusal_tone_s: float = setting(
        15.0,
        label="Tone to refused callers",
        help="With isdn-network: a call of the PBX that fails here is cleared with a tone that says why (busy, congestion, no such number), for so long"
        " unless the PBX releases it before; 0: it is cleared without a tone, and what its user hears is for the PBX.",
        unit="s",
        least=0,
        most=60,
    )
    switch_type: str = setting(
        "euroisdn",
        label="ISDN dialect",
        help="Dialect of the other end; euroisdn: usual in China and Europe; qsig: between PBXs; the others: North America.",
        choices=("euroisdn", "qsig", "ni2", "dms100", "5ess", "4ess"),
    )
    calls_survive_s: float = setting(
        6.0,
        label="Calls outlive the D channel by",
        help="When the D channel fails, or the line does, conversations go on for so long, and end unless it is back by then (T309); 0: they end at once."
        " New calls are refused meanwhile.",
        unit="s",
        least=0,
        most=90,
    )
    r2_variant: str = setting(
        "china", label="R2 variant", help="Country whose R2 signalling the exchange speaks; with cas its line bits.", choices=R2_VARIANTS
    )
    r2_glare: str = setting(
        "release",
        label="R2 double seizure",
        help="Both ends seize a circuit at once; release: both calls look for another one; yield: we take the exchange's call; keep: we insist.",
        choices=("release", "yield", "keep"),
    )
    r2_ask_caller: str = setting(
        "complete",
        label="R2 asks for the caller",
        help="When the caller's number is asked for; complete: when the called number is whole; first: after its first digit; never: not at all.",
        choices=("complete", "first", "never"),
    )
    r2_ask_after: int = setting(
        1,
        label="R2 asks after",
        help="After so many digits of the called number the caller's is asked for, where that is done before the called number is whole.",
        least=1,
        most=20,
    )
    r2_category: int = setting(
        0,
        label="R2 category of calls",
        help="Signal that says what kind of call it is (KD in China); 0: as usual in the country.",
        least=0,
        most=15,
    )
    r2_caller_class: int = setting(
        0,
        label="R2 class of the caller",
        help="Signal that says who calls when the exchange asks (KA in China); 0: as usual in the country.",
        least=0,
        most=15,
    )
    r2_release_control: str = setting(
        "first",
        label="R2 release control",
        help="Whose hanging up ends an incoming call, as we tell the exchange; first: whoever hangs up first; caller: the caller (B6 in China);"
        " called: we (B6 in Brazil). Where the country has no signal for it, first is told.",
        choices=("first", "caller", "called"),
    )
    r2_reanswer_s: float = setting(
        0.0,
        label="R2 may be lifted again",
        help="Where the exchange leaves the release to the caller: how long a called party who hung up may lift again before our call ends; 0: it"
        " ends at once.",
        unit="s",
        least=0,
        most=180,
    )
    r2_persistence_ms: float = setting(
        20.0,
        label="R2 bits stand for",
        help="Signalling bits count when they have stood for so long (ITU-T Q.421: 20 ms); 0: at once. Also with cas.",
        unit="ms",
        least=0,
        most=100,
    )
    r2_metering_ms: float = setting(
        0.0,
        label="R2 metering pulses",
        help="Where the exchange tells charges by metering pulses, breaks of the answer: a clear back shorter than this is one, and is counted; a longer"
        " one ends the call. 0: as usual in the country (400 ms in Argentina, elsewhere there are none). Also with cas.",
        unit="ms",
        least=0,
        most=1000,
    )
    cas_address: str = setting(
        "dtmf",
        label="CAS numbers",
        help="With cas: how called numbers are sent and received; dtmf: by keys on the speech path; pulses: by breaks of the seizure; none: not at all,"
        " every seizure is a call for the trunk's own number (tie line).",
        choices=("dtmf", "pulses", "none"),
    )
    receive_gain_db: float = setting(
        0.0, label="Receive gain", help="How much louder what comes from here is made; negative: softer.", unit="dB", least=-24, most=12
    )
    transmit_gain_db: float = setting(
        0.0, label="Transmit gain", help="How much louder what is sent here is made; negative: softer.", unit="dB", least=-24, most=12
    )

    @property
    def isdn(self) -> bool:
        """Either side of ISDN PRI."""
        return self.signalling in {"isdn-user", "isdn-network"}

    @property
    def idle_bits(self) -> str:
        """Signalling bits A, B, C, D that an idle circuit sends, with r2 and cas."""
        return IDLE_BITS.get(self.r2_variant, ITU_IDLE_BITS)

    @property
    def outgoing(self) -> bool:
        """Desk phones may call out by it."""
        return self.direction != "incoming"

    @property
    def gives_ringing_tone(self) -> bool:
        """Callers who ring here unanswered hear ringing tone of ours."""
        return self.ringing_tone == "box" or (self.ringing_tone == "auto" and self.signalling != "isdn-user")

    @property
    def refusal_s(self) -> float:
        """How long callers hear why their call fails, before the channel is let go; 0: not at all, also for a part of a second."""
        return self.refusal_tone_s if self.signalling == "isdn-network" and self.refusal_tone_s >= 1 else 0.0

    @property
    def sounds_ringback(self) -> bool:
        """Our own callers hear ringback of ours when the exchange gives none."""
        return self.ringback == "auto"

    @property
    def presented(self) -> str:
        """The caller number of outgoing calls; empty: none is sent."""
        return self.caller_number or self.number
