"""The little language of ``strowger tone``: which tone, digits or signal, as steps or as octets to play.

dtmf:123#            digits; dtmf:123#@-20/50/50 with level of each tone in dBm0, ms on, ms off
r2f:1,2              MF R2 signals forward; r2b: backward; with @level/on/off like digits
cn:busy              a tone of a country's set, with its cadence
cng  ced  2100pr     fax calling tone, answer tone, answer tone with phase reversals
cid:13800138000      caller id, Bell 202; cidv23: with the tones of V.23
450@-10/350,0/350*3  steps: frequency[+frequency]@dBm0/ms; 0 is silence; *3: three times
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from boards.dahdi.callerid import message_for_caller
from boards.dahdi.heard import CallerIdModem
from boards.dahdi.sounds import CallerIdStyle, render_caller_id
from engine.kernel.errors import BadInput
from engine.kernel.text import Text, text
from engine.telephony.dtmf import KEYS, dial_steps
from engine.telephony.media import ToneStep
from engine.telephony.numbers import CallerId
from engine.telephony.signals import R2_LEVEL_DBM0, answer_tone_steps, calling_tone_steps, r2_step
from engine.telephony.tones import TONE_SETS, ToneName

__all__ = ["STEPS_MOST", "Signal", "parse_tone"]

STEPS_MOST = 256
DURATION_MOST_MS = 600_000
LEVEL_LEAST_DBM0, LEVEL_MOST_DBM0 = -60.0, 3.0
FREQUENCY_MOST_HZ = 3999.0
NUMBER_MOST = 20
R2_SIGNALS = 15
DEFAULT_DBM0 = -10.0
ON_MS = OFF_MS = 100

_STEP = re.compile(
    r"(?P<first>\d{1,4}(?:\.\d{1,3})?)(?:\+(?P<second>\d{1,4}(?:\.\d{1,3})?))?(?:@(?P<level>[+-]?\d{1,2}(?:\.\d{1,2})?))?/(?P<ms>\d{1,6})",
    re.ASCII,
)
_KEYED = re.compile(r"(?P<keys>[^@/]+)(?:@(?P<level>[+-]?\d{1,2}(?:\.\d{1,2})?))?(?:/(?P<on>\d{1,5})/(?P<off>\d{1,5}))?", re.ASCII)
_REPEATED = re.compile(r"(?P<steps>.+)\*(?P<times>\d{1,3})", re.ASCII)


@dataclass(frozen=True)
class Signal:
    """What is to sound: steps, of which the loop begins at ``loop_from`` (None: they sound once); or A-law ``octets``."""

    steps: tuple[ToneStep, ...] = ()
    loop_from: int | None = None
    octets: bytes = b""


def parse_tone(spec: str) -> Signal:
    """The signal that ``spec`` describes. Raises BadInput that says what was expected and where."""
    kind, colon, rest = spec.partition(":")
    if colon and kind in _KINDS:
        return _KINDS[kind](rest)
    if not colon and spec in _WORDS:
        return _WORDS[spec]()
    if colon:
        return _of_a_set(kind, rest)
    return Signal(_steps(spec))


def _refused(spec: str, why: Text) -> BadInput:
    return BadInput(text("{spec} is no tone: {why}. “strowger tone --help” shows what there is.", spec=repr(spec), why=why))


# ---- steps ------------------------------------------------------------------------------------------------------------


def _steps(spec: str) -> tuple[ToneStep, ...]:
    repeated = _REPEATED.fullmatch(spec)
    times = int(repeated["times"]) if repeated else 1
    parts = (repeated["steps"] if repeated else spec).split(",")
    steps = tuple(_step(spec, part) for part in parts) * times
    _few(spec, steps)
    if sum(step.duration_ms for step in steps) > DURATION_MOST_MS:
        raise _refused(spec, text("it is longer than {most} s", most=DURATION_MOST_MS // 1000))
    return steps


def _few(spec: str, steps: tuple[ToneStep, ...]) -> tuple[ToneStep, ...]:
    if not 1 <= len(steps) <= STEPS_MOST:
        raise _refused(spec, text("{steps} steps; there may be 1 to {most}", steps=len(steps), most=STEPS_MOST))
    return steps


def _step(spec: str, part: str) -> ToneStep:
    found = _STEP.fullmatch(part)
    if found is None:
        raise _refused(spec, text("{part} is not of the form frequency[+frequency][@dBm0]/ms", part=repr(part)))
    first_hz, second_hz = float(found["first"]), float(found["second"] or 0)
    duration_ms = int(found["ms"])
    if max(first_hz, second_hz) > FREQUENCY_MOST_HZ or duration_ms == 0:
        raise _refused(
            spec, text("{part}: frequencies go up to {most} Hz, times begin at 1 ms", part=repr(part), most=round(FREQUENCY_MOST_HZ))
        )
    level_dbm0 = _level(spec, found["level"])
    return ToneStep(duration_ms, first_hz, level_dbm0, second_hz, level_dbm0)


def _level(spec: str, written: str | None) -> float:
    level_dbm0 = DEFAULT_DBM0 if written is None else float(written)
    if not LEVEL_LEAST_DBM0 <= level_dbm0 <= LEVEL_MOST_DBM0:
        raise _refused(
            spec,
            text("the level of {level} dBm0 is outside {least} to {most}", level=level_dbm0, least=LEVEL_LEAST_DBM0, most=LEVEL_MOST_DBM0),
        )
    return level_dbm0


# ---- digits and register signals --------------------------------------------------------------------------------------


def _keyed(spec: str, rest: str) -> re.Match[str]:
    found = _KEYED.fullmatch(rest)
    if found is None or found["on"] in {"0", "00"}:
        raise _refused(spec, text("expected what to send, then perhaps @dBm0, then perhaps /ms on/ms off"))
    return found


def _dtmf(rest: str) -> Signal:
    spec = f"dtmf:{rest}"
    found = _keyed(spec, rest)
    keys = found["keys"].upper()
    unknown = [key for key in keys if key not in "".join(KEYS)]
    if unknown:
        raise _refused(spec, text("{key} is no key; there are 0 to 9, * # and A to D", key=repr(unknown[0])))
    steps = dial_steps(keys, *_times(found))
    if found["level"] is not None:
        level_dbm0 = _level(spec, found["level"])
        steps = tuple(replace(step, level1_dbm0=level_dbm0, level2_dbm0=level_dbm0) for step in steps)
    return Signal(_few(spec, _whole(steps)))


def _times(found: re.Match[str]) -> tuple[int, int]:
    return int(found["on"] or ON_MS), int(found["off"] or OFF_MS)


def _whole(steps: tuple[ToneStep, ...]) -> tuple[ToneStep, ...]:
    """Without pauses of no length."""
    return tuple(step for step in steps if step.duration_ms > 0)


def _r2(kind: str, rest: str) -> Signal:
    spec = f"{kind}:{rest}"
    found = _keyed(spec, rest)
    level_dbm0 = R2_LEVEL_DBM0 if found["level"] is None else _level(spec, found["level"])
    on_ms, off_ms = _times(found)
    steps: list[ToneStep] = []
    for written in found["keys"].split(","):
        if not written.isascii() or not written.isdecimal() or not 1 <= int(written) <= R2_SIGNALS:
            raise _refused(spec, text("{signal} is no R2 signal; there are 1 to {most}", signal=repr(written), most=R2_SIGNALS))
        steps += [r2_step(int(written), on_ms, backward=kind == "r2b", level_dbm0=level_dbm0), ToneStep(off_ms)]
    return Signal(_few(spec, _whole(tuple(steps))))


# ---- signals with a name ----------------------------------------------------------------------------------------------


def _of_a_set(kind: str, name: str) -> Signal:
    spec = f"{kind}:{name}"
    if kind not in TONE_SETS:
        known = ", ".join([*_KINDS, *TONE_SETS])
        raise _refused(spec, text("there is no {kind}; before the colon may stand {known}", kind=repr(kind), known=known))
    if name not in {tone.value for tone in ToneName}:
        known = ", ".join(ToneName)
        raise _refused(spec, text("there is no tone {name}; there are {known}", name=repr(name), known=known))
    tone = TONE_SETS[kind][ToneName(name)]
    return Signal(tone.steps, tone.loop_from)


def _caller_id(kind: str, modem: CallerIdModem, number: str) -> Signal:
    if not number.isascii() or not number.isdecimal() or len(number) > NUMBER_MOST:
        raise _refused(f"{kind}:{number}", text("expected a number of up to {most} digits", most=NUMBER_MOST))
    return Signal(octets=render_caller_id(message_for_caller(CallerId(number), 1, 1, 0, 0), CallerIdStyle(modem)))


_WORDS: Mapping[str, Callable[[], Signal]] = {
    "cng": lambda: Signal(calling_tone_steps(), 0),
    "ced": lambda: Signal(answer_tone_steps(reversals=False)),
    "2100pr": lambda: Signal(answer_tone_steps(reversals=True)),
}
_KINDS: Mapping[str, Callable[[str], Signal]] = {
    "dtmf": _dtmf,
    "r2f": lambda rest: _r2("r2f", rest),
    "r2b": lambda rest: _r2("r2b", rest),
    "cid": lambda rest: _caller_id("cid", CallerIdModem.BELL_202, rest),
    "cidv23": lambda rest: _caller_id("cidv23", CallerIdModem.V23, rest),
}
