"""``requests`` on the page over memory: so a tool that speaks HTTP asks the API without a network and in virtual time."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from tests.pages import Pages, Person, Reply, _parsed

STREAM_MS = 60
"""What an event stream says in this time is its answer; then the client leaves."""


class MemoryAdapter(BaseAdapter):
    """Sends each request over a connection of its own."""

    def __init__(self, pages: Pages) -> None:
        super().__init__()
        self._pages = pages

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Ask, wait, and give the answer."""
        parts = urlsplit(request.url or "/")
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        assert isinstance(body, bytes)
        headers = {name.lower(): _latin(value) for name, value in request.headers.items()}
        reply = self._ask(request.method or "GET", path, body, {**headers, "connection": "close"})
        return _response(request, reply)

    def close(self) -> None:
        """Nothing is open."""

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        self._pages.later(1 / 60)  # a second between two requests: how fast one may ask is tried elsewhere
        person = Person(self._pages)
        opened = person.open(method, path, body, dict(headers))
        for _ in range(100):
            octets = opened.transport.value()
            if opened.transport.disconnecting or opened.transport.disconnected:
                break
            if b"text/event-stream" in octets.partition(b"\r\n\r\n")[0]:
                self._pages.wait(STREAM_MS)
                break
            self._pages.wait(20)
        octets = opened.transport.value()
        opened.leave()
        head, _, rest = octets.partition(b"\r\n\r\n")
        if b"chunked" in head and not rest.endswith(b"0\r\n\r\n"):
            octets += b"0\r\n\r\n"
        return _parsed(octets, secure=True)


def _latin(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _response(request: requests.PreparedRequest, reply: Reply) -> requests.Response:
    headers = HTTPHeaderDict(reply.headers)
    response = requests.Response()
    response.raw = HTTPResponse(io.BytesIO(reply.body), headers, reply.status, version=11, preload_content=False)
    response.status_code = reply.status
    response.headers.update(headers)
    response._content = reply.body
    response.url = request.url or ""
    response.request = request
    response.elapsed = timedelta(milliseconds=20)
    response.reason = ""
    return response


@contextmanager
def bridged(pages: Pages) -> Iterator[None]:
    """Whatever asks by ``requests`` reaches the page, and nothing else."""
    adapter = MemoryAdapter(pages)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(requests.Session, "get_adapter", lambda _session, url: adapter)  # noqa: ARG005  # called by this name
        yield
