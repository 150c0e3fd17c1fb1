"""What must fit together across a site's sections. Each rule is one function; the list of them comes last.

A rule yields ``(path, text)`` for each place that breaks it. The path is that of the later or the referring setting, since that is
the one to be changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from engine.kernel.text import Text, text
from engine.settings.acd_checks import ACD_RULES
from engine.settings.calendar_checks import CALENDAR_RULES
from engine.settings.e1_checks import E1_RULES
from engine.settings.faults import Path, path_shown
from engine.settings.routing_checks import ROUTING_RULES
from engine.settings.service_checks import SERVICE_RULES
from engine.settings.site import DeskSection, Site
from engine.settings.span_checks import SPAN_RULES
from engine.settings.tariff_checks import TARIFF_RULES
from engine.settings.trunk_group_checks import TRUNK_GROUP_RULES

__all__ = ["RULES", "Found", "check_site"]

Found = tuple[Path, Text]


def check_site(site: Site, broken: frozenset[str] = frozenset()) -> tuple[Found, ...]:
    """Everything that does not fit together; empty for a sound site.

    ``broken`` names top-level fields that could not be read; rules that need one of them are left out.
    """
    return tuple(found for rule, needs in RULES if not broken.intersection(needs) for found in rule(site))


def _distinct(values: Iterable[tuple[Path, object]]) -> Iterator[Found]:
    first: dict[object, Path] = {}
    for path, value in values:
        if value in first:
            yield path, text("{value} is given twice; the first is {first}", value=value, first=path_shown(first[value]))
        else:
            first[value] = path


def _line_names(site: Site) -> Iterator[Found]:
    """Exchange lines and phones share one list of names."""
    trunks = [(("trunks", i, "name"), trunk.name) for i, trunk in enumerate(site.trunks)]
    stations = [(("stations", i, "name"), station.name) for i, station in enumerate(site.stations)]
    return _distinct([*trunks, *stations])


def _channels(site: Site) -> Iterator[Found]:
    """One channel is one line or one phone."""
    trunks = [(("trunks", i, "channel"), trunk.channel) for i, trunk in enumerate(site.trunks)]
    stations = [(("stations", i, "channel"), station.channel) for i, station in enumerate(site.stations)]
    return _distinct([*trunks, *stations])


def _extensions(site: Site) -> Iterator[Found]:
    """No extension twice, and none that begins another: dialling would stop at the shorter one."""
    extensions: list[tuple[Path, str]] = [(("stations", i, "extension"), station.extension) for i, station in enumerate(site.stations)]
    yield from _distinct(extensions)
    yield from _prefixes(extensions)


def _prefixes(values: list[tuple[Path, str]]) -> Iterator[Found]:
    for path, value in values:
        for other_path, other in values:
            if value != other and other.startswith(value):
                yield path, text("{value} is the beginning of {other} ({place})", value=value, other=other, place=path_shown(other_path))


def _agent_numbers(site: Site) -> Iterator[Found]:
    return _distinct((("agents", i, "number"), agent.number) for i, agent in enumerate(site.agents))


def _queue_names(site: Site) -> Iterator[Found]:
    return _distinct((("queues", i, "name"), queue.name) for i, queue in enumerate(site.queues))


def _flow_names(site: Site) -> Iterator[Found]:
    return _distinct((("flows", i, "name"), flow.name) for i, flow in enumerate(site.flows))


def _queue_agents(site: Site) -> Iterator[Found]:
    known = {agent.number for agent in site.agents}
    for i, queue in enumerate(site.queues):
        places: list[tuple[Path, str]] = [(("queues", i, "agents", j), number) for j, number in enumerate(queue.agents)]
        for path, number in places:
            if number not in known:
                yield path, text("there is no agent {number}; expected one of {known}", number=number, known=_listed(known))
        yield from _distinct(places)


def _flow_queues(site: Site) -> Iterator[Found]:
    known = {queue.name for queue in site.queues}
    for i, flow in enumerate(site.flows):
        if flow.queue not in known:
            yield ("flows", i, "queue"), text("there is no queue {name}; expected one of {known}", name=flow.queue, known=_listed(known))


def _trunk_flows(site: Site) -> Iterator[Found]:
    known = {flow.name for flow in site.flows}
    for i, trunk in enumerate(site.trunks):
        if trunk.flow and trunk.flow not in known:
            yield ("trunks", i, "flow"), text("there is no flow {name}; expected one of {known}", name=trunk.flow, known=_listed(known))


LISTED_MAX = 12


def _listed(names: set[str]) -> str:
    """Known names in a message: all of a few, the first of many."""
    if not names:
        return "-"
    ordered = sorted(names)
    return ", ".join(ordered[:LISTED_MAX]) + (" …" if len(ordered) > LISTED_MAX else "")


def _codes(site: Site) -> Iterator[Found]:
    """Codes must be told apart while they are dialled."""
    codes = _codes_of(site.desk)
    yield from _distinct(codes)
    yield from _prefixes(codes)


def _codes_of(desk: DeskSection) -> list[tuple[Path, str]]:
    return [
        (("desk", "login_code"), desk.login_code),
        (("desk", "logout_code"), desk.logout_code),
        (("desk", "not_ready_code"), desk.not_ready_code),
        (("desk", "ready_code"), desk.ready_code),
        (("desk", "end_wrap_up_code"), desk.end_wrap_up_code),
        (("desk", "exchange_flash_code"), desk.exchange_flash_code),
        (("desk", "wrap_up_code"), desk.wrap_up_code),
        (("desk", "extend_wrap_up_code"), desk.extend_wrap_up_code),
        (("desk", "figures_code"), desk.figures_code),
        (("desk", "sign_in_code"), desk.sign_in_code),
        (("desk", "sign_out_code"), desk.sign_out_code),
        (("desk", "pick_up_group_code"), desk.pick_up_group_code),
        (("desk", "pick_up_code"), desk.pick_up_code),
        (("desk", "park_code"), desk.park_code),
        (("desk", "fetch_code"), desk.fetch_code),
        (("desk", "pin_call_code"), desk.pin_call_code),
        (("desk", "account_call_code"), desk.account_call_code),
        (("desk", "charge_call_code"), desk.charge_call_code),
    ]


def _outside_prefix(site: Site) -> Iterator[Found]:
    prefix = site.desk.outside_prefix
    for i, station in enumerate(site.stations):
        if station.extension.startswith(prefix):
            said = text(
                "{extension} begins with {prefix}, which is dialled before outside numbers (desk.outside_prefix)",
                extension=station.extension,
                prefix=prefix,
            )
            yield ("stations", i, "extension"), said


TONE_LEAST_HZ, TONE_MOST_HZ = 300, 2200
TONE_LEAST_MS, TONE_MOST_MS = 50, 5000


def _busy_tones(site: Site) -> Iterator[Found]:
    """A line's own busy tone must be one that can be recognised."""
    for i, trunk in enumerate(site.trunks):
        path = ("trunks", i, "busy_tone")
        frequencies, _, times = trunk.busy_tone.partition(":")
        for hertz in frequencies.split("+") if trunk.busy_tone else ():
            if not TONE_LEAST_HZ <= int(hertz) <= TONE_MOST_HZ:
                yield path, text("a tone of {hertz} Hz: expected {least} to {most} Hz", hertz=hertz, least=TONE_LEAST_HZ, most=TONE_MOST_HZ)
        runs_ms = [int(ms) for ms in times.split("/")] if times else []
        if len(runs_ms) % 2:
            yield path, text("times on and off come in pairs; {count} are given", count=len(runs_ms))
        for ms in runs_ms:
            if not TONE_LEAST_MS <= ms <= TONE_MOST_MS:
                yield path, text("{ms} ms on or off: expected {least} to {most} ms", ms=ms, least=TONE_LEAST_MS, most=TONE_MOST_MS)


SILENCE_LEAST_S = 20


def _silences(site: Site) -> Iterator[Found]:
    """People think, and look things up."""
    for i, trunk in enumerate(site.trunks):
        if 0 < trunk.silence_release_s < SILENCE_LEAST_S:
            said = text(
                "{value} s of silence are no end of a call; expected 0 or at least {least}",
                value=trunk.silence_release_s,
                least=SILENCE_LEAST_S,
            )
            yield ("trunks", i, "silence_release_s"), said


def _pulse_prefixes(site: Site) -> Iterator[Found]:
    """Pulses say digits and nothing else."""
    for i, trunk in enumerate(site.trunks):
        strange = sorted(set(trunk.dial_prefix) - set("0123456789,W"))
        if trunk.dialling == "pulse" and strange:
            yield ("trunks", i, "dial_prefix"), text("{key} cannot be dialled by pulses", key=strange[0])


HANG_UP_LEAST_MS = 250
"""Dial pulses last up to 200 ms."""


def _hang_ups(site: Site) -> Iterator[Found]:
    """A phone's own time must leave room for dial pulses."""
    for i, station in enumerate(site.stations):
        if 0 < station.hang_up_ms < HANG_UP_LEAST_MS:
            said = text(
                "{value} ms would take dial pulses for hang-ups; expected 0 or at least {least}",
                value=station.hang_up_ms,
                least=HANG_UP_LEAST_MS,
            )
            yield ("stations", i, "hang_up_ms"), said


def _polarities(site: Site) -> Iterator[Found]:
    """The polarity of a pair can tell one thing only."""
    for i, station in enumerate(site.stations):
        told = station.answer_supervision == "polarity" or station.caller_id_alert == "reversal"
        if station.lamp == "reversal" and told:
            said = text("reversed polarity cannot both light the lamp and tell of an answer or a caller; choose another lamp")
            yield ("stations", i, "lamp"), said


def _reasons(site: Site) -> Iterator[Found]:
    yield from _distinct((("desk", "reasons", i, "digit"), reason.digit) for i, reason in enumerate(site.desk.reasons))
    yield from _distinct((("desk", "reasons", i, "name"), reason.name) for i, reason in enumerate(site.desk.reasons))


def _ssh_keys(site: Site) -> Iterator[Found]:
    """One name is one key, and one key is one user: whose login it is must be certain."""
    yield from _distinct((("console", "ssh_keys", i, "name"), key.name) for i, key in enumerate(site.console.ssh_keys))
    yield from _distinct(
        (("console", "ssh_keys", i, "key"), " ".join(key.key.split(" ")[:2])) for i, key in enumerate(site.console.ssh_keys)
    )


RULES: tuple[tuple[Callable[[Site], Iterator[Found]], frozenset[str]], ...] = (
    (_line_names, frozenset({"trunks", "stations"})),
    (_channels, frozenset({"trunks", "stations"})),
    (_extensions, frozenset({"stations"})),
    (_agent_numbers, frozenset({"agents"})),
    (_queue_names, frozenset({"queues"})),
    (_flow_names, frozenset({"flows"})),
    (_queue_agents, frozenset({"queues", "agents"})),
    (_flow_queues, frozenset({"flows", "queues"})),
    (_trunk_flows, frozenset({"trunks", "flows"})),
    (_codes, frozenset({"desk"})),
    (_outside_prefix, frozenset({"stations", "desk"})),
    (_hang_ups, frozenset({"stations"})),
    (_polarities, frozenset({"stations"})),
    (_busy_tones, frozenset({"trunks"})),
    (_silences, frozenset({"trunks"})),
    (_pulse_prefixes, frozenset({"trunks"})),
    (_reasons, frozenset({"desk"})),
    (_ssh_keys, frozenset({"console"})),
    *((rule, frozenset({"spans"})) for rule in SPAN_RULES),
    *E1_RULES,
    *TRUNK_GROUP_RULES,
    *CALENDAR_RULES,
    *ROUTING_RULES,
    *ACD_RULES,
    *TARIFF_RULES,
    *SERVICE_RULES,
)
"""Every rule with the top-level fields that it reads."""
