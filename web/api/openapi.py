"""The table as an OpenAPI 3.1 document. Pure: equal tables give equal documents, octet by octet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from web.api.derived import SiteShape
from web.api.endpoint import Endpoint, Media, Parameter
from web.api.facts import EVENTS
from web.api.faults import ERROR
from web.api.shapes import Group, OneOf, Schema, Shape, parts_of
from web.api.table import TABLE

__all__ = ["VERSION", "document", "written"]

VERSION = "1"
"""Of the API: of what is in the path. What is there is never taken away or given another meaning; more may come."""

_SAID = {
    400: "A value is wrong or not known here; `fields` says which.",
    401: "No token, or one that opens nothing.",
    403: "The user of the token may not do this.",
    404: "There is no such thing.",
    405: "The address is not asked by this method.",
    409: "It is understood, and not possible now.",
    413: "The body is too long.",
    415: "The body is not JSON.",
    422: "It is well-formed and does not fit this site; `fields` says why when it is about single values.",
    429: "Too many requests, or too many wrong tokens.",
    500: "A fault of the appliance; its log has the details.",
    503: "Something that is needed does not answer, or is too busy.",
}
_HEADERS: Mapping[int, Mapping[str, Any]] = {
    401: {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}, "description": "`Bearer`, and why."}},
    405: {"Allow": {"required": True, "schema": {"type": "string"}, "description": "The methods that it takes."}},
    429: {"Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 1}, "description": "Seconds."}},
    503: {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds."}},
}
_TAGS = {
    "api": "The API itself",
    "status": "The state of the box",
    "agents": "Agents",
    "calls": "Calls and recordings",
    "facts": "Facts: the journal, and what happens now",
    "settings": "Settings: versions, changes",
    "trunks": "Trunks: channels, load, blocking, messages",
    "services": "Supplementary services of extensions",
    "costs": "What calls cost, and the budgets of the month",
}
_SAYS = (
    "The JSON API of a Strowger box. Whatever is asked is asked in the name of the user of a token, with the rights of that user."
    " Times are UTC milliseconds; ids are texts; what is unknown is an empty text or null. Objects of answers may get more values some day."
)


def document(table: Iterable[Endpoint] = TABLE) -> dict[str, Any]:
    """The document."""
    rows = tuple(table)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in rows:
        paths.setdefault(endpoint.whole_path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Strowger",
            "version": VERSION,
            "summary": "Call centre in a box",
            "description": _SAYS,
            "license": {"name": "GPL-2.0-or-later", "identifier": "GPL-2.0-or-later"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [{"name": name, "description": said} for name, said in _TAGS.items()],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token of a user, made on the page under the user's name."}
            },
            "responses": {f"Error{status}": _error(status) for status in _SAID},
            "schemas": _schemas(rows),
        },
    }


def written(made: Mapping[str, Any]) -> str:
    """The document as the text of its file."""
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    needs = f"Needs the right `{endpoint.act.value}`." if endpoint.act else ""
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "description": " ".join(part for part in (endpoint.says, needs) if part),
    }
    if not operation["description"]:
        del operation["description"]
    if endpoint.public:
        operation["security"] = []
    if endpoint.parameters:
        operation["parameters"] = [_parameter(one) for one in endpoint.parameters]
    if endpoint.body is not None:
        content = {"schema": endpoint.body.group.schema(), "example": endpoint.body.example}
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    operation["responses"] = _responses(endpoint)
    return operation


def _parameter(one: Parameter) -> dict[str, Any]:
    schema = one.shape.schema()
    if one.usual is not None:
        schema = {**schema, "default": one.usual}
    made: dict[str, Any] = {"name": one.name, "in": one.place, "required": one.place == "path", "description": one.says, "schema": schema}
    if one.example:
        made["example"] = one.example
    return {**made, "style": "form", "explode": False} if schema.get("type") == "array" else made


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    responses: dict[str, Any] = {"200": _answer(endpoint.answer)}
    if isinstance(endpoint.answer, Media):
        responses |= {str(status): {"description": said} for status, said in endpoint.answer.statuses.items()}
    for status in _error_statuses(endpoint):
        responses[str(status)] = {"$ref": f"#/components/responses/Error{status}"}
    return dict(sorted(responses.items()))


def _error_statuses(endpoint: Endpoint) -> Iterable[int]:
    yield from (400, 405, 500)
    if not endpoint.public:
        yield from (401, 429, 503)
    if endpoint.act is not None:
        yield 403
    if endpoint.refused == 404 or any(one.place == "path" for one in endpoint.parameters):
        yield 404
    if endpoint.body is not None:
        yield from (413, 415)
    if endpoint.refuses or endpoint.refused != 404:
        yield 409
    if endpoint.refuses:
        yield 422


def _answer(answer: Shape | Media) -> dict[str, Any]:
    if isinstance(answer, Media):
        media = {} if answer.schema is None else {"schema": answer.schema}
        return {"description": answer.says, "content": {answer.media_type: media}}
    says = answer.says if isinstance(answer, Group) and answer.says else "The answer."
    return {"description": says, "content": {"application/json": {"schema": answer.schema()}}}


def _error(status: int) -> dict[str, Any]:
    made: dict[str, Any] = {"description": _SAID[status], "content": {"application/json": {"schema": ERROR.schema()}}}
    return {**made, "headers": dict(_HEADERS[status])} if status in _HEADERS else made


def _schemas(rows: Iterable[Endpoint]) -> dict[str, Schema]:
    """Every named shape that is used somewhere, by name."""
    found: dict[str, Schema] = {}
    waiting: list[Shape] = [ERROR, *EVENTS.values()]
    for endpoint in rows:
        if not isinstance(endpoint.answer, Media):
            waiting.append(endpoint.answer)
        if endpoint.body is not None:
            waiting.append(endpoint.body.group)
    while waiting:
        shape = waiting.pop()
        if isinstance(shape, Group | OneOf | SiteShape) and shape.name:
            made = shape.written_out()
            assert found.setdefault(shape.name, made) == made, f"two shapes are called {shape.name}"
        waiting.extend(parts_of(shape))
    return dict(sorted(found.items()))
