"""A small virtual machine in which the real DAHDI driver runs: Debian's kernel and Debian's driver source, without cards.

QEMU emulates the processor in software. The machine's root is this machine's own root file system, read-only by 9p, with memory laid over
it: the checkout and its Python run inside as they are, and whatever they write is gone afterwards. In virtual time the guest's clock
counts instructions and jumps over idle time, so a busy host delays nothing inside.

Everything that is fetched or built lies in one cache folder outside the checkout, named by the versions of kernel and driver.
"""

from __future__ import annotations

import contextlib
import lzma
import os
import re
import shutil
import struct
import subprocess
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.kernel.archive import Archive
from tests.kernel.warm import CHECKOUT, warm_archive

__all__ = ["Machine", "MachineMissing", "Ran", "default_cache"]

HERE = Path(__file__).resolve().parent
DRIVER_PACKAGES = ("dahdi-dkms", "dahdi", "dahdi-linux", "libtonezone2.0", "libopenr2-3", "libopenr2-bin", "libpri1.4")
TOOL_LIBRARIES = ("libnewt0.52", "libslang2", "libpopt0")
"""The driver's source, and Debian's own tools with what they need: they look at the same spans as we do."""
KERNEL_MODULES = [
    "virtio_ring",
    "virtio",
    "virtio_pci_modern_dev",
    "virtio_pci_legacy_dev",
    "virtio_pci",
    "netfs",
    "fscache",
    "9pnet",
    "9pnet_virtio",
    "9p",
    "overlay",
    "virtio_console",
]
"""What the guest needs before its root is there, in this order."""
DRIVER_MODULES = ["dahdi", "dahdi_dynamic", "dahdi_dynamic_loc", "echo", "dahdi_echocan_oslec", "dahdi_echocan_mg2"]
BUILD_SWITCHES = [
    "CONFIG_DAHDI=m",
    "CONFIG_DAHDI_DYNAMIC=m",
    "CONFIG_DAHDI_DYNAMIC_LOC=m",
    "CONFIG_DAHDI_ECHOCAN_MG2=m",
    "DAHDI_BUILD_ALL=",
    "DAHDI_MODULES_EXTRA=",
    "HOTPLUG_FIRMWARE=no",
]
PROGRAMS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "busybox": "busybox-static",
    "apt-get": "apt",
    "dpkg-deb": "dpkg",
    "make": "make",
    "gcc": "gcc",
}
CONFIGURE = "mkdir -p /etc/dahdi && cp /shared/system.conf /etc/dahdi/ && dahdi_cfg || echo dahdi_cfg failed"
INSTRUCTION_SHIFT = 0
"""1 ns of guest time an instruction: a guest of 1000 million a second. At a quarter of that 60 busy channels leave it too little time."""


class MachineMissing(Exception):  # a reason, said to a person
    """The machine cannot be had here; the text says why and what to do."""


@dataclass(frozen=True)
class Ran:
    """What a command in the guest came to: its exit status, all it printed, and the kernel's messages."""

    status: int
    output: str
    messages: str
    took_s: float


def default_cache() -> Path:
    """``STROWGER_KERNEL_CACHE``, or a folder in the user's cache."""
    given = os.environ.get("STROWGER_KERNEL_CACHE")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(given) if given else home / "strowger" / "kernel"


class Machine:
    """The machine of one cache folder. ``say`` is told what takes time. ``prepare`` first, then ``run`` as often as wanted."""

    def __init__(self, cache: Path, say: Callable[[str], None]) -> None:
        self._cache = cache
        self._say = say
        self._version = ""
        self._pycache = cache / "pycache"

    # ---- preparing -------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Fetch, unpack and build what is not in the cache yet. Raises MachineMissing."""
        for program, package in PROGRAMS.items():
            if shutil.which(program) is None:
                raise MachineMissing(f"{program} is not installed: install the Debian package {package}")
        self._cache.mkdir(parents=True, exist_ok=True)
        packages = self._packages()
        self._folder = self._cache / self._name_of(packages)
        if not (self._folder / "complete").exists():
            building = self._cache / f"building-{os.getpid()}"
            shutil.rmtree(building, ignore_errors=True)
            building.mkdir()
            self._fetch(packages, building)
            self._build(building)
            (building / "complete").touch()
            shutil.rmtree(self._folder, ignore_errors=True)
            building.rename(self._folder)
        self._make_initramfs()

    def _packages(self) -> list[str]:
        found = self._newest_kernel()
        if found is None:
            self._say("fetching Debian's package lists")
            self._ask("apt-get", "--quiet", "--quiet", "update")
            found = self._newest_kernel()
        if found is None:
            raise MachineMissing("apt knows no linux-image-amd64: the machine needs Debian's package sources for amd64")
        self._version = found[1]
        series = ".".join(self._version.split(".")[:2])
        kernel = f"{self._version}-amd64"
        headers = [f"linux-headers-{kernel}", f"linux-headers-{self._version}-common", f"linux-kbuild-{series}"]
        return [f"linux-image-{kernel}", *headers, *DRIVER_PACKAGES, *TOOL_LIBRARIES]

    def _newest_kernel(self) -> re.Match[str] | None:
        shown = subprocess.run(["apt-cache", "depends", "linux-image-amd64"], capture_output=True, text=True, check=False)
        return re.search(r"Depends: linux-image-(\S+)-amd64", shown.stdout)

    def _name_of(self, packages: Sequence[str]) -> str:
        policy = self._ask("apt-cache", "policy", packages[0], "dahdi-dkms")
        versions = re.findall(r"Candidate: (\S+)", policy)
        if len(versions) != 2 or "(none)" in versions:
            raise MachineMissing("apt cannot give linux-image-amd64 and dahdi-dkms: fetch the package lists with apt-get update")
        recipe = zlib.crc32(" ".join([*packages, *BUILD_SWITCHES]).encode())
        return re.sub(r"[^\w.+-]", "_", "_".join([*versions, f"{recipe:08x}"]))

    def _fetch(self, packages: Sequence[str], folder: Path) -> None:
        self._say(f"fetching {len(packages)} Debian packages")
        debs = folder / "debs"
        debs.mkdir()
        self._ask("apt-get", "--quiet", "--quiet", "-o", "APT::Sandbox::User=root", "download", *packages, cwd=debs)
        root = folder / "root"
        root.mkdir()
        for deb in sorted(debs.iterdir()):
            self._ask("dpkg-deb", "--extract", str(deb), str(root))
        shutil.rmtree(debs)

    def _build(self, folder: Path) -> None:
        self._say("building the driver's modules")
        root = folder / "root"
        image = next((root / "boot").glob("vmlinuz-*"))
        (folder / "vmlinux").write_bytes(uncompressed_kernel(image.read_bytes()))
        headers = next(path for path in (root / "usr/src").glob("linux-headers-*-amd64"))
        makefile = headers / "Makefile"
        # the package's Makefile names the place where it would be installed
        makefile.write_text(re.sub(r"(?m)^include /usr/src/", f"include {root}/usr/src/", makefile.read_text()))
        source = next((root / "usr/src").glob("dahdi-*"))
        drivers = source / "drivers/dahdi"
        words = ["make", f"-j{os.cpu_count() or 1}", "-C", str(headers), f"M={drivers}", f"KBUILD_EXTMOD={drivers}"]
        self._ask(*words, f"DAHDI_INCLUDE={source}/include", *BUILD_SWITCHES, "modules")
        modules = folder / "modules"
        modules.mkdir()
        for built in sorted((source / "drivers").rglob("*.ko")):
            shutil.copy(built, modules)
        self._ask("strip", "--strip-debug", *[str(module) for module in modules.iterdir()])
        for name in KERNEL_MODULES:
            shutil.copy(next((root / "lib/modules").rglob(f"{name}.ko")), modules)
        shutil.rmtree(root / "lib/modules")
        shutil.rmtree(root / "boot")

    def _make_initramfs(self) -> None:
        busybox = shutil.which("busybox")
        assert busybox is not None
        archive = Archive()
        for name in ("bin", "modules", "proc", "sys", "dev", "host", "memory", "system", "warm"):
            archive.folder(name)
        archive.file("bin/busybox", Path(busybox).read_bytes(), executable=True)
        archive.file("init", (HERE / "guest-init.sh").read_bytes(), executable=True)
        for module in sorted((self._folder / "modules").iterdir()):
            archive.file(f"modules/{module.name}", module.read_bytes())
        archive.file("order", "\n".join(KERNEL_MODULES).encode() + b"\n")
        path = self._folder / "initramfs"
        made = archive.finish()
        if not path.exists() or path.read_bytes() != made:
            path.write_bytes(made)

    def _ask(self, *words: str, cwd: Path | None = None) -> str:
        done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode != 0:
            raise MachineMissing(f"{words[0]} failed: {(done.stderr or done.stdout)[-2000:].strip()}")
        return done.stdout

    @property
    def headers(self) -> Path:
        """The folder that has the driver's own ``dahdi/user.h``. Once it is prepared."""
        return next((self._folder / "root/usr/src").glob("dahdi-*/include"))

    # ---- running ---------------------------------------------------------------------------------------------------

    def run(
        self,
        words: Sequence[str],
        config: str,
        *,
        virtual_time: bool = True,
        timeout_s: float = 240,
        environment: Sequence[tuple[str, str]] = (),
        warm: Sequence[str] = (),
        folders: Sequence[Path] = (),
        show: Callable[[str], None] | None = None,
    ) -> Ran:
        """Run a command in the checkout inside the guest. ``config`` is a ``system.conf`` for Debian's ``dahdi_cfg``; empty: none.

        ``warm`` names Python modules, or files of tests, whose files the guest shall have in its memory: reading one from the host costs as
        much as a hundred from there; so it has, with ``warm``, what lies in ``folders``. ``show`` is told every piece of the output as it comes. A guest that gives no status ends with status 125.
        """
        with tempfile.TemporaryDirectory(prefix="guest-", dir=self._cache) as name:
            shared = Path(name)
            tools = self._folder / "root"
            (shared / "command").write_text(_script(words, [*environment, ("PYTHONPYCACHEPREFIX", str(self._pycache))], tools))
            (shared / "configure").write_text(_script(["sh", "-c", CONFIGURE], (), tools) if config else "")
            (shared / "system.conf").write_text(config)
            (shared / "modules").write_text("\n".join(DRIVER_MODULES) + "\n")
            output = shared / "output"
            output.touch()
            (shared / "initramfs").write_bytes(
                (self._folder / "initramfs").read_bytes() + warm_archive(warm, environment, self._pycache, folders)
            )
            began = time.monotonic()
            with (shared / "errors").open("w") as errors:
                guest = subprocess.Popen(self._qemu(shared, virtual_time=virtual_time), stderr=errors, stdin=subprocess.DEVNULL)
                self._follow(guest, output, began + timeout_s, show)
            took_s = time.monotonic() - began
            status = shared / "status"
            messages = _text(shared / "messages") or _text(shared / "console")
            if not status.exists():
                why = _text(shared / "errors") + messages[-3000:]
                return Ran(
                    125, output.read_text(errors="replace") + f"\nthe guest gave no status after {took_s:.0f} s\n{why}", messages, took_s
                )
            return Ran(int(status.read_text()), output.read_text(errors="replace"), messages, took_s)

    def _qemu(self, shared: Path, *, virtual_time: bool) -> list[str]:
        if virtual_time:
            processor = ["-accel", "tcg,thread=single", "-smp", "1", "-icount", f"shift={INSTRUCTION_SHIFT},sleep=off"]
        else:
            processor = ["-accel", "tcg,thread=multi", "-smp", "2"]
        line = "console=ttyS0 quiet loglevel=4 panic=-1 reboot=t mitigations=off nokaslr tsc=reliable audit=0 random.trust_cpu=on"
        return [
            *("qemu-system-x86_64", "-machine", "q35", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"),
            *("-cpu", "max", "-m", "1024", *processor),
            *("-kernel", str(self._folder / "vmlinux"), "-initrd", str(shared / "initramfs"), "-append", line),
            *("-serial", f"file:{shared / 'console'}"),
            *("-fsdev", "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap"),
            *("-device", "virtio-9p-pci,fsdev=host,mount_tag=host"),
            *("-fsdev", f"local,id=shared,path={shared},security_model=none"),
            *("-device", "virtio-9p-pci,fsdev=shared,mount_tag=shared"),
            *("-device", "virtio-serial-pci", "-chardev", f"file,id=output,path={shared / 'output'}"),
            *("-device", "virtconsole,chardev=output"),
        ]

    def _follow(self, guest: subprocess.Popen[bytes], output: Path, until: float, show: Callable[[str], None] | None) -> None:
        with output.open(errors="replace") as growing:
            while True:
                ended = guest.poll() is not None
                piece = growing.read()
                if piece and show is not None:
                    show(piece)
                if ended:
                    return
                if time.monotonic() > until:
                    guest.kill()
                    guest.wait()
                    return
                with contextlib.suppress(subprocess.TimeoutExpired):
                    guest.wait(timeout=0.05)


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def _script(words: Sequence[str], environment: Sequence[tuple[str, str]], tools: Path) -> str:
    quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
    exports = "".join(f"export {name}='{value}'\n" for name, value in environment)
    paths = f"export PATH={tools}/usr/sbin:{tools}/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
    libraries = f"export LD_LIBRARY_PATH={tools}/usr/lib/x86_64-linux-gnu:{tools}/lib/x86_64-linux-gnu:{tools}/usr/lib\n"
    libraries += f"export PERL5LIB={tools}/usr/share/perl5\n"
    usual = "export HOME=/run LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 TMPDIR=/run\n"
    return f"{paths}{libraries}{usual}{exports}cd '{CHECKOUT}'\n{quoted}\n"


def uncompressed_kernel(image: bytes) -> bytes:
    """The ELF file inside a bzImage (Documentation/x86/boot: setup_sects, payload_offset, payload_length).

    QEMU enters it directly, which saves the guest from unpacking it. MachineMissing when it is packed in a way not known here.
    """
    setup = (image[0x1F1] + 1) * 512
    offset, length = struct.unpack_from("<II", image, 0x248)
    payload = image[setup + offset : setup + offset + length]
    if payload.startswith(b"\xfd7zXZ\0"):
        unpacked = lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(payload)
    elif payload.startswith(b"\x1f\x8b"):
        unpacked = zlib.decompress(payload, 31)
    else:
        raise MachineMissing("the kernel image is packed neither with xz nor with gzip")
    return unpacked
