"""A request goes to the pinned host on the public internet, and nowhere else."""

import asyncio
from dataclasses import replace

import pytest

from fetcher import addresses
from fetcher.addresses import ApiHost, RefusedAddressError, api_host, check_public, target_of
from fetcher.client import Question, VendorClient
from model.vendors.requests import ApiRequest

_PRIVATE = [
    ["127.0.0.1"],
    ["10.0.0.8"],
    ["172.16.3.4"],
    ["192.168.1.1"],
    ["169.254.169.254"],
    ["100.64.0.1"],
    ["0.0.0.0"],  # noqa: S104 - an address to refuse
    ["224.0.0.1"],
    ["::1"],
    ["fe80::1"],
    ["fc00::1"],
    ["::ffff:127.0.0.1"],
    ["::ffff:10.0.0.1"],
    ["64:ff9b::7f00:1"],  # by a translator to 127.0.0.1
    ["64:ff9b::a00:1"],
    ["2002:7f00:1::"],  # in 6to4
    ["2002:a00:1::1"],
    ["::127.0.0.1"],
    ["::ffff:0:127.0.0.1"],
    ["fec0::1"],
    ["8.8.8.8", "127.0.0.1"],
    [],
]
_UNSAFE = [
    "v3/exercises/1",
    "//other.example/v3",
    "/v3//exercises",
    "/v3/../v4/data",
    "/v3/./exercises",
    "/v3\\exercises",
    "/v3/exercises?token=1",
    "/v3/exercises#1",
    "/v3/a\r\nHost: other.example",
    "",
]


@pytest.mark.parametrize("numbers", _PRIVATE, ids=",".join)
def test_a_name_that_leads_to_a_private_address_is_refused(numbers: list[str]) -> None:
    with pytest.raises(RefusedAddressError, match="private address"):
        check_public(numbers)


def test_public_addresses_are_taken() -> None:
    check_public(["8.8.8.8", "2001:4860:4860::8888"])
    # a network without version 4 reaches its hosts through a translator
    check_public(["64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::1"])


@pytest.mark.parametrize("path", _UNSAFE)
def test_a_path_that_leaves_the_interface_is_refused(path: str) -> None:
    with pytest.raises(RefusedAddressError):
        target_of(ApiRequest(path=path))


def test_path_and_query_are_sent_encoded() -> None:
    request = ApiRequest(path="/v3/exercises/a b", query=(("token", "x/y+z=&"), ("n", "1")))
    assert target_of(request) == "/v3/exercises/a%20b?token=x%2Fy%2Bz%3D%26&n=1"


def test_the_host_is_the_pinned_one_or_that_of_the_secrets_file() -> None:
    pinned = api_host("api.example.org", "")
    assert pinned == ApiHost(scheme="https", name="api.example.org", port=443)
    assert pinned.authority == "api.example.org"
    own = api_host("api.example.org", "http://127.0.0.1:4711")
    assert own == ApiHost(scheme="http", name="127.0.0.1", port=4711, is_loopback=True)
    assert own.authority == "127.0.0.1:4711"


def test_an_https_name_that_the_dns_leads_inside_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def resolves(_self: object, *_: object, **_more: object) -> list[object]:
        await asyncio.sleep(0)
        return [(2, 1, 6, "", ("127.0.0.1", 443))]

    async def ask() -> str:
        monkeypatch.setattr(type(asyncio.get_running_loop()), "getaddrinfo", resolves)
        client = VendorClient()
        try:
            host = api_host("api.example.org", "")
            question = Question(host=host, target="/v3/x", headers={}, most=10)
            return (await client.ask(question)).fault
        finally:
            await client.close()

    assert asyncio.run(ask()) == "the vendor's name leads to a private address"
    assert addresses.RefusedAddressError is RefusedAddressError


def test_an_override_of_https_is_no_loopback() -> None:
    host = api_host("api.example.org", "https://sandbox.example.org")
    assert replace(host, name="x") == ApiHost(scheme="https", name="x", port=443)
