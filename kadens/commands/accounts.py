"""Commands about the sources of a patient's data: vendors' accounts, and what is stored of them."""

from collections.abc import Collection, Sequence

from kadens.clock import clock
from kadens.commands.audited import audited
from kadens.commands.console import run, settings_of
from kadens.commands.options import DEFAULT_DATA, Account, Data, Patient, SourceName
from kadens.output.terminal import fail, print_note
from kadens.settings import Settings
from model.calendar import rfc3339
from storage.audit_actions import AuditAction
from storage.fetching.connections import Tokens, put_tokens
from storage.people import accounts, consents, patients
from storage.people.errors import RefusedError, UnknownNameError
from storage.people.quarantine_release import receipts_of_released
from storage.pg.health import AWAY, NOT_OURS, WRONG_ADDRESS
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import ADMIN

_MOST_NAMED = 5  # accounts in a line
NOW = -1  # means "when the command runs" until its clock was read


def link_patient_account(
    account: Account,
    *,
    patient: Patient,
    source: SourceName,
    data: Data = DEFAULT_DATA,
) -> None:
    """Link a vendor's account to a patient.

    Bodies of the last day that waited for this account are taken in. What such a vendor announces
    is fetched from then on, if our own key or the vendor's link is all that a request needs.
    """
    settings = settings_of(data)
    needs_no_tokens = source in _without_sign_in()

    async def work(conn: Connection, now_ms: int) -> tuple[str, int]:
        released = await accounts.link_account(conn, patient, source, account, now_ms)
        # an empty token is a connection all the same: it is what a fetch looks for
        if needs_no_tokens:
            await put_tokens(
                conn,
                settings.secrets.wrapping_keys,
                connector=source,
                account=account,
                patient=patient,
                tokens=Tokens(access=""),
                now_ms=now_ms,
            )
        dropped = 0
        if released:
            came = await receipts_of_released(conn, source, account, now_ms)
            dropped = len(came) - len(
                await consents.covered(conn, [(patient, source, at_ms) for at_ms in came])
            )
        return _released_note(released, dropped), now_ms

    note, at_ms = audited(settings, work, AuditAction.ACCOUNT_LINK, patient, source)
    print_note(f"linked to {source} from {rfc3339(at_ms)} on; {note}")


def _released_note(released: int, dropped: int) -> str:
    """Return what became of the bodies that waited; `dropped` came before the consent."""
    if not dropped:
        return f"{released} {'body' if released == 1 else 'bodies'} released from quarantine"
    if released == 1:
        kept = "when it came, so it is not kept"
        return f"1 body was released; the patient had not consented {kept}"
    kept = f"when {dropped} of them came, so what came then is not kept"
    return f"{released} bodies were released; the patient had not consented {kept}"


def _without_sign_in() -> frozenset[str]:
    """Return the connectors whose api nobody signs in to."""
    from ingest.vendors import CONNECTORS  # noqa: PLC0415 - the vendors' code takes long to import

    names = set()
    for row in CONNECTORS:
        if row.api is not None and row.api.request is not None and row.api.auth is None:
            names.add(row.name)
    return frozenset(names)


def unlink_patient_account(
    account: Account, *, source: SourceName, data: Data = DEFAULT_DATA
) -> None:
    """End the link between a vendor's account and a patient.

    What the account sends from now on goes to quarantine.
    """

    async def work(conn: Connection, now_ms: int) -> tuple[str | None, int]:
        owner = await accounts.patient_of(conn, source, account)
        is_ended = await accounts.unlink(conn, source, account, now_ms)
        return (owner if is_ended else None), now_ms

    owner, at_ms = audited(
        settings_of(data), work, AuditAction.ACCOUNT_UNLINK, lambda result: result[0], source
    )
    if not owner:
        fail("that account is not linked")
    print_note(f"unlinked from {source}; what arrives from {rfc3339(at_ms)} on is quarantined")


def consent_refusal(settings: Settings, patient: str, source: str) -> str:
    """Return why nothing of a source would be stored for a patient now, "" where it would."""

    async def work() -> str:
        pool = await open_pool(settings.database, max_size=1, role=ADMIN)
        async with pool, pool.connection() as conn:
            try:
                await patients.zone_of(conn, patient)
            except UnknownNameError:
                return "no patient has this pseudonym"
            now_ms = clock(settings.clock)()
            agreed = await consents.consented(conn, patient, source, now_ms)
            return "" if agreed else f"the patient does not consent to {source}"

    return run(work())


def notes_on_storing(
    settings: Settings, source: str, named: Collection[str], *, is_invented: bool = False
) -> list[str]:
    """Return a line for each reason why nothing of some accounts is stored now.

    `named` are a body's accounts at `source`. They are told only where they are invented. Empty
    where all is stored, or without a database.
    """

    async def work() -> list[str]:
        pool = await open_pool(settings.database, max_size=1, role=ADMIN)
        async with pool, pool.connection() as conn:
            now_ms = clock(settings.clock)()
            linked = await accounts.patients_of(conn, [(source, account) for account in named])
            receipts = [(patient, source, now_ms) for patient in linked.values()]
            agreed = await consents.covered(conn, receipts) if receipts else set()
        unlinked = sorted(account for account in named if (source, account) not in linked)
        lines = _storing_notes(source, len(unlinked), len(linked) - len(agreed))
        return [*lines, *_linking_notes(source, unlinked if is_invented else [])]

    try:
        return run(work()) if named else []
    except (*AWAY, *NOT_OURS, *WRONG_ADDRESS):
        return []  # the door has the body, whatever the database does


def _storing_notes(source: str, unlinked: int, refused: int) -> list[str]:
    lines: list[str] = []
    if unlinked:
        lines.append(f"{unlinked} of its accounts linked to no patient: that waits for a day")
    if refused:
        lines.append(f"{refused} of its patients without consent to {source}: that is dropped")
    return lines


def _linking_notes(source: str, unlinked: Sequence[str]) -> list[str]:
    if not unlinked:
        return []
    names = ", ".join(unlinked[:_MOST_NAMED]) + (", …" if len(unlinked) > _MOST_NAMED else "")
    return [f"link {names} with `kadens patient link ACCOUNT --patient PATIENT --source {source}`"]


def must_consent(settings: Settings, patient: str, source: str) -> None:
    """Leave with code 1 unless the patient consents to a source now: nothing would be stored."""

    async def work(conn: Connection, now_ms: int) -> None:
        await patients.zone_of(conn, patient)
        if not await consents.consented(conn, patient, source, now_ms):
            # raised here, so that no row says that files were imported
            record = "record it with `kadens consent give`"
            raise RefusedError(f"the patient does not consent to {source}; {record}")

    audited(settings, work, AuditAction.FILES_IMPORT, patient)
