"""What the clinician door is given when it is built, and what it holds while it runs. No setting is read here."""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from starlette.requests import Request

from clinic.live import Changes
from clinic.metrics import Numbers
from clinic.sign_in.identity import Identify
from storage.pg.pool import Connection, Pool

Names: TypeAlias = Callable[[Connection, Sequence[str]], Awaitable[Mapping[str, str]]]


async def no_names(_conn: Connection, _pseudonyms: Sequence[str]) -> Mapping[str, str]:
    """Open nobody's identity: pages show pseudonyms."""
    return {}


def _own_key() -> Callable[[], Sequence[bytes]]:
    key = secrets.token_bytes(32)
    return lambda: [key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """Given from outside: the database, the clock (epoch ms), who is at the door, and how names are opened.

    `names` returns the names it can open, by pseudonym. `form_keys` gives the keys of forms, the one that signs first:
    give every process of one door the same; by itself each makes its own, and forms end with it. `origin` is the
    door's as browsers name it; "" takes the one that a request names. A session that was not used for `idle_ms` has
    ended.
    """

    database: str
    identify: Identify
    clock: Callable[[], int]
    names: Names = no_names
    form_keys: Callable[[], Sequence[bytes]] = field(default_factory=_own_key, repr=False)
    pool_min: int = 1
    pool_max: int = 4
    demo: bool = False
    origin: str = ""
    idle_ms: int = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Held while the door is open."""

    clinic: Clinic
    pool: Pool
    changes: Changes
    numbers: Numbers


def door(request: Request) -> Door:
    """Return the open door of a request."""
    held: Door = request.app.state.door
    return held
