"""The driver's numbers and memory layouts."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import pytest

from boards.dahdi import abi
from boards.dahdi.abi import Cadence, Event, Gains, Ioctl, Params, Sig, SpanInfo, Structure

SIZES: Mapping[type[Structure], int] = {
    abi.Params: 136,
    abi.SpanInfo: 314,
    abi.LineConfig: 36,
    abi.ChannelConfig: 76,
    abi.BufferInfo: 24,
    abi.ConferenceInfo: 12,
    abi.Gains: 516,
    abi.MaintInfo: 8,
    abi.DialOperation: 260,
    abi.DialParams: 24,
    abi.Cadence: 64,
    abi.EchoCancelParams: 8,
    abi.EchoCancelParam: 20,
    abi.AttachEchoCanceller: 20,
    abi.VersionInfo: 160,
    abi.DynamicSpan: 72,
    abi.ToneZoneHeader: 112,
    abi.ToneDefinition: 44,
    abi.HardwareGain: 8,
    abi.VoltageStats: 12,
    abi.SpanInfoV1: 296,
    abi.Registers: 320,
    abi.RegisterOperation: 8,
    abi.EchoTune: 9,
}

OFFSETS: Mapping[type[Structure], Mapping[str, int]] = {
    abi.Params: {
        "channo": 0,
        "spanno": 4,
        "chanpos": 8,
        "sigtype": 12,
        "sigcap": 16,
        "rxisoffhook": 20,
        "rxbits": 24,
        "txbits": 28,
        "txhooksig": 32,
        "rxhooksig": 36,
        "curlaw": 40,
        "idlebits": 44,
        "name": 48,
        "prewinktime": 88,
        "preflashtime": 92,
        "winktime": 96,
        "flashtime": 100,
        "starttime": 104,
        "rxwinktime": 108,
        "rxflashtime": 112,
        "debouncetime": 116,
        "pulsebreaktime": 120,
        "pulsemaketime": 124,
        "pulseaftertime": 128,
        "chan_alarms": 132,
    },
    abi.SpanInfo: {
        "name": 4,
        "desc": 24,
        "alarms": 64,
        "bpvcount": 76,
        "fascount": 88,
        "errsec": 108,
        "syncsrc": 116,
        "numchans": 120,
        "totalchans": 124,
        "totalspans": 128,
        "lbo": 132,
        "lboname": 140,
        "location": 180,
        "manufacturer": 220,
        "devicetype": 260,
        "irq": 300,
        "linecompat": 304,
        "spantype": 308,
    },
    abi.SpanInfoV1: {
        "fascount": 88,
        "irqmisses": 92,
        "numchans": 100,
        "lboname": 120,
        "devicetype": 240,
        "linecompat": 284,
        "spantype": 288,
    },
    abi.Registers: {"direct": 0, "indirect": 110},
    abi.RegisterOperation: {"indirect": 0, "reg": 4, "val": 6},
    abi.LineConfig: {"name": 4, "lbo": 24, "lineconfig": 28, "sync": 32},
    abi.ChannelConfig: {"name": 4, "sigtype": 44, "deflaw": 48, "master": 52, "idlebits": 56, "netdev_name": 60},
    abi.BufferInfo: {"rxbufpolicy": 4, "numbufs": 8, "bufsize": 12, "readbufs": 16, "writebufs": 20},
    abi.Gains: {"rxgain": 4, "txgain": 260},
    abi.DynamicSpan: {"addr": 20, "numchans": 60, "timing": 64, "spanno": 68},
    abi.ToneZoneHeader: {"zone": 4, "ringcadence": 8, "name": 72},
    abi.ToneDefinition: {"samples": 8, "fac1": 16, "init_v3_1": 24, "init_v3_2": 36, "modulate": 40},
}

ARGUMENTS: Mapping[Ioctl, type[Structure]] = {
    Ioctl.GET_PARAMS: abi.Params,
    Ioctl.SET_PARAMS: abi.Params,
    Ioctl.SPANSTAT: abi.SpanInfo,
    Ioctl.MAINT: abi.MaintInfo,
    Ioctl.SETCONF: abi.ConferenceInfo,
    Ioctl.GETGAINS: abi.Gains,
    Ioctl.SETGAINS: abi.Gains,
    Ioctl.SPANCONFIG: abi.LineConfig,
    Ioctl.CHANCONFIG: abi.ChannelConfig,
    Ioctl.LOADZONE: abi.ToneZoneHeader,
    Ioctl.SET_BUFINFO: abi.BufferInfo,
    Ioctl.GET_BUFINFO: abi.BufferInfo,
    Ioctl.SET_DIALPARAMS: abi.DialParams,
    Ioctl.DIAL: abi.DialOperation,
    Ioctl.SETCADENCE: abi.Cadence,
    Ioctl.GETVERSION: abi.VersionInfo,
    Ioctl.ATTACH_ECHOCAN: abi.AttachEchoCanceller,
    Ioctl.DYNAMIC_CREATE: abi.DynamicSpan,
    Ioctl.SET_HWGAIN: abi.HardwareGain,
    Ioctl.WCTDM_GET_STATS: abi.VoltageStats,
    Ioctl.WCTDM_GET_REGS: abi.Registers,
    Ioctl.WCTDM_SET_REG: abi.RegisterOperation,
    Ioctl.WCTDM_SET_ECHOTUNE: abi.EchoTune,
    Ioctl.SPANSTAT_V1: abi.SpanInfoV1,
    Ioctl.ECHOCANCEL_PARAMS: abi.EchoCancelParams,
    Ioctl.GETCONF: abi.ConferenceInfo,
    Ioctl.GET_DIALPARAMS: abi.DialParams,
    Ioctl.DYNAMIC_DESTROY: abi.DynamicSpan,
}


@pytest.mark.parametrize(("structure", "size"), SIZES.items())
def test_sizes(structure: type[Structure], size: int) -> None:
    """A structure of another size makes the kernel write beyond the buffer, or leaves fields unread."""
    assert structure.size() == size
    assert len(structure().pack()) == size


@pytest.mark.parametrize(("structure", "name", "offset"), [(s, n, o) for s, named in OFFSETS.items() for n, o in named.items()])
def test_offsets(structure: type[Structure], name: str, offset: int) -> None:
    """A field at the wrong place shows the technician another field's value."""
    assert structure.offset_of(name) == offset


def test_no_structure_is_left_out() -> None:
    """Every structure of the driver is among those that are looked at here."""
    assert set(abi.STRUCTURES) == set(SIZES)
    with pytest.raises(KeyError):
        Params.offset_of("no_such_field")


@pytest.mark.parametrize(("code", "structure"), ARGUMENTS.items())
def test_ioctl_carries_the_size_of_its_argument(code: Ioctl, structure: type[Structure]) -> None:
    """The kernel finds a call by a number that contains the argument's size: a mismatch is answered 'no such call'."""
    assert code >> 16 & 0x3FFF == structure.size()


@pytest.mark.parametrize("code", list(Ioctl))
def test_ioctl_type_octet(code: Ioctl) -> None:
    """A call with another type octet reaches another driver."""
    assert code >> 8 & 0xFF == 0xDA


def test_values_survive_the_memory() -> None:
    """What dahdi_cfg set is what the technician reads: numbers, texts and negative values."""
    params = Params(channo=5, sigtype=Sig.FXOKS, rxbits=-1, name="电话 5", rxflashtime=800, chan_alarms=8)
    assert Params.unpack(params.pack()) == params
    assert struct.unpack_from("<i", params.pack(), 112) == (800,)
    gains = Gains(3, rxgain=bytes(reversed(range(256))))
    assert Gains.unpack(gains.pack()) == gains
    cadence = Cadence.of([1000, 4000])
    assert Cadence.unpack(cadence.pack()).steps == (1000, 4000, *[0] * 14)
    dialling = abi.DialParams(68, 100, 90, (1, 2, 3))
    assert abi.DialParams.unpack(dialling.pack()) == dialling
    registers = abi.Registers(bytes(range(109)), tuple(range(65535, 65430, -1)))
    assert abi.Registers.unpack(registers.pack()) == registers
    assert hash(Params.unpack(params.pack())) == hash(params)


def test_text_ends_at_its_first_zero() -> None:
    """Rubbish behind a short name in the kernel's buffer is not shown."""
    memory = SpanInfo(name="abc").pack()
    memory[7:11] = b"\0xyz"
    assert SpanInfo.unpack(memory).name == "abc"


def test_too_long_values_are_refused() -> None:
    """A text that does not fit is an error here, not a cut name in the driver."""
    with pytest.raises(ValueError, match=r"SpanInfo.name has 20 octets, at most 19"):
        SpanInfo(name="x" * 20).pack()
    with pytest.raises(ValueError, match="1 to 16 times, not 17"):
        Cadence.of([100] * 17)
    with pytest.raises(ValueError, match="not 0"):
        Cadence.of([])


@pytest.mark.parametrize(
    ("event", "key"),
    [(Event.PULSEDIGIT | ord("7"), "7"), (Event.PULSEDIGIT | ord("*"), "*"), (Event.ONHOOK, None), (Event.DTMFUP | 49, None)],
)
def test_pulse_digit(event: int, key: str | None) -> None:
    """A dialled pulse digit is recognised, and nothing else is taken for one."""
    assert abi.pulse_digit(event) == key


@pytest.mark.parametrize("value", [0, -1, 5, 2**31 - 1])
def test_int_memory(value: int) -> None:
    """A number comes back from the driver's memory as it went in."""
    assert abi.unpack_int(abi.pack_int(value)) == value
