"""How control refuses."""

from __future__ import annotations

from engine.kernel.errors import Refused
from engine.kernel.text import Text

__all__ = ["ActRefused"]


class ActRefused(Refused):
    """A command was refused: ``text`` for readers, ``prompt`` for listeners."""

    def __init__(self, text_: Text, prompt: str) -> None:
        super().__init__(text_)
        self.prompt = prompt
