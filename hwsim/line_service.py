"""What the subscriber of an exchange line has ordered, and how that exchange does things. Values only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

__all__ = ["CallerIdAlert", "CallerIdSending", "CallerIdStyle", "Disconnect", "LineService"]


class CallerIdStyle(Enum):
    """How the exchange tells who calls."""

    FSK = "fsk"
    """Bell 202, multiple data: number, name, date."""
    SDMF = "sdmf"
    """Bell 202, single data: number and date."""
    ETSI = "etsi"
    """V.23, multiple data."""
    DTMF = "dtmf"
    """A start key, the digits, a stop key (ETSI EN 300 659-3, annex B)."""
    NONE = "none"


class CallerIdAlert(Enum):
    """What comes before the caller id to wake its receiver."""

    NONE = "none"
    REVERSAL = "reversal"
    """The polarity turns, and turns back with the next burst of ringing."""
    TONE = "tone"
    """2130 and 2750 Hz for 100 ms."""


@dataclass(frozen=True)
class CallerIdSending:
    """When and how the caller id is sent; the style is the caller's.

    ``before_ring``: before the first burst, else between the first two. ``start_key``, ``stop_key`` (either may be empty) and ``key_ms`` (on
    and off) are for DTMF; ``absence_keys`` are sent of a withheld number, nothing when empty. ``spoil`` changes the octets of a message
    before it is sent; ``endless``: the burst goes on in rubbish until the call is over.
    """

    before_ring: bool = False
    alert: CallerIdAlert = CallerIdAlert.NONE
    level_dbm0: float = -13.5
    start_key: str = "D"
    stop_key: str = "C"
    key_ms: int = 70
    absence_keys: str = ""
    spoil: Callable[[bytes], bytes] | None = None
    endless: bool = False


class Disconnect(Enum):
    """How the exchange tells the appliance that the other party hung up."""

    BUSY_TONE = "busy_tone"
    BATTERY_DROP = "battery_drop"
    REVERSAL = "reversal"
    NONE = "none"


@dataclass(frozen=True)
class LineService:
    """One line's services and manners.

    ``disconnect``, ``battery_drop_ms`` (its length): how a call ends; ``reversal_on_answer``: answer supervision. ``sounds``: A-law octets
    that go round instead of a usual tone (``dial``, ``second_dial``, ``ringback``, ``busy``, ``congestion``, ``unallocated``);
    ``dial_tone_after_ms``: dial tone comes so late. ``ring_cadence_ms``: on, off, on, off …; ``ringing_most_ms``: then the exchange gives up.
    ``flash_ms``: loop breaks of a length between these ask for a second call; None: any break ends the call.
    """

    disconnect: Disconnect = Disconnect.BUSY_TONE
    battery_drop_ms: int = 500
    reversal_on_answer: bool = False
    sounds: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    dial_tone_after_ms: int = 0
    ring_cadence_ms: tuple[int, ...] = (1000, 4000)
    ringing_most_ms: int = 60_000
    caller_id: CallerIdSending = CallerIdSending()
    flash_ms: tuple[int, int] | None = None
