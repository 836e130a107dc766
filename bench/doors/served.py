"""A vendor door, or a handler that only appends; `python -m bench.doors.served WHICH PORT SECRET`.

Both are served alike, over a log that answers after 2 ms as a broker nearby does. Nothing is kept.
"""

import hashlib
import sys
from collections.abc import Callable, Mapping

from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp

from bench.fetching.counting import CountingLog
from ingest.door import Door, Links
from ingest.http import vendor_app
from ingest.memory import MemoryBodies, MemoryRevocations
from ingest.sandbox_keys import sandbox_door_keys, sandbox_key
from ingest.vendors import CONNECTORS
from kadens.clock import SYSTEM, clock
from model.keyring import KeyRing
from model.topics import RAW
from web.server import Serving, serve_http

_LOG_S = 0.002


def door_of_all(secret: str) -> ASGIApp:
    """Return a vendor door that has a key for every connector."""
    secrets = {}
    for row in CONNECTORS:
        if row.proof.needs_key:
            secrets[row.name] = sandbox_door_keys(row.proof, sandbox_key(row.proof, secret))
    keys = KeyRing.single(secret.encode())
    door = Door(
        connectors=CONNECTORS,
        secrets=secrets,
        links=Links(keys=lambda: keys, revoked=MemoryRevocations()),
        publisher=CountingLog(_LOG_S),
        bodies=MemoryBodies(),
        clock=clock(SYSTEM),
    )
    return vendor_app(door)


def appending_only(_secret: str) -> ASGIApp:
    """Return a handler that appends whatever comes, without a proof and an envelope."""
    app, log = FastAPI(), CountingLog(_LOG_S)

    @app.get("/healthz")
    async def live() -> Response:
        return Response()

    async def take(request: Request) -> Response:
        body = await request.body()
        # a message has a key, and so has this one
        await log.append(RAW.name, hashlib.sha256(body).hexdigest().encode(), body, ())
        return Response(status_code=204)

    app.add_route("/{path:path}", take, methods=["POST"])
    return app


APPS: Mapping[str, Callable[[str], ASGIApp]] = {"door": door_of_all, "appending": appending_only}


if __name__ == "__main__":
    which, port, own = sys.argv[1:]
    serve_http(APPS[which](own), Serving(host="127.0.0.1", port=int(port)))
