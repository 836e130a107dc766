"""The envelope of a payload on `kadens.raw`.

The vendor door writes it as Kafka headers and the worker reads it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, TypeAlias

from model.received import Context, Fetch
from model.versions.version_order import time_of_stating

RAW_VERSION = "2"  # of these headers; each message names its own
SNIFF = "sniff"  # the format of a payload whose first bytes show what it is
INLINE = 512 * 1024  # bytes; a larger payload lies in the body store, and threads work on it

SEALED = "sealed"  # the header that says whether the value is sealed

_NO_PAIRS = "[]"
_OF_FETCH = ("account", "resource", "key", "path", "format")

Pairs: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who sent a payload and when, and what its reader needs.

    `received_ms` is epoch ms and `size` is in bytes. `patient` is set when a link token named the
    patient, and `link` is then the digest (hex) of that token; also when the value is sealed for
    the patient who was asked for. `address` is set when the payload lies
    in the body store; the event's value is then empty. `message_id` is the sender's idempotency
    key. `stated_ms` is when the sender stated the payload, 0 where that is still to be taken from
    `message_id` and `received_ms`. `format` names a row of the formats table, or is `sniff`.
    `passed_headers` and `passed_query` hold the headers and query parameters that the connector
    lets through. `part_of` is the SHA-256 of the payload that this payload is a slice of.
    `requested` is the fetch that this payload answers, None for a payload that was pushed; where
    the vendor's own link was followed, it travels without the link's host and query, which may hold
    a credential. `zone` is the IANA zone of the patient whose data were fetched, "" for a payload
    that was pushed. `sealed` names the form in which the event's value is sealed for the patient,
    "" where it is the payload itself. `sealed_for` is that patient where `patient` must not name
    them, because the account in the payload decides whose it is.
    """

    connector: str
    received_ms: int
    sha256: str
    size: int
    content_type: str = ""
    patient: str = ""
    address: str = ""
    message_id: str = ""
    version: str = RAW_VERSION
    link: str = ""
    format: str = ""
    filename: str = ""
    passed_headers: Pairs = ()
    passed_query: Pairs = ()
    part_of: str = ""
    stated_ms: int = 0
    requested: Fetch | None = None
    zone: str = ""
    sealed: str = ""
    sealed_for: str = ""

    @property
    def context(self) -> Context:
        """What a reader gets to know about the payload."""
        return Context(
            connector=self.connector,
            content_type=self.content_type,
            filename=self.filename,
            headers=dict(self.passed_headers),
            query=dict(self.passed_query),
            received_ms=self.received_ms,
            requested=self.requested,
            zone=self.zone,
        )

    @property
    def first_stated_ms(self) -> int:
        """When the sender stated the payload (epoch ms); it orders the versions of a record."""
        return self.stated_ms or time_of_stating(self.connector, self.message_id, self.received_ms)

    def headers(self) -> list[tuple[str, bytes]]:
        """Return the Kafka headers, in the order of the fields."""
        values = dict(zip(_NAMES, _values_of(self), strict=True))
        # The value of a Kafka header is flat, so the pairs become one text.
        for name in ("passed_headers", "passed_query"):
            values[name] = json.dumps(values[name]) if values[name] else _NO_PAIRS
        values["requested"] = _as_header(self.requested)
        return [(name, str(value).encode()) for name, value in values.items()]

    @staticmethod
    def read(headers: Iterable[tuple[str, bytes]]) -> "Envelope":
        """Read an envelope from Kafka headers, as `Envelope.headers` writes them.

        Unknown headers are ignored. Raises KeyError when a required header is missing and
        ValueError when a value cannot be read.
        """
        values = {name: value.decode() for name, value in headers}
        return Envelope(
            connector=values["connector"],
            received_ms=int(values["received_ms"]),
            sha256=values["sha256"],
            size=int(values["size"]),
            content_type=values.get("content_type", ""),
            patient=values.get("patient", ""),
            address=values.get("address", ""),
            message_id=values.get("message_id", ""),
            version=values.get("version", RAW_VERSION),
            # Decoding refuses anything but hex digits.
            link=bytes.fromhex(values.get("link", "")).hex() if values.get("link") else "",
            format=values.get("format", ""),
            filename=values.get("filename", ""),
            passed_headers=_pairs(values.get("passed_headers", _NO_PAIRS)),
            passed_query=_pairs(values.get("passed_query", _NO_PAIRS)),
            part_of=values.get("part_of", ""),
            stated_ms=int(values.get("stated_ms", "0")),
            requested=_requested(values.get("requested", "")),
            zone=values.get("zone", ""),
            sealed=values.get(SEALED, ""),
            sealed_for=values.get("sealed_for", ""),
        )


# Looked up once: the door writes an envelope for every payload.
_NAMES = tuple(Envelope.__dataclass_fields__)
_values_of = attrgetter(*_NAMES)


def sealed_patient(envelope: Envelope) -> str:
    """Return the patient for whom the value of a message is sealed."""
    return envelope.sealed_for or envelope.patient


def sealed_owner(envelope: Envelope) -> str:
    """Return what the value of a message is sealed for: its patient and this payload."""
    return f"raw:{sealed_patient(envelope)}:{envelope.sha256}"


def _as_header(fetch: Fetch | None) -> str:
    if fetch is None:
        return ""
    texts = [getattr(fetch, name) for name in _OF_FETCH]
    # the next page is asked for with the query of this one
    return json.dumps(texts if fetch.host else [*texts, fetch.query])


def _requested(text: str) -> Fetch | None:
    if not text:
        return None
    row: Any = json.loads(text)
    count = len(_OF_FETCH)
    if not isinstance(row, list) or not all(isinstance(value, str) for value in row[:count]):
        raise ValueError("a fetch is a list of texts")
    # without a query where there was a link, and in what was written before queries travelled
    (query,) = map(_pairs_of, row[count:] or [[]])
    return Fetch(**dict(zip(_OF_FETCH, row[:count], strict=True)), query=query)


def _pairs(text: str) -> Pairs:
    # nearly every envelope: most connectors let nothing through
    return () if text == _NO_PAIRS else _pairs_of(json.loads(text))


def _pairs_of(rows: Any) -> Pairs:  # noqa: ANN401 - parsed JSON
    if not isinstance(rows, list):
        raise ValueError("parameters are a list of pairs")  # noqa: TRY004 - of an envelope
    return tuple((str(name), str(value)) for name, value in rows)
