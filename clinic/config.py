"""The configuration of the clinician door, and what it holds while it runs.

No setting is read here: the caller injects everything.
"""

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from starlette.requests import Request

from clinic.head_notes import NoteHead
from clinic.live import Changes
from clinic.metrics import ClinicMetrics
from model.columns.window import Window
from model.keyring import Keys
from model.privacy.closing import ClosingTerms
from model.spans import Span
from storage.pg.pool import Connection, Pool
from web.sign_in.identity import Identify


class WindowReader(Protocol):
    """Reads what the sessions and days of some spans [from, until) of a patient come from."""

    async def __call__(self, conn: Connection, patient: str, spans: Iterable[Span], /) -> Window:
        """Return the window. The patient stays locked until the transaction ends."""
        ...


NamesReader: TypeAlias = Callable[[Connection, Sequence[str]], Awaitable[Mapping[str, str]]]


async def no_names(_conn: Connection, _pseudonyms: Sequence[str]) -> Mapping[str, str]:
    """Return no names, so that pages show pseudonyms."""
    return {}


def _random_key() -> Callable[[], Sequence[bytes]]:
    # Made once: a new key at every call would refuse every form.
    key = secrets.token_bytes(32)
    return lambda: [key]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicConfig:
    """What the deployer injects: database, clock, sign-in, patients' names and limits.

    `database` is a connection string and `clock` returns epoch ms.
    `identify` returns the clinician whom a request's cookie names, or None.
    `names` returns the names that it can open, by pseudonym.
    `form_keys` returns the keys that sign forms. The first key signs, every key is accepted. Give
    all processes of a door the same keys: the default is a random key, with which forms expire when
    the process ends.
    `origin` is the origin by which browsers reach the door; "" takes that of the request.
    A session ends when it was not used for `idle_ms`.
    `prescriber_roles` and `support_roles` are the words of the identity provider that mean a
    licensed prescriber, and support. `reviewer_roles` are those who look over the audit log of
    their unit; without any, everybody of the unit does but support.
    `wrapping` gives the keys that open files for patients; without it the door hands over none.
    `windows` reads what a patient's rows are derived from, for previews of corrections; without it
    a preview shows alerts alone.
    `closing` says when accounts close by themselves.
    `new_link` makes a link of the patient door, and returns its address with the digest that is
    stored; None where patients have no door.
    `note_head` gets the head of the audit log every hour; None notes it nowhere.
    """

    database: str
    identify: Identify
    clock: Callable[[], int]
    names: NamesReader = no_names
    form_keys: Callable[[], Sequence[bytes]] = field(default_factory=_random_key, repr=False)
    pool_min: int = 1
    # A page needs a connection for some milliseconds only, and event streams need none.
    pool_max: int = 4
    demo: bool = False
    origin: str = ""
    idle_ms: int = 3_600_000
    prescriber_roles: frozenset[str] = frozenset()
    support_roles: frozenset[str] = frozenset()
    reviewer_roles: frozenset[str] = frozenset()
    note_head: NoteHead | None = None
    wrapping: Keys | None = field(default=None, repr=False)
    windows: WindowReader | None = None
    closing: ClosingTerms = field(default_factory=ClosingTerms)
    new_link: Callable[[], tuple[str, str]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDoor:
    """What the door holds from start-up to shutdown."""

    clinic: ClinicConfig
    pool: Pool
    changes: Changes
    metrics: ClinicMetrics


def open_door(request: Request) -> OpenDoor:
    """Return what the door that serves `request` holds."""
    # Starlette keeps state without types; this is where its type is stated.
    held: OpenDoor = request.app.state.door
    return held
