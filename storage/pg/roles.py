"""Defines which process may do what with which table.

All grants come from `TABLES`, except those of `OWN`. Roles belong to the server, so several
databases share them. None of them can log in or is a superuser. A process logs in as a member and
takes its role on every connection (`become`). The vendor door has no role, because it uses no
database. No login is a member of the role that owns the audit log.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import AsyncConnection, errors
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composable, Composed, Identifier

WORKER, CLINIC, ADMIN = "kadens_worker", "kadens_clinic", "kadens_admin"
FETCHER, PATIENT_DOOR = "kadens_fetcher", "kadens_patient"
MIGRATE, AUDIT_OWNER = "kadens_migrate", "kadens_audit"
PROCESSES = (WORKER, CLINIC, ADMIN, FETCHER, PATIENT_DOOR)
ROLES = (*PROCESSES, MIGRATE, AUDIT_OWNER)

READ, ADD, ALL = "select", "select, insert", "select, insert, update, delete"
# To lock a row, PostgreSQL requires the right to update some column. `id` can never change.
LOCKED = "select, update (id)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What each process may do with a table, as privileges of a grant; "" is nothing."""

    worker: str = ""
    clinic: str = ""
    admin: str = ALL
    fetcher: str = ""
    patient: str = ""

    def __iter__(self) -> Iterator[str]:
        """Yield the privileges in the order of `PROCESSES`."""
        return iter((self.worker, self.clinic, self.admin, self.fetcher, self.patient))


_DERIVED = Access(worker=ALL, clinic=READ)
_SHOWN = Access(worker=ALL, clinic=READ, patient=READ)  # to the patient, as their own data
_WORK = Access(worker=ALL)
_JUDGED = "select, insert, update (verdict, reason, reviewer, reviewed_at)"
_STATE_OF_FETCH = "select (connector, patient, state, is_past)"

# Every table needs an entry; a test compares the entries with the schema.
TABLES: dict[str, Access] = {
    "care_unit": Access(worker=READ, clinic=READ, patient=READ),
    "clinician": Access(
        worker=READ, clinic="select, insert, update", patient="select (subject, name)"
    ),
    "clinician_reach": Access(worker=READ),
    "patient": Access(worker=LOCKED, clinic=LOCKED, fetcher=LOCKED, patient=LOCKED),
    "identity.data_key": Access(worker=READ, clinic=READ, fetcher=READ, patient=READ),
    "key_check": Access(worker=ADD, clinic=READ, fetcher=READ, patient=READ),
    # closing an account ends its tokens, and its consents
    "link_token": Access(
        worker="select, update (revoked_at)", clinic="select, update (revoked_at)"
    ),
    "link_revoked": Access(worker=ALL, clinic=ADD),
    "identity.person": Access(clinic=READ),
    "identity.number_digest": Access(patient="select, update (digest, key_id)"),
    "account": Access(worker=READ, fetcher=READ, patient=ADD),
    "consent": Access(
        worker="select, update (withdrawn_at)",
        clinic="select, update (withdrawn_at)",
        fetcher=READ,
        patient="select, insert, update (withdrawn_at)",
    ),
    # consents name its versions, so none is changed or removed
    "consent_text": Access(admin=ADD, clinic=READ, patient=ADD),
    "unconsented": Access(worker="select, insert, update", clinic=READ),
    "heart_profile": Access(worker=READ, clinic=READ),
    "prescription": Access(worker=READ, clinic=ADD, patient=READ),
    "prescription_draft": Access(clinic=ALL),
    "stale_derivation": Access(worker=ALL, clinic="select, insert, update"),
    "source": Access(worker="select, insert, update (id)", clinic=READ, patient=READ),
    "record": _SHOWN,
    # a patient reads their own answers; `content` holds blocks of samples
    "fact": Access(
        worker=ALL,
        clinic=READ,
        patient="select (record, kind, metric, part, patient, source, start_at, end_at, "
        "offset_min, offset_origin, local_date, received_at, connector, body, payload)",
    ),
    "sample": _WORK,  # the clinician door reads the view `of_unit.sample`
    "watermark": _DERIVED,
    "body": Access(worker=ALL, clinic=READ, patient="select (patient, connector, received_at)"),
    # linking an account releases what waits for it, which the patient door cannot open, and a
    # withdrawal deletes it
    "quarantine": Access(
        worker=ALL,
        patient='select (cluster, topic, part, "offset", vendor, account, received_at, '
        "released_at, address), update (released_at), delete",
    ),
    # the worker writes what is announced; the fetcher and the patient door open tokens
    "vendor_fetch": Access(
        worker=ALL,
        clinic=_STATE_OF_FETCH,
        fetcher="select, update, delete",
        patient="select, insert, update",
    ),
    "vendor_notice": Access(worker=ADD, clinic=READ, fetcher=ADD),
    "vendor_connection": Access(
        clinic="select (connector, patient, state, connected_at)",
        fetcher="select, update, delete",
        patient=ALL,
    ),
    "vendor_invitation": Access(
        clinic="select (patient, connector, created_at, expires_at, used_at)",
        patient="select, insert, update",
    ),
    "door_link": Access(patient="select, update (used_at)"),
    "patient_session": Access(patient=ALL),
    "vendor_withdrawal": Access(
        clinic="select (connector, patient, withdrawn_at)",
        fetcher=ALL,
        patient="select, insert, update, delete",
    ),
    "vendor_application": Access(
        fetcher="select, insert, update", patient="select, insert, update"
    ),
    "vendor_request": Access(fetcher=ALL, patient=ALL),
    "dead_letter": _WORK,
    "dead_letter_overflow": _WORK,
    "discarded": Access(worker=ALL, patient="insert (address)"),
    "in_work": _WORK,
    "stream_offset": _WORK,
    "session": _SHOWN,
    "day": _DERIVED,
    "week": _SHOWN,
    "source_selection": _DERIVED,
    "rollup_hour": _DERIVED,
    "rollup_day": _DERIVED,
    "rollup_stale": Access(worker=ALL, clinic="select, insert, update"),
    "alert": Access(
        worker=ALL,
        clinic="select, update (state, changed_at, snoozed_until, resolution, assignee, "
        "unseen_since, escalations, mutes, useful, last_move)",
        patient="select (id, patient)",
    ),
    "alert_finding": _DERIVED,
    "alert_move": Access(worker=ADD, clinic=ADD),
    "alert_note": Access(worker=READ, clinic=ADD, patient=READ),
    "unit_duty": Access(worker=READ, clinic=ADD),
    "absence": Access(worker=READ, clinic="select, insert, update (ended_at)"),
    "budget_notice": Access(worker=ADD, clinic=READ),
    "rule_setting": Access(worker=READ, clinic=ADD),
    # the worker pauses for a patient who objects
    "restriction": Access(worker=ADD, clinic="select, insert, update"),
    "correction": Access(
        worker=READ,
        clinic="select, insert, update (ended_at, ended_by, ended_why)",
        patient=READ,
    ),
    "held_finding": Access(worker="select, insert, update, delete", clinic=READ),
    "vendor_outage": Access(worker="select, insert, update", clinic=READ),
    "due": Access(worker=ALL, clinic="select, insert, update"),
    # adding a message looks at its key; the messages themselves are none of the door's business
    "outbox": Access(
        worker=ALL,
        clinic="select (channel, key, patient, sent_at), delete, "
        "insert (channel, key, recipient, patient, body, created_at, not_before, to_patient)",
    ),
    # taken back by a date, never deleted: what paused a prescription must stay to be explained
    "annotation": Access(worker=READ, clinic="select, insert, update (removed_at, removed_by)"),
    "pinned_note": Access(clinic=ADD),
    "review": Access(clinic="select, insert, update (undone_at)"),
    "patient_label": Access(clinic="select, insert, delete"),
    "account_life": Access(
        worker="select, insert, update",
        clinic="select, insert, update",
        patient="select, insert, update (signed_in_at)",
    ),
    "account_move": Access(worker=ADD, clinic=ADD),
    # a verdict stays: it is written once into its row, and no row is taken away
    "audit_sample": Access(admin=ADD, clinic=ADD),
    "audit_sampled": Access(admin=_JUDGED, clinic=_JUDGED),
    "support_case": Access(
        worker="select, update (id), delete", clinic="select, insert, update (closed_at, answer)"
    ),
    # the door looks whether somebody of the support staff may see a patient now
    "support_access": Access(worker="select, delete", clinic="select, insert, update (until_at)"),
    "identity.statistic_key": Access(worker="select, insert, delete", clinic="select, delete"),
    "statistic_row": Access(worker=ADD),
    "statistic_month": Access(worker=ADD),
    "rights_request": Access(
        # the worker closes an account that its patient wants closed, and answers so
        worker="select (id, patient, kind, received_at, identified, closed_at, due), "
        "update (state, handled_by, answer, identified, closed_at)",
        clinic="select, insert, update (state, handled_by, answer, identified, closed_at, due, "
        "extended_at, extended_why)",
        patient="select, insert, update (identified, wish)",
    ),
    # sealed with the patient's key; the worker only removes what is old
    "rights_file": Access(
        worker="select (made_at), delete",
        clinic="select, update (handed_at, handed_by)",
        patient=READ,
    ),
    "unit_sharing": Access(clinic=READ, patient=READ),
    "unit_block": Access(
        clinic=READ, patient="select, insert, update (lifted_at, lifted_by, consent)"
    ),
    "block_opening": Access(clinic=READ, patient=READ),
    # no patient is in it: it outlives them, under the number of the receipt
    "journal_extract": Access(worker="select, delete", admin="select, insert, delete"),
    "saved_filter": Access(clinic=ALL),
    "clinic_session": Access(clinic=ALL, admin="select, update (ended_at)"),
    "metric": Access(worker=READ, clinic=READ, admin=READ),
    "erasure_body": Access(worker="select, update, delete"),
    "schema_migration": Access(worker=READ, clinic=READ, admin=READ),
    # Owned by `AUDIT_OWNER`: granted in 0016_access.sql, because the migration role cannot
    # grant them.
    "erasure": Access(admin="select, insert (at), update (counts)"),
    "audit": Access(
        clinic="select, insert (at, actor, role, care_unit, action, patient, object, detail)",
        patient="select, insert (at, actor, role, care_unit, action, patient, object, detail)",
        admin="select, insert (at, actor, role, care_unit, action, patient, object, detail)",
    ),
    "audit_action": Access(admin=""),
    "audit_chain": Access(clinic=READ, admin=READ),
}
OWN = frozenset({"erasure", "audit", "audit_action", "audit_chain"})

# Another database of the same server may be making the role at the same moment.
_CREATE = (
    "do $$ begin create role {} nologin; "
    "exception when duplicate_object or unique_violation then null; end $$"
)
_LOGIN = (
    "do $$ begin create role {} login; "
    "exception when duplicate_object or unique_violation then null; end $$"
)
_MISSING = (
    "select name from unnest(%s::text[]) as name "
    "where not exists (select from pg_roles where rolname = name)"
)
_HANDED_OVER = (
    "select pg_get_userbyid(relowner) from pg_class where oid = to_regclass('public.audit')"
)
_THERE = (
    "select name from unnest(%s::text[]) as name where to_regclass(name) is not null order by name"
)
# A door that does not look there first may read no samples at all.
_OF_UNIT_FIRST = "set search_path = of_unit, public"
_ACTING = "select current_user, session_user, current_setting('is_superuser')"


class RoleError(RuntimeError):
    """A login may not take the role of its process, or the roles do not exist.

    The text has the command that an administrator must run.
    """


async def become(conn: AsyncConnection[TupleRow], role: str) -> None:
    """Let a connection act as `role` from now on.

    Raises `RoleError` when the login may not take the role, or when the role is a superuser.
    """
    try:
        await conn.execute(SQL("set role {}").format(Identifier(role)))
        if role == CLINIC:
            await conn.execute(_OF_UNIT_FIRST)
    except (
        errors.InsufficientPrivilege,
        errors.InvalidParameterValue,
        errors.UndefinedObject,
    ) as error:
        await conn.rollback()  # the error has aborted a transaction that was open
        row = await (await conn.execute(_ACTING)).fetchone()
        login = row[1] if row else ""
        raise RoleError(
            f"the database login {login} may not act as {role}. "
            f"As an administrator: grant {role} to {login}; (`kadens migrate` makes the role)"
        ) from error
    row = await (await conn.execute(_ACTING)).fetchone()
    # a superuser passes every check of the server, so the grants would mean nothing
    if row is None or row[0] != role or row[2] != "off":
        raise RoleError(
            f"the database role {role} is a superuser: `alter role {role} nosuperuser` first"
        )


async def create(conn: AsyncConnection[TupleRow]) -> None:
    """Make the roles that are missing on this server.

    Raises `RoleError` when the login may not make them. The text has the commands for an
    administrator.
    """
    rows = await (await conn.execute(_MISSING, [list(ROLES)])).fetchall()
    missing = [name for (name,) in rows]
    try:
        for name in missing:
            await conn.execute(SQL(_CREATE).format(Identifier(name)))
    except errors.InsufficientPrivilege as error:
        wanted = " ".join(f"create role {name} nologin;" for name in missing)
        raise RoleError(
            "database roles are missing and may not be made by this login. As an administrator: "
            f"{wanted} Then run `kadens migrate` once as that administrator."
        ) from error


async def process_logins(dsn: str, where: str) -> dict[str, str]:
    """Make a login for each process, without a password; return each login's DSN by role.

    This is for a server that trusts connections through its socket. `where` is `dsn` with limits
    for waiting (see `pool.address`).
    """
    made = {}
    async with await AsyncConnection.connect(where, autocommit=True) as conn:
        for role in PROCESSES:
            login = f"{role}_login"
            await conn.execute(SQL(_LOGIN).format(Identifier(login)))
            await conn.execute(SQL("grant {} to {}").format(Identifier(role), Identifier(login)))
            made[role] = make_conninfo(dsn, user=login)
    return made


async def handed_over(conn: AsyncConnection[TupleRow]) -> bool:
    """Return whether migration 0016 has given the tables to the migration role."""
    row = await (await conn.execute(_HANDED_OVER)).fetchone()
    return row is not None and row[0] == AUDIT_OWNER


async def grant_all(conn: AsyncConnection[TupleRow]) -> None:
    """Set the grants on the tables of the migration role to exactly those of `TABLES`."""
    wanted = sorted(TABLES.keys() - OWN)
    statements: list[Composable] = []
    for (name,) in await (await conn.execute(_THERE, [wanted])).fetchall():
        statements += _grants(name)
    # one transaction: between "revoke" and "grant" no process may find a table closed
    async with conn.transaction():
        await conn.execute(Composed(statements))


def _grants(table: str) -> list[Composable]:
    access, name = TABLES[table], Identifier(*table.split("."))
    roles = SQL(", ").join(map(Identifier, PROCESSES))
    parts: list[Composable] = [SQL("revoke all on {} from {};").format(name, roles)]
    for role, verbs in zip(PROCESSES, access, strict=True):
        if verbs:
            parts.append(SQL(f"grant {verbs} on {{}} to {{}};").format(name, Identifier(role)))
    return parts
