"""The attackers do what their plans say, to a listener that answers nothing."""

import asyncio
from collections import Counter
from contextlib import suppress

import pytest

from tests.attack.instruments.flooder import HOST, TALKS, Done, Plan, flood

_HEAD = "POST / HTTP/1.1\r\nhost: x\r\n"
_SOURCE = "127.0.0.9"


async def _attacked(kind: str) -> tuple[Done, bytes, Counter[str]]:
    """Let an attacker work on a listener for a moment.

    Returns its account, what came in first, and from where.
    """
    taken: list[bytes] = []
    peers = Counter[str]()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers[writer.get_extra_info("peername")[0]] += 1
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                taken.append(data)
        writer.close()

    async with await asyncio.start_server(listen, HOST, 0) as server:
        port = server.sockets[0].getsockname()[1]
        plan = Plan(
            kind=kind,
            port=port,
            seconds=0.3,
            connections=3,
            sources=[_SOURCE],
            head=_HEAD,
            body=10,
            rate=10_000,
        )
        return await flood(plan), b"".join(taken), peers


@pytest.mark.parametrize("kind", TALKS)
def test_each_attacker_opens_its_connections_from_its_address_and_ends(kind: str) -> None:
    done, taken, peers = asyncio.run(_attacked(kind))
    assert (done.opened, done.refused, done.most_held, done.answers) == (3, 0, 3, Counter())
    assert peers == {_SOURCE: 3}
    assert taken.startswith(_HEAD.encode())


def test_heads_and_bodies_are_left_without_an_end() -> None:
    heads = [asyncio.run(_attacked("drip"))[1], asyncio.run(_attacked("endless"))[1]]
    for head in heads:
        assert b"\r\n\r\n" not in head
    body = asyncio.run(_attacked("withhold"))[1]
    assert body.count(b"content-length: 10\r\n\r\n" + b"a" * 9) == 3
    assert b"a" * 10 not in body
