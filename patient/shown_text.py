"""The words that a patient reads before agreeing to a source, as they are kept with the consent.

They are taken from the page itself, so that what is kept is what was shown.
"""

import html
import re

from model.privacy.register import LegalBasis, Purpose
from patient.linking import TEXT_VERSION, LinkOutcome
from patient.pages import PageView, page_of
from storage.people.consents import SOURCE_FETCH
from storage.rights.consent_texts import ConsentText

_MAIN = re.compile(r"<main[^>]*>(.*?)</main>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
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
        content=_words(page_of(view)),
        from_ms=now_ms,
        recorded_ms=now_ms,
        recorded_by="patient door",
    )


def _words(page: str) -> str:
    """Return the words of a page's main part, a line for each of its elements."""
    match = _MAIN.search(page)
    text = html.unescape(_TAG.sub("\n", match.group(1) if match else ""))
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(filter(None, lines))
