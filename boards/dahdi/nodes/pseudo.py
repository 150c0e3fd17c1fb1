"""A pseudo channel: no line, but audio as from one. It is a clock of 8000 samples a second, and a place to listen from."""

from __future__ import annotations

from typing import Self

from boards.dahdi.abi import CHANNELS_MOST, Ioctl
from boards.dahdi.nodes.node import open_node
from boards.dahdi.nodes.sentences import marked as _
from boards.dahdi.nodes.voice import VoiceNode
from boards.dahdi.system import System

__all__ = ["PSEUDO_NODE", "PseudoNode"]

PSEUDO_NODE = "/dev/dahdi/pseudo"


class PseudoNode(VoiceNode):
    """An open pseudo channel; the driver made it at opening, and closing destroys it."""

    def __init__(self, system: System, fd: int) -> None:
        super().__init__(system, fd, PSEUDO_NODE)

    @classmethod
    def open(cls, system: System, *, blocking: bool = False) -> Self:
        """A new pseudo channel. Raises DahdiError; ENOMEM when there are 512, or nothing gives the time."""
        return cls(system, open_node(system, PSEUDO_NODE, blocking=blocking))

    def mirror_received(self, channel: int) -> None:
        """Read what channel ``channel`` (1…1024) receives. NotSupported by drivers built without it, which is usual."""
        self._within(Ioctl.RXMIRROR, _("the number of a channel"), channel, 1, CHANNELS_MOST)
        self._tell(Ioctl.RXMIRROR, channel)

    def mirror_sent(self, channel: int) -> None:
        """Read what channel ``channel`` (1…1024) sends. NotSupported as for ``mirror_received``."""
        self._within(Ioctl.TXMIRROR, _("the number of a channel"), channel, 1, CHANNELS_MOST)
        self._tell(Ioctl.TXMIRROR, channel)
