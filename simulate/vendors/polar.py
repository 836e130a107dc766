"""Polar as a sender: signed notices that something can be fetched, and the PING before. Pure."""

import hashlib
import hmac
import json

API = "https://www.polaraccesslink.com/v3"


def polar_headers(key: str | None, body: bytes, event: str) -> dict[str, str]:
    """Return the headers of a webhook; without a key, as at its creation, they sign nothing."""
    headers = {"content-type": "application/json", "polar-webhook-event": event}
    if key is not None:
        signature = hmac.digest(key.encode(), body, hashlib.sha256).hex()
        headers["polar-webhook-signature"] = signature
    return headers


def polar_ping(timestamp: str) -> bytes:
    """Return the body with which Polar tries an address."""
    return json.dumps({"event": "PING", "timestamp": timestamp}).encode()


def exercise_notice(user: int, entity: str, timestamp: str) -> bytes:
    """Return the notice of a new exercise; `timestamp` is when it is sent, RFC 3339 in UTC."""
    notice = {
        "event": "EXERCISE",
        "user_id": user,
        "entity_id": entity,
        "timestamp": timestamp,
        "url": f"{API}/exercises/{entity}",
    }
    return json.dumps(notice).encode()
