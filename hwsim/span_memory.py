"""SPANSTAT as old programs ask it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

from boards.dahdi.abi import SpanInfo, SpanInfoV1
from hwsim.driver_memory import get_structure, put

__all__ = ["put_old_span_info"]


def put_old_span_info(argument: int | bytearray, info: Callable[[int], SpanInfo]) -> None:
    """Answer SPANSTAT_V1: the same without five of the counters, in another order."""
    told = info(get_structure(SpanInfoV1, argument).spanno)
    put(argument, SpanInfoV1(**{each.name: getattr(told, each.name) for each in fields(SpanInfoV1)}).pack())
