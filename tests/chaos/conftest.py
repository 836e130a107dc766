"""The environment of the chaos tests, and their seed.

The seed is drawn anew unless given, and printed.
"""

import secrets
from collections.abc import Iterator

import pytest

from tests.chaos.system.environment import Environment, open_environment
from tests.chaos.world import world


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=None, help="the first seed of tests/chaos")


@pytest.fixture(scope="package")
def on() -> Iterator[Environment]:
    """Open the environment that all schedules use one after the other, as `make chaos` does."""
    with open_environment(world()) as made:
        yield made


@pytest.fixture
def seed(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> int:
    """Return the seed.

    `--seed N` repeats the faults and payloads of a run, but not the timing of the machine.
    """
    count: int | None = request.config.getoption("--seed")
    number = secrets.randbelow(1_000_000) if count is None else count
    with capsys.disabled():
        print(f"\n{request.node.name}: --seed {number}")  # noqa: T201 - the seed must be seen
    return number
