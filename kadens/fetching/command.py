"""Commands about what is fetched from vendors: list it, and connect an account by hand.

No token and no address is ever printed.
"""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from kadens.commands.audited import audited, entry_of
from kadens.commands.console import settings_of
from kadens.commands.options import (
    DEFAULT_DATA,
    Account,
    Data,
    Json,
    Patient,
    SourceName,
    checked,
    known_connector,
)
from kadens.names import PSEUDONYM
from kadens.output.console import list_table, print_table
from kadens.output.terminal import fail, print_json, print_line, print_note
from model.calendar import rfc3339
from storage import audit
from storage.audit_actions import AuditAction
from storage.bodies.wrapping import check_keys
from storage.fetching.connections import NEEDS_RECONNECTING, Tokens, put_tokens
from storage.fetching.queue import FetchRow, fetch_rows
from storage.people import accounts, consents
from storage.pg.pool import Connection

_STATES = ("waiting", "running", "failing", "done", "given_up")
USUAL_ROWS, MOST_ROWS = 100, 10_000
_COLUMNS = ("patient", "source", "what", "state", "why", "failed", "announced", "next attempt")
_LONGEST_FILE = 64 * 1024
_WANTED = '{"access_token": "…", "refresh_token": "…", "expires_in": SECONDS}'


def _state(text: str) -> str:
    if text and text not in _STATES:
        raise typer.BadParameter(f"must be one of {', '.join(_STATES)}")
    return text


def _connector(text: str) -> str:
    return text and known_connector(text)


def list_fetches(
    *,
    state: Annotated[
        str,
        typer.Option("--state", callback=_state, help=f"Only one state of {', '.join(_STATES)}."),
    ] = "",
    source: Annotated[
        str, typer.Option("--source", callback=_connector, help="Only of this connector.")
    ] = "",
    patient: Annotated[
        str, typer.Option("--patient", callback=checked(PSEUDONYM), help="Only of this patient.")
    ] = "",
    limit: Annotated[
        int, typer.Option(min=1, max=MOST_ROWS, help="At most this many, the newest first.")
    ] = USUAL_ROWS,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """List what vendors announced, and what became of it.

    The last announced comes first. A row without a patient is of an account that is not linked.
    """
    shown: list[FetchRow] = []

    async def work(conn: Connection, now_ms: int) -> None:
        rows = await fetch_rows(conn, state=state, connector=source, patient=patient, most=limit)
        shown.extend(rows)
        # each patient that is shown gets an audit row, in the transaction of the read
        named = sorted({row.patient for row in rows if row.patient})
        entry = entry_of(AuditAction.LIST_READ, now_ms)
        await audit.write_list_entries(conn, entry, named, now_ms)

    audited(settings_of(data), work, AuditAction.LIST_READ, patient or None, "fetches")
    if as_json:
        print_json(list(map(_plain, shown)))
        return
    if not shown:
        print_line("nothing is listed: no vendor has announced anything of this kind")
        return
    table = list_table(*_COLUMNS)
    for row in shown:
        plain = _plain(row)
        table.add_row(
            row.patient or "",
            row.connector,
            f"{row.resource} {row.key}",
            row.state.replace("_", " "),
            str(plain["reason"]),
            str(row.attempts),
            str(plain["noticed"]),
            str(plain["next_attempt"] or ""),
        )
    print_table(table)


def connect_account(
    account: Account,
    *,
    patient: Patient,
    source: SourceName,
    tokens: Annotated[
        Path, typer.Option("--tokens", help="File with the vendor's answer in JSON; - for stdin.")
    ],
    data: Data = DEFAULT_DATA,
) -> None:
    """Connect a vendor's account with tokens given by hand.

    The account is linked to the patient, and what its vendor announces is fetched from now on.
    The file has what the vendor's token endpoint answered. The tokens are kept sealed with the
    patient's own key.
    """
    settings = settings_of(data)
    keys = settings.secrets.wrapping_keys
    if source not in _connectable():
        fail(
            f"nothing is fetched from {source}: {', '.join(_connectable())} can be connected",
            code=2,
        )
    answer = _answer(tokens)

    async def work(conn: Connection, now_ms: int) -> bool:
        # tokens that no consent covers are destroyed, so they are not taken either
        if not await consents.consented(conn, patient, source, now_ms):
            return False
        await check_keys(conn, keys, now_ms, record=True)
        await accounts.link_account(conn, patient, source, account, now_ms)
        await put_tokens(
            conn,
            keys,
            connector=source,
            account=account,
            patient=patient,
            tokens=_tokens(answer, now_ms),
            now_ms=now_ms,
        )
        return True

    if not audited(settings, work, AuditAction.ACCOUNT_CONNECT, patient, source):
        fail(f"the patient does not consent to {source}; record it with `kadens consent give`")
    print_note(f"connected to {source}; remove the file with the tokens")


def _connectable() -> tuple[str, ...]:
    """Return the connectors that need tokens to be asked."""
    from ingest.vendors import CONNECTORS  # noqa: PLC0415 - the vendors' code takes long to import

    return tuple(row.name for row in CONNECTORS if row.api is not None and row.api.auth is not None)


def _answer(path: Path) -> dict[str, Any]:
    try:
        raw = sys.stdin.buffer.read(_LONGEST_FILE) if str(path) == "-" else path.read_bytes()
        values = orjson.loads(raw[:_LONGEST_FILE])
    except OSError as error:
        fail(f"{path}: {error.strerror}", code=2)
    except ValueError:
        values = None
    if not isinstance(values, dict) or not _is_text(values.get("access_token")):
        fail(f"the tokens are wanted as {_WANTED}", code=2)
    for name, kind in (("refresh_token", str), ("expires_in", int)):
        if not isinstance(values.get(name, kind()), kind):
            fail(f"the tokens are wanted as {_WANTED}", code=2)
    return values


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value) and value.isascii() and value.isprintable()


def _tokens(answer: dict[str, Any], now_ms: int) -> Tokens:
    lasts_s = answer.get("expires_in", 0)
    return Tokens(
        access=answer["access_token"],
        refresh=answer.get("refresh_token", ""),
        expires_ms=now_ms + lasts_s * 1000 if lasts_s > 0 else 0,
    )


def _plain(row: FetchRow) -> dict[str, Any]:
    """Return a row as it is printed: instants as text, and why nothing happens to it."""
    values = asdict(row)
    values.pop("connection")
    values.pop("format")
    waits = row.state in {"waiting", "failing"}
    return {
        **{name: item for name, item in values.items() if not name.endswith("_ms")},
        "reason": row.reason or _why_waiting(row),
        "noticed": rfc3339(row.noticed_ms),
        "changed": rfc3339(row.changed_ms),
        "next_attempt": rfc3339(row.not_before_ms) if waits and row.not_before_ms else None,
    }


def _why_waiting(row: FetchRow) -> str:
    reasons = (
        (row.state != "waiting", ""),
        (row.patient is None, "the account is linked to no patient"),
        (not row.format, "nothing here reads this kind yet"),
        (row.connection is None, "the account is not connected"),
        (row.connection == NEEDS_RECONNECTING, "the account needs reconnecting"),
    )
    return next((why for holds, why in reasons if holds), "")
