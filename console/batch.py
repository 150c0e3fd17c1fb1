"""Commands without a dialogue: the lines of a script, or the one command of an SSH request, one after the other up to the first that fails.

Nobody can be asked anything here: a command that would ask says what to type instead. All lines are one sitting, so ``set`` and
``commit`` go together; what is not committed at the end is a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from console import commands
from console.session import Ask, help_page, judge_right
from console.site_commands import left_uncommitted
from console.steps import Question, Say, Sitting, Step, Steps
from console.tables import Translate, clean
from console.tree import Command, Parsed, parse
from engine.kernel.errors import Refused
from engine.people.actors import Act

__all__ = ["WIDTH", "Batch"]

WIDTH = 1000
"""Columns of what is written for programs and pipes: explanations stand beside their words."""

Failed = Callable[[Exception], None]


class Batch:
    """Runs ``lines``; ``write`` takes each answer; then ``done``, or ``failed`` with the error of the line that was wrong, once."""

    def __init__(
        self,
        ask: Ask,
        write: Callable[[str], None],
        done: Callable[[], None],
        failed: Failed,
        translate: Translate,
        *,
        own: str = "",
        may: Callable[[Act], bool] = lambda _act: True,
        tree: tuple[Command, ...] = commands.COMMANDS,
    ) -> None:
        self._ask = ask
        self._write = write
        self._done = done
        self._failed = failed
        self._translate = translate
        self._may = may
        self._tree = tree
        self._sitting = Sitting(own, translate)
        self._lines: Iterator[str] = iter(())
        self._running = False
        self._ready = False
        self._over = False
        self._stepping = False
        self._resumed: tuple[Callable[[], Step], Steps] | None = None

    def run(self, lines: Iterator[str]) -> None:
        """Begin; call once."""
        self._lines = lines
        self._next()

    def _next(self) -> None:
        """The next line. An answer that comes at once finds this loop running and only says that it can go on."""
        self._ready = True
        if self._running:
            return
        self._running = True
        while self._ready and not self._over:
            self._ready = False
            try:
                self._line()
            except Exception as error:  # noqa: BLE001  # whoever runs the batch is told, whatever it was
                self._end(error)
        self._running = False

    def _line(self) -> None:
        line = next((line for line in self._lines if line.strip()), None)
        parsed = parse(self._tree, line) if line is not None else None
        if parsed is None or parsed.command is commands.QUIT:
            self._end(Refused(left_uncommitted(self._sitting)) if self._sitting.edits else None)
            return
        judge_right(parsed.command, self._may)
        self._command(parsed)

    def _command(self, parsed: Parsed) -> None:
        command = parsed.command
        if command.run is not None:
            steps = command.run(self._sitting, parsed.values)
            self._step(lambda: next(steps), steps)
        elif command.shown is not None:
            shown = command.shown
            self._put(Question(command.asks, parsed.values), lambda answer: self._answered(shown(answer, self._translate, 0)), self._end)
        elif command is commands.HELP:
            self._answered(help_page([one for one in self._tree if one.act is None or self._may(one.act)], self._translate, WIDTH))
        else:
            self._answered("")

    def _step(self, resume: Callable[[], Step], steps: Steps) -> None:
        """The next step. One that follows from an answer that came at once finds this loop running: however many there are, the stack stays low."""
        self._resumed = resume, steps
        if self._stepping:
            return
        self._stepping = True
        try:
            while self._resumed is not None:
                (resume, steps), self._resumed = self._resumed, None
                self._one_step(resume, steps)
        finally:
            self._stepping = False

    def _one_step(self, resume: Callable[[], Step], steps: Steps) -> None:
        try:
            step = resume()
        except StopIteration as end:
            self._answered(str(end.value))
        except Exception as error:  # noqa: BLE001  # the same
            self._end(error)
        else:
            if isinstance(step, Question):
                self._put(
                    step,
                    lambda answer: self._step(lambda: steps.send(answer), steps),
                    lambda error: self._step(lambda: steps.throw(error), steps),
                )
            elif isinstance(step, Say):
                self._write(f"{clean(step.shown)}\n")
                self._step(lambda: next(steps), steps)
            else:
                steps.close()
                self._end(Refused(step.otherwise))

    def _put(self, question: Question, then: Callable[[Mapping[str, Any]], None], otherwise: Failed) -> None:
        def done(answer: Mapping[str, Any]) -> None:
            try:
                then(answer)
            except Exception as error:  # noqa: BLE001  # an answer that cannot be shown
                self._end(error)

        try:
            self._ask(question.command, question.arguments, done, otherwise)
        except Exception as error:  # noqa: BLE001  # refused at once
            otherwise(error)

    def _answered(self, shown: str) -> None:
        if shown:
            self._write(f"{clean(shown)}\n")
        self._next()

    def _end(self, error: Exception | None) -> None:
        if self._over:
            return
        self._over = True
        if error is None:
            self._done()
        else:
            self._failed(error)
