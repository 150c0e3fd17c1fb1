"""The matrix of calls, kinds of line and impairments, as data: every case, and what must come of it. Nothing here sounds or rings.

A *kind of line* is what the exchange does, together with the settings that an installer would give such a line. An *impairment* is what its cable
does. A *plot* is what people do. Not every plot makes sense on every kind: a line that tells no end cannot be left by the caller alone.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from engine.settings.site import TrunkSection
from hwsim.cable import KM_3, KM_6, SHORT
from hwsim.exchange_sounds import busy_tone, dial_tone, ring_back_music
from hwsim.line import NO_IMPAIRMENTS, Impairments
from hwsim.line_service import CallerIdAlert, CallerIdSending, CallerIdStyle, Disconnect, LineService

__all__ = ["IMPAIRMENTS", "KINDS", "Case", "Expected", "LineKind", "Plot", "all_cases", "chosen", "expected_of"]


class Plot(StrEnum):
    """What people do."""

    CALLER_ENDS = "caller_ends"
    AGENT_ENDS = "agent_ends"
    LEAVES_RINGING = "leaves_ringing"
    LEAVES_MENU = "leaves_menu"
    LEAVES_QUEUE = "leaves_queue"
    OUT_FAR_ENDS = "out_far_ends"
    OUT_NEAR_ENDS = "out_near_ends"
    OUT_BUSY = "out_busy"
    OUT_NO_ANSWER = "out_no_answer"
    OUT_UNALLOCATED = "out_unallocated"
    INTERNAL = "internal"


@dataclass(frozen=True)
class LineKind:
    """A kind of line: ``service`` and the caller's ``style`` are the exchange's, ``settings`` ours."""

    name: str
    style: CallerIdStyle = CallerIdStyle.FSK
    service: LineService = field(default_factory=LineService)
    settings: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def trunk(self, base: TrunkSection) -> TrunkSection:
        """The line's section."""
        return replace(base, **self.settings)  # type: ignore[arg-type]  # settings are fields of a section by name

    @property
    def tells_end(self) -> bool:
        """The exchange lets us know that the other party has gone."""
        return self.service.disconnect is not Disconnect.NONE


def _before(alert: CallerIdAlert = CallerIdAlert.NONE) -> LineService:
    return LineService(caller_id=CallerIdSending(before_ring=True, alert=alert))


def _ends(disconnect: Disconnect, **more: object) -> LineService:
    return replace(LineService(disconnect=disconnect), **more)  # type: ignore[arg-type]  # fields of a service by name


def _busy(name: str) -> LineService:
    return LineService(sounds={"busy": busy_tone(name)})


_NONE, _POLARITY = {"caller_id": "none"}, {"answer_supervision": "polarity"}
_REVERSAL = CallerIdAlert.REVERSAL
KINDS: tuple[LineKind, ...] = (
    LineKind("fsk"),
    LineKind("sdmf", CallerIdStyle.SDMF),
    LineKind("fsk-before-reversal", service=_before(_REVERSAL), settings={"caller_id_start": "polarity"}),
    LineKind("etsi", CallerIdStyle.ETSI, settings={"caller_id": "etsi"}),
    LineKind("etsi-before-tone", CallerIdStyle.ETSI, _before(CallerIdAlert.TONE), {"caller_id": "etsi", "caller_id_start": "always"}),
    LineKind("dtmf-before", CallerIdStyle.DTMF, _before(), {"caller_id": "dtmf", "caller_id_start": "always"}),
    LineKind("dtmf-before-reversal", CallerIdStyle.DTMF, _before(_REVERSAL), {"caller_id": "dtmf", "caller_id_start": "polarity"}),
    LineKind("no-caller-id", CallerIdStyle.NONE, settings=_NONE),
    LineKind("battery-drop", service=_ends(Disconnect.BATTERY_DROP)),
    LineKind("battery-drop-short", service=_ends(Disconnect.BATTERY_DROP, battery_drop_ms=250)),
    LineKind("reversal", service=_ends(Disconnect.REVERSAL, reversal_on_answer=True), settings=_POLARITY),
    LineKind("reversal-ends-only", service=_ends(Disconnect.REVERSAL), settings={"release_reversal": True}),
    LineKind("reversal-answers-only", service=_ends(Disconnect.BUSY_TONE, reversal_on_answer=True), settings=_POLARITY),
    LineKind("tells-no-end", service=_ends(Disconnect.NONE)),
    LineKind("pbx-quick", service=_busy("quick"), settings={"busy_tone": "450:250/250"}),
    LineKind("pbx-mixed", service=_busy("mixed"), settings={"busy_tone": "450:210/210/210/210/210/210/630/210"}),
    LineKind("pbx-low", service=_busy("low"), settings={"busy_tone": "394:350/350"}),
    LineKind("pbx-off", service=_busy("off")),
    LineKind("pbx-faint", service=_busy("faint")),
    LineKind(
        "pbx-itu",
        service=LineService(sounds={"busy": busy_tone("itu"), "dial": dial_tone("itu")}),
        settings={"busy_tone": "425:500/500"},
    ),
    LineKind("late-dial-tone", service=LineService(dial_tone_after_ms=2500)),
    LineKind("no-dial-tone", service=LineService(sounds={"dial": dial_tone("none")}), settings={"dial_tone": "none", "dial_delay_s": 1.5}),
    LineKind("colour-ringback", service=LineService(sounds={"ringback": ring_back_music(6.0, 1)}), settings={"answer_most_s": 14.0}),
    LineKind("pulse", settings={"dialling": "pulse"}),
)
IMPAIRMENTS: Mapping[str, Impairments] = MappingProxyType(
    {
        "clean": NO_IMPAIRMENTS,
        "short": Impairments(cable=SHORT),
        "3km": Impairments(cable=KM_3),
        "6km": Impairments(cable=KM_6),
        "noise": Impairments(noise_dbm0=-50.0, far_noise_dbm0=-50.0),
        "hum": Impairments(mains_dbm0=-40.0),
        "clicks": Impairments(impulses_a_min=20.0, impulse_dbm0=-20.0),
        "echo": Impairments(echo_loss_db=12.0),
        "soft": Impairments(to_appliance_gain_db=-7.0, from_appliance_gain_db=-7.0),
        "loud": Impairments(to_appliance_gain_db=3.0, from_appliance_gain_db=3.0),
        "3km-noise-hum": Impairments(cable=KM_3, noise_dbm0=-50.0, mains_dbm0=-45.0),
    }
)


@dataclass(frozen=True)
class Case:
    """One cell of the matrix."""

    kind: LineKind
    impairment: str
    plot: Plot

    @property
    def name(self) -> str:
        """For people and files."""
        return f"{self.kind.name}/{self.impairment}/{self.plot.value}"


@dataclass(frozen=True)
class Expected:
    """What the journal must say. ``reasons``: one of these ends the call; empty: there may be no call at all. ``supervision`` of an answer,
    empty: there is none; ``shown``: the caller's number is known; ``recorded``: the conversation is kept, as long as it was.
    """

    reasons: tuple[str, ...]
    released_by: str
    cause: int
    shown: bool = False
    supervision: str = ""
    recorded: bool = False


ENDS = {Disconnect.BUSY_TONE: "busy_tone", Disconnect.BATTERY_DROP: "battery_drop", Disconnect.REVERSAL: "polarity"}
NORMAL, BUSY, UNALLOCATED = 16, 17, 1


def expected_of(case: Case) -> Expected:
    """The right outcome. Pure."""
    kind, plot = case.kind, case.plot
    end = ENDS.get(kind.service.disconnect, "")
    shown = kind.style is not CallerIdStyle.NONE
    # Nobody can tell a voice from music that goes before it: such a call counts as answered after its longest time.
    music = "ringback" in kind.service.sounds
    answer = "polarity" if kind.settings.get("answer_supervision") == "polarity" else "assumed" if music else "progress"
    ours = Expected(("hung_up",), "agent", NORMAL, recorded=True)
    match plot:
        case Plot.CALLER_ENDS if end:
            return Expected((end,), "caller", NORMAL, shown, "local", recorded=True)
        case Plot.CALLER_ENDS | Plot.AGENT_ENDS:
            return replace(ours, shown=shown, supervision="local")
        case Plot.LEAVES_RINGING:
            return Expected(("caller_gone", end), "caller", NORMAL)
        case Plot.LEAVES_MENU | Plot.LEAVES_QUEUE:
            return Expected((end,), "caller", NORMAL, shown, "local")
        case Plot.OUT_FAR_ENDS if end:
            return Expected((end,), "called", NORMAL, supervision=answer, recorded=True)
        case Plot.OUT_FAR_ENDS | Plot.OUT_NEAR_ENDS:
            return replace(ours, supervision=answer)
        case Plot.OUT_BUSY:
            return Expected(("busy_tone",), "called", BUSY)
        case Plot.OUT_NO_ANSWER:
            return Expected(("gave_up",), "agent", NORMAL)
        case Plot.OUT_UNALLOCATED:
            return Expected(("unallocated_tone",), "called", UNALLOCATED)
    return Expected(("hung_up",), "caller", NORMAL, supervision="phone", recorded=True)


def _makes_sense(case: Case) -> bool:
    leaves = case.plot in (Plot.LEAVES_MENU, Plot.LEAVES_QUEUE, Plot.LEAVES_RINGING)
    # A tone of -28 dBm0 behind 3 km of wire, under hum of -45: 12 dB between them, and so no pauses that could be told.
    drowned = case.kind.name == "pbx-faint" and case.impairment == "3km-noise-hum"
    # And on a long pair, or with a bad hybrid, the echo of our own music is louder than that tone.
    drowned = drowned or (case.kind.name == "pbx-faint" and case.impairment in ("3km", "6km", "echo") and case.plot is Plot.LEAVES_QUEUE)
    return (case.kind.tells_end or not leaves) and not drowned


def all_cases() -> Sequence[Case]:
    """Every cell that makes sense."""
    cases = (Case(kind, impairment, plot) for kind in KINDS for impairment in IMPAIRMENTS for plot in Plot)
    return [case for case in cases if _makes_sense(case)]


def chosen(seed: int, count: int) -> Sequence[Case]:
    """So many cells by chance, each kind and each plot as often as any other, kinds together."""
    chance = random.Random(seed)
    by_pair: dict[tuple[str, Plot], list[Case]] = {}
    for case in all_cases():
        by_pair.setdefault((case.kind.name, case.plot), []).append(case)
    for cases in by_pair.values():
        chance.shuffle(cases)
    pairs = list(by_pair)
    chance.shuffle(pairs)
    taken: list[Case] = []
    while len(taken) < count and any(by_pair.values()):
        for pair in pairs:
            if by_pair[pair] and len(taken) < count:
                taken.append(by_pair[pair].pop())
    places = {kind.name: place for place, kind in enumerate(KINDS)}
    return sorted(taken, key=lambda case: (places[case.kind.name], case.plot, case.impairment))
