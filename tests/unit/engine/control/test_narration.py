"""The sentences for somebody who follows the appliance in a terminal."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from appliance.texts import translator
from boards.dahdi import fxo, port_life
from boards.dahdi.faults import text_of
from boards.dahdi.line import NO_ROOM, OPENING_REFUSED, WRONG_PORT
from boards.dahdi.nodes.errors import DahdiError
from boards.dahdi.nodes.sentences import Message
from engine import facts
from engine.acd.agent import MODES, WORDS
from engine.control import narration
from engine.control.alarm_words import ALARM_NAMES, ALARM_SENTENCES
from engine.control.fact_details import detail
from engine.control.fault_advice import FAULT_ADVICE
from engine.control.narration import Narrator, sentence
from engine.kernel.bus import Envelope
from engine.kernel.text import Text, text, text_written
from engine.people.pins import Verdict
from tests.golden.renew import a_fact

ROOT = Path(__file__).resolve().parents[4]
NOWHERE = Path("recordings")
CHINESE = translator({}, "zh")
SILENT = {
    "InteractionBegan",  # its first call has a sentence, and the end of its last
    "InteractionEnded",
    "RecordingSegment",  # the end of the recording, told with it, has one
    "AgentLocked",  # the refused login beside it has a sentence
    "ApplianceStarted",  # the start prints lines of its own
    "ApplianceStopped",
    "OfferEnded",  # only a missed offer is worth a line
    "PhoneHungUp",
    "PhoneLifted",
    "PromptEnded",
    "ProtocolViolated",
    "RecordingStarted",
}
"""Facts that only programs want to know."""


@pytest.mark.parametrize("name", sorted(facts.known_facts()))
def test_every_fact_is_told_or_silent_on_purpose(name: str) -> None:
    """Whoever follows in the terminal misses nothing that a person should know."""
    said = sentence(a_fact(facts.known_facts()[name]), NOWHERE)
    assert (said is None) == (name in SILENT), f"{name}: give it a sentence in engine/control/narration.py or name it as silent here"


@pytest.mark.parametrize("name", sorted(set(facts.known_facts()) - SILENT))
def test_every_sentence_exists_in_chinese(name: str) -> None:
    """A Chinese reader meets no English sentence."""
    said = sentence(a_fact(facts.known_facts()[name]), NOWHERE)
    assert said is not None
    assert CHINESE(said.msgid) != said.msgid
    assert said.render(CHINESE) != said.in_english()


@pytest.mark.parametrize("name", sorted(SILENT))
def test_a_silent_fact_has_a_sentence_for_who_reads_all(name: str) -> None:
    """Who looks through all facts reads sentences, not names of fields; and nothing is told twice."""
    said = detail(a_fact(facts.known_facts()[name]))
    assert said is not None
    assert all(detail(a_fact(facts.known_facts()[other])) is None for other in set(facts.known_facts()) - SILENT)


def missed_offer(outcome: str) -> facts.OfferEnded:
    return facts.OfferEnded(call="b1-c1", queue="service", agent="1001", outcome=outcome)


def test_why_an_agent_is_rung_is_told_in_the_readers_words() -> None:
    """The reason of the choice is a sentence, not a code of ours."""
    offer = facts.CallOffered(call="b1-c1", queue="service", agent="1001", phone="phone-801", why="longest_idle 14.4 s", passed_over=())
    said = sentence(offer, NOWHERE)
    assert said is not None
    assert said.in_english() == "b1-c1 rings agent 1001 at phone-801 (idle longest: 14.4 s)."
    assert "空闲最久：14.4 s" in said.render(CHINESE)


def test_the_end_of_an_alarm_is_told() -> None:
    """Whoever read of an alarm reads that it is over."""
    said = sentence(facts.AlarmCleared(alarm="store.disk", about="data"), NOWHERE)
    assert said is not None
    assert said.in_english() == "The alarm “journal not writable” is over (data)."


def test_a_missed_offer_is_told_and_another_end_is_not() -> None:
    """That an agent did not answer is worth a line; that the caller left is told by other facts."""
    told = sentence(missed_offer("no_answer"), NOWHERE)
    assert told is not None
    assert told.in_english() == "b1-c1: agent 1001 does not answer; the caller keeps the place."
    assert sentence(missed_offer("caller_gone"), NOWHERE) is None


def test_some_sentences_as_they_are_read() -> None:
    """A newcomer follows the call step by step in plain words."""
    ended = facts.CallEnded(call="b1-c1", cause=16, reason="busy_tone", released_by="caller")
    told = sentence(ended, NOWHERE)
    assert told is not None
    assert told.in_english() == "b1-c1 has ended: busy tone from the exchange (cause 16 Normal call clearing, released by: caller)."
    withheld = sentence(facts.CallArrived(call="b1-c1", line="line-1", calling="", calling_name="", called=""), NOWHERE)
    assert withheld is not None
    assert withheld.in_english() == "b1-c1 arrives on line-1 from an unknown number."
    left = sentence(facts.StintEnded(call="b1-c1", queue="service", outcome="short", agent="", wait_ms=1234), NOWHERE)
    assert left is not None
    assert left.in_english() == "b1-c1 leaves queue service after 1.2 s: the caller left at once."


def test_the_recording_is_found() -> None:
    """The newcomer is told where the recording lies."""
    lines: list[str] = []
    narrator = Narrator(lines.append, lambda msgid: msgid, NOWHERE)
    started = facts.RecordingStarted(recording="b1-r1", call="b1-c1", path="2027-03-01/b1-c1.wav", left="", right="")
    for fact in (started, facts.RecordingEnded(recording="b1-r1", call="b1-c1", samples=16_000, repaired=False)):
        narrator.hear(Envelope(1, "b1", 0, 0, 480, 0, "", fact))
    assert lines == [f"The recording of b1-c1 lies in {NOWHERE}/2027-03-01/b1-c1.wav (2.0 s)."]


def test_the_narrator_writes_what_has_a_sentence() -> None:
    """Lines appear in the reader's language, and silent facts write none."""
    lines: list[str] = []
    narrator = Narrator(lines.append, CHINESE, NOWHERE)
    for fact in (facts.LineRang(line="line-1"), facts.PhoneLifted(phone="phone-1")):
        narrator.hear(Envelope(1, "b1", 0, 0, 480, 0, "", fact))
    assert len(lines) == 1
    assert "line-1" in lines[0]
    assert lines[0] != "line-1 rings."


def test_thirty_channels_are_one_sentence_and_one_is_itself() -> None:
    """At the start of an E1 the reader sees one line for it, in order with the rest, and which channel it was when it is only one."""
    lines: list[str] = []
    held: list[Callable[[], None]] = []
    narrator = Narrator(lines.append, lambda msgid: msgid, NOWHERE)
    trunks = {f"pri-1-{place}": "pri-1" for place in range(1, 31)}

    def later(_seconds: float, act: Callable[[], None]) -> None:
        held.append(act)

    def happens(*told: facts.Fact) -> None:
        for fact in told:
            narrator.hear(Envelope(1, "b1", 0, 0, 480, 0, "", fact))

    def time_passes() -> None:
        while held:
            held.pop()()

    narrator.tell_together(lambda: trunks, later)
    happens(*(facts.LineInService(line=line) for line in trunks), facts.LineInService(line="line-1"))
    assert lines == ["line-1 is in service."]
    time_passes()
    assert lines[1:] == ["pri-1: 30 channels are in service."]
    happens(facts.LineOutOfService(line="pri-1-7", reason="blocked"))
    time_passes()
    assert lines[2:] == ["pri-1-7 is out of service: it is blocked here."]
    happens(*(facts.LineOutOfService(line=line, reason="d_channel_down") for line in trunks), facts.LineInService(line="pri-1-3"))
    time_passes()
    assert lines[3:] == [
        "pri-1: 30 channels are out of service: the D channel is down.",
        "pri-1-3 is in service.",
    ]
    happens(
        *(
            facts.LineInService(line="pri-1-9") if up else facts.LineOutOfService(line="pri-1-9", reason="alarm")
            for up in (True, False, True)
        )
    )
    time_passes()
    assert lines[5:] == ["pri-1-9 is in service.", "pri-1-9 is out of service: the span is in alarm.", "pri-1-9 is in service."]


def test_an_overloaded_machine_does_not_drown_the_calls() -> None:
    """A late pump is told once a minute, the lines' counts not at all; the minute's count and the calls are."""
    lines: list[str] = []
    narrator = Narrator(lines.append, lambda msgid: msgid, NOWHERE)
    late = facts.AlarmRaised(alarm="pump-stalled", about="pump", sentence="The media pump was 20 ms late.")
    audio = facts.LineAudioCounted(line="line-1", late_blocks=1, missing_blocks=0, gaps=1, overflows=0, refused_blocks=0)
    pump = facts.PumpCounted(
        stalls=2, late_blocks=1, missing_blocks=0, gaps=1, overflows=0, refused_blocks=0, events_lost=0, commands_refused=0
    )
    for second, fact in enumerate((late, late, audio, facts.LineRang(line="line-1"), pump)):
        narrator.hear(Envelope(1, "b1", second * 10**9, 0, 480, 0, "", fact))
    assert lines == [
        "ALARM: The media pump was 20 ms late.",
        "line-1 rings.",
        "Audio in the last minute: pump held up 2, late blocks 1, gaps 1.",
    ]
    narrator.hear(Envelope(1, "b1", 61 * 10**9, 0, 480, 0, "", late))
    assert len(lines) == 4


def test_what_the_driver_says_is_read_in_the_readers_language() -> None:
    """An alarm of the driver or of a span's configuration is Chinese for who reads Chinese; of an older journal it is what was written."""
    refused = DahdiError("/dev/dahdi/channel", "open", 16, Message("the line is not in a state for this: try again when it is idle"))
    said = text_written(text_of(refused.sentence))
    alarm = facts.AlarmRaised(alarm="driver", about="line-1", sentence=str(refused), said=said)
    made = sentence(alarm, NOWHERE)
    assert made is not None
    assert made.in_english() == f"ALARM: {refused}"
    assert "try again" not in made.render(CHINESE)
    old = sentence(facts.AlarmRaised(alarm="driver", about="line-1", sentence="as it was"), NOWHERE)
    assert old is not None
    assert old.in_english() == "ALARM: as it was"
    why = text("several cards are meant by hardware id and location: give both")
    english = (why.in_english(),)
    told = sentence(facts.SpanConfigurationRefused(span="isdn", reasons=english, said=(text_written(why),)), NOWHERE)
    assert told is not None
    assert why.render(CHINESE) in told.render(CHINESE)
    assert why.in_english() not in told.render(CHINESE)
    before = sentence(facts.SpanConfigurationRefused(span="isdn", reasons=english), NOWHERE)
    assert before is not None
    assert before.in_english() == told.in_english()


def test_advice_is_about_faults_that_there_are() -> None:
    """Whoever reads what to look at reads it beside a fault; what somebody does on purpose needs no advice."""
    assert FAULT_ADVICE.keys() <= narration.LINE_FAULTS.keys()
    assert {"no_battery", "wrong_port", "taken", "card_removed"} <= FAULT_ADVICE.keys()
    assert not {"maintenance", "under_test"} & FAULT_ADVICE.keys()


def test_every_alarm_has_a_name() -> None:
    """“The alarm … is over” names it in words."""
    assert ALARM_SENTENCES.keys() <= ALARM_NAMES.keys()
    over = sentence(facts.AlarmCleared(alarm="driver", about="line-1"), NOWHERE)
    assert over is not None
    assert over.in_english() == "The alarm “driver error” is over (line-1)."


# ---- words that the code can produce -------------------------------------------------------------------------------


def calls_in(*folders: str) -> Iterator[ast.Call]:
    """Every call expression in the product's sources."""
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield from (node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))


def called(node: ast.Call) -> str:
    """The name of what is called, without the module before it."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""


def literals(node: ast.expr | None) -> set[str]:
    """Every string in an expression: ``"a" if x else "b"`` gives both."""
    if node is None:
        return set()
    return {part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)}


def argument(node: ast.Call, position: int, name: str) -> ast.expr | None:
    """The argument at this position or with this name."""
    if position < len(node.args):
        return node.args[position]
    return next((keyword.value for keyword in node.keywords if keyword.arg == name), None)


def words(name: str, position: int, keyword: str, *folders: str) -> set[str]:
    """The literal words given as one argument to every call of a name."""
    return {word for node in calls_in(*folders) if called(node) == name for word in literals(argument(node, position, keyword))}


PRODUCT = ("appliance", "boards", "engine", "recorder")
RELEASE_WORDS = {word for word in words("Release", 1, "reason", *PRODUCT) if " " not in word}
"""A release of the driver is called so too, and has a sentence."""
RELEASES = RELEASE_WORDS | words("CallEnded", 99, "reason", *PRODUCT) | words("end_all", 0, "reason", *PRODUCT)
RELEASED_BY = words("TellEnded", 1, "by", "engine") | words("End", 1, "by", "engine") | {"caller", "called", "agent"}
LINE_FAULTS = {
    *OPENING_REFUSED.values(),
    *(port_life.ALARM, port_life.MAINTENANCE, port_life.CARD_REMOVED, port_life.DRIVER_ERROR, fxo.NO_BATTERY),
    *(WRONG_PORT, NO_ROOM),
}
REFUSALS = {verdict.value for verdict in Verdict} - {Verdict.RIGHT, Verdict.NOW_LOCKED} | {"elsewhere", "phone_taken"}
LOST = words("RecordingFailed", 99, "reason", "recorder")
OUTCOMES = words("_end_stint", 1, "outcome", "engine") | words("StintEnded", 99, "outcome", *PRODUCT) | {"abandoned", "short", "failed"}


@pytest.mark.parametrize(
    ("produced", "known"),
    [
        (RELEASES, narration.REASONS),
        (RELEASED_BY, narration.WHO),
        ({*WORDS.values(), *MODES}, narration.STATES),
        (LINE_FAULTS, narration.LINE_FAULTS),
        (REFUSALS, narration.LOGIN_REFUSALS),
        (LOST, narration.RECORDING_FAULTS),
        (OUTCOMES, narration.OUTCOMES),
    ],
    ids=["release", "released by", "agent state", "line fault", "login", "recording", "outcome"],
)
def test_every_word_that_the_code_can_say_is_put_in_plain_words(produced: set[str], known: Mapping[str, Text]) -> None:
    """A reader meets no programmer's word, in English or in Chinese."""
    assert len(produced) >= 3, "the search for words finds none: it no longer fits the sources"
    assert produced - set(known) == set()
    for words in known.values():
        assert CHINESE(words.msgid) != words.msgid, f"{words.msgid} is not translated"


def test_the_words_cover_what_the_facts_promise() -> None:
    """The words found in the sources are the real ones: known examples are among them."""
    assert {"hung_up", "busy_tone", "no_answer", "restart", "shutdown", "phone_fault"} <= RELEASES
    assert {"no_battery", "card_removed", "driver_error"} <= LINE_FAULTS
    assert set(narration.STATES) == {*WORDS.values(), *MODES}
