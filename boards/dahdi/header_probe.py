"""Compares this package's declarations with the driver's own header: every size, every field's offset, every number and constant.

    python -m boards.dahdi.header_probe [FOLDER]

``FOLDER`` has ``dahdi/user.h`` in it; without it the header is looked for where it usually is. Exit status 0: all agree; 1: something differs,
and each difference is a line; 2: there is no header, or no compiler.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Iterator, Mapping
from enum import IntEnum
from pathlib import Path
from types import ModuleType

from cffi import VerificationError

from boards.dahdi import abi
from boards.dahdi._build_abi import c_name, describe, find_headers, structures_of
from boards.dahdi.abi import DECLARED_NUMBERS, Structure

__all__ = ["CONSTANTS", "compile_headers", "differences", "main"]

MODULE = "dahdi_header_probe"

# Each of our constants under the header's name: a common beginning, and the names that are not simply that and ours.
_FAMILIES: tuple[tuple[type[IntEnum], str, Mapping[str, str]], ...] = (
    (abi.Event, "DAHDI_EVENT_", {}),
    (abi.Hook, "DAHDI_", {}),
    (abi.Law, "DAHDI_LAW_", {}),
    (abi.TransmitPolicy, "DAHDI_POLICY_", {}),
    (abi.Dial, "DAHDI_DIAL_OP_", {}),
    (abi.Maint, "DAHDI_MAINT_", {"RESET_COUNTERS": "DAHDI_RESET_COUNTERS"}),
    (
        abi.Tone,
        "DAHDI_TONE_",
        {
            "CUSTOM1": "DAHDI_TONE_CUST1",
            "CUSTOM2": "DAHDI_TONE_CUST2",
            "MOST": "DAHDI_TONE_MAX",
            "MFR2_FORWARD_BASE": "DAHDI_TONE_MFR2_FWD_BASE",
            "MFR2_BACKWARD_BASE": "DAHDI_TONE_MFR2_REV_BASE",
        },
    ),
)


def _constants() -> Iterator[tuple[str, int]]:
    for family, beginning, otherwise in _FAMILIES:
        yield from ((otherwise.get(name, beginning + name), value) for name, value in family.__members__.items())
    for name, flag in abi.Sig.__members__.items():
        yield f"DAHDI_SIG_{name}", flag
    for name, alarm in abi.Alarm.__members__.items():
        yield f"DAHDI_ALARM_{name}", alarm
    for name, bit in abi.LineConfigBit.__members__.items():
        yield f"DAHDI_CONFIG_{name}", bit
    for name, mode in abi.ConferenceMode.__members__.items():
        yield f"DAHDI_CONF_{name}", mode
    for name, what in abi.Flush.__members__.items():
        yield f"DAHDI_FLUSH_{name}", what
    for name, side in abi.IoMux.__members__.items():
        yield f"DAHDI_IOMUX_{name}", side
    yield "DAHDI_TONEDETECT_ON", abi.ToneDetect.ON
    yield "DAHDI_TONEDETECT_MUTE", abi.ToneDetect.MUTE
    yield "DAHDI_VMWI_LREV", abi.MessageLamp.LINE_REVERSAL
    yield "DAHDI_VMWI_HVDC", abi.MessageLamp.HIGH_VOLTAGE_DC
    yield "DAHDI_VMWI_HVAC", abi.MessageLamp.HIGH_VOLTAGE_AC
    yield "ELAST", abi.ELAST
    yield "DAHDI_GET_PARAMS_RETURN_MASTER", abi.RETURN_MASTER
    yield "DAHDI_MAX_EVENTSIZE", abi.EVENT_QUEUE_LENGTH
    yield "DAHDI_MAX_CADENCE", abi.CADENCE_STEPS
    yield "DAHDI_MAX_BLOCKSIZE", abi.BLOCK_MOST
    yield "DAHDI_MAX_NUM_BUFS", abi.BUFFERS_MOST
    yield "DAHDI_MAX_BUF_SPACE", abi.BUFFER_SPACE_MOST
    yield "DAHDI_MAX_DTMF_BUF", abi.DIAL_STRING_MOST + 1
    yield "DAHDI_MAX_ECHOCANPARAMS", abi.ECHO_PARAMS_MOST
    yield "DAHDI_MAX_SPANS", abi.SPANS_MOST
    yield "DAHDI_MAX_CHANNELS", abi.CHANNELS_MOST
    yield "DAHDI_MAX_CONF", abi.CONFERENCES_MOST


CONSTANTS: Mapping[str, int] = dict(_constants())
"""Our constants by the header's names."""


def compile_headers(headers: Path, folder: Path) -> ModuleType:
    """The module that a compiler makes of the headers, built in ``folder``. Raises cffi's VerificationError."""
    built = describe(headers, list(CONSTANTS), MODULE).compile(tmpdir=str(folder))
    found = importlib.util.spec_from_file_location(MODULE, built)
    if found is None or found.loader is None:
        raise VerificationError(f"{built} is no module")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def _layout_differences(kind: type[Structure], module: ModuleType) -> Iterator[str]:
    declared, size = kind.declared()
    try:
        found, found_size = kind.places_in(module.ffi)
    except module.ffi.error as error:
        yield f"struct {kind.C_NAME}: a field is of another kind: {error}"
        return
    for ours, theirs in zip(declared, found, strict=True):
        if ours != theirs:
            yield f"struct {kind.C_NAME}.{ours.name}: {ours.size} octets at {ours.offset} here, {theirs.size} at {theirs.offset} in the header"
    if size != found_size:
        yield f"struct {kind.C_NAME}: {size} octets here, {found_size} in the header"


def differences(module: ModuleType, headers: Path) -> tuple[str, ...]:
    """A sentence for everything that is not the same in the headers; calls that they do not have are no difference."""
    found = [line for kind in structures_of(headers) for line in _layout_differences(kind, module)]
    for call, number in DECLARED_NUMBERS.items():
        theirs = getattr(module.lib, f"NUMBER_{call}")
        if theirs not in (0, number):
            found.append(f"{c_name(call)}: {number:#010x} here, {theirs:#010x} in the header")
    for name, value in CONSTANTS.items():
        # Bit 31 makes a negative number in C.
        theirs = getattr(module.lib, name)
        if theirs & 0xFFFFFFFF != value & 0xFFFFFFFF:
            found.append(f"{name}: {value} here, {theirs} in the header")
    if module.lib.transmit_bit() != 1:
        found.append("struct dahdi_hwgain.tx: bit 0 of the second word here, another in the header")
    return tuple(found)


def main(arguments: list[str]) -> int:
    """Compare, print, and give the exit status."""
    headers = Path(arguments[0]) if arguments else find_headers()
    if headers is None:
        sys.stderr.write("no dahdi/user.h is here: install Debian's dahdi-dkms, or name the folder that has it\n")
        return 2
    if not (headers / "dahdi" / "user.h").is_file():
        sys.stderr.write(f"{headers / 'dahdi' / 'user.h'} is not there: name the folder that has dahdi/user.h in it\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="dahdi-probe-") as folder:
        try:
            module = compile_headers(headers, Path(folder))
        except VerificationError as error:
            sys.stderr.write(f"{headers} cannot be compiled: {error}\n")
            return 2
        found = differences(module, headers)
    for line in found:
        sys.stdout.write(f"{line}\n")
    calls = sum(1 for call in DECLARED_NUMBERS if getattr(module.lib, f"NUMBER_{call}"))
    kinds = structures_of(headers)
    fields = sum(len(kind.declared()[0]) for kind in kinds)
    sys.stdout.write(
        f"{headers}: {len(kinds)} structures with {fields} fields, {calls} calls, {len(CONSTANTS)} constants: {len(found)} differences\n"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
