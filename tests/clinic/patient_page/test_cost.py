"""How many statements the page of a patient takes: the number does not depend on the data."""

from typing import Any

import psycopg
import pytest

from tests.clinic_world import Served

_MOST = 34  # statements of the page, with the session of the clinician and the audit row


def test_the_page_takes_a_fixed_number_of_statements(
    door: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[object] = []
    execute = psycopg.AsyncCursor.execute

    async def _counted(cursor: Any, query: Any, *more: Any, **named: Any) -> Any:  # noqa: ANN401
        counted.append(query)
        return await execute(cursor, query, *more, **named)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", _counted)
    numbers = []
    for patient in ("p-pain", "p-new", "p-pain"):
        counted.clear()
        door.get(f"/patients/{patient}").raise_for_status()
        numbers.append(len(counted))
    # a patient of ten weeks with answers and alerts takes as many as one without any data
    assert len(set(numbers)) == 1
    assert 0 < numbers[0] <= _MOST
