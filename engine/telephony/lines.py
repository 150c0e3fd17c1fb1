"""The board contract (seam B): exchange lines and desk phones, whatever drives them.

Commands go down as method calls and return at once; what happens comes up through a receiver. A board calls its receiver
only in the reactor thread, never inside a command. A command that the line's state does not allow raises ``Refused`` and
changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from engine.telephony.causes import Release
from engine.telephony.media import Port
from engine.telephony.numbers import CallerId

__all__ = ["Board", "LineReceiver", "Station", "StationReceiver", "Trunk", "TrunkReceiver"]


class Trunk(Protocol):
    """One circuit towards the exchange: an analog exchange line or one timeslot."""

    @property
    def name(self) -> str:
        """The name from the site, unique on the box, e.g. ``line-1``."""

    @property
    def port(self) -> Port:
        """What it says (source) and hears (sink) in the patch bay."""

    @property
    def free(self) -> bool:
        """True when it is in service and carries no call and no release guard runs: it can be seized."""

    def answer(self) -> None:
        """Accept the call offered by ``trunk_offered``. Refused when there is none."""

    def dial(self, number: str) -> None:
        """Seize the line and dial (1…32 DTMF keys). Refused when it is not free. Progress comes to the receiver."""

    def release(self) -> None:
        """End whatever the line does. Always allowed; ``trunk_released`` is *not* called for our own release."""


class Station(Protocol):
    """One analog desk phone."""

    @property
    def name(self) -> str:
        """The name from the site, unique on the box, e.g. ``phone-801``."""

    @property
    def port(self) -> Port:
        """What the mouthpiece says (source) and the earpiece hears (sink)."""

    @property
    def off_hook(self) -> bool:
        """True from lifting until the hang-up is reported."""

    @property
    def ringing(self) -> bool:
        """True while we ring it."""

    @property
    def in_service(self) -> bool:
        """False when the port is gone or faulty."""

    def ring(self, caller: CallerId) -> None:
        """Ring it, showing the caller between the first two bursts. Refused when off hook, ringing or out of service."""

    def stop_ringing(self) -> None:
        """Stop ringing; does nothing when it does not ring."""


class LineReceiver(Protocol):
    """What any line reports."""

    def line_in_service(self, line: Trunk | Station) -> None:
        """It can be used (again)."""

    def line_out_of_service(self, line: Trunk | Station, reason: str) -> None:
        """It cannot be used, for a reason of ``LineOutOfService``; a call on it has been released before. Told again when the reason changes."""

    def line_violated(self, line: Trunk | Station, state: str, event: str) -> None:
        """The far end did what its signalling does not allow; it was counted and not obeyed."""


class TrunkReceiver(LineReceiver, Protocol):
    """What happens on exchange lines. Implemented by the engine."""

    def trunk_rang(self, trunk: Trunk) -> None:
        """The first ring burst began; the caller's number is not known yet."""

    def trunk_offered(self, trunk: Trunk, caller: CallerId, called: str) -> None:
        """A call can be answered now. ``called`` is the number of the line itself, or what the exchange sent."""

    def trunk_dialled(self, trunk: Trunk) -> None:
        """Our digits are out; from now on the line's audio is the far end's (tones, announcements, speech)."""

    def trunk_answered(self, trunk: Trunk, supervision: str) -> None:
        """The far end answered our call: ``polarity`` or ``assumed``."""

    def trunk_key(self, trunk: Trunk, key: str) -> None:
        """A DTMF key began on the line."""

    def trunk_released(self, trunk: Trunk, release: Release) -> None:
        """The far end ended the call, at any stage. The line needs no release from us."""


class StationReceiver(LineReceiver, Protocol):
    """What happens on desk phones. Implemented by the engine."""

    def station_lifted(self, station: Station) -> None:
        """The handset is up (also as the answer to ringing)."""

    def station_hung_up(self, station: Station) -> None:
        """The handset is down."""

    def station_key(self, station: Station, key: str) -> None:
        """A key: DTMF began, or a pulse digit is complete."""

    def station_flashed(self, station: Station) -> None:
        """Hook flash (the R key)."""


class Board(Protocol):
    """A card with its lines."""

    @property
    def name(self) -> str:
        """The board kind, as in the registry."""

    @property
    def trunks(self) -> Sequence[Trunk]:
        """Its exchange lines, in port order."""

    @property
    def stations(self) -> Sequence[Station]:
        """Its desk phones, in port order."""

    def start(self, trunks: TrunkReceiver, stations: StationReceiver) -> None:
        """Open every line and begin to report. Raises EnvironmentFault when the device is missing or taken."""

    def stop(self) -> None:
        """Release every line, put everything on hook and close the devices."""
