"""Readers of what apps on patients' phones push: measured by watches, kept by the phone."""
