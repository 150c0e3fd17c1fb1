"""What a route may lead to: each kind of target as a row, with the names that it may have. Pure.

A target is written ``kind:name``. Another kind (a mailbox, a fax) joins by a row of its own here and a performer where calls are carried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from engine.kernel.text import Text, text
from engine.settings.site import InboundRouteSection, Site

__all__ = ["TARGET_FIELDS", "TARGET_KINDS", "Target", "TargetKind", "parse_target", "target_fault", "targets_of"]

LISTED_MOST = 12
TARGET_FIELDS = ("target", "on_busy", "on_no_answer", "on_out_of_service")
"""Where an inbound route names targets."""


@dataclass(frozen=True)
class Target:
    """A target by kind and name."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True)
class TargetKind:
    """One kind: what people call it, the names there are on a site (None: any name that ``fits``), and the list of the settings that they are
    entries of (empty: of none).
    """

    words: Text
    names: Callable[[Site], tuple[str, ...] | None]
    fits: Callable[[str], bool] = lambda _name: True
    section: str = ""


TARGET_KINDS: Mapping[str, TargetKind] = {
    "extension": TargetKind(text("extension"), lambda site: tuple(one.extension for one in site.stations)),
    "queue": TargetKind(text("queue"), lambda site: tuple(one.name for one in site.queues), section="queues"),
    "flow": TargetKind(text("flow"), lambda site: tuple(one.name for one in site.flows), section="flows"),
    "announcement": TargetKind(text("announcement"), lambda _site: None, lambda name: name.replace("_", "").isalnum()),
    "route": TargetKind(text("inbound route"), lambda site: tuple(one.name for one in site.inbound_routes), section="inbound_routes"),
    "outside": TargetKind(text("number outside"), lambda _site: None, lambda name: name.isascii() and name.isdigit()),
    "disa": TargetKind(text("dial tone for callers"), lambda site: tuple(one.name for one in site.disa), section="disa"),
    "group": TargetKind(text("ring group"), lambda site: tuple(one.name for one in site.ring_groups), section="ring_groups"),
}
"""Every kind, by the word before the colon."""


def parse_target(written: str) -> Target:
    """A target as written; its name is empty when there is no colon."""
    kind, _, name = written.partition(":")
    return Target(kind, name)


def targets_of(section: InboundRouteSection) -> Iterator[tuple[str, Target]]:
    """The targets of a route with the field that each stands in."""
    for field in TARGET_FIELDS:
        written = getattr(section, field)
        if written:
            yield field, parse_target(written)


def target_fault(site: Site, target: Target) -> Text | None:
    """What is wrong with a target on this site; None when it is there."""
    kind = TARGET_KINDS.get(target.kind)
    if kind is None:
        return text("there is no kind of target {kind}; expected one of {known}", kind=target.kind, known=", ".join(TARGET_KINDS))
    names = kind.names(site)
    if names is None:
        return None if target.name and kind.fits(target.name) else text("{name} cannot be {kind}", name=target.name or "-", kind=kind.words)
    if target.name not in names:
        return text("there is no {kind} {name}; expected one of {known}", kind=kind.words, name=target.name or "-", known=_listed(names))
    return None


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:LISTED_MOST]) + (" …" if len(names) > LISTED_MOST else "") if names else "-"
