"""Claims that are one physical session: the same workout by two routes, and workouts with a short break between.

Clinical definition section 3.3. Twins agree in type family, start and end within two minutes, and in heart rate where
both sources recorded it; the better ranked one stays. Parts of one type on one local date with at most five minutes
between them are one session. What is made one does not depend on the order of claims.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ...model import runs
from ...model.calendar import MINUTE_MS, local_date
from ...model.derived import Origin
from ...model.facts import Source, Values
from .claims import Claim, family
from .columns import Series
from .sources import precedence

SAME_WITHIN_MS = 120_000
BREAK_MS = 300_000
COMMON_MINUTES = 5  # fewer say nothing about whether two curves are one heart's
ALIKE_CORRELATION = 0.5
ALIKE_BPM = 10.0


def collapsed(claimed: Iterable[Claim], hearts: Sequence[Series]) -> list[Claim]:
    """Return each physical session once; the claim that stays knows the records of its twins, and the said type."""
    by_source = {one.source: one for one in hearts}
    kept: list[Claim] = []
    for claim in sorted(claimed, key=_order):
        twin = next((n for n, better in enumerate(kept) if _twins(better, claim, by_source)), None)
        if twin is None:
            kept.append(claim)
        else:
            kept[twin] = replace(kept[twin], records=kept[twin].records | claim.records)
    return kept


def joined(claimed: Iterable[Claim], zone: str) -> list[Claim]:
    """Return the claims, declared workouts with a short break between them made one. Joining again changes nothing."""
    groups: list[list[Claim]] = []
    for claim in sorted(claimed, key=lambda claim: (claim.start_ms, claim.id)):
        near = [group for group in groups if any(_follows(part, claim, zone) for part in group)]
        for group in near:
            groups.remove(group)
        groups.append([*(part for group in near for part in group), claim])
    return [_one(group) for group in groups]


def alike(one: Series, other: Series, start_ms: int, end_ms: int) -> bool:
    """Return whether two heart-rate series in [start, end) can be one heart's: by minute means that both have.

    They are unless at least five common minutes differ by more than 10 beats a minute on average *and* do not rise and
    fall together (Pearson below 0.5). Without enough common minutes nothing speaks against it.
    """
    a, b = (_by_minute(series.accepted().within(start_ms, end_ms)) for series in (one, other))
    common = sorted(a.keys() & b.keys())
    if len(common) < COMMON_MINUTES:
        return True
    x, y = (np.array([means[minute] for minute in common]) for means in (a, b))
    return float(np.abs(x - y).mean()) <= ALIKE_BPM or _correlation(x, y) >= ALIKE_CORRELATION


def _correlation(x: Values, y: Values) -> float:
    """Return Pearson's r; 0 where one of them never changes."""
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / scale if scale else 0.0


def _by_minute(series: Series) -> Mapping[int, float]:
    if not len(series.t):
        return {}
    minutes = series.t // MINUTE_MS
    first = runs.starts(minutes)
    means = np.add.reduceat(series.v, first) / runs.lengths(first, len(minutes))
    return dict(zip(minutes[first].tolist(), means.tolist(), strict=True))


def _order(claim: Claim) -> tuple[bool, int, tuple[str, ...], str, str]:
    return (claim.origin is not Origin.DECLARED, *precedence(claim.source), claim.record, claim.id)


def _twins(one: Claim, other: Claim, hearts: Mapping[Source, Series]) -> bool:
    starts, ends = abs(one.start_ms - other.start_ms), abs(one.end_ms - other.end_ms)
    if family(one) != family(other) or max(starts, ends) > SAME_WITHIN_MS:
        return False
    a, b = hearts.get(one.source), hearts.get(other.source)
    if a is None or b is None or one.source == other.source:
        return True
    return alike(a, b, max(one.start_ms, other.start_ms), min(one.end_ms, other.end_ms))


def _follows(part: Claim, claim: Claim, zone: str) -> bool:
    declared = part.origin is claim.origin is Origin.DECLARED
    near = declared and part.type == claim.type and 0 <= claim.start_ms - part.end_ms <= BREAK_MS
    return near and local_date(part.start_ms, zone) == local_date(claim.start_ms, zone)


def _one(parts: Sequence[Claim]) -> Claim:
    ordered = sorted(parts, key=lambda claim: (claim.start_ms, claim.id))
    first = ordered[0]
    if len(ordered) == 1:
        return first
    moving = [part.moving_ms for part in ordered]
    exerted = [part.exertion_cr10 for part in ordered if part.exertion_cr10 is not None]
    return replace(
        first,
        end_ms=max(part.end_ms for part in ordered),
        records=frozenset[str]().union(*(part.records for part in ordered)),
        moving_ms=None if None in moving else sum(ms for ms in moving if ms is not None),
        exertion_cr10=exerted[-1] if exerted else None,
        gaps=_gaps(ordered),
    )


def _gaps(ordered: Sequence[Claim]) -> tuple[tuple[int, int], ...]:
    """Return the times in no part; parts may overlap."""
    reached = np.maximum.accumulate([part.end_ms for part in ordered]).tolist()
    both = zip(reached, (later.start_ms for _, later in pairwise(ordered)), strict=False)
    return tuple((end, start) for end, start in both if start > end)
