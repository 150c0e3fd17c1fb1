"""Texts that are translated where they are read."""

from __future__ import annotations

import pytest

from engine.kernel.errors import BadInput, EnvironmentFault, OurFault, Refused, StrowgerError
from engine.kernel.text import Text, joined, text, text_read, text_written


def shout(msgid: str) -> str:
    """A reader's language for the tests."""
    return {"{line} rings, {why}": "{why}! {line} KLINGELT", "as ever": "WIE IMMER"}.get(msgid, msgid)


def test_the_reader_chooses_the_language() -> None:
    """One message, read in English in the log and in the reader's language on the page, its values in that language's order."""
    made = text("{line} rings, {why}", line="line-1", why=text("as ever"))
    assert made.in_english() == "line-1 rings, as ever"
    assert made.render(shout) == "WIE IMMER! line-1 KLINGELT"


def test_what_was_typed_by_a_caller_is_never_a_pattern() -> None:
    """Braces in a caller's name are shown, not obeyed."""
    assert text("{name} calls", name="{line.__class__}").in_english() == "{line.__class__} calls"


def test_a_text_is_a_value() -> None:
    """Two refusals with the same words are the same refusal."""
    assert text("no {x}", x=1) == text("no {x}", x=1) != text("no {x}", x=2)
    assert Text("plain").in_english() == "plain"


@pytest.mark.parametrize("kind", [Refused, BadInput, EnvironmentFault])
def test_errors_for_people_carry_their_text(kind: type[StrowgerError]) -> None:
    """An error shown to a person can be shown in his language; the log has it in English."""
    error = kind(text("{line} rings, {why}", line=2, why="now"))
    assert str(error) == "2 rings, now"
    assert error.text.render(shout) == "now! 2 KLINGELT"


def test_a_bug_is_not_an_error_for_people() -> None:
    """Faults of our own are never shown as if the user had done wrong."""
    assert not issubclass(OurFault, StrowgerError)


def test_a_text_survives_a_record() -> None:
    """What was said stays translatable in a journal, with what is said inside it."""
    made = text("{line} rings, {why}", line="line-1", why=text("as ever"))
    read = text_read(text_written(made))
    assert read is not None
    assert read.render(shout) == made.render(shout)


@pytest.mark.parametrize("written", ["", "no JSON", "1", "[]", "{}", '{"msgid": "{x}", "values": {}}', '{"msgid": 1}'])
def test_what_is_no_text_is_none(written: str) -> None:
    """A record of an older program, or a damaged one, has no text."""
    assert text_read(written) is None


def test_several_texts_are_one() -> None:
    """Each of a list of reasons is read in the reader's language."""
    both = joined((text("as ever"), text("{x} }} is {y}", x="{", y=1)))
    assert both.in_english() == "as ever; { } is 1"
    assert both.render(shout).startswith("WIE IMMER; ")
    assert joined(()).in_english() == ""
