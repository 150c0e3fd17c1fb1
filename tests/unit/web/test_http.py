"""What holds for every answer: headers, limits, error pages, static files, the log."""

from __future__ import annotations

import gzip

import pytest

from tests.pages import PASSWORD, Pages, logged
from web.request import BODY_BYTES_MOST, CONNECTIONS_MOST

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.mark.parametrize("path", ["/login", "/live", "/calls", "/nothing/here", "/recordings/b1-r1", "/password", "/static/x/y"])
def test_every_answer_bears_the_security_headers(pages: Pages, path: str) -> None:
    """No answer can be framed, guessed at, cached by others, or run scripts that are not ours."""
    reply = pages.person("admin").get(path)
    for name, value in EVERYWHERE.items():
        assert reply.header(name) == value
    policy = reply.header("content-security-policy")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert reply.header("cache-control") == "no-store"
    assert reply.header("server") == ""


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", ["/login", "/live", "/calls", "/calls/b1-c1", "/password", "/nothing", "/settings", "/settings/desk"])
def test_pages_have_no_inline_script_or_style(pages: Pages, path: str, language: str) -> None:
    """Every page works under its own policy, in both languages: what the policy forbids is not there."""
    person = pages.person(accept_language=language) if path == "/login" else pages.person("admin", accept_language=language)
    text = person.get(path).text
    assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in text
    assert " style=" not in text
    assert " onclick=" not in text
    assert "<style" not in text
    assert all("src=" in tag for tag in text.split("<script")[1:])


def test_every_sentence_of_a_chinese_page_is_chinese(pages: Pages) -> None:
    """A Chinese reader meets no English heading or button."""
    for path, english in (
        ("/live", ("Agents", "Queues", "Phones", "Waiting", "logged out")),
        ("/calls", ("Recording", "Waited", "Find", "From day")),
        ("/calls/b1-c1", ("What happened", "Details", "Released by", "Began")),
        ("/password", ("Old password", "Change password")),
        ("/nothing", ("There is no such page", "Not found")),
    ):
        text = pages.person("admin", accept_language="zh").get(path).text
        assert not [word for word in english if word in text], path


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/live/more", 404), ("/static/0/strowger.css", 404)])
def test_what_is_not_there_is_not_found(pages: Pages, path: str, status: int) -> None:
    """A wrong address is answered with a plain sentence and a way back."""
    assert pages.person("admin").get(path).status == status


def test_a_wrong_method_is_refused(pages: Pages) -> None:
    """A page that is only looked at cannot be sent to; the answer says what can be done."""
    reply = pages.person("admin").post("/live", {"csrf": ""})
    assert reply.status == 405
    assert "GET" in reply.header("allow")


def test_a_fault_of_ours_is_a_sentence_and_a_log_line(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """When something breaks inside, the reader is told so without details, and the log has them."""

    def broken(*_: object) -> None:
        raise ValueError("the inner truth")

    monkeypatch.setattr(pages.site.house.window, "calls", broken)
    reply = pages.person("admin", accept_language="en").get("/calls")
    assert reply.status == 500
    assert "Something went wrong inside the appliance" in reply.text
    assert "inner truth" not in reply.text
    assert "ValueError: the inner truth" in logged(pages, "bug: web")[0]


def test_a_long_body_is_refused_before_it_is_read(pages: Pages) -> None:
    """Nobody fills the memory by sending a form without end."""
    reply = pages.person().post("/logout", {"name": "x" * BODY_BYTES_MOST})
    assert reply.status == 413
    chunk = b"%x\r\n%s\r\n" % (BODY_BYTES_MOST, b"x" * BODY_BYTES_MOST)
    opened = pages.person().open("POST", "/logout", chunk + chunk, {"transfer-encoding": "chunked", "content-length": ""})
    assert opened.transport.value().startswith(b"HTTP/1.1 413")


def test_connections_are_bounded(pages: Pages) -> None:
    """More connections than can be served are not even begun; when one ends there is room again."""
    factory = pages.site.factory
    person = pages.person()
    opened = [person.open("GET", "/login") for _ in range(3)]
    open_now = len(factory._connections)
    for channel in range(CONNECTIONS_MOST - open_now):
        factory._connections.add(channel)  # type: ignore[arg-type]  # counted, never used
    assert factory.buildProtocol(None) is None
    assert factory.turned_away == 1
    factory._connections.difference_update(range(CONNECTIONS_MOST))
    for one in opened:
        one.leave()
    assert not factory._connections
    assert person.get("/login").status == 200


def test_static_files_are_squeezed_and_kept(pages: Pages) -> None:
    """The first load is small, and the next one needs nothing: a file's address changes with its content."""
    house = pages.site.house
    total = 0
    for name, file in house.static.items():
        path = f"/static/{file.version}/{name}"
        plain = pages.person().get(path)
        small = pages.person().get(path, accept_encoding="gzip, br")
        assert plain.body == gzip.decompress(small.body) == file.octets
        assert small.header("content-encoding") == "gzip"
        assert "immutable" in plain.header("cache-control")
        assert plain.header("content-type") == file.media_type
        total += len(small.body)
    live = pages.person("admin").get("/live").body
    assert total + len(live) < 150_000


def test_the_log_has_a_line_for_each_request_and_no_secret(pages: Pages) -> None:
    """A technician sees who asked for what; what people search for, and passwords, are not written down."""
    person = pages.person("admin")
    person.get("/calls?q=13800138000")
    line = logged(pages, "/calls")[-1]
    assert line.startswith("web: ")
    assert " admin GET /calls 200 " in line
    assert not logged(pages, "13800138000")
    assert not logged(pages, PASSWORD)


@pytest.mark.parametrize(
    "octets",
    [b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/9.9\r\n\r\n", b"GET /%ff%fe HTTP/1.1\r\nHost: x\r\n\r\n", b"A" * 40_000, b"GET\r\n\r\n"],
)
def test_garbage_harms_nobody(pages: Pages, octets: bytes) -> None:
    """Whatever a scanner sends, the page goes on."""
    opened = pages.person().open("GET", "/login")
    channel = pages.site.factory.buildProtocol(None)
    channel.makeConnection(opened.transport)
    channel.dataReceived(octets)
    pages.wait(20)
    assert pages.person("admin").get("/live").status == 200
    assert not logged(pages, "bug")


@pytest.mark.parametrize(
    "cookie", ["__Host-login=" + "x" * 5000, "a=b; c", '"', "__Host-login=\u00ff", "__Host-visit=; language=xx; theme=<b>"]
)
def test_strange_cookies_are_no_login(pages: Pages, cookie: str) -> None:
    """A broken cookie is as good as none."""
    reply = pages.person().get("/live", cookie=cookie)
    assert reply.header("location").startswith("/login")
