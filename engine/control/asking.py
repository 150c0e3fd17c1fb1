"""What may be asked through the door, as one table: each command with the right it needs and what it answers.

Whoever asks has an ``Actor``; a missing right is Refused, a wrong argument or command BadInput, both in words for people.
Answers are plain values. What must be read from the disk is read by the reading thread, so ``done`` may be called later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from engine.acd import agent as a
from engine.acd.acd import Acd, Stay
from engine.calls.switch import Phone, Switch
from engine.control.agent_asking import agent_answers
from engine.control.control import Control
from engine.control.line_tally import LineTally
from engine.control.offers import Offers
from engine.control.pump_pulse import PumpPulse
from engine.control.snapshot import snapshot, waiting_claim
from engine.facts import Fact, fact_to_record, known_facts
from engine.kernel.bus import Bus, Envelope
from engine.kernel.clock import Clock
from engine.kernel.errors import BadInput, Refused
from engine.kernel.executor import Executor
from engine.kernel.text import text
from engine.people.actors import Act, Actor, allowed
from engine.store.queries import Reader
from engine.store.stretches import Stretch, facts_after
from engine.store.tails import Tail, last_lines, newest_facts
from engine.store.writer import Store
from engine.telephony.lines import Trunk

__all__ = ["CALLS_MOST", "FACTS_MOST", "LOG_LINES_MOST", "MESSAGES_MOST", "Answer", "Asking", "Inside", "Request"]

CALLS_MOST = 10_000
FACTS_MOST = 1000
NAMES_MOST = 100
"""Names of facts in one question; there are fewer."""
LOG_LINES_MOST = 1000
MESSAGES_MOST = 99
"""As many as a display with two digits tells."""
WORD_MOST = 100
"""Characters of a name in a request."""
NS_A_MS = 1_000_000
PUMP_ANSWERS_S = 0.045
"""Two rounds of the pump: by then the counters asked for have come back."""

Request = Mapping[str, Any]
Done = Callable[[Any], None]
Failed = Callable[[Exception], None]
T = TypeVar("T")
Answer = Callable[[Actor, Request, Done, Failed], None]


@dataclass(frozen=True)
class Inside:
    """What the answers are made of. ``about``: name, version and boards of the box; ``pump``: the media pump's newest
    counters, and fresh ones asked for.
    """

    switch: Switch
    acd: Acd
    control: Control
    bus: Bus
    clock: Clock
    store: Store
    reader: Reader
    reading: Executor
    folder: Path
    about: Mapping[str, Any]
    pump: Callable[[], Mapping[str, Any]]
    log: Callable[[str], None]


class Asking:
    """One per appliance, made before the first fact. ``more``: commands that are answered elsewhere."""

    def __init__(self, inside: Inside, more: Mapping[str, tuple[Act, Answer]]) -> None:
        self._in = inside
        self._began_ns = inside.clock.monotonic_ns()
        self._began_utc_ms = inside.clock.utc_ms()
        self._tally = LineTally([*inside.switch.trunks, *inside.switch.phones])
        self._offers = Offers()
        self._pulse = PumpPulse()
        self._commands: Mapping[str, tuple[Act, Answer]] = {
            "status": (Act.SEE_STATUS, self._status),
            "lines": (Act.SEE_STATUS, self._lines),
            "phones": (Act.SEE_STATUS, self._phones),
            "agents": (Act.SEE_STATUS, self._agents),
            "queues": (Act.SEE_STATUS, self._queues),
            "why": (Act.SEE_STATUS, self._why),
            "version": (Act.SEE_STATUS, self._version),
            "calls": (Act.SEE_CALLS, self._calls),
            "facts": (Act.SEE_FACTS, self._facts),
            "log": (Act.SEE_LOG, self._log),
            "agent_logout": (Act.AGENT_STATE, self._log_out),
            "agent_ready": (Act.AGENT_STATE, self._ready),
            "agent_not_ready": (Act.AGENT_STATE, self._not_ready),
            "messages_waiting": (Act.AGENT_STATE, self._messages_waiting),
            "own_agent": (Act.OWN_AGENT, self._own_agent),
            "own_logout": (Act.OWN_AGENT, _of_oneself(self._log_out)),
            "own_ready": (Act.OWN_AGENT, _of_oneself(self._ready)),
            "own_not_ready": (Act.OWN_AGENT, _of_oneself(self._not_ready)),
            **agent_answers(inside.control.work, self._told),
            **more,
        }
        inside.bus.subscribe("line tally", self._tally.hear)
        inside.bus.subscribe("offers", self._offers.hear)
        inside.bus.subscribe("pump pulse", self._pulse.hear)

    def add(self, more: Mapping[str, tuple[Act, Answer]]) -> None:
        """Answer these as well; a name that is there already is answered anew."""
        self._commands = {**self._commands, **more}

    def ask(self, person: Actor, request: Request, done: Done, failed: Failed) -> None:
        """Answer one request by ``done`` or ``failed``, or raise Refused or BadInput at once."""
        name = str(request.get("command"))
        command = self._commands.get(name)
        if command is None:
            raise BadInput(
                text("There is no command {command}; there are {known}.", command=repr(name), known=", ".join(sorted(self._commands)))
            )
        act, answer = command
        if not allowed(person, act, ""):
            raise Refused(text("{actor} may not do this.", actor=person.about))
        answer(person, request, done, failed)

    def media(self) -> dict[str, Any]:
        """Whether the media pump has what it needs to be punctual (``realtime``, ``locked``); empty before it has said so. ``still`` is
        only there while it stands still.
        """
        counted = self._in.pump()
        known = {name: counted[name] for name in ("realtime", "locked")} if counted.get("ticks") and "locked" in counted else {}
        return {**known, "still": True} if self._pulse.still else known

    # ---- answered at once ------------------------------------------------------------------------------------------

    def _status(self, _person: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        done({**self._snapshot(), "media": self.media()})

    def _lines(self, _person: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        carrying = {line: call for call in self._in.switch.calls.values() for line in call.lines}
        rows = []
        for trunk in self._in.switch.trunks.values():
            call = carrying.get(trunk.name)
            state = call.stage if call else self._word_of_line(trunk)
            rows.append({"line": trunk.name, "state": state, "call": call.id if call else "", **self._counts(trunk.name)})
        done({"utc_offset_min": self._in.clock.utc_offset_min(), "lines": rows})

    def _phones(self, _person: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        rows = [
            {
                "phone": phone.name,
                "extension": phone.extension,
                "state": _word_of_phone(phone),
                "agent": self._in.acd.agent_at(phone.name),
                "call": phone.call.id if phone.call else "",
                "messages": phone.messages,
                **self._counts(phone.name),
            }
            for phone in self._in.switch.phones.values()
        ]
        done({"utc_offset_min": self._in.clock.utc_offset_min(), "phones": rows})

    def _agents(self, _person: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        done({"agents": self._snapshot()["agents"], "reasons": list(self._in.control.reasons)})

    def _queues(self, _person: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        rows = [
            {**row, "waiting": [self._waiting(stay, place) for place, stay in enumerate(self._in.acd.waiting(row["queue"]), start=1)]}
            for row in self._snapshot()["queues"]
        ]
        done({"utc_offset_min": self._in.clock.utc_offset_min(), "queues": rows})

    def _why(self, _person: Actor, request: Request, done: Done, _failed: Failed) -> None:
        name = _word(request, "call")
        call, stay, last = self._in.switch.calls.get(name), self._in.acd.stay(name), self._offers.of(name)
        if call is None and last is None:
            raise Refused(
                text("There is no call {call} now, and no offer of it is remembered; “facts call” shows what happened.", call=name)
            )
        waits: dict[str, Any] | None = None
        if stay is not None:
            names = {agent.number: agent for agent in self._in.acd.agents.values()}
            against = [(number, reason or "") for number, reason in self._in.acd.reasons_against(name) if number in names]
            waits = {
                "queue": stay.queue.name,
                **self._waiting(stay, self._in.acd.place(name)),
                **waiting_claim(self._in.acd, name, self._in.clock),
                "counts": [
                    {"against": reason, "agents": count} for reason, count in sorted(Counter(reason for _, reason in against).items())
                ],
                "agents": [
                    {
                        "agent": number,
                        "name": names[number].section.name,
                        "state": a.word_of(names[number].state),
                        "against": reason,
                    }
                    for number, reason in against
                ],
            }
        offer = None
        if last is not None:
            passed = [entry.partition(":") for entry in last.offer.passed_over]
            offer = {
                "agent": last.offer.agent,
                "phone": last.offer.phone,
                "why": last.offer.why,
                "passed_over": [{"agent": agent, "against": against} for agent, _, against in passed],
                "candidates": [
                    {"agent": agent, "why": measure} for agent, _, measure in (entry.partition(":") for entry in last.offer.candidates)
                ],
                "excluded": [
                    {"against": reason, "agents": int(count)}
                    for reason, _, count in (entry.partition(":") for entry in last.offer.excluded)
                ],
                "rule_version": last.offer.rule_version,
                "input_seq": last.offer.input_seq,
                "offered_utc_ms": last.utc_ms,
                "times": last.times,
                "outcome": last.outcome,
            }
        done(
            {
                "utc_offset_min": self._in.clock.utc_offset_min(),
                "call": name,
                "state": call.stage if call else "ended",
                "agent": call.agent if call else "",
                "waits": waits,
                "last_offer": offer,
            }
        )

    def _version(self, _person: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        self._in.pump()
        self._in.clock.call_later(PUMP_ANSWERS_S, lambda: self._about(done))

    def _about(self, done: Done) -> None:
        clock = self._in.clock
        done(
            {
                **self._in.about,
                "utc_ms": clock.utc_ms(),
                "utc_offset_min": clock.utc_offset_min(),
                "started_utc_ms": self._began_utc_ms,
                "uptime_s": (clock.monotonic_ns() - self._began_ns) // (1000 * NS_A_MS),
                "last_fact": self._in.bus.last_seq,
                "pump": dict(self._in.pump()),
            }
        )

    def _own_agent(self, person: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        """The agent who the user is, and the queues; None when the site has no such agent any more."""
        shown = self._snapshot()
        queues = self._in.acd.agents[person.agent].queues if person.agent in self._in.acd.agents else ()
        done(
            {
                "agent": next((agent for agent in shown["agents"] if agent["agent"] == person.agent), None),
                "queues": [queue for queue in shown["queues"] if queue["queue"] in queues],
                "reasons": list(self._in.control.reasons),
                "notes": [{"code": code, "name": name} for code, name in self._in.control.work.notes.items()],
            }
        )

    # ---- read from the disk ----------------------------------------------------------------------------------------

    def _calls(self, _person: Actor, request: Request, done: Done, failed: Failed) -> None:
        limit = _count(request, 20, CALLS_MOST)
        offset = self._in.clock.utc_offset_min()
        self._read(
            lambda: {"utc_offset_min": offset, "calls": [asdict(row) for row in self._in.reader.calls(limit)]},
            done,
            failed,
        )

    def _facts(self, _person: Actor, request: Request, done: Done, failed: Failed) -> None:
        """The newest facts; with ``after``, a number, the first ones after it, and ``through``: how far the journal was looked at."""
        limit = _count(request, 20, FACTS_MOST)
        call = _word(request, "call") if "call" in request else ""
        journal = self._in.folder / "journal"
        if "after" in request:
            after, names = _seq(request, "after"), _names(request)
            self._read(lambda: facts_after(journal, after, limit, call, names), lambda stretch: done(_stretch(stretch)), failed)
            return

        def shown(tail: Tail) -> None:
            done(
                {
                    "utc_offset_min": self._in.clock.utc_offset_min(),
                    "recordings": str(self._in.folder / "recordings"),
                    "facts": [_fact(envelope) for envelope in tail.facts],
                    "all_read": tail.all_read,
                    "unreadable": tail.unreadable,
                }
            )

        self._read(lambda: newest_facts(journal, limit, call), shown, failed)

    def _read(self, work: Callable[[], T], done: Callable[[T], None], failed: Failed) -> None:
        # What has been heard so far must be in journal and tables before they are read: one question never gets two answers.
        def read() -> None:
            try:
                self._in.reading.submit(work, done, failed)
            except Exception as error:  # noqa: BLE001  # here the asker is not on the stack any more
                failed(error)

        self._in.store.flush(read)

    def _log(self, _person: Actor, request: Request, done: Done, failed: Failed) -> None:
        limit = _count(request, 20, LOG_LINES_MOST)
        file = self._in.folder / "log" / "strowger.log"
        self._in.reading.submit(lambda: {"file": str(file), "lines": last_lines(file, limit)}, done, failed)

    # ---- commands for agents ---------------------------------------------------------------------------------------

    def _log_out(self, person: Actor, request: Request, done: Done, _failed: Failed) -> None:
        agent = _word(request, "agent")
        self._in.control.log_agent_out(person, agent)
        self._told(person, f"logs agent {agent} out", agent, done)

    def _ready(self, person: Actor, request: Request, done: Done, _failed: Failed) -> None:
        agent = _word(request, "agent")
        self._in.control.make_agent_ready(person, agent)
        self._told(person, f"makes agent {agent} ready", agent, done)

    def _not_ready(self, person: Actor, request: Request, done: Done, _failed: Failed) -> None:
        agent, reason = _word(request, "agent"), _word(request, "reason")
        self._in.control.make_agent_not_ready(person, agent, reason)
        self._told(person, f"makes agent {agent} not ready ({reason})", agent, done)

    def _messages_waiting(self, person: Actor, request: Request, done: Done, _failed: Failed) -> None:
        """So many messages wait for the user of a phone: its lamp and dial tone tell."""
        phone, count = _word(request, "phone"), request.get("count")
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MESSAGES_MOST:
            raise BadInput(text("count is {count}; a number from 0 to {most} is wanted.", count=repr(count), most=MESSAGES_MOST))
        self._in.control.set_messages_waiting(person, phone, count)
        self._in.log(f"control: {person.role} {person.about} tells phone {phone} of {count} messages")
        done({"phone": phone, "messages": count})

    def _told(self, person: Actor, what: str, number: str, done: Done) -> None:
        """Log who did it, and answer with the agent as it is now (in a call: what was asked for comes after it)."""
        self._in.log(f"control: {person.role} {person.about} {what}")
        done(next(agent for agent in self._snapshot()["agents"] if agent["agent"] == number))

    # ---- small things ------------------------------------------------------------------------------------------------

    def _snapshot(self) -> dict[str, Any]:
        return snapshot(self._in.switch, self._in.acd, self._in.clock)

    def _counts(self, line: str) -> dict[str, Any]:
        count = asdict(self._tally.counts[line])
        del count["rung"]
        return count

    def _word_of_line(self, trunk: Trunk) -> str:
        count = self._tally.counts[trunk.name]
        if count.fault:
            return "out_of_service"
        if trunk.free:
            return "free"
        return "rings" if count.rung else "releasing"

    def _waiting(self, stay: Stay, place: int) -> dict[str, Any]:
        wait_ms = (self._in.clock.monotonic_ns() - stay.since_ns) // NS_A_MS
        return {
            "call": stay.call.id,
            "place": place,
            "calling": stay.call.caller.number,
            "since_utc_ms": self._in.clock.utc_ms() - wait_ms,
            "wait_ms": wait_ms,
            "offered_to": stay.offered_to,
        }


def _of_oneself(answer: Answer) -> Answer:
    """The same command about the agent who asks."""
    return lambda person, request, done, failed: answer(person, {**request, "agent": person.agent}, done, failed)


def _word_of_phone(phone: Phone) -> str:
    station = phone.station
    if not station.in_service:
        return "out_of_service"
    if station.ringing:
        return "rings"
    if phone.left_off_hook:
        return "left_off_hook"
    if phone.attending:
        return "attending"
    return "off_hook" if station.off_hook else "on_hook"


def _fact(envelope: Envelope) -> dict[str, Any]:
    fact = envelope.fact
    assert isinstance(fact, Fact)
    return {
        "seq": envelope.seq,
        "utc_ms": envelope.utc_ms,
        "utc_offset_min": envelope.utc_offset_min,
        "interaction": envelope.interaction,
        "fact": type(fact).__name__,
        "version": fact.VERSION,
        "values": fact_to_record(fact),
    }


def _stretch(stretch: Stretch) -> dict[str, Any]:
    facts = [_fact(envelope) for envelope in stretch.facts]
    return {"facts": facts, "through": stretch.through, "unreadable": stretch.unreadable}


def _seq(request: Request, name: str) -> int:
    number = request.get(name)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**63:
        raise BadInput(text("{name} is {number}; the number of a fact is wanted.", name=name, number=repr(number)))
    return number


def _names(request: Request) -> tuple[str, ...]:
    """Names of facts; none: all."""
    names = request.get("names", [])
    if not isinstance(names, list | tuple) or len(names) > NAMES_MOST or not all(isinstance(name, str) for name in names):
        raise BadInput(text("names is wrong: a list of names of facts is wanted."))
    unknown = [name for name in names if name not in known_facts()]
    if unknown:
        raise BadInput(text("There is no fact {name}.", name=repr(unknown[0][:WORD_MOST])))
    return tuple(names)


def _count(request: Request, usual: int, most: int) -> int:
    limit = request.get("limit", usual)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= most:
        raise BadInput(text("limit is {limit}; a number from 1 to {most} is wanted.", limit=repr(limit), most=most))
    return limit


def _word(request: Request, name: str) -> str:
    word = request.get(name)
    if not isinstance(word, str) or not 1 <= len(word) <= WORD_MOST:
        raise BadInput(text("{name} is missing or wrong: a text of 1 to {most} characters is wanted.", name=name, most=WORD_MOST))
    return word
