"""The board contract (seam B): exchange lines and desk phones, whatever drives them.

Commands go down as method calls and return at once; what happens comes up through a receiver. A board calls its receiver
only in the reactor thread, never inside a command. A command that the line's state does not allow raises ``Refused`` and
changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

from engine.telephony.causes import Cause, Release
from engine.telephony.media import Port
from engine.telephony.numbers import CallerId, Redirection

__all__ = ["Board", "CallStage", "LineReceiver", "RingKind", "Station", "StationReceiver", "Trunk", "TrunkReceiver"]


class RingKind(StrEnum):
    """Why a phone rings: each kind sounds in its own way, as the settings say."""

    QUEUE = "queue"
    """A caller of a queue for its agent."""
    INTERNAL = "internal"
    """Another extension."""
    RECALL = "recall"
    """A call that was put on hold and left there comes back."""
    CALL_BACK = "call_back"
    """What was ordered to be rung back."""


class CallStage(StrEnum):
    """How far the call of a lifted phone has come, for whatever is plugged in."""

    NONE = "none"
    """In no call: it dials, or hears busy tone."""
    SETTING_UP = "setting_up"
    """It has dialled, and nobody has answered yet."""
    ANSWERED = "answered"
    """The other end has answered its call."""
    TALKING = "talking"
    """In a call that it has answered."""


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

    @property
    def announces(self) -> bool:
        """True when a caller can be made to hear something before the call is answered (and charged); see ``announce``."""

    def alert(self) -> bool:
        """Tell the caller that somebody is rung for the call offered. True when ringing tone has to be given from here; a line that says nothing
        of the kind to its exchange, or whose exchange gives the tone, is False. Does nothing when no call is offered.
        """

    def announce(self) -> None:
        """Tell the exchange that something sounds from here before the answer, so that it lets the caller hear it. Only where ``announces``;
        does nothing when no call is offered.
        """

    def answer(self) -> None:
        """Accept the call offered by ``trunk_offered``. Refused when there is none."""

    def dial(self, number: str, presented: str = "", redirection: Redirection | None = None) -> None:
        """Seize the line and dial (1…32 DTMF keys, with pauses: comma a second, W half of one). Progress comes to the receiver.

        ``presented``: the caller number to be shown instead of the line's own, where the line can tell one; empty: the line's own. ``redirection``:
        the call is led on from here, and this is where it came first, for a line that can tell that.

        Refused when it is not free, or cannot dial such keys. A line without dial tone, or on which a caller was first, is given back by
        ``trunk_released`` with the reason ``no_dial_tone`` or ``collision``: the number may be dialled on another one.
        """

    def record_tone(self, number: str, told: Callable[[bytes], None]) -> None:
        """A test call, of which nothing is reported to the engine: dial ``number``, which must be busy (the line's own number is), and keep what
        the exchange then sounds for 12 s. ``told`` gets it in a later turn (A-law; empty when the line gave no dial tone or was released before).
        ``tone_learning.learn_busy_tone`` makes a setting of it. Refused as ``dial``.
        """

    def know_busy_tone(self, written: str) -> None:
        """From now on the line's own busy tone, as in its settings, ends calls too; empty: only those of the country do."""

    def flash(self) -> None:
        """Ask the exchange for a service in a call: open the loop for the time that the line's settings say. Refused when there is no call, or
        it was answered within the last second.
        """

    def release(self, cause: Cause = Cause.NORMAL_CALL_CLEARING) -> None:
        """End whatever the line does; a line that can tell the far end why does so. Always allowed; ``trunk_released`` is *not* called for our own
        release.
        """


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

    @property
    def announces_waiting(self) -> bool:
        """True when it can tell its user, in conversation, that another call waits, as its settings say."""

    def ring(self, caller: CallerId, kind: RingKind = RingKind.INTERNAL) -> None:
        """Ring it in the way of this kind of call, showing the caller. Refused when off hook, ringing or out of service."""

    def stop_ringing(self) -> None:
        """Stop ringing; does nothing when it does not ring."""

    def show_call(self, stage: CallStage) -> None:
        """The phone's call has come so far. Only in a call is a short break of the loop a flash; a far end that is gone is told to
        equipment that listens for it. Does nothing while the phone is on hook.
        """

    def announce_waiting(self, caller: CallerId) -> None:
        """Tell the phone's user, in conversation, by a soft tone now and then and on the display once, that this caller waits.

        Refused when it is not in a call, or ``announces_waiting`` is false.
        """

    def stop_waiting(self) -> None:
        """The caller who waits is gone, or was taken. Does nothing when none is announced."""

    def set_messages_waiting(self, count: int) -> None:
        """So many messages (0: none) wait: the lamp, as soon as the phone lies on hook. Does nothing for a phone without one."""


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

    def trunk_progressed(self, trunk: Trunk, *, alerting: bool, in_band: bool) -> None:
        """The exchange says how far our call has come, after ``trunk_dialled``. ``alerting``: the called party is rung. ``in_band``: what there is to
        hear comes from the exchange; an exchange that alerts without it leaves ringing tone to us.
        """

    def trunk_fails(self, trunk: Trunk, release: Release) -> None:
        """Our call fails, and the exchange says so in words or by a tone that can be heard: ``trunk_released`` follows when that is over."""

    def trunk_moved(self, trunk: Trunk, to: Trunk) -> None:
        """The exchange chose another channel for our call: from now on it is on ``to``, and ``trunk`` is free. Before ``trunk_dialled``."""

    def trunk_answered(self, trunk: Trunk, supervision: str, connected: str = "") -> None:
        """The far end answered our call. ``supervision``: how that is known: ``polarity`` (the exchange told it), ``signalled`` (it told it
        by signalling), ``progress`` (ringback stopped and somebody spoke), ``assumed`` (nothing was heard by which to tell, or the line is set so). ``connected``:
        the number that answered, where the exchange tells it.
        """

    def trunk_key(self, trunk: Trunk, key: str) -> None:
        """A DTMF key began on the line."""

    def trunk_silent(self, trunk: Trunk) -> None:
        """Nothing has been heard from either side of the call for long: both are to be warned. When nobody speaks within ten seconds the call
        is released with the reason ``silence``.
        """

    def trunk_metered(self, trunk: Trunk) -> None:
        """A metering pulse for the call of ours on it: so much more is to be paid."""

    def trunk_released(self, trunk: Trunk, release: Release) -> None:
        """The far end ended the call, at any stage, or the line gives ours back. The line needs no release from us."""


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

    def station_set_apart(self, station: Station, *, apart: bool) -> None:
        """While data go to the phone's display in a conversation, the phone and the other party must not hear each other."""


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
