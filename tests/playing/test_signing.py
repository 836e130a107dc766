"""What of a cohort can be signed, and how a body is sent."""

from dataclasses import replace

import pytest

from kadens.playing import signing
from kadens.playing.command import _portions
from kadens.playing.signing import CohortSender, NotTakenError, keys_for
from kadens.scoring.cohort_files import CohortDelivery
from kadens.settings import ConnectorSecrets, Secrets, Settings

_KEY = "whsec_" + "QUJD" * 8


def _delivery(at: int = 1, connector: str = "reports", **more: object) -> CohortDelivery:
    values = {"received": at, "connector": connector, "body": "a", "patient": "p1", **more}
    return CohortDelivery.model_validate(values)


@pytest.fixture
def settings() -> Settings:
    connectors = {"reports": ConnectorSecrets(keys=(_KEY,))}
    return Settings(
        kafka="k", database="d", bodies="b", secrets=replace(Secrets(), connectors=connectors)
    )


def test_what_cannot_be_signed_is_named_before_anything_is_sent(settings: Settings) -> None:
    cohort = [_delivery(connector=name) for name in ("reports", "files", "garmin", "google_health")]
    keys, lines = keys_for(settings, cohort)
    assert keys == {"reports": _KEY}
    assert lines == [
        "files: the secrets file has no link_key",
        "garmin: the secrets file has no keys under [connectors.garmin]",
        "google_health: the secrets file has no keys under [connectors.google_health]",
    ]


def test_the_same_body_is_sent_under_the_same_id(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted: list[tuple[str, dict[str, str]]] = []

    def post(url: str, _body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        posted.append((url, headers))
        return (202 if len(posted) < 3 else 404), b""

    monkeypatch.setattr(signing, "post_patiently", post)
    sender = CohortSender(door="http://door", settings=settings, keys={"reports": _KEY})
    sender.send(1, _delivery(filename="a.json", query={"q": "1"}), b"{}", 0)
    sender.send(1, _delivery(filename="a.json", query={"q": "1"}), b"{}", 5_000)
    (url, first), (_, second) = posted
    assert url == "http://door/v1/hooks/reports?q=1"
    assert first["content-disposition"] == 'attachment; filename="a.json"'
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-signature"] != second["webhook-signature"]
    with pytest.raises(NotTakenError, match=r"^body 7 by time, of reports: 404$"):
        sender.send(7, _delivery(), b"{}", 0)


def test_bodies_are_cut_where_a_consent_changes() -> None:
    bodies = [_delivery(at) for at in (10, 20, 30, 40)]
    changes = [(5, True, "p1", "reports"), (30, False, "p1", "reports")]
    assert list(_portions(bodies, changes, 0)) == [bodies[:2], bodies[2:]]
    assert list(_portions(bodies, changes, 3)) == [bodies[3:]]
