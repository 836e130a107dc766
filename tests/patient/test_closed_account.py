"""At the patient door a closed account is as if it had never been: no page, no link."""

import httpx2
import pytest

from storage.pg.pool import Connection
from storage.rights import account_life
from tests.patient.link_world import LinkWorld
from tests.patient.test_entry import door_link, signed_in


@pytest.mark.promise(16)
def test_a_closing_ends_the_session_and_the_links(links: LinkWorld) -> None:
    patient = links.patient()

    async def close(conn: Connection) -> None:
        account = await account_life.held_account(conn, patient)
        await account_life.close_account(
            conn, account, by="os:tester", why="asked", now_ms=links.now_ms
        )

    with signed_in(links, patient) as client:
        assert "<h1>Today</h1>" in client.get("/").text
        unused = door_link(links, patient)
        links.run(close)
        assert "<h1>Today</h1>" not in client.get("/").text
        assert httpx2.get(unused).status_code == 404
        assert httpx2.post(unused).status_code == 404
        assert httpx2.post(door_link(links, patient)).status_code == 404
