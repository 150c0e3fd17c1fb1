"""Who may see and do what, on every page."""

from __future__ import annotations

import re

import pytest

from tests.pages import Pages

CALL = "/calls/b1-c1"
RECORDING = "/recordings/b1-r1"
WAVEFORM = f"{RECORDING}/waveform.svg"
MAY = {
    "admin": {"/live", "/calls", CALL, RECORDING, WAVEFORM},
    "banzhang": {"/live", "/calls", CALL, RECORDING, WAVEFORM},
    "lina": {"/live"},
    "zhijian": {"/calls", CALL, RECORDING, WAVEFORM},
    "guest": {"/live", "/calls", CALL},
    "both": {"/live", "/calls", CALL, RECORDING, WAVEFORM},
}
PAGES = sorted(MAY["admin"])


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("name", MAY)
def test_each_role_opens_what_it_may(pages: Pages, name: str, path: str) -> None:
    """A page that is not for somebody says so; whoever has two roles has the rights of both."""
    reply = pages.person(name, accept_language="en").get(path)
    assert reply.status == (200 if path in MAY[name] else 403)
    if reply.status == 403:
        assert f"user {name} may not do this." in reply.text


@pytest.mark.parametrize("name", MAY)
def test_the_menu_shows_what_is_allowed(pages: Pages, name: str) -> None:
    """Nobody is led to a page that is not for him, and the first page is one that is."""
    person = pages.person(name)
    first = person.get("/").header("location")
    assert first in MAY[name]
    menu = set(re.findall(r'href="(/live|/calls)"', person.get(first).text))
    assert menu == MAY[name] & {"/live", "/calls"}


@pytest.mark.parametrize("path", [*PAGES, "/live/stream", "/password", "/"])
def test_without_login_nothing_is_shown(pages: Pages, path: str) -> None:
    """A stranger is asked for a password by every page; a player or a stream is simply refused."""
    stranger = pages.person()
    assert stranger.get(path).header("location").startswith("/login")
    assert stranger.get(path, accept="text/event-stream").status == 401


def test_who_may_not_listen_sees_the_call_without_player(pages: Pages) -> None:
    """Somebody without the right to listen sees the story of a call and a sentence where the player would be."""
    text = pages.person("guest", accept_language="en").get(CALL).text
    assert "<audio" not in text
    assert "data-seek" not in text
    assert "You may see this call, and not listen to it." in text


def test_the_stream_needs_the_right_too(pages: Pages) -> None:
    """What the live page may not show cannot be had from its stream."""
    assert pages.person("zhijian").get("/live/stream", accept="text/event-stream").status == 403
