"""The box's own SSH key, and the people's."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from twisted.conch.ssh.keys import Key

from appliance.process import _is_ssh_peers_fault
from appliance.ssh_keys import HOST_KEY_NAME, fingerprint, judge_keys, provide_host_key, user_of_key
from engine.kernel.errors import BadInput, EnvironmentFault
from engine.settings.site import ConsoleSection, Site, SshKey

LI = Key(ed25519.Ed25519PrivateKey.generate())


def public(key: Key) -> str:
    """The line of a ``.pub`` file."""
    return str(key.public().toString("openssh", comment=b"li").decode())


def with_key(line: str) -> Site:
    return replace(Site(), console=ConsoleSection(ssh_keys=(SshKey(name="laptop", user="li", key=line),)))


def test_the_box_keeps_its_key(tmp_path: Path) -> None:
    """Made once, for nobody else to read, and the same at every start: people compare its fingerprint."""
    first = provide_host_key(tmp_path)
    assert stat.S_IMODE((tmp_path / HOST_KEY_NAME).stat().st_mode) == 0o600
    assert fingerprint(provide_host_key(tmp_path)) == fingerprint(first)
    assert fingerprint(first).startswith("SHA256:")
    assert not fingerprint(first).endswith("=")
    assert [file.name for file in tmp_path.iterdir()] == [HOST_KEY_NAME]


def test_a_damaged_key_is_not_replaced(tmp_path: Path) -> None:
    """Another key would look like an attack to everybody who knows the old one: a person decides."""
    (tmp_path / HOST_KEY_NAME).write_bytes(b"-----BEGIN garbage")
    with pytest.raises(EnvironmentFault, match="is damaged"):
        provide_host_key(tmp_path)
    assert (tmp_path / HOST_KEY_NAME).read_bytes() == b"-----BEGIN garbage"
    with pytest.raises(EnvironmentFault, match="cannot be used"):
        provide_host_key(tmp_path / "no" / "folder")


def test_keys_of_the_settings_are_judged_before_they_are_kept() -> None:
    """What has the shape of a key and is none, or is a weak one, is refused with its name."""
    judge_keys(with_key(public(LI)))
    with pytest.raises(BadInput, match=r"\[laptop\]\.key is no public key"):
        judge_keys(with_key("ssh-ed25519 AAAA" + "B" * 60))
    weak = Key(rsa.generate_private_key(65537, 1024))
    with pytest.raises(BadInput, match="has 1024 bits; at least 2048"):
        judge_keys(with_key(public(weak)))


def test_a_key_is_one_users() -> None:
    """The key says who it is; the comment behind it says nothing; an unknown one is nobody's."""
    keys = with_key(public(LI)).console.ssh_keys
    assert user_of_key(keys, LI.public().blob()) == "li"
    assert user_of_key(keys, Key(ed25519.Ed25519PrivateKey.generate()).public().blob()) == ""
    broken = (SshKey(name="old", user="wang", key="ssh-ed25519 AAAA"), *keys)
    assert user_of_key(broken, LI.public().blob()) == "li"


@pytest.mark.parametrize(
    ("namespace", "peers"),
    [
        ("twisted.conch.ssh.transport.SSHTransportBase", True),
        ("appliance.ssh_front._Transport", True),
        ("twisted.internet.base", False),
        ("", False),
    ],
)
def test_what_a_peer_does_wrong_is_no_bug(namespace: str, peers: bool) -> None:
    """Strangers at the SSH port cannot raise alarms about the appliance by sending nonsense."""
    assert _is_ssh_peers_fault({"log_namespace": namespace}) is peers
