"""What a new entry of the settings begins with when something was found for it: a name that nobody has, the next extension. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from engine.kernel.errors import BadInput
from engine.kernel.text import text
from engine.settings.build import build_site
from engine.settings.show import show_site
from engine.settings.site import Site, StationSection, TrunkSection
from engine.settings.versions import node_of

__all__ = ["free_name", "suggested_stations", "suggested_trunks", "with_stations", "with_trunks"]

FIRST_EXTENSION = 801
EXTENSION_MOST = 999_999


def free_name(stem: str, number: int, taken: Iterable[str]) -> str:
    """``stem-number``, or the next number behind it that gives a name which nobody has."""
    names = set(taken)
    while f"{stem}-{number}" in names:
        number += 1
    return f"{stem}-{number}"


def suggested_trunks(site: Site, channels: Sequence[int]) -> tuple[TrunkSection, ...]:
    """An exchange line for each of these channels. Where the site has one flow, it answers."""
    flow = site.flows[0].name if len(site.flows) == 1 else ""
    names = _line_names(site)
    found: list[TrunkSection] = []
    for channel in channels:
        name = free_name("line", channel, names)
        names.add(name)
        found.append(TrunkSection(name=name, channel=channel, flow=flow))
    return tuple(found)


def suggested_stations(site: Site, channels: Sequence[int]) -> tuple[StationSection, ...]:
    """A desk phone for each of these channels, with the extensions behind those that there are. BadInput when no more extensions are free."""
    names, extensions = _line_names(site), _free_extensions(site)
    found: list[StationSection] = []
    for channel in channels:
        extension = next(extensions, None)
        if extension is None:
            raise BadInput(text("No extension behind {last} is free: type one.", last=_last_extension(site)))
        name = free_name("phone", int(extension), names)
        names.add(name)
        found.append(StationSection(name=name, channel=channel, extension=extension))
    return tuple(found)


def with_trunks(site: Site, channels: Sequence[int]) -> Site:
    """The site with these channels as exchange lines. Raises SiteFaults."""
    return _judged(replace(site, trunks=(*site.trunks, *suggested_trunks(site, channels))))


def with_stations(site: Site, channels: Sequence[int]) -> Site:
    """The site with these channels as desk phones. Raises SiteFaults, BadInput."""
    return _judged(replace(site, stations=(*site.stations, *suggested_stations(site, channels))))


def _judged(site: Site) -> Site:
    return build_site(node_of(show_site(site, secrets=True)), "form")


def _line_names(site: Site) -> set[str]:
    return {trunk.name for trunk in site.trunks} | {phone.name for phone in site.stations} | {trunk.name for trunk in site.e1_trunks}


def _last_extension(site: Site) -> int:
    return max((int(station.extension) for station in site.stations), default=FIRST_EXTENSION - 1)


def _free_extensions(site: Site) -> Iterator[str]:
    """Numbers behind the highest, with as many digits, that collide with nothing which is dialled."""
    last = _last_extension(site)
    length = len(str(last))
    for number in range(last + 1, min(EXTENSION_MOST, 10**length - 1) + 1):
        extension = str(number)
        if extension.startswith(site.desk.outside_prefix):
            continue
        if any(extension.startswith(one.extension) or one.extension.startswith(extension) for one in site.stations):
            continue
        yield extension
