"""Builds ``boards.e1._pri``: libpri behind its shim (cffi, API mode).

libpri is linked in whole from Debian's static library, and the linker leads its calls for memory, time and chance to the shim. The shim's
header is the one description of the border: what cffi is told is made from it. Run ``python boards/e1/_build_pri.py`` to build in place; a
package build names ``boards/e1/_build_pri.py:ffibuilder``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from cffi import FFI

__all__ = ["MODULE", "ROOT", "describe", "ffibuilder"]

ROOT = Path(__file__).resolve().parents[2]
NATIVE = Path("boards/e1/native")
HEADER = "pri_shim.h"
NAME = "boards.e1._pri"
MODULE = "_pri.abi3.so"
LIBRARY = "-l:libpri.a"
WRAPPED = ("malloc", "calloc", "free", "gettimeofday", "time", "random")
"""The linker's --wrap: libpri's calls of these come to ``pri_memory.c``."""
FLAGS = ("-std=c11", "-D_DEFAULT_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror")
# cffi's own wrappers leave a parameter unused in every function without arguments, and the last fields of Python's tables empty.
GENERATED = ("-Wno-unused-parameter", "-Wno-missing-field-initializers")


def declarations(header: str) -> str:
    """The header without its guard and includes: what cffi parses. Numbers in ``#define`` stay."""
    number = re.compile(r"#define\s+\w+\s+(0x[0-9A-Fa-f]+|-?\d+)\b")
    return "\n".join(line for line in header.splitlines() if not line.lstrip().startswith("#") or number.match(line))


def describe(
    folder: Path = Path(), compiler: Sequence[str] = (), library: str = LIBRARY, linker: Sequence[str] = (), module: str = NAME
) -> FFI:
    """The builder, fed from the header and from every C file beside it. Paths are relative to the checkout, unless ``folder`` is the checkout's.

    ``compiler`` and ``linker``: further flags, behind the usual ones; ``library``: how libpri is given to the linker.
    """
    builder = FFI()
    builder.cdef(declarations((ROOT / NATIVE / HEADER).read_text(encoding="utf-8")))
    builder.set_source(
        module,
        f'#include "{HEADER}"\n',
        sources=sorted(str(folder / NATIVE / path.name) for path in (ROOT / NATIVE).glob("pri_*.c")),
        include_dirs=[str(folder / NATIVE)],
        extra_compile_args=[*FLAGS, *GENERATED, *compiler],
        extra_link_args=[*(f"-Wl,--wrap={name}" for name in WRAPPED), library, *linker],
    )
    return builder


ffibuilder = describe()


def build_in_place() -> Path:
    """Compile beside this file and clear away the object files. Returns the module's path; raises cffi's VerificationError.

    The module has the name that a package build gives it; one of another name from an earlier build, which Python might prefer, goes.
    """
    built = Path(ffibuilder.compile(tmpdir=str(ROOT), target=MODULE, verbose=True))
    for left in (ROOT / "boards/e1").rglob("*.o"):
        left.unlink()
    for older in built.parent.glob("_pri.*.so"):
        if older.name != MODULE:
            older.unlink()
    return built


if __name__ == "__main__":
    build_in_place()
