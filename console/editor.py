"""A line editor without a terminal: octets in, characters to show and wishes out.

It serves a local terminal, a serial line and a network connection alike, and needs nothing of the terminal but carriage return,
line feed, backspace and blank, so the dumbest one will do. What is longer than the terminal is wide scrolls sideways.
Whatever comes in does no harm: octets that are no text are dropped and counted, the line and the history have limits.

    octets ──KeyReader──▶ keys ──Editor.press──▶ wishes (submit, help, complete, interrupt, leave)
                                      └────────▶ characters for the terminal, by ``take_output``
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from console.tables import columns, columns_of

__all__ = ["HISTORY_MOST", "LINE_MOST", "Editor", "Key", "KeyReader", "Line", "Wish"]

LINE_MOST = 1024
"""Characters of one line; more are refused with the bell."""
HISTORY_MOST = 100
SEQUENCE_MOST = 16
"""Octets of one escape sequence; a longer one is noise."""
BELL = "\a"
COLUMNS_LEAST = 16
ROOM_BEHIND = 2
"""Columns kept free behind the line, for what is shown of a key that ends it (``^C``)."""


class Key(Enum):
    """What a key asks for, whatever the terminal sends for it."""

    ENTER = "enter"
    BACKSPACE = "backspace"
    DELETE = "delete"
    LEFT = "left"
    RIGHT = "right"
    HOME = "home"
    END = "end"
    UP = "up"
    DOWN = "down"
    KILL_TO_END = "kill_to_end"
    KILL_TO_START = "kill_to_start"
    KILL_WORD = "kill_word"
    REDRAW = "redraw"
    TAB = "tab"
    HELP = "help"
    INTERRUPT = "interrupt"
    LEAVE = "leave"


class Wish(Enum):
    """What the editor wants done: the line is complete; help or completion at the cursor; give up the line; go."""

    SUBMIT = "submit"
    HELP = "help"
    COMPLETE = "complete"
    INTERRUPT = "interrupt"
    LEAVE = "leave"


CONTROLS: Mapping[int, Key] = {
    0x01: Key.HOME,
    0x02: Key.LEFT,
    0x03: Key.INTERRUPT,
    0x04: Key.LEAVE,
    0x05: Key.END,
    0x06: Key.RIGHT,
    0x08: Key.BACKSPACE,
    0x09: Key.TAB,
    0x0A: Key.ENTER,
    0x0B: Key.KILL_TO_END,
    0x0C: Key.REDRAW,
    0x0D: Key.ENTER,
    0x0E: Key.DOWN,
    0x10: Key.UP,
    0x15: Key.KILL_TO_START,
    0x17: Key.KILL_WORD,
    0x7F: Key.BACKSPACE,
}
SEQUENCES: Mapping[str, Key] = {
    "A": Key.UP,
    "B": Key.DOWN,
    "C": Key.RIGHT,
    "D": Key.LEFT,
    "H": Key.HOME,
    "F": Key.END,
    "1~": Key.HOME,
    "7~": Key.HOME,
    "4~": Key.END,
    "8~": Key.END,
    "3~": Key.DELETE,
}
"""What follows ``ESC [`` or ``ESC O`` (ECMA-48, and what the VT100 and its heirs send)."""
ESCAPE = 0x1B


class KeyReader:
    """Octets as they come, in whatever portions, to keys and characters. ``dropped`` counts octets that made no sense."""

    def __init__(self) -> None:
        self.dropped = 0
        self._text = codecs.getincrementaldecoder("utf-8")("replace")
        self._sequence: bytearray | None = None
        self._after_return = False

    def feed(self, octets: bytes) -> list[Key | str]:
        """The keys and single printable characters of these octets; what is incomplete waits for the next."""
        keys: list[Key | str] = []
        for octet in octets:
            keys += self._octet(octet)
        return keys

    def _octet(self, octet: int) -> Sequence[Key | str]:
        follows_return, self._after_return = self._after_return, octet == 0x0D
        if self._sequence is not None:
            return self._in_sequence(octet, self._sequence)
        if octet == ESCAPE:
            self._abandon_text()
            self._sequence = bytearray()
            return ()
        if octet < 0x20 or octet == 0x7F:
            self._abandon_text()
            if follows_return and octet in {0x0A, 0x00}:  # one key: CR LF of a paste, CR NUL of a network terminal
                return ()
            if octet in CONTROLS:
                return (CONTROLS[octet],)
            self.dropped += 1
            return ()
        return self._characters(self._text.decode(bytes((octet,))))

    def _characters(self, decoded: str) -> Sequence[Key | str]:
        good = [character for character in decoded if character != "\ufffd" and character.isprintable() and columns(character) > 0]
        self.dropped += len(decoded) - len(good)
        return [Key.HELP if character == "?" else character for character in good]

    def _abandon_text(self) -> None:
        """A character broken off by a control: its octets are noise."""
        if self._text.getstate()[0]:
            self.dropped += 1
            self._text.reset()

    def _in_sequence(self, octet: int, sequence: bytearray) -> Sequence[Key | str]:
        if octet in {0x03, 0x04, 0x0A, 0x0D}:  # nobody presses these within a sequence: it was noise
            self._sequence = None
            self.dropped += 1 + len(sequence)
            return self._octet(octet)
        if octet == ESCAPE:
            self.dropped += 1 + len(sequence)
            self._sequence = bytearray()
            return ()
        sequence.append(octet)
        if len(sequence) == 1:
            if octet not in b"[O":  # a letter with Alt: means nothing here
                self._sequence = None
                self.dropped += 2
            return ()
        if 0x30 <= octet <= 0x3F and len(sequence) < SEQUENCE_MOST:
            return ()
        self._sequence = None
        key = SEQUENCES.get(sequence[1:].decode("ascii", "replace"))
        if key is None:
            self.dropped += 1 + len(sequence)
            return ()
        return (key,)


@dataclass(frozen=True)
class Line:
    """What is typed, and the cursor before character ``at`` (0…length). The acts are pure."""

    text: str = ""
    at: int = 0

    @property
    def before(self) -> str:
        """What stands before the cursor."""
        return self.text[: self.at]

    def insert(self, written: str) -> Line:
        """Put this in at the cursor."""
        return Line(self.before + written + self.text[self.at :], self.at + len(written))

    def move(self, to: int) -> Line:
        """The cursor elsewhere, within the line."""
        return Line(self.text, min(max(to, 0), len(self.text)))

    def cut(self, since: int, until: int) -> Line:
        """Take out these characters; the cursor goes where they were."""
        since, until = max(since, 0), min(until, len(self.text))
        return Line(self.text[:since] + self.text[until:], since)

    def word_start(self) -> int:
        """Where the word before the cursor begins, blanks behind it included."""
        return self.before.rstrip().rfind(" ") + 1


EDITS: Mapping[Key, Callable[[Line], Line]] = {
    Key.BACKSPACE: lambda line: line.cut(line.at - 1, line.at) if line.at else line,
    Key.DELETE: lambda line: line.cut(line.at, line.at + 1),
    Key.LEFT: lambda line: line.move(line.at - 1),
    Key.RIGHT: lambda line: line.move(line.at + 1),
    Key.HOME: lambda line: line.move(0),
    Key.END: lambda line: line.move(len(line.text)),
    Key.KILL_TO_END: lambda line: line.cut(line.at, len(line.text)),
    Key.KILL_TO_START: lambda line: line.cut(0, line.at),
    Key.KILL_WORD: lambda line: line.cut(line.word_start(), line.at),
}
WISHES: Mapping[Key, Wish] = {
    Key.ENTER: Wish.SUBMIT,
    Key.HELP: Wish.HELP,
    Key.TAB: Wish.COMPLETE,
    Key.INTERRUPT: Wish.INTERRUPT,
}


class Editor:
    """One line at a time, with history. ``prompt`` stands before it; ``width`` is the terminal's, in columns (16 at least)."""

    def __init__(self, prompt: str, width: int = 80) -> None:
        self.line = Line()
        self.history: list[str] = []
        self._prompt = prompt
        self._width = max(width, COLUMNS_LEAST)
        self._recalled = 0
        self._typed = Line()
        self._scrolled = 0
        self._drawn = Line()
        self._output: list[str] = []

    def take_output(self) -> str:
        """What the terminal is to be sent now."""
        output = "".join(self._output)
        self._output.clear()
        return output

    def begin(self, line: Line | None = None) -> None:
        """A prompt at the start of a terminal line, and what is typed already behind it."""
        self.line = line or Line()
        self._recalled = len(self.history)
        self._scrolled = 0
        self._drawn = Line()
        self._output.append(self._prompt)
        self._draw()

    def resize(self, width: int) -> None:
        """The terminal is so wide from now on. What stands there is left, and the line is written anew below."""
        width = max(width, COLUMNS_LEAST)
        if width != self._width:
            self._width = width
            self._output.append("\r\n")
            self._rewrite()

    def resize_quietly(self, width: int) -> None:
        """The same where no line stands on the terminal."""
        self._width = max(width, COLUMNS_LEAST)

    def press(self, key: Key | str) -> Wish | None:
        """Take one key or character; say what is wanted beyond editing."""
        if isinstance(key, str):
            self._insert(key)
            return None
        if key is Key.LEAVE:
            if not self.line.text:
                return Wish.LEAVE
            key = Key.DELETE
        if key in EDITS:
            self._become(EDITS[key](self.line))
        elif key in {Key.UP, Key.DOWN}:
            self._recall(-1 if key is Key.UP else 1)
        elif key is Key.REDRAW:
            self._output.append("\r\n")
            self._rewrite()
        return WISHES.get(key)

    def complete(self, rest: str) -> None:
        """Put in what a word lacks."""
        for character in rest:
            self._insert(character)

    def bell(self) -> None:
        """Nothing can be done about that key."""
        self._output.append(BELL)

    def prompt_with(self, prompt: str) -> None:
        """The prompt from the next line on."""
        self._prompt = prompt

    def remember(self, line: str) -> None:
        """Put a line into the history as it was typed, unless it is empty or the newest there."""
        said = line.strip()
        if said and (not self.history or self.history[-1] != said):
            self.history.append(said)
            del self.history[:-HISTORY_MOST]

    # ---- small things ------------------------------------------------------------------------------------------------

    def _insert(self, character: str) -> None:
        if len(self.line.text) >= LINE_MOST:
            self.bell()
            return
        self._become(self.line.insert(character))

    def _become(self, line: Line) -> None:
        self.line = line
        self._draw()

    def _recall(self, by: int) -> None:
        place = self._recalled + by
        if not 0 <= place <= len(self.history):
            self.bell()
            return
        if self._recalled == len(self.history):
            self._typed = self.line
        self._recalled = place
        at_end = place == len(self.history)
        text = self._typed.text if at_end else self.history[place]
        self._become(Line(text, len(text)))

    def _rewrite(self) -> None:
        self._drawn = Line()
        self._output.append(self._prompt)
        self._draw()

    def _draw(self) -> None:
        """Change what stands on the terminal into what should, by the fewest characters that the dumbest terminal knows."""
        wanted = self._visible()
        shown = self._drawn
        same = next(
            (place for place, (old, new) in enumerate(zip(shown.text, wanted.text, strict=False)) if old != new),
            min(len(shown.text), len(wanted.text)),
        )
        if shown.text != wanted.text:
            self._go(shown.text, shown.at, same)
            gone = columns(shown.text[same:]) - columns(wanted.text[same:])
            self._output.append(wanted.text[same:] + " " * max(gone, 0) + "\b" * max(gone, 0))
            self._go(wanted.text, len(wanted.text), wanted.at)
        else:
            self._go(shown.text, shown.at, wanted.at)
        self._drawn = wanted

    def _go(self, text: str, since: int, to: int) -> None:
        self._output.append("\b" * columns(text[to:since]) if to <= since else text[since:to])

    def _visible(self) -> Line:
        """The part of the line that fits behind the prompt, with the cursor in it."""
        room = self._width - columns(self._prompt) - ROOM_BEHIND
        text, at = self.line.text, self.line.at
        if columns(text) <= room:
            self._scrolled = 0
            return self.line
        if at < self._scrolled or columns(text[self._scrolled : at]) > room:
            # the cursor goes to the middle, so that the next keys need not scroll again
            self._scrolled, taken = at, 0
            while self._scrolled and taken + columns_of(text[self._scrolled - 1]) <= room // 2:
                self._scrolled -= 1
                taken += columns_of(text[self._scrolled])
        until, taken = self._scrolled, 0
        while until < len(text) and taken + columns_of(text[until]) <= room:
            taken += columns_of(text[until])
            until += 1
        return Line(text[self._scrolled : until], at - self._scrolled)
