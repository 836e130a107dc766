"""The vendor door's OpenAPI document, and the door held against it by generated requests."""

import base64
import json
from typing import Any

from hypothesis import HealthCheck, settings
from schemathesis import AuthContext, Case
from schemathesis.openapi.loaders import from_asgi

from ingest.door import Door, Links
from ingest.http import vendor_app
from ingest.links import mint
from ingest.memory import MemoryBodies, MemoryLog, MemoryRevocations
from ingest.vendors import CONNECTORS
from model.keyring import KeyRing

_SECRET = "whsec_" + base64.b64encode(b"the key of the tests").decode()
_LINK_KEYS = KeyRing.single(b"the link key of the tests")
_NOW = 1_700_000_000_000
_DOOR = Door(
    connectors=CONNECTORS,
    secrets={"open_wearables": (_SECRET,), "reports": (_SECRET,), "polar": ("polar's",)},
    links=Links(keys=lambda: _LINK_KEYS, revoked=MemoryRevocations()),
    publisher=MemoryLog(),
    bodies=MemoryBodies(),
    clock=lambda: _NOW,
)
schema = from_asgi("/openapi.json", vendor_app(_DOOR))


@schema.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_door_keeps_to_its_document(case: Case[Any]) -> None:
    case.call_and_validate()


class Link:
    """A patient's link token, as a client holds it."""

    def get(self, _case: Case[Any], _context: AuthContext) -> str:
        return mint("patient-7", _LINK_KEYS, issue=1, expires_ms=_NOW + 1)

    def set(self, case: Case[Any], data: str, _context: AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


uploads = from_asgi("/openapi.json", vendor_app(_DOOR)).include(path="/v1/files")


@uploads.auth(Link)
@uploads.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_uploads_with_a_link_keep_to_it_too(case: Case[Any]) -> None:
    answer = case.call_and_validate()
    assert answer.status_code in {202, 400, 401, 405, 411}


def test_the_document_names_every_path_and_answer() -> None:
    document = vendor_app(_DOOR).openapi()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {
        "/v1/hooks/{connector}",
        "/v1/hooks/{connector}/{segment}",
        "/v1/files",
        "/v1/reports",
        "/healthz",
        "/readyz",
        "/metrics",
    }
    for path in ("/v1/hooks/{connector}", "/v1/reports"):
        assert {"202", "400", "401", "404", "408", "411", "413", "503"} <= set(
            document["paths"][path]["post"]["responses"]
        )
    text = json.dumps(document)
    assert "HTTPValidationError" not in text
    assert _SECRET not in text


def test_no_shape_has_a_private_name(door: Door) -> None:
    shapes = vendor_app(door).openapi()["components"]["schemas"]
    assert "ReceivedBody" in shapes
    assert [name for name in shapes if name.startswith("_")] == []
