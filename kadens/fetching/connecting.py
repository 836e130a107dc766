"""The command that connects an account: by a link for the patient, or with tokens given by hand.

No token is ever printed. The link is printed once, and only its digest is kept.
"""

import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from kadens.bounded_files import bounded_bytes, bounded_copy
from kadens.commands.audited import audited, person
from kadens.commands.console import settings_of
from kadens.commands.options import (
    DEFAULT_DATA,
    Data,
    Json,
    Patient,
    connector_if_any,
    connector_names,
    required,
)
from kadens.names import ACCOUNT
from kadens.output.terminal import fail, print_json, print_line, print_note
from kadens.settings import Settings, environment
from kadens.wiring.fetching import fetched_vendors
from model.calendar import rfc3339
from patient.config import LINK_PATH
from patient.linking.binding import random_text, secret_digest
from patient.linking.steps import queue_backfill
from storage.audit_actions import AuditAction
from storage.bodies.wrapping import check_keys
from storage.fetching.connections import Tokens, put_tokens
from storage.people import accounts, consents, invitations
from storage.pg.pool import Connection

_LONGEST_FILE = 64 * 1024
_WANTED = '{"access_token": "…", "refresh_token": "…", "expires_in": SECONDS}'


def connect_account(
    what: Annotated[
        str,
        typer.Argument(
            metavar="VENDOR",
            callback=required(ACCOUNT),
            help="The connector, such as polar. With --tokens: the patient's user id there.",
        ),
    ],
    *,
    patient: Patient,
    tokens: Annotated[
        Path | None,
        typer.Option(
            "--tokens", help="Without a link: a file with the vendor's answer in JSON; - for stdin."
        ),
    ] = None,
    source: Annotated[
        str,
        typer.Option(
            "--source", callback=connector_if_any, help="The connector, where --tokens is given."
        ),
    ] = "",
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Print a link to connect a patient's account at a vendor.

    The link holds for 30 days and works once; an earlier one that was not used ends. The patient
    agrees on its page and allows it at the vendor. With --tokens the account is connected at once,
    with what the vendor's token endpoint answered: `kadens connect USER --source VENDOR --tokens
    FILE`.
    """
    if tokens is None and source:
        fail("--source goes with --tokens; without them, name the connector alone", code=2)
    if tokens is not None and not source:
        fail("--tokens needs --source, the connector", code=2)
    settings = settings_of(data)
    if tokens is None:
        _print_link(settings, what, patient, as_json=as_json)
        return
    _connect_with(settings, what, patient, source, tokens)


def _print_link(settings: Settings, connector: str, patient: str, *, as_json: bool) -> None:
    vendor = fetched_vendors(settings).get(connector)
    auth = vendor.api.auth if vendor is not None else None
    if vendor is None or auth is None or not auth.is_linkable:
        is_known = connector in connector_names()
        why = "has no sign-in of patients" if is_known else "is no connector"
        fail(f"{connector} {why}; patients sign in at {', '.join(linkable_connectors())}", code=2)
    warning = "" if vendor.client is not None else _without_application(settings, connector)
    # made here, because only its digest is stored: this is the one time that it is known
    link = random_text()

    async def work(conn: Connection, now_ms: int) -> int:
        by = person().subject
        return await invitations.put_invitation(
            conn, patient, connector, secret_digest(link), by, now_ms
        )

    expires_ms = audited(settings, work, AuditAction.ACCOUNT_INVITE, patient, connector)
    address = f"{settings.patient_url.rstrip('/')}{LINK_PATH}/{link}"
    if warning:
        print_note(warning)
    if as_json:
        print_json({"link": address, "connector": connector, "expires": rfc3339(expires_ms)})
        return
    print_line(address)
    print_note(f"give it to the patient; it works once, until {rfc3339(expires_ms)}")


def _without_application(settings: Settings, connector: str) -> str:
    """Return a warning: here is no id of our application, without which a link cannot work.

    Leaves with code 2 where the patient door is known to read the same file.
    """
    missing = f"no client_id and no client_secret in [connectors.{connector}]"
    # all processes of a `kadens up` read the file of its folder; on a server each has its own
    if not environment():
        fail(
            f"{settings.secrets_file} has {missing}, so the patient could not sign in: "
            "add them and start `kadens up` again",
            code=2,
        )
    file = settings.secrets_file or "this command's settings"
    return f"warning: {file} has {missing}; unless the patient door's has, the link does not work"


def linkable_connectors() -> list[str]:
    """Return the connectors whose patients sign in at the vendor."""
    from ingest.vendors import CONNECTORS  # noqa: PLC0415 - the vendors' code takes long to import

    apis = {row.name: row.api for row in CONNECTORS if row.api is not None}
    return [name for name, api in apis.items() if api.auth is not None and api.auth.is_linkable]


def _connect_with(
    settings: Settings, account: str, patient: str, source: str, tokens: Path
) -> None:
    """Connect an account with tokens from a file."""
    keys, vendors = settings.secrets.wrapping_keys, fetched_vendors(settings)
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
        await queue_backfill(conn, keys, vendors[source], patient, account, now_ms)
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
        values = orjson.loads(_bytes_of(path))
    except OSError as error:
        fail(f"{path}: {error.strerror}", code=2)
    except ValueError:
        values = None
    if not isinstance(values, dict) or not _is_text(values.get("access_token")):
        fail(f"the tokens must have the form {_WANTED}", code=2)
    for name, kind in (("refresh_token", str), ("expires_in", int)):
        if not isinstance(values.get(name, kind()), kind):
            fail(f"the tokens must have the form {_WANTED}", code=2)
    return values


def _bytes_of(path: Path) -> bytes:
    if str(path) == "-":
        return bounded_copy(sys.stdin.buffer, _LONGEST_FILE).getvalue()
    return bounded_bytes(path, _LONGEST_FILE)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value) and value.isascii() and value.isprintable()


def _tokens(answer: dict[str, Any], now_ms: int) -> Tokens:
    lasts_s = answer.get("expires_in", 0)
    return Tokens(
        access=answer["access_token"],
        refresh=answer.get("refresh_token", ""),
        expires_ms=now_ms + lasts_s * 1000 if lasts_s > 0 else 0,
    )
