"""What happened to the configuration of spans. ``span`` is a name of the site; empty: tone zones, and lines that are in no span."""

from __future__ import annotations

from engine.facts.base import Fact, fact

__all__ = ["SpanConfigurationRefused", "SpanConfigurationWaits", "SpanConfigured"]


@fact(version=1)
class SpanConfigured(Fact):
    """The driver was brought to what the site wants of a span: English sentences of what was done."""

    span: str
    done: tuple[str, ...]


@fact(version=1)
class SpanConfigurationWaits(Fact):
    """A change of a span is kept and waits until these lines carry no call any more. Told again when they are others."""

    span: str
    lines: tuple[str, ...]


@fact(version=1)
class SpanConfigurationRefused(Fact):
    """The driver or the card does not take what the site wants of a span: English sentences, one for each thing. The rest was done."""

    span: str
    reasons: tuple[str, ...]
