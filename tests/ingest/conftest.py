"""A vendor door over a log and a body store in memory."""

import base64

import httpx2
import pytest

from ingest.door import Door, Links
from ingest.http import vendor_app
from ingest.links import mint
from ingest.memory import MemoryBodies, MemoryLog, MemoryRevocations
from ingest.vendors import CONNECTORS
from model.keyring import KeyRing

NOW = 1_700_000_000_000
LINK_KEYS = KeyRing.single(b"the link key of the tests, 32 by")
HOOK_SECRET = "whsec_" + base64.b64encode(b"the vendor's key of the tests 32").decode()


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def revoked() -> MemoryRevocations:
    return MemoryRevocations()


def link_token(patient: str = "patient-7", issue: int = 1, expires_ms: int = NOW + 1000) -> str:
    """Return a link token that the door of these tests takes."""
    return mint(patient, LINK_KEYS, issue=issue, expires_ms=expires_ms)


@pytest.fixture
def bodies() -> MemoryBodies:
    return MemoryBodies()


@pytest.fixture
def door(log: MemoryLog, bodies: MemoryBodies, revoked: MemoryRevocations) -> Door:
    return Door(
        connectors=CONNECTORS,
        secrets={"open_wearables": (HOOK_SECRET,), "reports": (HOOK_SECRET,)},
        links=Links(keys=lambda: LINK_KEYS, revoked=revoked),
        publisher=log,
        bodies=bodies,
        clock=lambda: NOW,
    )


@pytest.fixture
def client(door: Door) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=vendor_app(door)), base_url="http://door"
    )
