"""When accounts close, from the settings. What the terms lead to is in `model.privacy.closing`."""

from kadens.settings import Settings, SettingsError, variable
from model.privacy.closing import (
    LEAST_WARN_DAYS,
    MOST_WARN_DAYS,
    ClosingReading,
    ClosingTerms,
)

_MOST_ERASE_DAYS = 3650


def closing_terms(settings: Settings) -> ClosingTerms:
    """Return when accounts close; raises `SettingsError` for what the settings cannot mean."""
    names = [reading.value for reading in ClosingReading]
    if settings.account_closing not in names:
        raise SettingsError(f"{variable('account_closing')} must be {' or '.join(names)}")
    # a closing without a warning would break the promise, and so would one that comes before it
    _check("account_warn_days", settings.account_warn_days, LEAST_WARN_DAYS, MOST_WARN_DAYS)
    _check("account_erase_days", settings.account_erase_days, 0, _MOST_ERASE_DAYS)
    return ClosingTerms(
        reading=ClosingReading(settings.account_closing),
        warn_days=settings.account_warn_days,
        erase_days=settings.account_erase_days,
    )


def _check(name: str, days: int, least: int, most: int) -> None:
    if not least <= days <= most:
        raise SettingsError(f"{variable(name)} must be {least} to {most} days")
