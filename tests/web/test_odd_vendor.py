"""The vendor door under odd requests: each route answers, with no fault of ours."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts

from ingest.door import Door
from ingest.http import vendor_app
from ingest.uploads.shelf import Shelf
from tests.ingest.conftest import bodies, door, link_token, log, revoked
from tests.serving import served
from tests.web.odd_requests import OddDoor, filled_route
from web.limits import ServerLimits
from web.server import Serving

__all__ = ("bodies", "door", "log", "revoked")
_CONNECTORS = ("open_wearables", "polar", "strava", "google_health", "reports", "no-such")


def test_an_odd_request_is_answered(door: Door, tmp_path: Path) -> None:
    app = vendor_app(replace(door, shelf=Shelf(tmp_path / "uploads")))
    methods: dict[str, set[str]] = defaultdict(set)
    for route in iter_route_contexts(app.routes):
        methods[str(route.path)] |= set(route.methods or ())
    serving = Serving(host="127.0.0.1", port=0, limits=ServerLimits(body_bytes=door.max_body))
    with served(app, serving, app.state.count) as port:
        odd = OddDoor(port=port, headers=[f"Authorization: Bearer {link_token()}".encode()])
        for path, allowed in methods.items():
            named = _CONNECTORS if "{connector}" in path else ("no-such",)
            for method in sorted(allowed):
                for name in named:
                    target = filled_route(path, {"connector": name})
                    assert list(odd.faults(method, target, frozenset(allowed))) == [], target
                assert list(odd.path_faults(method, path, {"connector": "polar"})) == []


@pytest.mark.parametrize(
    "headers",
    [
        [b"Upload-Length: " + b"9" * 50],
        [b"Upload-Length: -1"],
        [b"Upload-Length: \xb2"],
        [b"Upload-Length: 5", b"Upload-Metadata: filename !!!,filename aa"],
        [b"Upload-Length: 5", b"Upload-Metadata: " + b"a aa," * 3000],
        [b"Upload-Defer-Length: 1"],
    ],
)
def test_an_upload_of_no_length_is_refused(
    door: Door, tmp_path: Path, headers: list[bytes]
) -> None:
    app = vendor_app(replace(door, shelf=Shelf(tmp_path / "uploads")))
    with served(app, Serving(host="127.0.0.1", port=0), app.state.count) as port:
        odd = OddDoor(port=port, headers=[f"Authorization: Bearer {link_token()}".encode()])
        answer = odd.ask("POST", "/v1/files/uploads", [b"Tus-Resumable: 1.0.0", *headers])
    assert 400 <= answer.status < 500
