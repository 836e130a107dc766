"""Proofs by a signature of the body: in a header, with a repeated value, or in a form. Pure.

Each fails closed: without a scheme, or without its two fields, it does not construct.
"""

from dataclasses import dataclass, replace

from ingest.proving.evidence import Evidence
from ingest.proving.repeated import EchoedAuthorization
from ingest.proving.schemes import Scheme
from ingest.proving.signed_forms import form_check
from ingest.proving.tink import key_id_of, tink_keys
from ingest.proving.verify import DECODE, Check, Verdict, begin_check, read_signatures


@dataclass(frozen=True, slots=True)
class Signature:
    """The body is signed; the first scheme whose header is present counts.

    A key that begins with `apart` signs nothing: it is for the connector's handshake.
    """

    schemes: tuple[Scheme, ...]
    apart: str = ""
    # without annotations, these are attributes of the class and no fields
    needs_key = True
    reads_path = False
    secret_headers = ()
    secret_parameters = ()

    def __post_init__(self) -> None:
        if not self.schemes:
            raise ValueError("a signature needs a scheme")

    @property
    def signs_body(self) -> bool:
        """Whether all of a body is signed."""
        return not self.decodes_body

    @property
    def decodes_body(self) -> bool:
        """Whether fields of the body are signed, which are known after decoding only."""
        return any(scheme.signs_fields for scheme in self.schemes)

    @property
    def words(self) -> str:
        """The proof in words, for people."""
        return "signature: " + " or ".join(scheme.name for scheme in self.schemes)

    def check_key(self, text: str) -> None:
        """Raise ValueError, which names the scheme, for a text that cannot be its key."""
        for scheme in self.schemes:
            try:
                scheme.key(text)
            except ValueError:
                # without the cause, whose text may repeat a part of the key
                raise ValueError(f"no key of {scheme.name}") from None

    def begin(self, evidence: Evidence) -> Check | Verdict:
        """Return the check to feed the body to, or the verdict where the head refuses it."""
        signing = evidence.secrets
        if self.apart:
            # a word of the handshake is shown in queries, and must never pass as a key
            signing = [secret for secret in signing if not secret.startswith(self.apart)]
        return begin_check(
            self.schemes,
            signing,
            evidence.headers,
            now_ms=evidence.now_ms,
            window_ms=evidence.window_ms,
        )


@dataclass(frozen=True, slots=True)
class EchoAndSignature:
    """The vendor echoes an `Authorization` value, and signs with a key of a set that it publishes.

    Both are wanted. A key is that value, or a set of public keys (Tink's JSON) for a door that must
    not load `key_set`, the vendor's own at `HOST/PATH`.
    """

    schemes: tuple[Scheme, ...]
    key_set: str
    needs_key = True
    reads_path = False
    signs_body = True
    decodes_body = False
    secret_headers = ("authorization",)
    secret_parameters = ()

    @property
    def words(self) -> str:
        """The proof in words, for people."""
        names = " or ".join(scheme.name for scheme in self.schemes)
        return f"the Authorization value that the vendor was given, and signature: {names}"

    def check_key(self, text: str) -> None:
        """Raise ValueError for what is neither an Authorization value nor a set of keys."""
        if _is_key_set(text):
            tink_keys(text)
        else:
            EchoedAuthorization().check_key(text)

    def begin(self, evidence: Evidence) -> Check | Verdict:
        """Compare the header with every value, then return the check to feed the body to."""
        values = [secret for secret in evidence.secrets if not _is_key_set(secret)]
        # without the sets of keys: they are public, and anybody could send one as the value
        echo = EchoedAuthorization().begin(replace(evidence, secrets=values))
        if echo is not Verdict.OK:
            return echo
        # The door's own set first, then what the vendor publishes now.
        own = filter(_is_key_set, evidence.secrets)
        return begin_check(
            self.schemes,
            (*own, *evidence.key_sets),
            evidence.headers,
            now_ms=evidence.now_ms,
            window_ms=evidence.window_ms,
        )

    def is_of_unknown_key(self, evidence: Evidence) -> bool:
        """Return whether a signature names a key that no set has, as when keys were rotated."""
        known = tink_keys(*filter(_is_key_set, evidence.secrets), *evidence.key_sets)
        for scheme in self.schemes:
            for signature in read_signatures(scheme, evidence.headers.get(scheme.header, ""))[0]:
                if key_id_of(signature) not in known:
                    return True
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedForm:
    """The proof stands in the body: a form of two fields, of which one signs the other's text.

    `signed` and `signature` name the two. The signature is an HMAC by `algorithm` of the text as it
    is after decoding, written in `encoding`: `hex` or `base64`.
    """

    signed: str
    signature: str
    encoding: str = "hex"
    algorithm: str = "sha256"
    needs_key = True
    reads_path = False
    signs_body = True
    decodes_body = True
    secret_headers = ()
    secret_parameters = ()

    def __post_init__(self) -> None:
        if not self.signed or not self.signature or self.signed == self.signature:
            raise ValueError("a signed form has two fields")
        if self.encoding not in DECODE:
            raise ValueError(f"a signature is written in one of {', '.join(DECODE)}")

    @property
    def words(self) -> str:
        """The proof in words, for people."""
        return f"signature in the form: `{self.signature}` of `{self.signed}`"

    def check_key(self, text: str) -> None:
        """Raise ValueError for an empty key."""
        if not text:
            raise ValueError("an empty key signs nothing")

    def begin(self, evidence: Evidence) -> Check:
        """Return the check to feed the body to: the head says nothing."""
        return form_check(
            evidence.secrets,
            signed=self.signed,
            signature=self.signature,
            encoding=self.encoding,
            algorithm=self.algorithm,
        )


def _is_key_set(text: str) -> bool:
    return text.lstrip().startswith("{")
