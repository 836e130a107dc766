"""The follow-up summary in words: sections of lines, which page, text and PDF lay out. Pure.

It shows recorded activity against the written prescription, and claims nothing else. What does not
fit on one page is counted, and never left out in silence.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from clinic.answers.adherence import Average
from clinic.pages import words
from clinic.pages.prescription_words import intensity_words
from clinic.pages.range_words import need_words
from clinic.summary.alert_deeds import deeds_in_words
from clinic.summary.figures import FollowUp
from clinic.summary.pain_changes import PainChange
from model.prescription import Prescription
from model.words.language import _, ngettext
from storage.reads.shown_values import AlertBrief

# So many of each fit on one page.
MOST_ALERTS, MOST_ANNOTATIONS, MOST_PRESCRIPTIONS = 8, 5, 2
LONGEST_SENTENCE, MOST_OF_NOTE = 450, 160


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryLine:
    """A line of the summary; `label` is "" where the text speaks for itself."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarySection:
    """Some lines under a title."""

    title: str
    lines: tuple[SummaryLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WordedSummary:
    """The summary in the reader's language."""

    title: str
    sections: tuple[SummarySection, ...]
    foot: str


def worded(item: FollowUp) -> WordedSummary:
    """Return a follow-up in words."""
    sections = (
        (_("Patient and period"), _head(item)),
        (_("Prescribed"), _prescribed(item)),
        (_("Done of what was prescribed"), _adherence(item)),
        (_("How much is known"), _coverage(item)),
        (_("Pain, the patient's own answers (0 to 10)"), _pain(item)),
        (_("Alerts and actions"), _alerts(item)),
        (_("Annotations"), _annotations(item)),
    )
    made: list[SummarySection] = []
    for title, lines in sections:
        held = tuple(lines)
        if held:
            made.append(SummarySection(title=title, lines=held))
    return WordedSummary(
        title=_("Follow-up of prescribed exercise"),
        sections=tuple(made),
        foot=_(
            "Recorded activity against the written prescription, for review by a clinician. It has "
            "no intended medical purpose. Missing data is not counted as exercise not done."
        ),
    )


def _line(label: str, text: str) -> SummaryLine:
    return SummaryLine(label=label, text=text)


def _head(item: FollowUp) -> Iterator[SummaryLine]:
    name, pseudonym = item.name, item.patient.pseudonym
    who = name if name == pseudonym else f"{name} ({pseudonym})"
    yield _line(_("Patient"), f"{who}, {item.patient.care_unit}")
    yield _line(_("Period"), words.days(item.first, item.last))
    made = words.when(item.made_ms, item.patient.zone)
    yield _line(_("Made"), _("%(when)s by %(who)s", when=made, who=item.author))


def _prescribed(item: FollowUp) -> Iterator[SummaryLine]:
    several = len({row.id for row in item.prescriptions}) > 1
    for row in item.prescriptions[:MOST_PRESCRIPTIONS]:
        label = _("Version %(n)s", n=row.version)
        if several:
            label = _("%(id)s, version %(n)s", id=row.id, n=row.version)
        yield _line(label, prescription_words(row))
    more = len(item.prescriptions) - MOST_PRESCRIPTIONS
    if more > 0:
        yield _line("", _("and %(n)s more", n=more))


def prescription_words(row: Prescription) -> str:
    """Return a prescription in a line."""
    parts = [
        ngettext(
            "%(num)s session a week of %(minutes)s min",
            "%(num)s sessions a week of %(minutes)s min",
            row.sessions_per_week,
            minutes=row.minutes_per_session,
        ),
        intensity_words(row.intensity),
        ", ".join(map(words.label, row.types)) or _("any exercise"),
    ]
    if row.dose_min_per_week:
        parts.append(_("dose %(n)s min a week", n=words.number(row.dose_min_per_week)))
    if row.strength_days:
        parts.append(
            ngettext("strength on %(num)s day", "strength on %(num)s days", row.strength_days)
        )
    return "; ".join((*parts, words.days(row.valid_from, row.valid_to)))


def _adherence(item: FollowUp) -> Iterator[SummaryLine]:
    yield _line(
        _("Weeks"),
        _(
            "%(weeks)s ended under the prescription, %(known)s of them known on 4 days or more",
            weeks=item.weeks,
            known=item.known_weeks,
        ),
    )
    recorded = _("%(done)s of %(due)s sessions", done=item.sessions, due=item.sessions_due)
    yield _line(_("Frequency"), f"{recorded}; {_average(item.a_freq, item.due.sessions)}")
    minutes = _(
        "%(done)s of %(due)s min",
        done=words.number(item.minutes),
        due=words.number(item.minutes_due),
    )
    yield _line(_("Time"), f"{minutes}; {_average(item.a_time, item.due.minutes)}")
    yield _line(_("Intensity"), _in_range(item))
    yield _line(_("Dose"), _average(item.a_dose, item.due.dose_min))
    if item.due.strength_days:
        yield _line(_("Strength days"), _average(item.a_strength, item.due.strength_days))


def _average(average: Average | None, due: float) -> str:
    """Return the average of a ratio in words; `due` is what was due in all weeks that ended."""
    if average is None:
        return _("not known") if due else _("none was prescribed for these weeks")
    text = ngettext(
        "%(share)s of what was prescribed on average of %(num)s week, each at most 100 %%",
        "%(share)s of what was prescribed on average of %(num)s weeks, each at most 100 %%",
        average.weeks,
        share=words.percent(average.capped),
    )
    # The uncapped share says more only where some week had more than was prescribed.
    if words.percent(average.uncapped) == words.percent(average.capped):
        return text
    return text + _(" (%(share)s uncapped)", share=words.percent(average.uncapped))


def _in_range(item: FollowUp) -> str:
    """Return the share in the prescribed range, and what that range needs to be judged by."""
    text = _unknown_range(item)
    if item.a_int is not None:
        text = _(
            "%(share)s of the minutes with a known intensity were in the prescribed range",
            share=words.percent(item.a_int.uncapped),
        )
    needs = need_words(item.range_needs)
    return f"{text}. {needs}" if needs else text


def _unknown_range(item: FollowUp) -> str:
    if len({row.id for row in item.prescriptions}) > 1:
        return _("not known: prescriptions for the same exercise give no single range")
    if item.range_needs:
        return _("not known")
    return _("not known: no session could be compared with the prescribed range")


def _coverage(item: FollowUp) -> Iterator[SummaryLine]:
    known = item.coverage
    yield _line(
        _("Days"),
        _(
            "%(known)s of %(days)s days known: worn for 10 hours or more (%(worn)s), or answered",
            known=known.known_days,
            days=known.days,
            worn=known.worn_days,
        ),
    )
    if known.known_intensity is not None:
        share = words.percent(known.known_intensity)
        yield _line(
            _("Intensity"), _("class known for %(share)s of the exercised time", share=share)
        )


def _pain(item: FollowUp) -> Iterator[SummaryLine]:
    if not item.pain:
        yield _line("", _("No answer in this period. Not answered is not the same as no pain."))
    for change in item.pain:
        yield _line(words.label(change.phase), _change(change))


def _change(change: PainChange) -> str:
    if change.first is None or change.last is None or change.change is None:
        return ngettext(
            "%(num)s answer; fewer than 3 in the first or in the last 14 days, so no change",
            "%(num)s answers; fewer than 3 in the first or in the last 14 days, so no change",
            change.answers,
        )
    medians = _(
        "median %(first)s in the first 14 days, %(last)s in the last 14",
        first=words.number(change.first),
        last=words.number(change.last),
    )
    return f"{medians}: {_difference(change)}"


def _difference(change: PainChange) -> str:
    size = abs(change.change or 0.0)
    if not size:
        return _("no change")
    text = _("%(n)s lower", n=words.number(size))
    if (change.change or 0.0) > 0:
        text = _("%(n)s higher", n=words.number(size))
    if change.meaningful:
        return text + _(", at least the 2 points that studies call a meaningful change")
    return text + _(", less than the 2 points that studies call a meaningful change")


def _alerts(item: FollowUp) -> Iterator[SummaryLine]:
    if not item.alerts:
        yield _line("", _("No rule was met in this period."))
    # The latest are the ones that are still talked about.
    for alert in item.alerts[-MOST_ALERTS:]:
        at = words.when(alert.raised_ms, item.patient.zone)
        deeds = [deed for deed in item.deeds if deed.alert == str(alert.id)]
        text = f"{_shortened(alert.sentence, LONGEST_SENTENCE)} {_outcome(alert)}"
        yield _line(at, f"{text} {deeds_in_words(deeds, item.patient.zone)}".rstrip(" "))
    more = len(item.alerts) - MOST_ALERTS
    if more > 0:
        yield _line("", ngettext("and %(num)s earlier alert", "and %(num)s earlier alerts", more))


def _shortened(text: str, most: int) -> str:
    """Return at most so many characters of a text, cut between two words."""
    if len(text) <= most:
        return text
    kept, _blank, _cut = text[: most + 1].rpartition(" ")
    return f"{kept.rstrip(' ,;:') or text[:most]}\u2026"


def _outcome(alert: AlertBrief) -> str:
    outcome = words.label(alert.state)
    if alert.resolution:
        outcome = f"{outcome}, {words.label(alert.resolution).lower()}"
    return f"[{outcome}]"


def _annotations(item: FollowUp) -> Iterator[SummaryLine]:
    for note in item.annotations[-MOST_ANNOTATIONS:]:
        text = words.label(note.kind.value)
        if note.text:
            text = f"{text}: {_shortened(note.text, MOST_OF_NOTE)}"
        if note.pauses:
            text += _(" (nothing due)")
        span = (
            words.day(note.first) if note.first == note.last else words.days(note.first, note.last)
        )
        yield _line(span, text)
    more = len(item.annotations) - MOST_ANNOTATIONS
    if more > 0:
        yield _line("", ngettext("and %(num)s earlier one", "and %(num)s earlier ones", more))
