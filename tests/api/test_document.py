"""The OpenAPI document: equal to the code, valid, and true when a tool that knows nothing else tries everything that it says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from tests.api.bridge import bridged
from tests.api.program import token_for
from tests.golden.renew import OPENAPI
from tests.pages import Pages
from web.api.openapi import document, written

SEED = int(os.environ.get("SEED", "0"))
EXAMPLES = int(os.environ.get("EXAMPLES", "10"))
"""Of each endpoint; a search that takes longer is made with more."""
CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": SEED * 7919 + 1,
        "base-url": "http://box.example",
        "checks": {
            # 422: well-formed, and yet not for this site
            "positive_data_acceptance": {"expected-statuses": ["2xx", "401", "403", "404", "409", "422"]},
        },
        "generation": {"max-examples": EXAMPLES},
        # whole sites are made up slowly; each of their hundreds of values is tried at its limits once, where nothing is changed
        "operations": [
            {"include-operation-id": "settingsPreview", "generation": {"max-examples": max(1, EXAMPLES // 4)}},
            {
                "include-operation-id": "settingsChange",
                "generation": {"max-examples": max(1, EXAMPLES // 4)},
                "phases": {"coverage": {"enabled": False}},
            },
        ],
    }
)
DOCUMENT = schemathesis.openapi.from_dict(document(), config=CONFIG)


def test_the_document_in_the_handbook_is_that_of_the_code() -> None:
    """Who reads docs/openapi.json reads what this box does; ``make golden`` writes it anew."""
    assert OPENAPI.read_text(encoding="utf-8") == written(document())


@pytest.fixture(scope="module")
def bridge(pages: Pages) -> Iterator[None]:
    """Afterwards the agent who was logged out is back at work: other tests go on with this day."""
    with bridged(pages):
        yield
    acd = pages.day.rig.appliance.acd
    if not acd.agents["1001"].phone:
        acd.login("1001", "phone-801", ready=True)
        pages.wait(100)


@pytest.mark.usefixtures("bridge")
@DOCUMENT.parametrize()
@settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_sent_the_answer_is_as_the_document_says(case: schemathesis.Case[Any]) -> None:
    """No request, right or wrong, gets an answer that the document does not have; wrong ones are refused, right ones taken."""
    case.call_and_validate(headers={"Authorization": f"Bearer {token_for('admin')}"})
