"""``strowger doctor``: ask the running appliance, look from outside as well, and say what to do.

Exit status: 0 everything is green (or does not apply), 1 something is red, 2 something could not be looked at.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from appliance.data_folder import LOCK_NAME
from appliance.doctor.driver_checks import DRIVER_CHECKS
from appliance.doctor.findings import EXIT_UNSEEN, Finding, State, exit_status, finding_from_json, findings_as_json, merged
from appliance.doctor.gathering import Asked
from appliance.doctor.inside import looked_at
from appliance.door_client import DoorClient
from appliance.options import door_path
from appliance.site_file import demo_site_file, read_site
from appliance.site_start import SITE_NAME
from appliance.texts import Translate
from console.doctor_view import doctor_shown, no_paint
from engine.kernel.errors import BadInput, EnvironmentFault, Refused, StrowgerError
from engine.kernel.text import Text, text
from engine.settings.site import Site
from engine.store.site_archive import ARCHIVE_NAME, SiteArchive

__all__ = ["run_doctor"]

ANSWER_WITHIN_S = 30.0
OF_THE_BOARDS = frozenset(name for name, _, _ in DRIVER_CHECKS)
OF_THE_PROCESS = frozenset({"realtime", "memory", "pump"})
"""Checks on the running process, whatever its settings are."""
COLOURS: Mapping[str, str] = {State.GOOD: "32", State.BAD: "1;31", State.NONE: "90", State.UNSEEN: "33"}


def run_doctor(options: argparse.Namespace, say: Callable[[str], None], translate: Translate) -> int:
    """Look, print, and return the exit status."""
    inside, pid = _from_inside(options.data, translate)
    try:
        site = _site(options)
    except StrowgerError as error:
        if inside is None:
            _complain(error.text, translate)
            return EXIT_UNSEEN
        outside = None  # the appliance has its settings and has judged by them
    else:
        boards = options.boards or site.box.hardware == "dahdi"
        outside = looked_at(Asked(site=site, data=options.data, boards=boards, pid=pid))
    findings = _joined(inside, outside, boards=options.boards, other_site=options.site is not None)
    say(_shown(findings, options, translate))
    return exit_status(findings)


def _joined(inside: Sequence[Finding] | None, outside: Sequence[Finding] | None, *, boards: bool, other_site: bool) -> Sequence[Finding]:
    """The appliance knows itself best, unless the person asks about something else than what it runs: real boards, or other settings.
    What only it knows comes from it all the same.
    """
    if inside is None:
        return outside or ()
    if outside is None:
        return inside
    if other_site:
        own = {finding.check: finding for finding in inside if finding.check in OF_THE_PROCESS}
        return [own.get(finding.check, finding) for finding in outside]
    looked = {finding.check: finding for finding in outside if boards and finding.check in OF_THE_BOARDS}
    return [looked.get(finding.check, finding) for finding in merged(inside, outside)]


def _from_inside(data: Path, translate: Translate) -> tuple[list[Finding] | None, int | None]:
    """What the running appliance finds, and its process; (None, None): none runs. One that does not answer is complained about."""
    door = door_path(data)
    try:
        answer = DoorClient(ANSWER_WITHIN_S).ask(door, "doctor")
        return [finding_from_json(finding) for finding in answer["findings"]], _pid(data)
    except EnvironmentFault as fault:
        pid = _pid(data)
        if pid is not None:
            _complain(fault.text, translate)
        return None, pid
    except (Refused, BadInput) as refusal:
        _complain(refusal.text, translate)
        return None, _pid(data)
    except (ValueError, KeyError, TypeError, AttributeError):
        _complain(text("the appliance gave an answer that is none; is it another version than this program?"), translate)
        return None, _pid(data)


def _pid(data: Path) -> int | None:
    """The process that holds the data folder; None: nobody does, or it may not be read."""
    with suppress(OSError, ValueError):
        pid = int((data / LOCK_NAME).read_text())
        if Path(f"/proc/{pid}").exists():
            return pid
    return None


def _site(options: argparse.Namespace) -> Site:
    """The settings to judge by: the given file; the newest version of the data folder; its file; the demo site. Raises StrowgerError."""
    if options.site is not None:
        return read_site(options.site)
    try:
        if (options.data / ARCHIVE_NAME).exists():
            newest = SiteArchive(options.data).newest()
            if newest is not None:
                return newest.site
        file = options.data / SITE_NAME
        return read_site(file if file.exists() else demo_site_file())
    except PermissionError as error:
        said = text("{path} may not be read by this user: be root or the user the appliance runs as.", path=str(options.data))
        raise EnvironmentFault(said) from error


def _shown(findings: Sequence[Finding], options: argparse.Namespace, translate: Translate) -> str:
    if options.json:
        return json.dumps(_as_json(findings, translate), ensure_ascii=False, indent=2)
    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    paint = _painted if colours else no_paint
    return doctor_shown({"findings": findings_as_json(findings)}, translate, 0, paint)


def _as_json(findings: Sequence[Finding], translate: Translate) -> dict[str, Any]:
    """For programs: the sentences in the language asked for."""
    return {
        "exit_status": exit_status(findings),
        "findings": [
            {
                "check": finding.check,
                "title": finding.title.render(translate),
                "state": str(finding.state),
                "found": finding.found.render(translate),
                "mend": "" if finding.mend is None else finding.mend.render(translate),
            }
            for finding in findings
        ],
    }


def _painted(state: str, written: str) -> str:
    return f"\x1b[{COLOURS.get(state, '0')}m{written}\x1b[0m"


def _complain(said: Text, translate: Translate) -> None:
    sys.stderr.write(f"Strowger: {said.render(translate)}\n")
