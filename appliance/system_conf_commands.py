"""``strowger system-conf``: the site as a configuration file of the driver's, such a file as settings, and what differs between the two."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from appliance.site_file import read_site
from appliance.texts import Translate
from boards.dahdi.system_conf import SystemConf, conf_differences, conf_written, parse_conf
from boards.dahdi.system_conf_site import SitePart, conf_of, settings_of
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text
from engine.settings.show import show_site
from engine.settings.site import BoxSection, Site

__all__ = ["add_system_conf_parser", "run_system_conf_command"]

USUAL_FILE = Path("/etc/dahdi/system.conf")
OCTETS_MOST = 1 << 20
KEPT_SUFFIX = ".before"

Ask = Callable[..., Mapping[str, Any]]
"""Asks the running appliance: command name, arguments by name."""
Tell = Callable[[str], None]


def add_system_conf_parser(conf: argparse.ArgumentParser, asking: Callable[[argparse.ArgumentParser], None], _: Translate) -> None:
    """The grammar below ``strowger system-conf``; ``asking`` adds the options of every command that asks the appliance."""
    acts = conf.add_subparsers(dest="act", required=True, metavar=_("ACT"))
    write = acts.add_parser("write", help=_("write what the site wants of the driver as a file for dahdi_cfg"))
    write.add_argument(
        "file", nargs="?", type=Path, metavar=_("FILE"), help=_("file to write; what was there is kept beside it (default: print)")
    )
    read = acts.add_parser("read", help=_("print a file for dahdi_cfg as settings, to be put into a site file"))
    read.add_argument(
        "file", nargs="?", type=Path, default=USUAL_FILE, metavar=_("FILE"), help=_("file (default: {usual})").format(usual=USUAL_FILE)
    )
    compare = acts.add_parser("compare", help=_("what differs between the site and a file for dahdi_cfg; exit status 1 when anything does"))
    compare.add_argument(
        "file", nargs="?", type=Path, default=USUAL_FILE, metavar=_("FILE"), help=_("file (default: {usual})").format(usual=USUAL_FILE)
    )
    for act in (write, compare):
        act.add_argument("--site", type=Path, metavar=_("FILE"), help=_("site file (default: the settings of the running appliance)"))
        asking(act)


def run_system_conf_command(options: argparse.Namespace, ask: Ask, say: Tell, _: Translate) -> int:
    """Do it; returns the exit status. Raises StrowgerError."""
    act = {"write": _write, "read": _read, "compare": _compare}[options.act]
    return act(options, ask, say, _)


def _write(options: argparse.Namespace, ask: Ask, say: Tell, _: Translate) -> int:
    note = "made by strowger system-conf write"
    written = f"# {note}\n{_wanted(options, ask)}"
    if options.file is None:
        say(written.rstrip("\n"))
        return 0
    _put(options.file, written)
    return 0


def _put(file: Path, written: str) -> None:
    """Whole or not at all; a file that was there is kept under another name."""
    fresh = file.with_name(file.name + ".new")
    try:
        fresh.write_text(written)
        with suppress(FileNotFoundError):
            file.replace(file.with_name(file.name + KEPT_SUFFIX))
        fresh.replace(file)
    except OSError as error:
        raise EnvironmentFault(text("{file} cannot be written: {why}", file=file, why=error.strerror or error)) from error


def _read(options: argparse.Namespace, _ask: Ask, say: Tell, _: Translate) -> int:
    part = settings_of(_parsed(options.file))
    for note in part.notes:
        sys.stderr.write(f"Strowger: {note.in_file(str(options.file)).render(_)}\n")
    say(_as_yaml(part))
    return 0


def _as_yaml(part: SitePart) -> str:
    """The settings as a piece of a site file; what is as usual anyway is left out."""
    import yaml  # noqa: PLC0415  # only here

    shown = show_site(Site(spans=part.spans))["spans"]
    usual = show_site(Site(spans=tuple(type(span)(name=span.name) for span in part.spans)))["spans"]
    spans = [
        {name: value for name, value in span.items() if name == "name" or value != other[name]}
        for span, other in zip(shown, usual, strict=True)
    ]
    for span in spans:
        if "groups" in span:
            span["groups"] = [_short(group) for group in span["groups"]]
    tones = {"box": {"tones": part.tones}} if part.tones and part.tones != BoxSection().tones else {}
    return str(yaml.safe_dump({**tones, "spans": spans}, allow_unicode=True, sort_keys=False, width=120)).rstrip()


def _short(group: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in group.items() if value not in ("", "span")}


def _compare(options: argparse.Namespace, ask: Ask, say: Tell, _: Translate) -> int:
    wanted = parse_conf(_wanted(options, ask), "site")
    differences = conf_differences(wanted, _parsed(options.file))
    for found in differences:
        say(found.render(_))
    if not differences:
        say(_("The site and {file} say the same.").format(file=options.file))
    return 1 if differences else 0


def _wanted(options: argparse.Namespace, ask: Ask) -> str:
    """The site as a file: of a site file, or of the running appliance, which knows the driver's own numbers."""
    if options.site is not None:
        return conf_written(conf_of(read_site(options.site)))
    return str(ask("system_conf")["text"])


def _parsed(file: Path) -> SystemConf:
    try:
        with file.open("rb") as opened:
            octets = opened.read(OCTETS_MOST + 1)
    except FileNotFoundError as error:
        if file != USUAL_FILE:
            raise EnvironmentFault(text("{file} cannot be read: {why}", file=file, why=error.strerror or error)) from error
        said = text("{file}, the usual file, is not there. Name another: strowger system-conf read|compare FILE", file=file)
        raise EnvironmentFault(said) from error
    except OSError as error:
        raise EnvironmentFault(text("{file} cannot be read: {why}", file=file, why=error.strerror or error)) from error
    return parse_conf(octets.decode(errors="replace"), str(file))
