"""One setting: a dataclass field with its default, unit, range and help text.

Console, page, file check and handbook derive from these; nothing about a setting is written twice.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, field
from typing import Any

__all__ = ["NAME", "NAME_SAYS", "Spec", "setting", "spec_of"]

NAME = r"[a-z][a-z0-9-]{0,30}"
NAME_SAYS = "a lower-case letter, then letters, digits and hyphens, 31 at most"


@dataclass(frozen=True)
class Spec:
    """What may be written into a setting.

    ``label`` names it on a form in a few words, ``help`` says what it does; ``unit`` for numbers; ``least``/``most`` the range
    of a number, or of the length of a text; ``choices`` the only values allowed; ``pattern`` a regular expression for the whole
    text, ``pattern_says`` what it means to a person; ``secret`` values are never shown, logged or put into a difference.
    """

    label: str
    help: str
    unit: str = ""
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    pattern_says: str = ""
    secret: bool = False


def setting(
    default: Any = MISSING,  # noqa: ANN401  # the field's own annotation is the type
    *,
    factory: Any = MISSING,  # noqa: ANN401
    label: str,
    help: str,  # noqa: A002  # the word the people use
    unit: str = "",
    least: float | None = None,
    most: float | None = None,
    choices: tuple[str, ...] = (),
    pattern: str = "",
    pattern_says: str = "",
    secret: bool = False,
) -> Any:  # noqa: ANN401  # as dataclasses.field
    """Declare a setting in a section. Without ``default`` and ``factory`` it must be given."""
    spec = Spec(label, help, unit, least, most, choices, pattern, pattern_says, secret)
    metadata = {"spec": spec}
    if factory is not MISSING:
        return field(default_factory=factory, metadata=metadata)
    if default is not MISSING:
        return field(default=default, metadata=metadata)
    return field(metadata=metadata)


def spec_of(field_: Field[Any]) -> Spec:
    """The Spec of a section's field. KeyError for a field not declared with ``setting``."""
    spec = field_.metadata["spec"]
    assert isinstance(spec, Spec)
    return spec
