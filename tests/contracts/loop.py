"""The fixture ``loop``: a driver with looped spans (``looped.py``), fresh for each test.

``pytest tests/contracts`` runs on the simulator. On a machine with the driver (``make test-kernel`` boots one):

    STROWGER_BENCH=kernel PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 python -m pytest --noconftest -p no:cacheprovider -p tests.contracts.fixtures FILE…
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contracts.drivers import BLOCK, BLOCK_MS, new_driver, refused
from tests.contracts.looped import Loop, LoopSpan

__all__ = ["BLOCK", "BLOCK_MS", "Loop", "LoopSpan", "loop", "refused"]


@pytest.fixture
def loop() -> Iterator[Loop]:
    """The four spans, fresh."""
    driver = new_driver()
    try:
        yield Loop(driver)
    finally:
        driver.close()
