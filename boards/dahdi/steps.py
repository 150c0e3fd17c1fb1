"""Steps of configuration in words, and performed on the driver: each by one function."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence

from boards.dahdi.abi import ChannelConfig, DialParams, DynamicSpan, Law, LineConfig, LineConfigBit, Sig
from boards.dahdi.configuration import (
    Assign,
    AttachCanceller,
    ConfigureChannel,
    ConfigureSpan,
    CreateDynamic,
    DefaultZone,
    LoadZone,
    SetKind,
    StartSpan,
    Step,
    Unassign,
)
from boards.dahdi.nodes.channel import ChannelNode
from boards.dahdi.nodes.control import ControlNode
from boards.dahdi.nodes.errors import DahdiError
from boards.dahdi.sysfs import DeviceTree, assign_span, set_span_type, unassign_span
from boards.dahdi.system import System
from boards.dahdi.wanted import SIGS
from boards.dahdi.zones import DIAL_TIMES_MS, ZONE_NUMBERS, zone_header, zone_tones
from engine.kernel.text import Text, text
from engine.settings.spans import places_shown

__all__ = ["perform", "told", "told_together"]

NAME_OCTETS = 19
"""Of a span's name that the driver keeps."""
SIG_NAMES = {sig: name for name, sig in reversed(list(SIGS.items()))} | {Sig.SLAVE: "slave"}
LAW_NAMES = {Law.ALAW: "alaw", Law.MULAW: "mulaw"}


def perform(step: Step, system: System, control: ControlNode, tree: DeviceTree) -> None:
    """Do it. Raises DahdiError for a refused call of the driver, another OSError for a refused file of sysfs."""
    match step:
        case CreateDynamic(driver, address, channels, timing):
            control.create_dynamic_span(DynamicSpan(driver, address, channels, timing))
        case Unassign(device, local):
            unassign_span(tree, device, local)
        case SetKind(device, local, kind):
            set_span_type(tree, device, local, kind)
        case Assign(device, local, number, first):
            assign_span(tree, device, local, number, first)
        case ConfigureSpan():
            name = step.name.encode()[:NAME_OCTETS].decode(errors="ignore")
            control.configure_span(LineConfig(step.number, name, step.build_out, step.line, step.timing))
        case ConfigureChannel():
            _configure(step, system, control)
        case AttachCanceller(number, name):
            control.attach_echo_canceller(number, name)
        case StartSpan(number):
            control.start_up(number)
        case LoadZone(zone):
            control.free_zone(ZONE_NUMBERS[zone])
            control.load_zone(zone_header(zone), zone_tones(zone))
            control.set_dial_params(DialParams(*DIAL_TIMES_MS))
        case DefaultZone(zone):
            control.set_default_zone(ZONE_NUMBERS[zone])


def _configure(step: ConfigureChannel, system: System, control: ControlNode) -> None:
    config = ChannelConfig(step.number, "", step.sig, step.law, step.master, step.idle_bits)
    control.configure_channel(config)
    if step.law != Law.DEFAULT and step.sig not in (Sig.NONE, Sig.SLAVE):
        # A channel takes its law when it is opened: until then the driver says the old one to whoever asks.
        try:
            ChannelNode.open(system, step.number).close()
        except DahdiError as error:
            if error.errno != errno.EBUSY:
                raise


# ---- in words -----------------------------------------------------------------------------------------------------------


def told_together(steps: Iterable[Step]) -> tuple[Text, ...]:
    """What the steps do, channels that are made alike in one sentence."""
    said: list[Text] = []
    channels: dict[tuple[Sig, Law, int], list[int]] = {}
    cancellers: dict[str, list[int]] = {}
    for step in steps:
        match step:
            case ConfigureChannel(number, sig, law, _, idle_bits):
                channels.setdefault((sig, law, idle_bits), []).append(number)
            case AttachCanceller(number, name):
                cancellers.setdefault(name, []).append(number)
            case _:
                said.append(told(step))
    for (sig, law, idle_bits), numbers in channels.items():
        said.append(_channels_told(numbers, sig, law, idle_bits))
    for name, numbers in cancellers.items():
        said.append(_canceller_told(numbers, name))
    return tuple(said)


def told(step: Step) -> Text:
    """What one step does."""
    match step:
        case CreateDynamic(driver, address, channels, _):
            return text("make the dynamic span {driver} {address} with {count} channels", driver=driver, address=address, count=channels)
        case Unassign(device, local):
            return text("take the numbers from port {port} of {device}", port=local, device=device)
        case SetKind(device, local, kind):
            return text("make port {port} of {device} an {kind}", port=local, device=device, kind=kind)
        case Assign(device, local, number, first):
            return text(
                "number port {port} of {device}: span {number}, channels from {first}",
                port=local,
                device=device,
                number=number,
                first=first,
            )
        case ConfigureSpan(number, _, _, line, build_out, timing):
            return text(
                "span {number}: {line}, build-out {build_out}, timing priority {timing}",
                number=number,
                line=_line_told(line),
                build_out=build_out,
                timing=timing,
            )
        case ConfigureChannel(number, sig, law, _, idle_bits):
            return _channels_told([number], sig, law, idle_bits)
        case AttachCanceller(number, name):
            return _canceller_told([number], name)
        case StartSpan(number):
            return text("start span {number}", number=number)
        case LoadZone(zone):
            return text("load the tones of {zone}", zone=zone)
        case DefaultZone(zone):
            return text("ring with the cadence of {zone}", zone=zone)


def _channels_told(numbers: Sequence[int], sig: Sig, law: Law, idle_bits: int) -> Text:
    what = [
        SIG_NAMES.get(sig, f"{int(sig):#x}"),
        *([LAW_NAMES[law]] if law in LAW_NAMES else []),
        *([f"{idle_bits:04b}"] if sig == Sig.CAS else []),
    ]
    return text("channels {channels}: {what}", channels=places_shown(numbers), what=", ".join(what))


def _canceller_told(numbers: Sequence[int], name: str) -> Text:
    if not name:
        return text("channels {channels}: no echo canceller", channels=places_shown(numbers))
    return text("channels {channels}: echo canceller {name}", channels=places_shown(numbers), name=name)


def _line_told(line: LineConfigBit) -> str:
    framing = next(
        (name for name, bit in (("ccs", LineConfigBit.CCS), ("esf", LineConfigBit.ESF), ("d4", LineConfigBit.D4)) if line & bit), "cas"
    )
    named = [(LineConfigBit.HDB3, "hdb3"), (LineConfigBit.B8ZS, "b8zs"), (LineConfigBit.AMI, "ami"), (LineConfigBit.CRC4, "crc4")]
    return ", ".join([framing, *(name for bit, name in named if line & bit)])
