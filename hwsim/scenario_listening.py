"""What people in a scenario hear and see: prompts, tones, each other, silence, a ringing telephone.

Judged by the ears of the simulated people alone, never by what the appliance says of itself.
"""

from __future__ import annotations

from engine.kernel.errors import OurFault
from engine.kernel.text import Text, text
from hwsim.ears import HeardTone, Match, Search, tone_in
from hwsim.people import DeskPhone, Utterance
from hwsim.scenario_stage import Cast, Routine, Stage, Unmet, Until
from hwsim.scenario_steps import HearsPrompt, HearsSilence, HearsSpeech, HearsTone, Rings, Sees, StaysQuiet
from hwsim.signals import RATE_HZ, Samples, linear_from_alaw

__all__ = ["KEY_LABEL", "Listening"]

PROMPT_LIKENESS = 0.8
SPEECH_LIKENESS = 0.6
"""Two voices at once of the same loudness are 0.7 like either of them; strangers' speech is below 0.2 alike."""
KEY_LABEL = "key "
"""How labels of pressed keys begin; what is said bears quotation marks."""
MATCH_LATE_MS = 300
"""A search takes up new audio every 200 ms."""
TONE_LOOK_MS = 100
TONE_SPAN_S = 8
SILENT_LOOK_MS = 20
RING_PERIOD_MS = 5000
NUMBER_LATE_MS = 3000
"""The caller's number comes between the first two bursts."""
SAMPLES_A_MS = RATE_HZ // 1000


class Listening:
    """Steps in which somebody hears or sees something. Each is a routine; what does not come out raises Unmet."""

    def __init__(self, stage: Stage, cast: Cast) -> None:
        self._stage = stage
        self._world = stage.world
        self._cast = cast

    # ---- hearing -------------------------------------------------------------------------------------------------------

    def prompt(self, step: HearsPrompt) -> Routine:
        """A prompt begins to sound within the time, and sounds to its end."""
        octets = self._stage.prompts[step.language or self._stage.language, step.prompt]
        begun_ms = self._world.now_ms
        latest_ms = begun_ms + step.within_s * 1000
        search = self._listen(step.who, linear_from_alaw(octets))
        yield self._found(search, PROMPT_LIKENESS, latest_ms + len(octets) / SAMPLES_A_MS + MATCH_LATE_MS)
        match = search.best()
        if match.correlation < PROMPT_LIKENESS:
            raise Unmet(self._heard_instead(step.who))
        self._not_later(match, latest_ms, begun_ms)
        self._cast.listens_from(step.who, match.offset_samples + len(octets))

    def speech(self, step: HearsSpeech) -> Routine:
        """What the other last said comes through, whole."""
        said = self._last_said(step.of)
        if said is None:
            raise Unmet(text("{other} has said nothing yet", other=step.of))
        search = self._cast.person(step.who).ear.listen_for(said.samples, said.start_sample)
        ends_ms = said.end_sample / SAMPLES_A_MS
        yield self._found(search, SPEECH_LIKENESS, max(self._world.now_ms, ends_ms) + step.within_s * 1000 + MATCH_LATE_MS)
        match = search.best()
        if match.correlation < SPEECH_LIKENESS:
            likeness = round(match.correlation * 100)
            raise Unmet(text("{what}; likeness {percent} %", what=self._heard_instead(step.who), percent=likeness))
        late_ms = (match.offset_samples - said.start_sample) / SAMPLES_A_MS
        if step.delay_s is not None and late_ms > step.delay_s * 1000:
            raise Unmet(text("it came {ms} ms late", ms=f"{late_ms:.1f}"))
        self._cast.listens_from(step.who, match.offset_samples + len(said.octets))

    def tone(self, step: HearsTone) -> Routine:
        """A tone sounds."""
        looked_ms = self._world.now_ms

        def sounds() -> bool:
            nonlocal looked_ms
            if self._world.now_ms - looked_ms < TONE_LOOK_MS:
                return False
            looked_ms = self._world.now_ms
            heard = self._tone_now(step.who)
            return heard is not None and heard.kind == step.tone

        came = yield Until(sounds, self._world.now_ms + step.within_s * 1000)
        if not came:
            raise Unmet(self._heard_instead(step.who))
        self._cast.listens_from(step.who, self._world.now_sample)

    def silence(self, step: HearsSilence) -> Routine:
        """The handset is up and nothing sounds in it."""
        begun_ms = self._world.now_ms
        wanted_ms = round(step.for_s * 1000)

        def silent() -> bool:
            if self._world.now_ms - begun_ms < wanted_ms or self._world.now_ms % SILENT_LOOK_MS:
                return False
            return self._cast.hears_now(step.who) and self._cast.person(step.who).ear.silent_ms(wanted_ms) >= wanted_ms

        if not (yield Until(silent, begun_ms + max(step.within_s * 1000, wanted_ms))):
            raise Unmet(self._heard_instead(step.who))

    # ---- ringing -------------------------------------------------------------------------------------------------------

    def rings(self, step: Rings) -> Routine:
        """The telephone rings, and shows what it should."""
        person = self._cast.person(step.who)
        if not (yield Until(lambda: self._rings_now(step.who), self._world.now_ms + step.within_s * 1000)):
            raise Unmet(text("{who} did not ring", who=step.who))
        if step.shows is None and step.shows_name is None:
            return
        assert isinstance(person, DeskPhone)
        yield Until(lambda: person.caller_id_shown is not None, self._world.now_ms + NUMBER_LATE_MS)
        shown = person.caller_id_shown
        number, name = (shown.number or shown.absence, shown.name) if shown is not None else ("", "")
        if step.shows not in (None, number) or step.shows_name not in (None, name):
            raise Unmet(text("{who} rang and showed {shown}", who=step.who, shown=f"{number} {name}".strip() or "-"))

    def stays_quiet(self, step: StaysQuiet) -> Routine:
        """The telephone does not ring."""
        if (yield Until(lambda: self._rings_now(step.who), self._world.now_ms + step.for_s * 1000)):
            raise Unmet(text("{who} rang", who=step.who))

    def sees(self, step: Sees) -> Routine:
        """The display or the lamp shows it, and if need be begins to within the time."""
        phone = self._cast.phone(step.who)
        if not (yield Until(lambda: self._seen(phone, step.what) == step.value, self._world.now_ms + step.within_s * 1000)):
            raise Unmet(text("{who} sees {shown}", who=step.who, shown=self._seen(phone, step.what) or "-"))

    @staticmethod
    def _seen(phone: DeskPhone, what: str) -> str:
        if what == "lamp":
            return "on" if phone.message_lamp else "off"
        shown = phone.waiting_shown if what == "waiting" else phone.caller_id_shown
        return "" if shown is None else shown.number or shown.absence

    def _rings_now(self, who: str) -> bool:
        person = self._cast.person(who)
        if not isinstance(person, DeskPhone):
            return person.ringing
        return person.ringing and self._world.now_ms - person.ring_bursts_ms[-1] <= RING_PERIOD_MS

    # ---- small things --------------------------------------------------------------------------------------------------

    def _listen(self, who: str, reference: Samples) -> Search:
        return self._cast.person(who).ear.listen_for(reference, self._cast.listens_since(who))

    def _found(self, search: Search, likeness: float, deadline_ms: float) -> Until:
        return Until(lambda: search.best(to_the_end=False).correlation >= likeness, deadline_ms)

    def _not_later(self, match: Match, latest_ms: float, begun_ms: int) -> None:
        began_ms = match.offset_samples / SAMPLES_A_MS
        if began_ms > latest_ms:
            raise Unmet(text("it began after {seconds} s", seconds=f"{(began_ms - begun_ms) / 1000:.2f}"))

    def _last_said(self, who: str) -> Utterance | None:
        return next((said for said in reversed(self._cast.person(who).mouth.said) if not said.label.startswith(KEY_LABEL)), None)

    def _tone_now(self, who: str) -> HeardTone | None:
        if not self._cast.hears_now(who):
            return None
        ear = self._cast.person(who).ear
        return tone_in(ear.audio(max(self._cast.listens_since(who), ear.next_sample - TONE_SPAN_S * RATE_HZ)))

    def _heard_instead(self, who: str) -> Text:
        """What there was to hear, for somebody who looks for the reason."""
        if not self._cast.hears_now(who):
            return text("{who} hears nothing: the handset is down, or there is no call", who=who)
        ear = self._cast.person(who).ear
        tone = ear.tone_now()
        if tone is not None:
            kind = f"{tone.frequency_hz:.0f} Hz" if tone.kind == "steady" else tone.kind
            return text("{who} hears {tone} tone", who=who, tone=kind)
        since = self._cast.listens_since(who)
        likes = ((ear.find(linear_from_alaw(octets), since).correlation, name) for name, octets in self._stage.prompts.items())
        likeness, (language, name) = max(likes, default=(0.0, ("", "")))
        if likeness >= PROMPT_LIKENESS:
            return text("{who} heard the prompt {prompt}", who=who, prompt=f"{language}/{name}")
        if ear.silent_ms(1000) >= 1000:
            return text("{who} hears silence", who=who)
        return text("{who} hears something else", who=who)

    def routine(self, step: object) -> Routine:
        """The routine of a step of listening."""
        match step:
            case HearsPrompt():
                return self.prompt(step)
            case HearsSpeech():
                return self.speech(step)
            case HearsTone():
                return self.tone(step)
            case HearsSilence():
                return self.silence(step)
            case Rings():
                return self.rings(step)
            case Sees():
                return self.sees(step)
            case StaysQuiet():
                return self.stays_quiet(step)
        raise OurFault(f"nobody listens for {step!r}")
