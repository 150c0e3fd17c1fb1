"""The page's certificate: what it is, and another one in its place."""

from __future__ import annotations

from klein import Klein

from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.text import Text, text
from engine.people.actors import Act
from web.certificates import PEM_BYTES_MOST, Certificates, CertificateShown
from web.house import House, asked
from web.pages.settings import settings_tabs
from web.visit import Visit

__all__ = ["add"]

ADDRESS = "/settings/certificate"
ENDS_SOON_MS = 30 * 86_400_000


class _CertificatePage:
    def __init__(self, house: House, certificates: Certificates) -> None:
        self._house = house
        self._certificates = certificates

    async def show(self, visit: Visit) -> bytes:
        """The certificate that new connections get."""
        return await self._page(visit, None, 200)

    async def change(self, visit: Visit) -> bytes:
        """Another one was uploaded or pasted, or the box's own is wanted back."""
        certificates, chores = self._certificates, self._house.chores
        own = visit.value("act") == "own"
        pem = _given(visit)
        try:
            kept: CertificateShown = await asked(
                lambda done, failed: chores.submit(lambda: certificates.make_own() if own else certificates.replace(pem), done, failed)
            )
            certificates.use(kept, visit.actor.about)
        except BadInput as wrong:
            return await self._page(visit, wrong.text, 400)
        except EnvironmentFault as fault:
            self._house.log(f"web: the certificate: {fault}")
            return await self._page(visit, fault.text, 503)
        assert visit.session is not None
        visit.session.news = text("The certificate is changed. New connections get it at once; the old files stay beside it.")
        return visit.go(ADDRESS)

    async def _page(self, visit: Visit, said: Text | None, status: int) -> bytes:
        certificates, chores = self._certificates, self._house.chores
        shown: CertificateShown | None = None
        try:
            shown = await asked(lambda done, failed: chores.submit(certificates.present, done, failed))
        except EnvironmentFault as fault:
            said, status = said or fault.text, max(status, 503)
        now_utc_ms = self._house.clock.utc_ms()
        values = {
            "tabs": settings_tabs("certificate"),
            "waiting": None,
            "shown": shown,
            "offset_min": self._house.clock.utc_offset_min(),
            "ends_soon": shown is not None and not shown.own and shown.until_utc_ms - now_utc_ms < ENDS_SOON_MS,
            "said": said,
            # a pasted certificate comes back; a key never does
            "pasted": visit.raw_value("certificate_text", PEM_BYTES_MOST),
            "secure": self._house.secure,
        }
        return visit.page("settings/certificate.html", values, status)


def _given(visit: Visit) -> bytes:
    """Everything that was uploaded or pasted, one after the other; which is which is seen by looking."""
    files = [found[1] for found in (visit.file("certificate"), visit.file("key")) if found is not None]
    texts = [visit.raw_value(name, PEM_BYTES_MOST + 1).encode() for name in ("certificate_text", "key_text")]
    return b"\n".join([*files, *texts])


def add(app: Klein, house: House, certificates: Certificates) -> None:
    """Put this page to its address."""
    page = _CertificatePage(house, certificates)
    house.add(app, ADDRESS, Act.SEE_SITE, page.show)
    house.add(app, ADDRESS, Act.CHANGE_SITE, page.change, ("POST",), upload=True)
