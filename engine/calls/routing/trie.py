"""Number patterns compiled into a tree of digits: a number finds all that fit it in one walk along its digits. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from engine.settings.number_patterns import NumberPattern

__all__ = ["NumberTree"]

V = TypeVar("V")


class _Node(Generic[V]):
    """One place. ``following`` are the nodes that a digit leads to; patterns with the same set of digits share one."""

    __slots__ = ("at_end", "by_set", "following", "so_far")

    def __init__(self) -> None:
        self.by_set: dict[frozenset[str], _Node[V]] = {}
        self.following: dict[str, tuple[_Node[V], ...]] = {}
        self.so_far: list[tuple[NumberPattern, V]] = []
        self.at_end: list[tuple[NumberPattern, V]] = []


class NumberTree(Generic[V]):
    """Patterns with a value each, in the order in which they are given. Memory: at most a node for each place of each pattern; a pattern that is
    one number stands in a table beside the tree, since lists have thousands of those.
    """

    def __init__(self, patterns: Iterable[tuple[NumberPattern, V]]) -> None:
        self._root: _Node[V] = _Node()
        self._nodes: list[_Node[V]] = [self._root]
        self._numbers: dict[str, list[tuple[NumberPattern, V]]] = {}
        for pattern, value in patterns:
            number = pattern.plain
            if number:
                self._numbers.setdefault(number, []).append((pattern, value))
            else:
                self._add(pattern, value)
        for node in self._nodes:
            for digits, child in node.by_set.items():
                for digit in digits:
                    node.following[digit] = (*node.following.get(digit, ()), child)

    def _add(self, pattern: NumberPattern, value: V) -> None:
        node = self._root
        for digits in pattern.places:
            child = node.by_set.get(digits)
            if child is None:
                child = node.by_set[digits] = _Node()
                self._nodes.append(child)
            node = child
        (node.so_far if pattern.open else node.at_end).append((pattern, value))

    def find(self, number: str) -> list[tuple[NumberPattern, V]]:
        """Every pattern that the number fits, with its value; the shorter ones first."""
        found = list(self._root.so_far)
        here = [self._root]
        for digit in number:
            here = [child for node in here for child in node.following.get(digit, ())]
            if not here:
                break
            for node in here:
                found += node.so_far
        for node in here:
            found += node.at_end
        return found + self._numbers.get(number, [])

    def best(self, number: str) -> V | None:
        """The value of the pattern that counts most (``NumberPattern.weight``), the first given of equal ones; None when none fits."""
        found = self.find(number)
        return max(found, key=lambda one: one[0].weight)[1] if found else None
