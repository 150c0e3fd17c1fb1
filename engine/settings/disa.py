"""The settings of direct inward system access: callers from outside who prove who they are get a dial tone, and call on at somebody's cost."""

from __future__ import annotations

from dataclasses import dataclass

from engine.settings.field import NAME, NAME_SAYS, setting
from engine.settings.routes import NAMED

__all__ = ["DisaSection"]


@dataclass(frozen=True, kw_only=True)
class DisaSection:
    """One way to a dial tone, that inbound routes lead to as ``disa:name``."""

    name: str = setting(label="Dial tone for callers", help="Name of this access.", pattern=NAME, pattern_says=NAME_SAYS)
    title: str = setting("", label="Title", help="Its name for people.", most=60)
    access: str = setting(
        "account",
        label="Who may",
        help="account: who gives the number and PIN of a charge account, which pays; pin: who gives the PIN below, and the site pays.",
        choices=("account", "pin"),
    )
    pin: str = setting(
        "",
        label="PIN",
        help="PIN that callers give where no charge account is asked for: at least six digits, as the whole world may try.",
        pattern=r"([0-9]{6,10})?",
        pattern_says="6 to 10 digits, or empty",
        secret=True,
    )
    service_class: str = setting(
        "",
        label="Class of service",
        help="Class of service whose numbers, hours and limits hold; a charge account with a class of its own has that one.",
        pattern=NAMED,
        pattern_says=NAME_SAYS,
    )
    first_key_s: float = setting(
        10.0, label="Wait for the first key", help="A caller who presses nothing for so long is let go.", unit="s", least=3, most=60
    )
    next_key_s: float = setting(
        5.0,
        label="Wait for the next key",
        help="What was typed is complete after this time without a key, or with #.",
        unit="s",
        least=1,
        most=30,
    )
