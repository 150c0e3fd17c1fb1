"""What a channel with a line and a pseudo channel have in common: audio, events, tones, dialling, gains, conferences."""

from __future__ import annotations

import errno
from collections.abc import Iterable

from boards.dahdi.abi import (
    BLOCK_LEAST,
    BLOCK_MOST,
    BUFFER_SPACE_MOST,
    BUFFERS_MOST,
    CONFERENCES_MOST,
    DIAL_STRING_MOST,
    EVENT_QUEUE_LENGTH,
    PSEUDO_FIRST,
    PSEUDO_MOST,
    ZONES_MOST,
    BufferInfo,
    Cadence,
    ConferenceInfo,
    ConferenceMode,
    Dial,
    DialOperation,
    Event,
    Flush,
    Gains,
    Ioctl,
    IoMux,
    Law,
    Params,
    SpanInfo,
    SpanInfoV1,
    Tone,
    TransmitPolicy,
)
from boards.dahdi.nodes.errors import NotSupported, refusal
from boards.dahdi.nodes.node import TIME_MOST_MS, Node
from boards.dahdi.nodes.sentences import Message
from boards.dahdi.nodes.sentences import marked as _

__all__ = ["VoiceNode"]

BUFFERS_LEAST = 2
GAIN_TABLE_OCTETS = 256
TONE_MOST = Tone.MFR2_BACKWARD_BASE + 14
DIAL_CHARACTERS = frozenset("0123456789*#ABCDEFWTPMOR")
"""What DIAL takes: keys, a pause (W), and the letters that choose DTMF, pulses or one of the MF codes. The driver skips others."""
MODE_OF_CONFERENCE = 0xFF


class VoiceNode(Node):
    """An open channel, with a line or without."""

    # ---- audio and events ----

    def read(self, size: int) -> bytes | None:
        """One buffer of what came in, or None when none is full yet. What ``size`` (1…65535 octets) does not cover of it is lost.

        EventWaits while an event waits: take it first.
        """
        try:
            return self._system.read(self.fd, size)
        except OSError as error:
            if error.errno == errno.EAGAIN:
                return None
            raise refusal(self.device, "read", 0, error.errno or 0) from error

    def write(self, data: bytes) -> int:
        """Give the driver one buffer to send, at most its size; returns the octets taken, 0 when every buffer is full.

        EventWaits while an event waits. Writing ends a tone or a dialling of the driver.
        """
        try:
            return self._system.write(self.fd, data)
        except OSError as error:
            if error.errno == errno.EAGAIN:
                return 0
            raise refusal(self.device, "write", 0, error.errno or 0) from error

    def poll(self) -> int:
        """What is ready now, as ``select.poll`` bits: POLLIN a full buffer, POLLOUT a free one, POLLPRI an event. Never waits."""
        return self._system.poll(self.fd)

    def look(self, what: IoMux) -> IoMux:
        """Which of ``what`` is so now; never waits. WRITEEMPTY starts a transmitter that waits for more."""
        return IoMux(self._answer(Ioctl.IOMUX, what | IoMux.NOWAIT))

    def next_event(self) -> int:
        """Take the oldest event (``abi.Event``, or a key: ``abi.pulse_digit``); 0 when there is none."""
        return self._answer(Ioctl.GETEVENT)

    def events(self) -> tuple[int, ...]:
        """Take every event that waits, the oldest first."""
        taken: list[int] = []
        while len(taken) < EVENT_QUEUE_LENGTH and (event := self.next_event()) != Event.NONE:
            taken.append(event)
        return tuple(taken)

    def buffer_events(self, *, on: bool) -> None:
        """Whether READ_OVERRUN and WRITE_UNDERRUN are told."""
        self._tell(Ioctl.BUFFER_EVENTS, on)

    def flush(self, what: Flush) -> None:
        """Forget received audio, audio waiting to be sent, or events."""
        self._tell(Ioctl.FLUSH, what)

    def block_size(self) -> int:
        """Samples in a buffer."""
        return self._answer(Ioctl.GET_BLOCKSIZE)

    def set_block_size(self, samples: int) -> None:
        """Set them (16…8192), the number of buffers staying; empties both directions."""
        self._within(Ioctl.SET_BLOCKSIZE, _("the size of a block in samples"), samples, BLOCK_LEAST, BLOCK_MOST)
        self._tell(Ioctl.SET_BLOCKSIZE, samples)

    def buffers(self) -> BufferInfo:
        """Size, number and policy of the buffers. How full they are the driver does not tell: −1."""
        return self._ask(Ioctl.GET_BUFINFO, BufferInfo)

    def set_buffers(self, block_samples: int, buffers: int, policy: TransmitPolicy = TransmitPolicy.IMMEDIATE) -> None:
        """``buffers`` (2…32) of ``block_samples`` (16…8192) in each direction, at most 32768 samples in all; empties both."""
        code = Ioctl.SET_BUFINFO
        self._within(code, _("the size of a block in samples"), block_samples, BLOCK_LEAST, BLOCK_MOST)
        self._within(code, _("the number of buffers"), buffers, BUFFERS_LEAST, BUFFERS_MOST)
        self._within(code, _("the size of all buffers in samples"), block_samples * buffers, 0, BUFFER_SPACE_MOST)
        self._send(code, BufferInfo(policy, 0, buffers, block_samples))

    # ---- what it is ----

    def channel_number(self) -> int:
        """The driver's number of the channel."""
        return self._answer(Ioctl.CHANNO)

    def params(self) -> Params:
        """The channel's state and timing."""
        return self._ask(Ioctl.GET_PARAMS, Params)

    def set_params(self, params: Params) -> None:
        """Set the eleven times (0…60 000 ms), all of them: begin with what ``params`` answers. They last until the channel is closed."""
        self._times_within(params)
        self._send(Ioctl.SET_PARAMS, params)

    def span_info(self) -> SpanInfo:
        """The span that the channel belongs to. NotValid on a pseudo channel."""
        try:
            return self._ask(Ioctl.SPANSTAT, SpanInfo)
        except NotSupported:
            return self._ask(Ioctl.SPANSTAT_V1, SpanInfoV1).lifted()

    # ---- law and level ----

    def set_law(self, law: Law) -> None:
        """What the driver takes the octets for, until the channel is closed; DEFAULT is as it was configured."""
        self._tell(Ioctl.SETLAW, law)

    def set_linear(self, *, on: bool) -> None:
        """Read and write 16-bit samples of the machine's octet order instead of octets of a law."""
        self._tell(Ioctl.SETLINEAR, on)

    def gains(self) -> Gains:
        """The gain tables."""
        return self._ask(Ioctl.GETGAINS, Gains)

    def set_gains(self, receive: bytes, transmit: bytes) -> None:
        """Set them, until the channel is closed: 256 octets each, from law octet to law octet."""
        for table in (receive, transmit):
            if len(table) != GAIN_TABLE_OCTETS:
                values = {"octets": GAIN_TABLE_OCTETS, "value": len(table)}
                self._wrong(Ioctl.SETGAINS, Message(_("a gain table has {octets} octets, not {value}"), values))
        self._send(Ioctl.SETGAINS, Gains(0, receive, transmit))

    # ---- tones and dialling ----

    def tone_zone(self) -> int:
        """The number of the channel's tone zone; 0 also when it has none."""
        return self._answer(Ioctl.GETTONEZONE)

    def set_tone_zone(self, zone: int) -> None:
        """Take tone zone ``zone`` (0…255), or −1 for the default one; its ring cadence comes with it. NoToneZone when it is not loaded."""
        self._within(Ioctl.SETTONEZONE, _("the number of a tone zone"), zone, -1, ZONES_MOST - 1)
        self._tell(Ioctl.SETTONEZONE, zone)

    def send_tone(self, tone: int) -> None:
        """Let the driver sound a tone (``abi.Tone``: 0…16, or a digit's base and its place) until another, STOP, or something written.

        NoToneZone without one, NotSupported when the zone lacks the tone, NotValid for a digit of a code that DIAL has not chosen.
        """
        self._within(Ioctl.SENDTONE, _("the number of a tone"), tone, Tone.STOP, TONE_MOST)
        self._tell(Ioctl.SENDTONE, tone)

    def dial(self, digits: str, operation: Dial = Dial.REPLACE) -> None:
        """Dial 0…255 characters of ``0``…``9 * # A``…``F``, ``W`` for half a second's pause, after ``T P M O R`` with DTMF, pulses, MF.

        DIALCOMPLETE is told at the end; until shortly after it the channel hears silence. DeviceBusy when APPEND has no room.
        """
        unknown = sorted(set(digits.upper()) - DIAL_CHARACTERS)
        if unknown:
            self._wrong(Ioctl.DIAL, Message(_("{character} cannot be dialled"), {"character": unknown[0]}))
        self._within(Ioctl.DIAL, _("the number of digits to dial"), len(digits), 0, DIAL_STRING_MOST)
        self._send(Ioctl.DIAL, DialOperation(operation, digits))

    def stop_dialling(self) -> None:
        """Forget the digits that are not dialled yet."""
        self._send(Ioctl.DIAL, DialOperation(Dial.CANCEL))

    def dialling(self) -> bool:
        """Whether digits are being dialled."""
        return bool(self._answer(Ioctl.DIALING))

    def set_cadence(self, cadence: Iterable[int] | None) -> None:
        """Ring cadence: ms on, off, on, off … (1…16 times of 0…60 000); a negative on-time marks where it repeats. None: the zone's."""
        if cadence is None:
            self._call(Ioctl.SETCADENCE, 0)
            return
        steps = tuple(cadence)
        self._within(Ioctl.SETCADENCE, _("the number of times in a ring cadence"), len(steps), 1, len(Cadence().steps))
        for place, step_ms in enumerate(steps):
            self._within(Ioctl.SETCADENCE, _("a time of a ring cadence in ms"), step_ms, 0 if place % 2 else -TIME_MOST_MS, TIME_MOST_MS)
        self._send(Ioctl.SETCADENCE, Cadence.of(steps))

    # ---- the driver's conferences ----

    def conference(self) -> ConferenceInfo:
        """The conference that the channel is in: number and mode 0 when it is in none."""
        return self._ask(Ioctl.GETCONF, ConferenceInfo)

    def set_conference(self, number: int, mode: ConferenceMode) -> int:
        """Join conference ``number`` (1…1024, −1: a free one) or leave (0, NORMAL); modes that listen to a channel take its number.

        Returns the number. DeviceBusy when none is free, NotValid when number and mode do not go together.
        """
        listens = mode & MODE_OF_CONFERENCE not in range(ConferenceMode.CONF, ConferenceMode.DIGITALMON)
        most = PSEUDO_FIRST + PSEUDO_MOST - 1 if listens else CONFERENCES_MOST
        self._within(Ioctl.SETCONF, _("the number of a conference or channel"), number, 0 if listens else -1, most)
        return self._exchange(Ioctl.SETCONF, ConferenceInfo(0, number, mode)).confno

    def conference_muted(self) -> bool:
        """Whether the channel's part in its conference is suspended."""
        return bool(self._answer(Ioctl.GETCONFMUTE))

    def mute_conference(self, *, on: bool) -> None:
        """Suspend it, or let it go on; the channel stays in its conference."""
        self._tell(Ioctl.CONFMUTE, on)

    # ---- for the kernel's log ----

    def log_conferences(self, number: int = 0) -> None:
        """Let the driver write who is in conference ``number`` (1…1024, 0: in any) into the kernel's log."""
        self._within(Ioctl.CONFDIAG, _("the number of a conference or channel"), number, 0, CONFERENCES_MOST)
        self._tell(Ioctl.CONFDIAG, number)
