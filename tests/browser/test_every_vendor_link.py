"""A patient connects each vendor in a real browser: our page, the vendor's own, and back.

The vendors are played by servers that refuse what the real ones refuse: another address of return,
a missing state, a challenge that is none, a scope that may write.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from fetcher.parts import FetchedVendor
from fetcher.tokens import OAuthClient
from ingest.vendors import CONNECTORS
from patient.config import BACK_PATH
from simulate.vendors.garmin.server import GarminServer
from simulate.vendors.google_server import GoogleServer
from simulate.vendors.oura import OuraServer
from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.platform.vendor_http import serving_vendor
from simulate.vendors.polar_server import PolarServer
from simulate.vendors.strava_server import StravaServer
from simulate.vendors.suunto.server import SuuntoServer
from simulate.vendors.whoop import WhoopServer
from simulate.vendors.withings import WithingsServer
from tests.browser.chromium import NEEDS_CHROMIUM
from tests.patient.conftest import links, served_links
from tests.patient.link_world import LinkWorld
from tests.rows import values_of

__all__ = ["links", "served_links"]
pytestmark = [*NEEDS_CHROMIUM, pytest.mark.usefixtures("unhurried")]

_SERVERS: Mapping[str, type[PlatformServer]] = {
    "garmin": GarminServer,
    "google_health": GoogleServer,
    "oura": OuraServer,
    "polar": PolarServer,
    "strava": StravaServer,
    "suunto": SuuntoServer,
    "whoop": WhoopServer,
    "withings": WithingsServer,
}
_ACCOUNT = """
select account from account a join patient p on p.id = a.patient where p.pseudonym = %s"""
_ROWS = dict(zip(values_of(CONNECTORS, "name"), CONNECTORS, strict=True))


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 400, "height": 900}, locale="en-GB", java_script_enabled=False
    )
    yield context.new_page()
    context.close()


def test_every_vendor_at_which_patients_sign_in_is_played() -> None:
    signing_in = {
        row.name for row in CONNECTORS if row.api and row.api.auth and row.api.auth.is_linkable
    }
    assert signing_in == _SERVERS.keys()


@pytest.mark.parametrize("name", _SERVERS)
def test_a_patient_goes_to_the_vendor_and_comes_back_connected(
    page: Page, links: LinkWorld, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    row, patient = _ROWS[name], links.patient()
    assert row.api is not None
    oauth = row.api.auth
    assert oauth is not None
    user = str(700 + sorted(_SERVERS).index(name))
    server = _SERVERS[name](now_s=lambda: links.now_ms / 1000, user=user)
    server.redirects = frozenset({f"{links.url}{BACK_PATH}/{name}"})
    with serving_vendor(server) as address:
        ours = OAuthClient(
            oauth=oauth,
            client_id=server.client_id,
            client_secret=server.client_secret,
            api=address,
        )
        vendor = FetchedVendor(name=name, api=row.api, api_address=address, client=ours)
        monkeypatch.setitem(links.vendors, name, vendor)
        page.goto(links.invite(patient, name))
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_have_text(f"Connect {row.title} with your clinic")
        page.get_by_role("button", name=f"I agree, go to {row.title}").click()
        expect(heading).to_have_text(server.title)
        wanted = dict(parse_qsl(urlsplit(page.url).query))
        page.get_by_role("button", name="Allow").click()
        expect(heading).to_have_text(f"{row.title} is connected")
    assert (wanted.get("code_challenge_method", "") == "S256") == oauth.pkce
    # Garmin has no scopes: the patient ticks permissions there
    assert wanted.get("scope", "") == oauth.separator.join(oauth.scopes)
    # a single exchange, with what only the browser's cookie gives where the vendor proves it
    (exchange,) = server.exchanges
    assert ("code_verifier" in exchange.form) == oauth.pkce
    account = (
        "select account from account a join patient p on p.id = a.patient where pseudonym = %s"
    )
    assert links.column(account, patient) == [user]
    assert links.traces(patient)[1:3] == [1, 1]
