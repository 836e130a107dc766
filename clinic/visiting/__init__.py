"""Reading patients of another care unit, as far as the patient lets it."""
