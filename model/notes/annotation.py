"""What a clinician writes beside a patient's data: annotations of some dates, and a pinned note.

An annotation may pause what is prescribed: nothing is due on its dates. Dates are local to the
patient. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from model.calendar import FIRST_DATE, LAST_DATE
from model.schemas.plain_text import text_problem
from model.words.language import _

LONGEST_ANNOTATION = 500  # characters; a lane of a chart and a line of a page
LONGEST_NOTE = 2_000
LONGEST_DAYS = 366  # what lasts longer is no event beside the data


class AnnotationKind(StrEnum):
    """What happened."""

    ILLNESS = "illness"
    NEW_DRUG = "new_drug"
    NEW_WATCH = "new_watch"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """What happened on the dates from `first` to `last` (inclusive), as `author` wrote it.

    With `pauses` nothing that is prescribed is due on these dates. `written_ms` is in epoch ms, and
    `id` is 0 before the annotation is stored.
    """

    id: int = 0
    kind: AnnotationKind
    first: date
    last: date
    text: str
    pauses: bool
    author: str
    written_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedNote:
    """A version of the note at the top of a patient's page; an empty `text` is no note.

    Versions count from 1. `written_ms` is in epoch ms.
    """

    version: int
    text: str
    author: str
    written_ms: int


def annotation_problems(annotation: Annotation) -> Iterable[str]:
    """Yield what is wrong with an annotation, a sentence each; nothing when it may be stored."""
    first, last = annotation.first, annotation.last
    if not FIRST_DATE <= first <= LAST_DATE or not FIRST_DATE <= last <= LAST_DATE:
        yield _("The dates lie between %(first)s and %(last)s.", first=FIRST_DATE, last=LAST_DATE)
    elif last < first:
        yield _("The last date lies before the first.")
    elif (last - first).days >= LONGEST_DAYS:
        yield _("An annotation covers %(most)s days at most.", most=LONGEST_DAYS)
    problem = text_problem(annotation.text, LONGEST_ANNOTATION)
    if problem:
        yield _("The text %(problem)s.", problem=problem)
    # The other kinds say by themselves what happened.
    if annotation.kind is AnnotationKind.OTHER and not annotation.text:
        yield _("Say in words what happened.")
