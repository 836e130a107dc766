"""The clinician door: pages and API. Reaches the database only."""
