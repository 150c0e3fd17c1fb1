"""The commands of the console as data, and how typed words find theirs.

A command is a row of parts: words, which may be shortened as long as they stay unique, and arguments. Everything else derives from
this data: what ``?`` says, what Tab completes, the handbook page, and the request to the appliance.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from console.steps import Sitting, Steps
from console.tables import Translate
from engine.kernel.errors import BadInput
from engine.kernel.text import Text, text
from engine.people.actors import Act

__all__ = ["Argument", "Command", "Fitting", "Option", "Parsed", "Source", "Word", "options_at", "parse", "split", "values_for"]

Answer = Mapping[str, Any]
Shown = Callable[[Answer, Translate, int], str]
"""An answer for a person, on a terminal of so many columns (0: as wide as it comes)."""
Values = Mapping[str, object]
"""The values of a command's arguments, by key."""


@dataclass(frozen=True)
class Source:
    """Where an argument's values come from: a question to the appliance, and the values in its answer, each with a word about it.

    ``arguments`` of the question, from the sitting, the values typed before and the begun word. With ``told`` the answer is also what
    ``?`` shows; without, that is the argument's help.
    """

    asks: str
    values: Callable[[Answer, Translate], Sequence[tuple[str, str]]]
    arguments: Callable[[Sitting, Values, str], Mapping[str, object]] = lambda _sitting, _values, _begun: {}
    told: Callable[[Answer, Translate, str], str | Sequence[tuple[str, str]]] | None = None


@dataclass(frozen=True)
class Word:
    """A fixed word of a command."""

    word: str
    help: Text


@dataclass(frozen=True)
class Argument:
    """A value: its key in the request, how it is written in help, and a number's range ``least``…``most`` (``most`` 0: not a number).

    ``rest``: everything up to the end of the line, blanks included; quotation marks around it are taken off, so that ``""`` is empty.
    """

    key: str
    name: str
    help: Text
    source: Source | None = None
    most: int = 0
    optional: bool = False
    rest: bool = False
    least: int = 1

    def value(self, typed: str) -> object:
        """What was typed as the request wants it. Raises BadInput."""
        if not self.most:
            return typed[1:-1] if self.rest and len(typed) > 1 and typed[0] == typed[-1] == '"' else typed
        least, most = self.least, self.most
        if not (typed.isascii() and typed.isdigit() and least <= int(typed[:12]) <= most):
            raise BadInput(
                text("{name} is {number}; a number from {least} to {most} is wanted.", name=self.name, number=typed, least=least, most=most)
            )
        return int(typed)


Part = Word | Argument


@dataclass(frozen=True)
class Command:
    """``asks`` is the appliance's name of a command that is one question and one answer; ``run`` does what takes several steps; with
    neither the console itself does it. ``act`` is the right it needs; None: nobody is refused.
    """

    parts: tuple[Part, ...]
    help: Text
    shown: Shown | None = None
    asks: str = ""
    run: Callable[[Sitting, Values], Steps] | None = None
    act: Act | None = None

    @property
    def least(self) -> int:
        """Parts that must be typed; optional ones stand at the end."""
        return sum(1 for part in self.parts if isinstance(part, Word) or not part.optional)

    def usage(self) -> str:
        """As the handbook writes it: ``agents AGENT not-ready REASON``, ``log [LINES]``."""
        return " ".join(part.word if isinstance(part, Word) else f"[{part.name}]" if part.optional else part.name for part in self.parts)


@dataclass(frozen=True)
class Fitting:
    """A command that fits the words so far, and the values in them. ``whole``: its last argument takes whatever else is typed."""

    command: Command
    values: Values
    whole: bool = False


@dataclass(frozen=True)
class Parsed:
    """A whole command line understood."""

    command: Command
    values: Values


@dataclass(frozen=True)
class Option:
    """What may stand next: a word, an argument's name, or the end of the line (``name`` empty). ``values``: those typed before."""

    name: str
    help: Text
    argument: Argument | None = None
    values: Values = field(default_factory=dict)


def split(typed: str) -> tuple[list[str], str]:
    """The finished words before the cursor, and the begun one (empty after a blank)."""
    words = typed.split()
    begun = words.pop() if words and not typed[-1:].isspace() else ""
    return words, begun


def parse(commands: Sequence[Command], typed: str) -> Parsed:
    """The command of a line. Raises BadInput that says which word is wrong, ambiguous or missing."""
    words = list(re.finditer(r"\S+", typed))
    fitting = _walk(commands, [word[0] for word in words], [typed[word.start() :].rstrip() for word in words])
    whole = [one for one in fitting if one.whole or one.command.least <= len(words)]
    if not whole:
        missing = ", ".join(dict.fromkeys(option.name for option in _options(fitting, len(words)) if option.name))
        raise BadInput(text("The command is not complete; next comes: {missing}.", missing=missing))
    return Parsed(whole[0].command, whole[0].values)


def options_at(commands: Sequence[Command], words: Sequence[str], begun: str) -> list[Option]:
    """What may stand after these words; with a begun word only what it may become. Raises BadInput when the words fit nothing."""
    options = _options(_walk(commands, words, words), len(words))
    if not begun:
        return options
    return [option for option in options if option.name and (option.argument is not None or option.name.startswith(begun.lower()))]


def values_for(argument: Argument, answer: Answer, begun: str, translate: Translate) -> list[tuple[str, str]]:
    """The values of an argument that begin so, each with a word about it."""
    assert argument.source is not None
    return [(value, about) for value, about in argument.source.values(answer, translate) if value.startswith(begun)]


def _walk(commands: Sequence[Command], words: Sequence[str], rests: Sequence[str]) -> list[Fitting]:
    fitting = [Fitting(command, {}) for command in commands]
    for place, (typed, rest) in enumerate(zip(words, rests, strict=True)):
        fitting = _step(fitting, place, typed, rest)
    return fitting


def _step(fitting: Sequence[Fitting], place: int, typed: str, rest: str) -> list[Fitting]:
    whole = [one for one in fitting if one.whole]
    fitting = [one for one in fitting if not one.whole and place < len(one.command.parts)]
    here = [(one, one.command.parts[place]) for one in fitting]
    words = list(dict.fromkeys(part.word for _, part in here if isinstance(part, Word)))
    meant = [word for word in words if word.startswith(typed.lower())]
    if typed.lower() in meant:
        meant = [typed.lower()]
    if len(meant) > 1:
        raise BadInput(text("“{typed}” may be {words}: type more of it.", typed=typed, words=", ".join(meant)))
    if meant:
        return [one for one, part in here if isinstance(part, Word) and part.word == meant[0]]
    taking = [(one, part) for one, part in here if isinstance(part, Argument)]
    if not taking and not whole:
        raise BadInput(text("“{typed}” is not known here; “?” shows what is.", typed=typed))
    return whole + [_taken(one, part, rest if part.rest else typed) for one, part in taking]


def _taken(fitting: Fitting, argument: Argument, typed: str) -> Fitting:
    return replace(fitting, values={**fitting.values, argument.key: argument.value(typed)}, whole=argument.rest)


def _options(fitting: Sequence[Fitting], place: int) -> list[Option]:
    options: dict[str, Option] = {}
    for one in fitting:
        parts = one.command.parts
        if one.whole or place < len(parts):
            part = parts[-1] if one.whole else parts[place]
            last = place == len(parts) - 1
            option = (
                Option(part.word, one.command.help if last else part.help)
                if isinstance(part, Word)
                else Option(part.name, part.help, part, one.values)
            )
            options.setdefault(option.name, option)
        if one.whole or one.command.least <= place:
            options[""] = Option("", one.command.help)
    return list(options.values())
