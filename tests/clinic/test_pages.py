"""The pages show what the database holds, to the right reader and under the strict policy.

Each read is written to the audit log.
"""

import json
import re
from datetime import date
from html import unescape

import httpx2
import pytest

from clinic.pages import charts, session_words
from model.intensity import ZoneTimes
from stream.compute.intensity.thresholds import zone_thresholds
from tests.clinic_world import ALERTS, CLINIC_NOW, CLINICIAN, NAMES, OTHER_UNIT, UNIT, Served
from tests.rows import cells_of

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_PAIN_START_MS = 1_795_363_920_000  # 2026-11-22 16:12 UTC
_PAGES = [
    "/",
    "/patients/p-pain",
    "/patients/p-new",
    f"/alerts/{ALERTS['pain']}",
    f"/alerts/{ALERTS['old']}",
]


def last_session(door: Served, patient: str) -> str:
    sql = (
        "select session from session s join patient p on p.id = s.patient where pseudonym = %s"
        " order by start_at desc limit 1"
    )
    value: str = door.rows(sql, patient)[0][0]
    return value


def _text(answer: httpx2.Response) -> str:
    """Return the text that a reader sees, on a single line."""
    bare = re.sub(r"<script.*?</script>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(bare))


def token(door: Served, alert: str) -> str:
    match = re.search(r'name="token" value="([^"]+)"', door.get(f"/alerts/{alert}").text)
    assert match
    return match[1]


@pytest.mark.parametrize(
    "path", [*_PAGES, "/patients/nobody", "/nowhere", "/static/clinic.css", "/api/v1/worklist"]
)
def test_strict_policy_everywhere(door: Served, path: str) -> None:
    result = door.get(path)
    assert result.headers["content-security-policy"] == POLICY
    assert result.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", _PAGES)
def test_no_inline_script_or_style_and_nothing_stored(door: Served, path: str) -> None:
    result = door.get(path)
    assert result.headers["cache-control"] == "no-store"
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style", result.text)
    scripts = re.findall(r"<script([^>]*)>", result.text)
    for script in scripts:
        assert "src=" in script or 'type="application/json"' in script
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', result.text)


def test_worklist_groups_by_need(door: Served) -> None:
    result = _text(door.get("/"))
    order = (
        "Astrid Exempel",
        "Bertil Påhitt",
        "Cecilia Fantasi",
        "Folke Nyss",
        "Greta Vila",
        "Dag Uppdiktad",
    )
    places = list(map(result.index, order))
    assert places == sorted(places)
    assert "No data for 6 days" in result
    assert NAMES["p-south"] not in result


def test_a_silent_patient_is_never_red(door: Served) -> None:
    rows = re.findall(
        r'<tr role="row" class="row row-(\w+)">(.*?)</tr>', door.get("/").text, re.DOTALL
    )
    kinds: dict[str, str] = {}
    for kind, cells in rows:
        kinds |= {name: kind for name in NAMES if f"/patients/{name}" in cells}
    assert (kinds["p-silent"], kinds["p-new"]) == ("nodata", "notstarted")
    assert (kinds["p-pain"], kinds["p-low"], kinds["p-good"]) == ("a", "b", "ontrack")


def test_patient_page_holds_prescription_weeks_pain_sessions_audit(door: Served) -> None:
    result = _text(door.get("/patients/p-pain"))
    for word in (
        "40 to 60 % of heart rate reserve",
        "W47, 16 Nov 2026",
        "3 of 3",
        "Next morning",
        "partly known",
    ):
        assert word in result
    assert f"{CLINICIAN.name}, {UNIT}," in result


def test_a_device_stands_once_among_the_sources_and_what_was_dropped_beside_them(
    door: Served,
) -> None:
    door.change(
        "insert into unconsented select id, 'polar', 3, '2026-11-02Z', '2026-11-03Z' "
        "from patient where pseudonym = 'p-good'"
    )
    try:
        sources = door.get("/patients/p-good").text.partition('id="sources"')[2]
        sources = sources.partition("</section>")[0]
        devices = re.findall(r"<li>(.*?) <span", sources)
        assert devices
        assert len(devices) == len(set(devices))
        assert "Polar: 3 deliveries were not kept, for want of consent, since Mon 2 Nov" in sources
    finally:
        door.change("delete from unconsented")


def test_session_sheet_adds_up_and_goes_down_to_the_body(door: Served) -> None:
    session = last_session(door, "p-pain")
    result = _text(door.get(f"/patients/p-pain/sessions/{session}"))
    row = door.rows(
        "select unknown_ms, encode(body, 'hex') from session where session = %s", session
    )[0]
    assert row[0] == 275_000
    for word in (
        "Unknown no sample 4:35",
        "Sum 42:00 100.0 %",
        "42 of 40 prescribed minutes; from 10 minutes it counts. Its day is done from 32 minutes.",
        # 4:35 of the 42:00 are unknown
        "Within the prescribed range (101 to 121.5 beats a minute): 3:20; above it: 28:55;",
        "17:25 22:00 4:35",
        "heart rate reserve, formula of Tanaka",
        "Low",
        row[1][:12],
        "8 of 10",
    ):
        assert word in result
    times = re.findall(
        r"(?:Near maximum|Vigorous|Moderate|Light|Very light|Unknown) (?:from|below|no) \S+ "
        r"(\d+):(\d\d)",
        result,
    )
    assert sum(int(m) * 60 + int(s) for m, s in times) == 42 * 60


def test_a_pause_is_shown_and_is_in_no_class(door: Served) -> None:
    session = last_session(door, "p-pain")
    path = f"/patients/p-pain/sessions/{session}"
    # a minute of the gap, from 17:25 after the start
    pause = [[_PAIN_START_MS + 1_045_000, _PAIN_START_MS + 1_105_000]]
    change = (
        "update session set paused_ms = paused_ms + %s, unknown_ms = unknown_ms - %s, "
        "pauses = %s where session = %s"
    )
    door.change(change, 60_000, 60_000, json.dumps(pause), session)
    try:
        shown = _text(door.get(path))
        result = door.get(f"/api/v1{path}").raise_for_status().json()
    finally:
        door.change(change, -60_000, -60_000, "[]", session)
    for word in (
        "Exercised 41:00 Paused 1:00 Elapsed 42:00",
        "Sum 41:00 100.0 % Paused, in no class 1:00 Elapsed 42:00",
        "Unknown no sample 3:35",
        "18:25 22:00 3:35",
        "Pauses are blank",
    ):
        assert word in shown
    assert (result["elapsed_ms"], result["paused_ms"], result["timer_ms"]) == (
        2_520_000,
        60_000,
        2_460_000,
    )
    assert sum(result["zones_ms"].values()) == result["timer_ms"]
    assert result["pauses"] == [{"start": "2026-11-22T16:29:25Z", "end": "2026-11-22T16:30:25Z"}]
    assert (result["curve"]["pauses"], result["curve"]["gaps"]) == (
        [[1_045_000, 1_105_000]],
        [[1_105_000, 1_320_000]],
    )


@pytest.mark.parametrize(
    "path",
    [
        "/patients/p-south",
        "/patients/nobody",
        f"/alerts/{ALERTS['south']}",
        "/alerts/nothing",
        "/patients/p-good/sessions/x",
    ],
)
@pytest.mark.parametrize("api", ["", "/api/v1"])
def test_another_unit_does_not_exist(door: Served, path: str, api: str) -> None:
    result = door.get(api + path, headers={"accept": "text/html"})
    assert result.status_code in {404, 422}
    assert "Johan" not in result.text


def test_session_of_another_unit_does_not_exist(door: Served) -> None:
    session = last_session(door, "p-south")
    assert door.get(f"/patients/p-south/sessions/{session}").status_code == 404
    assert door.get(f"/patients/p-good/sessions/{session}").status_code == 404


def test_every_read_is_written_down(door: Served) -> None:
    count = (
        "select count(*) from audit a join patient p on p.id = a.patient "
        "where p.pseudonym = %s and a.object = %s"
    )
    session = last_session(door, "p-fine")
    for path, what in (("", "patient"), (f"/sessions/{session}", f"session:{session}")):
        before = door.rows(count, "p-fine", what)[0][0]
        assert door.get("/patients/p-fine" + path).status_code == 200
        assert door.get("/api/v1/patients/p-fine" + path).status_code == 200
        assert door.rows(count, "p-fine", what)[0][0] == before + 2
    row = door.rows(
        "select actor, role, u.name, action from audit a "
        "join care_unit u on u.id = a.care_unit order by a.id desc"
    )[0]
    assert row == (CLINICIAN.subject, "clinician", UNIT, "data.read")


def test_a_page_that_refreshes_itself_is_one_read(door: Served) -> None:
    count = "select count(*) from audit where object = 'patient'"
    door.get("/patients/p-mild")
    before = door.rows(count)
    for _ in range(3):
        door.get("/patients/p-mild", headers={"x-kadens-refresh": "1"})
    assert door.rows(count) == before
    door.clock[0] += 601_000
    try:
        door.get("/patients/p-mild", headers={"x-kadens-refresh": "1"})
        assert door.rows(count)[0][0] == before[0][0] + 1
    finally:
        door.clock[0] = CLINIC_NOW


_WRITTEN = "at, actor, role, care_unit, action, patient, object, detail"
_REFUSED = """
select a.action, p.pseudonym, a.object, a.detail - 'origin' - 'categories' \
from audit a left join patient p \
on p.id = a.patient
order by a.id desc limit 1"""


@pytest.mark.parametrize(
    ("path", "patient", "route"),
    [
        ("/patients/p-south", "p-south", "/patients/{pseudonym}"),
        ("/patients/Johan", None, "/patients/{pseudonym}"),
        (f"/alerts/{ALERTS['south']}", "p-south", "/alerts/{alert}"),
        ("/alerts/none", None, "/alerts/{alert}"),
        ("/api/v1/patients/p-south/days", "p-south", "/api/v1/patients/{pseudonym}/days"),
    ],
)
def test_a_read_that_was_refused_is_written_down_without_what_was_typed(
    door: Served, path: str, patient: str | None, route: str
) -> None:
    before = door.rows("select count(*) from audit")[0][0]
    assert door.get(path).status_code == 404
    assert door.rows(_REFUSED) == [("data.refused", patient, f"GET {route}", {"status": 404})]
    assert door.rows("select count(*) from audit") == [(before + 1,)]


def test_a_list_says_who_was_on_it(door: Served) -> None:
    query = """
select p.pseudonym from audit a join patient p on p.id = a.patient
where a.action = 'list.read' and a.object = %s and a.id > %s order by 1"""
    (newest,) = door.rows("select max(id) from audit")[0]
    door.get("/")
    there = sorted(set(NAMES) - {"p-south"})
    assert cells_of(door.rows(query, "worklist", newest), 0) == there
    door.get("/", headers={"x-kadens-refresh": "1"})
    assert cells_of(door.rows(query, "worklist", newest), 0) == there
    door.get("/api/v1/alerts")
    assert cells_of(door.rows(query, "alerts", newest), 0) == [
        "p-low",
        "p-mild",
        "p-pain",
        "p-snooze",
    ]


def test_nothing_is_shown_that_could_not_be_written_down(door: Served) -> None:
    door.change(f"revoke insert ({_WRITTEN}) on audit from kadens_clinic")
    try:
        for path in (
            "/",
            *_PAGES,
            "/api/v1/worklist",
            "/api/v1/alerts",
            "/api/v1/patients/p-pain/days",
        ):
            result = door.get(path)
            assert result.status_code == 503
            assert not [word for word in ("p-pain", *NAMES.values()) if word in result.text]
    finally:
        door.change(f"grant insert ({_WRITTEN}) on audit to kadens_clinic")


def test_static_files_are_ours(door: Served) -> None:
    page = door.get("/patients/p-pain").text
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        result = door.get(address)
        assert result.status_code == 200
        assert "immutable" in result.headers["cache-control"]
        plain = door.get(address, headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.content == result.content
    for name in ("nothing.js", "..%2fapp.py", "%2e%2e%2fapp.py", ".hidden", "__init__.py"):
        assert door.get(f"/static/{name}").status_code == 404


def test_form_without_a_token_does_nothing(door: Served) -> None:
    before = door.rows("select state from alert order by id")
    path = f"/alerts/{ALERTS['low']}/acknowledge"
    good = token(door, ALERTS["low"])
    assert door.post(path).status_code == 403
    assert door.post(path, data={"token": "1.a"}).status_code == 403
    assert (
        door.post(path, data={"token": good}, headers={"sec-fetch-site": "cross-site"}).status_code
        == 403
    )
    assert (
        door.post(f"/alerts/{ALERTS['south']}/acknowledge", data={"token": good}).status_code == 404
    )
    assert door.rows("select state from alert order by id") == before


def test_an_alert_goes_through_its_life_with_moves_audit_and_due(acting: Served) -> None:
    door = acting
    alert = ALERTS["low"]
    result = {"token": token(door, alert)}
    reasons = {"days": "3", "reason": "waiting for the patient"}
    assert door.post(f"/alerts/{alert}/acknowledge", data=result).status_code == 303
    assert door.post(f"/alerts/{alert}/acknowledge", data=result).status_code == 409
    assert door.post(f"/alerts/{alert}/snooze", data={**result, "days": "3"}).status_code == 422
    assert door.post(f"/alerts/{alert}/snooze", data={**result, **reasons}).status_code == 303
    assert door.post(f"/alerts/{alert}/start", data=result).status_code == 303
    assert (
        door.post(f"/alerts/{alert}/resolve", data={**result, "reason": "because"}).status_code
        == 422
    )
    done = door.post(f"/alerts/{alert}/resolve", data={**result, "reason": "plan changed"})
    assert done.headers["location"] == f"/alerts/{alert}?done=resolve"
    assert door.rows("select state, resolution, snoozed_until from alert where id = %s", alert) == [
        ("resolved", "plan changed", None)
    ]
    moves = door.rows(
        "select from_state, to_state, reason, actor from alert_move where alert = %s order by id",
        alert,
    )
    assert [row[:3] for row in moves[1:]] == [
        ("open", "acknowledged", ""),
        ("acknowledged", "snoozed", "waiting for the patient"),
        ("snoozed", "in_progress", ""),
        ("in_progress", "resolved", "plan changed"),
    ]
    assert set(cells_of(moves[1:], 3)) == {CLINICIAN.subject}
    acts = "select action from audit where object = %s and action like 'alert.%%' order by id"
    did = [f"alert.{name}" for name in ("acknowledge", "snooze", "start", "resolve")]
    assert cells_of(door.rows(acts, f"alert:{alert}"), 0) == did
    assert door.rows(
        "select 1 from due d join patient p on p.id = d.patient where p.pseudonym = 'p-low'"
    )
    after = _text(door.get(done.headers["location"]))
    assert "nothing is left to do" in after
    history = after.partition("History")[2]
    words = ("Acknowledged", "Snoozed", "In progress", "Resolved")
    places = [history.index(word) for word in words]
    assert places == sorted(places)


def test_nobody_sees_a_page_without_being_known(door: Served) -> None:
    for path in (*_PAGES, "/events", "/api/v1/worklist"):
        result = door.get(path, headers={"host": "rebound.example"})
        assert result.status_code == 401
        for name in NAMES.values():
            assert name not in result.text
    assert door.get("/healthz", headers={"host": "rebound.example"}).status_code == 200


def test_health_and_metrics_name_no_patient(door: Served) -> None:
    assert door.get("/readyz").text == "ready\n"
    result = door.get("/metrics").text
    assert 'route="/patients/{pseudonym}"' in result
    for name in NAMES:
        assert name not in result
    assert OTHER_UNIT not in result


def test_a_resolved_alert_is_opened_again_unless_another_of_its_kind_is_live(
    acting: Served,
) -> None:
    door, alert = acting, ALERTS["mild"]
    result = {"token": token(door, alert)}
    assert door.post(f"/alerts/{alert}/reopen", data=result).status_code == 409
    door.post(f"/alerts/{alert}/resolve", data={**result, "reason": "not relevant"})
    again = door.post(f"/alerts/{alert}/reopen", data=result)
    assert (again.status_code, again.headers["location"]) == (303, f"/alerts/{alert}?done=reopen")
    stored = "select state, resolution from alert where id = %s"
    assert door.rows(stored, alert) == [("open", "")]
    assert "Opened again" in _text(door.get(f"/alerts/{alert}"))
    # two of a kind must never be live: the alert that was resolved before stays closed
    door.post(f"/alerts/{alert}/resolve", data={**result, "reason": "not relevant"})
    door.change("update alert set state = 'open', family = 'pain' where id = %s", ALERTS["snooze"])
    door.change(
        "update alert set patient = (select patient from alert where id = %s) where id = %s",
        alert,
        ALERTS["snooze"],
    )
    try:
        assert door.post(f"/alerts/{alert}/reopen", data=result).status_code == 409
        assert door.rows(stored, alert) == [("resolved", "not relevant")]
    finally:
        door.change(
            "update alert set family = 'adherence', patient = "
            "(select id from patient where pseudonym = 'p-snooze') where id = %s",
            ALERTS["snooze"],
        )


def test_what_a_prescription_sets_of_the_rules_is_on_the_page(door: Served) -> None:
    result = _text(door.get("/patients/p-fine"))
    assert "Rule A1 Ratio 0.75 here, 0.8 as a rule" in result
    assert "Rule P1 Very high 7 here, 8 as a rule" in result
    assert "as a rule" not in _text(door.get("/patients/p-good"))


def test_a_silent_or_paused_week_is_no_figure_and_says_why(door: Served) -> None:
    silent = _text(door.get("/patients/p-silent"))
    assert "W39, W38, W37 Nothing is known of this week" in silent
    assert "W47 Only 1 of 7 days are known, and the other 6 could have held" in silent
    assert "running" in silent
    paused = door.get("/patients/p-pause")
    assert "The prescription was paused all week: nothing was due." in _text(paused)
    chart = paused.text.partition('id="weeks"')[2].partition("</svg>")[0]
    words = re.findall(r'transform="rotate[^>]*class="tick">([^<]+)<', chart)
    assert words[-3:] == ["paused", "paused", "running"]
    assert "W47, 16 Nov 2026:" not in chart
    assert re.findall(r">(W\d\d)<", chart)[::11] == ["W37", "W48"]


def test_a_dose_that_is_not_prescribed_has_no_legend(door: Served) -> None:
    assert "Prescribed dose" in _text(door.get("/patients/p-good"))
    fields = "update prescription set body = body - 'dose_min_per_week'"
    with_dose = door.rows("select patient, prescription, version, body::text from prescription")
    door.change(fields)
    try:
        assert "Prescribed dose" not in _text(door.get("/patients/p-good"))
    finally:
        for patient, key, version, body in with_dose:
            door.change(
                "update prescription set body = %s::jsonb "
                "where patient = %s and prescription = %s and version = %s",
                body,
                patient,
                key,
                version,
            )


def test_a_session_without_usable_edges_does_not_say_that_samples_are_missing() -> None:
    nothing = zone_thresholds(None, date(2026, 11, 22))
    rows = charts.zone_rows(ZoneTimes(unknown=60_000), nothing)
    assert rows[-1].range == "no edges to compare with"
    text = session_words.no_classes(nothing.method, 3_160)
    assert text.startswith("3,160 heart rate samples are there, but there is no heart profile")


def test_prescriptions_side_by_side_have_a_heading_each(door: Served) -> None:
    assert "<h3>rx-beside</h3>" not in door.get("/patients/p-good").text
    door.change(
        "insert into prescription (patient, prescription, version, valid_from, valid_to, body, "
        "recorded_at) select r.patient, 'rx-beside', 1, r.valid_from, r.valid_to, "
        'r.body || \'{"id": "rx-beside", "version": 1, "activity": ""}\', r.recorded_at '
        "from prescription r join patient p on p.id = r.patient "
        "where p.pseudonym = 'p-good' limit 1"
    )
    try:
        assert "<h3>rx-beside</h3>" in door.get("/patients/p-good").text
    finally:
        door.change("delete from prescription where prescription = 'rx-beside'")
