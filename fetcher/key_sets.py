"""Loads the public keys of a vendor from its pinned host, for a door. It decides nothing."""

from http import HTTPStatus

from fetcher.addresses import api_host
from fetcher.client import Question, VendorClient
from ingest.key_sets import MOST_KEY_SET, LoadKeySet


def key_set_load(key_set: str, override: str) -> LoadKeySet:
    """Return the function that loads `HOST/PATH`; `override` is the address of the secrets file."""
    name, _, path = key_set.partition("/")
    host = api_host(name, override)

    async def load() -> bytes:
        # once a day: a connection that is kept would be closed by then
        client = VendorClient()
        headers = {"accept": "application/json"}
        try:
            answer = await client.ask(
                Question(host=host, target=f"/{path}", headers=headers, most=MOST_KEY_SET)
            )
        finally:
            await client.close()
        if answer.fault or answer.status != HTTPStatus.OK:
            raise OSError(answer.fault or f"status {answer.status}")
        return answer.body

    return load
