"""The clinician's pages and what they show. Pure but for the routes."""
