"""An open channel of the simulated driver: its ioctls, its law and gains, the driver's own tones, its 20 ms of audio.

The channel's buffers and event queue are a wire; the hook machines are the port's. This file is what stands between them.
"""

from __future__ import annotations

import errno
import select
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from boards.dahdi.abi import (
    BufferInfo,
    Cadence,
    Event,
    Flush,
    Gains,
    Ioctl,
    Law,
    Params,
    SpanInfo,
    Tone,
)
from hwsim.analog_port import ExchangePort, PhonePort
from hwsim.driver_memory import Node, get_int, get_structure, put, put_int, refusal
from hwsim.hook_machine import HookTimes
from hwsim.signals import alaw_from_linear, linear_from_alaw
from hwsim.wires import Wires
from hwsim.zone import RunningTone, ToneZone

__all__ = ["ALAW_IDLE", "BLOCK_SAMPLES", "ChannelNode", "PseudoNode"]

BLOCK_SAMPLES = 160
ALAW_IDLE = 0xD5
MULAW_IDLE = 0xFF
BUFFERS_LEAST, BUFFERS_MOST = 2, 32
GONE = select.POLLERR | select.POLLHUP | select.POLLNVAL | select.POLLPRI
SAME = bytes(range(256))


def _mulaw_to_linear() -> list[int]:
    """G.711 mu-law, 14 bits scaled to 16: what each octet stands for."""
    values = []
    for octet in range(256):
        turned = octet ^ 0xFF
        magnitude = ((((turned & 15) << 1) + 33) << ((turned >> 4) & 7)) - 33
        values.append(-magnitude * 4 if turned & 0x80 else magnitude * 4)
    return values


def _law_tables() -> tuple[bytes, bytes]:
    """Octet tables from A-law to mu-law and back, by the nearest value."""
    mulaw = np.array(_mulaw_to_linear(), dtype=np.int32)
    alaw = linear_from_alaw(SAME).astype(np.int32)
    to_mulaw = bytes(int(np.argmin(np.abs(mulaw - value))) for value in alaw)
    return to_mulaw, alaw_from_linear(mulaw.astype(np.int16))


TO_MULAW, TO_ALAW = _law_tables()


class ChannelNode(Node):
    """A channel between SPECIFY and close. ``span_info`` answers SPANSTAT; ``default_law`` is the card's."""

    def __init__(
        self,
        wires: Wires,
        fd: int,
        port: ExchangePort | PhonePort,
        zone: ToneZone | None,
        default_law: Law,
        describe: Callable[[Params], Params],
        span_info: Callable[[int], SpanInfo],
    ) -> None:
        self.fd = fd
        self.port = port
        self.gone = False
        self.law = default_law
        self._wires = wires
        self._zone = zone
        self._default_law = default_law
        self._describe = describe
        self._span_info = span_info
        self._gains = Gains()
        self._tone: RunningTone | None = None
        # What the driver has at open; the wire has the same.
        self._buffers = BufferInfo(0, 0, 2, 1024, -1, -1)
        self._calls: dict[int, Callable[[int | bytearray], None]] = {
            Ioctl.GET_BLOCKSIZE: lambda argument: put_int(argument, self._buffers.bufsize),
            Ioctl.SET_BLOCKSIZE: self._set_blocksize,
            Ioctl.FLUSH: lambda argument: self._wires.flush(self.fd, get_int(argument) & Flush.ALL),
            Ioctl.GET_PARAMS: self._get_params,
            Ioctl.GET_PARAMS_V1: self._get_params,
            Ioctl.SET_PARAMS: lambda argument: self.port.set_times(HookTimes.from_params(get_structure(Params, argument))),
            Ioctl.HOOK: self._hook,
            Ioctl.GETEVENT: lambda argument: put_int(argument, self._wires.next_event(self.fd)),
            Ioctl.SPANSTAT: lambda argument: put(argument, self._span_info(get_structure(SpanInfo, argument).spanno).pack()),
            Ioctl.GETGAINS: lambda argument: put(argument, self._gains.pack()),
            Ioctl.GETGAINS_V1: lambda argument: put(argument, self._gains.pack()),
            Ioctl.SETGAINS: self._set_gains,
            Ioctl.SENDTONE: self._send_tone,
            Ioctl.GETTONEZONE: lambda argument: put_int(argument, self._zone.number if self._zone else 0),
            Ioctl.GET_BUFINFO: lambda argument: put(argument, self._buffers.pack()),
            Ioctl.SET_BUFINFO: self._set_buffers,
            # An analog port's signalling is never exactly CLEAR, and these three are for that.
            Ioctl.AUDIOMODE: self._refuse,
            Ioctl.HDLCRAWMODE: self._refuse,
            Ioctl.HDLCFCSMODE: self._refuse,
            Ioctl.SETTXBITS: self._refuse,
            # No canceller is attached to a simulated channel: switching it does nothing, with any taps, and there is none to train.
            Ioctl.ECHOCANCEL: self._no_canceller,
            Ioctl.ECHOTRAIN: self._refuse,
            Ioctl.CHANNO: lambda argument: put_int(argument, self.port.channel),
            Ioctl.DIALING: lambda argument: put_int(argument, 0),
            Ioctl.SETLAW: self._set_law,
            Ioctl.SETCADENCE: self._set_cadence,
            Ioctl.ONHOOKTRANSFER: self._on_hook_transfer,
            Ioctl.SETPOLARITY: self._set_polarity,
            Ioctl.GETSIGFREEZE: lambda argument: put_int(argument, int(self.port.frozen)),
            Ioctl.SETSIGFREEZE: self._freeze,
        }

    # ---- system calls ----

    def ioctl(self, code: int, argument: int | bytearray) -> int:
        if self.gone:
            if code == Ioctl.GETEVENT:
                # The driver says it once more to a program that did not listen.
                put_int(argument, Event.REMOVED)
            raise refusal(errno.ENODEV)
        call = self._calls.get(code)
        if call is None:
            raise refusal(errno.ENOTTY)
        call(argument)
        return 0

    def read(self, size: int) -> bytes:
        return self._wires.read(self.fd, size & 0xFFFF)

    def write(self, data: bytes) -> int:
        return self._wires.write(self.fd, data)

    def poll(self) -> int:
        return GONE if self.gone else self._wires.poll(self.fd)

    def close(self) -> None:
        if self._wires.is_open(self.fd):
            self._wires.close(self.fd)

    def unplug(self) -> None:
        """The card has been gone for a second: nothing works any more."""
        self.gone = True
        self._wires.unplug(self.fd)

    # ---- audio ----

    def sent(self) -> bytes:
        """What the channel sends in the next block, as A-law on the line."""
        sent = self._wires.sent(self.fd, BLOCK_SAMPLES)
        if self._tone is not None:
            if self._wires.take_written(self.fd):
                self._tone = None
            else:
                tone = self._tone.take(BLOCK_SAMPLES)
                sent = tone.translate(TO_MULAW) if self.law == Law.MULAW else tone
        sent = sent.translate(self._gains.txgain)
        return sent.translate(TO_ALAW) if self.law == Law.MULAW else sent

    def receive(self, said: bytes) -> None:
        """Take a block of A-law from the line."""
        received = said.translate(TO_MULAW) if self.law == Law.MULAW else said
        self._wires.receive(self.fd, received.translate(self._gains.rxgain))

    def empty_audio(self) -> None:
        """A hang-up empties both directions and ends the driver's own tone."""
        self._tone = None
        # The media pump closes channels by itself, in its own thread: then there is nothing left to empty.
        with suppress(OSError):
            self._wires.flush(self.fd, Flush.BOTH)

    def raise_event(self, event: int) -> None:
        """Queue an event; lost in silence when 64 wait."""
        if not self.gone:
            self._wires.raise_event(self.fd, event)

    # ---- ioctls ----

    def _refuse(self, _argument: int | bytearray) -> None:
        raise refusal(errno.EINVAL)

    def _get_params(self, argument: int | bytearray) -> None:
        asked = get_structure(Params, argument)
        put(argument, self._describe(asked).pack())

    def _hook(self, argument: int | bytearray) -> None:
        self._tone = None
        refused = self.port.hook(get_int(argument))
        if refused:
            raise refusal(refused)

    def _set_buffers(self, argument: int | bytearray) -> None:
        asked = get_structure(BufferInfo, argument)
        self._wires.configure(self.fd, asked.bufsize, asked.numbufs, asked.txbufpolicy & 3)
        buffers = min(max(asked.numbufs, BUFFERS_LEAST), BUFFERS_MOST)
        self._buffers = BufferInfo(asked.txbufpolicy & 3, 0, buffers, asked.bufsize, -1, -1)

    def _set_blocksize(self, argument: int | bytearray) -> None:
        size, now = get_int(argument), self._buffers
        self._wires.configure(self.fd, size, now.numbufs, now.txbufpolicy)
        self._buffers = BufferInfo(now.txbufpolicy, 0, now.numbufs, size, -1, -1)

    def _set_gains(self, argument: int | bytearray) -> None:
        self._gains = Gains(self.port.channel, *(getattr(get_structure(Gains, argument), name) for name in ("rxgain", "txgain")))
        put(argument, self._gains.pack())

    def _set_law(self, argument: int | bytearray) -> None:
        asked = get_int(argument)
        if asked not in (Law.DEFAULT, Law.MULAW, Law.ALAW):
            raise refusal(errno.EINVAL)
        self.law = Law(asked) or self._default_law
        self._wires.set_idle(self.fd, idle_octet(self.law))

    def _send_tone(self, argument: int | bytearray) -> None:
        number, self._tone = get_int(argument), None
        if number == Tone.STOP:
            return
        if self._zone is None:
            raise refusal(errno.ENODATA)
        if not self._zone.has(number):
            raise refusal(errno.ENOSYS if 0 <= number <= Tone.MOST else errno.EINVAL)
        self._wires.take_written(self.fd)
        self._tone = RunningTone(self._zone, number)

    def _no_canceller(self, argument: int | bytearray) -> None:
        get_int(argument)

    def _set_cadence(self, argument: int | bytearray) -> None:
        if argument == 0:
            self.port.set_cadence(None)
        else:
            self.port.set_cadence(get_structure(Cadence, argument).steps)

    def _phone(self) -> PhonePort:
        if not isinstance(self.port, PhonePort):
            raise refusal(errno.EINVAL)
        return self.port

    def _on_hook_transfer(self, argument: int | bytearray) -> None:
        self._phone().transfer_on_hook(get_int(argument))

    def _set_polarity(self, argument: int | bytearray) -> None:
        refused = self._phone().set_polarity(get_int(argument) != 0)
        if refused:
            raise refusal(refused)

    def _freeze(self, argument: int | bytearray) -> None:
        self.port.frozen = get_int(argument) != 0


def idle_octet(law: Law) -> int:
    """What the driver sends on a telephony channel when nothing was written."""
    return MULAW_IDLE if law == Law.MULAW else ALAW_IDLE


class PseudoNode(Node):
    """A pseudo channel: no line, but a clock of audio: a block of silence becomes readable every block's time."""

    def __init__(self, wires: Wires, fd: int, number: int) -> None:
        self.fd = fd
        self.number = number
        self._wires = wires

    def ioctl(self, code: int, argument: int | bytearray) -> int:
        if code == Ioctl.CHANNO:
            put_int(argument, self.number)
        elif code == Ioctl.GETEVENT:
            put_int(argument, self._wires.next_event(self.fd))
        elif code == Ioctl.FLUSH:
            self._wires.flush(self.fd, get_int(argument) & Flush.ALL)
        elif code == Ioctl.SET_BUFINFO:
            asked = get_structure(BufferInfo, argument)
            self._wires.configure(self.fd, asked.bufsize, asked.numbufs, asked.txbufpolicy & 3)
        elif code != Ioctl.HOOK:
            raise refusal(errno.ENOTTY)
        return 0

    def read(self, size: int) -> bytes:
        return self._wires.read(self.fd, size & 0xFFFF)

    def write(self, data: bytes) -> int:
        return self._wires.write(self.fd, data)

    def poll(self) -> int:
        return self._wires.poll(self.fd)

    def close(self) -> None:
        if self._wires.is_open(self.fd):
            self._wires.close(self.fd)

    def exchange(self) -> None:
        """Let 160 samples pass; what was written goes nowhere."""
        self._wires.exchange(self.fd, bytes([ALAW_IDLE]) * BLOCK_SAMPLES)
