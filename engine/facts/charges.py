"""What calls cost. Money is in thousandths of a yuan (``li``); ``account`` is an account code, ``charge_account`` an account with a PIN of its own."""

from __future__ import annotations

from engine.facts.base import Fact, Record, fact, lift

__all__ = ["CallCharged", "ChargeAccountCredited", "ChargeAccountLocked", "ChargeAccountTried", "DisaLocked", "DisaTried"]


@fact(version=2)
class CallCharged(Fact):
    """An answered call with the outside is over, and costs this.

    ``direction``: ``outgoing`` or ``incoming``; ``tariff`` by which it was reckoned (empty: none fits) as version ``site_version`` of the settings has it;
    ``basis``: ``time``, ``pulses`` (metering pulses) or ``none``; ``paid_s``: the time of all periods that began; ``bands``: those that held, in their
    order; ``steps``: why it is so much, as texts (``text_written``); ``number``: that of the other side, as it was dialled or as the caller's came. ``extension`` and ``agent`` of who placed it or talked; empty where there is none.
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
    number: str = ""


@lift("CallCharged", 1)
def _number_of_the_call(record: Record) -> Record:
    """Before version 2 it was looked up in the facts of the call."""
    return {**record, "number": ""}


@fact(version=1)
class ChargeAccountTried(Fact):
    """Somebody wants to call on a charge account: ``by`` the phone or line, ``account`` empty when there is none of the number that was given.
    ``outcome``: ``right``, ``wrong_pin``, ``unknown``, ``locked``, ``closed``, ``used`` (no money is left), ``in_use``.
    """

    account: str
    by: str
    outcome: str


@fact(version=1)
class ChargeAccountLocked(Fact):
    """Too many wrong PINs: nobody calls on the account until then."""

    account: str
    until_utc_ms: int


@fact(version=1)
class ChargeAccountCredited(Fact):
    """Somebody has paid this in, or (below nothing) taken out. ``why``: a receipt, a correction."""

    account: str
    amount_li: int
    by: str
    why: str


@fact(version=1)
class DisaTried(Fact):
    """A caller from outside wants a dial tone by this access (``disa``): ``outcome`` is ``right``, ``wrong_pin`` or ``refused`` (the account is locked,
    closed, in use or has no money).
    """

    call: str
    disa: str
    outcome: str


@fact(version=1)
class DisaLocked(Fact):
    """Too many wrong PINs from this number (or, when it is withheld, by this line): it gets no dial tone until then."""

    caller: str
    until_utc_ms: int
