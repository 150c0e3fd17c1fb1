"""The auditor of interactions finds what it is there to find."""

from __future__ import annotations

from engine import facts
from engine.kernel.bus import Envelope
from tests.interaction_audit import interaction_faults, recorded_samples, talk_samples

CALL, WAY, PHONE = "b1-c1", "b1-i1", "phone-1"


def told(*moments: tuple[int, facts.Fact], interaction: str = WAY) -> list[Envelope]:
    """These facts at these samples."""
    return [Envelope(seq, "b1", sample * 125_000, 0, 480, sample, interaction, fact) for seq, (sample, fact) in enumerate(moments, start=1)]


BEGAN = (0, facts.InteractionBegan(interaction=WAY, call=CALL))
ARRIVED = (0, facts.CallArrived(call=CALL, line="line-1", calling="", calling_name="", called=""))
CONNECTED = (800, facts.CallConnected(call=CALL, phone=PHONE, extension="801", agent=""))
STARTED = (800, facts.RecordingStarted(recording="r1", call=CALL, path="p", left="l", right="r", segment=1, from_sample=800))
HELD = (2400, facts.CallHeld(call=CALL, phone=PHONE))
RETRIEVED = (4000, facts.CallRetrieved(call=CALL, phone=PHONE))
ENDED = (8000, facts.CallEnded(call=CALL, cause=16, reason="hung_up", released_by="caller"))
OVER = (8000, facts.InteractionEnded(interaction=WAY, cause=16, reason="hung_up", released_by="caller", calls=1))
CLOSED = (8160, facts.RecordingEnded(recording="r1", call=CALL, samples=7200, repaired=False))


def segment(number: int = 1, samples: int = 7200, gaps: tuple[str, ...] = ("right hold 1600 1600",)) -> tuple[int, facts.Fact]:
    """What the file held."""
    fact = facts.RecordingSegment(
        recording="r1", call=CALL, segment=number, from_sample=800, samples=samples, lost=0, left="l", right="r", gaps=gaps
    )
    return 8160, fact


GOOD = (BEGAN, ARRIVED, CONNECTED, STARTED, HELD, RETRIEVED, ENDED, OVER, segment(), CLOSED)


def test_a_call_as_it_should_be() -> None:
    """Nothing is wrong, and talk and recording are of one length."""
    assert interaction_faults(told(*GOOD)) == []
    assert talk_samples(told(*GOOD)) == recorded_samples(told(*GOOD)) == {CALL: 5600}


def test_what_is_wrong_is_named() -> None:
    """Each broken rule is told in words that name who broke it."""
    for broken, said in (
        ((ARRIVED, *GOOD[2:]), "begins outside its interaction"),
        ((BEGAN, *GOOD), "begins again"),
        (GOOD[:7] + GOOD[8:], "has 0 ends"),
        ((*GOOD, OVER), "ends 2 times"),
        ((*GOOD, ENDED), "ended 2 times"),
        ((*GOOD[:6], OVER, ENDED, *GOOD[8:]), "ends while"),
        ((*GOOD[:8], segment(2), CLOSED), "is not as it began"),
        (GOOD[:9], "has no end"),
        ((*GOOD[:9], segment(), CLOSED), "lie over each other"),
    ):
        assert any(said in fault for fault in interaction_faults(told(*broken))), said


def test_where_one_hears_the_other_is_talk() -> None:
    """Two who have both stepped aside are silent for that time, not for twice as long; who is muted still hears, unless both are."""
    gaps = ("left hold 0 1600", "right hold 800 1600", "right mute 4000 320", "left mute 4160 320")
    assert recorded_samples(told(segment(gaps=gaps))) == {CALL: 7200 - 2400 - 160}
