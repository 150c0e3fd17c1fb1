"""The gate before libpri: what does not keep Q.921 and Q.931 is counted by its reason and does not reach it.

A frame that breaks Q.921 is dropped, as if the line had garbled it. A message that breaks Q.931 must not be dropped with its frame, or
the far end would send that frame again and in the end give up the link and every call on it: the frame goes through emptied, or with the
malformed elements taken out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from boards.e1.pri_values import Role, SwitchType
from boards.e1.q921 import NUMBERED_HEADER, Frame, FrameKind, FrameReason, FrameRefusal, emptied, parse_frame
from boards.e1.q931 import Finding, Reason, parse_message, written

__all__ = ["FrameGate"]

_CODESETS = MappingProxyType(
    {SwitchType.ATT_4ESS: 6, SwitchType.LUCENT_5ESS: 6, SwitchType.NI2: 6, SwitchType.DMS100: 6, SwitchType.QSIG: 4}
)
"""The codeset beside 0 in which the switch type says something that is used."""


class FrameGate:
    """The gate of one D channel. ``role`` is ours: the frames come from the other side. ``maintenance``: service messages are let in."""

    def __init__(self, role: Role, switch_type: SwitchType, *, maintenance: bool) -> None:
        self._from_network = role is Role.USER
        self._maintenance = maintenance
        self._codesets = frozenset({0, _CODESETS.get(switch_type, 0)})
        self._refused: Counter[FrameReason | Reason] = Counter()

    @property
    def refused(self) -> Mapping[FrameReason | Reason, int]:
        """How many frames, messages and elements were refused for each reason, since the start."""
        return MappingProxyType(self._refused)

    def admit(self, octets: bytes) -> bytes | None:
        """What libpri may see of a received frame (no check sequence): the frame itself, cleaned, emptied, or None. Never raises."""
        frame = parse_frame(octets, from_network=self._from_network)
        if isinstance(frame, FrameRefusal):
            self._refused[frame.reason] += 1
            return None
        return self._admit_message(octets, frame) if frame.kind is FrameKind.I else octets

    def _admit_message(self, octets: bytes, frame: Frame) -> bytes:
        message = parse_message(frame.information, maintenance=self._maintenance, codesets=self._codesets)
        if isinstance(message, Finding):
            self._refused[message.reason] += 1
            return emptied(octets)
        if not message.findings:
            return octets
        self._refused.update(finding.reason for finding in message.findings)
        return octets[:NUMBERED_HEADER] + written(message)
