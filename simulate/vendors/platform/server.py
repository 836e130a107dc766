"""What the platforms of vendors have in common: sign-in, tokens, limits, an account of requests.

Written from RFC 6749, 7009 and 7636 and from what vendors publish, never from our connectors. A
vendor's own server is a subclass with its routes, its bodies and its truth; `vendor_http` serves
it. It holds invented data only.
"""

import base64
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus

from simulate.vendors.platform.exchanges import (
    Arrived,
    AuthorisationCode,
    Fault,
    Grant,
    Limit,
    Reply,
    drawn,
    token_refusal,
)

TWELVE_HOURS_S = 12 * 3600
TEN_MINUTES_S = 600
_CHALLENGE = 43  # characters of an S256 challenge


@dataclass(slots=True, kw_only=True)
class PlatformServer:
    """The simulated vendor; `now_s` gives its own time in seconds.

    With `strict`, a refresh token works once, and one that is used again ends all tokens of its
    user, as vendors do that take it for stolen. Without, the one before holds until the new one
    is used, so that an answer that was lost on its way harms nobody.

    `user` is who sits at the page of authorisation. `accounts` are those who may sign in, and
    `redirects` the registered addresses of return, any where they are empty. With `form_client` the
    client proves itself in the form of the token endpoint, otherwise in a Basic header. With `pkce`
    a challenge S256 is demanded.
    """

    now_s: Callable[[], float]
    client_id: str = "client-of-tests"
    client_secret: str = "no-real-secret"  # noqa: S105 - as it says
    title: str = "A vendor that is played"
    authorize_path: str = "/oauth/authorize"
    token_path: str = "/oauth/token"  # noqa: S105 - a path
    revoke_path: str = ""
    form_client: bool = False
    pkce: bool = True
    redirects: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    user: str = "475"
    code_life_s: float = TEN_MINUTES_S
    token_life_s: float = TWELVE_HOURS_S
    limits: tuple[Limit, ...] = (Limit(seconds=900, requests=3_000),)
    strict: bool = True
    faults: deque[Fault] = field(default_factory=deque)  # of the interface, one for each answer
    token_faults: deque[Fault] = field(default_factory=deque)  # of the token endpoint
    always: Fault | None = None
    retry_after: str = "60"
    requests: list[Arrived] = field(default_factory=list)  # of the interface
    exchanges: list[Arrived] = field(default_factory=list)  # of the token endpoint
    refreshes: int = 0
    reused: int = 0  # spent refresh tokens that were sent again
    replayed: int = 0  # codes that were sent again
    exceeded: int = 0  # requests beyond a limit
    withdrawn: list[str] = field(default_factory=list)  # users that our client gave up
    hold: threading.Event | None = None  # answers wait for it
    _grants: list[Grant] = field(default_factory=list)
    _codes: dict[str, AuthorisationCode] = field(default_factory=dict)
    _times: list[float] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    # What a vendor of its own replaces:

    def interface(self, arrived: Arrived, user: str) -> Reply:
        """Return the answer to a request of a user, "" for one of our application itself."""
        del arrived, user
        return Reply(status=HTTPStatus.NOT_FOUND, body=b"{}")

    def public(self, arrived: Arrived) -> Reply | None:
        """Return the answer to a request that needs no token, None for all others."""
        del arrived
        return None

    def token_fields(self, grant: Grant) -> dict[str, object]:
        """Return the answer of the token endpoint."""
        return {
            "access_token": grant.access,
            "token_type": "bearer",
            "expires_in": int(grant.ends_s - self.now_s()),
            "refresh_token": grant.refresh,
            "user_id": grant.user,
        }

    def rate_headers(self, used: list[int]) -> dict[str, str]:
        """Return what an answer says of rates; `used` is the number within each limit."""
        return {
            "RateLimit-Usage": ", ".join(map(str, used)),
            "RateLimit-Limit": ", ".join(str(limit.requests) for limit in self.limits),
            "RateLimit-Reset": ", ".join(str(int(limit.seconds)) for limit in self.limits),
        }

    # What a test does to the vendor:

    def grant(self, user: int | str, lasts_s: float | None = None) -> dict[str, object]:
        """Return the answer of the token endpoint to a user who has just agreed."""
        with self._lock:
            return self.token_fields(self._granted(str(user), "", lasts_s))

    def revoke(self, user: int | str) -> None:
        """End the tokens of a user, as when the user withdraws at the vendor."""
        with self._lock:
            self._grants = [grant for grant in self._grants if grant.user != str(user)]

    def end_access(self, user: int | str) -> None:
        """End the access tokens of a user before their time."""
        with self._lock:
            for grant in self._grants:
                if grant.user == str(user):
                    grant.ends_s = 0.0

    def holds(self, user: int | str) -> bool:
        """Return whether a user has tokens."""
        with self._lock:
            return any(grant.user == str(user) for grant in self._grants)

    def withdraw(self, user: str) -> None:
        """End the tokens of a user because our client gives the user up, and note it."""
        self.withdrawn.append(user)
        self.revoke(user)

    def give_up(self, user: str) -> None:
        """Give our client up, as the user does it at the vendor."""
        self.revoke(user)

    def agreed(self) -> list[str]:
        """Return the users who have tokens."""
        with self._lock:
            return sorted({grant.user for grant in self._grants})

    # The page of authorisation:

    def refused(self, wanted: Mapping[str, str]) -> str:
        """Return why a request for authorisation is refused, "" where it is not."""
        challenge = wanted.get("code_challenge", "")
        checks = (
            (wanted.get("client_id") != self.client_id, "unknown client"),
            (wanted.get("response_type") != "code", "response_type must be code"),
            (not self._is_registered(wanted.get("redirect_uri", "")), "unknown redirect_uri"),
            (self.pkce and len(challenge) != _CHALLENGE, "code_challenge is missing"),
            (self.pkce and wanted.get("code_challenge_method") != "S256", "S256 is demanded"),
            (not wanted.get("state"), "state is missing"),
        )
        return next((why for holds, why in checks if holds), "")

    def code_for(self, user: str, wanted: Mapping[str, str]) -> str:
        """Return a code for a user who agreed."""
        with self._lock:
            code = drawn()
            self._codes[code] = AuthorisationCode(
                user=user,
                challenge=wanted.get("code_challenge", ""),
                redirect=wanted["redirect_uri"],
                ends_s=self.now_s() + self.code_life_s,
            )
            return code

    def _is_registered(self, redirect: str) -> bool:
        return bool(redirect) and (not self.redirects or redirect in self.redirects)

    # The token endpoint:

    def exchanged(self, arrived: Arrived) -> Reply:
        """Return the answer of the token endpoint, or of the one that revokes."""
        form = arrived.form
        if not self._is_client(arrived):
            return token_refusal("invalid_client", HTTPStatus.UNAUTHORIZED)
        with self._lock:
            if arrived.route == self.revoke_path:
                return self._revoked(form.get("token", ""))
            if form.get("grant_type") == "refresh_token":
                return self._rotated(form.get("refresh_token", ""))
            if form.get("grant_type") == "authorization_code":
                return self._redeemed(form)
        return token_refusal("unsupported_grant_type")

    def is_application(self, arrived: Arrived) -> bool:
        """Return whether a request has our application's Basic header."""
        pair = f"{self.client_id}:{self.client_secret}".encode()
        return arrived.authorization == f"Basic {base64.b64encode(pair).decode()}"

    def _is_client(self, arrived: Arrived) -> bool:
        if not self.form_client:
            return self.is_application(arrived)
        form = arrived.form
        ours = (self.client_id, self.client_secret)
        return (form.get("client_id"), form.get("client_secret")) == ours

    def _redeemed(self, form: Mapping[str, str]) -> Reply:
        text = form.get("code", "")
        code = self._codes.get(text)
        if code is None:
            return token_refusal("invalid_grant")
        if code.used:
            self.replayed += 1
            # RFC 6749, section 4.1.2: what was given for it ends as well
            self._grants = [grant for grant in self._grants if grant.code != text]
            return token_refusal("invalid_grant")
        # before the checks, so that a wrong verifier cannot be tried a second time
        code.used = True
        digest = sha256(form.get("code_verifier", "").encode()).digest()
        is_proved = code.challenge == base64.urlsafe_b64encode(digest).decode().rstrip("=")
        is_early = self.now_s() < code.ends_s
        is_same = form.get("redirect_uri") == code.redirect
        if not (is_early and is_same and (is_proved or not self.pkce)):
            return token_refusal("invalid_grant")
        return self._token_reply(self._granted(code.user, text, None))

    def _rotated(self, refresh: str) -> Reply:
        self.refreshes += 1
        for grant in self._grants:
            if refresh == grant.refresh or (refresh == grant.previous and not self.strict):
                grant.previous = refresh
                grant.spent.add(refresh)
                grant.access, grant.refresh = drawn(), drawn()
                grant.ends_s = self.now_s() + self.token_life_s
                return self._token_reply(grant)
            if refresh in grant.spent:
                self.reused += 1
                # a spent token that comes again may be a thief's, so the new one ends as well
                if self.strict:
                    self._grants.remove(grant)
                break
        return token_refusal("invalid_grant")

    def _revoked(self, token: str) -> Reply:
        for grant in list(self._grants):
            if token in {grant.access, grant.refresh}:
                self.withdraw(grant.user)
        return Reply()  # RFC 7009: a token that is unknown is revoked already

    def _granted(self, user: str, code: str, lasts_s: float | None) -> Grant:
        ends_s = self.now_s() + (self.token_life_s if lasts_s is None else lasts_s)
        grant = Grant(user=user, access=drawn(), refresh=drawn(), ends_s=ends_s, code=code)
        self._grants.append(grant)
        return grant

    def _token_reply(self, grant: Grant) -> Reply:
        return Reply(body=json.dumps(self.token_fields(grant)).encode())

    # The interface:

    def answered(self, arrived: Arrived) -> Reply:
        """Return the answer of the interface to a request within the limits."""
        user = self.user_of(arrived.authorization)
        if user is None and self.is_application(arrived):
            user = ""
        if user is None:
            return Reply(status=HTTPStatus.UNAUTHORIZED, body=b"<html>401</html>", kind="text/html")
        return self.interface(arrived, user)

    def next_fault(self, faults: deque[Fault]) -> Fault | None:
        """Return what is to go wrong now, None for nothing."""
        with self._lock:
            return faults.popleft() if faults else self.always

    def admitted(self) -> tuple[bool, dict[str, str]]:
        """Count a request; return whether it is within the limits, and the headers about them."""
        with self._lock:
            now = self.now_s()
            self._times.append(now)
            used = [self._within(limit, now) for limit in self.limits]
            within = all(
                number <= limit.requests for number, limit in zip(used, self.limits, strict=True)
            )
            self.exceeded += not within
            return within, self.rate_headers(used)

    def _within(self, limit: Limit, now: float) -> int:
        return sum(1 for at in self._times if at > now - limit.seconds)

    def user_of(self, authorization: str) -> str | None:
        """Return the user whose access token a request has, None where it does not hold."""
        with self._lock:
            for grant in self._grants:
                if authorization == f"Bearer {grant.access}" and grant.ends_s > self.now_s():
                    # the new token is used, so its answer has arrived: the one before is over
                    grant.previous = ""
                    return grant.user
        return None
