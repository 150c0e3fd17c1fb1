"""The texts of the settings reach the translators."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from io import BytesIO
from pathlib import Path

from appliance.locale.settings_texts import extract
from engine.settings import site
from engine.settings.field import spec_of

ROOT = Path(__file__).resolve().parents[3]
SOURCES = [ROOT / found for found in re.findall(r"^\[settings: (.+)\]$", (ROOT / "babel.cfg").read_text("utf-8"), re.MULTILINE)]


def test_every_help_and_meaning_is_found() -> None:
    """A Chinese installer reads the help of every setting in Chinese: none is overlooked by the extraction."""
    sources = [source.read_bytes() for source in SOURCES]
    found = {message for source in sources for _, _, message, _ in extract(BytesIO(source), (), (), {})}
    sections = [section for section in vars(site).values() if is_dataclass(section)]
    specs = [spec_of(setting) for section in sections for setting in fields(section)]
    assert len(specs) > 50
    assert {spec.help for spec in specs} <= found
    assert {spec.pattern_says for spec in specs if spec.pattern_says} <= found


def test_other_strings_are_left_alone() -> None:
    """Translators are not given names and patterns."""
    source = b'a: str = setting("x", help="Help.", pattern=r"[0-9]")\nNAME = "[a-z]"\nOF = other(help="no")\n'
    assert [message for _, _, message, _ in extract(BytesIO(source), (), (), {})] == ["Help."]
