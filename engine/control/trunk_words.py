"""Words for what trunks and their channels are and do, for page and console."""

from __future__ import annotations

from collections.abc import Mapping

from engine.kernel.text import Text, text

__all__ = ["BLOCK_MODES", "CHANNEL_STATES", "SIGNALLINGS"]

SIGNALLINGS: Mapping[str, Text] = {
    "isdn-user": text("ISDN PRI, user side"),
    "isdn-network": text("ISDN PRI, network side"),
    "r2": text("R2"),
    "cas": text("CAS without registers"),
    "analog": text("analog lines"),
}
CHANNEL_STATES: Mapping[str, Text] = {
    "free": text("free"),
    "blocked": text("blocked"),
    "out_of_service": text("out of service"),
    "releasing": text("resting"),
    "ringing": text("ringing"),
    "answered": text("in dialogue"),
    "connecting": text("connecting"),
    "dialling": text("dialling"),
    "proceeding": text("ringing outside"),
    "talking": text("talking"),
    "held": text("on hold"),
    "recalling": text("comes back from hold"),
    "ended": text("ended"),
}
BLOCK_MODES: Mapping[str, Text] = {
    "now": text("at once, calls end"),
    "after_calls": text("when calls have ended"),
}
