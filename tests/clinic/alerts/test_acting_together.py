"""Two clinicians act on alerts at the same moment, on the real database.

Whoever is second is refused and told who did what. Whatever the order, a patient has at most one
live alert of a family, and the moves of an alert form a chain.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise, product

import httpx2
import pytest

from tests.clinic_world import ALERTS, CLINICIAN, COLLEAGUE, Served, serve
from tests.rows import cells_of


@pytest.fixture(scope="module")
def second(world: str) -> Iterator[Served]:
    """Serve the door to a colleague of the same care unit."""
    with serve(world, COLLEAGUE) as served:
        # FastAPI makes the shapes of all routes at the first request, which is no matter for two
        # threads at once: here two doors share a process, which they never do in use.
        _last_move(served, "low")
        yield served


def _move(door: Served, alert: str, **body: object) -> httpx2.Response:
    return door.post(f"/api/v1/alerts/{ALERTS[alert]}/moves", json=body)


def _last_move(door: Served, alert: str) -> int:
    number = door.get(f"/api/v1/alerts/{ALERTS[alert]}").json()["page"]["alert"]["last_move"]
    assert isinstance(number, int)
    return number


def test_of_two_claims_at_once_one_is_refused_with_who_has_it(
    acting: Served, second: Served
) -> None:
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda door: _move(door, "low", action="claim"), (acting, second)))
    assert sorted(result.status_code for result in results) == [200, 409]
    won = next(result for result in results if result.status_code == 200).json()
    lost = next(result for result in results if result.status_code == 409).json()
    assert won["state"] == "acknowledged"
    assert won["assignee"] in {CLINICIAN.subject, COLLEAGUE.subject}
    assert lost["detail"] == (
        f"{won['assignee_name']} took this alert just now. Somebody works on this alert already."
    )
    moves = "select kind, actor from alert_move where alert = %s and kind <> ''"
    assert acting.rows(moves, ALERTS["low"]) == [("claim", won["assignee"])]
    written = "select count(*) from audit where object = %s and action = 'alert.claim'"
    assert acting.rows(written, f"alert:{ALERTS['low']}") == [(1,)]


def test_a_page_older_than_what_a_colleague_did_is_refused(acting: Served, second: Served) -> None:
    seen = _last_move(acting, "low")
    assert _move(second, "low", action="acknowledge", seen=seen).status_code == 200
    late = _move(acting, "low", action="resolve", reason="contacted", seen=seen)
    assert late.status_code == 409
    assert late.json()["detail"] == (
        "Bo Berg acknowledged this alert just now. Look at it again before you act."
    )
    state = "select state, resolution, useful from alert where id = %s"
    assert acting.rows(state, ALERTS["low"]) == [("acknowledged", "", None)]
    # With what is there now it works, and one tap says whether the alert was useful.
    again = {"action": "resolve", "reason": "contacted", "useful": True}
    now = _last_move(acting, "low")
    assert _move(acting, "low", **again, seen=now).json()["useful"] is True
    assert acting.rows(state, ALERTS["low"]) == [("resolved", "contacted", True)]
    # On a closed alert nothing can be done but opening it again.
    closed = _move(second, "low", action="snooze", days=1, reason="other")
    assert closed.status_code == 409
    assert closed.json()["detail"] == (
        "Karin Lind resolved this alert just now. An alert that is resolved cannot be snoozed."
    )


@pytest.mark.parametrize(
    ("alert", "body", "text"),
    [
        ("old", {"action": "acknowledge"}, "An alert that is resolved cannot be acknowledged."),
        ("old", {"action": "claim"}, "An alert that is resolved cannot be taken."),
        (
            "old",
            {"action": "hand_over", "to": COLLEAGUE.subject},
            "An alert that is resolved cannot be handed over.",
        ),
        ("old", {"action": "start"}, "Nobody can begin to work on an alert that is resolved."),
        (
            "old",
            {"action": "snooze", "days": 1, "reason": "other"},
            "An alert that is resolved cannot be snoozed.",
        ),
        (
            "old",
            {"action": "resolve", "reason": "other"},
            "An alert that is resolved cannot be resolved.",
        ),
        ("pain", {"action": "reopen"}, "An alert that is open cannot be opened again."),
    ],
)
def test_what_a_state_does_not_allow_is_refused_in_a_sentence(
    acting: Served, alert: str, body: dict[str, object], text: str
) -> None:
    refused = _move(acting, alert, **body)
    assert (refused.status_code, refused.json()["detail"]) == (409, text)


def test_who_opened_an_alert_again_is_told_in_a_sentence(acting: Served, second: Served) -> None:
    assert _move(second, "old", action="reopen").status_code == 200
    seen = _last_move(acting, "old") - 1
    refused = _move(acting, "old", action="claim", seen=seen)
    assert refused.json()["detail"] == (
        "Bo Berg opened this alert again just now. Look at it again before you act."
    )


def test_a_conflict_is_worded_for_its_reader(acting: Served, second: Served) -> None:
    seen = _last_move(acting, "low")
    assert _move(second, "low", action="claim").status_code == 200
    late = _form(acting, "low", "resolve", reason="contacted", seen=seen)
    assert "Bo Berg tog signalen nyss. Titta på den igen innan du gör något." in late
    assert "alert" not in re.sub(r"<[^>]*>", "", late)
    assert _move(second, "low", action="resolve", reason="other").status_code == 200
    closed = _form(acting, "low", "hand_over", to=COLLEAGUE.subject)
    assert (
        "Bo Berg avslutade signalen nyss. En signal som är avslutad kan inte lämnas över." in closed
    )


def _form(door: Served, alert: str, action: str, **fields: object) -> str:
    """Send a form of an alert as a Swedish browser does, and return the page of the refusal."""
    path = f"/alerts/{ALERTS[alert]}"
    token = re.search(r'name="token" value="([^"]+)"', door.get(path).text)
    assert token
    headers = {"accept-language": "sv", "accept": "text/html", "origin": door.url}
    sent = {"token": token[1], **fields}
    answer = door.post(f"{path}/{action}", data=sent, headers=headers)
    assert answer.status_code == 409
    return answer.text


def test_what_is_handed_over_must_be_acknowledged_anew(acting: Served, second: Served) -> None:
    assert _move(acting, "low", action="claim").json()["assignee"] == CLINICIAN.subject
    handed = _move(acting, "low", action="hand_over", to=COLLEAGUE.subject).json()
    assert (handed["state"], handed["assignee_name"]) == ("open", "Bo Berg")
    page = acting.get(f"/api/v1/alerts/{ALERTS['low']}").json()["page"]
    assert [(move["kind"], move["responsible"]) for move in page["moves"][1:]] == [
        ("claim", ["Karin Lind"]),
        ("hand_over", ["Bo Berg"]),
    ]
    assert _move(second, "low", action="claim").json()["state"] == "acknowledged"
    for to, status in (("c-south", 422), (COLLEAGUE.subject, 409)):
        refused = _move(acting, "low", action="hand_over", to=to)
        assert refused.status_code == status
    assert _move(acting, "low", action="hand_over").status_code == 422


def test_a_note_changes_no_state_and_no_timer(acting: Served, second: Served) -> None:
    before = acting.rows("select * from alert where id = %s", ALERTS["pain"])
    path = f"/api/v1/alerts/{ALERTS['pain']}/notes"
    script = "<script>alert(1)</script>\nrings on Friday"
    made = acting.post(path, json={"text": script, "is_shared": True}).json()
    assert (made["author_name"], made["text"], made["is_shared"]) == ("Karin Lind", script, True)
    assert acting.rows("select * from alert where id = %s", ALERTS["pain"]) == before
    page = second.get(f"/alerts/{ALERTS['pain']}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "shared with the patient" in page
    detail = (
        "select detail - 'origin' - 'categories' from audit "
        "where action = 'alert.note' and object = %s"
    )
    assert cells_of(acting.rows(detail, f"alert:{ALERTS['pain']}"), 0) == [
        {"note": made["id"], "shared": True}
    ]
    for text in ("", "  ", "a\x07", "x" * 4_001):
        assert acting.post(path, json={"text": text}).status_code == 422
    south = f"/api/v1/alerts/{ALERTS['south']}"
    assert acting.post(f"{south}/notes", json={"text": "x"}).status_code == 404
    assert acting.post(f"{south}/moves", json={"action": "claim"}).status_code == 404


def test_whatever_many_do_at_once_moves_are_a_chain_and_one_alert_is_live(
    acting: Served, second: Served
) -> None:
    # Two alerts of one family and patient, the second resolved: only one may ever be live.
    acting.change(
        "update alert set family = 'pain', state = 'resolved' where id = %s", ALERTS["old"]
    )
    acting.change("update alert set state = 'open' where id = %s", ALERTS["pain"])
    bodies: list[dict[str, object]] = [
        {"action": "claim"},
        {"action": "resolve", "reason": "other"},
        {"action": "reopen"},
        {"action": "snooze", "days": 1, "reason": "other"},
        {"action": "hand_over", "to": COLLEAGUE.subject},
        {"action": "start"},
        {"action": "acknowledge"},
        {"action": "reopen"},
    ]
    jobs = [(*pair, body) for pair, body in product(_pairs(acting, second), bodies)]
    try:
        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(lambda job: _move(job[0], job[1], **job[2]).status_code, jobs))
        assert set(statuses) <= {200, 409}
        assert 200 in statuses
        live = "select count(*) from alert where id = any(%s::uuid[]) and state = any(%s)"
        states = ["open", "acknowledged", "in_progress", "snoozed"]
        ids = [ALERTS["old"], ALERTS["pain"]]
        assert acting.rows(live, ids, states)[0][0] <= 1
        for alert in ids:
            moves = acting.rows(
                "select from_state, to_state from alert_move where alert = %s and kind <> '' "
                "order by id",
                alert,
            )
            for before, after in pairwise(moves):
                assert before[1] == after[0]
            [(state, last)] = acting.rows("select state, last_move from alert where id = %s", alert)
            assert not moves or (state == moves[-1][1] and last)
    finally:
        acting.change("update alert set state = 'resolved' where id = %s", ALERTS["old"])
        acting.change("update alert set family = 'adherence' where id = %s", ALERTS["old"])


def _pairs(first: Served, second: Served) -> list[tuple[Served, str]]:
    return [(first, "pain"), (second, "pain"), (first, "old"), (second, "old")]
