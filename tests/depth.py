"""How many examples an invariant gets: 300, or what the chosen profile of Hypothesis says.

It gets 100 where each example goes through a database, which costs ten times as much. The same
lives run without one, 300 a run.

Each run of the suite draws other examples, so the small number of a run adds up over all runs.
"""

from hypothesis import HealthCheck, settings

EXAMPLES = 300
_STORED = 100
_chosen = settings.get_current_profile_name() in {"deep", "quick"}

INVARIANT = settings(
    max_examples=settings().max_examples if _chosen else EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
STORED = settings(INVARIANT, max_examples=INVARIANT.max_examples if _chosen else _STORED)
