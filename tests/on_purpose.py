"""Where real files are read other than the oracle of their zones reads them, and why."""

from collections.abc import Mapping

# The first leg's stated start lies 45 minutes inside of it; its end less its length and the first
# record agree on the start. Its zones are those of other minutes then, so that they are not
# compared (as with a jump).
_SETTLED = {
    ("activity-large-fenxi2-multisport.fit", "0"): {
        "start_ms": "1440832485760",
        "length_ms": "11738240",
        "jump": "1",
    },
}

# The oracle does not read the beats that a strap hands over in messages of its own.
_WITH_BEATS = {
    ("event_timestamp.fit", "0"): {
        "very_light": "105592", "light": "326974", "moderate": "1277317", "vigorous": "2857430",
        "unknown": "172", "hr_samples": "10400",
    },
    ("sample_mulitple_header.fit", "0"): {
        "vigorous": "1987521", "unknown": "0", "hr_samples": "5481",
    },
    ("sample_mulitple_header.fit", "1"): {
        "vigorous": "80658", "near_max": "89611", "hr_samples": "540",
    },
    ("sample_mulitple_header.fit", "2"): {
        "vigorous": "4287268", "near_max": "134872", "hr_samples": "2755",
    },
}  # fmt: skip


def settled(row: dict[str, str]) -> dict[str, str]:
    """Return a row of the oracle with the times of the session that most of its file supports."""
    return _changed(row, _SETTLED)


def with_beats(row: dict[str, str]) -> dict[str, str]:
    """Return a row of the oracle as `settled` does, and with the beats of a strap."""
    return _changed(settled(row), _WITH_BEATS)


def _changed(
    row: dict[str, str], changes: Mapping[tuple[str, str], Mapping[str, str]]
) -> dict[str, str]:
    for (file, session), values in changes.items():
        if row["file"].endswith(file) and row["session"] == session:
            return {**row, **values}
    return row
