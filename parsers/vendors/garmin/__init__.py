"""Reads what Garmin pushes and what its links answer: days, slots, nights, activities."""
