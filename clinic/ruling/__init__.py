"""The rules at the clinician door: how well they do, what is set, and what a change would do."""
