"""What a vendor's token endpoint answers. Pure.

An error never repeats a token.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAnswer:
    """What a token endpoint gave: tokens, in how many seconds `access` ends, and whose they are.

    "" and 0 stand for what the vendor left out. A token is printable ASCII, because it becomes a
    header: one with a line break would become two.
    """

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    expires_s: int = 0
    account: str = ""

    def __post_init__(self) -> None:
        for token in (self.access, self.refresh):
            if not (token.isascii() and (token.isprintable() or not token)):
                raise ValueError("a token is printable ASCII")
        if not self.access:
            raise ValueError("an answer with tokens has an access token")


class GrantEndedError(ValueError):
    """The vendor says that it will never take this code or refresh token (again)."""


class ClientRefusedError(ValueError):
    """The vendor does not take our application: its id or secret is wrong. A person mends it."""


# The keys of an answer in which vendors name the user. None of them means another thing anywhere.
_ACCOUNT_KEYS = ("x_user_id", "user_id", "openId")
_ENDED = frozenset({"invalid_grant", "unauthorized_client", "invalid_token"})
_LONGEST_S = 10 * 366 * 86_400
_DIGITS = re.compile(r"[0-9]{1,10}", re.ASCII)


def standard_tokens(body: bytes) -> TokenAnswer:
    """Return what a token endpoint answered in the form of RFC 6749, section 5.1.

    Raises `GrantEndedError` for an error that names the grant, `ClientRefusedError` for one that
    names our application, and ValueError for anything else.
    """
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError("the answer is no JSON") from error
    if not isinstance(values, dict):
        raise ValueError("the answer is no JSON object")  # noqa: TRY004 - the documented error
    return tokens_in(values)


def tokens_in(values: Mapping[str, object]) -> TokenAnswer:
    """Return the tokens of a decoded answer; raises as `standard_tokens` does."""
    # some vendors write an object there, and an object is no word
    error = values.get("error")
    if isinstance(error, str) and error in _ENDED:
        raise GrantEndedError("the vendor does not take the grant")
    if error == "invalid_client":
        raise ClientRefusedError("the vendor does not take our application")
    # null is written by vendors that leave the old refresh token as it is
    access, refresh = values.get("access_token"), values.get("refresh_token") or ""
    if not (isinstance(access, str) and isinstance(refresh, str)):
        raise ValueError("the answer has no tokens")  # noqa: TRY004 - the documented error
    return TokenAnswer(
        access=access,
        refresh=refresh,
        expires_s=_seconds(values.get("expires_in")),
        account=account_in(values, _ACCOUNT_KEYS),
    )


def _seconds(lasts_s: object) -> int:
    """Return the seconds for which a token holds, 0 where nobody can mean what is stated.

    Such a token is used until it is refused. Some vendors write the number as a text, or with a
    fraction.
    """
    if isinstance(lasts_s, str) and _DIGITS.fullmatch(lasts_s):
        lasts_s = int(lasts_s)
    if isinstance(lasts_s, bool) or not isinstance(lasts_s, int | float):
        return 0
    return int(lasts_s) if 0 < lasts_s < _LONGEST_S else 0


def account_in(values: Mapping[str, object], keys: Iterable[str]) -> str:
    """Return the first of some keys that holds a name of a user, as text; "" without one."""
    for key in keys:
        value = values.get(key)
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            return str(value)
    return ""
