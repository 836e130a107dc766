"""What the clinician door is given when it is built, and what it holds while it runs.

No setting is read here: the caller injects everything.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from starlette.requests import Request

from clinic.live import Changes
from clinic.metrics import ClinicMetrics
from storage.pg.pool import Connection, Pool
from web.sign_in.identity import Identify

NamesReader: TypeAlias = Callable[[Connection, Sequence[str]], Awaitable[Mapping[str, str]]]


async def no_names(_conn: Connection, _pseudonyms: Sequence[str]) -> Mapping[str, str]:
    """Return no name: pages then show pseudonyms."""
    return {}


def _random_key() -> Callable[[], Sequence[bytes]]:
    key = secrets.token_bytes(32)
    return lambda: [key]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicConfig:
    """Given from outside: the database, the clock (epoch ms), who is there, how names are opened.

    `names` returns the names it can open, by pseudonym.
    `form_keys` returns the keys of forms, the signing one first. Give every process of one door the
    same keys; the default is a random key, so that forms end with the process.
    `origin` is the door's own as browsers name it; "" takes the one that a request names.
    A session that was not used for `idle_ms` has ended.
    """

    database: str
    identify: Identify
    clock: Callable[[], int]
    names: NamesReader = no_names
    form_keys: Callable[[], Sequence[bytes]] = field(default_factory=_random_key, repr=False)
    pool_min: int = 1
    pool_max: int = 4
    demo: bool = False
    origin: str = ""
    idle_ms: int = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDoor:
    """Held from start-up to shutdown."""

    clinic: ClinicConfig
    pool: Pool
    changes: Changes
    metrics: ClinicMetrics


def open_door(request: Request) -> OpenDoor:
    """Return what the door of a request holds."""
    held: OpenDoor = request.app.state.door
    return held
