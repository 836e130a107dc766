"""A vendor door over a log and a body store in memory."""

import base64

import httpx
import pytest

from kadens.ingest.http import vendor_app
from kadens.ingest.memory import MemoryBodies, MemoryLog
from kadens.ingest.receive import Door
from kadens.ingest.vendors import CONNECTORS

NOW = 1_700_000_000_000
LINK_KEY = b"the link key of the tests, 32 by"
SECRET = "whsec_" + base64.b64encode(b"the vendor's key of the tests 32").decode()


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def bodies() -> MemoryBodies:
    return MemoryBodies()


@pytest.fixture
def door(log: MemoryLog, bodies: MemoryBodies) -> Door:
    return Door(
        connectors=CONNECTORS,
        secrets={"open_wearables": (SECRET,), "reports": (SECRET,)},
        link_key=LINK_KEY,
        publisher=log,
        bodies=bodies,
        clock=lambda: NOW,
    )


@pytest.fixture
def client(door: Door) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=vendor_app(door)), base_url="http://door")
