"""One technician at the console, without a wire: octets in, characters out, questions to the appliance.

The fronts (the local terminal, a serial line, SSH) carry octets; this decides everything. While a question is under way,
keys wait, at most ``KEYS_WAITING_MAX`` of them; Ctrl-C gives the question up. Long answers come page by page. A command of several
steps (``steps.py``) is driven from one to the next; what it asks a person is answered in the mode ``replying``.

    editing ──Enter──▶ asking ──answer──▶ editing, or paging ──last line or q──▶ editing ──quit, Ctrl-D──▶ over
       │                  ⇅ a step that asks a person
       │               replying
       └──Tab or ? on a value──▶ asking ──answer──▶ editing
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any

from console import commands
from console.editor import Editor, Key, KeyReader, Line, Wish
from console.reply import Reply
from console.site_commands import left_uncommitted, without_secret
from console.steps import Confirm, Question, Say, Sitting, Step, Steps
from console.tables import Translate, clean, columns, wrap
from console.tree import Command, Option, Parsed, options_at, parse, split, values_for
from engine.kernel.errors import BadInput, Refused, StrowgerError
from engine.kernel.text import Text, text
from engine.people.actors import Act

__all__ = ["CHANGED_PROMPT", "KEYS_WAITING_MAX", "PROMPT", "Ask", "Session", "help_page", "judge_right"]

PROMPT = "strowger> "
CHANGED_PROMPT = "strowger*> "
"""While something is not committed."""
KEYS_WAITING_MAX = 4096
"""Keys typed ahead while a question is under way; more are lost and counted."""
ABOUT_COLUMNS_LEAST = 30
"""A narrower column of explanations is hard to read."""
LISTED_MOST = 200
"""Values that Tab lists."""


Ask = Callable[[str, Mapping[str, object], Callable[[Mapping[str, Any]], None], Callable[[Exception], None]], None]
"""The way to the appliance: command, arguments, then ``done`` with the answer or ``failed``, once, now or later."""


class _Mode(Enum):
    EDITING = "editing"
    ASKING = "asking"
    REPLYING = "replying"
    PAGING = "paging"
    OVER = "over"


class Session:
    """``write`` takes characters for the terminal; ``leave`` is called once, at the end. ``rows`` 0: no paging.

    ``own``: the user's name, empty at the machine itself; ``may``: whether this person has a right; what needs another is neither
    offered nor asked. The appliance judges again.
    """

    def __init__(
        self,
        ask: Ask,
        write: Callable[[str], None],
        leave: Callable[[], None],
        translate: Translate,
        *,
        width: int = 80,
        rows: int = 24,
        tree: Sequence[Command] = commands.COMMANDS,
        own: str = "",
        may: Callable[[Act], bool] = lambda _act: True,
    ) -> None:
        self.keys_lost = 0
        self.sitting = Sitting(own, translate, max(width - 1, 1), resize=self._resized)
        self._ask = ask
        self._write = write
        self._leave = leave
        self._ = translate
        self._width = width
        self._rows = rows
        self._tree = tree
        self._may = may
        self._offered = [command for command in tree if command.act is None or may(command.act)]
        self._reader = KeyReader()
        self._editor = Editor(PROMPT, width)
        self._keys: deque[Key | str] = deque()
        self._mode = _Mode.EDITING
        self._question = 0
        self._working = False
        self._pages: list[str] = []
        self._steps: Steps | None = None
        self._reply: Reply | None = None

    @property
    def noise(self) -> int:
        """Octets that made no sense so far."""
        return self._reader.dropped

    @property
    def over(self) -> bool:
        """The technician has left."""
        return self._mode is _Mode.OVER

    def begin(self, greeting: str = "") -> None:
        """Greet and prompt."""
        if greeting:
            self._show(greeting)
        self._editor.begin()
        self._flush()

    def resize(self, width: int, rows: int) -> None:
        """The terminal is so large from now on; 0 means unknown and changes nothing."""
        self._rows = rows or self._rows
        if width and width != self._width:
            self._width = width
            self.sitting.width = max(width - 1, 1)
            if self._mode is _Mode.EDITING:
                self._editor.resize(width)
                self._flush()

    def receive(self, octets: bytes) -> None:
        """What was typed, in whatever portions."""
        for key in self._reader.feed(octets):
            if key is Key.INTERRUPT:
                self._interrupt()
            elif len(self._keys) < KEYS_WAITING_MAX:
                self._keys.append(key)
            else:
                self.keys_lost += 1
            self._work()

    def abandon(self) -> None:
        """The terminal is gone, or the login over: whatever is under way is forgotten, and ``leave`` is not called any more."""
        self._mode = _Mode.OVER
        self._keys.clear()
        self._question += 1
        if self._steps is not None:
            steps, self._steps = self._steps, None
            steps.close()

    def news(self, said: Text, *, last: bool = False) -> None:
        """Say something that nobody asked for: on a line of its own, and what is typed is shown again, unless it is the last word."""
        if self._mode is _Mode.OVER:
            return
        self._write("\r\n")
        self._show(said.render(self._))
        if self._mode is _Mode.EDITING and not last:
            self._prompt(self._editor.line)
            self._flush()

    # ---- keys --------------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        """Take keys until one leads to a question that is under way. An answer that comes at once finds this loop running."""
        if self._working:
            return
        self._working = True
        try:
            take = {_Mode.EDITING: self._edit, _Mode.PAGING: self._turn, _Mode.REPLYING: self._answer}
            while self._keys and self._mode in take:
                take[self._mode](self._keys.popleft())
                self._flush()
        finally:
            self._working = False

    def _interrupt(self) -> None:
        """Ctrl-C: forget what was typed ahead, what is asked, what is still to be shown, and the line."""
        if self._mode is _Mode.OVER:
            return
        self._keys.clear()
        self._question += 1
        self._pages.clear()
        self._reply = None
        if self._steps is not None:
            steps, self._steps = self._steps, None
            steps.close()
        self._write("^C\r\n")
        self._prompt()
        self._flush()

    def _edit(self, key: Key | str) -> None:
        wish = self._editor.press(key)
        self._flush()
        match wish:
            case Wish.SUBMIT:
                self._write("\r\n")
                self._editor.remember(without_secret(self._editor.line.text))
                self._submit(self._editor.line.text)
            case Wish.HELP:
                self._help()
            case Wish.COMPLETE:
                self._complete()
            case Wish.LEAVE:
                self._write("\r\n")
                self._quit()
            case _:
                return

    # ---- commands ----------------------------------------------------------------------------------------------------

    def _submit(self, typed: str) -> None:
        if not typed.strip():
            self._prompt()
            return
        try:
            parsed = parse(self._tree, typed)
            judge_right(parsed.command, self._may)
        except StrowgerError as wrong:
            self._show(wrong.text.render(self._))
            self._prompt()
            return
        if parsed.command is commands.QUIT:
            self._quit()
        elif parsed.command is commands.HELP:
            self._page(help_page(self._offered, self._, self._width))
        elif parsed.command is commands.TYPED:
            self._page("\n".join(self._editor.history))
        elif parsed.command.run is not None:
            self._steps = parsed.command.run(self.sitting, parsed.values)
            self._step(lambda: next(steps), steps := self._steps)
        else:
            self._put(parsed)

    def _quit(self) -> None:
        """Leave; what is not committed is asked for first."""
        if not self.sitting.edits:
            self._end()
            return
        self._steps = steps = self._leaving()
        self._step(lambda: next(steps), steps)

    def _leaving(self) -> Steps:
        said = text("{left} Leave all the same?", left=left_uncommitted(self.sitting))
        if (yield Confirm(said, said)):
            self._end()
        return ""

    def _put(self, parsed: Parsed) -> None:
        command = parsed.command

        def done(answer: Mapping[str, Any]) -> None:
            assert command.shown is not None
            self._page(command.shown(answer, self._, max(self._width - 1, 1)))

        self._inquire(command.asks, parsed.values, done)

    def _inquire(
        self,
        asks: str,
        values: Mapping[str, object],
        then: Callable[[Mapping[str, Any]], None],
        line: Line | None = None,
        otherwise: Callable[[Exception], None] | None = None,
    ) -> None:
        """Ask the appliance. A failure goes to ``otherwise``, or is shown, and the prompt comes again (with ``line`` as it was)."""
        self._mode = _Mode.ASKING
        self._question += 1
        number = self._question

        def done(answer: Mapping[str, Any]) -> None:
            if number != self._question or self._mode is not _Mode.ASKING:
                return
            self._mode = _Mode.EDITING
            try:
                then(answer)
            except Exception as error:  # noqa: BLE001  # an answer that cannot be shown must not end the session
                self._failed(error, line)
            self._flush()
            self._work()

        def failed(error: Exception) -> None:
            if number != self._question or self._mode is not _Mode.ASKING:
                return
            if otherwise is not None:
                otherwise(error)
            else:
                self._failed(error, line)
            self._flush()
            self._work()

        try:
            self._ask(asks, values, done, failed)
        except Exception as error:  # noqa: BLE001  # the same
            failed(error)

    # ---- commands of several steps -----------------------------------------------------------------------------------

    def _step(self, resume: Callable[[], Step], steps: Steps) -> None:
        """Go on to the next step, or to what the command shows at its end."""
        try:
            step = resume()
        except StopIteration as end:
            self._steps = None
            if self._mode is not _Mode.OVER:
                self._page(str(end.value))
        except Exception as error:  # noqa: BLE001  # a refusal, or a command that is broken: neither ends the session
            self._steps = None
            self._failed(error, None)
        else:
            self._take_step(step, steps)

    def _take_step(self, step: Step, steps: Steps) -> None:
        if isinstance(step, Question):
            self._inquire(
                step.command,
                step.arguments,
                lambda answer: self._step(lambda: steps.send(answer), steps),
                otherwise=lambda error: self._step(lambda: steps.throw(error), steps),
            )
            return
        if isinstance(step, Say):
            self._show(step.shown)
            self._step(lambda: next(steps), steps)
            return
        said = step.said.render(self._)
        *above, last = self._lines(f"{said} [y/N] " if isinstance(step, Confirm) else said)
        for line in above:
            self._write(f"{line}\r\n")
        self._write(last if last.endswith(" ") else f"{last} ")
        self._reply = Reply(step)
        self._mode = _Mode.REPLYING

    def _answer(self, key: Key | str) -> None:
        assert self._reply is not None
        assert self._steps is not None
        answer = self._reply.press(key)
        if self._reply.echo:
            self._write(self._reply.echo)
        if answer is None:
            return
        self._write("\r\n")
        self._reply = None
        self._mode = _Mode.EDITING
        steps = self._steps
        self._step(lambda: steps.send(answer), steps)

    def _failed(self, error: Exception, line: Line | None) -> None:
        if line is not None:
            self._write("\r\n")
        if isinstance(error, StrowgerError):
            self._show(error.text.render(self._))
        else:
            said = text("This failed inside the console: {error}.", error=f"{type(error).__name__}: {error}")
            self._show(said.render(self._))
        self._prompt(line)

    def _end(self) -> None:
        self._mode = _Mode.OVER
        self._keys.clear()
        self._leave()

    def _resized(self, width: int, rows: int) -> None:
        """The technician says how large the terminal is."""
        self.resize(width, rows)

    # ---- help and completion -----------------------------------------------------------------------------------------

    def _help(self) -> None:
        """``?``: what may stand at the cursor; the line stays."""
        words, begun = split(self._editor.line.before)
        self._write("?\r\n")
        try:
            options = options_at(self._offered, words, begun)
        except BadInput as wrong:
            self._show(wrong.text.render(self._))
            self._prompt(self._editor.line)
            return
        asking = next((option for option in options if option.argument and option.argument.source and option.argument.source.told), None)
        if asking is None:
            self._explain([(self._named(option), option.help.render(self._)) for option in options])
            return
        assert asking.argument is not None
        source = asking.argument.source
        assert source is not None

        def told(answer: Mapping[str, Any]) -> None:
            assert source.told is not None
            said = source.told(answer, self._, begun)
            if isinstance(said, str):
                self._show(said)
                self._prompt(self._editor.line)
            else:
                self._explain(said)

        arguments = source.arguments(self.sitting, asking.values, begun)
        self._inquire(source.asks, arguments, told, self._editor.line)

    def _explain(self, rows: Sequence[tuple[str, str]]) -> None:
        self._show(_described(rows, self._width, self._))
        self._prompt(self._editor.line)

    def _complete(self) -> None:
        words, begun = split(self._editor.line.before)
        try:
            options = [option for option in options_at(self._offered, words, begun) if option.name]
        except BadInput:
            self._editor.bell()
            return
        asking = next((option for option in options if option.argument is not None and option.argument.source is not None), None)
        fixed = [(option.name, option.help.render(self._)) for option in options if option.argument is None]
        if asking is None:
            self._offer(fixed, begun, [self._named(option) for option in options if option.argument is not None])
            return
        assert asking.argument is not None
        assert asking.argument.source is not None
        argument, source = asking.argument, asking.argument.source
        self._inquire(
            source.asks,
            source.arguments(self.sitting, asking.values, begun),
            lambda answer: self._offer([*fixed, *values_for(argument, answer, begun, self._)], begun, []),
            self._editor.line,
        )

    def _offer(self, values: Sequence[tuple[str, str]], begun: str, free: Sequence[str]) -> None:
        """Complete the begun word as far as it is certain; otherwise list what it may become."""
        if not values:
            if not free:
                self._editor.bell()
                return
            values = [(name, "") for name in free]
        elif not free:
            common = _common_start([value for value, _about in values])
            # what ends so goes on: the name of a setting is completed part by part
            whole = len(values) == 1 and not common.endswith((".", "["))
            rest = common[len(begun) :] + (" " if whole else "")
            if rest:
                self._editor.complete(rest)
                return
        self._write("\r\n")
        self._show(_described(values[:LISTED_MOST], self._width, self._))
        self._prompt(self._editor.line)

    def _named(self, option: Option) -> str:
        return option.name or self._("<Enter>")

    # ---- showing -----------------------------------------------------------------------------------------------------

    def _lines(self, shown: str) -> list[str]:
        return [piece for line in clean(shown).split("\n") for piece in wrap(line, self._width - 1)]

    def _show(self, shown: str) -> None:
        for line in self._lines(shown):
            self._write(f"{line}\r\n")

    def _page(self, shown: str) -> None:
        """Show it from the top, as much as fits above the question for more."""
        if not shown:
            self._prompt()
            return
        self._pages = self._lines(shown)
        self._mode = _Mode.PAGING
        self._advance(self._rows - 1)

    def _advance(self, count: int) -> None:
        if self._rows <= 1 or len(self._pages) <= count:
            count = len(self._pages)
        for line in self._pages[:count]:
            self._write(f"{line}\r\n")
        del self._pages[:count]
        if self._pages:
            self._write(self._more())
        else:
            self._prompt()

    def _more(self) -> str:
        return wrap(self._("-- more: blank, Enter, q --"), self._width - 3)[0]

    def _turn(self, key: Key | str) -> None:
        """At the question for more: blank a page, Enter a line, q stops; other keys do nothing."""
        by = {" ": max(self._rows - 1, 1), Key.TAB: max(self._rows - 1, 1), Key.ENTER: 1, Key.DOWN: 1}.get(key)
        if by is None and key not in {"q", "Q", Key.LEAVE}:
            return
        asked = columns(self._more())
        self._write("\r" + " " * asked + "\r")
        if by is None:
            self._pages.clear()
            self._prompt()
        else:
            self._advance(by)

    def _prompt(self, line: Line | None = None) -> None:
        self._mode = _Mode.EDITING
        self._editor.resize_quietly(self._width)
        self._editor.prompt_with(CHANGED_PROMPT if self.sitting.edits else PROMPT)
        self._editor.begin(line)

    def _flush(self) -> None:
        output = self._editor.take_output()
        if output:
            self._write(output)


def _common_start(values: Sequence[str]) -> str:
    """What all of these begin with."""
    first, last = min(values), max(values)
    same = next((place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), min(len(first), len(last)))
    return first[:same]


def judge_right(command: Command, may: Callable[[Act], bool]) -> None:
    """Raises Refused when this person may not use the command."""
    if command.act is not None and not may(command.act):
        raise Refused(text("You may not use {command}: your roles do not permit it.", command=command.usage()))


def help_page(tree: Sequence[Command], translate: Translate, width: int) -> str:
    """Every command with its help."""
    return _described([(command.usage(), command.help.render(translate)) for command in tree], width, translate)


def _described(rows: Sequence[tuple[str, str]], width: int, _: Translate) -> str:
    """Names and what they mean: in two columns, or where these would be narrow one below the other."""
    if not rows:
        return _("nothing more can stand here")
    indent = max(columns(name) for name, _about in rows) + 2
    if width - 1 - indent < ABOUT_COLUMNS_LEAST:
        return "\n".join(piece for name, about in rows for piece in [name, *(f"  {line}" for line in wrap(about, width - 3) if line)])
    lines = []
    for name, about in rows:
        first, *more = wrap(about, width - 1 - indent)
        lines += [(name + " " * (indent - columns(name)) + first).rstrip(), *(" " * indent + line for line in more)]
    return "\n".join(lines)
