"""Whatever the readers accept of poison can be stored and derived from.

The readers and the storage therefore share one set of rules.
"""

from functools import partial

import pytest

from model.errors import BodyError
from parsers.formats import parse
from storage.pg.pool import Connection
from tests.fuzz.database import store
from tests.fuzz.seeds import CONNECTORS, kept_finds
from tests.poison import POISON

pytestmark = pytest.mark.anyio

_BODIES = [pytest.param(item.connector, item.body, id=item.name) for item in POISON]
for _connector in CONNECTORS:
    for _name, _body in kept_finds(_connector):
        _BODIES.append(pytest.param(_connector, partial(bytes, _body), id=_name))


@pytest.mark.parametrize(("connector", "make"), _BODIES)
async def test_nothing_that_is_read_is_refused_by_the_database(
    connector: str, make: object, conn: Connection
) -> None:
    assert callable(make)
    body = make()
    try:
        parsed = parse(connector, body)
    except BodyError:
        return
    await store(conn, connector, body, parsed)
