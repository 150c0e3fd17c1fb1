"""The command line: ``strowger COMMAND``.

Exit status: 0 done; 1 a fault (a wrong site file, a failed scenario, an appliance that does not answer); 2 the command
line itself is wrong; 3 a measurement that means nothing; 130 stopped by Ctrl-C. Results go to the standard output, errors to the standard error, each
line beginning with ``Strowger:``. Each command imports what it needs when it is called, so that the others stay fast.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from appliance import VERSION
from appliance.bench_commands import add_bench_parser, run_bench_command
from appliance.listen_command import add_listen_parser, add_tone_parser, run_listen_command, run_tone_command
from appliance.options import usual_data
from appliance.route_command import add_route_parser, run_route_command
from appliance.site_commands import add_site_parser, run_site_command
from appliance.system_conf_commands import add_system_conf_parser, run_system_conf_command
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
SEED_MOST = 999_999_999
DIGITS_MOST = 12


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
        return _language_in(given[:-1])  # something stands without its value; what came before it counts


# What argparse complains of, and how our own sentences say it, with the places in the order in which they come.
_COMPLAINTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"argument (?P<name>.+?): invalid choice: (?P<value>.*) \(choose from (?P<known>.+)\)", re.DOTALL), "choice"),
    (re.compile(r"argument (?P<name>.+?): invalid \w+ value: (?P<value>.*)", re.DOTALL), "value"),
    (re.compile(r"argument (?P<name>.+?): expected (?:at least )?one argument"), "one"),
    (re.compile(r"argument (?P<name>.+?): not allowed with argument (?P<value>.+)"), "both"),
    (re.compile(r"argument (?P<name>.+?): ignored explicit argument (?P<value>.*)", re.DOTALL), "none"),
    (re.compile(r"unrecognized arguments: (?P<value>.*)", re.DOTALL), "unknown"),
    (re.compile(r"the following arguments are required: (?P<known>.+)"), "missing"),
    (re.compile(r"one of the arguments (?P<known>.+) is required"), "one_of"),
    (re.compile(r"ambiguous option: (?P<value>.*) could match (?P<known>.+)", re.DOTALL), "ambiguous"),
    (re.compile(r"argument (?P<name>.+?): (?P<value>.*)", re.DOTALL), "other"),
)


def _complaint(message: str, _: Translate) -> str:
    """A complaint of argparse in the reader's language; one that is not known stays as it is."""
    said = {
        "choice": _("argument {name}: there is no {value}; there are: {known}"),
        "value": _("argument {name}: {value} is not possible"),
        "one": _("argument {name}: a value is missing"),
        "both": _("argument {name}: not together with {value}"),
        "none": _("argument {name}: takes no value, {value} was given"),
        "unknown": _("there is no argument {value}"),
        "missing": _("still missing: {known}"),
        "one_of": _("one of these is wanted: {known}"),
        "ambiguous": _("option {value} may be {known}"),
        "other": _("argument {name}: {value}"),
    }
    for complaint, kind in _COMPLAINTS:
        if found := complaint.fullmatch(message):
            return said[kind].format(
                **{name: part.replace("'", "") if name == "known" else part for name, part in found.groupdict().items()}
            )
    return message


class _Parser(argparse.ArgumentParser):
    """Headings in the reader's language, errors in the manner of every other message of ours."""

    def __init__(self, *, translate: Translate, **rest: Any) -> None:  # noqa: ANN401  # argparse's own arguments
        super().__init__(add_help=False, **rest)
        self._translate = _ = translate
        self._usage = _("usage: ")
        self._positionals.title = _("arguments")
        self._optionals.title = _("options")
        self.add_argument("-h", "--help", action="help", help=_("show this help and exit"))

    def add_subparsers(self, **rest: Any) -> Any:  # noqa: ANN401  # argparse's own arguments; its class of the result is private
        """As argparse's; what is added speaks the same language."""
        rest["parser_class"] = partial(_Parser, translate=self._translate)
        return super().add_subparsers(**rest)

    def format_usage(self) -> str:
        """One or more lines that begin with the word for usage."""
        formatter = self._get_formatter()
        formatter.add_usage(self.usage, self._actions, self._mutually_exclusive_groups, self._usage)
        return formatter.format_help()

    def format_help(self) -> str:
        """As argparse's, with our word for usage."""
        whole, usage = super().format_help(), super().format_usage()
        return self.format_usage() + whole.removeprefix(usage)

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_USAGE, f"{self.format_usage()}Strowger: {_complaint(message, self._translate)}\n")


def parser(translate: Translate) -> argparse.ArgumentParser:
    """The grammar of the command line, with its help in the reader's language."""
    _ = translate
    top = _Parser(translate=_, prog="strowger", description=_("A call centre in a box."), epilog=_exit_help(_))
    _add_language(top, _, default="")
    commands = top.add_subparsers(dest="command", required=True, title=_("commands"), metavar=_("COMMAND"))

    def command(name: str, does: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = commands.add_parser(name, help=does, description=does)
        _add_language(made, _, default=argparse.SUPPRESS)  # what was said before the command stands
        return made

    _add_run(command("run", _("start the appliance in this terminal")), _)
    _add_scenario(command("scenario", _("play scenarios on simulated boards")), _)
    check = command("check", _("check a site file and print every fault"))
    check.add_argument("file", nargs="?", type=Path, metavar=_("FILE"), help=_("site file (default: the demo site)"))
    _add_asking(command("status", _("show lines, phones, agents, queues and calls now")), _)
    calls = command("calls", _("list the newest calls with times, cause and recording"))
    _add_asking(calls, _)
    calls.add_argument("--limit", type=_whole(1, CALLS_MOST, _), default=20, metavar="N", help=_("how many calls (default 20)"))
    why = command("why", _("why a call still waits, and why its agent was chosen"))
    _add_asking(why, _)
    why.add_argument("call", metavar=_("CALL"), help=_("the call's id, such as b1-c17"))
    site = command("site", _("show or change the settings of a running appliance"))
    add_site_parser(site, lambda act: _add_site_asking(act, _), _)
    route = command("route", _("where a call would go and why, step by step, without calling"))
    _add_asking(route, _)
    add_route_parser(route, _)
    conf = command("system-conf", _("the site as a configuration file of the driver's, and such a file as settings"))
    add_system_conf_parser(conf, lambda act: _add_site_asking(act, _), _)
    _add_console(command("console", _("the technician's console of the running appliance")), _)
    doctor = command("doctor", _("look at driver, boards and machine, and say what to mend"))
    _add_asking(doctor, _)
    _add_doctor(doctor, _)
    password = command("password", _("give an account of the page a new password, when the old one is forgotten"))
    password.add_argument("user", nargs="?", default="admin", metavar=_("USER"), help=_("user name (default: admin)"))
    _add_asking(password, _)
    add_listen_parser(command("listen", _("run the detectors over sound files and print what they heard")), _)
    add_tone_parser(command("tone", _("write a tone or digits into a WAV file")), _)
    bench = command("bench", _("measure what this machine can carry"))
    add_bench_parser(bench, lambda least, most: _whole(least, most, _), lambda to: _add_language(to, _, default=argparse.SUPPRESS), _)
    command("version", _("print the version"))
    return top


def _add_language(to: argparse.ArgumentParser, _: Translate, *, default: str) -> None:
    to.add_argument("--language", choices=("zh", "en"), default=default, help=_("language of messages (default: the environment's)"))


def _exit_help(_: Translate) -> str:
    return _("Exit status: 0 done, 1 a fault, 2 a wrong command line, 3 a measurement that means nothing, 130 stopped by Ctrl-C.")


def _add_run(run: argparse.ArgumentParser, _: Translate) -> None:
    usual = usual_data(os.environ)
    run.add_argument("--data", type=Path, default=usual, metavar=_("DIR"), help=_("data folder (default: {usual})").format(usual=usual))
    run.add_argument("--site", type=Path, metavar=_("FILE"), help=_("site file (default: the data folder's, at first the demo site)"))
    run.add_argument("--simulated", action="store_true", help=_("simulated boards, whatever the site file says"))
    run.add_argument("--http", action="store_true", help=_("the page without encryption, for this machine only"))
    run.add_argument("--no-caller", action="store_true", help=_("no simulated customer telephones by itself"))


def _add_scenario(scenario: argparse.ArgumentParser, _: Translate) -> None:
    scenario.add_argument("files", nargs="+", type=Path, metavar=_("FILE"), help=_("scenario file"))
    scenario.add_argument("--realtime", action="store_true", help=_("play in real time, not in virtual time"))
    scenario.add_argument("--seed", type=_whole(0, SEED_MOST, _), metavar="N", help=_("seed of all chance (default: the scenario's)"))
    scenario.add_argument("--json", action="store_true", help=_("print the result as JSON"))
    scenario.add_argument("--keep", type=Path, metavar=_("DIR"), help=_("keep journals and recordings in this folder"))


def _add_asking(asking: argparse.ArgumentParser, _: Translate) -> None:
    asking.add_argument(
        "--data", type=Path, default=usual_data(os.environ), metavar=_("DIR"), help=_("data folder of the running appliance")
    )
    asking.add_argument("--json", action="store_true", help=_("print the result as JSON"))


def _add_site_asking(act: argparse.ArgumentParser, _: Translate) -> None:
    _add_asking(act, _)
    _add_language(act, _, default=argparse.SUPPRESS)


def _add_console(console: argparse.ArgumentParser, _: Translate) -> None:
    console.add_argument(
        "--data", type=Path, default=usual_data(os.environ), metavar=_("DIR"), help=_("data folder of the running appliance")
    )
    again = _("run this console command and leave; may be given several times")
    console.add_argument("-c", dest="lines", action="append", metavar=_("LINE"), help=again)


def _add_doctor(doctor: argparse.ArgumentParser, _: Translate) -> None:
    doctor.epilog = _("Exit status: 0 all is in order, 1 something is to be mended, 2 something could not be looked at.")
    doctor.add_argument("--site", type=Path, metavar=_("FILE"), help=_("site file (default: the data folder's, or the demo site)"))
    doctor.add_argument("--boards", action="store_true", help=_("judge the telephone boards although the site says simulated"))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _whole(least: int, most: int, _: Translate) -> Callable[[str], int]:
    """Reads a whole number between two bounds."""

    def read(written: str) -> int:
        if not written.isascii() or not written.isdecimal() or len(written) > DIGITS_MOST or not least <= int(written) <= most:
            expected = _("{value} is not possible; expected {least} to {most}")
            raise argparse.ArgumentTypeError(expected.format(value=repr(written), least=least, most=most))
        return int(written)

    return read


def _run(options: argparse.Namespace, _translate: Translate) -> int:
    from appliance.options import RunOptions  # noqa: PLC0415
    from appliance.run import run  # noqa: PLC0415

    asked = RunOptions(
        data=options.data,
        site=options.site,
        simulated=options.simulated,
        caller=not options.no_caller,
        http=options.http,
        language=options.language,
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
    counted = _("{file}: no faults (exchange lines {trunks}, desk phones {stations}, agents {agents}, queues {queues})")
    _say(counted.format(file=file, trunks=len(site.trunks), stations=len(site.stations), agents=len(site.agents), queues=len(site.queues)))
    return EXIT_DONE


def _status(options: argparse.Namespace, translate: Translate) -> int:
    from console.views import status_shown  # noqa: PLC0415

    return _show(_ask(options.data, "status"), status_shown, options, translate)


def _calls(options: argparse.Namespace, translate: Translate) -> int:
    from console.views import calls_shown  # noqa: PLC0415

    return _show(_ask(options.data, "calls", limit=options.limit), calls_shown, options, translate)


def _why(options: argparse.Namespace, translate: Translate) -> int:
    from console.views import why_shown  # noqa: PLC0415

    return _show(_ask(options.data, "why", call=options.call), why_shown, options, translate)


def _site(options: argparse.Namespace, translate: Translate) -> int:
    _say(run_site_command(options, lambda command, **arguments: _ask(options.data, command, **arguments), translate))
    return EXIT_DONE


def _route(options: argparse.Namespace, translate: Translate) -> int:
    def ask(command: str, **arguments: object) -> Mapping[str, object]:
        return _ask(options.data, command, **arguments)

    return run_route_command(options, ask, time.time_ns() // 1_000_000, _say, translate)


def _system_conf(options: argparse.Namespace, translate: Translate) -> int:
    return run_system_conf_command(options, lambda command, **arguments: _ask(options.data, command, **arguments), _say, translate)


def _console(options: argparse.Namespace, translate: Translate) -> int:
    from appliance.console_front import run_console  # noqa: PLC0415

    return run_console(options.data, options.lines, translate)


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


def _password(options: argparse.Namespace, translate: Translate) -> int:
    def shown(result: Mapping[str, object], _: Translate) -> str:
        said = _("new password of {user}: {password} (it must be changed at the next login)")
        return said.format(user=result["user"], password=result["password"])

    return _show(_ask(options.data, "new_password", user=options.user), shown, options, translate)


def _bench(options: argparse.Namespace, translate: Translate) -> int:
    return run_bench_command(options, _say, translate)


def _listen(options: argparse.Namespace, translate: Translate) -> int:
    return run_listen_command(options, _say, translate)


def _tone(options: argparse.Namespace, translate: Translate) -> int:
    return run_tone_command(options, _say, translate)


def _doctor(options: argparse.Namespace, translate: Translate) -> int:
    from appliance.doctor.command import run_doctor  # noqa: PLC0415

    return run_doctor(options, _say, translate)


def _version(_options: argparse.Namespace, _translate: Translate) -> int:
    _say(f"strowger {VERSION}")
    return EXIT_DONE


_COMMANDS = {
    "run": _run,
    "scenario": _scenario,
    "check": _check,
    "status": _status,
    "calls": _calls,
    "why": _why,
    "console": _console,
    "site": _site,
    "route": _route,
    "system-conf": _system_conf,
    "doctor": _doctor,
    "password": _password,
    "listen": _listen,
    "tone": _tone,
    "bench": _bench,
    "version": _version,
}

if __name__ == "__main__":
    sys.exit(main())
