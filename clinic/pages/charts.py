"""What charts and the tables beside them share: names of classes, words of weeks. Pure."""

from dataclasses import dataclass

from clinic.pages import words
from clinic.pages.weeks import WeekLook, WeekView
from model.intensity import ZONES, Zone, ZoneThresholds, ZoneTimes
from model.words.language import N_, _, translated

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


def week_mark(week: WeekView) -> str:
    """Return a word for a week that is not to be read as a figure, "" for any other week."""
    return translated(_MARKS.get(week.look, ""))


def week_notes(week_views: tuple[WeekView, ...]) -> list[tuple[list[str], str]]:
    """Return each reason why a figure of a week is not known, with the weeks that it is true of."""
    notes: dict[str, list[str]] = {}
    for week in reversed(week_views):
        if week.why:
            notes.setdefault(week.why, []).append(words.week_number(week.monday))
    return [(weeks, why) for why, weeks in notes.items()]
