"""Files that a patient or a clinic uploads; the patient's link token is the only proof.

The header `time-zone` is ours: some exports have local times without an offset, and whoever sends
one may name its zone.
"""

from ingest.connector import MIB, Connector, LinkToken, Passes, always
from ingest.proving.proofs import LinkOnly
from model.envelope import SNIFF

FILES = Connector(
    name="files",
    title="File upload",
    proof=LinkOnly(),
    owner=LinkToken(at="bearer"),
    format=always(SNIFF),
    passes=Passes(headers=("time-zone",)),
    max_body=100 * MIB,
)
