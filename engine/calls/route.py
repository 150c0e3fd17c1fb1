"""Where an outgoing call goes: what the switch asks for the line of each attempt. ``trunk_groups.py`` answers it for a trunk group."""

from __future__ import annotations

from typing import Protocol

from engine.kernel.text import Text
from engine.telephony.causes import Release

__all__ = ["Route"]


class Route(Protocol):
    """The way of one call, from its first attempt to its last."""

    @property
    def wanted_group(self) -> str:
        """The trunk group that was asked first; empty: the one of all trunks."""

    @property
    def group(self) -> str:
        """The group of the present attempt."""

    @property
    def previous_group(self) -> str:
        """The group of the attempt before."""

    @property
    def caller_number(self) -> str:
        """What called parties see in the present attempt; empty: the trunk's own number."""

    @property
    def exhausted(self) -> int:
        """How many attempts were made when there would have been another line, and no further one was allowed; else 0."""

    @property
    def refusal(self) -> Text:
        """Why there was no line at all."""

    def first(self) -> str:
        """The line of the first attempt; empty: none."""

    def next(self, release: Release) -> str:
        """The line to try after the present attempt ended so; empty: it is the last one."""

    def moved(self, line: str) -> None:
        """The exchange has put the present attempt on another line of the same trunk."""
