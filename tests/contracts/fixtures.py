"""The fixtures of the driver's contract tests, for ``conftest.py`` and as a plugin: ``pytest --noconftest -p tests.contracts.fixtures``."""

from __future__ import annotations

from tests.contracts.analog import analog, line, phone
from tests.contracts.loop import loop

__all__ = ["analog", "line", "loop", "phone"]
