"""Walks the elements of a GPX file and collects its tracks: times and readings of their points.

Pure. Waypoints and routes are only named, because nobody did them. Names, descriptions and links
are never read, because they may name a person or a place.
"""

from parsers.tracks.elements import LONGEST_WORD_READ, ElementWalk, TrackFile
from parsers.tracks.mending import walked

GPX_ROOT = "gpx"
# Names of a point's elements in lower case, in whatever extension -> the metric of the reading.
# Garmin: hr, cad, atemp, speed. Cluetrust: hr, cadence, temp, distance. Strava: power, heartrate.
POINT_READINGS: dict[str, str] = {
    "hr": "heart_rate",
    "heartrate": "heart_rate",
    "heart_rate": "heart_rate",
    "heartratebpm": "heart_rate",
    "bpm": "heart_rate",
    "cad": "cadence",
    "cadence": "cadence",
    "runcadence": "strides",
    "run_cadence": "strides",
    "power": "power",
    "watts": "power",
    "powerinwatts": "power",
    "atemp": "temperature",
    "temp": "temperature",
    "temperature": "temperature",
    "speed": "speed",
    "distance": "distance",
    "ele": "altitude",
}
# Elements of what nobody did, with the words for it.
GPX_PLANS = {"rte": "a route", "wpt": "a waypoint"}
_TRACK_LEVEL = 2  # gpx, trk
# Elements within a point that hold others of the same names.
_ELSEWHERE = frozenset(("link", "lap"))


def read_gpx_elements(payload: bytes) -> TrackFile:
    """Return what a GPX file holds; BodyError for any other document, and for too much of it."""
    return walked(_GpxWalk, payload)


class _GpxWalk(ElementWalk):
    """The state of a walk, with the track and the point around the current element."""

    root, title = GPX_ROOT, "GPX"

    def __init__(self) -> None:
        super().__init__()
        self.point_level = 0  # of the point in the path, 0 outside of points

    def begin(self, local: str, attributes: dict[str, str]) -> None:
        if len(self.path) == 1:
            self.file.author = attributes.get("creator", "").strip()[:LONGEST_WORD_READ]
        elif local == "trk" and len(self.path) == _TRACK_LEVEL:
            self.start_activity("")
        elif local == "trkseg" and self.activity is not None:
            self.activity.breaks.append(len(self.activity.times))
        elif local == "trkpt" and self.activity is not None and not self.point_level:
            self.point_level, self.at_ms, self.values = len(self.path), None, {}
        elif local in GPX_PLANS and local not in self.file.plans:
            self.file.plans.append(local)

    def end(self, parent: str, local: str, written: str) -> None:
        level = len(self.path) + 1
        if level == self.point_level:
            self.point_level = 0
            self.end_point()
        elif self.point_level:
            self._reading(local, written, is_own=level == self.point_level + 1)
        elif local == "trk" and level == _TRACK_LEVEL:
            self.activity = None
        elif self.activity is not None and (parent, local) == ("trk", "type"):
            self.activity.sport = written

    def _reading(self, local: str, written: str, *, is_own: bool) -> None:
        """Keep the reading of an element within a point; of two of a metric the first that is one.

        A point may tell its heart rate in two extensions, and 0 where one had no signal.
        """
        if self.activity is None:
            return
        if is_own and local == "time":
            self.at_ms = self.time(written, "trkpt.time", self.activity)
            return
        metric = POINT_READINGS.get(local.lower())
        # An element may also be empty, or hold others.
        if metric is None or not written or not _ELSEWHERE.isdisjoint(self.path):
            return
        number = self.number(written, f"trkpt.{local.lower()}")
        if number is not None and not self.values.get(metric):
            self.values[metric] = number
