"""Who is on duty in a care unit, and what clinicians write about alerts."""
