"""What a command does when one question is not enough: a row of steps, written as a generator that knows no terminal.

A step asks the appliance, lets a person confirm, or has something typed that is not shown. Whoever drives it (a session, a list of
lines) sends the answer in, or throws the refusal in; what the generator returns is shown. So ``set``, ``restart`` and ``passwd`` are
the same on a serial line, by SSH, on a terminal and in a script.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from console.tables import Translate
from engine.kernel.text import Text

__all__ = ["Confirm", "Edits", "Hidden", "Question", "Say", "Sitting", "Step", "Steps"]

Edits = tuple[tuple[str, ...], ...]
"""The edits of a candidate, as they travel: ``("set", setting, value)`` and the like."""


@dataclass(frozen=True)
class Question:
    """Ask the appliance. The answer is sent in; a refusal is thrown in."""

    command: str
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Confirm:
    """Let a person decide: True or False is sent in. Where nobody can be asked, ``otherwise`` says what to type instead."""

    said: Text
    otherwise: Text


@dataclass(frozen=True)
class Hidden:
    """Have something typed that is not shown: the text is sent in. Where nobody can be asked, ``otherwise`` says what to do instead."""

    said: Text
    otherwise: Text


@dataclass(frozen=True)
class Say:
    """Show this now, and go on."""

    shown: str


Step = Question | Confirm | Hidden | Say
Steps = Generator[Step, Any, str]


def _as_written(msgid: str) -> str:
    return msgid


@dataclass
class Sitting:
    """What one sitting at the console has of its own. ``own``: the user's name, empty at the machine itself; ``base`` and ``edits``: the
    settings that are not committed, and the version they were made from; ``width`` in columns, 0: as wide as it comes; ``resize``
    tells the terminal's size in columns and rows.
    """

    own: str = ""
    translate: Translate = _as_written
    width: int = 0
    base: int = 0
    edits: Edits = ()
    resize: Callable[[int, int], None] = lambda _columns, _rows: None

    def say(self, said: Text) -> str:
        """A sentence in the reader's language."""
        return said.render(self.translate)
