"""Reads what Suunto sends and answers: workouts, lists of them, and samples of all day."""
