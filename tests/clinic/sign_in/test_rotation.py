"""A new session key while the door runs signs nobody out.

A clinician who has a page open may still act from it.
"""

import re
from pathlib import Path

import httpx2

from kadens.secrets.writing import new_secret, rewrite_secrets, with_new_key, with_retired_key
from tests.clinic.sign_in.conftest import Open, browser
from tests.clinic.sign_in.sign_in_steps import sign_in

_AT = "2026-11-28T00:00:00Z"


def test_a_session_key_is_rotated_and_no_request_fails(opened: Open, tmp_path: Path) -> None:
    file = tmp_path / "clinic.toml"
    with opened() as before:
        assert sign_in(before).status_code == 303
        page = before.get("/")
        waiting = before.get("/sign-in")
        rewrite_secrets(file, lambda entries: with_new_key(entries, "session", new_secret(), _AT))
        assert [before.get("/").status_code for _ in range(20)] == [200] * 20
        back = (
            httpx2.get(waiting.headers["location"])
            .headers["location"]
            .removeprefix(str(before.base_url))
        )
        assert before.get(back).status_code == 303
        with browser(str(before.base_url)) as after:
            assert sign_in(after).status_code == 303
            assert after.get("/").status_code == 200
            assert _signed_out(before, page.text) == 200
            rewrite_secrets(file, lambda entries: with_retired_key(entries, "session", "1", _AT))
            assert after.get("/").status_code == 200


def test_a_session_by_a_retired_key_is_over(opened: Open, tmp_path: Path) -> None:
    file = tmp_path / "clinic.toml"
    with opened() as door:
        sign_in(door)
        rewrite_secrets(file, lambda entries: with_new_key(entries, "session", new_secret(), _AT))
        assert door.get("/").status_code == 200
        rewrite_secrets(file, lambda entries: with_retired_key(entries, "session", "1", _AT))
        assert door.get("/").status_code == 303


def _signed_out(door: httpx2.Client, page: str) -> int:
    """Sign out by a form that was served before the rotation."""
    match = re.search(r'name="token" value="([^"]+)"', page)
    assert match, page
    return door.post("/sign-out", data={"token": match[1]}).status_code
