"""When a payload was stated: by its signed message id, else by its receipt."""

from itertools import pairwise

import pytest

from ingest.proving.signed import Signature
from ingest.vendors import CONNECTORS
from model.versions.version_order import (
    SIGNED_IDS,
    VersionOrder,
    created_ms,
    retracts,
    sample_rank,
    time_of_stating,
)

_ID = "msg_0ujtsYcgvSTl8PAuAdqWYSMnLOv"  # the example of KSUID's own documentation
_CREATED_MS = 1_507_608_047_000
_HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("message_id", "created"),
    [
        (_ID, _CREATED_MS),
        ("msg_000000000000000000000000000", 1_400_000_000_000),
        ("msg_aWgEPTl1tmebfsQzFP4bxwgy80V", 5_694_967_295_000),  # the last that 160 bits can hold
        ("msg_aWgEPTl1tmebfsQzFP4bxwgy80W", None),
        (_ID.removeprefix("msg_"), None),
        (_ID[:-1], None),
        (f"{_ID}0", None),
        (f"{_ID[:-1]}-", None),
        ("msg_1", None),
        ("", None),
    ],
)
def test_the_time_in_a_message_id(message_id: str, created: int | None) -> None:
    assert created_ms(message_id) == created


@pytest.mark.parametrize(
    ("connector", "message_id", "received", "stated"),
    [
        ("open_wearables", _ID, _CREATED_MS + _HOUR_MS, _CREATED_MS),
        ("open_wearables", _ID, _CREATED_MS, _CREATED_MS),
        ("open_wearables", _ID, _CREATED_MS - 1, _CREATED_MS - 1),  # no message comes before it is
        ("open_wearables", "key-7", _CREATED_MS, _CREATED_MS),
        ("files", _ID, _CREATED_MS + _HOUR_MS, _CREATED_MS + _HOUR_MS),  # nobody signed this id
    ],
)
def test_a_payload_was_told_when_its_signed_id_says_or_else_when_it_came(
    connector: str, message_id: str, received: int, stated: int
) -> None:
    assert time_of_stating(connector, message_id, received) == stated


def test_ids_are_trusted_where_the_signature_covers_them() -> None:
    signed = set()
    for connector in CONNECTORS:
        if isinstance(connector.proof, Signature):
            pieces = [set(scheme.signed) for scheme in connector.proof.schemes]
            if all(some & {"header:svix-id", "header:webhook-id"} for some in pieces):
                signed.add(connector.name)
    assert signed == SIGNED_IDS


def test_samples_are_ranked_as_the_versions_are() -> None:
    orders = [
        VersionOrder(0, 0),
        VersionOrder(0, 1_790_000_000_000),
        VersionOrder(0, 4_102_444_800_000),
        VersionOrder(1, 0),
        VersionOrder(86_400, 1_790_000_000_000),
        VersionOrder(2**21 - 1, 4_102_444_800_000),
    ]
    ranks = list(map(sample_rank, orders))
    assert all(low < high for low, high in pairwise(ranks))
    assert ranks[-1] < 2**63


@pytest.mark.parametrize(
    ("retraction", "retracted", "current"),
    [
        # without a revision of its own, only the times are compared
        ((0, 100), (7, 100), (7, 101)),
        ((3, 100), (2, 900), (4, 50)),
    ],
)
def test_a_retraction_applies_to_what_was_stated_before_it(
    retraction: tuple[int, int], retracted: tuple[int, int], current: tuple[int, int]
) -> None:
    order = VersionOrder(*retraction)
    assert retracts(order, VersionOrder(*retracted))
    assert not retracts(order, VersionOrder(*current))
