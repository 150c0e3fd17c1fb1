"""The states of the driver's transmit hook machine, and its times."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from boards.dahdi.abi import ANALOG_STATION, Params, Sig

__all__ = ["HookTimes", "TransmitState"]


class TransmitState(Enum):
    """States of the transmit machine."""

    ONHOOK = auto()
    OFFHOOK = auto()
    START = auto()
    PREWINK = auto()
    WINK = auto()
    PREFLASH = auto()
    FLASH = auto()
    DEBOUNCE = auto()
    AFTERSTART = auto()
    RINGON = auto()
    RINGOFF = auto()
    KEWL = auto()
    AFTERKEWL = auto()
    PULSEBREAK = auto()
    PULSEMAKE = auto()
    PULSEAFTER = auto()


@dataclass
class HookTimes:
    """The timing parameters of a channel (ms), under the names that GET_PARAMS and SET_PARAMS use; reset at every open."""

    prewinktime: int = 50
    preflashtime: int = 50
    winktime: int = 150
    flashtime: int = 750
    starttime: int = 1500
    rxwinktime: int = 300
    rxflashtime: int = 1250
    debouncetime: int = 600
    pulsebreaktime: int = 50
    pulsemaketime: int = 50
    pulseaftertime: int = 750

    @classmethod
    def at_open(cls, sig: Sig) -> HookTimes:
        """The driver's defaults for this signalling."""
        return cls(starttime=2000) if sig & ANALOG_STATION else cls()

    @classmethod
    def from_params(cls, params: Params) -> HookTimes:
        """What SET_PARAMS takes."""
        return cls(**{name: getattr(params, name) for name in cls.__dataclass_fields__})
