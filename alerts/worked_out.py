"""Works out once for each judgement what several rules need of the same input.

Judging is most of what a patient costs, and rules share their ratings, weeks and prescriptions. The
results belong to the input and are gone with it. No rule may change a result.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from alerts.ruling.settings import as_set
from model.alert import Finding, Rule, RuleInput

_P = ParamSpec("_P")
_T = TypeVar("_T")
_OfInput = Callable[Concatenate[RuleInput, _P], _T]


def once(function: _OfInput[_P, _T]) -> _OfInput[_P, _T]:
    """Return a function that works out its result once for each input and its other arguments.

    The other arguments are positional and hashable.
    """

    @wraps(function)
    def remembered(on: RuleInput, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        key = (function, args)
        if key not in on.worked_out:
            on.worked_out[key] = function(on, *args, **kwargs)
        result: _T = on.worked_out[key]
        return result

    return remembered


def findings_of(on: RuleInput, rule: Rule) -> list[Finding]:
    """Return the findings of a rule by time; a rule that rests on another one asks for them too."""
    key = (findings_of, rule.id)
    if key not in on.worked_out:
        # Sorted, because a rule may yield by session, and equal judgements must be equal bytes.
        on.worked_out[key] = sorted(rule.predicate(on, as_set(on, rule)), key=_by_time)
    findings: list[Finding] = on.worked_out[key]
    return findings


def _by_time(finding: Finding) -> tuple[int, str]:
    return finding.at_ms, finding.key
