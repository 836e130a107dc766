"""The vendor door's OpenAPI document, and the door held against it by generated requests."""

import base64
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from schemathesis import AuthContext, Case, SerializationContext, serializer
from schemathesis.core.result import Ok
from schemathesis.openapi.loaders import from_asgi
from schemathesis.pytest.lazy import get_all_tests
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    missing_required_header,
    negative_data_rejection,
    positive_data_acceptance,
)

from ingest.door import Door, Links
from ingest.http import vendor_app
from ingest.links import mint
from ingest.memory import MemoryBodies, MemoryLog, MemoryRevocations
from ingest.uploads.shelf import Shelf
from ingest.uploads.upload import Upload, UploadLimits, new_id
from ingest.vendors import CONNECTORS
from model.keyring import KeyRing

_SECRET = "whsec_" + base64.b64encode(b"the key of the tests").decode()
_LINK_KEYS = KeyRing.single(b"the link key of the tests")
_NOW = 1_700_000_000_000
_FOLDER = tempfile.TemporaryDirectory()  # removed when this process ends
_DOOR = Door(
    connectors=CONNECTORS,
    secrets={"open_wearables": (_SECRET,), "reports": (_SECRET,), "polar": ("polar's",)},
    links=Links(keys=lambda: _LINK_KEYS, revoked=MemoryRevocations()),
    publisher=MemoryLog(),
    bodies=MemoryBodies(),
    clock=lambda: _NOW,
    shelf=Shelf(Path(_FOLDER.name)),
    upload_limits=UploadLimits(disk=4_000, of_patient=10),
)
_PARTS = "^/v1/files/uploads"


def _document() -> BaseSchema:
    return from_asgi("/openapi.json", vendor_app(_DOOR))


def _for_each_operation(
    schema: BaseSchema, keeps: Callable[[Case[Any]], None], examples: int
) -> int:
    """Run a test on requests for each operation of a document; return how many operations it has.

    The decorator of schemathesis makes these requests while tests are collected. Every process of
    the suite would make them.
    """
    sizes = settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    tests = list(get_all_tests(schema=schema, test_func=keeps, settings=sizes, given_kwargs=None))
    for result in tests:
        assert isinstance(result, Ok)
        _operation, test = result.ok()
        test()
    return len(tests)


@pytest.mark.slow
def test_the_door_keeps_to_its_document() -> None:
    def keeps(case: Case[Any]) -> None:
        case.call_and_validate()

    hooks = _document().exclude(path_regex=_PARTS)
    assert _for_each_operation(hooks, keeps, examples=15) == 7


class Link:
    """A patient's link token, as a client holds it."""

    def get(self, _case: Case[Any], _context: AuthContext) -> str:
        return mint("patient-7", _LINK_KEYS, issue=1, expires_ms=_NOW + 1)

    def set(self, case: Case[Any], data: str, _context: AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


@pytest.mark.slow
def test_uploads_with_a_link_keep_to_it_too() -> None:
    statuses = set()

    def keeps(case: Case[Any]) -> None:
        statuses.add(case.call_and_validate().status_code)

    uploads = _document().include(path="/v1/files")
    uploads.auth()(Link)
    assert _for_each_operation(uploads, keeps, examples=15) == 1
    assert {202, 401} <= statuses <= {202, 400, 401, 405, 411}


_BEGIN = Upload(
    id=new_id("patient-7", 20, _NOW),
    patient="patient-7",
    length=20,
    filename="a.fit",
    sha256="",
    mark="",
    created_ms=_NOW,
)


@serializer("application/offset+octet-stream")
def _as_it_is(_context: SerializationContext, value: Any) -> Any:  # noqa: ANN401 - of schemathesis
    return value


# tus answers 412 and 413 where these checks expect another refusal
_TUS_ANSWERS = [negative_data_rejection, missing_required_header, positive_data_acceptance]


@pytest.mark.slow
def test_uploads_in_parts_keep_to_it_too() -> None:
    shelf = _DOOR.shelf
    assert shelf is not None

    def keeps(case: Case[Any]) -> None:
        # an upload that is there: a generated id is of none
        if not shelf.path(_BEGIN.id).exists():
            shelf.create(_BEGIN)
        if case.path_parameters:
            case.path_parameters["upload"] = _BEGIN.id
        answer = case.call_and_validate(excluded_checks=_TUS_ANSWERS)
        assert answer.status_code < 500 or answer.status_code == 507

    in_parts = _document().include(path_regex=_PARTS)
    in_parts.auth()(Link)
    assert _for_each_operation(in_parts, keeps, examples=25) == 7


def test_the_document_names_every_path_and_answer() -> None:
    document = vendor_app(_DOOR).openapi()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {
        "/v1/hooks/{connector}",
        "/v1/hooks/{connector}/{segment}",
        "/v1/files",
        "/v1/files/uploads",
        "/v1/files/uploads/{upload}",
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
