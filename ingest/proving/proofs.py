"""The ways in which a sender proves a body, a class for each. Pure; each fails closed.

`needs_key` is True where a connector with this proof is off until it has a key. `check_key` raises
ValueError for a text that cannot be a key. `begin` reads the head of a request. It returns a
`Check` to feed the body to, or a verdict where the head alone decides.

`signs_body` is True where a proof proves one body and no other. `decodes_body` is True where a body
is decoded before its verdict, so that a connector takes short ones only (`verify.py` says why).
`secret_headers` and `secret_parameters` name the headers (in lower case) and query parameters that
hold a secret itself, which a signature is not.
"""

from dataclasses import dataclass
from typing import TypeAlias

from ingest.proving.addressed import AccountAddress
from ingest.proving.evidence import Evidence
from ingest.proving.repeated import EchoedAuthorization, SecretPath, SharedSecret
from ingest.proving.signed import EchoAndSignature, Signature, SignedForm
from ingest.proving.verify import Check, Verdict


@dataclass(frozen=True, slots=True)
class LinkOnly:
    """The patient's link token is the only proof; the door reads it before anything else."""

    needs_key = False
    reads_path = False
    signs_body = False
    decodes_body = False
    secret_headers = ()
    secret_parameters = ()

    @property
    def words(self) -> str:
        """The proof in words, for people."""
        return "the patient's link token"

    def check_key(self, text: str) -> None:
        """Raise ValueError: there is no key."""
        raise ValueError(f"no key is wanted, and {len(text)} characters are given")

    def begin(self, evidence: Evidence) -> Check | Verdict:
        """Return OK when a valid link token came, else MISSING."""
        return Verdict.OK if evidence.patient else Verdict.MISSING


Proof: TypeAlias = (
    Signature
    | SharedSecret
    | EchoedAuthorization
    | EchoAndSignature
    | SecretPath
    | AccountAddress
    | SignedForm
    | LinkOnly
)
