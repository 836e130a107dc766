"""Commands about a patient's link tokens: issue one, list them, revoke. Only issuing ever prints a token."""

from typing import Annotated, Any

import typer
from rich.table import Table

from kadens.clock import clock
from kadens.commands.console import (
    DEFAULT_DATA,
    Data,
    Json,
    err,
    fail,
    out,
    print_json,
    run,
    settings_of,
)
from kadens.commands.people import Patient, audited, person
from kadens.link_tokens import LEAST_DAYS, MOST_DAYS, USUAL_DAYS, publish
from kadens.link_tokens import issue as issue_token
from kadens.settings import Settings
from model.calendar import rfc3339
from storage.audit_actions import Action
from storage.people import link_tokens
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import ADMIN

Days = Annotated[
    int,
    typer.Option("--days", min=LEAST_DAYS, max=MOST_DAYS, help="How many days the token holds."),
]
Issue = Annotated[int | None, typer.Option("--issue", min=1, help="The issue number of one token.")]
WAITS = "the log does not answer: doors refuse the token once a worker has published this"


def token(
    *, patient: Patient, days: Days = USUAL_DAYS, as_json: Json = False, data: Data = DEFAULT_DATA
) -> None:
    """Issue a link token for `POST /v1/files` and print it: whoever has it may send files in the patient's name."""
    made, row = issued(settings_of(data), patient, days=days, detail="issued")
    if as_json:
        print_json({"token": made, **_plain(row)})
        return
    out.print(made, markup=False)
    err.print(f"issue {row.issue}, holds from now until {rfc3339(row.expires_ms)}")


def issued(
    settings: Settings, patient: str, *, days: int, detail: str
) -> tuple[str, link_tokens.Issued]:
    """Issue a token in a transaction of its own, with its audit row; leaves with an error text when it cannot."""
    keys = settings.secrets.link_keys
    if not keys:
        fail("link_key is missing in the secrets file: no token could be made", code=2)

    async def work(conn: Connection, now_ms: int) -> tuple[str, link_tokens.Issued]:
        return await issue_token(conn, patient, keys, now_ms, days=days, by=person().subject)

    return audited(settings, work, Action.PATIENT_TOKEN, patient, detail)


def tokens(*, patient: Patient, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """List the link tokens issued for a patient; never a token itself."""

    async def work(conn: Connection, now_ms: int) -> list[link_tokens.Issued]:
        del now_ms
        return await link_tokens.listed(conn, patient)

    rows = audited(settings_of(data), work, Action.PATIENT_TOKENS, patient)
    if as_json:
        print_json([_plain(row) for row in rows])
        return
    table = Table("issue", "issued", "expires", "revoked", "by", "key")
    for row in rows:
        times = (rfc3339(row.issued_ms), rfc3339(row.expires_ms), _instant(row.revoked_ms) or "")
        table.add_row(str(row.issue), *times, row.issued_by, row.key_id)
    out.print(table)


def revoke(
    *,
    patient: Patient,
    issue: Issue = None,
    all_: Annotated[bool, typer.Option("--all", help="Every token of the patient.")] = False,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Revoke a patient's link token, or all: the doors refuse it at once, and what they still took is dropped."""
    if (issue is None) is not all_:
        fail("one of --issue NUMBER and --all is wanted", code=2)
    settings = settings_of(data)

    async def work(conn: Connection, now_ms: int) -> list[int]:
        return await link_tokens.revoke(conn, patient, now_ms, issue)

    ended = audited(
        settings, work, Action.PATIENT_REVOKE, patient, "all" if issue is None else f"issue {issue}"
    )
    if not ended and issue is not None:
        fail(f"there is no token {issue} of this patient that holds")
    reported = published(settings)
    if as_json:
        print_json({"revoked": ended, "published": reported})
    else:
        err.print(
            f"revoked from now on: {', '.join(f'issue {number}' for number in ended) or 'none held'}"
        )
    if not reported:
        fail(WAITS)


def published(settings: Settings) -> bool:
    """Tell the doors what is revoked; False when the log does not answer, True as well where no log is set."""

    async def work() -> bool:
        async with await open_pool(settings.database, max_size=1, role=ADMIN) as pool:
            return await publish(pool, settings.kafka, clock(settings.clock)())

    return not settings.kafka or run(work())


def _plain(row: link_tokens.Issued) -> dict[str, Any]:
    return {
        "issue": row.issue,
        "issued": rfc3339(row.issued_ms),
        "expires": rfc3339(row.expires_ms),
        "revoked": _instant(row.revoked_ms),
        "issued_by": row.issued_by,
        "key": row.key_id,
    }


def _instant(at_ms: int | None) -> str | None:
    return None if at_ms is None else rfc3339(at_ms)
