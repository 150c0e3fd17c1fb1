"""What a line test's findings mean: a verdict, what was found in a word, and the figures. Pure.

Sources of the limits: GB/T 3378 and the tone set for dial tone; ITU-T G.122 for echo (a hybrid's stability wants 6 dB and more, listeners
want 14); ITU-T Q.552 and G.712 for idle noise, flat instead of weighted. What lies between good and bad is doubtful: it works, and somebody
should look at it.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from engine.kernel.errors import BadInput
from engine.kernel.text import text_as_json
from engine.telephony.line_measures import ToneFound, echo_of, hum_share, level_dbm0, loudest_tone, samples_of
from engine.telephony.line_test_run import Outcome, TestEnd
from engine.telephony.line_tests import LOOP_KEYS, LOOP_TONE_DBM0, PHONE_KEYS, RINGING_S, KeysHeard, LineTest, PortSeen, Recorded
from engine.telephony.line_tone import LineTone
from engine.telephony.tone_learning import learn_busy_tone
from engine.telephony.tones import HeardTone, ToneName, ToneSet, ToneWindow

__all__ = ["Judgement", "Verdict", "judge", "learned"]

VOLTS_LEAST = 20.0
"""On hook an exchange gives 48 V or 60 V, a PBX sometimes 24 V."""
TONE_SHARE = 0.35
"""Of the power, that the louder frequency of a dial tone has at least."""
SILENT_DBM0 = -45.0
FAINT_DBM0 = -25.0
QUIET_DBM0, NOISY_DBM0 = -50.0, -40.0
HUM_SHARE = 0.5
ECHO_GOOD_DB, ECHO_BAD_DB = 14.0, 8.0
ECHO_MOST_DB = 50.0
TONE_GONE_DB = 10.0
LOOP_LOSS_MOST_DB, LOOP_GAIN_MOST_DB = 10.0, 6.0


class Verdict(StrEnum):
    """What to think of it."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"
    NOT_DONE = "not_done"
    """It was stopped, or could not be done: nothing is known."""


@dataclass(frozen=True)
class Judgement:
    """``found`` is a word of ``line_test_words.py``, ``figures`` what its sentence shows."""

    verdict: Verdict
    found: str
    figures: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def learned(samples: Sequence[int], tones: ToneSet) -> tuple[Judgement, LineTone | None]:
    """What a test call to a busy number has brought; the tone, when it is one that the country's tones do not cover already."""
    if not samples:
        return Judgement(Verdict.NOT_DONE, "nothing_recorded"), None
    try:
        tone = learn_busy_tone(samples)
    except BadInput as fault:
        return Judgement(Verdict.BAD, "not_learned", {"failure": json.dumps(text_as_json(fault.text), ensure_ascii=False)}), None
    figures = {"hertz": " + ".join(map(str, tone.frequencies_hz)), "times": "/".join(map(str, tone.runs_ms))}
    if any(_covers(window, tone) for window in tones.windows if window.tone in (HeardTone.BUSY, HeardTone.CONGESTION)):
        return Judgement(Verdict.GOOD, "country_tone", figures), None
    return Judgement(Verdict.GOOD, "learned", figures), tone


def _covers(window: ToneWindow, tone: LineTone) -> bool:
    """The window recognises this tone."""
    if len(window.elements) != len(tone.runs_ms):
        return False
    bands = window.elements[0].bands_hz
    heard = len(bands) == len(tone.frequencies_hz) and all(
        low <= hertz <= high for (low, high), hertz in zip(bands, tone.frequencies_hz, strict=True)
    )
    return heard and all(element.least_ms <= ms <= element.most_ms for element, ms in zip(window.elements, tone.runs_ms, strict=True))


def judge(outcome: Outcome, *, phone: bool, tones: ToneSet) -> Judgement:
    """The judgement of a test on a phone's or an exchange line's port. Takes some 50 ms of arithmetic for a test with sound."""
    if outcome.end is TestEnd.FAILED:
        failure = "" if outcome.failure is None else json.dumps(text_as_json(outcome.failure), ensure_ascii=False)
        return Judgement(Verdict.NOT_DONE, "failed", {"failure": failure})
    if outcome.end is not TestEnd.DONE:
        return Judgement(Verdict.NOT_DONE, outcome.end.value)
    found = _Found(outcome, phone, tones)
    return found.unusable() or JUDGES[outcome.plan.test](found)


class _Found:
    """The findings of a test, by name and kind."""

    def __init__(self, outcome: Outcome, phone: bool, tones: ToneSet) -> None:
        self._findings = outcome.findings
        self._test = outcome.plan.test
        self.phone = phone
        self.tones = tones

    def port(self, name: str) -> PortSeen:
        """The state found under this name; as if all was well when there is none."""
        found = self._findings.get(name)
        return found if isinstance(found, PortSeen) else PortSeen(battery=True, off_hook=False)

    def sound(self, name: str) -> array[int]:
        """What was recorded."""
        found = self._findings.get(name)
        return samples_of(found.samples) if isinstance(found, Recorded) else array("h")

    def keys(self, name: str) -> KeysHeard:
        """What was pressed."""
        found = self._findings.get(name)
        return found if isinstance(found, KeysHeard) else KeysHeard("")

    def after_ms(self, name: str) -> int:
        """When it was noticed; −1 for never."""
        found = self._findings.get(name)
        return found if isinstance(found, int) else -1

    def unusable(self) -> Judgement | None:
        """What spoils every test of this kind: no battery, a handset that is up before, nobody who lifts."""
        if self._test is LineTest.LOOP:
            return None
        idle = self.port("idle")
        if not self.phone and not idle.battery:
            return Judgement(Verdict.BAD, "no_battery")
        if self.phone and idle.off_hook:
            return Judgement(Verdict.DOUBTFUL, "handset_up")
        if "lifted" in self._findings and self.after_ms("lifted") < 0:
            return Judgement(Verdict.DOUBTFUL, "nobody_lifted", {"seconds": f"{RINGING_S:.0f}"})
        return None


# ---- one function for each test ---------------------------------------------------------------------------------------


def _battery(found: _Found) -> Judgement:
    idle = found.port("idle")
    volts = "" if idle.volts is None else f"{idle.volts:.0f}"
    if found.phone:
        return Judgement(Verdict.GOOD, "phone_fed" if volts else "handset_down", {"volts": volts})
    seized = found.port("seized")
    if found.after_ms("dropped") >= 0 or not seized.battery:
        return Judgement(Verdict.BAD, "battery_drops")
    if idle.volts is None or seized.volts is None:
        return Judgement(Verdict.GOOD, "battery")
    figures = {"volts": volts, "loaded": f"{seized.volts:.0f}"}
    return Judgement(Verdict.GOOD if idle.volts >= VOLTS_LEAST else Verdict.DOUBTFUL, "battery_volts", figures)


def _dial_tone(found: _Found) -> Judgement:
    sound = found.sound("tone")
    level = level_dbm0(sound)
    tone = loudest_tone(sound)
    if level < SILENT_DBM0 or tone is None:
        return Judgement(Verdict.BAD, "silent", {"level": _signed(level)})
    figures = {"hertz": f"{tone.frequency_hz:.1f}", "level": _signed(level)}
    if tone.share < TONE_SHARE:
        return Judgement(Verdict.BAD, "no_tone", figures)
    nominal = min(_dial_frequencies(found.tones), key=lambda hertz: abs(hertz - tone.frequency_hz))
    off = tone.frequency_hz - nominal
    figures |= {"off": _signed(off), "nominal": f"{nominal:.0f}", "tones": found.tones.name}
    if abs(off) > found.tones.tolerance_hz:
        return Judgement(Verdict.DOUBTFUL, "other_frequency", figures)
    return Judgement(Verdict.GOOD if level >= FAINT_DBM0 else Verdict.DOUBTFUL, "dial_tone" if level >= FAINT_DBM0 else "faint", figures)


def _dial_frequencies(tones: ToneSet) -> tuple[float, ...]:
    return tones[ToneName.DIAL].sounds[0].frequencies_hz


def _noise(found: _Found) -> Judgement:
    sound = found.sound("noise")
    level = level_dbm0(sound)
    mains, hum = hum_share(sound)
    figures = {"level": _signed(level), "mains": str(mains)}
    if not found.phone:
        tone = loudest_tone(sound)
        if tone is not None and level > NOISY_DBM0 and tone.share >= TONE_SHARE and _is_dial(tone, found.tones):
            return Judgement(Verdict.DOUBTFUL, "tone_goes_on", figures)
        figures["on_hook"] = _signed(level_dbm0(found.sound("on_hook")))
    verdict = Verdict.GOOD if level <= QUIET_DBM0 else Verdict.DOUBTFUL if level <= NOISY_DBM0 else Verdict.BAD
    if verdict is not Verdict.GOOD and hum >= HUM_SHARE:
        return Judgement(verdict, "hum", figures)
    return Judgement(verdict, "quiet" if verdict is Verdict.GOOD else "noisy", figures)


def _echo(found: _Found) -> Judgement:
    echo = echo_of(found.sound("echo"))
    # What is fainter than the steps of the code cannot be told apart.
    losses = {"loss": min(echo.loss_db, ECHO_MOST_DB), "worst": min(echo.worst_db, ECHO_MOST_DB)}
    figures = {name: f"{loss_db:.1f}" for name, loss_db in losses.items()} | {"hertz": str(echo.worst_hz)}
    if echo.loss_db >= ECHO_GOOD_DB:
        return Judgement(Verdict.GOOD, "little_echo", figures)
    return Judgement(Verdict.DOUBTFUL if echo.loss_db >= ECHO_BAD_DB else Verdict.BAD, "much_echo", figures)


def _keys(found: _Found) -> Judgement:
    return _phone_keys(found.keys("keys")) if found.phone else _line_keys(found)


def _line_keys(found: _Found) -> Judgement:
    before, after = found.sound("before"), found.sound("after")
    level_before, level_after = level_dbm0(before), level_dbm0(after)
    tone = loudest_tone(before)
    if level_before < SILENT_DBM0 or tone is None or tone.share < TONE_SHARE:
        return Judgement(Verdict.BAD, "silent", {"level": _signed(level_before)})
    if level_after > level_before - TONE_GONE_DB:
        return Judgement(Verdict.BAD, "keys_not_taken")
    return Judgement(Verdict.GOOD, "keys_taken")


def _phone_keys(heard: KeysHeard) -> Judgement:
    missing = "".join(key for key in PHONE_KEYS if key not in heard.keys)
    if not heard.keys:
        return Judgement(Verdict.BAD, "no_key")
    if missing:
        return Judgement(Verdict.DOUBTFUL, "keys_missing", {"keys": "".join(dict.fromkeys(heard.keys)), "missing": missing})
    levels = [level for level in heard.levels_dbm0 if level is not None]
    if not levels:
        return Judgement(Verdict.GOOD, "all_pulses")
    return Judgement(Verdict.GOOD, "all_keys", {"softest": _signed(min(levels)), "loudest": _signed(max(levels))})


def _ring(found: _Found) -> Judgement:
    return Judgement(Verdict.GOOD, "rang", {"seconds": f"{found.after_ms('lifted') / 1000:.1f}"})


def _caller_id(found: _Found) -> Judgement:
    if found.after_ms("sent") < 0:
        return Judgement(Verdict.DOUBTFUL, "lifted_early")
    return Judgement(Verdict.GOOD, "shown")


def _loop(found: _Found) -> Judgement:
    if found.after_ms("rang") < 0:
        return Judgement(Verdict.BAD, "no_loop")
    if found.after_ms("answered") < 0:
        return Judgement(Verdict.BAD, "loop_unanswered")
    losses = {name: LOOP_TONE_DBM0 - level_dbm0(found.sound(name)) for name in ("to_phone", "to_line")}
    faults = [name for name, loss_db in losses.items() if not -LOOP_GAIN_MOST_DB <= loss_db <= LOOP_LOSS_MOST_DB]
    faults += [name for name in ("keys_to_phone", "keys_to_line") if found.keys(name).keys != LOOP_KEYS]
    faults += [name for name in ("hung_up", "rang_again", "answered_again", "battery_gone") if found.after_ms(name) < 0]
    figures = {name: f"{round(loss_db, 1) + 0.0:.1f}" for name, loss_db in losses.items()}
    if faults:
        return Judgement(Verdict.DOUBTFUL, "loop_faults", {**figures, "faults": ",".join(faults)})
    return Judgement(Verdict.GOOD, "loop", figures)


def _is_dial(tone: ToneFound, tones: ToneSet) -> bool:
    return any(abs(tone.frequency_hz - hertz) <= tones.tolerance_hz for hertz in _dial_frequencies(tones))


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


JUDGES: Mapping[LineTest, Callable[[_Found], Judgement]] = {
    LineTest.BATTERY: _battery,
    LineTest.DIAL_TONE: _dial_tone,
    LineTest.NOISE: _noise,
    LineTest.ECHO: _echo,
    LineTest.KEYS: _keys,
    LineTest.RING: _ring,
    LineTest.CALLER_ID: _caller_id,
    LineTest.LOOP: _loop,
}
