"""Data of the charts, as plain JSON values for the script of the page. Pure.

The tables beside the charts show the same numbers.
"""

from dataclasses import dataclass
from typing import Any

from clinic.pages import words
from clinic.pages.curve import Curve
from clinic.pages.weeks import WeekLook, WeekView
from model.calendar import MINUTE_MS
from model.intensity import CLASSES, ZONES, Zone, ZoneThresholds, ZoneTimes
from model.words.language import N_, _, translated
from storage.reads.views import ReportRow

NAMES: dict[Zone, str] = {
    Zone.VERY_LIGHT: N_("Very light"),
    Zone.LIGHT: N_("Light"),
    Zone.MODERATE: N_("Moderate"),
    Zone.VIGOROUS: N_("Vigorous"),
    Zone.NEAR_MAX: N_("Near maximum"),
    Zone.UNKNOWN: N_("Unknown"),
}
BANDS: tuple[tuple[str, float, float], ...] = (
    (N_("0 to 2"), 0, 2),
    (N_("3 to 5"), 3, 5),
    (N_("6 to 10"), 6, 10),
)

_MARKS: dict[WeekLook, str] = {
    WeekLook.THIN: N_("too thin to judge"),
    WeekLook.SILENT: N_("nothing known"),
    WeekLook.PAUSED: N_("paused"),
    WeekLook.RUNNING: N_("running"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRow:
    """A class of intensity in a session.

    `range` is in beats a minute, `ms` the time in the class, `share` that time over the length of
    the session without pauses.
    """

    zone: Zone
    name: str
    range: str
    ms: int
    share: float


def zone_rows(times: ZoneTimes, thresholds: ZoneThresholds) -> tuple[ZoneRow, ...]:
    """Return the zone times of a session, highest class first and unknown last.

    They add up to the length of the session without pauses.
    """
    edges = list(map(words.number, thresholds.edges))
    unknown = _("no sample") if thresholds.valid else _("no edges to compare with")
    ranges = (_("below %(edge)s", edge=edges[0]), *map(_from, edges), unknown)
    total = times.total or 1  # a session of no length has shares of 0
    rows = []
    for zone, limits, ms in zip(ZONES, ranges, times.as_tuple(), strict=True):
        # Without valid thresholds there are no limits to show; unknown time needs none.
        known = thresholds.valid or zone is Zone.UNKNOWN
        rows.append(
            ZoneRow(
                zone=zone,
                name=translated(NAMES[zone]),
                range=limits if known else words.NOTHING,
                ms=ms,
                share=ms / total,
            )
        )
    # `ZONES` ends with unknown, which stays last when the classes are turned round.
    return (*reversed(rows[:-1]), rows[-1])


def _from(edge: str) -> str:
    return _("from %(edge)s", edge=edge)


def week_chart(week_views: tuple[WeekView, ...]) -> dict[str, Any]:
    """Return the minutes of each week by class, unknown time apart, beside what was prescribed.

    `marks` has a word for each week that is not to be read as a figure: "running", "nothing known",
    "paused". `has_dose` says whether a dose was prescribed in any of the weeks.
    """
    chart: dict[str, Any] = {
        "weeks": [],
        "short": [],
        "marks": [],
        "zones": [{**_zone_head(zone), "minutes": []} for zone in ZONES],
        "dose": [],
        "due_min": [],
        "due_dose": [],
    }
    for week in week_views:
        chart["weeks"].append(words.week(week.monday))
        chart["short"].append(words.week_number(week.monday))
        chart["marks"].append(translated(_MARKS.get(week.look, "")))
        # A bar or a point of 0 reads as "nothing was done", which an empty week does not say.
        is_empty = week.look in _MARKS and not week.session_ms
        for stack, ms in zip(chart["zones"], week.zones_ms.as_tuple(), strict=True):
            stack["minutes"].append(None if is_empty else round(ms / MINUTE_MS, 2))
        chart["dose"].append(None if is_empty else round(week.dose_min, 2))
        # Not rounded: it follows from the prescription, and is no measurement. 0 is due in a pause.
        chart["due_min"].append(week.due_min or None)
        chart["due_dose"].append(week.due_dose_min or None)
    chart["has_dose"] = any(chart["due_dose"])
    return chart


def week_notes(week_views: tuple[WeekView, ...]) -> list[tuple[list[str], str]]:
    """Return each reason why a figure of a week is not known, with the weeks that it is true of."""
    notes: dict[str, list[str]] = {}
    for week in reversed(week_views):
        if week.why:
            notes.setdefault(week.why, []).append(words.week_number(week.monday))
    return [(weeks, why) for why, weeks in notes.items()]


def pain_chart(report_rows: tuple[ReportRow, ...], zone: str) -> dict[str, Any]:
    """Return reports of pain by phase, over the wall-clock time in `zone`.

    The bands are 0 to 2, 3 to 5 and 6 to 10 on the NRS.
    """
    phases: dict[str, dict[str, Any]] = {}
    for row in report_rows:
        # A report without a rating has no point on the chart.
        if row.value is None:
            continue
        series = phases.setdefault(row.phase, _phase_series(row.phase))
        # The axis knows no time zones: it gets the patient's wall-clock time.
        series["at"].append(words.local_iso(row.at_ms, zone))
        series["value"].append(row.value)
    return {
        "phases": list(phases.values()),
        "bands": [
            {"name": translated(name), "low": low, "high": high} for name, low, high in BANDS
        ],
    }


def _phase_series(phase: str) -> dict[str, Any]:
    name = words.label(phase) if phase != "none" else _("No phase given")
    return {"key": phase, "name": name, "at": [], "value": []}


def heart_chart(curve: Curve, thresholds: ZoneThresholds, length_ms: int) -> dict[str, Any]:
    """Return the heart-rate curve, its gaps and pauses, and the lower edges of the classes.

    Times are in seconds since the start. Thresholds that are not valid give no edges.
    """
    return {
        # Seconds, the unit of the axis; the curve itself is in ms.
        "t": [t / 1000 for t in curve.t_ms],
        "v": list(curve.v),
        "gaps": [[start / 1000, end / 1000] for start, end in curve.gaps],
        "pauses": [[start / 1000, end / 1000] for start, end in curve.pauses],
        "length": length_ms / 1000,
        "edges": list(thresholds.edges) if thresholds.valid else [],
        "zones": list(map(_zone_head, CLASSES)),
    }


def _zone_head(zone: Zone) -> dict[str, str]:
    return {"key": zone.value, "name": translated(NAMES[zone])}
