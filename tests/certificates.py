"""Certificates and keys for tests, made on the spot."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.fakes import EPOCH_UTC_MS

__all__ = ["DAY", "NOW", "Party", "party"]

NOW = dt.datetime.fromtimestamp(EPOCH_UTC_MS / 1000, dt.UTC)
DAY = dt.timedelta(days=1)
SERVER = (ExtendedKeyUsageOID.SERVER_AUTH,)


@dataclass(frozen=True)
class Party:
    """Somebody with a certificate and its key."""

    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self, password: bytes = b"", form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8) -> bytes:
        lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        octets: bytes = self.key.private_bytes(serialization.Encoding.PEM, form, lock)
        return octets


def party(
    name: str,
    signer: Party | None = None,
    key: Any = None,  # any private key
    *,
    begin: dt.datetime = NOW - DAY,
    end: dt.datetime = NOW + 90 * DAY,
    hosts: tuple[str, ...] = ("box.example", "192.168.1.10"),
    uses: tuple[x509.ObjectIdentifier, ...] = SERVER,
) -> Party:
    """A certificate for ``name``; signed by itself without ``signer``."""
    own = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer.certificate.subject if signer else subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
    if uses:
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    method = None if isinstance((signer.key if signer else own), ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Party(builder.sign(signer.key if signer else own, method), own)


def _host(host: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
