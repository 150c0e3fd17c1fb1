"""What many tests share."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from appliance.prompts import generate

# How long an example takes says something of the machine, not of us. The examples are the same for everybody, so a run can be repeated; who looks
# for new ones sets HYPOTHESIS_PROFILE=search.
settings.register_profile("untimed", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "untimed"))

# Who runs the tests in the background ignores these, and every process that is started here would inherit that.
for number, usual in ((signal.SIGHUP, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)


@pytest.fixture(scope="session")
def prompts_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every voice prompt in both languages, made once; copy it before changing anything in it."""
    folder = tmp_path_factory.mktemp("prompts")
    generate(folder)
    return folder
