"""Sends a body of a cohort to the vendor door as its vendor or the patient's app would.

A key, a token or a body must never be in a message.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from ingest.connector import Connector
from ingest.links import mint
from ingest.proving.proofs import LinkOnly
from ingest.sender import Proven, prove
from ingest.vendors import CONNECTORS
from kadens.posting import post_patiently
from kadens.recorded.played import proving_key
from kadens.scoring.cohort_files import CohortDelivery
from kadens.settings import Settings
from model.calendar import DAY_MS
from parsers.formats import FILES_CONNECTOR

_ROWS: Mapping[str, Connector] = {row.name: row for row in CONNECTORS}
_ISSUE = 1  # tokens are made where they are used, for invented people only, and have no row


class NotTakenError(RuntimeError):
    """The door refused a body; the text has its number, its connector and the status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortSender:
    """Posts bodies to the door at the address `door`, with the keys of `settings`."""

    door: str
    settings: Settings
    keys: Mapping[str, str] = field(repr=False)

    def send(self, number: int, delivery: CohortDelivery, body: bytes, now_ms: int) -> None:
        """Send a body, and again while the door is busy; raises `NotTakenError`.

        `number` is its position by time in the cohort, from 1 on.
        """
        proof = self._proof(delivery, body, now_ms)
        target = f"{self.door}{_path_of(delivery.connector)}{proof.path}"
        if delivery.query:
            target += f"{'&' if '?' in target else '?'}{urlencode(delivery.query)}"
        status, _ = post_patiently(target, proof.body, {**_headers_of(delivery), **proof.headers})
        if not 200 <= status < 300:  # noqa: PLR2004 - as HTTP has them
            raise NotTakenError(f"body {number} by time, of {delivery.connector}: {status}")

    def _proof(self, delivery: CohortDelivery, body: bytes, now_ms: int) -> Proven:
        row = _ROWS[delivery.connector]
        if isinstance(row.proof, LinkOnly):
            ring = self.settings.secrets.link_keys
            token = mint(delivery.patient, ring, issue=_ISSUE, expires_ms=now_ms + DAY_MS)
            return Proven(body=body, headers={"authorization": f"Bearer {token}"})
        # equal for the same body, as a vendor repeats a message under its id
        name = hashlib.sha256(f"{delivery.received_ms} {delivery.body}".encode()).hexdigest()[:32]
        return prove(row.proof, self.keys[row.name], body, f"msg_{name}", now_ms)


def keys_for(
    settings: Settings, deliveries: Iterable[CohortDelivery]
) -> tuple[dict[str, str], list[str]]:
    """Return the key of each connector of a cohort, and a line for each that cannot be signed."""
    keys: dict[str, str] = {}
    lines: list[str] = []
    for name in sorted({delivery.connector for delivery in deliveries}):
        row = _ROWS[name]
        if isinstance(row.proof, LinkOnly):
            if not settings.secrets.link_keys:
                lines.append(f"{name}: the secrets file has no link_key")
            continue
        secrets = settings.secrets.connectors.get(name)
        if secrets is None or not secrets.keys:
            lines.append(f"{name}: the secrets file has no keys under [connectors.{name}]")
            continue
        keys[name] = proving_key(row, secrets.keys)
        lines += _unsigned(row, keys[name])
    return keys, lines


def _unsigned(row: Connector, key: str) -> list[str]:
    try:
        prove(row.proof, key, b"{}", "msg_0", 0)
    except ValueError as error:
        return [f"{row.name}: {error}"]
    return []


def _path_of(connector: str) -> str:
    return "/v1/files" if connector == FILES_CONNECTOR else f"/v1/hooks/{connector}"


def _headers_of(delivery: CohortDelivery) -> dict[str, str]:
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    headers["content-type"] = delivery.content_type or "application/octet-stream"
    if delivery.filename:
        headers["content-disposition"] = f'attachment; filename="{delivery.filename}"'
    return headers
