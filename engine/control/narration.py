"""Facts as sentences for somebody who follows the appliance in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from engine import facts
from engine.control.agent_narration import agent_sentence
from engine.control.alarm_words import ALARM_NAMES, alarm_said
from engine.control.call_narration import act_sentence
from engine.control.channel_news import ChannelNews
from engine.control.charge_narration import charge_sentence
from engine.control.choice_words import why_chosen
from engine.control.hardware_narration import hardware_sentence
from engine.control.routing_narration import routing_sentence
from engine.control.service_narration import service_sentence
from engine.control.trunk_group_words import group_named, group_sentence, rerouted_sentence
from engine.control.trunk_narration import trunk_sentence
from engine.ivr.prompts import PROMPTS
from engine.kernel.bus import Envelope
from engine.kernel.text import Text, joined, text, text_read
from engine.telephony.q850 import named

__all__ = ["DIVERSIONS", "LINE_FAULTS", "REASONS", "SCREENINGS", "STATES", "WHO", "Narrator", "sentence", "why_chosen"]

RECORDINGS_MOST = 10_000
"""Recordings under way whose files are remembered."""
STALLED_ALARM = "pump-stalled"
STALLS_TOLD_EVERY_NS = 60 * 1_000_000_000
"""A follower hears of a late pump once in this time: how often it was late comes with each minute's count."""

REASONS: Mapping[str, Text] = {
    "hung_up": text("hung up"),
    "do_not_disturb": text("not to be disturbed"),
    "wake_up_over": text("the wake-up call is over"),
    "busy_tone": text("busy tone from the exchange"),
    "battery_drop": text("battery drop from the exchange"),
    "polarity": text("polarity reversal from the exchange"),
    "congestion_tone": text("congestion tone from the exchange"),
    "unallocated_tone": text("unallocated number"),
    "caller_gone": text("the caller gave up"),
    "gave_up": text("gave up"),
    "transferred": text("transferred to another call"),
    "forced": text("released by a supervisor"),
    "let_go": text("let go from the conversation"),
    "joined": text("joined with another call"),
    "no_answer": text("no answer"),
    "shutdown": text("the appliance is stopping"),
    "restart": text("the appliance was restarted"),
    "dialogue_over": text("the dialogue is over"),
    "line_failed": text("the line failed"),
    "not_dialled": text("the number could not be dialled"),
    "not_diallable": text("the line cannot dial this number"),
    "no_dial_tone": text("no dial tone"),
    "collision": text("a caller was first on the line"),
    "lines_busy": text("no exchange line was free"),
    "silence": text("silence from both sides"),
    "phone_fault": text("the phone cannot be rung"),
    "script_failed": text("the script failed"),
    "alarm": text("the span is in alarm"),
    "blocked": text("the line was blocked"),
    "far_end_released": text("the far end released the circuit"),
    "forced_release": text("the exchange forced the release"),
    "busy": text("busy"),
    "unallocated": text("unallocated number"),
    "register_time_out": text("the exchange did not go on with the number"),
    "unknown_signal": text("the exchange sent a signal that means nothing here"),
    "endless": text("the exchange asked for digits without end"),
    "busy_toll": text("busy with a long-distance call"),
    "busy_or_congested": text("busy, or the exchange is congested"),
    "number_changed": text("the number has changed"),
    "out_of_order": text("the called line is out of order"),
    "special_tone": text("the number cannot be reached"),
    "collect_refused": text("the called party does not take collect calls"),
    "congested": text("the exchange is congested"),
    "refused": text("the exchange refused the call"),
    "caller_refused": text("the exchange refused the call, perhaps because of the caller number shown"),
    "rejected": text("the call was rejected"),
    "number_invalid": text("the exchange does not take the number: incomplete, too long or of the wrong type"),
    "absent": text("the called party cannot be reached now"),
    "barred": text("calls are barred"),
    "moved": text("the exchange chose another channel"),
    "channel_refused": text("the exchange refused the channel"),
    "d_channel_down": text("the D channel is down"),
    "restarted": text("the exchange restarted the channel"),
    "no_digits": text("the far end sent no number"),
    "wrong_pulses": text("the far end sent pulses that make no digit"),
    "glare": text("both ends seized the circuit at once"),
    "not_acknowledged": text("the far end did not acknowledge the seizure"),
    "black_list": text("the number is on a black list"),
    "too_many_hops": text("the call was led on too often"),
    "do_not_disturb": text("nobody may disturb"),
    "wake_up_over": text("the wake-up call is over"),
    "time_limit": text("the longest time of a call is over"),
}
STATES: Mapping[str, Text] = {
    "logged_out": text("logged out"),
    "not_ready": text("not ready"),
    "ready": text("ready"),
    "reserved": text("about to be rung"),
    "offered": text("being rung"),
    "talking": text("talking"),
    "hold": text("has the caller on hold"),
    "consult": text("asks somebody else"),
    "conference": text("in a conference"),
    "wrap_up": text("in wrap-up"),
    "own_call": text("in an own call"),
}
OUTCOMES: Mapping[str, Text] = {
    "answered": text("answered"),
    "abandoned": text("the caller gave up waiting"),
    "short": text("the caller left at once"),
    "failed": text("ended by the appliance"),
}
LINE_FAULTS: Mapping[str, Text] = {
    "no_battery": text("no battery"),
    "card_removed": text("the card was removed"),
    "driver_error": text("the driver reports an error"),
    "alarm": text("the span is in alarm"),
    "maintenance": text("it is being tested"),
    "d_channel_down": text("the D channel is down"),
    "both_user": text("the other end also claims to be the user side, or the line is looped back: make one of the two the network side"),
    "both_network": text("the other end also claims to be the network side, or the line is looped back: make one of the two the user side"),
    "restarting": text("it is being restarted"),
    "far_blocked": text("the exchange has blocked it"),
    "unsettled": text("the exchange sends bits that fit no idle circuit"),
    "blocked": text("it is blocked here"),
    "under_test": text("a line test runs on it"),
    "not_configured": text("the driver's channel is not configured"),
    "no_channel": text("the driver has no such channel"),
    "taken": text("another program has the channel"),
    "wrong_port": text("the port is of the other kind"),
    "no_room": text("the media pump has no room for it"),
}
UNKNOWN_NUMBER = text("an unknown number")
ABSENCES: Mapping[str, Text] = {"private": text("a withheld number"), "unavailable": text("a number that is not available")}
DIVERSIONS: Mapping[str, Text] = {
    "busy": text("busy"),
    "no_reply": text("no answer"),
    "unconditional": text("every call"),
    "deflection": text("while it rang"),
    "out_of_order": text("out of order"),
    "by_called_equipment": text("by its own telephone system"),
    "unknown": text("reason not told"),
}
SCREENINGS: Mapping[str, Text] = {
    "network": text("The number comes from the network."),
    "user_passed": text("The number was given by the caller's side and checked by the network."),
    "user_failed": text("The number was given by the caller's side, and the network's check failed: it may be false."),
    "user_not_screened": text("The number was given by the caller's side, and nobody checked it."),
}
"""Who vouches for a caller's number."""
LOGIN_REFUSALS: Mapping[str, Text] = {
    "wrong_pin": text("wrong PIN"),
    "unknown_agent": text("no such agent"),
    "locked": text("locked after wrong PINs"),
    "elsewhere": text("logged in at another phone"),
    "phone_taken": text("another agent is at this phone"),
}
PAGE_REFUSALS: Mapping[str, Text] = {
    "wrong_password": text("wrong password"),
    "unknown_user": text("no such user"),
    "locked": text("locked after wrong passwords"),
    "disabled": text("the account is disabled"),
}
TOKEN_REFUSALS: Mapping[str, Text] = {
    "unknown": text("no such token"),
    "expired": text("expired"),
    "disabled": text("the account is disabled"),
    "locked": text("locked after wrong passwords"),
    "must_change": text("the password must be changed first"),
}
RECORDING_FAULTS: Mapping[str, Text] = {
    "disk_full": text("the disk is full"),
    "write_error": text("the file cannot be written"),
    "overrun": text("the disk was too slow, samples are lost"),
    "missing": text("the file is missing"),
}
WHO: Mapping[str, Text] = {
    "caller": text("caller"),
    "called": text("called party"),
    "agent": text("agent"),
    "system": text("appliance"),
}


def _plain(value: str, words: Mapping[str, Text]) -> Text | str:
    return words.get(value, value)


def _said(prompts: Sequence[str], language: str) -> str:
    """The words that are spoken; a prompt that offers another language has its own."""
    return " ".join(PROMPTS[name].get(language) or next(iter(PROMPTS[name].values())) for name in prompts if name in PROMPTS)


def _arrival_sentence(fact: facts.CallArrived) -> Text:
    match fact:
        case facts.CallArrived(call=call, line=line, calling=calling, doubtful=True):
            return text("{call} arrives on {line} from {calling}, a doubtful number.", call=call, line=line, calling=calling)
        case facts.CallArrived(call=call, line=line, redirected=why) if why:
            return text(
                "{call} arrives on {line} from {calling}, diverted from {redirecting} ({why}).",
                call=call,
                line=line,
                calling=fact.calling or ABSENCES.get(fact.absence, UNKNOWN_NUMBER),
                redirecting=fact.redirecting or ABSENCES["private"],
                why=_plain(why, DIVERSIONS),
            )
    known = fact.calling or ABSENCES.get(fact.absence, UNKNOWN_NUMBER)
    return text("{call} arrives on {line} from {calling}.", call=fact.call, line=fact.line, calling=known)


def _placed_sentence(fact: facts.CallPlaced) -> Text:
    call, extension, called, line, group = fact.call, fact.extension, fact.called, fact.line, fact.group
    if fact.wanted_group:
        said = text("{call}: extension {extension} calls {called} by {line} of group {group}, to which group {wanted} overflows.")
        wanted = {"group": group_named(group), "wanted": fact.wanted_group}
        return Text(said.msgid, {"call": call, "extension": extension, "called": called, "line": line, **wanted})
    if group:
        said = text("{call}: extension {extension} calls {called} by {line} of group {group}.")
        return Text(said.msgid, {"call": call, "extension": extension, "called": called, "line": line, "group": group})
    return text("{call}: extension {extension} calls {called}.", call=call, extension=extension, called=called)


def _call_sentence(fact: facts.Fact) -> Text | None:
    match fact:
        case facts.CallArrived():
            return _arrival_sentence(fact)
        case facts.CallRerouted(call=call, line=line, reason="moved", next_line=next_line):
            return text("{call}: the exchange chose {next_line} instead of {line}.", call=call, line=line, next_line=next_line)
        case facts.CallRerouted(reason=reason):
            return rerouted_sentence(fact, _plain(reason, REASONS))
        case facts.CallSilent(call=call, line=line):
            return text(
                "{call}: nothing has been heard on {line} for long; both sides are warned, then the call is ended.", call=call, line=line
            )
        case facts.CallPlaced():
            return _placed_sentence(fact)
        case facts.CallAlerting(call=call):
            return text("{call}: the called party is rung.", call=call)
        case facts.CallFails(call=call, cause=cause):
            return text("{call} fails, and the exchange announces why: cause {cause}.", call=call, cause=named(cause))
        case facts.CallAnswered(call=call, supervision="local"):
            return text("{call} is answered by the appliance.", call=call)
        case facts.CallAnswered(call=call, supervision="progress"):
            return text("{call} is answered: ringback stopped and somebody spoke.", call=call)
        case facts.CallAnswered(call=call, supervision="assumed"):
            return text("{call} counts as answered; the line does not tell.", call=call)
        case facts.CallAnswered(call=call, connected=connected) if connected:
            return text("{call} is answered by {connected}.", call=call, connected=connected)
        case facts.CallAnswered(call=call):
            return text("{call} is answered.", call=call)
        case facts.LanguageChosen(call=call, language=language):
            return text("{call} is spoken to in {language}.", call=call, language=text("Chinese") if language == "zh" else text("English"))
        case facts.PromptStarted(call=call, prompts=prompts, language=language):
            return text("{call} hears: “{said}”", call=call, said=_said(prompts, language))
        case facts.KeyPressed(call=call, key=key):
            return text("{call}: the caller presses {key}.", call=call, key=key)
        case facts.CallConnected(call=call, extension=extension, agent=""):
            return text("{call} is connected to extension {extension}.", call=call, extension=extension)
        case facts.CallConnected(call=call, extension=extension, agent=agent):
            return text("{call} is connected to agent {agent} at extension {extension}.", call=call, agent=agent, extension=extension)
        case facts.CallMetered(call=call, pulses=pulses):
            return text("{call}: metering pulse {pulses}.", call=call, pulses=pulses)
        case facts.CallEnded(call=call, cause=cause, reason=reason, released_by=by):
            ended = text("{call} has ended: {reason} (cause {cause}, released by: {by}).", call=call, cause=named(cause))
            return Text(ended.msgid, {**ended.values, "reason": _plain(reason, REASONS), "by": _plain(by, WHO)})
    return None


def _other_sentence(fact: facts.Fact, recording: Path) -> Text | None:
    match fact:
        case facts.CallQueued(call=call, queue=queue, place=place):
            return text("{call} waits in queue {queue} at place {place}.", call=call, queue=queue, place=place)
        case facts.PlaceAnnounced(call=call, place=place):
            return text("{call} is told its place: {place}.", call=call, place=place)
        case facts.CallOffered(call=call, agent=agent, phone=phone, why=why):
            return text("{call} rings agent {agent} at {phone} ({why}).", call=call, agent=agent, phone=phone, why=why_chosen(why))
        case facts.OfferEnded(call=call, agent=agent, outcome="no_answer"):
            return text("{call}: agent {agent} does not answer; the caller keeps the place.", call=call, agent=agent)
        case facts.OfferEnded(call=call, agent=agent, outcome="rejected"):
            return text("{call}: agent {agent} rejects it; the caller keeps the place.", call=call, agent=agent)
        case facts.StintEnded(call=call, queue=queue, outcome=outcome, wait_ms=wait_ms):
            seconds = f"{wait_ms / 1000:.1f}"
            ended = _plain(outcome, OUTCOMES)
            return text("{call} leaves queue {queue} after {seconds} s: {outcome}.", call=call, queue=queue, seconds=seconds, outcome=ended)
        case facts.AgentStateChanged(agent=agent, state=state, phone=phone):
            return text("Agent {agent} is {state} ({phone}).", agent=agent, state=_plain(state, STATES), phone=phone or "-")
        case facts.LineRang(line=line):
            return text("{line} rings.", line=line)
        case facts.LineOutOfService(line=line, reason=reason):
            return text("{line} is out of service: {reason}.", line=line, reason=_plain(reason, LINE_FAULTS))
        case facts.LineInService(line=line):
            return text("{line} is in service.", line=line)
        case facts.ExchangeFlashed(call=call, line=line, phone=phone):
            return text("{call}: {phone} gives {line} the R key, for a service of the exchange.", call=call, phone=phone, line=line)
        case facts.PhoneFlashed(phone=phone):
            return text("{phone}: the R key is pressed.", phone=phone)
        case facts.PhoneLeftOffHook(phone=phone):
            return text("{phone} is left off hook: no call comes there until the handset is put down.", phone=phone)
        case facts.MessagesWaiting(phone=phone, count=0):
            return text("No message waits at {phone} any more.", phone=phone)
        case facts.MessagesWaiting(phone=phone, count=count):
            return text("Messages waiting at {phone}: {count}.", phone=phone, count=count)
        case facts.LoginRefused(phone=phone, reason=reason):
            return text("A login at {phone} is refused: {reason}.", phone=phone, reason=_plain(reason, LOGIN_REFUSALS))
        case facts.RecordingEnded(call=call, samples=samples):
            return text(
                "The recording of {call} lies in {path} ({seconds} s).", call=call, path=str(recording), seconds=f"{samples / 8000:.1f}"
            )
        case facts.RecordingFailed(call=call, reason=reason):
            return text("The recording of {call} failed: {reason}.", call=call, reason=_plain(reason, RECORDING_FAULTS))
    return None


def _house_sentence(fact: facts.Fact) -> Text | None:
    """What happened to accounts, settings and the appliance itself."""
    match fact:
        case facts.UserLoggedIn(user=user):
            return text("{user} has logged in.", user=user)
        case facts.UserLoginRefused(user=user, reason=reason):
            return text("A login on the page is refused ({user}): {reason}.", user=user or "-", reason=_plain(reason, PAGE_REFUSALS))
        case facts.UserLocked(user=user):
            return text("The account {user} is locked after too many wrong passwords.", user=user)
        case facts.PasswordChanged(user=user, by=by):
            return text("The password of {user} was changed by {by}.", user=user, by=by)
        case facts.UserAdded(user=user, by=by):
            return text("{by} has made the account {user}.", user=user, by=by)
        case facts.UserChanged(user=user, changes=changes, by=by):
            return text("{by} has changed the account {user}: {changes}.", user=user, changes=", ".join(changes), by=by)
        case facts.UserRemoved(user=user, by=by):
            return text("{by} has removed the account {user}.", user=user, by=by)
        case facts.TokenMade(user=user, label=label):
            return text("{user} has made the token {label}.", user=user, label=label)
        case facts.TokenRevoked(user=user, label=label, by=by):
            return text("The token {label} of {user} was revoked by {by}.", label=label, user=user, by=by)
        case facts.TokensRefused(many=many, user=user, reason=reason):
            return text(
                "{many} times a token was refused ({user}): {reason}.", many=many, user=user or "-", reason=_plain(reason, TOKEN_REFUSALS)
            )
        case facts.RecordingHeard(user=user, call=call):
            return text("{user} listens to the recording of {call}.", user=user, call=call)
        case facts.CertificateChanged(fingerprint=fingerprint, own=own, by=by):
            if own:
                return text("{by} has gone back to a certificate made by the box: {fingerprint}.", by=by, fingerprint=fingerprint)
            return text("{by} has put another certificate on the page: {fingerprint}.", by=by, fingerprint=fingerprint)
        case facts.SiteChanged(version=version, who=who, why=why):
            return text("Version {version} of the settings is in force ({who}: {why}).", version=version, who=who, why=why)
        case facts.PumpCounted(stalls=stalls, late_blocks=late, gaps=gaps):
            return text(
                "Audio in the last minute: pump held up {stalls}, late blocks {late}, gaps {gaps}.", stalls=stalls, late=late, gaps=gaps
            )
        case facts.LineAudioCounted(line=line, late_blocks=late, missing_blocks=missing, gaps=gaps):
            return text(
                "Audio of {line} in the last minute: late blocks {late}, missing blocks {missing}, gaps {gaps}.",
                line=line,
                late=late,
                missing=missing,
                gaps=gaps,
            )
        case facts.RestartRequested(what="reboot", by=by):
            return text("The machine is rebooted by {by}.", by=by)
        case facts.RestartRequested(when="idle", by=by):
            return text("The appliance restarts when no call is left, wanted by {by}.", by=by)
        case facts.RestartRequested(by=by):
            return text("The appliance is restarted by {by}.", by=by)
        case facts.RestartCancelled(by=by):
            return text("The restart was cancelled by {by}.", by=by)
        case facts.AlarmRaised(alarm=alarm, sentence=written, said=said):
            return text("ALARM: {sentence}", sentence=text_read(said) or alarm_said(alarm, written))
        case facts.AlarmCleared(alarm=alarm, about=about):
            return text("The alarm “{alarm}” is over ({about}).", alarm=_plain(alarm, ALARM_NAMES), about=about)
    return None


def _configuration_sentence(fact: facts.Fact) -> Text | None:
    """What the driver was made, or would not be made."""
    match fact:
        case facts.SpanConfigured(span=span, done=done, said=said):
            return text("Span {span} is configured: {done}.", span=span or "-", done=_each(done, said))
        case facts.SpanConfigurationWaits(span=span, lines=lines):
            return text("A change of span {span} waits until no call is on {lines} any more.", span=span, lines=", ".join(lines))
        case facts.SpanConfigurationRefused(span=span, reasons=reasons, said=said):
            return text("Span {span} cannot be what the settings say: {reasons}", span=span or "-", reasons=_each(reasons, said))
    return None


def _each(english: Sequence[str], said: Sequence[str]) -> Text | str:
    """Sentences in the reader's language, where a fact has them so."""
    read = [text_read(one) for one in said]
    known = [one for one in read if one is not None]
    return joined(known) if len(known) == len(english) else "; ".join(english)


def sentence(fact: facts.Fact, recording: Path) -> Text | None:
    """What a person reads when this happens; None for what only programs want to know. ``recording``: the file that a
    ``RecordingEnded`` is about.
    """
    about_calls = _call_sentence(fact) or act_sentence(fact) or _other_sentence(fact, recording) or agent_sentence(fact)
    about_house = _house_sentence(fact) or _configuration_sentence(fact)
    about_ways = group_sentence(fact) or trunk_sentence(fact) or routing_sentence(fact)
    more = hardware_sentence(fact) or charge_sentence(fact) or service_sentence(fact)
    return about_calls or about_ways or about_house or more


class Narrator:
    """Writes a sentence for each fact that has one. ``write`` takes a line; ``translate`` is the reader's gettext.

    Calls come first: what an overloaded machine tells again and again is told once a minute, and for all lines together.
    """

    def __init__(self, write: Callable[[str], None], translate: Callable[[str], str], recordings: Path) -> None:
        self._write = write
        self._translate = translate
        self._recordings = recordings
        self._paths: dict[str, str] = {}
        self._stalls_told_ns: int | None = None
        self._news: ChannelNews | None = None

    def tell_together(self, trunks: Callable[[], Mapping[str, str]], later: Callable[[float, Callable[[], None]], object]) -> None:
        """From now on what the channels of an E1 trunk do at once is one sentence, a moment later (``channel_news.py``)."""
        self._news = ChannelNews(trunks, later, self._tell_news, LINE_FAULTS)

    def _tell_news(self, first: facts.Fact, together: Text | None) -> None:
        said = together or sentence(first, self._recordings)
        if said is not None:
            self._write(said.render(self._translate))

    def hear(self, envelope: Envelope) -> None:
        """Subscribe this to the bus."""
        assert isinstance(envelope.fact, facts.Fact)
        if self._drowns(envelope) or (self._news is not None and self._news.takes(envelope.fact)):
            return
        said = sentence(envelope.fact, self._recordings / self._path_of(envelope.fact))
        if said is not None:
            self._write(said.render(self._translate))

    def _drowns(self, envelope: Envelope) -> bool:
        """True for what would push the calls off a terminal and is counted elsewhere."""
        match envelope.fact:
            case facts.LineAudioCounted():
                return True
            case facts.AlarmRaised(alarm=alarm) if alarm == STALLED_ALARM:
                told_ns = self._stalls_told_ns
                if told_ns is not None and envelope.monotonic_ns - told_ns < STALLS_TOLD_EVERY_NS:
                    return True
                self._stalls_told_ns = envelope.monotonic_ns
        return False

    def _path_of(self, fact: facts.Fact) -> str:
        """The file of a recording that ends, remembered from its beginning; one that began before this narrator is just in the folder."""
        match fact:
            case facts.RecordingStarted(recording=recording, path=path) if len(self._paths) < RECORDINGS_MOST:
                self._paths[recording] = path
            case facts.RecordingEnded(recording=recording) | facts.RecordingFailed(recording=recording):
                return self._paths.pop(recording, "")
        return ""
