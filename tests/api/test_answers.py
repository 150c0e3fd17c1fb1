"""Every answer of a live appliance, against the document, closed: with nothing in it that the document does not have."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from engine.facts import RecordingHeard
from tests.api.conftest import As
from tests.api.program import BASE, error_of
from tests.pages import Day, Pages
from web.api.openapi import document
from web.api.table import TABLE

NAMED = {"{call}": "b1-c1", "{recording}": "b1-r1", "{agent}": "1001", "{trunk}": "analog_lines"}
ELSEWHERE = {"/events", "/recordings/{recording}", "/trunks/{trunk}/trace", "/costs/{call}"}
"""What is no JSON, or needs another site."""
ASKED = [endpoint.path for endpoint in TABLE if endpoint.method == "GET" and endpoint.path not in ELSEWHERE]


def closed(schema: Any) -> Any:
    """The same schema, but an object has no other values than those it names."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    made = {name: closed(part) for name, part in schema.items()}
    return {**made, "additionalProperties": False} if "properties" in made and "additionalProperties" not in made else made


COMPONENTS = {"components": closed(document()["components"])}


def against(path: str, method: str, status: str, answer: object) -> list[str]:
    """What in an answer is not as the document says."""
    response = document()["paths"][BASE + path][method]["responses"][status]
    if "$ref" in response:
        response = document()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    schema = closed(response["content"]["application/json"]["schema"])
    if path == "/openapi.json":
        schema.pop("additionalProperties")
    return [f"{fault.instance_path}: {fault.message}" for fault in Draft202012Validator({**COMPONENTS, **schema}).iter_errors(answer)]


@pytest.mark.parametrize("path", ASKED)
def test_every_answer_is_as_the_document_says(program: As, path: str) -> None:
    """A program that was written from the document understands every answer, and finds no value that is not told there."""
    asked = path
    for name, value in NAMED.items():
        asked = asked.replace(name, value)
    assert against(path, "get", "200", program("admin").get(asked)) == []


def test_lists_are_not_empty(program: As) -> None:
    """What was just compared with the document had calls, lines, phones, agents, moments, recordings and facts in it."""
    admin = program("admin")
    story = admin.get("/calls/b1-c1")
    assert [len(admin.get(f"/{name}")[name]) for name in ("lines", "phones", "agents", "queues", "calls")] == [4, 4, 4, 1, 1]
    assert len(story["moments"]) > 10
    assert story["recordings"][0]["audio"] == f"{BASE}/recordings/b1-r1"
    assert story["call"]["recorded"] is True
    assert {fact["fact"] for fact in admin.get("/facts")["facts"]} > {"CallArrived", "CallQueued", "RecordingEnded", "CallEnded"}


def test_sentences_come_in_the_language_that_is_asked_for(program: As) -> None:
    """A time line is read in Chinese or English; a recording lies where the API has it."""
    moments = {language: program("admin").get("/calls/b1-c1", accept_language=language)["moments"] for language in ("zh", "en")}
    said = {language: " ".join(moment["sentence"] or "" for moment in found) for language, found in moments.items()}
    assert "b1-c1 has ended" in said["en"]
    assert f"lies in {BASE}/recordings/b1-r1" in said["en"]
    assert "has ended" not in said["zh"]
    assert "b1-c1" in said["zh"]


@pytest.mark.parametrize("act", ["not-ready", "ready"])
def test_an_agent_is_made_ready_and_not_ready(program: As, pages: Pages, act: str) -> None:
    """A supervisor's program keeps calls from an agent and lets them come again; the log says who did it."""
    body = {"reason": "meal"} if act == "not-ready" else None
    reply = program("banzhang").post(f"/agents/1001/{act}", body)
    assert against(f"/agents/{{agent}}/{act}", "post", "200", json.loads(reply.body)) == []
    pages.wait(100)
    (agent, *_) = program("banzhang").get("/agents")["agents"]
    assert agent["state"] == act.replace("-", "_")
    assert agent["reasons"] == (["meal"] if body else [])
    assert f" banzhang POST {BASE}/agents/1001/{act} 200 " in pages.log[-2]


def test_calls_come_page_by_page(program: As, pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Following ``next`` shows every call once; filters are those of the page."""
    admin = program("admin")
    page = admin.get("/calls?limit=1")
    assert [call["call"] for call in page["calls"]] == ["b1-c1"]
    assert page["next"] is None
    (first,) = [envelope.seq for envelope in pages.day.facts if type(envelope.fact).__name__ == "CallArrived"]
    assert admin.get(f"/calls?before={first}")["calls"] == []
    assert len(admin.get(f"/calls?before={first + 1}")["calls"]) == 1
    for query, found in (("words=138", 1), ("words=999", 0), ("agent=1001&queue=service&direction=incoming", 1), ("agent=1002", 0)):
        assert len(admin.get(f"/calls?{query}")["calls"]) == found, query
    real = pages.site.house.window.calls

    def three(actor: Any, wanted: Any, limit: int, offset: int, done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        real(actor, wanted, limit, offset, lambda rows: done(rows * 3), failed)

    monkeypatch.setattr(pages.site.house.window, "calls", three)
    assert admin.get("/calls?limit=2")["next"] == first


def test_facts_come_page_by_page(program: As, day: Day) -> None:
    """Following ``next`` shows every fact once and in order, until there are none yet."""
    admin, after, read = program("admin"), 0, []
    while (page := admin.get(f"/facts?after={after}&limit=7"))["next"] > after:
        read += [fact["seq"] for fact in page["facts"]]
        after = page["next"]
    assert read == [envelope.seq for envelope in day.facts]
    ended = admin.get("/facts?names=CallEnded,CallArrived&call=b1-c1")
    assert [fact["fact"] for fact in ended["facts"]] == ["CallArrived", "CallEnded"]


def test_a_recording_is_heard_and_noted_once(program: As, day: Day, pages: Pages) -> None:
    """A program gets the sound whole or in parts; that its user has heard it is a fact, told once and not for every part."""
    quality = program("zhijian")
    pages.later(61)  # somebody may have heard it a moment ago
    before = len(day.told(RecordingHeard))
    assert quality.ask("HEAD", "/recordings/b1-r1").body == b""
    assert len(day.told(RecordingHeard)) == before
    whole = quality.ask("GET", "/recordings/b1-r1")
    assert whole.header("content-type") == "audio/wav"
    assert whole.body.startswith(b"RIFF")
    part = quality.ask("GET", "/recordings/b1-r1", range="bytes=100-199")
    assert (part.status, part.body) == (206, whole.body[100:200])
    assert quality.ask("GET", "/recordings/b1-r1", range="bytes=999999999-").status == 416
    assert quality.ask("GET", "/recordings/b1-r1", range="lines=1").body == whole.body
    assert [fact.user for fact in day.told(RecordingHeard)[before:]] == ["zhijian"]
    pages.later(61)
    quality.ask("GET", "/recordings/b1-r1", range="bytes=5-9")
    assert len(day.told(RecordingHeard)) == before + 2


def test_settings_are_looked_at_tried_changed_and_brought_back(program: As) -> None:
    """A program changes one setting against the version it saw, sees it in the history, and goes back."""
    admin = program("admin")
    shown = admin.get("/settings")
    base = shown["number"]
    edits = [{"act": "set", "path": "queues[service].wrap_up_s", "value": 12}]
    tried = admin.post("/settings/preview", {"edits": edits})
    expected = [{"path": "queues[service].wrap_up_s", "old": 30.0, "new": 12.0}]
    assert json.loads(tried.body) == {"number": base, "differences": expected}
    changed = admin.post("/settings/change", {"edits": edits, "why": "Shorter.", "base": base})
    assert json.loads(changed.body) == {"number": base + 1, "differences": expected, "waiting": []}
    assert against("/settings/change", "post", "200", json.loads(changed.body)) == []
    late = admin.post("/settings/change", {"edits": edits, "why": "Again.", "base": base})
    assert (late.status, error_of(late)["code"]) == (409, "conflict")
    assert "Shorter." in error_of(late)["message"]
    (newest, *_) = admin.get("/settings/versions?limit=1")["versions"]
    assert (newest["number"], newest["who"], newest["why"]) == (base + 1, "user admin", "Shorter.")
    back = admin.post("/settings/back", {"number": base, "why": "Too short."})
    assert json.loads(back.body)["number"] == base + 2
    assert admin.get("/settings")["site"] == shown["site"]


def test_a_whole_site_comes_back_without_its_secrets(program: As) -> None:
    """What was read can be given back: PINs that are masked stay; every fault of a wrong site is told with its place."""
    admin = program("admin")
    site = admin.get("/settings")["site"]
    assert site["agents"][0]["pin"] == "****"
    site["agents"][0]["name"] = "李娜娜"
    tried = json.loads(admin.post("/settings/preview", {"site": site}).body)
    assert [found["path"] for found in tried["differences"]] == ["agents[1001].name"]
    site["agents"][0]["pin"] = "1"
    site["box"]["language"] = "fr"
    refused = admin.post("/settings/change", {"site": site, "why": "Wrong."})
    assert refused.status == 422
    assert [field["field"] for field in error_of(refused)["fields"]] == ["box.language", "agents[0].pin"]
    assert against("/settings/change", "post", "422", json.loads(refused.body)) == []
    assert "'1'" not in refused.text
