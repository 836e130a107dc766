"""The clinician's pages and what they show. All modules but the routes are pure."""
