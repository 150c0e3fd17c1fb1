"""A signal as the media pump sounds it, in virtual time: for ``strowger tone``."""

from __future__ import annotations

from appliance.tone_spec import Signal
from boards.dahdi.media import Pump, PumpLimits
from engine.kernel.errors import OurFault
from engine.telephony.media import SAMPLE_RATE_HZ
from hwsim.wires import Wires

__all__ = ["sounded"]

TICKS_MOST = 40_000
"""Over 13 minutes: longer than any signal may be."""


def sounded(signal: Signal, seconds: float) -> bytes:
    """The signal as A-law. One that goes round is broken off after ``seconds``; others are as long as they are."""
    pump = Pump(Wires(1).io, lambda _key, _sentence: None, PumpLimits(ports=4, taps=1, patches=8, commands=64, events=64))
    played: list[int] = []

    def ended(samples: int, complete: bool) -> None:
        if not complete:
            raise OurFault(f"the pump does not sound {signal!r}")
        played.append(samples)

    tap = pump.tap()
    if signal.octets:
        pump.play(signal.octets, [tap.left], ended=ended)
    else:
        pump.tone(signal.steps, [tap.left], loop_from=signal.loop_from, ended=ended)
    wanted = TICKS_MOST if signal.loop_from is None else -(-round(seconds * SAMPLE_RATE_HZ) // 160)
    frames = bytearray()
    for _tick in range(wanted):
        pump.tick()
        pump.poll()
        frames += tap.reader.read()
        if played:
            break
    pump.close()
    octets = bytes(frames[::2])
    return octets[: played[0]] if played else octets[: round(seconds * SAMPLE_RATE_HZ)]
