"""A far end that keeps the link of a D channel and says whatever it is told: for messages that no exchange's software would send.

It answers as Q.921 wants (UA, RR, its turn of the poll bit), numbers what it sends, and hands up what it receives. It never sends anything again:
what is lost is lost.
"""

from __future__ import annotations

from collections import deque

from boards.e1.pri_values import Role
from boards.e1.q921 import NUMBERED_HEADER, Frame, FrameKind, parse_frame

__all__ = ["LapdPeer"]

MODULUS = 128
SABME, UA, RR = 0x7F, 0x63, 0x01
POLL_FINAL = 0x10
RECEIVED_MOST = 100_000


class LapdPeer:
    """The side ``role`` of the link. ``received``: the information of every frame that came, in order."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self.up = False
        self.received: deque[bytes] = deque(maxlen=RECEIVED_MOST)
        self._out: deque[bytes] = deque()
        self._sent = self._came = 0

    def establish(self) -> None:
        """Ask for the link."""
        self._out.append(self._address(command=True) + bytes([SABME]))

    def send(self, information: bytes) -> None:
        """A message, well numbered, whatever it says."""
        self._out.append(self._address(command=True) + bytes([self._sent << 1, self._came << 1]) + information)
        self._sent = (self._sent + 1) % MODULUS

    def send_raw(self, frame: bytes) -> None:
        """A frame as it is."""
        self._out.append(frame)

    def frames_to_send(self) -> list[bytes]:
        """Frames towards the other side."""
        frames = list(self._out)
        self._out.clear()
        return frames

    def receive(self, octets: bytes) -> None:
        """A frame from the other side."""
        frame = parse_frame(octets, from_network=self.role is Role.USER)
        if not isinstance(frame, Frame):
            return
        if frame.kind is FrameKind.SABME:
            self._began()
            self._out.append(self._address(command=False) + bytes([UA | POLL_FINAL * frame.poll_final]))
        elif frame.kind is FrameKind.UA:
            self._began()
        elif frame.kind is FrameKind.I:
            if frame.send_number == self._came:
                self._came = (self._came + 1) % MODULUS
                self.received.append(octets[NUMBERED_HEADER:])
            self._acknowledge(final=frame.poll_final)
        elif frame.command and frame.poll_final:
            self._acknowledge(final=True)

    def _began(self) -> None:
        self.up = True
        self._sent = self._came = 0

    def _acknowledge(self, *, final: bool) -> None:
        self._out.append(self._address(command=False) + bytes([RR, self._came << 1 | final]))

    def _address(self, *, command: bool) -> bytes:
        return bytes([2 if command == (self.role is Role.NETWORK) else 0, 1])
