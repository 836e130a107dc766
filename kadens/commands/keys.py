"""Commands about this installation's own keys: list, rotate with an overlap, rewrap, retire.

No command prints a key. The secrets file is replaced atomically and durably. Running processes read
it again by themselves.
"""

import time
from asyncio import sleep
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from kadens.clock import clock
from kadens.commands.audited import audited
from kadens.commands.console import run, settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json, required
from kadens.names import KEY_ID
from kadens.output.console import out
from kadens.output.terminal import fail, print_json, print_note
from kadens.secrets.reading import read_secrets
from kadens.secrets.values import ACCEPTED, ACTIVE, KINDS, KeyEntry, SettingsError
from kadens.secrets.writing import (
    Change,
    new_secret,
    rewrite_secrets,
    with_new_key,
    with_retired_key,
)
from kadens.settings import Settings
from model.calendar import epoch_ms, rfc3339
from model.keyring import KeyRing
from storage.audit_actions import AuditAction
from storage.bodies import wrapping
from storage.people import link_tokens
from storage.people.number_digests import numbers_by_key
from storage.pg.pool import LONG, Connection, open_pool
from storage.pg.roles import ADMIN

GRACE_MS = 60_000  # work that began while a key was active ends within this time
SETTLE_S = 5.0  # within this time every process has read the new keys


def _kind(text: str) -> str:
    if text not in KINDS:
        raise typer.BadParameter(f"must be one of {', '.join(KINDS)}")
    return text


KeyKind = Annotated[
    str, typer.Argument(callback=_kind, help="link, wrapping, session, audit or identity.")
]
Also = Annotated[
    list[Path] | None,
    typer.Option("--also", help="Another secrets file with the same key; may be repeated."),
]


def list_keys(*, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """List the keys: id, state, age, and what still needs each.

    A key itself is never printed.
    """
    settings = settings_of(data)
    used = run(_used(settings)) if settings.database else {}
    rows = [
        {**_plain(entry), "used_by": used.get((entry.kind, entry.id), 0)}
        for entry in settings.secrets.entries
    ]
    if as_json:
        print_json(rows)
        return
    heads = ("kind", "id", "state", "created", "changed", "used by")
    table = Table(*heads, caption="used by: wrapped keys, or valid link tokens")
    for row in rows:
        table.add_row(*map(str, row.values()))
    out.print(table)


def rotate_key(
    kind: KeyKind, *, also: Also = None, as_json: Json = False, data: Data = DEFAULT_DATA
) -> None:
    """Make a new active key of a kind.

    The previous one stays accepted until it is retired. No restart is needed.
    """
    settings = settings_of(data)
    main, others = _file(settings), also or []
    _must_agree(kind, main, others)
    fresh, at = new_secret(), rfc3339(clock(settings.clock)())
    # The main file is last: whoever signs with the new key does so after all others accept it.
    for path in [*others, main]:
        entries = _rewritten(path, lambda entries: with_new_key(entries, kind, fresh, at))
    made = next(entry for entry in entries if (entry.kind, entry.state) == (kind, ACTIVE))
    if settings.database:
        _written_down(
            settings,
            AuditAction.KEYS_ROTATE,
            f"{kind} {made.id}",
            read_secrets(str(main)).wrapping_keys,
        )
    _done(
        as_json,
        made,
        f"{kind} key {made.id} is active from now on; "
        "the previous one is accepted until it is retired",
    )


def rewrap_keys(*, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """Wrap the keys of patients and bodies with the active wrapping key.

    When it is interrupted, run it again: it continues.
    """
    settings = settings_of(data)
    keys = settings.secrets.wrapping_keys
    if not keys:
        fail("the secrets file has no wrapping_key", code=2)
    done = run(_rewrap(settings, keys, time.time() - _file(settings).stat().st_mtime))
    _written_down(settings, AuditAction.KEYS_REWRAP, f"{keys.active.id}: {done}", keys)
    if as_json:
        print_json({"active": keys.active.id, "rewrapped": done, "left": 0})
    else:
        print_note(
            f"{done} keys wrapped again; all are wrapped with key {keys.active.id} from now on"
        )


_Id = Annotated[
    str,
    typer.Argument(
        metavar="ID", callback=required(KEY_ID), help="The key's id, as in `kadens keys list`."
    ),
]
_Force = Annotated[
    bool, typer.Option("--force", help="Retire it even if that ends valid tokens or sessions.")
]


def retire_key(
    kind: KeyKind,
    id_: _Id,
    *,
    force: _Force = False,
    also: Also = None,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Retire a key that is only accepted; refused while it is needed.

    Its bytes stay in the file, unused. Keep a copy of the file as long as a backup may need it.
    """
    settings = settings_of(data)
    main, now_ms = _file(settings), clock(settings.clock)()
    entry = next(
        (item for item in settings.secrets.entries if (item.kind, item.id) == (kind, id_)), None
    )
    needed = (
        _needed(settings, entry, now_ms) if entry is not None and entry.state == ACCEPTED else ""
    )
    # A wrapping key cannot be forced: what it wraps would be lost.
    if needed and not (force and kind != "wrapping"):
        fail(needed)
    for path in [main, *(also or [])]:
        entries = _rewritten(
            path, lambda entries: with_retired_key(entries, kind, id_, rfc3339(now_ms))
        )
    if settings.database:
        _written_down(
            settings,
            AuditAction.KEYS_RETIRE,
            f"{kind} {id_}",
            read_secrets(str(main)).wrapping_keys,
        )
    gone = next(item for item in entries if (item.kind, item.id) == (kind, id_))
    _done(as_json, gone, f"{kind} key {id_} is retired: it is not accepted from now on")


def _needed(settings: Settings, entry: KeyEntry, now_ms: int) -> str:
    """Return what still needs a key, as a sentence for the operator; "" for nothing."""
    since_ms = epoch_ms(datetime.fromisoformat(entry.changed)) if entry.changed else 0
    if now_ms < since_ms + GRACE_MS:
        return f"the key was active until a moment ago: wait until {rfc3339(since_ms + GRACE_MS)}"
    if entry.kind == "audit":
        return "heads of the audit log that it signed can be checked only with it"
    if entry.kind == "session":
        until_ms = since_ms + settings.session_minutes * 60_000
        if now_ms >= until_ms:
            return ""
        return f"sessions may last until {rfc3339(until_ms)}; --force ends them"
    if not settings.database:
        return "only the database knows what needs this key, but KADENS_DATABASE is empty"
    return run(_needed_by_rows(settings, entry, now_ms))


async def _needed_by_rows(settings: Settings, entry: KeyEntry, now_ms: int) -> str:
    async with (
        await open_pool(settings.database, max_size=1, role=ADMIN) as pool,
        pool.connection() as conn,
    ):
        if entry.kind == "link":
            live = (await link_tokens.live_by_key(conn, now_ms)).get(entry.id, 0)
            return f"{live} valid link tokens were made with it; --force ends them" if live else ""
        if entry.kind == "identity":
            held = await numbers_by_key(conn, entry.id)
            return f"{held} personal numbers are known by it; --force forgets them" if held else ""
        needed = ", ".join(f"{n} {what}" for what, n in await wrapping.needed_by(conn, entry.id))
        return f"{needed} are wrapped with it: run `kadens keys rewrap` first" if needed else ""


async def _used(settings: Settings) -> dict[tuple[str, str], int]:
    now_ms = clock(settings.clock)()
    async with (
        await open_pool(settings.database, max_size=1, role=ADMIN) as pool,
        pool.connection() as conn,
    ):
        values: dict[str, Mapping[str, int]] = {
            "link": await link_tokens.live_by_key(conn, now_ms),
            "wrapping": await wrapping.used_by_key(conn),
        }
    used = {}
    for kind, counts in values.items():
        for id_, n in counts.items():
            used[kind, id_] = n
    return used


async def _rewrap(settings: Settings, keys: KeyRing, age_s: float) -> int:
    """Wrap keys again, one batch per transaction, until none is left; return how many.

    `age_s` is the age of the secrets file in seconds.
    """
    # A process that still has the old keys may wrap with them, and this pass would miss that.
    await sleep(max(0.0, SETTLE_S - age_s))
    done = 0
    async with await open_pool(settings.database, max_size=1, limits=LONG, role=ADMIN) as pool:
        async with pool.connection() as conn:
            await wrapping.check_keys(conn, keys, clock(settings.clock)(), record=True)
        while True:
            async with pool.connection() as conn:
                step = await wrapping.rewrap(conn, keys)
            done += step.done
            if not step.left:
                return done
            print_note(f"{done} keys wrapped again, {step.left} left")


def _must_agree(kind: str, main: Path, others: Sequence[Path]) -> None:
    """Leave with code 1, before any write, unless all files hold the same keys of a kind."""
    ours = _of_kind(main, kind, str(main))
    for path in others:
        if _of_kind(path, kind, f"--also {path}") != ours:
            fail(f"{path} and {main} hold different {kind} keys: nothing was changed")


def _of_kind(path: Path, kind: str, named: str) -> list[tuple[str, str, bytes]]:
    try:
        entries = read_secrets(str(path), named).entries
    except SettingsError as error:
        fail(str(error))
    return [(entry.id, entry.state, entry.secret) for entry in entries if entry.kind == kind]


def _rewritten(path: Path, change: Change) -> tuple[KeyEntry, ...]:
    try:
        return rewrite_secrets(path, change)
    except SettingsError as error:
        fail(f"{path}: {error}")
    except OSError as error:
        fail(f"{path}: {error.strerror}")


def _written_down(settings: Settings, action: AuditAction, what: str, keys: KeyRing) -> None:
    """Add the audit row, and remember the fingerprints of the wrapping keys as they are now."""

    async def work(conn: Connection, now_ms: int) -> None:
        if keys:
            await wrapping.check_keys(conn, keys, now_ms, record=True)

    audited(settings, work, action, None, what)


def _file(settings: Settings) -> Path:
    if not settings.secrets_file:
        fail("KADENS_SECRETS_FILE is empty, so there is no file to keep keys in", code=2)
    return Path(settings.secrets_file)


def _done(as_json: bool, entry: KeyEntry, text: str) -> None:  # noqa: FBT001 - an option
    if as_json:
        print_json(_plain(entry))
    else:
        print_note(text)


def _plain(entry: KeyEntry) -> dict[str, str]:
    return {
        "kind": entry.kind,
        "id": entry.id,
        "state": entry.state,
        "created": entry.created,
        "changed": entry.changed,
    }
