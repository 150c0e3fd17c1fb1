"""The verbs of a dialogue, on a fake line: what the caller hears, when a key counts, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest

from engine import facts
from engine.ivr.session import KEYS_AHEAD_MOST, CallerGone, Session
from engine.kernel.errors import OurFault, Refused
from tests.floor import Floor, a_site

Script = Callable[[Session], Coroutine[Any, Any, None]]
ASKED = [("zh", "menu")]


def hears(floor: Floor) -> list[str]:
    """What the caller on line-1 hears now."""
    return floor.bay.saying(floor.line(1).port)


async def ask_each(session: Session, names: Sequence[str], heard: list[str]) -> None:
    """One question after another, each behind a prompt of its own."""
    for name in names:
        heard += [await session.ask([("zh", name)], 5.0)]


async def ask_thrice(session: Session, heard: list[str]) -> None:
    """Answer, then three questions."""
    await session.answer()
    await ask_each(session, ("menu", "welcome", "goodbye"), heard)


def asking(floor: Floor) -> list[str]:
    """The caller on line-1 is asked three times; the answers so far."""
    heard: list[str] = []
    floor.run(lambda session: ask_thrice(session, heard))
    return heard


def test_a_prompt_is_played_to_its_end_and_told(floor: Floor) -> None:
    """The caller hears each prompt whole, one after the other, and the journal says what was heard and how long."""

    async def script(session: Session) -> None:
        await session.answer()
        await session.say("welcome", "menu")
        await session.say("goodbye", language="en")
        session.hang_up()

    session = floor.run(script)
    assert hears(floor) == ["zh/welcome", "zh/menu"]
    floor.line(1).press("1")
    floor.clock.advance(2.01)
    assert hears(floor) == ["en/goodbye"]
    floor.clock.advance(1.01)
    call = session.call.id
    assert floor.told(facts.PromptStarted) == [
        facts.PromptStarted(call=call, prompts=("welcome", "menu"), language="zh"),
        facts.PromptStarted(call=call, prompts=("goodbye",), language="en"),
    ]
    assert floor.told(facts.PromptEnded) == [
        facts.PromptEnded(call=call, played_ms=2000, interrupted=False),
        facts.PromptEnded(call=call, played_ms=1000, interrupted=False),
    ]
    assert [(e.reason, e.released_by) for e in floor.told(facts.CallEnded)] == [("dialogue_over", "system")]


def test_a_key_interrupts_the_question(floor: Floor) -> None:
    """Who knows the menu need not hear it out; the key is told once and answers once."""
    heard = asking(floor)
    floor.clock.advance(0.4)
    floor.line(1).press("2")
    assert heard == ["2"]
    assert hears(floor) == ["zh/welcome"]
    floor.clock.advance(0.1)
    assert [(end.played_ms, end.interrupted) for end in floor.told(facts.PromptEnded)] == [(400, True)]
    assert [key.key for key in floor.told(facts.KeyPressed)] == ["2"]


def test_keys_typed_ahead_answer_the_next_questions_unspoken(floor: Floor) -> None:
    """Who knows the way types it into the greeting and hears no question at all."""
    heard: list[str] = []

    async def script(session: Session) -> None:
        await session.say("welcome")
        await ask_thrice(session, heard)

    floor.run(script)
    floor.line(1).press("129")
    floor.clock.advance(1.1)
    assert heard == ["1", "2", "9"]
    assert [start.prompts for start in floor.told(facts.PromptStarted)] == [("welcome",)]


def test_only_so_many_keys_are_kept_and_the_first_ones_count(floor: Floor) -> None:
    """A caller who leans on the keypad fills no memory, and what was typed first is what counts."""
    heard: list[str] = []

    async def script(session: Session) -> None:
        await session.say("welcome")
        await ask_each(session, ["menu"] * (KEYS_AHEAD_MOST + 1), heard)

    floor.run(script)
    typed = "0123456789" * 10
    floor.line(1).press(typed)
    floor.clock.advance(1.5)
    assert "".join(heard) == typed[:KEYS_AHEAD_MOST]
    floor.clock.advance(6)
    assert heard[-1] == ""
    assert len(floor.told(facts.KeyPressed)) == len(typed)


def test_without_a_key_the_question_ends_in_time(floor: Floor) -> None:
    """Five seconds of silence after the spoken question, not after its beginning, and the dialogue goes on."""
    heard = asking(floor)
    floor.clock.advance(5.9)
    assert heard == []
    floor.clock.advance(0.2)
    assert heard == [""]
    assert hears(floor) == ["zh/welcome"]


def test_a_key_after_the_question_stops_the_clock(floor: Floor) -> None:
    """A key in time is the answer, and the old time-out does not end the next question."""
    heard = asking(floor)
    floor.clock.advance(1.5)
    floor.line(1).press("1")
    assert heard == ["1"]
    assert hears(floor) == ["zh/welcome"]
    floor.clock.advance(5.9)
    assert heard == ["1"]
    floor.clock.advance(0.2)
    assert heard == ["1", ""]


def test_a_prompt_that_ends_as_it_is_interrupted_does_not_end_the_next_one(floor: Floor) -> None:
    """A key in the last moment of a question does not swallow the following prompt."""
    heard = asking(floor)
    first = floor.bay.sounded[-1]
    floor.clock.advance(0.99)
    floor.line(1).press("1")
    floor.bay.end_in_the_same_block(first)
    assert hears(floor) == ["zh/welcome"]
    floor.clock.advance(0.9)
    assert hears(floor) == ["zh/welcome"]
    assert heard == ["1"]


def test_a_key_during_an_announcement_answers_the_next_question(floor: Floor) -> None:
    """An announcement cannot be interrupted, and the key pressed into it is not lost."""
    heard: list[str] = []

    async def script(session: Session) -> None:
        await session.say("welcome")
        heard.append(await session.ask(ASKED, 5.0))
        await session.say("goodbye")

    floor.run(script)
    floor.line(1).press("2")
    assert hears(floor) == ["zh/welcome"]
    floor.clock.advance(1.01)
    assert heard == ["2"]
    assert hears(floor) == ["zh/goodbye"]


def test_the_chosen_language_is_spoken_from_then_on(floor: Floor) -> None:
    """The caller chose English and hears English, and the journal says so."""

    async def script(session: Session) -> None:
        session.speak("en")
        await session.say("welcome")

    session = floor.run(script)
    assert hears(floor) == ["en/welcome"]
    assert floor.told(facts.LanguageChosen) == [facts.LanguageChosen(call=session.call.id, language="en")]


# ---- the caller goes -----------------------------------------------------------------------------------------------


async def saying(session: Session) -> None:
    await session.say("welcome")


async def asked(session: Session) -> None:
    await session.ask(ASKED, 5.0)


async def waiting(session: Session) -> None:
    await session.queue("service")


@pytest.mark.parametrize(
    ("verb", "after_s"),
    [(saying, 0.5), (asked, 0.5), (asked, 3.0), (waiting, 10.0), (waiting, 31.0)],
    ids=["say", "ask-speaking", "ask-waiting", "queue-music", "queue-place"],
)
def test_a_caller_who_hangs_up_ends_the_dialogue_wherever_it_is(floor: Floor, verb: Script, after_s: float) -> None:
    """In every verb the dialogue notices, stops speaking, leaves no timer running and may tidy up."""
    tidied: list[str] = []

    async def script(session: Session) -> None:
        await session.answer()
        try:
            await verb(session)
        except CallerGone:
            tidied.append("gone")
            raise
        tidied.append("went on")

    floor.run(script)
    floor.clock.advance(after_s)
    assert hears(floor) != [] or after_s == 3.0
    floor.line(1).hang_up()
    assert tidied == ["gone"]
    assert hears(floor) == []
    floor.clock.advance(100)
    assert floor.clock.waiting == 0
    assert len(floor.told(facts.CallEnded)) == 1


def test_a_script_that_does_not_notice_is_told_again(floor: Floor) -> None:
    """A script that swallows the news cannot go on speaking to nobody."""
    noticed: list[str] = []

    async def script(session: Session) -> None:
        for _ in range(3):
            try:
                await session.say("welcome")
            except CallerGone:
                noticed.append("gone")

    floor.run(script)
    floor.line(1).hang_up()
    assert noticed == ["gone"] * 3
    assert hears(floor) == []


def test_a_broken_script_ends_its_call_and_is_told(floor: Floor) -> None:
    """A fault in a script costs its caller the call, not the appliance, and a person is told."""
    failed: list[str] = []
    floor.answer_nobody()
    call = floor.calling(1)

    async def script(session: Session) -> None:
        await session.answer()
        await session.say("welcome")
        raise ZeroDivisionError

    session = floor.session(call)
    session.run(script(session), lambda told, error: failed.append(f"{told.call.id} {type(error).__name__}"))
    floor.clock.advance(1.01)
    assert failed == [f"{call.id} ZeroDivisionError"]
    assert [(e.reason, e.released_by) for e in floor.told(facts.CallEnded)] == [("script_failed", "system")]
    assert floor.line(1).does == "guard"


def test_no_phone_rings_for_a_dialogue(floor: Floor) -> None:
    """Only the queue rings phones: anything else is found out."""
    session = floor.run(saying)
    phone = floor.switch.phones["phone-1"]
    with pytest.raises(OurFault, match="was lifted for"):
        session.call_lifted(session.call, phone)
    with pytest.raises(OurFault, match="was rung for"):
        session.call_not_rung(session.call, phone)


# ---- the queue -----------------------------------------------------------------------------------------------------


def test_the_waiting_caller_hears_music_and_the_place(floor: Floor) -> None:
    """Music, every half minute the place, then music again."""
    session = floor.run(waiting)
    assert hears(floor) == ["any/music"]
    floor.clock.advance(29.9)
    assert hears(floor) == ["any/music"]
    floor.clock.advance(0.2)
    assert hears(floor) == ["zh/place_before", "zh/number_1", "zh/place_after"]
    assert floor.told(facts.PlaceAnnounced) == [facts.PlaceAnnounced(call=session.call.id, queue="service", place=1)]
    floor.clock.advance(3)
    assert hears(floor) == ["any/music"]
    floor.clock.advance(30)
    assert len(floor.told(facts.PlaceAnnounced)) == 2


def test_a_queue_that_announces_no_places_plays_music_only() -> None:
    """Where the site wants no places told, none is."""
    floor = Floor(a_site(place_every_s=0.0))
    floor.run(waiting)
    floor.clock.advance(200)
    assert hears(floor) == ["any/music"]
    assert floor.told(facts.PlaceAnnounced) == []


def test_a_queue_without_music_is_silent_and_works() -> None:
    """Without music the caller still waits, hears places and is answered."""
    floor = Floor()
    floor.answer_nobody()
    session = floor.session(floor.calling(1), music=b"")
    session.run(waiting(session), lambda _session, error: floor.bugs.append(repr(error)))
    assert hears(floor) == []
    floor.clock.advance(30.1)
    assert hears(floor) != []
    assert floor.bugs == []


async def answered_then_wait(session: Session) -> None:
    """As the shipped scripts do."""
    await session.answer()
    await session.queue("service")


def test_the_agents_number_is_announced_before_both_talk(floor: Floor) -> None:
    """The caller hears the agent's number; the agent hears the caller meanwhile; then both talk."""
    floor.login("1001")
    session = floor.run(answered_then_wait)
    floor.phone(1).lift()
    assert hears(floor) == ["zh/agent_before", "zh/digit_1", "zh/digit_0", "zh/digit_0", "zh/digit_1", "zh/agent_after"]
    line, phone = floor.line(1).port, floor.phone(1).port
    assert floor.bay.hears(phone, line)
    assert not floor.bay.hears(line, phone)
    floor.clock.advance(6.1)
    assert hears(floor) == []
    assert floor.bay.hears(line, phone)
    assert session.call.talking


def test_a_queue_that_does_not_announce_joins_at_once() -> None:
    """Where agents' numbers are not announced, both talk as soon as the handset is up."""
    floor = Floor(a_site(announce_agent=False))
    floor.login("1001")
    session = floor.run(answered_then_wait)
    floor.phone(1).lift()
    assert hears(floor) == []
    assert session.call.talking
    assert floor.bugs == []


def test_an_answer_cuts_the_place_short(floor: Floor) -> None:
    """An agent who lifts while the place is told is announced at once: nobody talks to a machine's voice."""
    floor.run(answered_then_wait)
    floor.clock.advance(30.5)
    assert hears(floor)[0] == "zh/place_before"
    floor.login("1001")
    floor.phone(1).lift()
    assert hears(floor)[0] == "zh/agent_before"
    floor.clock.advance(20)
    assert len(floor.told(facts.CallConnected)) == 1
    assert [end.interrupted for end in floor.told(facts.PromptEnded)] == [True, False]


def test_an_agent_who_hangs_up_into_the_announcement_ends_the_call(floor: Floor) -> None:
    """The announcement stops and the caller's line is released."""
    floor.login("1001")
    floor.run(answered_then_wait)
    floor.phone(1).lift()
    floor.clock.advance(1)
    floor.phone(1).hang_up()
    assert hears(floor) == []
    assert [(e.reason, e.released_by) for e in floor.told(facts.CallEnded)] == [("hung_up", "agent")]


def test_a_caller_who_hangs_up_into_the_announcement_ends_it(floor: Floor) -> None:
    """The announcement stops and the agent, who hears busy tone, has wrap-up time."""
    floor.login("1001")
    floor.run(answered_then_wait)
    floor.phone(1).lift()
    floor.clock.advance(1)
    floor.line(1).hang_up()
    assert hears(floor) == []
    assert floor.told(facts.AgentStateChanged)[-1].state == "wrap_up"


def test_keys_in_the_queue_are_told_and_keys_to_the_agent_are_not(floor: Floor) -> None:
    """Keys typed while waiting do no harm; what is typed once the agent has lifted is in no journal."""
    floor.login("1001")
    session = floor.run(answered_then_wait)
    floor.line(1).press("55")
    floor.phone(1).lift()
    floor.line(1).press("1")
    floor.clock.advance(7)
    assert [key.key for key in floor.told(facts.KeyPressed)] == ["5", "5"]
    assert session.call.talking


def test_a_full_queue_is_the_scripts_to_tell() -> None:
    """The script learns that the queue is full and can still speak to the caller."""
    floor = Floor(a_site(waiting_most=1))
    floor.run(waiting, line=2)
    refusals: list[str] = []

    async def script(session: Session) -> None:
        try:
            await session.queue("service")
        except Refused as refusal:
            refusals.append(str(refusal))
            await session.say("queue_full")

    floor.run(script)
    assert refusals == ["Queue service is full: 1 callers wait."]
    assert hears(floor) == ["zh/queue_full"]
    assert floor.bugs == []
