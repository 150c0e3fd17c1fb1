"""What people do with calls at the page or by codes, at random: park and fetch, pick up, send on, invite, drop, mute, click to dial.

What is not possible just then is refused in words; that is no fault.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from random import Random

from engine.kernel.errors import Refused
from engine.people.actors import Actor, Role
from tests.proofs.switch_box import PHONES, SwitchBox

__all__ = ["CODES_OF_CALLS", "ORDERS"]

Order = Callable[[Random], tuple[str, Callable[[SwitchBox], None]]]

LEADER = Actor(Role.ADMINISTRATOR, "leader")
EXTENSIONS = tuple(f"80{number}" for number in range(1, len(PHONES) + 1))
OUTSIDE = "065510001"
SERVICE_CODES = (
    *(f"*{when}*80{number}#" for when in ("57", "40", "41", "42") for number in (1, 4, 6)),
    f"*57*{OUTSIDE}#",
    *("#57#", "#57#", "#40#", "#41#", "#42#", "*56#", "#56#", "#56#", "*58#", "#58#", "*59#", "*66"),
)
"""Forwards, do-not-disturb, call waiting, call-back, dialling again; what is set is mostly ended again."""
CODES_OF_CALLS = (
    "811",
    "812",
    "811",
    "812",
    *SERVICE_CODES,
    "*17",
    *(f"*18{extension}" for extension in EXTENSIONS),
    *(f"*10{slot}" for slot in "123"),
)
"""Pick-up of any phone and of one, and fetching from a parking place: dialled at a phone that is put down."""


def _at_phone(act: Callable[[SwitchBox, str], object]) -> Order:
    """At a phone that has a call."""

    def order(chance: Random) -> tuple[str, Callable[[SwitchBox], None]]:
        pick = chance.random()

        def done(box: SwitchBox) -> None:
            busy = [phone.name for phone in box.switch.phones.values() if phone.call or phone.held]
            if busy:
                with suppress(Refused):
                    act(box, busy[int(pick * len(busy))])

        return "", done

    return order


def _in_call(act: Callable[[SwitchBox, str, str], object]) -> Order:
    """In a call, and at one of its parties."""

    def order(chance: Random) -> tuple[str, Callable[[SwitchBox], None]]:
        pick, party = chance.random(), chance.random()

        def done(box: SwitchBox) -> None:
            calls = list(box.switch.calls.values())
            if calls:
                call = calls[int(pick * len(calls))]
                devices = [leg.device for leg in call.parties.legs] or [""]
                with suppress(Refused):
                    act(box, call.id, devices[int(party * len(devices))])

        return "", done

    return order


def _send_on(chance: Random) -> tuple[str, Callable[[SwitchBox], None]]:
    extension = chance.choice(EXTENSIONS)
    return extension, _at_phone(lambda box, phone: box.control.calls.transfer(LEADER, phone, extension))(chance)[1]


def _invite(chance: Random) -> tuple[str, Callable[[SwitchBox], None]]:
    extension = chance.choice(EXTENSIONS)
    return extension, _in_call(lambda box, call, _party: box.control.calls.invite(LEADER, call, extension))(chance)[1]


def _mute(chance: Random) -> tuple[str, Callable[[SwitchBox], None]]:
    muted = chance.random() < 0.6  # some more than are heard again
    return "on" if muted else "off", _in_call(lambda box, call, party: box.control.calls.mute(LEADER, call, party, muted=muted))(chance)[1]


def _click(chance: Random) -> tuple[str, Callable[[SwitchBox], None]]:
    phone, number = chance.choice(PHONES), chance.choice((*EXTENSIONS, OUTSIDE))
    first = chance.random() < 0.3  # seldom

    def done(box: SwitchBox) -> None:
        with suppress(Refused):
            box.control.calls.click_to_dial(LEADER, phone, number, customer_first=first)

    return f"{phone} {number}", done


ORDERS: dict[str, tuple[Order, float]] = {
    "park": (_at_phone(lambda box, phone: box.control.calls.park(LEADER, phone)), 2),
    "connect the calls": (_at_phone(lambda box, phone: box.control.calls.connect_calls(LEADER, phone)), 2),
    "join the calls": (_at_phone(lambda box, phone: box.control.calls.join_calls(LEADER, phone)), 2),
    "leave the held call": (_at_phone(lambda box, phone: box.control.calls.give_up_held(LEADER, phone)), 1),
    "send on to": (_send_on, 3),
    "invite": (_invite, 4),
    "drop": (_in_call(lambda box, call, party: box.control.calls.drop(LEADER, call, party)), 1),
    "mute": (_mute, 3),
    "release": (_in_call(lambda box, call, _party: box.control.calls.release(LEADER, call)), 0.5),
    "click": (_click, 3),
}
"""Each with its weight."""
