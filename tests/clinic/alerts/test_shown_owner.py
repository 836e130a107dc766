"""With whom an alert is, on each page that shows it, and who covers while that person is away."""

import html
import re
from collections.abc import Iterator

import pytest

from model.calendar import DAY_MS
from tests.clinic_world import ALERTS, CLINIC_NOW, CLINICIAN, COLLEAGUE, Served

_MILD = ALERTS["mild"]


@pytest.fixture(autouse=True)
def _all_present(acting: Served) -> Iterator[None]:
    yield
    acting.change("update absence set ended_at = from_at where ended_at is null")


def _move(door: Served, **body: str) -> None:
    door.post(f"/api/v1/alerts/{_MILD}/moves", json=body).raise_for_status()


def _away(door: Served, subject: str, cover: str = "") -> None:
    door.post("/api/v1/absences", json=_absence(subject, cover)).raise_for_status()


def _absence(subject: str, cover: str) -> dict[str, object]:
    times = {"from_ms": CLINIC_NOW, "until_ms": CLINIC_NOW + DAY_MS}
    return {"subject": subject, "cover": cover, **times}


def _card(door: Served, language: str = "en") -> str:
    """Return what the card of actions says, without its forms."""
    page = door.get(f"/alerts/{_MILD}", headers={"Accept-Language": language}).text
    card = page.partition('id="h-actions"')[2].partition('<div class="actions">')[0]
    words = re.sub(r"<[^>]+>", " ", card.partition("</h2>")[2])
    return re.sub(r"\s+", " ", html.unescape(words)).strip()


@pytest.mark.parametrize("path", ["/", "/?patient=p-mild", "/patients/p-mild", f"/alerts/{_MILD}"])
def test_each_page_says_who_has_an_alert(acting: Served, path: str) -> None:
    assert "with Bo Berg" not in acting.get(path).text
    _move(acting, action="hand_over", to=COLLEAGUE.subject)
    assert '<span class="soft small owner">with Bo Berg</span>' in acting.get(path).text


def test_the_page_names_who_covers_for_whom_it_is_with(acting: Served) -> None:
    _move(acting, action="hand_over", to=COLLEAGUE.subject)
    assert _card(acting) == "Bo Berg has this alert."
    _away(acting, COLLEAGUE.subject, CLINICIAN.subject)
    assert _card(acting) == (
        "Bo Berg has this alert. Away now: Bo Berg. Meanwhile it is with Karin Lind."
    )
    assert _card(acting, "sv") == (
        "Bo Berg har tagit signalen. Borta nu: Bo Berg. Så länge ligger den hos Karin Lind."
    )


def test_the_page_says_so_where_nobody_covers(acting: Served) -> None:
    _move(acting, action="claim")
    assert _card(acting) == "You have this alert."
    _away(acting, CLINICIAN.subject)
    assert _card(acting) == (
        "You have this alert. Away now: Karin Lind. "
        "Nobody covers: meanwhile it is with everybody of the care unit."
    )


def test_an_absence_reaches_alerts_that_nobody_has_taken(acting: Served) -> None:
    acting.change(
        "update alert_move set responsible = %s where alert = %s", [COLLEAGUE.subject], _MILD
    )
    assert _card(acting) == "Nobody has taken it yet. It is with Bo Berg."
    _away(acting, COLLEAGUE.subject, CLINICIAN.subject)
    assert _card(acting) == ("Nobody has taken it yet. It is with Karin Lind. Away now: Bo Berg.")


def test_who_is_away_is_named_where_an_alert_is_handed_over(acting: Served) -> None:
    _away(acting, COLLEAGUE.subject, CLINICIAN.subject)
    page = acting.get(f"/alerts/{_MILD}").text
    assert '<option value="c-berg">Bo Berg (away, Karin Lind covers)</option>' in page
    assert '<option value="c-lind">Karin Lind</option>' in page


def test_two_who_would_cover_for_each_other_are_refused(acting: Served) -> None:
    _away(acting, COLLEAGUE.subject, CLINICIAN.subject)
    before = acting.get("/api/v1/duty").json()
    circle = _absence(CLINICIAN.subject, COLLEAGUE.subject)
    refused = acting.post("/api/v1/absences", json=circle)
    assert (refused.status_code, refused.json()["detail"]) == (
        422,
        "Bo Berg is away then too: nobody would act.",
    )
    assert acting.get("/api/v1/duty").json() == before
