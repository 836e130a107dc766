"""Walks the elements of a TCX file and collects its activities: laps, and readings of trackpoints.

Pure. A course or a planned workout is only named, because nobody did it.
"""

from model.errors import BodyError
from model.facts import RejectKind
from parsers.tracks.elements import ElementWalk, Lap, TrackActivity, TrackFile
from parsers.tracks.mending import walked

MOST_LAPS = 10_000  # of one activity
ROOT_ELEMENT = "TrainingCenterDatabase"

# The end of an element's path -> the metric of a reading.
READINGS: dict[tuple[str, str], str] = {
    ("HeartRateBpm", "Value"): "heart_rate",
    ("Trackpoint", "DistanceMeters"): "distance",
    ("Trackpoint", "AltitudeMeters"): "altitude",
    ("Trackpoint", "Cadence"): "cadence",
    ("TPX", "RunCadence"): "strides",
    ("TPX", "Speed"): "speed",
    ("TPX", "Watts"): "power",
}
# Elements of what nobody did, with the words for it.
PLANS = {"Course": "a course", "Workout": "a planned workout"}
LAP_FIGURES = frozenset(
    (
        ("Lap", "TotalTimeSeconds"),
        ("Lap", "DistanceMeters"),
        ("Lap", "Calories"),
        ("AverageHeartRateBpm", "Value"),
        ("MaximumHeartRateBpm", "Value"),
    )
)


def read_tcx_elements(payload: bytes) -> TrackFile:
    """Return what a TCX file holds; BodyError for any other document, and for too much of it."""
    return walked(_TcxWalk, payload)


class _TcxWalk(ElementWalk):
    """The state of a walk, with the activity and the trackpoint around the current element."""

    root, title = ROOT_ELEMENT, "TCX"

    def __init__(self) -> None:
        super().__init__()
        self.in_point = False

    def begin(self, local: str, attributes: dict[str, str]) -> None:
        if local == "Activity":
            self.start_activity(attributes.get("Sport", ""))
        elif local == "Lap" and self.activity is not None:
            self._start_lap(self.activity, attributes)
        elif local == "Trackpoint":
            self.in_point, self.at_ms, self.values = True, None, {}
        elif local in PLANS:
            self._start_plan(local)

    def _start_plan(self, local: str) -> None:
        if self.path[-2:] == [f"{local}s", local] and local not in self.file.plans:
            self.file.plans.append(local)

    def _start_lap(self, activity: TrackActivity, attributes: dict[str, str]) -> None:
        if len(activity.laps) >= MOST_LAPS:
            raise BodyError(self.where(), f"more than {MOST_LAPS} laps", RejectKind.TOO_MUCH)
        lap = Lap()
        activity.laps.append(lap)
        if "StartTime" in attributes:
            lap.start_ms = self.time(attributes["StartTime"].strip(), "Lap.StartTime", activity)

    def end(self, parent: str, local: str, written: str) -> None:
        if local == "Activity":
            self.activity = None
        elif local == "Trackpoint":
            self.in_point = False
            self.end_point()
        elif self.activity is not None:
            self._element(self.activity, parent, local, written)
        elif (parent, local) == ("Author", "Name"):
            self.file.author = written

    def _element(self, activity: TrackActivity, parent: str, local: str, written: str) -> None:
        location = (parent, local)
        if self.in_point:
            if location == ("Trackpoint", "Time"):
                self.at_ms = self.time(written, "Trackpoint.Time", activity)
            elif location in READINGS:
                self._figure(location, written, self.values, READINGS[location])
        elif location in LAP_FIGURES and activity.laps:
            name = parent if local == "Value" else local
            self._figure(location, written, activity.laps[-1].figures, name)
        elif location == ("Activity", "Id"):
            activity.name = written
        elif location == ("Creator", "Name"):
            activity.device = written
        elif location == ("Creator", "UnitId"):
            activity.unit = written

    def _figure(
        self, location: tuple[str, str], written: str, into: dict[str, float], name: str
    ) -> None:
        number = self.number(written, ".".join(location))
        if number is not None:
            into[name] = number
