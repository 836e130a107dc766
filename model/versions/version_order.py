"""The order of a record's versions: the sender's own revision, then the time of stating. Pure.

That time is in the signed message id where the connector's scheme has one. Else it is the first
receipt of the payload, or the last of what a vendor answers when it is asked. Nothing here reads a
clock, so the order in which payloads are worked on changes nothing.
"""

from typing import NamedTuple

# Connectors whose signature covers the message id, so that nobody else can date it. Svix makes its
# ids as KSUIDs: a prefix, then 160 bits in base 62, of which the first 32 are seconds.
SIGNED_IDS = frozenset({"open_wearables", "junction", "reports"})
_PREFIX = "msg_"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH = 27
_RANDOM_BITS = 128
_KSUID_EPOCH_S = 1_400_000_000
_MOST_SECONDS = 2**32
_MOST_SAMPLE_REVISION = 2**21 - 1
_STATED_BITS = 42  # milliseconds until the year 2109


class VersionOrder(NamedTuple):
    """The place of a version among the versions of a record; the greatest one counts.

    `revision` is the sender's own, 0 where it states none. `stated_ms` is epoch ms.
    """

    revision: int
    stated_ms: int


def retracts(retraction: VersionOrder, order: VersionOrder) -> bool:
    """Return whether a retraction applies to a version of a record.

    A retraction with a revision of its own applies to no greater one. One without, as most vendors
    send it, applies to every version that was stated until then, whatever its revision.

    >>> retracts(VersionOrder(0, 1_000), VersionOrder(7, 900))
    True
    """
    unnumbered = not retraction.revision and retraction.stated_ms >= order.stated_ms
    return unnumbered or retraction >= order


def time_of_stating(connector: str, message_id: str, received_ms: int) -> int:
    """Return when a payload was stated, in epoch ms: by its signed message id, else by its receipt.

    An id that is dated after the receipt is no evidence: then the receipt counts.
    """
    created = created_ms(message_id) if connector in SIGNED_IDS else None
    return received_ms if created is None else min(created, received_ms)


def created_ms(message_id: str) -> int | None:
    """Return the creation time in a Svix message id as epoch ms, None for any other id.

    >>> created_ms("msg_0ujtsYcgvSTl8PAuAdqWYSMnLOv")
    1507608047000
    """
    written = message_id.removeprefix(_PREFIX)
    if written == message_id or len(written) != _LENGTH:
        return None
    number = 0
    for letter in written:
        digit = _DIGITS.find(letter)
        if digit < 0:
            return None
        number = number * len(_DIGITS) + digit
    seconds = number >> _RANDOM_BITS
    # 27 digits can hold more than 160 bits; such an id was not made by this scheme
    return (seconds + _KSUID_EPOCH_S) * 1000 if seconds < _MOST_SECONDS else None


def sample_rank(order: VersionOrder) -> int:
    """Return the place of a version as one whole number, as each sample is stored with it.

    Samples have no room for both numbers. The order is that of `VersionOrder` as long as the sender
    counts fewer than two million revisions of one record.
    """
    return (min(order.revision, _MOST_SAMPLE_REVISION) << _STATED_BITS) + order.stated_ms
