"""Patients with invented personal numbers, and what their sign-ins leave in the database."""

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, LiteralString

import httpx2
import psycopg

from model.keyring import KeyRing
from patient.sign_in.personal_number import number_digests, read_personal_number
from storage.people import patients
from storage.people.number_digests import put_number
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import ADMIN
from tests.clinic.sign_in.provider import SIGN_IN_NOW
from tests.patient.link_world import LINK_KEY, run_alone

IDENTITY_KEYS = KeyRing.single(b"\x07" * 32)
TODAY = date(2026, 11, 29)
_FIRST = date(1930, 1, 1)


def with_check_digit(digits: str) -> str:
    """Return a number with its last digit, from the eleven before it."""
    doubled = [int(digit) * (2 - index % 2) for index, digit in enumerate(digits[2:])]
    return digits + str(-sum(sum(divmod(value, 10)) for value in doubled) % 10)


def invented_number(*, day_more: int = 0) -> str:
    """Return a random personal number; with 60 more days it is a coordination number."""
    born = _FIRST + timedelta(days=secrets.randbelow(25_000))
    serial = 1 + secrets.randbelow(999)
    return with_check_digit(f"{born:%Y%m}{born.day + day_more:02}{serial:03}")


@dataclass(frozen=True, slots=True)
class People:
    """The patients of a database."""

    dsn: str

    def patient(self, *, day_more: int = 0) -> tuple[str, str]:
        """Return the pseudonym of a new patient, and their number."""
        number = invented_number(day_more=day_more)
        return self.patient_with(number), number

    def patient_with(self, number: str) -> str:
        """Return the pseudonym of a new patient who has this number."""
        name = f"p-{secrets.token_hex(4)}"
        digests = number_digests(IDENTITY_KEYS, read_personal_number(number, TODAY))

        async def work(conn: Connection) -> None:
            await patients.add_patient(
                conn,
                wrapping_key=LINK_KEY,
                unit="unit",
                zone="Europe/Stockholm",
                now_ms=0,
                pseudonym=name,
            )
            await put_number(conn, name, digests, SIGN_IN_NOW)

        self.run(work)
        return name

    def run(self, work: Any) -> None:  # noqa: ANN401 - a coroutine of a connection
        async def run() -> None:
            pool = await open_pool(self.dsn, max_size=1, role=ADMIN)
            async with pool, pool.connection() as conn:
                await work(conn)

        run_alone(run())

    def rows(self, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as conn:
            return conn.execute(query, values).fetchall()

    def change(self, statement: LiteralString, *values: object) -> None:
        with psycopg.connect(self.dsn) as conn:
            conn.execute(statement, values)

    def last_entry(self) -> tuple[Any, ...]:
        """Return the newest line of the audit log: who, what, and why."""
        return self.rows(
            "select actor, action, detail->>'reason' from audit order by id desc limit 1"
        )[0]


def patient_callback(door: httpx2.Client, page: str = "/") -> str:
    """Begin a sign-in, and return where the provider sends the browser back to."""
    begun = door.get("/sign-in", params={"page": page})
    assert begun.status_code == 303
    answer = httpx2.get(begun.headers["location"])
    assert answer.status_code == 302
    return str(answer.headers["location"]).removeprefix(str(door.base_url).rstrip("/"))


def refused_page(door: httpx2.Client, answer: httpx2.Response) -> httpx2.Response:
    """Follow an answer to the page of a refusal."""
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in/refused/"), answer.headers["location"]
    assert door.get("/").status_code == 401
    return door.get(answer.headers["location"])
