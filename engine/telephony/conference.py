"""Who hears whom when people speak together: bridges, conferences, supervision, hold, announcements, as patches.

A ``Scene`` says who takes part and how; ``patches_for`` draws up the patches that make it so. Both are values, so a change is the
difference between two of them. ``Conference`` keeps a scene in a patch bay and commands only the differences: nobody whose part stays the
same hears anything of a change.

    heard      of every two members, one hears the other unless one is muted, deaf or on hold
    listen     the supervisor hears all members and is heard by nobody
    whisper    the same, and one member, the agent, hears the supervisor
    barge in   the supervisor is heard by all, other supervisors too
    hold       a member hears music, or nothing, and is not heard
    sounds     announcements, zip tone, warning tone: into the ears named, or everybody's, beside the conversation

Two members make a bridge: two patches at 0 dB, octet by octet. Of many the patch bay lets the loudest through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from engine.kernel.errors import OurFault, Refused
from engine.kernel.text import text
from engine.telephony.media import Companding, PatchBay, Playing, Port, ToneStep

__all__ = [
    "MEMBERS_MOST",
    "SOUNDS_MOST",
    "SUPERVISORS_MOST",
    "Conference",
    "Member",
    "Scene",
    "Sound",
    "Supervision",
    "Supervisor",
    "patches_for",
]

MEMBERS_MOST = 32
SUPERVISORS_MOST = 8
SOUNDS_MOST = 8

Ended = Callable[[int, bool], None]
Patches = Mapping[tuple[Port, Port], float]
"""(source, sink): gain in dB."""


class Supervision(Enum):
    """What a supervisor on a call does."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE_IN = "barge_in"


@dataclass(frozen=True)
class Member:
    """A party: ``hears`` the others, is ``heard`` by them; on hold it does neither and hears ``music`` when there is any."""

    port: Port
    hears: bool = True
    heard: bool = True
    on_hold: bool = False
    music: Port | None = None

    @property
    def listening(self) -> bool:
        """Does it hear the conversation now?"""
        return self.hears and not self.on_hold

    @property
    def speaking(self) -> bool:
        """Is it heard now?"""
        return self.heard and not self.on_hold


@dataclass(frozen=True)
class Supervisor:
    """Somebody beside the call. ``agent`` is the member that a whisper reaches."""

    port: Port
    does: Supervision
    agent: Port


@dataclass(frozen=True)
class Sound:
    """A player or tone at work, into the ears of ``to``; None: of everybody who hears the conversation, whoever comes later too."""

    source: Port
    to: frozenset[Port] | None = None
    gain_db: float = 0.0


@dataclass(frozen=True)
class Scene:
    """Who takes part and how."""

    members: tuple[Member, ...] = ()
    supervisors: tuple[Supervisor, ...] = ()
    sounds: tuple[Sound, ...] = ()


def patches_for(scene: Scene) -> Patches:
    """The patches that make the scene so."""
    wanted: dict[tuple[Port, Port], float] = {}
    listening = [member.port for member in scene.members if member.listening]
    speaking = [member.port for member in scene.members if member.speaking]
    for sink in listening:
        wanted.update({(source, sink): 0.0 for source in speaking if source != sink})
    for member in scene.members:
        if member.on_hold and member.music is not None:
            wanted[member.music, member.port] = 0.0
    barging = [supervisor.port for supervisor in scene.supervisors if supervisor.does is Supervision.BARGE_IN]
    for supervisor in scene.supervisors:
        wanted.update({(source, supervisor.port): 0.0 for source in [*speaking, *barging] if source != supervisor.port})
        wanted.update({(supervisor.port, sink): 0.0 for sink in _reached_by(supervisor, listening)})
    for sound in scene.sounds:
        wanted.update({(sound.source, sink): sound.gain_db for sink in _ears(scene, sound.to)})
    return wanted


def _ears(scene: Scene, to: frozenset[Port] | None) -> Sequence[Port]:
    """Those whom a sound reaches: of the ports named whoever is here, or everybody who hears the conversation."""
    supervisors = [supervisor.port for supervisor in scene.supervisors]
    if to is None:
        return [member.port for member in scene.members if member.listening] + supervisors
    return [port for port in [*(member.port for member in scene.members), *supervisors] if port in to]


def _reached_by(supervisor: Supervisor, listening: Sequence[Port]) -> Sequence[Port]:
    match supervisor.does:
        case Supervision.LISTEN:
            return ()
        case Supervision.WHISPER:
            return [port for port in listening if port == supervisor.agent]
        case Supervision.BARGE_IN:
            return listening


class Conference:
    """A scene in a patch bay. Every call takes effect at the next block.

    When the bay's command ring is full a call raises EnvironmentFault in the middle of its work; ``settle`` finishes it later. The bay
    itself breaks the patches of a channel that is closed: ``leave`` is then still to be called.
    """

    def __init__(self, bay: PatchBay) -> None:
        self._bay = bay
        self._scene = Scene()
        self._patched: dict[tuple[Port, Port], float] = {}
        self._playing: dict[Port, Playing] = {}

    @property
    def scene(self) -> Scene:
        """Who takes part now, and how."""
        return self._scene

    # ---- members ----

    def join(self, port: Port, *, hears: bool = True, heard: bool = True) -> None:
        """Take part; ``heard`` False joins muted. Refused when 32 take part already, OurFault when this port does."""
        if any(member.port == port for member in self._scene.members):
            raise OurFault(f"port {port} takes part already")
        if len(self._scene.members) == MEMBERS_MOST:
            raise Refused(text("A conference has at most {most} parties.", most=MEMBERS_MOST))
        self._become(replace(self._scene, members=(*self._scene.members, Member(port, hears, heard))))

    def leave(self, port: Port) -> None:
        """Take part no more, as member or as supervisor; to be called before the port is anybody else's. Twice does nothing. Sounds go on."""
        members = tuple(member for member in self._scene.members if member.port != port)
        supervisors = tuple(supervisor for supervisor in self._scene.supervisors if supervisor.port != port)
        self._become(replace(self._scene, members=members, supervisors=supervisors))

    def mute(self, port: Port, *, muted: bool = True) -> None:
        """A muted member hears and is not heard. OurFault when it is no member, as with the following."""
        self._change(port, lambda member: replace(member, heard=not muted))

    def deafen(self, port: Port, *, deaf: bool = True) -> None:
        """A deaf member is heard and does not hear."""
        self._change(port, lambda member: replace(member, hears=not deaf))

    def hold(self, port: Port, music: Port | None = None) -> None:
        """On hold: the member hears ``music`` or nothing, and is not heard.

        ``music`` is a source of the bay that others may hear too; it has to sound as long as anybody is on hold with it.
        """
        self._change(port, lambda member: replace(member, on_hold=True, music=music))

    def resume(self, port: Port) -> None:
        """Back from hold, muted or deaf as before."""
        self._change(port, lambda member: replace(member, on_hold=False, music=None))

    # ---- supervision ----

    def supervise(self, port: Port, does: Supervision, agent: Port) -> None:
        """Supervise, or change from one way to another; ``agent`` hears the whisper. Refused when eight do already."""
        others = tuple(supervisor for supervisor in self._scene.supervisors if supervisor.port != port)
        if any(member.port == port for member in self._scene.members):
            raise OurFault(f"port {port} takes part and cannot supervise")
        if len(others) == SUPERVISORS_MOST:
            raise Refused(text("At most {most} supervisors can be on one call.", most=SUPERVISORS_MOST))
        self._become(replace(self._scene, supervisors=(*others, Supervisor(port, does, agent))))

    # ---- sounds ----

    def play(
        self,
        audio: bytes,
        to: Sequence[Port] | None = None,
        *,
        loop: bool = False,
        law: Companding = Companding.A_LAW,
        gain_db: float = 0.0,
        ended: Ended | None = None,
    ) -> Playing:
        """An announcement or music into these ears, or everybody's. ``ended`` as in ``PatchBay.play``. Refused when eight sound."""

        def start(sinks: Sequence[Port], over: Ended) -> Playing:
            return self._bay.play(audio, sinks, loop=loop, law=law, gain_db=gain_db, ended=over)

        return self._sound(to, gain_db, ended, start)

    def tone(
        self,
        steps: Sequence[ToneStep],
        to: Sequence[Port] | None = None,
        *,
        loop_from: int | None = None,
        ended: Ended | None = None,
    ) -> Playing:
        """A tone, once or looping: zip tone into the agent's ear, warning tone into everybody's."""

        def start(sinks: Sequence[Port], over: Ended) -> Playing:
            return self._bay.tone(steps, sinks, loop_from=loop_from, ended=over)

        return self._sound(to, 0.0, ended, start)

    def _sound(
        self, to: Sequence[Port] | None, gain_db: float, ended: Ended | None, start: Callable[[Sequence[Port], Ended], Playing]
    ) -> Playing:
        if len(self._scene.sounds) == SOUNDS_MOST:
            raise Refused(text("At most {most} sounds can be on one call.", most=SOUNDS_MOST))
        ears = None if to is None else frozenset(to)

        def over(played_samples: int, complete: bool) -> None:  # the patch bay's signature
            self._silence(playing.source)
            if ended is not None:
                ended(played_samples, complete)

        sinks = _ears(self._scene, ears)
        playing = start(sinks, over)
        self._playing[playing.source] = playing
        self._patched.update({(playing.source, sink): gain_db for sink in sinks})
        self._scene = replace(self._scene, sounds=(*self._scene.sounds, Sound(playing.source, ears, gain_db)))
        return playing

    def _silence(self, source: Port) -> None:
        """A sound has ended; its patches are gone by then, and its port may soon be another's."""
        del self._playing[source]
        self._patched = {patch: gain_db for patch, gain_db in self._patched.items() if patch[0] != source}
        self._scene = replace(self._scene, sounds=tuple(sound for sound in self._scene.sounds if sound.source != source))

    # ---- the end ----

    def end(self) -> None:
        """Everybody is disconnected and every sound stopped."""
        self._become(Scene(sounds=self._scene.sounds))
        for playing in self._playing.values():
            playing.stop()

    def settle(self) -> None:
        """Command what a full ring refused before; does nothing when all is as it should be."""
        wanted = patches_for(self._scene)
        for patch in [patch for patch in self._patched if patch not in wanted]:
            self._bay.unpatch(*patch)
            del self._patched[patch]
        for patch, gain_db in wanted.items():
            if self._patched.get(patch) != gain_db:
                self._bay.patch(*patch, gain_db)
                self._patched[patch] = gain_db

    def _become(self, scene: Scene) -> None:
        self._scene = scene
        self.settle()

    def _change(self, port: Port, change: Callable[[Member], Member]) -> None:
        if all(member.port != port for member in self._scene.members):
            raise OurFault(f"port {port} takes no part")
        members = tuple(change(member) if member.port == port else member for member in self._scene.members)
        self._become(replace(self._scene, members=members))
