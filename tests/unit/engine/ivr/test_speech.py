"""How numbers are said in Chinese and English."""

from __future__ import annotations

import re

import pytest

from engine.ivr.prompts import LANGUAGES, PROMPTS, names_in, spoken_text
from engine.ivr.speech import CARDINAL_MAX, cardinal, digits
from engine.kernel.errors import OurFault


def heard(names: tuple[str, ...], language: str) -> str:
    return ("" if language == "zh" else " ").join(spoken_text(name, language) for name in names)


@pytest.mark.parametrize(
    ("number", "zh", "en"),
    [
        (0, "零", "zero"),
        (1, "一", "one"),
        (2, "二", "two"),
        (10, "十", "ten"),
        (15, "十五", "fifteen"),
        (20, "二十", "twenty"),
        (21, "二十一", "twenty one"),
        (99, "九十九", "ninety nine"),
        (100, "一百", "one hundred"),
        (105, "一百零五", "one hundred and five"),
        (110, "一百一十", "one hundred and ten"),
        (115, "一百一十五", "one hundred and fifteen"),
        (120, "一百二十", "one hundred and twenty"),
        (222, "二百二十二", "two hundred and twenty two"),
        (999, "九百九十九", "nine hundred and ninety nine"),
        (1000, "一千", "one thousand"),
        (1005, "一千零五", "one thousand and five"),
        (1050, "一千零五十", "one thousand and fifty"),
        (1100, "一千一百", "one thousand one hundred"),
        (1015, "一千零一十五", "one thousand and fifteen"),
        (2345, "二千三百四十五", "two thousand three hundred and forty five"),
    ],
)
def test_counts_are_said_as_people_say_them(number: int, zh: str, en: str) -> None:
    """The caller hears the place in the queue in good Chinese and English."""
    assert heard(cardinal(number, "zh"), "zh") == zh
    assert heard(cardinal(number, "en"), "en") == en


def zh_value(said: str) -> int:
    """Reads a Chinese number back."""
    figures = {figure: value for value, figure in enumerate("零一二三四五六七八九")}
    total, figure = 0, 0
    for sign in said:
        if sign in "十百千":
            total += (figure or 1) * {"十": 10, "百": 100, "千": 1000}[sign]
            figure = 0
        else:
            figure = figures[sign]
    return total + figure


def en_value(said: str) -> int:
    """Reads an English number back."""
    words = {spoken_text(name, "en"): int(name.removeprefix("number_")) for name in PROMPTS if re.fullmatch(r"number_\d+", name)}
    total, part = 0, 0
    for word in said.replace(" and ", " ").split():
        value = words[word]
        if value == 1000:
            total, part = part * 1000, 0
        elif value == 100:
            part *= 100
        else:
            part += value
    return total + part


def test_every_count_is_understood_as_itself() -> None:
    """No place in the queue sounds like another, in either language."""
    for number in range(CARDINAL_MAX + 1):
        assert zh_value(heard(cardinal(number, "zh"), "zh")) == number
        assert en_value(heard(cardinal(number, "en"), "en")) == number


def test_agent_numbers_are_read_digit_by_digit() -> None:
    """The caller hears 工号幺零零二, as on any Chinese hotline, or one zero zero two."""
    assert heard(digits("1002", "zh"), "zh") == "幺零零二"
    assert heard(digits("1002", "en"), "en") == "one zero zero two"


@pytest.mark.parametrize("number", ["12a", "*1", "\uff11"])  # the last is a full-width digit
def test_what_has_no_prompt_is_not_read_out(number: str) -> None:
    """A wrong character is a bug that shows, not silence."""
    with pytest.raises(OurFault):
        digits(number, "zh")


@pytest.mark.parametrize("number", [-1, CARDINAL_MAX + 1])
def test_counts_out_of_range_are_refused(number: int) -> None:
    """Nothing wrong is said for a number that cannot be said."""
    with pytest.raises(OurFault):
        cardinal(number, "en")


def test_unknown_languages_are_refused() -> None:
    """A language without prompts is a bug that shows."""
    with pytest.raises(OurFault):
        digits("1", "fr")
    with pytest.raises(OurFault):
        spoken_text("welcome", "fr")


def test_each_language_offers_itself() -> None:
    """Who speaks only Chinese, or only English, understands the offer made for them."""
    assert set(PROMPTS["language_zh"]) == {"zh"}
    assert set(PROMPTS["language_en"]) == {"en"}


def test_every_sentence_exists_in_both_languages() -> None:
    """No caller falls silent into a hole of one language: all but counting words and language offers exist in both."""
    single = {name for name, said in PROMPTS.items() if set(said) != set(LANGUAGES)}
    assert {name for name in single if not name.startswith("number_")} == {"language_zh", "language_en"}
    assert len(names_in(LANGUAGES)) == len(set(names_in(LANGUAGES)))
    assert all(re.search(r"[\u4e00-\u9fff]", said["zh"]) for said in PROMPTS.values() if "zh" in said)
    assert all(said["en"].isascii() for said in PROMPTS.values() if "en" in said)
