"""What the page needs to show its own certificate and to take another one. The appliance does it; see ``appliance/certificate.py``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["PEM_BYTES_MOST", "CertificateShown", "Certificates"]

PEM_BYTES_MOST = 100_000
"""Of a certificate with its chain and key; a chain of ten has some 20 000 octets."""


@dataclass(frozen=True)
class CertificateShown:
    """The certificate as people compare it. ``fingerprint``: SHA-256 of its octets, in pairs; ``own``: made and signed by the box."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    from_utc_ms: int
    until_utc_ms: int
    fingerprint: str
    key: str
    own: bool


class Certificates(Protocol):
    """The page's certificate. The methods read and write files: call them in the chores' thread, and ``use`` in the reactor's."""

    def present(self) -> CertificateShown:
        """The certificate that new connections get. Raises EnvironmentFault when the files cannot be read."""

    def replace(self, pem: bytes) -> CertificateShown:
        """Keep another certificate with its chain and key, as PEM; the old files stay beside it.

        Raises BadInput, with what is wrong and what to do, when it would not work; EnvironmentFault when it cannot be kept.
        """

    def make_own(self) -> CertificateShown:
        """Go back to a certificate that the box makes and signs itself. Raises EnvironmentFault."""

    def use(self, shown: CertificateShown, by: str) -> None:
        """New connections get the certificate that was kept last; ``by`` whom it was changed becomes a fact. Raises EnvironmentFault."""
