"""What a phone is sent so that it shows who calls, as data: silences, reversals, tones, data bursts, and waits for the phone's answer.

On hook (type 1), each form with the rest of its timing:

    after the first burst   ring 1, 0.5 s, data, at least 0.2 s, ring 2                      GR-30, YD/T 1277.1
    before the first burst  [reversal, 0.1 s] DT-AS 0.1 s, 0.1 s, data, 0.25 s, ring 1       EN 300 659-1
    keys                    [reversal] 0.25 s, D digits C as DTMF, 0.35 s, ring 1            EN 300 659-3 annex B

Off hook (type 2, a second call while the first goes on): the other party is kept out, call waiting tone, CAS of 80 ms, the phone
acknowledges with the key D (or A) within 0.16 s, data, and the other party is back. A phone that does not acknowledge has no display,
or another one on the same pair is off hook: it is sent nothing, and the conversation goes on.

Nothing here sounds: a line's shell performs the stages in order, one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from boards.dahdi.callerid import Form, LocalMinute, call_message, lamp_message
from boards.dahdi.callerid_keys import CHINA, KeyCodes, keys_for_caller
from boards.dahdi.heard import CallerIdModem
from boards.dahdi.sounds import CallerIdStyle
from engine.telephony.dtmf import dial_steps
from engine.telephony.media import ToneStep
from engine.telephony.numbers import CallerId

__all__ = [
    "ACKNOWLEDGEMENTS",
    "WAITING_TONE",
    "Alert",
    "AwaitKey",
    "OnHookAudio",
    "PartyKeptOut",
    "PhoneDisplay",
    "SendData",
    "SendTones",
    "Showing",
    "Silence",
    "Stage",
    "TurnPolarity",
    "duration_ms",
    "lamp_stages",
    "shown_off_hook",
    "shown_on_hook",
]

ALERT_HZ = (2130.0, 2750.0)
ALERT_ON_HOOK_MS, ALERT_OFF_HOOK_MS = 100, 80
ALERT_DBM0 = -15.0
WAITING_TONE = ToneStep(400, 450.0, -13.0)
ACKNOWLEDGEMENTS = "DA"
ACKNOWLEDGED_WITHIN_MS = 160
"""GR-30: from the end of CAS to the beginning of the key; a receiver knows of it some 40 ms later."""
RECOGNITION_MS = 60
AFTER_FIRST_BURST_MS = 500
AFTER_REVERSAL_MS = 100
AFTER_ALERT_MS = 100
BEFORE_RING_MS = 250
KEY_ON_MS = KEY_OFF_MS = 70
BIT_RATE = 1200
BITS_AN_OCTET = 10
TAIL_BITS = 10
ON_HOOK_MARGIN_MS = 200

BELL_ON_HOOK = CallerIdStyle(CallerIdModem.BELL_202, seizure_bits=300, mark_bits=180)
BELL_OFF_HOOK = CallerIdStyle(CallerIdModem.BELL_202, seizure_bits=0, mark_bits=80)
ETSI_ON_HOOK = CallerIdStyle(CallerIdModem.V23, seizure_bits=300, mark_bits=180)
ETSI_OFF_HOOK = CallerIdStyle(CallerIdModem.V23, seizure_bits=0, mark_bits=80)


class PhoneDisplay(Enum):
    """What a phone's display understands."""

    NONE = "none"
    MDMF = "mdmf"
    """Bell 202, multiple data: number, name, date. Chinese and American phones."""
    SDMF = "sdmf"
    """Bell 202, single data: number and date only, for old displays."""
    ETSI = "etsi"
    """V.23, before the first burst, or after it when there is no alert."""
    DTMF = "dtmf"
    """Keys before the first burst."""


class Alert(Enum):
    """How a phone is woken for data that come before the first burst. ``NONE``: data come after it, keys come at once."""

    NONE = "none"
    TONE = "tone"
    """DT-AS: both alerting tones."""
    REVERSAL = "reversal"
    """The polarity turns, then keys, or DT-AS and data."""


# ---- stages -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Silence:
    """Nothing for so long."""

    duration_ms: int


@dataclass(frozen=True)
class TurnPolarity:
    """Reverse the pair, or turn it back."""

    reverse: bool


@dataclass(frozen=True)
class OnHookAudio:
    """Let the phone hear with the handset down, at least so long (the driver's on-hook transfer)."""

    duration_ms: int


@dataclass(frozen=True)
class SendTones:
    """Sound these once."""

    steps: tuple[ToneStep, ...]


@dataclass(frozen=True)
class SendData:
    """Sound this message (the modem adds its checksum)."""

    message: bytes
    style: CallerIdStyle


@dataclass(frozen=True)
class AwaitKey:
    """Go on when the phone sends one of these keys within the time; else break off and do only the last stage."""

    keys: str
    within_ms: int


@dataclass(frozen=True)
class PartyKeptOut:
    """True: the phone and the other party do not hear each other until it is False."""

    kept_out: bool


Stage = Silence | TurnPolarity | OnHookAudio | SendTones | SendData | AwaitKey | PartyKeptOut


@dataclass(frozen=True)
class Showing:
    """What is sent before the first burst of ringing, and what after its end; either may be nothing.

    What comes after the burst must be over 0.2 s before the second: ``duration_ms`` tells whether it fits.
    """

    before_ringing: tuple[Stage, ...] = ()
    after_first_burst: tuple[Stage, ...] = ()


def duration_ms(stages: tuple[Stage, ...]) -> int:
    """How long these take at most, rounded up."""
    return sum(_duration_ms(stage) for stage in stages)


def _duration_ms(stage: Stage) -> int:
    match stage:
        case Silence(duration_ms=ms) | AwaitKey(within_ms=ms):
            return ms
        case SendTones(steps):
            return sum(step.duration_ms for step in steps)
        case SendData(message, style):
            bits = style.seizure_bits + style.mark_bits + BITS_AN_OCTET * (len(message) + 1) + TAIL_BITS
            return -(-bits * 1000 // BIT_RATE)
    return 0


# ---- on hook ----------------------------------------------------------------------------------------------------------


def shown_on_hook(
    caller: CallerId, now: LocalMinute, display: PhoneDisplay = PhoneDisplay.MDMF, alert: Alert = Alert.NONE, codes: KeyCodes = CHINA
) -> Showing:
    """What shows this caller on a phone that is about to ring. ``codes``: the start and stop keys of ``DTMF``."""
    if display is PhoneDisplay.NONE:
        return Showing()
    if display is PhoneDisplay.DTMF:
        return Showing(before_ringing=_before(_keys(caller, codes), alert, tone=False))
    data = (SendData(call_message(caller, now, FORMS[display]), ETSI_ON_HOOK if display is PhoneDisplay.ETSI else BELL_ON_HOOK),)
    if alert is Alert.NONE:
        return Showing(after_first_burst=(Silence(AFTER_FIRST_BURST_MS), *data))
    return Showing(before_ringing=_before(data, alert, tone=True))


FORMS = {PhoneDisplay.MDMF: Form.MDMF, PhoneDisplay.SDMF: Form.SDMF, PhoneDisplay.ETSI: Form.ETSI}


def _keys(caller: CallerId, codes: KeyCodes) -> tuple[Stage, ...]:
    return (Silence(BEFORE_RING_MS), SendTones(dial_steps(keys_for_caller(caller, codes), KEY_ON_MS, KEY_OFF_MS)))


def _alert(on_ms: int) -> SendTones:
    return SendTones((ToneStep(on_ms, ALERT_HZ[0], ALERT_DBM0, ALERT_HZ[1], ALERT_DBM0),))


def _before(what: tuple[Stage, ...], alert: Alert, *, tone: bool) -> tuple[Stage, ...]:
    """The audio path opened, the phone woken, ``what`` sent, and the pair as it was before the bell."""
    stages: tuple[Stage, ...] = what
    if tone:
        stages = (_alert(ALERT_ON_HOOK_MS), Silence(AFTER_ALERT_MS), *stages)
    turned = alert is Alert.REVERSAL
    if turned:
        stages = (TurnPolarity(reverse=True), Silence(AFTER_REVERSAL_MS), *stages, TurnPolarity(reverse=False))
    stages = (*stages, Silence(BEFORE_RING_MS))
    return (OnHookAudio(duration_ms(stages) + ON_HOOK_MARGIN_MS), *stages)


def lamp_stages(*, on: bool, waiting: int = 0, display: PhoneDisplay = PhoneDisplay.MDMF) -> tuple[Stage, ...]:
    """What switches the message lamp of a phone that lies on hook, without ringing it. Nothing for displays that know no data."""
    if display not in FORMS:
        return ()
    etsi = display is PhoneDisplay.ETSI
    data = SendData(lamp_message(on=on, waiting=waiting, form=FORMS[display]), ETSI_ON_HOOK if etsi else BELL_ON_HOOK)
    return _before((data,), Alert.TONE, tone=etsi)


# ---- off hook ---------------------------------------------------------------------------------------------------------


def shown_off_hook(caller: CallerId, now: LocalMinute, display: PhoneDisplay = PhoneDisplay.MDMF) -> tuple[Stage, ...]:
    """What shows this caller on a phone in a call. The last stage lets the other party back in and is done in any case.

    A display that knows no data off hook gets the call waiting tone only.
    """
    tone: tuple[Stage, ...] = (PartyKeptOut(kept_out=True), SendTones((WAITING_TONE,)))
    if display not in FORMS:
        return (*tone, PartyKeptOut(kept_out=False))
    style = ETSI_OFF_HOOK if display is PhoneDisplay.ETSI else BELL_OFF_HOOK
    return (
        *tone,
        _alert(ALERT_OFF_HOOK_MS),
        AwaitKey(ACKNOWLEDGEMENTS, ACKNOWLEDGED_WITHIN_MS + RECOGNITION_MS),
        Silence(AFTER_ALERT_MS),
        SendData(call_message(caller, now, FORMS[display]), style),
        PartyKeptOut(kept_out=False),
    )
