"""Which hosts may be used: those on the stated list, each in the EU or EEA."""

import pytest

from model.privacy.endpoints import (
    EEA_COUNTRIES,
    EndpointListError,
    UsedEndpoint,
    is_on_this_machine,
    refused_endpoints,
    stated_endpoints,
)

_ROW = {"host": "db.Example.se", "country": "SE", "processor": "Moln AB", "purpose": "database"}


@pytest.mark.promise(20)
def test_the_eu_and_eea_are_30_countries() -> None:
    assert len(EEA_COUNTRIES) == 30
    assert not EEA_COUNTRIES & {"US", "GB", "CH", "EU", "UK", "se"}


def test_only_what_is_stated_or_local_may_be_used() -> None:
    stated = stated_endpoints({"endpoints": [_ROW]})
    hosts = ("db.example.se", "DB.EXAMPLE.SE", "127.0.0.1", "x.db.example.se", "example.se")
    used = [UsedEndpoint(setting="KADENS_SMTP", host=host) for host in hosts]
    refused = refused_endpoints(used, stated)
    assert [row.host for row in refused] == ["x.db.example.se", "example.se"]


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("", True),
        ("/run/postgresql", True),
        ("@abstract", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("kafka", True),
        # may lead over a tunnel to anywhere
        ("10.0.0.7", False),
        ("192.168.1.1", False),
        ("fd00::1", False),
        # resolvers read these in more than a single way
        ("2130706433", False),
        ("localhost.example.com", False),
        ("com.", False),
        ("8.8.8.8", False),
        ("0.0.0.0", False),  # noqa: S104 - nothing listens here
    ],
)
def test_local_is_what_cannot_lead_out(host: str, *, local: bool) -> None:
    assert is_on_this_machine(host) is local


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"endpoints": [{**_ROW, "country": "US"}]}, "row 1: db.Example.se is in US"),
        ({"endpoints": [{**_ROW, "country": "se"}]}, "row 1: db.Example.se is in se"),
        ({"endpoints": [_ROW, {**_ROW, "host": "DB.example.se"}]}, "on the list twice"),
        (
            {"endpoints": [{**_ROW, "processor": ""}]},
            "row 1: must have host, country, processor, purpose",
        ),
        (
            {"endpoints": [{**_ROW, "more": "x"}]},
            "row 1: must have host, country, processor, purpose",
        ),
        ({"endpoints": ["db.example.se"]}, "row 1: must have host, country, processor, purpose"),
        ({"endpoints": {}}, "tables"),
        ({"endpoint": []}, "tables"),
    ],
)
def test_a_malformed_list_is_refused_with_its_row(values: dict[str, object], reason: str) -> None:
    with pytest.raises(EndpointListError, match=reason):
        stated_endpoints(values)
