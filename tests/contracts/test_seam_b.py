"""Seam B: what every board promises the engine, whatever drives it.

The suite speaks to a ``Bench``: a board with two exchange lines (the second tells answers by reversal) and two phones, and the hands that
move what is plugged in. It runs on the scripted board and on the analog board over the simulated driver, exchange and telephones.
"""

from __future__ import annotations

import pytest

from engine.telephony.lines import CallStage
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId
from hwsim.exchange import Disconnect
from tests.board_benches import CALLED_NUMBER, NUMBER, AnalogBench, Bench, answered, obey, refuses, station, trunk

RING_PERIOD_S = 5.0
GUARD_LEAST_S = 2.0


# ---- incoming calls ----


def test_a_call_with_caller_id_is_offered_before_the_second_ring(bench: Bench) -> None:
    """The engine learns the caller's number while the telephone would ring for the first time."""
    line = trunk(bench)
    bench.rings(line.name, caller_id=True)
    bench.wait(4)
    assert bench.heard.of(line.name) == [("rang",), ("offered", NUMBER, "62010001")]
    assert not line.free


def test_a_call_without_caller_id_is_offered_at_the_second_ring(bench: Bench) -> None:
    """Without a number the call is not offered before the second ring, and then as unknown."""
    line = trunk(bench)
    bench.rings(line.name, caller_id=False)
    bench.wait(RING_PERIOD_S - 0.5)
    assert bench.heard.of(line.name) == [("rang",)]
    assert not line.free
    bench.wait(1)
    assert bench.heard.of(line.name) == [("rang",), ("offered", UNKNOWN_CALLER, "62010001")]


def test_a_caller_who_gives_up_early_is_never_offered(bench: Bench) -> None:
    """A caller who hangs up within the first ring makes no call; the line is free again a little later."""
    line = trunk(bench)
    bench.rings(line.name, caller_id=True)
    bench.wait(1)
    bench.caller_hangs_up(Disconnect.NONE)
    bench.wait(8)
    assert bench.heard.of(line.name) == [("rang",)]
    assert line.free


def test_a_caller_who_gives_up_before_the_answer_is_released_once(bench: Bench) -> None:
    """An offered call that nobody answers ends when the caller has gone, and the line is free at once."""
    line = trunk(bench)
    bench.rings(line.name, caller_id=True)
    bench.wait(4)
    bench.caller_hangs_up(Disconnect.NONE)
    bench.wait(8)
    assert bench.heard.of(line.name)[2:] == [("released", "caller_gone")]
    assert line.free
    refuses(bench, line.answer)


def test_an_answered_call_says_nothing_and_hears_keys(bench: Bench) -> None:
    """Answering is not reported back; the caller's keys are."""
    line = answered(bench)
    bench.caller_presses("5")
    bench.wait(1)
    assert bench.heard.of(line.name) == [("key", "5")]
    assert not line.free


@pytest.mark.parametrize(
    ("how", "reason", "index"),
    [(Disconnect.BUSY_TONE, "busy_tone", 0), (Disconnect.BATTERY_DROP, "battery_drop", 0), (Disconnect.REVERSAL, "polarity", 1)],
)
def test_the_far_ends_hang_up_is_told_once_and_the_line_rests(bench: Bench, how: Disconnect, reason: str, index: int) -> None:
    """However the exchange tells it, the call ends once with its reason; the line can be used again after its rest, not before."""
    line = answered(bench, index)
    bench.caller_hangs_up(how)
    for _ in range(250):
        if bench.heard.told:
            break
        bench.wait(0.02)
    assert bench.heard.of(line.name) == [("released", reason)]
    bench.wait(GUARD_LEAST_S - 0.2)
    assert not line.free
    bench.wait(1)
    assert line.free
    assert len(bench.heard.told) == 1


def test_our_release_is_not_told_back(bench: Bench) -> None:
    """Who releases knows it: no report; the line rests, then it is free."""
    line = answered(bench)
    obey(bench, line.release)
    bench.wait(GUARD_LEAST_S - 0.2)
    assert not line.free
    bench.wait(1)
    assert line.free
    assert bench.heard.told == []


def test_a_declined_call_rings_on_and_is_not_offered_again(bench: Bench) -> None:
    """A call that the engine does not want is not offered at every ring, and the line is not used while the caller rings on."""
    line = trunk(bench)
    bench.rings(line.name, caller_id=True)
    bench.wait(4)
    obey(bench, line.release)
    bench.heard.told.clear()
    bench.wait(20)
    assert bench.heard.told == []
    assert not line.free
    refuses(bench, line.answer)
    bench.caller_hangs_up(Disconnect.NONE)
    bench.wait(8)
    assert line.free
    assert bench.heard.told == []


def test_release_is_always_allowed(bench: Bench) -> None:
    """Releasing an idle, ringing, resting or dead line does no harm."""
    line = trunk(bench)
    obey(bench, line.release)
    bench.rings(line.name, caller_id=True)
    bench.wait(1)
    obey(bench, line.release)
    bench.wait(3)
    obey(bench, line.answer)
    obey(bench, line.release)
    obey(bench, line.release)
    bench.wait(0.2)
    assert [told[0] for told in bench.heard.of(line.name)] == ["rang", "offered"]
    bench.cut(line.name)
    bench.wait(2)
    obey(bench, line.release)
    assert not line.free


def test_two_calls_one_after_the_other_on_one_line(bench: Bench) -> None:
    """The next customer on the same line is served like the first."""
    line = answered(bench)
    bench.caller_hangs_up(Disconnect.BATTERY_DROP)
    bench.wait(4)
    bench.heard.told.clear()
    bench.rings(line.name, caller_id=True)
    bench.wait(4)
    assert bench.heard.of(line.name) == [("rang",), ("offered", NUMBER, "62010001")]


def test_a_call_that_arrives_while_the_line_rests_is_not_lost(bench: Bench) -> None:
    """Who calls right after another has hung up is offered, only later."""
    line = answered(bench)
    obey(bench, line.release)
    bench.wait(0.1)
    if isinstance(bench, AnalogBench):
        bench._lines.caller.hang_up()
    bench.rings(line.name, caller_id=True)
    bench.wait(12)
    assert [told[0] for told in bench.heard.of(line.name)] == ["rang", "offered"]


# ---- outgoing calls ----


def test_dialling_is_told_and_an_answer_is_assumed_where_the_line_tells_none(bench: Bench) -> None:
    """On a line without reversal the far end is taken to have answered when the digits are out."""
    bench.callee(answers_after_s=None)
    line = trunk(bench)
    obey(bench, lambda: line.dial(CALLED_NUMBER))
    assert not line.free
    assert bench.heard.told == []
    bench.wait(6)
    assert bench.heard.of(line.name) == [("dialled",), ("answered", "assumed")]


def test_a_reversal_is_the_answer_where_the_line_has_it(bench: Bench) -> None:
    """On a line with reversal the answer is told when the far end lifts, not before."""
    bench.callee(answers_after_s=4)
    line = trunk(bench, 1)
    obey(bench, lambda: line.dial(CALLED_NUMBER))
    bench.wait(5)
    assert bench.heard.of(line.name) == [("dialled",)]
    bench.wait(5)
    assert bench.heard.of(line.name) == [("dialled",), ("answered", "polarity")]


def test_an_engaged_number_ends_the_attempt(bench: Bench) -> None:
    """Busy tone ends an outgoing call, and the line rests."""
    bench.callee(answers_after_s=None, engaged=True)
    line = trunk(bench, 1)
    obey(bench, lambda: line.dial(CALLED_NUMBER))
    bench.wait(8)
    assert bench.heard.of(line.name) == [("dialled",), ("released", "busy_tone")]


def test_giving_up_while_dialling(bench: Bench) -> None:
    """An attempt that we break off leaves nothing behind: no report of digits, and the line is free after its rest."""
    line = trunk(bench)
    obey(bench, lambda: line.dial(CALLED_NUMBER))
    bench.wait(1.7)
    obey(bench, line.release)
    bench.wait(4)
    assert bench.heard.told == []
    assert line.free


@pytest.mark.parametrize("number", ["", "12a", "1 2", "1" * 33, "+8613"])
def test_what_cannot_be_dialled_is_refused(bench: Bench, number: str) -> None:
    """A number with other keys than a telephone has, none at all, or too many, is refused before the line is seized."""
    refuses(bench, lambda: trunk(bench).dial(number))
    assert trunk(bench).free


def test_lines_in_use_refuse_to_dial_or_answer(bench: Bench) -> None:
    """A line that is ringing, in a call, resting or dead takes no outgoing call, and only an offered call can be answered."""
    line = trunk(bench)
    refuses(bench, line.answer)
    bench.rings(line.name, caller_id=True)
    bench.wait(1)
    refuses(bench, line.answer)
    refuses(bench, lambda: line.dial("1"))
    bench.wait(3)
    refuses(bench, lambda: line.dial("1"))
    obey(bench, line.answer)
    refuses(bench, line.answer)
    refuses(bench, lambda: line.dial("1"))
    obey(bench, line.release)
    refuses(bench, lambda: line.dial("1"))
    refuses(bench, line.answer)
    bench.wait(3)
    obey(bench, lambda: line.dial("1"))
    refuses(bench, lambda: line.dial("1"))
    refuses(bench, line.answer)


# ---- desk phones ----


def test_a_phone_is_rung_shows_the_caller_and_is_lifted(bench: Bench) -> None:
    """An agent sees the number between the first two rings, and lifting is told once."""
    phone = station(bench)
    obey(bench, lambda: phone.ring(CallerId("13800138000")))
    assert phone.ringing
    assert bench.heard.told == []
    bench.wait(4)
    assert bench.shown(phone.name) == "13800138000"
    bench.lift(phone.name)
    bench.wait(0.1)
    assert bench.heard.of(phone.name) == [("lifted",)]
    assert (phone.ringing, phone.off_hook) == (False, True)


def test_ringing_is_stopped(bench: Bench) -> None:
    """A phone that stops ringing can be rung again at once; stopping twice does nothing."""
    phone = station(bench)
    obey(bench, lambda: phone.ring(NUMBER))
    bench.wait(2)
    obey(bench, phone.stop_ringing)
    obey(bench, phone.stop_ringing)
    assert not phone.ringing
    obey(bench, lambda: phone.ring(NUMBER))
    assert phone.ringing
    bench.wait(1)
    assert bench.heard.told == []


def test_off_hook_lasts_until_the_hang_up_is_told(bench: Bench) -> None:
    """A handset that goes up and down is told both times, and counts as up until the second."""
    phone = station(bench)
    bench.lift(phone.name)
    bench.wait(2)
    bench.hang_up(phone.name)
    bench.wait(0.5)
    assert phone.off_hook
    assert bench.heard.of(phone.name) == [("lifted",)]
    bench.wait(1)
    assert not phone.off_hook
    assert bench.heard.of(phone.name) == [("lifted",), ("hung_up",)]


def test_keys_are_heard_while_the_handset_is_up(bench: Bench) -> None:
    """Each key of a lifted phone is told once; a phone on hook has none."""
    phone = station(bench)
    bench.lift(phone.name)
    bench.wait(1)
    for key in "*1":
        bench.key(phone.name, key)
        bench.wait(0.5)
    assert bench.heard.of(phone.name) == [("lifted",), ("key", "*"), ("key", "1")]
    bench.hang_up(phone.name)
    bench.wait(2)
    bench.heard.told.clear()
    bench.key(phone.name, "1")
    bench.wait(0.5)
    assert bench.heard.told == []


def test_a_phone_that_is_up_ringing_or_dead_refuses_to_ring(bench: Bench) -> None:
    """Only a phone on hook, silent and in service can be rung."""
    phone = station(bench)
    bench.lift(phone.name)
    bench.wait(1)
    refuses(bench, lambda: phone.ring(NUMBER))
    bench.hang_up(phone.name)
    bench.wait(2)
    obey(bench, lambda: phone.ring(NUMBER))
    refuses(bench, lambda: phone.ring(NUMBER))
    assert phone.in_service
    bench.pull_card()
    bench.wait(2)
    assert not phone.in_service
    assert not phone.ringing
    refuses(bench, lambda: phone.ring(NUMBER))


def test_the_r_key_in_a_call_is_told(bench: Bench) -> None:
    """In a call the R key is a flash, whatever else a short break of the loop may mean, and the handset counts as up."""
    phone = station(bench)
    bench.lift(phone.name)
    bench.wait(1)
    obey(bench, lambda: phone.show_call(CallStage.TALKING))
    bench.flash(phone.name)
    bench.wait(1)
    assert bench.heard.of(phone.name) == [("lifted",), ("flashed",)]
    assert phone.off_hook


def test_a_call_that_waits_is_told_to_a_phone_in_a_call(bench: Bench) -> None:
    """Only where the port is to be told, and only in a call; the end of it is never refused."""
    other, phone = station(bench), station(bench, 1)
    assert (other.announces_waiting, phone.announces_waiting) == (False, True)
    refuses(bench, lambda: phone.announce_waiting(NUMBER))
    bench.lift(phone.name)
    bench.lift(other.name)
    bench.wait(1)
    refuses(bench, lambda: phone.announce_waiting(NUMBER))
    obey(bench, lambda: phone.show_call(CallStage.TALKING))
    obey(bench, lambda: other.show_call(CallStage.TALKING))
    refuses(bench, lambda: other.announce_waiting(NUMBER))
    obey(bench, lambda: phone.announce_waiting(NUMBER))
    bench.wait(1)
    obey(bench, phone.stop_waiting)
    obey(bench, phone.stop_waiting)
    obey(bench, lambda: phone.show_call(CallStage.NONE))
    bench.wait(0.1)
    refuses(bench, lambda: phone.announce_waiting(NUMBER))
    told = [what for (what, *_) in bench.heard.of(phone.name) if what in ("apart", "together")]
    assert told == ["apart", "together"][: len(told)]
    assert len(told) != 1


def test_how_far_a_call_has_come_and_messages_can_always_be_told(bench: Bench) -> None:
    """On hook, ringing, up or dead: nothing is refused, nothing is reported."""
    phone = station(bench)
    for prepare in (lambda: None, lambda: phone.ring(NUMBER), lambda: bench.lift(phone.name), bench.pull_card):
        obey(bench, prepare)
        bench.wait(1)
        bench.heard.told.clear()
        for stage in CallStage:
            obey(bench, lambda stage=stage: phone.show_call(stage))  # type: ignore[misc]  # mypy cannot infer a lambda's default
        obey(bench, lambda: phone.set_messages_waiting(1))
        obey(bench, phone.stop_waiting)
        bench.wait(0.1)
        assert bench.heard.of(phone.name) == []


def test_lines_do_not_disturb_each_other(bench: Bench) -> None:
    """What happens on one line is told of that line only."""
    bench.rings("line-1", caller_id=True)
    bench.lift("phone-802")
    bench.wait(4)
    assert bench.heard.of("line-2") == []
    assert bench.heard.of("phone-801") == []
    assert trunk(bench, 1).free


# ---- faults ----


def test_a_line_without_battery_is_out_of_service_and_comes_back(bench: Bench) -> None:
    """A line that is cut is named with its reason and not used; when it is whole again that is told, and it serves."""
    line = trunk(bench)
    bench.cut(line.name)
    bench.wait(2)
    assert bench.heard.of(line.name) == [("out_of_service", "no_battery")]
    assert not line.free
    refuses(bench, lambda: line.dial("1"))
    bench.mend(line.name)
    bench.wait(2)
    assert bench.heard.of(line.name)[1:] == [("in_service",)]
    assert line.free


def test_a_call_on_a_dying_card_is_released_before_the_line_is_out(bench: Bench) -> None:
    """A pulled card ends its calls first, then each of its lines is out of service, and once only."""
    line = answered(bench)
    phone = station(bench)
    bench.lift(phone.name)
    bench.wait(1)
    bench.heard.told.clear()
    bench.pull_card()
    bench.wait(3)
    assert bench.heard.of(line.name) == [("released", "line_failed"), ("out_of_service", "card_removed")]
    assert bench.heard.of(phone.name) == [("hung_up",), ("out_of_service", "card_removed")]
    assert bench.heard.of("line-2") == [("out_of_service", "card_removed")]
    assert not line.free
    assert not phone.off_hook


def test_after_stop_nothing_is_reported(bench: Bench) -> None:
    """A stopped board is silent, whatever its lines do."""
    answered(bench)
    bench.lift("phone-801")
    bench.wait(0.5)
    bench.heard.told.clear()
    obey(bench, bench.board.stop)
    bench.hang_up("phone-801")
    bench.cut("line-2")
    bench.wait(5)
    assert bench.heard.told == []
    assert not trunk(bench, 1).free
