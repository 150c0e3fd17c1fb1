"""The DAHDI driver's user interface: ioctl numbers, constants and structures, for x86-64 and other little-endian machines.

One layout serves driver releases 2.11 to 3.4. Every ``int`` is 4 octets. The direction bits inside an ioctl number are not
always what the driver does, so the numbers stand here as they are and are not computed. Where the driver's own header was there
when the package was built, its numbers are taken.

This module knows no device and imports nothing of the appliance.
"""

from __future__ import annotations

import struct
from enum import IntEnum, IntFlag

from boards.dahdi.structures import (
    CADENCE_STEPS,
    STRUCTURES,
    AttachEchoCanceller,
    BufferInfo,
    Cadence,
    ChannelConfig,
    ConferenceInfo,
    DialOperation,
    DialParams,
    DynamicSpan,
    EchoCancelParam,
    EchoCancelParams,
    EchoTune,
    Gains,
    HardwareGain,
    LineConfig,
    MaintInfo,
    Params,
    Place,
    RegisterOperation,
    Registers,
    SpanInfo,
    SpanInfoV1,
    Structure,
    ToneDefinition,
    ToneZoneHeader,
    VersionInfo,
    VoltageStats,
    header_lib,
)

__all__ = [
    "ANALOG_STATION",
    "ANALOG_TRUNK",
    "BLOCK_LEAST",
    "BLOCK_MOST",
    "BUFFERS_MOST",
    "BUFFER_SPACE_MOST",
    "CADENCE_STEPS",
    "CHANNELS_MOST",
    "CONFERENCES_MOST",
    "DECLARED_NUMBERS",
    "DIAL_STRING_MOST",
    "ECHO_PARAMS_MOST",
    "ELAST",
    "EVENT_QUEUE_LENGTH",
    "PRETRAINING_MOST_MS",
    "PSEUDO_FIRST",
    "PSEUDO_MOST",
    "RETURN_MASTER",
    "SPANS_MOST",
    "STRUCTURES",
    "ZONES_MOST",
    "ZONE_TONES_MOST",
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
    "EchoTune",
    "Event",
    "Flush",
    "Gains",
    "HardwareGain",
    "Hook",
    "IoMux",
    "Ioctl",
    "Law",
    "LineConfig",
    "LineConfigBit",
    "Maint",
    "MaintInfo",
    "MessageLamp",
    "Params",
    "Place",
    "ReceivedHook",
    "RegisterOperation",
    "Registers",
    "SentHook",
    "Sig",
    "SpanInfo",
    "SpanInfoV1",
    "Structure",
    "Tone",
    "ToneDefinition",
    "ToneDetect",
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
"""Places of a channel's event queue; one stays free, so 63 events are kept. Further ones vanish without notice."""
RETURN_MASTER = 0x40000000
"""Or-ed to ``Params.channo`` of GET_PARAMS: the answer carries the master channel in the upper half of ``channo``."""
SPANS_MOST = 128
CHANNELS_MOST = 1024
CONFERENCES_MOST = 1024
PSEUDO_FIRST, PSEUDO_MOST = 0x8000, 512
"""The number of the first pseudo channel, and how many there can be."""
BLOCK_LEAST, BLOCK_MOST = 16, 8192
"""Samples (or octets of a frame) in a buffer."""
BUFFERS_MOST = 32
BUFFER_SPACE_MOST = 32768
"""Samples in all the buffers of one direction."""
DIAL_STRING_MOST = 255
ECHO_PARAMS_MOST = 8
ZONES_MOST = 256
"""Tone zones are numbered below this."""
ZONE_TONES_MOST = 128
PRETRAINING_MOST_MS = 999
ANALOG_STATION = 1 << 12
"""Bit of ``Sig``: FXO signalling, so a telephone is plugged in."""
ANALOG_TRUNK = 1 << 13
"""Bit of ``Sig``: FXS signalling, so an exchange line is plugged in."""


DECLARED_NUMBERS: dict[str, int] = {}
"""The ioctl numbers as they are declared here, by name."""


def _number(name: str, declared: int) -> int:
    """The number of an ioctl: the header's when there was one."""
    DECLARED_NUMBERS[name] = declared
    return int(getattr(header_lib, f"NUMBER_{name}", 0)) or declared


class Ioctl(IntEnum):
    """Request numbers (type octet 0xDA). SYNC never returns when something waits to be sent."""

    SET_BLOCKSIZE = _number("SET_BLOCKSIZE", 0x4004DA01)
    GET_BLOCKSIZE = _number("GET_BLOCKSIZE", 0x8004DA01)
    FLUSH = _number("FLUSH", 0x4004DA03)
    SYNC = _number("SYNC", 0x0000DA04)
    SET_PARAMS = _number("SET_PARAMS", 0x4088DA05)
    GET_PARAMS = _number("GET_PARAMS", 0xC088DA05)
    GET_PARAMS_V1 = _number("GET_PARAMS_V1", 0x8088DA05)
    HOOK = _number("HOOK", 0x4004DA07)
    GETEVENT = _number("GETEVENT", 0x8004DA08)
    IOMUX = _number("IOMUX", 0xC004DA09)
    SPANSTAT = _number("SPANSTAT", 0xC13ADA0A)
    SPANSTAT_V1 = _number("SPANSTAT_V1", 0xC128DA0A)
    MAINT = _number("MAINT", 0x4008DA0B)
    GETCONF = _number("GETCONF", 0xC00CDA0C)
    SETCONF_V1 = _number("SETCONF_V1", 0x400CDA0C)
    GETCONF_V1 = _number("GETCONF_V1", 0x800CDA0C)
    SETCONF = _number("SETCONF", 0xC00CDA0D)
    CONFDIAG = _number("CONFDIAG", 0x4004DA0F)
    SETGAINS = _number("SETGAINS", 0x4204DA10)
    GETGAINS = _number("GETGAINS", 0xC204DA10)
    GETGAINS_V1 = _number("GETGAINS_V1", 0x8204DA10)
    SPANCONFIG = _number("SPANCONFIG", 0x4024DA12)
    CHANCONFIG = _number("CHANCONFIG", 0x404CDA13)
    CONFMUTE = _number("CONFMUTE", 0x4004DA14)
    SENDTONE = _number("SENDTONE", 0x4004DA15)
    SETTONEZONE = _number("SETTONEZONE", 0x4004DA16)
    GETTONEZONE = _number("GETTONEZONE", 0x8004DA16)
    DEFAULTZONE = _number("DEFAULTZONE", 0x4004DA18)
    LOADZONE = _number("LOADZONE", 0x4070DA19)
    FREEZONE = _number("FREEZONE", 0x4004DA1A)
    SET_BUFINFO = _number("SET_BUFINFO", 0x4018DA1B)
    GET_BUFINFO = _number("GET_BUFINFO", 0x8018DA1B)
    SET_DIALPARAMS = _number("SET_DIALPARAMS", 0x4018DA1D)
    GET_DIALPARAMS = _number("GET_DIALPARAMS", 0x8018DA1D)
    DIAL = _number("DIAL", 0x4104DA1F)
    AUDIOMODE = _number("AUDIOMODE", 0x4004DA20)
    ECHOCANCEL = _number("ECHOCANCEL", 0x4004DA21)
    ECHOCANCEL_PARAMS = _number("ECHOCANCEL_PARAMS", 0x4008DA21)
    CHANNO = _number("CHANNO", 0x8004DA22)
    DIALING = _number("DIALING", 0x8004DA23)
    HDLCRAWMODE = _number("HDLCRAWMODE", 0x4004DA24)
    HDLCFCSMODE = _number("HDLCFCSMODE", 0x4004DA25)
    SPECIFY = _number("SPECIFY", 0x4004DA26)
    SETLAW = _number("SETLAW", 0x4004DA27)
    SETLINEAR = _number("SETLINEAR", 0x4004DA28)
    SETCADENCE = _number("SETCADENCE", 0x4040DA2A)
    SETTXBITS = _number("SETTXBITS", 0x4004DA2B)
    GETRXBITS = _number("GETRXBITS", 0x8004DA2B)
    CHANDIAG = _number("CHANDIAG", 0x4004DA2C)
    TIMERCONFIG = _number("TIMERCONFIG", 0x4004DA2F)
    TIMERACK = _number("TIMERACK", 0x4004DA30)
    GETCONFMUTE = _number("GETCONFMUTE", 0x8004DA31)
    ECHOTRAIN = _number("ECHOTRAIN", 0x4004DA32)
    ONHOOKTRANSFER = _number("ONHOOKTRANSFER", 0x4004DA33)
    TIMERPING = _number("TIMERPING", 0x0000DA34)
    TIMERPONG = _number("TIMERPONG", 0x0000DA35)
    SETSIGFREEZE = _number("SETSIGFREEZE", 0x4004DA36)
    GETSIGFREEZE = _number("GETSIGFREEZE", 0x8004DA36)
    INDIRECT = _number("INDIRECT", 0xC010DA38)
    GETVERSION = _number("GETVERSION", 0x80A0DA39)
    LOOPBACK = _number("LOOPBACK", 0x4004DA3A)
    ATTACH_ECHOCAN = _number("ATTACH_ECHOCAN", 0x4014DA3B)
    WCTDM_GET_STATS = _number("WCTDM_GET_STATS", 0x800CDA3C)
    WCTDM_GET_REGS = _number("WCTDM_GET_REGS", 0x8140DA3D)
    WCTDM_SET_REG = _number("WCTDM_SET_REG", 0x4008DA3E)
    WCTDM_SET_ECHOTUNE = _number("WCTDM_SET_ECHOTUNE", 0x4009DA3F)
    DYNAMIC_CREATE = _number("DYNAMIC_CREATE", 0xC048DA50)
    DYNAMIC_DESTROY = _number("DYNAMIC_DESTROY", 0x4048DA51)
    SET_HWGAIN = _number("SET_HWGAIN", 0x4008DA56)
    TONEDETECT = _number("TONEDETECT", 0x4004DA5B)
    SETPOLARITY = _number("SETPOLARITY", 0x4004DA5C)
    VMWI = _number("VMWI", 0xC004DA5E)
    VMWI_CONFIG = _number("VMWI_CONFIG", 0x4004DA5F)
    STARTUP = _number("STARTUP", 0x4004DA63)
    SHUTDOWN = _number("SHUTDOWN", 0x4004DA64)
    HDLC_RATE = _number("HDLC_RATE", 0x4004DA65)
    ECHOCANCEL_FAX_MODE = _number("ECHOCANCEL_FAX_MODE", 0x4004DA66)
    RXMIRROR = _number("RXMIRROR", 0x4004DA67)
    TXMIRROR = _number("TXMIRROR", 0x4004DA68)
    BUFFER_EVENTS = _number("BUFFER_EVENTS", 0x4004DA69)


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
    """Argument of SENDTONE; digits are ``DTMF_BASE`` + 0…15 for 0…9, *, #, A…D, and likewise the 15 or 16 of each kind of MF."""

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
    MFR1_BASE = 80
    MFR2_FORWARD_BASE = 96
    MFR2_BACKWARD_BASE = 112


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


class IoMux(IntFlag):
    """What IOMUX looks for."""

    READ = 1
    WRITE = 2
    WRITEEMPTY = 4
    SIGEVENT = 8
    NOWAIT = 0x100


class ToneDetect(IntFlag):
    """Argument of TONEDETECT: the card's own receiver of keys."""

    OFF = 0
    ON = 1
    MUTE = 2


class MessageLamp(IntFlag):
    """``VMWI_CONFIG``: how a telephone is told that messages wait."""

    NONE = 0
    LINE_REVERSAL = 1
    HIGH_VOLTAGE_DC = 2
    HIGH_VOLTAGE_AC = 4


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
    MONITOR_RX_PREECHO = 10
    MONITOR_TX_PREECHO = 11
    MONITORBOTH_PREECHO = 12
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
