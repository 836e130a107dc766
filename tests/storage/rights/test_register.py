"""Every table about patients has its purpose, its legal basis and how long it is kept."""

import pytest

from model.privacy.register import REGISTER, KeptFor, LegalBasis
from storage.erase import ERASED
from storage.pg.pool import Connection
from storage.pg.roles import TABLES
from tests.rows import cells_of

pytestmark = pytest.mark.anyio

_OF_PATIENTS = """
select c.oid::regclass::text from pg_class c join pg_attribute a on a.attrelid = c.oid
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition
and n.nspname !~ '^(pg_|_timescaledb|information_schema)'
and a.attname in ('patient', 'pseudonym') and not a.attisdropped"""
# What names no patient in a column, and still holds data of patients.
INDIRECT = {"quarantine"}


@pytest.mark.promise(1)
async def test_every_table_with_a_patient_is_in_the_register(conn: Connection) -> None:
    with_patient = cells_of(await (await conn.execute(_OF_PATIENTS)).fetchall(), 0)
    assert set(REGISTER) == {*with_patient, *ERASED, *INDIRECT}
    assert set(REGISTER) <= set(TABLES)


@pytest.mark.promise(1)
def test_what_a_vendor_sent_rests_on_consent_and_the_log_is_kept_by_law() -> None:
    for table in ("fact", "sample", "body", "quarantine", "vendor_connection"):
        assert REGISTER[table].legal_basis is LegalBasis.CONSENT
    assert REGISTER["audit"].legal_basis is LegalBasis.LAW
    assert REGISTER["audit"].kept_for is KeptFor.LOG
