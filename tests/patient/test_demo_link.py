"""The link that a demo prints is a real one: it opens the patient door once, and is in the log."""

import asyncio

import httpx2

from kadens.local.demo_link import HOLDS_MS, demo_door_link
from tests.patient.link_world import LinkWorld


def test_the_link_of_the_demo_signs_in_once(links: LinkWorld) -> None:
    patient = links.patient()
    address = asyncio.run(demo_door_link(links.dsn, patient, links.url, links.now_ms))
    assert address.startswith(f"{links.url}/enter/")
    links.now_ms += HOLDS_MS - 1
    with httpx2.Client(base_url=links.url) as browser:
        assert browser.post(address).status_code == 303
        assert "<h1>Today</h1>" in browser.get("/").text
        assert browser.post(address).status_code == 404
    made = links.column(
        "select actor || ' ' || action from audit a join patient p on p.id = a.patient "
        "where pseudonym = %s order by a.id limit 1",
        patient,
    )
    assert made == ["demo patient.door"]
