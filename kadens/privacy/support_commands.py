"""Commands about cases of support: open, list, close, access, end. Each leaves its row in the log.

An access is what lets somebody with the role of support see a patient at the clinician door. The
reason of it is shown to the patient, with who looked.
"""

from typing import Annotated, NoReturn

import typer

from kadens.clock import clock
from kadens.commands.audited import audited, note_listed, person
from kadens.commands.console import settings_of
from kadens.commands.options import (
    DEFAULT_DATA,
    At,
    Data,
    Json,
    Patient,
    checked,
    instant,
    required,
    typed_words,
)
from kadens.names import PERSON
from kadens.output.console import list_table, print_table
from kadens.output.terminal import fail, print_json, print_line, print_note
from model.calendar import local_date, rfc3339
from model.privacy.support import (
    MOST_ACCESS_HOURS,
    MOST_SUPPORT_WORDS,
    SupportCase,
    SupportRefusedError,
    access_until,
    check_arrival,
    support_removed_ms,
)
from storage.audit_actions import AuditAction
from storage.pg.pool import Connection
from storage.rights import support_cases

_words = typed_words(MOST_SUPPORT_WORDS)


CaseNumber = Annotated[int, typer.Argument(min=1, help="Number of the case, from `support list`.")]


def open_case(
    *,
    patient: Patient,
    about: Annotated[
        str, typer.Option("--about", callback=_words, help="What the patient needs, in short.")
    ],
    at: At = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Write down a case about a patient; print its number.

    It is removed six months after it arrived, whether it is closed by then or not.
    """
    settings = settings_of(data)
    # a letter may have come days ago, and its six months count from then
    arrived_ms = instant(at, clock(settings.clock)())

    async def work(conn: Connection, now_ms: int) -> SupportCase:
        by = person().subject
        number = await support_cases.open_support_case(
            conn, patient, about=about, by=by, arrived_ms=arrived_ms
        )
        case = await support_cases.support_case(conn, number)
        # what is refused here is rolled back: the zone is known only with the patient
        check_arrival(case.arrived_ms, case.zone, now_ms)
        return case

    try:
        case = audited(settings, work, AuditAction.SUPPORT_OPEN, patient)
    except SupportRefusedError as error:
        _refuse(error)
    print_line(f"{case.number}  removed {_removed_on(case)}")


def list_cases(
    *,
    closed: Annotated[bool, typer.Option("--closed", help="Also those that are closed.")] = False,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """List the cases that are open."""

    async def work(conn: Connection, now_ms: int) -> list[dict[str, object]]:
        kept = await support_cases.support_cases(conn, closed=closed)
        cases = [_case_line(case, now_ms) for case in kept]
        await note_listed(conn, now_ms, "support", (str(case["patient"]) for case in cases))
        return cases

    lines = audited(settings_of(data), work, AuditAction.SUPPORT_LIST)
    if as_json:
        print_json(lines)
        return
    names = ("number", "patient", "arrived", "state", "removed", "access_until", "about")
    table = list_table(*(name.replace("_", " ") for name in names))
    for line in lines:
        table.add_row(*(str(line[name] or "") for name in names))
    print_table(table)


def close_case(
    number: CaseNumber,
    *,
    answer: Annotated[
        str, typer.Option("--answer", callback=_words, help="What became of it, in short.")
    ],
    data: Data = DEFAULT_DATA,
) -> None:
    """Close a case, and end every access because of it."""

    async def work(conn: Connection, now_ms: int) -> str:
        # read first: it locks the case, and says whose log the row belongs into
        case = await support_cases.support_case(conn, number)
        await support_cases.close_support_case(conn, number, answer, now_ms)
        return case.patient

    try:
        audited(settings_of(data), work, AuditAction.SUPPORT_CLOSE, str, f"support_case:{number}")
    except SupportRefusedError as error:
        _refuse(error)
    print_line(f"{number}  closed")


def give_access(
    number: CaseNumber,
    *,
    staff: Annotated[
        str,
        typer.Option("--staff", callback=required(PERSON), help="Their subject at the sign-in."),
    ],
    reason: Annotated[
        str, typer.Option("--reason", callback=_words, help="Why; the patient is shown it.")
    ],
    hours: Annotated[
        int,
        typer.Option(
            "--hours", min=1, max=MOST_ACCESS_HOURS, help=f"How long, {MOST_ACCESS_HOURS} at most."
        ),
    ] = 1,
    data: Data = DEFAULT_DATA,
) -> None:
    """Let support staff see a patient's data for some hours.

    Only with an open case. At the clinician door they then see this patient and nobody else.
    """

    async def work(conn: Connection, now_ms: int) -> tuple[str, int]:
        case = await support_cases.support_case(conn, number)
        # the case is locked by now, so nobody closes it between this check and the access
        until_ms = access_until(case, hours, now_ms)
        by, span = person().subject, (now_ms, until_ms)
        await support_cases.give_support_access(
            conn, case, staff=staff, reason=reason, by=by, span=span
        )
        return case.patient, until_ms

    # the reason goes into the row of the log, where the patient reads it
    settings, what = settings_of(data), f"support_case:{number}"
    action = AuditAction.SUPPORT_ACCESS
    try:
        _, until_ms = audited(settings, work, action, lambda done: done[0], what, reason)
    except SupportRefusedError as error:
        _refuse(error)
    print_line(f"{staff} may look until {rfc3339(until_ms)}")


def end_access(
    number: CaseNumber,
    *,
    staff: Annotated[
        str,
        typer.Option(
            "--staff", callback=checked(PERSON), help="Only this person's; by default all."
        ),
    ] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """End accesses because of a case before their time.

    They end at once, and the case stays open. Where nobody has access any more, nothing is done,
    and that is no error.
    """

    async def work(conn: Connection, now_ms: int) -> tuple[str, list[str]]:
        # locked, so that nobody is let look between the check and the end
        case = await support_cases.support_case(conn, number)
        # a slip in a name must not be taken for an access that is over
        if staff and staff not in await support_cases.support_staff(conn, number):
            raise SupportRefusedError("that person never had access because of this case")
        ended = await support_cases.end_support_accesses(conn, number, now_ms, staff=staff)
        return case.patient, ended

    settings, what = settings_of(data), f"support_case:{number}"
    try:
        _, ended = audited(settings, work, _end_deed, lambda done: done[0], what)
    except SupportRefusedError as error:
        _refuse(error)
    if ended:
        print_line(f"{number}  ended for {', '.join(ended)}")
    else:
        print_note("nobody had such an access any more")


def _end_deed(done: tuple[str, list[str]]) -> AuditAction:
    # the case was looked at; that an access ended would not be true
    return AuditAction.SUPPORT_END if done[1] else AuditAction.SUPPORT_LIST


def _case_line(case: SupportCase, now_ms: int) -> dict[str, object]:
    until_ms = case.access_until_ms
    # an access that is over is history: the log has it, and this list is about now
    live = until_ms is not None and until_ms > now_ms
    return {
        "number": case.number,
        "patient": case.patient,
        "arrived": rfc3339(case.arrived_ms),
        "state": "open" if case.closed_ms is None else "closed",
        "removed": _removed_on(case),
        "access_until": rfc3339(until_ms) if live and until_ms is not None else None,
        "about": case.about,
        "answer": case.answer,
    }


def _removed_on(case: SupportCase) -> str:
    return local_date(support_removed_ms(case.arrived_ms, case.zone), case.zone).isoformat()


def _refuse(error: SupportRefusedError) -> NoReturn:
    fail(str(error))
