"""The words that a patient reads before agreeing, as they are kept with the consent.

They are taken from the page itself, so that what is kept is what was shown.
"""

import html
import re

from model.privacy.register import LegalBasis, Purpose
from patient.linking.pages import PageView, link_languages, page_of
from patient.linking.steps import TEXT_VERSION, LinkOutcome
from storage.people.consents import SOURCE_FETCH
from storage.rights.consent_texts import ConsentText

_MAIN = re.compile(r"<main[^>]*>(.*?)</main>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
REPORT_TEXT_VERSION = "2026-11-29-answers"  # to be changed with the template
_ANSWERED = ("pain", "exertion", "form of the day", "sessions without a device", "warning signs")
# in the order of the page's list
_READ = ("heart rate", "steps, distance and activity", "workouts", "when the device was worn")


def shown_text(connector: str, title: str, language: str, now_ms: int) -> ConsentText:
    """Return the text of the page on which a patient agrees to a source; `title` is its name."""
    view = PageView(outcome=LinkOutcome.INVITED, language=language, clinic="", source=title)
    return ConsentText(
        name=f"link.{connector}.{language}",
        version=TEXT_VERSION,
        language=language,
        kind=SOURCE_FETCH,
        purpose=Purpose.CARE.value,
        legal_basis=LegalBasis.CONSENT.value,
        data_types=_READ,
        content=_words(_main(page_of(view))),
        from_ms=now_ms,
        recorded_ms=now_ms,
        recorded_by="patient door",
    )


def report_text(language: str, now_ms: int) -> ConsentText:
    """Return the text by which a patient agrees that their answers are kept."""
    shown = link_languages()[language].get_template("report_agreement.html").render()
    return ConsentText(
        name=f"reports.{language}",
        version=REPORT_TEXT_VERSION,
        language=language,
        kind=SOURCE_FETCH,
        purpose=Purpose.CARE.value,
        legal_basis=LegalBasis.CONSENT.value,
        data_types=_ANSWERED,
        content=_words(shown),
        from_ms=now_ms,
        recorded_ms=now_ms,
        recorded_by="patient door",
    )


def _main(page: str) -> str:
    """Return a page's main part."""
    match = _MAIN.search(page)
    return match.group(1) if match else ""


def _words(markup: str) -> str:
    """Return the words of some HTML, a line for each of its elements."""
    lines = [line.strip() for line in html.unescape(_TAG.sub("\n", markup)).splitlines()]
    return "\n".join(filter(None, lines))
