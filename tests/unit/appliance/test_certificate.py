"""The page's own certificate."""

from __future__ import annotations

import datetime as dt
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from appliance.certificate import DAYS_VALID, certificate_options, provide_certificate
from engine.kernel.errors import EnvironmentFault
from tests.fakes import EPOCH_UTC_MS

DAY_MS = 86_400_000


def loaded(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_a_new_box_makes_its_certificate_once(tmp_path: Path) -> None:
    """The browser asks its user once: the next start serves the same certificate. Nobody else reads the key."""
    certificate, key = provide_certificate(tmp_path, "box", EPOCH_UTC_MS)
    made = certificate.read_bytes()
    assert provide_certificate(tmp_path, "box", EPOCH_UTC_MS + DAY_MS) == (certificate, key)
    assert certificate.read_bytes() == made
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    certificate_options(certificate, key)


def test_the_certificate_says_what_browsers_want(tmp_path: Path) -> None:
    """A P-256 key, the names by which the box is reached, for servers, and not longer than clients accept."""
    found = loaded(provide_certificate(tmp_path, "box", EPOCH_UTC_MS)[0])
    public = found.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert public.curve.name == "secp256r1"
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "box"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert found.not_valid_after_utc - found.not_valid_before_utc == dt.timedelta(days=DAYS_VALID)
    assert found.not_valid_before_utc < dt.datetime.fromtimestamp(EPOCH_UTC_MS / 1000, dt.UTC)


def test_a_certificate_that_ends_soon_is_renewed(tmp_path: Path) -> None:
    """No page is lost to a date: within the last two months a start makes a new one."""
    first = loaded(provide_certificate(tmp_path, "box", EPOCH_UTC_MS)[0])
    still = loaded(provide_certificate(tmp_path, "box", EPOCH_UTC_MS + 700 * DAY_MS)[0])
    renewed = loaded(provide_certificate(tmp_path, "box", EPOCH_UTC_MS + 750 * DAY_MS)[0])
    assert still.serial_number == first.serial_number
    assert renewed.serial_number != first.serial_number


@pytest.mark.parametrize("name", ["", "盒子", "x" * 80])
def test_a_strange_host_name_is_no_obstacle(tmp_path: Path, name: str) -> None:
    """Whatever the machine is called, the page has a certificate."""
    certificate_options(*provide_certificate(tmp_path, name, EPOCH_UTC_MS))


def test_broken_files_are_named_with_advice(tmp_path: Path) -> None:
    """A certificate that is none, or a key of another one: a sentence with the folder, and nothing is overwritten."""
    certificate, key = provide_certificate(tmp_path, "box", EPOCH_UTC_MS)
    good = certificate.read_bytes()
    certificate.write_bytes(b"nonsense")
    with pytest.raises(EnvironmentFault, match="tls"):
        provide_certificate(tmp_path, "box", EPOCH_UTC_MS)
    assert certificate.read_bytes() == b"nonsense"
    certificate.write_bytes(good)
    (tmp_path / "second").mkdir()
    foreign = provide_certificate(tmp_path / "second", "box", EPOCH_UTC_MS)[1]
    with pytest.raises(EnvironmentFault, match="tls"):
        certificate_options(certificate, foreign)
    key.write_bytes(b"")
    with pytest.raises(EnvironmentFault, match="tls"):
        certificate_options(certificate, key)
