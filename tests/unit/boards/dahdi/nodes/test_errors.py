"""What the driver refuses, in words."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest

from boards.dahdi.abi import (
    ChannelConfig,
    ConferenceMode,
    DynamicSpan,
    Gains,
    Ioctl,
    LineConfig,
    Maint,
    MessageLamp,
    Params,
    ToneZoneHeader,
)
from boards.dahdi.faults import DriverFault, driver_faults, text_of
from boards.dahdi.nodes import errors
from boards.dahdi.nodes.channel import ChannelNode
from boards.dahdi.nodes.control import ControlNode
from boards.dahdi.nodes.errors import DahdiError, DeviceBusy
from boards.dahdi.nodes.timer import TimerNode
from boards.dahdi.system import Holder
from engine.kernel.errors import EnvironmentFault
from tests.unit.boards.dahdi.noting_system import FD, NotingSystem, SeeingSystem

CHANNEL = 5


def refused(system: NotingSystem, call: Callable[[], object]) -> DahdiError:
    """The refusal that the call ends with."""
    with pytest.raises(DahdiError) as caught:
        call()
    del system
    return caught.value


OPENINGS: list[tuple[object, int, str, str]] = [
    ("open", errno.ENOENT, "NoSuchDevice", "load the driver of the card"),
    ("open", errno.ENXIO, "NoSuchDevice", "load the driver of the card"),
    ("open", errno.ENODEV, "CardRemoved", "load the driver of the card"),
    ("open", errno.ENOMEM, "DahdiError", "no room or no clock"),
    ("open", errno.EACCES, "NotPermitted", "dialout"),
    ("open", errno.EMFILE, "DahdiError", "LimitNOFILE"),
    ("open", errno.EBUSY, "DeviceBusy", "another program has it"),
    (Ioctl.SPECIFY, errno.ENXIO, "NoSuchDevice", "not configured: name it in /etc/dahdi/system.conf and run dahdi_cfg"),
    (Ioctl.SPECIFY, errno.EINVAL, "NotValid", "no channel of this number"),
    (Ioctl.SPECIFY, errno.EBUSY, "DeviceBusy", "another program has it"),
    (Ioctl.SPECIFY, errno.ENODEV, "CardRemoved", "removed: plug it in"),
    (Ioctl.SPECIFY, errno.ENOMEM, "DahdiError", "smaller buffers"),
]


@pytest.mark.parametrize(("call", "number", "kind", "advice"), OPENINGS)
def test_refused_opening(call: object, number: int, kind: str, advice: str) -> None:
    """Whoever cannot open a channel reads which, at which call, the driver's error and what to do; nothing stays open."""
    system = NotingSystem(refuse={call: number})
    error = refused(system, lambda: ChannelNode.open(system, CHANNEL))
    assert type(error).__name__ == kind
    assert advice in str(error)
    assert errno.errorcode[number] in str(error)
    assert (error.errno, error.number, error.name) == (number, number, errno.errorcode[number])
    assert error.device in {"/dev/dahdi/channel", f"DAHDI channel {CHANNEL}"}
    assert (("close", FD) in system.calls) == (call != "open")


CALLS: list[tuple[Ioctl, int, str, str, Callable[[ControlNode], object] | Callable[[ChannelNode], object]]] = [
    (Ioctl.SPANCONFIG, errno.EINVAL, "NotValid", "framing, coding", lambda node: node.configure_span(LineConfig(span=1))),
    (Ioctl.SPANCONFIG, errno.ENXIO, "NoSuchDevice", "no span of this number", lambda node: node.configure_span(LineConfig(span=9))),
    (Ioctl.SPANSTAT, errno.EINVAL, "NotValid", "no span of this number", lambda node: node.span(9)),
    (Ioctl.STARTUP, errno.ENXIO, "NoSuchDevice", "no span of this number", lambda node: node.start_up(9)),
    (Ioctl.MAINT, errno.ENOSYS, "NotSupported", "cannot do this maintenance", lambda node: node.maintain(1, Maint.LOOPUP)),
    (Ioctl.CHANCONFIG, errno.EINVAL, "NotValid", "cannot do this signalling", lambda node: node.configure_channel(ChannelConfig(chan=1))),
    (Ioctl.GETGAINS, errno.EINVAL, "NotValid", "does not carry audio", lambda node: node.gains(1)),
    (Ioctl.SETGAINS, errno.EINVAL, "NotValid", "does not carry audio", lambda node: node.set_gains(Gains(1))),
    (Ioctl.ATTACH_ECHOCAN, errno.EINVAL, "NotValid", "dahdi_echocan_mg2", lambda node: node.attach_echo_canceller(1, "x")),
    (Ioctl.DEFAULTZONE, errno.EINVAL, "NotValid", "load it first", lambda node: node.set_default_zone(7)),
    (Ioctl.LOADZONE, errno.EINVAL, "NotValid", "the tone zone is wrong", lambda node: node.load_zone(ToneZoneHeader(), ())),
    (
        Ioctl.DYNAMIC_CREATE,
        errno.EEXIST,
        "NotValid",
        "this address already",
        lambda node: node.create_dynamic_span(DynamicSpan("loc", "1:0", 1)),
    ),
    (Ioctl.DYNAMIC_CREATE, errno.ENOSYS, "NotSupported", "modprobe", lambda node: node.create_dynamic_span(DynamicSpan("loc", "1:0", 1))),
    (Ioctl.DYNAMIC_DESTROY, errno.EBUSY, "DeviceBusy", "close it first", lambda node: node.destroy_dynamic_span(DynamicSpan("loc", "1:0"))),
    (Ioctl.HOOK, errno.EINVAL, "NotValid", "has no hook", lambda node: node.hook_off()),
    (Ioctl.HOOK, errno.EBUSY, "DeviceBusy", "not in a state", lambda node: node.flash()),
    (Ioctl.HOOK, errno.ENODATA, "NoToneZone", "loadzone=cn", lambda node: node.ring()),
    (Ioctl.SENDTONE, errno.ENOSYS, "NotSupported", "does not have this tone", lambda node: node.send_tone(7)),
    (Ioctl.SETTONEZONE, errno.ENODATA, "NoToneZone", "load it first", lambda node: node.set_tone_zone(7)),
    (Ioctl.DIAL, errno.EBUSY, "DeviceBusy", "too many digits", lambda node: node.dial("1")),
    (Ioctl.AUDIOMODE, errno.EINVAL, "NotValid", "configured as clear", lambda node: node.set_audio(on=True)),
    (Ioctl.SETTXBITS, errno.EINVAL, "NotValid", "configured for CAS", lambda node: node.send_bits(1)),
    (Ioctl.ECHOTRAIN, errno.EINVAL, "NotValid", "no echo canceller is active", lambda node: node.echo_train(400)),
    (Ioctl.SETCONF, errno.EBUSY, "DeviceBusy", "every conference", lambda node: node.set_conference(-1, ConferenceMode.CONF)),
    (Ioctl.SETPOLARITY, errno.EINVAL, "NotValid", "polarity", lambda node: node.set_polarity(reverse=True)),
    (Ioctl.VMWI_CONFIG, errno.EINVAL, "NotValid", "a port with a telephone", lambda node: node.set_message_lamp(MessageLamp.NONE)),
    (Ioctl.TONEDETECT, errno.ENOTTY, "NotSupported", "does not know this call", lambda node: node.detect_keys(0)),
    (Ioctl.SET_PARAMS, 500, "EventWaits", "an event waits", lambda node: node.set_params(Params(channo=1))),
    (Ioctl.GETEVENT, errno.EIO, "DahdiError", "dmesg", lambda node: node.next_event()),
    (Ioctl.GETEVENT, 4242, "DahdiError", "failed with 4242", lambda node: node.next_event()),
]


@pytest.mark.parametrize(("code", "number", "kind", "advice", "call"), CALLS)
def test_refused_call(code: Ioctl, number: int, kind: str, advice: str, call: Callable[[object], object]) -> None:
    """What an error of the driver means depends on the call, and the sentence says it for this one."""
    system = NotingSystem()
    control = code.name in {"SPANCONFIG", "SPANSTAT", "STARTUP", "MAINT", "CHANCONFIG", "GETGAINS", "SETGAINS", "ATTACH_ECHOCAN"}
    control |= code.name in {"DEFAULTZONE", "LOADZONE", "DYNAMIC_CREATE", "DYNAMIC_DESTROY", "SET_PARAMS"}
    node = ControlNode.open(system) if control else ChannelNode.open(system, CHANNEL)
    system.refuse = {code: number}
    error = refused(system, lambda: call(node))
    assert type(error).__name__ == kind
    assert advice in str(error)
    assert error.call.startswith(code.name)
    assert str(error).startswith(f"{node.device}: {code.name}")


def test_work_that_goes_on_is_success() -> None:
    """Ringing and flash are answered 'in progress' by the driver, and that is no error to anybody."""
    system = NotingSystem()
    node = ChannelNode.open(system, CHANNEL)
    system.refuse = {Ioctl.HOOK: errno.EINPROGRESS}
    node.ring([1000, 4000])
    node.flash()


def test_a_node_that_cannot_be_closed() -> None:
    """A failing close is told, and the descriptor is not closed again."""
    system = NotingSystem(refuse={"close": errno.EIO})
    node = TimerNode.open(system)
    assert "close failed with EIO" in str(refused(system, node.close))
    node.close()
    assert [call[0] for call in system.calls].count("close") == 1


@pytest.mark.parametrize(
    ("seen", "sentence"),
    [
        ((Holder(77, "asterisk", "/dev/dahdi/5", False), Holder(1, "me", "/dev/dahdi/channel", True)), "asterisk (77) has it open: stop"),
        (
            (Holder(77, "asterisk", "/dev/dahdi/channel", False), Holder(78, "cat", "/dev/dahdi/channel", False)),
            "one of asterisk (77), cat (78) may",
        ),
        ((Holder(1, "me", "/dev/dahdi/5", True),), "this program has it open already: is the channel named twice?"),
        ((Holder(1, "me", "/dev/dahdi/channel", True),), "look as root: fuser -v /dev/dahdi/channel /dev/dahdi/5"),
        ((), "look as root: fuser -v"),
    ],
)
def test_who_has_a_channel(seen: tuple[Holder, ...], sentence: str) -> None:
    """Whoever finds a channel taken reads which program to stop, as far as the user may see it."""
    system = SeeingSystem(refuse={Ioctl.SPECIFY: errno.EBUSY}, seen=seen)
    error = refused(system, lambda: ChannelNode.open(system, CHANNEL))
    assert isinstance(error, DeviceBusy)
    assert sentence in str(error)
    assert error.holders == seen
    assert system.asked == [["/dev/dahdi/channel", "/dev/dahdi/5"]]


def test_a_busy_line_is_nobody_elses() -> None:
    """A flash in the wrong moment does not make the program search the machine for another user of the line."""
    system = SeeingSystem()
    node = ChannelNode.open(system, CHANNEL)
    system.refuse = {Ioctl.HOOK: errno.EBUSY}
    assert "not in a state" in str(refused(system, node.flash))
    assert system.asked == []


def test_sentences_in_another_language() -> None:
    """A program translates the sentence as a whole and its parts, and the appliance shows it like every fault of its own."""
    system = NotingSystem(refuse={"open": errno.EACCES})
    error = refused(system, lambda: TimerNode.open(system))
    words = {
        "{device}: {call} failed with {errno}: {advice}": "{device}：{call} 失败 {errno}：{advice}",
        error.advice.template: "没有权限",
    }
    assert error.sentence.render(lambda template: words[template]) == "/dev/dahdi/timer：open 失败 EACCES：没有权限"
    assert text_of(error.sentence).render(lambda template: words[template]) == error.sentence.render(lambda template: words[template])
    with pytest.raises(DriverFault, match="EACCES") as caught, driver_faults():
        TimerNode.open(system)
    assert isinstance(caught.value, EnvironmentFault)
    assert caught.value.error.number == errno.EACCES
    assert caught.value.text.in_english() == str(error)


def test_one_tree() -> None:
    """A program that catches DahdiError catches everything that the driver can refuse."""
    kinds = [getattr(errors, name) for name in errors.__all__ if name[0].isupper() and not name.isupper()]
    assert all(issubclass(kind, DahdiError) and issubclass(kind, OSError) for kind in kinds)
