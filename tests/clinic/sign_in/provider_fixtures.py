"""Fixtures of sign-in that both doors share: the clock's file, and the provider made honest."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clinic.sign_in.provider import SIGN_IN_NOW, Provider, running_provider


@pytest.fixture
def now(tmp_path: Path) -> Path:
    """Give the file that the door's clock reads."""
    file = tmp_path / "clock"
    file.write_text(str(SIGN_IN_NOW), encoding="ascii")
    return file


@pytest.fixture(scope="session")
def shared_provider() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(shared_provider: Provider) -> Provider:
    """Give the provider, honest again."""
    shared_provider.honest()
    return shared_provider
