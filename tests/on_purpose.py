"""Where a session of a real file begins elsewhere than its oracle says, and why.

What follows for zones, with pauses and beats of straps, is in `program/changed_zones.tsv`.
"""

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


def settled(row: dict[str, str]) -> dict[str, str]:
    """Return a row of the oracle with the times of the session that most of its file supports."""
    for (file, session), values in _SETTLED.items():
        if row["file"].endswith(file) and row["session"] == session:
            return {**row, **values}
    return row
