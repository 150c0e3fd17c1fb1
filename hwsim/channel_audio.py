"""What an open channel sends and receives, block by block.

Towards the line, in the driver's order of preference: what was written, the driver's own tone, what came in (LOOPBACK), the idle octet; then
conference and gain. From the line: silence while digits are dialled, gain, conference, the program's buffers. Without audio mode octets
pass untouched. In an HDLC mode the buffers hold frames instead.

Buffers and events are a wire's, so that the media pump works on the same; frames are kept here, for the pump has nothing to do with them.
"""

from __future__ import annotations

import errno
import select
from contextlib import suppress

import numpy as np

from boards.dahdi.abi import ELAST, BufferInfo, Event, Flush, Gains
from hwsim.channel_tones import ChannelTones
from hwsim.conferences import Seat
from hwsim.driver_channel import DriverChannel
from hwsim.driver_memory import refusal
from hwsim.frame_buffers import FrameBuffers
from hwsim.kernel_law import from_linear, silence_octet, to_linear
from hwsim.signals import Samples
from hwsim.tone_zones import ToneZones
from hwsim.transmit_states import HookTimes
from hwsim.wires import Wires

__all__ = ["ChannelAudio"]

BUFFERS_LEAST, BUFFERS_MOST = 2, 32
SAMPLE_OCTETS = 2
COUNT_BITS = 0xFFFF
FLAT = bytes(range(256))


class ChannelAudio:
    """An open channel's buffers and everything between them and the line."""

    def __init__(self, wires: Wires, fd: int, channel: DriverChannel, zones: ToneZones) -> None:
        self.fd = fd
        self.channel = channel
        self.wires = wires
        self.tones = ChannelTones(zones, channel.port, self.raise_event)
        self.gains = Gains()
        self.linear = False
        self.looped = False
        self.muted = False
        self.seat: Seat | None = None
        self.canceller_taps = 0
        self.times = HookTimes()
        """Of a pseudo channel, which has no port to keep them."""
        self.buffers = BufferInfo(0, 0, 2, 1024, -1, -1)
        self.frames: FrameBuffers | None = None
        self.pseudo = channel.pseudo
        self._came = b""
        self._heard = b""
        self._said = b""
        self.mode_changed()

    # ---- settings ----

    def mode_changed(self) -> None:
        """The channel's mode or law is another: other buffers, another idle octet."""
        channel = self.channel
        if not channel.hdlc:
            self.frames = None
        else:
            self.frames = FrameBuffers(
                checked=channel.checked,
                seven_bits=channel.seven_bits,
                signalling_units=channel.signalling_units,
                raise_event=self._bad_frame,
            )
            self.frames.configure(self.buffers)
        self.idle_changed()

    def idle_changed(self) -> None:
        """Silence is another octet."""
        with suppress(OSError):
            self.wires.set_idle(self.fd, self.channel.idle_octet)

    def _bad_frame(self, event: int) -> None:
        span = self.channel.span
        if span is None or not span.alarms:
            self.raise_event(event)

    def leave_audio_mode(self) -> None:
        """AUDIOMODE 0: gains, conference and echo canceller are forgotten."""
        self.gains = Gains()
        self.seat = None
        self.muted = False
        self.canceller_taps = 0

    def configure(self, asked: BufferInfo) -> None:
        """SET_BUFINFO and SET_BLOCKSIZE: both directions are emptied. EINVAL out of limits."""
        policy = asked.txbufpolicy & 3
        self.wires.configure(self.fd, asked.bufsize, asked.numbufs, policy)
        buffers = min(max(asked.numbufs, BUFFERS_LEAST), BUFFERS_MOST)
        self.buffers = BufferInfo(policy, 0, buffers, asked.bufsize, -1, -1)
        if self.frames is not None:
            self.frames.configure(self.buffers)

    def flush(self, what: int) -> None:
        """FLUSH."""
        self.wires.flush(self.fd, what & Flush.ALL)
        if self.frames is not None:
            self.frames.flush(what)

    def start_sending(self) -> bool:
        """IOMUX for an empty transmitter: one that waits for more begins; True when nothing is left to be sent."""
        if self.frames is not None:
            return self.frames.start_sending()
        return self.wires.start(self.fd)

    # ---- the program's side ----

    def raise_event(self, event: int) -> None:
        """Queue an event; lost in silence when 63 wait."""
        self.wires.raise_event(self.fd, event)

    def hung_up(self) -> None:
        """A hang-up empties both directions and ends the driver's own tone."""
        self.tones.hung_up()
        # The media pump closes channels by itself, in its own thread: then there is nothing left to empty.
        with suppress(OSError):
            self.flush(Flush.BOTH)

    def read(self, size: int) -> bytes:
        """One buffer. In linear mode two octets a sample."""
        size &= COUNT_BITS
        if self.frames is not None:
            self._refuse_before_data(size)
            return self.frames.read(size)
        if not self.linear:
            return self.wires.read(self.fd, size)
        octets = self.wires.read(self.fd, -(-size // SAMPLE_OCTETS))
        return to_linear(octets, self.channel.law).astype("<i2").tobytes()[:size]

    def write(self, data: bytes) -> int:
        """One buffer. A write ends the driver's own tone, whether it is taken or not."""
        data = data[: len(data) & COUNT_BITS]
        if self.tones.disturbs and not self.pseudo and data:
            self.tones.cancel()
        if self.frames is not None:
            self._refuse_before_data(len(data))
            return self.frames.write(data)
        if not self.linear:
            return self.wires.write(self.fd, data)
        samples = np.frombuffer(data[: len(data) & ~1], dtype="<i2").astype(np.int16)
        return SAMPLE_OCTETS * self.wires.write(self.fd, from_linear(samples, self.channel.law))

    def _refuse_before_data(self, size: int) -> None:
        if not size:
            raise refusal(errno.EINVAL)
        if self.wires.poll(self.fd) & select.POLLPRI:
            raise refusal(ELAST)

    def poll(self) -> int:
        """What is ready, as ``select.poll`` bits."""
        ready = self.wires.poll(self.fd)
        if self.frames is None:
            return ready
        ready &= ~(select.POLLIN | select.POLLOUT)
        return ready | (select.POLLIN if self.frames.readable else 0) | (select.POLLOUT if self.frames.writable else 0)

    # ---- the line's side ----

    def sent(self, count: int) -> bytes:
        """What goes to the line in the next ``count`` samples' time."""
        octets = self._chosen(count) if self.frames is None else self.frames.sent(count)
        if not self.channel.audio:
            return octets
        seat = self.seat
        if seat is not None and not self.muted and not self.tones.dialing:
            copied = seat.copied()
            octets = copied if copied is not None and len(copied) == count else self._mixed(seat, octets)
        if self.muted:
            octets = bytes([silence_octet(self.channel.law)]) * count
        self._said = octets
        return octets if self.gains.txgain == FLAT else octets.translate(self.gains.txgain)

    def _mixed(self, seat: Seat, octets: bytes) -> bytes:
        law = self.channel.law
        return from_linear(seat.sent(to_linear(octets, law)), law)

    def _chosen(self, count: int) -> bytes:
        channel = self.channel
        if not (self.tones.sounding or self.looped or channel.buffer_events):
            return self.wires.sent(self.fd, count)
        if self.tones.sounding and self.wires.take_written(self.fd):
            self.tones.cancel()
        before = self.wires.counters(self.fd).underrun
        octets = self.wires.sent(self.fd, count)
        dry = self.wires.counters(self.fd).underrun - before
        if dry and self.tones.sounding:
            sound = from_linear(self.tones.take(dry), channel.law)
            octets = octets[: count - dry] + sound + octets[count - dry + len(sound) :]
            dry -= len(sound)
        if dry and self.looped and len(self._came) == count:
            octets = octets[: count - dry] + self._came[count - dry :]
            dry = 0
        self._tell_underrun(dry, count)
        return octets

    def _tell_underrun(self, dry: int, count: int) -> None:
        channel = self.channel
        if dry < count:
            channel.underrun_told = False
        if dry and not channel.underrun_told:
            channel.underrun_told = True
            if channel.buffer_events:
                self.raise_event(Event.WRITE_UNDERRUN)

    def receive(self, octets: bytes) -> None:
        """Take a block from the line."""
        self._came = octets
        if self.frames is not None:
            self._tell_overrun(self.frames.receive(octets), len(octets))
            return
        if self.channel.audio:
            octets = self._processed(octets)
        if not self.channel.buffer_events:
            self.wires.receive(self.fd, octets)
            return
        before = self.wires.counters(self.fd).overflowed
        self.wires.receive(self.fd, octets)
        self._tell_overrun(self.wires.counters(self.fd).overflowed - before, len(octets))

    def _processed(self, octets: bytes) -> bytes:
        if self.tones.disturbs:
            deaf = self.tones.deaf(len(octets))
            octets = bytes([silence_octet(self.channel.law)]) * deaf + octets[deaf:]
        if self.gains.rxgain != FLAT:
            octets = octets.translate(self.gains.rxgain)
        self._heard = octets
        seat = self.seat
        if seat is None or self.muted or self.tones.dialing:
            return octets
        law = self.channel.law
        samples = to_linear(octets, law)
        got = seat.received(samples)
        return octets if got is samples else from_linear(got, law)

    def _tell_overrun(self, lost: int, count: int) -> None:
        channel = self.channel
        if lost < count:
            channel.overrun_told = False
        if lost and not channel.overrun_told:
            channel.overrun_told = True
            if channel.buffer_events:
                self.raise_event(Event.READ_OVERRUN)

    # ---- what others hear of it ----

    def heard(self) -> Samples:
        """What it received in the last block."""
        return to_linear(self._heard, self.channel.law)

    def said(self) -> Samples:
        """What it sent in the last block."""
        return to_linear(self._said, self.channel.law)

    def heard_octets(self) -> bytes:
        """What it received in the last block, as octets."""
        return self._heard

    # ---- a pseudo channel's block ----

    def speak(self, count: int) -> None:
        """A pseudo channel: what was written goes into its conference."""
        octets = self.wires.sent(self.fd, count)
        law = self.channel.law
        samples = to_linear(octets, law)
        said = samples if self.seat is None else self.seat.sent(samples)
        self._said = octets if said is samples else from_linear(said, law)

    def listen(self, count: int) -> None:
        """A pseudo channel: silence, or the driver's tone, or the conference becomes readable."""
        law = self.channel.law
        tone = from_linear(self.tones.take(count), law) if self.tones.sounding else b""
        octets = (tone + bytes([silence_octet(law)]) * (count - len(tone))).translate(self.gains.rxgain)
        copied = None if self.seat is None else self.seat.copied()
        if copied is not None:
            octets = copied
        elif self.seat is not None:
            octets = from_linear(self.seat.received(to_linear(octets, law)), law)
        self._heard = octets
        self.wires.receive(self.fd, octets)
