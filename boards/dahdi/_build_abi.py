"""Builds ``boards.dahdi._abi``: what a C compiler makes of the driver's own header, ``dahdi/user.h`` (cffi, API mode).

The header comes with the driver's source: Debian's ``dahdi-dkms`` and ``dahdi-source`` have it, and ``make install-include`` puts it into
``/usr/include``. Which fields a structure has is told by ``structures.py``; where they lie, how long they are and which numbers the calls
have is the compiler's to say. On a machine without the header the module is empty, and what ``structures.py`` and ``abi.py`` declare serves.

Run ``python boards/dahdi/_build_abi.py`` to build in place; a package build names ``boards/dahdi/_build_abi.py:ffibuilder``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from boards.dahdi.abi import DECLARED_NUMBERS, STRUCTURES, Structure  # noqa: E402  # a build runs outside the checkout's path

__all__ = ["c_name", "describe", "ffibuilder", "find_headers", "structures_of"]

MODULE = "_abi.abi3.so"
USUAL = (Path("/usr/include"), Path("/usr/local/include"))
SOURCES = Path("/usr/src")
HEADER = "dahdi/user.h"
CARD_HEADER = "dahdi/wctdm_user.h"
CARD = "WCTDM_"
"""Calls that begin with this are in the second header, and the structures that begin with it in small letters."""
# The header is somebody else's: what a compiler finds to say about it stops nobody's build. There is nothing to make fast either.
FLAGS = ("-std=gnu11", "-w", "-O0")

TRANSMIT_BIT = """
static unsigned int transmit_bit(void)
{
    struct { struct dahdi_hwgain gain; } cleared = { { 0 } };
    unsigned int words[2];
    cleared.gain.tx = 1;
    _Static_assert(sizeof cleared.gain == sizeof words, "a hardware gain is two words");
    __builtin_memcpy(words, &cleared.gain, sizeof words);
    return words[1];
}
"""
"""A bit field has no address: this is the word that it makes."""


def find_headers() -> Path | None:
    """The folder with ``dahdi/user.h``: ``DAHDI_INCLUDE`` when that is set, else a usual place or the newest driver source; None without."""
    given = os.environ.get("DAHDI_INCLUDE")
    if given:
        return Path(given) if (Path(given) / HEADER).exists() else None
    sources = sorted(SOURCES.glob("dahdi-*/include"), reverse=True)
    return next((folder for folder in (*USUAL, *sources) if (folder / HEADER).exists()), None)


def c_name(call: str) -> str:
    """What the headers call an ioctl."""
    return call if call.startswith(CARD) else f"DAHDI_{call}"


def structures_of(headers: Path) -> tuple[type[Structure], ...]:
    """The structures that these headers have."""
    cards = (headers / CARD_HEADER).exists()
    return tuple(kind for kind in STRUCTURES if cards or not kind.C_NAME.startswith(CARD.lower()))


def _declared(headers: Path, constants: Sequence[str]) -> Iterator[str]:
    yield "static char *const HEADERS;"
    yield "unsigned int transmit_bit(void);"
    for kind in structures_of(headers):
        yield kind.c_declaration()
        yield f"#define HAS_{kind.C_NAME} ..."
    yield from (f"#define NUMBER_{call} ..." for call in DECLARED_NUMBERS)
    yield from (f"#define {name} ..." for name in constants)


def _source(headers: Path) -> Iterator[str]:
    yield f"#include <{HEADER}>"
    if (headers / CARD_HEADER).exists():
        yield f"#include <{CARD_HEADER}>"
    yield f'static char *const HEADERS = "{headers}";'
    yield TRANSMIT_BIT
    yield from (f"#define HAS_{kind.C_NAME} 1" for kind in structures_of(headers))
    for call in DECLARED_NUMBERS:
        # Some calls are only there when the driver was built with them: 0 says so.
        yield f"#ifdef {c_name(call)}\n#define NUMBER_{call} {c_name(call)}\n#else\n#define NUMBER_{call} 0\n#endif"


def describe(headers: Path | None, constants: Sequence[str] = (), module: str = "boards.dahdi._abi") -> FFI:
    """The builder. ``constants`` are further names of the header whose values the module shall have."""
    builder = FFI()
    if headers is None:
        builder.set_source(module, "", extra_compile_args=list(FLAGS))
        return builder
    builder.cdef("\n".join(_declared(headers, constants)))
    builder.set_source(module, "\n".join(_source(headers)), include_dirs=[str(headers)], extra_compile_args=list(FLAGS))
    return builder


ffibuilder = describe(find_headers())


if __name__ == "__main__":
    built = Path(ffibuilder.compile(tmpdir=str(ROOT), target=MODULE, verbose=True))
    built.with_name("_abi.o").unlink(missing_ok=True)
    sys.stdout.write(f"{built}: layouts of {find_headers() or 'the declaration in structures.py; no dahdi/user.h is here'}\n")
