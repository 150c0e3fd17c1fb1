"""Sentences for people, in a form that a program of any language can translate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

__all__ = ["Message", "marked"]


def marked(template: str) -> str:
    """Marks a sentence for the tools that collect messages, which look for ``_("…")``: import it as ``_``. Changes nothing."""
    return template


@dataclass(frozen=True)
class Message:
    """A sentence: ``template`` with ``{name}`` places, and what belongs there: numbers, names, or messages again."""

    template: str
    values: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def render(self, translate: Callable[[str], str] = str) -> str:
        """The sentence; ``translate`` is a gettext function, and without one it is English."""
        said = {name: value.render(translate) if isinstance(value, Message) else value for name, value in self.values.items()}
        return translate(self.template).format(**said)
