"""A patient with rows in every table, and a search of every table for what is left."""

import hashlib
from datetime import date
from hashlib import sha256, shake_256
from pathlib import Path
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from model.calendar import MINUTE_MS
from model.envelope import Envelope
from model.facts import Joining, RejectKind, Source
from model.intensity import HeartProfile
from model.keyring import KeyRing
from model.prescription import Intensity, Prescription
from model.received import Fetch, Notice, NoticeKind
from storage import audit
from storage.alerts import outbox, to_judge
from storage.audit_actions import AuditAction
from storage.bodies import dead_letters, quarantine
from storage.bodies.body_store import INCOMING, BodyStorage
from storage.bodies.kept_bodies import Received, keep_all
from storage.bodies.sealed import IN_ROW, put_sealed
from storage.facts.writer import write_facts
from storage.fetching.announced_fetches import NoticedFetch, PatientNotice, put_fetches, put_notices
from storage.fetching.connections import Tokens, put_tokens
from storage.fetching.withdrawals import withdraw_accounts
from storage.people import accounts, consents, data_keys, link_tokens, patients
from storage.people.door_links import put_door_link
from storage.people.invitations import put_invitation
from storage.people.number_digests import put_number
from storage.people.patient_sessions import begin_patient_session
from storage.people.unconsented import count_unconsented
from storage.pg.pool import Connection
from stream import rollup_refresh
from stream.compute.derive import derive
from stream.deriving import patient_inputs
from stream.deriving.replace import replace_window
from stream.deriving.windows import load_window
from tests.rows import cells_of
from tests.storage.tellers import (
    T0,
    attributed_batch,
    block,
    day,
    deletion,
    head,
    pain,
    run,
    workout,
)

_KEY = KeyRing.single(bytes(32))
NUMBER = 424_242_017  # a surrogate that nothing else looks like
_DAY = 1440 * MINUTE_MS
ALERT = UUID("0a11ea5e-0a11-4a11-8a11-0a11ea5e0a11")
_TABLES = """
select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm', 'p') and n.nspname not in ('pg_catalog', 'information_schema') \
and n.nspname !~ '^pg_'
and (n.nspname !~ '^_timescaledb' or n.nspname = '_timescaledb_internal')"""


async def _announced(conn: Connection, patient: str) -> None:
    """Leave something to fetch, and a notice."""
    account = f"account-{patient}"
    fetch = Fetch(account=account, resource="r", key="k", path="/p")
    noticed = NoticedFetch(connector="garmin", fetch=fetch, patient=patient, noticed_ms=T0)
    await put_fetches(conn, _KEY, [noticed])
    revoked = Notice(account=account, kind=NoticeKind.REVOKED)
    notice = PatientNotice(connector="garmin", notice=revoked, patient=patient, received_ms=T0)
    await put_notices(conn, [notice])
    for connector in ("garmin", "polar"):
        await put_tokens(
            conn,
            _KEY,
            connector=connector,
            account=account,
            patient=patient,
            tokens=Tokens(access=f"access-{patient}"),
            now_ms=T0,
        )
    await withdraw_accounts(conn, patient, "polar", T0)
    link = hashlib.sha256(patient.encode()).hexdigest()
    await put_invitation(conn, patient, "polar", link, "os:tester", T0)
    await put_door_link(conn, patient, link, by="os:tester", now_ms=T0, until_ms=T0 + 1)
    await begin_patient_session(conn, patient, link, T0, T0 + 1)
    await put_number(conn, patient, {"1": link}, T0)


_RULED = (
    (
        "insert into rule_setting (care_unit, patient, rule, name, value, set_at, set_by, why) "
        "select care_unit, id, 'P1', 'high', 4, now(), 'c-1', pseudonym from patient "
        "where pseudonym = %(patient)s"
    ),
    (
        "insert into restriction (patient, kind, from_at, until_at, set_by, why) "
        "select id, 'restriction', '2020-01-01', '2020-01-02', 'c-1', pseudonym from patient "
        "where pseudonym = %(patient)s"
    ),
    (
        "insert into correction (patient, source, record, kind, is_void, fields, was, set_by, "
        "set_at, why) select r.patient, r.source, 'never-' || p.pseudonym, 'report', true, '{}', "
        "'{}', 'c-1', now(), p.pseudonym from record r join patient p on p.id = r.patient "
        "where p.pseudonym = %(patient)s limit 1"
    ),
    (
        "insert into held_finding (patient, rule, key, rule_version, why, tier, at, held_at, "
        "sentence, evidence) select id, 'P1', pseudonym, 1, 'pause', 'B', now(), now(), pseudonym, "
        "'{}' from patient where pseudonym = %(patient)s"
    ),
    (
        "insert into prescription_draft (patient, draft, revision, prescription, based_on, body, "
        "written_by, written_at) select id, gen_random_uuid(), 1, pseudonym, 0, '{}', 'c-1', now() "
        "from patient where pseudonym = %(patient)s"
    ),
    (
        "insert into unit_sharing (patient, care_unit, shared_by, shared_at) "
        "select id, care_unit, pseudonym, now() from patient where pseudonym = %(patient)s"
    ),
    (
        "insert into unit_block (patient, set_by, set_at) "
        "select id, pseudonym, now() from patient where pseudonym = %(patient)s"
    ),
    (
        "insert into block_opening (patient, care_unit, subject, ground, reason, opened_at, "
        "until_at) select id, care_unit, 'c-1', 'emergency', pseudonym, now(), "
        "now() + interval '1 hour' from patient where pseudonym = %(patient)s"
    ),
    (
        "insert into identity.statistic_key (patient, wrapped, key_id) select id, "
        "convert_to(pseudonym, 'UTF8'), '1' from patient where pseudonym = %(patient)s"
    ),
    (
        "insert into support_case (patient, about, arrived_at, opened_by) select id, pseudonym, "
        "now(), 'os:tester' from patient where pseudonym = %(patient)s"
    ),
    (
        "insert into support_access (case_id, patient, staff, reason, given_by, from_at, until_at) "
        "select c.id, c.patient, 's-1', about, 'os:tester', now(), now() from support_case c "
        "where about = %(patient)s"
    ),
    (
        "insert into account_move (patient, at, kind, by) select id, now(), 'warn', pseudonym "
        "from patient where pseudonym = %(patient)s"
    ),
    (
        "insert into stale_derivation (patient, since) select id, now() from patient "
        "where pseudonym = %(patient)s"
    ),
)


async def settle(
    conn: Connection, store: BodyStorage, patient: str, name: str = "Somebody"
) -> list[str]:
    """Leave something of a patient in every table and in the payload store.

    Returns texts that no other patient has.
    """
    await patients.add_patient(
        conn,
        wrapping_key=_KEY,
        unit="unit",
        zone="Europe/Stockholm",
        now_ms=0,
        pseudonym=patient,
        identity={"name": name},
    )
    await accounts.link_account(conn, patient, "open_wearables", f"account-{patient}", 0)
    await consents.give_consent(conn, patient, "open_wearables", from_ms=0, now_ms=0)
    await count_unconsented(conn, [(patient, "garmin", T0)])
    await _prescribed(conn, patient)
    await tell(conn, patient)
    await rollup_refresh.refresh_all(conn)
    await tell(conn, patient, late=True)
    body = f"body of {patient}".encode()
    envelope = Envelope(
        connector="files", received_ms=T0, sha256=sha256(body).hexdigest(), size=len(body)
    )
    await store.put(envelope.sha256, body, INCOMING)
    big = shake_256(patient.encode()).digest(IN_ROW)  # does not pack: it is kept in the store
    of_big = Envelope(
        connector="files", received_ms=T0, sha256=sha256(big).hexdigest(), size=len(big)
    )
    both = ((envelope, body), (of_big, big))
    await keep_all(
        conn,
        store,
        _KEY,
        [
            Received(patient=patient, envelope=result, body=item, format="fit")
            for result, item in both
        ],
    )
    await _announced(conn, patient)
    await _ruled(conn, patient)
    await _refused(conn, store, patient, big)
    await _alerted(conn, patient)
    issued = link_tokens.Issued(
        issue=await link_tokens.next_issue(conn, patient), key_id="1", issued_by="kadens",
        issued_ms=T0, expires_ms=T0 + _DAY, revoked_ms=None,
    )  # fmt: skip
    await link_tokens.put_token(conn, patient, sha256(b"token" + body).digest(), issued)
    number = await patients.patient_id(conn, patient)
    return [patient, str(number), envelope.sha256, f"serial-{patient}", _alert(number)]


async def _ruled(conn: Connection, patient: str) -> None:
    """Leave a setting of a rule, a finding that was held back, a restriction and a draft."""
    for query in _RULED:
        await conn.execute(query.encode(), {"patient": patient})


async def _refused(conn: Connection, store: BodyStorage, patient: str, big: bytes) -> None:
    """Leave a large payload in quarantine, two with dead letters, and one that was only counted.

    Of the two with dead letters one is large and one is small.
    """
    number = await patients.patient_id(conn, patient)
    key = await data_keys.data_key(conn, _KEY, patient)
    held = quarantine.QuarantinedBody(
        cluster="c", topic="t", partition=0, offset=number, vendor="open_wearables",
        account=f"account-{patient}", headers={}, body=big,
    )  # fmt: skip
    await quarantine.hold_body(conn, store, _KEY, held, T0)
    cause = dead_letters.Cause(
        kind=RejectKind.DAMAGED, connector="files", received_ms=T0, size=len(big), sha256="",
        rejects=[("@0", "no")], rejected=1,
    )  # fmt: skip
    for offset, body in enumerate((b"small", big)):
        origin = dead_letters.LetterOrigin(
            cluster="c",
            topic="t",
            partition=number,
            offset=offset,
            key=b"",
            headers=patient.encode(),
        )
        lies = await put_sealed(store, key, body, origin.location)
        row = dead_letters.LetterRow(
            origin=origin,
            cause=cause,
            letter=offset,
            patient=number,
            body_bytes=len(body),
            lies=lies,
        )
        await dead_letters.add_letters(conn, [row], T0)
    await dead_letters.count_letters(conn, [(cause, number)], T0)


async def tell(conn: Connection, patient: str, *, late: bool = False) -> None:
    """Store facts of every kind from a source of the patient's own, and derive."""
    start = T0 - 40 * _DAY + (5 * _DAY if late else 0)
    own = Source(vendor="files", device=f"serial-{patient}")
    result = head(f"own-{late}-{patient}", start, start + 30 * MINUTE_MS, source=own)
    stream = head(f"hr-{late}-{patient}", start, start + 300 * MINUTE_MS, source=own)
    times = list(range(start, start + 300 * MINUTE_MS, MINUTE_MS))
    facts = [
        *run(f"run-{late}-{patient}", start + _DAY),
        workout(result),
        block(stream, times, [100.0] * 300, joining=Joining.STREAM),
        pain(f"pain-{late}-{patient}", start, 4.0, session=result.record),
        day(f"day-{late}-{patient}", start, 1000.0),
        deletion(f"deletion-{late}-{patient}", f"nothing-{patient}"),
    ]
    written = await write_facts(conn, attributed_batch(facts, patient))
    for name, spans in written.affected.items():
        window = await load_window(conn, name, spans)
        await replace_window(conn, window, derive(window))


async def rows_with_traces(dsn: str, traces: list[str]) -> set[tuple[str, str]]:
    """Return (table, trace) wherever a row, as text, contains a text of the traces."""
    async with await AsyncConnection.connect(dsn) as conn:
        tables = cells_of(await (await conn.execute(_TABLES)).fetchall(), 0)
        left: set[tuple[str, str]] = set()
        for table in tables:
            names = SQL(".").join(Identifier(part.strip('"')) for part in table.split("."))
            rows = await (
                await conn.execute(SQL("select x::text from only {} x").format(names))
            ).fetchall()
            texts = "\n".join(cells_of(rows, 0))
            left |= {(table, trace) for trace in traces if trace in texts}
        return left


def files(folder: Path) -> list[Path]:
    """Return every file below a folder."""
    return list(filter(Path.is_file, folder.rglob("*")))


async def _prescribed(conn: Connection, patient: str) -> None:
    await patient_inputs.change_profile(
        conn, patient, HeartProfile(valid_from=date(2026, 1, 1), birth_year=1960), 0
    )
    intensity = Intensity(method="hrr", low=0.4, high=0.6)
    plan = Prescription(
        id=f"plan-{patient}",
        version=1,
        valid_from=date(2026, 6, 1),
        valid_to=date(2026, 12, 31),
        sessions_per_week=3,
        minutes_per_session=30,
        intensity=intensity,
    )
    await patient_inputs.prescribe(conn, patient, plan, 0)


async def _alerted(conn: Connection, patient: str) -> None:
    number = await patients.patient_id(conn, patient)
    alert = _alert(number)
    await conn.execute(
        "insert into alert (id, patient, family, rule, rule_version, tier, state, "
        "raised_at, changed_at, sentence) "
        "values (%s, %s, 'pain', 'pain', 1, 'A', 'open', now(), now(), 'pain 7 of 10')",
        [alert, number],
    )
    await conn.execute(
        "insert into alert_finding (alert, key, rule, rule_version, tier, at, evidence, "
        "current, added_at, "
        "from_at, fresh_until, sentence) "
        "values (%s, 'k', 'pain', 1, 'A', now(), %s, true, now(), now(), now(), 'pain 7 of 10')",
        [alert, Jsonb({"value": 7})],
    )
    await conn.execute(
        "insert into alert_move (alert, at, actor, to_state, reason) "
        "values (%s, now(), 'kadens', 'open', '')",
        [alert],
    )
    await conn.execute(
        "insert into alert_note (alert, at, author, text, is_shared) "
        "values (%s, now(), 'clinician', 'called', false)",
        [alert],
    )
    await outbox.put_message(
        conn, "email", f"{alert}/A/c@example.org", "c@example.org", {"subject": "s"}, 0
    )
    await outbox.put_message(
        conn, "derived", f"facts/0/1/{patient}", patient, {"patient": patient}, 0
    )
    await to_judge.mark_due(conn, patient, T0, "facts")
    await conn.execute(
        "insert into annotation (patient, kind, first_date, last_date, text, pauses, author, "
        "written_at) values (%s, 'illness', now(), now(), 'a cold', true, 'clinician', now())",
        [number],
    )
    await conn.execute(
        "insert into pinned_note (patient, version, text, author, written_at) "
        "values (%s, 1, 'calls before noon', 'clinician', now())",
        [number],
    )
    await conn.execute(
        "insert into review (patient, reviewer, reviewed_at) values (%s, 'clinician', now())",
        [number],
    )
    await conn.execute(
        "insert into patient_label (patient, kind, text) values (%s, 'tag', 'knee')", [number]
    )
    await conn.execute(
        "insert into rights_request (patient, kind, received_at, identified, due, answer) "
        "select id, 'access', now(), pseudonym, now(), pseudonym from patient where id = %s",
        [number],
    )
    await conn.execute(
        "insert into rights_file (request, patient, sealed, made_at) select r.id, r.patient, "
        "convert_to(p.pseudonym, 'UTF8'), now() from rights_request r "
        "join patient p on p.id = r.patient where p.id = %s",
        [number],
    )
    actor = audit.Actor(subject="clinician", role="clinician", care_unit="unit")
    detail = {"reason": f"about {patient}"}
    entry = audit.AuditEntry(
        at_ms=T0,
        actor=actor,
        action=AuditAction.DATA_READ,
        patient=patient,
        object=f"alert:{alert}",
        detail=detail,
    )
    await audit.write_entry(conn, entry)


def _alert(number: int) -> str:
    return str(UUID(int=ALERT.int + number))
