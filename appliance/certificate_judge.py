"""Whether a certificate that somebody uploads will do for the page. Pure: octets and the time in, a sound pair or a sentence out."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from engine.kernel.errors import BadInput
from engine.kernel.text import Text, text

__all__ = ["CHAIN_MOST", "RSA_BITS_LEAST", "Pair", "judge", "key_said", "names_of"]

CHAIN_MOST = 10
RSA_BITS_LEAST = 2048
CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
"""Those that browsers take (CA/Browser Forum baseline requirements, 6.1.5)."""
BROKEN_HASHES = (hashes.MD5, hashes.SHA1)

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----\s(.{0,100000}?)-----END \1-----", re.DOTALL)
_KEYS = frozenset(
    {b"PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY", b"DSA PRIVATE KEY", b"OPENSSH PRIVATE KEY", b"ENCRYPTED PRIVATE KEY"}
)
_CERTIFICATES = frozenset({b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"})

_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
"""What parts of a certificate that are looked at only when they are wanted may raise."""

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Pair:
    """A certificate with its chain, the box's own first, and the key that belongs to it."""

    chain: tuple[x509.Certificate, ...]
    key: Key

    @property
    def certificate_pem(self) -> bytes:
        """The chain as a file."""
        return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in self.chain)

    @property
    def key_pem(self) -> bytes:
        """The key as a file."""
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def judge(pem: bytes, now_utc_ms: int) -> Pair:
    """The pair in ``pem``, wherever in it certificates and key stand. Raises BadInput with the first thing that is wrong."""
    blocks = [(found[1], found[0]) for found in _BLOCK.finditer(pem)]
    if not blocks:
        raise _no_pem(pem)
    chain = _chain([octets for kind, octets in blocks if kind in _CERTIFICATES], [kind for kind, _octets in blocks])
    key = _key([(kind, octets) for kind, octets in blocks if kind in _KEYS])
    try:
        _check_match(chain, key)
        _check_order(chain)
        _check_own_signature(chain[0])
        _check_dates(chain, dt.datetime.fromtimestamp(now_utc_ms / 1000, dt.UTC))
        _check_strength(chain)
        _check_use(chain[0])
    except _UNREADABLE as error:
        raise _refused(text("The certificate cannot be read; perhaps a part of the file is missing.")) from error
    return Pair(chain, key)


def _refused(said: Text) -> BadInput:
    return BadInput(said)


def _no_pem(pem: bytes) -> BadInput:
    if not pem.strip():
        return _refused(text("Nothing was given: choose the files, or paste the texts, of certificate and key."))
    return _refused(
        text(
            "This is not PEM: no line “-----BEGIN CERTIFICATE-----” was found. A .pfx or .p12 file is turned into PEM by"
            " “openssl pkcs12 -in file.pfx -nodes -out file.pem”, a binary .der or .cer file by"
            " “openssl x509 -inform der -in file.cer -out file.pem”."
        )
    )


def _chain(blocks: list[bytes], kinds: Iterable[bytes]) -> tuple[x509.Certificate, ...]:
    if not blocks:
        if any(b"REQUEST" in kind for kind in kinds):
            raise _refused(text("This is a certificate request. Give the certificate that the authority made from it."))
        raise _refused(text("There is a key but no certificate: give the certificate too, and the authority's chain after it."))
    if len(blocks) > CHAIN_MOST:
        raise _refused(text("There are {count} certificates in it; a chain has at most {most}.", count=len(blocks), most=CHAIN_MOST))
    chain = []
    for number, octets in enumerate(blocks, start=1):
        try:
            chain.append(x509.load_pem_x509_certificate(octets))
        except _UNREADABLE as error:
            raise _refused(text("Certificate {number} cannot be read; perhaps a part of the file is missing.", number=number)) from error
    return tuple(chain)


def _key(blocks: list[tuple[bytes, bytes]]) -> Key:
    if not blocks:
        raise _refused(text("There is no key in it: give the private key that the certificate was asked for with."))
    if len(blocks) > 1:
        raise _refused(text("There are {count} keys in it; give only the one that belongs to the certificate.", count=len(blocks)))
    kind, octets = blocks[0]
    if kind.startswith(b"ENCRYPTED") or b"Proc-Type: 4,ENCRYPTED" in octets:
        raise _refused(
            text(
                "The key is locked with a password. The box starts without anybody there to type it: “openssl pkey -in key.pem -out open.pem”."
            )
        )
    try:
        key = serialization.load_pem_private_key(octets, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _refused(text("The key cannot be read; perhaps a part of the file is missing.")) from error
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size < RSA_BITS_LEAST:
            raise _refused(
                text("The key is too weak: RSA with {bits} bits; at least {least} are wanted.", bits=key.key_size, least=RSA_BITS_LEAST)
            )
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in CURVES:
        return key
    raise _refused(
        text(
            "Browsers do not take a key of this kind. RSA with at least {least} bits, or the curves {curves}.",
            least=RSA_BITS_LEAST,
            curves=_curves(),
        )
    )


def _curves() -> str:
    return ", ".join(CURVES.values())


def _public(holder: x509.Certificate | Key) -> bytes:
    key = holder.public_key()
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _check_match(chain: tuple[x509.Certificate, ...], key: Key) -> None:
    matching = [_public(one) == _public(key) for one in chain]
    if matching[0]:
        return
    if any(matching):
        said = text(
            "The certificates are in the wrong order: the box's own must be the first, then the one that signed it, and so on. The key"
            " belongs to certificate {number}.",
            number=matching.index(True) + 1,
        )
        raise _refused(said)
    raise _refused(
        text("The key does not belong to the certificate “{subject}”: they are of two different pairs.", subject=_called(chain[0]))
    )


def _check_order(chain: tuple[x509.Certificate, ...]) -> None:
    for number, (one, signer) in enumerate(pairwise(chain), start=1):
        try:
            one.verify_directly_issued_by(signer)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
            said = text(
                "The certificates are in the wrong order, or one is missing: certificate {number} (“{subject}”) was not signed by the next"
                " one (“{signer}”) but by “{issuer}”.",
                number=number,
                subject=_called(one),
                signer=_called(signer),
                issuer=one.issuer.rfc4514_string(),
            )
            raise _refused(said) from error


def _check_own_signature(own: x509.Certificate) -> None:
    if own.issuer != own.subject:
        return
    try:
        own.verify_directly_issued_by(own)
    except InvalidSignature as error:
        raise _refused(text("The certificate is damaged: its signature does not fit.")) from error


def _check_dates(chain: tuple[x509.Certificate, ...], now: dt.datetime) -> None:
    for one in chain:
        if now < one.not_valid_before_utc:
            said = text(
                "The certificate “{subject}” is valid only from {day} on. Look at the clock of the box.",
                subject=_called(one),
                day=f"{one.not_valid_before_utc:%Y-%m-%d %H:%M} UTC",
            )
            raise _refused(said)
        if now > one.not_valid_after_utc:
            said = text(
                "The certificate “{subject}” ended on {day}. Ask the authority for a new one.",
                subject=_called(one),
                day=f"{one.not_valid_after_utc:%Y-%m-%d %H:%M} UTC",
            )
            raise _refused(said)


def _check_strength(chain: tuple[x509.Certificate, ...]) -> None:
    for one in chain:
        if one.issuer != one.subject and isinstance(one.signature_hash_algorithm, BROKEN_HASHES):
            raise _refused(text("The certificate “{subject}” is signed by a method that is broken (MD5 or SHA-1).", subject=_called(one)))


def _check_use(own: x509.Certificate) -> None:
    if not names_of(own):
        raise _refused(text("The certificate names no host (subject alternative name): no browser takes it."))
    try:
        uses = own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    if ExtendedKeyUsageOID.SERVER_AUTH not in uses and ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE not in uses:
        raise _refused(text("The certificate is not for servers: the authority made it for another purpose."))


def names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """The hosts and addresses that a certificate is for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (*found.get_values_for_type(x509.DNSName), *(str(address) for address in found.get_values_for_type(x509.IPAddress)))


def key_said(certificate: x509.Certificate) -> str:
    """The kind of its key: ``RSA 2048``, ``EC P-256``."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {CURVES.get(key.curve.name, key.curve.name)}"
    return type(key).__name__.removesuffix("PublicKey")


def _called(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()[:100] or ", ".join(names_of(certificate)) or "?"
