"""``strowger route``: where a call from one number to another would go, and why, without calling."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from appliance.areas import AreaShelf
from appliance.site_file import read_site
from appliance.texts import Translate
from console.route_views import route_shown
from engine.calls.routing.decision import RoutingState
from engine.calls.routing.explain import explain, moment_of
from engine.calls.routing.memory import local_moment
from engine.calls.routing.plan import compile_routing
from engine.control.route_asking import explanation_as_json

__all__ = ["add_route_parser", "run_route_command"]

Ask = Callable[..., Mapping[str, Any]]
"""Asks the running appliance: command name, arguments by name."""


def add_route_parser(to: argparse.ArgumentParser, _: Translate) -> None:
    """The grammar of ``strowger route``, beside the options of every command that asks the appliance."""
    caller = _("who calls: a number outside, or an extension; default: a caller without number")
    to.add_argument("--from", dest="caller", default="", metavar="N", help=caller)
    to.add_argument(
        "--to", dest="called", required=True, metavar="N", help=_("the number that is called; from an extension with the outside prefix")
    )
    to.add_argument("--at", default="", metavar=_("TIME"), help=_("local time, such as 2027-02-17 09:00 (default: now)"))
    to.add_argument("--line", default="", metavar=_("LINE"), help=_("exchange line or E1 trunk by which the call comes"))
    to.add_argument("--site", type=Path, metavar=_("FILE"), help=_("site file (default: the settings of the running appliance)"))


def run_route_command(options: argparse.Namespace, ask: Ask, utc_ms: int, say: Callable[[str], None], _: Translate) -> int:
    """Decide, and print the steps. ``utc_ms``: the present time, for a site file. Raises StrowgerError."""
    if options.site is None:
        asked = {"from": options.caller, "to": options.called, "at": options.at, "line": options.line}
        answer = ask("route", **asked)
    else:
        answer = _of_file(options, utc_ms)
    say(json.dumps(answer, ensure_ascii=False, indent=2) if options.json else route_shown(answer, _))
    return 0


def _of_file(options: argparse.Namespace, utc_ms: int) -> Mapping[str, Any]:
    site = read_site(options.site)
    now: datetime = local_moment(utc_ms, site.box.utc_offset_min).replace(microsecond=0)
    routing = compile_routing(site, AreaShelf().book_for(site, always=True))
    moment = moment_of(options.at, now)
    return explanation_as_json(explain(routing, RoutingState(), moment, options.caller, options.called, options.line))
