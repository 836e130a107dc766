"""Fitbit's own interface, which ended in November 2026: its notices and answers, for replays only.

Google Health took its place. A notice is signed with the client's secret and `&`, and one that
proves nothing is answered 404, as Fitbit wants it. An address is verified by GET with a code: a key
of the secrets file that begins with `verify ` holds the code.
"""

import hmac

from ingest.connector import MIB, AccountInBody, Connector, Probe, VendorAnswer, always
from ingest.proving.schemes import FITBIT_LEGACY
from ingest.proving.signed import Signature
from model.received import Fetch
from model.vendors.requests import ApiRequest
from model.vendors.vendor_api import Api, RateWindow

_CODE, _PARAMETER = "verify ", "verify"
_KNOWN, _UNKNOWN = VendorAnswer(status=204), VendorAnswer(status=404)
_GONE = "Fitbit ended this interface in November 2026: connect Google Health instead"


def answer_code(probe: Probe) -> VendorAnswer | None:
    """Return the answer to a GET with a code, None for any other request."""
    code = probe.query.get(_PARAMETER)
    if probe.method != "GET" or code is None:
        return None
    # compared with every key, so that the time does not show which matched
    is_known = False
    for secret in probe.secrets:
        is_code = secret.startswith(_CODE)
        is_known |= is_code and hmac.compare_digest(f"{_CODE}{code}".encode(), secret.encode())
    return _KNOWN if is_known else _UNKNOWN


def nothing_left(_fetch: Fetch) -> ApiRequest:
    """Raise ValueError: there is nobody to ask any more."""
    raise ValueError(_GONE)


FITBIT = Connector(
    name="fitbit",
    title="Fitbit (legacy)",
    proof=Signature((FITBIT_LEGACY,), apart=_CODE),
    owner=AccountInBody(),
    handshake=answer_code,
    handshake_parameter=_PARAMETER,
    format=always("fitbit_api"),
    answer=VendorAnswer(status=204),
    # Fitbit took any other status for a fault of the address, and switched it off
    unproved=404,
    api=Api(
        host="api.fitbit.com",
        # never spent, but whoever has a request has a budget
        budget=(RateWindow(seconds=3_600, requests=1),),
        request=nothing_left,
        gone=_GONE,
    ),
    max_body=MIB,
)
