"""Writes an Apple Health export of any size with known truth. Nothing of it is anybody's.

    python -m simulate.exports.apple export.zip --mib 2048

It streams to the disk and prints the truth as JSON. It holds the faults that real exports have: a
document type that is no XML, control characters, attributes that stand twice, correlations whose
records stand twice, clock times in several languages, units of several countries, and steps of a
phone and a watch for the same minutes.
"""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

from model.calendar import DAY_MS, MINUTE_MS
from simulate.exports.apple_text import DOCUMENT_TYPE, KIND, ExportText, metadata
from simulate.exports.written_files import path_to_write, print_truth, until_ms, writing_parser

_UNTIL_MS = 1_735_689_600_000  # 2025-01-01
_ZONE = "Europe/Stockholm"
_SECOND_MS, _HOUR_MS = 1_000, 3_600_000
_BREATH = 1 << 20  # characters that are gathered before they are written
_SLEEP = "HKCategoryTypeIdentifierSleepAnalysis"
_FOLDER = "apple_health_export"
_CLINICAL = (
    '<?xml version="1.0"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3">\n</ClinicalDocument>\n'
    '<ClinicalDocument xmlns="urn:hl7-org:v3">\n</ClinicalDocument>\n'
)


@dataclass(slots=True, kw_only=True)
class ExportTruth:
    """What an export holds.

    `samples` and `sums` are by "metric device": how many samples, each once, and the sum of their
    values in our unit. `repaired` is the number of attributes that stand twice.
    """

    days: int = 0
    records: int = 0
    workouts: int = 0
    efforts: int = 0
    repaired: int = 0
    samples: dict[str, int] = field(default_factory=dict)
    sums: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, value: float, *, records: int = 1) -> None:
        """Add a sample; `records` is how often it stands in the export."""
        self.records += records
        self.samples[name] = self.samples.get(name, 0) + 1
        self.sums[name] = self.sums.get(name, 0.0) + value


@dataclass(slots=True, kw_only=True)
class AppleExport:
    """An export of a number of days before `until_ms`, epoch ms of a midnight in UTC."""

    days: int
    until_ms: int = _UNTIL_MS
    text: ExportText = field(default_factory=lambda: ExportText(_ZONE))
    truth: ExportTruth = field(default_factory=ExportTruth)

    def lines(self) -> Iterator[str]:
        """Yield the document in parts, and count the truth while it goes."""
        self.truth.days = self.days
        yield '<?xml version="1.0" encoding="UTF-8"?>\n'
        yield DOCUMENT_TYPE
        yield '<HealthData locale="sv_SE">\n'
        yield f' <ExportDate value="{self.text.time(self.until_ms)}"/>\n'
        yield ' <Me HKCharacteristicTypeIdentifierDateOfBirth="1950-02-02"/>\n'
        # A phone writes all records of a type before those of the next.
        for section in _SECTIONS:
            for day in range(self.days):
                yield from section(self, self.until_ms - (self.days - day) * DAY_MS, day)
        yield "</HealthData>\n"

    def heart_rate(self, start: int, day: int) -> Iterator[str]:
        """Yield a day of heart rate: every five minutes, and every five seconds of a workout."""
        # In a workout the watch measures every five seconds instead.
        for at in _steps(start, start + DAY_MS, 5 * MINUTE_MS):
            if not _workout_span(start)[0] <= at < _workout_span(start)[1]:
                yield self._heart(at, 55 + (at // MINUTE_MS + day) % 40, 1)
        for at in _steps(*_workout_span(start), 5 * _SECOND_MS):
            yield self._heart(at, 110 + (at // _SECOND_MS + day) % 50, 0)

    def _heart(self, at: int, bpm: int, context: int) -> str:
        self.truth.add("heart_rate Watch7,5", bpm)
        inner = metadata("HKMetadataKeyHeartRateMotionContext", str(context))
        kind = f"{KIND}HeartRate"
        return self.text.record(kind, str(bpm), (at, at), unit="count/min", inner=inner)

    def steps(self, start: int, day: int) -> Iterator[str]:
        """Yield a day of steps: of the watch, and of the phone for some of the same minutes."""
        for device, model, length in (("watch", "Watch7,5", 10), ("phone", "iPhone16,2", 30)):
            for at in _steps(start + 6 * _HOUR_MS, start + 20 * _HOUR_MS, length * MINUTE_MS):
                steps = 100 + (at // MINUTE_MS + day) % 700
                self.truth.add(f"steps {model}", steps)
                span = (at, at + length * MINUTE_MS)
                yield self.text.record(
                    f"{KIND}StepCount", str(steps), span, unit="count", device=device
                )

    def distance(self, start: int, day: int) -> Iterator[str]:
        """Yield a day of distances, in kilometres on even days and in miles on odd ones."""
        # Sixteenths have an exact binary form, so their sum is exact as well.
        unit, metres = ("mi", 1609.344) if day % 2 else ("km", 1000.0)
        for at in _steps(start + 6 * _HOUR_MS, start + 20 * _HOUR_MS, 20 * MINUTE_MS):
            length = (1 + at // MINUTE_MS % 16) / 16
            self.truth.add("distance Watch7,5", length * metres)
            span = (at, at + 20 * MINUTE_MS)
            kind = f"{KIND}DistanceWalkingRunning"
            yield self.text.record(kind, str(length), span, unit=unit)

    def energy(self, start: int, day: int) -> Iterator[str]:
        """Yield a day of energy, active and basal."""
        for kind, metric, minutes in (("Active", "active", 3), ("Basal", "basal", 15)):
            for at in _steps(start, start + DAY_MS, minutes * MINUTE_MS):
                kcal = (1 + (at // MINUTE_MS + day) % 64) / 8
                self.truth.add(f"{metric}_energy Watch7,5", kcal)
                span = (at, at + minutes * MINUTE_MS)
                named = f"{KIND}{kind}EnergyBurned"
                yield self.text.record(named, str(kcal), span, unit="kcal")

    def variability(self, start: int, day: int) -> Iterator[str]:
        """Yield a record of variability with its beats, every third over a midnight."""
        begin = start + (22 if day % 3 else 23) * _HOUR_MS - 30 * _SECOND_MS
        beats = []
        for number in range(20):
            bpm = 50 + (day + number) % 20
            beats.append((begin + 1_000 * number + 250, bpm))
            self.truth.add("rr_interval Watch7,5", round(60_000 / bpm, 3), records=0)
        self.truth.add("heart_rate_variability_sdnn Watch7,5", 40.5)
        kind, span = f"{KIND}HeartRateVariabilitySDNN", (begin, begin + MINUTE_MS)
        inner = self.text.beats(beats, day % 3)
        yield self.text.record(kind, "40.5", span, unit="ms", inner=inner)

    def daily(self, start: int, day: int) -> Iterator[str]:
        """Yield what comes once a day: resting heart rate, sleep, a weight that was entered."""
        resting, night = 50 + day % 12, (start, start + 4 * _HOUR_MS)
        self.truth.add("resting_heart_rate Watch7,5", resting)
        kind = f"{KIND}RestingHeartRate"
        yield self.text.record(kind, str(resting), (start, start + 1), unit="count/min")
        self.truth.add("wear Watch7,5", 1)
        yield self.text.record(_SLEEP, "HKCategoryValueSleepAnalysisAsleepCore", night)
        self.truth.records += 1
        yield self.text.record(_SLEEP, "HKCategoryValueSleepAnalysisInBed", night, device="phone")
        self.truth.add("weight ", 75 + day % 4 / 4)
        entered = metadata("HKWasUserEntered", "1")
        weight = str(75 + day % 4 / 4).replace(".", "," if day % 5 == 0 else ".")
        yield self.text.record(
            f"{KIND}BodyMass", weight, (start, start), unit="kg", device="Health", inner=entered
        )

    def pressure(self, start: int, day: int) -> Iterator[str]:
        """Yield a blood pressure each week, in a correlation and once more beside it."""
        if day % 7:
            return
        at = start + 8 * _HOUR_MS
        both = []
        for half, value in (("Systolic", 120 + day % 20), ("Diastolic", 80)):
            self.truth.add(f"blood_pressure_{half.lower()} ", value, records=2)
            kind = f"{KIND}BloodPressure{half}"
            both.append(self.text.record(kind, str(value), (at, at), unit="mmHg", device="Cuff"))
        # A phone writes them at the top level first, and then once more in the correlation.
        yield from both
        time = self.text.time(at)
        yield (
            ' <Correlation type="HKCorrelationTypeIdentifierBloodPressure" sourceName="Cuff"'
            f' startDate="{time}" endDate="{time}">\n{"".join(both)} </Correlation>\n'
        )

    def effort(self, start: int, day: int) -> Iterator[str]:
        """Yield how hard every other workout was."""
        if day % 2:
            return
        self.truth.efforts += 1
        grade = 1 + day % 10
        self.truth.add("effort_score Watch7,5", grade)
        kind, span = f"{KIND}WorkoutEffortScore", _workout_span(start)
        yield self.text.record(kind, str(grade), span, unit="appleEffortScore")

    def workout(self, start: int, day: int) -> Iterator[str]:
        """Yield the workout of the day; every tenth has an attribute that stands twice."""
        span, twice = _workout_span(start), day % 10 == 0
        self.truth.workouts += 1
        self.truth.repaired += twice
        energy = f'sum="{200 + day % 100}" unit="Cal"'
        kind = f"{KIND}ActiveEnergyBurned"
        inner = metadata("HKTimeZone", _ZONE)
        inner += self.text.statistics(kind, span, energy, twice=twice)
        yield self.text.workout("Running" if day % 2 else "Walking", span, inner)


_SECTIONS: tuple[Callable[[AppleExport, int, int], Iterator[str]], ...] = (
    AppleExport.daily,
    AppleExport.heart_rate,
    AppleExport.steps,
    AppleExport.distance,
    AppleExport.energy,
    AppleExport.variability,
    AppleExport.effort,
    AppleExport.pressure,
    AppleExport.workout,
)


def _steps(start: int, end: int, step: int) -> range:
    return range(start, end, step)


def _workout_span(start: int) -> tuple[int, int]:
    return start + 16 * _HOUR_MS, start + 16 * _HOUR_MS + 30 * MINUTE_MS


def export_of_size(size: int, until_ms: int = _UNTIL_MS) -> AppleExport:
    """Return an export of whole days before `until_ms` that has about `size` bytes."""
    day = sum(len(line.encode()) for line in AppleExport(days=1).lines())
    return AppleExport(days=max(1, size // day), until_ms=until_ms)


def write_document(export: AppleExport, out: BinaryIO) -> ExportTruth:
    """Write the `export.xml` of an export, in constant memory, and return its truth."""
    gathered: list[str] = []
    size = 0
    for line in export.lines():
        gathered.append(line)
        size += len(line)
        if size >= _BREATH:
            out.write("".join(gathered).encode())
            gathered, size = [], 0
    out.write("".join(gathered).encode())
    return export.truth


def write_archive(export: AppleExport, path: Path) -> ExportTruth:
    """Write the zip that a phone makes of an export, and return its truth."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open(f"{_FOLDER}/export.xml", "w", force_zip64=True) as member:
            truth = write_document(export, member)  # type: ignore[arg-type]  # it can be written
        archive.writestr(f"{_FOLDER}/export_cda.xml", _CLINICAL)
    return truth


def _main() -> None:
    parser = writing_parser("apple", __doc__, "a .zip, or a .xml for the document alone")
    parser.add_argument("--mib", type=int, default=16, help="size of the document (%(default)s)")
    arguments = parser.parse_args()
    if arguments.mib < 1:
        parser.error("--mib must be at least 1")
    path = path_to_write(parser, arguments)
    export = export_of_size(arguments.mib << 20, until_ms(arguments))
    if path.suffix == ".zip":
        truth = write_archive(export, path)
    else:
        with path.open("wb") as out:
            truth = write_document(export, out)
    print_truth(path, asdict(truth))


if __name__ == "__main__":
    _main()
