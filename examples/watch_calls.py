#!/usr/bin/env python3
"""Watch the calls of a Strowger box: every event of a call as a sentence, as it happens.

    STROWGER_TOKEN=stw_… ./watch_calls.py https://box:8443/ --fingerprint 5A:0C:…
    STROWGER_TOKEN=stw_… ./watch_calls.py https://box.example.com/ --ca company-ca.pem --language zh

It needs Python and nothing else. The box is known by the SHA-256 fingerprint of its certificate, which the page shows and
``openssl x509 -fingerprint -sha256`` prints, or by a certificate authority in a file (without either: by those of this machine).
When the connection breaks it comes back with the id of the last event, so that nothing is missing and nothing comes twice.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import http.client
import json
import os
import ssl
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlsplit

PATH = "/api/v1/events"
CALLS = "CallAnswered,CallArrived,CallConnected,CallEnded,CallOffered,CallPlaced,CallQueued,OfferEnded,StintEnded,RecordingEnded,RecordingFailed"
SILENT_S = 40.0
"""The box says something every 15 s; when it does not the connection is broken, whatever the network thinks."""
AGAIN_FIRST_S, AGAIN_MOST_S = 1.0, 30.0


class Refused(Exception):
    """The box does not want this: asking again would not help."""


@dataclass(frozen=True)
class Event:
    """One event of the stream."""

    kind: str
    data: str


class Events:
    """Takes the lines of an event stream apart (WHATWG HTML, "Server-sent events"). ``last_id``: where the stream is."""

    def __init__(self, last_id: str = "") -> None:
        self.last_id = last_id

    def of(self, lines: Iterable[bytes]) -> Iterator[Event]:
        """The events in these lines; ends where the lines end. An event that was broken off is none."""
        kind, new_id = "message", self.last_id
        data: list[str] = []
        for octets in lines:
            line = octets.decode("utf-8").rstrip("\r\n")
            if not line:
                self.last_id = new_id
                if data:
                    yield Event(kind, "\n".join(data))
                kind, data = "message", []
                continue
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                kind = value
            elif name == "data":
                data.append(value)
            elif name == "id":
                new_id = value


class Box:
    """The box at an address. ``fingerprint``: of its certificate; ``ca``: a file with authorities that vouch for it."""

    def __init__(self, address: str, token: str, language: str, fingerprint: str, ca: str | None) -> None:
        self._address = urlsplit(address)
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream", "Accept-Language": language}
        self._fingerprint = fingerprint.replace(":", "").lower()
        self._ca = ca
        if self._address.scheme not in {"http", "https"} or not self._address.hostname:
            raise Refused(f"{address} is no address like https://box:8443/.")

    def lines(self, last_id: str) -> Iterator[bytes]:
        """Ask for events after ``last_id``, and give each line as it comes. Raises OSError and HTTPException when the connection breaks."""
        connection = self._connect()
        try:
            resumed = {"Last-Event-ID": last_id} if last_id else {}
            connection.request("GET", f"{PATH}?names={CALLS}", headers={**self._headers, **resumed})
            answer = connection.getresponse()
            if answer.status != http.HTTPStatus.OK:
                said = _sentence(answer.read())
                if answer.status in {429, 503}:
                    raise OSError(said)
                raise Refused(said)
            while line := answer.readline():
                yield line
        finally:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._address.hostname or "", self._address.port
        if self._address.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=SILENT_S)
        context = ssl.create_default_context(cafile=self._ca)
        if self._fingerprint:
            # the certificate is compared below, before anything is sent: who signed it does not matter then
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, port, timeout=SILENT_S, context=context)
        try:
            connection.connect()
        except ssl.SSLCertVerificationError as fault:
            raise Refused(
                f"The certificate of {host} is vouched for by nobody: {fault.verify_message}. Give --fingerprint or --ca."
            ) from fault
        if self._fingerprint:
            assert isinstance(connection.sock, ssl.SSLSocket)
            shown = hashlib.sha256(connection.sock.getpeercert(binary_form=True) or b"").hexdigest()
            if not hmac.compare_digest(shown, self._fingerprint):
                connection.close()
                raise Refused(f"The certificate of {host} has the fingerprint {shown}: this is not the box that was meant.")
        return connection


def _sentence(octets: bytes) -> str:
    """What the box says in an error."""
    try:
        return str(json.loads(octets)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return octets.decode("utf-8", "replace")[:200]


def told(event: Event) -> Iterator[str]:
    """An event as lines for people."""
    data = json.loads(event.data)
    if event.kind == "fact":
        if data["sentence"]:
            at = time.strftime("%H:%M:%S", time.gmtime(data["utc_ms"] / 1000 + data["utc_offset_min"] * 60))
            yield f"{at}  {data['sentence']}"
        return
    if event.kind == "gap":
        yield "-- some events could not be told any more --"
    if event.kind in {"snapshot", "gap"} and data["snapshot"]:
        yield f"-- {len(data['snapshot']['calls'])} calls now --"


def watch(box: Box) -> NoReturn:
    """For ever, or until the box refuses."""
    events, again_s = Events(), AGAIN_FIRST_S
    while True:
        try:
            for event in events.of(box.lines(events.last_id)):
                again_s = AGAIN_FIRST_S
                for line in told(event):
                    print(line, flush=True)
        except (OSError, http.client.HTTPException) as fault:
            print(f"-- {fault or type(fault).__name__}; trying again in {again_s:g} s --", file=sys.stderr, flush=True)
        time.sleep(again_s)
        again_s = min(AGAIN_MOST_S, again_s * 2)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Watch the calls of a Strowger box. The token is read from STROWGER_TOKEN.")
    parser.add_argument("address", help="the page of the box, such as https://box:8443/")
    parser.add_argument("--fingerprint", default="", help="SHA-256 fingerprint of the box's certificate")
    parser.add_argument("--ca", help="file with certificate authorities")
    parser.add_argument("--language", default="en", help="zh or en")
    options = parser.parse_args()
    token = os.environ.get("STROWGER_TOKEN", "")
    if not token:
        parser.error("put the token into the environment as STROWGER_TOKEN")
    try:
        watch(Box(options.address, token, options.language, options.fingerprint, options.ca))
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
