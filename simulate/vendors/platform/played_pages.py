"""The pages of a played vendor: a user allows our client there, or gives it up. Pure texts.

They are for a person who tries the product, and hold invented data only.
"""

from collections.abc import Mapping, Sequence
from html import escape
from http import HTTPStatus
from urllib.parse import urlencode

from simulate.vendors.platform.exchanges import Arrived, Reply
from simulate.vendors.platform.server import PlatformServer

ACCOUNT_PATH = "/account"  # where a user gives our client up
_HTML = "text/html; charset=utf-8"
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title></head><body>
<h1>{title}</h1>
{content}</body></html>"""
_ALLOW = """<p>The application <b>{client}</b> asks to read {scope}.</p>
{why}<form method="post">
<label>Account <input name="account" value="{user}"></label>
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</form>"""
_LEAVE = """<form method="post"><p>Account {user} has agreed that Kadens reads from it.
<button name="account" value="{user}">Give up Kadens</button></p></form>
"""
_NOBODY = "<p>No account has agreed that Kadens reads from it.</p>\n"


def authorisation(vendor: PlatformServer, arrived: Arrived) -> Reply:
    """Return the page on which a user allows or denies, or where the decision leads."""
    wanted = arrived.query
    if why := vendor.refused(wanted):
        return Reply(status=HTTPStatus.BAD_REQUEST, body=why.encode(), kind="text/plain")
    form = arrived.form if arrived.method == "POST" else {}
    decision, account = form.get("decision", ""), form.get("account", vendor.user).strip()
    if not decision:
        return _page(vendor, _asking(vendor, wanted))
    if decision != "allow":
        return _back(wanted, error="access_denied")
    if vendor.accounts and account not in vendor.accounts:
        known = ", ".join(sorted(vendor.accounts))
        unknown = f"There is no account {account!r} here. The invented user is {known}."
        return _page(vendor, _asking(vendor, wanted, unknown), HTTPStatus.FORBIDDEN)
    return _back(wanted, code=vendor.code_for(account, wanted))


def account_page(vendor: PlatformServer, arrived: Arrived) -> Reply:
    """Return the page of those who agreed; a POST gives our client up for one of them."""
    left = arrived.form.get("account", "") if arrived.method == "POST" else ""
    if left and vendor.holds(left):
        vendor.give_up(left)
    return _page(vendor, _leaving(vendor.agreed()))


def _asking(vendor: PlatformServer, wanted: Mapping[str, str], why: str = "") -> str:
    return _ALLOW.format(
        client=escape(wanted["client_id"]),
        # some vendors name no scope: the user ticks what may be read
        scope=escape(wanted.get("scope", "")) or "your data",
        why=f'<p role="alert">{escape(why)}</p>\n' if why else "",
        user=escape(vendor.user),
    )


def _leaving(users: Sequence[str]) -> str:
    return "".join(_LEAVE.format(user=escape(user)) for user in users) or _NOBODY


def _page(vendor: PlatformServer, content: str, status: int = HTTPStatus.OK) -> Reply:
    text = _PAGE.format(title=escape(vendor.title), content=content)
    return Reply(status=status, body=text.encode(), kind=_HTML)


def _back(wanted: Mapping[str, str], **result: str) -> Reply:
    back = f"{wanted['redirect_uri']}?{urlencode({'state': wanted['state'], **result})}"
    return Reply(status=HTTPStatus.SEE_OTHER, headers={"Location": back}, kind="")
