"""What a demo says about its first alert: where it is, and how one goes on from there."""

from kadens.local.shown_alert import alert_hints


def test_a_demo_leads_to_its_first_alert() -> None:
    lines = alert_hints({"alert": "a-1"}, {"clinic": "http://127.0.0.1:8802", "data": "demo-data"})
    assert lines[0].split() == ["alert", "http://127.0.0.1:8802/alerts/a-1"]
    assert lines[-1].strip() == ".venv/bin/kadens alerts show a-1 --data demo-data"
