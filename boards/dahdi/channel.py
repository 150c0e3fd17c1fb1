"""One analog DAHDI channel: opened, brought into our profile, and driven by named calls.

Opening a channel resets everything in it, so the whole profile is applied at every open: law, buffers, timing. The law is the card's
own: SETLAW changes what the driver takes the octets for, while the card goes on coding them as it was loaded to. A call that
the driver goes on with by itself (ringing, flash) is answered EINPROGRESS on our non-blocking descriptors; that is success.

Every failure becomes one exception, ``DahdiError``, in one function: it names the device, the call, the driver's errno and
what to do.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from types import MappingProxyType

from boards.dahdi.abi import (
    ANALOG_STATION,
    ANALOG_TRUNK,
    ELAST,
    BufferInfo,
    Cadence,
    Flush,
    Hook,
    Ioctl,
    Law,
    Params,
    Sig,
    SpanInfo,
    TransmitPolicy,
    pack_int,
    unpack_int,
)
from boards.dahdi.system import System
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import Text, text
from engine.telephony.media import Companding

__all__ = ["CHANNEL_NODE", "Channel", "DahdiError", "Profile", "Timing", "open_channel"]

CHANNEL_NODE = "/dev/dahdi/channel"

_ADVICE: Mapping[int, Text] = MappingProxyType(
    {
        errno.ENXIO: text("the channel is not configured: name it in /etc/dahdi/system.conf and run dahdi_cfg"),
        errno.EBUSY: text("another program has the channel, or the line is not in a state for this: stop the other program and try again"),
        errno.ENOENT: text("there is no such device: load the driver of the card (modprobe) and see whether it is plugged in"),
        errno.ENODATA: text("no tone zone is loaded: put loadzone=cn and defaultzone=cn into /etc/dahdi/system.conf and run dahdi_cfg"),
        errno.ENODEV: text("the card was removed: plug it in and configure it again"),
        errno.EACCES: text("no permission: add the user to the group that owns /dev/dahdi (dialout)"),
        errno.EINVAL: text(
            "the driver does not know this channel, or its signalling does not allow this: compare the site with dahdi_cfg -vv"
        ),
        errno.ENOTTY: text("the card does not know this call: use the card that the site names, or a newer driver"),
        errno.ENOSYS: text("the driver lacks this function: use a newer driver, or load the tone zone that has this tone"),
        ELAST: text("an event waits on the channel: take it first"),
    }
)
_NO_ADVICE = text("see the kernel's log (dmesg) for what the driver says")


class DahdiError(EnvironmentFault):
    """The driver refused a call. ``device`` and ``call`` say where, ``number`` and ``name`` are its errno."""

    def __init__(self, device: str, call: str, number: int) -> None:
        self.device = device
        self.call = call
        self.number = number
        self.name = "ELAST" if number == ELAST else errno.errorcode.get(number, str(number))
        super().__init__(
            text(
                "{device}: {call} failed with {errno}: {advice}",
                device=device,
                call=call,
                errno=self.name,
                advice=_ADVICE.get(number, _NO_ADVICE),
            )
        )


@contextmanager
def _told(device: str, call: str) -> Iterator[None]:
    """The one place where the driver's refusals become ``DahdiError``; work that goes on by itself is success."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EINPROGRESS:
            raise DahdiError(device, call, error.errno or 0) from error


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Timing parameters in ms; None leaves what the driver has.

    ``flashtime`` is the break that we make on an exchange line (Chinese exchanges take 90 to 200 ms for a flash and more
    for a hang-up; the driver's default of 750 is a hang-up). ``rxflashtime`` is how long a phone's loop must be open to be a
    hang-up.
    """

    prewinktime: int | None = None
    preflashtime: int | None = None
    winktime: int | None = None
    flashtime: int | None = None
    starttime: int | None = None
    rxwinktime: int | None = None
    rxflashtime: int | None = None
    debouncetime: int | None = None
    pulsebreaktime: int | None = None
    pulsemaketime: int | None = None
    pulseaftertime: int | None = None

    def applied_to(self, params: Params) -> Params:
        """``params`` with the given times."""
        given = {part.name: getattr(self, part.name) for part in fields(self)}
        return replace(params, **{name: time for name, time in given.items() if time is not None})


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a channel is brought into at every open. Block and buffers as the media pump wants them: 4 × 20 ms."""

    law: Law = Law.DEFAULT
    block_samples: int = 160
    buffers: int = 4
    policy: TransmitPolicy = TransmitPolicy.IMMEDIATE
    timing: Timing = Timing(flashtime=100, rxflashtime=800)


DEFAULT_PROFILE = Profile()


class Channel:
    """An open channel. Every call raises DahdiError when the driver refuses it.

    The descriptor may be given to the media pump, which then reads, writes, takes events and closes; hook, ringing and
    parameters remain ours for as long as it is open.
    """

    def __init__(self, system: System, number: int, fd: int) -> None:
        self.number = number
        self.fd = fd
        self.device = f"DAHDI channel {number}"
        self.sig = Sig.NONE
        self.law = Companding.A_LAW
        self._system = system

    @property
    def is_trunk(self) -> bool:
        """True for a port with an exchange line (FXS signalling)."""
        return bool(self.sig & ANALOG_TRUNK)

    @property
    def is_station(self) -> bool:
        """True for a port with a telephone (FXO signalling)."""
        return bool(self.sig & ANALOG_STATION)

    # ---- hook and ringing ----

    def hook_on(self) -> None:
        """Hang up. A phone that is still off hook gets its battery removed for 500 ms. Empties both audio directions."""
        self._set("HOOK ONHOOK", Ioctl.HOOK, Hook.ONHOOK)

    def hook_off(self) -> None:
        """Close the loop of an exchange line; on a phone's port, tell the driver that we serve the phone. EBUSY after hook_on."""
        self._set("HOOK OFFHOOK", Ioctl.HOOK, Hook.OFFHOOK)

    def ring(self, cadence: Sequence[int] | None = None) -> None:
        """Ring the phone; ``cadence`` as for ``set_cadence``, None keeps the present one. EBUSY unless on hook, ENODATA without zone."""
        if cadence is not None:
            self.set_cadence(cadence)
        self._set("HOOK RING", Ioctl.HOOK, Hook.RING)

    def ring_stop(self) -> None:
        """Stop ringing; the port is idle again."""
        self._set("HOOK RINGOFF", Ioctl.HOOK, Hook.RINGOFF)

    def flash(self) -> None:
        """Open the loop for ``flashtime``; the event HOOKCOMPLETE follows. EBUSY within the debounce time after hook_off."""
        self._set("HOOK FLASH", Ioctl.HOOK, Hook.FLASH)

    def set_polarity(self, *, reverse: bool) -> None:
        """Reverse a phone's battery, or set it right. EINVAL while ringing or without battery."""
        self._set("SETPOLARITY", Ioctl.SETPOLARITY, int(reverse))

    def onhook_transfer(self, duration_ms: int) -> None:
        """Let a phone on hook hear audio for this time, for caller id or a message lamp."""
        self._set("ONHOOKTRANSFER", Ioctl.ONHOOKTRANSFER, duration_ms)

    def set_cadence(self, cadence: Sequence[int] | None) -> None:
        """Ring cadence: ms on, off, on, off … (≤ 16); a negative on-time marks where it repeats. None: the zone's."""
        self._ask("SETCADENCE", Ioctl.SETCADENCE, 0 if cadence is None else Cadence.of(cadence).pack())

    # ---- parameters ----

    def params(self) -> Params:
        """The channel's state and timing."""
        argument = Params(channo=self.number).pack()
        self._ask("GET_PARAMS", Ioctl.GET_PARAMS, argument)
        return Params.unpack(argument)

    def set_params(self, timing: Timing) -> Params:
        """Change timing; what is None stays. Returns what was set."""
        # The driver takes all eleven times at once, so the others are sent back as they are.
        changed = timing.applied_to(self.params())
        self._ask("SET_PARAMS", Ioctl.SET_PARAMS, changed.pack())
        return changed

    def set_buffers(self, block_samples: int, buffers: int, policy: TransmitPolicy) -> None:
        """Set the driver's buffers; empties both directions."""
        self._ask("SET_BUFINFO", Ioctl.SET_BUFINFO, BufferInfo(policy, 0, buffers, block_samples).pack())

    def set_law(self, law: Law) -> None:
        """Set the companding law until the channel is closed."""
        self._set("SETLAW", Ioctl.SETLAW, law)

    def echo_cancel(self, taps: int) -> None:
        """Echo canceller on with 32, 64 … 1024 taps (8 per ms), or off with 0. Does nothing where none is attached."""
        self._set("ECHOCANCEL", Ioctl.ECHOCANCEL, taps)

    # ---- audio and events ----

    def flush(self, what: Flush) -> None:
        """Forget received audio, audio waiting to be sent, or events."""
        self._set("FLUSH", Ioctl.FLUSH, what)

    def next_event(self) -> int:
        """Take the oldest event (``abi.Event``, or a key: ``abi.pulse_digit``); 0 when there is none."""
        argument = pack_int(0)
        self._ask("GETEVENT", Ioctl.GETEVENT, argument)
        return unpack_int(argument)

    def span_info(self) -> SpanInfo:
        """The span that the channel belongs to."""
        argument = SpanInfo().pack()
        self._ask("SPANSTAT", Ioctl.SPANSTAT, argument)
        return SpanInfo.unpack(argument)

    def close(self) -> None:
        """Close the channel and so hang up; only while the descriptor is ours. Twice does nothing."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            with _told(self.device, "close"):
                self._system.close(fd)

    # ---- within ----

    def bring_into(self, profile: Profile) -> None:
        """Become the channel of our number and take the profile. Called once, by ``open_channel``."""
        self._set("SPECIFY", Ioctl.SPECIFY, self.number)
        self.set_law(profile.law)
        self.set_buffers(profile.block_samples, profile.buffers, profile.policy)
        state = self.set_params(profile.timing)
        self.sig = Sig(state.sigtype)
        self.law = Companding.MU_LAW if state.curlaw == Law.MULAW else Companding.A_LAW

    def _set(self, call: str, code: Ioctl, value: int) -> None:
        self._ask(call, code, pack_int(value))

    def _ask(self, call: str, code: Ioctl, argument: int | bytearray) -> None:
        with _told(self.device, call):
            self._system.ioctl(self.fd, code, argument)


def open_channel(system: System, number: int, profile: Profile = DEFAULT_PROFILE) -> Channel:
    """Open DAHDI channel ``number`` (1…1024) for ourselves alone and apply ``profile``.

    Raises DahdiError: ENOENT no driver, EINVAL no such channel, ENXIO not configured, EBUSY taken by another program. Nothing
    stays open then.
    """
    with _told(CHANNEL_NODE, "open"):
        fd = system.open(CHANNEL_NODE, os.O_RDWR | os.O_NONBLOCK)
    channel = Channel(system, number, fd)
    try:
        channel.bring_into(profile)
    except DahdiError:
        channel.close()
        raise
    return channel
