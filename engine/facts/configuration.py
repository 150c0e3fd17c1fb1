"""What happened to the configuration of spans. ``span`` is a name of the site; empty: tone zones, and lines that are in no span."""

from __future__ import annotations

from engine.facts.base import Fact, Record, fact, lift

__all__ = ["SpanConfigurationRefused", "SpanConfigurationWaits", "SpanConfigured"]


@fact(version=2)
class SpanConfigured(Fact):
    """The driver was brought to what the site wants of a span: English sentences of what was done; ``said``: the same for readers of other
    languages (``text_written``).
    """

    span: str
    done: tuple[str, ...]
    said: tuple[str, ...] = ()


@lift("SpanConfigured", 1)
def _done_in_english(record: Record) -> Record:
    """Before version 2 there were nothing but English sentences."""
    return {**record, "said": ()}


@fact(version=1)
class SpanConfigurationWaits(Fact):
    """A change of a span is kept and waits until these lines carry no call any more. Told again when they are others."""

    span: str
    lines: tuple[str, ...]


@fact(version=2)
class SpanConfigurationRefused(Fact):
    """The driver or the card does not take what the site wants of a span: English sentences, one for each thing. The rest was done. ``said``: the
    same for readers of other languages (``text_written``).
    """

    span: str
    reasons: tuple[str, ...]
    said: tuple[str, ...] = ()


@lift("SpanConfigurationRefused", 1)
def _refused_in_english(record: Record) -> Record:
    """As of ``SpanConfigured``."""
    return {**record, "said": ()}
