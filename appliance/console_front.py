"""``strowger console``: the technician's console on the terminal it is started from, over the control socket.

The terminal is raw while a person types, and is put back on every way out: end, fault, signal, a terminal that went away.
Without a terminal the lines of the standard input are commands, one after the other, up to the first that fails.
"""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from appliance.door_client import DoorClient
from appliance.options import door_path
from console.batch import Batch
from console.editor import LINE_MOST
from console.session import Session
from console.tables import Translate
from engine.kernel.errors import BadInput, StrowgerError
from engine.kernel.text import text

__all__ = ["run_console", "run_lines"]

OCTETS_A_READ = 4096
CTRL_C = b"\x03"
STDIN_FD = 0
STDOUT_FD = 1
EXIT_DONE = 0

Question = Callable[[str, Mapping[str, object]], Mapping[str, Any]]


def run_console(data: Path, lines: Sequence[str] | None, translate: Translate) -> int:
    """Run these commands, or open the console when there are none; the exit status. Raises StrowgerError, KeyboardInterrupt."""
    typed = TypedAhead()
    client = DoorClient(given_up=typed.stops)

    def ask(command: str, arguments: Mapping[str, object]) -> Mapping[str, Any]:
        result = client.ask(door_path(data), command, **arguments)
        if not isinstance(result, Mapping):
            raise BadInput(text("the appliance gave an answer that is none: {answer}", answer=repr(result)))
        return result

    if lines is not None:
        return run_lines(lines, ask, translate)
    if not (os.isatty(STDIN_FD) and os.isatty(STDOUT_FD)):
        ask("status", {})  # without a running appliance that is said, even when no command comes
        return run_lines(_typed(), ask, translate)
    from appliance.process import interrupt_on_signals  # noqa: PLC0415  # it brings the reactor's log along, which commands need not wait for

    greeting = _greeting(ask("status", {}), ask("version", {}), translate)
    interrupt_on_signals()
    with _raw(STDIN_FD):
        typed.raw = True
        _converse(ask, greeting, translate, typed)
    return EXIT_DONE


def run_lines(lines: Sequence[str] | Iterator[str], ask: Question, translate: Translate) -> int:
    """Run commands without a dialogue. Raises StrowgerError at the first that is wrong or fails."""
    failures: list[Exception] = []

    def put(
        command: str, arguments: Mapping[str, object], done: Callable[[Mapping[str, Any]], None], failed: Callable[[Exception], None]
    ) -> None:
        try:
            answer = ask(command, arguments)
        except StrowgerError as refusal:
            failed(refusal)
        else:
            done(answer)

    def write(written: str) -> None:
        sys.stdout.write(written)
        sys.stdout.flush()

    Batch(put, write, lambda: None, failures.append, translate).run(iter(lines))
    if failures:
        raise failures[0]
    return EXIT_DONE


def _typed() -> Iterator[str]:
    """The lines of the standard input; one that is too long for a command is said to be."""
    while line := sys.stdin.buffer.readline(LINE_MOST + 1):
        if len(line) > LINE_MOST and not line.endswith(b"\n"):
            raise BadInput(text("a line is longer than {most} characters.", most=LINE_MOST))
        yield line.decode("utf-8", "replace")


def _greeting(status: Mapping[str, Any], version: Mapping[str, Any], translate: Translate) -> str:
    return text(
        "{name} ({box}), version {version}: {lines} lines, {phones} phones, {calls} calls. “?” shows what can be typed.",
        name=version["name"],
        box=version["box"],
        version=version["version"],
        lines=len(status["lines"]),
        phones=len(status["phones"]),
        calls=len(status["calls"]),
    ).render(translate)


@contextmanager
def _raw(fd: int) -> Iterator[None]:
    """A raw terminal within; as it was afterwards, however that comes about."""
    before = termios.tcgetattr(fd)
    try:
        tty.setraw(fd, termios.TCSADRAIN)
        yield
    finally:
        with suppress(termios.error):  # the terminal is gone, and its state with it
            termios.tcsetattr(fd, termios.TCSADRAIN, before)


class TypedAhead:
    """What is typed while an answer is awaited. ``raw``: the terminal passes Ctrl-C on as a key, instead of interrupting."""

    def __init__(self) -> None:
        self.raw = False
        self._octets = b""

    def stops(self) -> bool:
        """Whether Ctrl-C is among what was typed; then the rest is forgotten."""
        if not self.raw or len(self._octets) >= OCTETS_A_READ or not select.select([STDIN_FD], [], [], 0)[0]:
            return False
        self._octets += os.read(STDIN_FD, OCTETS_A_READ)
        stops = CTRL_C in self._octets
        if stops:
            self._octets = b""
        return stops

    def take(self) -> bytes:
        """What was typed, once."""
        octets, self._octets = self._octets, b""
        return octets


def _converse(ask: Question, greeting: str, translate: Translate, typed: TypedAhead) -> None:
    """Carry octets between the terminal and the session until the technician leaves or the terminal does.

    A question is asked when the session has returned, and after keys that were typed meanwhile: so Ctrl-C ends a command that asks again and again.
    """
    waiting: deque[Callable[[], None]] = deque()

    def put(
        command: str, arguments: Mapping[str, object], done: Callable[[Mapping[str, Any]], None], failed: Callable[[Exception], None]
    ) -> None:
        def ask_now() -> None:
            try:
                answer = ask(command, arguments)
            except Exception as error:  # noqa: BLE001  # the session shows it
                failed(error)
            else:
                done(answer)

        waiting.append(ask_now)

    width, rows = _size()
    session = Session(put, _write, lambda: None, translate, width=width, rows=rows)
    try:
        session.begin(greeting)
        while not session.over:
            octets = typed.take()
            if waiting and not octets and not _typed_meanwhile():
                waiting.popleft()()
                continue
            octets = octets or os.read(STDIN_FD, OCTETS_A_READ)
            if not octets:
                return
            session.resize(*_size())
            session.receive(octets)
    except OSError:  # nobody is at the terminal any more
        return


def _typed_meanwhile() -> bool:
    return bool(select.select([STDIN_FD], [], [], 0)[0])


def _size() -> tuple[int, int]:
    """Columns and rows of the terminal; 80 by 24 where it does not say."""
    try:
        size = os.get_terminal_size(STDOUT_FD)
    except OSError:
        return 80, 24
    return size.columns or 80, size.lines or 24


def _write(written: str) -> None:
    octets = memoryview(written.encode(sys.stdout.encoding or "utf-8", "replace"))
    while octets:
        octets = octets[os.write(STDOUT_FD, octets) :]
