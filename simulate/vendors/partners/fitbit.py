"""Fitbit after its end: notices that a queue still held, and an interface that answers 410.

Written from what Fitbit published, and not from our connector. It holds invented data only.
"""

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus

from simulate.vendors.platform.exchanges import Arrived, Reply
from simulate.vendors.platform.server import PlatformServer


def fitbit_notices(user: str, collections: Sequence[str], day: date) -> bytes:
    """Return a body of notices, one for each collection."""
    notices = []
    for number, collection in enumerate(collections):
        notice = {
            "collectionType": collection,
            "date": day.isoformat(),
            "ownerId": user,
            "ownerType": "user",
            "subscriptionId": str(number),
        }
        notices.append(notice)
    return json.dumps(notices).encode()


def fitbit_headers(secret: str, body: bytes) -> Mapping[str, str]:
    """Return the headers of a body, signed with the client's secret and `&`."""
    digest = hmac.digest(f"{secret}&".encode(), body, "sha1")
    proof = base64.b64encode(digest).decode()
    return {"content-type": "application/json", "X-Fitbit-Signature": proof}


@dataclass(slots=True, kw_only=True)
class FitbitServer(PlatformServer):
    """The interface that is no more: every endpoint is gone, whoever asks."""

    title: str = "Fitbit, played"

    def answered(self, arrived: Arrived) -> Reply:
        """Return that it is gone."""
        del arrived
        return Reply(status=HTTPStatus.GONE, body=b'{"errors":[{"errorType":"gone"}]}')
