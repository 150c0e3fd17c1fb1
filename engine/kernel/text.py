"""Texts for people: a message id in English and its values, translated only at the edge that shows it.

The engine never knows in which language a reader reads. It makes ``Text("line {line} rings", line="1")``; the
command line, the console and the page render it with their own catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

__all__ = ["Text", "text"]


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
