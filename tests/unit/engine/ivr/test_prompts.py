"""The prompts that the engine may speak exist."""

from __future__ import annotations

import pytest

from engine.ivr.prompts import LANGUAGES, PROMPTS, names_in, spoken_text
from engine.ivr.speech import cardinal, digits
from engine.kernel.errors import OurFault


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_place_and_agent_number_can_be_spoken(language: str) -> None:
    """No caller meets silence in the middle of a number."""
    needed = {name for number in (*range(1000), 1000, 1005, 1050, 9999) for name in cardinal(number, language)}
    needed |= {*digits("0123456789", language), "place_before", "place_after", "agent_before", "agent_after"}
    assert needed <= {name for name, said in PROMPTS.items() if language in said}


def test_each_language_is_offered_in_itself() -> None:
    """A caller who understands one language only still understands how to choose it."""
    assert set(PROMPTS["language_zh"]) == {"zh"}
    assert set(PROMPTS["language_en"]) == {"en"}


def test_the_catalogue_lists_each_prompt_once_and_says_it() -> None:
    """Whoever records prompts gets one list without doubles, each with its words."""
    listed = names_in(LANGUAGES)
    assert len(set(listed)) == len(listed)
    assert all(spoken_text(name, language).strip() for language, name in listed)


def test_an_unknown_prompt_is_our_own_fault() -> None:
    """A script that names no prompt is found out."""
    with pytest.raises(OurFault, match="no prompt 'language_en' in 'zh'"):
        spoken_text("language_en", "zh")
