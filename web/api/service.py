"""The API at work: from a request to its row, who asks, whether it may, what it gave, and the answer or the fault.

It knows tokens only: a browser's cookie opens nothing here, so that no other site can use one.
"""

from __future__ import annotations

import json
import traceback
from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from twisted.internet import defer
from twisted.web import resource, server

from engine.kernel.errors import Refused
from engine.kernel.text import text
from engine.people.users import User
from web.api.endpoint import BASE, TAKEN, Ask, Endpoint, Inside, actor_for
from web.api.faults import ApiFault, fault_body, judged, refused, token_fault, too_fast
from web.api.news import News
from web.api.openapi import document
from web.api.rate import Buckets
from web.api.shapes import FieldFault
from web.api.streams import Streams
from web.api.strict_json import JsonFault, read_json
from web.api.table import Found, Routes
from web.house import House, asked
from web.render import LANGUAGES, Reader
from web.request import PageRequest

__all__ = ["API_PATH", "BODY_BYTES_MOST", "Api", "Root", "best_language"]

API_PATH = "/api/"
BODY_BYTES_MOST = 1024 * 1024
"""Of a whole site with its lists."""
RATE_PER_S = 50.0
BURST = 100
TOKENS_KEPT = 1000
WRONG_RATE_PER_S = 1.0
WRONG_BURST = 20
ADDRESSES_KEPT = 1000
QUERY_VALUES_MOST = 50
HEARD_MOST = 1000
HEARD_AGAIN_NS = 3_600_000_000_000
"""Who opens a recording again within an hour is not told again: a player asks for it in parts."""


class Api(resource.Resource):
    """One per page. ``close`` ends every stream. Counters: ``asked``, ``buckets.refused`` (too fast), ``strangers.refused`` (too many
    wrong tokens from one address), and those of ``streams``.
    """

    isLeaf = True  # noqa: N815  # Twisted's name

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house
        self._routes = Routes()
        self.news = News(house.window.seq)
        self.streams = Streams()
        self.asked = 0
        monotonic_ns = house.clock.monotonic_ns
        self.buckets = Buckets(RATE_PER_S, BURST, TOKENS_KEPT, monotonic_ns)
        self.strangers = Buckets(WRONG_RATE_PER_S, WRONG_BURST, ADDRESSES_KEPT, monotonic_ns)
        self._heard: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._inside = Inside(house, self.news, self.streams, self._heard_anew, lambda: self._document)
        self._leave = house.window.hear("api", self.news.hear)

    def close(self) -> None:
        """The appliance stops."""
        self._leave()
        self.streams.close()

    def render(self, request: PageRequest) -> int:
        """Answer a request."""
        self.asked += 1
        left: list[object] = []
        request.notifyFinish().addErrback(left.append)
        served = defer.Deferred.fromCoroutine(self._serve(request, left))
        served.addErrback(lambda failure: self._house.log("bug: api: " + failure.getTraceback()))
        return server.NOT_DONE_YET

    @cached_property
    def _document(self) -> Mapping[str, Any]:
        return document()

    # ---- one request -----------------------------------------------------------------------------------------------

    async def _serve(self, request: PageRequest, left: list[object]) -> None:
        reader = self._house.renderer.readers[self._language(request)]
        try:
            answer = await self._answer(request, reader)
        except Exception as error:  # noqa: BLE001  # whatever went wrong becomes a sentence
            if not left:
                self._refuse(request, reader, error)
            return
        if answer is not TAKEN and not left:
            _write(request, 200, answer, reader)

    async def _answer(self, request: PageRequest, reader: Reader) -> Any:  # noqa: ANN401  # whatever the row answers
        found = self._routes.find(request.path)
        if found is None and request.path.rstrip(b"/") == BASE.encode() and request.method in {b"GET", b"HEAD"}:
            request.setHeader("location", f"{BASE}/openapi.json")
            request.setResponseCode(302)
            request.finish()
            return TAKEN
        if found is None:
            raise ApiFault(404, text("There is nothing at this address. {base}/openapi.json says what there is.", base=BASE))
        method = request.method.decode("ascii", "replace")
        if method == "OPTIONS":
            request.setHeader("allow", ", ".join(found.allowed))
            request.setResponseCode(204)
            request.finish()
            return TAKEN
        endpoint = found.endpoint(method)
        if endpoint is None:
            said = text("This address is not asked by {method}.", method=ascii(method[:20])[1:-1])
            raise ApiFault(405, said, headers={"Allow": ", ".join(found.allowed)})
        token, user = "", None
        if not endpoint.public:
            token = _token(request)
            user = await self._user(request, token)
            self._check(request, endpoint, user)
        ask = Ask(request, user, token, reader, _values(request, found, endpoint))
        try:
            return await endpoint.perform(self._inside, ask)
        except Refused as refusal:
            raise refused(refusal, endpoint.refused) from refusal

    def _refuse(self, request: PageRequest, reader: Reader, error: Exception) -> None:
        fault = judged(error)
        if fault is None:
            self._house.log("bug: api: " + "".join(traceback.format_exception(error)))
            fault = ApiFault(500, text("Something went wrong inside the appliance; its log has the details. Calls go on."))
        if request.startedWriting:
            request.loseConnection()
            return
        for name, value in fault.headers.items():
            request.setHeader(name, value)
        _write(request, fault.status, fault_body(fault, reader), reader)

    # ---- who asks --------------------------------------------------------------------------------------------------

    async def _user(self, request: PageRequest, token: str) -> User:
        """The user of a token. Whoever asks too fast, or tries wrong tokens, waits."""
        key, address = sha256(token.encode()).hexdigest(), str(getattr(request.getClientAddress(), "host", ""))
        if key not in self.buckets and (wait_s := self.strangers.wait_s(address)) > 0:
            self.strangers.refused += 1
            raise too_fast(wait_s)
        try:
            user: User = await asked(lambda done, failed: self._house.accounts.by_token(token, done, failed))
        except Exception:
            self.strangers.take(address)
            raise
        request.user_name = user.name
        if (wait_s := self.buckets.take(key)) > 0:
            raise too_fast(wait_s)
        return user

    def _check(self, request: PageRequest, endpoint: Endpoint, user: User) -> None:
        actor = actor_for(user)
        if endpoint.act is None or self._house.window.may(actor, endpoint.act):
            return
        self._house.log(
            f"web: api: {actor.about} may not {endpoint.act.value}: {endpoint.method} {request.path.decode('ascii', 'replace')}"
        )
        raise ApiFault(403, text("{actor} may not do this.", actor=actor.about))

    def _heard_anew(self, user: str, recording: str) -> bool:
        now_ns, key = self._house.clock.monotonic_ns(), (user, recording)
        before_ns = self._heard.pop(key, None)
        self._heard[key] = now_ns if before_ns is None or now_ns - before_ns >= HEARD_AGAIN_NS else before_ns
        while len(self._heard) > HEARD_MOST:
            self._heard.popitem(last=False)
        return self._heard.get(key) == now_ns

    def _language(self, request: PageRequest) -> str:
        return best_language(request.getHeader("accept-language") or "", self._house.window.site.box.language)


def best_language(wanted: str, usual: str) -> str:
    """The language that somebody wants most of those that there are; ``wanted`` is a header Accept-Language (RFC 9110, clause 12.5.4)."""
    best, best_quality = usual if usual in LANGUAGES else "en", 0.0
    for part in wanted[:500].split(","):
        tag, _, parameter = part.strip().partition(";")
        language = tag.strip()[:2].lower()
        quality = _quality(parameter)
        if language in LANGUAGES and quality > best_quality:
            best, best_quality = language, quality
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def _token(request: PageRequest) -> str:
    scheme, _, token = (request.getHeader("authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise token_fault(text("Give a token in the header Authorization: Bearer …. Make one on the page, under your name."), wrong=False)
    return token.strip()[:200]


# ---- what came in ----------------------------------------------------------------------------------------------------


def _values(request: PageRequest, found: Found, endpoint: Endpoint) -> dict[str, Any]:
    """Parameters and body by name. Raises ApiFault with everything that is wrong."""
    faults: list[FieldFault] = []
    values: dict[str, Any] = dict(found.parts)
    values |= _query(request, endpoint, faults)
    for parameter in endpoint.parameters:
        written = request.getHeader(parameter.name) if parameter.place == "header" else None
        if written is not None:
            values[parameter.name] = parameter.shape.parse(written, f"header.{parameter.name}", faults)
    body = _body(request, endpoint)
    if endpoint.body is not None:
        values |= endpoint.body.group.read(body, "body", faults)
    if faults:
        raise ApiFault(400, text("Some values of the request are wrong; “fields” says which."), tuple(faults))
    return values


def _query(request: PageRequest, endpoint: Endpoint, faults: list[FieldFault]) -> dict[str, Any]:
    known = {one.name: one for one in endpoint.parameters if one.place == "query"}
    values = {name: one.usual for name, one in known.items() if one.usual is not None}
    seen: set[str] = set()
    for name, written in _pairs(request):
        place = f"query.{name[:40]}"
        if name not in known:
            names = ", ".join(known) or "-"
            faults.append(FieldFault(place, text("There is no such value here; there are {names}.", names=names)))
        elif name in seen:
            faults.append(FieldFault(place, text("It is given twice.")))
        else:
            seen.add(name)
            values[name] = known[name].shape.parse(written, place, faults)
    return values


def _pairs(request: PageRequest) -> list[tuple[str, str]]:
    query = request.uri.partition(b"?")[2]
    try:
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=QUERY_VALUES_MOST)
    except ValueError as error:
        raise ApiFault(400, text("The address is not understood: its query is no UTF-8, or too long.")) from error


def _body(request: PageRequest, endpoint: Endpoint) -> Any:  # noqa: ANN401  # whatever JSON holds
    if request.too_large:
        raise ApiFault(413, text("The body is longer than {most} octets. Nothing was changed.", most=BODY_BYTES_MOST))
    octets = request.content.read() if request.content is not None else b""
    if endpoint.body is None:
        if octets:
            raise ApiFault(400, text("This address takes no body."))
        return None
    kind = (request.getHeader("content-type") or "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiFault(415, text("The body must be JSON, with the header Content-Type: application/json."))
    try:
        return read_json(octets)
    except JsonFault as fault:
        raise ApiFault(400, fault.said) from fault


def _write(request: PageRequest, status: int, answer: object, reader: Reader) -> None:
    octets = json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"
    request.setResponseCode(status)
    request.setHeader("content-type", "application/json")
    request.setHeader("content-language", reader.language)
    request.setHeader("vary", "accept-language")
    request.setHeader("content-length", str(len(octets)))
    request.write(octets)
    request.finish()


class Root(resource.Resource):
    """The site's root: the API at its path, the pages everywhere else."""

    isLeaf = True  # noqa: N815  # Twisted's name

    def __init__(self, pages: resource.Resource, api: Api) -> None:
        super().__init__()
        self._pages = pages
        self._api = api

    def render(self, request: PageRequest) -> Any:  # noqa: ANN401  # Twisted's
        """Answer a request."""
        here = request.path == API_PATH.encode().rstrip(b"/") or request.path.startswith(API_PATH.encode())
        return (self._api if here else self._pages).render(request)
