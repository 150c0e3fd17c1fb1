"""Builds the media pump's extension module ``boards.dahdi._pump`` (cffi, API mode).

The C headers are the one description of the border: what cffi is told is made from them, so the two cannot differ. Run
``python boards/dahdi/_build.py`` to build in place; a package build names ``boards/dahdi/_build.py:ffibuilder``.
"""

from __future__ import annotations

import re
from pathlib import Path

from cffi import FFI

__all__ = ["ffibuilder"]

ROOT = Path(__file__).resolve().parents[2]
NATIVE = Path("boards/dahdi/native")
HEADERS = ("pump.h", "wire.h", "pipes.h", "cycles.h")
FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror")
MODULE = "_pump.abi3.so"
# cffi's own wrappers leave a parameter unused in every function without arguments, and the last fields of Python's tables empty.
GENERATED = ("-Wno-unused-parameter", "-Wno-missing-field-initializers")


def declarations(header: str) -> str:
    """The header without its guard, includes and conditions: what cffi parses. Numbers in ``#define`` stay."""
    number = re.compile(r"#define\s+\w+\s+(0x[0-9A-Fa-f]+|-?\d+)\b")
    return "\n".join(line for line in header.splitlines() if not line.lstrip().startswith("#") or number.match(line))


def describe() -> FFI:
    """The builder, fed from the headers and from every C file beside them; paths are relative to the checkout."""
    builder = FFI()
    for name in HEADERS:
        builder.cdef(declarations((ROOT / NATIVE / name).read_text(encoding="utf-8")))
    builder.set_source(
        "boards.dahdi._pump",
        "".join(f'#include "{name}"\n' for name in HEADERS),
        sources=sorted(str(NATIVE / path.name) for path in (ROOT / NATIVE).glob("*.c")),
        include_dirs=[str(NATIVE)],
        libraries=["spandsp", "pthread", "m"],
        extra_compile_args=[*FLAGS, *GENERATED],
    )
    return builder


ffibuilder = describe()


def build_in_place() -> Path:
    """Compile beside this file and clear away the object files. Returns the module's path; raises cffi's VerificationError.

    The module has the name that a package build gives it; one of another name from an earlier build, which Python might prefer, goes.
    """
    built = Path(ffibuilder.compile(tmpdir=str(ROOT), target=MODULE, verbose=True))
    for left in (ROOT / "boards/dahdi").rglob("*.o"):
        left.unlink()
    for older in built.parent.glob("_pump.*.so"):
        if older.name != MODULE:
            older.unlink()
    return built


if __name__ == "__main__":
    build_in_place()
