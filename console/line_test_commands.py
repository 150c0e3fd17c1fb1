"""Line tests at the console: ``test line``, ``test phone``, ``test loop``, their results and history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.steps import Confirm, Question, Sitting, Steps
from console.tables import Translate, local_time
from console.tree import Argument, Command, Source, Values, Word
from engine.control.line_tests import ALL
from engine.kernel.text import Text, text, text_from_json
from engine.people.actors import Act
from engine.telephony.line_test_words import DOES, NAMES, PERSON, VERDICTS
from engine.telephony.line_tests import LINE_TESTS, PHONE_TESTS, LineTest

__all__ = ["LINE_TEST_COMMANDS"]

Row = Mapping[str, Any]
ALONE = (LineTest.LEARN_BUSY, LineTest.LOOP)
"""Tests that need something more typed, and so have commands of their own."""


# ---- how it looks -----------------------------------------------------------------------------------------------------


def _result(result: Row, _: Translate) -> str:
    verdict = VERDICTS.get(result["verdict"])
    name = text_from_json(result["name"]) if result["name"] else Text(result["test"])
    said = text(
        "{test}: {verdict}. {found}",
        test=name,
        verdict=verdict if verdict is not None else result["verdict"],
        found=text_from_json(result["said"]),
    )
    return said.render(_)


def _results(answer: Row, _: Translate) -> str:
    return "\n".join(_result(result, _) for result in answer["results"]) or _("none")


def _history(answer: Row, _: Translate, _width: int = 0) -> str:
    offset = int(answer["utc_offset_min"])
    lines = [f"{local_time(int(result['utc_ms']), offset)} {_result(result, _)}" for result in answer["history"]]
    return "\n".join(lines) or _("No test of this port was made yet.")


def _stopped(_answer: Row, _: Translate, _width: int = 0) -> str:
    return _("The test is stopped.")


# ---- what it asks -----------------------------------------------------------------------------------------------------


def _ask(sitting: Sitting, port: object, test: str, **more: object) -> Steps:
    answer = yield Question("line_test", {"port": port, "test": test, "wait": True, **more})
    return _results(answer, sitting.translate)


def _test_line(sitting: Sitting, values: Values) -> Steps:
    return (yield from _ask(sitting, values["port"], str(values.get("test", ALL))))


def _test_phone(sitting: Sitting, values: Values) -> Steps:
    test = str(values["test"])
    person = PERSON.get((LineTest(test), True)) if test in set(LineTest) else None
    if person is not None:
        said = text("{person} Is somebody there?", person=person)
        if not (yield Confirm(said, text("nobody can be asked here; do it at a terminal"))):
            return sitting.say(text("Nothing is done."))
    return (yield from _ask(sitting, values["port"], test))


def _learn(sitting: Sitting, values: Values) -> Steps:
    return (yield from _ask(sitting, values["port"], LineTest.LEARN_BUSY.value, number=str(values.get("number", ""))))


def _loop(sitting: Sitting, values: Values) -> Steps:
    return (yield from _ask(sitting, values["port"], LineTest.LOOP.value, far=values["far"]))


# ---- words and arguments ----------------------------------------------------------------------------------------------


def _ports(answer: Row, _: Translate) -> Sequence[tuple[str, str]]:
    return [(port["port"], "") for port in answer["ports"]]


def _of_kind(kind: str) -> Source:
    return Source("ports", _ports, lambda _sitting, _values, _begun: {"kind": kind})


def _named(tests: Sequence[LineTest]) -> Source:
    known = [test for test in tests if test not in ALONE]

    def shown(_answer: Row, _: Translate) -> Sequence[tuple[str, str]]:
        return [(test.value, text("{name}: {does}", name=NAMES[test], does=DOES[test]).render(_)) for test in known]

    return Source("ports", shown, told=lambda answer, _, begun: [row for row in shown(answer, _) if row[0].startswith(begun)])


_TEST_HELP = text("line tests: battery, tones, noise, echo, keys, ringing, caller id, loops of two ports")
_LINE_HELP = text("test an exchange line; without TEST everything that needs nobody")
_PHONE_HELP = text("test a desk phone, with somebody standing at it")
_LEARN_HELP = text("learn an exchange line's busy tone by calling a number that is busy")
_LOOP_HELP = text("test a line's port and a phone's port that are cabled to each other")
_HISTORY_HELP = text("what the tests of a port have found, newest first")
_STOP_HELP = text("stop the test of a port")

TEST = Word("test", _TEST_HELP)
LINE = Argument("port", "LINE", text("the exchange line's name"), _of_kind("line"))
PHONE = Argument("port", "PHONE", text("the phone's name"), _of_kind("phone"))
FAR_PHONE = Argument("far", "PHONE", text("the phone whose port it is cabled to"), _of_kind("phone"))
PORT = Argument("port", "PORT", text("the name of a line or phone"), Source("ports", _ports))
LINE_TEST = Argument("test", "TEST", text("which test; none: all that need nobody"), _named(LINE_TESTS), optional=True)
PHONE_TEST = Argument("test", "TEST", text("which test"), _named(PHONE_TESTS))
NUMBER = Argument("number", "NUMBER", text("a number that is busy; none: the line's own"), optional=True)

LINE_TEST_COMMANDS: tuple[Command, ...] = (
    Command((TEST, Word("line", _LINE_HELP), LINE, LINE_TEST), _LINE_HELP, run=_test_line, act=Act.TEST_LINES),
    Command((TEST, Word("phone", _PHONE_HELP), PHONE, PHONE_TEST), _PHONE_HELP, run=_test_phone, act=Act.TEST_LINES),
    Command((TEST, Word("busy-tone", _LEARN_HELP), LINE, NUMBER), _LEARN_HELP, run=_learn, act=Act.TEST_LINES),
    Command((TEST, Word("loop", _LOOP_HELP), LINE, FAR_PHONE), _LOOP_HELP, run=_loop, act=Act.TEST_LINES),
    Command((TEST, Word("history", _HISTORY_HELP), PORT), _HISTORY_HELP, _history, "port", act=Act.SEE_STATUS),
    Command((TEST, Word("stop", _STOP_HELP), PORT), _STOP_HELP, _stopped, "line_test_end", act=Act.TEST_LINES),
)
