"""Which language a reader reads: from the environment or a choice to a gettext function."""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping
from pathlib import Path

__all__ = ["LOCALE_FOLDER", "Translate", "catalogue_for", "translator"]

LOCALE_FOLDER = Path(__file__).parent / "locale"
DOMAIN = "strowger"
CATALOGUES = {"zh": "zh_CN"}
"""Language → catalogue. English needs none: it is in the source."""

Translate = Callable[[str], str]


def catalogue_for(environment: Mapping[str, str], language: str = "") -> str:
    """The catalogue's name, or empty for English. ``language`` (``zh``, ``en``) wins over LC_ALL, LC_MESSAGES, LANG in this order."""
    wanted = language or next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return CATALOGUES.get(wanted.replace("-", "_").split("_")[0].split(".")[0].lower(), "")


def translator(environment: Mapping[str, str], language: str = "") -> Translate:
    """The gettext function of the reader. A message or catalogue that is not there comes out in English."""
    name = catalogue_for(environment, language)
    found = gettext.translation(DOMAIN, LOCALE_FOLDER, [name], fallback=True) if name else gettext.NullTranslations()
    return lambda msgid: found.gettext(msgid) if msgid else ""  # the empty msgid is the catalogue's own header
