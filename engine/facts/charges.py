"""What calls cost. Money is in thousandths of a yuan (``li``); ``account`` is an account code, ``charge_account`` an account with a PIN of its own."""

from __future__ import annotations

from engine.facts.base import Fact, fact

__all__ = ["CallCharged"]


@fact(version=1)
class CallCharged(Fact):
    """An answered call with the outside is over, and costs this.

    ``direction``: ``outgoing`` or ``incoming``; ``tariff`` by which it was reckoned (empty: none fits) as version ``site_version`` of the settings has it;
    ``basis``: ``time``, ``pulses`` (metering pulses) or ``none``; ``paid_s``: the time of all periods that began; ``bands``: those that held, in their
    order; ``steps``: why it is so much, as texts (``text_written``). ``extension`` and ``agent`` of who placed it or talked; empty where there is none.
    """

    call: str
    direction: str
    line: str
    group: str
    route: str
    extension: str
    agent: str
    account: str
    charge_account: str
    tariff: str
    site_version: int
    basis: str
    answered_utc_ms: int
    duration_ms: int
    paid_s: int
    pulses: int
    price_li: int
    bands: tuple[str, ...]
    steps: tuple[str, ...]
