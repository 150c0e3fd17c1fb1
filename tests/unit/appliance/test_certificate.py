"""The page's own certificate."""

from __future__ import annotations

import datetime as dt
import errno
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from appliance import certificate as certificate_files
from appliance.certificate import DAYS_VALID, PageCertificate, certificate_options, provide_certificate
from engine.kernel.bus import Bus
from engine.kernel.errors import EnvironmentFault
from tests.certificates import DAY, NOW, party
from tests.fakes import EPOCH_UTC_MS, FakeClock

DAY_MS = 86_400_000


def a_page(folder: Path) -> PageCertificate:
    """The page's certificate in this folder, on the tests' day."""
    clock = FakeClock()
    return PageCertificate(folder, lambda: "box", clock, Bus(clock, "b1", 1, lambda: 0, lambda _name, _envelope, _error: None))


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


def test_the_chain_is_sent_along(tmp_path: Path) -> None:
    """Browsers know the authority and not the one between: it comes with the certificate."""
    root = party("Root", hosts=(), uses=())
    middle = party("Middle", root, hosts=(), uses=())
    box = party("box.example", middle)
    (tmp_path / "certificate.pem").write_bytes(box.pem + middle.pem)
    (tmp_path / "key.pem").write_bytes(box.key_pem())
    options = certificate_options(tmp_path / "certificate.pem", tmp_path / "key.pem")
    assert [one.to_cryptography() for one in options.extraCertChain] == [middle.certificate]


def test_a_certificate_of_somebody_else_is_never_replaced(tmp_path: Path) -> None:
    """An uploaded certificate that ends tomorrow, even one signed by itself, stays until a person exchanges it."""
    page = a_page(tmp_path)
    page.load()
    uploaded = party("box.example", end=NOW + DAY)
    page.replace(uploaded.pem + uploaded.key_pem())
    assert loaded(provide_certificate(tmp_path, "box", EPOCH_UTC_MS)[0]) == uploaded.certificate
    assert not page.present().own


def test_power_lost_between_key_and_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key was written, the certificate was not: the next start puts the old pair back, and the page is there."""
    page = a_page(tmp_path)
    page.load()
    before = page.present()
    uploaded = party("box.example")
    write = certificate_files._write

    def lost(path: Path, octets: bytes, mode: int) -> None:
        if path.name == "certificate.pem":
            raise OSError(errno.EIO, "the power is gone")
        write(path, octets, mode)

    with monkeypatch.context() as broken:
        broken.setattr(certificate_files, "_write", lost)
        with pytest.raises(EnvironmentFault, match="the power is gone"):
            page.replace(uploaded.pem + uploaded.key_pem())
    again = a_page(tmp_path)
    again.load()
    assert again.present() == before


def test_what_is_in_use_goes_on_when_the_files_are_spoilt(tmp_path: Path) -> None:
    """Connections are taken with the certificate in memory, whatever happens to the files meanwhile."""
    page = a_page(tmp_path)
    page.load()
    context = page.getContext()
    (tmp_path / "tls" / "key.pem").write_bytes(b"nonsense")
    with pytest.raises(EnvironmentFault):
        page.load()
    assert page.getContext() is context


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
