"""Which tests run together on a process of pytest-xdist, and which of them begin first.

Tests of a group share their servers and never run at the same time. A group is a file, unless
GROUPS names another group. The groups that take longest begin first, so that the workers end
together.
"""

from collections.abc import Collection

# Group -> beginnings of the paths of its tests. Groups begin in this order, longest first; those
# that mostly wait for other programs between those that compute: not all workers wait at once.
_GROUPS: dict[str, tuple[str, ...]] = {
    "contract": (
        "tests/contract/test_keys.py",
        "tests/contract/test_killed.py",
        "tests/contract/test_ledger.py",
        "tests/contract/test_poison.py",
        "tests/contract/test_stall.py",
        "tests/contract/test_worker.py",
    ),
    # they share a running Kadens; others of its folder start their own
    "running": (
        "tests/e2e/test_bad_input.py",
        "tests/e2e/test_commands.py",
        "tests/e2e/test_import.py",
        "tests/e2e/test_keys.py",
        "tests/e2e/test_options.py",
        "tests/e2e/test_play.py",
    ),
    "browser": (
        "tests/browser/",
        "tests/clinic/sign_in/test_browser.py",
        "tests/patient/sign_in/test_sign_in_browser.py",
    ),
    "clinic": ("tests/clinic/test_",),
    "sign_in": ("tests/clinic/sign_in/", "tests/patient/sign_in/"),
    "vendors": ("tests/e2e/test_every_vendor.py",),
    "stored life": ("tests/storage/facts/test_life.py",),
    "alert": ("tests/e2e/test_until_alert.py",),
    "scores": ("tests/scoring/test_score_command.py",),
    "life": ("tests/stream/compute/test_life.py",),
    "chaos": ("tests/chaos/",),
    "derive": ("tests/stream/compute/test_derive.py", "tests/stream/compute/windows/"),
    # they share the trees of all sources
    "sources": (
        "tests/guards/test_imports.py",
        "tests/guards/test_log_calls.py",
        "tests/guards/test_waits.py",
    ),
    "kill": ("tests/up/test_kill.py",),
    "stored order": ("tests/storage/facts/test_order.py",),
    "bench": ("tests/bench/",),
    "leaving": ("tests/e2e/test_leaves_nothing.py",),
    "polar": ("tests/e2e/test_polar.py",),
    "demo": ("tests/e2e/test_interrupted_demo.py",),
}

# Fixtures that start a database, a log, or all of Kadens. What uses one is no part of `make quick`.
SERVERS = frozenset(
    {
        "broker",
        "brokers",
        "databases",
        "dsn",
        "embedded",
        "instance",
        "on",
        "own",
        "people",
        "postgres",
        "rig",
        "running",
    }
)


def group_of(test: str) -> str:
    """Return the group of a test, given its id (`path::name`)."""
    path = test.partition("::")[0]
    for group, beginnings in _GROUPS.items():
        if path.startswith(beginnings):
            return group
    return path


def rank_of(test: str) -> int:
    """Return when a test's group begins: its row in GROUPS, and other files after all of them."""
    group = group_of(test)
    return list(_GROUPS).index(group) if group in _GROUPS else len(_GROUPS)


def needs_server(fixtures: Collection[str]) -> bool:
    """Tell whether one of a test's fixtures starts a server."""
    return not SERVERS.isdisjoint(fixtures)
