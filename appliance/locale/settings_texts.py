"""Finds the texts of the settings for Babel: labels, help and meanings are keyword arguments and constants, which it does not look at."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import BinaryIO

__all__ = ["extract"]

KEYWORDS = frozenset({"label", "help", "pattern_says"})
CONSTANTS_END = "_SAYS"

Found = tuple[int, str, str, list[str]]


def extract(fileobj: BinaryIO, keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, object]) -> Iterator[Found]:
    """Babel's extractor interface: line, function, message, comments of each ``setting(label=…, help=…, pattern_says=…)`` and ``…_SAYS = …``."""
    del keywords, comment_tags, options
    for node in ast.walk(ast.parse(fileobj.read())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setting":
            for argument in node.keywords:
                if argument.arg in KEYWORDS:
                    yield from _literal(argument.value)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.endswith(CONSTANTS_END):
            yield from _literal(node.value)


def _literal(node: ast.expr) -> Iterator[Found]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.lineno, "_", node.value, []
