"""The envelope of a body on `kadens.raw`: Kafka headers, written by the vendor door and read by the normaliser."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

RAW_VERSION = "1"
INLINE = (
    512 * 1024
)  # bytes; a larger body lies in the body store, and threads work on it: nothing waits for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who sent what, when.

    `patient` is set where a link token named one, and `link` is then the digest (hex) of that token; `address` where
    the body lies in the body store (the event's value is then empty). `message_id` is the sender's idempotency key,
    for tracing only.
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

    def headers(self) -> list[tuple[str, bytes]]:
        """Return the Kafka headers, in field order."""
        return [(f.name, str(getattr(self, f.name)).encode()) for f in fields(self)]

    @staticmethod
    def read(headers: Iterable[tuple[str, bytes]]) -> "Envelope":
        """Read what `headers` wrote; raises KeyError or ValueError on anything else. Unknown headers are ignored."""
        result = {name: value.decode() for name, value in headers}
        return Envelope(
            connector=result["connector"],
            received_ms=int(result["received_ms"]),
            sha256=result["sha256"],
            size=int(result["size"]),
            content_type=result.get("content_type", ""),
            patient=result.get("patient", ""),
            address=result.get("address", ""),
            message_id=result.get("message_id", ""),
            version=result.get("version", RAW_VERSION),
            link=bytes.fromhex(result.get("link", "")).hex(),
        )
