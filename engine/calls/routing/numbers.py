"""Telephone numbers as China writes them: one form for each number, whoever sends it, and how far away it is. Pure."""

from __future__ import annotations

import re
from typing import Protocol

__all__ = ["Places", "level_of", "whole_number"]

COUNTRY = "86"
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_SUBSCRIBER = re.compile(r"[2-8][0-9]{6,7}")
_FROM_ABROAD = re.compile(r"(?:\+|00)86(0?)([0-9]{7,11})")


class Places(Protocol):
    """Who knows where a number belongs to."""

    def place_of(self, number: str) -> object:
        """Something equal for numbers of one place; None when it is not known."""


def whole_number(number: str, area_code: str) -> str:
    """A number as one would dial it anywhere in the country: 02155501001, 13800138000, 00441632960001, 95588.

    A local number gets ``area_code``; a mobile number loses the 0 that some exchanges put before it; +86 and 0086 go away.
    """
    abroad = _FROM_ABROAD.fullmatch(number)
    if abroad:
        number = abroad[2] if _MOBILE.fullmatch(abroad[2]) else f"0{abroad[2]}"
    elif number.startswith("+"):
        number = "00" + number[1:]
    if number.startswith("0") and _MOBILE.fullmatch(number[1:]):
        return number[1:]
    return area_code + number if area_code and _SUBSCRIBER.fullmatch(number) else number


def level_of(number: str, area_code: str, places: Places) -> str:
    """How far a dialled number is: ``local``, ``national`` or ``international``. A mobile phone is local when it belongs to the own place."""
    whole = whole_number(number, area_code)
    if whole.startswith("00"):
        return "international"
    if area_code and whole.startswith(area_code):
        return "local"
    if _MOBILE.fullmatch(whole):
        own = places.place_of(f"{area_code}60000000") if area_code else None
        return "local" if own is not None and own == places.place_of(whole) else "national"
    return "national" if whole.startswith("0") else "local"
