"""Certificates that people upload: which ones will do, and what is said of the others."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.certificate_judge import CHAIN_MOST, judge, key_said, names_of
from engine.kernel.errors import BadInput
from tests.certificates import DAY, NOW, Party, party
from tests.fakes import EPOCH_UTC_MS

ROOT = party("Root", hosts=(), uses=())
MIDDLE = party("Middle", ROOT, hosts=(), uses=())
BOX = party("box.example", MIDDLE)
OTHER = party("other.example", ROOT)


def test_a_chain_with_its_key_will_do() -> None:
    """The files of an authority are taken as they come: in any arrangement of files, with text around, with or without the root."""
    for pem in (
        BOX.pem + MIDDLE.pem + BOX.key_pem(),
        BOX.key_pem() + b"\n\n# the chain\n" + BOX.pem + MIDDLE.pem + ROOT.pem,
        (BOX.pem + MIDDLE.pem).replace(b"\n", b"\r\n") + BOX.key_pem(form=serialization.PrivateFormat.TraditionalOpenSSL),
        b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + BOX.key_pem() + BOX.pem,
    ):
        pair = judge(pem, EPOCH_UTC_MS)
        assert pair.chain[0] == BOX.certificate
        assert judge(pair.certificate_pem + pair.key_pem, EPOCH_UTC_MS).chain == pair.chain
    assert names_of(BOX.certificate) == ("box.example", "192.168.1.10")
    assert key_said(BOX.certificate) == "EC P-256"


def test_a_certificate_signed_by_itself_will_do() -> None:
    """A site's own authority is its own business."""
    alone = party("box", key=ec.generate_private_key(ec.SECP384R1()))
    assert judge(alone.pem + alone.key_pem(), EPOCH_UTC_MS).chain == (alone.certificate,)


def _weak_rsa() -> bytes:
    weak = party("box", key=rsa.generate_private_key(65537, 1024))
    return weak.pem + weak.key_pem()


def _dsa() -> bytes:
    return BOX.pem + Party(BOX.certificate, dsa.generate_private_key(1024)).key_pem()


def _edwards() -> bytes:
    made = party("box", key=ed25519.Ed25519PrivateKey.generate())
    return made.pem + made.key_pem()


def _odd_curve() -> bytes:
    made = party("box", key=ec.generate_private_key(ec.SECP256K1()))
    return made.pem + made.key_pem()


def _ended(**dates: Any) -> bytes:
    made = party("box.example", MIDDLE, **dates)
    return made.pem + MIDDLE.pem + made.key_pem()


def _middle_ended() -> bytes:
    middle = party("Middle", ROOT, end=NOW - DAY / 2, hosts=(), uses=())
    made = party("box.example", middle)
    return made.pem + middle.pem + made.key_pem()


def _request() -> bytes:
    request = x509.CertificateSigningRequestBuilder().subject_name(BOX.certificate.subject).sign(BOX.key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM) + BOX.key_pem()


REFUSED: tuple[tuple[str, Callable[[], bytes], str], ...] = (
    ("nothing", lambda: b" \n", "Nothing was given"),
    ("picture", lambda: b"\x89PNG\r\n\x1a\n" + bytes(1000), "This is not PEM"),
    ("der", lambda: BOX.certificate.public_bytes(serialization.Encoding.DER), "openssl x509 -inform der"),
    ("text", lambda: b"-----BEGIN CERTIFICATE-----\nabc", "This is not PEM"),
    ("no certificate", BOX.key_pem, "There is a key but no certificate"),
    ("request", _request, "This is a certificate request"),
    ("no key", lambda: BOX.pem + MIDDLE.pem, "There is no key in it"),
    ("two keys", lambda: BOX.pem + BOX.key_pem() + OTHER.key_pem(), "There are 2 keys in it"),
    ("broken certificate", lambda: BOX.pem[:300] + b"\n-----END CERTIFICATE-----\n" + BOX.key_pem(), "Certificate 1 cannot be read"),
    ("broken key", lambda: BOX.pem + BOX.key_pem().replace(b"M", b"N"), "The key cannot be read"),
    ("locked key", lambda: BOX.pem + BOX.key_pem(b"secret"), "The key is locked with a password"),
    (
        "old locked key",
        lambda: BOX.pem + BOX.key_pem(b"secret", serialization.PrivateFormat.TraditionalOpenSSL),
        "The key is locked with a password",
    ),
    ("weak", _weak_rsa, "RSA with 1024 bits; at least 2048"),
    ("dsa", _dsa, "Browsers do not take a key of this kind"),
    ("edwards", _edwards, "Browsers do not take a key of this kind"),
    ("odd curve", _odd_curve, "Browsers do not take a key of this kind"),
    ("foreign key", lambda: BOX.pem + MIDDLE.pem + OTHER.key_pem(), "The key does not belong to the certificate “CN=box.example”"),
    ("upside down", lambda: MIDDLE.pem + BOX.pem + BOX.key_pem(), "wrong order: the box's own must be the first"),
    ("a link is missing", lambda: BOX.pem + ROOT.pem + BOX.key_pem(), "certificate 1 (“CN=box.example”) was not signed by the next one"),
    ("mixed up", lambda: BOX.pem + ROOT.pem + MIDDLE.pem + BOX.key_pem(), "one is missing"),
    ("ended", lambda: _ended(begin=NOW - 90 * DAY, end=NOW - DAY / 2), "“CN=box.example” ended on "),
    ("chain ended", _middle_ended, "“CN=Middle” ended on "),
    ("not yet", lambda: _ended(begin=NOW + DAY), "is valid only from "),
    ("no names", lambda: _ended(hosts=()), "names no host"),
    ("not for servers", lambda: _ended(uses=(ExtendedKeyUsageOID.CLIENT_AUTH,)), "is not for servers"),
    ("too many", lambda: BOX.pem * (CHAIN_MOST + 1) + BOX.key_pem(), "There are 11 certificates in it"),
)


@pytest.mark.parametrize(("make", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_will_not_do_is_told(make: Callable[[], bytes], said: str) -> None:
    """Every mistake that people make with certificates has its own sentence, with what to do."""
    with pytest.raises(BadInput) as refused:
        judge(make(), EPOCH_UTC_MS)
    assert said in refused.value.text.in_english()


def test_a_certificate_signed_by_a_broken_method_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """SHA-1 signatures can be forged; no library makes one any more, so the method is exchanged in the looking."""
    monkeypatch.setattr("appliance.certificate_judge.BROKEN_HASHES", (hashes.SHA256,))
    with pytest.raises(BadInput, match="a method that is broken"):
        judge(BOX.pem + MIDDLE.pem + BOX.key_pem(), EPOCH_UTC_MS)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255), st.integers(0, 400))
def test_no_octets_break_the_judging(at: int, octet: int, length: int) -> None:
    """Whatever is uploaded, the answer is a pair that fits or a sentence, and never a crash."""
    sound = BOX.pem + MIDDLE.pem + BOX.key_pem()
    place = at % len(sound)
    for pem in (sound[:place] + bytes([octet]) + sound[place + 1 :], sound[:place] + sound[place + length :]):
        try:
            pair = judge(pem, EPOCH_UTC_MS)
        except BadInput:
            continue
        assert replace(pair).chain[0].public_key() == pair.key.public_key()


def test_der_that_was_tampered_with_does_not_break_the_judging() -> None:
    """Each octet of the certificate itself is changed once: the encoding is sound PEM, the content is not."""
    alone = party("box")
    for made, chain in ((BOX, MIDDLE.pem), (alone, b"")):
        octets = made.certificate.public_bytes(serialization.Encoding.DER)
        for place in range(len(octets)):
            broken = bytearray(octets)
            broken[place] ^= 0x55
            lines = base64.encodebytes(bytes(broken))
            pem = b"-----BEGIN CERTIFICATE-----\n" + lines + b"-----END CERTIFICATE-----\n" + chain + made.key_pem()
            try:
                own = judge(pem, EPOCH_UTC_MS).chain[0]
            except BadInput:
                continue
            assert own.issuer != own.subject  # said to be signed by somebody who is not there
            assert not chain
