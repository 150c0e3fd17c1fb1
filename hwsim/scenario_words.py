"""Steps of a scenario in words, for those who follow it."""

from __future__ import annotations

from engine.kernel.errors import OurFault
from engine.kernel.text import Text, text
from hwsim.scenario_steps import (
    AgentIs,
    AlarmSpan,
    CallIs,
    CallTo,
    CutLine,
    FactHappens,
    Flash,
    HangUp,
    HearsPrompt,
    HearsSilence,
    HearsSpeech,
    HearsTone,
    Lift,
    LineIs,
    LineValue,
    MendLine,
    PlugIn,
    Press,
    PullCard,
    Pulse,
    PushCard,
    RecordingIs,
    Rings,
    Say,
    Sees,
    StaysQuiet,
    Step,
    Together,
    TrackSays,
    TrunkIs,
    Unplug,
    Wait,
)

__all__ = ["expected", "fields_shown", "words"]


def expected(step: Step) -> Text:
    """What should have come of the step, with its time where it has one."""
    within_s = getattr(step, "within_s", None)
    said = words(step)
    return said if within_s is None else text("{said} (within {seconds} s)", said=said, seconds=f"{within_s:g}")


def words(step: Step) -> Text:
    """The step as a sentence."""
    match step:
        case Rings() | Sees() | StaysQuiet() | HearsPrompt() | HearsTone() | HearsSpeech() | HearsSilence():
            return _noticed(step)
        case FactHappens() | AgentIs() | CallIs() | RecordingIs():
            return _expectation(step)
        case Wait(seconds=seconds):
            return text("{seconds} s pass", seconds=f"{seconds:g}")
        case PullCard(card=card):
            return text("card {card} is pulled out", card=card)
        case PushCard(card=card):
            return text("card {card} is put back", card=card)
        case AlarmSpan(alarm="none", card=card, port=port):
            return text("port {port} of card {card} is in alarm no more", port=port, card=card)
        case AlarmSpan(alarm=alarm, card=card, port=port):
            return text("port {port} of card {card} is in alarm: {alarm}", port=port, card=card, alarm=alarm)
        case CutLine(name=name, for_s=None):
            return text("the wire of {line} is cut", line=name)
        case CutLine(name=name, for_s=for_s):
            return text("the wire of {line} is cut for {seconds} s", line=name, seconds=f"{for_s:g}")
        case MendLine(name=name):
            return text("the wire of {line} is mended", line=name)
        case LineIs(name=name, settings=settings) | TrunkIs(name=name, settings=settings):
            return text(
                "{line} is now: {settings}", line=name, settings=fields_shown(tuple((key, _shown(value)) for key, value in settings))
            )
        case Together(branches=branches):
            return text("{count} scripts at the same time", count=len(branches))
    return _act(step)


CODE_KEYS = 3
TOLD_AFTER_CODE = 3
"""What may follow a code (a reason's digit) and is told; anything longer may hold a PIN of 4 keys or more."""


def _keys_told(keys: str) -> str:
    """Keys as they may be told: of a code, such as ``*11``, with a number and a PIN after it, only the code."""
    if keys.startswith("*") and len(keys) > CODE_KEYS + TOLD_AFTER_CODE:
        return keys[:CODE_KEYS] + "…"
    return keys


def _act(step: Step) -> Text:
    match step:
        case CallTo(who=who, to=to):
            return text("{who} calls {to}", who=who, to=to)
        case Lift(who=who, for_s=None):
            return text("{who} lifts the handset", who=who)
        case Lift(who=who, for_s=for_s):
            return text("{who} lifts the handset and puts it down after {seconds} s", who=who, seconds=f"{for_s:g}")
        case Unplug(who=who):
            return text("the cord of {who} is pulled out", who=who)
        case PlugIn(who=who):
            return text("the cord of {who} is put back", who=who)
        case HangUp(who=who):
            return text("{who} hangs up", who=who)
        case Press(who=who, keys=keys):
            return text("{who} presses {keys}", who=who, keys=_keys_told(keys))
        case Pulse(who=who, keys=keys):
            return text("{who} dials {keys} by pulses", who=who, keys=keys)
        case Flash(who=who):
            return text("{who} presses the R key", who=who)
        case Say(who=who, text=said, wav=wav):
            return text("{who} says: {words}", who=who, words=said or wav)
    raise OurFault(f"nobody has words for {step!r}")


def _noticed(step: Step) -> Text:
    match step:
        case Rings(who=who, shows=None, shows_name=None):
            return text("{who} rings", who=who)
        case Rings(who=who, shows=shows, shows_name=name):
            return text("{who} rings and shows {shown}", who=who, shown=" ".join(part for part in (shows, name) if part) or "-")
        case Sees(who=who, what="lamp", value=value):
            return text("the message lamp of {who} is {state}", who=who, state=value)
        case Sees(who=who, what="waiting", value=value):
            return text("the display of {who} shows {shown} waiting", who=who, shown=value)
        case Sees(who=who, value=value):
            return text("the display of {who} shows {shown}", who=who, shown=value)
        case StaysQuiet(who=who, for_s=for_s):
            return text("{who} does not ring for {seconds} s", who=who, seconds=f"{for_s:g}")
        case HearsPrompt(who=who, prompt=prompt, language=""):
            return text("{who} hears the prompt {prompt}", who=who, prompt=prompt)
        case HearsPrompt(who=who, prompt=prompt, language=language):
            return text("{who} hears the prompt {prompt}", who=who, prompt=f"{language}/{prompt}")
        case HearsTone(who=who, tone=tone):
            return text("{who} hears {tone} tone", who=who, tone=tone)
        case HearsSpeech(who=who, of=of, delay_s=None):
            return text("{who} hears {other} speak", who=who, other=of)
        case HearsSpeech(who=who, of=of, delay_s=delay_s):
            return text("{who} hears {other} speak, at most {ms} ms late", who=who, other=of, ms=f"{(delay_s or 0) * 1000:g}")
        case HearsSilence(who=who, for_s=for_s):
            return text("{who} hears silence for {seconds} s", who=who, seconds=f"{for_s:g}")
    raise OurFault(f"nobody has words for {step!r}")


def _expectation(step: Step) -> Text:
    match step:
        case FactHappens(fact=fact, where=where, times=None):
            return text("the journal has {fact}", fact=_fact_shown(fact, where))
        case FactHappens(fact=fact, where=where, times=times):
            return text("the journal has {times} × {fact}", fact=_fact_shown(fact, where), times=times)
        case AgentIs(agent=agent, state=state):
            return text("agent {agent} is {state}", agent=agent, state=state)
        case CallIs(which=which, where=where):
            return text("the list of calls: {which} call has {fields}", which=_which(which), fields=fields_shown(where))
        case RecordingIs(which=which, length_s=length_s, tolerance_s=tolerance_s, left=left, right=right):
            length = "" if length_s is None else f"{length_s:g} s ± {tolerance_s:g} s"
            tracks = [length, _track("left", left), _track("right", right)]
            return text("{which} recording is stereo A-law: {about}", which=_which(which), about=", ".join(filter(None, tracks)) or "-")
    raise OurFault(f"nobody has words for {step!r}")


def _shown(value: LineValue) -> str:
    if isinstance(value, tuple):
        return ",".join(f"{part:g}" for part in value)
    return f"{value:g}" if isinstance(value, float) else value if isinstance(value, str) else "yes" if value else "no"


def _which(which: str) -> Text:
    return text("the last") if which == "last" else text("the first")


def _fact_shown(fact: str, where: tuple[tuple[str, str], ...]) -> str:
    return f"{fact} {fields_shown(where)}".rstrip()


def _track(side: str, track: TrackSays | None) -> str:
    return "" if track is None else f"{side} = {track.who}"


def fields_shown(where: tuple[tuple[str, str], ...]) -> str:
    """Field values as ``name=value`` pairs."""
    return " ".join(f"{name}={value or '-'}" for name, value in where)
