"""Tests of one port for installers: which there are, and what each does, as data.

A test is a row of steps on one port, or on two that are cabled to each other. What a step finds it keeps under a name; ``line_verdicts.py`` makes a
judgement of all that was found, ``line_test_run.py`` walks through the steps. A step that is *needed* and finds nothing ends the
test there: what was found until then is judged.

    line (FXO)     battery, dial tone, echo, noise, keys
    phone (FXS)    hook and battery, ring, caller id, echo, noise, keys
    both           a loop between two ports of this box: ringing, answer, levels, keys and hang-up, both ways

Learning the busy tone has no steps here: that is a call of the line itself, with its own way of dialling (``Trunk.record_tone``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from engine.telephony.dtmf import dial_steps
from engine.telephony.line_measures import probe_samples
from engine.telephony.media import ToneStep
from engine.telephony.numbers import CallerId

__all__ = [
    "AUTOMATIC",
    "LINE_TESTS",
    "LOOP_KEYS",
    "LOOP_TONE_DBM0",
    "PHONE_KEYS",
    "PHONE_TESTS",
    "TEST_CALLER",
    "Await",
    "Finding",
    "HearKeys",
    "KeysHeard",
    "LineTest",
    "Look",
    "OffHook",
    "OnHook",
    "Pause",
    "Plan",
    "PortKind",
    "PortSeen",
    "Record",
    "Recorded",
    "Ring",
    "Seen",
    "SendKeys",
    "Step",
    "StopRinging",
    "plan_for",
    "steps_most_s",
]


class PortKind(StrEnum):
    """What is plugged into a port."""

    LINE = "line"
    """An exchange line: the card's port is FXO."""
    PHONE = "phone"
    """A desk phone: the card's port is FXS."""


class LineTest(StrEnum):
    """The tests, by the names that the page, the console and the journal use."""

    BATTERY = "battery"
    DIAL_TONE = "dial_tone"
    ECHO = "echo"
    NOISE = "noise"
    KEYS = "keys"
    RING = "ring"
    CALLER_ID = "caller_id"
    LEARN_BUSY = "learn_busy"
    LOOP = "loop"


LINE_TESTS = (LineTest.BATTERY, LineTest.DIAL_TONE, LineTest.NOISE, LineTest.ECHO, LineTest.KEYS, LineTest.LEARN_BUSY, LineTest.LOOP)
PHONE_TESTS = (LineTest.BATTERY, LineTest.RING, LineTest.CALLER_ID, LineTest.NOISE, LineTest.ECHO, LineTest.KEYS, LineTest.LOOP)
AUTOMATIC = (LineTest.BATTERY, LineTest.DIAL_TONE, LineTest.NOISE, LineTest.ECHO, LineTest.KEYS)
"""What can be tried on an exchange line one after the other, with nobody there."""

NEAR, FAR = 0, 1
PHONE_KEYS = "1234567890*#"
LOOP_KEYS = "159D*0#"
"""Every row and column once at least."""
LOOP_TONE_DBM0 = -10.0
LOOP_TONE_HZ = 1020.0
TEST_CALLER = CallerId("13800138000", "Test")
RINGING_S = 25.0
"""Five bursts: time enough to walk to the phone."""


class Seen(StrEnum):
    """What a port notices of its pair."""

    RING = "ring"
    LIFTED = "lifted"
    HUNG_UP = "hung_up"
    BATTERY_GONE = "battery_gone"
    SHOWN = "shown"
    """The caller id has been sent to the phone."""


# ---- steps ------------------------------------------------------------------------------------------------------------
#
# ``end``: the tested port (0), or the one that it is cabled to (1).


@dataclass(frozen=True)
class Look:
    """Ask the driver for the port's state; finds ``PortSeen``."""

    name: str
    end: int = NEAR


@dataclass(frozen=True)
class OffHook:
    """Close an exchange line's loop; on a phone's port, serve the phone."""

    end: int = NEAR


@dataclass(frozen=True)
class OnHook:
    """Open the loop; on a phone's port, hang up on the phone (its battery is removed for a moment when it is up)."""

    end: int = NEAR


@dataclass(frozen=True)
class Ring:
    """Ring the phone, and show this caller after the first burst."""

    end: int = NEAR
    caller: CallerId | None = None


@dataclass(frozen=True)
class StopRinging:
    """Be silent."""

    end: int = NEAR


@dataclass(frozen=True)
class Pause:
    """Let time pass."""

    seconds: float


@dataclass(frozen=True)
class Await:
    """Wait until the port notices this, since the newest act before; finds after how many ms, or −1 when it did not come in time."""

    name: str
    what: Seen
    within_s: float
    end: int = NEAR
    needed: bool = True


@dataclass(frozen=True)
class Record:
    """Keep what comes from ``end`` for so long; ``tone`` or ``probe`` (as of ``probe_samples``) goes round into ``into`` meanwhile, and from a moment before."""

    name: str
    seconds: float
    end: int = NEAR
    into: int = NEAR
    tone: ToneStep | None = None
    probe: bytes = b""


@dataclass(frozen=True)
class SendKeys:
    """Sound these keys."""

    keys: str
    end: int = NEAR


@dataclass(frozen=True)
class HearKeys:
    """Hear keys at ``end`` until every one of ``keys`` came, at most so long; ``send``: sound them into ``into`` at the same time."""

    name: str
    keys: str
    within_s: float
    end: int = NEAR
    send: bool = False
    into: int = NEAR


Step = Look | OffHook | OnHook | Ring | StopRinging | Pause | Await | Record | SendKeys | HearKeys


@dataclass(frozen=True)
class Plan:
    """A test's steps. ``ends``: how many ports it needs."""

    test: LineTest
    steps: tuple[Step, ...]
    ends: int = 1


# ---- what is found ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PortSeen:
    """What the driver says of a port. ``battery``: False when the exchange does not feed the line; ``volts``: of the pair, None where the
    card measures none.
    """

    battery: bool
    off_hook: bool
    volts: float | None = None


@dataclass(frozen=True)
class Recorded:
    """Sound, as signed 16-bit samples in the machine's order, 8000 a second."""

    samples: bytes


@dataclass(frozen=True)
class KeysHeard:
    """Keys in the order in which they came, and the mean level of each key's two tones together (dBm0, None: not known)."""

    keys: str
    levels_dbm0: tuple[float | None, ...] = ()


Finding = PortSeen | Recorded | KeysHeard | int
Findings = Mapping[str, Finding]


# ---- plans ------------------------------------------------------------------------------------------------------------

SETTLE_S = 0.7
"""The driver's debounce after going off hook: 600 ms."""
DIAL_TONE_S = 1.6
LIFTED_S = 1.5
"""From lifting until the handset is still."""
DIGIT_THAT_ENDS_DIAL_TONE = "1"
HANG_UP_WITHIN_S = 3.0
RELEASED: tuple[Step, ...] = (OnHook(), Pause(1.5))
"""Exchanges take a shorter break for a flash, and would not be at the beginning for the next test."""
BELL_DEAF_S = 2.3
"""The driver reports no ringing for 2 s after a channel was opened or hung up."""


def _line_battery() -> tuple[Step, ...]:
    dropped = Await("dropped", Seen.BATTERY_GONE, 1.5, needed=False)
    return (Look("idle"), OffHook(), Pause(SETTLE_S), dropped, Look("seized"), *RELEASED)


def _seized(*steps: Step) -> tuple[Step, ...]:
    return (Look("idle"), OffHook(), Pause(SETTLE_S), *steps, *RELEASED)


def _lifted(*steps: Step) -> tuple[Step, ...]:
    """A person at the phone is wanted: it rings, and is lifted."""
    return (Look("idle"), Ring(), Await("lifted", Seen.LIFTED, RINGING_S), StopRinging(), OffHook(), Pause(LIFTED_S), *steps, OnHook())


@cache
def _probe() -> bytes:
    return probe_samples()


def _loop() -> tuple[Step, ...]:
    """``NEAR`` is the exchange line's port, ``FAR`` the phone's."""
    tone = ToneStep(1000, LOOP_TONE_HZ, LOOP_TONE_DBM0)
    return (
        Pause(BELL_DEAF_S),
        Ring(FAR),
        Await("rang", Seen.RING, 6.0, NEAR),
        OffHook(NEAR),
        Await("answered", Seen.LIFTED, 2.0, FAR),
        StopRinging(FAR),
        OffHook(FAR),
        Pause(SETTLE_S),
        Record("to_phone", 1.0, end=FAR, into=NEAR, tone=tone),
        Record("to_line", 1.0, end=NEAR, into=FAR, tone=tone),
        HearKeys("keys_to_phone", LOOP_KEYS, 4.0, end=FAR, send=True, into=NEAR),
        HearKeys("keys_to_line", LOOP_KEYS, 4.0, end=NEAR, send=True, into=FAR),
        OnHook(NEAR),
        Await("hung_up", Seen.HUNG_UP, HANG_UP_WITHIN_S, FAR, needed=False),
        OnHook(FAR),
        Pause(BELL_DEAF_S),
        Ring(FAR),
        Await("rang_again", Seen.RING, 6.0, NEAR),
        OffHook(NEAR),
        Await("answered_again", Seen.LIFTED, 2.0, FAR),
        StopRinging(FAR),
        OffHook(FAR),
        Pause(SETTLE_S),
        OnHook(FAR),
        Await("battery_gone", Seen.BATTERY_GONE, 2.0, NEAR, needed=False),
        OnHook(NEAR),
    )


def plan_for(test: LineTest, kind: PortKind) -> Plan:
    """The steps of a test on a port of this kind. ValueError for one that such a port has not."""
    if test is LineTest.LOOP:
        return Plan(test, _loop(), ends=2)
    steps = _line_steps() if kind is PortKind.LINE else _phone_steps()
    if test not in steps:
        raise ValueError(f"{test} is no test of a {kind}")
    return Plan(test, steps[test])


def _line_steps() -> Mapping[LineTest, tuple[Step, ...]]:
    ended = (SendKeys(DIGIT_THAT_ENDS_DIAL_TONE), Pause(0.3))
    return {
        LineTest.BATTERY: _line_battery(),
        LineTest.DIAL_TONE: _seized(Pause(0.3), Record("tone", DIAL_TONE_S)),
        LineTest.NOISE: (Look("idle"), Record("on_hook", 1.0), OffHook(), Pause(1.5), *ended, Record("noise", 2.0), *RELEASED),
        LineTest.ECHO: _seized(Pause(0.5), *ended, Record("echo", 1.3, probe=_probe())),
        LineTest.KEYS: _seized(Pause(0.8), Record("before", 0.6), *ended, Record("after", 0.6)),
    }


def _phone_steps() -> Mapping[LineTest, tuple[Step, ...]]:
    call = (Look("idle"), Ring(caller=TEST_CALLER), Await("sent", Seen.SHOWN, 8.0), Await("lifted", Seen.LIFTED, RINGING_S))
    return {
        LineTest.BATTERY: (Look("idle"),),
        LineTest.RING: (Look("idle"), Ring(), Await("lifted", Seen.LIFTED, RINGING_S), StopRinging(), OffHook(), Pause(1.0), OnHook()),
        LineTest.CALLER_ID: (*call, StopRinging(), OffHook(), Pause(1.0), OnHook()),
        LineTest.NOISE: _lifted(Record("noise", 2.0)),
        LineTest.ECHO: _lifted(Record("echo", 1.3, probe=_probe())),
        LineTest.KEYS: _lifted(SendKeys(PHONE_KEYS), HearKeys("keys", PHONE_KEYS, 40.0)),
    }


KEY_MS = 100


def keys_ms(keys: str) -> int:
    """How long it takes to sound them."""
    return 2 * KEY_MS * len(keys)


def key_steps(keys: str) -> Sequence[ToneStep]:
    """The keys as tones."""
    return dial_steps(keys, KEY_MS, KEY_MS)


def steps_most_s(plan: Plan) -> float:
    """How long the test takes at most."""
    return sum(_most_s(step) for step in plan.steps)


def _most_s(step: Step) -> float:
    match step:
        case Pause(seconds):
            return seconds
        case Await(within_s=within_s) | HearKeys(within_s=within_s):
            return within_s
        case Record(seconds=seconds):
            return seconds + 0.5
        case SendKeys(keys):
            return keys_ms(keys) / 1000 + 0.1
    return 0.05
