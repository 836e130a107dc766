"""The command `kadens send`: signs a body as a vendor would, and posts it to the door."""

import http.client
import time
import uuid
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import typer

from ingest.connector import Connector
from ingest.proving.proofs import LinkOnly
from ingest.proving.verify import Verdict
from ingest.sender import Proven, prove
from ingest.vendors import CONNECTORS
from kadens.bounded_files import MOST_PAYLOAD, bounded_bytes
from kadens.commands.accounts import must_consent, notes_on_storing
from kadens.commands.console import settings_of
from kadens.commands.inspecting import named_headers
from kadens.commands.links import issue_audited_token
from kadens.commands.options import DEFAULT_DATA, Data, DoorUrl
from kadens.output.terminal import fail, print_line, print_note
from kadens.payload_formats import items_of
from kadens.posting import NoAnswerError, door_of, post, requested_answer
from kadens.recorded.cases import read_case
from kadens.recorded.played import (
    PlayedRequest,
    is_handshake,
    played_handshake,
    played_request,
    proving_key,
    verdict_of,
)
from kadens.recorded.requests import DOOR, RecordedRequest, expected_answer, read_request
from kadens.settings import Settings, environment
from model.facts import Reject
from model.received import Context
from parsers.formats import FILES_CONNECTOR

_Headers = dict[str, str]
_ConnectorName = Annotated[
    str,
    typer.Argument(help="A connector, such as reports; any other text lists them."),
]
_Case = Annotated[
    Path,
    typer.Argument(
        metavar="CASE", help="The body to send, or the folder of a recorded case of any kind."
    ),
]
_Phone = Annotated[
    str, typer.Option("--patient", help="Whose phone it is, for a connector of link tokens.")
]
_Header = Annotated[
    list[str] | None,
    typer.Option("--header", metavar="'K: V'", help="A header of the vendor; repeatable."),
]
_SigningKey = Annotated[
    Path | None,
    typer.Option(
        "--signing-key", help="PEM of a sandbox, where the vendor alone has the signing key."
    ),
]


def send_as_vendor(
    connector: _ConnectorName,
    path: _Case,
    *,
    patient: _Phone = "",
    header: _Header = None,
    signing_key: _SigningKey = None,
    url: DoorUrl = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Play a vendor: sign a body as it would, and post it.

    A recorded case of the door is played as it was recorded, with the door's own key and clock: a
    forgery is a forgery again, a stale one is as old as it was, a handshake is asked. A phone's app
    signs nothing: with --patient it gets a link token for a day.

    Prints the vendor door's answer; exits 1 when the door refuses a body, or answers a recorded
    request in another way than it was recorded.
    """
    settings = settings_of(data)
    row = _served(connector)
    if (path / DOOR).is_file():
        raise typer.Exit(_play_request(settings, row, path, patient, signing_key, url))
    content, headers = _recorded(path, row) if path.is_dir() else (body_of(path), {})
    proof = _proof_of(settings, row, content, patient, signing_key)
    kind = proof.media_type or "application/json"
    headers = {"content-type": kind, **headers, **named_headers(header)}
    hook = f"{door_of(settings, url)}/v1/hooks/{connector}{proof.path}"
    status, answer = post(hook, proof.body, {**headers, **proof.headers})
    print_line(f"{status} {_words_of(answer)}")
    if status < http.client.MULTIPLE_CHOICES:
        _tell_storing(settings, connector, proof.body, headers, is_invented=path.is_dir())
    elif _lacks_key(row, status, answer):
        print_note(_key_not_loaded(connector))
    raise typer.Exit(0 if status < http.client.MULTIPLE_CHOICES else 1)


def _tell_storing(
    settings: Settings, name: str, content: bytes, headers: _Headers, *, is_invented: bool
) -> None:
    """Say of the accounts of a body that was taken what keeps it from being stored.

    Accounts are named only where they are those of a recorded case, which is invented.
    """
    accounts = _accounts(name, content, headers)
    for line in notes_on_storing(settings, name, accounts, is_invented=is_invented):
        print_note(line)


def _words_of(answer: bytes) -> str:
    """Return the text of an answer, or words that say that it has none."""
    return answer.decode(errors="replace") or "(the answer has no text)"


def _lacks_key(row: Connector, status: int, answer: bytes) -> bool:
    """Return whether the door has no such connector, which is so where it has no key for it."""
    is_unknown = status == http.client.NOT_FOUND and b"unknown_connector" in answer
    return is_unknown and row.proof.needs_key


def _key_not_loaded(name: str) -> str:
    # a door takes the keys of connectors at its start, and there is one: the body was signed
    again = "restart the vendor door" if environment() else "start `kadens up` again"
    return f"the file has a key of {name} that the running door has not: {again}"


def _play_request(
    settings: Settings,
    row: Connector,
    folder: Path,
    patient: str,
    signing_key: Path | None,
    url: str,
) -> int:
    """Play a recorded request at the door; return 0 when it is answered as it was recorded."""
    try:
        request, recorded = read_request(folder), int(expected_answer(folder)["status"])
    except (OSError, ValueError, KeyError, TypeError):
        fail(f"{folder}: not the folder of a recorded case", code=2)
    if request.connector != row.name:
        fail(f"{folder} is a case of {request.connector}, not of {row.name}", code=2)
    played = _played(settings, row, request, patient, signing_key)
    hooks = f"{door_of(settings, url)}/v1/hooks"
    target = "/".join(filter(None, (hooks, row.name, played.segment)))
    if played.query:
        target += f"?{urlencode(played.query)}"
    try:
        status, answer, _ = requested_answer(played.method, target, played.body, played.headers)
    except NoAnswerError as error:
        fail(str(error))
    # a refusal that the case wants looks like a failure otherwise
    is_wanted = status == recorded and status >= http.client.BAD_REQUEST
    print_line(f"{status} {_words_of(answer)}{' (as recorded)' if is_wanted else ''}")
    if status < http.client.MULTIPLE_CHOICES and played.body and played.method == "POST":
        _tell_storing(settings, row.name, played.body, played.headers, is_invented=True)
    if status != recorded:
        lacks = _lacks_key(row, status, answer)
        print_note(_key_not_loaded(row.name) if lacks else _why_another(request, status, recorded))
    return 0 if status == recorded else 1


def _why_another(request: RecordedRequest, status: int, recorded: int) -> str:
    """Return a line about an answer with another status than the recorded one."""
    if not request.keys and not request.link_key and recorded == http.client.NOT_FOUND:
        return f"recorded {recorded} at a door without a key for it; this door has one"
    return f"recorded {recorded}, answered {status}"


def _played(
    settings: Settings,
    row: Connector,
    request: RecordedRequest,
    patient: str,
    signing_key: Path | None,
) -> PlayedRequest:
    """Return a recorded request as it is sent to a door with the keys of the secrets file."""
    now_ms = time.time_ns() // 1_000_000  # the vendor's clock: this machine's
    if isinstance(row.proof, LinkOnly):
        verdict = verdict_of(request, row)
        proof = Proven(body=request.body)
        if verdict is Verdict.OK:
            proof = _proof_of(settings, row, request.body, patient, signing_key)
        headers = {name.lower(): value for name, value in request.headers.items()}
        return PlayedRequest(
            method=request.method,
            headers={**headers, **proof.headers},
            query=dict(request.query),
            body=request.body,
            segment=request.segment,
        )
    key = _key_of(settings, row, signing_key)
    if is_handshake(request, row):
        return played_handshake(request, row, settings.secrets.connectors[row.name].keys)
    try:
        return played_request(request, row, key, now_ms)
    except ValueError as error:
        fail(f"{error}: give --signing-key with the key of a sandbox", code=2)


def body_of(path: Path) -> bytes:
    """Return a file's content; leaves with code 2 when it is unreadable or longer than any body."""
    try:
        return bounded_bytes(path, MOST_PAYLOAD)
    except OSError as error:
        fail(f"{path}: {error.strerror}", code=2)


def _recorded(folder: Path, row: Connector) -> tuple[bytes, _Headers]:
    """Return the body and the headers of a recorded case; leaves with code 2 when it is none."""
    try:
        case = read_case(folder)
    except (OSError, ValueError, KeyError, TypeError):
        fail(f"{folder}: not the folder of a recorded case", code=2)
    if case.context.requested is not None:
        fail(f"{folder} is an answer to a fetch: no vendor pushes it", code=2)
    if case.context.connector != row.name:
        fail(f"{folder} is a case of {case.context.connector}, not of {row.name}", code=2)
    kind = case.context.content_type
    return case.payload, {**case.context.headers, **({"content-type": kind} if kind else {})}


def _accounts(connector: str, content: bytes, headers: _Headers) -> set[str]:
    """Return the accounts that a body names, in a connector's own words."""
    known = {name.lower(): value for name, value in headers.items()}
    context = Context(
        connector=connector, content_type=known.get("content-type", ""), headers=known
    )
    accounts: set[str] = set()
    for item in items_of(content, context):
        if not isinstance(item, Reject) and item.account:
            accounts.add(item.account)
    return accounts


def _served(name: str) -> Connector:
    """Return the connector of this name; leaves with code 2 for another name."""
    served = {row.name: row for row in CONNECTORS if row.name != FILES_CONNECTOR}
    if name not in served:
        fail(f"the connector must be one of {', '.join(served)}", code=2)
    return served[name]


def _key_of(settings: Settings, row: Connector, signing_key: Path | None) -> str:
    """Return the key that a vendor proves a body with; leaves with code 2 where there is none."""
    secrets = settings.secrets.connectors.get(row.name)
    if secrets is None or not secrets.keys:
        fail(
            f"the secrets file has no key for the connector {row.name}: add keys under "
            f"[connectors.{row.name}] (docs/vendors has a page for each vendor)",
            code=2,
        )
    key = proving_key(row, secrets.keys)
    if signing_key is None:
        return key
    return f"{key}\n{body_of(signing_key).decode(errors='replace')}"


def _proof_of(
    settings: Settings, row: Connector, body: bytes, patient: str, signing_key: Path | None
) -> Proven:
    """Return the proof that a vendor sends with a body.

    Leaves with code 2 without a key for it, or without the patient whose link proves it.
    """
    name = row.name
    if isinstance(row.proof, LinkOnly):
        if not patient:
            fail(f"{name} is proved by a patient's link: give --patient", code=2)
        must_consent(settings, patient, name)
        token, _ = issue_audited_token(settings, patient, days=1, purpose="send")
        return Proven(body=body, headers={"authorization": f"Bearer {token}"})
    key = _key_of(settings, row, signing_key)
    now_ms = time.time_ns() // 1_000_000  # the vendor's clock: this machine's
    try:
        return prove(row.proof, key, body, f"msg_{uuid.uuid4().hex}", now_ms)
    except ValueError as error:
        fail(f"{error}: give --signing-key with the key of a sandbox", code=2)
