"""A GPX file to facts: its tracks as workouts, the readings of their points as sample blocks. Pure.

A track is a workout when its points have times. Its segments show the pauses. Nothing is computed
from positions, which are never read: speed and distance are there only where a writer states them.
A file of routes or waypoints alone is refused, and so are tracks without times.

The routes of an Apple Health export accompany workouts that the export itself tells of. Only their
speed is read, so that no second workout is beside the first.
"""

from collections.abc import Iterator

import numpy as np

from model.errors import BodyError
from model.facts import Fact, RejectKind, Workout
from model.received import Context, Part
from parsers.bounds import LONGEST_WORKOUT_MS, MOST_SESSION_MS
from parsers.fields import Unreadable, body_error, free_record
from parsers.fit.activity.clock import RecordClock
from parsers.pauses import pauses_at_breaks
from parsers.tracks.elements import TrackActivity, TrackFile, has_root
from parsers.tracks.facts import (
    count_steps,
    track_blocks,
    track_clock,
    track_gaps,
    track_head,
    track_record,
    track_rejects,
)
from parsers.tracks.gpx_elements import GPX_PLANS, GPX_ROOT, read_gpx_elements
from parsers.tracks.track_types import TYPES_OF_TRACK, track_word
from parsers.word_tables import type_of_word

# Programs whose tracks belong to workouts that they tell of elsewhere.
_ROUTES_OF = ("apple health",)
_OF_A_ROUTE = frozenset(("speed",))


def is_gpx(payload: bytes) -> bool:
    """Return whether a file is GPX by its root element, whatever its encoding and prefix."""
    return has_root(payload, GPX_ROOT)


def read_gpx(payload: bytes, context: Context) -> Iterator[Part]:
    """Yield the only part of a GPX file; BodyError when nothing can be kept.

    The account is empty: the envelope knows it.
    """
    file = read_gpx_elements(payload)
    tracks = _tracks_with_times(file)
    is_route = file.author.lower().startswith(_ROUTES_OF)
    facts: list[Fact] = []
    length_ms = 0
    taken: set[str] = set()
    for track in tracks:
        name = free_record(track_record("gpx", track, file.author), taken)
        where = f"@{track.offset}"
        kind = type_of_word(TYPES_OF_TRACK, track_word(track.sport), where, file.errors)
        clock = track_clock(track, None, context.received_ms, file.errors)
        if is_route:
            _leave(track, _OF_A_ROUTE)
        else:
            workouts = list(_workouts(track, file, (name, kind), clock))
            length_ms += sum(workout.head.end_ms - workout.head.start_ms for workout in workouts)
            facts += workouts
        count_steps(track, kind)
        facts += track_blocks(track, file, name, clock, file.errors)
    if length_ms > MOST_SESSION_MS:
        raise BodyError("trk", "tracks of more than 15 days together", RejectKind.TOO_MUCH)
    yield Part(
        account="", facts=tuple(facts), rejects=track_rejects(file), complete=file.damage is None
    )


def _tracks_with_times(file: TrackFile) -> list[TrackActivity]:
    """Return the tracks that can be placed in time; BodyError when the file has none."""
    tracks = []
    for track in file.activities:
        if len(track.times):
            tracks.append(track)
        elif track.untimed:
            why = "a track without times: nothing that anybody did"
            file.errors.append(Unreadable(f"@{track.offset}", why, RejectKind.UNKNOWN))
    if tracks:
        return tracks
    if file.damage is not None:
        raise BodyError(f"@{file.damage}", "not XML, or cut off")
    if file.errors:
        raise body_error(file.errors[-1])
    named = " and ".join(GPX_PLANS[name] for name in file.plans) or "no point of a track"
    raise BodyError(GPX_ROOT, f"{named}: nothing that anybody did", RejectKind.UNKNOWN)


def _leave(track: TrackActivity, metrics: frozenset[str]) -> None:
    """Take every reading from a track but those of some metrics."""
    for metric in set(track.readings) - metrics:
        del track.readings[metric]


def _workouts(
    track: TrackActivity, file: TrackFile, named: tuple[str, str], clock: RecordClock
) -> Iterator[Workout]:
    """Yield the workout of a track, from its first to its last point, unless it has no length.

    `named` is its record and its type.
    """
    start = round(float(clock.stamps.min()) * 1000)
    end = round(float(clock.stamps.max()) * 1000)
    if not 0 < end - start <= LONGEST_WORKOUT_MS:
        why = "track without a length of at most seven days"
        file.errors.append(Unreadable(f"@{track.offset}", why, RejectKind.RANGE))
        return
    yield Workout(
        head=track_head(track, file, named[0], (start, end)),
        type=named[1],
        vendor_type=track.sport,
        # the workout ends with its last point, and so does each stretch before a pause
        pauses=pauses_at_breaks(track_gaps(clock), _segment_starts(track, clock), held_ms=0),
    )


def _segment_starts(track: TrackActivity, clock: RecordClock) -> frozenset[int]:
    """Return when the segments of a track begin, epoch ms."""
    times = np.rint(clock.stamps * 1000).astype(np.int64)
    return frozenset(int(times[at]) for at in track.breaks if at < len(times))
