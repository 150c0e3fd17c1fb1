"""Files that are sent to the page: who may, how large, and what a browser is told; and the page's certificate."""

from __future__ import annotations

import html
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from engine import facts
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text
from tests.certificates import Party, party
from tests.pages import Maker, Pages, Person, Reply, logged
from web.request import BODY_BYTES_MOST, PASSED_OVER_BYTES_MOST, UPLOAD_BYTES_MOST

PAGE = "/settings/certificate"
BOUNDARY = "----Webby"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def multipart(values: dict[str, str], files: dict[str, bytes] | None = None) -> bytes:
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in values.items()]
    for name, octets in (files or {}).items():
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.pem"\r\n\r\n'
        parts.append(head.encode() + octets + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def upload(person: Person, files: dict[str, bytes], path: str = PAGE, **values: str) -> Reply:
    return person.ask("POST", path, multipart({"csrf": person.get(PAGE).csrf, **values}, files), {"content_type": TYPE})


@pytest.fixture
def admin(pages: Pages) -> Person:
    return pages.person("admin", accept_language="en")


# ---- limits ------------------------------------------------------------------------------------------------------------------


def test_a_large_file_is_refused_with_a_sentence(admin: Person) -> None:
    """A browser that sends a picture reads why it was refused, although the file was thrown away."""
    reply = upload(admin, {"certificate": bytes(UPLOAD_BYTES_MOST)})
    assert reply.status == 413
    assert "The file is larger than 4 MB. Nothing was changed." in reply.text
    chunks = b"".join(b"%x\r\n%s\r\n" % (1 << 20, bytes(1 << 20)) for _ in range(5)) + b"0\r\n\r\n"
    reply = admin.ask("POST", PAGE, chunks, {"content_type": TYPE, "transfer-encoding": "chunked", "content-length": ""})
    assert reply.status == 413
    assert "larger than 4 MB" in reply.text


def test_a_file_without_end_is_cut_off(admin: Person) -> None:
    """What is far too large is not even read."""
    opened = admin.open("POST", PAGE, b"", {"content_type": TYPE, "content-length": str(PASSED_OVER_BYTES_MOST + 1)})
    assert opened.transport.value().startswith(b"HTTP/1.1 413")
    assert opened.transport.disconnecting
    opened = admin.open("POST", PAGE, b"", {"content_type": TYPE, "transfer-encoding": "chunked", "content-length": ""})
    for _ in range(PASSED_OVER_BYTES_MOST // (4 << 20) + 3):
        opened.channel.dataReceived(b"%x\r\n%s\r\n" % (4 << 20, bytes(4 << 20)))
    assert opened.transport.disconnecting


@pytest.mark.parametrize(("name", "path"), [("", PAGE), ("guest", PAGE), ("admin", "/settings/desk"), ("admin", PAGE + "/x")])
def test_others_and_elsewhere_nothing_large_is_read(pages: Pages, name: str, path: str) -> None:
    """Strangers, users without the right, and other addresses keep to the limit of a form."""
    reply = pages.person(name).ask("POST", path, bytes(BODY_BYTES_MOST + 1), {"content_type": TYPE})
    assert reply.status == 413
    assert reply.body == b""


def test_who_must_change_the_password_uploads_nothing(make_pages: Maker) -> None:
    """The first password opens nothing but its own change."""
    person = make_pages(must_change=True).person("admin")
    assert person.ask("POST", PAGE, bytes(BODY_BYTES_MOST + 1), {"content_type": TYPE}).body == b""


@pytest.mark.parametrize("kind", [TYPE, "multipart/form-data", "multipart/form-data; boundary=other"])
def test_a_broken_form_is_no_form(admin: Person, kind: str) -> None:
    """A form that cannot be taken apart is refused like one from elsewhere, and nothing is done."""
    assert admin.ask("POST", PAGE, b"nonsense\r\n" * 20, {"content_type": kind}).status == 403


def test_a_form_with_files_works_for_every_page(admin: Person) -> None:
    """A page that takes no file still understands the form."""
    csrf = admin.get(PAGE).csrf
    reply = admin.ask("POST", "/settings/desk", multipart({"csrf": csrf, "pin_tries": "x"}), {"content_type": TYPE})
    assert reply.status == 400
    assert 'id="f-pin_tries-fault"' in reply.text


# ---- the certificate -----------------------------------------------------------------------------------------------------------


def made(pages: Pages, name: str = "box.example", days: int = 90, key: Any = None) -> Party:  # any private key
    """A certificate that is valid on the page's day."""
    now = datetime.fromtimestamp(pages.clock.utc_ms() / 1000, UTC)
    return party(name, key=key, begin=now - timedelta(days=1), end=now + timedelta(days=days))


def shown(person: Person) -> str:
    return html.unescape(person.get(PAGE).text)


def test_the_certificate_is_shown(admin: Person) -> None:
    """Whoever is warned by the browser compares the fingerprint; it is said that the box made it."""
    text_ = shown(admin)
    for part in ("made by this box", "localhost, box, 127.0.0.1, ::1", "EC P-256", "CN=box"):
        assert part in text_
    assert "Back to a certificate made by the box" not in text_


def test_another_certificate_is_used_at_once_and_taken_back(pages: Pages, admin: Person, tmp_path: Path) -> None:
    """New connections get it without a restart; the key is for nobody else; the old files stay; a fact tells who did it."""
    pages.certificate.load()
    before = pages.certificate.getContext()
    new = made(pages, key=ec.generate_private_key(ec.SECP384R1()))
    reply = upload(admin, {"certificate": new.pem, "key": new.key_pem()}, act="replace")
    assert reply.header("location") == PAGE
    assert pages.certificate.getContext() is not before
    text_ = shown(admin)
    for part in ("The certificate is changed.", "uploaded", "box.example, 192.168.1.10", "EC P-384"):
        assert part in text_
    fingerprint = pages.certificate.present().fingerprint
    assert fingerprint in text_
    assert pages.day.told(facts.CertificateChanged)[-1] == facts.CertificateChanged(fingerprint=fingerprint, own=False, by="user admin")
    assert stat.S_IMODE((tmp_path / "tls" / "key.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "tls" / "key.pem.old").stat().st_mode) == 0o600
    assert b"BEGIN CERTIFICATE" in (tmp_path / "tls" / "certificate.pem.old").read_bytes()
    assert upload(admin, {}, act="own").header("location") == PAGE
    assert "made by this box" in shown(admin)
    assert pages.day.told(facts.CertificateChanged)[-1].own
    assert "BEGIN PRIVATE KEY" not in "".join(pages.log)


def test_pasted_texts_will_do_and_a_key_never_comes_back(pages: Pages, admin: Person) -> None:
    """What was pasted stays in the form when it was refused, but for the key."""
    new, other = made(pages), made(pages, "other.example")
    texts = {"certificate_text": new.pem.decode(), "key_text": other.key_pem().decode()}
    reply = upload(admin, {}, **texts, act="replace")
    assert reply.status == 400
    assert "The key does not belong to the certificate “CN=box.example”" in html.unescape(reply.text)
    assert new.pem.decode().split()[4] in html.unescape(reply.text)
    assert other.key_pem().decode().split()[4] not in html.unescape(reply.text)
    assert upload(admin, {}, certificate_text=new.pem.decode(), key_text=new.key_pem().decode(), act="replace").status == 303


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "Nothing was given"),
        ({"certificate": b"\x89PNG" * 100}, "This is not PEM"),
        ({"certificate": b"x" * 150_000}, "This is too large for certificate and key: 150"),
    ],
)
def test_a_wrong_upload_is_a_sentence_and_changes_nothing(pages: Pages, admin: Person, files: dict[str, bytes], said: str) -> None:
    """The certificate in use stays."""
    before = pages.certificate.present()
    reply = upload(admin, files, act="replace")
    assert reply.status == 400
    assert said in html.unescape(reply.text)
    assert pages.certificate.present() == before


def test_a_certificate_that_ends_soon_is_told(pages: Pages, admin: Person) -> None:
    """Nobody finds out by a browser's refusal."""
    assert "ends soon" not in shown(admin)
    soon = made(pages, days=20)
    assert upload(admin, {"certificate": soon.pem, "key": soon.key_pem()}, act="replace").status == 303
    assert "This certificate ends soon." in shown(admin)


def test_a_disk_that_is_full_keeps_the_certificate(pages: Pages, admin: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new one cannot be kept: it is said, and the old one is in use."""
    before = pages.certificate.present()

    def full(_pem: bytes) -> None:
        raise EnvironmentFault(text("the disk is full"))

    new = made(pages)
    with monkeypatch.context() as broken:
        broken.setattr(pages.certificate, "replace", full)
        reply = upload(admin, {"certificate": new.pem, "key": new.key_pem()}, act="replace")
    assert reply.status == 503
    assert "the disk is full" in reply.text
    assert logged(pages, "the certificate: the disk is full")
    assert pages.certificate.present() == before


def test_files_that_were_spoilt_are_told(admin: Person, tmp_path: Path) -> None:
    """Somebody edited the files by hand: the page says so and still takes another certificate."""
    shown(admin)
    (tmp_path / "tls" / "certificate.pem").write_bytes(b"nonsense")
    reply = admin.get(PAGE)
    assert reply.status == 503
    assert "cannot be used" in reply.text
    assert "Use this certificate" in reply.text
