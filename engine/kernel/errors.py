"""The error tree of the appliance.

    StrowgerError
    ├── Refused            a command that cannot be carried out now; a person reads the reason
    ├── BadInput           a file, a setting or a message from outside is wrong; names the place
    ├── EnvironmentFault   disk, permission, device: the surroundings fail; names what to do
    └── OurFault           a rule of our own code was broken: a bug
        └── UnexpectedEvent   a state machine met an event it has no row for

The first three are handled and shown; ``OurFault`` is logged as a bug wherever it is caught.
"""

from __future__ import annotations

from engine.kernel.text import Text

__all__ = ["BadInput", "EnvironmentFault", "OurFault", "Refused", "StrowgerError", "UnexpectedEvent"]


class StrowgerError(Exception):
    """Base of every error that carries a translatable text."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.in_english())
        self.text = text


class Refused(StrowgerError):
    """The command is understood and not possible now. Nothing was changed."""


class BadInput(StrowgerError):
    """Something that came from outside is wrong: the text says what, where and what was expected."""


class EnvironmentFault(StrowgerError):
    """Disk, permission, device or another process is in the way: the text says what to do."""


class OurFault(Exception):
    """A rule of our own code was broken. Always a bug."""


class UnexpectedEvent(OurFault):
    """A machine has no row for this event in this state; the state is unchanged.

    Whose fault it is depends on the event's origin: from the far end it is counted as a protocol violation,
    from ourselves it is a bug. The runner decides by the event's ``origin``.
    """

    def __init__(self, machine: str, state: object, event: object) -> None:
        super().__init__(f"{machine} in {type(state).__name__} has no row for {event!r}")
        self.state = state
        self.event = event
