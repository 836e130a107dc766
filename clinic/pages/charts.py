"""Data of the charts, as plain JSON values for the script of the page. Pure.

The tables beside the charts show the same numbers.
"""

from dataclasses import dataclass
from typing import Any

from clinic.pages import words
from clinic.pages.curve import Curve
from clinic.pages.weeks import WeekView
from model.calendar import MINUTE_MS
from model.intensity import CLASSES, ZONES, Zone, ZoneThresholds, ZoneTimes
from storage.reads.views import ReportRow

NAMES: dict[Zone, str] = {
    Zone.VERY_LIGHT: "Very light",
    Zone.LIGHT: "Light",
    Zone.MODERATE: "Moderate",
    Zone.VIGOROUS: "Vigorous",
    Zone.NEAR_MAX: "Near maximum",
    Zone.UNKNOWN: "Unknown",
}
BANDS: tuple[tuple[str, float, float], ...] = (
    ("0 to 2", 0, 2),
    ("3 to 5", 3, 5),
    ("6 to 10", 6, 10),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRow:
    """A class of intensity in a session.

    `range` is in beats a minute, `ms` the time in the class, `share` that time over the length of
    the session.
    """

    zone: Zone
    name: str
    range: str
    ms: int
    share: float


def zone_rows(times: ZoneTimes, thresholds: ZoneThresholds) -> tuple[ZoneRow, ...]:
    """Return the zone times of a session, highest class first and unknown last.

    They add up to the length of the session.
    """
    edges = [words.number(edge) for edge in thresholds.edges]
    result = (f"below {edges[0]}", *(f"from {edge}" for edge in edges), "no sample")
    ranges = dict(zip(ZONES, result, strict=True))
    by_zone = dict(zip(ZONES, times.as_tuple(), strict=True))
    total = times.total or 1  # a session of no length has shares of 0
    return tuple(
        ZoneRow(
            zone=zone,
            name=NAMES[zone],
            range=ranges[zone] if thresholds.valid or zone is Zone.UNKNOWN else words.NOTHING,
            ms=by_zone[zone],
            share=by_zone[zone] / total,
        )
        for zone in (*reversed(CLASSES), Zone.UNKNOWN)
    )


def week_chart(week_views: tuple[WeekView, ...]) -> dict[str, Any]:
    """Return the minutes of each week by class, unknown time apart, beside what was prescribed."""
    stacks = {
        zone.value: [round(week.zones_ms.as_tuple()[n] / MINUTE_MS, 2) for week in week_views]
        for n, zone in enumerate(ZONES)
    }
    return {
        "weeks": [words.week(week.monday) for week in week_views],
        "short": [f"W{week.monday.isocalendar().week:02d}" for week in week_views],
        "zones": [
            {"key": zone.value, "name": NAMES[zone], "minutes": stacks[zone.value]}
            for zone in ZONES
        ],
        "dose": [round(week.dose_min, 2) for week in week_views],
        "due_min": [week.due_min for week in week_views],
        "due_dose": [week.due_dose_min for week in week_views],
    }


def pain_chart(report_rows: tuple[ReportRow, ...], zone: str) -> dict[str, Any]:
    """Return reports of pain by phase, over the wall-clock time in `zone`.

    The bands are 0 to 2, 3 to 5 and 6 to 10 on the NRS.
    """
    rated = [report_row for report_row in report_rows if report_row.value is not None]
    phases = list(dict.fromkeys(item.phase for item in rated))
    return {
        "phases": [
            {
                "key": phase,
                "name": words.label(phase) if phase != "none" else "No phase said",
                "at": [words.local_iso(item.at_ms, zone) for item in rated if item.phase == phase],
                "value": [item.value for item in rated if item.phase == phase],
            }
            for phase in phases
        ],
        "bands": [{"name": name, "low": low, "high": high} for name, low, high in BANDS],
    }


def heart_chart(curve: Curve, thresholds: ZoneThresholds, length_ms: int) -> dict[str, Any]:
    """Return the heart-rate curve, its gaps, and the lower edges of the classes.

    Times are in seconds since the start. Thresholds that are not valid give no edges.
    """
    return {
        "t": [t / 1000 for t in curve.t_ms],
        "v": list(curve.v),
        "gaps": [[start / 1000, end / 1000] for start, end in curve.gaps],
        "length": length_ms / 1000,
        "edges": list(thresholds.edges) if thresholds.valid else [],
        "zones": [{"key": zone.value, "name": NAMES[zone]} for zone in CLASSES],
    }
