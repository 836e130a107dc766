"""A patient's own answers, each with the question of the patient door and in words. Pure.

Stored names are keys here; a page never shows a key, nor what somebody wrote in free text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from model.facts import Instrument
from model.words.language import N_
from patient.words import FORM_WORDS, PAIN_QUESTIONS, SIGN_QUESTIONS, SITE_WORDS
from storage.reads.own_answers import OwnAnswerRow

# The highest value of a scale of numbers; an answer on another scale is shown in words.
_MOST: Mapping[str, int] = {"nrs-0-10": 10, "borg-cr10": 10, "borg-6-20": 20}
_QUESTIONS: Mapping[str, str] = {
    Instrument.EXERTION.value: N_("How hard was it?"),
    Instrument.DAY_FORM.value: N_("How are you today?"),
    Instrument.WEEK.value: N_("Sessions this week"),
}
_UNKNOWN_SIGN = N_("A warning sign")
_YES, _NO = N_("Yes"), N_("No")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAnswer:
    """An answer of the list: `question` and `words` are for the catalogue.

    A number has `value`, and `most` as the end of its scale, 0 for none; else `value` is "".
    `site` is where it hurts, "" where it is not known. `is_corrected` says that it was corrected.
    """

    day: date
    question: str
    words: str = ""
    value: str = ""
    most: int = 0
    site: str = ""
    is_corrected: bool = False


def own_answer(row: OwnAnswerRow) -> OwnAnswer | None:
    """Return an answer in words; None for what is no answer to a question, such as a session."""
    question = _question(row)
    if row.value is None or not question:
        return None
    words = _words(row, row.value)
    return OwnAnswer(
        day=row.local_date,
        question=question,
        words=words,
        value="" if words else f"{row.value:g}",
        most=_MOST.get(row.scale, 0),
        site=SITE_WORDS.get(row.site, ""),
        is_corrected=row.is_corrected,
    )


def _question(row: OwnAnswerRow) -> str:
    if row.instrument == Instrument.PAIN:
        return PAIN_QUESTIONS.get(row.phase, PAIN_QUESTIONS["none"])
    if row.instrument == Instrument.RED_FLAG:
        # an app may ask about a sign that is not known here
        return SIGN_QUESTIONS.get(row.reason, _UNKNOWN_SIGN)
    return _QUESTIONS.get(row.instrument, "")


def _words(row: OwnAnswerRow, value: float) -> str:
    if row.instrument == Instrument.RED_FLAG:
        return _YES if value else _NO
    if row.instrument == Instrument.DAY_FORM:
        return FORM_WORDS.get(round(value), "")
    return ""
