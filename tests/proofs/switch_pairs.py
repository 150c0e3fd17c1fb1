"""Two things in the same block: in every situation of a call, every two that different people do at once, in either order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

from engine import facts
from engine.telephony.causes import Cause, Release
from engine.telephony.numbers import CallerId
from tests.proofs.switch_box import SwitchBox
from tests.proofs.switch_silence import SilenceWatch

__all__ = ["SITUATIONS", "Case", "cases", "outcome"]

LEAD_S = 2.0
"""From giving the two acts to the block in which both are told: handsets go down some time before the board believes it."""
CALLER = CallerId("13800138000")
LEFT = Release(Cause.NORMAL_CALL_CLEARING, "busy_tone")


# ---- what is done ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Deed:
    """Something that somebody at ``who`` does; ``early_s``: so long before it is told."""

    what: str
    who: str
    act: Callable[[SwitchBox], None]
    early_s: float = 0.0

    def __str__(self) -> str:
        return f"{self.who} {self.what}"


def _down(phone: str) -> Deed:
    return Deed("hangs up", phone, lambda box: box.board.hang_up(phone), 0.8)


def _up(phone: str) -> Deed:
    return Deed("lifts", phone, lambda box: box.board.lift(phone))


def _flash(phone: str) -> Deed:
    def act(box: SwitchBox) -> None:
        box.board.hang_up(phone)
        box.clock.call_later(0.1, lambda: box.board.lift(phone))

    return Deed("flashes", phone, act, 0.1)


def _key(phone: str) -> Deed:
    return Deed("presses 1", phone, lambda box: box.board.key(phone, "1"))


def _leaves(line: str) -> Deed:
    return Deed("leaves", line, lambda box: box.board.caller_hangs_up(line, LEFT))


def _answers(line: str) -> Deed:
    return Deed("answers", line, lambda box: box.board.far_end_answers(line))


def _gives_back(line: str) -> Deed:
    return Deed("is given back", line, lambda box: box.board.give_back(line, "no_dial_tone"))


def _fails(name: str) -> Deed:
    return Deed("fails", name, lambda box: box.board.fail(name, "card_removed"))


def _phone(phone: str) -> tuple[Deed, ...]:
    return _down(phone), _flash(phone), _key(phone), _fails(phone)


def _line(line: str) -> tuple[Deed, ...]:
    return _leaves(line), _fails(line)


# ---- situations ------------------------------------------------------------------------------------------------------


def _dial(box: SwitchBox, phone: str, keys: str) -> None:
    box.board.lift(phone)
    box.clock.advance(0.5)
    for key in keys:
        box.board.key(phone, key)
        box.clock.advance(0.1)


def _flashes(box: SwitchBox, phone: str) -> None:
    box.board.hang_up(phone)
    box.clock.advance(0.1)
    box.board.lift(phone)
    box.clock.advance(1.0)


def _queued(box: SwitchBox) -> None:
    """A customer waits for agents, and the one at phone-1 is rung."""
    _dial(box, "phone-1", "*111001#2222#")
    box.clock.advance(3.0)
    box.board.hang_up("phone-1")
    box.clock.advance(2.0)
    box.board.arrive("line-1", CALLER)
    box.clock.advance(5.0)
    for _ in range(2):
        box.board.press("line-1", "1")
        box.clock.advance(1.0)
    for _ in range(200):
        if box.board.stations[0].ringing:
            return
        box.clock.advance(0.1)
    raise AssertionError("phone-1 is not rung")


def _greeted(box: SwitchBox) -> None:
    _queued(box)
    box.board.lift("phone-1")
    box.clock.advance(0.02)


def _outside(box: SwitchBox) -> None:
    _queued(box)
    box.board.lift("phone-1")
    box.clock.advance(10.0)


def _outside_held(box: SwitchBox) -> None:
    _outside(box)
    _flashes(box, "phone-1")


def _recalled(box: SwitchBox) -> None:
    _outside_held(box)
    box.board.hang_up("phone-1")
    box.clock.advance(2.0)


def _inside_rings(box: SwitchBox) -> None:
    _dial(box, "phone-1", "802")
    box.clock.advance(2.0)


def _inside(box: SwitchBox) -> None:
    _inside_rings(box)
    box.board.lift("phone-2")
    box.clock.advance(2.0)


def _inside_held(box: SwitchBox) -> None:
    _inside(box)
    _flashes(box, "phone-1")


def _knocked(box: SwitchBox) -> None:
    _inside(box)
    _dial(box, "phone-3", "801")
    box.clock.advance(2.0)


def _two_calls(box: SwitchBox) -> None:
    _knocked(box)
    _flashes(box, "phone-1")


def _seizing(box: SwitchBox) -> None:
    _dial(box, "phone-1", "065510001#")
    box.clock.advance(0.3)


def _proceeding(box: SwitchBox) -> None:
    _seizing(box)
    box.clock.advance(5.0)


def _outgoing(box: SwitchBox) -> None:
    _proceeding(box)
    box.board.far_end_answers("line-1")
    box.clock.advance(2.0)


def _asking(box: SwitchBox) -> None:
    _outside(box)
    _flashes(box, "phone-1")
    for key in "802":
        box.board.key("phone-1", key)
        box.clock.advance(0.1)
    box.clock.advance(2.0)


def _asked(box: SwitchBox) -> None:
    _asking(box)
    box.board.lift("phone-2")
    box.clock.advance(2.0)


def _three(box: SwitchBox) -> None:
    _asked(box)
    box.board.hang_up("phone-1")
    box.clock.advance(0.1)
    box.board.lift("phone-1")
    box.clock.advance(0.2)
    box.board.key("phone-1", "3")
    box.clock.advance(1.0)
    assert [len(call.parties.up) for call in box.switch.calls.values()] == [3]


def _sent_on(box: SwitchBox) -> None:
    _asking(box)
    box.board.hang_up("phone-1")
    box.clock.advance(2.0)


SITUATIONS: Mapping[str, tuple[Callable[[SwitchBox], None], tuple[Deed, ...]]] = {
    "a queued customer's agent is rung": (_queued, (_up("phone-1"), _fails("phone-1"), *_line("line-1"))),
    "an agent is announced": (_greeted, (*_phone("phone-1"), *_line("line-1"))),
    "a customer talks": (_outside, (*_phone("phone-1"), *_line("line-1"))),
    "a customer is on hold": (_outside_held, (*_phone("phone-1"), *_line("line-1"))),
    "an agent is rung back": (_recalled, (_up("phone-1"), _fails("phone-1"), *_line("line-1"))),
    "a colleague is rung": (_inside_rings, (*_phone("phone-1"), _up("phone-2"), _fails("phone-2"))),
    "colleagues talk": (_inside, (*_phone("phone-1"), *_phone("phone-2"))),
    "a colleague is on hold": (_inside_held, (*_phone("phone-1"), *_phone("phone-2"))),
    "a second call is announced": (_knocked, (*_phone("phone-1"), *_phone("phone-2"), *_phone("phone-3"))),
    "one of two calls is on hold": (_two_calls, (*_phone("phone-1"), *_phone("phone-2"), *_phone("phone-3"))),
    "a colleague is rung for a customer": (_asking, (*_phone("phone-1"), _up("phone-2"), _fails("phone-2"), *_line("line-1"))),
    "a colleague is asked about a customer": (_asked, (*_phone("phone-1"), *_phone("phone-2"), *_line("line-1"))),
    "three talk": (_three, (*_phone("phone-1"), *_phone("phone-2"), *_line("line-1"))),
    "a customer is sent on": (_sent_on, (_up("phone-1"), _fails("phone-1"), _up("phone-2"), _fails("phone-2"), *_line("line-1"))),
    "a line is dialled": (_seizing, (*_phone("phone-1"), _gives_back("line-1"), *_line("line-1"))),
    "a called party is rung": (_proceeding, (*_phone("phone-1"), _answers("line-1"), *_line("line-1"))),
    "a called party talks": (_outgoing, (*_phone("phone-1"), *_line("line-1"))),
}


# ---- cases -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A situation, and two deeds in the order in which they reach us."""

    situation: str
    first: Deed
    second: Deed

    def __str__(self) -> str:
        return f"{self.situation}: {self.first}, {self.second}"


def cases() -> Iterator[Case]:
    """Every situation with every two deeds of different lines and phones."""
    for name, (_, deeds) in SITUATIONS.items():
        for first, second in permutations(deeds, 2):
            if first.who != second.who:
                yield Case(name, first, second)


def outcome(case: Case, folder: Path) -> tuple[list[str], list[str]]:
    """What was wrong, and how the calls ended: cause, reason and who released each."""
    box = SwitchBox(folder)
    SITUATIONS[case.situation][0](box)
    before = len(box.heard)
    watch = SilenceWatch(box)
    for deed in (case.first, case.second):
        box.clock.call_later(LEAD_S - deed.early_s, lambda deed=deed: deed.act(box))  # type: ignore[misc]  # mypy cannot infer a lambda's default
    wrong: list[str] = []
    for seconds in (LEAD_S, 0.02, 0.5, 0.7, 0.7, 5.0):
        box.clock.advance(seconds)
        wrong += [*box.faults_now(), *watch.faults()]
    wrong += [f"{deed} was not told" for deed in (case.first, case.second) if not _told(box, deed, before)]
    box.rest()
    ends = [envelope.fact for envelope in box.heard if isinstance(envelope.fact, facts.CallEnded)]
    return wrong + box.faults_at_rest(), [f"{end.call} {end.reason} {end.released_by}" for end in ends]


def _told(box: SwitchBox, deed: Deed, before: int) -> bool:
    """That the deed came to the switch: handsets and faults have facts of their own."""
    kinds = {
        "hangs up": facts.PhoneHungUp,
        "lifts": facts.PhoneLifted,
        "flashes": facts.PhoneFlashed,
        "fails": facts.LineOutOfService,
    }
    kind = kinds.get(deed.what)
    told = [envelope.fact for envelope in box.heard[before:]]
    return kind is None or any(isinstance(fact, kind) and deed.who in vars(fact).values() for fact in told)
