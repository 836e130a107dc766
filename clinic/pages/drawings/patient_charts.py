"""Draws the charts of the pages of a patient and a session, for wide and narrow screens. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from alerts.pain import RATED_PHASES, usual_pain
from clinic.page_views import PatientView, SessionView
from clinic.pages import words
from clinic.pages.charts import NAMES
from clinic.pages.drawings import heart_curve, pain_and_load, week_bars
from clinic.pages.drawings.pain_and_load import DayChart
from clinic.pages.drawings.shapes import Drawing
from clinic.pages.weeks import WeekView
from model.alert import RuleInput
from model.alerting.rule_rows import PainRating
from model.calendar import local_date, midnight
from model.facts import Phase
from model.intensity import ZONES
from model.words.language import _, translated
from storage.reads.shown_values import ReportRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart as it is drawn for a wide and for a narrow screen."""

    wide: Drawing
    narrow: Drawing


def patient_charts(view: PatientView) -> Mapping[str, Any]:
    """Return what the templates of the charts of a patient's page need, by name."""
    zone = view.patient.zone
    past = [alert for alert in view.past_alerts if alert.state != "retracted"]
    chart = DayChart(
        weeks=view.weeks,
        pain=view.pain,
        usual=usual_by_date(view.pain, view.weeks, zone, view.now_ms),
        alerts=(*past, *view.alerts),
        annotations=view.annotations,
        zone=zone,
    )
    return {
        "week_chart": Chart(
            wide=week_bars.week_bars(view.weeks, week_bars.WIDE_WEEKS),
            narrow=week_bars.week_bars(view.weeks, week_bars.NARROW_WEEKS),
        ),
        "pain_chart": Chart(
            wide=pain_and_load.pain_and_load(chart, pain_and_load.WIDE_DAYS),
            narrow=pain_and_load.pain_and_load(chart, pain_and_load.NARROW_DAYS),
        ),
        "usual_known": bool(chart.usual),
        "week_events": [(week, list(_events(week, chart))) for week in view.weeks],
        "zone_names": [(zone.value, translated(NAMES[zone])) for zone in ZONES],
        "phase_names": list(_phases(view.pain)),
    }


def session_chart(view: SessionView) -> Chart | None:
    """Return the curve of a session, None when no heart rate was recorded."""
    if not view.curve.samples:
        return None
    item = view.session
    given = (view.curve, item.thresholds, item.elapsed_ms)
    return Chart(
        wide=heart_curve.heart_curve(*given, heart_curve.WIDE_CURVE),
        narrow=heart_curve.heart_curve(*given, heart_curve.NARROW_CURVE),
    )


def usual_by_date(
    pain: Sequence[ReportRow], week_views: Sequence[WeekView], zone: str, now_ms: int
) -> dict[date, float]:
    """Return the usual pain on each date of the weeks on which it is known, as the rules see it."""
    given = _rated(pain, zone, now_ms)
    usual: dict[date, float] = {}
    day, today = week_views[0].monday, local_date(now_ms, zone)
    while day <= today:
        value = usual_pain(given, midnight(day + timedelta(days=1), zone))
        if value is not None:
            usual[day] = value
        day += timedelta(days=1)
    return usual


def _rated(pain: Sequence[ReportRow], zone: str, now_ms: int) -> RuleInput:
    """Return the answers in the form that the rules read."""
    ratings: list[PainRating] = []
    for row in pain:
        if row.value is None:
            continue
        rating = PainRating(
            record=row.record,
            at_ms=row.at_ms,
            local_date=row.local_date,
            phase=Phase(row.phase),
            value=row.value,
            scale=row.scale,
            session=None,
        )
        ratings.append(rating)
    return RuleInput(
        patient="",
        zone=zone,
        now_ms=now_ms,
        prescriptions=(),
        weeks=(),
        days=(),
        sessions=(),
        pain=tuple(ratings),
        watermarks=(),
    )


def _phases(pain: Sequence[ReportRow]) -> Iterator[tuple[str, str]]:
    """Yield the phases that were answered with their names, in the order of a session."""
    answered = {row.phase for row in pain if row.value is not None}
    for phase in RATED_PHASES:
        if phase.value in answered:
            yield phase.value, words.label(phase.value)
    if Phase.NONE.value in answered:
        yield Phase.NONE.value, _("No phase given")


def _events(week: WeekView, chart: DayChart) -> Iterator[str]:
    """Yield the alerts and annotations of a week in words."""
    last = week.monday + timedelta(days=6)
    for alert in chart.alerts:
        if week.monday <= local_date(alert.raised_ms, chart.zone) <= last:
            yield _("Alert, tier %(tier)s: %(text)s", tier=alert.tier, text=alert.sentence)
    for item in chart.annotations:
        if item.first <= last and item.last >= week.monday:
            yield words.label(item.kind.value)
