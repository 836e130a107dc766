"""The ways in which a sender proves a body, a class for each. Pure; each fails closed.

`needs_key` is True where a connector with this proof is off until it has a key. `check_key` raises
ValueError for a text that cannot be a key. `begin` reads the head of a request. It returns a
`Check` to feed the body to, or a verdict where the head alone decides.

`signs_body` is True where a proof proves one body and no other. `decodes_body` is True where a body
is decoded before its verdict, so that a connector takes short ones only (`verify.py` says why).
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from urllib.parse import quote

from ingest.proving.schemes import Scheme
from ingest.proving.signed_forms import form_check
from ingest.proving.tink import key_id_of, tink_keys
from ingest.proving.verify import DECODE, Check, Verdict, begin_check, read_signatures

SEGMENT = re.compile(r"[A-Za-z0-9_-]{22,128}")  # 22 such characters hold 128 random bits
_MARKED_BY = re.compile(r"[A-Za-z0-9_-]{1,64}")
ADDRESSED_ACCOUNT, ADDRESS_CODE = "account", "code"  # parameters of the address of one account
JOINT = ":"  # between the values of a key whose values come in several parts of a request


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The parts of a request that come before its body; header names are in lower case.

    `segment` is the part of the path behind the connector's name, and `query` has the parameters.
    `patient` is the patient of a valid link token, "" without a token. `key_sets` are public key
    sets of the vendor, as it publishes them. `now_ms` is the door's clock in epoch ms, and
    `window_ms` is how far a signed time may be from it.
    """

    headers: Mapping[str, str]
    segment: str
    patient: str
    secrets: Sequence[str]
    now_ms: int
    window_ms: int
    key_sets: Sequence[str] = ()
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signature:
    """The body is signed; the first scheme whose header is present counts.

    A key that begins with `apart` signs nothing: it is for the connector's handshake.
    """

    schemes: tuple[Scheme, ...]
    apart: str = ""
    # without annotations, these two are attributes of the class and no fields
    needs_key = True
    reads_path = False

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
class SharedSecret:
    """Headers hold values that only the vendor knows; a key is these values joined by `:`."""

    headers: tuple[str, ...]
    needs_key = True
    reads_path = False
    signs_body = False
    decodes_body = False

    def __post_init__(self) -> None:
        if not self.headers or any(name != name.lower() for name in self.headers):
            raise ValueError("a shared secret needs headers, named in lower case")

    @property
    def words(self) -> str:
        """The proof in words, for people."""
        return "secret in " + " and ".join(f"`{name}`" for name in self.headers)

    def check_key(self, text: str) -> None:
        """Raise ValueError for a key that lacks a header's value."""
        # at least as many joints: the last value may hold `:` itself
        if text.count(JOINT) < len(self.headers) - 1 or not all(text.split(JOINT)):
            raise ValueError(f"a value of each of {', '.join(self.headers)} is wanted")

    def begin(self, evidence: Evidence) -> Check | Verdict:
        """Compare the headers' values with every key."""
        values = [evidence.headers.get(name, "") for name in self.headers]
        if not all(values):
            return Verdict.MISSING
        return _matches_any(JOINT.join(values), evidence.secrets)


@dataclass(frozen=True, slots=True)
class EchoedAuthorization:
    """The vendor sends the `Authorization` value that was set when the hook was registered."""

    needs_key = True
    reads_path = False
    signs_body = False
    decodes_body = False

    @property
    def words(self) -> str:
        """The proof in words, for people."""
        return "the Authorization value that the vendor was given"

    def check_key(self, text: str) -> None:
        """Raise ValueError for a value without a scheme, such as `Bearer …`."""
        scheme, _, credentials = text.partition(" ")
        if not scheme or not credentials.strip():
            raise ValueError("a whole Authorization value is wanted, such as `Bearer …`")

    def begin(self, evidence: Evidence) -> Check | Verdict:
        """Compare the header with every key."""
        value = evidence.headers.get("authorization", "")
        return _matches_any(value, evidence.secrets) if value else Verdict.MISSING


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


@dataclass(frozen=True, slots=True)
class SecretPath:
    """The vendor signs nothing; the registered address ends in a long random segment.

    A key is that segment, followed by `:` and the value of `header` where `header` is set. Both are
    compared. Whoever learns the address can send, so a payload is no proof of who measured.

    With `mark` a key may end in `:` and a value that no request has to have: it travels with every
    body under that name, in place of a query parameter, for a reader that compares it with a field.
    """

    header: str = ""
    mark: str = ""
    needs_key = True
    reads_path = True
    signs_body = False
    decodes_body = False

    @property
    def words(self) -> str:
        """The proof in words, for people."""
        return "secret in the path" + (f", and `{self.header}`" if self.header else "")

    def check_key(self, text: str) -> None:
        """Raise ValueError for a segment that could be guessed, or a header without a value."""
        segment, joint, value = text.partition(JOINT)
        if not SEGMENT.fullmatch(segment):
            raise ValueError("a random segment of 22 to 128 letters, digits, - and _ is wanted")
        if self.mark:
            if bool(joint) is not bool(_MARKED_BY.fullmatch(value)):
                raise ValueError(f"the segment, or SEGMENT:VALUE of {self.mark}, is wanted")
            return
        if bool(joint and value) is not bool(self.header):
            wanted = f"SEGMENT:VALUE of {self.header}" if self.header else "only the segment"
            raise ValueError(f"{wanted} is wanted")

    def begin(self, evidence: Evidence) -> Check | Verdict:
        """Compare the segment, and the header's value where `header` is set, with every key."""
        values = [evidence.segment]
        if self.header:
            values.append(evidence.headers.get(self.header, ""))
        if not all(values):
            return Verdict.MISSING
        keys = list(map(_segment, evidence.secrets)) if self.mark else evidence.secrets
        return _matches_any(JOINT.join(values), keys)

    def marked(self, segment: str, secrets: Sequence[str]) -> str:
        """Return the value that the key with this segment ends in, "" without one."""
        for secret in secrets:
            own, _, value = secret.partition(JOINT)
            if self.mark and hmac.compare_digest(own.encode(), segment.encode()):
                return value
        return ""


@dataclass(frozen=True, slots=True)
class AccountAddress:
    """The vendor signs nothing; the address registered for each account names it, with a code.

    The code is an HMAC of the account, so that nobody without the key can make an address, and
    whoever learns one has that of a single account. `member` names the account in a form-encoded
    body; the reader compares it with the address.
    """

    member: str
    needs_key = True
    reads_path = False
    signs_body = False
    decodes_body = False

    @property
    def words(self) -> str:
        """The proof in words, for people."""
        return "a code in the address of each account"

    def check_key(self, text: str) -> None:
        """Raise ValueError for a key that could be guessed."""
        if not SEGMENT.fullmatch(text):
            raise ValueError("22 to 128 random letters, digits, - and _ are wanted")

    def begin(self, evidence: Evidence) -> Check | Verdict:
        """Compare the code in the address with that of each key."""
        account, code = (
            evidence.query.get(ADDRESSED_ACCOUNT, ""),
            evidence.query.get(ADDRESS_CODE, ""),
        )
        if not account or not code:
            return Verdict.MISSING
        return _matches_any(code, [account_code(key, account) for key in evidence.secrets])


def account_code(key: str, account: str) -> str:
    """Return the code of an account: HMAC-SHA256 in hex."""
    return hmac.digest(key.encode(), account.encode(), "sha256").hex()


def account_query(key: str, account: str) -> str:
    """Return what the address of an account ends in: `?account=…&code=…`."""
    name, code = quote(account, safe=""), account_code(key, account)
    return f"?{ADDRESSED_ACCOUNT}={name}&{ADDRESS_CODE}={code}"


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


@dataclass(frozen=True, slots=True)
class LinkOnly:
    """The patient's link token is the only proof; the door reads it before anything else."""

    needs_key = False
    reads_path = False
    signs_body = False
    decodes_body = False

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


def _is_key_set(text: str) -> bool:
    return text.lstrip().startswith("{")


def _segment(key: str) -> str:
    return key.partition(JOINT)[0]


def _matches_any(value: str, secrets: Sequence[str]) -> Verdict:
    """Compare with every secret in constant time, so that the time does not show which matched."""
    equal = False
    for secret in secrets:
        # as bytes: `compare_digest` raises for text that is not ASCII
        equal |= hmac.compare_digest(value.encode(), secret.encode())
    return Verdict.OK if equal else Verdict.FORGED
