"""ISDN PRI: one D channel, typed. libpri does the protocol; here are its commands, its events and its limits in this house's words.

Nothing here reads a clock, a file descriptor or dice: ``clock`` and ``seed`` are arguments, frames are handed in and out. A frame is given without
flags and check sequence; whoever reads it from the driver cuts its last two octets off, and adds two of any value when writing.

    channel = DChannel(PriSettings(role=Role.USER), clock, seed=1)
    channel.receive(frame)                        for each frame that came
    while (event := channel.advance()):           one event at a time: its call is alive while it is looked at
        ...                                       commands
    for frame in channel.frames_to_send(): ...    then wait for a frame, or until next_timeout_us()

Errors are one tree under ``PriError``: ``CallOver`` (the call ended; its end was or will be told), ``DChannelIsDown``, ``CommandRefused`` (wrong
moment), ``TooManyCalls``. Values that cannot be sent are ``BadInput``, raised where they are made (``SetupRequest``, ``PriSettings``).

What libpri does not supervise, and whoever holds the calls must: ringing without end (T301), digits that stop coming (T302, T304), an outgoing call
that never gets beyond PROCEEDING (T310).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from boards.e1._pri import ffi, lib
from boards.e1.announced_disconnect import announced
from boards.e1.frame_gate import FrameGate
from boards.e1.pri_copying import event_of, setup_of
from boards.e1.pri_events import CallRef, DChannelDown, DChannelUp, Event, Released
from boards.e1.pri_values import COUNTS, TIMERS, Notification, PriSettings, Role, ServiceStatus, SetupRequest
from boards.e1.q921 import FrameReason
from boards.e1.q931 import Reason
from engine.kernel.errors import BadInput, EnvironmentFault, Refused, StrowgerError
from engine.kernel.text import Text, text

__all__ = ["CallOver", "CommandRefused", "DChannel", "DChannelIsDown", "PriCounters", "PriError", "PriUnavailable", "TooManyCalls"]

FRAME_OCTETS_MOST = lib.PRI_SHIM_FRAME_MOST
CHANNEL_NONE = 0
DIGITS_MOST = 31
DIGITS = frozenset("0123456789*#ABCD")
CAUSES = range(1, 128)
ANNOUNCED_S = TIMERS["T305"]
"""How long a far end may listen after our DISCONNECT."""


class PriError(StrowgerError):
    """Base of what a D channel refuses."""


class CallOver(PriError, Refused):
    """The call has ended, or is being ended by us. Nothing was sent."""


class DChannelIsDown(PriError, Refused):
    """No call can be made while layer 2 is down. Nothing was sent."""


class CommandRefused(PriError, Refused):
    """The call is not in a state for this command. Nothing was sent."""


class TooManyCalls(PriError, Refused):
    """As many calls as this D channel can hold are under way."""


class PriUnavailable(PriError, EnvironmentFault):
    """No memory for a D channel."""


@dataclass(frozen=True)
class PriCounters:
    """What a D channel counted since it was made. ``refused``: by reason, what the gate kept from libpri."""

    frames_received: int
    frames_sent: int
    received_overflow: int
    sent_overflow: int
    messages_lost: int
    events_dropped: int
    orphans_removed: int
    offers_refused: int
    offers_answered: int
    calls_abandoned: int
    memory_refused: int
    calls_live: int
    blocks_live: int
    octets_live: int
    refused: Mapping[FrameReason | Reason, int]


class DChannel:
    """One D channel on one side of a primary rate interface. ``clock`` gives microseconds that never go back; ``seed`` is libpri's chance.

    Raises PriUnavailable when there is no memory for it. ``close`` gives everything back; afterwards nothing may be called.
    """

    def __init__(self, settings: PriSettings, clock: Callable[[], int], seed: int) -> None:
        self.settings = settings
        self.is_up = False
        self._clock = clock
        self._shim = lib.pri_shim_new(settings.switch_type.number, _options(settings), seed, clock())
        if self._shim == ffi.NULL:
            raise PriUnavailable(text("There is no memory for another D channel: restart the appliance."))
        self._gate = FrameGate(settings.role, settings.switch_type, maintenance=settings.service_messages)
        self._event = ffi.new("struct pri_shim_event *")
        self._frame = ffi.new("uint8_t[]", FRAME_OCTETS_MOST)
        self._announced: dict[CallRef, int] = {}
        """Calls that are cleared with something to be heard, by the far end's references; no more than there are calls."""
        for name in TIMERS.keys() & settings.timers_s.keys():
            lib.pri_shim_set_timer(self._shim, name.encode(), round(settings.timers_s[name] * 1000))
        for name in COUNTS.keys() & settings.counts.keys():
            lib.pri_shim_set_timer(self._shim, name.encode(), settings.counts[name])

    def close(self) -> None:
        """Give the D channel's memory back, calls and all. Nothing is sent. Twice does nothing."""
        lib.pri_shim_free(self._shim)
        self._shim = ffi.NULL

    # ---- frames and time -----------------------------------------------------------------------------------------------

    def receive(self, frame: bytes) -> None:
        """A frame that came, from address to information. What is malformed is counted and kept away; a full queue drops and counts."""
        admitted = self._gate.admit(frame)
        if admitted is not None:
            lib.pri_shim_push(self._shim, admitted, len(admitted))

    def advance(self) -> Event | None:
        """The next thing that happened until now, by frames first and timers then; None when there is nothing more."""
        while lib.pri_shim_step(self._shim, self._clock(), self._event):
            event = event_of(self._event, self.settings.role)
            if event is not None:
                self._note(event)
                return event
        return None

    def _note(self, event: Event) -> None:
        if isinstance(event, DChannelUp | DChannelDown):
            self.is_up = isinstance(event, DChannelUp)
        elif isinstance(event, Released):
            self._announced.pop(event.call, None)

    def next_timeout_us(self) -> int | None:
        """When ``advance`` is wanted next though no frame comes, on the clock's scale; None for never. The past means now."""
        at = int(lib.pri_shim_next_us(self._shim))
        return None if at < 0 else at

    def frames_to_send(self) -> Iterator[bytes]:
        """The frames that wait to be sent, oldest first; each is handed out once."""
        while octets := lib.pri_shim_pop(self._shim, self._frame, FRAME_OCTETS_MOST):
            frame = bytes(ffi.buffer(self._frame, octets))
            yield announced(frame, self._announced.values()) if self._announced else frame

    # ---- calls ---------------------------------------------------------------------------------------------------------

    def set_up(self, request: SetupRequest) -> CallRef:
        """Begin an outgoing call: SETUP. Raises DChannelIsDown, TooManyCalls, or CommandRefused when libpri does not take it."""
        if not self.is_up:
            raise DChannelIsDown(text("The D channel is down: no call can be made on this trunk until it is up again."))
        number = ffi.new("uint32_t *")
        done = lib.pri_shim_set_up(self._shim, self._clock(), setup_of(request), number)
        if done == lib.PRI_SHIM_FULL:
            raise TooManyCalls(text("As many calls are under way on this D channel as it can hold: try again when some have ended."))
        self._judge(done)
        return CallRef(int(number[0]))

    def more_digits(self, call: CallRef, digits: str) -> None:
        """Further digits of the called number (INFORMATION, one each), after SetupAcknowledged."""
        self._judge(lib.pri_shim_digits(self._shim, self._clock(), call.number, _digits(digits), 0))

    def keypad(self, call: CallRef, digits: str) -> None:
        """Keypad digits within a call (INFORMATION)."""
        self._judge(lib.pri_shim_digits(self._shim, self._clock(), call.number, _digits(digits), 1))

    def acknowledge_setup(self, call: CallRef, channel: int | None = None, *, dial_tone: bool = False) -> None:
        """Ask for more digits (SETUP ACKNOWLEDGE). ``dial_tone``: it sounds in band."""
        self._do(lib.PRI_SHIM_ACKNOWLEDGE_SETUP, call, channel, dial_tone)

    def proceed(self, call: CallRef, channel: int | None = None, *, in_band: bool = False) -> None:
        """All digits are there (CALL PROCEEDING). ``channel``: another than was offered, if the offer was not exclusive."""
        self._do(lib.PRI_SHIM_PROCEED, call, channel, in_band)

    def progress(self, call: CallRef, cause: int | None = None) -> None:
        """Something sounds in band before the answer (PROGRESS, indicator 8). ``cause``: it announces that the call fails."""
        self._do(lib.PRI_SHIM_SEND_PROGRESS, call, None, -1 if cause is None else _cause(cause))

    def alert(self, call: CallRef, channel: int | None = None, *, in_band: bool = False) -> None:
        """The called party is rung (ALERTING). ``in_band``: ringback or something else sounds from here."""
        self._do(lib.PRI_SHIM_ALERT, call, channel, in_band)

    def answer(self, call: CallRef, channel: int | None = None) -> None:
        """The call is answered (CONNECT)."""
        self._do(lib.PRI_SHIM_ANSWER, call, channel, 0)

    def hang_up(self, call: CallRef, cause: int, channel: int | None = None) -> None:
        """End the call with a Q.850 cause (1…127), whatever state it is in; ``Released`` follows. Twice does nothing more.

        An offer that was not answered is refused with RELEASE COMPLETE where libpri can, else with PROCEEDING and DISCONNECT.
        """
        self._do(lib.PRI_SHIM_HANG_UP, call, channel, _cause(cause))

    def hang_up_announced(self, call: CallRef, cause: int, for_s: float) -> None:
        """End a call that came and say that something is to be heard (DISCONNECT with progress indicator 8, Q.931 5.3.4.1): the far end listens until it
        releases, or ``for_s`` is over (1…60 s) and we do. Its bearer stays until ``Released``. Twice does nothing more.
        """
        if not ANNOUNCED_S.least_s <= for_s <= ANNOUNCED_S.most_s:
            raise BadInput(text("Timer {name} cannot be {value} s.", name="T306", value=for_s))
        reference = ffi.new("int *")
        self._judge(lib.pri_shim_hang_up_announced(self._shim, self._clock(), call.number, _cause(cause), round(for_s * 1000), reference))
        if reference[0]:
            self._announced[call] = int(reference[0])

    def notify(self, call: CallRef, notification: Notification) -> None:
        """Tell the far end of something that makes no difference to the call (NOTIFY)."""
        self._do(lib.PRI_SHIM_NOTIFY, call, None, int(notification))

    def hold(self, call: CallRef) -> None:
        """Ask the far end to hold the call (HOLD); its channel is free when HoldAcknowledged comes."""
        self._do(lib.PRI_SHIM_SEND_HOLD, call, None, 0)

    def acknowledge_hold(self, call: CallRef) -> None:
        """Grant a HoldWanted."""
        self._do(lib.PRI_SHIM_ACKNOWLEDGE_HOLD, call, None, 0)

    def reject_hold(self, call: CallRef, cause: int) -> None:
        """Refuse a HoldWanted."""
        self._do(lib.PRI_SHIM_REJECT_HOLD, call, None, _cause(cause))

    def retrieve(self, call: CallRef, channel: int | None = None) -> None:
        """Ask for a held call back (RETRIEVE), on ``channel`` or any."""
        self._do(lib.PRI_SHIM_SEND_RETRIEVE, call, channel, 0)

    def acknowledge_retrieve(self, call: CallRef, channel: int) -> None:
        """Grant a RetrieveWanted, on ``channel``."""
        self._do(lib.PRI_SHIM_ACKNOWLEDGE_RETRIEVE, call, channel, 0)

    def reject_retrieve(self, call: CallRef, cause: int) -> None:
        """Refuse a RetrieveWanted."""
        self._do(lib.PRI_SHIM_REJECT_RETRIEVE, call, None, _cause(cause))

    # ---- the interface -------------------------------------------------------------------------------------------------

    def restart(self, channel: int) -> None:
        """Bring one channel to rest on both sides (RESTART); RestartAcknowledged follows. Hang up its call first."""
        self._judge(lib.pri_shim_do(self._shim, self._clock(), lib.PRI_SHIM_RESTART, 0, channel, 0))

    def send_service(self, channel: int, status: ServiceStatus) -> None:
        """Take a channel out of service or back by a maintenance message. CommandRefused when these are not switched on."""
        if not self.settings.service_messages:
            raise CommandRefused(text("Service messages are switched off for this trunk."))
        self._judge(lib.pri_shim_do(self._shim, self._clock(), lib.PRI_SHIM_SEND_SERVICE, 0, channel, int(status)))

    # ---- looking in ----------------------------------------------------------------------------------------------------

    def remarks(self) -> Iterator[str]:
        """What libpri remarked since the last time, for the technical log: its own words, in English, at most some hundred characters each."""
        room = lib.PRI_SHIM_MESSAGE_MOST
        remark = ffi.new("char[]", room)
        while lib.pri_shim_message(self._shim, remark, room):
            yield ffi.string(remark).decode("ascii", "replace").strip()

    def counters(self) -> PriCounters:
        """Everything counted so far."""
        counted = ffi.new("struct pri_shim_counters *")
        lib.pri_shim_count(self._shim, counted)
        names = [name for name, _ in ffi.typeof("struct pri_shim_counters").fields]
        return PriCounters(**{name: int(getattr(counted, name)) for name in names}, refused=dict(self._gate.refused))

    def timer_ms(self, name: str) -> int:
        """What libpri has for one of its timers (milliseconds) or counts; -1 for one that it does not know or does not run."""
        return int(lib.pri_shim_timer(self._shim, name.encode()))

    # ---- within --------------------------------------------------------------------------------------------------------

    def _do(self, command: int, call: CallRef, channel: int | None, value: int) -> None:
        wanted = CHANNEL_NONE if channel is None else channel
        self._judge(lib.pri_shim_do(self._shim, self._clock(), command, call.number, wanted, int(value)))

    def _judge(self, done: int) -> None:
        if done == lib.PRI_SHIM_STALE:
            raise CallOver(_OVER)
        if done != lib.PRI_SHIM_DONE:
            raise CommandRefused(_WRONG_MOMENT)


_OVER: Text = text("The call is over.")
_WRONG_MOMENT: Text = text("The call is not in a state for this.")


def _options(settings: PriSettings) -> int:
    chosen = (
        (settings.role is Role.NETWORK, lib.PRI_SHIM_NETWORK),
        (settings.overlap_receiving, lib.PRI_SHIM_OVERLAP),
        (settings.in_band_disconnect, lib.PRI_SHIM_IN_BAND_DISCONNECT),
        (settings.hold, lib.PRI_SHIM_HOLD),
        (settings.service_messages, lib.PRI_SHIM_SERVICE),
        (settings.facility, lib.PRI_SHIM_FACILITY),
    )
    return sum(bit for wanted, bit in chosen if wanted)


def _digits(digits: str) -> bytes:
    if not 0 < len(digits) <= DIGITS_MOST or not DIGITS.issuperset(digits):
        raise BadInput(text("{digits} cannot be dialled: 1 to 31 of the digits, *, # and A to D.", digits=digits))
    return digits.encode()


def _cause(cause: int) -> int:
    if cause not in CAUSES:
        raise BadInput(text("Cause {cause} does not exist: causes are numbers from 1 to 127.", cause=cause))
    return cause
