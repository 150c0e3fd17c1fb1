"""Has the far end answered? On a line that gives no signal of it, by what is heard after dialling.

    Waiting ──ringback──▶ Ringing ──ringback gone──▶ Stopped ──sound──▶ Speaking ──goes on for 1.5 s──────────▶ Answered
       │ ▲                   ▲ ──── gone in a sound ───────────────────────▲  │ ends                               ▲
       │ │                   └───────────── ringback again ────────── Spoke ◀─┘ ── 3 s, or another long sound ─────┘
       │ └──── another tone ───────────────────────────────────────────┘
       └── one sound for 4 s ──▶ Music ──pause──▶ Rest ──0.6 s──▶ Over ──sound──▶ Word ──pause──▶ Said ──0.6 s──▶ Answered

Sources: the customary rule of exchanges without reversal, that ringback stops and somebody speaks; no standard.

Ringback is known by its cadence; anything else in its pauses, or no next burst, ends it. The sound that follows is an answer when it goes on. A
short one may be a word, a burst of ringback or the first of busy tone: within three seconds these would be recognised. Colour ring-back music is one long sound where ringback should be: music is not an
answer, and of what follows it only a word that stands alone is one, since a song that begins again does not stop. A voice before any ringback may
be an announcement of the network; it is not an answer either. What is never decided here is decided by the line's longest time.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.kernel.fsm import Expired, Start, Step, Stop, Table, Timer

__all__ = [
    "TABLE",
    "Answered",
    "FarEndAnswered",
    "Music",
    "OtherToneHeard",
    "Over",
    "Rest",
    "RingbackGone",
    "RingbackHeard",
    "Ringing",
    "Said",
    "SoundBegan",
    "SoundEnded",
    "Speaking",
    "Spoke",
    "Stopped",
    "Waiting",
    "Word",
]

LONG_SOUND = Timer("long_sound", 4.0, 3.0, 10.0, "ours", "a sound without a pause for so long is music")
SPEECH_SURE = Timer("speech_sure", 1.5, 1.3, 3.0, "GB 3380: a burst is 1 s", "a sound after ringback that goes on for so long is an answer")
TONE_WAIT = Timer(
    "tone_wait",
    3.0,
    2.0,
    4.0,
    "GB/T 3378: three periods of congestion tone",
    "a short sound was a word when it has not become a tone by then",
)
MUSIC_REST = Timer("music_rest", 0.6, 0.4, 2.0, "ours", "a pause of music that is longer is its end")
WORD_MOST = Timer("word_most", 3.0, 2.0, 5.0, "ours", "a sound after music that goes on for so long is music again")
WORD_ALONE = Timer("word_alone", 0.6, 0.4, 2.0, "ours", "so much silence after a word after music: somebody waits for us to speak")

CLICK_MOST_MS = 150

# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Waiting:
    """Neither ringback nor music so far."""


@dataclass(frozen=True)
class Ringing:
    """Ringback goes on. ``sounding``: there is a sound at this moment."""

    sounding: bool = False


@dataclass(frozen=True)
class Stopped:
    """Ringback has stopped, and nobody speaks."""


@dataclass(frozen=True)
class Speaking:
    """Ringback has stopped, and a sound began at ``since_ms``."""

    since_ms: float


@dataclass(frozen=True)
class Spoke:
    """A short sound came after ringback: a word, or the beginning of a tone."""


@dataclass(frozen=True)
class Music:
    """Colour ring-back."""


@dataclass(frozen=True)
class Rest:
    """A pause of the music."""


@dataclass(frozen=True)
class Over:
    """The music is over, and nobody speaks."""


@dataclass(frozen=True)
class Word:
    """A sound after the music, which began at ``since_ms``."""

    since_ms: float


@dataclass(frozen=True)
class Said:
    """A word was spoken."""


@dataclass(frozen=True)
class Answered:
    """Decided."""


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RingbackHeard:
    """Ringback was recognised."""


@dataclass(frozen=True)
class RingbackGone:
    """It does not go on as it should; known at ``at_ms``."""

    at_ms: float


@dataclass(frozen=True)
class OtherToneHeard:
    """The exchange sounds another tone."""


@dataclass(frozen=True)
class SoundBegan:
    """There is more than the line's noise since ``at_ms``."""

    at_ms: float


@dataclass(frozen=True)
class SoundEnded:
    """There is only noise since ``at_ms``."""

    at_ms: float


# ---- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FarEndAnswered:
    """Somebody has answered."""


# ---- rows ------------------------------------------------------------------------------------------------------------

ANSWERED: Step[object] = Step(Answered(), (FarEndAnswered(),))


def ringback(_state: object, _event: RingbackHeard) -> Step[object]:
    """It rings. A burst is known while it sounds."""
    return Step(Ringing(sounding=True))


def sound_at_first(state: Waiting, _event: SoundBegan) -> Step[object]:
    """A burst of ringback, an announcement or music: time tells."""
    return Step(state, (Start(LONG_SOUND),))


def sound_over_at_first(state: Waiting, _event: SoundEnded) -> Step[object]:
    """It was not music."""
    return Step(state, (Stop(LONG_SOUND),))


def is_music(_state: Waiting | Word, _event: Expired) -> Step[object]:
    """One sound for so long."""
    return Step(Music())


def burst_or_pause(_state: Ringing, event: SoundBegan | SoundEnded) -> Step[object]:
    """The bursts come and go."""
    return Step(Ringing(isinstance(event, SoundBegan)))


def ringback_gone(state: Ringing, event: RingbackGone) -> Step[object]:
    """Into a sound that is none of it, or into silence."""
    if state.sounding:
        return Step(Speaking(event.at_ms), (Start(SPEECH_SURE),))
    return Step(Stopped())


def speaks(_state: Stopped, event: SoundBegan) -> Step[object]:
    """Somebody speaks, or it was a disturbance and rings on."""
    return Step(Speaking(event.at_ms), (Start(SPEECH_SURE),))


def spoke(state: Speaking, event: SoundEnded) -> Step[object]:
    """A click, or perhaps a word."""
    if event.at_ms - state.since_ms < CLICK_MOST_MS:
        return Step(Stopped())
    return Step(Spoke(), (Stop(SPEECH_SURE), Start(TONE_WAIT)))


def speaks_on(state: Spoke, _event: SoundBegan) -> Step[object]:
    """One word more, or the next burst of a tone."""
    return Step(state, (Start(SPEECH_SURE),))


def word_ended(state: Spoke, _event: SoundEnded) -> Step[object]:
    """That was short, too."""
    return Step(state, (Stop(SPEECH_SURE),))


def answered(_state: object, _event: object) -> Step[object]:
    """It is no ringing and no music."""
    return ANSWERED


def other_tone(_state: object, _event: OtherToneHeard) -> Step[object]:
    """What sounded was a tone: nobody has answered."""
    return Step(Waiting())


def music_pauses(_state: Music, _event: SoundEnded) -> Step[object]:
    """For a moment, or for good."""
    return Step(Rest(), (Start(MUSIC_REST),))


def music_goes_on(_state: Rest, _event: SoundBegan) -> Step[object]:
    """It was a rest."""
    return Step(Music())


def music_over(_state: Rest, _event: Expired) -> Step[object]:
    """It has stopped."""
    return Step(Over())


def word(_state: Over | Said, event: SoundBegan) -> Step[object]:
    """Somebody speaks, or the music begins again."""
    return Step(Word(event.at_ms), (Start(WORD_MOST),))


def word_over(state: Word, event: SoundEnded) -> Step[object]:
    """A click, or a word after which somebody may wait."""
    if event.at_ms - state.since_ms < CLICK_MOST_MS:
        return Step(Over())
    return Step(Said(), (Start(WORD_ALONE),))


# ---- table -----------------------------------------------------------------------------------------------------------

UNDECIDED = (Waiting, Ringing, Stopped, Speaking, Spoke, Music, Rest, Over, Word, Said)
DECIDED = "it is decided"
SOUND_KNOWN = "the present sound is known"
QUIET_KNOWN = "it is quiet already"
NOT_RINGING = "it was not ringing"

TABLE = Table(
    "answer by ear",
    Waiting(),
    rows={
        **{(state, RingbackHeard): ringback for state in UNDECIDED},
        **{(state, OtherToneHeard): other_tone for state in UNDECIDED},
        (Waiting, SoundBegan): sound_at_first,
        (Waiting, SoundEnded): sound_over_at_first,
        (Waiting, LONG_SOUND): is_music,
        (Ringing, SoundBegan): burst_or_pause,
        (Ringing, SoundEnded): burst_or_pause,
        (Ringing, RingbackGone): ringback_gone,
        (Stopped, SoundBegan): speaks,
        (Speaking, SoundEnded): spoke,
        (Speaking, SPEECH_SURE): answered,
        (Spoke, SoundBegan): speaks_on,
        (Spoke, SoundEnded): word_ended,
        (Spoke, SPEECH_SURE): answered,
        (Spoke, TONE_WAIT): answered,
        (Music, SoundEnded): music_pauses,
        (Rest, SoundBegan): music_goes_on,
        (Rest, MUSIC_REST): music_over,
        (Over, SoundBegan): word,
        (Word, SoundEnded): word_over,
        (Word, WORD_MOST): is_music,
        (Said, SoundBegan): word,
        (Said, WORD_ALONE): answered,
    },
    ignored={
        **{(state, RingbackGone): NOT_RINGING for state in UNDECIDED if state is not Ringing},
        **{(state, SoundBegan): SOUND_KNOWN for state in (Speaking, Music, Word)},
        **{(state, SoundEnded): QUIET_KNOWN for state in (Stopped, Rest, Over, Said)},
        **{(Answered, event): DECIDED for event in (RingbackHeard, RingbackGone, OtherToneHeard, SoundBegan, SoundEnded)},
    },
    timers={
        Waiting: (LONG_SOUND,),
        Speaking: (SPEECH_SURE,),
        Spoke: (SPEECH_SURE, TONE_WAIT),
        Rest: (MUSIC_REST,),
        Word: (WORD_MOST,),
        Said: (WORD_ALONE,),
    },
)
