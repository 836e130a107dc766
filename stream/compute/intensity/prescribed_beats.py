"""The prescribed range of a patient's heart rate in beats a minute. Pure."""

from datetime import date

from model.intensity import HeartProfile
from model.prescription import Intensity
from stream.compute.intensity.schemes import INTENSITY_SCHEMES
from stream.compute.intensity.zone_methods import PRESCRIBED, ZONE_METHODS, MethodInputs
from stream.compute.series.reported_columns import HEART


def prescribed_beats(
    wanted: Intensity, profile: HeartProfile | None, on: date
) -> tuple[float, float] | None:
    """Return the range on a local date, from and below which heart rate.

    None where something else is prescribed than a heart rate, and where the profile is missing or
    gives no valid scale: then no time is counted by the range either.
    """
    inputs = MethodInputs(profile=profile, on=on, prescribed=wanted, exertion_cr10=None)
    for method in ZONE_METHODS:
        if method.scheme == PRESCRIBED and method.metric == HEART:
            edges = method.find_edges(inputs, INTENSITY_SCHEMES[PRESCRIBED])
            if edges is not None and edges.valid:
                low, high = edges.edges
                return low, high
    return None
