"""Who may do what."""

from __future__ import annotations

import pytest

from engine.people.actors import Act, Actor, Role, allowed

AT_801 = Actor(Role.AGENT, "phone-801")
ROOT = Actor(Role.TECHNICIAN, "uid 0")


@pytest.mark.parametrize(
    ("actor", "act", "about", "may"),
    [
        (AT_801, Act.OWN_STATE, "phone-801", True),
        (AT_801, Act.PLACE_CALL, "phone-801", True),
        (AT_801, Act.OWN_STATE, "phone-802", False),
        (AT_801, Act.PLACE_CALL, "phone-802", False),
        (AT_801, Act.OWN_STATE, "", False),
        (AT_801, Act.SEE_STATUS, "phone-801", False),
        (AT_801, Act.SEE_CALLS, "", False),
        (ROOT, Act.SEE_STATUS, "", True),
        (ROOT, Act.SEE_CALLS, "", True),
        (ROOT, Act.OWN_STATE, "phone-801", False),
        (ROOT, Act.PLACE_CALL, "phone-801", False),
    ],
)
def test_permissions(actor: Actor, act: Act, about: str, may: bool) -> None:
    """A telephone acts for itself only, and sees nothing of the box; a technician looks and does not act for agents."""
    assert allowed(actor, act, about) is may


@pytest.mark.parametrize("role", Role)
def test_every_role_may_do_something(role: Role) -> None:
    """No role is forgotten in the table of permissions."""
    assert any(allowed(Actor(role, "x"), act, "x") for act in Act)
