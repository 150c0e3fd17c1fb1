"""What the driver refuses, as one tree of exceptions that say where, what and what to do.

    DahdiError                any refusal; an OSError with the driver's errno
    ├── NoSuchDevice          no such node, span or channel, or the channel is not configured
    ├── DeviceBusy            somebody else has it, or the line is not in a state for the call
    ├── NotPermitted          the user may not open the node
    ├── NoToneZone            the driver has no tone zone
    ├── NotSupported          this card or this driver cannot do it
    ├── CardRemoved           the card was pulled out
    ├── EventWaits            an event must be taken first
    ├── NotValid              the driver takes the call for wrong: what that means is said for each call
    │   └── OutOfRange        a value was refused here, before the driver saw it; a ValueError too
    └── WrongDriver           a driver of another release, with other structures

Every sentence is a template in English with named places and the values for them, so a program that speaks other languages can
translate it: ``error.sentence.render(gettext)``. The templates are marked with ``_`` for the tools that collect them.

This module imports nothing but the driver's numbers.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from boards.dahdi.abi import ELAST, Ioctl
from boards.dahdi.holders import Holder
from boards.dahdi.nodes.sentences import Message
from boards.dahdi.nodes.sentences import marked as _

__all__ = [
    "OPENING",
    "CardRemoved",
    "DahdiError",
    "DeviceBusy",
    "EventWaits",
    "NoSuchDevice",
    "NoToneZone",
    "NotPermitted",
    "NotSupported",
    "NotValid",
    "OutOfRange",
    "WrongDriver",
    "refusal",
]


class DahdiError(OSError):
    """The driver refused a call.

    ``device`` and ``call`` say where; ``errno`` (also ``number``) and ``name`` are the driver's errno; ``sentence`` says all of it and what
    to do. Raised as it is for an errno that means nothing particular.
    """

    def __init__(self, device: str, call: str, number: int, advice: Message) -> None:
        super().__init__(number, os.strerror(number))
        self.device = device
        self.call = call
        self.number = number
        self.name = "ELAST" if number == ELAST else errno.errorcode.get(number, str(number))
        self.advice = advice
        self.sentence = self._said()

    def _said(self) -> Message:
        values = {"device": self.device, "call": self.call, "errno": self.name, "advice": self.advice}
        return Message(_("{device}: {call} failed with {errno}: {advice}"), values)

    def __str__(self) -> str:
        return self.sentence.render()


class NoSuchDevice(DahdiError):
    """There is no such node, span or channel, or the channel is not configured."""


class DeviceBusy(DahdiError):
    """Somebody else has it, or the line is not in a state for the call. ``holders`` are the programs seen with the node open."""

    holders: tuple[Holder, ...] = ()


class NotPermitted(DahdiError):
    """The user may not open the node."""


class NoToneZone(DahdiError):
    """The driver has no tone zone, or not the one that was named."""


class NotSupported(DahdiError):
    """The card or the driver cannot do it."""


class CardRemoved(DahdiError):
    """The card was pulled out of the running machine."""


class EventWaits(DahdiError):
    """Reading and writing go on when the waiting events were taken. No fault."""


class NotValid(DahdiError):
    """The driver takes the call for wrong."""


class OutOfRange(NotValid, ValueError):
    """A value that the driver would refuse, or take for another one. The driver was not asked."""

    def __init__(self, device: str, call: str, reason: Message) -> None:
        super().__init__(device, call, errno.EINVAL, reason)

    def _said(self) -> Message:
        return Message(_("{device}: {call}: {reason}"), {"device": self.device, "call": self.call, "reason": self.advice})


class WrongDriver(DahdiError):
    """The driver has other structures than these: whatever it would answer could not be read."""


OPENING = -1
"""In place of an ioctl's number: the node was being opened."""

_KINDS: Mapping[int, type[DahdiError]] = MappingProxyType(
    {
        errno.ENOENT: NoSuchDevice,
        errno.ENXIO: NoSuchDevice,
        errno.EBUSY: DeviceBusy,
        errno.EACCES: NotPermitted,
        errno.EPERM: NotPermitted,
        errno.ENODATA: NoToneZone,
        errno.ENOTTY: NotSupported,
        errno.ENOSYS: NotSupported,
        errno.ENODEV: CardRemoved,
        ELAST: EventWaits,
        errno.EINVAL: NotValid,
        errno.E2BIG: NotValid,
        errno.EEXIST: NotValid,
    }
)

_PERMISSION = _("no permission: add the user to the group that owns /dev/dahdi (ls -ld /dev/dahdi tells which; dialout in Debian)")
_NO_CALL = _("the card does not know this call: use a card that does, or a newer driver")

_NO_DEVICE = _("there is no such device: load the driver of the card (modprobe) and see whether it is plugged in")

_ADVICE: Mapping[int, str] = MappingProxyType(
    {
        errno.ENXIO: _("the channel is not configured: name it in /etc/dahdi/system.conf and run dahdi_cfg"),
        errno.EBUSY: _("the line is not in a state for this: try again when it is idle"),
        errno.ENOENT: _NO_DEVICE,
        errno.ENODATA: _("no tone zone is loaded: put loadzone=cn and defaultzone=cn into /etc/dahdi/system.conf and run dahdi_cfg"),
        errno.ENODEV: _("the card was removed: plug it in and configure it again"),
        errno.EACCES: _PERMISSION,
        errno.EPERM: _PERMISSION,
        errno.EINVAL: _("the driver takes this for wrong: compare the channel's signalling (dahdi_cfg -vv) with what is asked of it"),
        errno.ENOTTY: _NO_CALL,
        errno.ENOSYS: _("the driver lacks this function: use a newer driver, or a card that has it"),
        errno.ENOMEM: _("the kernel has no memory for it: use smaller buffers, or see what else fills the memory"),
        errno.EMFILE: _("this program has too many files open: raise its limit (LimitNOFILE)"),
        errno.ENFILE: _("the machine has too many files open: raise its limit (fs.file-max)"),
        ELAST: _("an event waits on the channel: take it first"),
    }
)
_NO_ADVICE = _("see the kernel's log (dmesg) for what the driver says")

_ELSEWHERE = _("another program has it, or it is part of a network interface: stop that program and try again")
_NO_CHANNEL = _("the driver has no channel of this number: see which there are with dahdi_cfg -vv")
_NO_SPAN = _("the driver has no span of this number: see which there are with dahdi_scan")
_NO_AUDIO = _("there is no such channel, or it does not carry audio: switch a clear channel to audio first")
_NOT_CLEAR = _("only a channel that is configured as clear (bchan=, clear=) can do this")
_NO_CANCELLER = _("no echo canceller is active on the channel: attach one (echocanceller=) and switch it on first")
_NOT_A_PHONE = _("only a port with a telephone (fxoks=, fxols=, fxogs=) can do this")

_CALL_ADVICE: Mapping[tuple[int, int], str] = MappingProxyType(
    {
        (OPENING, errno.EBUSY): _ELSEWHERE,
        (OPENING, errno.ENXIO): _NO_DEVICE,
        (OPENING, errno.ENODEV): _NO_DEVICE,
        (OPENING, errno.ENOMEM): _(
            "the driver has no room or no clock for another one: see how many are open, and whether there is a card"
        ),
        (Ioctl.SPECIFY, errno.EBUSY): _ELSEWHERE,
        (Ioctl.SPECIFY, errno.EINVAL): _NO_CHANNEL,
        (Ioctl.GET_PARAMS, errno.EINVAL): _NO_CHANNEL,
        (Ioctl.SET_PARAMS, errno.EINVAL): _NO_CHANNEL,
        (Ioctl.SPANSTAT, errno.EINVAL): _NO_SPAN,
        (Ioctl.SPANCONFIG, errno.ENXIO): _NO_SPAN,
        (Ioctl.SPANCONFIG, errno.EINVAL): _(
            "the card cannot do this framing, coding or line build-out: compare it with the card's kind of line"
        ),
        (Ioctl.STARTUP, errno.ENXIO): _NO_SPAN,
        (Ioctl.SHUTDOWN, errno.ENXIO): _NO_SPAN,
        (Ioctl.MAINT, errno.EINVAL): _NO_SPAN,
        (Ioctl.MAINT, errno.ENOSYS): _("the card cannot do this maintenance on this kind of line"),
        (Ioctl.CHANCONFIG, errno.EINVAL): _(
            "there is no such channel or master channel, or its card cannot do this signalling: compare it with the framing of the span"
        ),
        (Ioctl.CHANCONFIG, errno.EBUSY): _("the channel is a network interface that is up: take it down first (ip link set … down)"),
        (Ioctl.CHANCONFIG, errno.ENOSYS): _("the driver was built without network interfaces (nethdlc=)"),
        (Ioctl.ATTACH_ECHOCAN, errno.EINVAL): _(
            "there is no such channel or no such echo canceller: load its module (modprobe dahdi_echocan_mg2, dahdi_echocan_oslec)"
        ),
        (Ioctl.DEFAULTZONE, errno.EINVAL): _("no tone zone of this number is loaded: load it first"),
        (Ioctl.SETTONEZONE, errno.ENODATA): _("no tone zone of this number is loaded: load it first"),
        (Ioctl.LOADZONE, errno.EINVAL): _("the tone zone is wrong: its number, or a tone or the next of a tone that there is not"),
        (Ioctl.SENDTONE, errno.ENOSYS): _("the channel's tone zone does not have this tone: load one that has it"),
        (Ioctl.SENDTONE, errno.EINVAL): _("there is no tone of this number"),
        (Ioctl.DIAL, errno.EBUSY): _("too many digits wait to be dialled already: wait until dialling is complete"),
        (Ioctl.DYNAMIC_CREATE, errno.EINVAL): _(
            "the driver knows no such transport, or takes the address or the number of channels for wrong: load its module (dahdi_dynamic_loc, dahdi_dynamic_eth)"
        ),
        (Ioctl.DYNAMIC_CREATE, errno.EEXIST): _("there is a dynamic span with this address already"),
        (Ioctl.DYNAMIC_CREATE, errno.ENOSYS): _("dynamic spans are not loaded: modprobe dahdi_dynamic"),
        (Ioctl.DYNAMIC_DESTROY, errno.EINVAL): _("there is no dynamic span with this address"),
        (Ioctl.DYNAMIC_DESTROY, errno.EBUSY): _("a channel of the dynamic span is open: close it first"),
        (Ioctl.DYNAMIC_DESTROY, errno.ENOSYS): _("dynamic spans are not loaded: modprobe dahdi_dynamic"),
        (Ioctl.HOOK, errno.EINVAL): _("a clear or CAS channel has no hook: send bits or messages instead"),
        (Ioctl.AUDIOMODE, errno.EINVAL): _NOT_CLEAR,
        (Ioctl.HDLCRAWMODE, errno.EINVAL): _NOT_CLEAR,
        (Ioctl.HDLCFCSMODE, errno.EINVAL): _NOT_CLEAR,
        (Ioctl.SETTXBITS, errno.EINVAL): _("only a channel that is configured for CAS (cas=) can send bits"),
        (Ioctl.ECHOCANCEL, errno.EINVAL): _NO_AUDIO,
        (Ioctl.ECHOCANCEL_PARAMS, errno.EINVAL): _(
            "the channel does not carry audio, or the echo canceller does not take these parameters"
        ),
        (Ioctl.ECHOTRAIN, errno.EINVAL): _NO_CANCELLER,
        (Ioctl.ECHOCANCEL_FAX_MODE, errno.EINVAL): _NO_CANCELLER,
        (Ioctl.GETGAINS, errno.EINVAL): _NO_AUDIO,
        (Ioctl.SETGAINS, errno.EINVAL): _NO_AUDIO,
        (Ioctl.SETLINEAR, errno.EINVAL): _NO_AUDIO,
        (Ioctl.CONFMUTE, errno.EINVAL): _NO_AUDIO,
        (Ioctl.GETCONFMUTE, errno.EINVAL): _NO_AUDIO,
        (Ioctl.GETCONF, errno.EINVAL): _NO_AUDIO,
        (Ioctl.SETCONF, errno.EINVAL): _(
            "there is no such channel or conference, the channel does not carry audio, or mode and conference do not fit: mode 0 goes with conference 0"
        ),
        (Ioctl.SETCONF, errno.EBUSY): _("every conference of the driver is taken"),
        (Ioctl.SETPOLARITY, errno.EINVAL): _(
            "only a port with a telephone has a polarity to set, and not while it rings or is without battery"
        ),
        (Ioctl.ONHOOKTRANSFER, errno.EINVAL): _NOT_A_PHONE,
        (Ioctl.VMWI, errno.EINVAL): _NOT_A_PHONE,
        (Ioctl.VMWI_CONFIG, errno.EINVAL): _NOT_A_PHONE,
    }
)

_HELD = _("{holders} has it open: stop that program, or leave the channel to it")
_MAY_BE_HELD = _("one of {holders} may have it: stop that program, or leave the channel to it")
_HELD_HERE = _("this program has it open already: is the channel named twice?")
_HOLDER_UNSEEN = _(
    "no other program is seen to have it: this one may (is the channel named twice?), another user's (look as root: fuser -v {nodes}), or a network interface"
)


def _who_has_it(holders: Sequence[Holder], nodes: Sequence[str]) -> Message:
    # The first node serves every channel, ours too: who has only that one open may have another channel.
    sure = [holder for holder in holders if holder.node != nodes[0]]
    others = [holder for holder in sure or holders if not holder.ourselves]
    if others:
        named = ", ".join(dict.fromkeys(f"{holder.program} ({holder.process})" for holder in others))
        return Message(_HELD if sure else _MAY_BE_HELD, {"holders": named})
    return Message(_HELD_HERE) if sure else Message(_HOLDER_UNSEEN, {"nodes": " ".join(nodes)})


def refusal(
    device: str, call: str, code: int, number: int, holders: Sequence[Holder] | None = None, nodes: Sequence[str] = ()
) -> DahdiError:
    """The exception for an errno of the driver.

    ``code`` is the ioctl, OPENING, or 0 for other calls. ``holders`` are the programs with one of ``nodes`` open, when somebody has looked: the first
    of ``nodes`` is the one that every channel can be opened by, so who has only that one open may have another channel.
    """
    advice = Message(_CALL_ADVICE.get((code, number)) or _ADVICE.get(number, _NO_ADVICE))
    if number == errno.EBUSY and holders is not None:
        advice = _who_has_it(holders, nodes)
    error = _KINDS.get(number, DahdiError)(device, call, number, advice)
    if isinstance(error, DeviceBusy):
        error.holders = tuple(holders or ())
    return error
