"""What is refused: no token, no right, wrong input, too fast; each with one shape, a sentence, and nothing done."""

from __future__ import annotations

from typing import Any

import pytest

from engine.people.actors import allowed
from engine.people.users import actor_of
from tests.api.conftest import USERS, As
from tests.api.program import BASE, error_of, token_for
from tests.pages import Pages, Person, logged
from web.api.endpoint import Endpoint
from web.api.service import BODY_BYTES_MOST, BURST, WRONG_BURST
from web.api.table import TABLE

NAMED = {"{call}": "b1-c1", "{recording}": "b1-r1", "{agent}": "1009", "{trunk}": "pri-1", "{extension}": "801", "{phone}": "phone-801"}
GUARDED = [endpoint for endpoint in TABLE if endpoint.act is not None]


def address(endpoint: Endpoint) -> str:
    """A path of an endpoint."""
    path = endpoint.path
    for name, value in NAMED.items():
        path = path.replace(name, value)
    return path


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("endpoint", GUARDED, ids=lambda endpoint: endpoint.name)
def test_each_user_may_what_the_roles_say(program: As, pages: Pages, endpoint: Endpoint, user: str) -> None:
    """A token opens what its user may do and nothing else; who lacks a right reads so, and the log has a line."""
    assert endpoint.act is not None
    seq, version = pages.site.house.window.seq, pages.site.house.sites.note.number
    body: Any = {} if endpoint.body is not None else None
    asked = program(user)
    if endpoint.name == "events":
        opened = asked.open(address(endpoint))
        pages.wait(20)
        status = int(opened.transport.value().split()[1])
        opened.leave()
    else:
        status = asked.ask(endpoint.method, address(endpoint), body).status
    may = allowed(actor_of(user, USERS[user]), endpoint.act, "")
    assert (status != 403) is may
    if not may:
        reply = asked.ask(endpoint.method, address(endpoint), body)
        assert error_of(reply) == {"code": "forbidden", "message": f"user {user} may not do this.", "fields": []}
        assert f"user {user} may not {endpoint.act.value}: {endpoint.method} {BASE}{address(endpoint)}" in logged(pages, "may not")[-1]
        assert (pages.site.house.window.seq, pages.site.house.sites.note.number) == (seq, version)


@pytest.mark.parametrize("endpoint", [one for one in TABLE if not one.public], ids=lambda endpoint: endpoint.name)
def test_without_token_nothing_is_told(program: As, pages: Pages, endpoint: Endpoint) -> None:
    """Nobody without a token learns anything, and is told how to come by one."""
    pages.later(1)
    reply = program().ask(endpoint.method, address(endpoint))
    assert reply.status == 401
    assert reply.header("www-authenticate") == 'Bearer realm="strowger"'
    assert error_of(reply)["code"] == "unauthorized"


@pytest.mark.parametrize(
    "given",
    [
        "Bearer stw_wrong",
        f"Bearer {token_for('nobody')}",
        "Basic YWRtaW46YWRtaW4=",
        "Bearer",
        "Bearer  ",
        "bearer \u00ff",
        "Token x",
        "x" * 5000,
    ],
)
def test_a_wrong_token_opens_nothing(program: As, pages: Pages, given: str) -> None:
    """A token with a wrong letter, another kind of credentials, garbage: 401 and a sentence."""
    pages.later(1)
    reply = program(authorization=given).ask("GET", "/me")
    assert reply.status == 401
    assert error_of(reply)["fields"] == []


def test_a_cookie_is_no_token(program: As, pages: Pages) -> None:
    """Whoever is logged in on the page cannot be made to ask the API by another site."""
    person = pages.person("admin")
    assert person.get("/live").status == 200
    assert person.get(f"{BASE}/me", accept="application/json").status == 401
    reply = program("admin").ask("GET", "/me", origin="https://evil.example")
    assert reply.header("access-control-allow-origin") == ""
    assert not [name for name, _ in reply.headers if name.startswith("access-control") or name == "set-cookie"]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/log?limit=0", ["query.limit"]),
        ("/log?limit=1001&limti=5", ["query.limit", "query.limti"]),
        ("/log?limit=5&limit=6", ["query.limit"]),
        ("/log?limit=", ["query.limit"]),
        ("/me?verbose=1", ["query.verbose"]),
        ("/calls?direction=sideways", ["query.direction"]),
        ("/calls?since_utc_ms=yesterday&until_utc_ms=-1", ["query.since_utc_ms", "query.until_utc_ms"]),
        ("/facts?names=CallEnded,Nothing", ["query.names"]),
        ("/facts?after=99999999999999999999", ["query.after"]),
        ("/settings?secrets=yes", ["query.secrets"]),
        ("/calls?words=%ff", []),
        ("/calls?" + "&".join(f"x{number}=1" for number in range(60)), []),
    ],
)
def test_wrong_values_in_an_address_are_all_named(program: As, path: str, fields: list[str]) -> None:
    """An address with mistakes is refused with every mistake; nothing is guessed and nothing passed over."""
    reply = program("admin").ask("GET", path)
    assert reply.status == 400
    error = error_of(reply)
    assert error["code"] == "bad_request"
    assert [field["field"] for field in error["fields"]] == fields
    assert all(field["message"] for field in error["fields"])


@pytest.mark.parametrize(
    ("body", "status", "fields"),
    [
        (b"", 415, []),
        (b"reason=meal", 400, []),
        (b"{", 400, []),
        (b'{"reason": "meal", "reason": "break"}', 400, []),
        (b'{"reason": NaN}', 400, []),
        (b'{"reason": "\xff"}', 400, []),
        (b"[" * 5000, 400, []),
        (b'{"reason": "\\ud800"}', 400, []),
        (b"[]", 400, ["body"]),
        (b"null", 400, ["body"]),
        (b"{}", 400, ["body.reason"]),
        (b'{"reason": 5}', 400, ["body.reason"]),
        (b'{"reason": "a\\nb"}', 400, ["body.reason"]),
        (b'{"reason": "meal", "until": 5}', 400, ["body.until"]),
        (b'{"reason": "holiday"}', 422, []),
    ],
)
def test_a_wrong_body_is_refused(program: As, body: bytes, status: int, fields: list[str]) -> None:
    """Broken, doubtful and wrong bodies each get their sentence; the agent is as before."""
    before = program("admin").get("/agents")
    reply = program("admin").post("/agents/1001/not-ready", body)
    assert (reply.status, [field["field"] for field in error_of(reply)["fields"]]) == (status, fields)
    assert program("admin").get("/agents") == before


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp", ""]
)
def test_a_body_must_say_that_it_is_json(program: As, kind: str) -> None:
    """A form of another site cannot be taken for a request of a program."""
    reply = program("admin").post("/agents/1001/not-ready", b'{"reason": "meal"}', content_type=kind)
    assert (reply.status, error_of(reply)["code"]) == (415, "unsupported_media_type")


def test_json_with_a_character_set_is_json(program: As) -> None:
    """Many programs name the character set, which JSON does not need."""
    assert program("admin").post("/settings/preview", b"{}", content_type="Application/JSON; charset=utf-8").status == 400


def test_a_body_without_end_is_refused(program: As) -> None:
    """Nobody fills the memory; whoever sends too much reads so."""
    reply = program("admin").post("/settings/preview", b'{"site": "' + b"x" * BODY_BYTES_MOST + b'"}')
    assert (reply.status, error_of(reply)["code"]) == (413, "too_large")


def test_a_body_where_none_belongs_is_refused(program: As) -> None:
    """A value that is sent to the wrong place is not silently lost."""
    assert program("admin").post("/agents/1001/ready", {"reason": "meal"}).status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/calls/",
        "/calls//why",
        "/calls/b1-c1/why/not",
        "/calls/%ff",
        "/calls/..%2f..",
        "/agents/x/ready",
        "/recordings/b1-c1",
    ],
)
def test_what_is_not_there_is_not_found(program: As, path: str) -> None:
    """A wrong address is told to be one, before anybody is asked for a token."""
    reply = program().ask("GET", path)
    assert reply.status == 404
    assert f"{BASE}/openapi.json" in error_of(reply)["message"]


@pytest.mark.parametrize("path", ["/calls/b1-c999", "/calls/b1-c999/why", "/recordings/b1-r999"])
def test_a_thing_that_is_not_there_is_not_found(program: As, path: str) -> None:
    """An id that the box does not know is told so."""
    assert error_of(program("admin").ask("GET", path))["code"] == "not_found"


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v2/me", "/api//v1/me"])
def test_the_api_has_one_version(pages: Pages, path: str) -> None:
    """A program of another version reads JSON, not a page."""
    reply = Person(pages).get(path, accept="*/*")
    assert (reply.status, error_of(reply)["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "POST", "NONSENSE"])
def test_a_wrong_method_is_told_the_right_ones(program: As, method: str) -> None:
    """The answer says which methods the address takes."""
    reply = program("admin").ask(method, "/me")
    assert (reply.status, reply.header("allow")) == (405, "GET, HEAD, OPTIONS")
    assert error_of(reply)["code"] == "method_not_allowed"


def test_options_and_head(program: As) -> None:
    """OPTIONS says what an address takes; HEAD is GET without the body, and opens no stream."""
    options = program().ask("OPTIONS", "/agents/1001/ready")
    assert (options.status, options.header("allow"), options.body) == (204, "OPTIONS, POST", b"")
    head = program("admin").ask("HEAD", "/me")
    assert (head.status, head.body) == (200, b"")
    assert int(head.header("content-length")) == len(program("admin").ask("GET", "/me").body)
    assert program("admin").ask("HEAD", "/agents/1001/ready").status == 405
    events = program("admin").ask("HEAD", "/events")
    assert (events.status, events.header("content-type")) == (200, "text/event-stream; charset=utf-8")
    assert program("admin").pages.site.api.streams.open == set()


def test_faults_are_told_in_the_readers_language(program: As) -> None:
    """A Chinese log of a program has Chinese sentences; who names no language reads that of the site."""
    chinese = error_of(program("guest").ask("GET", "/log", accept_language="zh-CN"))["message"]
    usual = error_of(program("guest").ask("GET", "/log", accept_language=""))["message"]
    assert chinese == usual
    assert "may not" not in chinese
    assert program("guest").ask("GET", "/log", accept_language="zh").header("content-language") == "zh"


def test_who_asks_too_fast_waits(program: As, pages: Pages) -> None:
    """A program that asks without pause is told when to ask again, and is then answered; other programs notice nothing."""
    refused = pages.site.api.buckets.refused
    program("lina").get("/me")
    newest = next(reversed(pages.site.api.buckets._kept))
    for _ in range(BURST):  # as fast as this no test can ask
        pages.site.api.buckets.take(newest)
    fast = program("lina").ask("GET", "/me")
    assert (fast.status, error_of(fast)["code"], fast.header("retry-after")) == (429, "too_many_requests", "1")
    assert pages.site.api.buckets.refused > refused
    assert program("admin").ask("GET", "/me").status == 200
    pages.later(1 / 60)
    assert program("lina").ask("GET", "/me").status == 200


def test_who_tries_wrong_tokens_waits(program: As, pages: Pages) -> None:
    """Guessing is slowed down for the address; a program there whose token was right before works on."""
    program("admin").get("/me")
    pages.later(1)
    statuses = [program("nobody").ask("GET", "/me").status for _ in range(WRONG_BURST + 3)]
    assert statuses[:WRONG_BURST] == [401] * WRONG_BURST
    assert statuses[-1] == 429
    assert program("admin").ask("GET", "/me").status == 200
    pages.later(1)
    assert program("nobody").ask("GET", "/me").status == 401
    pages.later(1)


def test_a_fault_of_ours_is_a_sentence_and_a_log_line(program: As, pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """When something breaks inside, the program is told so without details, and the log has them."""

    def broken(*_: object) -> None:
        raise ValueError("the inner truth")

    monkeypatch.setattr(pages.site.house.window, "calls", broken)
    reply = program("admin").ask("GET", "/calls")
    assert (reply.status, error_of(reply)["code"]) == (500, "internal_error")
    assert "inner truth" not in reply.text
    assert "ValueError: the inner truth" in logged(pages, "bug: api")[-1]


def test_every_answer_bears_the_security_headers(program: As) -> None:
    """Answers for programs cannot be framed, guessed at or kept by others, right ones and wrong ones."""
    for reply in (program("admin").ask("GET", "/me"), program().ask("GET", "/me"), program().ask("GET", "/nothing")):
        assert reply.header("x-content-type-options") == "nosniff"
        assert reply.header("cache-control") == "no-store"
        assert "default-src 'none'" in reply.header("content-security-policy")
        assert reply.header("server") == ""


def test_the_log_has_no_token_and_no_search(program: As, pages: Pages) -> None:
    """A technician sees who asked for what; tokens and the numbers that people search for are not written down."""
    program("admin").get("/calls?words=13811112222")
    assert f" admin GET {BASE}/calls 200 " in logged(pages, f"{BASE}/calls")[-1]
    assert not logged(pages, "stw_")
    assert not logged(pages, "13811112222")


@pytest.mark.parametrize("path", ["", "/"])
def test_the_beginning_of_the_api_leads_to_its_document(pages: Pages, path: str) -> None:
    """Who opens the address that the page of tokens names comes to the description of everything there is."""
    reply = pages.person().get(BASE + path)
    assert (reply.status, reply.header("location")) == (302, f"{BASE}/openapi.json")
