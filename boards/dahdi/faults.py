"""The driver's refusals as the appliance tells its faults: an ``EnvironmentFault`` with a translatable text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from boards.dahdi.nodes.errors import DahdiError
from boards.dahdi.nodes.sentences import Message
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import Text

__all__ = ["DriverFault", "driver_faults", "text_of"]


def text_of(said: Message) -> Text:
    """A sentence of the driver's nodes as a text of the appliance; its messages are in the appliance's catalogues."""
    return Text(said.template, {name: text_of(value) if isinstance(value, Message) else value for name, value in said.values.items()})


class DriverFault(EnvironmentFault):
    """The driver refused what cannot be done without. ``error`` is its refusal."""

    def __init__(self, error: DahdiError) -> None:
        super().__init__(text_of(error.sentence))
        self.error = error


@contextmanager
def driver_faults() -> Iterator[None]:
    """Let a DahdiError from inside go on as a DriverFault, which ends a command or a start with its sentence."""
    try:
        yield
    except DahdiError as error:
        raise DriverFault(error) from error
