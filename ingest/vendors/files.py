"""Files that a patient or a clinic uploads; the patient's link token is the only proof."""

from ingest.connector import MIB, Connector, LinkToken, always
from ingest.proving.proofs import LinkOnly
from model.envelope import SNIFF

FILES = Connector(
    name="files",
    title="File upload",
    proof=LinkOnly(),
    owner=LinkToken(at="bearer"),
    format=always(SNIFF),
    max_body=100 * MIB,
)
