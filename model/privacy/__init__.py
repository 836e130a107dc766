"""Patients' rights as pure decisions, and the sealing of bodies. Pure values."""
