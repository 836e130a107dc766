"""One Keycloak for the tests of both doors, which takes half a minute to start.

`tests/conftest.py` names this file, so that both folders of tests get the same server.
"""

# ruff: noqa: PLC0415 - every process of pytest loads this file, and few of them start a Keycloak

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

_DOORS = ("HERE", "ASSIGNED", "OWNDOOR")


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedKeycloak:
    """The issuer, the ports that the doors it knows are served on, and Anna's personal number."""

    issuer: str
    doors: dict[str, tuple[socket.socket, str]]
    number: str


@pytest.fixture(scope="session")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedKeycloak]:
    """Run Keycloak; each door that it knows is served by one module of tests."""
    from tests.clinic.sign_in.keycloak import running_keycloak
    from tests.clinic.sign_in.provider import listening
    from tests.patient.sign_in.patients import invented_number

    with ExitStack() as stack:
        doors = {name: stack.enter_context(listening()) for name in _DOORS}
        number = invented_number()
        marks = {"NUMBER-1": number, "NUMBER-2": invented_number()}
        marks.update({name: url for name, (_, url) in doors.items()})
        log = tmp_path_factory.mktemp("keycloak") / "log"
        issuer = stack.enter_context(running_keycloak(log, marks))
        yield SharedKeycloak(issuer=issuer, doors=doors, number=number)
