"""libpri and its shim with the address and undefined-behaviour sanitizers, built from Debian's source package into a cache folder.

The source is fetched by apt itself, which checks its signatures, with lists and caches of its own below the cache folder: the machine's package
sources stay as they are. What is there is not made again, unless the shim changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from boards.e1._build_pri import MODULE, ROOT, describe

__all__ = ["BuildFailed", "default_cache", "sanitized_environment", "sanitized_module"]

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MIRROR = "http://deb.debian.org/debian"
PROGRAMS = {"apt-get": "apt", "dpkg-source": "dpkg-dev", "gcc": "gcc", "ar": "binutils"}
NOT_OF_THE_LIBRARY = {"pritest.c", "pridump.c", "testprilib.c", "rosetest.c"}
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g", "-O1")
SHIM = "boards/e1/native"


class BuildFailed(Exception):  # a reason, said to a person
    """It cannot be built here; the text says why and what to do."""


def default_cache() -> Path:
    """``STROWGER_FUZZ_CACHE``, or a folder in the user's cache."""
    given = os.environ.get("STROWGER_FUZZ_CACHE")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(given) if given else home / "strowger" / "fuzz"


def sanitized_module(cache: Path) -> Path:
    """The folder in which the module lies by its usual name. Raises BuildFailed."""
    for program, package in PROGRAMS.items():
        if shutil.which(program) is None:
            raise BuildFailed(f"{program} is not installed: install the Debian package {package}")
    cache.mkdir(parents=True, exist_ok=True)
    library = _library(cache)
    folder = cache / f"pri-{_mark()}"
    module = folder / "boards" / "e1" / MODULE
    if not module.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        builder = describe(ROOT, SANITIZERS, str(library), ("-fsanitize=address,undefined",))
        builder.compile(tmpdir=str(folder), target=MODULE)
    return folder


def sanitized_environment(folder: Path) -> Mapping[str, str]:
    """What a Python must find in its environment to use the module: the sanitizer first of all libraries, and our module's folder."""
    runtime = _run("gcc", "-print-file-name=libasan.so").strip()
    return {
        **os.environ,
        "LD_PRELOAD": runtime,
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": "malloc",
        "STROWGER_SANITIZED_PRI": str(folder / "boards" / "e1" / MODULE),
    }


def _mark() -> str:
    """What the shim's sources are, in a few characters."""
    summed = hashlib.sha256()
    for file in sorted((ROOT / SHIM).glob("pri_*.[ch]")):
        summed.update(file.read_bytes())
    return summed.hexdigest()[:12]


def _library(cache: Path) -> Path:
    library = cache / "libpri" / "libpri.a"
    if library.exists():
        return library
    work = cache / f"building-{os.getpid()}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    source = _source(work)
    names = sorted(file.name for file in source.glob("*.c") if file.name not in NOT_OF_THE_LIBRARY)
    for name in names:
        _run("gcc", *SANITIZERS, "-fPIC", "-w", "-c", name, cwd=source)
    _run("ar", "rcs", "libpri.a", *(name[:-1] + "o" for name in names), cwd=source)
    shutil.rmtree(library.parent, ignore_errors=True)
    source.rename(library.parent)
    shutil.rmtree(work)
    return library


def _source(work: Path) -> Path:
    suite = _run("sh", "-c", '. /etc/os-release && echo "$VERSION_CODENAME"').strip()
    (work / "lists" / "partial").mkdir(parents=True)
    (work / "cache" / "archives" / "partial").mkdir(parents=True)
    (work / "sources.list").write_text(f"deb-src [signed-by={KEYRING}] {MIRROR} {suite} main\n", encoding="utf-8")
    places = {
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": work / "lists",
        "Dir::Cache": work / "cache",
        "APT::Sandbox::User": "root",
    }
    options = [word for name, value in places.items() for word in ("-o", f"{name}={value}")]
    _run("apt-get", *options, "--quiet", "update", cwd=work)
    _run("apt-get", *options, "--quiet", "source", "--download-only", "libpri", cwd=work)
    described = next(work.glob("libpri_*.dsc"), None)
    if described is None:
        raise BuildFailed(f"apt fetched no source of libpri for Debian {suite}: check the network")
    _run("dpkg-source", "--extract", described.name, "source", cwd=work)
    return work / "source"


def _run(*words: str, cwd: Path | None = None) -> str:
    done = _done(words, cwd)
    if done.returncode:
        raise BuildFailed(f"{' '.join(words[:2])} failed: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout


def _done(words: Sequence[str], cwd: Path | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.stdout.write(f"{sanitized_module(default_cache())}\n")
