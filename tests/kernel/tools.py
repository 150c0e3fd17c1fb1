"""Debian's own tools and we see the same spans. For a machine with the real driver and Debian's dahdi-tools.

``python -m tests.kernel.tools``. First the spans that we made and configured are shown by ``dahdi_scan``, ``lsdahdi`` and ``dahdi_tool``; then
``dahdi_cfg`` configures them anew from a file, and we see that. Status 0 when nothing differs.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

from boards.dahdi.abi import Ioctl, Law, Sig, VersionInfo
from tests.contracts.drivers import KernelDriver
from tests.contracts.looped import Loop, LoopSpan

__all__ = ["main"]

SIG_NAMES = {Sig.CLEAR: "Clear", Sig.FXSKS: "FXSKS", Sig.FXOKS: "FXOKS", Sig.CAS: "CAS", Sig.EM: "E&M"}
SCREEN = (25, 80)
SCREEN_MOST_S = 10
RECONFIGURED = """\
dynamic=loc,1:0,31,0
dynamic=loc,1:1,31,0
dynamic=loc,2:0,24,0
dynamic=loc,2:1,24,0
bchan=1-15,17-31
cas=32-62:1101
fxsks=63-74
fxoks=75-86
e&m=87-110
alaw=1-62
mulaw=63-110
loadzone=cn
defaultzone=cn
"""
"""For ``dahdi_cfg``: it makes the spans anew; timeslot 16 of the first is left alone."""


class Differs(Exception):  # a sentence of ours
    """A tool and we disagree."""


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _ran(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        raise Differs(f"{words[0]} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout


def _same(tool: str, what: str, theirs: object, ours: object) -> None:
    if theirs != ours:
        raise Differs(f"{tool}: {what}: it says {theirs!r}, we say {ours!r}")


def _spans(loop: Loop) -> list[LoopSpan]:
    return [loop.near, loop.far, loop.bank_near, loop.bank_far]


def scan(loop: Loop) -> None:
    """``dahdi_scan``: name, description, first channel, number of channels and alarms of every span."""
    shown = re.split(r"(?m)^\[(\d+)\]$", _ran("dahdi_scan"))
    found = {
        int(number): dict(line.split("=", 1) for line in text.split("\n") if "=" in line)
        for number, text in zip(shown[1::2], shown[2::2], strict=True)
    }
    _same("dahdi_scan", "spans", sorted(found), [span.number for span in _spans(loop)])
    for span in _spans(loop):
        theirs, ours = found[span.number], loop.span(span.number)
        _same("dahdi_scan", f"name of span {span.number}", theirs["name"], ours.name)
        _same("dahdi_scan", f"description of span {span.number}", theirs["description"], ours.desc)
        _same("dahdi_scan", f"first channel of span {span.number}", int(theirs["basechan"]), span.first)
        _same("dahdi_scan", f"channels of span {span.number}", int(theirs["totchans"]), ours.totalchans)
        _same("dahdi_scan", f"alarms of span {span.number}", theirs["alarms"], "OK" if ours.alarms == 0 else theirs["alarms"])


def listing(loop: Loop) -> None:
    """``lsdahdi``: signalling of every channel."""
    shown = _ran("lsdahdi")
    theirs = {int(number): sig for number, sig in re.findall(r"(?m)^[ \t]*(\d+) \S+[ \t]+(\S+)", shown)}
    ours = {}
    for span in _spans(loop):
        for channel in span.channels:
            sig = loop.params_of(channel).sigtype
            ours[channel] = SIG_NAMES.get(Sig(sig), hex(sig))
    _same(
        "lsdahdi",
        "signalling",
        {number: sig for number, sig in theirs.items() if sig in SIG_NAMES.values()},
        {n: s for n, s in ours.items() if s in SIG_NAMES.values()},
    )


def screen(loop: Loop) -> None:
    """``dahdi_tool``: the list of spans on its screen."""
    wanted = [loop.span(span.number).desc for span in _spans(loop)]
    process, terminal = pty.fork()
    if process == 0:
        os.environ["TERM"] = "linux"
        os.execvp("dahdi_tool", ["dahdi_tool"])  # Debian's program, found by PATH
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", *SCREEN, 0, 0))
    shown, until_s = "", time.monotonic() + SCREEN_MOST_S
    while not all(desc in shown for desc in wanted) and time.monotonic() < until_s:
        if select.select([terminal], [], [], 0.2)[0]:
            shown += os.read(terminal, 4096).decode(errors="replace")
    os.close(terminal)  # it is told by a hang-up that nobody looks any more
    os.waitpid(process, 0)
    for desc in wanted:
        if desc not in shown:
            raise Differs(f"dahdi_tool does not show {desc!r}")


def configured(loop: Loop) -> None:
    """``dahdi_cfg``: what it configures from a file is what we then see."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "system.conf"
        path.write_text(RECONFIGURED)
        _ran("dahdi_cfg", "-c", str(path))
    wanted = {
        1: (Sig.CLEAR, Law.ALAW),
        32: (Sig.CAS, Law.ALAW),
        63: (Sig.FXSKS, Law.MULAW),
        75: (Sig.FXOKS, Law.MULAW),
        110: (Sig.EM, Law.MULAW),
    }
    for channel, (sig, law) in wanted.items():
        ours = loop.params_of(channel)
        _same("dahdi_cfg", f"signalling of channel {channel}", sig, ours.sigtype)
        fd = loop.open(channel)
        _same("dahdi_cfg", f"law of channel {channel}", law, loop.params(fd).curlaw)
        loop.system.close(fd)
    _same("dahdi_cfg", "idle bits of channel 40", 0b1101, loop.params_of(40).idlebits)
    _same("dahdi_cfg", "channels of span 1 that it configures", 30, loop.span(1).numchans)


def main() -> int:
    """The command line."""
    loop = Loop(KernelDriver())
    version = loop.ask(loop.control, Ioctl.GETVERSION, VersionInfo())
    _say(f"driver {version.version}, echo cancellers {version.echo_canceller}")
    try:
        for look in (scan, listing, screen, configured, scan, listing):
            look(loop)
            _say(f"the same: {(look.__doc__ or '').splitlines()[0]}")
    except Differs as error:
        _say(f"differs: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
