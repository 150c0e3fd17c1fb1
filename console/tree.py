"""The commands of the console as data, and how typed words find theirs.

A command is a row of parts: words, which may be shortened as long as they stay unique, and arguments. Everything else derives from
this data: what ``?`` says, what Tab completes, the handbook page, and the request to the appliance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.tables import Translate
from engine.kernel.errors import BadInput
from engine.kernel.text import Text, text

__all__ = ["Argument", "Candidate", "Command", "Option", "Parsed", "Source", "Word", "options_at", "parse", "split", "values_for"]

Answer = Mapping[str, Any]
Shown = Callable[[Answer, Translate, int], str]
"""An answer for a person, on a terminal of so many columns (0: as wide as it comes)."""


@dataclass(frozen=True)
class Source:
    """Where an argument's values come from: a question to the appliance, and the values in its answer, each with a word about it."""

    asks: str
    values: Callable[[Answer], Sequence[tuple[str, str]]]


@dataclass(frozen=True)
class Word:
    """A fixed word of a command."""

    word: str
    help: Text


@dataclass(frozen=True)
class Argument:
    """A value: its key in the request, how it is written in help, and a number's range (``most`` 0: not a number)."""

    key: str
    name: str
    help: Text
    source: Source | None = None
    most: int = 0
    optional: bool = False

    def value(self, typed: str) -> object:
        """What was typed as the request wants it. Raises BadInput."""
        if not self.most:
            return typed
        if not (typed.isascii() and typed.isdigit() and 1 <= int(typed[:12]) <= self.most):
            raise BadInput(text("{name} is {typed}; a number from 1 to {most} is wanted.", name=self.name, typed=typed, most=self.most))
        return int(typed)


Part = Word | Argument


@dataclass(frozen=True)
class Command:
    """``asks`` is the appliance's name of the command, ``fixed`` what the request always has; without ``asks`` the console itself does it."""

    parts: tuple[Part, ...]
    help: Text
    shown: Shown | None = None
    asks: str = ""

    @property
    def least(self) -> int:
        """Parts that must be typed; optional ones stand at the end."""
        return sum(1 for part in self.parts if isinstance(part, Word) or not part.optional)

    def usage(self) -> str:
        """As the handbook writes it: ``agents AGENT not-ready REASON``, ``log [LINES]``."""
        return " ".join(part.word if isinstance(part, Word) else f"[{part.name}]" if part.optional else part.name for part in self.parts)


@dataclass(frozen=True)
class Candidate:
    """A command that fits the words so far, and the values in them."""

    command: Command
    values: Mapping[str, object]


@dataclass(frozen=True)
class Parsed:
    """A whole command line understood."""

    command: Command
    values: Mapping[str, object]


@dataclass(frozen=True)
class Option:
    """What may stand next: a word, an argument's name, or the end of the line (``name`` empty)."""

    name: str
    help: Text
    argument: Argument | None = None


def split(typed: str) -> tuple[list[str], str]:
    """The finished words before the cursor, and the begun one (empty after a blank)."""
    words = typed.split()
    begun = words.pop() if words and not typed[-1:].isspace() else ""
    return words, begun


def parse(commands: Sequence[Command], typed: str) -> Parsed:
    """The command of a line. Raises BadInput that says which word is wrong, ambiguous or missing."""
    words = typed.split()
    fitting = _walk(commands, words)
    whole = [candidate for candidate in fitting if candidate.command.least <= len(words)]
    if not whole:
        missing = ", ".join(dict.fromkeys(option.name for option in _options(fitting, len(words)) if option.name))
        raise BadInput(text("The command is not complete; next comes: {missing}.", missing=missing))
    return Parsed(whole[0].command, whole[0].values)


def options_at(commands: Sequence[Command], words: Sequence[str], begun: str) -> list[Option]:
    """What may stand after these words; with a begun word only what it may become. Raises BadInput when the words fit nothing."""
    options = _options(_walk(commands, words), len(words))
    if not begun:
        return options
    return [option for option in options if option.name and (option.argument is not None or option.name.startswith(begun.lower()))]


def values_for(argument: Argument, answer: Answer, begun: str) -> list[tuple[str, str]]:
    """The values of an argument that begin so, each with a word about it."""
    assert argument.source is not None
    return [(value, about) for value, about in argument.source.values(answer) if value.startswith(begun)]


def _walk(commands: Sequence[Command], words: Sequence[str]) -> list[Candidate]:
    fitting = [Candidate(command, {}) for command in commands]
    for place, typed in enumerate(words):
        fitting = _step(fitting, place, typed)
    return fitting


def _step(fitting: Sequence[Candidate], place: int, typed: str) -> list[Candidate]:
    fitting = [candidate for candidate in fitting if place < len(candidate.command.parts)]
    here = [(candidate, candidate.command.parts[place]) for candidate in fitting]
    words = list(dict.fromkeys(part.word for _, part in here if isinstance(part, Word)))
    meant = [word for word in words if word.startswith(typed.lower())]
    if typed.lower() in meant:
        meant = [typed.lower()]
    if len(meant) > 1:
        raise BadInput(text("“{typed}” may be {words}: type more of it.", typed=typed, words=", ".join(meant)))
    if meant:
        return [candidate for candidate, part in here if isinstance(part, Word) and part.word == meant[0]]
    taking = [(candidate, part) for candidate, part in here if isinstance(part, Argument)]
    if not taking:
        raise BadInput(text("“{typed}” is not known here; “?” shows what is.", typed=typed))
    return [Candidate(candidate.command, {**candidate.values, part.key: part.value(typed)}) for candidate, part in taking]


def _options(fitting: Sequence[Candidate], place: int) -> list[Option]:
    options: dict[str, Option] = {}
    for candidate in fitting:
        parts = candidate.command.parts
        if place < len(parts):
            part = parts[place]
            last = place == len(parts) - 1
            option = (
                Option(part.word, candidate.command.help if last else part.help)
                if isinstance(part, Word)
                else Option(part.name, part.help, part)
            )
            options.setdefault(option.name, option)
        if candidate.command.least <= place:
            options[""] = Option("", candidate.command.help)
    return list(options.values())
