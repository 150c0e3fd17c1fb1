"""The page's certificate: made at the first start, signed by itself, kept in the data folder.

A browser asks its user once whether to trust it. Whoever has a certificate of an authority uploads it, and new connections get it at
once; the files of before stay beside it as ``….old``.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from OpenSSL import SSL, crypto
from twisted.internet.ssl import CertificateOptions, TLSVersion

from appliance.certificate_judge import judge, key_said, names_of
from engine import facts
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock
from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.text import text
from web.certificates import PEM_BYTES_MOST, CertificateShown

__all__ = ["DAYS_VALID", "TLS_FOLDER", "PageCertificate", "certificate_options", "provide_certificate"]

TLS_FOLDER = "tls"
CERTIFICATE_NAME = "certificate.pem"
KEY_NAME = "key.pem"
OLD = ".old"
ORGANIZATION = "Strowger"
"""By this a certificate of our own is known."""
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
        _put_back(certificate, key)
        if not (certificate.exists() and key.exists()) or _needs_renewal(certificate, now):
            _make(certificate, key, host, now)
    except (OSError, ValueError) as error:
        raise _fault(place, error) from error
    return certificate, key


def certificate_options(certificate: Path, key: Path) -> CertificateOptions:
    """How the page is encrypted: TLS 1.2 and later. Raises EnvironmentFault when the two files do not belong together."""
    try:
        # pyOpenSSL's own loaders, because it is what the reactor speaks
        octets = certificate.read_bytes()
        loaded = crypto.load_certificate(crypto.FILETYPE_PEM, octets)
        signers = [crypto.X509.from_cryptography(one) for one in x509.load_pem_x509_certificates(octets)[1:]]
        private = crypto.load_privatekey(crypto.FILETYPE_PEM, key.read_bytes())
        options = CertificateOptions(
            privateKey=private, certificate=loaded, extraCertChain=signers or None, raiseMinimumTo=TLSVersion.TLSv1_2
        )
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
    return _is_own(found) and found.not_valid_after_utc - now < dt.timedelta(days=RENEW_DAYS)


def _is_own(found: x509.Certificate) -> bool:
    """True for one that we made: an uploaded one may be signed by itself as well."""
    made_by = [part.value for part in found.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    return found.issuer == found.subject and made_by == [ORGANIZATION]


def _put_back(certificate: Path, key: Path) -> None:
    """When the power went between writing the key and writing the certificate, the old pair is the one that fits together."""
    old_certificate, old_key = _old(certificate), _old(key)
    if not (certificate.exists() and key.exists() and old_certificate.exists() and old_key.exists()):
        return
    if not _fit(certificate, key) and _fit(old_certificate, old_key):
        _write(key, old_key.read_bytes(), 0o600)
        _write(certificate, old_certificate.read_bytes(), 0o644)


def _fit(certificate: Path, key: Path) -> bool:
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    try:
        public = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
        private = serialization.load_pem_private_key(key.read_bytes(), None)
        return public.public_bytes(*form) == private.public_key().public_bytes(*form)
    except (ValueError, TypeError):
        return False


def _old(path: Path) -> Path:
    return path.with_name(path.name + OLD)


def _make(certificate: Path, key: Path, host: str, now: dt.datetime) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    made = _signed(private, host, now)
    _write(key, _key_pem(private), 0o600)
    _write(certificate, made.public_bytes(serialization.Encoding.PEM), 0o644)


def _key_pem(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _signed(private: ec.EllipticCurvePrivateKey, host: str, now: dt.datetime) -> x509.Certificate:
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, host[:64] or "strowger"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION)]
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


class PageCertificate:
    """Implements ``web.certificates.Certificates`` on the files below the data folder, and is what Twisted asks for the TLS context of
    each new connection. ``load`` must have been called before it listens.
    """

    def __init__(self, folder: Path, host: Callable[[], str], clock: Clock, bus: Bus) -> None:
        self._folder = folder
        self._host = host
        self._clock = clock
        self._bus = bus
        self._options: CertificateOptions | None = None

    def getContext(self) -> Any:  # noqa: N802, ANN401  # Twisted's name, pyOpenSSL's context
        """The TLS context of a connection that is just made."""
        assert self._options is not None, "load() comes first"
        return self._options.getContext()

    def load(self) -> None:
        """Use the files, made when missing. Raises EnvironmentFault and goes on with what was in use."""
        self._options = certificate_options(*self._files())

    def present(self) -> CertificateShown:
        """See ``Certificates``."""
        certificate, _key = self._files()
        try:
            return _shown(x509.load_pem_x509_certificate(certificate.read_bytes()))
        except (OSError, ValueError) as error:
            raise _fault(certificate.parent, error) from error

    def replace(self, pem: bytes) -> CertificateShown:
        """See ``Certificates``."""
        if len(pem) > PEM_BYTES_MOST:
            raise BadInput(
                text("This is too large for certificate and key: {count} octets; at most {most}.", count=len(pem), most=PEM_BYTES_MOST)
            )
        pair = judge(pem, self._clock.utc_ms())
        self._keep(pair.certificate_pem, pair.key_pem)
        return _shown(pair.chain[0])

    def make_own(self) -> CertificateShown:
        """See ``Certificates``."""
        private = ec.generate_private_key(ec.SECP256R1())
        made = _signed(private, self._host(), dt.datetime.fromtimestamp(self._clock.utc_ms() / 1000, dt.UTC))
        self._keep(made.public_bytes(serialization.Encoding.PEM), _key_pem(private))
        return _shown(made)

    def use(self, shown: CertificateShown, by: str) -> None:
        """See ``Certificates``."""
        self.load()
        self._bus.publish(facts.CertificateChanged(fingerprint=shown.fingerprint, own=shown.own, by=by))

    def _files(self) -> tuple[Path, Path]:
        return provide_certificate(self._folder, self._host(), self._clock.utc_ms())

    def _keep(self, certificate_pem: bytes, key_pem: bytes) -> None:
        place = self._folder / TLS_FOLDER
        certificate, key = place / CERTIFICATE_NAME, place / KEY_NAME
        try:
            place.mkdir(mode=0o700, exist_ok=True)
            for path, mode in ((key, 0o600), (certificate, 0o644)):
                if path.exists():
                    _write(_old(path), path.read_bytes(), mode)
            _write(key, key_pem, 0o600)
            _write(certificate, certificate_pem, 0o644)
        except OSError as error:
            raise _fault(place, error) from error


def _shown(found: x509.Certificate) -> CertificateShown:
    digest = found.fingerprint(hashes.SHA256()).hex().upper()
    return CertificateShown(
        subject=found.subject.rfc4514_string(),
        issuer=found.issuer.rfc4514_string(),
        names=names_of(found),
        from_utc_ms=round(found.not_valid_before_utc.timestamp() * 1000),
        until_utc_ms=round(found.not_valid_after_utc.timestamp() * 1000),
        fingerprint=":".join(digest[at : at + 2] for at in range(0, len(digest), 2)),
        key=key_said(found),
        own=_is_own(found),
    )
