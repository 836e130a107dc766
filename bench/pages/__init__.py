"""Benches of the clinician's pages."""
