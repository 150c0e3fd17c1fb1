"""A line's channel: opened, and brought into the profile that the appliance wants of it.

Opening a channel resets everything in it, so the whole profile is applied at every open: law, buffers, timing. The law is the card's
own: SETLAW changes what the driver takes the octets for, while the card goes on coding them as it was loaded to.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from boards.dahdi.abi import ANALOG_STATION, ANALOG_TRUNK, Law, Params, Sig, TransmitPolicy
from boards.dahdi.nodes.channel import ChannelNode
from boards.dahdi.nodes.errors import DahdiError
from boards.dahdi.system import System
from engine.telephony.media import Companding

__all__ = ["Channel", "Profile", "Timing", "open_channel"]


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Timing parameters in ms; None leaves what the driver has.

    ``flashtime`` is the break that we make on an exchange line (Chinese exchanges take 90 to 200 ms for a flash and more
    for a hang-up; the driver's default of 750 is a hang-up). ``rxflashtime`` is how long a phone's loop must be open to be a
    hang-up.
    """

    prewinktime: int | None = None
    preflashtime: int | None = None
    winktime: int | None = None
    flashtime: int | None = None
    starttime: int | None = None
    rxwinktime: int | None = None
    rxflashtime: int | None = None
    debouncetime: int | None = None
    pulsebreaktime: int | None = None
    pulsemaketime: int | None = None
    pulseaftertime: int | None = None

    def applied_to(self, params: Params) -> Params:
        """``params`` with the given times."""
        given = {part.name: getattr(self, part.name) for part in fields(self)}
        return replace(params, **{name: time for name, time in given.items() if time is not None})


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a channel is brought into at every open. Block and buffers as the media pump wants them: 4 × 20 ms."""

    law: Law = Law.DEFAULT
    block_samples: int = 160
    buffers: int = 4
    policy: TransmitPolicy = TransmitPolicy.IMMEDIATE
    timing: Timing = Timing(flashtime=100, rxflashtime=800)


DEFAULT_PROFILE = Profile()


class Channel(ChannelNode):
    """An open channel with what it was found to be. Every call raises DahdiError when the driver refuses it.

    The descriptor may be given to the media pump, which then reads, writes, takes events and closes; hook, ringing and
    parameters remain ours for as long as it is open.
    """

    sig = Sig.NONE
    law = Companding.A_LAW

    @property
    def is_trunk(self) -> bool:
        """True for a port with an exchange line (FXS signalling)."""
        return bool(self.sig & ANALOG_TRUNK)

    @property
    def is_station(self) -> bool:
        """True for a port with a telephone (FXO signalling)."""
        return bool(self.sig & ANALOG_STATION)

    def set_times(self, timing: Timing) -> Params:
        """Change timing; what is None stays. Returns what was set."""
        # The driver takes all eleven times at once, so the others are sent back as they are.
        changed = timing.applied_to(self.params())
        self.set_params(changed)
        return changed

    def bring_into(self, profile: Profile) -> None:
        """Take the profile. Called once, by ``open_channel``."""
        self.set_law(profile.law)
        self.set_buffers(profile.block_samples, profile.buffers, profile.policy)
        state = self.set_times(profile.timing)
        self.sig = Sig(state.sigtype)
        self.law = Companding.MU_LAW if state.curlaw == Law.MULAW else Companding.A_LAW


def open_channel(system: System, number: int, profile: Profile = DEFAULT_PROFILE) -> Channel:
    """Open DAHDI channel ``number`` (1…1024) for ourselves alone and apply ``profile``.

    Raises DahdiError as ``ChannelNode.open`` does. Nothing stays open then.
    """
    channel = Channel.open(system, number)
    try:
        channel.bring_into(profile)
    except DahdiError:
        channel.close()
        raise
    return channel
