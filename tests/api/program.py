"""A program that asks the API: it has a token and sends what a careful HTTP client sends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.people.tokens import ApiToken, digest_of
from engine.store.accounts import AccountStore
from tests.pages import Open, Pages, Person, Reply

BASE = "/api/v1"


def token_for(user: str) -> str:
    """The token of a user in these tests."""
    return f"stw_{user:_<43}"


def keep_tokens(folder: Path, users: list[str]) -> None:
    """One token for each of these users, as if made on the page."""
    store = AccountStore(folder)
    for user in users:
        token = token_for(user)
        store.save_token(digest_of(token), ApiToken(digest_of(token)[:12], user, "test", 0))
    store.close()


@dataclass
class Program:
    """``user`` empty: without token."""

    pages: Pages
    user: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        """Ask and wait for the answer; ``path`` from behind /api/v1. A body is sent as JSON, octets as they are."""
        return Person(self.pages).ask(method, BASE + path, *self._prepared(body, headers))

    def get(self, path: str, **headers: str) -> Any:
        """The JSON of an answer that there must be."""
        reply = self.ask("GET", path, **headers)
        assert reply.status == 200, reply.text
        return json.loads(reply.body)

    def post(self, path: str, body: object = None, **headers: str) -> Reply:
        return self.ask("POST", path, body, **headers)

    def open(self, path: str, **headers: str) -> Open:
        """Ask for an answer that goes on."""
        octets, all_headers = self._prepared(None, headers)
        return Person(self.pages).open("GET", BASE + path, octets, all_headers)

    def _prepared(self, body: object, headers: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
        given = {"accept": "application/json", "accept_language": "en", **self.headers}
        if self.user:
            given["authorization"] = f"Bearer {token_for(self.user)}"
        octets = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        if octets:
            given["content_type"] = "application/json"
        return octets, {**given, **headers}


def error_of(reply: Reply) -> dict[str, Any]:
    """The error in an answer; it has the one shape that all have."""
    told = json.loads(reply.body)
    assert set(told) == {"error"}
    assert set(told["error"]) == {"code", "message", "fields"}
    assert reply.header("content-type") == "application/json"
    error: dict[str, Any] = told["error"]
    return error
