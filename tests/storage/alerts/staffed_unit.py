"""A care unit with three clinicians, whose patients are judged by findings that a test names."""

from alerts.lifecycle import course_at
from model.alert import Finding
from model.alerting.steps import JudgementResult
from model.messages.alert_move import DutyRoster
from storage.alerts import duty, rule_inputs
from storage.people import care_team
from storage.pg.pool import Connection
from stream.judge_patient import apply_judgements
from tests.alerts.alert_values import ALERT_NOW

_PEOPLE = ("anna", "bo", "cia")


async def staff_unit(conn: Connection, on_call: str = "cia") -> None:
    """Let anna be the clinician of all patients, and bo the next in line, in office hours."""
    for subject in _PEOPLE:
        email = f"{subject}@example.org"
        person = care_team.Clinician(subject=subject, name=subject, email=email, unit="unit")
        await care_team.add_clinician(conn, person)
    await conn.execute(
        "update patient set clinician = (select id from clinician where subject = 'anna')"
    )
    hours = {"zone": "Europe/Stockholm", "weekdays": [1, 2, 3, 4, 5], "opens": "08:00"}
    roster = DutyRoster(line=("bo",), on_call=on_call, hours={**hours, "closes": "17:00"})
    await duty.set_unit_duty(conn, "unit", roster, "anna", ALERT_NOW)


async def judge_by(
    conn: Connection, now_ms: int, *findings: Finding, patient: str = "p1"
) -> JudgementResult:
    """Judge a patient by findings, as the worker does by those of its rules."""
    on = (await rule_inputs.load_all(conn, [patient], now_ms))[patient]
    result = course_at(on.live, on.recent, findings, on.roster, now_ms)
    await apply_judgements(conn, {patient: result}, now_ms)
    return result


async def moves_made(conn: Connection) -> list[tuple[str, str, list[str]]]:
    """Return kind, tier and responsible people of all moves, in order."""
    query = "select kind, tier, responsible from alert_move order by id"
    return await (await conn.execute(query)).fetchall()


async def mailed_to(conn: Connection) -> list[str]:
    """Return the addresses of all mails, in order."""
    query = "select recipient from outbox where channel = 'email' order by id"
    return [recipient for (recipient,) in await (await conn.execute(query)).fetchall()]
