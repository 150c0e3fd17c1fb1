"""The file of accounts."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from engine.kernel.errors import BadInput, EnvironmentFault
from engine.people.actors import Role
from engine.people.tokens import ApiToken
from engine.people.users import User
from engine.store.accounts import ACCOUNTS_NAME, MIGRATIONS, AccountRow, AccountStore, TokenRow
from engine.store.models import SchemaVersion

USER = User("lina", frozenset({Role.SUPERVISOR, Role.QUALITY}), "zh", "$argon2id$x", must_change=True, locked_until_utc_ms=2**41, wrong=3)


def test_an_account_comes_back_as_it_was(tmp_path: Path) -> None:
    """Everything about an account survives a restart; who is not there is not found."""
    store = AccountStore(tmp_path)
    assert store.count() == 0
    store.save(USER)
    store.save(replace(USER, name="wang", roles=frozenset()))
    store.save(replace(USER, wrong=4))
    store.close()
    again = AccountStore(tmp_path)
    assert again.count() == 2
    assert again.find("lina") == replace(USER, wrong=4)
    assert again.find("nobody") is None
    assert again.all() == [replace(USER, wrong=4), replace(USER, name="wang", roles=frozenset())]


def test_a_removed_account_is_gone_with_its_tokens(tmp_path: Path) -> None:
    """Others and their tokens stay."""
    store = AccountStore(tmp_path)
    for name in ("lina", "wang"):
        store.save(replace(USER, name=name))
        store.save_token(f"digest of {name}", ApiToken(f"id of {name}", name, "crm", 1))
    store.remove("lina")
    assert [user.name for user in store.all()] == ["wang"]
    assert store.token_digests() == {"digest of wang": ApiToken("id of wang", "wang", "crm", 1)}
    assert store.tokens("lina") == []
    assert store.token("id of lina") is None


def test_accounts_of_the_first_release_are_taken_over(tmp_path: Path) -> None:
    """After an update everybody logs in as before: enabled, tied to no agent."""
    with closing(sqlite3.connect(tmp_path / ACCOUNTS_NAME)) as old, old:
        old.execute("CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY)")
        old.execute("INSERT INTO schema_version VALUES (1)")
        for statement in MIGRATIONS[0]:
            old.execute(statement)
        old.execute("INSERT INTO users VALUES ('lina', 'quality,supervisor', 'zh', '$argon2id$x', 1, 2199023255552, 3)")
    assert AccountStore(tmp_path).find("lina") == replace(USER, agent="", disabled=False, last_login_utc_ms=0)


def test_columns_are_as_the_program_believes(tmp_path: Path) -> None:
    """What migrations made is what the models say."""
    store = AccountStore(tmp_path)
    for model in (AccountRow, TokenRow):
        columns = {column.name for column in store._database.get_columns(model._meta.table_name)}
        assert columns == set(model._meta.columns)


def test_nobody_else_reads_the_file(tmp_path: Path) -> None:
    """Other users of the machine do not get at the hashes, not even for a moment."""
    store = AccountStore(tmp_path)
    store.save(USER)
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_damaged_file_is_named_with_advice(tmp_path: Path) -> None:
    """A file that is no database keeps the box from inventing accounts, and says what to do."""
    (tmp_path / ACCOUNTS_NAME).write_bytes(b"this is no database at all" * 100)
    with pytest.raises(EnvironmentFault, match=ACCOUNTS_NAME):
        AccountStore(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Without its folder the store says which file it wanted."""
    with pytest.raises(EnvironmentFault, match="nowhere"):
        AccountStore(tmp_path / "nowhere")


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    """Accounts of a newer program are left alone."""
    store = AccountStore(tmp_path)
    SchemaVersion.insert(version=99).execute(store._database)
    store.close()
    with pytest.raises(BadInput, match="99"):
        AccountStore(tmp_path)
