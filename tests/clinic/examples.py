"""Writes `clinic/api/examples.json` from the invented patients.

Run it with `python -m tests.clinic.examples`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2

from kadens.embedded.postgres import temporary_postgres
from model.calendar import DAY_MS
from tests.clinic_world import ALERTS, CLINIC_NOW, Served, seeded, serve
from tests.rooms import ROOT

_TARGET: Path = ROOT / "clinic" / "api" / "examples.json"
_KEPT, KEPT_PLAIN = 2, 6  # objects, and plain values, of a list: enough to see that it is one
_PATIENT = "/api/v1/patients/{pseudonym}"
QUERIES = {
    "/api/v1/rules/what-if": "?rule=P1&name=very_high&value=7",
    f"{_PATIENT}/timeline": "?metric=heart_rate&from=2026-11-22&to=2026-11-22&points=4",
    f"{_PATIENT}/sessions": "?limit=1",
    f"{_PATIENT}/days": "?from=2026-11-22&to=2026-11-22",
    f"{_PATIENT}/weeks": "?from=2026-11-16&to=2026-11-22",
}
_PATHS = (
    "/api/v1/worklist",
    "/api/v1/alerts",
    "/api/v1/alerts/{alert}",
    "/api/v1/rules",
    "/api/v1/rules/what-if",
    _PATIENT,
    f"{_PATIENT}/timeline",
    f"{_PATIENT}/sessions",
    f"{_PATIENT}/sessions/{{session}}",
    f"{_PATIENT}/days",
    f"{_PATIENT}/weeks",
    f"{_PATIENT}/prescriptions",
    f"{_PATIENT}/prescriptions/{{prescription}}/weeks",
    f"{_PATIENT}/prescriptions/{{prescription}}",
    f"{_PATIENT}/summary",
)


def shortened(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a JSON value with at most a few items in each list."""
    if isinstance(value, list):
        is_plain = not any(isinstance(item, (list, dict)) for item in value)
        return list(map(shortened, value[: KEPT_PLAIN if is_plain else _KEPT]))
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    return value


def made(door: Served) -> dict[str, Any]:
    """Return an example of each operation, as the door answers it."""
    page = door.get("/api/v1/patients/p-pain/sessions?limit=1").json()
    values = {
        "pseudonym": "p-pain",
        "alert": ALERTS["pain"],
        "session": page["sessions"][0]["id"],
        "prescription": "rx-p-pain",
    }
    examples = {}
    for path in _PATHS:
        answer = door.get(path.format(**values) + QUERIES.get(path, ""))
        examples[f"get {path}"] = shortened(answer.raise_for_status().json())
    examples |= written(door, values)
    setting = {"rule": "A2", "name": "missed", "value": 4, "why": "Two sessions a week here."}
    made_so = door.post("/api/v1/rules/settings", json=setting).raise_for_status()
    examples["post /api/v1/rules/settings"] = made_so.json()
    alert = f"/api/v1/alerts/{ALERTS['mild']}/moves"
    moved = door.post(alert, json={"action": "start"}).raise_for_status()
    examples["post /api/v1/alerts/{alert}/moves"] = moved.json()
    marks = f"{_PATIENT}/sessions/{{session}}/marks"
    mark = {"statement": "not_exercise", "reason": "everyday activity"}
    marked = door.post(marks.format(**values), json=mark).raise_for_status()
    examples[f"post {marks}"] = marked.json()
    review = f"{_PATIENT}/review".format(**values)
    examples[f"post {_PATIENT}/review"] = door.post(review).raise_for_status().json()
    taken = httpx2.delete(door.url + review, timeout=30).raise_for_status()
    examples[f"delete {_PATIENT}/review"] = taken.json()
    return examples | dict(_of_prescriptions(door)) | dict(_of_duty(door))


def _of_duty(door: Served) -> Iterator[tuple[str, Any]]:
    """Yield the examples of who is on duty, and of a note about an alert."""
    duty = "/api/v1/duty"
    hours = door.get(duty).raise_for_status().json()["hours"]
    body = {"hours": hours, "line": ["c-berg"], "on_call": "c-lind"}
    yield f"put {duty}", httpx2.put(door.url + duty, json=body).raise_for_status().json()
    span = {"from_ms": CLINIC_NOW, "until_ms": CLINIC_NOW + 14 * DAY_MS}
    away = {"subject": "c-berg", "cover": "c-lind", **span}
    added = door.post("/api/v1/absences", json=away).raise_for_status()
    yield "post /api/v1/absences", added.json()
    yield f"get {duty}", door.get(duty).raise_for_status().json()
    back = httpx2.delete(f"{door.url}/api/v1/absences/c-berg").raise_for_status()
    yield "delete /api/v1/absences/{subject}", back.json()
    note = {"text": "Called: rests until Friday.", "is_shared": True}
    noted = door.post(f"/api/v1/alerts/{ALERTS['mild']}/notes", json=note).raise_for_status()
    yield "post /api/v1/alerts/{alert}/notes", noted.json()


def _of_prescriptions(door: Served) -> Iterator[tuple[str, Any]]:
    """Yield the examples of writing prescriptions, in the order in which they are written."""
    drafts, rows = f"{_PATIENT}/prescription-drafts", f"{_PATIENT}/prescriptions/{{prescription}}"
    content = {
        "valid_from": "2026-12-01",
        "valid_to": "2027-02-28",
        "sessions_per_week": 3,
        "minutes_per_session": 30,
        "intensity": {"method": "hrr", "low": 0.4, "high": 0.6},
        "activity": "Nordic walking",
        "diagnoses": ["M17.1"],
    }
    dates = {"valid_from": "2027-02-01", "valid_to": "2027-04-30"}
    pause = {"version": 2, "first": "2026-12-21", "last": "2027-01-03", "why": "holiday"}
    steps: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
        ("post", drafts, "", content),
        ("put", f"{drafts}/{{draft}}", "?revision=1", {**content, "minutes_per_session": 40}),
        ("get", drafts, "", {}),
        ("get", f"{drafts}/{{draft}}", "", {}),
        ("post", f"{drafts}/{{draft}}/submission", "?revision=2&confirm=same:rx-p-pain", {}),
        ("post", f"{rows}/renewals", "", {"version": 2, **dates}),
        ("delete", f"{drafts}/{{draft}}", "?revision=1", {}),
        ("post", f"{rows}/pauses", "", pause),
        ("post", f"{rows}/end", "", {"version": 3, "last": "2026-12-31"}),
        ("get", f"{_PATIENT}/prescription-bundle", "", {}),
    )
    values = {"pseudonym": "p-pain", "prescription": "rx-p-pain", "draft": ""}
    for method, path, query, body in steps:
        url = door.url + path.format(**values) + query
        answer = (
            httpx2.request(method, url, timeout=30, json=body or None).raise_for_status().json()
        )
        yield f"{method} {path}", shortened(answer)
        if path.endswith("bundle"):
            imported = httpx2.post(url, timeout=30, json=answer).raise_for_status().json()
            yield f"post {path}", shortened(imported)
        # a draft is named by what its making answers
        if path == drafts and method == "post":
            values["draft"] = answer["id"]
        if path.endswith("/renewals"):
            values["draft"] = answer["id"]


def written(door: Served, values: dict[str, str]) -> dict[str, Any]:
    """Return an example of each write beside the data, and of reading it."""
    notes, note = (
        path.format(**values) for path in (f"{_PATIENT}/annotations", f"{_PATIENT}/note")
    )
    illness = {"kind": "illness", "first": "2026-11-12", "last": "2026-11-15", "text": "A cold"}
    added = door.post(notes, json={**illness, "pauses": True}).raise_for_status().json()
    examples = {f"get {_PATIENT}/annotations": door.get(notes).raise_for_status().json()}
    taken = httpx2.delete(f"{door.url}{notes}/{added['id']}", timeout=30).raise_for_status()
    text = {"text": "Prefers to be called before noon.", "after": 0}
    pinned = httpx2.put(door.url + note, json=text, timeout=30).raise_for_status()
    return {
        **examples,
        f"post {_PATIENT}/annotations": added,
        f"delete {_PATIENT}/annotations/{{annotation}}": taken.json(),
        f"put {_PATIENT}/note": pinned.json(),
        f"get {_PATIENT}/note": door.get(note).raise_for_status().json(),
    }


def _main() -> None:
    with temporary_postgres() as server:
        dsn = server.create_database("clinic")
        seeded(dsn)
        with serve(dsn) as door:
            _TARGET.write_text(
                json.dumps(made(door), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
            )


if __name__ == "__main__":
    _main()
