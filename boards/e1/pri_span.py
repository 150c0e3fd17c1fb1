"""An ISDN trunk on its span: one D channel on its timeslot, and the calls of all its B channels.

Frames of the D channel are read as soon as they come, where somebody can tell (``Surroundings.wakes``); else each ``LOOK_S``. libpri's timers and
the driver's events are looked at each ``LOOK_S``, or ``WATCHED_LOOK_S`` where frames are told. A frame that came ends with its check sequence, one
that goes has two octets of any value there.

Channels: an outgoing call asks for one channel and no other, unless the settings leave it to the exchange: then its choice is followed, before
anything was patched. What the exchange has taken meanwhile it refuses with cause 44, and the call goes to the next channel. An incoming call gets the
channel that it names, or another free one where the exchange leaves that to us. When the two ends disagree about a channel it is restarted
(``pri_restarts.py``).

A failure that the exchange announces in band (DISCONNECT or PROGRESS with a cause and indicator 8) is told as such: the engine lets it be heard out,
or clears and tries another route.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from boards.dahdi.abi import ELAST, Event, Sig
from boards.dahdi.channel import Channel
from boards.dahdi.line import Surroundings
from boards.dahdi.nodes.errors import DahdiError
from boards.e1 import pri_events as e
from boards.e1 import trunk_call as c
from boards.e1.pri import DChannel, PriError
from boards.e1.pri_causes import CHANNEL_DOUBTS, D_CHANNEL_DOWN, RESTARTED, caller_refused, release_for
from boards.e1.pri_numbers import caller_of, settings_of, setup_of, shown
from boards.e1.pri_restarts import SETTLED_S, ChannelRestarts
from boards.e1.pri_services import ChannelServices
from boards.e1.pri_trace import PriTrace
from boards.e1.pri_trunk import PriTrunk
from boards.e1.pri_values import ProgressIndicator, Role, ServiceStatus
from engine.kernel.clock import Timer
from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.text import Text, text
from engine.settings.e1_lines import E1Trunk
from engine.telephony.causes import Cause, Release
from engine.telephony.numbers import CallerId
from engine.telephony.tones import ToneName

__all__ = ["FRAME_BUFFERS", "FRAME_OCTETS", "LOOK_S", "PriSpan", "SpanCounters", "check_d_channel"]

LOOK_S = 0.01
WATCHED_LOOK_S = 0.05
RETRY_S = 2.0
FRAME_OCTETS, FRAME_BUFFERS = 1024, 32
CHECK_OCTETS = 2
FRAMES_A_LOOK_MOST = 64
FRAMES_WAITING_MOST = 64
DOWN, STARTING, BOTH_USER, BOTH_NETWORK = "d_channel_down", "starting", "both_user", "both_network"
SOUNDS = frozenset({ProgressIndicator.IN_BAND, ProgressIndicator.NOT_END_TO_END_ISDN})
"""Indicators with which the far end says that there is something to hear, now or soon (Q.931 4.5.23)."""
GRACE_S = 5.0
"""A D channel that is up within this time of the start was not down."""
FRAME_FAULTS = frozenset({Event.ABORT, Event.OVERRUN, Event.BADFCS})
FRAME_SIGS = (Sig.HDLCFCS, Sig.HARDHDLC)


@dataclass
class SpanCounters:
    """What went wrong on the D channel's timeslot since the start."""

    frames_dropped: int = 0
    """Frames of ours for which the driver had no room for long."""
    frames_garbled: int = 0
    """Aborted, too long, or with a wrong check sequence, as the driver reports them."""
    openings_failed: int = 0
    offers_refused: int = 0
    """Incoming calls for which there was no channel."""
    commands_late: int = 0
    """Commands for calls that the far end had ended already."""


@dataclass
class _Collecting:
    """An incoming call whose number comes digit by digit."""

    trunk: PriTrunk
    caller: CallerId
    called: str
    waiting: Timer | None = None


@dataclass
class _Ours:
    """What has to be known of a call of ours. ``rest``: digits that follow when the exchange asks for them. ``shows``: a caller number was sent.
    ``alerted``: somebody was rung, or more. ``moves``: the exchange may still choose another channel for it.
    """

    rest: str
    shows: bool
    alerted: bool = False
    moves: bool = True


@dataclass
class _Node:
    """The open D channel, and what waits to be written."""

    channel: Channel | None = None
    waiting: deque[bytes] = field(default_factory=deque)
    sleep: Callable[[], None] | None = None
    """Ends the telling of frames that came; None: nobody tells."""


class PriSpan:
    """Implements ``BChannelSignalling`` for its B channels. ``open_d`` opens the D channel's node; ``seed`` is libpri's chance."""

    def __init__(self, trunk: E1Trunk, around: Surroundings, open_d: Callable[[], Channel], seed: int) -> None:
        self.section = trunk.section
        self.counters = SpanCounters()
        self.d_channel = DChannel(settings_of(trunk.section), lambda: around.clock.monotonic_ns() // 1000, seed)
        self.trace = PriTrace(self.d_channel.settings.role)
        self.closed = False
        self._told_of_d: Callable[[bool], None] = lambda _up: None
        self.trunks: Sequence[PriTrunk] = [PriTrunk(trunk.section, line.name, line.place, around, self) for line in trunk.lines]
        self._around = around
        self._open_d = open_d
        self._by_place = {one.place: one for one in self.trunks}
        self._calls: dict[e.CallRef, PriTrunk] = {}
        self._collecting: dict[e.CallRef, _Collecting] = {}
        self._ours: dict[e.CallRef, _Ours] = {}
        self.restarts = ChannelRestarts()
        self.services = ChannelServices(told_far=self.d_channel.settings.service_messages)
        self._was_up = self._settled = False
        """It has ever been up; it is up, and both ends have done with establishing it."""
        self._lost: set[int] = set()
        """Channels whose calls ended while the D channel was down: the exchange may still have them."""
        self._clash = ""
        """The other end claims to be what we are."""
        self._node = _Node()
        self._timer: Timer | None = None
        self._retry_ns = 0
        self._complained = False
        self._in_turn = False
        for one in self.trunks:
            one.d_channel_fault(STARTING)

    def watch_d_channel(self, hear: Callable[[bool], None]) -> None:
        """``hear`` is told when the D channel goes up (True) or down."""
        self._told_of_d = hear

    # ---- life --------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the D channel and look at it from now on. One that cannot be opened is tried again for ever."""
        if self._timer is None:
            self._timer = self._around.clock.call_later(0.0, self._look)
            self._around.clock.call_later(GRACE_S, self._judge_start)

    def _judge_start(self) -> None:
        if self._timer is not None and not self.d_channel.is_up:
            self._tell_all(self._clash or DOWN)

    def stop(self) -> None:
        """Close the D channel's node; libpri keeps its calls, and finds out."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._close()

    def close(self) -> None:
        """The end: nothing may be asked any more."""
        self.stop()
        for call in list(self._collecting):
            self._forget_collecting(call)
        self.closed = True
        self.d_channel.close()

    def _close(self) -> None:
        node, self._node = self._node, _Node()
        if node.sleep is not None:
            node.sleep()
        if node.channel is not None:
            node.channel.close()

    def _look(self) -> None:
        self._timer = self._around.clock.call_later(LOOK_S if self._node.sleep is None else WATCHED_LOOK_S, self._look)
        if self._node.channel is None:
            self._open()
        self._take()

    def _take(self) -> None:
        """What came, and what is due."""
        try:
            self._read()
        except DahdiError as error:
            self._fail(error)
        self._turn()

    def _open(self) -> None:
        now_ns = self._around.clock.monotonic_ns()
        if now_ns < self._retry_ns:
            return
        self._retry_ns = now_ns + round(RETRY_S * 1e9)
        try:
            channel = self._open_d()
        except (DahdiError, BadInput) as error:
            self._fail(error)
            return
        self._node = _Node(channel, sleep=self._around.wakes(channel.fd, self._take))
        if self._complained:
            self._complained = False
            self._around.driver_well(self.section.name)

    def _fail(self, error: Exception) -> None:
        self._close()
        self.counters.openings_failed += 1
        if not self._complained:
            self._complained = True
            self._around.driver_error(self.section.name, error)

    @property
    def calls_carried(self) -> int:
        """Calls of people on its channels now; the library's own record for restarts is none."""
        return len(self._calls)

    # ---- frames ------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        channel = self._node.channel
        if channel is None:
            return
        for _ in range(FRAMES_A_LOOK_MOST):
            try:
                frame = channel.read(FRAME_OCTETS)
            except DahdiError as error:
                if error.number != ELAST:
                    raise
                self._take_events(channel)
                continue
            if frame is None:
                return
            if len(frame) > CHECK_OCTETS:
                self.trace.note(self._around.clock.utc_ms(), frame[:-CHECK_OCTETS], ours=False)
                self.d_channel.receive(frame[:-CHECK_OCTETS])

    def _take_events(self, channel: Channel) -> None:
        for event in channel.events():
            if event in FRAME_FAULTS:
                self.counters.frames_garbled += 1
            elif event in {Event.ALARM, Event.NOALARM}:
                self._around.spans.look(channel.params().spanno)

    def _send(self) -> None:
        waiting = self._node.waiting
        for frame in self.d_channel.frames_to_send():
            if len(waiting) >= FRAMES_WAITING_MOST or self._node.channel is None:
                self.counters.frames_dropped += 1
            else:
                self.trace.note(self._around.clock.utc_ms(), frame, ours=True)
                waiting.append(frame + bytes(CHECK_OCTETS))
        try:
            self._write(waiting)
        except DahdiError as error:
            self._fail(error)

    def _write(self, waiting: deque[bytes]) -> None:
        channel = self._node.channel
        while waiting and channel is not None:
            try:
                if not channel.write(waiting[0]):
                    return
            except DahdiError as error:
                if error.number != ELAST:
                    raise
                self._take_events(channel)
                continue
            waiting.popleft()

    def _turn(self) -> None:
        """Everything that has happened until now, and what is to be sent for it. Commands that events cause come back here."""
        if self._in_turn:
            return
        self._in_turn = True
        try:
            while event := self.d_channel.advance():
                self._happened(event)
            if self.restarts.busy:
                self._restart()
        finally:
            self._in_turn = False
        self._send()

    # ---- what happens ------------------------------------------------------------------------------------------------

    def _happened(self, event: e.Event) -> None:
        match event:
            case e.DChannelUp():
                self._up()
            case e.DChannelDown():
                self._down()
            case e.Misconfigured(what):
                self._misconfigured(what)
            case e.Restarted(channel):
                self._restarted(channel)
            case e.RestartAcknowledged(channel):
                self.restarts.acknowledged(channel)
            case e.ServiceChanged(channel, status):
                for trunk in self.trunks:
                    if channel in (None, trunk.place):
                        trunk.far_blocks(blocked=status is not ServiceStatus.IN_SERVICE)
            case e.Offered():
                self._offered(event)
            case e.CallEvent():
                self._of_call(event)

    def _up(self) -> None:
        if self._clash:
            self._clash = ""
            self._around.driver_well(self.section.name)
        self._tell_all("")
        if self.section.restarts == "up" or (self.section.restarts == "start" and not self._was_up):
            self.restarts.want(self._by_place, self._around.clock.monotonic_ns())
        elif self.section.restarts != "never":
            self.restarts.want(self._lost, self._around.clock.monotonic_ns())
        self._lost.clear()
        self._was_up = True
        self._around.clock.call_later(SETTLED_S, self._settle)

    def _settle(self) -> None:
        if self._timer is not None and self.d_channel.is_up:
            self._settled = True
            for trunk in self.trunks:
                self.served(trunk)

    def _down(self) -> None:
        self._settled = False
        self.restarts.forget()
        self.services.forget()
        self._tell_all(self._clash or DOWN)
        if not self.section.calls_survive_s:
            self._end_all()

    def _misconfigured(self, what: Text) -> None:
        """The library says it at each attempt of the far end: once is enough for us."""
        if not self._clash:
            self._clash = BOTH_USER if self.d_channel.settings.role is Role.USER else BOTH_NETWORK
            self._around.driver_error(self.section.name, EnvironmentFault(what))
            self._tell_all(self._clash)

    def _restart(self) -> None:
        place = self.restarts.step(self._around.clock.monotonic_ns(), lambda place: self._by_place[place].free)
        if place is not None:
            self._ask(lambda: self.d_channel.restart(place))

    def _tell_all(self, fault: str) -> None:
        self._told_of_d(not fault)
        for trunk in self.trunks:
            trunk.d_channel_fault(fault)

    def _end_all(self) -> None:
        """No conversation is to outlive the D channel: libpri itself would keep them for some time."""
        for trunk in list(self._calls.values()):
            trunk.told(c.FarEnded(D_CHANNEL_DOWN))

    def _restarted(self, channel: int | None) -> None:
        for trunk in self.trunks:
            if channel in (None, trunk.place):
                trunk.far_blocks(blocked=False)  # who restarts a channel wants to use it
        for call, trunk in list(self._calls.items()):
            if channel in (None, trunk.place):
                self._end_quietly(call, RESTARTED.cause)
                trunk.told(c.FarEnded(RESTARTED))

    def _of_call(self, event: e.CallEvent) -> None:
        trunk = self._calls.get(event.call)
        if isinstance(event, e.Released):
            self._released(event, trunk)
        elif trunk is None:
            return
        elif event.call in self._collecting:
            self._more(event, self._collecting[event.call])
        else:
            self._of_trunk(event, trunk)

    def _of_trunk(self, event: e.CallEvent, trunk: PriTrunk) -> None:
        ours = self._ours.get(event.call)
        if ours is not None:
            moved = self._followed(event, ours, trunk)
            if moved is None:
                return
            trunk = moved
        match event:
            case e.SetupAcknowledged() if ours is not None and ours.rest:
                digits, ours.rest = ours.rest, ""
                self._ask(lambda: self.d_channel.more_digits(event.call, digits))
            case e.Progress(cause=cause) if cause is not None:
                trunk.told(c.FarFails(self._release(event.call, cause)))
            case e.Proceeding() | e.Progress() | e.Alerting():
                alerting = isinstance(event, e.Alerting)
                if ours is not None:
                    ours.alerted |= alerting
                trunk.told(c.Through(alerting, bool(event.progress & SOUNDS)))
            case e.Answered(connected=connected):
                if ours is not None:
                    ours.alerted = True
                trunk.told(c.FarAnswered(shown(self.section, connected)))
            case e.Disconnecting(cause=cause):
                trunk.told(c.FarEnded(self._release(event.call, cause)))
            case e.HoldWanted():
                self._ask(lambda: self.d_channel.reject_hold(event.call, Cause.FACILITY_NOT_IMPLEMENTED))
            case e.RetrieveWanted():
                self._ask(lambda: self.d_channel.reject_retrieve(event.call, Cause.FACILITY_NOT_IMPLEMENTED))

    def _followed(self, event: e.CallEvent, ours: _Ours, trunk: PriTrunk) -> PriTrunk | None:
        """The channel on which a call of ours is from now on: the exchange may choose it with its first word. None: it cannot be had."""
        if not ours.moves:
            return trunk
        ours.moves = False
        place = trunk.place if event.channel is None or not trunk.unheard else event.channel
        if place == trunk.place:
            return trunk
        chosen = self._by_place.get(place)
        if chosen is None or not chosen.free:
            trunk.told(c.FarEnded(release_for(Cause.CHANNEL_UNACCEPTABLE)))
            return None
        trunk.call, chosen.call = None, event.call
        self._calls[event.call] = chosen
        trunk.told(c.MovedAway())
        chosen.told(c.TakenOver(trunk.place))
        return chosen

    def _release(self, call: e.CallRef, cause: int | None) -> Release:
        release, ours = release_for(cause), self._ours.get(call)
        return caller_refused(release) if ours is not None and ours.shows and not ours.alerted else release

    def _released(self, event: e.Released, trunk: PriTrunk | None) -> None:
        release = self._release(event.call, event.cause)
        ours = self._ours.pop(event.call, None)
        self._calls.pop(event.call, None)
        self._forget_collecting(event.call)
        if trunk is not None and trunk.call == event.call:
            trunk.call = None
            lost = not self.d_channel.is_up and event.by is not e.EndedBy.US
            if not self.d_channel.is_up:
                self._lost.add(trunk.place)
            trunk.told(c.Over(D_CHANNEL_DOWN if lost else release))
            if ours is not None and not ours.alerted and event.by is e.EndedBy.FAR_END:
                self._doubt(trunk, release.cause)

    def _doubt(self, trunk: PriTrunk, cause: Cause) -> None:
        if cause in CHANNEL_DOUBTS and self.section.restarts != "never":
            self.restarts.doubt(trunk.place, self._around.clock.monotonic_ns())

    # ---- incoming ----------------------------------------------------------------------------------------------------

    def _offered(self, event: e.Offered) -> None:
        trunk = self._channel_for(event)
        if trunk is None:
            self.counters.offers_refused += 1
            self.services.refused(event.channel or 0)
            self._end_quietly(event.call, Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE if event.exclusive else Cause.NO_CIRCUIT_AVAILABLE)
            return
        if self.section.direction == "outgoing":
            self.counters.offers_refused += 1
            self._end_quietly(event.call, Cause.INCOMING_CALLS_BARRED_IN_GROUP)
            return
        trunk.call = event.call
        self._calls[event.call] = trunk
        call = _Collecting(trunk, caller_of(self.section, event), event.called.digits)
        if len(call.called) < self.section.digits and not event.complete:
            self._collecting[event.call] = call
            self._ask_for_digits(event.call, call)
        else:
            self._offer(event.call, call)

    def _ask_for_digits(self, ref: e.CallRef, call: _Collecting) -> None:
        """A PBX whose extension has dialled nothing yet hears our dial tone, as from any exchange."""
        dial_tone = self.d_channel.settings.role is Role.NETWORK and not call.called
        self._ask(lambda: self.d_channel.acknowledge_setup(ref, call.trunk.place, dial_tone=dial_tone))
        if dial_tone:
            call.trunk.sound(ToneName.DIAL)
        self._wait_for_digits(ref, call)

    def _channel_for(self, event: e.Offered) -> PriTrunk | None:
        named = self._by_place.get(event.channel or 0)
        if named is not None and named.unheard and self.d_channel.settings.role is Role.USER:
            self._yield(named)
        if named is not None and named.free:
            return named
        if event.exclusive:
            return None
        return next((trunk for trunk in self.trunks if trunk.free), None)

    def _yield(self, trunk: PriTrunk) -> None:
        """Both ends want the channel at once: the network's call goes first, ours is given back (Q.931 5.7)."""
        call, trunk.call = trunk.call, None
        if call is not None:
            self._calls.pop(call, None)
            self._ours.pop(call, None)
            self._end_quietly(call, Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE)
        trunk.told(c.Over(release_for(Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE)))

    def _wait_for_digits(self, ref: e.CallRef, call: _Collecting) -> None:
        if call.waiting is not None:
            call.waiting.cancel()
        call.waiting = self._around.clock.call_later(self.section.digit_wait_s, lambda: self._enough(ref))

    def _more(self, event: e.CallEvent, call: _Collecting) -> None:
        if isinstance(event, e.Disconnecting):
            self._end_quietly(event.call, event.cause)
        elif isinstance(event, e.MoreDigits):
            call.called += event.digits
            call.trunk.quiet()
            if event.complete or len(call.called) >= self.section.digits:
                self._enough(event.call)
            else:
                self._wait_for_digits(event.call, call)

    def _enough(self, ref: e.CallRef) -> None:
        call = self._forget_collecting(ref)
        if call is not None:
            self._offer(ref, call)
            self._turn()

    def _forget_collecting(self, ref: e.CallRef) -> _Collecting | None:
        call = self._collecting.pop(ref, None)
        if call is not None:
            call.trunk.quiet()
            if call.waiting is not None:
                call.waiting.cancel()
        return call

    def _offer(self, ref: e.CallRef, call: _Collecting) -> None:
        self._ask(lambda: self.d_channel.proceed(ref, call.trunk.place))
        call.trunk.offer(call.caller, call.called)

    # ---- what the B channels ask -------------------------------------------------------------------------------------

    def restarts_now(self, place: int) -> bool:
        """The channel is being brought to rest."""
        return self.restarts.underway == place

    def at(self, place: int) -> PriTrunk:
        """The B channel in this timeslot. KeyError when there is none."""
        return self._by_place[place]

    def served(self, trunk: PriTrunk) -> None:
        if not self._settled:
            return
        blocked = trunk.blocked_here
        status = self.services.due(trunk.place, blocked=blocked)
        if status is not None:
            self._ask(lambda: self.d_channel.send_service(trunk.place, status))
            self._turn()
        elif trunk.free and self.services.doubted(trunk.place) and self.section.restarts != "never":
            self.restarts.want((trunk.place,), self._around.clock.monotonic_ns())

    def set_up(self, trunk: PriTrunk, wanted: c.SendSetup) -> None:
        try:
            request, rest = setup_of(self.section, trunk.place, wanted.number, wanted.presented, wanted.redirection)
            trunk.call = self.d_channel.set_up(request)
        except PriError:
            trunk.told(c.Over(release_for(Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE) if self.d_channel.is_up else D_CHANNEL_DOWN))
            return
        except BadInput:
            trunk.told(c.Over(release_for(Cause.INVALID_NUMBER_FORMAT)))
            return
        self._calls[trunk.call] = trunk
        self._ours[trunk.call] = _Ours(rest, shows=request.calling is not None)
        self._turn()

    def alert(self, trunk: PriTrunk, *, in_band: bool) -> None:
        call = trunk.call
        if call is not None:
            self._ask(lambda: self.d_channel.alert(call, trunk.place, in_band=in_band))
        self._turn()

    def progress(self, trunk: PriTrunk) -> None:
        call = trunk.call
        if call is not None:
            self._ask(lambda: self.d_channel.progress(call))
        self._turn()

    def answer(self, trunk: PriTrunk) -> None:
        call = trunk.call
        if call is not None:
            self._ask(lambda: self.d_channel.answer(call, trunk.place))
        self._turn()

    def clear(self, trunk: PriTrunk, cause: Cause) -> None:
        if trunk.call is None:
            trunk.told(c.Over(release_for(cause)))
            return
        self._end_quietly(trunk.call, cause)
        self._turn()

    def refuse(self, trunk: PriTrunk, cause: Cause, tone_s: float) -> None:
        call = trunk.call
        if call is None:
            trunk.told(c.Over(release_for(cause)))
            return
        self._ask(lambda: self.d_channel.hang_up_announced(call, cause, tone_s))
        self._turn()

    def _end_quietly(self, call: e.CallRef, cause: int) -> None:
        self._ask(lambda: self.d_channel.hang_up(call, cause))

    def _ask(self, command: Callable[[], None]) -> None:
        """The far end may have been quicker: what became of the call is told by its own event."""
        try:
            command()
        except PriError:
            self.counters.commands_late += 1


def check_d_channel(channel: Channel, number: int) -> None:
    """Raise BadInput, with the channel closed, when it is not configured for frames."""
    if channel.sig not in FRAME_SIGS:
        channel.close()
        raise BadInput(
            text("Channel {number} carries no frames: the span's use must be pri, with the D channel in this timeslot.", number=number)
        )
