"""The settings of one exchange line: what the exchange does on it, and how we call, answer and end calls."""

from __future__ import annotations

from dataclasses import dataclass

from engine.settings.field import NAME, NAME_SAYS, setting

__all__ = ["TrunkSection"]


@dataclass(frozen=True, kw_only=True)
class TrunkSection:
    """One exchange line (FXO port)."""

    name: str = setting(label="Line", help="Name of the line.", pattern=NAME, pattern_says=NAME_SAYS)
    channel: int = setting(label="Channel", help="DAHDI channel number.", least=1, most=1024)
    number: str = setting(
        "",
        label="Telephone number",
        help="The line's own telephone number, for reports and routing.",
        pattern=r"[0-9]{0,20}",
        pattern_says="up to 20 digits",
    )
    flow: str = setting(
        "",
        label="Flow",
        help="Flow that answers calls on this line; empty: calls are not answered.",
        pattern=r"([a-z][a-z0-9-]{0,30})?",
        pattern_says=NAME_SAYS,
    )
    outgoing: bool = setting(True, label="Outgoing calls", help="Desk phones may call out by this line.")
    caller_id: str = setting(
        "fsk",
        label="Caller id",
        help="How the exchange sends the caller's number; fsk: by modem tones (Bell 202), usual in China; etsi: by those of V.23; dtmf: by keys;"
        " none: it sends none.",
        choices=("fsk", "dtmf", "etsi", "none"),
    )
    caller_id_start: str = setting(
        "ring",
        label="Caller id comes",
        help="ring: after the first ring; polarity: also before it, after a reversal of the line; always: also before it, without a sign. Where"
        " it is always listened for, an idle line costs a little computing time.",
        choices=("ring", "polarity", "always"),
    )
    caller_id_keys: str = setting(
        "china",
        label="Caller id by keys",
        help="Which keys are around the number when it is sent by keys; china: D or A, the number, C or #; etsi: A, the number, C; D then begins the"
        " number that passed the call on.",
        choices=("china", "etsi"),
    )
    answer_after_rings: int = setting(
        0,
        label="Answer at ring",
        help="Answer at this ring if caller id has not come earlier; 0: as with the line timing.",
        least=0,
        most=10,
    )
    dialling: str = setting(
        "dtmf", label="Dialling", help="dtmf: by keys; pulse: by breaks of the loop, for exchanges without keys.", choices=("dtmf", "pulse")
    )
    dial_prefix: str = setting(
        "",
        label="Dialled first",
        help="Keys before every number, such as 9 for an outside line of a PBX; a comma pauses for a second, W for half a second.",
        pattern=r"[0-9*#A-D,W]{0,16}",
        pattern_says="up to 16 of 0-9 * # A-D, comma and W",
    )
    dial_tone: str = setting(
        "wait",
        label="Dial tone",
        help="wait: dial when dial tone is heard, and give the line back when none comes (see line timing); none: the line has none, dial after"
        " the fixed time below.",
        choices=("wait", "none"),
    )
    dial_delay_s: float = setting(
        1.0,
        label="Dial without dial tone after",
        help="On a line without dial tone: dial so long after seizing it.",
        unit="s",
        least=0.7,
        most=10,
    )
    answer_supervision: str = setting(
        "progress",
        label="Answer supervision",
        help="How we know that the far end answered; polarity: the exchange reverses the line (must be ordered); progress: ringback stops and"
        " somebody speaks; none: a call counts as answered when it is dialled.",
        choices=("progress", "polarity", "none"),
    )
    answer_most_s: float = setting(
        60.0,
        label="Counts as answered after",
        help="With progress: a dialled call without any sign of an answer or of its end counts as answered after this time.",
        unit="s",
        least=5,
        most=300,
    )
    release_reversal: bool = setting(
        False,
        label="Reversal ends calls",
        help="The exchange reverses the line when the far end hangs up; with answer supervision by polarity it is so in any case.",
    )
    busy_tone: str = setting(
        "",
        label="Busy tone of the line",
        help="Beside the tones of the country: frequency in Hz (two with +), colon, then times on and off in ms, such as 394:350/350; learned by"
        " the line test. Empty: none.",
        pattern=r"([0-9]{3,4}(\+[0-9]{3,4})?:[0-9]{2,4}(/[0-9]{2,4}){1,7})?",
        pattern_says="such as 394:350/350 or 480+620:500/500",
    )
    silence_release_s: float = setting(
        180.0,
        label="Silence ends calls after",
        help="When nothing is heard from either side for so long, both hear a warning tone, and ten seconds later the line is released; 0: never.",
        unit="s",
        least=0,
        most=3600,
    )
    flash_ms: int = setting(
        100,
        label="Flash",
        help="How long the loop is opened for the exchange's services (R key).",
        unit="ms",
        least=50,
        most=1000,
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
