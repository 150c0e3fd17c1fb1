"""What the product's own detectors hear in recorded sound: ``strowger listen``.

The sound is fed to a channel of the media pump over a simulated wire, block by block in virtual time: what a caller's line would
bring, heard by the very code that hears it. Every event of a detector becomes one detection; an event that says that something began
and the one that says that it ended become one detection with a duration.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from appliance.wav import WAV_OCTETS_MAX, Wav, parse_wav
from boards.dahdi.callerid import CallerIdError, caller_from_message
from boards.dahdi.codec import encode
from boards.dahdi.media import Heard, Hearing, Pump, PumpLimits
from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.text import text
from engine.telephony.media import BLOCK_SAMPLES, SAMPLE_RATE_HZ, Companding
from engine.telephony.tones import CHINA, ToneWindow
from hwsim.wires import Wires

__all__ = ["RAW_NAMES", "Detection", "Track", "as_record", "detections", "hear", "read_tracks"]

RAW_NAMES = (".al", ".alaw", ".raw")
"""How files without a header must be named to be taken for A-law."""
FIRST_FD = 1000
TAIL_S = 3
"""Silence after the sound, so that what it ends with is recognised and over."""
SILENCE = {Companding.A_LAW: b"\xd5", Companding.MU_LAW: b"\xff"}
PCM_TAG, ALAW_TAG, MULAW_TAG = 1, 6, 7
LAWS = {ALAW_TAG: Companding.A_LAW, MULAW_TAG: Companding.MU_LAW}
TRACKS_MOST = 2
ENDS = {"Up": "Down", "Gone": "Heard", "Ended": "Began"}
"""How the event that something is over is named, and the one that it began."""
NOT_VALUES = {"sample", "level_dbm0", "duration_ms", "duration_samples", "played", "sent"}
SIGNALS = {"key", "tone", "register_signal", "fax", "beep"}
"""Kinds of detections that the receiver of voices hears as well."""
NAMED_WITHIN_MS = 6000.0
"""A tone of a long cadence (ringback: 1 s in 5 s) is named no later than this after its first burst."""
SAME_LEVEL_DB = 0.5
SAME_TIME_MS = 60.0
"""How far apart two receivers tell one beginning or end."""
DIGITS = 2


@dataclass(frozen=True)
class Track:
    """One side of a file: its number from 1 on, and octets of a law at 8000 Hz."""

    number: int
    law: Companding
    octets: bytes


@dataclass(frozen=True)
class Detection:
    """Something heard: when it began, what kind, which one, how loud (None: the detector does not measure), how long (None: not known)."""

    t_ms: float
    kind: str
    value: str
    level_dbm0: float | None
    duration_ms: float | None


# ---- files ------------------------------------------------------------------------------------------------------------


def read_tracks(file: Path) -> list[Track]:
    """The sound in a WAV file (8000 Hz; 16-bit PCM, A-law or µ-law; one or two tracks) or a file of raw A-law.

    Raises EnvironmentFault when it cannot be read, BadInput when it is something else; both name the file.
    """
    try:
        with file.open("rb") as opened:
            octets = opened.read(WAV_OCTETS_MAX + 1)
    except OSError as error:
        raise EnvironmentFault(text("cannot read {file}: {why}", file=file, why=error.strerror or error)) from error
    if len(octets) > WAV_OCTETS_MAX:
        raise BadInput(text("{file} is larger than {most} octets", file=file, most=WAV_OCTETS_MAX))
    if file.suffix.lower() in RAW_NAMES and not octets.startswith(b"RIFF"):
        return [Track(1, Companding.A_LAW, octets)]
    return _tracks_of(parse_wav(octets, str(file)), file)


def _tracks_of(wav: Wav, file: Path) -> list[Track]:
    fits = (wav.tag, wav.bits) == (PCM_TAG, 16) or (wav.tag in LAWS and wav.bits == 8)
    if not fits or wav.rate_hz != SAMPLE_RATE_HZ or not 1 <= wav.channels <= TRACKS_MOST:
        wanted = text("8000 Hz, 1 or 2 tracks, 16-bit PCM, A-law or µ-law")
        raise BadInput(
            text(
                "{file} is {found}; what telephones carry is {wanted}. Convert it first, with sox for example.",
                file=file,
                found=wav.says(),
                wanted=wanted,
            )
        )
    width = wav.bits // 8
    frames = len(wav.audio) // (width * wav.channels)
    audio = wav.audio[: frames * width * wav.channels]
    if width == 1:
        return [Track(index + 1, LAWS[wav.tag], audio[index :: wav.channels]) for index in range(wav.channels)]
    samples = np.frombuffer(audio, "<i2")  # in A-law, as a line would carry them
    return [
        Track(index + 1, Companding.A_LAW, encode(samples[index :: wav.channels].tobytes(), Companding.A_LAW))
        for index in range(wav.channels)
    ]


# ---- hearing ----------------------------------------------------------------------------------------------------------


def hear(track: Track, hearing: Hearing, tones: Sequence[ToneWindow] = CHINA.windows) -> list[Detection]:
    """Everything that these detectors hear on the track, in the order in which it began. ``tones``: those of its exchange."""
    wires = Wires(1, FIRST_FD)
    pump = Pump(wires.io, lambda _key, _sentence: None, PumpLimits(ports=4, taps=1, patches=8, commands=64, events=4096))
    heard: list[Heard] = []
    wires.open(FIRST_FD, SILENCE[track.law][0])
    wires.configure(FIRST_FD, BLOCK_SAMPLES, 4, 0)
    port = pump.open_channel(FIRST_FD, heard.append, track.law)
    pump.teach_tones(port, tones)
    pump.listen(port, hearing)
    pump.tick()
    pump.poll()
    begin = pump.sample_now()
    octets = track.octets + SILENCE[track.law] * (-len(track.octets) % BLOCK_SAMPLES + TAIL_S * SAMPLE_RATE_HZ)
    for start in range(0, len(octets), BLOCK_SAMPLES):
        wires.exchange(FIRST_FD, octets[start : start + BLOCK_SAMPLES])
        pump.tick()
        pump.poll()
    pump.close()
    return detections(heard, begin)


def detections(heard: Sequence[Heard], begin_sample: int) -> list[Detection]:
    """Events as detections; ``begin_sample`` is the pump's count when the sound began."""
    found: list[Detection] = []
    open_: dict[tuple[str, str], int] = {}
    for event in heard:
        noun, part = _name(event)
        kind, value = _kind(noun), _value(event)
        if part in ENDS and (place := open_.pop((noun, value), None)) is not None:
            found[place] = _ended(found[place], event, begin_sample)
            continue
        if part in ENDS.values():
            open_[noun, value] = len(found)
        found.append(Detection(_ms(event.sample - begin_sample), kind, value, _level(event), _own_duration(event)))
    return sorted(_without_tones(found), key=lambda detection: detection.t_ms)


def _without_tones(found: Sequence[Detection]) -> list[Detection]:
    """Without the voices that are a signal, for the receiver of voices hears signals too: each burst of a tone, also those before it was
    named, and whatever begins and ends just when keys or other signals do. A voice in the pauses of a tone has another level, and stays.
    """
    signals = [one for one in found if one.kind in SIGNALS]
    return [one for one in found if one.kind != "voice" or not (_is_burst(one, signals) or _is_framed(one, signals))]


def _is_burst(voice: Detection, signals: Sequence[Detection]) -> bool:
    """As loud as a tone, while it sounded or in the time that it needs to be recognised by its cadence."""
    return any(
        None not in {voice.level_dbm0, tone.level_dbm0}
        and abs((voice.level_dbm0 or 0.0) - (tone.level_dbm0 or 0.0)) <= SAME_LEVEL_DB
        and tone.t_ms - NAMED_WITHIN_MS <= voice.t_ms <= (math.inf if tone.duration_ms is None else tone.t_ms + tone.duration_ms)
        for tone in signals
        if tone.kind == "tone"
    )


def _is_framed(voice: Detection, signals: Sequence[Detection]) -> bool:
    ends_ms = voice.t_ms + (voice.duration_ms or 0.0)
    begun = any(abs(voice.t_ms - one.t_ms) <= SAME_TIME_MS for one in signals)
    return begun and any(abs(ends_ms - one.t_ms - one.duration_ms) <= SAME_TIME_MS for one in signals if one.duration_ms is not None)


def _name(event: Heard) -> tuple[str, str]:
    """``KeyDown`` → (``Key``, ``Down``)."""
    words = re.findall(r"[A-Z][a-z0-9]*", type(event).__name__)
    return ("".join(words[:-1]), words[-1]) if len(words) > 1 else (words[0], "")


def _kind(noun: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", noun).lower()


def _value(event: Heard) -> str:
    values = {field.name: getattr(event, field.name) for field in fields(event) if field.name not in NOT_VALUES}
    written = (_written(value) if not isinstance(value, bool) else name if value else "" for name, value in values.items())
    return " ".join(part for part in written if part)


def _written(value: object) -> str:
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, bytes):
        with suppress(CallerIdError):
            caller = caller_from_message(value)
            return " ".join(part for part in (caller.number, caller.name) if part) or value.hex()
        return value.hex()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _level(event: Heard) -> float | None:
    level: Any = getattr(event, "level_dbm0", None)
    return None if level is None else round(float(level), DIGITS)


def _own_duration(event: Heard) -> float | None:
    """As the event itself tells."""
    if (samples := getattr(event, "duration_samples", None)) is not None:
        return _ms(int(samples))
    duration_ms: Any = getattr(event, "duration_ms", None)
    return None if duration_ms is None else round(float(duration_ms), DIGITS)


def _ended(began: Detection, event: Heard, begin_sample: int) -> Detection:
    own = _own_duration(event)
    duration_ms = _ms(event.sample - begin_sample) - began.t_ms if own is None else own
    level = began.level_dbm0 if _level(event) is None else _level(event)
    return Detection(began.t_ms, began.kind, began.value, level, round(duration_ms, DIGITS))


def _ms(samples: int) -> float:
    return round(samples * 1000 / SAMPLE_RATE_HZ, DIGITS)


def as_record(detection: Detection, file: Path, track: int, tracks: int) -> Mapping[str, object]:
    """For programs: a file with two tracks says which."""
    where: dict[str, object] = {"file": str(file), **({"track": track} if tracks > 1 else {})}
    return {**where, **{field.name: getattr(detection, field.name) for field in fields(detection)}}
