"""What a replay did, or would do, as JSON and as lines for a terminal."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from stream.replay.report import ReplayReport

BODIES = ("read", "stored_anew", "unreadable", "no_consent", "left")
BODY_WORDS = {
    "read": "read again",
    "stored_anew": "with other facts than before",
    "unreadable": "unreadable now",
    "no_consent": "without consent",
    "left": "left, because they belong to unreadable ones",
}
ALGORITHM_ONLY = "algorithm only"  # rows that differ only in the algorithm's version


def plain_report(results: Sequence[ReplayReport], *, dry_run: bool, diff: bool) -> dict[str, Any]:
    """Return the report for JSON; only with `diff` it contains the rows that differ."""
    report: dict[str, Any] = {
        "dry_run": dry_run,
        "patients": len(results),
        "bodies": _bodies(results),
        "rows": _rows(results, dry_run=dry_run),
    }
    if diff:
        report["differences"] = _differences(results)
    return report


def report_lines(results: Sequence[ReplayReport], *, dry_run: bool) -> list[str]:
    """Return the report as lines; a single line when there was nothing to do."""
    bodies = _bodies(results)
    read = bodies.pop("read")
    others = [f"{count} {BODY_WORDS[name]}" for name, count in bodies.items() if count]
    patients = f"{len(results)} {'patient' if len(results) == 1 else 'patients'}"
    rows = [f"{n} {name}" for name, n in _rows(results, dry_run=dry_run).items() if n]
    if not read and not others and not rows:
        return [f"{patients}: nothing to do, all is as today's parsers and algorithms have it"]
    verb = "would change" if dry_run else "changed"
    return [
        f"{patients}; bodies: {', '.join([f'{read} read again', *others])}",
        f"{verb}: {', '.join(rows) or 'nothing'}",
    ]


def difference_table(results: Sequence[ReplayReport]) -> Table | None:
    """Return a line for each column that would differ, None where none would."""
    table = Table("patient", "row", "key", "column", "now", "would be")
    for replayed in results:
        for row in replayed.differences:
            if row.algorithm_only:
                continue
            columns = row.columns or {row.change: ("", "")}
            for name, (before, after) in columns.items():
                cells = (row.what, row.key, name, str(before), str(after))
                table.add_row(replayed.patient, *cells)
    return table if table.row_count else None


def _bodies(results: Sequence[ReplayReport]) -> dict[str, int]:
    sums = dict.fromkeys(BODIES, 0)
    for replayed in results:
        for name in BODIES:
            sums[name] += getattr(replayed, name)
    return sums


def _rows(results: Sequence[ReplayReport], *, dry_run: bool) -> dict[str, int]:
    """Count rows by their event; rows that differ only in the algorithm are counted apart."""
    counts: Counter[str] = Counter()
    if dry_run:
        counts[ALGORITHM_ONLY] = 0
    for replayed in results:
        if dry_run:
            counts.update(
                ALGORITHM_ONLY if row.algorithm_only else row.what for row in replayed.differences
            )
        else:
            counts.update(change.what for change in replayed.changes)
    return dict(sorted(counts.items()))


def _differences(results: Sequence[ReplayReport]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for replayed in results:
        rows.extend({"patient": replayed.patient, **asdict(row)} for row in replayed.differences)
    return rows
