"""A driver on paper for tests of configuration: E1 cards with ports, their ioctls on the control node, their files in sysfs; no audio.

What a real card's driver decides (which channels a framing allows, what a port can be) is as the drivers of two-port E1 cards do it; everything
else by the rules that the contract suite finds on the real driver. ``refuse`` makes a call fail.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field

from boards.dahdi.abi import (
    RETURN_MASTER,
    AttachEchoCanceller,
    ChannelConfig,
    Ioctl,
    Law,
    LineConfig,
    LineConfigBit,
    Params,
    Sig,
    SpanInfo,
    VersionInfo,
    pack_int,
    unpack_int,
)
from boards.dahdi.sysfs import DEVICES

E1_LINE = LineConfigBit.CCS | LineConfigBit.HDB3 | LineConfigBit.AMI | LineConfigBit.CRC4
CTL, PSEUDO, CHANNEL = "/dev/dahdi/ctl", "/dev/dahdi/pseudo", "/dev/dahdi/channel"


@dataclass
class PaperChannel:
    """A timeslot."""

    sig: int = 0
    able: int = int(Sig.CLEAR | Sig.MTP2)
    law: Law = Law.MULAW
    default_law: Law = Law.DEFAULT
    idle_bits: int = 0
    master: int = 0
    canceller: str = ""


@dataclass
class PaperPort:
    """A port: a span, when it has a number."""

    local: int
    number: int = 0
    first: int = 0
    line: int = 0
    build_out: int = 0
    sync: int = 0
    running: bool = False
    channels: dict[int, PaperChannel] = field(default_factory=dict)


class PaperDriver:
    """A System; ``PaperTree`` has its files. ``calls`` are the names of the ioctls that configured something."""

    def __init__(self, cards: int = 1, *, numbered: bool = True) -> None:
        self.cards = {f"pci:{card}": [PaperPort(1), PaperPort(2)] for card in range(1, cards + 1)}
        self.zones: dict[int, bytes] = {}
        self.default_zone = 0
        self.calls: list[str] = []
        self.refuse: dict[Ioctl, int] = {}
        self.absent = False
        self._open: dict[int, str | int] = {}
        if numbered:
            for place, port in enumerate(self.ports()):
                self.number(port, place + 1, 1 + 31 * place)

    def ports(self) -> list[PaperPort]:
        return [port for ports in self.cards.values() for port in ports]

    def channel(self, number: int) -> PaperChannel:
        return next(port.channels[number] for port in self.ports() if number in port.channels)

    def number(self, port: PaperPort, number: int, first: int) -> None:
        """Number a port and its channels."""
        if any(
            other is not port and (other.number == number or set(range(first, first + 31)) & set(other.channels)) for other in self.ports()
        ):
            raise OSError(errno.EINVAL, "taken")
        port.number, port.first, port.running = number, first, False
        port.channels = {channel: PaperChannel(master=channel) for channel in range(first, first + 31)}

    # ---- System ------------------------------------------------------------------------------------------------------

    def open(self, path: str, flags: int) -> int:
        if self.absent:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        assert path in (CTL, PSEUDO, CHANNEL), path
        fd = max(self._open, default=2) + 1
        self._open[fd] = path
        return fd

    def close(self, fd: int) -> None:
        del self._open[fd]

    def read(self, fd: int, size: int) -> bytes:
        raise OSError(errno.ENOSYS, "no audio on paper")

    def write(self, fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSYS, "no audio on paper")

    def poll(self, fd: int) -> int:
        return 0

    def ioctl(self, fd: int, code: int, argument: int | bytearray) -> int:
        assert isinstance(argument, bytearray)
        call = Ioctl(code)
        if call in self.refuse:
            raise OSError(self.refuse[call], os.strerror(self.refuse[call]))
        node = self._open[fd]
        answer = self._on_channel(fd, call, argument) if node in (PSEUDO, CHANNEL) else self._on_control(call, argument)
        if answer is not None:
            argument[: len(answer)] = answer
        return 0

    def _on_channel(self, _fd: int, call: Ioctl, argument: bytearray) -> bytearray | None:
        number = unpack_int(argument)
        match call:
            case Ioctl.SPECIFY:
                channel = self.channel(number)
                channel.law = channel.default_law or channel.law
            case Ioctl.GETTONEZONE:
                return pack_int(self.default_zone)
            case Ioctl.SETTONEZONE if number not in self.zones:
                raise OSError(errno.ENODATA, "no such zone")
        return None

    def _on_control(self, call: Ioctl, argument: bytearray) -> bytearray | None:
        match call:
            case Ioctl.GETVERSION:
                return VersionInfo("3.4.0", "MG2").pack()
            case Ioctl.SPANSTAT:
                return self._span(SpanInfo.unpack(argument).spanno)
            case Ioctl.GET_PARAMS:
                return self._params(Params.unpack(argument).channo & ~RETURN_MASTER)
        self.calls.append(call.name)
        self._configure(call, argument)
        return None

    def _span(self, number: int) -> bytearray:
        port = next((port for port in self.ports() if port.number == number and number), None)
        if port is None:
            raise OSError(errno.EINVAL, "no such span")
        total = sum(bool(port.number) for port in self.ports())
        info = SpanInfo(number, f"TE2/0/{port.local}", "paper", totalchans=31, totalspans=total, lbo=port.build_out, lineconfig=port.line)
        return SpanInfo(**{**vars(info), "linecompat": int(E1_LINE), "spantype": "E1"}).pack()

    def _params(self, number: int) -> bytearray:
        for port in self.ports():
            if number in port.channels:
                one = port.channels[number]
                known = Params(
                    number | one.master << 16,
                    port.number,
                    number - port.first + 1,
                    one.sig,
                    one.able,
                    curlaw=one.law,
                    idlebits=one.idle_bits,
                )
                return known.pack()
        raise OSError(errno.EINVAL, "no such channel")

    def _configure(self, call: Ioctl, argument: bytearray) -> None:
        match call:
            case Ioctl.SPANCONFIG:
                line = LineConfig.unpack(argument)
                port = next(port for port in self.ports() if port.number == line.span)
                port.line, port.build_out, port.sync = line.lineconfig, line.lbo, line.sync
                for place, channel in enumerate(port.channels.values(), 1):
                    cas = 0 if place == 16 else int(Sig.CLEAR | Sig.CAS)
                    channel.able = int(Sig.CLEAR | Sig.MTP2) if line.lineconfig & LineConfigBit.CCS else cas
            case Ioctl.CHANCONFIG:
                config = ChannelConfig.unpack(argument)
                channel = self.channel(config.chan)
                able = channel.able | (Sig.HDLCFCS | Sig.HDLCRAW if channel.able & Sig.CLEAR else 0)
                if able & config.sigtype != config.sigtype:
                    raise OSError(errno.EINVAL, "cannot")
                channel.sig, channel.default_law, channel.master = config.sigtype, Law(config.deflaw), config.master
                channel.idle_bits = config.idlebits
            case Ioctl.ATTACH_ECHOCAN:
                asked = AttachEchoCanceller.unpack(argument)
                self.channel(asked.chan).canceller = asked.echocan
            case Ioctl.STARTUP:
                next(port for port in self.ports() if port.number == unpack_int(argument)).running = True
            case Ioctl.LOADZONE:
                self.zones[int.from_bytes(argument[4:8], "little")] = bytes(argument)
            case Ioctl.DEFAULTZONE:
                self.default_zone = unpack_int(argument)


class PaperTree:
    """The driver's files in sysfs."""

    def __init__(self, driver: PaperDriver) -> None:
        self._driver = driver

    def listdir(self, path: str) -> list[str]:
        if self._driver.absent:
            raise FileNotFoundError(path)
        card, _, span = path.removeprefix(DEVICES).strip("/").partition("/")
        if not card:
            return sorted(self._driver.cards)
        if not span:
            return [f"span-{port.number}" for port in self._driver.cards[card] if port.number]
        return [f"dahdi!chan!{number}" for number in self._port(card, span).channels]

    def read(self, path: str) -> str:
        card, *rest = path.removeprefix(f"{DEVICES}/").split("/")
        if len(rest) == 1:
            spans = "\n".join(f"{port.local}:E1" for port in self._driver.cards[card])
            known = {"hardware_id": f"TE220-{card}", "location": f"slot {card}", "type": "TE220", "manufacturer": "paper"}
            return {**known, "dahdi_spantype": spans, "dahdi_registration_time": card}[self._known(rest[0])]
        port = self._port(card, rest[0])
        if len(rest) == 2:
            return {"spantype": "E1", "local_spanno": str(port.local), "channels": "31", "basechan": str(port.first)}[rest[1]]
        number = int(rest[1].rpartition("!")[2])
        return str(number) if rest[2] == "channo" else port.channels[number].canceller.upper()

    def write(self, path: str, text: str) -> None:
        card, file = path.removeprefix(f"{DEVICES}/").split("/")
        local, *numbers = (int(part) for part in text.split(":"))
        port = next(port for port in self._driver.cards[card] if port.local == local)
        if file == "assign_span":
            self._driver.number(port, *numbers)
        elif file == "unassign_span":
            port.number = port.first = 0
            port.channels = {}
        else:
            raise FileNotFoundError(path)

    def _port(self, card: str, span: str) -> PaperPort:
        return next(port for port in self._driver.cards[card] if f"span-{port.number}" == span)

    @staticmethod
    def _known(file: str) -> str:
        if file in ("spantype", "registration_time"):
            raise FileNotFoundError(file)  # their names in newer kernels begin with dahdi_
        return file
