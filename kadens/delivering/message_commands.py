"""Commands about messages that are not sent: listed, sent again, dropped.

They show no address and nothing of what a message says.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from kadens.commands.audited import audited
from kadens.commands.console import run, settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json
from kadens.output.console import list_table, print_table
from kadens.output.terminal import fail, print_json, print_line
from kadens.settings import Settings
from model.calendar import rfc3339
from model.messages.outgoing import ALERTS, MAIL
from storage.alerts import messages
from storage.alerts.messages import UnsentCount, UnsentMessage
from storage.audit_actions import AuditAction
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import ADMIN

_MOST_NUMBER = 2**63 - 1
_LIMIT = 10_000

Numbers = Annotated[
    list[int] | None,
    typer.Argument(help="Numbers of messages, as listed.", min=1, max=_MOST_NUMBER),
]
ChannelName = Annotated[
    str,
    typer.Option(
        "--channel",
        help="Only messages of this channel: email, alerts, or a receiver of the secrets file.",
    ),
]


def list_messages(
    context: typer.Context,
    *,
    channel: ChannelName = "",
    dead: Annotated[bool, typer.Option("--dead", help="Only messages that were given up.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", help="List at most this many.", min=0, max=_LIMIT)
    ] = 50,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """List messages that wait or were given up, and why.

    Their text and their address are not shown.
    """
    if context.invoked_subcommand is not None:
        return
    settings = settings_of(data)
    counts, listed = run(_read(settings, channel or None, limit, dead=dead))
    if channel:
        counts = _of_channel(settings, counts, channel)
    if as_json:
        print_json({"channels": _all(counts), "messages": _all(listed)})
        return
    heads = ("channel", "waiting", "dead", "waiting since")
    table = list_table(*heads, title="messages that are not sent")
    for count in counts:
        since = "" if count.oldest_ms is None else rfc3339(count.oldest_ms)
        table.add_row(count.channel, f"{count.waiting:,}", f"{count.dead:,}", since)
    print_table(table)
    if listed:
        print_table(_table(listed))


def retry_dead_messages(
    numbers: Numbers = None,
    *,
    channel: ChannelName = "",
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Send messages again that were given up.

    They are named by number, or all of a channel are. Each goes out under the key that it had.
    Exits 1 when a named message was not dead.
    """
    if bool(numbers) is bool(channel):
        fail("give either numbers or --channel", code=2)
    settings = settings_of(data)

    async def work(conn: Connection, now_ms: int) -> int:
        if channel:
            _of_channel(settings, await messages.unsent_counts(conn), channel)
        return await messages.retry_messages(conn, numbers or [], channel or None, now_ms)

    done = audited(settings, work, AuditAction.MESSAGE_RETRY, detail=channel)
    _report(done, numbers, "sent again", as_json=as_json)


def drop_dead_messages(
    numbers: Annotated[
        list[int],
        typer.Argument(help="Numbers of messages, as listed.", min=1, max=_MOST_NUMBER),
    ],
    *,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Remove messages that were given up.

    Nobody will receive them. Exits 1 when a named message was not dead.
    """

    async def work(conn: Connection, _now_ms: int) -> int:
        return await messages.drop_messages(conn, numbers)

    done = audited(settings_of(data), work, AuditAction.MESSAGE_DROP)
    _report(done, numbers, "dropped", as_json=as_json)


async def _read(
    settings: Settings, channel: str | None, limit: int, *, dead: bool
) -> tuple[list[UnsentCount], list[UnsentMessage]]:
    pool = await open_pool(settings.database, max_size=1, role=ADMIN)
    async with pool, pool.connection() as conn:
        counts = await messages.unsent_counts(conn)
        return counts, await messages.unsent_messages(conn, channel, limit, dead=dead)


def _of_channel(
    settings: Settings, counts: Sequence[UnsentCount], channel: str
) -> list[UnsentCount]:
    """Return the count of a channel, if it has one; leaves with code 2 for an unknown channel."""
    # one that was taken out of the secrets file may have messages still
    known = {MAIL, ALERTS, *(receiver.name for receiver in settings.secrets.receivers)}
    known |= {count.channel for count in counts}
    if channel not in known:
        fail(f"--channel must be one of {', '.join(sorted(known))}", code=2)
    return [count for count in counts if count.channel == channel]


def _all(values: Sequence[UnsentCount] | Sequence[UnsentMessage]) -> list[dict[str, Any]]:
    return [_plain(value) for value in values]


def _plain(value: UnsentCount | UnsentMessage) -> dict[str, Any]:
    """Return a value with its instants in RFC 3339."""
    plain: dict[str, Any] = {}
    for name in value.__dataclass_fields__:
        cell = getattr(value, name)
        is_instant = name.endswith("_ms") and cell is not None
        plain[name.removesuffix("_ms")] = rfc3339(cell) if is_instant else cell
    return plain


def _table(listed: Sequence[UnsentMessage]) -> Any:  # noqa: ANN401 - rich's table
    heads = ("number", "channel", "state", "made", "next attempt", "attempts", "why")
    table = list_table(*heads, title="the newest")
    for message in listed:
        cells = _plain(message)
        following = "" if message.state == "dead" else cells["next"]
        row = (cells["number"], message.channel, message.state, cells["created"], following)
        table.add_row(*map(str, row), str(message.attempts), message.why)
    return table


def _report(done: int, numbers: Sequence[int] | None, word: str, *, as_json: bool) -> None:
    """Print how many messages it was, and exit 1 when a named one was not among them."""
    missing = len(set(numbers)) - done if numbers else 0
    if as_json:
        print_json({word.replace(" ", "_"): done, "not_dead": missing})
    else:
        print_line(f"{done} {word}" + (f", {missing} not dead" if missing else ""))
    raise typer.Exit(1 if missing else 0)
