"""The command line: ``strowger COMMAND``.

Exit status: 0 done; 1 a fault (a wrong site file, a failed scenario, an appliance that does not answer); 2 the command
line itself is wrong; 130 stopped by Ctrl-C. Results go to the standard output, errors to the standard error, each
line beginning with ``Strowger:``. Each command imports what it needs when it is called, so that the others stay fast.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from appliance import VERSION
from appliance.texts import Translate, translator
from engine.kernel.errors import BadInput, StrowgerError
from engine.kernel.text import text

if TYPE_CHECKING:
    from engine.settings.site import Site

__all__ = ["EXIT_DONE", "EXIT_FAULT", "EXIT_INTERRUPTED", "EXIT_USAGE", "main", "parser"]

EXIT_DONE = 0
EXIT_FAULT = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130

CALLS_MOST = 10_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    translate = translator(os.environ, _language_in(given))
    try:
        options = parser(translate).parse_args(given)
        return _COMMANDS[options.command](options, translate)
    except StrowgerError as error:
        for line in error.text.render(translate).splitlines():
            sys.stderr.write(f"Strowger: {line}\n")
        return EXIT_FAULT
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader (head, less) has left; say nothing at exit
        return EXIT_FAULT


def _language_in(given: Sequence[str]) -> str:
    """The language asked for, before the parser is built in it."""
    quiet = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    quiet.add_argument("--language", default="")
    try:
        return str(quiet.parse_known_args(given)[0].language)
    except argparse.ArgumentError:
        return ""


class _Parser(argparse.ArgumentParser):
    """Errors in the manner of every other message of ours."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_USAGE, f"{self.format_usage()}Strowger: {message}\n")


def parser(translate: Translate) -> argparse.ArgumentParser:
    """The grammar of the command line, with its help in the reader's language."""
    _ = translate
    top = _Parser(prog="strowger", description=_("A call centre in a box."), epilog=_exit_help(_))
    commands = top.add_subparsers(dest="command", required=True, metavar=_("COMMAND"), parser_class=_Parser)
    language = _Parser(add_help=False)
    language.add_argument("--language", choices=("zh", "en"), default="", help=_("language of messages (default: the environment's)"))
    _add_run(commands.add_parser("run", parents=[language], help=_("start the appliance in this terminal")), _)
    _add_scenario(commands.add_parser("scenario", parents=[language], help=_("play scenarios on simulated boards")), _)
    check = commands.add_parser("check", parents=[language], help=_("check a site file and print every fault"))
    check.add_argument("file", nargs="?", type=Path, metavar=_("FILE"), help=_("site file (default: the demo site)"))
    status = commands.add_parser("status", parents=[language], help=_("show lines, phones, agents, queues and calls now"))
    _add_asking(status, _)
    calls = commands.add_parser("calls", parents=[language], help=_("list the newest calls with times, cause and recording"))
    _add_asking(calls, _)
    calls.add_argument("--limit", type=_count, default=20, metavar="N", help=_("how many calls (default 20)"))
    commands.add_parser("version", parents=[language], help=_("print the version"))
    return top


def _exit_help(_: Translate) -> str:
    return _("Exit status: 0 done, 1 a fault, 2 a wrong command line, 130 stopped by Ctrl-C.")


def _add_run(run: argparse.ArgumentParser, _: Translate) -> None:
    run.add_argument("--data", type=Path, default=Path("data"), metavar=_("DIR"), help=_("data folder (default: data)"))
    run.add_argument("--site", type=Path, metavar=_("FILE"), help=_("site file (default: the data folder's, at first the demo site)"))
    run.add_argument("--simulated", action="store_true", help=_("simulated boards, whatever the site file says"))
    run.add_argument("--no-caller", action="store_true", help=_("no simulated customer telephones by itself"))


def _add_scenario(scenario: argparse.ArgumentParser, _: Translate) -> None:
    scenario.add_argument("files", nargs="+", type=Path, metavar=_("FILE"), help=_("scenario file"))
    scenario.add_argument("--realtime", action="store_true", help=_("play in real time, not in virtual time"))
    scenario.add_argument("--seed", type=int, metavar="N", help=_("seed of all chance (default: the scenario's)"))
    scenario.add_argument("--json", action="store_true", help=_("print the result as JSON"))
    scenario.add_argument("--keep", type=Path, metavar=_("DIR"), help=_("keep journals and recordings in this folder"))


def _add_asking(asking: argparse.ArgumentParser, _: Translate) -> None:
    asking.add_argument("--data", type=Path, default=Path("data"), metavar=_("DIR"), help=_("data folder of the running appliance"))
    asking.add_argument("--json", action="store_true", help=_("print the result as JSON"))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _count(written: str) -> int:
    number = int(written)
    if not 1 <= number <= CALLS_MOST:
        raise argparse.ArgumentTypeError(f"1…{CALLS_MOST}")
    return number


def _run(options: argparse.Namespace, _translate: Translate) -> int:
    from appliance.options import RunOptions  # noqa: PLC0415
    from appliance.run import run  # noqa: PLC0415

    asked = RunOptions(
        data=options.data, site=options.site, simulated=options.simulated, caller=not options.no_caller, language=options.language
    )
    return run(asked)


def _scenario(options: argparse.Namespace, _translate: Translate) -> int:
    from appliance.options import ScenarioOptions  # noqa: PLC0415
    from appliance.scenarios import run  # noqa: PLC0415

    asked = ScenarioOptions(
        files=tuple(options.files),
        realtime=options.realtime,
        seed=options.seed,
        json=options.json,
        keep=options.keep,
        language=options.language,
    )
    return run(asked)


def _check(options: argparse.Namespace, _: Translate) -> int:
    from appliance.site_file import demo_site_file, read_site  # noqa: PLC0415

    file = options.file or demo_site_file()
    site: Site = read_site(file)
    counted = _("{file}: no faults ({trunks} lines, {stations} phones, {agents} agents, {queues} queues)")
    _say(counted.format(file=file, trunks=len(site.trunks), stations=len(site.stations), agents=len(site.agents), queues=len(site.queues)))
    return EXIT_DONE


def _status(options: argparse.Namespace, translate: Translate) -> int:
    from appliance.views import status_shown  # noqa: PLC0415

    return _show(_ask(options.data, "status"), status_shown, options, translate)


def _calls(options: argparse.Namespace, translate: Translate) -> int:
    from appliance.views import calls_shown  # noqa: PLC0415

    return _show(_ask(options.data, "calls", limit=options.limit), calls_shown, options, translate)


def _ask(data: Path, command: str, **arguments: object) -> Mapping[str, object]:
    """The running appliance's answer. Raises EnvironmentFault when none runs on this data folder, Refused when it refuses."""
    from appliance.door_client import DoorClient  # noqa: PLC0415
    from appliance.options import door_path  # noqa: PLC0415

    result = DoorClient().ask(door_path(data), command, **arguments)
    if not isinstance(result, Mapping):
        raise BadInput(text("the appliance gave an answer that is none: {answer}", answer=repr(result)))
    return result


def _show(
    result: Mapping[str, object],
    shown: Callable[[Mapping[str, object], Translate], str],
    options: argparse.Namespace,
    translate: Translate,
) -> int:
    _say(json.dumps(result, ensure_ascii=False, indent=2) if options.json else shown(result, translate))
    return EXIT_DONE


def _version(_options: argparse.Namespace, _translate: Translate) -> int:
    _say(f"strowger {VERSION}")
    return EXIT_DONE


_COMMANDS = {"run": _run, "scenario": _scenario, "check": _check, "status": _status, "calls": _calls, "version": _version}

if __name__ == "__main__":
    sys.exit(main())
