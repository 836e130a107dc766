"""Words for the evidence of a session: quality flags, source selections, origins and loads. Pure.

`words.label` shows a name that has no words here.
"""

from collections.abc import Iterable

from clinic.pages import words
from model.derived.sessions import Origin, Session, SourceSelection
from model.facts import Source
from model.words.language import N_, _, ngettext, translated

# A flag is a doubt and no verdict: a text names what was seen, and what was done about it.
FLAGS: dict[str, str] = {
    "range": N_("Values that no heart has, left out"),
    "jump": N_("Jumps of more than 30 beats a minute, left out"),
    "flat_line": N_("The same value for ten minutes or more"),
    "cadence_lock": N_("The heart rate may follow the steps"),
    "condensed": N_("Averages instead of samples"),
    "made_from_laps": N_("Made from laps: the file has no usable session of its own"),
    "made_from_lengths": N_(
        "Made from lengths of a pool: the file has no usable session of its own"
    ),
    "made_from_records": N_("Made from records: the file has no usable session of its own"),
    "above_ceiling": N_("Above the prescribed ceiling for two minutes or more"),
    "far_above_ceiling": N_("Ten beats or more above the prescribed ceiling for five minutes"),
    "forgot_to_stop": N_(
        "Forgot to stop? Very light for five minutes or more, taken out like a pause"
    ),
}
CHOSEN: dict[str, str] = {
    "only": N_("No other source measured"),
    "coverage": N_("The others cover less of the minute"),
    "rank": N_("Ranks above the others"),
    "samples": N_("More samples than one of equal rank"),
    "name": N_("One of equal rank, taken by name"),
}
ORIGINS: dict[Origin, str] = {
    Origin.DECLARED: N_("Declared by its source"),
    Origin.REPORTED: N_("Reported by the patient"),
    Origin.DETECTED: N_("Found in the samples"),
}
_LOADS: dict[str, str] = {
    "trimp": N_("TRIMP (Banister)"),
    "trimp100": N_("TRIMP, % of an hour at threshold"),
    "edwards": N_("Edwards"),
    "lucia": N_("Lucia"),
    "zonal": N_("Zonal"),
    "session_rpe": N_("Session RPE"),
    "decoupling": N_("Decoupling, %"),
    "hr_recovery": N_("Heart rate recovery: highest less 60 s after the end"),
}


# What is missing before heart rate can be put into classes, and who can give it.
_NO_THRESHOLDS: dict[str, str] = {
    "none": N_(
        "there is no heart profile for this date, or one without enough figures: have one "
        "written (kadens patient profile), with a birth year and a resting heart rate at the least."
    ),
}
_NOT_USABLE = N_(
    "the profile gives no edges that hold for this patient's rhythm and drugs: write the edges in "
    "beats a minute, or a maximum measured on the drug."
)


def flag(what: str) -> str:
    """Return a quality flag in words."""
    return translated(FLAGS[what]) if what in FLAGS else words.label(what)


def chosen(why: str) -> str:
    """Return the reason of a source selection in words."""
    return translated(CHOSEN[why]) if why in CHOSEN else words.label(why)


def chosen_among(selection: SourceSelection, measured: Iterable[tuple[str, Source]]) -> str:
    """Return the reason of a selection with the names of the others, where there are any."""
    others = dict.fromkeys(
        words.source(row.vendor, row.device, row.app)
        for metric, row in measured
        if metric == selection.metric and row != selection.source
    )
    why = chosen(selection.why)
    # "only" is of some minutes: another may have measured in the rest of the session
    return why if selection.why == "only" or not others else f"{why}: {'; '.join(others)}"


def load(name: str) -> str:
    """Return the name of a load in words."""
    return translated(_LOADS[name]) if name in _LOADS else words.label(name)


def counted(*, counts: bool, why: str) -> str:
    """Return in words whether a session counts, and why not."""
    return _("Counted") if counts else _("Not counted: %(why)s", why=words.reason(why))


def doubts(session: Session) -> tuple[str, ...]:
    """Return in words what is doubted of a session as such, whether or not it counts."""
    forgotten = (_("forgot to stop?"),) if session.forgotten else ()
    made = (_made_from(session),) if session.made_from else ()
    return (*forgotten, *made)


def _made_from(session: Session) -> str:
    return _("made from %(parts)s", parts=words.label(session.made_from).lower())


def no_classes(method: str, samples: int) -> str:
    """Return why no time of a session is in a class although heart rate may be there.

    `method` is that of the thresholds, `samples` the number of heart rate samples of the session.
    """
    why = translated(_NO_THRESHOLDS.get(method, _NOT_USABLE))
    if not samples:
        return _("No heart rate is there, but %(why)s", why=why)
    return ngettext(
        "%(n)s heart rate sample is there, but %(why)s",
        "%(n)s heart rate samples are there, but %(why)s",
        samples,
        n=words.thousands(samples),
        why=why,
    )


def times(start_ms: int, end_ms: int, zone: str) -> str:
    """Return a span as times of day in `zone`; a single time when both are in the same minute."""
    # Compared as text: two instants of the same minute read the same.
    start, end = words.at(start_ms, zone), words.at(end_ms, zone)
    return start if start == end else _("%(start)s to %(end)s", start=start, end=end)
