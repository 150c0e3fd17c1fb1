"""What the media pump hears on a channel: its detectors, and what they report.

An event's ``sample`` is when it happened by the pump's count, which may be some time before it was known. Levels are in dBm0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Any

from boards.dahdi._pump import ffi, lib
from engine.telephony.tones import HeardTone

__all__ = [
    "HEARD",
    "BeepBegan",
    "BeepEnded",
    "CallerIdHeard",
    "CallerIdModem",
    "ChannelFailed",
    "FaxGone",
    "FaxHeard",
    "FaxTone",
    "Hear",
    "Heard",
    "HeardTone",
    "Hearing",
    "KeyDown",
    "KeyUp",
    "LevelMeasured",
    "LineEvent",
    "LineEventsFull",
    "RegisterSignalGone",
    "RegisterSignalHeard",
    "ToneGone",
    "ToneHeard",
    "VoiceBegan",
    "VoiceEnded",
]


class Hearing(IntFlag):
    """Which detectors run on what a channel receives."""

    NONE = 0
    KEYS = 1
    PROGRESS = 2
    """The exchange's tones: those of ``teach_tones``, or of China."""
    CALLER_ID = 4
    """FSK caller id, Bell 202."""
    CALLER_ID_V23 = 8
    R2_FORWARD = 16
    """MFC register signals of the calling side."""
    R2_BACKWARD = 32
    FAX = 64
    VOICE = 128
    """Whether there is more to be heard than the line's own noise: somebody who speaks, but also a tone or music."""
    BEEP = 256
    """Single steady tones, 440…2000 Hz, other than the exchange's."""
    LEVEL = 512
    SENT_VOICE = 1024
    """As ``VOICE``, of what the channel is given."""


class FaxTone(IntEnum):
    """What a fax or modem says of itself."""

    CALLING = 1
    """CNG: 1100 Hz for half a second."""
    ANSWER = 2
    """CED: 2100 Hz."""
    REVERSALS = 3
    """2100 Hz whose phase turns round every 450 ms: echo cancellers have to go. Comes after ``ANSWER``."""


class CallerIdModem(IntEnum):
    """The modem that caller id is sent by."""

    BELL_202 = 0
    V23 = 1


@dataclass(frozen=True)
class LineEvent:
    """The driver reported this event number."""

    number: int
    sample: int


@dataclass(frozen=True)
class LineEventsFull:
    """The driver's queue of events was found full: there may have been more, and the line's state must be looked at."""

    sample: int


@dataclass(frozen=True)
class KeyDown:
    """A DTMF key began at ``sample``, 25 to 50 ms ago; ``level_dbm0`` is the mean power of its two tones, None when unknown."""

    key: str
    sample: int
    level_dbm0: float | None = None


@dataclass(frozen=True)
class KeyUp:
    """A DTMF key ended at ``sample``, 25 to 45 ms ago, after ``duration_samples``: a shorter break would have been bridged."""

    key: str
    sample: int
    duration_samples: int = 0
    level_dbm0: float | None = None


@dataclass(frozen=True)
class ToneHeard:
    """The cadence of this tone was recognised."""

    tone: HeardTone
    sample: int
    level_dbm0: float | None = None


@dataclass(frozen=True)
class ToneGone:
    """The tone recognised before has ended."""

    tone: HeardTone
    sample: int


@dataclass(frozen=True)
class CallerIdHeard:
    """A caller id message with a right checksum: type, length, parameters, without the checksum octet."""

    message: bytes
    sample: int
    modem: CallerIdModem = CallerIdModem.BELL_202


@dataclass(frozen=True)
class RegisterSignalHeard:
    """An MFC register signal 1…15 was recognised; ``level_dbm0`` is that of both frequencies together."""

    signal: int
    backward: bool
    sample: int
    level_dbm0: float | None = None


@dataclass(frozen=True)
class RegisterSignalGone:
    """The register signal heard before has ended."""

    signal: int
    backward: bool
    sample: int


@dataclass(frozen=True)
class FaxHeard:
    """A fax or modem made itself known; ``sample`` is where the tone began, for reversals where they were known."""

    tone: FaxTone
    sample: int
    level_dbm0: float | None = None


@dataclass(frozen=True)
class FaxGone:
    """The answer tone has ended; ``tone`` is what it was known as at last."""

    tone: FaxTone
    sample: int


@dataclass(frozen=True)
class VoiceBegan:
    """Somebody began to speak at ``sample``; told about 40 ms later. ``sent``: it is we who are heard at the far end."""

    sample: int
    level_dbm0: float | None = None
    sent: bool = False


@dataclass(frozen=True)
class VoiceEnded:
    """Nobody spoke since ``sample``, for 200 ms. ``level_dbm0`` is that of all that was said; ``sent`` as for ``VoiceBegan``."""

    sample: int
    level_dbm0: float | None = None
    sent: bool = False


@dataclass(frozen=True)
class BeepBegan:
    """A steady tone began at ``sample``; told when it had lasted 80…120 ms."""

    frequency_hz: int
    sample: int
    level_dbm0: float | None = None


@dataclass(frozen=True)
class BeepEnded:
    """It ended at ``sample``, to the block."""

    frequency_hz: int
    sample: int
    duration_samples: int


@dataclass(frozen=True)
class LevelMeasured:
    """How loud the last 200 ms were, −100 dBm0 for nothing at all."""

    level_dbm0: float
    sample: int


@dataclass(frozen=True)
class ChannelFailed:
    """The channel is gone (``errno``: 19 when the card was pulled out). It gives silence until it is closed."""

    errno: int
    sample: int


Heard = (
    LineEvent
    | LineEventsFull
    | KeyDown
    | KeyUp
    | ToneHeard
    | ToneGone
    | CallerIdHeard
    | RegisterSignalHeard
    | RegisterSignalGone
    | FaxHeard
    | FaxGone
    | VoiceBegan
    | VoiceEnded
    | BeepBegan
    | BeepEnded
    | LevelMeasured
    | ChannelFailed
)
Hear = Callable[[Heard], None]

LEVEL_UNKNOWN = -(2**31)


def _level_dbm0(event: Any) -> float | None:  # noqa: ANN401  # C memory has no Python type
    return None if event.level == LEVEL_UNKNOWN else event.level / 100


def _register_signal(event: Any) -> tuple[int, bool]:  # noqa: ANN401  # C memory has no Python type
    return event.value % lib.PUMP_R2_IS_BACKWARD, bool(event.value & lib.PUMP_R2_IS_BACKWARD)


HEARD: dict[int, Callable[[Any], Heard]] = {
    lib.PUMP_LINE_EVENT: lambda event: LineEvent(event.value, event.sample),
    lib.PUMP_LINE_EVENTS_FULL: lambda event: LineEventsFull(event.sample),
    lib.PUMP_KEY_DOWN: lambda event: KeyDown(chr(event.value), event.sample, _level_dbm0(event)),
    lib.PUMP_KEY_UP: lambda event: KeyUp(chr(event.value), event.sample, event.played, _level_dbm0(event)),
    lib.PUMP_TONE_HEARD: lambda event: ToneHeard(HeardTone(event.value), event.sample, _level_dbm0(event)),
    lib.PUMP_TONE_GONE: lambda event: ToneGone(HeardTone(event.value), event.sample),
    lib.PUMP_CALLER_ID: lambda event: CallerIdHeard(bytes(ffi.buffer(event.data, event.length)), event.sample, CallerIdModem(event.value)),
    lib.PUMP_R2_HEARD: lambda event: RegisterSignalHeard(*_register_signal(event), event.sample, _level_dbm0(event)),
    lib.PUMP_R2_GONE: lambda event: RegisterSignalGone(*_register_signal(event), event.sample),
    lib.PUMP_FAX_HEARD: lambda event: FaxHeard(FaxTone(event.value), event.sample, _level_dbm0(event)),
    lib.PUMP_FAX_GONE: lambda event: FaxGone(FaxTone(event.value), event.sample),
    lib.PUMP_VOICE_BEGAN: lambda event: VoiceBegan(event.sample, _level_dbm0(event), bool(event.value)),
    lib.PUMP_VOICE_ENDED: lambda event: VoiceEnded(event.sample, _level_dbm0(event), bool(event.value)),
    lib.PUMP_BEEP_BEGAN: lambda event: BeepBegan(event.value, event.sample, _level_dbm0(event)),
    lib.PUMP_BEEP_ENDED: lambda event: BeepEnded(event.value, event.sample, event.played),
    lib.PUMP_LEVEL: lambda event: LevelMeasured(event.level / 100, event.sample),
    lib.PUMP_CHANNEL_FAILED: lambda event: ChannelFailed(-event.value, event.sample),
}
