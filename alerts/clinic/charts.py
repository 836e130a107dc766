"""What the charts draw, as JSON-plain values for the page's own script, with the tables that say the same. Pure."""

from dataclasses import dataclass
from typing import Any

from ...model.calendar import MINUTE_MS
from ...model.intensity import CLASSES, ZONES, HeartLimits, Zone, ZoneTimes
from ...storage.views import ReportRow
from . import words
from .curve import Curve
from .weeks import WeekView

NAMES: dict[Zone, str] = {
    Zone.VERY_LIGHT: "Very light",
    Zone.LIGHT: "Light",
    Zone.MODERATE: "Moderate",
    Zone.VIGOROUS: "Vigorous",
    Zone.NEAR_MAX: "Near maximum",
    Zone.UNKNOWN: "Unknown",
}
BANDS: tuple[tuple[str, float, float], ...] = (("0 to 2", 0, 2), ("3 to 5", 3, 5), ("6 to 10", 6, 10))


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRow:
    """One class of a session: its range in beats a minute, its time in ms, and its share of the whole."""

    zone: Zone
    name: str
    range: str
    ms: int
    share: float


def zone_rows(times: ZoneTimes, limits: HeartLimits) -> tuple[ZoneRow, ...]:
    """Return the six figures of a session, highest class first, unknown last; they add up to its length."""
    edges = [words.number(edge) for edge in limits.edges]
    said = (f"below {edges[0]}", *(f"from {edge}" for edge in edges), "no sample")
    ranges = dict(zip(ZONES, said, strict=True))
    by_zone = dict(zip(ZONES, times.as_tuple(), strict=True))
    whole = times.total or 1
    return tuple(
        ZoneRow(
            zone=zone,
            name=NAMES[zone],
            range=ranges[zone] if limits.valid or zone is Zone.UNKNOWN else words.NOTHING,
            ms=by_zone[zone],
            share=by_zone[zone] / whole,
        )
        for zone in (*reversed(CLASSES), Zone.UNKNOWN)
    )


def weeks(said: tuple[WeekView, ...]) -> dict[str, Any]:
    """Return stacked minutes a week by class, unknown apart, beside what was prescribed."""
    stacks = {
        zone.value: [round(week.zones_ms.as_tuple()[n] / MINUTE_MS, 2) for week in said] for n, zone in enumerate(ZONES)
    }
    return {
        "weeks": [words.week(week.monday) for week in said],
        "short": [f"W{week.monday.isocalendar().week:02d}" for week in said],
        "zones": [{"key": zone.value, "name": NAMES[zone], "minutes": stacks[zone.value]} for zone in ZONES],
        "dose": [round(week.dose_min, 2) for week in said],
        "due_min": [week.due_min for week in said],
        "due_dose": [week.due_dose_min for week in said],
    }


def pain(said: tuple[ReportRow, ...], zone: str) -> dict[str, Any]:
    """Return pain answers by phase over the patient's wall-clock time; the bands are 0-2, 3-5 and 6-10."""
    rated = [one for one in said if one.value is not None]
    phases = list(dict.fromkeys(one.phase for one in rated))
    return {
        "phases": [
            {
                "key": phase,
                "name": words.label(phase) if phase != "none" else "No phase said",
                "at": [words.local_iso(one.at_ms, zone) for one in rated if one.phase == phase],
                "value": [one.value for one in rated if one.phase == phase],
            }
            for phase in phases
        ],
        "bands": [{"name": name, "low": low, "high": high} for name, low, high in BANDS],
    }


def heart(said: Curve, limits: HeartLimits, length_ms: int) -> dict[str, Any]:
    """Return the curve in seconds since the start, its gaps, and the edges of the classes (none when not valid)."""
    return {
        "t": [t / 1000 for t in said.t_ms],
        "v": list(said.v),
        "gaps": [[start / 1000, end / 1000] for start, end in said.gaps],
        "length": length_ms / 1000,
        "edges": list(limits.edges) if limits.valid else [],
        "zones": [{"key": zone.value, "name": NAMES[zone]} for zone in CLASSES],
    }
