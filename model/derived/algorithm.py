"""The version of the algorithm that derives rows, and the limits that more than one row has."""

# Raise it whenever the same facts would give other rows; every row and change names it.
ALGORITHM = "2026.8"
# Clinical definition section 3.3: with less wear the figures of a day say little about the day.
VALID_WEAR_MIN = 600
PARTIAL_ABOVE = 0.2  # with a greater share of unknown time, figures may confirm but not refute
