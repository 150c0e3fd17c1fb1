"""``strowger bench dtmf``: what the key receiver accepts and refuses, condition by condition, and what it costs, beside spandsp's.

Conditions are those of ITU-T Q.24 and GB/T 15279 where these name one, and those of this appliance's own lines: dial tone at the level of
the key, its own prompts leaking back, echo. Both receivers hear the same octets. Spandsp's runs as it comes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from appliance.prompts import render_speech
from appliance.texts import Translate
from appliance.wav import parse_wav
from boards.dahdi.receivers import AVX2, PORTABLE, KeyFound, Receiver, find_keys, instructions, use_instructions
from console.tables import table
from engine.ivr.prompts import LANGUAGES, names_in, spoken_text
from engine.kernel.text import Text, text
from engine.telephony.media import SAMPLE_RATE_HZ
from hwsim.key_vectors import Condition, Press, Pressing, Vector, beside, echo, press_all, white_noise
from hwsim.signals import Samples, alaw_from_linear, linear_from_alaw, tone

__all__ = ["Score", "conditions", "is_met", "measure_dtmf", "own_prompts", "score", "table_shown", "try_condition"]

LEAK_DB = -12
"""What of our own sound comes back through the hybrid of a telephone or exchange line."""
LEAST_BESIDE_LOUD_SPEECH = 0.97
"""At -15 dBm0 our loudest syllables are as loud as the keys when they come back: of 960 keys 957 were heard."""
TELLING = SAMPLE_RATE_HZ // 50
"""Samples into a key before which nothing told belongs to it."""
COST_TURNS = 5
COST_SECONDS = 60
NOISE_12_DB = -10 + 3.01 - 12
"""12 dB below two tones of −10 dBm0."""


# ---- conditions -------------------------------------------------------------------------------------------------------


def conditions(prompt: Samples) -> list[tuple[Text, Condition]]:
    """Every condition with its name. ``prompt`` is speech of ours at its own level, as it is sent."""
    return [*_plain(), *_frequencies(), *_levels(), *_times(), *_company(prompt)]


def _plain() -> Iterable[tuple[Text, Condition]]:
    yield text("50 ms on, 50 ms off"), Condition(wanted=True, pressing=Pressing())
    yield text("40 ms on, 40 ms off"), Condition(wanted=True, pressing=Pressing(on_ms=40, off_ms=40))


def _frequencies() -> Iterable[tuple[Text, Condition]]:
    signs = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1))
    for percent, wanted in ((1.8, True), (3.5, False), (4.0, False), (5.0, False)):
        for row, column in signs:
            off = {"row_off": row * percent / 100, "column_off": column * percent / 100}
            name = text("row {row} %, column {column} %", row=f"{row * percent:+.1f}", column=f"{column * percent:+.1f}")
            yield name, Condition(wanted, Pressing(on_ms=50 if wanted else 100, **off))


def _levels() -> Iterable[tuple[Text, Condition]]:
    for row, column in ((-10, -14), (-14, -10), (-10, -18), (-18, -10), (0, -8), (-8, 0), (-28, -36), (-36, -28)):
        yield _level_name(row, column), Condition(wanted=True, pressing=Pressing(row_dbm0=row, column_dbm0=column))
    for level in (0, -3, -20, -30, -36):
        yield _level_name(level, level), Condition(wanted=True, pressing=Pressing(row_dbm0=level, column_dbm0=level))
    for low, high in ((-45.1, -45.1), (-50.0, -50.0), (-45.1, -38.0), (-38.0, -45.1)):
        yield _level_name(low, high), Condition(wanted=False, pressing=Pressing(on_ms=100, row_dbm0=low, column_dbm0=high))


def _level_name(row_dbm0: float, column_dbm0: float) -> Text:
    return text("row {row} dBm0, column {column} dBm0", row=row_dbm0, column=column_dbm0)


def _times() -> Iterable[tuple[Text, Condition]]:
    for on_ms, off_ms in ((23, 60), (23, 40), (20, 40), (15, 40), (10, 40)):
        name = text("{on} ms on, {off} ms off", on=on_ms, off=off_ms)
        yield name, Condition(wanted=False, pressing=Pressing(on_ms=on_ms, off_ms=off_ms))
    for off in (0.018, -0.018):
        name = text("23 ms on, both tones {off} %", off=f"{off * 100:+.1f}")
        yield name, Condition(wanted=False, pressing=Pressing(on_ms=23, off_ms=60, row_off=off, column_off=off))
    for break_ms in (2, 5, 8, 10):
        name = text("100 ms with a break of {ms} ms", ms=break_ms)
        yield name, Condition(wanted=True, pressing=Pressing(on_ms=100, break_ms=break_ms))


def _company(prompt: Samples) -> Iterable[tuple[Text, Condition]]:
    short = Pressing(on_ms=40, off_ms=40)
    noise = white_noise(NOISE_12_DB)
    yield text("white noise at 12 dB S/N"), Condition(wanted=True, pressing=Pressing(), line=noise)
    yield text("the same, 40 ms on, 40 ms off"), Condition(wanted=True, pressing=short, line=noise)
    for frequency_hz, level in ((450, -10), (425, -10), (475, -10), (450, -20), (450, -30), (450, -36)):
        name = text("dial tone of {hz} Hz, it and both tones {level} dBm0", hz=frequency_hz, level=level)
        dial = beside(tone(frequency_hz, level, 8 * 1000))
        yield name, Condition(wanted=True, pressing=Pressing(row_dbm0=level, column_dbm0=level), line=dial)
    for level in (-10, -15):
        name = text("our own prompt, {leak} dB of it come back, both tones {level} dBm0", leak=LEAK_DB, level=level)
        leaking = beside(prompt, LEAK_DB)
        least = 1.0 if level == -10 else LEAST_BESIDE_LOUD_SPEECH
        yield name, Condition(wanted=True, pressing=Pressing(row_dbm0=level, column_dbm0=level), line=leaking, least=least)
    for pressing in (Pressing(), short):
        name = text("echo of -20 dB after 30 ms, {on} ms on, {off} ms off", on=int(pressing.on_ms), off=int(pressing.off_ms))
        yield name, Condition(wanted=True, pressing=pressing, line=echo(30, -20))


def own_prompts() -> Samples:
    """What callers hear from us, one prompt after the other, in every language. Raises EnvironmentFault when there is no voice."""
    said = {language: " ".join(spoken_text(name, here) for here, name in names_in([language])) for language in LANGUAGES}
    spoken = [linear_from_alaw(parse_wav(render_speech(words, language), language).audio) for language, words in said.items()]
    return np.concatenate(spoken)


# ---- judging ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """Of ``presses`` keys ``accepted`` were heard once and rightly; ``extra``: what else was told; ``told_after_ms``: from a key's begin."""

    presses: int = 0
    accepted: int = 0
    extra: int = 0
    told_after_ms: tuple[float, ...] = ()

    def plus(self, other: Score) -> Score:
        """Both together."""
        told = (*self.told_after_ms, *other.told_after_ms)
        return Score(self.presses + other.presses, self.accepted + other.accepted, self.extra + other.extra, told)


def score(presses: Sequence[Press], found: Sequence[KeyFound]) -> Score:
    """What was told belongs to the last key that had begun by then."""
    told: dict[int, list[KeyFound]] = {}
    for key in found:
        told.setdefault(sum(press.begin + TELLING <= key.told for press in presses) - 1, []).append(key)
    right = [index for index, keys in told.items() if index >= 0 and len(keys) == 1 and keys[0].key == presses[index].key]
    after_ms = tuple((told[index][0].told - presses[index].begin) * 1000 / SAMPLE_RATE_HZ for index in sorted(right))
    return Score(len(presses), len(right), len(found) - len(right), after_ms)


def try_condition(condition: Condition, seed: Sequence[int], repeats: int, receiver: Receiver = Receiver.OWN) -> Score:
    """The sixteen keys under this condition, so many times."""
    total = Score()
    for turn in range(repeats):
        vector = press_all(condition, np.random.default_rng([*seed, turn]))
        total = total.plus(score(vector.presses, find_keys(vector.octets, receiver)))
    return total


def is_met(condition: Condition, result: Score) -> bool:
    """Every key, or as many as must be, and nothing else; or nothing."""
    if not condition.wanted:
        return result.extra == result.accepted == 0
    return result.extra == 0 and result.accepted >= result.presses * condition.least


# ---- measuring --------------------------------------------------------------------------------------------------------


def measure_dtmf(seed: int, repeats: int) -> dict[str, Any]:
    """Everything for the table; the same seed gives the same sounds. Raises EnvironmentFault when our voice is not installed."""
    prompt = own_prompts()
    rows = []
    for number, (name, condition) in enumerate(conditions(prompt)):
        results = {receiver: try_condition(condition, (seed, number), repeats, receiver) for receiver in Receiver}
        row = {
            "condition": name.in_english(),
            "name": name,
            "wanted": condition.wanted,
            "least": condition.least,
            "met": is_met(condition, results[Receiver.OWN]),
        }
        rows.append(row | {receiver.name.lower(): _figures(result) for receiver, result in results.items()})
    return {
        "seed": seed,
        "keys_a_condition": 16 * repeats,
        "met": all(row["met"] for row in rows),
        "rows": rows,
        "cost_us_per_channel_second": _costs(prompt, seed),
    }


def _figures(result: Score) -> dict[str, Any]:
    told = result.told_after_ms
    after_ms = {"p50": round(statistics.median(told), 1), "max": round(max(told), 1)} if told else {}
    return {"presses": result.presses, "accepted": result.accepted, "extra": result.extra, "told_after_ms": after_ms}


def _costs(prompt: Samples, seed: int) -> dict[str, dict[str, float]]:
    """Microseconds of processor time for a second of a channel, decoding included, by sound and by receiver; the turns are interleaved."""
    keys = [press_all(Condition(wanted=True, pressing=Pressing(70, 70)), np.random.default_rng([seed, turn])) for turn in range(20)]
    return {sound: _cost_of(octets) for sound, octets in _cost_sounds(prompt, keys).items()}


def _cost_sounds(prompt: Samples, keys: Sequence[Vector]) -> Mapping[str, bytes]:
    long = COST_SECONDS * SAMPLE_RATE_HZ
    whole = {"speech": alaw_from_linear(prompt), "silence": b"\xd5", "keys without end": b"".join(vector.octets for vector in keys)}
    return {name: (octets * (long // len(octets) + 1))[:long] for name, octets in whole.items()}


def _cost_of(octets: bytes) -> dict[str, float]:
    ways = {f"own_{AVX2}": (Receiver.OWN, AVX2), f"own_{PORTABLE}": (Receiver.OWN, PORTABLE), "spandsp": (Receiver.SPANDSP, AVX2)}
    before = instructions()
    spent: dict[str, list[float]] = {}
    try:
        for _turn in range(COST_TURNS):
            for name, (receiver, isa) in ways.items():
                if use_instructions(isa) or receiver is Receiver.SPANDSP:
                    spent.setdefault(name, []).append(_spent_us(octets, receiver))
    finally:
        use_instructions(before)
    return {name: round(statistics.median(times), 2) for name, times in spent.items()}


def _spent_us(octets: bytes, receiver: Receiver) -> float:
    began_ns = time.thread_time_ns()
    find_keys(octets, receiver)
    return (time.thread_time_ns() - began_ns) / 1000 / (len(octets) / SAMPLE_RATE_HZ)


# ---- showing ----------------------------------------------------------------------------------------------------------


def table_shown(figures: Mapping[str, Any], _: Translate) -> str:
    """The table for a person: a line a condition, then costs."""
    head = (_("condition"), _("wanted"), _("ours"), _("told after"), _("spandsp"), "")
    body = [
        (
            row["name"].render(_),
            _wanted(row, _),
            _share(row["own"]),
            _told(row["own"]["told_after_ms"], _),
            _share(row["spandsp"]),
            "" if row["met"] else _("MISSED"),
        )
        for row in figures["rows"]
    ]
    met = _("Every condition is met.") if figures["met"] else _("Not every condition is met.")
    return "\n".join([table(head, body), "", _costs_shown(figures["cost_us_per_channel_second"], _), "", met])


def _wanted(row: Mapping[str, Any], _: Translate) -> str:
    if not row["wanted"]:
        return _("none")
    return _("all") if row["least"] == 1.0 else f"≥ {row['least']:.0%}"


def _costs_shown(costs: Mapping[str, Mapping[str, float]], _: Translate) -> str:
    sounds = {"speech": _("speech"), "silence": _("silence"), "keys without end": _("keys without end")}
    names = {f"own_{AVX2}": _("ours, AVX2"), f"own_{PORTABLE}": _("ours, any processor"), "spandsp": _("spandsp")}
    ways = [name for name in names if all(name in by_name for by_name in costs.values())]
    head = (_("µs per channel-second"), *(names[way] for way in ways))
    return table(head, [(sounds[sound], *(f"{by_name[way]:.1f}" for way in ways)) for sound, by_name in costs.items()])


def _share(result: Mapping[str, Any]) -> str:
    counted = f"{result['accepted']}/{result['presses']}"
    return f"{counted} +{result['extra']}" if result["extra"] else counted


def _told(after_ms: Mapping[str, float], _: Translate) -> str:
    return _("{p50} ms, at most {most}").format(p50=round(after_ms["p50"]), most=round(after_ms["max"])) if after_ms else ""
