"""Texts for people: a message id in English and its values, translated only at the edge that shows it.

The engine never knows in which language a reader reads. It makes ``Text("line {line} rings", line="1")``; the
command line, the console and the page render it with their own catalogue.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

__all__ = ["Text", "joined", "text", "text_as_json", "text_from_json", "text_read", "text_written"]

TEXTS_DEEP_MAX = 8
"""Texts within texts of one sentence."""


@dataclass(frozen=True)
class Text:
    """A translatable sentence: ``msgid`` with ``{name}`` places, and the values for them."""

    msgid: str
    values: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def render(self, translate: Callable[[str], str]) -> str:
        """The sentence in the reader's language; ``translate`` is a gettext function."""
        shown = {name: value.render(translate) if isinstance(value, Text) else value for name, value in self.values.items()}
        return translate(self.msgid).format(**shown)

    def in_english(self) -> str:
        """The sentence in the source language, for logs and exceptions."""
        return self.render(lambda msgid: msgid)


def text(msgid: str, **values: object) -> Text:
    """Make a Text. Babel finds the first argument of this function: keep it one literal string."""
    return Text(msgid, MappingProxyType(values))


def text_as_json(said: Text) -> dict[str, Any]:
    """A text as plain values; values that are no texts, numbers or truths become their words."""
    values = {
        name: text_as_json(value) if isinstance(value, Text) else value if isinstance(value, str | int | float) else str(value)
        for name, value in said.values.items()
    }
    return {"msgid": said.msgid, "values": values}


def text_from_json(written: Any, deep: int = TEXTS_DEEP_MAX) -> Text:  # noqa: ANN401  # whatever JSON came
    """The text that ``text_as_json`` wrote, which can be rendered. Raises ValueError, KeyError, TypeError or AttributeError when it is none."""
    if deep == 0:
        raise ValueError("texts are nested too deep")
    values = {str(name): text_from_json(value, deep - 1) if isinstance(value, dict) else value for name, value in written["values"].items()}
    made = Text(str(written["msgid"]), values)
    try:
        made.in_english()
    except (IndexError, AttributeError) as error:
        raise ValueError("the places of a text do not fit its values") from error
    return made


def text_written(said: Text) -> str:
    """A text in a line of JSON, for facts and other plain records."""
    return json.dumps(text_as_json(said), ensure_ascii=False)


def text_read(written: str) -> Text | None:
    """What ``text_written`` wrote; None for anything else, as the empty line of a record that has no text."""
    try:
        return text_from_json(json.loads(written))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def joined(said: Sequence[Text], between: str = "; ") -> Text:
    """Several texts as one, each in the reader's language. ``between`` stands in every language."""
    return Text(between.join(f"{{part{number}}}" for number in range(len(said))), {f"part{number}": one for number, one in enumerate(said)})
