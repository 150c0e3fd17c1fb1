"""How a fact is declared, and how it becomes a journal record and back.

``@fact(version=n)`` makes a class a fact: frozen, keyword-only, known by its name. When a fact's fields change, its
version goes up and a *lift* turns records of the old version into the new one; lifts are tried on golden journals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar, dataclass_transform

__all__ = ["Fact", "FactError", "Record", "fact", "fact_from_record", "fact_to_record", "known_facts", "lift"]


class FactError(ValueError):
    """A record names no known fact, a newer version than we know, or has other fields. The journal's fault."""


class Fact:
    """Base of every fact."""

    VERSION: ClassVar[int] = 1


F = TypeVar("F", bound=type[Fact])
Record = dict[str, Any]

_known: dict[str, type[Fact]] = {}
_lifts: dict[tuple[str, int], Callable[[Record], Record]] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
def fact(*, version: int = 1) -> Callable[[F], F]:
    """Class decorator: declare a fact of this version."""

    def declare(cls: F) -> F:
        made = dataclass(frozen=True, kw_only=True)(cls)
        made.VERSION = version
        _known[made.__name__] = made
        return made  # type: ignore[return-value]  # dataclass() gives back the class itself

    return declare


def lift(name: str, version: int) -> Callable[[Callable[[Record], Record]], Callable[[Record], Record]]:
    """Function decorator: this function turns a record of ``name`` at ``version`` into version + 1."""

    def register(function: Callable[[Record], Record]) -> Callable[[Record], Record]:
        _lifts[name, version] = function
        return function

    return register


def known_facts() -> Mapping[str, type[Fact]]:
    """Every fact by name."""
    return dict(_known)


def fact_to_record(fact_: Fact) -> Record:
    """The fields as plain JSON values; tuples become lists."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(fact_).items()}


def fact_from_record(name: str, version: int, record: Record) -> Fact:
    """The fact that a record of any released version stands for. Raises FactError."""
    cls = _known.get(name)
    if cls is None:
        raise FactError(f"no fact is called {name!r}")
    if version > cls.VERSION:
        raise FactError(f"{name} version {version} is newer than this program's {cls.VERSION}")
    for old in range(version, cls.VERSION):
        if (name, old) not in _lifts:
            raise FactError(f"{name}: no lift from version {old}")
        record = _lifts[name, old](record)
    wanted = {field.name for field in fields(cls)}  # type: ignore[arg-type]  # a Fact is a dataclass
    if wanted != record.keys():
        raise FactError(f"{name} version {version}: fields {sorted(record)} instead of {sorted(wanted)}")
    return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in record.items()})
