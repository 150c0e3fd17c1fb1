"""What is installed beside the program: the service, its user, the boards' permissions."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
from pathlib import Path

import pytest

from appliance.cli import parser
from appliance.live import STOP_WITHIN_S
from appliance.options import PUMP_PRIORITY

ROOT = Path(__file__).resolve().parents[3]
EXPOSURE_MOST = 20
"""Tenths: systemd's own measure of what a service could reach, 0 to 10."""


class Unit(configparser.ConfigParser):
    """A unit file; of a setting that is given several times all values, a line each."""

    def __init__(self, file: Path) -> None:
        super().__init__(interpolation=None, strict=False, delimiters=("=",))
        joined: dict[str, dict[str, list[str]]] = {}
        section = ""
        for line in file.read_text().splitlines():
            if line.startswith("["):
                section = line.strip("[]")
            elif line and not line.startswith("#"):
                name, _, value = line.partition("=")
                joined.setdefault(section, {}).setdefault(name, []).append(value)
        self.read_dict({name: {key: "\n".join(values) for key, values in settings.items()} for name, settings in joined.items()})


UNIT = Unit(ROOT / "systemd/strowger.service")
SERVICE = UNIT["Service"]


@pytest.fixture
def startable(tmp_path: Path) -> Path:
    """The unit with a program that this machine has."""
    file = tmp_path / "strowger.service"
    unit = (ROOT / "systemd/strowger.service").read_text()
    file.write_text(unit.replace("/opt/strowger/bin/strowger", "/bin/true"))
    return file


def systemd_analyze(*words: str) -> subprocess.CompletedProcess[str]:
    """Ask systemd, which need not run for it."""
    return subprocess.run(
        ["systemd-analyze", *words], capture_output=True, text=True, check=False, env={**os.environ, "SYSTEMD_COLORS": "0"}
    )


def test_systemd_takes_the_unit(startable: Path) -> None:
    """No setting is misspelt or unknown: systemd has nothing to say about it."""
    done = systemd_analyze("verify", "--man=no", str(startable))
    assert (done.returncode, done.stderr) == (0, "")


def test_the_service_can_reach_little(startable: Path) -> None:
    """A broken-in service finds neither root nor other people's files: systemd gives it 2.0 of 10 at most."""
    done = systemd_analyze("security", "--offline=yes", f"--threshold={EXPOSURE_MOST}", "--no-pager", str(startable))
    assert done.returncode == 0, done.stdout[-300:]


def test_the_service_gets_real_time_and_nothing_else() -> None:
    """The pump's priority and locked memory are permitted by limits, no capability is left, and no core file holds a conversation."""
    assert int(SERVICE["LimitRTPRIO"]) >= PUMP_PRIORITY
    assert (SERVICE["LimitMEMLOCK"], SERVICE["LimitCORE"]) == ("infinity", "0")
    assert (SERVICE["CapabilityBoundingSet"], SERVICE["AmbientCapabilities"], SERVICE["NoNewPrivileges"]) == ("", "", "yes")
    assert SERVICE["RestrictRealtime"] == "no"


def test_the_service_starts_a_command_that_there_is() -> None:
    """What the unit starts is understood by the program, with the data folder that the other files make."""
    program, *words = SERVICE["ExecStart"].split()
    assert program == "/opt/strowger/bin/strowger"
    options = parser(str).parse_args(words)
    assert (options.command, options.caller if hasattr(options, "caller") else not options.no_caller) == ("run", False)
    assert f"d {options.data} 0700 {SERVICE['User']} {SERVICE['Group']}" in (ROOT / "systemd/strowger.tmpfiles").read_text()
    assert f"STATE := {options.data}\n" in (ROOT / "Makefile").read_text()
    assert options.data == Path("/var/lib") / SERVICE["StateDirectory"]
    assert options.site is None, "a site file on the command line would undo every change made since"


def test_the_service_is_watched_and_has_time_to_stop() -> None:
    """The service manager hears when it is ready, ends it when it hangs, starts it anew within limits, and does not kill it while calls end."""
    assert (SERVICE["Type"], SERVICE["Restart"]) == ("notify", "always")
    assert int(SERVICE["WatchdogSec"]) > 0
    assert int(SERVICE["TimeoutStopSec"]) > STOP_WITHIN_S
    assert int(UNIT["Unit"]["StartLimitBurst"]) > 0


def test_boards_and_service_have_the_same_group() -> None:
    """The user whom the installation makes is the one whom the rules let use the boards, and the unit permits just these devices."""
    rules = (ROOT / "udev/60-strowger.rules").read_text()
    assert set(re.findall(r'GROUP="([^"]+)"|chgrp (\S+)', rules)) == {(SERVICE["Group"], ""), ("", SERVICE["Group"])}
    assert f"\nu {SERVICE['User']} " in (ROOT / "systemd/strowger.sysusers").read_text()
    for subsystem in re.findall(r'^SUBSYSTEM=="(dahdi(?:_channels)?)", OWNER=', rules, re.MULTILINE):
        assert f"char-{subsystem} rw" in SERVICE["DeviceAllow"].split("\n")


def test_every_rule_is_one_line_of_conditions_and_acts() -> None:
    """A rule that udev does not understand is ignored without a word to the technician: each has keys that udev knows."""
    known = {"ACTION", "SUBSYSTEM", "KERNEL", "ATTRS", "OWNER", "GROUP", "MODE", "SYMLINK", "RUN", "TAG", "GOTO", "LABEL"}
    lines = [line for line in (ROOT / "udev/60-strowger.rules").read_text().splitlines() if line and not line.startswith("#")]
    for line in lines:
        parts = re.findall(r'([A-Z]+)(?:\{\w+\})?(==|\+=|!=|=)"(?:[^"]*)"(?:, |$)', line)
        assert {key for key, _ in parts} <= known, line
        rebuilt = re.sub(r'([A-Z]+)(?:\{\w+\})?(==|\+=|!=|=)"(?:[^"]*)"(?:, |$)', "", line)
        assert rebuilt == "", f"not understood: {rebuilt!r} in {line!r}"
    labels = re.findall(r'LABEL="(\w+)"', "\n".join(lines))
    assert labels == re.findall(r'GOTO="(\w+)"', "\n".join(lines))


def test_uninstalling_says_what_is_there(tmp_path: Path) -> None:
    """Only what really stays is named, and where nothing is installed that is said."""

    def uninstall() -> str:
        command = ["make", "--silent", "uninstall", f"DESTDIR={tmp_path}"]
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    settings = tmp_path / "etc/strowger/site.yaml"
    (tmp_path / "opt/strowger").mkdir(parents=True)
    settings.parent.mkdir(parents=True)
    settings.touch()
    assert uninstall() == f"Strowger: gone; what is kept: {settings}\n"
    assert settings.exists()
    assert not (tmp_path / "opt/strowger").exists()
    assert uninstall() == f"Strowger: nothing is installed at {tmp_path}/opt/strowger\n"
