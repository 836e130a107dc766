"""The vendors' own notices about the rhythm of a heart, by the names that the vendors write. Data.

A notice is kept as a sample of the metric `RHYTHM_NOTICE`: when it began, and of which source. Of
what it rests on (beats, windows, electrocardiograms) nothing is ever read, and nothing is added.
Notices of a high or low heart rate are not among them: they tell of no rhythm.
"""

from collections.abc import Mapping
from dataclasses import dataclass

RHYTHM_NOTICE = "rhythm_notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeName:
    """The vendor as people know it, and the vendor's own name of its notice, word for word."""

    title: str
    verbatim: str


# by the vendor of a fact's source
NOTICE_NAMES: Mapping[str, NoticeName] = {
    "apple_health": NoticeName(
        title="Apple Health", verbatim="HKCategoryTypeIdentifierIrregularHeartRhythmEvent"
    ),
    "google_health": NoticeName(title="Google Health", verbatim="irregular-rhythm-notification"),
}
