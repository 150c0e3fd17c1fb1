"""Tokens: how a program shows which user it works for, without that user's password.

A token is ``stw_`` and 256 random bits. The box keeps its SHA-256 only: a copy of the accounts gives nobody a token, and there is
nothing to guess, so that no slow hash is needed. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

from engine.kernel.text import Text, text
from engine.people.users import User

__all__ = [
    "DAYS_MOST",
    "LABEL_MOST",
    "TOKENS_OF_A_USER_MOST",
    "ApiToken",
    "StoredTokens",
    "TokenVerdict",
    "digest_of",
    "expiry_utc_ms",
    "judge_token",
    "new_token",
    "token_fault",
    "token_id",
    "token_of",
]

TOKENS_OF_A_USER_MOST = 20
LABEL_MOST = 60
DAYS_MOST = 3650
DAY_MS = 86_400_000
ID_LENGTH = 12
_TOKEN = re.compile(r"stw_[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True)
class ApiToken:
    """What is known of a token; not the token. ``id`` is the beginning of its digest; ``expires_utc_ms`` 0: never;
    ``last_used_utc_ms`` 0: never, otherwise right to some minutes.
    """

    id: str
    user: str
    label: str
    created_utc_ms: int
    expires_utc_ms: int = 0
    last_used_utc_ms: int = 0


class TokenVerdict(StrEnum):
    """What a shown token is worth."""

    RIGHT = "right"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    DISABLED = "disabled"
    LOCKED = "locked"
    MUST_CHANGE = "must_change"


class StoredTokens(Protocol):
    """Where tokens are kept. Every method blocks, belongs to one thread, and raises EnvironmentFault when the disk fails."""

    def tokens(self, user: str) -> list[ApiToken]:
        """The tokens of a user, the oldest first."""

    def token_digests(self) -> dict[str, ApiToken]:
        """Every token by its digest."""

    def save_token(self, digest: str, token: ApiToken) -> None:
        """Keep a new token; it is on the medium when this returns."""

    def token(self, token_id: str) -> ApiToken | None:
        """The token with this id."""

    def remove_token(self, token_id: str) -> None:
        """Forget a token."""

    def mark_used(self, token_id: str, utc_ms: int) -> None:
        """Remember when a token was used."""


def new_token(secret: str) -> str:
    """The token for 256 random bits as 43 characters of base64url."""
    return f"stw_{secret}"


def token_of(shown: str) -> str:
    """What was shown, when it looks like a token at all; else empty."""
    return shown if _TOKEN.fullmatch(shown) else ""


def digest_of(token: str) -> str:
    """What is kept of a token: 64 hexadecimal digits."""
    return sha256(token.encode()).hexdigest()


def token_id(digest: str) -> str:
    """By what people and facts name the token. It helps nobody to find the token."""
    return digest[:ID_LENGTH]


def expiry_utc_ms(now_utc_ms: int, days: int) -> int:
    """When a token made now ends; 0, never, for 0 days."""
    return now_utc_ms + days * DAY_MS if days else 0


def judge_token(token: ApiToken | None, user: User | None, now_utc_ms: int) -> TokenVerdict:
    """Whether a token opens the door now. An account that may not log in is not helped by a token."""
    if token is None or user is None:
        return TokenVerdict.UNKNOWN
    if token.expires_utc_ms and now_utc_ms >= token.expires_utc_ms:
        return TokenVerdict.EXPIRED
    if user.disabled:
        return TokenVerdict.DISABLED
    if now_utc_ms < user.locked_until_utc_ms:
        return TokenVerdict.LOCKED
    return TokenVerdict.MUST_CHANGE if user.must_change else TokenVerdict.RIGHT


def token_fault(label: str, days: int, others: Iterable[ApiToken]) -> Text | None:
    """What is wrong with a wish for a token, for the person who has it; None when nothing is. ``days`` 0: it never ends."""
    held = list(others)
    if not 0 < len(label) <= LABEL_MOST or not label.isprintable():
        return text("Say what the token is for, in 1 to {most} characters.", most=LABEL_MOST)
    if not 0 <= days <= DAYS_MOST:
        return text("A token lasts 1 to {most} days, or for ever with 0.", most=DAYS_MOST)
    if any(one.label == label for one in held):
        return text("You have a token called {label} already. Revoke it first, or choose another name.", label=label)
    if len(held) >= TOKENS_OF_A_USER_MOST:
        return text("There are {most} tokens already. Revoke one that is not used any more.", most=TOKENS_OF_A_USER_MOST)
    return None
