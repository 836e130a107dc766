"""Rows of links with which patients connect vendors' accounts.

A link is never stored, only its SHA-256 as hex. The same holds for the state and the cookie that
bind the way through the vendor's page to one browser.
"""

from dataclasses import dataclass

from model.calendar import DAY_MS, utc
from storage.people.patients import patient_id
from storage.pg import rows
from storage.pg.pool import Connection

LINK_DAYS = 30
AWAY_MS = 3_600_000  # how long a patient may stay at the vendor's page

# An earlier link that was not used ends, so that one link holds at a time.
_END = """
update vendor_invitation set expires_at = least(expires_at, %(now)s)
where patient = %(patient)s and connector = %(connector)s and used_at is null"""
_PUT = """
insert into vendor_invitation (link, patient, connector, created_by, created_at, expires_at)
values (%(link)s, %(patient)s, %(connector)s, %(by)s, %(now)s, %(expires)s)"""
_SELECT = """
select p.pseudonym as patient, i.link, i.connector, i.created_at as created_ms,
  i.expires_at as expires_ms, i.agreed_at as agreed_ms, i.used_at as used_ms, i.text_version,
  i.language, i.browser
from vendor_invitation i join patient p on p.id = i.patient """
_AGREE = """
update vendor_invitation set agreed_at = %(now)s, text_version = %(text)s,
  language = %(language)s, state = %(state)s, browser = %(browser)s
where link = %(link)s and used_at is null and expires_at > %(now)s"""
_BACK = """
update vendor_invitation set state = null, browser = null where state = %s and browser = %s"""
_USE = """
update vendor_invitation set used_at = %s where link = %s and used_at is null"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A link: for whom, to which vendor, and how far it is. Instants are epoch ms.

    `browser` is the digest of the cookie, None while nobody is at the vendor's page.
    """

    patient: str
    link: str
    connector: str
    created_ms: int
    expires_ms: int
    agreed_ms: int | None
    used_ms: int | None
    text_version: str
    language: str
    browser: str | None

    def has_expired(self, now_ms: int) -> bool:
        """Return whether the link was not used within its time."""
        return self.used_ms is None and self.expires_ms <= now_ms

    def is_late(self, now_ms: int) -> bool:
        """Return whether the patient stayed at the vendor's page for too long."""
        return now_ms - (self.agreed_ms or 0) > AWAY_MS


async def put_invitation(
    conn: Connection, patient: str, connector: str, link: str, by: str, now_ms: int
) -> int:
    """Store a new link, by its digest; return when it expires, in epoch ms.

    Earlier links of the patient to this vendor end. Raises `UnknownNameError` for an unknown
    patient.
    """
    expires_ms = now_ms + LINK_DAYS * DAY_MS
    row = {
        "link": link,
        "patient": await patient_id(conn, patient),
        "connector": connector,
        "by": by,
        "now": utc(now_ms),
        "expires": utc(expires_ms),
    }
    # before the new link: the update knows links by patient and vendor, and would end that too
    await conn.execute(_END, row)
    await conn.execute(_PUT, row)
    return expires_ms


async def invitation_at(conn: Connection, link: str) -> Invitation | None:
    """Return the invitation with a link's digest, None without one."""
    return await _first(conn, _SELECT + "where i.link = %s", link)


async def invitation_away(conn: Connection, state: str) -> Invitation | None:
    """Return the invitation whose patient is at the vendor's page with a state's digest."""
    return await _first(conn, _SELECT + "where i.state = %s", state)


async def agree(
    conn: Connection,
    invitation: Invitation,
    *,
    text_version: str,
    language: str,
    state: str,
    browser: str,
    now_ms: int,
) -> bool:
    """Note that the patient agrees and goes to the vendor's page; False for a link that is over.

    A way that was begun before is over then: its state is not known any more.
    """
    row = {
        "link": invitation.link,
        "text": text_version,
        "language": language,
        "state": state,
        "browser": browser,
        "now": utc(now_ms),
    }
    return (await conn.execute(_AGREE, row)).rowcount == 1


async def come_back(conn: Connection, state: str, browser: str) -> bool:
    """Take a state, which works once and in its browser only; False for any other."""
    return (await conn.execute(_BACK, [state, browser])).rowcount == 1


async def use_invitation(conn: Connection, invitation: Invitation, now_ms: int) -> bool:
    """Note that a link was used; return False where it was used before."""
    return (await conn.execute(_USE, [utc(now_ms), invitation.link])).rowcount == 1


async def _first(conn: Connection, query: str, digest: str) -> Invitation | None:
    invitations = await rows.fetch_as(conn, query, [digest], Invitation)
    return invitations[0] if invitations else None
