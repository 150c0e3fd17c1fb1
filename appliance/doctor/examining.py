"""All checks over the evidence, in the order in which they are read: what stands first explains what follows."""

from __future__ import annotations

from appliance.doctor.driver_checks import DRIVER_CHECKS
from appliance.doctor.evidence import Evidence, Unseen
from appliance.doctor.findings import Finding, not_applicable
from appliance.doctor.machine_checks import MACHINE_CHECKS
from engine.kernel.text import text

__all__ = ["examine"]

SIMULATED_TOO = frozenset({"spans", "alarms"})
"""Checks that mean something on simulated boards: a site's line without a channel, a span in alarm."""


def examine(evidence: Evidence) -> list[Finding]:
    """One finding for each check. With simulated boards the driver is not judged; their spans are, when an appliance runs that has them."""
    simulated = not_applicable(text("the boards are simulated"))
    judged = frozenset() if isinstance(evidence.spans, Unseen) else SIMULATED_TOO
    verdicts = [(name, title, check(evidence) if evidence.boards or name in judged else simulated) for name, title, check in DRIVER_CHECKS]
    verdicts += [(name, title, check(evidence)) for name, title, check in MACHINE_CHECKS]
    return [Finding(name, title, verdict.state, verdict.found, verdict.mend) for name, title, verdict in verdicts]
