"""What a Python program of the checkout reads before it does anything: its modules, compiled, and the libraries behind them.

The guest reads files from the host slowly, and it compiles slowly. So the modules are imported and compiled here, into a folder of the cache, and
everything that this took is put into the guest's memory.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.kernel.archive import Archive

__all__ = ["CHECKOUT", "warm_archive"]

CHECKOUT = Path(__file__).resolve().parents[2]
OCTETS_MOST = 256 << 20
"""The guest has 1 GB of memory."""
IMPORTED = """
import contextlib, glob, importlib, io, os, sys
files = [name for name in sys.argv[1:] if name.endswith(".py")]
for name in sys.argv[1:]:
    if name not in files:
        importlib.import_module(name)
if files:
    import pytest
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["--collect-only", "-qq", "--noconftest", "-p", "no:cacheprovider", "-p", "tests.contracts.fixtures", *files])
paths = {line.split(None, 5)[5].strip() for line in open("/proc/self/maps") if "/" in line}
for module in list(sys.modules.values()):
    paths |= {str(getattr(module, name, None) or "") for name in ("__file__", "__cached__")}
for path in [path for path in paths if path.endswith(".py")]:
    paths |= set(glob.glob(glob.escape(sys.pycache_prefix + os.path.splitext(path)[0]) + ".*.pyc"))
print("\\n".join(sorted(path for path in paths if path.startswith("/"))))
"""
"""A program: imports the modules and collects the tests that it is given, and prints the files that this took."""


def warm_archive(names: Sequence[str], environment: Sequence[tuple[str, str]], pycache: Path, folders: Sequence[Path] = ()) -> bytes:
    """An archive of these modules' and test files' files, and of all that lies in ``folders``, at their places under ``/warm``; empty for no names.

    ``pycache`` is where compiled modules are kept. Raises RuntimeError when something cannot be imported here.
    """
    if not names:
        return b""
    archive = Archive()
    made: set[Path] = set()
    octets = 0
    for path in (*_files(names, environment, pycache), *_files_in(folders)):
        octets += path.stat().st_size
        if octets > OCTETS_MOST:
            break
        for folder in reversed(path.parents[:-1]):
            if folder not in made:
                made.add(folder)
                archive.folder(f"warm{folder}")
        archive.copy(f"warm{path}", path)
    return archive.finish()


def _files_in(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted(folder.resolve().rglob("*")) if path.is_file())


def _files(names: Sequence[str], environment: Sequence[tuple[str, str]], pycache: Path) -> Iterator[Path]:
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    variables |= {**dict(environment), "PYTHONPYCACHEPREFIX": str(pycache)}
    words = [sys.executable, "-c", IMPORTED, *names]
    done = subprocess.run(words, cwd=CHECKOUT, env=variables, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"these cannot be imported here: {' '.join(names)}: {(done.stderr or done.stdout)[-2000:].strip()}")
    for path in dict.fromkeys(Path(line).resolve() for line in done.stdout.splitlines()):
        if path.is_file():
            yield path
