"""The people of a cohort in a real database: linked, with prescriptions, and sealed.

Their consent begins before the first payload.
"""

import asyncio
from collections.abc import Iterator

import pytest

from kadens.embedded.postgres import Postgres
from kadens.local.enrol import enrol
from model.keyring import KeyRing
from simulate.cohort import Cohort, demo_cohort
from simulate.deliveries import history
from simulate.delivery import DELIVERY_CONNECTORS
from storage.people import accounts, consents, identities, patients, profiles
from storage.people.errors import TakenError
from storage.pg.pool import open_pool
from tests.databases.reuse import database_copied

_KEY = KeyRing.single(bytes(range(32)))


@pytest.fixture(scope="module")
def dsn(postgres: Postgres) -> Iterator[str]:
    with database_copied(postgres) as made:
        yield made


async def seen(dsn: str, cohort: Cohort) -> dict[str, tuple[object, ...]]:
    first_ms = next(iter(history(cohort))).due_ms
    async with await open_pool(dsn) as pool, pool.connection() as conn:
        rows: dict[str, tuple[object, ...]] = {}
        for person in cohort.people:
            name = person.pseudonym
            consented = [
                await consents.consented(conn, name, item, first_ms) for item in DELIVERY_CONNECTORS
            ]
            rows[name] = (
                await patients.zone_of(conn, name),
                consented,
                await accounts.patient_of(conn, "open_wearables", person.account),
                await profiles.profiles(conn, name),
                await identities.identity_of(conn, _KEY, name),
            )
        return rows


def test_all_is_in_force_before_the_first_body_and_twice_is_refused(dsn: str) -> None:
    total = demo_cohort(now_ms=1_795_426_200_000, weeks=3)
    asyncio.run(enrol(dsn, total, wrapping_key=_KEY))
    assert asyncio.run(seen(dsn, total)) == {
        person.pseudonym: (
            person.zone,
            [True, True, True],
            person.pseudonym if person.account else None,
            (person.profile,),
            {"name": person.name, "born": str(person.born)},
        )
        for person in total.people
    }
    with pytest.raises(TakenError):
        asyncio.run(enrol(dsn, total, wrapping_key=_KEY))
