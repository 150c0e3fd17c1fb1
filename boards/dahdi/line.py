"""What an exchange line and a desk phone on a DAHDI card have in common: a channel, a place in the media pump, a machine, and a port's life.

The shells of both kinds stand in ``lines.py``; what keeps a port from service, and how it comes back, is decided in ``port_life.py``.
"""

from __future__ import annotations

import errno
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from boards.dahdi import port_life
from boards.dahdi.abi import Event, Params
from boards.dahdi.channel import Channel
from boards.dahdi.echo import OFF, EchoWatch
from boards.dahdi.heard import ChannelFailed, Hear, Heard, Hearing, LineEvent, LineEventsFull
from boards.dahdi.media import ChannelShape
from boards.dahdi.nodes.errors import DahdiError
from engine.kernel.clock import Clock
from engine.kernel.errors import BadInput, EnvironmentFault, OurFault
from engine.kernel.fsm import Machine
from engine.kernel.runner import Actor, Runner
from engine.settings.site import LineTimesSection
from engine.telephony.media import Companding, PatchBay, Port
from engine.telephony.tones import CHINA, ToneSet, ToneWindow

__all__ = [
    "EVENTS_FULL",
    "NOBODY_LOOKS",
    "NO_ROOM",
    "OPENING_REFUSED",
    "WRONG_PORT",
    "ChannelBay",
    "Line",
    "Opening",
    "PortSettings",
    "SpanSight",
    "Surroundings",
    "Wakes",
    "nobody_wakes",
]

EVENTS_FULL = "63 events of the driver waited: some may be lost, and the port's state was read"
BLOCK_LOOK_S = 0.2
"""Between two looks whether the call on a line that is to be blocked is over."""
OPENING_REFUSED = {
    errno.ENODEV: port_life.CARD_REMOVED,
    errno.ENXIO: "not_configured",
    errno.EINVAL: "no_channel",
    errno.EBUSY: "taken",
}
"""What an errno says when a channel is opened."""
WRONG_PORT = "wrong_port"
NO_ROOM = "no_room"

Opening = Callable[[], tuple[Channel, Params]]
"""Opens a line's channel and brings it into its profile; raises DahdiError, or BadInput when the port is of the other kind."""


class ChannelBay(PatchBay, Protocol):
    """The patch bay as a board sees it: it can also take channels and listen on them."""

    def open_channel(self, fd: int, hear: Hear, law: Companding) -> Port:
        """Hand over an open channel."""

    def shape_channel(self, port: Port, shape: ChannelShape) -> None:
        """Give it gains."""

    def close_channel(self, port: Port) -> None:
        """Close it."""

    def flush_channel(self, port: Port) -> None:
        """Begin afresh after the driver reset the channel's buffers."""

    def hold_channel(self, port: Port, *, held: bool) -> None:
        """Write nothing to it while the driver dials."""

    def teach_tones(self, port: Port, windows: Sequence[ToneWindow]) -> None:
        """What the exchange at the other end sounds like."""

    def listen(self, port: Port, hearing: Hearing) -> None:
        """Run these detectors."""


SHUT = (port_life.Shut, port_life.Lent)
"""States of a port in which its channel is closed, or is about to be."""


class SpanSight(Protocol):
    """What a line wants to know of the span that it is on."""

    def is_down(self, span: int) -> bool:
        """True while an alarm keeps the span from service."""

    def look(self, span: int) -> None:
        """Something has happened there: look now rather than in a second."""


class _NobodyLooks:
    """Where nobody watches the spans."""

    def is_down(self, _span: int) -> bool:
        return False

    def look(self, _span: int) -> None:
        """Nobody is there to be told."""


NOBODY_LOOKS = _NobodyLooks()

Wakes = Callable[[int, Callable[[], None]], Callable[[], None] | None]
"""Calls the act whenever something can be read from the descriptor, until what it gives back is called, which must be before the descriptor is
closed. None: it cannot tell, and the descriptor has to be looked at again and again.
"""


def nobody_wakes(_fd: int, _act: Callable[[], None]) -> None:
    """Descriptors that no reactor can watch, as those of a simulated driver. Implements ``Wakes``."""


@dataclass(frozen=True)
class Surroundings:
    """What every line on a card needs: media, time, machines, settings, who hears of driver errors (and of their end: ``driver_well``), the
    exchange's tones, who watches the spans, how long a channel's echo canceller is (in samples, 0: it has none),
    which of the driver's tone zones it has (None: the default), what displays show beside a doubtful number (``doubtful_mark``),
    and who tells of frames that came.
    """

    bay: ChannelBay
    clock: Clock
    runner: Runner
    times: LineTimesSection
    driver_error: Callable[[str, Exception], None]
    tones: ToneSet = CHINA
    driver_well: Callable[[str], None] = lambda _line: None
    spans: SpanSight = NOBODY_LOOKS
    echo_taps: Callable[[int], int] = lambda _channel: OFF
    tone_zone: Callable[[int], int | None] = lambda _channel: None
    doubtful_mark: str = "?"
    wakes: Wakes = nobody_wakes


class PortSettings(Protocol):
    """What every line has in its settings."""

    @property
    def name(self) -> str:
        """Unique on the box."""

    @property
    def channel(self) -> int:
        """The driver's number of its channel."""

    @property
    def receive_gain_db(self) -> float:
        """Of what comes."""

    @property
    def transmit_gain_db(self) -> float:
        """Of what is sent."""


class Line(ABC):
    """What an exchange line and a phone have in common: a channel, a place in the pump, a machine, and the life of the port."""

    DEVICE_EFFECTS: tuple[type, ...] = ()
    """Effects that need an open channel."""

    def __init__(self, section: PortSettings, around: Surroundings, machine: Machine) -> None:
        self.name = section.name
        self.channel_number = section.channel
        self.span = 0
        self.events_full = 0
        self._gains_db = section.receive_gain_db, section.transmit_gain_db
        self._around = around
        self._opening: Opening | None = None
        self._channel: Channel | None = None
        self._port: Port | None = None
        self._echo = EchoWatch()
        self._trouble: Exception | None = None
        self._complained = False
        self._blocked = False
        self._actor: Actor = around.runner.adopt(self.name, machine, self._perform_while_begun)
        self._life: Actor = around.runner.adopt(self.name, Machine(port_life.TABLE), self._live)

    @property
    def port(self) -> Port:
        """Its place in the patch bay, or the last that it had. OurFault before it was opened first."""
        if self._port is None:
            raise OurFault(f"{self.name} is not open")
        return self._port

    @property
    def begun(self) -> bool:
        """Its board has started it, and not stopped it."""
        return self._opening is not None

    @property
    def busy(self) -> bool:
        """True while it carries a call or is on the way to or from one."""
        return self._channel is not None and not self._at_rest()

    @property
    def held_for(self) -> str:
        """What keeps its port from service: a word of ``LineReceiver.line_out_of_service``, empty for nothing."""
        match self._life.state:
            case port_life.Shut(reason):
                return reason
            case port_life.Lent(_held, reason):
                return reason
            case port_life.Held(reasons):
                return port_life.ALARM if port_life.ALARM in reasons else min(reasons)
        return ""

    # ---- the port's life ---------------------------------------------------------------------------------------------

    def begin(self, opening: Opening) -> None:
        """Open the channel, now. One that cannot be opened is out of service, and tried again for ever.

        Raises DahdiError when the driver's node cannot be opened at all: then nothing can.
        """
        self._opening = opening
        self._life.post(port_life.Begin())
        if self._channel is None and isinstance(self._trouble, DahdiError) and self._trouble.call == "open":
            self._opening = None
            raise self._trouble

    def hold(self, reason: str) -> None:
        """Take it out of service: ``alarm``, ``maintenance``."""
        self._life.post(port_life.Hold(reason))

    def unhold(self, reason: str) -> None:
        """It is not kept from service by this any more."""
        self._life.post(port_life.Unhold(reason))

    def block(self) -> None:
        """Implements ``BlockableLine``: a call goes on, and no other follows."""
        self._blocked = True
        self._hold_when_at_rest()

    def unblock(self) -> None:
        """It may serve again."""
        self._blocked = False
        self.unhold(port_life.BLOCKED)

    def _hold_when_at_rest(self) -> None:
        if self._blocked and self.busy:
            self._around.clock.call_later(BLOCK_LOOK_S, self._hold_when_at_rest)
        elif self._blocked:
            self.hold(port_life.BLOCKED)

    def lend(self, reason: str = port_life.MAINTENANCE) -> None:
        """Out of service, and the channel closed within some 20 ms: somebody else wants to open it."""
        self._life.post(port_life.Lend(reason))

    def give_back(self) -> None:
        """Who had the channel has closed it, or does so now: it serves again in a second."""
        self._life.post(port_life.GiveBack())

    def look_now(self) -> None:
        """Its card has been seen: when the channel is shut, try to open it without waiting longer."""
        self._life.post(port_life.LookNow())

    def close(self) -> None:
        """On hook, and the channel closed. Nothing is reported from now on, not even that the card is gone."""
        self._opening = None
        self._life.post(port_life.End())
        if self._channel is not None:
            with suppress(DahdiError):
                self._channel.hook_on()
        self._shut()

    def _live(self, effect: object) -> None:
        match effect:
            case port_life.OpenChannel():
                self._open()
            case port_life.CloseChannel():
                # The line's machine has still to end its call: what that causes is done before anything that is called later.
                self._around.clock.call_later(0.0, self._shut_failed)
            case port_life.TakeOut(reason):
                self._take_out(reason, works=isinstance(self._life.state, port_life.Held))
            case port_life.PutIn():
                self._ask_and_put_in()

    def _open(self) -> None:
        if self._opening is None:
            return
        self._shut()
        self._trouble = None
        try:
            channel, state = self._opening()
            self._hand_over(channel)
        except (DahdiError, BadInput, EnvironmentFault) as error:
            self._refuse(error)
            return
        self.span = state.spanno
        self._around.clock.call_later(0.0, lambda: self._opened(channel))

    def _refuse(self, error: Exception) -> None:
        self._trouble = error
        reason = _why_not_opened(error)
        if isinstance(error, DahdiError) and error.call == "open" and isinstance(self._life.state, port_life.Closed):
            return
        if not isinstance(self._life.state, port_life.Shut):
            self._complain(error)
        opening = self._opening
        self._around.clock.call_later(0.0, lambda: self._refused(opening, reason))

    def _refused(self, opening: Opening | None, reason: str) -> None:
        if self._opening is opening:
            self._life.post(port_life.Refused(reason))

    def _opened(self, channel: Channel) -> None:
        if self._channel is not channel:
            return
        held = {port_life.ALARM} if self._around.spans.is_down(self.span) else set()
        held |= self._holds_at_opening()
        self._life.post(port_life.Opened(frozenset(held)))

    def _holds_at_opening(self) -> set[str]:
        return {port_life.BLOCKED} if self._blocked else set()

    def _hand_over(self, channel: Channel) -> None:
        """Give the channel to the pump. When the pump cannot take it, it is closed."""
        try:
            self._port = self._around.bay.open_channel(channel.fd, self._hear_while_open, channel.law)
        except EnvironmentFault:
            channel.close()
            raise
        self._channel = channel
        self._echo.reset()
        if any(self._gains_db):
            self._around.bay.shape_channel(self._port, ChannelShape(channel.law, *self._gains_db))

    def _shut_failed(self) -> None:
        if isinstance(self._life.state, SHUT):
            self._shut()

    def _shut(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            self._around.bay.close_channel(self.port)

    def _ask_and_put_in(self) -> None:
        try:
            state = self._driven().params()
        except DahdiError as error:
            self._complain(error)
            self._life.post(port_life.Fail(_reason(error.number)))
            return
        self._put_in(state)
        if self._complained:
            self._complained = False
            self._around.driver_well(self.name)

    def _complain(self, error: Exception) -> None:
        self._complained = True
        self._around.driver_error(self.name, error)

    def _fail(self, reason: str) -> None:
        """The driver refuses the port."""
        self._life.post(port_life.Fail(reason))

    @abstractmethod
    def _take_out(self, reason: str, *, works: bool) -> None:
        """End what the line does; ``works``: the channel obeys still."""

    @abstractmethod
    def _put_in(self, state: Params) -> None:
        """Serve again; ``state`` is what the driver knows of the port."""

    @abstractmethod
    def _at_rest(self) -> bool:
        """Nothing is going on."""

    # ---- the line ----------------------------------------------------------------------------------------------------

    def _hear_while_open(self, heard: Heard) -> None:
        match heard:
            case ChannelFailed(number):
                self._fail(_reason(number))
            case LineEvent(Event.REMOVED):
                self._fail(port_life.CARD_REMOVED)
            case LineEventsFull():
                self._look_again()
            case _:
                if not isinstance(self._life.state, SHUT):
                    self._hear(heard)

    def _look_again(self) -> None:
        """Events may be lost: what the driver says of the port now counts."""
        self.events_full += 1
        if self._channel is None or isinstance(self._life.state, SHUT):
            return
        try:
            state = self._channel.params()
        except DahdiError as error:
            self._complain(error)
            self._fail(_reason(error.number))
            return
        self._seen(state)

    @abstractmethod
    def _seen(self, state: Params) -> None:
        """The machine is told what it may have missed."""

    @abstractmethod
    def _hear(self, heard: Heard) -> None:
        """What the pump hears becomes the machine's events."""

    def _perform_while_begun(self, effect: object) -> None:
        if self._opening is None or (self._channel is None and isinstance(effect, self.DEVICE_EFFECTS)):
            return
        self._perform(effect)

    @abstractmethod
    def _perform(self, effect: object) -> None:
        """The machine's effects become ioctls, sounds and reports."""

    def _ioctl(self, call: Callable[[], None]) -> bool:
        """True when the driver did it. Its refusal is an event of its own: the command that led here has returned by then."""
        try:
            call()
        except DahdiError as error:
            self._complain(error)
            reason = _reason(error.number)
            self._around.clock.call_later(0.0, lambda: self._fail(reason))
            return False
        return True

    def _driven(self) -> Channel:
        if self._channel is None:
            raise OurFault(f"{self.name} is not open")
        return self._channel

    @property
    def _echo_taps(self) -> int:
        return self._around.echo_taps(self.channel_number)

    def _switch_echo(self, taps: int | None) -> None:
        """A line without its echo canceller serves all the same."""
        if taps is None or self._channel is None:
            return
        try:
            self._channel.echo_cancel(taps)
        except DahdiError as error:
            self._complain(error)

    def _hook_on(self) -> None:
        if self._ioctl(self._driven().hook_on):
            # The driver has emptied its buffers: the pump must queue its one block of advance again.
            self._around.bay.flush_channel(self.port)


def _reason(number: int) -> str:
    """What an errno of the driver says of the port."""
    return port_life.CARD_REMOVED if number == errno.ENODEV else port_life.DRIVER_ERROR


def _why_not_opened(error: Exception) -> str:
    if isinstance(error, DahdiError):
        return OPENING_REFUSED.get(error.number, port_life.DRIVER_ERROR)
    return WRONG_PORT if isinstance(error, BadInput) else NO_ROOM
