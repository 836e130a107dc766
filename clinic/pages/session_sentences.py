"""What is to be said of a session before its tables, in sentences. Pure.

They say whether it counts and why, who recorded it, what was taken out, and how much is known.
"""

from collections import Counter
from collections.abc import Iterator

from clinic.page_views import SessionView
from clinic.pages import session_words, words
from clinic.pages.prescription_words import intensity_words
from clinic.pages.range_words import need_words
from clinic.pages.weeks import ADHERENT
from model.calendar import MINUTE_MS
from model.derived.sessions import Origin, Session
from model.facts import Source
from model.prescribing.credit import is_credited
from model.prescribing.range_times import times_by_range
from model.prescription import Prescription
from model.words.language import N_, _, ngettext, translated
from stream.compute.intensity.range_needs import range_needs
from stream.compute.sessions.date_inputs import shortest_session_ms

_HEART_RATE = "heart_rate"
# By what is measured.
_RANGES: dict[str, str] = {
    _HEART_RATE: N_("%(low)s to %(high)s beats a minute"),
    "power": N_("%(low)s to %(high)s watts"),
    "cadence": N_("%(low)s to %(high)s steps a minute"),
    "exertion_cr10": N_("Borg CR10 %(low)s to %(high)s"),
    "exertion_6_20": N_("Borg 6\u201320: %(low)s to %(high)s"),
}
_ORIGINS: dict[Origin, str] = {
    Origin.DECLARED: N_("It was recorded as exercise by %(source)s."),
    Origin.REPORTED: N_("The patient reported it."),
    Origin.DETECTED: N_("Nobody declared it: it was recognised in what %(source)s measured."),
}


def session_sentences(view: SessionView) -> tuple[str, ...]:
    """Return the sentences about a session, the most important first."""
    item = view.session
    return (
        _counting(item),
        *_why_counted(view),
        translated(_ORIGINS[item.origin]) % {"source": source_phrase(item.declared_by)},
        *_paused(item),
        _known(item),
        *_in_range(view),
        *_sources(view),
        *_quality(item),
    )


def source_phrase(source: Source) -> str:
    """Return a source as its vendor, device and app."""
    return words.source(source.vendor, source.device, source.app)


def _counting(item: Session) -> str:
    if item.counts:
        return _(
            "It counts as a session of %(day)s, with %(length)s of exercise.",
            day=words.day(item.local_date),
            length=words.span(item.timer_ms),
        )
    return _(
        "It is listed and does not count as a session of %(day)s: %(why)s.",
        day=words.day(item.local_date),
        why=words.reason(item.why),
    )


def _why_counted(view: SessionView) -> Iterator[str]:
    """Yield how much of what is prescribed it is, and from how many minutes it counts."""
    item = view.session
    if not item.counts:
        return
    least = words.number(shortest_session_ms(view.prescribed) / MINUTE_MS)
    rows = _meant(view)
    # of several prescriptions none is the one that it was done for
    if len(rows) != 1:
        yield _("From %(least)s minutes a session counts.", least=least)
        return
    minutes = rows[0].minutes_per_session
    yield _(
        "%(done)s of %(asked)s prescribed minutes; from %(least)s minutes it counts. Its day is "
        "done from %(full)s minutes.",
        done=item.timer_ms // MINUTE_MS,
        asked=minutes,
        least=least,
        full=words.number(ADHERENT * minutes),
    )


def _paused(item: Session) -> Iterator[str]:
    if item.paused_ms:
        yield ngettext(
            "%(num)s pause is taken out, %(length)s in all.",
            "%(num)s pauses are taken out, %(length)s in all.",
            # Of some pauses only the length is known, and that they are one or more.
            max(len(item.pauses), 1),
            length=words.span(item.paused_ms),
        )


def _known(item: Session) -> str:
    known = item.zones.total - item.zones.unknown
    if not item.heart.n:
        return _(
            "No heart rate was recorded, so its intensity is not known; its minutes count all the "
            "same."
        )
    if not item.zones.unknown:
        return _("Its intensity is known for all of the time.")
    return _(
        "Its intensity is known for %(known)s of %(total)s (%(share)s); the other %(unknown)s "
        "count as exercise of unknown intensity.",
        known=words.span(known),
        total=words.span(item.zones.total),
        share=words.percent(known / item.zones.total),
        unknown=words.span(item.zones.unknown),
    )


def _in_range(view: SessionView) -> Iterator[str]:
    """Yield the time by the prescribed range: rule A7 judges by it, and not by the classes."""
    times = times_by_range(view.session)
    if times is None:
        yield from _not_compared(view)
        return
    low, high = map(words.number, times.edges)
    below, within, above = map(words.span, times.ms)
    yield _(
        "Within the prescribed range (%(range)s): %(within)s; above it: %(above)s; below it: "
        "%(below)s.",
        range=_(_RANGES[times.metric], low=low, high=high),
        within=within,
        above=above,
        below=below,
    )


def _not_compared(view: SessionView) -> Iterator[str]:
    """Yield that nothing was compared with the prescribed range, and what it needs."""
    rows = _meant(view)
    # with several prescriptions there is no range of which it could be said
    if len(rows) != 1:
        return
    wanted = rows[0].intensity
    yield _(
        "Nothing of it could be compared with the prescribed range (%(range)s).",
        range=intensity_words(wanted),
    )
    gap = need_words(range_needs(wanted, view.profile, view.session.local_date))
    if gap:
        yield gap


def _meant(view: SessionView) -> list[Prescription]:
    """Return the prescriptions for which the session counts."""
    return [row for row in view.prescribed if is_credited(row, view.session.type)]


def _sources(view: SessionView) -> Iterator[str]:
    """Yield which source the heart rate of each minute is from."""
    ms: Counter[str] = Counter()
    for selection in view.selections:
        if selection.metric == _HEART_RATE:
            ms[source_phrase(selection.source)] += selection.end_ms - selection.start_ms
    if len(ms) == 1:
        yield _("The heart rate of every minute is from %(source)s.", source=next(iter(ms)))
    elif ms:
        shares = [f"{name} ({words.minutes(length)})" for name, length in ms.most_common()]
        yield _(
            "The heart rate of each minute is from one source: %(sources)s.",
            sources=", ".join(shares),
        )


def _quality(item: Session) -> Iterator[str]:
    if not item.flags:
        if item.heart.n:
            yield _("Nothing is doubted in its samples.")
        return
    # A doubt that comes many times is named once.
    names = dict.fromkeys(session_words.flag(flag.what) for flag in item.flags)
    yield _("Doubted: %(doubts)s.", doubts="; ".join(names))
