"""What administrators may decide about accounts, and that nobody locks the box."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.people.actors import Role
from engine.people.administration import USERS_MOST, UserDraft, UserFault, changed_user, changes_between, draft_of, loss_fault, new_user
from engine.people.users import User

ADMIN = User("admin", frozenset({Role.ADMINISTRATOR}), "", "hash")
SECOND = replace(ADMIN, name="second")
LINA = User("lina", frozenset({Role.AGENT_USER}), "zh", "hash", agent="1001")
AGENTS = {"1001", "1002"}
ROLES = st.frozensets(st.sampled_from([Role.ADMINISTRATOR, Role.SUPERVISOR, Role.READ_ONLY]), min_size=1)


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["admin", "second", "lina"]),
            st.sampled_from(["admin", "second", "lina", ""]),
            st.none() | st.tuples(ROLES, st.booleans()),
        ),
        max_size=12,
    )
)
def test_whatever_administrators_do_one_of_them_can_log_in(steps: list[tuple[str, str, tuple[frozenset[Role], bool] | None]]) -> None:
    """However accounts are removed, disabled and demoted, by whomever: there is always an enabled administrator."""
    users = {user.name: user for user in (ADMIN, SECOND, LINA)}
    for name, who, wish in steps:
        before = users.get(name)
        if before is None:
            continue
        after = None if wish is None else replace(before, roles=wish[0], disabled=wish[1])
        if loss_fault(who, before, after, users.values()) is not None:
            continue
        if name == who:
            assert after is not None
            assert not after.disabled
        if after is None:
            del users[name]
        else:
            users[name] = after
        assert any(Role.ADMINISTRATOR in user.roles and not user.disabled for user in users.values())


@pytest.mark.parametrize(
    ("who", "before", "after", "said"),
    [
        ("second", ADMIN, None, None),
        ("second", ADMIN, replace(ADMIN, disabled=True), None),
        ("admin", ADMIN, None, "You cannot remove or disable your own account."),
        ("admin", ADMIN, replace(ADMIN, disabled=True), "You cannot remove or disable your own account."),
        ("admin", ADMIN, replace(ADMIN, roles=frozenset({Role.QUALITY})), "You cannot take the role of an administrator from yourself."),
        ("admin", ADMIN, replace(ADMIN, roles=ADMIN.roles | {Role.QUALITY}), None),
        ("admin", ADMIN, replace(ADMIN, language="en"), None),
        ("admin", LINA, None, None),
    ],
)
def test_nobody_harms_the_own_account(who: str, before: User, after: User | None, said: str | None) -> None:
    """Of oneself one takes neither the account nor the role that would be needed to undo it; others may."""
    fault = loss_fault(who, before, after, [ADMIN, SECOND, LINA])
    assert (fault is None) == (said is None)
    assert said is None or fault is None or fault.in_english().startswith(said)


@pytest.mark.parametrize("after", [None, replace(ADMIN, disabled=True), replace(ADMIN, roles=frozenset({Role.QUALITY}))])
def test_the_last_administrator_stays(after: User | None) -> None:
    """A disabled second administrator does not count."""
    fault = loss_fault("somebody", ADMIN, after, [ADMIN, replace(SECOND, disabled=True), LINA])
    assert fault is not None
    assert "admin is the last administrator who can log in." in fault.in_english()


def test_a_new_account_begins_with_a_password_to_be_changed() -> None:
    """Whatever is wished, somebody else knows the first password."""
    user = new_user("wang", UserDraft(frozenset({Role.AGENT_USER}), "1002", "zh"), "hash", AGENTS, [ADMIN, LINA])
    assert user == User("wang", frozenset({Role.AGENT_USER}), "zh", "hash", must_change=True, agent="1002")


@pytest.mark.parametrize(
    ("name", "draft", "field"),
    [
        ("Wang", UserDraft(frozenset({Role.QUALITY})), "name"),
        ("lina", UserDraft(frozenset({Role.QUALITY})), "name"),
        ("wang", UserDraft(frozenset()), "roles"),
        ("wang", UserDraft(frozenset({Role.TECHNICIAN})), "roles"),
        ("wang", UserDraft(frozenset({Role.AGENT})), "roles"),
        ("wang", UserDraft(frozenset({Role.QUALITY}), "1002"), "roles"),
        ("wang", UserDraft(frozenset({Role.AGENT_USER}), "1009"), "agent"),
        ("wang", UserDraft(frozenset({Role.AGENT_USER}), "1001"), "agent"),
        ("wang", UserDraft(frozenset({Role.QUALITY}), "", "fr"), "language"),
    ],
)
def test_a_wrong_wish_is_told_at_its_field(name: str, draft: UserDraft, field: str) -> None:
    """Names, roles, agents and languages that cannot be are refused where they were typed."""
    with pytest.raises(UserFault) as fault:
        new_user(name, draft, "hash", AGENTS, [ADMIN, LINA])
    assert fault.value.field == field


def test_there_is_a_limit() -> None:
    """Two thousand users are enough for a box; the next one is refused."""
    many = [replace(LINA, name=f"u{number}", agent="") for number in range(USERS_MOST)]
    with pytest.raises(UserFault, match="2000 users"):
        new_user("wang", UserDraft(frozenset({Role.QUALITY})), "hash", AGENTS, many)


def test_an_agent_who_is_gone_may_stay_but_not_come() -> None:
    """When an agent is removed from the settings the account goes on, and can be changed in other things."""
    orphan = replace(LINA, agent="1009")
    both = UserDraft(frozenset({Role.AGENT_USER, Role.QUALITY}), "1009", "zh")
    assert changed_user(orphan, both, AGENTS, [orphan]).roles == both.roles
    with pytest.raises(UserFault):
        changed_user(LINA, both, AGENTS, [LINA])


def test_what_differs_is_told_without_secrets() -> None:
    """The journal knows what was changed; nothing of the password is in it."""
    after = replace(
        LINA, roles=frozenset({Role.AGENT_USER, Role.QUALITY}), agent="", disabled=True, password_hash="other", locked_until_utc_ms=5
    )
    assert changes_between(LINA, after) == (
        "roles: agent_user -> agent_user quality",
        "agent: 1001 -> -",
        "disabled: no -> yes",
        "locked: no -> yes",
    )
    assert changes_between(LINA, LINA) == ()
    assert draft_of(after) == UserDraft(after.roles, "", "zh")
