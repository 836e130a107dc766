"""Zone times of a session by every method that its data allows. Pure.

`zone_methods` lists the methods. A method without its inputs is left out. A method that a drug or
condition forbids (see `thresholds`) is shown with its edges, and all time is unknown.
"""

from collections.abc import Iterable
from math import inf, nextafter

import numpy as np

from model.intensity import ZoneTimesByMethod
from model.prescription import Intensity
from model.words.borg_scales import rpe_6_20
from stream.compute.intensity.measured_session import MeasuredSession
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


def zone_times_by_method(
    session: MeasuredSession, *, family: str, prescribed: Intensity | None
) -> tuple[ZoneTimesByMethod, ...]:
    """Return the zone times of a session by each method, in the order of the table.

    `family` is the family of its type (`activities.TYPES`), `prescribed` the range prescribed on
    its date. In each result, `ms` and `unknown_ms` add up to exactly the time without pauses.
    """
    inputs = MethodInputs(
        profile=session.profile,
        on=session.on,
        prescribed=prescribed,
        exertion_cr10=session.exertion_cr10,
    )
    # Left out, not shown as unknown: turns of a crank are no steps that went missing.
    methods = [row for row in ZONE_METHODS if not row.families or family in row.families]
    length_ms = session.timer_ms
    held = _held_by_metric(methods, session) | _held_answer(session.exertion_cr10, length_ms)
    zone_times: list[ZoneTimesByMethod] = []
    for method in methods:
        if method.metric not in held:
            continue
        edges = method.find_edges(inputs, INTENSITY_SCHEMES[method.scheme])
        if edges is not None:
            zone_times.append(_zone_times(method, edges, held[method.metric], length_ms))
    return tuple(zone_times)


def _held_by_metric(
    methods: Iterable[ZoneMethod], session: MeasuredSession
) -> dict[str, HeldValues]:
    """Return the held values of each metric with a sample in the session, once for all methods."""
    held: dict[str, HeldValues] = {}
    for metric in {row.metric for row in methods} & session.by_metric.keys():
        series = session.by_metric[metric]
        values = held_values(series, session.start_ms, session.end_ms)
        values = held_at_most(values, session.timer_ms)
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
