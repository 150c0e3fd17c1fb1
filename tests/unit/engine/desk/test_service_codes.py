"""Supplementary services at a desk phone: what is typed, what is heard, and what becomes of calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import facts
from engine.desk.dialling import CallExtension, CallOutside, Plan, Reading, interpret
from engine.desk.service_dialling import AskService, EndService, Redial, SetService, ShortNumber
from engine.settings.site import (
    DeskSection,
    HotLineSection,
    SecretarySection,
    ServiceClassSection,
    SpeedDialSection,
)
from engine.telephony.tones import CHINA, ToneName
from tests.floor import Floor, a_site

PLAN = Plan(
    DeskSection(), frozenset({"1001"}), frozenset({"801", "802"}), emergency=frozenset({"110"}), site_slots=frozenset({"10", "11", "20"})
)
DIRECT = replace(PLAN, direct=True)
MORE, NONSENSE = Reading(), Reading(hopeless=True)


def now(act: Any) -> Reading:
    return Reading(act, now=True)


@pytest.mark.parametrize(
    ("typed", "reading"),
    [
        ("*5", MORE),
        ("*57", MORE),
        ("*57*", MORE),
        ("*57*013800138000", MORE),
        ("*57*013800138000#", now(SetService("forward_always", ("013800138000",)))),
        ("*41*802*15#", now(SetService("forward_no_answer", ("802", "15")))),
        ("*56#", now(SetService("do_not_disturb"))),
        ("*55*0730#", now(SetService("wake_up", ("0730",)))),
        ("*59#", now(SetService("call_back"))),
        ("#59#", now(EndService("call_back"))),
        ("*51*5*802#", now(SetService("speed_dial", ("5", "802")))),
        ("#57#", now(EndService("forward_always"))),
        ("#51#", now(EndService("speed_dial"))),
        ("#51*5#", now(EndService("speed_dial", ("5",)))),
        ("*#57#", now(AskService("forward_always"))),
        ("*66", now(Redial())),
        ("**", MORE),
        ("**5", now(ShortNumber("5"))),
        ("**1", Reading(ShortNumber("1"))),
        ("**1#", now(ShortNumber("1"))),
        ("**20", now(ShortNumber("20"))),
        ("#5", MORE),
        ("*#", MORE),
        ("*57#", NONSENSE),
        ("*57**#", NONSENSE),
        ("*57*802*15#", NONSENSE),
        ("*56*1#", NONSENSE),
        ("*5#", NONSENSE),
        ("#99#", NONSENSE),
        ("#57*802#", NONSENSE),
        ("*#66#", NONSENSE),
        ("**a", NONSENSE),
        ("**#", NONSENSE),
    ],
)
def test_what_codes_mean(typed: str, reading: Reading) -> None:
    """The forms of the Chinese exchanges; a wrong one is told as soon as it is certain."""
    assert interpret(typed, PLAN) == reading


@pytest.mark.parametrize(
    ("typed", "reading"),
    [
        ("801", Reading(CallExtension("801"))),
        ("801#", now(CallExtension("801"))),
        ("80123456", Reading(CallOutside("80123456"))),
        ("013800138000#", now(CallOutside("013800138000"))),
        ("110", now(CallOutside("110"))),
        ("8", Reading(CallOutside("8"))),
    ],
)
def test_direct_outward_dialling_needs_no_prefix(typed: str, reading: Reading) -> None:
    """Numbers outside as they are; an extension that begins one waits for what follows, or for #."""
    assert interpret(typed, DIRECT) == reading


@settings(max_examples=300, deadline=None)
@given(st.text("0123456789*#", max_size=20))
def test_whatever_is_typed_is_read(keys: str) -> None:
    """No sequence of keys is too strange; once nonsense, more keys do not make sense of it."""
    reading = interpret(keys, PLAN)
    assert not (reading.hopeless and reading.act)
    if reading.hopeless:
        assert interpret(keys + "1", PLAN).act is None


def a_floor(**more: Any) -> Floor:
    site = a_site()
    stations = tuple(replace(one, call_waiting=one.name == "phone-3") for one in site.stations)
    parts: dict[str, Any] = {
        "stations": stations,
        "service_classes": (ServiceClassSection(name="staff"), ServiceClassSection(name="lead", phones=("phone-2",), outside_forward=True)),
        "speed_dials": (SpeedDialSection(slot="10", number="055501001"), SpeedDialSection(slot="11", number="803")),
        "secretaries": (SecretarySection(boss="804", secretaries=("803",), passes=("802",)),),
        **more,
    }
    return Floor(replace(site, **parts))


def dials(floor: Floor, keys: str, phone: int = 1) -> list[str]:
    """The handset is lifted if it is down, the keys are pressed; what is spoken then."""
    if not floor.phone(phone).off_hook:
        floor.phone(phone).lift()
    floor.phone(phone).press(keys)
    floor.turn()
    return floor.bay.saying(floor.phone(phone).port)


def hangs_up(floor: Floor, *phones: int) -> None:
    for phone in phones:
        floor.phone(phone).hang_up()
    floor.clock.advance(3)


def rings(floor: Floor) -> list[int]:
    return [number for number in range(1, 5) if floor.phone(number).ringing]


def dial_tone(floor: Floor, phone: int) -> ToneName:
    """The tone that the phone's user hears at lifting."""
    floor.phone(phone).lift()
    floor.turn()
    heard = floor.bay.tone_at(floor.phone(phone).port)
    hangs_up(floor, phone)
    return next(name for name in (ToneName.DIAL, ToneName.SPECIAL_DIAL) if CHINA[name].steps == heard)


def test_every_call_is_forwarded_to_a_colleague_and_not_any_more() -> None:
    """Set, heard, told by the dial tone, asked for digit by digit, followed by a call, and ended again."""
    floor = a_floor()
    assert dials(floor, "*57*802#") == ["zh/service_set"]
    hangs_up(floor, 1)
    assert dial_tone(floor, 1) is ToneName.SPECIAL_DIAL
    assert dials(floor, "*#57#") == ["zh/service_is_set", "zh/digit_8", "zh/digit_0", "zh/digit_2"]
    hangs_up(floor, 1)
    dials(floor, "801", phone=4)
    assert rings(floor) == [2]
    (forwarded,) = floor.told(facts.CallForwarded)
    assert (forwarded.extension, forwarded.when, forwarded.target) == ("801", "always", "extension:802")
    hangs_up(floor, 4)
    assert dials(floor, "#57#") == ["zh/service_ended"]
    assert dials(floor, "*#57#") == ["zh/service_not_set"]
    hangs_up(floor, 1)
    assert dial_tone(floor, 1) is ToneName.DIAL
    dials(floor, "801", phone=4)
    assert rings(floor) == [1]
    assert floor.bugs == []


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("*57*801#", "zh/forward_refused"),
        ("*57*899#", "zh/number_unknown"),
        ("*57*013900139000#", "zh/number_barred"),
        ("*41*802*200#", "zh/forward_refused"),
        ("*65#", "zh/not_allowed_now"),
        ("*58#", "zh/not_allowed_now"),
        ("**7", "zh/number_unknown"),
        ("*66", "zh/number_unknown"),
        ("*51*5*899#", "zh/number_unknown"),
    ],
)
def test_what_is_refused_is_said_and_changes_nothing(keys: str, said: str) -> None:
    """To oneself, to nowhere, outside without the right, too long, without secretaries, without call waiting, nothing kept or called before."""
    floor = a_floor()
    assert dials(floor, keys) == [said]
    assert floor.control.services.set_for("801") == floor.control.services.set_for("899")
    assert floor.bugs == []


def test_forwarded_outside_by_who_may() -> None:
    """A colleague's call goes out to the mobile phone, by the class of who forwards it."""
    floor = a_floor()
    assert dials(floor, "*57*013900139000#", phone=2) == ["zh/service_set"]
    hangs_up(floor, 2)
    dials(floor, "802")
    line = next(line for line in floor.lines.values() if line.does == "seized")
    assert line.dialled == "13900139000"
    (permitted,) = floor.told(facts.OutsideCallPermitted)
    assert permitted.service_class == "lead"
    assert floor.bugs == []


def test_busy_and_do_not_disturb() -> None:
    """A busy phone's calls go on to the colleague; who is not to be disturbed is not rung, and the caller hears why."""
    floor = a_floor()
    dials(floor, "*40*802#")
    dials(floor, "801", phone=4)
    assert rings(floor) == [2]
    hangs_up(floor, 4, 1)
    assert dials(floor, "*56#") == ["zh/service_set"]
    hangs_up(floor, 1)
    assert dial_tone(floor, 1) is ToneName.SPECIAL_DIAL
    assert dials(floor, "801", phone=4) == ["zh/not_disturbed"]
    assert rings(floor) == []
    assert floor.bugs == []


def test_short_numbers_and_dialling_again() -> None:
    """One digit of one's own, two of the site's; the number called last is called again."""
    floor = a_floor()
    assert dials(floor, "*51*5*802#") == ["zh/service_set"]
    hangs_up(floor, 1)
    dials(floor, "**5")
    assert rings(floor) == [2]
    hangs_up(floor, 1)
    dials(floor, "**11")
    assert rings(floor) == [3]
    hangs_up(floor, 1)
    dials(floor, "*66")
    assert rings(floor) == [3]
    hangs_up(floor, 1)
    dials(floor, "**10")
    assert [line.dialled for line in floor.lines.values() if line.does == "seized"] == ["55501001"]
    hangs_up(floor, 1)
    assert dials(floor, "#51#") == ["zh/service_ended"]
    hangs_up(floor, 1)
    assert dials(floor, "**5") == ["zh/number_unknown"]
    assert floor.bugs == []


def test_a_hot_line_calls_by_itself_after_five_seconds() -> None:
    """There is time for another number; without a key it calls."""
    floor = a_floor()
    assert dials(floor, "*52*802#") == ["zh/service_set"]
    hangs_up(floor, 1)
    floor.phone(1).lift()
    floor.clock.advance(4.9)
    assert rings(floor) == []
    floor.clock.advance(0.2)
    assert rings(floor) == [2]
    hangs_up(floor, 1)
    dials(floor, "803")
    assert rings(floor) == [3]
    assert floor.bugs == []


def test_a_hot_line_of_the_settings_calls_at_once() -> None:
    """The phone in the lift needs no keys at all."""
    floor = a_floor(hot_lines=(HotLineSection(phone="phone-4", number="802"),))
    floor.phone(4).lift()
    floor.turn()
    assert rings(floor) == [2]
    assert floor.bugs == []


def test_the_secretary_takes_the_calls_until_the_boss_does() -> None:
    """A stranger's call rings at the secretary, a named colleague's at the boss; by code the boss takes his calls himself."""
    floor = a_floor()
    dials(floor, "804")
    assert rings(floor) == [3]
    hangs_up(floor, 1)
    dials(floor, "804", phone=2)
    assert rings(floor) == [4]
    hangs_up(floor, 2)
    assert dials(floor, "#65#", phone=4) == ["zh/service_ended"]
    hangs_up(floor, 4)
    dials(floor, "804")
    assert rings(floor) == [4]
    assert floor.bugs == []


def test_call_waiting_is_ended_and_begun_again() -> None:
    """Where the phone's settings permit it: with it a call is announced during a conversation, without it the phone is busy."""
    floor = a_floor()
    floor.phone(3).announces_waiting = True
    dials(floor, "803")
    floor.phone(3).lift()
    floor.turn()
    services = floor.control.services
    dials(floor, "803", phone=4)
    assert len(floor.told(facts.CallWaits)) == 1
    hangs_up(floor, 4, 3, 1)
    assert dials(floor, "#58#", phone=3) == ["zh/service_ended"]
    assert services.set_for("803").call_waiting is False
    hangs_up(floor, 3)
    dials(floor, "803")
    floor.phone(3).lift()
    floor.turn()
    assert dials(floor, "803", phone=4) == ["zh/not_allowed_now"]
    assert len(floor.told(facts.CallWaits)) == 1
    assert floor.bugs == []
