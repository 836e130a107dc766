"""The counters of a door are read on this machine alone."""

import asyncio
import socket
import urllib.request

import httpx2
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter

from kadens.scrape import publish


def _app() -> FastAPI:
    made = FastAPI()
    made.state.registry = CollectorRegistry()
    Counter("planted", "A count", registry=made.state.registry).inc()
    made.add_api_route("/metrics", lambda: "counters")
    made.add_api_route("/healthz", lambda: "ok")
    return made


def _status(client: str, path: str = "/metrics", **headers: str) -> int:
    made = _app()
    publish(made, "127.0.0.1", 0)

    async def ask() -> int:
        transport = httpx2.ASGITransport(app=made, client=(client, 1))
        async with httpx2.AsyncClient(transport=transport, base_url="http://door") as asking:
            return (await asking.get(path, headers=headers)).status_code

    return asyncio.run(ask())


@pytest.mark.parametrize("client", ["127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_reads_them(client: str) -> None:
    assert _status(client) == 200


@pytest.mark.parametrize("client", ["10.0.0.7", "2001:db8::1", "::ffff:10.0.0.7", "testclient", ""])
def test_nobody_else_does(client: str) -> None:
    assert [_status(client, path) for path in ("/metrics", "/metrics/", "/healthz")] == [
        404,
        404,
        200,
    ]


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip", "via"])
def test_nor_somebody_behind_a_proxy_on_this_machine(header: str) -> None:
    assert _status("127.0.0.1", **{header: "10.0.0.7"}) == 404


def test_a_port_of_their_own_is_on_the_host_that_was_set() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    publish(_app(), "127.0.0.1", port)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        assert b"planted_total 1.0" in answer.read()
    with socket.socket() as elsewhere:  # free on every other address of this machine
        elsewhere.bind(("127.0.0.2", port))
