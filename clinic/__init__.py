"""The clinician door: pages and API. It talks to the database and to no other service."""
