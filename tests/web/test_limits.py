"""How slow a payload may be, which addresses are a single peer, and which proxy is trusted."""

from ipaddress import ip_network

import pytest

from web.limits import Patience, ServerLimits, begin_body, is_slow, is_trusted, networks, peer_key

PATIENCE = Patience(grace_s=10, rate=1000, total_s=60, total_rate=10_000)


def ends(pieces: dict[int, int], *, waits_for_us: bool = False) -> int | None:
    """Return the second at which a payload is too slow, or None within 500 s.

    `pieces` gives the bytes that arrive at each second.
    """
    progress, received = begin_body(PATIENCE, 0), 0
    for second in range(500):
        received += pieces.get(second, 0)
        if is_slow(PATIENCE, progress, received, second, waits_for_us=waits_for_us):
            return second
    return None


def test_a_body_of_which_nothing_comes_has_the_grace() -> None:
    assert ends({}) == 11


def test_the_last_byte_of_a_long_body_has_the_grace_too() -> None:
    assert ends({1: 5_000_000}) == 12


def test_drops_buy_no_time() -> None:
    assert ends(dict.fromkeys(range(500), 1)) == 11


def test_the_lowest_rate_lasts_until_the_total_time() -> None:
    assert ends(dict.fromkeys(range(500), 1000)) == 67  # 60 s, and 6.7 s for 67,000 bytes


def test_a_body_at_a_fair_rate_may_take_as_long_as_it_needs() -> None:
    assert ends(dict.fromkeys(range(500), 10_000)) is None


def test_time_in_which_we_do_not_read_is_not_the_senders() -> None:
    assert ends({}, waits_for_us=True) == 61  # but a body never lies here for ever


@pytest.mark.parametrize(
    ("address", "peer"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("no:address", "no:address"),
    ],
)
def test_one_peer(address: str, peer: str) -> None:
    assert peer_key(address) == peer


def test_trusted_proxies() -> None:
    trusted = networks(" 192.0.2.7, 10.0.0.0/8,2001:db8::/32 ,")
    assert trusted == (
        ip_network("192.0.2.7"),
        ip_network("10.0.0.0/8"),
        ip_network("2001:db8::/32"),
    )
    limits = ServerLimits(trusted=trusted)
    addresses = ("192.0.2.7", "192.0.2.8", "10.1.2.3", "2001:db8::1", "", "unix")
    assert [is_trusted(limits, address) for address in addresses] == [
        True,
        False,
        True,
        True,
        False,
        False,
    ]
    with pytest.raises(ValueError, match="nonsense"):
        networks("nonsense")
