"""``strowger site``: the settings of a running appliance: show, history, preview, change, back."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from appliance.texts import Translate
from console.tables import local_time, table

__all__ = ["Ask", "add_site_parser", "run_site_command"]

Ask = Callable[..., Mapping[str, Any]]
"""Asks the running appliance: command name, arguments by name."""


def add_site_parser(site: argparse.ArgumentParser, asking: Callable[[argparse.ArgumentParser], None], _: Translate) -> None:
    """The grammar below ``strowger site``; ``asking`` adds the options of every command that asks the appliance."""
    acts = site.add_subparsers(dest="act", required=True, metavar=_("ACT"))
    show = acts.add_parser("show", help=_("print the settings in force as a site file"))
    show.add_argument("--secrets", action="store_true", help=_("with PINs, so that the file can be used again"))
    history = acts.add_parser("history", help=_("list the versions: who changed what was in force, and why"))
    history.add_argument("--limit", type=int, default=20, metavar="N", help=_("how many versions (default 20)"))
    preview = acts.add_parser("preview", help=_("what a site file would change"))
    change = acts.add_parser("change", help=_("make a site file the next version"))
    for act in (preview, change):
        act.add_argument("file", type=Path, metavar=_("FILE"), help=_("site file"))
    back = acts.add_parser("back", help=_("make an old version the next one"))
    back.add_argument("number", type=int, metavar="N", help=_("number of the old version"))
    for act in (change, back):
        act.add_argument("--why", required=True, metavar=_("TEXT"), help=_("the reason, for the history"))
    for act in (show, history, preview, change, back):
        asking(act)


def run_site_command(options: argparse.Namespace, ask: Ask, _: Translate) -> str:
    """Do it, and return what to print. Raises StrowgerError."""
    result, shown = _ACTS[options.act](options, ask)
    return json.dumps(result, ensure_ascii=False, indent=2) if options.json else shown(result, _)


Shown = Callable[[Mapping[str, Any], Translate], str]


def _show(options: argparse.Namespace, ask: Ask) -> tuple[Mapping[str, Any], Shown]:
    return ask("site", secrets=bool(options.secrets)), _as_yaml


def _as_yaml(result: Mapping[str, Any], _: Translate) -> str:
    import yaml  # noqa: PLC0415  # only here

    return str(yaml.safe_dump(dict(result["site"]), allow_unicode=True, sort_keys=False, width=120)).rstrip()


def _plain(file: Path) -> Mapping[str, Any]:
    """A site file as plain values; its faults are told here, with their lines."""
    from appliance.site_file import read_site  # noqa: PLC0415  # reading takes longer than asking
    from engine.settings.show import show_site  # noqa: PLC0415

    return show_site(read_site(file), secrets=True)


def _history(options: argparse.Namespace, ask: Ask) -> tuple[Mapping[str, Any], Shown]:
    return ask("site_history", limit=options.limit), _history_shown


def _history_shown(result: Mapping[str, Any], _: Translate) -> str:
    headings = [_("version"), _("time"), _("who"), _("why")]
    rows = [
        [str(note["number"]), local_time(note["utc_ms"], note["utc_offset_min"]), note["who"], note["why"]] for note in result["versions"]
    ]
    return table(headings, rows)


def _preview(options: argparse.Namespace, ask: Ask) -> tuple[Mapping[str, Any], Shown]:
    return ask("site_preview", site=_plain(options.file)), _differences_shown


def _change(options: argparse.Namespace, ask: Ask) -> tuple[Mapping[str, Any], Shown]:
    return ask("site_change", site=_plain(options.file), why=options.why), _changed_shown


def _back(options: argparse.Namespace, ask: Ask) -> tuple[Mapping[str, Any], Shown]:
    return ask("site_back", number=options.number, why=options.why), _changed_shown


def _differences_shown(result: Mapping[str, Any], _: Translate) -> str:
    if not result["differences"]:
        return _("Nothing differs from version {number}, which is in force.").format(number=result["number"])
    return "\n".join(f"{found['path']}: {_value(found['old'])} → {_value(found['new'])}" for found in result["differences"])


def _changed_shown(result: Mapping[str, Any], _: Translate) -> str:
    lines = [_("Version {number} is in force:").format(number=result["number"]), _differences_shown(result, _)]
    if result["waiting"]:
        lines.append(_("These wait for the next start: {paths}").format(paths=", ".join(result["waiting"])))
    return "\n".join(lines)


def _value(value: object) -> str:
    return "-" if value is None else json.dumps(value, ensure_ascii=False)


_ACTS: Mapping[str, Callable[[argparse.Namespace, Ask], tuple[Mapping[str, Any], Shown]]] = {
    "show": _show,
    "history": _history,
    "preview": _preview,
    "change": _change,
    "back": _back,
}
