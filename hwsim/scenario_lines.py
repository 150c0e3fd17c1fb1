"""``{line: line-1, is: {…}}``: what an exchange line is like, from a scenario's words to the exchange's services and the cable's physics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from yaml.nodes import Node

from engine.kernel.text import text
from hwsim import scenario_nodes as nodes
from hwsim.cable import CABLES
from hwsim.exchange import Exchange
from hwsim.exchange_sounds import BUSY_TONES, DIAL_TONES, busy_tone, dial_tone, ring_back_music
from hwsim.line import Impairments
from hwsim.line_service import CallerIdAlert, CallerIdSending, Disconnect, LineService
from hwsim.scenario_steps import LineIs, LineValue
from hwsim.voices import VOICES

__all__ = ["DISCONNECTS", "change_line", "read_line_is", "ring_cadence_ms"]

DISCONNECTS = tuple(style.value for style in Disconnect)
LEVEL_LEAST_DBM0, LEVEL_MOST_DBM0 = -90.0, 0.0
CLICKS_MOST_A_MIN = 600.0
ECHO_MOST_DB = 60.0
MUSIC_S = 20
RING_PARTS_MOST = 8
RINGING_MOST_S = 3600.0
NOTHING = "none"

Impaired = Callable[[Impairments, LineValue], Impairments]
Served = Callable[[LineService, LineValue], LineService]


# ---- reading ----------------------------------------------------------------------------------------------------------


def _level(node: Node) -> LineValue:
    if nodes.scalar(node, text("a level in dBm0, or none")) == NOTHING:
        return NOTHING
    return nodes.decimal(node, LEVEL_LEAST_DBM0, LEVEL_MOST_DBM0)


def _word(*choices: str) -> Callable[[Node], LineValue]:
    return lambda node: nodes.choice(node, choices)


def _echo(node: Node) -> LineValue:
    if nodes.scalar(node, text("a loss in dB, or none")) == NOTHING:
        return NOTHING
    return nodes.decimal(node, 0.0, ECHO_MOST_DB)


def _times(node: Node) -> tuple[float, ...]:
    return tuple(nodes.seconds(item) for item in nodes.items_of(node, text("times")))


def ring_cadence_ms(node: Node) -> tuple[int, ...]:
    """On, off, on, off …, as it repeats."""
    times = tuple(round(seconds * 1000) for seconds in _times(node))
    if not times or len(times) % 2 or len(times) > RING_PARTS_MOST or min(times) <= 0:
        raise nodes.Wrong(node, text("expected 2 to {most} times of ringing and silence, such as [1s, 4s]", most=RING_PARTS_MOST))
    return times


def _flash(node: Node) -> LineValue:
    times = _times(node)
    if times and (len(times) != 2 or not 0 < times[0] < times[1]):
        raise nodes.Wrong(node, text("expected the shortest and the longest flash, such as [80ms, 200ms], or [] for none"))
    return times


def _ringing(node: Node) -> LineValue:
    seconds = nodes.seconds(node)
    if not 1 <= seconds <= RINGING_MOST_S:
        raise nodes.Wrong(node, text("expected a time between 1s and 60min"))
    return seconds


READERS: Mapping[str, Callable[[Node], LineValue]] = MappingProxyType(
    {
        "cable": _word(*CABLES, NOTHING),
        "noise": _level,
        "far_noise": _level,
        "hum": _level,
        "clicks": lambda node: nodes.decimal(node, 0.0, CLICKS_MOST_A_MIN),
        "echo": _echo,
        "caller_id": _word("before_ring", "after_first_ring"),
        "alert": _word(*(alert.value for alert in CallerIdAlert)),
        "caller_id_keys": lambda node: nodes.matching(node, r"[A-D]?,[A-D#]?", text("start and stop key, such as 'D,C'")),
        "caller_id_level": lambda node: nodes.decimal(node, -60.0, 0.0),
        "endless_caller_id": nodes.truth,
        "dial_tone": _word(*DIAL_TONES, NOTHING),
        "dial_tone_after": nodes.seconds,
        "busy_tone": _word(*BUSY_TONES, "uneven"),
        "ringback": _word("tone", "music"),
        "announces": lambda node: nodes.scalar(node, text("what is said instead of the tone for a number that does not exist")),
        "announces_in": _word(*VOICES),
        "disconnect": _word(*DISCONNECTS),
        "answer": _word("reversal", NOTHING),
        "ring": lambda node: tuple(ms / 1000 for ms in ring_cadence_ms(node)),
        "rings_for": _ringing,
        "flash": _flash,
    }
)


def read_line_is(node: Node, name: str, line: int) -> LineIs:
    """The step that gives this line the properties in ``node``."""
    given = nodes.fields_of(node, text("what the line is like"))
    nodes.only(given, tuple(READERS))
    if not given:
        raise nodes.Wrong(node, text("expected at least one of {allowed}", allowed=", ".join(READERS)))
    return LineIs(line=line, name=name, settings=tuple((key, READERS[key](value)) for key, value in given.items()))


# ---- doing ------------------------------------------------------------------------------------------------------------


def _dbm0(value: LineValue) -> float | None:
    return value if isinstance(value, float) else None


def _ms(value: LineValue) -> int:
    assert isinstance(value, float)
    return round(value * 1000)


def _all_ms(value: LineValue) -> tuple[int, ...]:
    assert isinstance(value, tuple)
    return tuple(round(seconds * 1000) for seconds in value)


IMPAIRED: Mapping[str, Impaired] = MappingProxyType(
    {
        "cable": lambda line, value: replace(line, cable=CABLES.get(str(value))),
        "noise": lambda line, value: replace(line, noise_dbm0=_dbm0(value)),
        "far_noise": lambda line, value: replace(line, far_noise_dbm0=_dbm0(value)),
        "hum": lambda line, value: replace(line, mains_dbm0=_dbm0(value)),
        "clicks": lambda line, value: replace(line, impulses_a_min=_dbm0(value) or 0.0),
        "echo": lambda line, value: replace(line, echo_loss_db=_dbm0(value)),
    }
)


def _told(service: LineService, change: Callable[[CallerIdSending], CallerIdSending]) -> LineService:
    return replace(service, caller_id=change(service.caller_id))


def _sounding(service: LineService, tone: str, octets: bytes | None) -> LineService:
    others = {name: sound for name, sound in service.sounds.items() if name != tone}
    return replace(service, sounds=MappingProxyType(others if octets is None else {**others, tone: octets}))


def _dial_tone(service: LineService, value: LineValue) -> LineService:
    return _sounding(_sounding(service, "dial", dial_tone(str(value))), "second_dial", dial_tone(str(value)))


def _flashes(service: LineService, value: LineValue) -> LineService:
    times = _all_ms(value)
    return replace(service, flash_ms=(times[0], times[1]) if times else None)


def _keyed(service: LineService, value: LineValue) -> LineService:
    start, stop = str(value).split(",")
    return _told(service, lambda sending: replace(sending, start_key=start, stop_key=stop))


SERVED: Mapping[str, Served] = MappingProxyType(
    {
        "caller_id": lambda line, value: _told(line, lambda sending: replace(sending, before_ring=value == "before_ring")),
        "alert": lambda line, value: _told(line, lambda sending: replace(sending, alert=CallerIdAlert(value))),
        "caller_id_keys": _keyed,
        "caller_id_level": lambda line, value: _told(line, lambda sending: replace(sending, level_dbm0=_dbm0(value) or 0.0)),
        "endless_caller_id": lambda line, value: _told(line, lambda sending: replace(sending, endless=bool(value))),
        "dial_tone": _dial_tone,
        "dial_tone_after": lambda line, value: replace(line, dial_tone_after_ms=_ms(value)),
        "busy_tone": lambda line, value: _sounding(line, "busy", busy_tone(str(value))),
        "ringback": lambda line, value: _sounding(line, "ringback", ring_back_music(MUSIC_S, 1) if value == "music" else None),
        "disconnect": lambda line, value: replace(line, disconnect=Disconnect(value)),
        "answer": lambda line, value: replace(line, reversal_on_answer=value == "reversal"),
        "ring": lambda line, value: replace(line, ring_cadence_ms=_all_ms(value)),
        "rings_for": lambda line, value: replace(line, ringing_most_ms=_ms(value)),
        "flash": _flashes,
    }
)


def change_line(exchange: Exchange, step: LineIs, announcement: bytes) -> None:
    """Make the line so; what the step does not name stays as it is. ``announcement``: the sound of ``announces``, empty when it has none."""
    service, impairments = exchange.service_of(step.name), exchange.impairments_of(step.name)
    for key, value in step.settings:
        if key in IMPAIRED:
            impairments = IMPAIRED[key](impairments, value)
        elif key in SERVED:
            service = SERVED[key](service, value)
    if announcement:
        service = _sounding(service, "unallocated", announcement)
    if impairments != exchange.impairments_of(step.name):
        exchange.impair(step.name, impairments)
    exchange.serve(step.name, service)
