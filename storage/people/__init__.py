"""Rows of patients, clinicians, accounts, consents, profiles, prescriptions and link tokens."""
