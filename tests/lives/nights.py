"""What is active around midnight in a life, as a strategy: bouts just inside and outside of limits.

Bouts are one after the other with a rest of some minutes, and may last from hours before midnight
to days after it. There may be a walk in them, and an answer after them.
"""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from model.calendar import MINUTE_MS
from model.facts import Fact, Instrument, Joining, SampleBlock, Source
from tests.lives.circumstances import BACK, LIFE_PHONE
from tests.lives.measured import LIFE_REVISIONS, life_head, life_workouts
from tests.lives.stated import life_manual_sessions, life_reports

# Minutes from the instant around which a night is drawn, most often midnight.
_BEGINS_MIN = (-12, -8, -4, -1, 0, -30, -114, -115, -116, -121, -180)
_LASTS_MIN = (8, 12, 16, 20, 40, 130, 229, 230, 231, 236, 1_500)
_RESTS_MIN = (4, 5, 6, 1)
_WALKS_MIN = (-10, -3, 0, 7, -60)
_CUTS_MIN = (0, 0, 3, -60, 100, -2_000)
_EVENINGS_MIN = (-240, -90, -15, -3, 0, 4, 15, 90, 119, 180)
_ANSWERS_MIN = (0, 3, 25, 118, 119, 120, 121, 300)


@st.composite
def life_nights(draw: st.DrawFn, at: st.SearchStrategy[int]) -> list[Fact]:
    """Return a raised heart rate around an instant, and perhaps a walk in it and an answer."""
    centre = draw(at)
    start = centre + draw(st.sampled_from(_BEGINS_MIN)) * MINUTE_MS
    lasts, rests_at = draw(st.sampled_from(_LASTS_MIN)), draw(st.sampled_from([0, 0, 3, 8, 115]))
    minutes = np.arange(-35, lasts + 10)
    v = np.where((minutes >= 0) & (minutes < lasts), 130.0, 70.0)
    v[(minutes >= rests_at) & (minutes < rests_at + draw(st.sampled_from(_RESTS_MIN)))] = 80.0
    t = start + minutes * MINUTE_MS
    # What was measured before and after may come in blocks of their own, and so at other times.
    cut = t < centre + draw(st.sampled_from(_CUTS_MIN)) * MINUTE_MS
    parts = [(t[some], v[some]) for some in (cut, ~cut) if some.any()]
    facts: list[Fact] = [draw(_stream("heart_rate", BACK, *part)) for part in parts]
    if draw(st.booleans()):
        begun = centre + draw(st.sampled_from(_WALKS_MIN)) * MINUTE_MS
        t = begun + np.arange(draw(st.sampled_from([6, 10, 20, 70]))) * MINUTE_MS
        steps = np.full(len(t), 110.0)
        facts.append(draw(_stream("steps", LIFE_PHONE, t, steps)))
    if draw(st.booleans()):
        answered = centre + draw(st.sampled_from(_ANSWERS_MIN)) * MINUTE_MS
        answer = draw(life_reports(st.just(answered)))
        exertion = replace(answer, instrument=Instrument.EXERTION, value=5.0, scale="borg-cr10")
        facts.append(replace(exertion, session=""))
    return facts


@st.composite
def life_evenings(draw: st.DrawFn, at: st.SearchStrategy[int]) -> list[Fact]:
    """Return a workout, or a session that the patient reports, minutes or hours from midnight."""
    begun = draw(at) + draw(st.sampled_from(_EVENINGS_MIN)) * MINUTE_MS
    near = st.just(begun)
    return [draw(st.one_of(life_workouts(near), life_manual_sessions(near)))]


@st.composite
def _stream(
    draw: st.DrawFn, metric: str, source: Source, t: np.ndarray, v: np.ndarray
) -> SampleBlock:
    name = draw(st.sampled_from(["s1", "s2", "s3"]))
    head = life_head(source, name, int(t[0]), int(t[-1]) + MINUTE_MS, draw(LIFE_REVISIONS))
    return SampleBlock(head=head, metric=metric, t=t, v=v, joining=Joining.STREAM)
