"""The ports of lines and phones: their state, the line tests of each, and what they found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from klein import Klein

from engine.control.fault_advice import FAULT_ADVICE
from engine.control.narration import LINE_FAULTS
from engine.control.trunk_control import WHY_MOST, TrunkControl
from engine.control.trunk_views import block_shown
from engine.control.trunk_words import BLOCK_MODES
from engine.kernel.errors import BadInput, EnvironmentFault, Refused
from engine.kernel.text import Text, text, text_from_json
from engine.people.actors import Act
from engine.settings.edit import entry_of
from engine.telephony.line_test_words import VERDICTS
from engine.telephony.line_tests import LineTest
from web.house import House, asked
from web.visit import PageFault, Visit

__all__ = ["add"]

ADDRESS = "/hardware/ports"
NAME_MOST = 40
FINDINGS: Mapping[str, str] = {"good": "good", "bad": "bad"}
"""A verdict's colour; others are neither."""
Row = Mapping[str, Any]


class _PortPages:
    def __init__(self, house: House, trunks: TrunkControl) -> None:
        self._house = house
        self._trunks = trunks

    async def ports(self, visit: Visit) -> bytes:
        """Every port, and whether it serves."""
        answer = await self._ask(visit, {"command": "ports"})
        return visit.page("hardware/ports.html", {"ports": [_port(port) for port in answer["ports"]]})

    async def port(self, visit: Visit, port: str) -> bytes:
        """One port with its tests and history."""
        return await self._port(visit, port, None, 200)

    async def _port(self, visit: Visit, port: str, said: Text | None, status: int) -> bytes:
        try:
            state = await self._ask(visit, {"command": "port", "port": port})
        except (Refused, BadInput) as refusal:
            raise PageFault(404, refusal.text) from refusal
        values = {
            "port": _port(state["port"]),
            "tests": [_test(test) for test in state["tests"]],
            "settings_link": self._settings_link(port),
            "others": state["other_ports"],
            "history": [_result(result) for result in state["history"]],
            "offset_min": state["utc_offset_min"],
            "typed": {name: visit.value(name, NAME_MOST) for name in ("number", "far")},
            "block": block_shown(self._trunks.block_of(port)),
            "modes": [(mode, BLOCK_MODES[mode]) for mode in ("after_calls", "now")],
            "why_most": WHY_MOST,
            "said": said,
        }
        return visit.page("hardware/port.html", values, status)

    def _settings_link(self, port: str) -> str:
        """Where the port is set up; empty when it is set up otherwise, or not any more."""
        addresses = {"trunks": "/settings/trunks/entry/", "stations": "/extensions/entry/"}
        site = self._house.sites.site
        return next((address + quote(port, safe="") for section, address in addresses.items() if entry_of(site, section, port)), "")

    async def test(self, visit: Visit, port: str) -> bytes:
        """Begin a test, or all that need nobody."""
        request: dict[str, object] = {"command": "line_test", "port": port, "test": visit.value("test", NAME_MOST)}
        if request["test"] == LineTest.LOOP:
            request["far"] = visit.value("far", NAME_MOST)
        if request["test"] == LineTest.LEARN_BUSY:
            request["number"] = visit.value("number", NAME_MOST)
        return await self._command(visit, port, request)

    async def stop(self, visit: Visit, port: str) -> bytes:
        """Stop it."""
        return await self._command(visit, port, {"command": "line_test_end", "port": port})

    async def block(self, visit: Visit, port: str) -> bytes:
        """Keep the line or phone from calls, or not any more."""
        request: dict[str, object] = {"scope": "line", "name": port, "why": visit.value("why", WHY_MOST + 1)}
        if visit.value("act") == "unblock":
            return await self._command(visit, port, {**request, "command": "unblock"})
        return await self._command(visit, port, {**request, "command": "block", "mode": visit.value("mode", NAME_MOST)})

    async def _command(self, visit: Visit, port: str, request: Mapping[str, object]) -> bytes:
        try:
            await self._ask(visit, request)
        except (Refused, BadInput, EnvironmentFault) as refusal:
            return await self._port(visit, port, refusal.text, 409)
        return visit.go(_link(port))

    async def _ask(self, visit: Visit, request: Mapping[str, Any]) -> Row:
        answer: Row = await asked(lambda done, failed: self._house.ask(visit.actor, request, done, failed))
        return answer


def _link(port: str) -> str:
    return f"{ADDRESS}/{quote(port, safe='')}"


def _port(port: Row) -> dict[str, Any]:
    running, fault = port["running"], port["fault"]
    shown = None
    if running is not None:
        person = running["person"]
        shown = {**running, "name": text_from_json(running["name"]), "person": text_from_json(person) if person else None}
    kind = text("exchange line") if port["kind"] == "line" else text("desk phone")
    call_link = f"/calls/{quote(port['call'], safe='')}" if port["call"] else ""
    return {
        **port,
        "link": _link(port["port"]),
        "kind_words": kind,
        "fault_words": LINE_FAULTS.get(fault, fault),
        "advice": FAULT_ADVICE.get(fault),
        "call_link": call_link,
        "running": shown,
    }


def _test(test: Row) -> dict[str, Any]:
    person = test["person"]
    shown = {"name": text_from_json(test["name"]), "does": text_from_json(test["does"])}
    return {**test, **shown, "person": text_from_json(person) if person else None}


def _result(result: Row) -> dict[str, Any]:
    verdict = result["verdict"]
    return {
        **result,
        "name": text_from_json(result["name"]) if result["name"] else result["test"],
        "said": text_from_json(result["said"]),
        "verdict_words": VERDICTS.get(verdict, verdict),
        "colour": FINDINGS.get(verdict, "unseen"),
    }


def add(app: Klein, house: House, trunks: TrunkControl) -> None:
    """Put these pages to their addresses."""
    pages = _PortPages(house, trunks)
    house.add(app, ADDRESS, Act.SEE_STATUS, pages.ports)
    house.add(app, f"{ADDRESS}/<port>", Act.SEE_STATUS, pages.port)
    house.add(app, f"{ADDRESS}/<port>/test", Act.TEST_LINES, pages.test, ("POST",))
    house.add(app, f"{ADDRESS}/<port>/stop", Act.TEST_LINES, pages.stop, ("POST",))
    house.add(app, f"{ADDRESS}/<port>/block", Act.TEST_LINES, pages.block, ("POST",))
