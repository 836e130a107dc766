"""Options of the chaos tests: the seed, which is printed, and how many times the worker is killed."""

import secrets

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=None, help="seed of everything random in tests/chaos")
    parser.addoption("--kills", type=int, default=20, help="how often the worker is killed in tests/chaos")


@pytest.fixture
def seed(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> int:
    """Return the seed, drawn anew unless given; `--seed N` repeats a run's choices (not the machine's timing)."""
    said: int | None = request.config.getoption("--seed")
    number = secrets.randbelow(1_000_000) if said is None else said
    with capsys.disabled():
        print(f"\n{request.node.name}: --seed {number}")  # noqa: T201 - the seed must be seen
    return number


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    number: int = request.config.getoption("--kills")
    return number
