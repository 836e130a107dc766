"""When a TCX activity was: laps, trackpoints and clocks that contradict each other; its record."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from model.errors import BodyError
from model.facts import Fact, RejectKind, SampleBlock, Workout
from parsers.formats import parse
from tests.rows import of_type, values_of

_BASE_S, _DAY = 1_791_183_600, 86_400


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(_BASE_S + seconds, UTC).isoformat()


def _points(*times: int) -> str:
    point = "<Trackpoint><Time>{}</Time><HeartRateBpm><Value>{}</Value></HeartRateBpm></Trackpoint>"
    return "".join(point.format(_time(at), 100 + at % 50) for at in times)


def _activity(*times: int, lap: float | None = 0, timer: float = 1200, name: str = "") -> str:
    start = "" if lap is None else f" StartTime='{_time(lap)}'"
    seconds = f"<TotalTimeSeconds>{timer}</TotalTimeSeconds>"
    lap_text = f"<Lap{start}>{seconds}<Track>{_points(*times)}</Track></Lap>"
    return f"<Activity Sport='Running'><Id>{name or _time(0)}</Id>{lap_text}</Activity>"


def _file(*activities: str, rest: str = "") -> bytes:
    inner = f"<Activities>{''.join(activities)}</Activities>" if activities else ""
    return f"<TrainingCenterDatabase>{inner}{rest}</TrainingCenterDatabase>".encode()


def _spans(facts: Sequence[Fact]) -> list[tuple[float, float]]:
    heads = values_of(of_type(Workout, facts), "head")
    return [(h.start_ms / 1000 - _BASE_S, h.end_ms / 1000 - _BASE_S) for h in heads]


_STALE = [*range(-6 * _DAY, -6 * _DAY + 11)]


@pytest.mark.parametrize(
    ("activity", "span", "reasons"),
    [
        pytest.param(_activity(*range(1200)), (0, 1200), [], id="all agree"),
        pytest.param(
            _activity(*_STALE, *range(1200), lap=_STALE[0], timer=1211),
            (-11, 1200),
            ["trackpoints moved: the clock jumped in the middle"],
            id="the first trackpoints are six days stale",
        ),
        pytest.param(
            _activity(*range(1000, 2400), *range(1000), timer=2400),
            (0, 2400),
            [],
            id="trackpoints in another order",
        ),
        pytest.param(
            _activity(*range(1200), lap=-_DAY),
            (0, 1200),
            ["laps at other times than the trackpoints"],
            id="a lap of yesterday",
        ),
        pytest.param(
            _activity(*range(1200), lap=None),
            (0, 1200),
            ["no lap with a time: made from trackpoints"],
            id="a lap without a time",
        ),
        pytest.param(
            _activity(*range(600), *range(8000, 8600)), (0, 8600), [], id="a pause of two hours"
        ),
        pytest.param(
            _activity(*range(601), *range(8000, 8601)), (0, 8600), [], id="with a point at each end"
        ),
        pytest.param(
            _activity(*range(1200), timer=0), (0, 1200), [], id="the timer states nothing"
        ),
    ],
)
def test_when_it_was(activity: str, span: tuple[float, float], reasons: list[str]) -> None:
    parsed = parse("files", _file(activity))
    assert _spans(parsed.facts) == [span]
    assert values_of(parsed.rejects, "why") == reasons
    (block,) = of_type(SampleBlock, parsed.facts)
    assert block.t[0] / 1000 - _BASE_S == span[0]


def test_it_is_named_by_its_device_and_its_start() -> None:
    def names(*activities: str) -> list[str]:
        return values_of(parse("files", _file(*activities)).facts, "head.record")

    first = names(_activity(*range(1200), name="constant"))
    assert first == names(_activity(*range(600), name="other", timer=600))
    assert not set(first) & set(names(_activity(*range(2 * _DAY, 2 * _DAY + 9), lap=2 * _DAY)))
    # two activities of one start in a file never share a record
    assert len(set(names(_activity(*range(9)), _activity(*range(9))))) == 4


_COURSE = f"<Courses><Course><Track>{_points(*range(9))}</Track></Course></Courses>"
_PLAN = "<Workouts><Workout Sport='Running'><Name>5 x 3</Name></Workout></Workouts>"


@pytest.mark.parametrize(
    ("rest", "why"),
    [(_COURSE, "a course"), (_PLAN, "a planned workout"), (_PLAN + _COURSE, "a plan")],
)
def test_what_nobody_did_is_refused(rest: str, why: str) -> None:
    with pytest.raises(BodyError, match=why) as caught:
        parse("files", _file(rest=rest))
    assert caught.value.kind is RejectKind.UNKNOWN


def test_a_course_beside_an_activity_is_refused_alone() -> None:
    parsed = parse("files", _file(_activity(*range(1200)), rest=_COURSE))
    assert len(parsed.facts) == 2
    assert values_of(parsed.rejects, "where", "kind") == [("Course", RejectKind.UNKNOWN)]


@pytest.mark.parametrize(
    ("written", "ours", "refused"),
    [("BIKING", "cycling", 0), ("Other", "other", 0), ("", "other", 0), ("Nordic", "other", 1)],
)
def test_an_unknown_sport_is_told_and_the_activity_stays(
    written: str, ours: str, refused: int
) -> None:
    activity = _activity(*range(1200)).replace("'Running'", f"'{written}'")
    parsed = parse("files", _file(activity))
    assert values_of(of_type(Workout, parsed.facts), "type") == [ours]
    assert values_of(parsed.rejects, "kind") == [RejectKind.UNKNOWN] * refused
