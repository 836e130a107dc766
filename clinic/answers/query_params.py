"""Checks the parameters of questions, from the API or from the options of `kadens query`. Pure.

A parameter that is not valid is refused with a plain reason.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from clinic.answers.moments import DateParam, MomentParam
from clinic.answers.sessions import CURSOR, placed
from model.metrics import METRIC
from model.words.activities import TYPES

# No identifier has a control character, and the database accepts no NUL.
ID_PATTERN = r"^[^\x00-\x1f\x7f/]+$"
# These bound what a single answer costs; longer lists come in pages.
MOST_POINTS, USUAL_POINTS = 10_000, 1_000
MOST_SESSIONS, USUAL_SESSIONS = 500, 60


def _known_metric(text: str) -> str:
    if text not in METRIC:
        raise ValueError(f"must be one of {', '.join(METRIC)}")
    return text


def _known_type(text: str) -> str:
    if text not in TYPES:
        raise ValueError(f"must be one of {', '.join(sorted(TYPES))}")
    return text


def _position(text: str) -> str:
    # Checked here already, so that a broken cursor is named as the faulty parameter.
    placed(text)
    return text


MetricName = Annotated[
    str, AfterValidator(_known_metric), WithJsonSchema({"type": "string", "enum": list(METRIC)})
]
TypeName = Annotated[
    str, AfterValidator(_known_type), WithJsonSchema({"type": "string", "enum": sorted(TYPES)})
]
Cursor = Annotated[
    str, AfterValidator(_position), WithJsonSchema({"type": "string", "pattern": CURSOR.pattern})
]


class QueryParams(BaseModel):
    """Parameters of every question about a range."""

    # A misspelt parameter would otherwise be ignored, and another question be answered.
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    prescription: str | None = Field(default=None, min_length=1, max_length=128, pattern=ID_PATTERN)
    """A prescription's id: where `from` and `to` are left out, its first and last date."""


class MomentsParams(QueryParams):
    """A question about what happened between two moments."""

    start: Annotated[MomentParam, Field(alias="from")] = None
    """A date of the patient's (from its first instant) or an RFC 3339 instant."""
    end: Annotated[MomentParam, Field(alias="to")] = None
    "A date of the patient's (to its last instant) or an RFC 3339 instant, which is not included."


class TimelineParams(MomentsParams):
    """A metric over time. Without `to` it ends now, without `from` it begins four weeks before."""

    metric: MetricName
    points: int = Field(default=USUAL_POINTS, ge=1, le=MOST_POINTS)
    """Never more points than this are answered."""
    kind: Literal["band", "line"] = Field(default="band", alias="as")
    (
        "band: minimum, mean and maximum of equal spans; "
        "line: samples that keep the shape of the curve (LTTB)."
    )


class SessionsParams(MomentsParams):
    """Sessions that began in a span, newest first."""

    type: TypeName | None = None
    limit: int = Field(default=USUAL_SESSIONS, ge=1, le=MOST_SESSIONS)
    before: Cursor | None = None
    """What `next` of the page before said."""


class DatesParams(QueryParams):
    """A question about dates of the patient's, both ends included."""

    start: Annotated[DateParam, Field(alias="from")] = None
    end: Annotated[DateParam, Field(alias="to")] = None
