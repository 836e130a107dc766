"""The secrets file: mistakes are named without their values, changes are seen at once."""

import logging
import os
import stat
import tomllib
from functools import partial
from pathlib import Path

import pytest

from kadens.local.runtime import leftovers, secrets_in
from kadens.secrets.live import LiveSecrets
from kadens.secrets.own_keys import entries_of
from kadens.secrets.reading import read_secrets, secrets_of
from kadens.secrets.values import KeyEntry, SettingsError
from kadens.secrets.writing import new_secret, rewrite_secrets, with_new_key, with_retired_key
from kadens.settings import Settings
from kadens.wiring.fetching import fetched_vendors
from tests.rows import values_of

HEX = "ab" * 32
_AT = "2026-11-28T00:00:00Z"
WEBHOOK = "whsec_b3Blbi13ZWFyYWJsZXM="


def _table(kind: str = "link", id_: str = "2", state: str = "active", key: str = HEX) -> str:
    return f'[[keys]]\nkind = "{kind}"\nid = "{id_}"\nstate = "{state}"\nkey = "{key}"\n'


_WRONG: list[tuple[str, str]] = [
    ('link_key = "abcd"', r"link_key: must be 32 random bytes as hex .*; these are 2"),
    (f'wrapping_key = "{HEX[:48]}"', r"wrapping_key: .*; these are 24"),
    (f'session_key = "{HEX}00"', r"session_key: .*; these are 33"),
    ('link_key = "not hex, and secret"', "link_key: must be 32 random bytes as hex"),
    ("link_key = 7", "link_key: must be 32 random bytes"),
    (_table(key="ab"), r"\[\[keys\]\] link 2: must be 32 random bytes"),
    (_table(kind="lock"), "kind must be one of link, wrapping, session, audit, identity"),
    (_table(id_="a b"), "id must be up to 16 letters"),
    (_table(id_="a" * 17), "id must be up to 16 letters"),
    (_table(state="old"), "state must be one of active, accepted, retired"),
    (_table() + _table(), "two keys of kind link have the id 2"),
    (_table() + _table(id_="3"), "one active key of kind link; there are 2"),
    (f'link_key = "{HEX}"\n' + _table(), "one active key of kind link; there are 2"),
    (_table(state="accepted"), "one active key of kind link; there are 0"),
    ("keys = 7", r"must be tables \[\[keys\]\]"),
    ("[connectors.reports]\nkeys = []", r"\[connectors.reports\]: keys"),
    ('[connectors.reports]\nkeys = [""]', r"\[connectors.reports\]: keys"),
    ('[connectors.reports]\nkeys = "secret"', r"\[connectors.reports\]: keys"),
    (
        '[connectors.open_wearables]\nkeys = ["whsec_!!"]',
        r"\[connectors.open_wearables\]: no key of ",
    ),
    ('[connectors.polar]\nclient_id = "a"', "client_id and client_secret belong together"),
    ('[connectors.polar]\nclient_id = 7\nclient_secret = "s"', "client_id is a text"),
    *(
        (f'[connectors.polar]\nkeys = ["k"]\napi = "{address}"', r"\[connectors.polar\]: api is ")
        for address in (
            "http://api.example.org",
            "http://10.0.0.1:80",
            "http://127.0.0.1",
            "http://127.0.0.1:80/path",
            "http://user@127.0.0.1:80",
            "http://127.0.0.1.example.org:80",
            "http://localhost:80",
            "https://api.example.org:8443",
            "https://user@api.example.org",
            "https://localhost",
            "ftp://127.0.0.1:21",
        )
    ),
    *(
        (f"[connectors.polar]\nkeys = ['k']\ncallback = '{address}'", "callback is an https")
        for address in (
            "http://hooks.example.org/v1/hooks/polar",
            "https://hooks.example.org:8443/v1/hooks/polar",
            "https://user@hooks.example.org/v1",
            "https://hooks/v1",
            "https://hooks.example.org/v1 2",
            "/v1/hooks/polar",
        )
    ),
    ("connectors = 7", r"tables \[connectors.NAME\]"),
    ("link_key = ", "no TOML file: Invalid value"),
]


@pytest.mark.parametrize(("text", "why"), _WRONG, ids=[text[:40] for text, _ in _WRONG])
def test_what_is_wrong_is_named_and_never_shown(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "secrets.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=why) as caught:
        read_secrets(str(path))
    assert f"KADENS_SECRETS_FILE={path}: " in str(caught.value)
    for secret in (HEX[:16], 'secret"', "whsec_!!", "not hex"):
        assert secret not in str(caught.value)


def test_a_vendors_client_needs_no_key_yet_and_its_api_may_be_on_loopback(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    client = 'client_id = "id"\nclient_secret = "hidden"\napi = "http://127.0.0.1:4711"'
    path.write_text(f"[connectors.polar]\n{client}\n", encoding="utf-8")
    row = read_secrets(str(path)).connectors["polar"]
    assert (row.keys, row.client_id, row.api) == ((), "id", "http://127.0.0.1:4711")
    assert "hidden" not in repr(row)


def test_a_vendor_may_want_a_key_of_the_application_and_an_address_to_call(
    tmp_path: Path,
) -> None:
    path = tmp_path / "secrets.toml"
    own = 'api_key = "hidden"\ncallback = "https://hooks.example.org/v1/hooks/polar/seg?token=t"'
    path.write_text(f"[connectors.polar]\n{own}\n", encoding="utf-8")
    row = read_secrets(str(path)).connectors["polar"]
    assert (row.keys, row.api_key) == ((), "hidden")
    assert row.callback == "https://hooks.example.org/v1/hooks/polar/seg?token=t"
    assert "hidden" not in repr(row)
    assert "seg" not in repr(row)


def test_the_plain_form_stays_readable_beside_tables(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    tables = (
        _table("wrapping", "b", "accepted")
        + _table("wrapping", "c")
        + _table("wrapping", "a", "retired", "")
    )
    path.write_text(f'link_key = "{HEX}"\nsession_key = ""\n{tables}', encoding="utf-8")
    secrets = read_secrets(str(path))
    assert [(key.id, key.secret.hex()) for key in secrets.link_keys.keys] == [("1", HEX)]
    assert values_of(secrets.wrapping_keys.keys, "id") == ["c", "b"]
    assert not secrets.session_keys
    assert HEX not in repr(secrets) + repr(secrets.link_keys) + repr(secrets.entries)
    assert "\\xab" not in repr(secrets.link_keys) + repr(secrets.entries)


_FILE = f"""# by hand
link_key = "{HEX}"  # drawn once
oidc_client_secret = "given"

[connectors.reports]
keys = ["{WEBHOOK}"]

[[keys]]
kind = "session"
id = "k9"
state = "active"
key = "{HEX}"

[connectors.open_wearables]
keys = ["{WEBHOOK}"]
"""


def test_a_rotation_changes_the_keys_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    path.write_text(_FILE, encoding="utf-8")
    path.chmod(0o400)
    fresh = new_secret()
    rewrite_secrets(path, lambda entries: with_new_key(entries, "link", fresh, _AT))
    secrets, text = read_secrets(str(path)), path.read_text(encoding="utf-8")
    assert values_of(secrets.link_keys.keys, "id", "secret") == [
        ("2", fresh),
        ("1", bytes.fromhex(HEX)),
    ]
    assert values_of(secrets.session_keys.keys, "id") == ["k9"]
    assert set(secrets.connectors) == {"reports", "open_wearables"}
    assert (secrets.oidc_client_secret, text.startswith("# by hand\n")) == ("given", True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert values_of(tmp_path.iterdir(), "name") == ["secrets.toml"]


def test_a_key_is_retired_once_it_is_only_accepted(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    path.write_text(_FILE, encoding="utf-8")
    for id_, why in (("1", "is active; only an accepted one"), ("7", "there is no link key 7")):
        with pytest.raises(SettingsError, match=why):
            rewrite_secrets(path, partial(_retired_at, id_))
    assert path.read_text(encoding="utf-8") == _FILE
    rewrite_secrets(path, lambda entries: with_new_key(entries, "link", new_secret(), _AT))
    rewrite_secrets(path, lambda entries: with_retired_key(entries, "link", "1", _AT))
    assert values_of(read_secrets(str(path)).link_keys.keys, "id") == ["2"]
    kept = [
        (entry.id, entry.secret.hex())
        for entry in read_secrets(str(path)).entries
        if entry.state == "retired"
    ]
    assert kept == [("1", HEX)]
    rewrite_secrets(path, lambda entries: with_new_key(entries, "link", new_secret(), _AT))
    assert values_of(read_secrets(str(path)).link_keys.keys, "id") == ["3", "2"]


def _retired_at(id_: str, entries: tuple[KeyEntry, ...]) -> tuple[KeyEntry, ...]:
    return with_retired_key(entries, "link", id_, _AT)


def test_the_first_key_of_a_kind_is_made_by_rotating(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    path.write_text("", encoding="utf-8")
    rewrite_secrets(path, lambda entries: with_new_key(entries, "session", new_secret(), _AT))
    assert values_of(read_secrets(str(path)).session_keys.keys, "id") == ["1"]


def test_a_form_that_cannot_be_edited_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    text = f'keys = [{{kind = "link", id = "a", state = "active", key = "{HEX}"}}]\n'
    path.write_text(text, encoding="utf-8")
    assert values_of(read_secrets(str(path)).link_keys.keys, "id") == ["a"]
    with pytest.raises((SettingsError, tomllib.TOMLDecodeError)):
        rewrite_secrets(path, lambda entries: with_new_key(entries, "link", new_secret(), _AT))
    assert path.read_text(encoding="utf-8") == text


def test_a_crash_within_a_rewrite_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secrets.toml"
    path.write_text(_FILE, encoding="utf-8")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        rewrite_secrets(path, lambda entries: with_new_key(entries, "link", new_secret(), _AT))
    assert path.read_text(encoding="utf-8") == _FILE
    assert values_of(tmp_path.iterdir(), "name") == ["secrets.toml"]


def test_a_change_is_seen_at_the_next_use_and_a_broken_file_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "secrets.toml"
    path.write_text(_FILE, encoding="utf-8")
    live = LiveSecrets(str(path), read_secrets(str(path)))
    keys = live.keys("link")
    assert values_of(keys().keys, "id") == ["1"]
    rewrite_secrets(path, lambda entries: with_new_key(entries, "link", new_secret(), _AT))
    assert values_of(keys().keys, "id") == ["2", "1"]
    good = path.read_text(encoding="utf-8")
    for broken in ('link_key = "ab"', "link_key = "):
        path.write_text(broken, encoding="utf-8")
        with caplog.at_level(logging.WARNING):
            assert [values_of(keys().keys, "id") for _ in range(3)] == [["2", "1"]] * 3
        assert len(caplog.records) == 1
        caplog.clear()
    path.unlink()
    assert values_of(keys().keys, "id") == ["2", "1"]
    path.write_text(good, encoding="utf-8")
    assert values_of(keys().keys, "id") == ["2", "1"]


def test_without_a_file_the_secrets_never_change() -> None:
    secrets = read_secrets(None)
    assert LiveSecrets("", secrets).now() is secrets


def test_ids_of_new_keys_count_on_from_the_highest_number() -> None:
    entries = entries_of(tomllib.loads(_table(id_="k1", state="accepted") + _table(id_="7")))
    assert values_of(with_new_key(entries, "link", bytes(32), _AT), "id") == ["k1", "7", "8"]
    assert with_new_key(entries, "wrapping", bytes(32), _AT)[-1].id == "1"


def test_a_data_folder_without_its_secrets_says_what_they_would_open(tmp_path: Path) -> None:
    assert leftovers(tmp_path) == ""
    for name in ("pg", "bodies"):
        (tmp_path / name).mkdir()
    assert leftovers(tmp_path) == ""
    (tmp_path / "bodies" / "kept").mkdir()
    assert leftovers(tmp_path) == "bodies"
    (tmp_path / "pg" / "PG_VERSION").touch()
    assert leftovers(tmp_path) == "pg"
    secrets_in(tmp_path)
    assert leftovers(tmp_path) == ""


def test_further_hosts_are_complete_names() -> None:
    pinned = secrets_of({"connectors": {"coros": {"hosts": ["d1a2.cloudfront.net"]}}})
    assert pinned.connectors["coros"].hosts == ("d1a2.cloudfront.net",)
    for host in ("*.cloudfront.net", "a.example:8443", "https://a.example", "localhost", 7, ""):
        with pytest.raises(SettingsError, match="hosts are complete names"):
            secrets_of({"connectors": {"coros": {"hosts": [host]}}})


def test_further_scopes_are_those_that_the_vendor_has() -> None:
    def _with(name: str, scopes: object) -> Settings:
        own = {"client_id": "id", "client_secret": "s", "scopes": scopes}
        held = secrets_of({"connectors": {name: own}})
        return Settings(kafka="", database="", bodies="", secrets=held)

    google = fetched_vendors(_with("google_health", ["irn"]))["google_health"].client
    assert google is not None
    assert google.oauth.scopes[-1].endswith("googlehealth.irn.readonly")
    plain = fetched_vendors(_with("google_health", []))["google_health"].client
    assert plain is not None
    assert google.oauth.scopes[:-1] == plain.oauth.scopes
    with pytest.raises(SettingsError, match=r"^\[connectors.google_health\]: scopes may be: irn$"):
        fetched_vendors(_with("google_health", ["ecg"]))
    with pytest.raises(SettingsError, match="scopes may be: none"):
        fetched_vendors(_with("polar", ["irn"]))
    for scopes in ("irn", [1], 3):
        with pytest.raises(SettingsError, match="scopes is a list of names"):
            secrets_of({"connectors": {"polar": {"keys": ["k"], "scopes": scopes}}})
