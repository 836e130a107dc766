"""What patients of the care unit have asked for as their right, and the clinic's answers."""
