"""The scripts that are shipped: one file per service, all of them dialogues over the verbs of ``engine.ivr``."""

from __future__ import annotations

from collections.abc import Mapping

from engine.ivr.reception import Script
from ivr_scripts.bilingual_menu import bilingual_menu

__all__ = ["SCRIPTS"]

SCRIPTS: Mapping[str, Script] = {"bilingual_menu": bilingual_menu}
"""Script name in the settings → the script."""
