"""What a scenario consists of: people and steps, as values. ``line`` is where it stands in the file; times are seconds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from yaml.nodes import MappingNode

__all__ = [
    "AgentIs",
    "AlarmSpan",
    "CallIs",
    "CallTo",
    "CallerSpec",
    "CutLine",
    "FactHappens",
    "Flash",
    "HangUp",
    "HearsPrompt",
    "HearsSilence",
    "HearsSpeech",
    "HearsTone",
    "Lift",
    "LineIs",
    "LineValue",
    "MendLine",
    "PhoneSpec",
    "PlugIn",
    "Press",
    "PullCard",
    "Pulse",
    "PushCard",
    "RecordingIs",
    "Rings",
    "Say",
    "Scenario",
    "Sees",
    "StaysQuiet",
    "Step",
    "Together",
    "TrackSays",
    "TrunkIs",
    "Unplug",
    "Wait",
]

LineValue = str | float | bool | tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class CallerSpec:
    """A person with a number in the network. By an E1 trunk: ``cause``, calls to the number fail so; ``announces``, what is heard before the bell
    rings.
    """

    line: int
    name: str
    number: str
    shown_name: str
    caller_id: str
    absence: str
    answers_after_s: float | None
    language: str
    cause: int | None = None
    announces: str = ""


@dataclass(frozen=True, kw_only=True)
class PhoneSpec:
    """A person at a desk phone, known by its extension. ``phone-<extension>`` needs no such entry.

    ``hand``: ``steady`` or ``human``; ``cable`` empty: none to speak of; ``lamp``: what switches the message lamp; ``shows_waiting``: the display
    knows of second calls.
    """

    line: int
    name: str
    extension: str
    language: str
    hand: str = "steady"
    cable: str = ""
    lamp: str = "fsk"
    shows_waiting: bool = True


@dataclass(frozen=True, kw_only=True)
class Step:
    """Base of every step."""

    line: int


@dataclass(frozen=True, kw_only=True)
class CallTo(Step):
    """A caller dials a line's name or a number; ``disconnect`` is how the exchange ends this call, empty: as usual.

    ``ring_ms``: a distinctive ring, empty: as usual; ``collides``: the call meets the appliance's own seizure of the line. By an E1 trunk:
    ``called``, the number that the exchange tells, empty: the trunk's; ``by_digits``: it does so digit by digit; ``diverted_from``: the number
    first called, empty: none.
    """

    who: str
    to: str
    disconnect: str
    ring_ms: tuple[int, ...] = ()
    collides: bool = False
    called: str = ""
    by_digits: bool = False
    diverted_from: str = ""


@dataclass(frozen=True, kw_only=True)
class Lift(Step):
    """The handset goes up; a caller who is rung answers. ``for_s``: and down again after so long, None: it stays up."""

    who: str
    for_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class HangUp(Step):
    """The handset goes down."""

    who: str


@dataclass(frozen=True, kw_only=True)
class Press(Step):
    """Keys as DTMF."""

    who: str
    keys: str
    on_s: float
    off_s: float


@dataclass(frozen=True, kw_only=True)
class Pulse(Step):
    """Digits by loop breaks."""

    who: str
    keys: str


@dataclass(frozen=True, kw_only=True)
class Flash(Step):
    """The R key; ``for_s`` None: held as long as this person's hand holds it."""

    who: str
    for_s: float | None


@dataclass(frozen=True, kw_only=True)
class Unplug(Step):
    """The telephone's cord is pulled out of the wall."""

    who: str


@dataclass(frozen=True, kw_only=True)
class PlugIn(Step):
    """The telephone's cord is put back."""

    who: str


@dataclass(frozen=True, kw_only=True)
class Say(Step):
    """Say a text, or a WAV file beside the scenario; the other one is empty. The step does not wait for the end."""

    who: str
    text: str
    wav: str
    language: str


@dataclass(frozen=True, kw_only=True)
class HearsPrompt(Step):
    """A prompt of the appliance is heard; ``language`` empty: the site's."""

    who: str
    prompt: str
    language: str
    within_s: float


@dataclass(frozen=True, kw_only=True)
class HearsTone(Step):
    """A tone of the exchange or the appliance is heard."""

    who: str
    tone: str
    within_s: float


@dataclass(frozen=True, kw_only=True)
class HearsSpeech(Step):
    """What another person last said is heard; ``delay_s``: at most so late, None: whatever."""

    who: str
    of: str
    within_s: float
    delay_s: float | None


@dataclass(frozen=True, kw_only=True)
class HearsSilence(Step):
    """Silence for so long is heard."""

    who: str
    for_s: float
    within_s: float


@dataclass(frozen=True, kw_only=True)
class Rings(Step):
    """The telephone rings, and shows this number or name; None: whatever."""

    who: str
    within_s: float
    shows: str | None
    shows_name: str | None


@dataclass(frozen=True, kw_only=True)
class StaysQuiet(Step):
    """The telephone does not ring for so long."""

    who: str
    for_s: float


@dataclass(frozen=True, kw_only=True)
class Sees(Step):
    """The display or lamp of a telephone shows something: ``caller`` or ``waiting`` a number (or why there is none), ``lamp`` on or off."""

    who: str
    what: str
    value: str
    within_s: float


@dataclass(frozen=True, kw_only=True)
class Wait(Step):
    """Time passes."""

    seconds: float


@dataclass(frozen=True, kw_only=True)
class PullCard(Step):
    """A card is pulled out of the machine."""

    card: int


@dataclass(frozen=True, kw_only=True)
class PushCard(Step):
    """The card is back."""

    card: int


@dataclass(frozen=True, kw_only=True)
class AlarmSpan(Step):
    """A port of a card is in alarm from now on: ``red``, ``yellow``, ``blue``, ``los``, ``lfa``, ``lmfa``; ``none``: not any more."""

    alarm: str
    card: int
    port: int


@dataclass(frozen=True, kw_only=True)
class CutLine(Step):
    """The wire of an exchange line breaks; ``for_s``: and is whole again after so long, None: it stays broken."""

    name: str
    for_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class MendLine(Step):
    """The wire of an exchange line is whole again."""

    name: str


@dataclass(frozen=True, kw_only=True)
class LineIs(Step):
    """An exchange line is like this from now on: the words of ``docs/scenarios.md`` with their values, times in seconds."""

    name: str
    settings: tuple[tuple[str, LineValue], ...]


@dataclass(frozen=True, kw_only=True)
class TrunkIs(Step):
    """The exchange of an E1 trunk behaves like this from now on: the words of ``docs/scenarios.md`` with their values."""

    name: str
    settings: tuple[tuple[str, LineValue], ...]


@dataclass(frozen=True, kw_only=True)
class Together(Step):
    """Scripts that run at the same time; the step ends with the last of them."""

    branches: tuple[tuple[Step, ...], ...]


@dataclass(frozen=True, kw_only=True)
class FactHappens(Step):
    """A fact with these field values is in the journal; ``times`` None: at least once, else exactly so often."""

    fact: str
    where: tuple[tuple[str, str], ...]
    times: int | None
    within_s: float


@dataclass(frozen=True, kw_only=True)
class AgentIs(Step):
    """An agent is in this state."""

    agent: str
    state: str
    within_s: float


@dataclass(frozen=True, kw_only=True)
class TrackSays:
    """A recording's track holds everything ``who`` said, at least so well correlated."""

    who: str
    correlation: float


@dataclass(frozen=True, kw_only=True)
class RecordingIs(Step):
    """A recording (``last`` or ``first``): its length, and who is on its tracks; None: whatever."""

    which: str
    length_s: float | None
    tolerance_s: float
    left: TrackSays | None
    right: TrackSays | None
    within_s: float


@dataclass(frozen=True, kw_only=True)
class CallIs(Step):
    """A call (``last`` or ``first``) in the list of calls has these values."""

    which: str
    where: tuple[tuple[str, str], ...]
    within_s: float


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A whole scenario. ``site`` is a file beside it, or empty; ``overrides``, as they are written, change the demo site's settings."""

    file: str
    folder: Path
    title: str
    site: str
    overrides: MappingNode | None
    seed: int
    callers: tuple[CallerSpec, ...]
    phones: tuple[PhoneSpec, ...]
    script: tuple[Step, ...]
