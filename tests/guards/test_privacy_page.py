"""docs/privacy.md is what the tests' marks say, and each promise to patients has a test."""

import pytest

from tests.guards import privacy_page
from tests.guards.promises import PROMISES, PROMISES_NOT_YET, Promise
from tests.rooms import ROOT

_MARK = "pytest.mark." + "promise"  # this file marks nothing


def _module(*lines: str) -> str:
    return "import pytest\n\n" + "\n".join(lines)


@pytest.fixture(scope="module")
def tests() -> dict[int, list[str]]:
    return privacy_page.proofs(ROOT / "tests")


def test_each_promise_has_a_test_and_its_code(tests: dict[int, list[str]]) -> None:
    assert privacy_page.mistakes(tests) == []


def test_the_page_is_made_from_the_marks(tests: dict[int, list[str]]) -> None:
    on_disk = privacy_page.PRIVACY_PAGE.read_text(encoding="utf-8")
    assert on_disk == privacy_page.privacy_text(tests), (
        "write it again: python -m tests.guards.privacy_page"
    )


def test_the_table_has_24_promises_in_order() -> None:
    assert [row.number for row in PROMISES] == list(range(1, 25))
    assert {row.number for row in PROMISES} >= PROMISES_NOT_YET


@pytest.mark.parametrize("row", PROMISES, ids=lambda row: str(row.number))
def test_the_code_that_keeps_a_promise_is_there(row: Promise) -> None:
    missing = [path for path in row.code if not (ROOT / path).exists()]
    assert missing == []
    folders = [path for path in row.code if (ROOT / path).is_dir()]
    assert all(path.endswith("/") for path in folders)


@pytest.mark.parametrize("number", sorted({row.number for row in PROMISES} - PROMISES_NOT_YET))
def test_a_removed_mark_is_found(tests: dict[int, list[str]], number: int) -> None:
    without = {key: names for key, names in tests.items() if key != number}
    assert f"promise {number} has no test" in privacy_page.mistakes(without)


def test_a_promise_that_has_a_test_leaves_the_list(tests: dict[int, list[str]]) -> None:
    assert privacy_page.mistakes(tests, PROMISES_NOT_YET | {21}) == [
        "promise 21 has a test: take it out of PROMISES_NOT_YET"
    ]


def test_marks_are_read_from_any_test() -> None:
    text = _module(
        f"@{_MARK}(1)",
        f"@{_MARK}(7)",
        "def test_a() -> None: ...",
        "class TestIt:",
        f"    @{_MARK}(7)",
        "    async def test_b(self) -> None: ...",
    )
    assert list(privacy_page.marked_tests(text, "tests/test_x.py")) == [
        (1, "tests/test_x.py::test_a"),
        (7, "tests/test_x.py::test_a"),
        (7, "tests/test_x.py::test_b"),
    ]


@pytest.mark.parametrize("number", ["0", "25", "'7'", "1, 7", "", "number=7", "7.0", "True"])
def test_what_is_no_number_of_a_promise_is_refused(number: str) -> None:
    text = _module(f"@{_MARK}({number})", "def test_a() -> None: ...")
    with pytest.raises(privacy_page.MarkError, match="no number of a promise"):
        list(privacy_page.marked_tests(text, "tests/test_x.py"))


@pytest.mark.parametrize(
    "lines",
    [
        (f"pytestmark = {_MARK}(7)",),
        (f"@{_MARK}(7)", "def helper() -> None: ..."),
        (f"@{_MARK}(7)", "class TestIt:", "    def test_a(self) -> None: ..."),
    ],
)
def test_a_mark_that_is_on_no_test_is_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(privacy_page.MarkError, match=r"test_x\.py:\d+: a promise is marked on"):
        list(privacy_page.marked_tests(_module(*lines), "tests/test_x.py"))
