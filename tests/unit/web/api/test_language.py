"""The language of a sentence for a program."""

from __future__ import annotations

import pytest

from web.api.service import best_language


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("", "zh"),
        ("en", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("fr, en;q=0.2", "en"),
        ("en;q=0.3, zh;q=0.4", "zh"),
        ("zh;q=0, en;q=0.1", "en"),
        ("fr", "zh"),
        ("en;q=much", "zh"),
        ("en;" + "x" * 10_000, "en"),
        (";;;,,,=", "zh"),
    ],
)
def test_the_language_wanted_most_is_spoken(wanted: str, language: str) -> None:
    """A program reads faults in the language it asks for, else in that of the site."""
    assert best_language(wanted, "zh") == language
