"""Desk phones with their users: what is dialled, what is heard, what comes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine import facts
from engine.acd import agent as a
from engine.ivr.prompts import PROMPTS
from engine.settings.site import AgentSection, BoxSection, DeskSection, Site
from engine.telephony.tones import CHINA, TONE_SETS, ToneName
from tests.floor import Floor, a_site

BUSY, DIAL, RINGBACK, HOWLER, ZIP, CONFIRMATION = (
    CHINA[name].steps for name in (ToneName.BUSY, ToneName.DIAL, ToneName.RINGBACK, ToneName.HOWLER, ToneName.ZIP, ToneName.CONFIRMATION)
)


def not_ready(*reasons: str) -> a.NotReady:
    return a.NotReady("phone-1", frozenset(reasons))


def types(floor: Floor, keys: str, phone: int = 1) -> None:
    """The handset is lifted if it is down, and keys are pressed."""
    if not floor.phone(phone).off_hook:
        floor.phone(phone).lift()
    floor.phone(phone).press(keys)


def hears(floor: Floor, phone: int = 1) -> object:
    """What the earpiece says now: prompt names, or a tone."""
    port = floor.phone(phone).port
    return floor.bay.saying(port) or floor.bay.tone_at(port)


def test_a_lifted_phone_has_dial_tone_until_the_first_key(floor: Floor) -> None:
    """The user hears that dialling may begin, and silence from the first key on."""
    floor.phone(1).lift()
    assert hears(floor) == DIAL
    floor.phone(1).press("8")
    assert hears(floor) == ()


def test_a_site_of_another_country_has_its_tones() -> None:
    """Desk phones in Hong Kong sound as telephones do there."""
    floor = Floor(replace(a_site(), box=BoxSection(tones="hk")))
    floor.phone(1).lift()
    assert hears(floor) == TONE_SETS["hk"][ToneName.DIAL].steps != DIAL


def test_a_forgotten_handset_hears_busy_tone(floor: Floor) -> None:
    """A handset that lies beside the phone is told so after twenty seconds."""
    floor.phone(1).lift()
    floor.clock.advance(19.9)
    assert hears(floor) == DIAL
    floor.clock.advance(0.2)
    assert hears(floor) == BUSY


def test_logging_in_and_out(floor: Floor) -> None:
    """The agent hears the confirmation, has dial tone again, and is where the pages say."""
    types(floor, "*111001#2222#")
    assert hears(floor) == ["zh/logged_in"]
    assert floor.agent("1001").state == a.Ready("phone-1", 0)
    floor.clock.advance(1.1)
    assert hears(floor) == DIAL
    types(floor, "*12")
    assert hears(floor) == ["zh/logged_out"]
    assert floor.agent("1001").state == a.LoggedOut()


def test_an_agent_hears_the_own_language() -> None:
    """An agent whose language is English hears the confirmation in English; on the phone of nobody it is the site's."""
    site = a_site()
    floor = Floor(Site(**{**vars(site), "agents": (AgentSection(number="1001", pin="2222", language="en"),), "queues": (), "flows": ()}))
    types(floor, "*14")
    assert hears(floor) == ["zh/not_logged_in"]
    types(floor, "*111001#2222#")
    assert hears(floor) == ["en/logged_in"]


def test_not_ready_and_ready_again(floor: Floor) -> None:
    """A break is announced with its reason and ended with a code, without putting the handset down."""
    types(floor, "*111001#2222#*132")
    assert hears(floor) == ["zh/now_not_ready"]
    assert floor.agent("1001").state == a.NotReady("phone-1", frozenset({"meal"}))
    types(floor, "*139")
    assert hears(floor) == ["zh/reason_unknown"]
    types(floor, "*14")
    assert hears(floor) == ["zh/now_ready"]
    assert isinstance(floor.agent("1001").state, a.Ready)


def test_typing_on_does_not_wait_for_the_confirmation(floor: Floor) -> None:
    """Whoever knows the codes types them in a row; a prompt that is cut short does not end the next one."""
    types(floor, "*111001#2222#")
    floor.clock.advance(0.5)
    types(floor, "*14")
    assert hears(floor) == ["zh/now_ready"]
    floor.clock.advance(0.9)
    assert hears(floor) == ["zh/now_ready"]
    floor.clock.advance(0.2)
    assert hears(floor) == DIAL


def test_a_prompt_that_ends_as_it_is_cut_short_does_not_end_the_next_one(floor: Floor) -> None:
    """A key in the last moment of a confirmation does not cut off what is spoken next."""
    types(floor, "*111001#2222#")
    old = floor.bay.sounded[-1]
    types(floor, "9")
    assert hears(floor) == ["zh/number_unknown"]
    floor.bay.end_in_the_same_block(old)
    assert hears(floor) == ["zh/number_unknown"]
    floor.clock.advance(1.1)
    assert hears(floor) == BUSY


def test_three_wrong_pins_lock_the_agent_for_ten_minutes(floor: Floor) -> None:
    """Guessing is stopped: even the right PIN is refused until the time is over, and the facts show no PIN."""
    for _ in range(2):
        types(floor, "*111001#4913#")
        assert hears(floor) == ["zh/wrong_pin"]
        floor.clock.advance(2)
    types(floor, "*111001#4913#")
    assert hears(floor) == ["zh/locked_out"]
    assert [lock.agent for lock in floor.told(facts.AgentLocked)] == ["1001"]
    floor.phone(1).hang_up()
    floor.clock.advance(599)
    types(floor, "*111001#2222#")
    assert hears(floor) == ["zh/locked_out"]
    assert [refusal.reason for refusal in floor.told(facts.LoginRefused)] == ["wrong_pin", "wrong_pin", "locked", "locked"]
    floor.clock.advance(2)
    types(floor, "*111001#2222#")
    assert hears(floor) == ["zh/logged_in"]
    assert not any("4913" in repr(envelope.fact) or "2222" in repr(envelope.fact) for envelope in floor.heard)


def test_hesitating_before_the_pin_locks_nobody_out(floor: Floor) -> None:
    """Stopping after the agent number is an unfinished number, not a wrong PIN."""
    for _ in range(4):
        types(floor, "*111001")
        floor.clock.advance(4.1)
        assert hears(floor) == ["zh/number_unknown"]
        floor.phone(1).hang_up()
    types(floor, "*111001#2222#")
    assert hears(floor) == ["zh/logged_in"]


def test_an_unknown_agent_is_told_and_not_written_down(floor: Floor) -> None:
    """A PIN typed in the place of the agent number does not get into the journal."""
    types(floor, "*114711#4711#")
    assert hears(floor) == ["zh/unknown_agent"]
    assert floor.told(facts.LoginRefused) == [facts.LoginRefused(agent="", phone="phone-1", reason="unknown_agent")]


def test_a_pin_is_complete_after_the_pause(floor: Floor) -> None:
    """The last # may be left out: four seconds later the login is tried."""
    types(floor, "*111001#2222")
    floor.clock.advance(3.9)
    assert hears(floor) == ()
    floor.clock.advance(0.2)
    assert hears(floor) == ["zh/logged_in"]


def test_an_agent_who_is_elsewhere_is_told_so(floor: Floor) -> None:
    """Logging in twice is refused with the reason, and the first place keeps."""
    floor.login("1001", "1002")
    types(floor, "*111001#2222#", phone=3)
    assert hears(floor, 3) == ["zh/already_elsewhere"]
    types(floor, "*111001#2222#", phone=2)
    assert hears(floor, 2) == ["zh/already_elsewhere"]
    types(floor, "*111003#2222#", phone=2)
    assert hears(floor, 2) == ["zh/not_allowed_now"]
    assert [refusal.reason for refusal in floor.told(facts.LoginRefused)] == ["elsewhere", "elsewhere", "phone_taken"]
    assert floor.acd.agent_at("phone-1") == "1001"


@pytest.mark.parametrize(
    ("keys", "prompt"), [("*12", "not_logged_in"), ("*14", "not_logged_in"), ("*131", "not_logged_in"), ("*15", "not_logged_in")]
)
def test_agents_acts_need_an_agent(floor: Floor, keys: str, prompt: str) -> None:
    """A code on the phone of nobody is answered in words, and dial tone follows."""
    types(floor, keys)
    assert hears(floor) == [f"zh/{prompt}"]
    floor.clock.advance(1.1)
    assert hears(floor) == DIAL


def test_wrap_up_ends_with_its_code_and_only_then(floor: Floor) -> None:
    """The code for the end of wrap-up works in wrap-up; at other times the agent hears that it is not possible."""
    floor.login("1001")
    types(floor, "*15")
    assert hears(floor) == ["zh/not_allowed_now"]
    floor.phone(1).hang_up()
    floor.calling(1)
    floor.clock.advance(15)
    floor.phone(1).lift()
    floor.line(1).hang_up()
    assert isinstance(floor.agent("1001").state, a.WrapUp)
    floor.phone(1).hang_up()
    types(floor, "*15")
    assert hears(floor) == ["zh/wrap_up_ended"]
    assert isinstance(floor.agent("1001").state, a.Ready)


def test_an_unknown_number_is_refused_in_words_and_then_by_tone(floor: Floor) -> None:
    """A wrong number is told at once, and busy tone says that dialling is over."""
    types(floor, "899")
    assert hears(floor) == ["zh/number_unknown"]
    floor.clock.advance(1.1)
    assert hears(floor) == BUSY
    types(floor, "801")
    assert hears(floor) == BUSY
    floor.phone(1).hang_up()
    assert hears(floor) == ()


def test_a_number_longer_than_any_line_takes_is_no_number(floor: Floor) -> None:
    """An endless number is told as such, not as busy lines."""
    types(floor, "0" + "1" * 33)
    assert hears(floor) == ["zh/number_unknown"]


def test_calling_a_busy_extension(floor: Floor) -> None:
    """The caller hears a refusal, then busy tone; no call is in the list."""
    floor.phone(2).lift()
    types(floor, "802")
    assert hears(floor) == ["zh/not_allowed_now"]
    floor.clock.advance(1.1)
    assert hears(floor) == BUSY
    assert floor.told(facts.CallPlaced) == []


def test_calling_an_extension_that_breaks(floor: Floor) -> None:
    """A phone that fails as it is rung gives busy tone, and after hanging up the phone works as ever."""
    floor.phone(2).breaks_when_rung = True
    types(floor, "802")
    assert hears(floor) == BUSY
    floor.phone(1).hang_up()
    types(floor, "803")
    assert hears(floor) == RINGBACK


def test_calling_out_when_no_line_is_free(floor: Floor) -> None:
    """The user hears that all lines are busy."""
    for line in floor.lines.values():
        line.does = "dead"
    types(floor, "010086#")
    assert hears(floor) == ["zh/lines_busy"]


def test_keys_in_a_call_are_no_codes(floor: Floor) -> None:
    """Whoever types during a conversation does not log out by it."""
    floor.login("1001")
    types(floor, "010086#")
    floor.line(1).send_digits()
    floor.line(1).far_answers()
    types(floor, "*12")
    assert floor.acd.agent_at("phone-1") == "1001"


def test_hanging_up_while_a_prompt_is_spoken_ends_it(floor: Floor) -> None:
    """Nothing goes on sounding into a phone that lies on the hook, and its next dial tone is whole."""
    types(floor, "*12")
    floor.phone(1).hang_up()
    assert hears(floor) == ()
    floor.phone(1).lift()
    floor.clock.advance(2)
    assert hears(floor) == DIAL


def test_a_site_whose_agents_start_not_ready() -> None:
    """Where it is set so, an agent who logs in is offered nothing before the ready code."""
    site = a_site()
    floor = Floor(Site(**{**vars(site), "desk": DeskSection(ready_after_login=False)}))
    types(floor, "*111001#2222#")
    assert floor.agent("1001").state == a.NotReady("phone-1", frozenset({"login"}))


# ---- handsets that are forgotten -------------------------------------------------------------------------------------


def test_a_handset_left_off_hears_the_howler_and_its_agent_is_not_ready(floor: Floor) -> None:
    """Busy tone, then the howler, then nothing; nobody is offered a call there, it is told once, and putting it down mends it."""
    floor.login("1001")
    floor.phone(1).lift()
    floor.clock.advance(20.1 + 39.8)
    assert hears(floor) == BUSY
    assert isinstance(floor.agent("1001").state, a.Ready)
    floor.clock.advance(0.2)
    assert hears(floor) == HOWLER
    assert floor.agent("1001").state == not_ready("off_hook")
    assert floor.told(facts.PhoneLeftOffHook) == [facts.PhoneLeftOffHook(phone="phone-1")]
    assert floor.switch.phones["phone-1"].left_off_hook
    floor.clock.advance(60)
    assert hears(floor) == ()
    assert floor.agent("1001").state == not_ready("off_hook")
    floor.phone(1).hang_up()
    assert isinstance(floor.agent("1001").state, a.Ready)
    assert not floor.switch.phones["phone-1"].left_off_hook


def test_a_handset_forgotten_after_a_call_is_found(floor: Floor) -> None:
    """The agent who goes away with the handset beside the phone is not ready after the paperwork, too."""
    floor.login("1001")
    floor.calling(1)
    floor.clock.advance(15)
    floor.phone(1).lift()
    floor.clock.advance(10)
    floor.line(1).hang_up()
    floor.clock.advance(41)
    assert floor.agent("1001").state == not_ready("off_hook")
    floor.phone(1).hang_up()
    assert isinstance(floor.agent("1001").state, a.Ready)


def test_a_break_outlasts_a_forgotten_handset(floor: Floor) -> None:
    """Who went to the meal with the handset off is at the meal still when somebody puts it down."""
    floor.login("1001")
    types(floor, "*132")
    floor.clock.advance(62)
    assert floor.agent("1001").state == not_ready("meal", "off_hook")
    floor.phone(1).hang_up()
    assert floor.agent("1001").state == not_ready("meal")


def test_a_site_without_howler_is_quiet() -> None:
    """Where the howler is switched off, busy tone ends in silence and the agent is not ready all the same."""
    floor = Floor(replace(a_site(), desk=DeskSection(howler_s=0.0, busy_tone_s=10.0)))
    floor.login("1001")
    floor.phone(1).lift()
    floor.clock.advance(30.2)
    assert hears(floor) == ()
    assert floor.agent("1001").state == not_ready("off_hook")
    assert floor.bugs == []


def test_the_r_key_begins_anew(floor: Floor) -> None:
    """Who has mistyped presses R and has dial tone."""
    types(floor, "80")
    floor.phone(1).flash()
    assert hears(floor) == DIAL
    types(floor, "802")
    assert hears(floor) == RINGBACK


# ---- agents who take calls off hook ----------------------------------------------------------------------------------


def off_hook_floor(**desk: object) -> Floor:
    """Agent 1001 takes calls off hook, the others are rung."""
    site = a_site(wrap_up_s=0.0, announce_agent=False)
    agents = tuple(replace(agent, answers="off_hook") if agent.number == "1001" else agent for agent in site.agents)
    return Floor(replace(site, agents=agents, desk=replace(site.desk, **desk)))  # type: ignore[arg-type]  # by name


def waits_off_hook(floor: Floor) -> None:
    """Agent 1001 logs in and keeps the handset up."""
    types(floor, "*111001#2222#")
    floor.clock.advance(1.1)
    assert hears(floor) == ()


def is_offered(floor: Floor) -> bool:
    """The caller goes through the menu; stops in the moment in which agent 1001 is offered the call."""
    for _ in range(300):
        if isinstance(floor.agent("1001").state, a.Offered):
            return True
        floor.clock.advance(0.1)
    return False


def test_an_agent_off_hook_hears_a_short_tone_and_then_the_caller() -> None:
    """No bell rings and nothing is lifted: half a second of tone, and the caller is there; the next one likewise."""
    floor = off_hook_floor()
    waits_off_hook(floor)
    floor.clock.advance(300)
    assert isinstance(floor.agent("1001").state, a.Ready)
    for line in (1, 2):
        floor.calling(line)
        assert is_offered(floor)
        assert hears(floor) == ZIP
        assert not floor.phone(1).ringing
        floor.clock.advance(0.6)
        assert floor.bay.hears(floor.phone(1).port, floor.line(line).port)
        assert isinstance(floor.agent("1001").state, a.Talking)
        floor.line(line).hang_up()
        assert hears(floor) == BUSY
        floor.clock.advance(2.2)
        assert hears(floor) == ()
        assert isinstance(floor.agent("1001").state, a.Ready)
    assert floor.bugs == []


@pytest.mark.parametrize(
    ("setting", "state"), [("log_out", a.LoggedOut()), ("not_ready", a.NotReady("phone-1", frozenset({"handset_down"})))]
)
def test_hanging_up_is_leaving(setting: str, state: object) -> None:
    """As the site wants it: logged out, or not ready until the handset is lifted again."""
    floor = off_hook_floor(off_hook_hang_up=setting)
    waits_off_hook(floor)
    floor.phone(1).hang_up()
    assert floor.agent("1001").state == state
    floor.phone(1).lift()
    if setting == "log_out":
        assert hears(floor) == DIAL
    else:
        assert hears(floor) == CONFIRMATION
        assert isinstance(floor.agent("1001").state, a.Ready)
    assert floor.bugs == []


def test_hanging_up_in_a_conversation_leaves_after_it() -> None:
    """The caller is released, and the agent is logged out."""
    floor = off_hook_floor()
    waits_off_hook(floor)
    floor.calling(1)
    floor.clock.advance(20)
    assert isinstance(floor.agent("1001").state, a.Talking)
    floor.phone(1).hang_up()
    assert floor.line(1).does == "guard"
    assert floor.agent("1001").state == a.LoggedOut()
    assert floor.bugs == []


def test_hanging_up_under_the_short_tone_loses_no_caller() -> None:
    """The caller keeps the place, and somebody else's phone rings."""
    floor = off_hook_floor()
    waits_off_hook(floor)
    floor.login("1002")
    floor.calling(1)
    assert is_offered(floor)
    assert hears(floor) == ZIP
    floor.phone(1).hang_up()
    assert floor.agent("1001").state == a.LoggedOut()
    assert floor.phone(2).ringing
    assert floor.bugs == []


def test_a_caller_who_gives_up_under_the_short_tone_leaves_the_agent_waiting() -> None:
    """The tone ends, and the next caller comes in the same way."""
    floor = off_hook_floor()
    waits_off_hook(floor)
    floor.calling(1)
    assert is_offered(floor)
    floor.line(1).hang_up()
    assert hears(floor) == ()
    assert isinstance(floor.agent("1001").state, a.Ready)
    floor.clock.advance(3)
    floor.calling(2)
    floor.clock.advance(20)
    assert isinstance(floor.agent("1001").state, a.Talking)
    assert floor.bugs == []


def test_codes_and_own_calls_work_off_hook() -> None:
    """A break, the end of it and a call to a colleague are dialled without putting the handset down; meanwhile no call comes."""
    floor = off_hook_floor()
    waits_off_hook(floor)
    types(floor, "*132")
    assert hears(floor) == ["zh/now_not_ready"]
    floor.clock.advance(1.1)
    assert hears(floor) == ()
    types(floor, "*14")
    floor.clock.advance(1.1)
    types(floor, "80")
    floor.calling(1)
    floor.clock.advance(1)
    assert not floor.switch.phones["phone-1"].attending
    types(floor, "2")
    assert hears(floor) == RINGBACK
    floor.phone(2).lift()
    floor.phone(2).hang_up()
    assert hears(floor) == BUSY
    floor.clock.advance(2.2)
    floor.clock.advance(20)
    assert isinstance(floor.agent("1001").state, a.Talking)
    assert floor.bugs == []


def test_a_colleague_reaches_an_agent_off_hook() -> None:
    """Called by extension, the agent hears the same short tone and then the colleague."""
    floor = off_hook_floor()
    waits_off_hook(floor)
    types(floor, "801", phone=2)
    assert hears(floor) == ZIP
    floor.clock.advance(0.6)
    assert floor.bay.hears(floor.phone(1).port, floor.phone(2).port)
    floor.phone(2).hang_up()
    assert floor.bugs == []


def test_every_spoken_confirmation_exists() -> None:
    """No act of a desk phone is answered by a prompt that nobody recorded."""
    for name in ("logged_in", "logged_out", "now_ready", "now_not_ready", "wrap_up_ended", "number_unknown"):
        assert set(PROMPTS[name]) == {"zh", "en"}


# ---- the R key of the exchange ----


def in_conversation(floor: Floor) -> None:
    """The phone has called out, and somebody has answered."""
    types(floor, "088886666#")
    floor.line(1).send_digits()
    floor.line(1).far_answers()


def test_the_exchange_is_given_the_r_key(floor: Floor) -> None:
    """A second call that the exchange announces is taken by R and the code; the agent and the line are together afterwards."""
    in_conversation(floor)
    floor.phone(1).flash()
    floor.phone(1).press("*16")
    assert floor.line(1).flashes == 1
    assert floor.bay.hears(floor.phone(1).port, floor.line(1).port)
    assert [(fact.line, fact.phone) for fact in floor.told(facts.ExchangeFlashed)] == [("line-1", "phone-1")]


def test_the_code_counts_only_on_hold(floor: Floor) -> None:
    """In conversation the keys are the far end's; and what was begun before the caller was back is forgotten."""
    in_conversation(floor)
    floor.phone(1).press("*16")
    floor.phone(1).flash()
    floor.phone(1).press("*1")
    floor.phone(1).flash()
    floor.phone(1).flash()
    floor.phone(1).press("6")
    assert floor.line(1).flashes == 0
    assert floor.bay.saying(floor.phone(1).port) == ["zh/number_unknown"]
    floor.clock.advance(1.1)
    floor.phone(1).press("*16")
    assert floor.line(1).flashes == 1


def test_a_call_inside_has_no_exchange(floor: Floor) -> None:
    """The code does nothing there, and the other extension stays on hold."""
    types(floor, "802")
    floor.phone(2).lift()
    floor.phone(1).flash()
    floor.phone(1).press("*16")
    assert floor.told(facts.ExchangeFlashed) == []
    floor.phone(1).flash()
    assert floor.bay.hears(floor.phone(1).port, floor.phone(2).port)
