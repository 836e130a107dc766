"""Stores what is set of the rules, and reads what holds for patients. Decides nothing."""

from collections import defaultdict
from collections.abc import Sequence

from model.calendar import utc
from model.prescribing.rule_settings import PROFILE, SHADOW, RuleSetting, RuleSettings
from storage.pg import rows
from storage.pg.pool import Connection

_PUT = """
insert into rule_setting (care_unit, patient, rule, name, value, word, set_at, set_by, why)
select u.id, p.id, %(rule)s, %(name)s, %(value)s, %(word)s, %(at)s, %(by)s, %(why)s
from care_unit u left join patient p on p.pseudonym = %(patient)s and p.care_unit = u.id
where u.name = %(unit)s and (%(patient)s = '' or p.id is not null)"""
# the last row of a name holds, also where it takes the value back
_CURRENT = """
select distinct on (k.id, s.patient, s.rule, s.name)
  k.id as of, s.patient is not null as is_own, s.rule, s.name, s.value, s.word
from patient k join rule_setting s
  on s.care_unit = k.care_unit and (s.patient is null or s.patient = k.id)
where k.id = any(%(patients)s)
order by k.id, s.patient, s.rule, s.name, s.id desc"""
_NUMBER = "select id from patient where pseudonym = %(patient)s"
_HISTORY = """
select coalesce(p.pseudonym, '') as patient, s.rule, s.name, s.value, s.word, \
s.set_at as set_ms, s.set_by, s.why
from rule_setting s join care_unit u on u.id = s.care_unit left join patient p on p.id = s.patient
where u.name = %(unit)s order by s.id desc limit %(most)s"""
_PANEL = """
select id, pseudonym, zone from patient \
where care_unit = (select id from care_unit where name = %s) order by pseudonym"""
_OF_UNIT = """
select distinct on (s.rule, s.name) false as is_own, s.rule, s.name, s.value, s.word
from rule_setting s join care_unit u on u.id = s.care_unit
where u.name = %s and s.patient is null order by s.rule, s.name, s.id desc"""


async def put_setting(conn: Connection, unit: str, change: RuleSetting) -> bool:
    """Add a change of a setting of a care unit; False where the unit has no such patient."""
    row = {
        "unit": unit,
        "patient": change.patient,
        "rule": change.rule,
        "name": change.name,
        "value": change.value,
        "word": change.word,
        "at": utc(change.set_ms),
        "by": change.set_by,
        "why": change.why,
    }
    return (await conn.execute(_PUT, row)).rowcount == 1


async def settings_of_patient(conn: Connection, pseudonym: str) -> RuleSettings:
    """Return what holds for a patient by pseudonym; nothing for one that does not exist."""
    numbers = await rows.fetch_column(conn, _NUMBER, {"patient": pseudonym})
    held = await rule_settings_of(conn, numbers)
    return next(iter(held.values()), RuleSettings())


async def rule_settings_of(conn: Connection, numbers: Sequence[int]) -> dict[int, RuleSettings]:
    """Return what holds for each patient (by id), in one statement; none for who has nothing."""
    listed = await rows.fetch(conn, _CURRENT, {"patients": list(numbers)}, lambda row: row)
    by_patient: dict[int, list[rows.Row]] = defaultdict(list)
    for row in listed:
        by_patient[row["of"]].append(row)
    return {number: _settings(of_patient) for number, of_patient in by_patient.items()}


def _settings(listed: Sequence[rows.Row]) -> RuleSettings:
    unit: dict[str, dict[str, float]] = defaultdict(dict)
    own: dict[str, dict[str, float]] = defaultdict(dict)
    profile, shadow = "", set()
    for row in listed:
        if row["name"] == PROFILE and not row["rule"]:
            profile = row["word"]
        elif row["name"] == SHADOW:
            shadow |= {row["rule"]} if row["value"] else set()
        elif row["value"] is not None:
            (own if row["is_own"] else unit)[row["rule"]][row["name"]] = row["value"]
    return RuleSettings(unit=dict(unit), profile=profile, own=dict(own), shadow=frozenset(shadow))


async def changes_of(conn: Connection, unit: str, most: int) -> list[RuleSetting]:
    """Return the latest changes of a care unit, the last first."""
    return await rows.fetch_as(conn, _HISTORY, {"unit": unit, "most": most}, RuleSetting)


async def unit_settings(conn: Connection, unit: str) -> RuleSettings:
    """Return the defaults of a care unit."""
    return _settings(await rows.fetch(conn, _OF_UNIT, [unit], lambda row: row))


async def panel_of(conn: Connection, unit: str) -> dict[int, tuple[str, str]]:
    """Return pseudonym and zone of all patients of a care unit by id, in the order of names."""
    panel = await rows.fetch(
        conn, _PANEL, [unit], lambda row: (row["id"], (row["pseudonym"], row["zone"]))
    )
    return dict(panel)
