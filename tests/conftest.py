"""What holds for every test: depth of property tests, groups of parallel runs, the server mark.

`--hypothesis-profile=deep` gives the invariants 20,000 examples instead of 1,000, `quick` 50.
"""

import pytest
from hypothesis import settings

from tests.groups import group_of, needs_server, rank_of

settings.register_profile("deep", max_examples=20_000, deadline=None)
settings.register_profile("quick", max_examples=50, deadline=None)


# first, because pytest-xdist writes the group into the name of a test in the same hook
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts a server, and put each test into its group, the longest groups first."""
    for item in items:
        if needs_server(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.server)
        item.add_marker(pytest.mark.xdist_group(group_of(item.nodeid)))
    # a stable sort: within a group the tests keep the order that their shared fixtures need
    items.sort(key=lambda item: rank_of(item.nodeid))
