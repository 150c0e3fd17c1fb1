"""An open channel's ioctls: three tables, for every channel, for those with a line, and for those on an analog card."""

from __future__ import annotations

import errno
import select
from collections.abc import Callable

from boards.dahdi.abi import (
    PRETRAINING_MOST_MS,
    Alarm,
    BufferInfo,
    Cadence,
    ConferenceInfo,
    DialOperation,
    EchoCancelParams,
    Event,
    Gains,
    Ioctl,
    Law,
    Params,
    Sig,
    SpanInfo,
)
from hwsim.analog_port import AnalogPort, PhonePort
from hwsim.bit_port import BitPort
from hwsim.channel_audio import ChannelAudio
from hwsim.driver_channel import DriverChannel
from hwsim.driver_memory import Node, get_int, get_structure, put, put_int, refusal
from hwsim.driver_state import DriverState
from hwsim.hook_machine import HookPort
from hwsim.span_memory import put_old_span_info

__all__ = ["ChannelNode", "get_gains", "set_gains"]

GONE = select.POLLIN | select.POLLOUT | select.POLLERR
"""What poll shows of a channel whose card is gone: the driver returns an error where bits belong, and these are its bits."""
CANCELLER_PARAMS_MOST = 8
PRETRAINING_LEAST_MS = 0
TAPS = (32, 64, 128, 256, 512, 1024)
TAPS_BY_DEFAULT = 64
IOMUX_READ, IOMUX_WRITE, IOMUX_WRITE_EMPTY, IOMUX_EVENT, IOMUX_NO_WAIT = 1, 2, 4, 8, 0x100
LAMP_REVERSAL, LAMP_VOLTAGES = 1, 2 | 4
Call = Callable[[int | bytearray], None]


class ChannelNode(Node):
    """A channel between opening and closing."""

    def __init__(self, state: DriverState, channel: DriverChannel, audio: ChannelAudio) -> None:
        self.channel = channel
        self.audio = audio
        self.gone = False
        self._state = state
        self._lamp = 0
        self._calls: dict[int, Call] = self._calls_of_all()
        if channel.port is not None:
            self._calls |= self._calls_of_lines()
        if isinstance(channel.port, AnalogPort):
            self._calls |= self._calls_of_cards()

    @property
    def fd(self) -> int:
        """Its descriptor, which is a wire's."""
        return self.audio.fd

    def _calls_of_all(self) -> dict[int, Call]:
        audio, tones, state = self.audio, self.audio.tones, self._state
        return {
            Ioctl.GET_BLOCKSIZE: lambda argument: put_int(argument, audio.buffers.bufsize),
            Ioctl.SET_BLOCKSIZE: self._set_blocksize,
            Ioctl.FLUSH: lambda argument: audio.flush(get_int(argument)),
            Ioctl.SYNC: lambda _argument: None,
            Ioctl.IOMUX: self._iomux,
            Ioctl.GET_BUFINFO: lambda argument: put(argument, audio.buffers.pack()),
            Ioctl.SET_BUFINFO: lambda argument: audio.configure(get_structure(BufferInfo, argument)),
            Ioctl.GETEVENT: lambda argument: put_int(argument, audio.wires.next_event(self.fd)),
            Ioctl.GET_PARAMS: self._get_params,
            Ioctl.GET_PARAMS_V1: self._get_params,
            Ioctl.SET_PARAMS: lambda argument: state.set_times(self.channel, get_structure(Params, argument)),
            Ioctl.SPANSTAT: lambda argument: put(argument, self._span_info(get_structure(SpanInfo, argument).spanno).pack()),
            Ioctl.SPANSTAT_V1: lambda argument: put_old_span_info(argument, self._span_info),
            Ioctl.GETGAINS: lambda argument: get_gains(state, argument, self.channel),
            Ioctl.GETGAINS_V1: lambda argument: get_gains(state, argument, self.channel),
            Ioctl.SETGAINS: lambda argument: set_gains(state, argument, self.channel),
            Ioctl.GETCONF: self._get_conference,
            Ioctl.SETCONF: self._set_conference,
            Ioctl.CONFMUTE: self._mute,
            Ioctl.GETCONFMUTE: lambda argument: put_int(argument, int(self._in_audio_mode().muted)),
            Ioctl.SENDTONE: lambda argument: self._sound(lambda: tones.send(get_int(argument))),
            Ioctl.DIAL: lambda argument: self._sound(lambda: tones.dial(get_structure(DialOperation, argument))),
            Ioctl.DIALING: lambda argument: put_int(argument, int(tones.dialing)),
            Ioctl.GETTONEZONE: lambda argument: put_int(argument, tones.zone.zone.number if tones.zone else 0),
            Ioctl.SETTONEZONE: self._set_zone,
            Ioctl.CHANNO: lambda argument: put_int(argument, self.channel.number),
            Ioctl.SETLAW: self._set_law,
            Ioctl.SETLINEAR: self._set_linear,
            Ioctl.SETCADENCE: self._set_cadence,
        }

    def _calls_of_lines(self) -> dict[int, Call]:
        return {
            Ioctl.HOOK: self._hook,
            Ioctl.SETSIGFREEZE: self._freeze,
            Ioctl.GETSIGFREEZE: lambda argument: put_int(argument, int(self._port.frozen)),
            Ioctl.SETTXBITS: self._set_bits,
            Ioctl.GETRXBITS: self._get_bits,
            Ioctl.AUDIOMODE: self._audio_mode,
            Ioctl.HDLCRAWMODE: lambda argument: self._hdlc_mode(argument, checked=False),
            Ioctl.HDLCFCSMODE: lambda argument: self._hdlc_mode(argument, checked=True),
            Ioctl.HDLC_RATE: self._hdlc_rate,
            Ioctl.ECHOCANCEL: lambda argument: self._cancel_echo(get_int(argument), 0),
            Ioctl.ECHOCANCEL_PARAMS: self._cancel_echo_with,
            Ioctl.ECHOTRAIN: self._train_canceller,
            Ioctl.ECHOCANCEL_FAX_MODE: self._fax_mode,
            Ioctl.LOOPBACK: self._loop,
            Ioctl.BUFFER_EVENTS: self._tell_buffers,
        }

    def _calls_of_cards(self) -> dict[int, Call]:
        return {
            Ioctl.ONHOOKTRANSFER: lambda argument: self._phone().transfer_on_hook(get_int(argument)),
            Ioctl.SETPOLARITY: self._set_polarity,
            Ioctl.VMWI_CONFIG: self._configure_lamp,
            Ioctl.VMWI: self._set_lamp,
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
        self._refuse_when_gone()
        return self.audio.read(size)

    def write(self, data: bytes) -> int:
        self._refuse_when_gone()
        return self.audio.write(data)

    def _refuse_when_gone(self) -> None:
        if self.gone:
            raise refusal(errno.ENODEV)

    def poll(self) -> int:
        return GONE if self.gone else self.audio.poll()

    def close(self) -> None:
        if self.audio.wires.is_open(self.fd):
            self.audio.wires.close(self.fd)

    def unplug(self) -> None:
        """The channel is not the driver's any more: nothing works."""
        self.gone = True
        self.audio.wires.unplug(self.fd)

    # ---- what every channel does ----

    def _span_info(self, number: int) -> SpanInfo:
        return self._state.span_info(number, self.channel)

    def _get_params(self, argument: int | bytearray) -> None:
        put(argument, self._state.describe(self.channel, get_structure(Params, argument)).pack())

    def _set_blocksize(self, argument: int | bytearray) -> None:
        now = self.audio.buffers
        self.audio.configure(BufferInfo(now.txbufpolicy, 0, now.numbufs, get_int(argument)))

    def _iomux(self, argument: int | bytearray) -> None:
        wanted = get_int(argument)
        if not wanted:
            raise refusal(errno.EINVAL)
        ready = self.audio.poll()
        found = (IOMUX_READ if ready & select.POLLIN else 0) | (IOMUX_WRITE if ready & select.POLLOUT else 0)
        found |= IOMUX_EVENT if ready & select.POLLPRI else 0
        if wanted & IOMUX_WRITE_EMPTY and self.audio.start_sending():
            found |= IOMUX_WRITE_EMPTY
        found &= wanted
        if not found and not wanted & IOMUX_NO_WAIT:
            # The driver would keep the caller waiting: see the README.
            raise refusal(errno.EAGAIN)
        put_int(argument, found)

    def _in_audio_mode(self) -> ChannelAudio:
        if not self.channel.audio:
            raise refusal(errno.EINVAL)
        return self.audio

    def _get_conference(self, argument: int | bytearray) -> None:
        asked = get_structure(ConferenceInfo, argument)
        channel = self._state.channel(asked.chan) if asked.chan else self.channel
        put(argument, self._state.seated(channel).pack())

    def _set_conference(self, argument: int | bytearray) -> None:
        asked = get_structure(ConferenceInfo, argument)
        channel = self._state.channel(asked.chan) if asked.chan else self.channel
        put(argument, self._state.seat(asked, channel).pack())

    def _mute(self, argument: int | bytearray) -> None:
        self._in_audio_mode().muted = get_int(argument) != 0

    def _sound(self, begin: Callable[[], None]) -> None:
        """A sound begins: only what is written from now on ends it."""
        self.audio.wires.take_written(self.audio.fd)
        begin()

    def _set_zone(self, argument: int | bytearray) -> None:
        tones = self.audio.tones
        tones.set_zone(get_int(argument))
        if self.channel.port is not None and tones.zone is not None:
            self.channel.port.zone_cadence = tones.zone.zone.cadence
            self.channel.port.set_cadence(None)

    def _set_law(self, argument: int | bytearray) -> None:
        asked = get_int(argument)
        if asked not in (Law.DEFAULT, Law.MULAW, Law.ALAW):
            raise refusal(errno.EINVAL)
        self.channel.set_law(Law(asked))
        self.audio.idle_changed()

    def _set_linear(self, argument: int | bytearray) -> None:
        self._in_audio_mode().linear = get_int(argument) != 0

    def _set_cadence(self, argument: int | bytearray) -> None:
        steps = None if argument == 0 else get_structure(Cadence, argument).steps
        if self.channel.port is not None:
            self.channel.port.set_cadence(steps)

    # ---- what channels with a line do ----

    @property
    def _port(self) -> HookPort:
        assert self.channel.port is not None
        return self.channel.port

    def _hook(self, argument: int | bytearray) -> None:
        self.audio.tones.cancel()
        refused = self._port.hook(get_int(argument))
        if refused:
            raise refusal(refused)

    def _freeze(self, argument: int | bytearray) -> None:
        frozen = get_int(argument) != 0
        if isinstance(self._port, BitPort):
            self._port.freeze(frozen)
        else:
            self._port.frozen = frozen

    def _set_bits(self, argument: int | bytearray) -> None:
        refused = self._port.set_bits(get_int(argument)) if isinstance(self._port, BitPort) else errno.EINVAL
        if refused:
            raise refusal(refused)

    def _get_bits(self, argument: int | bytearray) -> None:
        put_int(argument, self._port.received_bits if isinstance(self._port, BitPort) else 0)

    def _clear_channel(self) -> DriverChannel:
        if self.channel.sig != Sig.CLEAR:
            raise refusal(errno.EINVAL)
        return self.channel

    def _audio_mode(self, argument: int | bytearray) -> None:
        channel = self._clear_channel()
        channel.audio = get_int(argument) != 0
        if channel.audio:
            channel.hdlc = channel.checked = False
        else:
            self.audio.leave_audio_mode()
        self.audio.mode_changed()

    def _hdlc_mode(self, argument: int | bytearray, *, checked: bool) -> None:
        channel = self._clear_channel()
        channel.audio = False
        channel.hdlc = get_int(argument) != 0
        channel.checked = channel.hdlc and checked
        self.audio.mode_changed()

    def _hdlc_rate(self, argument: int | bytearray) -> None:
        self.channel.seven_bits = get_int(argument) == 56
        self.audio.mode_changed()

    def _cancel_echo(self, taps: int, params: int) -> None:
        audio = self._in_audio_mode()
        if params > CANCELLER_PARAMS_MOST:
            raise refusal(errno.E2BIG)
        if not taps or not self.channel.canceller:
            audio.canceller_taps = 0
        elif params:
            # What parameters a canceller has is its own affair; the simulated ones have none.
            raise refusal(errno.EINVAL)
        else:
            audio.canceller_taps = taps if taps in TAPS else TAPS_BY_DEFAULT

    def _cancel_echo_with(self, argument: int | bytearray) -> None:
        self._in_audio_mode()
        asked = get_structure(EchoCancelParams, argument)
        self._cancel_echo(asked.tap_length, asked.param_count)

    def _train_canceller(self, argument: int | bytearray) -> None:
        if not PRETRAINING_LEAST_MS <= get_int(argument) <= PRETRAINING_MOST_MS or not self.audio.canceller_taps:
            raise refusal(errno.EINVAL)

    def _fax_mode(self, argument: int | bytearray) -> None:
        if not self.audio.canceller_taps:
            raise refusal(errno.EINVAL)
        get_int(argument)

    def _loop(self, argument: int | bytearray) -> None:
        self.audio.looped = get_int(argument) != 0

    def _tell_buffers(self, argument: int | bytearray) -> None:
        self.channel.buffer_events = get_int(argument) != 0

    # ---- what an analog card's channels do ----

    def _phone(self) -> PhonePort:
        if not isinstance(self.channel.port, PhonePort):
            raise refusal(errno.EINVAL)
        return self.channel.port

    def _set_polarity(self, argument: int | bytearray) -> None:
        refused = self._phone().set_polarity(get_int(argument) != 0)
        if refused:
            raise refusal(refused)

    def _configure_lamp(self, argument: int | bytearray) -> None:
        self._phone()
        self._lamp = get_int(argument)

    def _set_lamp(self, argument: int | bytearray) -> None:
        phone, waiting = self._phone(), get_int(argument) > 0
        if self._lamp & LAMP_VOLTAGES:
            phone.set_lamp(waiting)
        if self._lamp & LAMP_REVERSAL and phone.alarms == Alarm.NONE:
            phone.set_polarity(waiting)


def get_gains(state: DriverState, argument: int | bytearray, own: DriverChannel | None) -> None:
    """GETGAINS, of the channel that is named or of the own one. EINVAL for none, and out of audio mode."""
    channel = _channel_of(state, get_structure(Gains, argument).chan, own)
    gains = Gains() if channel.opened is None else channel.opened.gains
    put(argument, Gains(channel.number, gains.rxgain, gains.txgain).pack())


def set_gains(state: DriverState, argument: int | bytearray, own: DriverChannel | None) -> None:
    """SETGAINS, the same way. Gains of a closed channel are forgotten when it is opened."""
    asked = get_structure(Gains, argument)
    channel = _channel_of(state, asked.chan, own)
    set_to = Gains(channel.number, asked.rxgain, asked.txgain)
    if channel.opened is not None:
        channel.opened.gains = set_to
    put(argument, set_to.pack())


def _channel_of(state: DriverState, number: int, own: DriverChannel | None) -> DriverChannel:
    channel = state.channel(number) if number else own
    if channel is None or not channel.audio:
        raise refusal(errno.EINVAL)
    return channel
