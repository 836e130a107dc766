"""Commands about a patient's link tokens: issue, list, revoke. Only issuing prints a token."""

from typing import Annotated, Any

import typer

from ingest.uploads.upload import page_address
from kadens.clock import clock
from kadens.commands.accounts import consent_refusal
from kadens.commands.audited import audited, person
from kadens.commands.console import run, settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json, Patient
from kadens.link_tokens import (
    LEAST_DAYS,
    MOST_DAYS,
    USUAL_DAYS,
    TokenKeys,
    issue_token,
    publish_revocations,
)
from kadens.output.console import list_table, print_table
from kadens.output.terminal import fail, print_json, print_line, print_note
from kadens.settings import Settings
from model.calendar import rfc3339, rfc3339_if_known
from parsers.formats import FILES_CONNECTOR
from storage.audit_actions import AuditAction
from storage.people import link_tokens
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import ADMIN

Days = Annotated[
    int,
    typer.Option(
        "--days", min=LEAST_DAYS, max=MOST_DAYS, help="For how many days the token holds."
    ),
]
_MOST_ISSUES = 2**31 - 1  # what a column of the database holds
Issue = Annotated[
    int | None,
    typer.Option("--issue", min=1, max=_MOST_ISSUES, help="The issue number of one token."),
]
LOG_AWAY_NOTE = "the log does not answer: doors refuse the token once a worker has published this"


def issue_link_token(
    *, patient: Patient, days: Days = USUAL_DAYS, as_json: Json = False, data: Data = DEFAULT_DATA
) -> None:
    """Issue a link token, and print it and the upload page's address.

    The token is for `POST /v1/files` too. Whoever has it may send files in the patient's name.
    """
    settings = settings_of(data)
    made, row = issue_audited_token(settings, patient, days=days, purpose="link")
    page = page_address(settings.vendor_url, made) if settings.uploads else ""
    if as_json:
        print_json({"token": made, "page": page or None, **_plain(row)})
        return
    print_line(made)
    print_note(f"issue {row.issue}, holds from now until {rfc3339(row.expires_ms)}")
    if page:
        print_note(f"the patient's link to the upload page: {page}")
    if why := consent_refusal(settings, patient, FILES_CONNECTOR):
        give = f"`kadens consent give --patient {patient} --source {FILES_CONNECTOR}`"
        print_note(f"{why}: what is sent with it is dropped; record it with {give}")


def issue_audited_token(
    settings: Settings, patient: str, *, days: int, purpose: str
) -> tuple[str, link_tokens.Issued]:
    """Issue a token and write its audit row, in one transaction; return the token and its row.

    Leaves with a line when the installation has no link key, or when there is no such patient.
    """
    keys = settings.secrets.link_keys
    if not keys:
        fail("the secrets file has no link_key, so no token can be made", code=2)

    token_keys = TokenKeys(link=keys, wrapping=settings.secrets.wrapping_keys)

    async def work(conn: Connection, now_ms: int) -> tuple[str, link_tokens.Issued]:
        return await issue_token(
            conn, patient, token_keys, now_ms, days=days, by=person().subject, purpose=purpose
        )

    return audited(settings, work, AuditAction.PATIENT_TOKEN, patient, purpose)


def list_link_tokens(*, patient: Patient, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """List a patient's link tokens, without the tokens themselves."""

    async def work(conn: Connection, now_ms: int) -> list[link_tokens.Issued]:
        del now_ms
        return await link_tokens.tokens_of(conn, patient)

    rows = audited(settings_of(data), work, AuditAction.PATIENT_TOKENS, patient)
    if as_json:
        print_json([_plain(row) for row in rows])
        return
    table = list_table("issue", "for", "issued", "expires", "revoked", "by", "key")
    for row in rows:
        times = (
            rfc3339(row.issued_ms),
            rfc3339(row.expires_ms),
            rfc3339_if_known(row.revoked_ms) or "",
        )
        table.add_row(str(row.issue), row.purpose, *times, row.issued_by, row.key_id)
    print_table(table)


def revoke_link_tokens(
    *,
    patient: Patient,
    issue: Issue = None,
    all_: Annotated[bool, typer.Option("--all", help="Every token of the patient.")] = False,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Revoke one of a patient's link tokens, or all of them.

    The doors refuse a revoked token at once; what they accepted after that instant is dropped.
    """
    if (issue is None) is not all_:
        fail("give either --issue NUMBER or --all", code=2)
    settings = settings_of(data)

    async def work(conn: Connection, now_ms: int) -> list[int]:
        return await link_tokens.revoke(conn, patient, now_ms, issue)

    ended = audited(
        settings,
        work,
        AuditAction.PATIENT_REVOKE,
        patient,
        "all" if issue is None else f"issue {issue}",
    )
    if not ended and issue is not None:
        fail(f"this patient has no valid token {issue}")
    # The revocation is committed by now. If the log is away, a worker publishes it later.
    is_published = tell_doors(settings)
    if as_json:
        print_json({"revoked": ended, "published": is_published})
    else:
        issues = ", ".join(f"issue {number}" for number in ended)
        print_note(f"revoked from now on: {issues or 'nothing, no token was valid'}")
    if not is_published:
        fail(LOG_AWAY_NOTE)


def tell_doors(settings: Settings) -> bool:
    """Publish what is revoked to the doors; return False when the log does not answer.

    True where the settings name no log: there are no doors to inform.
    """

    async def work() -> bool:
        async with await open_pool(settings.database, max_size=1, role=ADMIN) as pool:
            return await publish_revocations(pool, settings.kafka, clock(settings.clock)())

    return not settings.kafka or run(work())


def _plain(row: link_tokens.Issued) -> dict[str, Any]:
    return {
        "issue": row.issue,
        "purpose": row.purpose,
        "issued": rfc3339(row.issued_ms),
        "expires": rfc3339(row.expires_ms),
        "revoked": rfc3339_if_known(row.revoked_ms),
        "issued_by": row.issued_by,
        "key": row.key_id,
    }
