"""A fetcher that is killed in the middle of a refresh locks no account out.

A vendor that rotates refresh tokens takes each once; the strict one that is played here ends all
tokens of a user whose spent token comes again.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import fetcher.single
import fetcher.token_spool
import fetcher.tokens
from fetcher.client import Question, VendorClient
from fetcher.process import prolong, tidy
from fetcher.single import LEASE_MS
from fetcher.token_spool import RefreshFile, TokenSpool, taken_up
from model.calendar import HOUR_MS
from storage.fetching.connections import HeldAccount, SealedTokens, renew_tokens
from storage.fetching.queue import finish_fetch
from storage.pg.pool import Connection
from tests.storage.fetching.fetching_world import FIT, USER, FetchingWorld, open_world
from tests.storage.fetching.killed import KilledError
from tests.until import until

pytestmark = pytest.mark.anyio
_Step = Callable[..., Awaitable[Any]]


@pytest.fixture
async def world(dsn: str, conn: Connection, tmp_path: Path) -> AsyncIterator[FetchingWorld]:
    async with open_world(dsn, conn, tmp_path) as made:
        made.vendor.exercises = {name: {"fit": FIT + name.encode()} for name in ("e1", "e2")}
        await made.connect()
        await made.announce("e1")
        made.vendor.end_access(USER)
        yield made


def killed_step(step: _Step, *, done: bool) -> _Step:
    """Return a step at whose beginning or end the process is killed."""

    async def ending(*args: object, **named: object) -> object:
        if done:
            await step(*args, **named)
        await asyncio.sleep(0)
        raise KilledError

    return ending


async def _until_killed(world: FetchingWorld) -> None:
    with pytest.raises(KilledError):
        await world.run()


_STEPS = [
    ("hold_longer", False),
    ("hold_longer", True),
    ("_exchanged", False),
    ("renew_tokens", False),
    ("renew_tokens", True),
]


@pytest.mark.parametrize(("name", "done"), _STEPS)
async def test_a_kill_at_any_step_of_a_refresh_costs_no_token(
    world: FetchingWorld, monkeypatch: pytest.MonkeyPatch, name: str, done: object
) -> None:
    with monkeypatch.context() as ending:
        step = killed_step(getattr(fetcher.tokens, name), done=bool(done))
        ending.setattr(fetcher.tokens, name, step)
        await _until_killed(world)
    assert await world.states() == [("e1", "running", "")]
    await tidy(world.parts)  # of any fetcher of this machine
    assert await world.run() == 1  # at once: the account was let go
    assert await world.states() == [("e1", "done", "")]
    assert (world.vendor.reused, await world.broken()) == (0, ["connected"])
    assert world.parts.spool.left_behind() == []


async def test_a_kill_after_the_commit_costs_no_token(
    world: FetchingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_file: RefreshFile) -> None:
        raise KilledError

    with monkeypatch.context() as ending:
        ending.setattr(RefreshFile, "remove", killed)
        await _until_killed(world)
    world.now_ms += HOUR_MS  # nobody let the account go
    await tidy(world.parts)
    assert await world.run() == 1
    assert await world.states() == [("e1", "done", "")]
    assert (world.vendor.refreshes, world.vendor.reused) == (1, 0)


async def test_a_kill_after_the_refresh_holds_the_account_for_minutes_only(
    world: FetchingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as ending:
        step = killed_step(finish_fetch, done=False)
        ending.setattr(fetcher.single, "finish_fetch", step)
        await _until_killed(world)
    assert world.vendor.refreshes == 1
    world.now_ms += 120_000
    assert await world.run() == 1
    assert await world.states() == [("e1", "done", "")]


async def test_what_was_saved_is_not_stored_over_a_later_connection(
    world: FetchingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as ending:
        step = killed_step(renew_tokens, done=False)
        ending.setattr(fetcher.tokens, "renew_tokens", step)
        await _until_killed(world)
    await world.connect()  # the patient signed in again meanwhile
    (before,) = await world.column("select tokens from vendor_connection")
    await tidy(world.parts)
    assert await world.column("select tokens from vendor_connection") == [before]
    assert world.parts.spool.left_behind() == []


@pytest.mark.parametrize("strict", [False, True])
async def test_an_answer_that_was_never_read_is_asked_for_again(
    world: FetchingWorld, monkeypatch: pytest.MonkeyPatch, strict: object
) -> None:
    """A vendor with grace gives new tokens for the old one; of a strict one a person is told."""
    world.vendor.strict = bool(strict)
    complete = VendorClient.ask

    async def killed(client: VendorClient, question: Question) -> object:
        answer = await complete(client, question)
        if question.method == "POST":
            raise KilledError
        return answer

    with monkeypatch.context() as ending:
        ending.setattr(VendorClient, "ask", killed)
        await _until_killed(world)
    await tidy(world.parts)
    assert await world.run() == 1
    known = await world.broken(), await world.column("select kind from vendor_notice")
    assert known == ((["needs_reconnecting"], ["broken"]) if strict else (["connected"], []))
    assert world.vendor.reused == strict


async def test_a_vendor_without_an_answer_leaves_the_old_token_in_use(
    world: FetchingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is renewed ahead of its end, so the access token holds while the vendor is away."""
    await world.connect()
    world.now_ms += 12 * HOUR_MS - 300_000
    monkeypatch.setattr(
        type(world.vendor), "exchanged", lambda *_: (503, b'{"error":"temporarily_unavailable"}')
    )
    assert await world.run() == 1
    assert await world.states() == [("e1", "done", "")]
    assert [sent.status for sent in world.vendor.requests] == [200]
    assert world.parts.spool.left_behind() == []


def _until_a_request_came(world: FetchingWorld) -> None:
    until(lambda: bool(world.vendor.requests))


async def test_an_attempt_that_lasts_keeps_its_account(world: FetchingWorld) -> None:
    """Its lease is short, so that a kill costs a minute, and prolonged as long as it lives."""
    await world.connect()
    world.vendor.hold = threading.Event()
    running = asyncio.create_task(world.run(1))
    await asyncio.to_thread(_until_a_request_came, world)
    for _ in range(4):
        world.now_ms += LEASE_MS // 2
        await prolong(world.parts)
    assert await world.run() == 0
    world.vendor.hold.set()
    assert await running == 1
    assert await world.states() == [("e1", "done", "")]
    assert (len(world.vendor.requests), world.parts.attempts.leases) == (1, set())


_HELD = HeldAccount(connector="v", account="a", lease=UUID(int=7))
_SEALED = SealedTokens(tokens=b"\x01\xff", spent=b"\x02", expires_ms=5)


async def test_a_file_of_a_process_that_lives_is_left_alone(tmp_path: Path) -> None:
    spool = TokenSpool(tmp_path / "tokens")
    file = spool.begin(_HELD)
    file.keep(_SEALED)
    (path,) = spool.left_behind()
    with taken_up(path) as left:
        assert left is None
    file.leave()
    with taken_up(path) as left:
        assert left is not None
        assert (left.held, left.sealed) == (_HELD, _SEALED)
    assert spool.left_behind() == []
    with taken_up(path) as left:  # another fetcher was quicker
        assert left is None


@pytest.mark.parametrize("cut", range(1, 50, 7))
async def test_a_line_that_was_cut_off_says_nothing(tmp_path: Path, cut: int) -> None:
    spool = TokenSpool(tmp_path / "tokens")
    file = spool.begin(_HELD)
    (path,) = spool.left_behind()
    began = len(path.read_bytes())
    file.keep(_SEALED)
    file.leave()
    with path.open("r+b") as written:
        written.truncate(began + cut)
    with taken_up(path) as left:
        assert left is not None
        assert (left.held, left.sealed) == (_HELD, None)


async def test_an_error_while_tokens_are_stored_keeps_the_file(tmp_path: Path) -> None:
    spool = TokenSpool(tmp_path / "tokens")
    spool.begin(_HELD).leave()
    (path,) = spool.left_behind()
    with pytest.raises(KilledError), taken_up(path):
        raise KilledError
    assert spool.left_behind() == [path]


async def test_without_a_folder_nothing_is_written() -> None:
    spool = TokenSpool(None)
    file = spool.begin(_HELD)
    file.keep(_SEALED)
    file.remove()
    assert spool.left_behind() == []
