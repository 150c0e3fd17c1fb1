"""The page's certificate: made at the first start, signed by itself, kept in the data folder.

A browser asks its user once whether to trust it. Whoever has a certificate of an authority puts it in place of ours.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from OpenSSL import SSL, crypto
from twisted.internet.ssl import CertificateOptions, TLSVersion

from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text

__all__ = ["DAYS_VALID", "TLS_FOLDER", "certificate_options", "provide_certificate"]

TLS_FOLDER = "tls"
CERTIFICATE_NAME = "certificate.pem"
KEY_NAME = "key.pem"
DAYS_VALID = 800
"""Some clients refuse certificates of more than 825 days."""
RENEW_DAYS = 60
BACKDATED = dt.timedelta(days=1)
"""For browsers whose clock is a little behind."""


def provide_certificate(folder: Path, host: str, now_utc_ms: int) -> tuple[Path, Path]:
    """The files of certificate and key below the data folder; made anew when missing, or when ours ends within 60 days.

    A certificate that somebody else signed is never replaced. Raises EnvironmentFault when the files cannot be written or read.
    """
    place = folder / TLS_FOLDER
    certificate, key = place / CERTIFICATE_NAME, place / KEY_NAME
    now = dt.datetime.fromtimestamp(now_utc_ms / 1000, dt.UTC)
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        if not (certificate.exists() and key.exists()) or _needs_renewal(certificate, now):
            _make(certificate, key, host, now)
    except (OSError, ValueError) as error:
        raise _fault(place, error) from error
    return certificate, key


def certificate_options(certificate: Path, key: Path) -> CertificateOptions:
    """How the page is encrypted: TLS 1.2 and later. Raises EnvironmentFault when the two files do not belong together."""
    try:
        # pyOpenSSL's own loaders, because it is what the reactor speaks
        loaded = crypto.load_certificate(crypto.FILETYPE_PEM, certificate.read_bytes())
        private = crypto.load_privatekey(crypto.FILETYPE_PEM, key.read_bytes())
        options = CertificateOptions(privateKey=private, certificate=loaded, raiseMinimumTo=TLSVersion.TLSv1_2)
        options.getContext()
    except (OSError, ValueError, crypto.Error, SSL.Error) as error:
        raise _fault(certificate.parent, error) from error
    return options


def _fault(place: Path, error: Exception) -> EnvironmentFault:
    return EnvironmentFault(
        text(
            "the certificate in {folder} cannot be used ({error}): put it right, or move the folder away and a new one is made.",
            folder=str(place),
            error=str(error) or type(error).__name__,
        )
    )


def _needs_renewal(path: Path, now: dt.datetime) -> bool:
    found = x509.load_pem_x509_certificate(path.read_bytes())
    return found.issuer == found.subject and found.not_valid_after_utc - now < dt.timedelta(days=RENEW_DAYS)


def _make(certificate: Path, key: Path, host: str, now: dt.datetime) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    made = _signed(private, host, now)
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(key, pem, 0o600)
    _write(certificate, made.public_bytes(serialization.Encoding.PEM), 0o644)


def _signed(private: ec.EllipticCurvePrivateKey, host: str, now: dt.datetime) -> x509.Certificate:
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, host[:64] or "strowger"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Strowger")]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now - BACKDATED + dt.timedelta(days=DAYS_VALID))
        .add_extension(x509.SubjectAlternativeName(_names(host)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    return builder.sign(private, hashes.SHA256())


def _names(host: str) -> Sequence[x509.GeneralName]:
    loopback = [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1")]
    hosts = dict.fromkeys(["localhost", *([host] if host.isascii() and host else [])])
    return [*(x509.DNSName(one) for one in hosts), *loopback]


def _write(path: Path, octets: bytes, mode: int) -> None:
    """Whole or not at all, and never readable for others before it has its mode."""
    fresh = path.with_suffix(".new")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(fd, "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
