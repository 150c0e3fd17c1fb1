"""What happened to the appliance itself."""

from __future__ import annotations

from engine.facts.base import Fact, Record, fact, lift

__all__ = [
    "AlarmCleared",
    "AlarmRaised",
    "ApplianceStarted",
    "ApplianceStopped",
    "CertificateChanged",
    "PumpCounted",
    "RestartCancelled",
    "RestartRequested",
    "SiteChanged",
]


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
class RestartRequested(Fact):
    """Somebody wants the appliance restarted or the machine rebooted (``what``: ``restart``, ``reboot``), ``when``: ``now`` or ``idle``,
    that is when no call is left.
    """

    what: str
    when: str
    by: str


@fact(version=1)
class RestartCancelled(Fact):
    """The restart that waited for the end of the calls will not happen."""

    by: str


@fact(version=1)
class SiteChanged(Fact):
    """Another version of the site is in force: its number, who changed it and why. The settings themselves are not in the journal."""

    version: int
    who: str
    why: str


@fact(version=1)
class CertificateChanged(Fact):
    """The page has another certificate: its SHA-256 fingerprint, whether the box made it itself (``own``), and who put it there."""

    fingerprint: str
    own: bool
    by: str


@fact(version=2)
class AlarmRaised(Fact):
    """Something needs a person: a stable key (``recorder.overrun``), what it is about, and an English sentence. ``said`` is the same for readers
    of other languages (``text_written``); empty: it has no more than the sentence.
    """

    alarm: str
    about: str
    sentence: str
    said: str = ""


@lift("AlarmRaised", 1)
def _english_only(record: Record) -> Record:
    """Before version 2 there was nothing but the sentence."""
    return {**record, "said": ""}


@fact(version=1)
class AlarmCleared(Fact):
    """The alarm with this key about this thing is over."""

    alarm: str
    about: str


@fact(version=1)
class PumpCounted(Fact):
    """The media pump was not as punctual as it should be since the count before; told once a minute at most, and only then.

    ``stalls``: times it found several blocks waiting; the blocks (20 ms) of all lines together as in ``LineAudioCounted``;
    ``events_lost`` had no room because Python did not take them, ``commands_refused`` made no sense to it.
    """

    stalls: int
    late_blocks: int
    missing_blocks: int
    gaps: int
    overflows: int
    refused_blocks: int
    events_lost: int
    commands_refused: int
