"""An E1 that is set otherwise than its exchange: what is wrong is said on the page, with what to change. One box, mended after each test."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path

import pytest

from boards.dahdi.abi import LineConfigBit
from boards.e1.board import E1Board
from boards.e1.pri_values import PriSettings, Role
from engine import facts
from hwsim.people import Subscriber
from hwsim.pri_exchange import PriExchange
from hwsim.pri_far_end import PriFarEnd
from tests.pages import Day, Pages, Person
from tests.trunk_site import NUMBER, trunk_site
from tests.unit.web.conftest import USERS

WITHOUT_CRC4 = LineConfigBit.CCS | LineConfigBit.HDB3
D_PLACE, OTHER_PLACE = 16, 31


@pytest.fixture(scope="module")
def rack(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Pages]:
    """A page on a box with an E1."""
    folder = tmp_path_factory.mktemp("wrong")
    day = Day(folder, prompts_folder, trunk_site(folder))
    pages = Pages(day, tmp_path_factory.mktemp("accounts"), USERS)
    day.rig.world.run_for(4000)
    yield pages
    pages.close()


@pytest.fixture
def technician(rack: Pages) -> Person:
    """An administrator who reads English."""
    return rack.person("admin", accept_language="en")


def far_end(rack: Pages) -> PriFarEnd:
    far = rack.day.rig.exchange.trunks["pri-1"]
    assert isinstance(far, PriFarEnd)
    return far


def up(rack: Pages) -> None:
    """Until the D channel is up again and channels serve."""
    board = rack.day.rig.appliance.e1_board
    assert isinstance(board, E1Board)
    (span,) = board.pri_spans
    assert rack.day.rig.world.run_until(lambda: span.d_channel.is_up and span.trunks[0].free, 60_000)


def said(person: Person, path: str) -> str:
    return html.unescape(person.get(path).text)


def test_an_exchange_without_crc4_is_told_by_the_alarm(rack: Pages, technician: Person) -> None:
    """The span is in alarm for its multiframes, and the page names CRC-4 as what must be the same at both ends."""
    far_end(rack)._span.frame_as(WITHOUT_CRC4)
    rack.wait(6000)
    page = said(technician, "/hardware")
    assert "loss of multiframe alignment" in page
    assert "CRC-4" in page
    far_end(rack)._span.frame_as(None)
    rack.wait(8000)
    assert "loss of multiframe alignment" not in said(technician, "/hardware").split("History")[0]
    up(rack)


def test_a_d_channel_on_another_timeslot_is_told(rack: Pages, technician: Person) -> None:
    """Nothing comes on timeslot 16: the trunk says so, and the alarm names the timeslot among what to look at."""
    slots = far_end(rack)._span.timeslots
    slots[OTHER_PLACE] = slots.pop(D_PLACE)
    rack.wait(20_000)
    page = said(technician, "/trunks/pri-1")
    assert "the D channel is down" in page
    assert page.count("with its D channel in the same timeslot (16 as a rule)") == 1
    alarm = rack.day.told(facts.AlarmRaised)[-1]
    assert alarm.alarm == "d-channel"
    assert "timeslot" in alarm.sentence
    slots[D_PLACE] = slots.pop(OTHER_PLACE)
    up(rack)
    assert rack.day.told(facts.AlarmCleared)[-1].alarm == "d-channel"


def test_two_user_sides_are_told(rack: Pages, technician: Person) -> None:
    """Both ends wait to be called: the page says that the other end also claims to be the user side, and what to do."""
    far = far_end(rack)
    usual = far.exchange
    far.exchange = PriExchange(lambda: rack.day.rig.world.now_ms * 1000, 7, far._plan_of, PriSettings(role=Role.USER))
    rack.wait(25_000)
    page = said(technician, "/trunks/pri-1")
    assert "the other end also claims to be the user side" in page
    assert "make one of the two the network side" in page
    far.exchange.close()
    far.exchange = usual
    up(rack)
    assert "claims to be" not in said(technician, "/trunks/pri-1")


def test_a_number_that_is_too_long_is_told(rack: Pages) -> None:
    """Nothing is sent; the fact says that no line can dial it, and how many digits an E1 takes."""
    rig = rack.day.rig
    before = len(rack.day.told(facts.OutgoingCallRefused))
    phone = rig.phones["phone-802"]
    phone.lift()
    rack.wait(1500)
    phone.press("0" + "1" * 25 + "#")
    rack.wait(9000)
    (refused,) = rack.day.told(facts.OutgoingCallRefused)[before:]
    assert refused.reason == "not_diallable"
    assert refused.called == "1" * 25
    phone.hang_up()
    rack.wait(1000)


def test_the_span_works_again(rack: Pages) -> None:
    """After all that a call comes in as before."""
    caller = Subscriber(rack.day.rig.world, rack.day.rig.exchange, "wang", "13800138000")
    caller.call(NUMBER)
    assert rack.day.rig.world.run_until(lambda: bool(rack.day.told(facts.CallAnswered)), 10_000)
    caller.hang_up()
    rack.wait(2000)
