"""Huawei Health Kit: signed notices that something changed.

Three fields of a body are signed and the rest is not, so a body is a cue to ask, and never data.
Huawei tries an address without a body before it sends anything.
"""

from ingest.connector import AccountInBody, Connector, Probe, VendorAnswer, always
from ingest.proving.proofs import Signature
from ingest.proving.schemes import HUAWEI
from ingest.proving.verify import FIELDS_LIMIT

HUAWEI_RECEIVED = VendorAnswer(status=204)


def answer_connectivity_test(probe: Probe) -> VendorAnswer | None:
    """Return the answer to a request without a body and a signature; None for a notice."""
    if probe.method in ("GET", "HEAD"):
        return HUAWEI_RECEIVED
    # A long body is not shown to a handshake, so its length tells whether there is one.
    is_empty = not probe.body and probe.headers.get("content-length") == "0"
    return HUAWEI_RECEIVED if is_empty and HUAWEI.header not in probe.headers else None


HUAWEI_HEALTH = Connector(
    name="huawei",
    title="Huawei Health",
    proof=Signature((HUAWEI,)),
    owner=AccountInBody(),
    handshake=answer_connectivity_test,
    format=always("huawei"),
    answer=HUAWEI_RECEIVED,
    max_body=FIELDS_LIMIT,
)
