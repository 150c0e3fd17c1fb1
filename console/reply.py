"""What a person types in reply to a question of the console: one letter for yes or no, or a text that is not shown."""

from __future__ import annotations

from console.editor import LINE_MOST, Key
from console.steps import Confirm, Hidden

__all__ = ["Reply"]

YES = frozenset("yY是")
NO = frozenset("nNqQ否")


class Reply:
    """Keys in, and at the end the answer to ``question``. ``echo`` is what the terminal is to show for the newest key."""

    def __init__(self, question: Confirm | Hidden) -> None:
        self._question = question
        self._typed: list[str] = []
        self.echo = ""

    def press(self, key: Key | str) -> bool | str | None:
        """Take one key: the answer when there is one, else None. Enter alone is no."""
        self.echo = ""
        if isinstance(self._question, Confirm):
            return self._decide(key)
        return self._hide(key)

    def _decide(self, key: Key | str) -> bool | None:
        if isinstance(key, str) and key in YES:
            self.echo = key
            return True
        if key in {Key.ENTER, Key.LEAVE} or (isinstance(key, str) and key in NO):
            self.echo = key if isinstance(key, str) else ""
            return False
        self.echo = "\a"
        return None

    def _hide(self, key: Key | str) -> str | None:
        match key:
            case Key.ENTER:
                return "".join(self._typed)
            case Key.BACKSPACE if self._typed:
                self._typed.pop()
            case Key.KILL_TO_START:
                self._typed.clear()
            case Key.HELP if len(self._typed) < LINE_MOST:
                self._typed.append("?")
            case str() if len(self._typed) < LINE_MOST:
                self._typed.append(key)
            case _:
                self.echo = "\a"
        return None
