"""Every endpoint of the API, and the way from an address to its row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from web.api import acts, calls, costs, facts, services, settings, status, trunks
from web.api.endpoint import Endpoint
from web.api.shapes import FieldFault

__all__ = ["TABLE", "Found", "Routes"]

TABLE: tuple[Endpoint, ...] = (
    *status.ENDPOINTS,
    *calls.ENDPOINTS,
    *acts.ENDPOINTS,
    *facts.ENDPOINTS,
    *settings.ENDPOINTS,
    *trunks.ENDPOINTS,
    *services.ENDPOINTS,
    *costs.ENDPOINTS,
)
PATH_MOST = 500


@dataclass(frozen=True)
class Found:
    """An address that there is: its endpoints by method, and the parts of the path that are values."""

    methods: Mapping[str, Endpoint]
    parts: Mapping[str, str]

    @property
    def allowed(self) -> tuple[str, ...]:
        """Every method that the address takes."""
        return (*sorted({*self.methods, "OPTIONS"} | ({"HEAD"} if "GET" in self.methods else set())),)

    def endpoint(self, method: str) -> Endpoint | None:
        """The row for a method; HEAD is answered as GET."""
        return self.methods.get("GET" if method == "HEAD" else method)


class Routes:
    """The table by addresses. A fixed part of a path wins over a value."""

    def __init__(self, table: Iterable[Endpoint] = TABLE) -> None:
        self._by_path: dict[tuple[str, ...], dict[str, Endpoint]] = {}
        for endpoint in table:
            self._by_path.setdefault(_steps(endpoint.whole_path), {})[endpoint.method] = endpoint

    def find(self, path: bytes) -> Found | None:
        """The row of a path as it came in; None when there is nothing at it."""
        try:
            steps = tuple(unquote_to_bytes(step).decode("utf-8") for step in path.split(b"/")) if len(path) <= PATH_MOST else ()
        except UnicodeDecodeError:
            return None
        for template in sorted((one for one in self._by_path if len(one) == len(steps)), key=_is_value):
            parts = _matched(template, steps, self._by_path[template])
            if parts is not None:
                return Found(self._by_path[template], parts)
        return None


def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("/"))


def _is_value(template: tuple[str, ...]) -> tuple[bool, ...]:
    return tuple(step.startswith("{") for step in template)


def _matched(template: tuple[str, ...], steps: tuple[str, ...], methods: Mapping[str, Endpoint]) -> dict[str, str] | None:
    """The values in a path that fits the template: what cannot be such a value is not found."""
    shapes = {one.name: one.shape for endpoint in methods.values() for one in endpoint.parameters if one.place == "path"}
    parts: dict[str, str] = {}
    for wanted, step in zip(template, steps, strict=True):
        if not wanted.startswith("{"):
            if wanted != step:
                return None
            continue
        name = wanted[1:-1]
        faults: list[FieldFault] = []
        shapes[name].parse(step, name, faults)
        if faults:
            return None
        parts[name] = step
    return parts
