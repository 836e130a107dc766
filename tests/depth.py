"""How many examples an invariant gets: 1,000, or as many as the chosen profile says if these are more."""

from hypothesis import HealthCheck, settings

INVARIANT = settings(
    max_examples=max(1_000, settings().max_examples),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
