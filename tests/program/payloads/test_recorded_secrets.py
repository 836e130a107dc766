"""`kadens record` keeps no header and no query parameter in which a secret comes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kadens.cli import app

_BODY = b'{"dailies":[]}'


def _record(folder: Path, *words: str) -> tuple[int, str]:
    body = folder / "body.json"
    body.write_bytes(_BODY)
    line = ["record", str(body), str(folder / "case"), "--connector", "garmin", *words]
    done = CliRunner().invoke(app, line)
    return done.exit_code, " ".join(done.output.split())


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key"),
        *("Secret", "Client", "Garmin-Client-Id"),  # what vendors repeat
        *("X-Vital-Api-Key", "Ocp-Apim-Subscription-Key"),  # our own keys at vendors
    ],
)
def test_a_header_with_a_secret_is_refused(tmp_path: Path, name: str) -> None:
    wanted = f"error: a case never holds the header {name.lower()}: it is a secret"
    assert _record(tmp_path, "--header", f"{name}: made up") == (2, wanted)
    assert not (tmp_path / "case").exists()


@pytest.mark.parametrize("name", ["token", "Token", "code", "verify", "hub.verify_token"])
def test_a_query_parameter_with_a_secret_is_refused(tmp_path: Path, name: str) -> None:
    wanted = f"error: a case never holds the query parameter {name.lower()}: it is a secret"
    assert _record(tmp_path, "--query", f"{name}=made-up") == (2, wanted)
    assert not (tmp_path / "case").exists()


def test_a_signature_is_recorded(tmp_path: Path) -> None:
    words = ("--header", "Svix-Signature: v1,bWFkZSB1cA==", "--query", "page=2")
    code, _ = _record(tmp_path, *words)
    request = json.loads((tmp_path / "case" / "request.json").read_bytes())
    assert code == 0
    assert request["headers"] == {"svix-signature": "v1,bWFkZSB1cA=="}
    assert request["query"] == {"page": "2"}
