"""Sounds on their way to the media pump: tones as its memory, caller id as octets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from boards.dahdi._pump import ffi, lib
from boards.dahdi.heard import CallerIdModem
from engine.kernel.errors import OurFault
from engine.telephony.media import SAMPLE_RATE_HZ, ToneStep
from engine.telephony.tones import ToneElement, ToneWindow

__all__ = ["CallerIdStyle", "render_caller_id", "tone_step", "tone_windows"]

CALLER_ID_SAMPLES_MOST = 80_000
"""More than the longest message takes: 8010 bits of preamble and tail, 258 octets of 10 bits, 1200 bit/s."""


def _element(element: ToneElement) -> tuple[float, float, float, float, int, int]:
    (first_least, first_most), (second_least, second_most) = (*element.bands_hz, (0.0, 0.0), (0.0, 0.0))[:2]
    return (first_least, first_most, second_least, second_most, element.least_ms, element.most_ms)


def tone_windows(windows: Sequence[ToneWindow]) -> Any:  # noqa: ANN401  # C memory has no Python type
    """As C memory. OurFault when one has too many elements or there are too many."""
    if len(windows) > lib.PUMP_TONE_WINDOWS_MOST:
        raise OurFault(f"{len(windows)} windows of tones: at most {lib.PUMP_TONE_WINDOWS_MOST} are recognised at once")
    for window in windows:
        if not 1 <= len(window.elements) <= lib.PUMP_TONE_ELEMENTS_MOST:
            raise OurFault(f"a tone of {len(window.elements)} elements: 1…{lib.PUMP_TONE_ELEMENTS_MOST} are possible")
    rows = [
        (int(window.tone), window.needed, int(window.steady), len(window.elements), [_element(element) for element in window.elements])
        for window in windows
    ]
    memory: Any = ffi.new("struct pump_tone_window[]", rows)
    return memory


def tone_step(step: ToneStep) -> tuple[float, float, float, float, int, float]:
    """The fields of ``struct pump_tone_step``. OurFault when it takes no time."""
    if step.duration_ms <= 0:
        raise OurFault(f"a tone step of {step.duration_ms} ms")
    samples = step.duration_ms * SAMPLE_RATE_HZ // 1000
    return (step.frequency1_hz, step.level1_dbm0, step.frequency2_hz, step.level2_dbm0, samples, step.turn1_cycles)


@dataclass(frozen=True)
class CallerIdStyle:
    """How caller id is sent: GR-30 and YD/T 1277 by default. ``seizure_bits`` and ``mark_bits`` go before the message, 0…4000 each.

    ``level_dbm0``: −60…3.
    """

    modem: CallerIdModem = CallerIdModem.BELL_202
    seizure_bits: int = 300
    mark_bits: int = 180
    level_dbm0: float = -13.5


def render_caller_id(message: bytes, style: CallerIdStyle | None = None) -> bytes:
    """A caller id message (type, length, parameters; the checksum is added) as FSK in A-law.

    OurFault when it is empty or longer than 257 octets, or the style is out of range.
    """
    style = style or CallerIdStyle()
    octets = ffi.new("uint8_t[]", CALLER_ID_SAMPLES_MOST)
    if min(style.seizure_bits, style.mark_bits) < 0:
        raise OurFault(f"a caller id cannot be sent as {style}")
    made = ffi.new("struct pump_caller_id_style *", (int(style.modem), style.seizure_bits, style.mark_bits, round(style.level_dbm0 * 100)))
    count = lib.pump_caller_id_render(made, message, len(message), octets, CALLER_ID_SAMPLES_MOST)
    if count < 0:
        raise OurFault(f"a caller id message of {len(message)} octets cannot be sent as {style}")
    return bytes(ffi.buffer(octets, count))
