"""Reads what a follow-up summary is made of, with the audit row of the reading."""

from datetime import timedelta

from clinic import reads
from clinic.language.rewording import reworded_alerts
from clinic.request_scope import RequestScope
from clinic.summary.figures import FollowUp, FollowUpInput, TooLittleDataError, follow_up
from model.calendar import local_date, monday
from storage.notes import annotations
from storage.reads import clinic_queries, evidence
from web.problems import RequestRefused

USUAL_WEEKS, LEAST_PERIOD, LONGEST_PERIOD = 12, 4, 53


async def summarise(scope: RequestScope, pseudonym: str, weeks: int) -> FollowUp:
    """Return the follow-up of a patient over so many weeks, the running week with them.

    The period begins with the first prescription at the earliest. Raises `RequestRefused`: 404 for
    a patient of another unit, 422 below the minimum of data, with what is missing.
    """
    conn, unit = scope.conn, scope.unit
    who = await reads.read_brief(scope, pseudonym)
    await scope.read("summary", pseudonym)
    prescribed = await clinic_queries.prescription_versions(conn, unit, pseudonym)
    this = monday(local_date(scope.now_ms, who.zone))
    mondays = [this - timedelta(weeks=back) for back in range(weeks - 1, -1, -1)]
    begun = min((monday(row.valid_from) for row in prescribed), default=this)
    # The running week is always there: a prescription may begin later than today.
    period = [first for first in mondays if first >= begun] or [this]
    alerts = await clinic_queries.alerts_of(conn, unit, pseudonym)
    given = FollowUpInput(
        patient=who,
        name=(await scope.names([pseudonym])).get(pseudonym, pseudonym),
        author=scope.clinician.name,
        now_ms=scope.now_ms,
        mondays=period,
        prescriptions=prescribed,
        profile=await reads.read_profile(scope, pseudonym, local_date(scope.now_ms, who.zone)),
        weeks=await clinic_queries.weeks_since(conn, unit, pseudonym, period[0]),
        pain=await clinic_queries.pain_since(conn, unit, pseudonym, period[0]),
        alerts=await reworded_alerts(conn, alerts),
        moves=await evidence.moves_of(conn, [str(alert.id) for alert in alerts]),
        annotations=await annotations.annotations_of(conn, unit, pseudonym),
    )
    try:
        return follow_up(given)
    except TooLittleDataError as error:
        # The text has figures of days and weeks, and names nobody.
        raise RequestRefused(422, str(error)) from error
