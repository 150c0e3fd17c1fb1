"""The DAHDI driver's user interface: ioctl numbers, constants and structures, for x86-64 and other little-endian machines.

One layout serves driver releases 2.11 to 3.4. Every ``int`` is 4 octets. The direction bits inside an ioctl number are not
always what the driver does, so the numbers stand here as they are and are not computed.

This module knows no device and imports nothing of the appliance.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from enum import IntEnum, IntFlag
from functools import cache
from typing import Any, Self

__all__ = [
    "ANALOG_STATION",
    "ANALOG_TRUNK",
    "CADENCE_STEPS",
    "ELAST",
    "EVENT_QUEUE_LENGTH",
    "RETURN_MASTER",
    "Alarm",
    "AttachEchoCanceller",
    "BufferInfo",
    "Cadence",
    "ChannelConfig",
    "ConferenceInfo",
    "ConferenceMode",
    "Dial",
    "DialOperation",
    "DialParams",
    "DynamicSpan",
    "EchoCancelParam",
    "EchoCancelParams",
    "Event",
    "Flush",
    "Gains",
    "HardwareGain",
    "Hook",
    "Ioctl",
    "Law",
    "LineConfig",
    "LineConfigBit",
    "Maint",
    "MaintInfo",
    "Params",
    "ReceivedHook",
    "SentHook",
    "Sig",
    "SpanInfo",
    "Structure",
    "Tone",
    "ToneDefinition",
    "ToneZoneHeader",
    "TransmitPolicy",
    "VersionInfo",
    "VoltageStats",
    "pack_int",
    "pulse_digit",
    "unpack_int",
]

ELAST = 500
"""Errno of read and write while an event waits: not a fault, take the event and try again."""
EVENT_QUEUE_LENGTH = 64
"""Events a channel keeps; further ones vanish without notice."""
CADENCE_STEPS = 16
RETURN_MASTER = 0x40000000
"""Or-ed to ``Params.channo`` of GET_PARAMS: the answer carries the master channel in the upper half of ``channo``."""
ANALOG_STATION = 1 << 12
"""Bit of ``Sig``: FXO signalling, so a telephone is plugged in."""
ANALOG_TRUNK = 1 << 13
"""Bit of ``Sig``: FXS signalling, so an exchange line is plugged in."""


class Ioctl(IntEnum):
    """Request numbers (type octet 0xDA)."""

    GET_BLOCKSIZE = 0x8004DA01
    SET_BLOCKSIZE = 0x4004DA01
    FLUSH = 0x4004DA03
    SYNC = 0x0000DA04
    GET_PARAMS = 0xC088DA05
    GET_PARAMS_V1 = 0x8088DA05
    SET_PARAMS = 0x4088DA05
    HOOK = 0x4004DA07
    GETEVENT = 0x8004DA08
    IOMUX = 0xC004DA09
    SPANSTAT = 0xC13ADA0A
    SPANSTAT_V1 = 0xC128DA0A
    MAINT = 0x4008DA0B
    GETCONF = 0xC00CDA0C
    SETCONF = 0xC00CDA0D
    GETGAINS = 0xC204DA10
    GETGAINS_V1 = 0x8204DA10
    SETGAINS = 0x4204DA10
    SPANCONFIG = 0x4024DA12
    CHANCONFIG = 0x404CDA13
    CONFMUTE = 0x4004DA14
    SENDTONE = 0x4004DA15
    GETTONEZONE = 0x8004DA16
    SETTONEZONE = 0x4004DA16
    DEFAULTZONE = 0x4004DA18
    LOADZONE = 0x4070DA19
    FREEZONE = 0x4004DA1A
    GET_BUFINFO = 0x8018DA1B
    SET_BUFINFO = 0x4018DA1B
    GET_DIALPARAMS = 0x8018DA1D
    SET_DIALPARAMS = 0x4018DA1D
    DIAL = 0x4104DA1F
    AUDIOMODE = 0x4004DA20
    ECHOCANCEL = 0x4004DA21
    ECHOCANCEL_PARAMS = 0x4008DA21
    CHANNO = 0x8004DA22
    DIALING = 0x8004DA23
    HDLCRAWMODE = 0x4004DA24
    HDLCFCSMODE = 0x4004DA25
    SPECIFY = 0x4004DA26
    SETLAW = 0x4004DA27
    SETLINEAR = 0x4004DA28
    SETCADENCE = 0x4040DA2A
    GETRXBITS = 0x8004DA2B
    SETTXBITS = 0x4004DA2B
    TIMERCONFIG = 0x4004DA2F
    TIMERACK = 0x4004DA30
    GETCONFMUTE = 0x8004DA31
    ECHOTRAIN = 0x4004DA32
    ONHOOKTRANSFER = 0x4004DA33
    TIMERPING = 0x0000DA34
    TIMERPONG = 0x0000DA35
    GETSIGFREEZE = 0x8004DA36
    SETSIGFREEZE = 0x4004DA36
    INDIRECT = 0xC010DA38
    GETVERSION = 0x80A0DA39
    LOOPBACK = 0x4004DA3A
    ATTACH_ECHOCAN = 0x4014DA3B
    WCTDM_GET_STATS = 0x800CDA3C
    WCTDM_GET_REGS = 0x8140DA3D
    WCTDM_SET_REG = 0x4008DA3E
    DYNAMIC_CREATE = 0xC048DA50
    DYNAMIC_DESTROY = 0x4048DA51
    SET_HWGAIN = 0x4008DA56
    TONEDETECT = 0x4004DA5B
    SETPOLARITY = 0x4004DA5C
    VMWI = 0xC004DA5E
    VMWI_CONFIG = 0x4004DA5F
    STARTUP = 0x4004DA63
    SHUTDOWN = 0x4004DA64
    HDLC_RATE = 0x4004DA65
    ECHOCANCEL_FAX_MODE = 0x4004DA66
    BUFFER_EVENTS = 0x4004DA69


class Sig(IntFlag):
    """Signalling types, and sets of them. A port may have a type when ``capabilities & type == type``."""

    NONE = 0
    EM = 1 << 6
    CLEAR = 1 << 7
    HDLCRAW = 0x180
    HDLCFCS = 0x380
    HDLCNET = 0x780
    SLAVE = 1 << 11
    FXSLS = 0x2001
    FXSGS = 0x2002
    FXSKS = 0x2004
    FXOLS = 0x1008
    FXOGS = 0x1010
    FXOKS = 0x1020
    SF = 1 << 14
    CAS = 1 << 15
    EM_E1 = 1 << 17
    DACS = 0x10080
    DACS_RBS = 0x50000
    HARDHDLC = 0x80080
    MTP2 = 0x100380
    BROKEN = 1 << 31


class Event(IntEnum):
    """What GETEVENT returns. Values above 0xFFFF carry a key: see ``pulse_digit``."""

    NONE = 0
    ONHOOK = 1
    RINGOFFHOOK = 2
    WINKFLASH = 3
    ALARM = 4
    NOALARM = 5
    ABORT = 6
    OVERRUN = 7
    BADFCS = 8
    DIALCOMPLETE = 9
    RINGERON = 10
    RINGEROFF = 11
    HOOKCOMPLETE = 12
    BITSCHANGED = 13
    PULSE_START = 14
    TIMER_EXPIRED = 15
    TIMER_PING = 16
    POLARITY = 17
    RINGBEGIN = 18
    EC_DISABLED = 19
    REMOVED = 20
    NEONMWI_ACTIVE = 21
    NEONMWI_INACTIVE = 22
    TX_CED_DETECTED = 23
    RX_CED_DETECTED = 24
    TX_CNG_DETECTED = 25
    RX_CNG_DETECTED = 26
    EC_NLP_DISABLED = 27
    EC_NLP_ENABLED = 28
    READ_OVERRUN = 29
    WRITE_UNDERRUN = 30
    PULSEDIGIT = 1 << 16
    DTMFDOWN = 1 << 17
    DTMFUP = 1 << 18


class Hook(IntEnum):
    """Argument of HOOK."""

    ONHOOK = 0
    OFFHOOK = 1
    WINK = 2
    FLASH = 3
    START = 4
    RING = 5
    RINGOFF = 6


class ReceivedHook(IntEnum):
    """``Params.rxhooksig``: what the far end does."""

    ONHOOK = 0
    OFFHOOK = 1
    START = 2
    RING = 3
    INITIAL = 4


class SentHook(IntEnum):
    """``Params.txhooksig``: what we do to the line."""

    ONHOOK = 0
    OFFHOOK = 1
    START = 2
    KEWL = 3


class Flush(IntFlag):
    """Argument of FLUSH."""

    READ = 1
    WRITE = 2
    BOTH = 3
    EVENT = 4
    ALL = 7


class Law(IntEnum):
    """Argument of SETLAW and ``Params.curlaw`` (never DEFAULT there)."""

    DEFAULT = 0
    MULAW = 1
    ALAW = 2


class TransmitPolicy(IntEnum):
    """When transmission starts."""

    IMMEDIATE = 0
    WHEN_FULL = 1
    HALF_FULL = 2


class Dial(IntEnum):
    """``DialOperation.op``."""

    APPEND = 1
    REPLACE = 2
    CANCEL = 3


class Tone(IntEnum):
    """Argument of SENDTONE; digits are ``DTMF_BASE`` + 0…15 for 0…9, *, #, A…D."""

    STOP = -1
    DIALTONE = 0
    BUSY = 1
    RINGTONE = 2
    CONGESTION = 3
    CALLWAIT = 4
    DIALRECALL = 5
    RECORDTONE = 6
    INFO = 7
    CUSTOM1 = 8
    CUSTOM2 = 9
    STUTTER = 10
    MOST = 16
    DTMF_BASE = 64


class Alarm(IntFlag):
    """Span and channel alarms."""

    NONE = 0
    RECOVER = 1
    LOOPBACK = 2
    YELLOW = 4
    RED = 8
    BLUE = 16
    NOTOPEN = 32
    LOS = 0x100
    LFA = 0x200
    LMFA = 0x400


class LineConfigBit(IntFlag):
    """Framing and coding of a digital span."""

    D4 = 1 << 4
    ESF = 1 << 5
    AMI = 1 << 6
    B8ZS = 1 << 7
    CCS = 1 << 8
    HDB3 = 1 << 9
    CRC4 = 1 << 10
    NTTE = 1 << 11
    TERM = 1 << 12
    NOTOPEN = 1 << 16


class ConferenceMode(IntFlag):
    """``ConferenceInfo.confmode``: one mode (low octet) and flags."""

    NORMAL = 0
    MONITOR = 1
    MONITORTX = 2
    MONITORBOTH = 3
    CONF = 4
    CONFANN = 5
    CONFMON = 6
    CONFANNMON = 7
    REALANDPSEUDO = 8
    DIGITALMON = 9
    LISTENER = 0x100
    TALKER = 0x200
    PSEUDO_LISTENER = 0x400
    PSEUDO_TALKER = 0x800


class Maint(IntEnum):
    """``MaintInfo.command``."""

    NONE = 0
    LOCALLOOP = 1
    NETWORKLINELOOP = 2
    LOOPUP = 3
    LOOPDOWN = 4
    FAS_DEFECT = 6
    MULTI_DEFECT = 7
    CRC_DEFECT = 8
    CAS_DEFECT = 9
    PRBS_DEFECT = 10
    BIPOLAR_DEFECT = 11
    PRBS = 12
    NETWORKPAYLOADLOOP = 13
    RESET_COUNTERS = 14
    ALARM_SIM = 15


def pulse_digit(event: int) -> str | None:
    """The key of a completed dial-pulse digit (``0``…``9``, ``*``, ``#``); None when the event is something else."""
    return chr(event & 0xFF) if event & ~0xFF == Event.PULSEDIGIT else None


INT = struct.Struct("<i")


def pack_int(value: int) -> bytearray:
    """An ``int`` as the driver reads it; the driver can write its answer into the same 4 octets."""
    return bytearray(INT.pack(value))


def unpack_int(octets: bytes | bytearray) -> int:
    """The ``int`` in the first 4 octets. Raises struct.error when there are fewer."""
    (value,) = INT.unpack_from(octets)
    return int(value)


# ---- structures ------------------------------------------------------------------------------------------------------


def _int(default: int = 0) -> int:
    return field(default=default, metadata={"code": "i"})


def _unsigned(default: int = 0) -> int:
    return field(default=default, metadata={"code": "I"})


def _ints(count: int) -> tuple[int, ...]:
    return field(default=(0,) * count, metadata={"code": f"{count}i"})


def _text(octets: int) -> str:
    return field(default="", metadata={"code": f"{octets}s"})


def _octets(count: int, default: bytes) -> bytes:
    return field(default=default, metadata={"code": f"{count}s"})


@cache
def _compiled(layout: str) -> struct.Struct:
    return struct.Struct(layout)


def _layout(structure: type[Structure]) -> struct.Struct:
    return _compiled("<" + "".join(part.metadata["code"] for part in fields(structure)))


@dataclass(frozen=True)
class Structure:
    """A C structure as a value. Fields are in memory order and without gaps; texts are UTF-8, ended by a zero octet."""

    @classmethod
    def size(cls) -> int:
        """Octets."""
        return _layout(cls).size

    @classmethod
    def offset_of(cls, name: str) -> int:
        """Octets before the field. Raises KeyError for an unknown one."""
        codes = ""
        for part in fields(cls):
            if part.name == name:
                return struct.calcsize("<" + codes)
            codes += part.metadata["code"]
        raise KeyError(name)

    def pack(self) -> bytearray:
        """The structure's memory. Raises ValueError when a text or table is too long, struct.error for a number out of range."""
        values: list[object] = []
        for part in fields(self):
            value = getattr(self, part.name)
            if isinstance(value, tuple):
                values.extend(value)
            elif isinstance(value, int):
                values.append(value)
            else:
                values.append(_bounded(type(self).__name__, part.name, value, struct.calcsize(part.metadata["code"])))
        return bytearray(_layout(type(self)).pack(*values))

    @classmethod
    def unpack(cls, octets: bytes | bytearray) -> Self:
        """The structure that begins at the first octet. Raises struct.error when ``octets`` is too short."""
        values = iter(_layout(cls).unpack_from(octets))
        return cls(**{part.name: _taken(part.default, values) for part in fields(cls)})


def _bounded(structure: str, name: str, value: str | bytes, room: int) -> bytes:
    octets = value.encode() if isinstance(value, str) else value
    most = room - 1 if isinstance(value, str) else room
    if len(octets) > most:
        raise ValueError(f"{structure}.{name} has {len(octets)} octets, at most {most} fit")
    return octets


def _taken(like: object, values: Any) -> object:  # noqa: ANN401  # struct yields untyped values
    if isinstance(like, tuple):
        return tuple(next(values) for _ in like)
    value = next(values)
    return value.split(b"\0", 1)[0].decode(errors="replace") if isinstance(like, str) else value


@dataclass(frozen=True)
class Params(Structure):
    """``dahdi_params``: a channel's state and its timing. SET_PARAMS takes the eleven timing fields (ms), all of them."""

    channo: int = _int()
    spanno: int = _int()
    chanpos: int = _int()
    sigtype: int = _int()
    sigcap: int = _int()
    rxisoffhook: int = _int()
    rxbits: int = _int()
    txbits: int = _int()
    txhooksig: int = _int()
    rxhooksig: int = _int()
    curlaw: int = _int()
    idlebits: int = _int()
    name: str = _text(40)
    prewinktime: int = _int()
    preflashtime: int = _int()
    winktime: int = _int()
    flashtime: int = _int()
    starttime: int = _int()
    rxwinktime: int = _int()
    rxflashtime: int = _int()
    debouncetime: int = _int()
    pulsebreaktime: int = _int()
    pulsemaketime: int = _int()
    pulseaftertime: int = _int()
    chan_alarms: int = _unsigned()


@dataclass(frozen=True)
class SpanInfo(Structure):
    """``dahdi_spaninfo``: a span's state; asked with ``spanno`` (0: the span of the channel)."""

    spanno: int = _int()
    name: str = _text(20)
    desc: str = _text(40)
    alarms: int = _int()
    txlevel: int = _int()
    rxlevel: int = _int()
    bpvcount: int = _int()
    crc4count: int = _int()
    ebitcount: int = _int()
    fascount: int = _int()
    fecount: int = _int()
    cvcount: int = _int()
    becount: int = _int()
    prbs: int = _int()
    errsec: int = _int()
    irqmisses: int = _int()
    syncsrc: int = _int()
    numchans: int = _int()
    totalchans: int = _int()
    totalspans: int = _int()
    lbo: int = _int()
    lineconfig: int = _int()
    lboname: str = _text(40)
    location: str = _text(40)
    manufacturer: str = _text(40)
    devicetype: str = _text(40)
    irq: int = _int()
    linecompat: int = _int()
    spantype: str = _text(6)


@dataclass(frozen=True)
class LineConfig(Structure):
    """``dahdi_lineconfig``, for SPANCONFIG."""

    span: int = _int()
    name: str = _text(20)
    lbo: int = _int()
    lineconfig: int = _int()
    sync: int = _int()


@dataclass(frozen=True)
class ChannelConfig(Structure):
    """``dahdi_chanconfig``, for CHANCONFIG on the control node."""

    chan: int = _int()
    name: str = _text(40)
    sigtype: int = _int()
    deflaw: int = _int()
    master: int = _int()
    idlebits: int = _int()
    netdev_name: str = _text(16)


@dataclass(frozen=True)
class BufferInfo(Structure):
    """``dahdi_bufferinfo``: buffers of ``bufsize`` (16…8192) samples, ``bufsize * numbufs`` ≤ 32768."""

    txbufpolicy: int = _int()
    rxbufpolicy: int = _int()
    numbufs: int = _int()
    bufsize: int = _int()
    readbufs: int = _int()
    writebufs: int = _int()


@dataclass(frozen=True)
class ConferenceInfo(Structure):
    """``dahdi_confinfo``."""

    chan: int = _int()
    confno: int = _int()
    confmode: int = _int()


@dataclass(frozen=True)
class Gains(Structure):
    """``dahdi_gains``: tables from law octet to law octet; the default changes nothing."""

    chan: int = _int()
    rxgain: bytes = _octets(256, bytes(range(256)))
    txgain: bytes = _octets(256, bytes(range(256)))


@dataclass(frozen=True)
class MaintInfo(Structure):
    """``dahdi_maintinfo``."""

    spanno: int = _int()
    command: int = _int()


@dataclass(frozen=True)
class DialOperation(Structure):
    """``dahdi_dialoperation``."""

    op: int = _int()
    dialstr: str = _text(256)


@dataclass(frozen=True)
class DialParams(Structure):
    """``dahdi_dialparams`` (ms); one set for the whole machine."""

    mfv1_tonelen: int = _int()
    dtmf_tonelen: int = _int()
    mfr2_tonelen: int = _int()
    reserved: tuple[int, ...] = _ints(3)


@dataclass(frozen=True)
class Cadence(Structure):
    """``dahdi_ring_cadence``: ms on, off, on, off …, ended by 0; a negative on-time marks where the repetition starts."""

    steps: tuple[int, ...] = _ints(CADENCE_STEPS)

    @classmethod
    def of(cls, steps_ms: Iterable[int]) -> Cadence:
        """From 1…16 times in ms. Raises ValueError for another number of them."""
        steps = tuple(steps_ms)
        if not 1 <= len(steps) <= CADENCE_STEPS:
            raise ValueError(f"a ring cadence has 1 to {CADENCE_STEPS} times, not {len(steps)}")
        return cls(steps + (0,) * (CADENCE_STEPS - len(steps)))


@dataclass(frozen=True)
class EchoCancelParam(Structure):
    """One name and value of ``dahdi_echocanparam``."""

    name: str = _text(16)
    value: int = _int()


@dataclass(frozen=True)
class EchoCancelParams(Structure):
    """``dahdi_echocanparams``: the head; ``param_count`` (≤ 8) × ``EchoCancelParam`` follow it in memory."""

    tap_length: int = _int()
    param_count: int = _unsigned()


@dataclass(frozen=True)
class AttachEchoCanceller(Structure):
    """``dahdi_attach_echocan``; an empty name detaches."""

    chan: int = _int()
    echocan: str = _text(16)


@dataclass(frozen=True)
class VersionInfo(Structure):
    """``dahdi_versioninfo``."""

    version: str = _text(80)
    echo_canceller: str = _text(80)


@dataclass(frozen=True)
class DynamicSpan(Structure):
    """``dahdi_dynamic_span``."""

    driver: str = _text(20)
    addr: str = _text(40)
    numchans: int = _int()
    timing: int = _int()
    spanno: int = _int()


@dataclass(frozen=True)
class ToneZoneHeader(Structure):
    """``dahdi_tone_def_header``: the head of LOADZONE; ``count`` × ``ToneDefinition`` follow it in memory."""

    count: int = _int()
    zone: int = _int()
    ringcadence: tuple[int, ...] = _ints(CADENCE_STEPS)
    name: str = _text(40)


@dataclass(frozen=True)
class ToneDefinition(Structure):
    """``dahdi_tone_def``: one piece of a tone, as two resonators."""

    tone: int = _int()
    next: int = _int()
    samples: int = _int()
    shift: int = _int()
    fac1: int = _int()
    init_v2_1: int = _int()
    init_v3_1: int = _int()
    fac2: int = _int()
    init_v2_2: int = _int()
    init_v3_2: int = _int()
    modulate: int = _int()


@dataclass(frozen=True)
class HardwareGain(Structure):
    """``dahdi_hwgain``: tenths of a dB; ``tx`` 1 for transmit."""

    newgain: int = _int()
    tx: int = _unsigned()


@dataclass(frozen=True)
class VoltageStats(Structure):
    """``wctdm_stats``: millivolts on an analog port."""

    tipvolt: int = _int()
    ringvolt: int = _int()
    batvolt: int = _int()
