"""Zone times of a session by every method that its data allows. Pure.

`zone_methods` lists the methods. A method without its inputs is left out. A method that a drug or
condition forbids (see `thresholds`) is shown with its edges, and all time is unknown.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from math import inf, nextafter

import numpy as np

from model.intensity import HeartProfile, ZoneTimesByMethod
from model.prescription import Intensity
from model.words.borg_scales import rpe_6_20
from stream.compute.intensity.schemes import INTENSITY_SCHEMES
from stream.compute.intensity.zone_methods import (
    EXERTION_6_20,
    EXERTION_CR10,
    ZONE_METHODS,
    MethodEdges,
    MethodInputs,
    ZoneMethod,
)
from stream.compute.intensity.zones import (
    HeldValues,
    distinct_values,
    held_at_most,
    held_values,
    time_in_bands,
)
from stream.compute.series.reported_columns import HEART
from stream.compute.series.resolved_series import ResolvedSeries


def zone_times_by_method(  # noqa: PLR0913 - all that a session holds
    by_metric: Mapping[str, ResolvedSeries],
    start_ms: int,
    end_ms: int,
    profile: HeartProfile | None,
    on: date,
    *,
    family: str,
    exertion_cr10: float | None,
    prescribed: Intensity | None,
    timer_ms: int | None = None,
) -> tuple[ZoneTimesByMethod, ...]:
    """Return the zone times of a session by each method, in the order of the table.

    The session is [start_ms, end_ms) in epoch ms. `by_metric` holds selected samples in canonical
    units. `on` is the session's local date, `family` the family of its type (`activities.TYPES`),
    `exertion_cr10` the answer on Borg CR10, `prescribed` the range prescribed on that date.
    `timer_ms` is the length without pauses, None when there was none. In each result, `ms` and
    `unknown_ms` add up to exactly that length.
    """
    inputs = MethodInputs(
        profile=profile, on=on, prescribed=prescribed, exertion_cr10=exertion_cr10
    )
    # Left out, not shown as unknown: turns of a crank are no steps that went missing.
    methods = [row for row in ZONE_METHODS if not row.families or family in row.families]
    length_ms = end_ms - start_ms if timer_ms is None else timer_ms
    held = _held_by_metric(methods, by_metric, (start_ms, end_ms), length_ms)
    held |= _held_answer(exertion_cr10, length_ms)
    zone_times: list[ZoneTimesByMethod] = []
    for method in methods:
        if method.metric not in held:
            continue
        edges = method.find_edges(inputs, INTENSITY_SCHEMES[method.scheme])
        if edges is not None:
            zone_times.append(_zone_times(method, edges, held[method.metric], length_ms))
    return tuple(zone_times)


def _held_by_metric(
    methods: Iterable[ZoneMethod],
    by_metric: Mapping[str, ResolvedSeries],
    span: tuple[int, int],
    length_ms: int,
) -> dict[str, HeldValues]:
    """Return the held values of each metric with a sample in the session, once for all methods."""
    held: dict[str, HeldValues] = {}
    for metric in {row.metric for row in methods} & by_metric.keys():
        values = held_at_most(held_values(by_metric[metric], *span), length_ms)
        if len(values.v):
            held[metric] = values
    if HEART in held:  # many methods read it, so it is sorted and shortened once for all
        held[HEART] = distinct_values(held[HEART])
    return held


def _held_answer(exertion_cr10: float | None, length_ms: int) -> dict[str, HeldValues]:
    """Return an answer as if it were held for all of the session, on both of Borg's scales."""
    if exertion_cr10 is None:
        return {}
    # Exertion is a judgement of the session as a unit, so no time of it is unknown.
    ms = np.array([length_ms], dtype=np.int64)
    cr10, borg = np.array([float(exertion_cr10)]), np.array([rpe_6_20(exertion_cr10)])
    return {EXERTION_CR10: HeldValues(v=cr10, ms=ms), EXERTION_6_20: HeldValues(v=borg, ms=ms)}


def _zone_times(
    method: ZoneMethod, edges: MethodEdges, held: HeldValues, length_ms: int
) -> ZoneTimesByMethod:
    names = INTENSITY_SCHEMES[method.scheme].names
    # Edges that must not be used are still shown, so that a reader sees what they would have been.
    ms = time_in_bands(held, _counted_edges(edges)) if edges.valid else (0,) * len(names)
    return ZoneTimesByMethod(
        scheme=method.scheme,
        method=edges.method,
        metric=method.metric,
        names=names,
        edges=edges.edges,
        ms=ms,
        unknown_ms=length_ms - sum(ms),
        inputs=edges.inputs,
        confidence=edges.confidence,
        valid=edges.valid,
    )


def _counted_edges(edges: MethodEdges) -> tuple[float, ...]:
    """Return the edges that time is counted by; the shown ones stay as the clinician wrote them."""
    if not edges.with_end:
        return edges.edges
    # "RPE 3 to 5" means that 5 is as prescribed: the band above begins at the next number.
    return *edges.edges[:-1], nextafter(edges.edges[-1], inf)
