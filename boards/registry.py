"""Board kinds by name, imported only when a site asks for them: a missing vendor library harms nobody else."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from engine.kernel.errors import BadInput
from engine.kernel.text import text

__all__ = ["BOARDS", "board_class"]

BOARDS = {"dahdi-analog": ("boards.dahdi.board", "AnalogBoard"), "dahdi-e1": ("boards.e1.board", "E1Board")}
"""Kind → (module, class)."""


def board_class(kind: str) -> type[Any]:
    """The class that drives this kind of board. BadInput for an unknown kind, naming those there are."""
    if kind not in BOARDS:
        raise BadInput(text("There is no board kind {kind}; known kinds: {known}.", kind=kind, known=", ".join(sorted(BOARDS))))
    module, name = BOARDS[kind]
    made: type[Any] = getattr(import_module(module), name)
    return made
