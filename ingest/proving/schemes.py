"""What each vendor signs and how, as a table that `verify` reads.

Data only. It must never hold a secret.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace

ECDSA = "ecdsa-p256"


def text_key(secret: str) -> bytes:
    """Return the secret's own characters as the key."""
    return secret.encode()


def ampersand_key(secret: str) -> bytes:
    """Return the secret followed by `&`, as in OAuth 1 without a token secret."""
    return f"{secret}&".encode()


def base64_key(secret: str) -> bytes:
    """Return the bytes of a base64 secret, with or without the prefix `whsec_`.

    Raises ValueError for other text and for an empty key.
    """
    # vendors show the key with or without padding; it is stripped and added again
    text = secret.removeprefix("whsec_").rstrip("=")
    key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    if not key:
        raise ValueError("an empty key signs nothing")
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A row of the table: how a vendor signs a body.

    `signed` is the signed string, piece by piece. A piece is `body`, `header:NAME`, `pair:NAME` (of
    the signature header) or `field:NAME` (of the JSON body); any other piece is literal text.
    `given` is how the signature header holds signatures: `bare`, `pairs` (`t=…,v1=…`) or
    `versions` (`v1,… v1,…`). `clock` is the piece that holds the send time, and `unit_ms` is its
    unit in ms. A scheme without a `clock` has no window. With `compact`, a signature over the body
    as compact JSON is taken as well: some vendors sign what they have written anew.
    """

    name: str
    header: str
    signed: tuple[str, ...] = ("body",)
    given: str = "bare"
    algorithm: str = "sha256"
    encoding: str = "hex"
    key: Callable[[str], bytes] = text_key
    clock: str = ""
    unit_ms: int = 1000
    compact: bool = False

    @property
    def signs_fields(self) -> bool:
        """Whether fields of the body are signed instead of its bytes."""
        return any(piece.startswith("field:") for piece in self.signed)


SVIX = Scheme(
    name="svix",
    header="svix-signature",
    signed=("header:svix-id", ".", "header:svix-timestamp", ".", "body"),
    given="versions",
    encoding="base64",
    key=base64_key,
    clock="header:svix-timestamp",
)
STANDARD_WEBHOOKS = replace(
    SVIX,
    name="standard_webhooks",
    header="webhook-signature",
    signed=("header:webhook-id", ".", "header:webhook-timestamp", ".", "body"),
    clock="header:webhook-timestamp",
)
POLAR_SIGNATURE = Scheme(name="polar", header="polar-webhook-signature")
SUUNTO_SIGNATURE = Scheme(name="suunto", header="x-hmac-sha256-signature")
TERRA = Scheme(
    name="terra",
    header="terra-signature",
    signed=("pair:t", ".", "body"),
    given="pairs",
    clock="pair:t",
)
TERRA_NAMED = replace(TERRA, name="terra_named", header="x-terra-signature")
HUAWEI = Scheme(
    # Only these three fields are signed: whatever else a body says is a cue at most.
    name="huawei",
    header="x-notification-signature",
    signed=("field:openId", "_", "field:eventType", "_", "field:eventTime"),
    encoding="base64",
    key=base64_key,
)
OURA_SIGNATURE = Scheme(
    # its pages show both ways; what is sent is signed as it is sent
    name="oura",
    header="x-oura-signature",
    signed=("header:x-oura-timestamp", "body"),
    clock="header:x-oura-timestamp",
    compact=True,
)
WHOOP_SIGNATURE = Scheme(
    name="whoop",
    header="x-whoop-signature",
    signed=("header:x-whoop-signature-timestamp", "body"),
    encoding="base64",
    clock="header:x-whoop-signature-timestamp",
    unit_ms=1,
)
GOOGLE = Scheme(
    # the key is public, so the door holds nothing with which a body could be signed
    name="google_health",
    header="x-healthapi-signature",
    algorithm=ECDSA,
    encoding="base64",
)
# Google's pages have named both headers.
GOOGLE_NAMED = replace(GOOGLE, name="google_health_named", header="google-health-api-signature")
FITBIT_LEGACY = Scheme(
    name="fitbit_legacy",
    header="x-fitbit-signature",
    # the vendor offers nothing newer; what is broken of SHA-1 does not break its HMAC
    algorithm="sha1",
    encoding="base64",
    key=ampersand_key,
)

SCHEMES: tuple[Scheme, ...] = (
    SVIX,
    STANDARD_WEBHOOKS,
    POLAR_SIGNATURE,
    SUUNTO_SIGNATURE,
    OURA_SIGNATURE,
    WHOOP_SIGNATURE,
    FITBIT_LEGACY,
    TERRA,
    TERRA_NAMED,
    replace(TERRA, name="strava_disputed", header="x-strava-signature"),
    HUAWEI,
    GOOGLE,
    GOOGLE_NAMED,
)
