"""What a page keeps between two requests: bounded, by an unguessable name, for one user only, and not for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["KeptForUsers"]

LASTS_NS = 4 * 3600 * 1_000_000_000
T = TypeVar("T")


@dataclass(frozen=True)
class _Kept(Generic[T]):
    user: str
    what: T
    since_ns: int


class KeptForUsers(Generic[T]):
    """At most ``most`` things of one kind, ``of_one_most`` for each user; the oldest make room. It outlives a login that ends meanwhile."""

    def __init__(self, most: int, make_name: Callable[[], str], monotonic_ns: Callable[[], int], *, of_one_most: int = 1) -> None:
        self._most = most
        self._of_one_most = of_one_most
        self._make_name = make_name
        self._monotonic_ns = monotonic_ns
        self._kept: dict[str, _Kept[T]] = {}
        self.crowded_out = 0
        """Things given up because others came."""

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, user: str, what: T) -> str:
        """Its name."""
        now_ns = self._monotonic_ns()
        self._kept = {name: one for name, one in self._kept.items() if now_ns - one.since_ns < LASTS_NS}
        own = [name for name, one in self._kept.items() if one.user == user]
        if len(own) >= self._of_one_most or len(self._kept) >= self._most:
            del self._kept[own[0] if len(own) >= self._of_one_most else next(iter(self._kept))]
            self.crowded_out += 1
        name = self._make_name()
        self._kept[name] = _Kept(user, what, now_ns)
        return name

    def find(self, name: str, user: str) -> T | None:
        """What has this name, if it is this user's and not too old."""
        found = self._kept.get(name)
        if found is None or found.user != user or self._monotonic_ns() - found.since_ns >= LASTS_NS:
            return None
        return found.what

    def drop(self, name: str) -> None:
        """It is not needed any more."""
        self._kept.pop(name, None)
