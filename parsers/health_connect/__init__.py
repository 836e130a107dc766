"""Health Connect's export: an SQLite database, and the pieces that a large one is cut into."""
