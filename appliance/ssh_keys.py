"""The keys of the console by SSH: the box's own, made at the first need, and those of the people, from the settings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.conch.ssh.keys import BadKeyError, FingerprintFormats, Key

from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.text import text
from engine.settings.site import Site, SshKey

__all__ = ["HOST_KEY_NAME", "fingerprint", "judge_keys", "provide_host_key", "user_of_key"]

HOST_KEY_NAME = "ssh_host_ed25519_key"
RSA_BITS_LEAST = 2048


def provide_host_key(folder: Path) -> Key:
    """The box's key (Ed25519, RFC 8709), made in this folder when there is none. Raises EnvironmentFault when it cannot be kept or read:
    a key is never replaced by itself, because whoever knows the old one would be warned of an attack.
    """
    file = folder / HOST_KEY_NAME
    try:
        if not file.exists():
            _make(file)
        key: Key = Key.fromString(file.read_bytes())
    except OSError as error:
        raise EnvironmentFault(text("the SSH host key {file} cannot be used: {error}.", file=str(file), error=str(error))) from error
    except BadKeyError as error:
        said = text(
            "the SSH host key {file} is damaged ({error}): put it back from a backup, or remove it.", file=str(file), error=str(error)
        )
        raise EnvironmentFault(said) from error
    return key


def _make(file: Path) -> None:
    octets = Key(Ed25519PrivateKey.generate()).toString("openssh")
    beside = file.with_suffix(".new")
    beside.unlink(missing_ok=True)
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as written:
        written.write(octets)
        written.flush()
        os.fsync(fd)
    beside.rename(file)  # a power cut leaves a whole key or none


def fingerprint(key: Key) -> str:
    """As every SSH client shows it: ``SHA256:`` and base64 (RFC 4648 without padding)."""
    return "SHA256:" + str(key.fingerprint(FingerprintFormats.SHA256_BASE64)).rstrip("=")


def judge_keys(site: Site) -> None:
    """Before settings are kept: every public key in them can be read and is strong enough. Raises BadInput."""
    for known in site.console.ssh_keys:
        key = _read(known.key)
        if key is None:
            raise BadInput(text("console.ssh_keys[{name}].key is no public key: copy the one line of the .pub file.", name=known.name))
        if key.type() == "RSA" and key.size() < RSA_BITS_LEAST:
            said = text(
                "console.ssh_keys[{name}].key has {bits} bits; at least {least} are needed.",
                name=known.name,
                bits=key.size(),
                least=RSA_BITS_LEAST,
            )
            raise BadInput(said)


def user_of_key(keys: Sequence[SshKey], blob: bytes) -> str:
    """Whose key this is; empty for nobody's."""
    for known in keys:
        key = _read(known.key)
        if key is not None and key.blob() == blob:
            return known.user
    return ""


def _read(line: str) -> Key | None:
    """The public key of a line; None when it is none."""
    try:
        key: Key = Key.fromString(line.encode())
    except Exception:  # noqa: BLE001  # the library raises whatever its parsing met
        return None
    return key if key.isPublic() else None
