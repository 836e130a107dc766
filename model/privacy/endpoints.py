"""Which hosts outside this machine may be used: those on the deployment's stated list. Pure.

The list names each host's country and processor, so it is also the list of sub-processors that the
access register shows. Vendors of watches are not on it: they are controllers of their own. No host
is resolved or asked here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

# ISO 3166-1: the 27 states of the EU, then Iceland, Liechtenstein and Norway.
EEA_COUNTRIES = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
        *("IS", "LI", "NO"),
    }
)
_WANTED = ("host", "country", "processor", "purpose")


class EndpointListError(ValueError):
    """The stated list is malformed; the text says which row, and what it must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedEndpoint:
    """A host that may be used: its country (two letters), who runs it, and what it does for us."""

    host: str
    country: str
    processor: str
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedEndpoint:
    """A host that the configuration uses, and the setting that names it."""

    setting: str
    host: str


def stated_endpoints(values: Mapping[str, Any]) -> tuple[StatedEndpoint, ...]:
    """Return the rows of a parsed list, `[[endpoints]]` tables; raises `EndpointListError`."""
    rows = values.get("endpoints", [])
    if not isinstance(rows, list) or set(values) - {"endpoints"}:
        raise EndpointListError("must hold tables [[endpoints]], and nothing else")
    stated = tuple(_row(number, row) for number, row in enumerate(rows, 1))
    hosts = [row.host for row in stated]
    for host in hosts:
        if hosts.count(host) > 1:
            raise EndpointListError(f"{host} is on the list twice")
    return stated


def _row(number: int, row: object) -> StatedEndpoint:
    values = row if isinstance(row, dict) else {}
    texts = {name: value for name, value in values.items() if isinstance(value, str) and value}
    if set(values) != set(_WANTED) or len(texts) != len(_WANTED):
        raise EndpointListError(f"row {number}: must have {', '.join(_WANTED)}, each a text")
    country = texts["country"]
    if country not in EEA_COUNTRIES:
        raise EndpointListError(
            f"row {number}: {texts['host']} is in {country}, which is no country of the EU or EEA "
            "(two capital letters, such as SE)"
        )
    return StatedEndpoint(**{**texts, "host": texts["host"].lower()})


def refused_endpoints(
    used: Iterable[UsedEndpoint], stated: Sequence[StatedEndpoint]
) -> tuple[UsedEndpoint, ...]:
    """Return what is used and neither stated nor local, in the order of the configuration."""
    known = {row.host for row in stated}
    return tuple(
        row for row in used if not is_on_this_machine(row.host) and row.host.lower() not in known
    )


def is_on_this_machine(host: str) -> bool:
    """Return whether a host cannot lead out of this machine or its own network of containers.

    These are Unix sockets, loopback addresses, and names without a dot, which no public name is. A
    private address may lead over a tunnel to anywhere, so it must be stated.
    """
    if not host or host.startswith(("/", "@")):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        # "2130706433" is 127.0.0.1 to some resolvers and another host for others
        return "." not in host and not host[0].isdigit()
