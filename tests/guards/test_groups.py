"""Groups of tests stay together: a group's tests run on one process, in their order."""

import re
import subprocess
import sys

from tests.groups import group_of, rank_of
from tests.rooms import ROOT

_FILES = ("tests/web/test_rates.py", "tests/model/test_calendar.py", "tests/ingest/test_links.py")
_RAN = re.compile(r"^\[(gw\d)\] .* PASSED (tests/\S+?)::", re.MULTILINE)


def test_a_group_runs_on_one_process() -> None:
    words = ["-v", "-p", "no:cacheprovider", "-n", "2", "--dist", "loadscope"]
    shown = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "--hypothesis-profile=quick", *_FILES],
        cwd=ROOT, check=True, capture_output=True, text=True, timeout=120,
    ).stdout  # fmt: skip
    ran = set(_RAN.findall(shown))
    # so many pairs as files: each file was on one process, and the files were on both
    assert sorted(file for _, file in ran) == sorted(_FILES)
    assert {process for process, _ in ran} == {"gw0", "gw1"}


def test_a_test_that_no_group_names_is_in_the_group_of_its_file() -> None:
    assert group_of("tests/web/test_rates.py::test_x[a::b]") == "tests/web/test_rates.py"
    assert group_of("tests/chaos/test_chaos.py::test_x") == "chaos"
    assert rank_of("tests/chaos/test_chaos.py::test_x") < rank_of("tests/web/test_rates.py::test_x")
