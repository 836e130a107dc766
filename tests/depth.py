"""How many examples an invariant gets: 1,000, or what the chosen profile of Hypothesis says."""

from hypothesis import HealthCheck, settings

EXAMPLES = 1_000
_chosen = settings.get_current_profile_name() in {"deep", "quick"}

INVARIANT = settings(
    max_examples=settings().max_examples if _chosen else EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
