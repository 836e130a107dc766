"""The texts that patients agree to, each version as it was shown: none is ever changed or removed.

A version holds from its instant on until the next version of its name begins. A consent names the
version that was shown, so a newer version changes nothing for those who agreed before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from psycopg.errors import UniqueViolation

from model.calendar import utc
from storage.people.consents import CONTACT_CHANNEL, SOURCE_FETCH
from storage.people.errors import RefusedError, TakenError, UnknownNameError
from storage.pg import rows
from storage.pg.pool import Connection

MOST_CONTENT, MOST_PURPOSE = 20_000, 500  # characters

_ADD = """
insert into consent_text (name, version, language, kind, purpose, legal_basis, data_types, content,
  effective_from, recorded_at, recorded_by)
values (%(name)s, %(version)s, %(language)s, %(kind)s, %(purpose)s, %(legal_basis)s,
  %(data_types)s, %(content)s, %(from)s, %(recorded)s, %(recorded_by)s)"""
# Adding is rare, and two who add at once would both read the same newest version.
_LOCK = "select pg_advisory_xact_lock(hashtext('consent_text'))"
_NEWEST = """
select max(effective_from) as from_ms, count(*) as n, max(kind) as kind
from consent_text where name = %s"""
_LIST = """
select t.name, t.version, t.language, t.kind, t.purpose, t.legal_basis, t.data_types, t.content,
  t.effective_from as from_ms, t.recorded_at as recorded_ms, t.recorded_by,
  lead(t.effective_from) over (partition by t.name order by t.effective_from) as until_ms,
  (select count(*) from consent c where c.text_name = t.name and c.text_version = t.version)
    as consents
from consent_text t"""
_ALL = f"{_LIST} order by t.name, t.effective_from"
_OF_NAME = f"{_LIST} where t.name = %s order by t.effective_from"
_ASKS_FOR = {SOURCE_FETCH: "a source", CONTACT_CHANNEL: "messages on a channel"}
_KEEP = f"{_ADD} on conflict do nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentText:
    """A version of a text: what it says, for what, on which basis, and from when it is shown.

    `data_types` are the kinds of data that it is about, none for a channel of messages. Times are
    epoch ms; `until_ms` None is without end. `consents` counts those that name it.
    """

    name: str
    version: str
    language: str
    kind: str
    purpose: str
    legal_basis: str
    data_types: Sequence[str]
    content: str
    from_ms: int
    recorded_ms: int
    recorded_by: str
    until_ms: int | None = None
    consents: int = 0


async def add_text(conn: Connection, text: ConsentText) -> str:
    """Add a version of a text, and return its number: "1", "2" and so on, unless it names itself.

    Raises `RefusedError` where it would begin before a version that is there or is about another
    kind of consent, and `TakenError` for a version that is there already.
    """
    await conn.execute(_LOCK)
    (newest,) = await rows.fetch(conn, _NEWEST, [text.name], dict)
    if newest["n"]:
        _check_follows(text, newest)
    version = text.version or str(newest["n"] + 1)
    try:
        await conn.execute(_ADD, {**_row(text), "version": version})
    except UniqueViolation as error:
        raise TakenError("that version of the text is there already") from error
    return version


def _check_follows(text: ConsentText, newest: dict[str, Any]) -> None:
    # what was in force at an instant must never change afterwards, because people agreed to it
    if text.from_ms <= newest["from_ms"]:
        raise RefusedError("a version must begin after the newest version of its name")
    # else what a consent to the name means would change with the version
    if text.kind != newest["kind"]:
        asks_for = _ASKS_FOR[newest["kind"]]
        raise RefusedError(f"every version of this text asks for consent to {asks_for}")


async def keep_text(conn: Connection, text: ConsentText) -> None:
    """Keep a text that a page of ours shows; a version that is there already stays as it was."""
    await conn.execute(_KEEP, _row(text))


async def consent_texts(conn: Connection) -> list[ConsentText]:
    """Return all versions of all texts, by name, the oldest version first."""
    return await rows.fetch_as(conn, _ALL, [], ConsentText)


async def consent_text_at(
    conn: Connection, name: str, at_ms: int, *, version: str = "", kind: str = ""
) -> ConsentText:
    """Return the version of a text that was shown at an instant, or the version that is named.

    Raises `UnknownNameError`, and `RefusedError` for a version that began later, and for a text
    about another `kind` of consent ("": any).
    """
    versions = await rows.fetch_as(conn, _OF_NAME, [name], ConsentText)
    chosen = [text for text in versions if version in {"", text.version}]
    if not chosen:
        raise UnknownNameError("there is no such consent text")
    begun = [text for text in chosen if text.from_ms <= at_ms]
    if not begun:
        raise RefusedError("that text was not shown yet at the instant of the consent")
    if kind and begun[-1].kind != kind:
        raise RefusedError(f"that text asks for consent to {_ASKS_FOR[begun[-1].kind]}")
    return begun[-1]


def _row(text: ConsentText) -> dict[str, Any]:
    row = {field.name: getattr(text, field.name) for field in fields(text)}
    times = {"from": utc(text.from_ms), "recorded": utc(text.recorded_ms)}
    return {**row, **times, "data_types": list(text.data_types)}
