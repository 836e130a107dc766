"""The command that records a request at the vendor door as a case for the tests."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from ingest.connector import Connector
from ingest.vendors import CONNECTORS
from kadens.commands.inspecting import (
    ConnectorName,
    HeaderWords,
    QueryWords,
    named_headers,
    parameters,
    read_payload,
)
from kadens.output.terminal import fail, print_line
from kadens.recorded.played import proved_request
from kadens.recorded.requests import RecordedRequest, write_request
from model.storable import LAST_MS

_Body = Annotated[Path, typer.Argument(help="The body, as it came; an empty file for none.")]
_Folder = Annotated[Path, typer.Argument(help="The folder to make: tests/data/VENDOR/CASE.")]
_Method = Annotated[str, typer.Option("--method", help="GET, HEAD or POST.")]
_Segment = Annotated[
    str, typer.Option("--segment", help="The part of the path after the connector's name.")
]
_Key = Annotated[
    list[str] | None,
    typer.Option("--key", help="A made-up key of the connector; repeatable, newest first."),
]
_LinkKey = Annotated[
    str, typer.Option("--link-key", help="A made-up key of the patients' link tokens.")
]
_IsProved = Annotated[
    bool, typer.Option("--proved", help="Prove the body by the first --key, as its vendor does.")
]
_ReceivedMs = Annotated[
    int | None,
    typer.Option(
        "--received", min=0, max=LAST_MS, help="The door's clock, epoch milliseconds; else now."
    ),
]


def record_request(  # noqa: PLR0913 - one parameter an option
    body: _Body,
    folder: _Folder,
    *,
    connector: ConnectorName = "files",
    header: HeaderWords = None,
    query: QueryWords = None,
    method: _Method = "POST",
    segment: _Segment = "",
    key: _Key = None,
    link_key: _LinkKey = "",
    is_proved: _IsProved = False,
    received_ms: _ReceivedMs = None,
) -> None:
    """Record a request at the vendor door as a case.

    A case is FOLDER/door.json, body.* and expected.json; one test runs them all. The door's answer
    of today is the answer from then on, so read expected.json before you commit it. The keys are
    part of the case: make them up. A folder that holds anything is never overwritten.
    """
    row = next((row for row in CONNECTORS if row.name == connector), None)
    if row is None:
        fail(f"no connector is called {connector}", code=2)
    if method not in {"GET", "HEAD", "POST"}:
        fail("--method must be GET, HEAD or POST", code=2)
    content = read_payload(body)
    request = RecordedRequest(
        connector=connector,
        body=content,
        method=method,
        segment=segment,
        headers=named_headers(header),
        query=parameters(query),
        keys=tuple(key or ()),
        link_key=link_key,
        now_ms=time.time_ns() // 1_000_000 if received_ms is None else received_ms,
    )
    answer = _written(folder, request, body.suffix.lower() or ".bin", row if is_proved else None)
    print_line(f"{folder}: recorded, answer {answer['status']}, {answer['appended']} appended")


def _written(
    folder: Path, request: RecordedRequest, suffix: str, proving: Connector | None
) -> dict[str, Any]:
    """Write a case, and return the door's answer; a folder that is no place for it ends it.

    `proving` is the connector whose proof the request gets, None for none.
    """
    try:
        proved = request if proving is None else proved_request(request, proving)
        # a proof that stands in the body has made a form of it
        return write_request(folder, proved, suffix if proved.body == request.body else ".txt")
    except FileExistsError:
        fail(f"{folder} is there already; a case is never overwritten", code=2)
    except ValueError as error:  # a key that is none of this connector's proof
        fail(str(error), code=2)
    except OSError as error:
        fail(f"{folder}: {error.strerror}", code=2)
