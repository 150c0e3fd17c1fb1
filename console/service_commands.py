"""Supplementary services at the console: what is set for extensions, setting it and ending it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from console.service_views import WORDS, services_shown
from console.steps import Question, Sitting, Steps
from console.tables import Translate
from console.tree import Argument, Command, Source, Values, Word
from engine.kernel.errors import BadInput
from engine.kernel.text import text
from engine.people.actors import Act

__all__ = ["SERVICE_COMMANDS"]

SLOT = "short-number-"
Row = Mapping[str, Any]


def _extensions(answer: Row, _: Translate) -> Sequence[tuple[str, str]]:
    return [(row["extension"], row["phone"]) for row in answer["extensions"]]


def _services(_answer: Row, translate: Translate) -> Sequence[tuple[str, str]]:
    """Every service by a word that can be typed; short numbers by their digits."""
    plain = [(name.replace("_", "-"), said.render(translate)) for name, said in WORDS.items() if name != "speed_dial"]
    return plain + [(f"{SLOT}{digit}", WORDS["speed_dial"].render(translate)) for digit in range(10)]


def _changed(*, on: bool) -> Callable[[Sitting, Values], Steps]:
    def run(sitting: Sitting, values: Values) -> Steps:
        typed = str(values["service"])
        request: dict[str, object] = {"extension": values["extension"], "on": on}
        if typed.startswith(SLOT):
            request |= {"service": "speed_dial", "slot": typed.removeprefix(SLOT)}
        elif typed.replace("-", "_") in WORDS:
            request["service"] = typed.replace("-", "_")
        else:
            known = ", ".join(name for name, _said in _services({}, sitting.translate))
            raise BadInput(text("There is no service {service}; there are {known}.", service=typed, known=known))
        if "number" in values:
            request["time" if typed == "wake-up" else "number"] = values["number"]
        answer = yield Question("service_set", request)
        return services_shown({"extensions": [answer]}, sitting.translate, sitting.width)

    return run


EXTENSION = Argument("extension", "EXTENSION", text("the extension"), Source("services", _extensions))
SERVICE = Argument("service", "SERVICE", text("what is set, such as forward-always or do-not-disturb"), Source("services", _services))
NUMBER = Argument("number", "NUMBER", text("where to, as it is dialled at a desk phone (with the outside prefix)"), optional=True)
_SEE_HELP = text("what is set for extensions: forwards, do-not-disturb, hot lines, short numbers")
_SET_HELP = text("set it for an extension")
_END_HELP = text("end it for an extension")
SERVICES = Word("services", _SEE_HELP)

SERVICE_COMMANDS: tuple[Command, ...] = (
    Command((SERVICES,), _SEE_HELP, services_shown, "services", act=Act.SEE_STATUS),
    Command((SERVICES, EXTENSION, Word("set", _SET_HELP), SERVICE, NUMBER), _SET_HELP, run=_changed(on=True), act=Act.AGENT_STATE),
    Command((SERVICES, EXTENSION, Word("end", _END_HELP), SERVICE), _END_HELP, run=_changed(on=False), act=Act.AGENT_STATE),
)
