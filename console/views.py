"""How each answer of the appliance looks to a person: chosen columns with headings in the reader's language.

Programs ask with ``--json`` and get every field. ``width`` is the terminal's, in columns; 0: as wide as it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from console.agent_views import agent_reasons
from console.tables import Translate, cell, listed, local_time, local_time_of_day, table
from engine.acd.agent import MODES
from engine.control.choice_words import AGAINST, claim_said, why_chosen
from engine.control.fact_details import detail
from engine.control.fault_advice import FAULT_ADVICE
from engine.control.narration import LINE_FAULTS, REASONS, STATES, WHO, sentence
from engine.facts import FactError, fact_from_record
from engine.kernel.text import Text, text

__all__ = [
    "agent_shown",
    "agents_shown",
    "calls_shown",
    "facts_shown",
    "lines_shown",
    "log_shown",
    "messages_shown",
    "phones_shown",
    "queues_shown",
    "status_shown",
    "version_shown",
    "why_shown",
]

Row = Mapping[str, Any]
Column = tuple[Text, Callable[[Row, int, Translate], str]]

CALL_STATES: Mapping[str, Text] = {
    "ringing": text("ringing"),
    "answered": text("in dialogue or queue"),
    "connecting": text("connecting"),
    "dialling": text("dialling"),
    "proceeding": text("ringing outside"),
    "talking": text("talking"),
    "held": text("on hold"),
    "recalling": text("comes back from hold"),
    "ended": text("ended"),
}
PORT_STATES: Mapping[str, Text] = {
    **CALL_STATES,
    "free": text("free"),
    "rings": text("ringing"),
    "releasing": text("releasing"),
    "out_of_service": text("out of service"),
    "on_hook": text("on hook"),
    "off_hook": text("off hook"),
    "left_off_hook": text("left off hook"),
    "attending": text("ready off hook"),
}
OFFER_ENDS: Mapping[str, Text] = {
    "": text("still ringing"),
    "answered": text("answered"),
    "no_answer": text("no answer"),
    "caller_gone": text("the caller gave up"),
    "phone_fault": text("the phone cannot be rung"),
    "forced": text("taken away"),
    "rejected": text("rejected"),
}
DIRECTIONS: Mapping[str, Text] = {"incoming": text("in"), "outgoing": text("out"), "internal": text("inside")}


def _field(name: str) -> Callable[[Row, int, Translate], str]:
    return lambda row, offset, _: cell(name, row.get(name), offset, _)


def _word(name: str, words: Mapping[str, Text]) -> Callable[[Row, int, Translate], str]:
    def shown(row: Row, offset: int, _: Translate) -> str:
        value = str(row.get(name, ""))
        return words[value].render(_) if value in words else cell(name, value, offset, _)

    return shown


def _seconds(name: str) -> Callable[[Row, int, Translate], str]:
    return lambda row, _offset, _: "-" if row.get(name) is None else f"{row[name] / 1000:.0f}"


CALLS: Sequence[Column] = (
    (text("call"), _field("call")),
    (text("time"), _field("arrived_utc_ms")),
    (text("way"), _word("direction", DIRECTIONS)),
    (text("from"), lambda row, offset, _: cell("from", row["calling"] or row["extension"], offset, _)),
    (text("to"), _field("called")),
    (text("line"), _field("line")),
    (text("queue"), _field("queue")),
    (text("agent"), _field("agent")),
    (text("ext."), _field("extension")),
    (text("wait s"), _seconds("wait_ms")),
    (text("talk s"), _seconds("talk_ms")),
    (text("cause"), _field("cause")),
    (text("end"), _word("reason", REASONS)),
    (text("released by"), _word("released_by", WHO)),
    (text("recording"), _field("recording")),
)
LINES: Sequence[Column] = ((text("line"), _field("line")), (text("free"), _field("free")), (text("call"), _field("call")))
PHONES: Sequence[Column] = (
    (text("phone"), _field("phone")),
    (text("ext."), _field("extension")),
    (text("off hook"), _field("off_hook")),
    (text("ringing"), _field("ringing")),
    (text("in service"), _field("in_service")),
    (text("agent"), _field("agent")),
)
AGENTS: Sequence[Column] = (
    (text("agent"), _field("agent")),
    (text("name"), _field("name")),
    (text("state"), _word("state", STATES)),
    (text("phone"), _field("phone")),
    (text("reasons"), agent_reasons),
    (text("call"), _field("call")),
)
QUEUES: Sequence[Column] = (
    (text("queue"), _field("queue")),
    (text("title"), _field("title")),
    (text("waiting"), lambda row, _offset, _: str(len(row["waiting"]))),
    (text("longest wait s"), lambda row, _offset, _: f"{max((stay['wait_ms'] for stay in row['waiting']), default=0) / 1000:.0f}"),
    (text("agents ready"), _field("ready")),
)
LIVE_CALLS: Sequence[Column] = (
    (text("call"), _field("call")),
    (text("state"), _word("state", CALL_STATES)),
    (text("line"), _field("line")),
    (text("from"), _field("calling")),
    (text("to"), _field("called")),
    (text("agent"), _field("agent")),
    (text("phone"), _field("phone")),
)


COUNTED: Sequence[Column] = (
    (text("viol."), _field("violations")),
    (text("errors"), _field("driver_errors")),
    (text("faults"), _field("faults")),
)
LINES_COUNTED: Sequence[Column] = (
    (text("line"), _field("line")),
    (text("state"), _word("state", PORT_STATES)),
    (text("call"), _field("call")),
    (text("rings"), _field("rings")),
    (text("in"), _field("calls_in")),
    (text("out"), _field("calls_out")),
    *COUNTED,
)
AUDIO_COUNTED: Sequence[Column] = (
    (text("late"), _field("late_blocks")),
    (text("missing"), _field("missing_blocks")),
    (text("gaps"), _field("gaps")),
    (text("overfl."), _field("overflows")),
    (text("refused"), _field("refused_blocks")),
)
AUDIO_FIELDS = ("late_blocks", "missing_blocks", "gaps", "overflows", "refused_blocks")
FAULTS_NOW: Sequence[Column] = ((text("fault"), _word("fault", LINE_FAULTS)), (text("since"), _field("fault_since_utc_ms")))
PHONES_COUNTED: Sequence[Column] = (
    (text("phone"), _field("phone")),
    (text("ext."), _field("extension")),
    (text("state"), _word("state", PORT_STATES)),
    (text("agent"), _field("agent")),
    (text("call"), _field("call")),
    (text("lifted"), _field("lifted")),
    (text("out"), _field("calls_out")),
    *COUNTED,
)
MESSAGES_WAIT: Sequence[Column] = ((text("messages"), _field("messages")),)
WAITING: Sequence[Column] = (
    (text("place"), _field("place")),
    (text("call"), _field("call")),
    (text("from"), _field("calling")),
    (text("since"), _field("since_utc_ms")),
    (text("wait s"), _seconds("wait_ms")),
    (text("rings at agent"), _field("offered_to")),
)
REASONS_AGAINST: Sequence[Column] = (
    (text("agent"), _field("agent")),
    (text("name"), _field("name")),
    (text("why not"), _word("against", AGAINST)),
)
PASSED_OVER: Sequence[Column] = ((text("passed over"), _field("agent")), (text("why"), _word("against", AGAINST)))

HARDWARE: Mapping[str, Text] = {"simulated": text("simulated"), "dahdi": text("real boards (DAHDI)")}
BOARDS: Mapping[str, Text] = {"dahdi-analog": text("analog (DAHDI)")}
LOCKED: Mapping[str, Text] = {
    "nothing": text("nothing"),
    "own": text("its own tables"),
    "all": text("the whole process"),
}
PUMP_COUNTS: Mapping[str, Text] = {
    "ticks": text("rounds"),
    "samples": text("samples"),
    "stalls": text("held up"),
    "blocks_late": text("late blocks"),
    "blocks_missing": text("missing blocks"),
    "writes_refused": text("blocks the driver refused"),
    "events_lost": text("lost events"),
    "commands_refused": text("refused commands"),
    "channels": text("open channels"),
    "patches": text("patches"),
    "clipped": text("clipped samples"),
    "overflows": text("overflows"),
    "underflows": text("underflows"),
    "failures": text("failed channels"),
    "realtime": text("realtime priority"),
    "locked": text("locked memory"),
}
"""The counters of the media pump, as its statistics name them."""


def status_shown(result: Row, _: Translate, width: int = 0) -> str:
    """The state of the appliance as tables."""
    offset = int(result["utc_offset_min"])
    blocks = [local_time(int(result["utc_ms"]), offset)]
    if result.get("media", {}).get("still"):
        blocks.append(_("FAULT: the media pump stands still, nobody hears anybody. Restart the appliance; its log says more."))
    parts: Sequence[tuple[Text, str, Sequence[Column]]] = (
        (text("Exchange lines"), "lines", LINES),
        (text("Desk phones"), "phones", PHONES),
        (text("Agents"), "agents", AGENTS),
        (text("Queues"), "queues", QUEUES),
        (text("Calls"), "calls", LIVE_CALLS),
    )
    blocks += [f"{heading.render(_)}\n{_shown(result[name], columns, offset, _, width)}" for heading, name, columns in parts]
    blocks += _media_warnings(result.get("media", {}), _)
    return "\n\n".join(blocks)


def _media_warnings(media: Row, _: Translate) -> list[str]:
    """What keeps the media pump from being punctual; nothing when all is well or not known yet."""
    warnings = []
    if media.get("realtime") is False:
        warnings.append(_("The media pump runs without realtime priority: under load callers hear gaps."))
    if media.get("locked") == "nothing":
        warnings.append(_("The media pump's memory is not locked: when the machine swaps, callers hear gaps."))
    return ["\n".join(warnings)] if warnings else []


def calls_shown(result: Row, _: Translate, width: int = 0) -> str:
    """The newest calls as a table."""
    return _shown(result["calls"], CALLS, int(result["utc_offset_min"]), _, width)


def lines_shown(result: Row, _: Translate, width: int = 0) -> str:
    """The exchange lines with what happened on each since the start."""
    shown = _shown(result["lines"], _with_faults(LINES_COUNTED, result["lines"]), int(result["utc_offset_min"]), _, width)
    return "\n".join([shown, *_advice(result["lines"], "line", _)])


def _advice(rows: Sequence[Row], name: str, _: Translate) -> list[str]:
    """What to look at, for each fault once."""
    faults: dict[str, list[str]] = {}
    for row in rows:
        if row["fault"] in FAULT_ADVICE:
            faults.setdefault(row["fault"], []).append(str(row[name]))
    told = [
        text("{lines}: {fault}. {advice}", lines=listed(lines, _), fault=LINE_FAULTS[fault], advice=FAULT_ADVICE[fault])
        for fault, lines in faults.items()
    ]
    return ["", *(one.render(_) for one in told)] if told else []


def _with_faults(columns: Sequence[Column], rows: Sequence[Row]) -> Sequence[Column]:
    """The columns about audio (blocks of 20 ms) and about present faults stand there only when there is something to tell."""
    audio = AUDIO_COUNTED if any(row.get(name) for row in rows for name in AUDIO_FIELDS) else ()
    faults = FAULTS_NOW if any(row["fault"] for row in rows) else ()
    return [*columns, *audio, *faults]


def phones_shown(result: Row, _: Translate, width: int = 0) -> str:
    """The desk phones with what happened on each since the start."""
    rows = result["phones"]
    columns = [*PHONES_COUNTED, *MESSAGES_WAIT] if any(row.get("messages") for row in rows) else PHONES_COUNTED
    shown = _shown(rows, _with_faults(columns, rows), int(result["utc_offset_min"]), _, width)
    return "\n".join([shown, *_advice(rows, "phone", _)])


def agents_shown(result: Row, _: Translate, width: int = 0) -> str:
    """The agents and their states."""
    return _shown(result["agents"], AGENTS, 0, _, width)


def agent_shown(result: Row, _: Translate, _width: int = 0) -> str:
    """One agent after a command; in a call the command takes effect when that is over."""
    state = str(result["state"])
    if state in {*MODES, "wrap_up", "own_call"}:
        said = text("Agent {agent} is {state}; what you asked for happens after that.", agent=result["agent"], state=STATES[state])
    elif result["reasons"]:
        reasons = listed(result["reasons"], _)
        said = text("Agent {agent} is {state}: {reasons}.", agent=result["agent"], state=STATES[state], reasons=reasons)
    else:
        said = text("Agent {agent} is now {state}.", agent=result["agent"], state=STATES.get(state, state))
    return said.render(_)


def messages_shown(result: Row, _: Translate, _width: int = 0) -> str:
    """A phone after its user was told of messages."""
    if not result["messages"]:
        return text("No message waits at {phone} any more.", phone=result["phone"]).render(_)
    return text("Messages waiting at {phone}: {count}.", phone=result["phone"], count=result["messages"]).render(_)


def queues_shown(result: Row, _: Translate, width: int = 0) -> str:
    """Each queue, and who waits in it since when."""
    offset = int(result["utc_offset_min"])
    blocks = [_shown(result["queues"], QUEUES, offset, _, width)]
    blocks += [f"{queue['queue']}\n{_shown(queue['waiting'], WAITING, offset, _, width)}" for queue in result["queues"] if queue["waiting"]]
    return "\n\n".join(blocks)


def why_shown(result: Row, _: Translate, width: int = 0) -> str:
    """Why a call still waits: what speaks against each agent of its queue; and the newest offer with its reason."""
    offset = int(result["utc_offset_min"])
    waits, offer = result["waits"], result["last_offer"]
    blocks = [_where(result, _)]
    if waits is not None:
        claim = claim_said(waits["credit_s"], waits["strict"], waits["wanted"], waits["because"])
        blocks += [claim.render(_)] if claim is not None else []
        blocks += [_agents_counted(waits, offset, _)] if waits["counts"] else []
    if waits is not None and waits["agents"]:
        blocks.append(_shown(waits["agents"], REASONS_AGAINST, offset, _, width))
    elif waits is not None:
        blocks.append(_("No agent serves this queue."))
    if offer is not None:
        said = text(
            "Times offered: {times}. The last time at {time} to agent {agent} at {phone} ({why}): {outcome}.",
            times=offer["times"],
            time=local_time(int(offer["offered_utc_ms"]), offset),
            agent=offer["agent"],
            phone=offer["phone"],
            why=why_chosen(offer["why"]),
            outcome=OFFER_ENDS.get(offer["outcome"], offer["outcome"]),
        )
        blocks.append(said.render(_))
        if offer["passed_over"]:
            blocks.append(_shown(offer["passed_over"], PASSED_OVER, offset, _, width))
        if offer["candidates"]:
            following = [f"{one['agent']} ({_rendered(why_chosen(one['why']), _)})" for one in offer["candidates"]]
            blocks.append(text("Next would have been: {agents}.", agents=listed(following, _)).render(_))
        version = text(
            "Chosen by version {version} of the settings, knowing all facts up to {seq}.",
            version=offer["rule_version"],
            seq=offer["input_seq"],
        )
        blocks += [version.render(_)] if offer["input_seq"] else []
    elif waits is not None:
        blocks.append(_("It has not been offered to anybody yet."))
    return "\n\n".join(blocks)


def _rendered(said: Text | str, _: Translate) -> str:
    return said.render(_) if isinstance(said, Text) else said


def _agents_counted(waits: Row, offset: int, _: Translate) -> str:
    """``Agents: talking 2; in wrap-up 1 (until 14:03:20).``"""
    parts = []
    for one in waits["counts"]:
        part = f"{_plain(one['against'], AGAINST, _)} {one['agents']}"
        if one["against"] == "wrap_up" and waits["wrap_up_ends_utc_ms"]:
            until = local_time(int(waits["wrap_up_ends_utc_ms"]), offset).split(" ")[-1]
            part = text("{state} (until {time})", state=part, time=until).render(_)
        parts.append(part)
    return text("Agents: {states}.", states="; ".join(parts)).render(_)


def _where(result: Row, _: Translate) -> str:
    """A sentence: where the call is."""
    waits = result["waits"]
    if waits is None:
        state = CALL_STATES.get(result["state"], result["state"])
        return text("{call} does not wait in a queue now; its state: {state}.", call=result["call"], state=state).render(_)
    seconds = f"{waits['wait_ms'] / 1000:.0f}"
    where = {"call": result["call"], "queue": waits["queue"], "place": waits["place"], "seconds": seconds}
    if waits["offered_to"]:
        said = text(
            "{call} waits in queue {queue} at place {place} for {seconds} s and rings at agent {agent}.", **where, agent=waits["offered_to"]
        )
    else:
        said = text("{call} waits in queue {queue} at place {place} for {seconds} s. Why no agent is rung:", **where)
    return said.render(_)


def log_shown(result: Row, _: Translate, _width: int = 0) -> str:
    """The last lines of the log."""
    return "\n".join(result["lines"]) or _("The log is empty.")


def facts_shown(result: Row, _: Translate, _width: int = 0) -> str:
    """The last facts, one a line: number, time, and a sentence; a fact for programs as its name and values."""
    files = {row["values"]["recording"]: row["values"]["path"] for row in result["facts"] if row["fact"] == "RecordingStarted"}
    folder = Path(str(result["recordings"]))
    lines = []
    for row in result["facts"]:
        said = _told(row, folder / files.get(row["values"].get("recording", ""), ""), _)
        lines.append(f"{row['seq']} {local_time_of_day(int(row['utc_ms']), int(row['utc_offset_min']))} {said}")
    if not lines:
        lines.append(_("none"))
    if not result["all_read"]:
        lines.append(_("(older facts were not searched)"))
    if result["unreadable"]:
        lines.append(text("({count} lines of the journal could not be read)", count=result["unreadable"]).render(_))
    return "\n".join(lines)


def _told(row: Row, recording: Path, _: Translate) -> str:
    try:
        fact = fact_from_record(row["fact"], row["version"], row["values"])
        said = sentence(fact, recording) or detail(fact)
    except FactError:
        said = None
    if said is not None:
        return said.render(_)
    return f"{row['fact']} " + " ".join(
        f"{name}={cell(name, value, int(row['utc_offset_min']), _)}" for name, value in row["values"].items()
    )


def version_shown(result: Row, _: Translate, _width: int = 0) -> str:
    """What runs here, since when, and the counters of the media pump."""
    offset, up_s = int(result["utc_offset_min"]), int(result["uptime_s"])
    hours, minutes, seconds = up_s // 3600 % 24, up_s // 60 % 60, up_s % 60
    pairs: list[tuple[Text, str]] = [
        (text("version"), str(result["version"])),
        (text("name of the site"), str(result["name"])),
        (text("box"), str(result["box"])),
        (text("boards"), listed((_plain(board, BOARDS, _) for board in result["boards"]), _)),
        (text("hardware"), _plain(str(result["hardware"]), HARDWARE, _)),
        (text("started"), local_time(int(result["started_utc_ms"]), offset)),
        (text("now"), local_time(int(result["utc_ms"]), offset)),
        (text("running for"), text("{days} days {clock}", days=up_s // 86400, clock=f"{hours:02d}:{minutes:02d}:{seconds:02d}").render(_)),
        (text("last fact"), str(result["last_fact"])),
        (text("media pump"), listed((_pump_count(name, value, offset, _) for name, value in result["pump"].items()), _)),
    ]
    if result.get("ssh_host_key"):
        pairs.append((text("SSH host key"), str(result["ssh_host_key"])))
    return "\n".join(f"{name.render(_)}: {value}" for name, value in pairs)


def _plain(word: str, words: Mapping[str, Text], _: Translate) -> str:
    return words[word].render(_) if word in words else word


def _pump_count(name: str, value: object, offset: int, _: Translate) -> str:
    shown = _plain(str(value), LOCKED, _) if name == "locked" else cell(name, value, offset, _)
    return f"{_plain(name, PUMP_COUNTS, _)} {shown}"


def _shown(rows: Sequence[Row], columns: Sequence[Column], offset: int, _: Translate, width: int) -> str:
    if not rows:
        return _("none")
    headings = [heading.render(_) for heading, _show in columns]
    return table(headings, [[show(row, offset, _) for _heading, show in columns] for row in rows], width)
