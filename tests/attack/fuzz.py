"""Malformed requests at both doors: none is answered by a 5xx but 503, and the process stays up."""

import random
import socket
from collections import Counter
from collections.abc import Callable, Iterator

from tests.attack.floods import TARGETS, Target
from tests.attack.instruments.measure import AttackRow, equal, holds
from tests.attack.instruments.processes import Watch
from tests.attack.instruments.senders import SENDERS_HOST
from tests.attack.runs import Options, Town, town

REQUESTS = 400
_ANSWER_S = 2.0
LONGEST = 200_000
METHODS = (
    b"POST",
    b"GET",
    b"PUT",
    b"TRACE",
    b"CONNECT",
    b"PRI",
    b"get",
    b"\x00",
    b"A" * 5000,
    b"OPTIONS",
    b"HEAD",
)
_PATHS = (
    b"/v1/files",
    b"/v1/hooks/open_wearables",
    b"/v1/hooks/%00/%ff",
    b"/v1/reports",
    b"/",
    b"/alerts/%2e%2e/acknowledge",
    b"/static/" + b"a" * 5000,
    b"/static/..%2f..%2fetc%2fpasswd",
    b"/patients/%00",
    b"//",
    b"*",
    b"http://elsewhere/",
    b"/api/v1/patients/" + "\u0000\u2028".encode(),
    b"/\xff\xfe",
)
VERSIONS = (b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9.9", b"", b"HTTP/1.1 more")
_HEADERS = (
    b"content-length: 5",
    b"content-length: -1",
    b"content-length: 99999999999999999999",
    b"content-length: 5\r\ncontent-length: 6",
    b"transfer-encoding: chunked",
    b"transfer-encoding: chunked\r\ncontent-length: 4",
    b"transfer-encoding: gzip, chunked",
    b"transfer-encoding: xyz",
    b"expect: 100-continue",
    b"upgrade: websocket\r\nconnection: upgrade",
    b"authorization: Bearer " + b"\xff" * 40,
    b"authorization: Bearer " + b"a." * 4000,
    b"cookie: session=" + b"x" * 5000,
    b"svix-id: \x00\r\nsvix-timestamp: 1e400\r\nsvix-signature: v1,=====",
    b"webhook-id: a\r\nwebhook-timestamp: \xd9\xa1\r\nwebhook-signature: v1,\xe2\x98\x83",
    b"host: a\r\nhost: b",
    b" folded: header",
    b"no-colon",
    b": empty",
    b"range: bytes=5-1,-0",
    b"content-type: multipart/form-data; boundary=",
    b"content-type: application/x-www-form-urlencoded; charset=\xff",
    b"accept-encoding: gzip;q=nan",
)
_BODIES = (
    b"",
    b"hello",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"ffffffffffffffff\r\nhello",
    b"-5\r\nhello\r\n",
    b"5;" + b"x" * 20_000 + b"\r\nhello\r\n0\r\n\r\n",
    b"0\r\n" + b"trailer: x\r\n" * 2000 + b"\r\n",
    b"zz\r\n",
    b"5\nhello\n0\n\n",
    b"a=%ff%fe&b=%00",
)
# the first of each is as it should be
_PARTS = (METHODS, _PATHS, VERSIONS, _HEADERS, (b"hello", *_BODIES))


def malformed(options: Options) -> Iterator[AttackRow]:
    """Yield two rows for each door."""
    with town(options, 1) as at:
        for target in TARGETS:
            yield from _at(at, target, random.Random(options.seed))  # noqa: S311 - repeatable


def _at(at: Town, target: Target, chance: random.Random) -> Iterator[AttackRow]:
    with Watch(at.on.pid, (target.part,)) as watch:
        statuses = Counter(
            _status(at.on.port(target.address), _request(chance)) for _ in range(REQUESTS)
        )
        ordinary = target.ordinary(at)
    wrong = {
        status: count
        for status, count in statuses.items()
        if status.startswith(b"5") and status != b"503"
    }
    reported = ", ".join(
        f"{status.decode() or 'closed'} x {count}" for status, count in sorted(statuses.items())
    )
    yield holds(
        "fuzz",
        f"{target.part}: {REQUESTS} malformed requests",
        value=reported,
        limit="no 5xx but 503",
        ok=not wrong,
    )
    yield equal("fuzz", f"{target.part}: restarts", watch.restarts(target.part) + (not ordinary), 0)


def _request(chance: random.Random) -> bytes:
    makers: tuple[Callable[[random.Random], bytes], ...] = (
        _mixed,
        _mixed,
        _mixed,
        _damaged,
        _noise,
    )
    return chance.choice(makers)(chance)[:LONGEST]


def _mixed(chance: random.Random) -> bytes:
    """Return a request with one or two odd parts; with more, the first would hide the others."""
    odd = chance.sample(range(len(_PARTS)), chance.randint(1, 2))
    method, path, version, headers, body = (
        chance.choice(some if n in odd else some[:1]) for n, some in enumerate(_PARTS)
    )
    return b" ".join((method, path, version)) + b"\r\nhost: x\r\n" + headers + b"\r\n\r\n" + body


def _damaged(chance: random.Random) -> bytes:
    """Return a mixed request of which some bytes are others."""
    content = bytearray(_mixed(chance))
    for _ in range(chance.randint(1, 8)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content)


def _noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randint(1, 4000))


def _status(port: int, request: bytes) -> bytes:
    """Send bytes and return the status of the answer.

    The result is b"" when the connection is just closed or nothing comes.
    """
    try:
        with socket.create_connection((SENDERS_HOST, port), timeout=_ANSWER_S) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(64)
    except OSError:
        return b""
    return answer[9:12] if answer.startswith(b"HTTP/") else b""
