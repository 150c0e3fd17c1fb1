"""What the driver has, as an installer wants it: cards by what they are known by, and what each analog port is made for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from boards.dahdi.abi import Sig
from boards.dahdi.configuration import DIGITAL_KINDS
from boards.dahdi.survey import Found, FoundSpan
from engine.kernel.text import Text
from engine.telephony.line_tests import PortKind
from engine.telephony.spans import FoundCard, FoundPort

__all__ = ["found_cards"]


def found_cards(found: Found, matched: Mapping[str, FoundSpan | Text | None]) -> tuple[FoundCard, ...]:
    """Every span, with the name of the site's entry that ``match`` gave it."""
    names = {id(one): name for name, one in matched.items() if isinstance(one, FoundSpan)}
    return tuple(_card(span, names.get(id(span), "")) for span in found.spans)


def _card(span: FoundSpan, name: str) -> FoundCard:
    digital, dynamic = span.kind in DIGITAL_KINDS, span.kind == "DYNAMIC"
    return FoundCard(
        name,
        span.number,
        span.kind.lower() if digital else "dynamic" if dynamic else "analog",
        span.hardware_id,
        span.location,
        span.local,
        span.description,
        span.first_channel,
        len(span.channels),
        () if digital or dynamic else tuple(_ports(span)),
    )


def _ports(span: FoundSpan) -> Iterator[FoundPort]:
    """A port that can be both is left out: nobody can say what is plugged into it."""
    for channel in span.channels:
        lines, phones = (channel.capabilities & sig == sig for sig in (Sig.FXSKS, Sig.FXOKS))
        if lines is not phones:
            kind = PortKind.LINE if lines else PortKind.PHONE
            yield FoundPort(channel.number, channel.number - span.first_channel + 1, kind)
