"""What happened to the appliance itself."""

from __future__ import annotations

from engine.facts.base import Fact, fact

__all__ = ["AlarmCleared", "AlarmRaised", "ApplianceStarted", "ApplianceStopped", "SiteChanged"]


@fact(version=1)
class ApplianceStarted(Fact):
    """The process is up: its version, the board kinds it drives, and whether the last stop was clean."""

    version: str
    boards: tuple[str, ...]
    after_clean_stop: bool


@fact(version=1)
class ApplianceStopped(Fact):
    """The process goes down on purpose; the last fact of a clean journal."""

    reason: str


@fact(version=1)
class SiteChanged(Fact):
    """Another version of the site is in force: its number, who changed it and why. The settings themselves are not in the journal."""

    version: int
    who: str
    why: str


@fact(version=1)
class AlarmRaised(Fact):
    """Something needs a person: a stable key (``recorder.overrun``), what it is about, and an English sentence."""

    alarm: str
    about: str
    sentence: str


@fact(version=1)
class AlarmCleared(Fact):
    """The alarm with this key about this thing is over."""

    alarm: str
    about: str
