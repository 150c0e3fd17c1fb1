"""A terminal that knows carriage return, line feed, backspace, bell and nothing else: what stands on it is plain lines."""

from __future__ import annotations

from console.tables import columns_of

__all__ = ["Screen"]


class Screen:
    """``width`` columns, and as many lines as come. Anything it does not know is an error: the console must not send it."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.bells = 0
        self._lines: list[list[str]] = [[]]
        self._at = 0

    @property
    def lines(self) -> list[str]:
        """Every line, without trailing blanks."""
        return ["".join(line).rstrip() for line in self._lines]

    @property
    def current(self) -> str:
        """The last line up to the cursor or its last character, blanks that were typed included."""
        line = self._lines[-1]
        return "".join(line[: max(self._at, len("".join(line).rstrip()))])

    def take(self, written: str) -> None:
        """Show these characters."""
        for character in written:
            self._character(character)

    def _character(self, character: str) -> None:
        match character:
            case "\r":
                self._at = 0
            case "\n":
                self._lines.append([])
            case "\b":
                assert self._at > 0, "backspace at the edge"
                self._at -= 1
            case "\a":
                self.bells += 1
            case _:
                assert character.isprintable(), repr(character)
                self._print(character)

    def _print(self, character: str) -> None:
        line = self._lines[-1]
        cells = [character, *[""] * (columns_of(character) - 1)]
        assert self._at + len(cells) < self.width + 1, f"beyond column {self.width}: {self.lines[-1]!r}"
        line.extend([" "] * (self._at - len(line)))
        line[self._at : self._at + len(cells)] = cells
        self._at += len(cells)
