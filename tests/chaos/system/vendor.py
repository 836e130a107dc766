"""A simulated vendor with a connected patient: what it announces, and what it holds ready.

The workouts are the same in every run. The vendor gives new tokens for the token before, so that a
kill while its answer is on its way, after which a strict vendor locks an account out, is no fault
of ours; `tests/storage/fetching/test_kills.py` shows every other step with a strict vendor.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np

from model.calendar import HOUR_MS
from simulate.delivery import JSON_TYPE, Delivery
from simulate.fit_writer import Recording, write_activity
from simulate.vendors.platform.vendor_http import serving_vendor
from simulate.vendors.polar import exercise_notice
from simulate.vendors.polar_server import PolarServer
from storage.fetching.connections import Tokens, put_tokens
from storage.people import accounts, consents
from storage.pg.pool import open_pool
from tests.rig import RIG_KEY

CONNECTED, PLAYED_USER = "demo-05", 475
_CONNECTOR = "polar"
_WORKOUTS, _MINUTES = 6, 4
_NOTICED = "2025-11-24T15:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedVendor:
    """The vendor, and the address on which it listens."""

    server: PolarServer
    address: str

    def secrets(self) -> str:
        """Return the part of the secrets file that names our application at the vendor."""
        return (
            f'[connectors.{_CONNECTOR}]\napi = "{self.address}"\n'
            f'client_id = "{self.server.client_id}"\n'
            f'client_secret = "{self.server.client_secret}"\n'
        )

    async def connect(self, dsn: str) -> None:
        """Give the patient of a run tokens that nobody has used."""
        self.server.revoke(PLAYED_USER)
        answer = self.server.grant(PLAYED_USER)
        tokens = Tokens(access=str(answer["access_token"]), refresh=str(answer["refresh_token"]))
        async with await open_pool(dsn, max_size=1) as pool, pool.connection() as conn:
            await put_tokens(
                conn, RIG_KEY, connector=_CONNECTOR, account=str(PLAYED_USER), patient=CONNECTED,
                tokens=tokens, now_ms=0,
            )  # fmt: skip


async def link_patient(dsn: str) -> None:
    """Let the patient consent to the vendor, and link the account."""
    async with await open_pool(dsn, max_size=1) as pool, pool.connection() as conn:
        await consents.give_consent(conn, CONNECTED, _CONNECTOR, from_ms=0, now_ms=0)
        await accounts.link_account(conn, CONNECTED, _CONNECTOR, str(PLAYED_USER), 0)


def notices(now_ms: int) -> Iterator[Delivery]:
    """Yield what the vendor announces."""
    for number in range(_WORKOUTS):
        body = exercise_notice(PLAYED_USER, f"e{number}", _NOTICED)
        yield Delivery(
            key=f"e{number}",
            connector=_CONNECTOR,
            patient="",
            due_ms=now_ms,
            content_type=JSON_TYPE,
            weight=len(body),
            make=partial(bytes, body),
        )


@contextmanager
def played_vendor(now_ms: int) -> Iterator[PlayedVendor]:
    """Serve the vendor, with the files of its workouts."""
    server = PolarServer(now_s=time.time, strict=False)
    for number in range(_WORKOUTS):
        server.exercises[f"e{number}"] = {"fit": _file(now_ms - (2 + 20 * number) * HOUR_MS)}
    with serving_vendor(server) as address:
        yield PlayedVendor(server=server, address=address)


def _file(start_ms: int) -> bytes:
    t = start_ms + np.arange(_MINUTES * 60, dtype=np.int64) * 1000
    columns = {"heart_rate": np.full(len(t), 120.0)}
    recording = Recording(
        start_ms=start_ms, end_ms=start_ms + _MINUTES * 60_000, t=t, columns=columns
    )
    return write_activity(recording)
