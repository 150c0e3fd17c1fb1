"""What people do at random: callers, agents and colleagues at lines and phones, sensible things mostly, and now and then a fault."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from engine.telephony.causes import Cause, Release
from engine.telephony.numbers import CallerId
from tests.proofs.switch_box import LINES, PHONES, SwitchBox
from tests.proofs.switch_orders import CODES_OF_CALLS, ORDERS

__all__ = ["Act", "random_act"]

Act = tuple[str, Callable[[SwitchBox], None]]
"""What is done, in a few words, and the doing."""

OUTSIDE = "065510001#"
"""The outside prefix, a number, and the key that ends it."""
EXTENSIONS = tuple(f"80{number}" for number in range(1, len(PHONES) + 1))
CODES = ("*111001#2222#", "*111002#2222#", "*111003#2222#", "*12", "*13", "*14", "*15", "*131")
KEYS = "0123456789*#"
WAITS_S = (0.02, 0.02, 0.1, 0.1, 0.5, 0.5, 1.0, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 70.0)
RELEASES = (
    Release(Cause.NORMAL_CALL_CLEARING, "busy_tone"),
    Release(Cause.USER_BUSY, "busy_tone"),
    Release(Cause.NO_CIRCUIT_AVAILABLE, "congested"),
)


def random_act(chance: Random) -> Act:
    """One act of one of them, or some time that passes."""
    ((what, weight_of),) = chance.choices(list(ACTS.items()), weights=[weight for _, weight in ACTS.values()])
    name, act = weight_of[0](chance)
    return f"{what} {name}", act


def _wait(chance: Random) -> Act:
    seconds = chance.choice(WAITS_S)
    return f"{seconds} s", lambda box: box.clock.advance(seconds)


def _arrive(chance: Random) -> Act:
    line, number = chance.choice(LINES), f"1380013{chance.randrange(10_000):04}"
    return line, lambda box: box.board.arrive(line, CallerId(number))


def _far_leaves(chance: Random) -> Act:
    line, release = chance.choice(LINES), chance.choice(RELEASES)
    return line, lambda box: box.board.caller_hangs_up(line, release)


def _far_answers(chance: Random) -> Act:
    line = chance.choice(LINES)
    return line, lambda box: box.board.far_end_answers(line)


def _far_presses(chance: Random) -> Act:
    line, keys = chance.choice(LINES), chance.choice(("1", "11", "2", "12", "3", chance.choice(KEYS)))

    def act(box: SwitchBox) -> None:
        for key in keys:
            box.board.press(line, key)

    return f"{line} {keys}", act


def _lift(chance: Random) -> Act:
    phone = chance.choice(PHONES)
    return phone, lambda box: box.board.lift(phone)


def _lift_ringing(chance: Random) -> Act:
    """Whoever is rung comes to the phone."""
    pick = chance.random()

    def act(box: SwitchBox) -> None:
        ringing = [station.name for station in box.board.stations if station.ringing]
        if ringing:
            box.board.lift(ringing[int(pick * len(ringing))])

    return "that rings", act


def _hang_up(chance: Random) -> Act:
    """Somebody whose handset is up has done."""
    pick = chance.random()

    def act(box: SwitchBox) -> None:
        up = [station.name for station in box.board.stations if station.off_hook]
        if up:
            box.board.hang_up(up[int(pick * len(up))])

    return "a phone", act


def _put_down(chance: Random) -> Act:
    """Whoever has no call any more puts the handset down."""
    pick = chance.random()

    def act(box: SwitchBox) -> None:
        done = [phone.name for phone in box.switch.phones.values() if phone.station.off_hook and phone.call is None]
        if done:
            box.board.hang_up(done[int(pick * len(done))])
            box.clock.advance(1.0)

    return "a phone without a call", act


def _flash_talking(chance: Random) -> Act:
    """Somebody who talks presses R."""
    pick = chance.random()

    def act(box: SwitchBox) -> None:
        talking = [phone.name for phone in box.switch.phones.values() if phone.call is not None]
        if talking:
            _press_flash(box, talking[int(pick * len(talking))])

    return "in a call", act


def _consult(chance: Random) -> Act:
    """Somebody who talks presses R and dials a colleague, or somebody outside."""
    pick, keys = chance.random(), chance.choice((*EXTENSIONS, OUTSIDE))

    def act(box: SwitchBox) -> None:
        talking = [phone.name for phone in box.switch.phones.values() if phone.call is not None and phone.held is None]
        if talking:
            phone = talking[int(pick * len(talking))]
            _press_flash(box, phone)
            box.clock.advance(0.3)
            _press_keys(box, phone, keys)

    return keys, act


def _choose(chance: Random) -> Act:
    """Who has two calls presses R and a digit: which call ends, or that all talk together; or hangs up, and transfers by it."""
    pick, how = chance.random(), chance.choice(("1", "2", "3", "3", "down", "down"))

    def act(box: SwitchBox) -> None:
        with_two = [phone.name for phone in box.switch.phones.values() if phone.call is not None and phone.held is not None]
        if not with_two:
            return
        phone = with_two[int(pick * len(with_two))]
        if how == "down":
            box.board.hang_up(phone)
            box.clock.advance(1.0)
        else:
            _press_flash(box, phone)
            box.clock.advance(0.2)
            _press_keys(box, phone, how)

    return how, act


def _press_keys(box: SwitchBox, phone: str, keys: str) -> None:
    for key in keys:
        box.board.key(phone, key)
        box.clock.advance(0.1)


def _flash(chance: Random) -> Act:
    phone = chance.choice(PHONES)

    return phone, lambda box: _press_flash(box, phone)


def _press_flash(box: SwitchBox, phone: str) -> None:
    box.board.hang_up(phone)
    box.clock.advance(0.1)
    box.board.lift(phone)


def _dial(chance: Random) -> Act:
    """A phone that is put down is lifted, and a moment later a number or a code is pressed, key by key."""
    pick = chance.random()
    keys = chance.choice((*EXTENSIONS, OUTSIDE, OUTSIDE, *chance.choice((CODES, CODES_OF_CALLS))))

    def act(box: SwitchBox) -> None:
        down = [station.name for station in box.board.stations if not station.off_hook and not station.ringing]
        if not down:
            return
        phone = down[int(pick * len(down))]
        box.board.lift(phone)
        box.clock.advance(0.5)
        _press_keys(box, phone, keys)

    return keys, act


def _key(chance: Random) -> Act:
    phone, key = chance.choice(PHONES), chance.choice(KEYS)
    return f"{phone} {key}", lambda box: box.board.key(phone, key)


def _give_back(chance: Random) -> Act:
    line, reason = chance.choice(LINES), chance.choice(("no_dial_tone", "collision"))
    return f"{line} {reason}", lambda box: box.board.give_back(line, reason)


def _silent(chance: Random) -> Act:
    line = chance.choice(LINES)
    return line, lambda box: box.board.fall_silent(line)


def _fault(chance: Random) -> Act:
    name = chance.choice((*LINES, *PHONES))
    return name, lambda box: box.board.fail(name, "card_removed")


def _mend(chance: Random) -> Act:
    name = chance.choice((*LINES, *PHONES))
    return name, lambda box: box.board.mend(name)


ACTS: dict[str, tuple[Callable[[Random], Act], float]] = {
    "wait": (_wait, 24),
    "arrive": (_arrive, 6),
    "far end leaves": (_far_leaves, 3),
    "far end answers": (_far_answers, 8),
    "far end presses": (_far_presses, 8),
    "lift": (_lift, 2),
    "lift the phone": (_lift_ringing, 20),
    "hang up": (_hang_up, 6),
    "put down": (_put_down, 14),
    "flash": (_flash, 2),
    "flash a phone": (_flash_talking, 10),
    "dial": (_dial, 20),
    "consult": (_consult, 10),
    "choose": (_choose, 10),
    "key": (_key, 4),
    "give back": (_give_back, 1),
    "fall silent": (_silent, 0.3),
    "fail": (_fault, 0.5),
    "mend": (_mend, 3),
    **ORDERS,
}
"""Each with its weight."""
