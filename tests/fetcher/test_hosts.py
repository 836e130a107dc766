"""A deployer sees which hosts outside the EU may be asked."""

import logging

import pytest

from fetcher.parts import FetchedVendor
from fetcher.process import log_hosts
from model.vendors.vendor_api import Api


def _vendor(name: str, *, api_key: str = "made-up", is_in_eu: bool = False) -> FetchedVendor:
    api = Api(host=f"api.{name}.example", hosts=(f"files.{name}.example",), is_in_eu=is_in_eu)
    return FetchedVendor(name=name, api=api, api_key=api_key)


def test_hosts_outside_the_eu_are_listed_where_we_have_an_application(
    caplog: pytest.LogCaptureFixture,
) -> None:
    vendors = (_vendor("far"), _vendor("near", is_in_eu=True), _vendor("unused", api_key=""))
    with caplog.at_level(logging.WARNING):
        log_hosts({vendor.name: vendor for vendor in vendors})
    lines = "\n".join(caplog.messages)
    assert lines.count("outside the EU") == 2
    for name in ("api.far.example", "files.far.example"):
        assert name in lines
