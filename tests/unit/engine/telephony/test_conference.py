"""Who hears whom, as patches: bridges, conferences, supervision, hold, sounds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.kernel.errors import EnvironmentFault, OurFault, Refused
from engine.telephony.conference import (
    MEMBERS_MOST,
    SOUNDS_MOST,
    SUPERVISORS_MOST,
    Conference,
    Member,
    Scene,
    Sound,
    Supervision,
    Supervisor,
    patches_for,
)
from engine.telephony.media import Port, ToneStep
from hwsim.scripted_bay import COMMANDS_A_BLOCK_MOST, ScriptedBay
from tests.fakes import FakeClock

CALLER, AGENT, THIRD, CHIEF, OTHER_CHIEF = (Port(number) for number in range(1, 6))
MUSIC, PROMPT = Port(20), Port(21)
BRIDGE = (Member(CALLER), Member(AGENT))
Hears = set[tuple[Port, Port]]


def both(one: Port, other: Port) -> Hears:
    return {(one, other), (other, one)}


SCENES: list[tuple[str, Scene, Hears]] = [
    ("nobody", Scene(), set()),
    ("one alone", Scene((Member(CALLER),)), set()),
    ("a bridge", Scene(BRIDGE), both(CALLER, AGENT)),
    ("three", Scene((*BRIDGE, Member(THIRD))), both(CALLER, AGENT) | both(CALLER, THIRD) | both(AGENT, THIRD)),
    ("the agent mutes", Scene((Member(CALLER), Member(AGENT, heard=False))), {(CALLER, AGENT)}),
    ("a deaf one", Scene((Member(CALLER), Member(AGENT, hears=False))), {(AGENT, CALLER)}),
    ("on hold, with music", Scene((Member(CALLER, on_hold=True, music=MUSIC), Member(AGENT))), {(MUSIC, CALLER)}),
    ("on hold, in silence", Scene((Member(CALLER, on_hold=True), Member(AGENT))), set()),
    (
        "one of three on hold",
        Scene((Member(CALLER, on_hold=True, music=MUSIC), Member(AGENT), Member(THIRD))),
        both(AGENT, THIRD) | {(MUSIC, CALLER)},
    ),
    (
        "listen",
        Scene(BRIDGE, (Supervisor(CHIEF, Supervision.LISTEN, AGENT),)),
        both(CALLER, AGENT) | {(CALLER, CHIEF), (AGENT, CHIEF)},
    ),
    (
        "whisper",
        Scene(BRIDGE, (Supervisor(CHIEF, Supervision.WHISPER, AGENT),)),
        both(CALLER, AGENT) | {(CALLER, CHIEF), (AGENT, CHIEF), (CHIEF, AGENT)},
    ),
    (
        "barge in",
        Scene(BRIDGE, (Supervisor(CHIEF, Supervision.BARGE_IN, AGENT),)),
        both(CALLER, AGENT) | both(CALLER, CHIEF) | both(AGENT, CHIEF),
    ),
    (
        "two supervisors",
        Scene(BRIDGE, (Supervisor(CHIEF, Supervision.BARGE_IN, AGENT), Supervisor(OTHER_CHIEF, Supervision.WHISPER, AGENT))),
        both(CALLER, AGENT)
        | both(CALLER, CHIEF)
        | both(AGENT, CHIEF)
        | {(CALLER, OTHER_CHIEF), (AGENT, OTHER_CHIEF), (CHIEF, OTHER_CHIEF), (OTHER_CHIEF, AGENT)},
    ),
    (
        "listening to a call on hold",
        Scene((Member(CALLER, on_hold=True, music=MUSIC), Member(AGENT)), (Supervisor(CHIEF, Supervision.LISTEN, AGENT),)),
        {(MUSIC, CALLER), (AGENT, CHIEF)},
    ),
    ("a zip tone", Scene(BRIDGE, (), (Sound(PROMPT, frozenset({AGENT})),)), both(CALLER, AGENT) | {(PROMPT, AGENT)}),
    ("an announcement to both", Scene(BRIDGE, (), (Sound(PROMPT),)), both(CALLER, AGENT) | {(PROMPT, CALLER), (PROMPT, AGENT)}),
    (
        "an announcement to a caller on hold",
        Scene((Member(CALLER, on_hold=True, music=MUSIC), Member(AGENT)), (), (Sound(PROMPT, frozenset({CALLER})),)),
        {(MUSIC, CALLER), (PROMPT, CALLER)},
    ),
    ("a sound for somebody who is not here", Scene(BRIDGE, (), (Sound(PROMPT, frozenset({THIRD})),)), both(CALLER, AGENT)),
]


@pytest.mark.parametrize(("scene", "hears"), [(scene, hears) for _, scene, hears in SCENES], ids=[name for name, _, _ in SCENES])
def test_who_hears_whom(scene: Scene, hears: Hears) -> None:
    """The caller never hears a whisper, a muted party is not heard, nobody hears himself."""
    assert set(patches_for(scene)) == hears


class Call:
    """A conference in a bay without sound."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.bay = ScriptedBay(self.clock)
        self.conference = Conference(self.bay)

    def line(self) -> Port:
        """A new line."""
        return self.bay.open_line()

    def joined(self, count: int) -> list[Port]:
        """So many lines take part."""
        ports = [self.line() for _ in range(count)]
        for port in ports:
            self.conference.join(port)
        return ports

    def as_it_should_be(self) -> bool:
        """Does the bay hold exactly the patches of the scene?"""
        return self.bay.patches == patches_for(self.conference.scene)


def test_every_change_leaves_the_bay_as_the_scene_says() -> None:
    """However a call changes, the bay holds its patches and no others, and at the end none."""
    call = Call()
    caller, agent, third = call.joined(3)
    chief, music = call.line(), call.bay.play(b"\xd5" * 800, [], loop=True)
    conference = call.conference
    changes: list[Callable[[], object]] = [
        lambda: conference.mute(agent),
        lambda: conference.supervise(chief, Supervision.LISTEN, agent),
        lambda: conference.supervise(chief, Supervision.WHISPER, agent),
        lambda: conference.mute(agent, muted=False),
        lambda: conference.hold(caller, music.source),
        lambda: conference.play(b"\xd5" * 8000, [caller], gain_db=-6),
        lambda: conference.supervise(chief, Supervision.BARGE_IN, agent),
        lambda: conference.resume(caller),
        lambda: conference.tone([ToneStep(400, 1400, -20), ToneStep(15_000)], loop_from=0),
        lambda: conference.deafen(third),
        lambda: conference.leave(third),
        lambda: conference.leave(third),
        lambda: conference.leave(chief),
    ]
    for change in changes:
        change()
        assert call.as_it_should_be()
        call.clock.advance(0.5)
        assert call.as_it_should_be()
    conference.end()
    call.clock.advance(0.1)
    assert call.bay.patches == {}
    assert [playing.over for playing in call.bay.sounded] == [False, True, True]


def test_only_what_changes_is_commanded(monkeypatch: pytest.MonkeyPatch) -> None:
    """When a supervisor comes to whisper, the line between caller and agent is not touched: not even a fax notices."""
    call = Call()
    _, agent = call.joined(2)
    chief = call.line()
    call.conference.supervise(chief, Supervision.LISTEN, agent)
    commanded: list[tuple[Port, Port]] = []
    patch = call.bay.patch

    def noting(source: Port, sink: Port, gain_db: float = 0.0) -> None:
        commanded.append((source, sink))
        patch(source, sink, gain_db)

    monkeypatch.setattr(call.bay, "patch", noting)
    call.conference.supervise(chief, Supervision.WHISPER, agent)
    assert commanded == [(chief, agent)]


def test_who_comes_later_hears_the_warning_tone_too() -> None:
    """A recording warning goes on for everybody, whoever joins; a zip tone is only for its ear."""
    call = Call()
    (caller,) = call.joined(1)
    warning = call.conference.tone([ToneStep(400, 1400, -20), ToneStep(15_000)], loop_from=0)
    zip_tone = call.conference.tone([ToneStep(500, 450, -20)], [caller])
    (agent,) = call.joined(1)
    assert set(call.bay.heard_by(agent)) == {warning.source, caller}
    assert set(call.bay.heard_by(caller)) == {warning.source, zip_tone.source, agent}


def test_an_announcement_tells_its_end_once_and_is_forgotten() -> None:
    """After a prompt has ended its place in the bay may be another call's: nothing of it is touched again."""
    call = Call()
    call.joined(2)
    ends: list[tuple[int, bool]] = []
    call.conference.play(b"\xd5" * 1600, ended=lambda played, complete: ends.append((played, complete)))
    call.clock.advance(1)
    assert ends == [(1600, True)]
    assert call.conference.scene.sounds == ()
    call.conference.end()
    assert ends == [(1600, True)]


def test_more_than_a_conference_holds_is_refused() -> None:
    """The thirty-third party, the ninth supervisor and the ninth sound are told so, and the others go on talking."""
    call = Call()
    ports = call.joined(MEMBERS_MOST)
    with pytest.raises(Refused, match="at most 32"):
        call.conference.join(call.line())
    for _ in range(SUPERVISORS_MOST):
        call.conference.supervise(call.line(), Supervision.LISTEN, ports[0])
    with pytest.raises(Refused, match="At most 8 supervisors"):
        call.conference.supervise(call.line(), Supervision.LISTEN, ports[0])
    for _ in range(SOUNDS_MOST):
        call.conference.tone([ToneStep(1000, 450)])
    with pytest.raises(Refused, match="At most 8 sounds"):
        call.conference.tone([ToneStep(1000, 450)])
    assert call.as_it_should_be()


def test_parts_that_make_no_sense_are_our_fault() -> None:
    """A mistake in a call's code is found where it is made."""
    call = Call()
    caller, agent = call.joined(2)
    stranger = call.line()
    wrong: list[Callable[[], object]] = [
        lambda: call.conference.join(caller),
        lambda: call.conference.mute(stranger),
        lambda: call.conference.hold(stranger),
        lambda: call.conference.supervise(agent, Supervision.LISTEN, caller),
    ]
    for act in wrong:
        with pytest.raises(OurFault):
            act()
    assert call.as_it_should_be()


def test_a_full_command_ring_is_made_good_later() -> None:
    """In an overload a change may be refused half-way; once there is room everybody hears what they should."""
    call = Call()
    call.joined(20)
    newcomer = call.line()
    for _ in range(COMMANDS_A_BLOCK_MOST - 20 * 19 - 10):
        call.bay.take_command()
    with pytest.raises(EnvironmentFault):
        call.conference.join(newcomer)
    assert not call.as_it_should_be()
    call.clock.advance(0.1)
    call.conference.settle()
    assert call.as_it_should_be()
