"""COROS as a sender and as a store of files: pushes of links, and the FIT files behind them.

Written from published open code, never from our connector. It serves invented data only.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from simulate.vendors.platform.exchanges import Arrived, Reply
from simulate.vendors.platform.server import PlatformServer

FILE_HOST = "https://oss.coros.com"


def coros_push(activities: Sequence[Mapping[str, object]]) -> bytes:
    """Return the body of a push."""
    return json.dumps({"sportDataList": list(activities)}).encode()


def coros_activity(user: str, label: int, file: str) -> dict[str, object]:
    """Return an activity of a push; `file` is the path of its file, "" while there is none."""
    return {
        "openId": user,
        "labelId": str(label),
        "mode": 8,
        "subMode": 1,
        "deviceName": "COROS PACE 3",
        "startTimezone": 4,
        "endTimezone": 4,
        "fitUrl": f"{FILE_HOST}{file}" if file else "",
        "planWorkoutId": None,
    }


def coros_headers(client: str, secret: str) -> dict[str, str]:
    """Return the headers with which COROS shows the partner's own credentials."""
    return {"content-type": "application/json", "Client": client, "Secret": secret}


@dataclass(slots=True, kw_only=True)
class CorosServer(PlatformServer):
    """The store of files, by path; a link is its own permission."""

    title: str = "COROS, played"
    files: dict[str, bytes] = field(default_factory=dict)

    def answered(self, arrived: Arrived) -> Reply:
        """Return a file."""
        file = self.files.get(arrived.route)
        if file is None or arrived.method != "GET":
            return Reply(status=HTTPStatus.NOT_FOUND, body=b"<Error><Code>NoSuchKey</Code></Error>")
        return Reply(body=file, kind="application/octet-stream")
