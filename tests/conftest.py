"""What many tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from appliance.prompts import generate

# How long an example takes says something of the machine, not of us.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def prompts_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every voice prompt in both languages, made once; copy it before changing anything in it."""
    folder = tmp_path_factory.mktemp("prompts")
    generate(folder)
    return folder
