"""What to look at when a line or phone is out of service, for who stands before it; by the same words as ``narration.LINE_FAULTS``."""

from __future__ import annotations

from collections.abc import Mapping

from engine.kernel.text import Text, text

__all__ = ["FAULT_ADVICE"]

FAULT_ADVICE: Mapping[str, Text] = {
    "no_battery": text("Nobody feeds the line: is the cable plugged in at both ends, and has the exchange switched the line on?"),
    "card_removed": text("The port returns by itself when the card is back in its place."),
    "driver_error": text("The log has the driver's own sentence. The port is tried again by itself, at least once a minute."),
    "alarm": text("Look at the alarms of its span under Boards: the line returns when they are over."),
    "d_channel_down": text(
        "Does the exchange run ISDN on this E1, with its D channel in the same timeslot (16 as a rule), and is the link not blocked there? The trace of"
        " the trunk shows whether anything comes at all."
    ),
    "both_user": text("Set the signalling of this trunk to isdn-network, or the other end to the network side; end a loop on the cable."),
    "both_network": text("Set the signalling of this trunk to isdn-user, or the other end to the user side; end a loop on the cable."),
    "far_blocked": text("Ask the exchange's people why they have blocked it; it serves as soon as they unblock it."),
    "unsettled": text("Compare the R2 variant and the idle bits with the exchange, and whether it uses this timeslot at all."),
    "not_configured": text("The driver's channel has no signalling: Settings › Spans says what is to be done, or run dahdi_cfg."),
    "no_channel": text(
        "The channel's number is wrong in the settings, or the driver of the card is not loaded. The ports that there are stand in the form."
    ),
    "taken": text("Another program has it open, such as another telephone system: stop that program."),
    "wrong_port": text(
        "An exchange line belongs to an FXO port, a desk phone to an FXS port: choose another channel in the settings, the right ones are offered there."
    ),
    "no_room": text("There are more lines than the media pump has places for."),
}
"""A fault that is not here needs no advice: somebody keeps the port from service on purpose."""
