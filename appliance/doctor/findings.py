"""What the doctor found: one line for each check, as values, as JSON, and as an exit status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.kernel.text import Text, text_as_json, text_from_json

__all__ = [
    "EXIT_ALL_GOOD",
    "EXIT_SOMETHING_BAD",
    "EXIT_UNSEEN",
    "Finding",
    "State",
    "Verdict",
    "bad",
    "exit_status",
    "finding_from_json",
    "findings_as_json",
    "good",
    "merged",
    "not_applicable",
    "unseen",
]

EXIT_ALL_GOOD = 0
EXIT_SOMETHING_BAD = 1
EXIT_UNSEEN = 2
FINDINGS_MOST = 200


class State(StrEnum):
    """``GOOD`` is green, ``BAD`` red, ``NONE`` grey: it does not apply here. ``UNSEEN``: it could not be looked at."""

    GOOD = "good"
    BAD = "bad"
    NONE = "not_applicable"
    UNSEEN = "unseen"


@dataclass(frozen=True)
class Finding:
    """One line: the check, what was found, and for a red one (and where it helps for an unseen one) what to do."""

    check: str
    title: Text
    state: State
    found: Text
    mend: Text | None = None


@dataclass(frozen=True)
class Verdict:
    """What a check returns; who calls it knows the check's name."""

    state: State
    found: Text
    mend: Text | None = None


def good(found: Text) -> Verdict:
    """Green."""
    return Verdict(State.GOOD, found)


def bad(found: Text, mend: Text) -> Verdict:
    """Red, with the mend."""
    return Verdict(State.BAD, found, mend)


def not_applicable(why: Text) -> Verdict:
    """Grey."""
    return Verdict(State.NONE, why)


def unseen(why: Text, mend: Text | None = None) -> Verdict:
    """It could not be looked at."""
    return Verdict(State.UNSEEN, why, mend)


def exit_status(findings: Sequence[Finding]) -> int:
    """For scripts: 1 when something is red, else 2 when something could not be looked at, else 0."""
    states = {finding.state for finding in findings}
    if State.BAD in states:
        return EXIT_SOMETHING_BAD
    return EXIT_UNSEEN if State.UNSEEN in states else EXIT_ALL_GOOD


def merged(inside: Sequence[Finding], outside: Sequence[Finding]) -> list[Finding]:
    """The running appliance's findings; where it could not look and who asks could, that one's."""
    seen = {finding.check: finding for finding in outside if finding.state is not State.UNSEEN}
    return [seen.get(finding.check, finding) if finding.state is State.UNSEEN else finding for finding in inside]


def findings_as_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """As plain values; sentences stay translatable."""
    return [
        {
            "check": finding.check,
            "title": text_as_json(finding.title),
            "state": str(finding.state),
            "found": text_as_json(finding.found),
            "mend": None if finding.mend is None else text_as_json(finding.mend),
        }
        for finding in findings[:FINDINGS_MOST]
    ]


def finding_from_json(written: Mapping[str, Any]) -> Finding:
    """What ``findings_as_json`` wrote. Raises ValueError, KeyError, TypeError or AttributeError when it is none."""
    return Finding(
        str(written["check"]),
        text_from_json(written["title"]),
        State(written["state"]),
        text_from_json(written["found"]),
        None if written["mend"] is None else text_from_json(written["mend"]),
    )
