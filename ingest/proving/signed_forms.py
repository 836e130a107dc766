"""Checks a form in which one field signs another: `payload=…&sig=…`. Pure.

The signature is over the text of the field as it is after decoding, so the same text proves itself
in any percent-encoding. It must never take a field that comes twice, or one beside these two: the
reader would read what nobody signed.
"""

import hmac
from collections.abc import Sequence
from urllib.parse import parse_qsl

from ingest.proving.verify import DECODE, FIELDS_LIMIT, Check, ShortBody, Verdict, compared

_MOST_FIELDS = 16  # a form of more is none of a vendor's, and would take its time to part
FormFields = list[tuple[str, str]]


def form_check(
    secrets: Sequence[str], *, signed: str, signature: str, encoding: str, algorithm: str
) -> Check:
    """Return the check of a form whose field `signature` signs the text of the field `signed`."""
    short = ShortBody()

    def judge() -> Verdict:
        fields = fields_of_form(bytes(short.body))
        given = dict(fields)
        if not given.get(signature):
            return Verdict.MISSING
        if sorted(name for name, _ in fields) != sorted((signed, signature)):
            return Verdict.FORGED
        text = given[signed].encode()
        ours = [hmac.digest(secret.encode(), text, algorithm) for secret in secrets]
        return compared(ours, [DECODE[encoding](given[signature])])

    return Check([short], judge)


def fields_of_form(body: bytes) -> FormFields:
    """Return the fields of a short form in their order, none of a longer body or of no form."""
    if len(body) > FIELDS_LIMIT:
        return []
    try:
        return parse_qsl(
            # a form is ASCII: anything else in it is written with percent signs
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        return []
