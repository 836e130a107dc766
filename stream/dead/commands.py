"""Sends dead letters again for today's reader, or drops them, as a person decides.

Each portion is a transaction. A letter counts as sent only once its body is on the log. A body that
was read in part is kept with its patient. If its reader has changed since, it is not sent again:
`kadens replay` must replace the old reading with the new.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

from model.keyring import KeyRing
from parsers.formats import version_of
from storage.bodies import dead_queries, discard
from storage.bodies.body_store import BodyStorage
from storage.bodies.dead_letters import NOWHERE
from storage.bodies.dead_queries import Choice, Letter
from storage.bodies.kept_bodies import open_kept
from storage.bodies.sealed import get_sealed, unwrap_own_key
from storage.people import data_keys
from storage.people.errors import UnknownNameError
from storage.pg.crypto import SealError
from storage.pg.pool import Connection, Pool
from stream.dead.bury import unpack_headers
from stream.dead.resend import Resent, resend, sealing_keys
from stream.log.messages import Producer

SENT, STILL_KEPT, GONE, LETTER_DROPPED = "sent", "kept", "gone", "dropped"
PORTION = 500  # letters in one transaction
MEMORY = 8 * 1024 * 1024  # bytes of bodies in memory at once, unless a single body has more


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The collaborators of these commands; `wrapping_key` wraps the keys of patients and bodies."""

    pool: Pool
    bodies: BodyStorage
    wrapping_key: KeyRing


_Step = Callable[[Connection, Sequence[Letter]], Awaitable[Counter[str]]]


async def open_body(conn: Connection, desk: Desk, letter: Letter) -> bytes | None:
    """Return the body of a letter, None when it has none.

    The body is sealed with the letter, or kept with its patient. Raises `SealError` when it cannot
    be opened, and `UnknownNameError` when the patient's key is gone.
    """
    if letter.lies == NOWHERE and letter.kept is None:
        return None
    if letter.wrapped is not None:
        key = unwrap_own_key(desk.wrapping_key, letter.wrapped, letter.origin.location)
    else:
        key = await data_keys.data_key(conn, desk.wrapping_key, letter.patient or "")
    if letter.lies == NOWHERE and letter.kept is not None:
        return await open_kept(conn, desk.bodies, key, letter.patient or "", letter.kept)
    return await get_sealed(desk.bodies, key, letter.lies, letter.origin.location)


async def send_again(
    desk: Desk, producer: Producer, letters: Sequence[int], choice: Choice | None
) -> Counter[str]:
    """Send letters again, those in `letters` and all of `choice`; count sent, kept and gone."""

    async def step(conn: Connection, portion: Sequence[Letter]) -> Counter[str]:
        return await _send(conn, desk, producer, portion)

    return await _each(desk, letters, choice, step)


async def drop_with_bodies(
    desk: Desk, letters: Sequence[int], choice: Choice | None
) -> Counter[str]:
    """Drop letters and their bodies, those in `letters` and all of `choice`; count them."""

    async def step(conn: Connection, portion: Sequence[Letter]) -> Counter[str]:
        return Counter(
            {LETTER_DROPPED: await dead_queries.settle_letters(conn, portion, "dropped")}
        )

    return await _each(desk, letters, choice, step)


async def _send(
    conn: Connection, desk: Desk, producer: Producer, letters: Sequence[Letter]
) -> Counter[str]:
    # letters are settled after all groups are sent: a crash in between sends bodies twice, and the
    # writer recognises them
    counts: Counter[str] = Counter()
    ready: list[Letter] = []
    keys = await sealing_keys(conn, desk.wrapping_key, [letter.patient for letter in letters])
    for group in _by_size(letters):
        messages: list[Resent] = []
        for letter in group:
            body = await _opened(conn, desk, letter)
            if body is None:
                counts[STILL_KEPT if _reader_changed(letter) else GONE] += 1
            else:
                messages.append(_resent(letter, body, keys.get(letter.patient, b"")))
                ready.append(letter)
        await resend(producer, desk.bodies, messages)
    counts[SENT] += await dead_queries.settle_letters(conn, ready, "retried")
    return counts


def _by_size(letters: Sequence[Letter]) -> Iterator[list[Letter]]:
    """Yield letters in groups whose bodies fit into `MEMORY`, at least one letter each."""
    group: list[Letter] = []
    size = 0
    for letter in letters:
        if group and size + letter.size > MEMORY:
            yield group
            group, size = [], 0
        group.append(letter)
        size += letter.size
    if group:
        yield group


def _reader_changed(letter: Letter) -> bool:
    """Return whether another version read the kept body; its reading counts until a replay."""
    return (
        letter.lies == NOWHERE
        and letter.kept is not None
        and letter.kept.parser != version_of(letter.kept.format)
    )


async def _opened(conn: Connection, desk: Desk, letter: Letter) -> bytes | None:
    if _reader_changed(letter):
        return None
    try:
        return await open_body(conn, desk, letter)
    except (SealError, UnknownNameError):
        return None


def _resent(letter: Letter, body: bytes, public: bytes) -> Resent:
    return Resent(
        topic=letter.origin.topic,
        key=letter.origin.key,
        headers=unpack_headers(letter.origin.headers),
        body=body,
        patient=letter.patient or "",
        public=public,
    )


async def _each(
    desk: Desk, letters: Sequence[int], choice: Choice | None, step: _Step
) -> Counter[str]:
    """Apply a step to each portion of the waiting letters, in a transaction of its own."""
    counts: Counter[str] = Counter()
    for start in range(0, len(letters), PORTION):
        async with desk.pool.connection() as conn:
            portion = await dead_queries.lock_letters(conn, letters[start : start + PORTION])
            counts.update(await step(conn, portion))
    after = -1
    while choice is not None:
        async with desk.pool.connection() as conn:
            portion = await dead_queries.lock_following(conn, choice, after, PORTION)
            if not portion:
                break
            counts.update(await step(conn, portion))
            after = portion[-1].letter
    async with desk.pool.connection() as conn:
        await discard.remove_discarded(conn, desk.bodies)
    return counts
