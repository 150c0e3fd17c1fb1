"""Typed words and the commands they mean."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.texts import translator
from console.commands import COMMANDS, HELP, QUIT, TYPED
from console.handbook import page
from console.tree import Argument, Command, Word, options_at, parse, split
from engine.kernel.errors import BadInput
from tests.golden.renew import CONSOLE_PAGE

CHINESE = translator({}, "zh")


@pytest.mark.parametrize(
    ("typed", "usage", "values"),
    [
        ("status", "status", {}),
        ("ST", "status", {}),
        ("log", "log [N]", {}),
        ("log 5", "log [N]", {"limit": 5}),
        ("ag 1001 log", "agents AGENT logout", {"agent": "1001"}),
        ("agents 1001 not meal", "agents AGENT not-ready REASON", {"agent": "1001", "reason": "meal"}),
        ("messages phone-801 0", "messages PHONE COUNT", {"phone": "phone-801", "count": 0}),
        ("f", "facts [N]", {}),
        ("f 7", "facts [N]", {"limit": 7}),
        ("f c b1-c3", "facts call CALL [N]", {"call": "b1-c3"}),
        ("  f   c  b1-c3  9 ", "facts call CALL [N]", {"call": "b1-c3", "limit": 9}),
        ("set a.b", "set SETTING [VALUE...]", {"path": "a.b"}),
        ("set a.b  one  two ", "set SETTING [VALUE...]", {"path": "a.b", "value": "one  two"}),
        ('set a.b ""', "set SETTING [VALUE...]", {"path": "a.b", "value": ""}),
        ('set a.b "now"', "set SETTING [VALUE...]", {"path": "a.b", "value": "now"}),
        ("rollback 3 it was better", "rollback VERSION REASON...", {"number": 3, "why": "it was better"}),
        ("restart", "restart", {}),
        ("rest w", "restart when-idle", {}),
    ],
)
def test_shortened_words_are_understood(typed: str, usage: str, values: dict[str, object]) -> None:
    """Whoever is in a hurry types as much of a word as makes it unique."""
    parsed = parse(COMMANDS, typed)
    assert parsed.command.usage() == usage
    assert parsed.values == values


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("l", "“l” may be lines, log: type more of it."),
        ("frob", "“frob” is not known here; “?” shows what is."),
        ("status now", "“now” is not known here; “?” shows what is."),
        ("why", "The command is not complete; next comes: CALL."),
        ("agents 1001", "The command is not complete; next comes: logout, ready, not-ready, sign-in, sign-out, today."),
        ("log 0", "N is 0; a number from 1 to 1000 is wanted."),
        ("messages phone-801 100", "COUNT is 100; a number from 0 to 99 is wanted."),
        ("log 1001", "N is 1001; a number from 1 to 1000 is wanted."),
        ("log ٣", "N is ٣; a number from 1 to 1000 is wanted."),
        ("log 9" + "9" * 5000, "N is 9" + "9" * 5000 + "; a number from 1 to 1000 is wanted."),
    ],
)
def test_what_is_wrong_is_said(typed: str, said: str) -> None:
    """A wrong word is named, and what may stand there."""
    with pytest.raises(BadInput) as wrong:
        parse(COMMANDS, typed)
    assert str(wrong.value) == said


def test_help_shows_what_may_stand_next() -> None:
    """``?`` after a whole command offers Enter and what else may follow; within a word only what it may become."""
    assert [option.name for option in options_at(COMMANDS, ["facts"], "")] == ["N", "", "call"]
    assert [option.name for option in options_at(COMMANDS, [], "l")] == ["lines", "log"]
    assert [option.name for option in options_at(COMMANDS, ["agents", "1"], "")] == [
        "logout",
        "ready",
        "not-ready",
        "sign-in",
        "sign-out",
        "today",
    ]
    assert options_at(COMMANDS, [], "zzz") == []
    assert (split("ag 10"), split("ag "), split("")) == ((["ag"], "10"), (["ag"], ""), ([], ""))


def test_no_line_means_two_commands() -> None:
    """Every command can be typed in full, and means itself."""
    samples = {"limit": "5", "number": "5", "columns": "80", "rows": "24"}
    for command in COMMANDS:
        typed = [part.word if isinstance(part, Word) else samples.get(part.key, "5" if part.most else "x1") for part in command.parts]
        for count in range(command.least, len(typed) + 1):
            assert parse(COMMANDS, " ".join(typed[:count])).command is command


def test_the_tree_is_sound() -> None:
    """Optional arguments stand at the end; every command is one question, a row of steps, or done by the console itself."""
    for command in COMMANDS:
        optional = [isinstance(part, Argument) and part.optional for part in command.parts]
        assert optional == sorted(optional)
        assert bool(command.asks) == (command.shown is not None)
        assert bool(command.asks) + (command.run is not None) == (command not in [HELP, TYPED, QUIT])
        assert not any(isinstance(part, Argument) and part.rest for part in command.parts[:-1])


def _texts(command: Command) -> list[str]:
    return [command.help.msgid, *(part.help.msgid for part in command.parts)]


def test_all_help_exists_in_chinese() -> None:
    """A Chinese technician reads every help in Chinese."""
    messages = set(itertools.chain.from_iterable(_texts(command) for command in COMMANDS))
    assert not [message for message in messages if CHINESE(message) == message]


def test_the_handbook_page_is_current() -> None:
    """The handbook has every command and no other (if not, run ``make golden``)."""
    assert CONSOLE_PAGE.read_text("utf-8") == page(CHINESE)


@given(st.text(max_size=80))
def test_any_line_is_a_command_or_a_sentence(typed: str) -> None:
    """Whatever is typed is understood or refused in words."""
    try:
        parsed = parse(COMMANDS, typed)
    except BadInput as wrong:
        said = str(wrong)
    else:
        said = parsed.command.usage()
    assert said
