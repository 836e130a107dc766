"""The upload page in a real browser: files are sent, refused, known, paused and resumed.

The door is served over a log in memory, and the process that takes uploads runs beside it. Every
test fails when the content policy was violated, a script failed, a request left this machine, or
the link token stood in an address.
"""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from ingest.door import Door, Links
from ingest.http import vendor_app
from ingest.links import mint
from ingest.memory import MemoryRevocations
from ingest.uploads.shelf import Shelf
from ingest.uploads.upload import page_address
from ingest.vendors import CONNECTORS
from kadens.uploads.process import UploadLoop
from model.calendar import DAY_MS
from model.keyring import KeyRing
from tests.browser.chromium import NEEDS_CHROMIUM, WATCH_POLICY, no_side_scroll
from tests.ingest.uploading import RIDE_FIT, RUN_FIT, UPLOADED_MS, UploadWorld, zipped_fits
from tests.rows import values_of
from tests.serving import served
from web.limits import ServerLimits
from web.server import Serving

_KEYS = KeyRing.single(b"the link key of the tests, 32 by")
_TOKEN = mint("patient-7", _KEYS, issue=1, expires_ms=UPLOADED_MS + DAY_MS)
_PART = 4 * 1024 * 1024
_LARGE = bytes(3 * _PART)

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.usefixtures("unhurried")]


@dataclass
class Site:
    """The served door, and what the worker makes of what comes."""

    url: str
    world: UploadWorld
    revoked: MemoryRevocations
    seen: list[str] = field(default_factory=list)

    def link(self, language: str = "en", token: str = _TOKEN) -> str:
        address = page_address(self.url, token)
        return address.replace("#", f"?lang={language}#")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    world, revoked = UploadWorld(shelf=Shelf(tmp_path / "uploads")), MemoryRevocations()
    door = Door(
        connectors=CONNECTORS,
        secrets={},
        links=Links(keys=lambda: _KEYS, revoked=revoked),
        publisher=world.log,
        bodies=world.bodies,
        clock=lambda: UPLOADED_MS,
        shelf=world.shelf,
        clinic="Hjärtmottagningen i Exempelstad",
    )
    limits = ServerLimits(body_bytes=door.max_body)
    serving = Serving(host="127.0.0.1", port=0, limits=limits)
    with served(vendor_app(door), serving, lambda _reason: None) as port, _taken(world):
        yield Site(url=f"http://127.0.0.1:{port}", world=world, revoked=revoked)


class _taken:  # noqa: N801 - used as a with statement
    """The loop of `kadens uploads` in a thread."""

    def __init__(self, world: UploadWorld) -> None:
        self._loop, self._stop = asyncio.new_event_loop(), asyncio.Event()
        work = UploadLoop(taking=world.taking()).run(self._stop)
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(work,))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        assert not self._thread.is_alive()
        self._loop.close()


@pytest.fixture
def width() -> int:
    return 400


@pytest.fixture
def page(browser: Browser, site: Site, width: int) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, locale="sv-SE", timezone_id="Europe/Stockholm"
    )
    context.add_init_script(WATCH_POLICY)
    faults: list[str] = []
    made = context.new_page()
    made.on("pageerror", lambda event: faults.append(str(event)))
    made.on("request", lambda event: site.seen.append(event.url))
    yield made
    assert made.evaluate("window.violations") == []
    assert faults == []
    assert {urlsplit(url).hostname for url in site.seen} == {"127.0.0.1"}
    assert _TOKEN not in "".join(url.partition("#")[0] for url in site.seen)
    context.close()


def choose(page: Page, name: str, content: bytes) -> None:
    page.locator("#files").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize(
    ("language", "head", "stored", "refused", "why"),
    [
        (
            "en",
            "Send your recordings",
            "Stored.",
            "Refused.",
            "It holds no recording that can be read here.",
        ),
        (
            "sv",
            "Skicka dina registreringar",
            "Sparad.",
            "Avvisad.",
            "Den innehåller ingen registrering som kan läsas här.",
        ),
    ],
)
def test_a_file_is_stored_and_another_is_refused(
    page: Page, site: Site, language: str, head: str, stored: str, refused: str, why: str
) -> None:
    page.goto(site.link(language))
    assert page.locator("html").get_attribute("lang") == language
    expect(page.get_by_role("heading", level=1)).to_have_text(head)
    expect(page.locator(".clinic")).to_have_text("Hjärtmottagningen i Exempelstad")
    assert no_side_scroll(page)
    choose(page, "löprunda.fit", RUN_FIT)
    choose(page, "a letter with a very long name that does not fit into a line.txt", b"Dear all")
    first, second = page.locator(".item").nth(0), page.locator(".item").nth(1)
    expect(first.locator(".state")).to_have_text(stored)
    expect(second.locator(".state")).to_have_text(refused)
    expect(second.locator(".why li")).to_have_text([why])
    # both are read out, whichever ended first
    expect(page.locator("#live")).to_contain_text(f"löprunda.fit: {stored}")
    expect(page.locator("#live")).to_contain_text(f"{refused} {why}")
    assert first.get_attribute("data-look") == "ok"
    assert second.get_attribute("data-look") == "bad"
    assert no_side_scroll(page)
    (event,) = site.world.log.events
    assert (event.value, event.envelope.patient) == (RUN_FIT, "patient-7")
    assert event.envelope.filename == "löprunda.fit"
    assert event.envelope.passed_headers == (("time-zone", "Europe/Stockholm"),)


def test_a_file_that_is_sent_again_is_known(page: Page, site: Site) -> None:
    page.goto(site.link())
    choose(page, "run.fit", RUN_FIT)
    expect(page.locator(".item").nth(0).locator(".state")).to_have_text("Stored.")
    choose(page, "again.fit", RUN_FIT)
    expect(page.locator(".item").nth(1).locator(".state")).to_have_text(
        "Known already: nothing in it is new."
    )
    choose(page, "export.zip", zipped_fits(RUN_FIT, RIDE_FIT, b"a note", b"another note"))
    third = page.locator(".item").nth(2)
    expect(third.locator(".state")).to_have_text("Stored. 1 of 2 parts were known already.")
    expect(third.locator(".why li")).to_have_text(
        ["Left out (2): what is not read here, such as pictures and settings."]
    )
    assert len(site.world.log.events) == 2


@pytest.mark.parametrize("width", [1280, 360])
def test_an_export_with_a_clinical_document_is_stored_and_then_known(
    page: Page, site: Site
) -> None:
    clinical = Path("tests/data/apple_health/clinical_document/body.xml").read_bytes()
    page.goto(site.link())
    left_out = ["Left out (1): what is not read here, such as pictures and settings."]
    states = ("Stored.", "Known already: nothing in it is new.")
    for number, state in enumerate(states):
        choose(page, "export.zip", zipped_fits(RUN_FIT, clinical))
        item = page.locator(".item").nth(number)
        expect(item.locator(".state")).to_have_text(state)
        expect(item.locator(".why li")).to_have_text(left_out)
    assert values_of(site.world.log.events, "value") == [RUN_FIT]
    assert no_side_scroll(page)


class Held:
    """Holds back the parts from an offset on, until they are lost; `offsets` are those sent."""

    def __init__(self, page: Page, offset: int) -> None:
        self._routes: list[Route] = []
        self.offsets: list[int] = []
        self._from, self._is_lost = offset, False
        page.route("**/v1/files/uploads/*", self._take)

    def _take(self, route: Route) -> None:
        if route.request.method != "PATCH":
            route.continue_()
            return
        offset = int(route.request.headers["upload-offset"])
        self.offsets.append(offset)
        if self._is_lost:
            self._is_lost = False
            route.abort("connectionreset")
        elif offset >= self._from:
            self._routes.append(route)
        else:
            route.continue_()

    def lose(self) -> None:
        """Break the connection of the part that is held or comes next, and hold no more."""
        self._from, self._is_lost = len(_LARGE), not self._routes
        for route in self._routes:
            route.abort("connectionreset")


def test_progress_pause_and_resume(page: Page, site: Site) -> None:
    page.goto(site.link())
    held = Held(page, _PART)
    choose(page, "large.bin", _LARGE)
    item = page.locator(".item")
    expect(item.locator(".state")).to_contain_text("33%")
    bar = page.get_by_role("progressbar", name="Progress of large.bin")
    assert 33 <= float(bar.get_attribute("value") or 0) < 34
    expect(page.locator("#live")).to_contain_text("large.bin: 33%")
    page.get_by_role("button", name="Pause large.bin").click()
    expect(item.locator(".state")).to_have_text("Paused at 33%")
    held.lose()
    assert site.world.shelf.of("patient-7")[0].length == len(_LARGE)
    page.get_by_role("button", name="Resume large.bin").click()
    expect(item.locator(".state")).to_have_text("Refused.")
    # nothing that had arrived was sent again
    assert (held.offsets.count(0), held.offsets[-2:]) == (1, [_PART, 2 * _PART])


def test_a_lost_network_is_told_and_sending_goes_on_by_itself(page: Page, site: Site) -> None:
    page.goto(site.link())
    held = Held(page, 2 * _PART)
    choose(page, "large.bin", _LARGE)
    state = page.locator(".item .state")
    expect(state).to_contain_text("66%")
    held.lose()
    expect(state).to_have_text("No contact. Sending goes on by itself once there is a network.")
    expect(state).to_have_text("Refused.")
    assert held.offsets == [0, _PART, 2 * _PART, 2 * _PART]


def test_after_a_reload_the_same_file_goes_on(page: Page, site: Site, tmp_path: Path) -> None:
    path = tmp_path / "export.bin"
    path.write_bytes(_LARGE)
    page.goto(site.link())
    held = Held(page, _PART)
    page.locator("#files").set_input_files(path)
    expect(page.locator(".item .state")).to_contain_text("33%")
    page.on("dialog", lambda dialog: dialog.accept())  # the page warns: a file is under way
    page.reload()
    expect(page.locator("#unfinished li")).to_have_text(["export.bin (33%)"])
    assert no_side_scroll(page)
    held.lose()
    page.locator("#files").set_input_files(path)
    expect(page.locator("#unfinished")).to_be_hidden()
    expect(page.locator(".item .state")).to_have_text("Refused.")
    assert (held.offsets.count(0), held.offsets[-2:]) == (1, [_PART, 2 * _PART])


def test_a_file_that_is_removed_leaves_nothing(page: Page, site: Site) -> None:
    page.goto(site.link())
    held = Held(page, _PART)
    choose(page, "large.bin", _LARGE)
    expect(page.locator(".item .state")).to_contain_text("33%")
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as answer:
        page.get_by_role("button", name="Remove large.bin").click()
        held.lose()
    assert answer.value.status in {204, 423}
    expect(page.locator(".item")).to_have_count(0)
    expect(page.locator("#files")).to_be_focused()
    expect(page.locator("#live p").last).to_have_text("large.bin: Removed.")


def test_by_keyboard_alone(page: Page, site: Site) -> None:
    # Playwright takes the chooser from the browser while someone listens. Without this listener
    # it begins at the press of Enter, and on a busy machine the key can be first.
    page.on("filechooser", lambda _chooser: None)
    page.goto(site.link())
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#files")).to_be_focused()
    label = page.locator("label[for=files]")
    assert label.evaluate("(one) => getComputedStyle(one).outlineStyle") == "solid"
    held = Held(page, _PART)
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(
        {"name": "large.bin", "mimeType": "application/octet-stream", "buffer": _LARGE}
    )
    expect(page.locator(".item .state")).to_contain_text("33%")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Which files?")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The export of Apple Health")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Pause large.bin")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".item .state")).to_have_text("Paused at 33%")
    expect(page.get_by_role("button", name="Resume large.bin")).to_be_focused()
    held.lose()
    page.keyboard.press("Enter")
    expect(page.locator(".item .state")).to_have_text("Refused.")


def test_a_file_is_dragged_onto_the_page(page: Page, site: Site) -> None:
    page.goto(site.link())
    dragged = page.evaluate_handle(
        """(bytes) => {
          const carried = new DataTransfer();
          carried.items.add(new File([new Uint8Array(bytes)], "run.fit"));
          return carried;
        }""",
        list(RUN_FIT),
    )
    page.dispatch_event("#drop", "dragover", {"dataTransfer": dragged})
    expect(page.locator("#drop")).to_have_class("drop over")
    page.dispatch_event("#drop", "drop", {"dataTransfer": dragged})
    expect(page.locator("#drop")).to_have_class("drop")
    expect(page.locator(".item .state")).to_have_text("Stored.")


def test_the_browsers_language_counts_and_the_switch_keeps_the_link(page: Page, site: Site) -> None:
    page.goto(page_address(site.url, _TOKEN))
    expect(page.get_by_role("heading", level=1)).to_have_text("Skicka dina registreringar")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Send your recordings")
    assert page.url == site.link("en")
    expect(page.get_by_role("link", name="English")).to_have_attribute("aria-current", "true")
    choose(page, "run.fit", RUN_FIT)
    expect(page.locator(".item .state")).to_have_text("Stored.")


def test_without_a_link_or_with_a_dead_link_nothing_can_be_chosen(page: Page, site: Site) -> None:
    for address, text in (
        (f"{site.url}/send?lang=en", "needs the complete link"),
        (site.link(token="made-up"), "does not hold any more"),  # noqa: S106 - no token at all
    ):
        page.goto("about:blank")
        page.goto(address)
        expect(page.get_by_role("alert")).to_contain_text(text)
        expect(page.locator("#choose")).to_be_hidden()
        assert no_side_scroll(page)
        page.evaluate("window.violations.length === 0 || Promise.reject(window.violations)")


def test_an_empty_file_is_refused_before_it_is_sent(page: Page, site: Site) -> None:
    page.goto(site.link())
    choose(page, "empty.fit", b"")
    expect(page.locator(".item .state")).to_have_text("The file is empty.")
    assert site.world.shelf.of("patient-7") == []


def test_each_control_has_a_name(page: Page, site: Site) -> None:
    page.goto(site.link())
    choose(page, "run.fit", RUN_FIT)
    assert page.locator("h1").count() == 1
    for control in page.locator("button, input, progress, a").all():
        name = control.evaluate(
            "(one) => one.ariaLabel || one.textContent.trim() || one.labels?.[0]?.textContent"
        )
        assert name
