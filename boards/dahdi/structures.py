"""The structures that DAHDI's calls carry, as values: frozen dataclasses that pack into the driver's memory and unpack from it.

Where the driver's own header was there when the package was built (``_build_abi.py``), fields lie where the C compiler put them for that
header; otherwise where they are declared here, which is the layout of releases 2.11 to 3.4 on every little-endian machine whose ``int``
has 4 octets. A name in C stands in each docstring.

This module knows no device and imports nothing of the appliance. ``boards.dahdi.abi`` has the same names.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, ClassVar, NamedTuple, Self

try:
    from boards.dahdi._abi import ffi as header_ffi
    from boards.dahdi._abi import lib as header_lib
except ImportError:
    # The header was not there when the package was built.
    header_ffi = header_lib = None

__all__ = [
    "CADENCE_STEPS",
    "STRUCTURES",
    "AttachEchoCanceller",
    "BufferInfo",
    "Cadence",
    "ChannelConfig",
    "ConferenceInfo",
    "DialOperation",
    "DialParams",
    "DynamicSpan",
    "EchoCancelParam",
    "EchoCancelParams",
    "EchoTune",
    "Gains",
    "HardwareGain",
    "LineConfig",
    "MaintInfo",
    "Params",
    "Place",
    "RegisterOperation",
    "Registers",
    "SpanInfo",
    "SpanInfoV1",
    "Structure",
    "ToneDefinition",
    "ToneZoneHeader",
    "VersionInfo",
    "VoltageStats",
    "header_ffi",
    "header_lib",
]

CADENCE_STEPS = 16

# ---- how a field is declared -----------------------------------------------------------------------------------------


def _int(default: int = 0) -> int:
    return field(default=default, metadata={"code": "i", "c": "int {name}"})


def _unsigned(default: int = 0, *, bits: bool = False) -> int:
    # A bit field has no address, so C cannot be asked where it lies.
    return field(default=default, metadata={"code": "I", "c": "" if bits else "unsigned int {name}"})


def _octet() -> int:
    return field(default=0, metadata={"code": "B", "c": "unsigned char {name}"})


def _short() -> int:
    return field(default=0, metadata={"code": "H", "c": "unsigned short {name}"})


def _ints(count: int, name: str = "") -> tuple[int, ...]:
    return field(default=(0,) * count, metadata={"code": f"{count}i", "c": f"int {{name}}[{count}]", "name": name})


def _shorts(count: int) -> tuple[int, ...]:
    return field(default=(0,) * count, metadata={"code": f"{count}H", "c": f"unsigned short {{name}}[{count}]"})


def _text(octets: int) -> str:
    return field(default="", metadata={"code": f"{octets}s", "c": "char {name}[...]"})


def _octets(count: int, default: bytes) -> bytes:
    return field(default=default, metadata={"code": f"{count}s", "c": f"unsigned char {{name}}[{count}]"})


class Place(NamedTuple):
    """Where a field lies: its name in C, its ``struct`` code, and the octets before it."""

    name: str
    code: str
    offset: int

    @property
    def size(self) -> int:
        """Octets."""
        return struct.calcsize("<" + self.code)


class _Plan(NamedTuple):
    """All that packing and unpacking want to know of a structure, found out once."""

    memory: struct.Struct
    names: tuple[str, ...]
    values_of: Callable[[Any], Any]
    texts: tuple[tuple[int, int], ...]
    """Index and room of every text and table of octets."""
    texts_only: tuple[int, ...]
    arrays: tuple[tuple[int, int], ...]
    """Index and count of every array of numbers."""


_PLANS: dict[type[Structure], _Plan] = {}


def _plan(structure: type[Structure]) -> _Plan:
    plan = _PLANS.get(structure)
    if plan is None:
        plan = _PLANS[structure] = _planned(structure)
    return plan


def _planned(structure: type[Structure]) -> _Plan:
    parts = fields(structure)
    names = tuple(part.name for part in parts)
    places, size = structure.places()
    codes, reached = "<", 0
    for place in places:
        codes += "x" * (place.offset - reached) + place.code
        reached = place.offset + place.size
    codes += "x" * (size - reached)
    values_of = attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
    indexed = list(enumerate(zip(parts, places, strict=True)))
    return _Plan(
        struct.Struct(codes),
        names,
        values_of,
        tuple((index, place.size) for index, (part, place) in indexed if isinstance(part.default, str | bytes)),
        tuple(index for index, (part, _) in indexed if isinstance(part.default, str)),
        tuple((index, len(part.default)) for index, (part, _) in indexed if isinstance(part.default, tuple)),
    )


@dataclass(frozen=True)
class Structure:
    """A C structure as a value. Fields are in memory order; texts are UTF-8, ended by a zero octet."""

    C_NAME: ClassVar[str] = ""
    GAPS: ClassVar[dict[str, int]] = {}
    """Octets that the compiler leaves free behind a field."""

    @classmethod
    def declared(cls) -> tuple[tuple[Place, ...], int]:
        """Where the fields lie by the declaration in this module, and the size in octets."""
        places, reached = [], 0
        for part in fields(cls):
            place = Place(part.metadata.get("name") or part.name, part.metadata["code"], reached)
            places.append(place)
            reached += place.size + cls.GAPS.get(part.name, 0)
        return tuple(places), reached

    @classmethod
    def places(cls) -> tuple[tuple[Place, ...], int]:
        """Where the fields lie, and the size in octets: by the driver's header where it was there, else as declared."""
        if not getattr(header_lib, f"HAS_{cls.C_NAME}", 0):
            return cls.declared()
        return cls.places_in(header_ffi)

    @classmethod
    def places_in(cls, ffi: Any) -> tuple[tuple[Place, ...], int]:  # noqa: ANN401  # cffi has no types
        """Where a compiler put the fields: ``ffi`` of a module that ``_build_abi.py`` describes. Raises ffi.error when they differ in kind."""
        kind = ffi.typeof(f"struct {cls.C_NAME}")
        found = dict(kind.fields)
        places = []
        for place in cls.declared()[0]:
            there = found.get(place.name)
            code = place.code if there is None or not place.code.endswith("s") else f"{ffi.sizeof(there.type)}s"
            places.append(Place(place.name, code, place.offset if there is None else there.offset))
        return tuple(places), ffi.sizeof(kind)

    @classmethod
    def c_declaration(cls) -> str:
        """What cffi is told of the structure: names and kinds, while offsets and the length of texts are the compiler's to say."""
        lines = [part.metadata["c"].format(name=part.metadata.get("name") or part.name) for part in fields(cls)]
        return f"struct {cls.C_NAME} {{ " + " ".join(f"{line};" for line in lines if line) + " ...; };"

    @classmethod
    def size(cls) -> int:
        """Octets."""
        return _plan(cls).memory.size

    @classmethod
    def offset_of(cls, name: str) -> int:
        """Octets before the field. Raises KeyError for an unknown one."""
        for part, place in zip(fields(cls), cls.places()[0], strict=True):
            if part.name == name:
                return place.offset
        raise KeyError(name)

    def pack(self) -> bytearray:
        """The structure's memory. Raises ValueError when a text or table is too long, struct.error for a number out of range."""
        plan = _plan(type(self))
        values = plan.values_of(self)
        if plan.texts or plan.arrays:
            values = list(values)
            for index, room in plan.texts:
                values[index] = _bounded(self, plan.names[index], values[index], room)
            for index, _ in reversed(plan.arrays):
                values[index : index + 1] = values[index]
        return bytearray(plan.memory.pack(*values))

    @classmethod
    def unpack(cls, octets: bytes | bytearray) -> Self:
        """The structure that begins at the first octet. Raises struct.error when ``octets`` is too short."""
        plan = _plan(cls)
        values: Any = plan.memory.unpack_from(octets)
        if plan.texts or plan.arrays:
            values = list(values)
            for index, count in plan.arrays:
                values[index : index + count] = [tuple(values[index : index + count])]
            for index in plan.texts_only:
                values[index] = values[index].partition(b"\0")[0].decode(errors="replace")
        made = object.__new__(cls)
        # What the frozen __init__ would do field by field, in one step: this is what most of a call's time would go to.
        made.__dict__.update(zip(plan.names, values, strict=True))
        return made


def _bounded(structure: Structure, name: str, value: str | bytes, room: int) -> bytes:
    octets = value.encode() if isinstance(value, str) else value
    most = room - 1 if isinstance(value, str) else room
    if len(octets) > most:
        raise ValueError(f"{type(structure).__name__}.{name} has {len(octets)} octets, at most {most} fit")
    return octets


# ---- the structures --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Params(Structure):
    """``dahdi_params``: a channel's state and its timing. SET_PARAMS takes the eleven timing fields (ms), all of them."""

    C_NAME: ClassVar[str] = "dahdi_params"

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

    C_NAME: ClassVar[str] = "dahdi_spaninfo"

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
    fecount: int = _unsigned()
    cvcount: int = _unsigned()
    becount: int = _unsigned()
    prbs: int = _unsigned()
    errsec: int = _unsigned()
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
class SpanInfoV1(Structure):
    """``dahdi_spaninfo_v1``: a span's state as old drivers tell it: without five of the counters."""

    C_NAME: ClassVar[str] = "dahdi_spaninfo_v1"
    GAPS: ClassVar[dict[str, int]] = {"spantype": 2}

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

    def lifted(self) -> SpanInfo:
        """The same as today's structure; counters that the driver does not have are 0."""
        return SpanInfo(**vars(self))


@dataclass(frozen=True)
class LineConfig(Structure):
    """``dahdi_lineconfig``, for SPANCONFIG."""

    C_NAME: ClassVar[str] = "dahdi_lineconfig"

    span: int = _int()
    name: str = _text(20)
    lbo: int = _int()
    lineconfig: int = _int()
    sync: int = _int()


@dataclass(frozen=True)
class ChannelConfig(Structure):
    """``dahdi_chanconfig``, for CHANCONFIG on the control node."""

    C_NAME: ClassVar[str] = "dahdi_chanconfig"

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

    C_NAME: ClassVar[str] = "dahdi_bufferinfo"

    txbufpolicy: int = _int()
    rxbufpolicy: int = _int()
    numbufs: int = _int()
    bufsize: int = _int()
    readbufs: int = _int()
    writebufs: int = _int()


@dataclass(frozen=True)
class ConferenceInfo(Structure):
    """``dahdi_confinfo``."""

    C_NAME: ClassVar[str] = "dahdi_confinfo"

    chan: int = _int()
    confno: int = _int()
    confmode: int = _int()


@dataclass(frozen=True)
class Gains(Structure):
    """``dahdi_gains``: tables from law octet to law octet; the default changes nothing."""

    C_NAME: ClassVar[str] = "dahdi_gains"

    chan: int = _int()
    rxgain: bytes = _octets(256, bytes(range(256)))
    txgain: bytes = _octets(256, bytes(range(256)))


@dataclass(frozen=True)
class MaintInfo(Structure):
    """``dahdi_maintinfo``."""

    C_NAME: ClassVar[str] = "dahdi_maintinfo"

    spanno: int = _int()
    command: int = _int()


@dataclass(frozen=True)
class DialOperation(Structure):
    """``dahdi_dialoperation``."""

    C_NAME: ClassVar[str] = "dahdi_dialoperation"

    op: int = _int()
    dialstr: str = _text(256)


@dataclass(frozen=True)
class DialParams(Structure):
    """``dahdi_dialparams`` (ms); one set for the whole machine."""

    C_NAME: ClassVar[str] = "dahdi_dialparams"

    mfv1_tonelen: int = _int()
    dtmf_tonelen: int = _int()
    mfr2_tonelen: int = _int()
    reserved: tuple[int, ...] = _ints(3)


@dataclass(frozen=True)
class Cadence(Structure):
    """``dahdi_ring_cadence``: ms on, off, on, off …, ended by 0; a negative on-time marks where the repetition starts."""

    C_NAME: ClassVar[str] = "dahdi_ring_cadence"

    steps: tuple[int, ...] = _ints(CADENCE_STEPS, "ringcadence")

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

    C_NAME: ClassVar[str] = "dahdi_echocanparam"

    name: str = _text(16)
    value: int = _int()


@dataclass(frozen=True)
class EchoCancelParams(Structure):
    """``dahdi_echocanparams``: the head; ``param_count`` (≤ 8) × ``EchoCancelParam`` follow it in memory."""

    C_NAME: ClassVar[str] = "dahdi_echocanparams"

    tap_length: int = _unsigned()
    param_count: int = _unsigned()


@dataclass(frozen=True)
class AttachEchoCanceller(Structure):
    """``dahdi_attach_echocan``; an empty name detaches."""

    C_NAME: ClassVar[str] = "dahdi_attach_echocan"

    chan: int = _int()
    echocan: str = _text(16)


@dataclass(frozen=True)
class VersionInfo(Structure):
    """``dahdi_versioninfo``."""

    C_NAME: ClassVar[str] = "dahdi_versioninfo"

    version: str = _text(80)
    echo_canceller: str = _text(80)


@dataclass(frozen=True)
class DynamicSpan(Structure):
    """``dahdi_dynamic_span``."""

    C_NAME: ClassVar[str] = "dahdi_dynamic_span"

    driver: str = _text(20)
    addr: str = _text(40)
    numchans: int = _int()
    timing: int = _int()
    spanno: int = _int()


@dataclass(frozen=True)
class ToneZoneHeader(Structure):
    """``dahdi_tone_def_header``: the head of LOADZONE; ``count`` × ``ToneDefinition`` follow it in memory."""

    C_NAME: ClassVar[str] = "dahdi_tone_def_header"

    count: int = _int()
    zone: int = _int()
    ringcadence: tuple[int, ...] = _ints(CADENCE_STEPS)
    name: str = _text(40)


@dataclass(frozen=True)
class ToneDefinition(Structure):
    """``dahdi_tone_def``: one piece of a tone, as two resonators."""

    C_NAME: ClassVar[str] = "dahdi_tone_def"

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

    C_NAME: ClassVar[str] = "dahdi_hwgain"

    newgain: int = _int()
    tx: int = _unsigned(bits=True)


@dataclass(frozen=True)
class VoltageStats(Structure):
    """``wctdm_stats``: millivolts on an analog port."""

    C_NAME: ClassVar[str] = "wctdm_stats"

    tipvolt: int = _int()
    ringvolt: int = _int()
    batvolt: int = _int()


@dataclass(frozen=True)
class Registers(Structure):
    """``wctdm_regs``: the registers of an analog port's line chip, as its driver reads them."""

    C_NAME: ClassVar[str] = "wctdm_regs"
    GAPS: ClassVar[dict[str, int]] = {"direct": 1}

    direct: bytes = _octets(109, bytes(109))
    indirect: tuple[int, ...] = _shorts(105)


@dataclass(frozen=True)
class RegisterOperation(Structure):
    """``wctdm_regop``: a value for one register of a line chip; ``indirect`` 1 for one of the second set."""

    C_NAME: ClassVar[str] = "wctdm_regop"
    GAPS: ClassVar[dict[str, int]] = {"reg": 1}

    indirect: int = _int()
    reg: int = _octet()
    val: int = _short()


@dataclass(frozen=True)
class EchoTune(Structure):
    """``wctdm_echo_coefs``: line impedance and hybrid balance of an exchange line's port."""

    C_NAME: ClassVar[str] = "wctdm_echo_coefs"

    acim: int = _octet()
    coef1: int = _octet()
    coef2: int = _octet()
    coef3: int = _octet()
    coef4: int = _octet()
    coef5: int = _octet()
    coef6: int = _octet()
    coef7: int = _octet()
    coef8: int = _octet()


STRUCTURES: tuple[type[Structure], ...] = (
    Params,
    SpanInfo,
    SpanInfoV1,
    LineConfig,
    ChannelConfig,
    BufferInfo,
    ConferenceInfo,
    Gains,
    MaintInfo,
    DialOperation,
    DialParams,
    Cadence,
    EchoCancelParam,
    EchoCancelParams,
    AttachEchoCanceller,
    VersionInfo,
    DynamicSpan,
    ToneZoneHeader,
    ToneDefinition,
    HardwareGain,
    VoltageStats,
    Registers,
    RegisterOperation,
    EchoTune,
)
"""Every structure of this module."""
