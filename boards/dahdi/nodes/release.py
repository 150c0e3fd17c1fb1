"""Which releases of the driver this binding was tried with, and what is said about another one."""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass

from boards.dahdi.nodes.errors import WrongDriver
from boards.dahdi.nodes.sentences import Message
from boards.dahdi.nodes.sentences import marked as _

__all__ = ["NEWEST", "OLDEST", "Release", "judged", "other_structures"]

OLDEST = (2, 11)
NEWEST = (3, 4)


@dataclass(frozen=True)
class Release:
    """The driver's release as it names itself, and a sentence when it is not one of 2.11 to 3.4."""

    version: str
    warning: Message | None = None


def judged(version: str) -> Release:
    """What is to be said about a driver that names its release so (``2.11.1.0.20170917``, ``3.4.0``, ``SVN-trunk-r10414``, …)."""
    found = re.match(r"(\d+)\.(\d+)", version)
    values = {"version": version or "?", "oldest": ".".join(map(str, OLDEST)), "newest": ".".join(map(str, NEWEST))}
    if found is None:
        return Release(
            version,
            Message(
                _("the driver calls its release {version}, which is no number; {oldest} to {newest} were tried: watch what it does"), values
            ),
        )
    release = (int(found[1]), int(found[2]))
    if release < OLDEST:
        return Release(
            version,
            Message(_("the driver's release {version} is older than {oldest}, the first that was tried: use a newer driver"), values),
        )
    if release > NEWEST:
        return Release(
            version,
            Message(_("the driver's release {version} is newer than {newest}, the last that was tried: watch what it does"), values),
        )
    return Release(version)


def other_structures(device: str, call: str) -> WrongDriver:
    """The refusal of a driver that does not know a call by the number that has our structure's size in it."""
    return WrongDriver(
        device,
        call,
        errno.ENOTTY,
        Message(_("the driver's structures have other sizes than in releases 2.11 to 3.4: use one of those releases")),
    )
